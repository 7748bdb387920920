/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Files named on the command line.
 */
#pragma once

#include "cli/cli.h"

/* The base64 of a small file, in cli->arena. 0 or an exit code. */
int file_base64(Cli *cli, const char *path, const char **ret);

/* The whole of a file of text that fits a request, in cli->arena. 0 or an exit code. */
int file_text(Cli *cli, const char *path, const char **ret);

/* Open for reading; tells the size. 0 or an exit code. */
int file_open(Cli *cli, const char *path, int *ret_fd, int64_t *ret_size_bytes);
