/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * From results of the rooms to what a caller of the library is told.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "lib/priv.h"

static const char *const status_texts[] = {
	[CLEAT_OK] = "done",
	[CLEAT_USAGE] = "wrong use",
	[CLEAT_NOT_FOUND] = "not found",
	[CLEAT_AMBIGUOUS] = "ambiguous",
	[CLEAT_DENIED] = "denied",
	[CLEAT_REFUSED] = "refused",
	[CLEAT_UNAVAILABLE] = "unavailable",
	[CLEAT_BAD_INFO] = "bad connection info",
	[CLEAT_NO_TRANSPORT] = "no transport",
	[CLEAT_NO_PATH] = "no path",
	[CLEAT_NO_DISK] = "no disk",
	[CLEAT_WRONG_DISK] = "wrong disk",
	[CLEAT_BUSY] = "busy",
	[CLEAT_UNFLUSHED] = "not flushed",
	[CLEAT_NOT_GROWN] = "not grown yet",
	[CLEAT_TIMEOUT] = "not in time",
	[CLEAT_NOT_PERMITTED] = "not permitted",
	[CLEAT_SYSTEM] = "system failure",
	[CLEAT_NO_MOUNT] = "not mounted",
};

const char *cleat_status_text(int status)
{
	bool known = status >= 0 && (size_t)status < ARRAY_SIZE(status_texts);

	return known ? status_texts[status] : "unknown";
}

const char *cleat_version(void)
{
	return CLEAT_VERSION;
}

void cleat_free(char *text)
{
	free(text);
}

int lib_tell(struct cleat_error *error, int status, const char *format, ...)
{
	va_list ap;

	if (!error)
		return status;
	error->status = status;
	error->os_errno = 0;
	va_start(ap, format);
	/* Longer words are cut. */
	(void)vsnprintf(error->message, sizeof(error->message), format, ap);
	va_end(ap);
	return status;
}

static int fault_status(int code)
{
	switch (-code) {
	case EPERM:
	case EACCES:
		return CLEAT_NOT_PERMITTED;
	case ETIMEDOUT:
		return CLEAT_TIMEOUT;
	case EINVAL:
		return CLEAT_USAGE;
	default:
		return CLEAT_SYSTEM;
	}
}

int lib_tell_fault(struct cleat_error *error, const Fault *f)
{
	int status = lib_fail(error, fault_status(f->code), "%s", f->text);

	if (error)
		error->os_errno = -f->code;
	return status;
}

int lib_tell_client(struct cleat_error *error, const Client *client, int r, const Fault *f)
{
	static const int statuses[] = {
		[CLIENT_NOT_FOUND] = CLEAT_NOT_FOUND, [CLIENT_DENIED] = CLEAT_DENIED,
		[CLIENT_REFUSED] = CLEAT_REFUSED,     [CLIENT_BROKEN] = CLEAT_UNAVAILABLE,
		[CLIENT_AMBIGUOUS] = CLEAT_AMBIGUOUS,
	};

	if (r < 0)
		return lib_fail(error, CLEAT_UNAVAILABLE, "%s", f->text);
	assert((size_t)r < ARRAY_SIZE(statuses));
	return lib_fail(error, statuses[r], "%s", client_error(client));
}

static int local_status(LocalOutcome outcome)
{
	switch (outcome) {
	case LOCAL_NO_RECORD:
		return CLEAT_NOT_FOUND;
	case LOCAL_WORKING:
		return CLEAT_TIMEOUT;
	case LOCAL_BAD_INFO:
		return CLEAT_BAD_INFO;
	case LOCAL_NO_TRANSPORT:
		return CLEAT_NO_TRANSPORT;
	case LOCAL_NO_PATH:
		return CLEAT_NO_PATH;
	case LOCAL_NO_DISK:
		return CLEAT_NO_DISK;
	case LOCAL_WRONG_DISK:
		return CLEAT_WRONG_DISK;
	case LOCAL_BUSY:
		return CLEAT_BUSY;
	case LOCAL_UNFLUSHED:
		return CLEAT_UNFLUSHED;
	case LOCAL_NOT_GROWN:
		return CLEAT_NOT_GROWN;
	case LOCAL_NO_MOUNT:
		return CLEAT_NO_MOUNT;
	case LOCAL_COPIED:
		return CLEAT_REFUSED;
	}
	return CLEAT_SYSTEM;
}

int lib_tell_local(struct cleat_error *error, const LocalWork *work, int r, const Fault *f)
{
	const char *why = work && work->why ? work->why : "somebody else works on the volume";

	if (r < 0)
		return lib_fault(error, f);
	return lib_fail(error, local_status((LocalOutcome)r), "%s", why);
}

char *lib_json(const JsonDoc *doc, const char *path)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *text = doc ? json_get_raw(arena, doc, path) : NULL;

	return mem_strdup(text ? text : "null");
}
