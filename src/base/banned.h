/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Calls that have no safe use in Cleat: using one does not compile, and the error names the
 * remedy. The headers that declare them come first, so that a later include finds them guarded.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(call, remedy) banned_##call##_use_##remedy

#undef strcpy
#define strcpy(to, from) BANNED(strcpy, buf_add)
#undef strcat
#define strcat(to, from) BANNED(strcat, buf_add)
#undef sprintf
#define sprintf(...) BANNED(sprintf, buf_printf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf, buf_vprintf)
#undef strtok
#define strtok(text, separators) BANNED(strtok, strchr)
#undef atoi
#define atoi(text) BANNED(atoi, str_parse_i64)
#undef atol
#define atol(text) BANNED(atol, str_parse_i64)
#undef localtime
#define localtime(t) BANNED(localtime, clock_format)
#undef ctime
#define ctime(t) BANNED(ctime, clock_format)
#undef system
#define system(command) BANNED(system, run_command)
#undef popen
#define popen(command, mode) BANNED(popen, run_command)
