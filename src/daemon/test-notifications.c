/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The table of what is told against the operations that there are: neither has a name that the
 * other would not know, unless it stands here.
 */
#include "daemon/wire.h"

#include "base/str.h"
#include "notify/events.h"
#include "tests/lib/test.h"

/* Changes that are made at once. */
static const char *const changes[] = {
	"lock-server",     "unlock-server",      "update-volume",       "reset-volume",
	"retype-volume",   "connect-attachment", "complete-attachment", "legacy-attach",
	"drop-attachment", "update-snapshot",
};

/* Operations of which nobody is told: they are parts of others, or OpenStack has no word for them.
 */
static const char *const silent[] = {
	"resize-disk",       "upload-volume",         "upload-volume-in-use",  "create-attachment",
	"update-attachment", "delete-image",          "adopt-server",          "release-server",
	"manage-share",      "create-share-snapshot", "delete-share-snapshot", "revert-share",
	"apply-share-rules",
};

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

static bool is_told(const char *kind)
{
	for (size_t i = 0; i < notify_event_count; i++)
		if (str_eq(notify_events[i].cause, kind))
			return true;
	return false;
}

TEST(every_cause_is_something_that_happens)
{
	for (size_t i = 0; i < notify_event_count; i++) {
		const char *cause = notify_events[i].cause;

		if (!service_operation_find(cause) &&
		    !is_one_of(cause, changes, ARRAY_SIZE(changes)))
			fail_msg("%s happens nowhere", cause);
	}
}

TEST(every_operation_is_told_or_meant_to_be_silent)
{
	for (size_t i = 0; i < service_operation_count; i++) {
		const char *kind = service_operations[i].name;

		if (is_told(kind) == is_one_of(kind, silent, ARRAY_SIZE(silent)))
			fail_msg("%s: told or silent?", kind);
	}
}
