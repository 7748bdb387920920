/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Child processes: a fixed argv, never a shell; a deadline; bounded capture of what they print; a
 * small environment of their own, so that no secret of ours reaches them. The caller waits until
 * the child is gone. Thread-safe.
 */
#pragma once

#include "base/fault.h"

typedef struct RunSpec RunSpec;
typedef struct RunResult RunResult;

enum { RUN_CAPTURE_BYTES = 64 * 1024 };

struct RunSpec {
	const char *const *argv; /* ends with NULL; argv[0] is looked up in PATH unless a path */
	const char *input;       /* what it reads from stdin, or NULL for nothing */
	size_t input_length;
	int64_t timeout_ms; /* when it is over, the child and its children are killed */
	size_t capture_max; /* bytes kept of stdout and of stderr; 0: RUN_CAPTURE_BYTES */
};

#define RUN_ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

struct RunResult {
	int status; /* exit status; 128 + signal when a signal ended it */
	char *out;  /* stdout, NUL-terminated; what went beyond the capture is gone */
	size_t out_length;
	char *err; /* stderr likewise */
	size_t err_length;
	bool cut; /* there was more than was kept */
};

/* Free what is inside; the result is empty afterwards. */
void run_result_done(RunResult *result);

/*
 * Run to the end. Returns 0 whatever the exit status; a fault when it could not be started or did
 * not end in time (-ETIMEDOUT).
 */
_must_use_ int run_command(const RunSpec *spec, RunResult *ret, Fault *f);

/*
 * As run_command(), and any exit status but 0 is a fault that quotes the last line of stderr.
 * `ret` may be NULL when the output does not matter.
 */
_must_use_ int run_checked(const RunSpec *spec, RunResult *ret, Fault *f);
