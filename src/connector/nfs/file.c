/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The volume's file. A look at it may wait for a server that is gone for ever, so children look:
 * they can be given up. Its name is one word without a slash, and links are not followed.
 *
 * The format comes with the connection_info. The head of a qcow2 file is read for its size alone;
 * a raw file may hold whatever a guest likes.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/str.h"
#include "connector/nfs/priv.h"
#include "contract/connector-text.h"
#include "run/run.h"

enum { QCOW2_HEAD_BYTES = 32, QCOW2_SIZE_AT = 24 };

/* A part of the time is kept for what has to be done when no answer comes. */
static int run_look(const ConnectorCall *call, const char *const *argv, RunResult *ret, Fault *f)
{
	int64_t rest_ms = call->deadline_ms - clock_mono_ms();
	const RunSpec spec = {.argv = argv, .timeout_ms = MAX(rest_ms / 3, 1)};

	return run_command(&spec, ret, f);
}

static const char *path_of(const ConnectorCall *call, const NfsPlace *place)
{
	return host_path(call->host, call->arena, "%s", place->file);
}

/* What the server says now, not what this host remembers. */
static int look_at_file(ConnectorCall *call, const NfsPlace *place, int64_t *ret_bytes)
{
	_cleanup_(run_result_done) RunResult result = {0};
	const char *path = path_of(call, place);
	Fault failed = {0};
	char *rest;
	unsigned long mode;

	if (run_look(call, RUN_ARGV("stat", "--cached=never", "--format=%f:%s", "--", path),
		     &result, &failed))
		return connector_say(call, CONNECTOR_NO_PATH, "%s: %s", path, failed.text);
	if (result.status)
		return connector_say(call, CONNECTOR_NO_DISK, "%s cannot be found: %s", path,
				     arena_stripped(call->arena, result.err));
	mode = strtoul(result.out, &rest, 16);
	if (*rest != ':' || !S_ISREG(mode))
		return connector_say(call, CONNECTOR_WRONG_DISK, "%s is not a regular file", path);
	*ret_bytes = strtoll(rest + 1, NULL, 10);
	return 0;
}

/* Bytes as decimal numbers. */
static bool read_head(const char *text, uint8_t head[static QCOW2_HEAD_BYTES])
{
	for (int i = 0; i < QCOW2_HEAD_BYTES; i++) {
		char *rest;
		unsigned long byte = strtoul(text, &rest, 10);

		if (rest == text || byte > UINT8_MAX)
			return false;
		head[i] = (uint8_t)byte;
		text = rest;
	}
	return true;
}

static int look_at_head(ConnectorCall *call, const NfsPlace *place, int64_t *ret_bytes)
{
	_cleanup_(run_result_done) RunResult result = {0};
	const char *path = path_of(call, place);
	uint8_t head[QCOW2_HEAD_BYTES];
	Fault failed = {0};
	uint64_t bytes = 0;

	if (run_look(call, RUN_ARGV("od", "-An", "-v", "-tu1", "-N32", "--", path), &result,
		     &failed))
		return connector_say(call, CONNECTOR_NO_PATH, "%s: %s", path, failed.text);
	if (result.status || !read_head(result.out, head) || memcmp(head, "QFI\xfb", 4) != 0)
		return connector_say(call, CONNECTOR_WRONG_DISK, "%s is no qcow2 file", path);
	for (int i = 0; i < 8; i++)
		bytes = bytes << 8 | head[QCOW2_SIZE_AT + i];
	*ret_bytes = (int64_t)MIN(bytes, (uint64_t)INT64_MAX);
	return 0;
}

int nfs_file_size(ConnectorCall *call, const NfsInfo *info, const NfsPlace *place,
		  int64_t *ret_bytes, Fault *f)
{
	int r = look_at_file(call, place, ret_bytes);

	(void)f; /* what goes wrong is the server's matter: an outcome */
	if (!r && str_eq(info->format, "qcow2"))
		r = look_at_head(call, place, ret_bytes);
	return r;
}

int nfs_file_flush(const ConnectorCall *call, const NfsPlace *place, Fault *f)
{
	int64_t rest_ms = call->deadline_ms - clock_mono_ms();
	const RunSpec spec = {
		.argv = RUN_ARGV("sync", "--", path_of(call, place)),
		.timeout_ms = MAX(rest_ms / 2, 1),
	};

	return run_checked(&spec, NULL, f);
}
