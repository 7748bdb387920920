/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See message.h. Clients know the numbers in an event id: the first names what was done, the second
 * what was wrong with it. Those from 100 on are of this house.
 */
#include "service/message.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"

#define MESSAGE_LIFE_US (INT64_C(30) * 24 * 3600 * 1000000)

/* What a message is about: as clients know it, and which id of the operation's. */
typedef enum Subject {
	SUBJECT_VOLUME,
	SUBJECT_SNAPSHOT,
	SUBJECT_SHARE,
	SUBJECT_SHARE_SNAPSHOT,
	_SUBJECT_MAX,
} Subject;

typedef struct SubjectRow {
	const char *type;
	size_t id; /* offset in Operation */
} SubjectRow;

static const SubjectRow subjects[] = {
	[SUBJECT_VOLUME] = {"VOLUME", offsetof(Operation, volume_id)},
	[SUBJECT_SNAPSHOT] = {"VOLUME_SNAPSHOT", offsetof(Operation, snapshot_id)},
	[SUBJECT_SHARE] = {"SHARE", offsetof(Operation, share_id)},
	[SUBJECT_SHARE_SNAPSHOT] = {"SHARE_SNAPSHOT", offsetof(Operation, snapshot_id)},
};
static_assert(ARRAY_SIZE(subjects) == _SUBJECT_MAX, "a row for each");

typedef struct MessageRow {
	const char *event_id;
	const char *text;
	Subject subject;
} MessageRow;

static const MessageRow rows[] = {
	[MESSAGE_PLACE_VOLUME] =
		{
			.event_id = "VOLUME_VOLUME_001_003",
			.text = "schedule allocate volume:Could not find any available weighted "
				"backend.",
		},
	[MESSAGE_CREATE_VOLUME] =
		{
			.event_id = "VOLUME_VOLUME_008_012",
			.text = "create volume from backend storage:Driver failed to create the "
				"volume.",
		},
	[MESSAGE_COPY_IMAGE] =
		{
			.event_id = "VOLUME_VOLUME_005_012",
			.text = "copy image to volume:Driver failed to create the volume.",
		},
	[MESSAGE_COPY_SOURCE] =
		{
			.event_id = "VOLUME_VOLUME_101_012",
			.text = "copy source to volume:Driver failed to create the volume.",
		},
	[MESSAGE_DELETE_VOLUME] =
		{
			.event_id = "VOLUME_VOLUME_102_101",
			.text = "delete volume:Driver failed to delete the volume. It is being "
				"tried again.",
		},
	[MESSAGE_KEEP_VOLUME] =
		{
			.event_id = "VOLUME_VOLUME_102_102",
			.text = "delete volume:The volume was to be deleted with its server, but "
				"is "
				"still needed: it is attached elsewhere, has snapshots, or is "
				"being "
				"worked on.",
		},
	[MESSAGE_EXTEND_VOLUME] =
		{
			.event_id = "VOLUME_VOLUME_007_010",
			.text = "extend volume:Volume Driver failed to extend volume.",
		},
	[MESSAGE_RETYPE_VOLUME] =
		{
			.event_id = "VOLUME_VOLUME_103_001",
			.text = "retype volume:An unknown error occurred.",
		},
	[MESSAGE_UPLOAD_VOLUME] =
		{
			.event_id = "VOLUME_VOLUME_003_004",
			.text = "copy volume to image:Failed to upload volume to image at backend.",
		},
	[MESSAGE_REVERT_VOLUME] =
		{
			.event_id = "VOLUME_VOLUME_104_001",
			.text = "revert volume to snapshot:An unknown error occurred.",
		},
	[MESSAGE_ATTACH_VOLUME] =
		{
			.event_id = "VOLUME_VOLUME_002_001",
			.text = "attach volume:An unknown error occurred.",
		},
	[MESSAGE_DETACH_VOLUME] =
		{
			.event_id = "VOLUME_VOLUME_105_001",
			.text = "detach volume:An unknown error occurred.",
		},
	[MESSAGE_SWAP_VOLUME] =
		{
			.event_id = "VOLUME_VOLUME_106_001",
			.text = "swap volume:An unknown error occurred.",
		},
	[MESSAGE_CREATE_SNAPSHOT] =
		{
			.event_id = "VOLUME_VOLUME_SNAPSHOT_009_013",
			.text = "create snapshot:Snapshot failed to create.",
			.subject = SUBJECT_SNAPSHOT,
		},
	[MESSAGE_DELETE_SNAPSHOT] =
		{
			.event_id = "VOLUME_VOLUME_SNAPSHOT_010_016",
			.text = "delete snapshot:Snapshot failed to delete.",
			.subject = SUBJECT_SNAPSHOT,
		},
	[MESSAGE_PLACE_SHARE] =
		{
			.event_id = "SHARE_001_002",
			.text = "allocate host: No storage could be allocated for this share "
				"request. Trying again with a different size or share type may "
				"succeed.",
			.subject = SUBJECT_SHARE,
		},
	[MESSAGE_CREATE_SHARE] =
		{
			.event_id = "SHARE_002_009",
			.text = "create: The share driver failed to create the share.",
			.subject = SUBJECT_SHARE,
		},
	[MESSAGE_MANAGE_SHARE] =
		{
			.event_id = "SHARE_101_001",
			.text = "manage: An unknown error occurred.",
			.subject = SUBJECT_SHARE,
		},
	[MESSAGE_DELETE_SHARE] =
		{
			.event_id = "SHARE_007_001",
			.text = "delete: An unknown error occurred. It is being tried again.",
			.subject = SUBJECT_SHARE,
		},
	[MESSAGE_EXTEND_SHARE] =
		{
			.event_id = "SHARE_008_014",
			.text = "extend: The share driver failed to extend the share.",
			.subject = SUBJECT_SHARE,
		},
	[MESSAGE_SHRINK_SHARE] =
		{
			.event_id = "SHARE_009_018",
			.text = "shrink: The share driver failed to shrink the share.",
			.subject = SUBJECT_SHARE,
		},
	[MESSAGE_KEEP_SHARE_SIZE] =
		{
			.event_id = "SHARE_009_017",
			.text = "shrink: The share driver refused to shrink the share. The size to "
				"be shrunk is smaller than the current used space. The share "
				"status has been set to available.",
			.subject = SUBJECT_SHARE,
		},
	[MESSAGE_REVERT_SHARE] =
		{
			.event_id = "SHARE_006_001",
			.text = "revert to snapshot: An unknown error occurred.",
			.subject = SUBJECT_SHARE,
		},
	[MESSAGE_LET_IN_TO_SHARE] =
		{
			.event_id = "SHARE_010_001",
			.text = "update access rules: The share driver failed to apply an access "
				"rule, which is in error.",
			.subject = SUBJECT_SHARE,
		},
	[MESSAGE_KEEP_OUT_OF_SHARE] =
		{
			.event_id = "SHARE_003_001",
			.text = "delete access rules: The share driver failed to deny an access "
				"rule, which is in error.",
			.subject = SUBJECT_SHARE,
		},
	[MESSAGE_CREATE_SHARE_SNAPSHOT] =
		{
			.event_id = "SHARE_SNAPSHOT_002_001",
			.text = "create: An unknown error occurred.",
			.subject = SUBJECT_SHARE_SNAPSHOT,
		},
	[MESSAGE_DELETE_SHARE_SNAPSHOT] =
		{
			.event_id = "SHARE_SNAPSHOT_007_001",
			.text = "delete: An unknown error occurred. It is being tried again.",
			.subject = SUBJECT_SHARE_SNAPSHOT,
		},
};
static_assert(ARRAY_SIZE(rows) == _MESSAGE_EVENT_MAX, "a row for each");

int message_write(Tx *tx, Arena *arena, const Operation *operation, MessageEvent event, Fault *f)
{
	const MessageRow *row = &rows[event];
	const SubjectRow *subject = &subjects[row->subject];
	int64_t now_us = clock_now_us();
	const Message message = {
		.id = new_uuid(arena),
		.project_id = operation->project_id,
		.request_id = operation->request_id,
		.resource_type = subject->type,
		.resource_id = *(const char *const *)((const char *)operation + subject->id),
		.event_id = row->event_id,
		.text = row->text,
		.created_us = now_us,
		.expires_us = now_us + MESSAGE_LIFE_US,
	};

	return fault_unexpected(f, message_insert(tx, &message, f));
}

int message_prune(Tx *tx, void *ctx, Fault *f)
{
	RecordQuery query = {0};

	(void)ctx; /* the clock is all it needs */
	record_where_int(&query, "expires_us", RECORD_LE, clock_now_us());
	return fault_unexpected(f, record_delete_where(tx, &message_table, &query, f));
}

static const char *const of_volumes[] = {"VOLUME", "VOLUME_SNAPSHOT"};
static const char *const of_shares[] = {"SHARE", "SHARE_SNAPSHOT"};

static const struct {
	const char *const *types;
	size_t count;
} services[] = {
	[MESSAGES_OF_VOLUMES] = {of_volumes, ARRAY_SIZE(of_volumes)},
	[MESSAGES_OF_SHARES] = {of_shares, ARRAY_SIZE(of_shares)},
};
static_assert(ARRAY_SIZE(services) == _MESSAGE_SERVICE_MAX, "a row for each");

void service_where_messages(const Work *work, RecordQuery *query, MessageService service)
{
	record_where_texts(query, "resource_type", RECORD_IN, services[service].types,
			   services[service].count);
	record_where_int(query, "expires_us", RECORD_GT, work->now_us);
}

static bool is_of(const Message *message, MessageService service)
{
	for (size_t i = 0; i < services[service].count; i++)
		if (str_eq(services[service].types[i], message->resource_type))
			return true;
	return false;
}

int service_find_message(Work *work, MessageService service, const char *id, Message **ret,
			 Fault *f)
{
	char canonical[UUID_TEXT];
	int r = RECORD_NOT_FOUND;

	work->refused = (RefusalData){.id = id};
	if (uuid_canonical(id, canonical))
		r = message_get(work->tx, work->arena, canonical, ret, f);
	if (r == RECORD_NOT_FOUND ||
	    (r == 0 && (!is_of(*ret, service) || !work_sees(work, (*ret)->project_id))))
		return REFUSAL_NO_MESSAGE;
	return fault_unexpected(f, r);
}

int service_delete_message(Work *work, MessageService service, const char *id, Fault *f)
{
	Message *message;
	int r = service_find_message(work, service, id, &message, f);

	return r ? r : fault_unexpected(f, message_delete(work->tx, message->id, f));
}
