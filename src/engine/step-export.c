/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Steps that let the host of an attachment reach a volume, and keep it out again. Both may be
 * repeated, so that neither needs a probe.
 *
 * Where a target exports, several attachments that a host has of a volume are one export. What it
 * may do is what any of them may; it ends with the last. Which ones there are say the rows, in the
 * volume's lane: an attachment says `exported` from before its export until after its end.
 *
 * A target that has begun anew is told everything again, volume by volume in their lanes.
 */
#include "base/log.h"
#include "base/str.h"
#include "engine/priv.h"

/* What else is there of the export that an attachment has a part in. */
typedef struct Parts {
	const Backend *backend;
	Arena *arena;
	const Attachment *attachment;
	const Attachment *other; /* NULL: there is none */
	bool writes;             /* one of the others does */
} Parts;

static int load_parts(Tx *tx, void *ctx, Fault *f)
{
	Parts *parts = ctx;
	Attachment **all;
	size_t count;
	int r = attachments_of_volume(tx, parts->arena, parts->attachment->volume_id, &all, &count,
				      f);

	if (r)
		return fault_unexpected(f, r);
	parts->other = NULL;
	parts->writes = false;
	for (size_t i = 0; i < count; i++) {
		if (!all[i]->exported || str_eq(all[i]->id, parts->attachment->id) ||
		    !backend_same_export(parts->backend, all[i], parts->attachment))
			continue;
		parts->other = all[i];
		parts->writes = parts->writes || all[i]->mode != ATTACH_MODE_RO;
	}
	return 0;
}

static int find_parts(const EngineConfig *config, Arena *arena, const Attachment *attachment,
		      Parts *ret, Fault *f)
{
	*ret = (Parts){.backend = config->backend, .arena = arena, .attachment = attachment};
	if (!backend_traits(config->backend)->by_target)
		return 0;
	return store_read(config->store, load_parts, ret, f);
}

/* The attachment as it is exported: it may what any that has a part may. */
static Attachment whole_of(const Attachment *attachment, const Parts *parts)
{
	Attachment whole = *attachment;

	if (parts->writes)
		whole.mode = ATTACH_MODE_RW;
	return whole;
}

int volume_export_act(StepRun *run, Fault *f)
{
	Attachment whole;
	Parts parts;
	int r;

	if (!run->volume || !run->attachment)
		return step_give_up(f, "the attachment is gone");
	r = find_parts(run->config, run->arena, run->attachment, &parts, f);
	if (r)
		return r;
	whole = whole_of(run->attachment, &parts);
	return volume_use_exported(run, &whole, f);
}

/* A row goes only after its export: where there is none, nothing is exported. */
int volume_unexport_act(StepRun *run, Fault *f)
{
	Attachment rest;
	Parts parts;
	int r;

	if (!run->volume || !run->attachment)
		return 0;
	r = find_parts(run->config, run->arena, run->attachment, &parts, f);
	if (r)
		return r;
	if (!parts.other)
		return volume_let_go_exported(run, run->attachment, f);
	rest = whole_of(parts.other, &parts);
	return volume_use_exported(run, &rest, f);
}

typedef struct Restoring {
	const EngineConfig *config;
	Arena *arena;
	const char *volume_id; /* NULL: of all */
	Attachment **exported;
	const Volume **volumes; /* of each; NULL: it is gone */
	size_t count;
} Restoring;

static int load_exported(Tx *tx, void *ctx, Fault *f)
{
	Restoring *work = ctx;
	RecordQuery query = {0};
	int r;

	record_where_int(&query, "exported", RECORD_EQ, 1);
	if (work->volume_id)
		record_where_text(&query, "volume_id", RECORD_EQ, work->volume_id);
	r = attachment_find(tx, work->arena, &query, &work->exported, &work->count, f);
	if (r)
		return fault_unexpected(f, r);
	work->volumes = ARENA_ARRAY(work->arena, const Volume *, MAX(work->count, 1));
	for (size_t i = 0; i < work->count; i++) {
		Volume *volume = NULL;

		r = volume_get(tx, work->arena, work->exported[i]->volume_id, &volume, f);
		if (r < 0)
			return r;
		work->volumes[i] = r ? NULL : volume;
	}
	return 0;
}

static int restore(Restoring *work, const Volume *volume, const Attachment *attachment, Fault *f)
{
	Attachment whole;
	Parts parts;
	int r = find_parts(work->config, work->arena, attachment, &parts, f);

	if (r)
		return r;
	whole = whole_of(attachment, &parts);
	return fault_unexpected(f, backend_export(work->config->backend, volume, &whole, f));
}

int exports_restore(const EngineConfig *config, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Restoring work = {.config = config, .arena = arena};
	int r;

	if (!backend_traits(config->backend)->by_target)
		return 0;
	r = store_read(config->store, load_exported, &work, f);
	for (size_t i = 0; r == 0 && i < work.count; i++) {
		Fault fault = {0};

		if (work.volumes[i] &&
		    restore(&work, work.volumes[i], work.exported[i], &fault) < 0)
			log_error("vol=%s attachment=%s its host is not let in again: %s",
				  work.volumes[i]->id, work.exported[i]->id, fault.text);
	}
	return r;
}

int exports_look(const StepRun *run, const char *volume_id, Fault *f)
{
	Restoring work = {.config = run->config, .arena = run->arena, .volume_id = volume_id};
	int failed = 0;
	int r = store_read(run->config->store, load_exported, &work, f);

	for (size_t i = 0; r == 0 && i < work.count; i++)
		if (work.volumes[i] && restore(&work, work.volumes[i], work.exported[i], f) < 0)
			failed = f->code; /* that of another host may still be restored */
	return r ? r : failed;
}

int exports_look_at_all(Engine *engine, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Restoring work = {.config = &engine->config, .arena = arena};
	int r = store_read(engine->config.store, load_exported, &work, f);

	if (r)
		return r;
	(void)pthread_mutex_lock(&engine->lock);
	for (size_t i = 0; i < work.count; i++)
		if (work.volumes[i])
			lanes_look(engine, work.volumes[i]->id);
	(void)pthread_mutex_unlock(&engine->lock);
	return 0;
}
