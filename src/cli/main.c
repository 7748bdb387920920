/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The program cleat.
 */
#include <locale.h>
#include <stdio.h>

#include "cli/cli.h"

int main(int argc, char **argv)
{
	(void)setlocale(LC_CTYPE, ""); /* how wide characters are; "C" is a fallback */
	argv[0] = (char[]){"cleat"};   /* the name that getopt puts before its complaints */
	return cli_main(argc, argv, stdout, stderr);
}
