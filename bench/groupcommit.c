/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * SQLite with nothing before it: the row writes of a cycle, in the product's tables, by one writer
 * that commits what waits in groups. What cleatd's cycles are measured against.
 *
 *     groupcommit volume|attachment|mapping DIRECTORY CLIENTS SECONDS [VOLUME...]
 *
 * Prints "CYCLES cycles in MILLISECONDS ms". A cycle of a volume (create, delete) is the four
 * transactions that cleatd makes of it: intent and end of each operation. Each client waits for
 * its commits, except the end of the deletion. A cycle of an attachment (create with a connector,
 * complete, delete) is three, one of a share mapping four (intent and end of attach and detach),
 * and each is waited for. A store that is in the directory already
 * ("bare.db", with the product's tables) is gone on with. Attachments are of the volumes that are
 * named, one for each client: where a volume stands among the others decides which pages of the
 * indexes its status moves between. Without names each client makes one.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "records/tables.h"

enum { STATEMENTS_MAX = 8 };

typedef enum Part {
	CREATE_BEGIN,
	CREATE_END,
	DELETE_BEGIN,
	DELETE_END,
	ATTACH_CREATE,
	ATTACH_COMPLETE,
	ATTACH_DELETE,
	SHARE_ATTACH,
	SHARE_ALLOWED,
	SHARE_DETACH,
	SHARE_GONE,
	_PART_MAX,
} Part;

#define VOLUME_COLUMNS                                                                             \
	"project_id, user_id, name, description, size_gib, status, availability_zone, type_id, "   \
	"type_name, metadata, backend, host, format, bootable, multiattach, readonly, "            \
	"created_us, updated_us, snapshot_id, source_id, image_metadata, admin_metadata, "         \
	"previous_status, migration_status, launched_us, held_us, copies"
#define VOLUME_VALUES(status)                                                                      \
	"'01c89d20c6bd403fbd682e3507b825ba', 'c759fef1d3b04918a4b0470aae9b5949', NULL, NULL, 1, "  \
	"'" status "', 'nova', 'a4578757-90f8-4f4f-b252-aac5f1cbaa00', '__DEFAULT__', '{}', "      \
	"'file', 'cleat@file#file', 'raw', 0, 0, 0, ?3, ?3, NULL, NULL, NULL, NULL, NULL, NULL, "  \
	"0, 0, 0"
#define VOLUME_STATUS(status)                                                                      \
	"UPDATE volumes SET status = '" status "', updated_us = ?3 WHERE id = ?1"
#define ATTACHMENT_COLUMNS                                                                         \
	"volume_id, project_id, server_id, mapping_id, status, mode, device, tag, host, "          \
	"connector, connection_info, delete_on_termination, boot_index, created_us, updated_us, "  \
	"attached_us, legacy, exported, connection_key"
#define CONNECTOR                                                                                  \
	"{\"host\":\"host1\",\"ip\":\"192.0.2.7\",\"multipath\":false,"                            \
	"\"initiator\":\"iqn.2004-10.org.debian:host\",\"os_type\":\"linux\","                     \
	"\"platform\":\"x86_64\",\"mountpoint\":\"/dev/vdb\"}"
#define DEVICE_PATH "/var/lib/cleat/volumes/' || ?1 || '.raw"
#define CONNECTION_INFO                                                                            \
	"{\"driver_volume_type\":\"local\",\"device_path\":\"" DEVICE_PATH "\","                   \
	"\"format\":\"raw\",\"volume_id\":\"' || ?1 || '\",\"attachment_id\":\"' || ?2 || '\","    \
	"\"enforce_multipath\":false,\"access_mode\":\"rw\",\"encrypted\":false,"                  \
	"\"cacheable\":false,\"qos_specs\":null}"
#define CONNECTION_KEY "local host1 " DEVICE_PATH
#define ATTACHMENT_VALUES(status)                                                                  \
	"?1, '01c89d20c6bd403fbd682e3507b825ba', NULL, NULL, '" status "', 'rw', '/dev/vdb', "     \
	"NULL, 'host1', '" CONNECTOR "', '" CONNECTION_INFO "', 0, -1, ?3, ?3, ?3, 0, 0, "         \
	"'" CONNECTION_KEY "'"
#define OPERATION_COLUMNS                                                                          \
	"format, kind, state, lane, server_id, volume_id, attachment_id, image_id, action_id, "    \
	"args, project_id, user_id, request_id, cancelled, not_before_us, deadline_us, "           \
	"last_error, created_us, updated_us"
#define OPERATION_VALUES(state)                                                                    \
	"1, 'create-volume', '" state "', ?1, NULL, ?1, NULL, NULL, NULL, NULL, "                  \
	"'01c89d20c6bd403fbd682e3507b825ba', 'c759fef1d3b04918a4b0470aae9b5949', "                 \
	"'req-06fc4e06-7e3f-4012-bc13-99d37a95a89f', 0, 0, ?3 + 300000000, NULL, ?3, ?3"
#define STEP_COLUMNS "operation_id, seq, kind, state, attempts, last_error, started_us, finished_us"
#define STEP_VALUES(state) "?2, 0, 'volume-create', '" state "', 0, NULL, ?3, ?3"
#define QUOTA_OF(owner, resource, more)                                                            \
	"INSERT INTO quotas (project_id, resource, used) VALUES ("                                 \
	"'" owner "', '" resource "', 1) "                                                         \
	"ON CONFLICT (project_id, resource) DO UPDATE SET used = quotas.used " more " 1"
#define QUOTA(resource, more) QUOTA_OF("01c89d20c6bd403fbd682e3507b825ba", resource, more)
#define CAPACITY(more) QUOTA_OF("@file", "promised_gib", more)
#define OPERATION_BEGIN                                                                            \
	"INSERT INTO operations (id, " OPERATION_COLUMNS                                           \
	") VALUES (?2, " OPERATION_VALUES("running") ")"
#define OPERATION_END                                                                              \
	"UPDATE operations SET state = 'done', progress = 100, updated_us = ?3 WHERE id = ?2"
#define STEP_BEGIN                                                                                 \
	"INSERT INTO steps (id, " STEP_COLUMNS ") VALUES (?2 || '/00', " STEP_VALUES("started") ")"
#define STEP_END "UPDATE steps SET state = 'done', finished_us = ?3 WHERE id = ?2 || '/00'"

#define PROJECT "'01c89d20c6bd403fbd682e3507b825ba'"
#define USER "'c759fef1d3b04918a4b0470aae9b5949'"
#define MAPPING_COLUMNS                                                                            \
	"server_id, share_id, project_id, user_id, status, tag, export_path, rule_id, "            \
	"mount_point, mount_options, readonly, connected, created_us, updated_us"
#define MAPPING_VALUES                                                                             \
	"?1 || 's', ?1, " PROJECT ", " USER ", 'attaching', ?1, "                                  \
	"'127.0.0.1:/var/lib/cleat/shares/shares/' || ?1, ?1 || 'r', NULL, NULL, 0, 0, ?3, ?3"
#define RULE_COLUMNS                                                                               \
	"share_id, type, access_to, level, state, access_key, metadata, own, created_us, "         \
	"updated_us"
#define RULE_VALUES "?1, 'ip', '127.0.0.1', 'rw', 'queued_to_apply', NULL, '{}', 1, ?3, ?3"
#define RULE_STATE(state)                                                                          \
	"UPDATE share_rules SET state = '" state "', updated_us = ?3 WHERE id = ?1 || 'r'"
#define SHARE_LOCK(number, type, resource, action)                                                 \
	"INSERT INTO resource_locks (id, project_id, user_id, resource_type, resource_id, "        \
	"action, context, reason, rule_id, created_us, updated_us) VALUES (?1 || 'l" number        \
	"', " PROJECT ", " USER ", '" type "', ?1 || '" resource "', '" action "', 'service', "    \
	"'Locked by server share ' || ?1, ?1 || 'r', ?3, ?3)"
#define ACTION_BEGIN                                                                               \
	"INSERT INTO instance_actions (id, server_id, request_id, action, user_id, project_id, "   \
	"started_us, updated_us, message, event, event_started_us, event_finished_us, result, "    \
	"details, host) VALUES (?2 || 'a', ?1 || 's', "                                            \
	"'req-06fc4e06-7e3f-4012-bc13-99d37a95a89f', 'attach_share', " USER ", " PROJECT           \
	", ?3, ?3, NULL, 'compute_allow_share', ?3, 0, 'Running', NULL, 'host1')"
#define ACTION_END                                                                                 \
	"UPDATE instance_actions SET updated_us = ?3, event_finished_us = ?3, "                    \
	"result = 'Success' WHERE id = ?2 || 'a'"

/* ?1 is the volume or share, ?2 the operation, ?3 the time. */
static const char *const parts[_PART_MAX][STATEMENTS_MAX] = {
	[CREATE_BEGIN] = {QUOTA("volumes", "+"), QUOTA("gigabytes", "+"), CAPACITY("+"),
			  "INSERT INTO volumes (id, " VOLUME_COLUMNS
			  ") VALUES (?1, " VOLUME_VALUES("creating") ")",
			  OPERATION_BEGIN, STEP_BEGIN},
	[CREATE_END] = {"UPDATE volumes SET status = 'available', updated_us = ?3, "
			"launched_us = ?3 WHERE id = ?1",
			STEP_END, OPERATION_END},
	[DELETE_BEGIN] = {VOLUME_STATUS("deleting"), OPERATION_BEGIN, STEP_BEGIN},
	[DELETE_END] = {QUOTA("volumes", "-"), QUOTA("gigabytes", "-"), CAPACITY("-"),
			"DELETE FROM volumes WHERE id = ?1", STEP_END, OPERATION_END},
	[ATTACH_CREATE] = {"INSERT INTO attachments (id, " ATTACHMENT_COLUMNS
			   ") VALUES (?2, " ATTACHMENT_VALUES("attaching") ")",
			   VOLUME_STATUS("attaching")},
	[ATTACH_COMPLETE] = {"UPDATE attachments SET status = 'attached', updated_us = ?3 "
			     "WHERE id = ?2",
			     VOLUME_STATUS("in-use")},
	[ATTACH_DELETE] = {"DELETE FROM attachments WHERE id = ?2", VOLUME_STATUS("available")},
	[SHARE_ATTACH] = {"INSERT INTO share_mappings (id, " MAPPING_COLUMNS
			  ") VALUES (?1 || 'm', " MAPPING_VALUES ")",
			  "INSERT INTO share_rules (id, " RULE_COLUMNS
			  ") VALUES (?1 || 'r', " RULE_VALUES ")",
			  SHARE_LOCK("1", "access_rule", "r", "show"),
			  SHARE_LOCK("2", "access_rule", "r", "delete"),
			  SHARE_LOCK("3", "share", "", "delete"), ACTION_BEGIN, OPERATION_BEGIN,
			  STEP_BEGIN},
	[SHARE_ALLOWED] = {"UPDATE share_mappings SET status = 'inactive', updated_us = ?3 "
			   "WHERE id = ?1 || 'm'",
			   RULE_STATE("active"), ACTION_END, STEP_END, OPERATION_END},
	[SHARE_DETACH] = {"UPDATE share_mappings SET status = 'detaching', updated_us = ?3 "
			  "WHERE id = ?1 || 'm'",
			  RULE_STATE("queued_to_deny"), ACTION_BEGIN, OPERATION_BEGIN, STEP_BEGIN},
	[SHARE_GONE] = {"DELETE FROM share_mappings WHERE id = ?1 || 'm'",
			"DELETE FROM resource_locks WHERE rule_id = ?1 || 'r'",
			"DELETE FROM share_rules WHERE id = ?1 || 'r'", ACTION_END, STEP_END,
			OPERATION_END},
};

typedef struct Wish Wish;
struct Wish {
	Wish *next;
	Part part;
	const char *volume;
	const char *operation;
	bool done;
};

typedef struct Loop {
	sqlite3 *db;
	sqlite3_stmt *statements[_PART_MAX][STATEMENTS_MAX];
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t arrived;
	pthread_cond_t committed;
	Wish *first;
	Wish **last;
	bool stop;
	void *(*client)(void *loop);
	char *const *volumes; /* one for each client, or NULL */
	atomic_uint clients;
	int64_t end_ms;
	atomic_uint cycles;
} Loop;

static void run_sql(Loop *loop, const char *sql)
{
	char *error = NULL;

	if (sqlite3_exec(loop->db, sql, NULL, NULL, &error)) {
		(void)fprintf(stderr, "groupcommit: %s: %s\n", sql, error);
		exit(1);
	}
}

static void loop_open(Loop *loop, const char *dir)
{
	char path[512];
	bool filled;

	(void)snprintf(path, sizeof(path), "%s/bare.db", dir);
	filled = access(path, F_OK) == 0;
	if (sqlite3_open(path, &loop->db))
		exit(1);
	run_sql(loop, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
		      "PRAGMA wal_autocheckpoint = 1000;");
	for (size_t i = 0; !filled && i < schema_migration_count; i++)
		run_sql(loop, schema_migrations[i].sql);
	for (int p = 0; p < _PART_MAX; p++)
		for (int s = 0; s < STATEMENTS_MAX && parts[p][s]; s++)
			if (sqlite3_prepare_v2(loop->db, parts[p][s], -1, &loop->statements[p][s],
					       NULL)) {
				(void)fprintf(stderr, "groupcommit: %s\n",
					      sqlite3_errmsg(loop->db));
				exit(1);
			}
	pthread_mutex_init(&loop->lock, NULL);
	pthread_cond_init(&loop->arrived, NULL);
	pthread_cond_init(&loop->committed, NULL);
	loop->last = &loop->first;
}

static void loop_close(Loop *loop)
{
	for (int p = 0; p < _PART_MAX; p++)
		for (int s = 0; s < STATEMENTS_MAX; s++)
			sqlite3_finalize(loop->statements[p][s]);
	sqlite3_close(loop->db);
}

static void write_part(Loop *loop, const Wish *wish)
{
	run_sql(loop, "SAVEPOINT piece");
	for (int s = 0; s < STATEMENTS_MAX && parts[wish->part][s]; s++) {
		sqlite3_stmt *statement = loop->statements[wish->part][s];

		(void)sqlite3_bind_text(statement, 1, wish->volume, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(statement, 2, wish->operation, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(statement, 3, clock_now_us());
		if (sqlite3_step(statement) != SQLITE_DONE) {
			(void)fprintf(stderr, "groupcommit: %s\n", sqlite3_errmsg(loop->db));
			exit(1);
		}
		(void)sqlite3_reset(statement);
	}
	run_sql(loop, "RELEASE piece");
}

/* What waits, at most a batch of it; NULL at the end. */
static Wish *batch_take(Loop *loop)
{
	Wish *batch, **cut;

	pthread_mutex_lock(&loop->lock);
	while (!loop->first && !loop->stop)
		pthread_cond_wait(&loop->arrived, &loop->lock);
	batch = loop->first;
	cut = &loop->first;
	for (int i = 0; i < LIMIT_STORE_BATCH && *cut; i++)
		cut = &(*cut)->next;
	loop->first = *cut;
	*cut = NULL;
	if (!loop->first)
		loop->last = &loop->first;
	pthread_mutex_unlock(&loop->lock);
	return batch;
}

static void *writer_run(void *arg)
{
	Loop *loop = arg;
	Wish *batch;

	while ((batch = batch_take(loop))) {
		run_sql(loop, "BEGIN IMMEDIATE");
		for (Wish *wish = batch; wish; wish = wish->next)
			write_part(loop, wish);
		run_sql(loop, "COMMIT");
		pthread_mutex_lock(&loop->lock);
		for (Wish *wish = batch, *next; wish; wish = next) {
			next = wish->next;
			wish->done = true;
		}
		pthread_cond_broadcast(&loop->committed);
		pthread_mutex_unlock(&loop->lock);
	}
	return NULL;
}

static void wish_send(Loop *loop, Wish *wish)
{
	pthread_mutex_lock(&loop->lock);
	*loop->last = wish;
	loop->last = &wish->next;
	pthread_cond_signal(&loop->arrived);
	pthread_mutex_unlock(&loop->lock);
}

static void wish_await(Loop *loop, const Wish *wish)
{
	pthread_mutex_lock(&loop->lock);
	while (!wish->done)
		pthread_cond_wait(&loop->committed, &loop->lock);
	pthread_mutex_unlock(&loop->lock);
}

/* The ids of one cycle, and its last wish, which the client leaves behind. */
typedef struct Cycle {
	char volume[UUID_TEXT];
	char create[UUID_TEXT];
	char delete[UUID_TEXT];
	Wish end;
} Cycle;

static void commit_part(Loop *loop, Part part, const Cycle *cycle)
{
	bool second = part == DELETE_BEGIN || part == SHARE_DETACH || part == SHARE_GONE;
	const char *operation = second ? cycle->delete : cycle->create;
	Wish wish = {.part = part, .volume = cycle->volume, .operation = operation};

	wish_send(loop, &wish);
	wish_await(loop, &wish);
}

/* As with cleatd, the client does not wait for the volume to be gone. */
static void cycle_run(Loop *loop, Cycle *cycle)
{
	if (cycle->end.volume)
		wish_await(loop, &cycle->end); /* of an older cycle, long since done */
	uuid_new(cycle->volume);
	uuid_new(cycle->create);
	uuid_new(cycle->delete);
	commit_part(loop, CREATE_BEGIN, cycle);
	commit_part(loop, CREATE_END, cycle);
	commit_part(loop, DELETE_BEGIN, cycle);
	cycle->end = (Wish){
		.part = DELETE_END,
		.volume = cycle->volume,
		.operation = cycle->delete,
	};
	wish_send(loop, &cycle->end);
	atomic_fetch_add(&loop->cycles, 1);
}

static void *client_run(void *arg)
{
	Cycle cycles[2] = {0};
	Loop *loop = arg;

	for (unsigned i = 0; clock_mono_ms() < loop->end_ms; i++)
		cycle_run(loop, &cycles[i % 2]);
	for (unsigned i = 0; i < 2; i++)
		if (cycles[i].end.volume)
			wish_await(loop, &cycles[i].end);
	return NULL;
}

static void *attach_client_run(void *arg)
{
	static const Part turn[] = {ATTACH_CREATE, ATTACH_COMPLETE, ATTACH_DELETE};
	Cycle volume = {0};
	Loop *loop = arg;

	uuid_new(volume.volume);
	uuid_new(volume.create);
	if (loop->volumes)
		(void)snprintf(volume.volume, sizeof(volume.volume), "%s",
			       loop->volumes[atomic_fetch_add(&loop->clients, 1)]);
	else
		commit_part(loop, CREATE_BEGIN, &volume);
	while (clock_mono_ms() < loop->end_ms) {
		uuid_new(volume.create); /* here it is the attachment's */
		for (size_t i = 0; i < ARRAY_SIZE(turn); i++)
			commit_part(loop, turn[i], &volume);
		atomic_fetch_add(&loop->cycles, 1);
	}
	return NULL;
}

static void *mapping_client_run(void *arg)
{
	static const Part turn[] = {SHARE_ATTACH, SHARE_ALLOWED, SHARE_DETACH, SHARE_GONE};
	Cycle share = {0};
	Loop *loop = arg;

	uuid_new(share.volume);
	while (clock_mono_ms() < loop->end_ms) {
		uuid_new(share.create);
		uuid_new(share.delete);
		for (size_t i = 0; i < ARRAY_SIZE(turn); i++)
			commit_part(loop, turn[i], &share);
		atomic_fetch_add(&loop->cycles, 1);
	}
	return NULL;
}

/* What each client of that name goes through; NULL: there is none. */
static void *(*client_of(const char *name))(void *loop)
{
	if (str_eq(name, "volume"))
		return client_run;
	if (str_eq(name, "attachment"))
		return attach_client_run;
	return str_eq(name, "mapping") ? mapping_client_run : NULL;
}

int main(int argc, char **argv)
{
	uint64_t clients, seconds;
	pthread_t *threads, writer;
	Loop loop = {0};
	int64_t began;

	if (argc < 5 || !str_parse_u64(argv[3], &clients) || !str_parse_u64(argv[4], &seconds))
		return 2;
	if (argc > 5)
		loop.volumes = argv + 5;
	if (loop.volumes && (uint64_t)argc - 5 < clients)
		return 2;
	loop.client = client_of(argv[1]);
	if (!loop.client)
		return 2;
	loop_open(&loop, argv[2]);
	began = clock_mono_ms();
	loop.end_ms = began + (int64_t)seconds * 1000;
	threads = mem_new(clients * sizeof(*threads));
	if (pthread_create(&writer, NULL, writer_run, &loop))
		return 1;
	for (size_t i = 0; i < clients; i++)
		if (pthread_create(&threads[i], NULL, loop.client, &loop))
			return 1;
	for (size_t i = 0; i < clients; i++)
		pthread_join(threads[i], NULL);
	(void)printf("%u cycles in %lld ms\n", atomic_load(&loop.cycles),
		     (long long)(clock_mono_ms() - began));
	pthread_mutex_lock(&loop.lock);
	loop.stop = true;
	pthread_cond_signal(&loop.arrived);
	pthread_mutex_unlock(&loop.lock);
	pthread_join(writer, NULL);
	loop_close(&loop);
	free(threads);
	return 0;
}
