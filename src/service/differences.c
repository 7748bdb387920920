/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See differences.h. The rows are read first, then the world is asked, and then it is read what
 * has been worked on meanwhile. No transaction stays open while the world is asked.
 */
#include "service/differences.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "base/uuid.h"
#include "journal/next.h"
#include "service/priv.h"

static const char *const kind_texts[] = {
	[DIFFERENCE_NOT_ASKED] = "not-asked",
	[DIFFERENCE_NO_DOMAIN] = "no-domain",
	[DIFFERENCE_STRANGE_DOMAIN] = "strange-domain",
	[DIFFERENCE_POWER] = "power",
	[DIFFERENCE_NO_DISK] = "no-disk",
	[DIFFERENCE_STRANGE_DISK] = "strange-disk",
	[DIFFERENCE_NO_SHARE] = "no-share",
	[DIFFERENCE_NO_BYTES] = "no-bytes",
	[DIFFERENCE_OPERATION_BROKEN] = "operation-broken",
	[DIFFERENCE_OPERATION_LATE] = "operation-late",
	[DIFFERENCE_OPERATION_WAITING] = "operation-waiting",
};
const EnumNames difference_kind_names = ENUM_NAMES(kind_texts);

const char *difference_advice(DifferenceKind kind)
{
	static const char *const advices[_DIFFERENCE_KIND_MAX] = {
		[DIFFERENCE_NOT_ASKED] = "See that it runs and can be reached, then ask again.",
		[DIFFERENCE_NO_DOMAIN] = "Start the server, or release it if it was adopted.",
		[DIFFERENCE_STRANGE_DOMAIN] = "See what it is, then undefine it by virsh.",
		[DIFFERENCE_POWER] = "Start or stop the server.",
		[DIFFERENCE_NO_DISK] = "Detach the volume and attach it again.",
		[DIFFERENCE_STRANGE_DISK] = "Take it out of the domain by virsh detach-disk.",
		[DIFFERENCE_NO_SHARE] = "Stop the server and start it again.",
		[DIFFERENCE_NO_BYTES] = "Bring them back from a copy, or delete the volume.",
		[DIFFERENCE_OPERATION_BROKEN] = "See what it left: cleat op show.",
		[DIFFERENCE_OPERATION_LATE] = "See why it waits: cleat op show.",
		[DIFFERENCE_OPERATION_WAITING] = "See to the other operation first.",
	};

	return advices[kind];
}

typedef struct Compare {
	const Work *work;
	Hypervisor *hypervisor;
	int64_t began_us; /* of clock_steady_us() */
	Server **servers;
	size_t server_count;
	Attachment **attachments;
	size_t attachment_count;
	LocalDisk **disks;
	size_t disk_count;
	ShareMapping **mappings;
	size_t mapping_count;
	Volume **volumes;
	size_t volume_count;
	Operation **operations;
	size_t operation_count;
	DifferenceList found;
} Compare;

static void add(Compare *c, Difference difference)
{
	c->found.rows =
		arena_grow(c->work->arena, c->found.rows, c->found.count, sizeof(*c->found.rows));
	c->found.rows[c->found.count++] = difference;
}

static void add_not_asked(Compare *c, const char *type, const char *id, const Fault *f)
{
	add(c,
	    (Difference){.kind = DIFFERENCE_NOT_ASKED,
			 .type = type,
			 .id = id,
			 .text = arena_printf(c->work->arena, "it cannot be asked: %s", f->text)});
}

static void add_of_server(Compare *c, const Server *server, DifferenceKind kind,
			  const char *other_id, const char *text)
{
	add(c, (Difference){.kind = kind,
			    .type = "server",
			    .id = server->id,
			    .name = server->name,
			    .other_id = other_id,
			    .text = text});
}

/* The rows. --------------------------------------------------------------------------------------
 */

/* Those that are not over, that broke, or that something has become of since this began. */
static int load_operations(Tx *tx, void *ctx, Fault *f)
{
	const char *const states[] = {
		enum_name(&operation_state_names, OPERATION_DOING),
		enum_name(&operation_state_names, OPERATION_UNDOING),
		enum_name(&operation_state_names, OPERATION_BROKEN),
	};
	Compare *c = ctx;
	RecordQuery query = {0};

	record_where_texts(&query, "state", RECORD_IN, states, ARRAY_SIZE(states));
	record_or(&query);
	record_where_int(&query, "updated_us", RECORD_GE, c->began_us);
	record_sort(&query, "created_us", false);
	return fault_unexpected(f, operation_find(tx, c->work->arena, &query, &c->operations,
						  &c->operation_count, f));
}

static int load_rows(Tx *tx, void *ctx, Fault *f)
{
	Compare *c = ctx;
	Arena *arena = c->work->arena;
	RecordQuery all = {0}, servers = {0}, devices = {0};
	int r;

	record_where_text(&servers, "vm_state", RECORD_NE, enum_name(&vm_state_names, VM_DELETED));
	record_where_text(&devices, "mapping_id", RECORD_NE, NULL);
	r = server_find(tx, arena, &servers, &c->servers, &c->server_count, f);
	if (!r)
		r = attachment_find(tx, arena, &devices, &c->attachments, &c->attachment_count, f);
	if (!r)
		r = local_disk_find(tx, arena, &all, &c->disks, &c->disk_count, f);
	if (!r)
		r = share_mapping_find(tx, arena, &all, &c->mappings, &c->mapping_count, f);
	if (!r)
		r = volume_find(tx, arena, &all, &c->volumes, &c->volume_count, f);
	return r ? fault_unexpected(f, r) : load_operations(tx, c, f);
}

/* Domains. ---------------------------------------------------------------------------------------
 */

static void compare_power(Compare *c, const Server *server, DomainState state)
{
	Server copy = *server;

	if (server->task_state == TASK_NONE && server_follow(&copy, state))
		add_of_server(c, server, DIFFERENCE_POWER, NULL,
			      arena_printf(c->work->arena, "the server is %s, its domain is %s",
					   enum_name(&vm_state_names, server->vm_state),
					   enum_name(&domain_state_names, (int)state)));
}

/* What follows "ua-" in the alias of its disk. */
static const char *disk_key(const Attachment *attachment)
{
	return attachment->disk_id ? attachment->disk_id : attachment->id;
}

static bool has_disk(const DomainFacts *facts, const char *key)
{
	for (size_t i = 0; i < facts->disk_count; i++) {
		const char *alias = facts->disks[i].alias;

		if (alias && str_eq(str_after(alias, "ua-"), key))
			return true;
	}
	return false;
}

static void compare_attachments(Compare *c, const Server *server, const DomainFacts *facts)
{
	for (size_t i = 0; i < c->attachment_count; i++) {
		const Attachment *attachment = c->attachments[i];

		if (attachment->status == ATTACHMENT_ATTACHED &&
		    str_eq(attachment->server_id, server->id) &&
		    !has_disk(facts, disk_key(attachment)))
			add_of_server(c, server, DIFFERENCE_NO_DISK, attachment->volume_id,
				      arena_printf(c->work->arena,
						   "volume %s is attached, but not in the domain",
						   attachment->volume_id));
	}
}

static bool is_known_disk(const Compare *c, const char *key)
{
	for (size_t i = 0; i < c->attachment_count; i++)
		if (str_eq(disk_key(c->attachments[i]), key))
			return true;
	for (size_t i = 0; i < c->disk_count; i++)
		if (str_eq(c->disks[i]->id, key))
			return true;
	return false;
}

/* Disks that the engine names by a word ("ua-root") are of no attachment. */
static void compare_disks(Compare *c, const Server *server, const DomainFacts *facts)
{
	for (size_t i = 0; i < facts->disk_count; i++) {
		const DomainDisk *disk = &facts->disks[i];
		const char *key = disk->alias ? str_after(disk->alias, "ua-") : NULL;
		char id[UUID_TEXT];

		if (key && uuid_canonical(key, id) && !is_known_disk(c, key))
			add_of_server(c, server, DIFFERENCE_STRANGE_DISK, NULL,
				      arena_printf(c->work->arena,
						   "disk %s of the domain (%s) is of no attachment",
						   disk->target, disk->alias));
	}
}

static int compare_shares(Compare *c, const Server *server, Fault *f)
{
	int r = 0;

	for (size_t i = 0; !r && i < c->mapping_count; i++) {
		const ShareMapping *mapping = c->mappings[i];
		char alias[FILESYSTEM_ALIAS_TEXT];
		FilesystemPresence seen;

		if (mapping->status != SHARE_MAPPING_ACTIVE ||
		    !str_eq(mapping->server_id, server->id))
			continue;
		r = hypervisor_find_filesystem(c->hypervisor, server->id,
					       filesystem_alias(mapping->id, alias), &seen, f);
		if (r == 0 && !seen.live)
			add_of_server(c, server, DIFFERENCE_NO_SHARE, mapping->share_id,
				      arena_printf(c->work->arena,
						   "the guest does not have share %s",
						   mapping->share_id));
	}
	return fault_unexpected(f, r);
}

static void compare_server(Compare *c, const Server *server)
{
	DomainFacts facts;
	Fault f = {0};
	int r;

	r = hypervisor_inspect(c->hypervisor, server->id, c->work->arena, &facts, &f);
	if (r == HYPERVISOR_NO_DOMAIN) {
		add_of_server(c, server, DIFFERENCE_NO_DOMAIN, NULL, "the server has no domain");
		return;
	}
	if (r == 0) {
		compare_power(c, server, facts.state);
		compare_attachments(c, server, &facts);
		compare_disks(c, server, &facts);
		if (domain_is_up(facts.state))
			r = compare_shares(c, server, &f);
	}
	if (r)
		add_not_asked(c, "server", server->id, &f);
}

static void compare_domains(Compare *c)
{
	_cleanup_(map_freep) Map *known = map_new();
	const char *const *ids;
	Fault f = {0};
	size_t count;

	if (hypervisor_list(c->hypervisor, c->work->arena, &ids, &count, &f)) {
		add_not_asked(c, "hypervisor", hypervisor_name(c->hypervisor), &f);
		return;
	}
	for (size_t i = 0; i < c->server_count; i++) {
		(void)map_put(known, c->servers[i]->id, c->servers[i]);
		if (server_has_domain(c->servers[i]))
			compare_server(c, c->servers[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (!map_get(known, ids[i]))
			add(c, (Difference){.kind = DIFFERENCE_STRANGE_DOMAIN,
					    .type = "domain",
					    .id = ids[i],
					    .text = "the domain is of no server"});
}

/* Volumes. ---------------------------------------------------------------------------------------
 */

/* In these states nothing is made or taken away, and nothing has failed to be. */
static bool should_have_bytes(const Volume *volume)
{
	return volume->status == VOLUME_AVAILABLE || volume->status == VOLUME_RESERVED ||
	       volume->status == VOLUME_IN_USE || volume->status == VOLUME_AWAITING_TRANSFER;
}

/* A backend that does not answer for one volume is not asked for the next. */
static void compare_volumes(Compare *c)
{
	const ServiceSettings *settings = c->work->settings;

	for (size_t i = 0; i < c->volume_count; i++) {
		const Volume *volume = c->volumes[i];
		bool exists = true;
		Fault f = {0};

		if (!should_have_bytes(volume) || !str_eq(volume->backend, settings->backend_name))
			continue;
		if (backend_exists(settings->backend, volume, &exists, &f)) {
			add_not_asked(c, "backend", settings->backend_name, &f);
			return;
		}
		if (!exists)
			add(c, (Difference){.kind = DIFFERENCE_NO_BYTES,
					    .type = "volume",
					    .id = volume->id,
					    .name = volume->name,
					    .text = "the volume's bytes are not there"});
	}
}

/* Operations. ------------------------------------------------------------------------------------
 */

static void add_operation(Compare *c, const Operation *operation, DifferenceKind kind,
			  const char *text)
{
	add(c, (Difference){.kind = kind,
			    .type = "operation",
			    .id = operation->id,
			    .name = operation->kind,
			    .text = text});
}

static const char *with_error(Compare *c, const Operation *operation, const char *text)
{
	return operation->last_error
		       ? arena_printf(c->work->arena, "%s: %s", text, operation->last_error)
		       : text;
}

static void compare_operations(Compare *c)
{
	_cleanup_(map_freep) Map *late = map_new(); /* the first of each lane */

	for (size_t i = 0; i < c->operation_count; i++) {
		Operation *operation = c->operations[i];
		const Operation *before = map_get(late, operation->lane);

		if (operation->state == OPERATION_BROKEN) {
			add_operation(c, operation, DIFFERENCE_OPERATION_BROKEN,
				      with_error(c, operation, "it could not be undone"));
		} else if (operation_is_active(operation) && before) {
			add_operation(c, operation, DIFFERENCE_OPERATION_WAITING,
				      arena_printf(c->work->arena, "it waits for operation %s",
						   before->id));
		} else if (operation_is_active(operation) && operation->deadline_us < c->began_us) {
			add_operation(c, operation, DIFFERENCE_OPERATION_LATE,
				      with_error(c, operation, "it is past its deadline"));
			(void)map_put(late, operation->lane, operation);
		}
	}
}

/* What moves meanwhile. --------------------------------------------------------------------------
 */

static void note_moving(Map *moving, Operation *operation)
{
	const char *const ids[] = {operation->server_id, operation->volume_id, operation->share_id,
				   operation->lane};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (ids[i])
			(void)map_put(moving, ids[i], operation);
}

static int leave_out_moving(Compare *c, Store *store, Fault *f)
{
	_cleanup_(map_freep) Map *moving = map_new();
	size_t kept = 0;
	int r;

	r = store_read(store, load_operations, c, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; i < c->operation_count; i++)
		if (operation_is_active(c->operations[i]) ||
		    c->operations[i]->updated_us >= c->began_us)
			note_moving(moving, c->operations[i]);
	for (size_t i = 0; i < c->found.count; i++) {
		const Difference *row = &c->found.rows[i];

		if (!map_get(moving, row->id) && !(row->other_id && map_get(moving, row->other_id)))
			c->found.rows[kept++] = *row;
	}
	c->found.count = kept;
	return 0;
}

int service_find_differences(const Work *work, Store *store, Hypervisor *hypervisor,
			     DifferenceList *ret, Fault *f)
{
	Compare compare = {.work = work, .hypervisor = hypervisor, .began_us = clock_steady_us()};
	int r = store_read(store, load_rows, &compare, f);

	if (r)
		return fault_unexpected(f, r);
	compare_domains(&compare);
	compare_volumes(&compare);
	compare_operations(&compare);
	r = leave_out_moving(&compare, store, f);
	*ret = compare.found;
	return r;
}
