/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which attachments share a connection with some. All that may are found with one query over the
 * index of keys; the rule then decides between those of equal keys.
 */
#include "service/shared.h"

#include "base/map.h"
#include "base/str.h"
#include "service/attachment.h"
#include "service/priv.h"

/* Where connection_info says what the remote end is; the first member that is there counts. */
static const char *const target_members[] = {
	"target_iqn", "target_nqn", "nqn", "target_wwn", "export", "device_path", "name",
};

static ConnectionTexts texts_at(Arena *arena, const JsonDoc *doc, const char *path)
{
	int64_t count = json_get_count(doc, path);
	const char **items = ARENA_ARRAY(arena, const char *, (size_t)MAX(count, 0));

	for (int64_t i = 0; i < count; i++)
		items[i] = json_get_text(arena, doc, arena_printf(arena, "%s.%d", path, (int)i));
	return (ConnectionTexts){.items = items, .count = (size_t)MAX(count, 0)};
}

/* One text, or the list that stands beside it when there are several. */
static ConnectionTexts portals_of(Arena *arena, const JsonDoc *info)
{
	ConnectionTexts portals = texts_at(arena, info, "target_portals");
	const char *portal = json_get_text(arena, info, "target_portal");
	const char **items;

	if (portals.count > 0 || !portal)
		return portals;
	items = ARENA_ARRAY(arena, const char *, 1);
	items[0] = portal;
	return (ConnectionTexts){.items = items, .count = 1};
}

static void read_info(Arena *arena, const JsonDoc *info, Connection *connection)
{
	connection->protocol = json_get_text(arena, info, "driver_volume_type");
	for (size_t i = 0; i < ARRAY_SIZE(target_members) && !connection->target; i++)
		connection->target = json_get_text(arena, info, target_members[i]);
	connection->portals = portals_of(arena, info);
}

static void read_connector(Arena *arena, const JsonDoc *connector, Connection *connection)
{
	connection->host = json_get_text(arena, connector, "host");
	connection->initiator = json_get_text(arena, connector, "initiator");
	connection->nqn = json_get_text(arena, connector, "nqn");
	connection->wwpns = texts_at(arena, connector, "wwpns");
}

/* Stored by us: it can be read. What was made by older calls has neither and shares nothing. */
static Connection connection_of(Arena *arena, const Attachment *attachment)
{
	_cleanup_(json_doc_freep) JsonDoc *info = NULL, *connector = NULL;
	const char *info_text = attachment->connection_info, *text = attachment->connector;
	Connection connection = {0};

	if (!info_text || !text || json_parse(arena, text, strlen(text), &connector, NULL) ||
	    json_parse(arena, info_text, strlen(info_text), &info, NULL))
		return connection;
	read_info(arena, info, &connection);
	read_connector(arena, connector, &connection);
	return connection;
}

const char *shared_connection_key(Arena *arena, const JsonDoc *info, const Connector *connector)
{
	Connection connection = {
		.host = connector->host,
		.initiator = connector->initiator,
		.nqn = connector->nqn,
		.wwpns = {.items = connector->wwpns.items, .count = connector->wwpns.count},
	};

	if (!connector->json)
		return NULL;
	read_info(arena, info, &connection);
	return connection_key(arena, &connection);
}

/* Attachments of one key, oldest first. */
typedef struct Group {
	Attachment **members;
	Connection *connections; /* of the members; read when the first one asks */
	size_t count;
} Group;

static int find_groups(Work *work, Attachment *const *attachments, size_t count, Map *groups,
		       Fault *f)
{
	const char **keys = ARENA_ARRAY(work->arena, const char *, count);
	RecordQuery query = {0};
	Attachment **found;
	size_t used = 0;
	int r;

	for (size_t i = 0; i < count; i++) {
		const char *key = attachments[i]->connection_key;

		if (!key || map_get(groups, key))
			continue;
		(void)map_put(groups, key, ARENA_NEW(work->arena, Group));
		keys[used++] = key;
	}
	if (used == 0)
		return 0;
	/* By the key alone: with the project as well, SQLite would walk all that the project has.
	 */
	record_where_texts(&query, "connection_key", RECORD_IN, keys, used);
	record_sort(&query, "created_us", false);
	r = attachment_find(work->tx, work->arena, &query, &found, &count, f);
	for (size_t i = 0; r == 0 && i < count; i++) {
		Group *group = map_get(groups, found[i]->connection_key);

		if (!work_sees(work, found[i]->project_id))
			continue;
		group->members = arena_grow(work->arena, group->members, group->count,
					    sizeof(group->members[0]));
		group->members[group->count++] = found[i];
	}
	return fault_unexpected(f, r);
}

static void read_connections(Arena *arena, Group *group)
{
	if (group->connections)
		return;
	group->connections = ARENA_ARRAY(arena, Connection, group->count);
	for (size_t i = 0; i < group->count; i++)
		group->connections[i] = connection_of(arena, group->members[i]);
}

static SharedConnections sharers(Arena *arena, const Attachment *attachment, Group *group)
{
	SharedConnections shared = {0};
	Connection self;

	if (!group || group->count < 2)
		return shared;
	read_connections(arena, group);
	self = connection_of(arena, attachment);
	shared.ids = ARENA_ARRAY(arena, const char *, group->count);
	for (size_t i = 0; i < group->count; i++)
		if (!str_eq(group->members[i]->id, attachment->id) &&
		    connection_is_shared(&self, &group->connections[i]))
			shared.ids[shared.count++] = group->members[i]->id;
	return shared;
}

/* Whether no other has its key: the usual case, told by the index without reading a row. */
static int is_alone(Work *work, const Attachment *attachment, bool *ret, Fault *f)
{
	RecordQuery query = {0};
	int64_t others = 0;
	int r;

	*ret = true;
	if (!attachment->connection_key)
		return 0;
	record_where_text(&query, "connection_key", RECORD_EQ, attachment->connection_key);
	record_where_text(&query, "id", RECORD_NE, attachment->id);
	r = record_count(work->tx, &attachment_table, &query, &others, f);
	*ret = others == 0;
	return fault_unexpected(f, r);
}

int service_shared_connections(Work *work, Attachment *const *attachments, size_t count,
			       SharedConnections *ret, Fault *f)
{
	_cleanup_(map_freep) Map *groups = NULL;
	bool alone = false;
	int r;

	r = count == 1 ? is_alone(work, attachments[0], &alone, f) : 0;
	if (r || alone) {
		*ret = (SharedConnections){0};
		return r;
	}
	groups = map_new();
	r = find_groups(work, attachments, count, groups, f);
	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		const char *key = attachments[i]->connection_key;

		ret[i] = sharers(work->arena, attachments[i], key ? map_get(groups, key) : NULL);
	}
	return 0;
}
