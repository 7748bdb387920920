/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The checked wrappers round a connector's slots. Each logs the call with its answer and turns an
 * answer that the slot is not allowed to give, or that nobody could use, into a fault. Nothing of a
 * connection_info but its target's name reaches the log.
 */
#include "contract/connector.h"

#include "base/log.h"
#include "base/str.h"

/* Sets of outcomes that a slot may answer. */
enum {
	MAY_BE_BAD = 1 << 0,
	MAY_LACK_TRANSPORT = 1 << 1,
	MAY_LACK_PATH = 1 << 2,
	MAY_LACK_DISK = 1 << 3,
	MAY_BE_WRONG = 1 << 4,
	MAY_BE_BUSY = 1 << 5,
	MAY_BE_UNFLUSHED = 1 << 6,
	MAY_NOT_GROW = 1 << 7,
};

static bool outcome_allowed(int r, unsigned allowed)
{
	switch ((ConnectorOutcome)r) {
	case CONNECTOR_BAD_INFO:
		return allowed & MAY_BE_BAD;
	case CONNECTOR_NO_TRANSPORT:
		return allowed & MAY_LACK_TRANSPORT;
	case CONNECTOR_NO_PATH:
		return allowed & MAY_LACK_PATH;
	case CONNECTOR_NO_DISK:
		return allowed & MAY_LACK_DISK;
	case CONNECTOR_WRONG_DISK:
		return allowed & MAY_BE_WRONG;
	case CONNECTOR_BUSY:
		return allowed & MAY_BE_BUSY;
	case CONNECTOR_UNFLUSHED:
		return allowed & MAY_BE_UNFLUSHED;
	case CONNECTOR_NOT_GROWN:
		return allowed & MAY_NOT_GROW;
	}
	return r == 0;
}

const ConnectorDriver *connector_for(const ConnectorDriver *const *drivers, const char *type)
{
	for (; *drivers; drivers++)
		for (const char *const *name = (*drivers)->types; *name; name++)
			if (str_eq(*name, type))
				return *drivers;
	return NULL;
}

static bool driver_complete(const ConnectorDriver *driver)
{
	return driver->name && driver->size == sizeof(ConnectorDriver) && driver->types &&
	       driver->parse && driver->target && driver->multipath &&
	       !driver->shared == !driver->join && driver->connect && driver->find &&
	       driver->disconnect && driver->extend;
}

static void call_begin(const ConnectorDriver *driver, ConnectorCall *call)
{
	assert(driver_complete(driver));
	assert(call->host && call->arena);
	assert(call->mount_dir && call->mount_dir[0] == '/');
	call->why = NULL;
}

/* Log the answer of a slot; anything but 0, a fault or an allowed outcome is a fault. */
static int call_done(const ConnectorDriver *driver, const char *what, const ConnectorCall *call,
		     int r, unsigned allowed, Fault *f)
{
	if (log_enabled(LOG_DEBUG))
		log_write(LOG_DEBUG, "connector=%s call=%s result=%d%s%s", driver->name, what, r,
			  r > 0 && call->why ? " why=" : "", r > 0 && call->why ? call->why : "");
	if (!outcome_allowed(r, allowed)) {
		r = fault_unexpected(f, r);
		(void)fault_context(f, "connector %s: %s", driver->name, what);
		return r;
	}
	if (r > 0 && str_empty(call->why))
		return fault(f, -EPROTO, "connector %s: %s does not say why (%d)", driver->name,
			     what, r);
	return r;
}

int connector_parse(const ConnectorDriver *driver, ConnectorCall *call, const char *info,
		    void **ret, Fault *f)
{
	call_begin(driver, call);
	assert(info);
	return call_done(driver, "parse", call, driver->parse(call, info, ret, f), MAY_BE_BAD, f);
}

const char *connector_target(const ConnectorDriver *driver, ConnectorCall *call, const void *info)
{
	const char *target;

	call_begin(driver, call);
	target = driver->target(call, info);
	assert(!str_empty(target));
	return target;
}

bool connector_multipath(const ConnectorDriver *driver, const Host *host)
{
	return driver->multipath(host);
}

int connector_shared(const ConnectorDriver *driver, ConnectorCall *call, const void *info,
		     bool *ret, Fault *f)
{
	call_begin(driver, call);
	*ret = false;
	if (!driver->shared)
		return 0;
	return call_done(driver, "shared", call, driver->shared(call, info, ret, f), 0, f);
}

int connector_join(const ConnectorDriver *driver, ConnectorCall *call, const void *info,
		   const ConnectorWish *wish, Fault *f)
{
	call_begin(driver, call);
	if (!driver->join)
		return 0;
	return call_done(driver, "join", call, driver->join(call, info, wish, f),
			 MAY_LACK_TRANSPORT | MAY_LACK_PATH, f);
}

/* What is wrong with an answer, or NULL. */
static const char *disk_problem(const ConnectorDisk *disk, const char *identity)
{
	if (!disk->path || disk->path[0] != '/')
		return "no path";
	if (!disk->identity || !strchr(disk->identity, ':'))
		return "no identity";
	if (identity && !str_eq(identity, disk->identity))
		return "another identity";
	if (disk->size_bytes <= 0)
		return "no size";
	if (disk->paths == 0)
		return "no path that works";
	switch (disk->kind) {
	case CONNECTOR_BLOCK:
		return disk->format ? "a format for a device" : NULL;
	case CONNECTOR_FILE:
		return disk->format ? NULL : "a file without a format";
	}
	return "no kind";
}

static int disk_done(const ConnectorDriver *driver, const char *identity, const ConnectorDisk *disk,
		     ConnectorDisk *ret, Fault *f)
{
	const char *problem = disk_problem(disk, identity);

	if (problem)
		return fault(f, -EPROTO, "connector %s answers with %s", driver->name, problem);
	*ret = *disk;
	return 0;
}

int connector_connect(const ConnectorDriver *driver, ConnectorCall *call, const void *info,
		      const ConnectorWish *wish, ConnectorDisk *ret, Fault *f)
{
	ConnectorDisk disk = {0};
	int r;

	call_begin(driver, call);
	r = call_done(
		driver, "connect", call, driver->connect(call, info, wish, &disk, f),
		MAY_LACK_TRANSPORT | MAY_LACK_PATH | MAY_LACK_DISK | MAY_BE_WRONG | MAY_BE_BUSY, f);
	return r ? r : disk_done(driver, wish->identity, &disk, ret, f);
}

int connector_find(const ConnectorDriver *driver, ConnectorCall *call, const void *info,
		   const char *identity, ConnectorDisk *ret, Fault *f)
{
	ConnectorDisk disk = {0};
	int r;

	call_begin(driver, call);
	r = call_done(driver, "find", call, driver->find(call, info, identity, &disk, f),
		      MAY_LACK_PATH | MAY_LACK_DISK | MAY_BE_WRONG, f);
	return r ? r : disk_done(driver, identity, &disk, ret, f);
}

int connector_disconnect(const ConnectorDriver *driver, ConnectorCall *call, const void *info,
			 const ConnectorLeave *leave, Fault *f)
{
	unsigned allowed = MAY_BE_BUSY | MAY_BE_UNFLUSHED | MAY_BE_WRONG;

	call_begin(driver, call);
	return call_done(driver, "disconnect", call, driver->disconnect(call, info, leave, f),
			 leave->force ? 0 : allowed, f);
}

int connector_extend(const ConnectorDriver *driver, ConnectorCall *call, const void *info,
		     const char *identity, int64_t size_bytes, int64_t *ret_size_bytes, Fault *f)
{
	int64_t size = 0;
	int r;

	call_begin(driver, call);
	r = call_done(driver, "extend", call,
		      driver->extend(call, info, identity, size_bytes, &size, f),
		      MAY_LACK_DISK | MAY_NOT_GROW, f);
	if (r)
		return r;
	if (size <= 0 || size < size_bytes)
		return fault(f, -EPROTO, "connector %s: the volume has %lld bytes after growing",
			     driver->name, (long long)size);
	*ret_size_bytes = size;
	return 0;
}
