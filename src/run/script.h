/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Scripted replies for tests: while a script plays, run_command() starts nothing and answers from
 * it. A script is a transcript, followed strictly in order:
 *
 *     # words of argv; 'a b' is one with a blank; patterns as of fnmatch(3) match many
 *     $ qemu-img create -f qcow2 *.qcow2 1G
 *     < a line of stdout
 *     ! a line of stderr
 *     exit 1
 *     @ login
 *
 * `@ NAME` calls the hook of that name once the command has been answered: what it does to the
 * world of the test is what the command would have done.
 *
 * Not thread-safe: tests play one script at a time.
 */
#pragma once

#include "run/run.h"

/* Play a file, or a text. A fault when it is no script. */
_must_use_ int run_script_load(const char *path, Fault *f);
_must_use_ int run_script_play(const char *text, Fault *f);

/* Register a hook, before the script that names it is played; run_script_end() forgets them all. */
typedef void (*RunScriptHook)(void *ctx, const RunSpec *spec);
void run_script_hook(const char *name, RunScriptHook hook, void *ctx);

/*
 * For tests that play a whole world instead of a transcript: from now on the function answers every
 * command, until it is NULL again.
 */
typedef int (*RunScriptAnswer)(void *ctx, const RunSpec *spec, RunResult *ret, Fault *f);
void run_script_answer_by(RunScriptAnswer answer, void *ctx);

/*
 * Stop. A fault when a command was run that the script did not expect, or when a part of it was
 * not reached.
 */
_must_use_ int run_script_end(Fault *f);
