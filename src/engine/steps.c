/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The table of steps, their patience, and the rows that they need.
 */
#include "base/str.h"
#include "engine/priv.h"

enum { ATTEMPTS = 5 };

static const StepRow rows[] = {
	[STEP_VOLUME_CREATE] =
		{
			.needs = STEP_NEEDS_VOLUME,
			.attempts = ATTEMPTS,
			.act = volume_create_act,
			.undo = volume_create_undo,
			.probe = volume_create_probe,
		},
	[STEP_VOLUME_DELETE] =
		{
			.needs = STEP_NEEDS_VOLUME,
			.attempts = ATTEMPTS,
			.act = volume_delete_act,
			.probe = volume_delete_probe,
		},
	[STEP_VOLUME_CONNECT] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_DISKS,
			.attempts = ATTEMPTS,
			.act = volume_connect_act,
			.undo = volume_disconnect_act,
		},
	[STEP_VOLUME_DISCONNECT] =
		{
			.needs = STEP_NEEDS_DISKS,
			.attempts = ATTEMPTS,
			.act = volume_disconnect_act,
		},
	[STEP_VOLUMES_WAIT] =
		{
			.needs = STEP_NEEDS_DISKS,
			.attempts = ATTEMPTS,
			.act = volumes_wait_act,
			.undo = volume_disconnect_act,
		},
	[STEP_VOLUME_EXTEND] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_USERS,
			.attempts = ATTEMPTS,
			.act = volume_extend_act,
		},
	[STEP_DISK_RESIZE] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_USERS,
			.attempts = ATTEMPTS,
			.act = disk_resize_act,
		},
	[STEP_VOLUME_EXPORT] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_ATTACHMENT,
			.attempts = ATTEMPTS,
			.act = volume_export_act,
			.undo = volume_unexport_act,
		},
	[STEP_VOLUME_UNEXPORT] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_ATTACHMENT,
			.attempts = ATTEMPTS,
			.act = volume_unexport_act,
		},
	[STEP_DISK_PLUG] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_VOLUME | STEP_NEEDS_ATTACHMENT,
			.attempts = 3,
			.act = disk_plug_act,
			.undo = disk_plug_undo,
			.probe = disk_plug_probe,
		},
	[STEP_DISK_UNPLUG] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_VOLUME | STEP_NEEDS_ATTACHMENT,
			.attempts = 4 * ATTEMPTS, /* asking the guest again counts too */
			.act = disk_unplug_act,
			.undo = disk_unplug_undo,
		},
	[STEP_SERVER_DISK_CREATE] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_IMAGE | STEP_NEEDS_LOCALS,
			.attempts = ATTEMPTS,
			.act = server_disk_create_act,
			.undo = server_disk_delete_act,
			.probe = server_disk_create_probe,
		},
	[STEP_SERVER_DISK_DELETE] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_LOCALS,
			.attempts = ATTEMPTS,
			.act = server_disk_delete_act,
		},
	[STEP_DOMAIN_DEFINE] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_DISKS,
			.attempts = 3,
			.act = domain_define_act,
			.undo = domain_undefine_act,
		},
	[STEP_DOMAIN_UNDEFINE] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = ATTEMPTS,
			.act = domain_undefine_act,
		},
	[STEP_DOMAIN_START] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_DISKS | STEP_NEEDS_SHARES,
			.attempts = 3,
			.act = domain_start_act,
			.undo = domain_start_undo,
			.probe = domain_start_probe,
		},
	[STEP_DOMAIN_SHUTDOWN] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = ATTEMPTS,
			.act = domain_shutdown_act,
		},
	[STEP_DOMAIN_DESTROY] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = ATTEMPTS,
			.act = domain_destroy_act,
		},
	[STEP_DOMAIN_REBOOT] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_DISKS | STEP_NEEDS_SHARES,
			.attempts = 3,
			.act = domain_reboot_act,
		},
	[STEP_DOMAIN_PAUSE] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = ATTEMPTS,
			.act = domain_pause_act,
		},
	[STEP_DOMAIN_SAVE] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = 3,
			.slow = true,
			.act = domain_save_act,
		},
	[STEP_DOMAIN_RESUME] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = 3,
			.slow = true,
			.act = domain_resume_act,
			.probe = domain_start_probe,
		},
	[STEP_DOMAIN_ADOPT] =
		{
			.attempts = ATTEMPTS,
			.act = domain_adopt_act,
			.undo = domain_adopt_undo,
		},
	[STEP_DOMAIN_RELEASE] =
		{
			.needs = STEP_NEEDS_DISKS,
			.attempts = ATTEMPTS,
			.act = domain_release_act,
			.undo = domain_release_undo,
		},
	[STEP_DOMAIN_OFF] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_DISKS | STEP_NEEDS_SHARES,
			.attempts = ATTEMPTS,
			.act = domain_shutdown_act,
			.undo = domain_off_undo,
		},
	[STEP_DOMAIN_ON] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_DISKS | STEP_NEEDS_SHARES,
			.attempts = 3,
			.act = domain_on_act,
			.undo = domain_start_undo,
		},
	[STEP_DISK_GROW] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = disk_grow_act,
			.undo = disk_grow_undo,
		},
	[STEP_DISK_REVERT] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = ATTEMPTS,
			.act = disk_revert_act,
			.undo = disk_revert_undo,
		},
	[STEP_DISK_REMAKE] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_IMAGE,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = disk_remake_act,
			.undo = disk_remake_undo,
		},
	[STEP_DISK_REPLACE] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = ATTEMPTS,
			.act = disk_replace_act,
			.undo = disk_replace_undo,
		},
	[STEP_DISK_SETTLE] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = ATTEMPTS,
			.act = disk_settle_act,
		},
	[STEP_VOLUME_REIMAGE] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_DISKS | STEP_NEEDS_IMAGE,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = volume_reimage_act,
			.undo = volume_reimage_undo,
		},
	[STEP_RESCUE_CREATE] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_IMAGE,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = rescue_create_act,
			.undo = rescue_delete_act,
		},
	[STEP_RESCUE_DELETE] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = ATTEMPTS,
			.act = rescue_delete_act,
		},
	[STEP_DISK_FREEZE] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = ATTEMPTS,
			.act = disk_freeze_act,
			.undo = disk_thaw_act,
		},
	[STEP_DISK_SAVE] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_IMAGE,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = disk_save_act,
			.undo = image_delete_act,
		},
	[STEP_DISK_THAW] =
		{
			.needs = STEP_NEEDS_SERVER,
			.attempts = ATTEMPTS,
			.act = disk_thaw_act,
		},
	[STEP_IMAGE_DELETE] = {.attempts = ATTEMPTS, .act = image_delete_act},
	[STEP_SNAPSHOT_CREATE] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_SNAPSHOT | STEP_NEEDS_ATTACHMENT,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = snapshot_create_act,
			.undo = snapshot_delete_act,
			.probe = snapshot_create_probe,
		},
	[STEP_SNAPSHOT_DELETE] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_SNAPSHOT,
			.attempts = ATTEMPTS,
			.act = snapshot_delete_act,
		},
	[STEP_SNAPSHOTS_DELETE] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_SNAPSHOTS,
			.attempts = ATTEMPTS,
			.act = snapshots_delete_act,
		},
	[STEP_VOLUME_FREEZE] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_SOURCE | STEP_NEEDS_ATTACHMENT,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = volume_freeze_act,
			.undo = volume_thaw_act,
		},
	[STEP_VOLUME_COPY] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_SOURCE | STEP_NEEDS_SNAPSHOT |
				 STEP_NEEDS_IMAGE,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = volume_copy_act,
			.undo = volume_create_undo,
			.probe = volume_create_probe,
		},
	[STEP_VOLUME_THAW] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_SOURCE,
			.attempts = ATTEMPTS,
			.act = volume_thaw_act,
		},
	[STEP_IMAGE_FILL] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_SOURCE | STEP_NEEDS_IMAGE,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = image_fill_act,
			.undo = image_delete_act,
		},
	[STEP_VOLUME_FIT] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_VOLUME | STEP_NEEDS_REPLACED,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = volume_fit_act,
			.undo = volume_fit_undo,
		},
	[STEP_DISK_MIRROR] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_VOLUME | STEP_NEEDS_REPLACED,
			.attempts = 4 * ATTEMPTS, /* much is copied: it bears a short absence */
			.act = disk_mirror_act,
			.undo = disk_mirror_undo,
		},
	[STEP_DISK_TURN] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_VOLUME | STEP_NEEDS_REPLACED,
			.attempts = ATTEMPTS,
			.no_return = true,
			.act = disk_turn_act,
		},
	[STEP_SWAP_END] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_VOLUME | STEP_NEEDS_REPLACED,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = swap_end_act,
		},
	[STEP_SHARE_RULES] = {.attempts = ATTEMPTS, .act = share_rules_act},
	[STEP_VOLUME_REVERT] =
		{
			.needs = STEP_NEEDS_VOLUME | STEP_NEEDS_SNAPSHOT,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = volume_revert_act,
		},
	[STEP_SHARE_CREATE] =
		{
			.needs = STEP_NEEDS_SHARE,
			.attempts = ATTEMPTS,
			.act = share_create_act,
			.undo = share_create_undo,
		},
	[STEP_SHARE_COPY] =
		{
			.needs = STEP_NEEDS_SHARE,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = share_create_act,
			.undo = share_create_undo,
		},
	[STEP_SHARE_FIND] =
		{
			.needs = STEP_NEEDS_SHARE,
			.attempts = ATTEMPTS,
			.act = share_find_act,
		},
	[STEP_SHARE_DELETE] =
		{
			.needs = STEP_NEEDS_SHARE,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = share_delete_act,
		},
	[STEP_SHARE_RESIZE] =
		{
			.needs = STEP_NEEDS_SHARE,
			.attempts = ATTEMPTS,
			.act = share_resize_act,
		},
	[STEP_SHARE_SNAPSHOT] =
		{
			.needs = STEP_NEEDS_SHARE,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = share_snapshot_act,
			.undo = share_snapshot_undo,
		},
	[STEP_SHARE_SNAPSHOT_DELETE] =
		{
			.needs = STEP_NEEDS_SHARE,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = share_snapshot_delete_act,
		},
	[STEP_SHARE_REVERT] =
		{
			.needs = STEP_NEEDS_SHARE,
			.attempts = ATTEMPTS,
			.slow = true,
			.act = share_revert_act,
		},
	[STEP_SHARES_DISCONNECT] =
		{
			.needs = STEP_NEEDS_SHARES,
			.attempts = ATTEMPTS,
			.act = shares_disconnect_act,
		},
	[STEP_SHARE_DISCONNECT] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_SHARES,
			.attempts = 4 * ATTEMPTS, /* asking the guest again counts too */
			.act = share_disconnect_act,
		},
	[STEP_LET_GO] =
		{
			.needs = STEP_NEEDS_DISKS | STEP_NEEDS_SHARES,
			.attempts = ATTEMPTS,
			.act = let_go_act,
		},
	[STEP_SHARE_PLUG] =
		{
			.needs = STEP_NEEDS_SERVER | STEP_NEEDS_SHARES,
			.attempts = ATTEMPTS,
			.act = share_plug_act,
			.undo = share_plug_undo,
		},
};
static_assert(ARRAY_SIZE(rows) == _STEP_KIND_MAX, "a row for each");

const StepRow *step_row(StepKind kind)
{
	assert(kind >= 0 && kind < _STEP_KIND_MAX);
	return &rows[kind];
}

bool steps_are_past_return(const Step *const *steps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i]->state == STEP_DONE && step_row((StepKind)steps[i]->kind)->no_return)
			return true;
	return false;
}

int64_t step_pause_ms(const EngineTimes *times, int64_t attempts)
{
	int64_t pause = times->retry_ms;

	for (int64_t i = 1; i < attempts && pause < times->retry_max_ms; i++)
		pause *= 2;
	return MIN(pause, times->retry_max_ms);
}

/* A row that is gone reads as NULL. */
static int optional(int r, Fault *f)
{
	return r == RECORD_NOT_FOUND ? 0 : fault_unexpected(f, r);
}

/*
 * What a server has, also while it is being taken away; and what is reserved for it, which it gets
 * with the next domain that is made for it.
 */
static bool disk_belongs(const Attachment *attachment)
{
	return attachment->mapping_id && (attachment->status == ATTACHMENT_ATTACHED ||
					  attachment->status == ATTACHMENT_DETACHING ||
					  attachment->status == ATTACHMENT_RESERVED);
}

static int load_disks(Tx *tx, StepRun *run, const char *server_id, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	r = attachments_of_server(tx, run->arena, server_id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	run->disks = ARENA_ARRAY(run->arena, ServerDisk, MAX(count, 1));
	run->disk_count = 0;
	for (size_t i = 0; i < count; i++) {
		Volume *volume;

		if (!disk_belongs(attachments[i]))
			continue;
		r = volume_get(tx, run->arena, attachments[i]->volume_id, &volume, f);
		if (r)
			return fault_unexpected(f, r);
		run->disks[run->disk_count++] =
			(ServerDisk){.attachment = attachments[i], .volume = volume};
	}
	return 0;
}

static int load_users(Tx *tx, StepRun *run, const Volume *volume, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r;

	r = attachments_of_volume(tx, run->arena, volume->id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	run->disks = ARENA_ARRAY(run->arena, ServerDisk, MAX(count, 1));
	run->disk_count = 0;
	for (size_t i = 0; i < count; i++)
		if (disk_belongs(attachments[i]))
			run->disks[run->disk_count++] =
				(ServerDisk){.attachment = attachments[i], .volume = volume};
	return 0;
}

static int load_mapping(Tx *tx, StepRun *run, const ShareMapping *mapping, Fault *f)
{
	ShareRule *rule = NULL;
	Share *share = NULL;
	int r = optional(share_get(tx, run->arena, mapping->share_id, &share, f), f);

	if (!r && mapping->rule_id)
		r = optional(share_rule_get(tx, run->arena, mapping->rule_id, &rule, f), f);
	if (!r)
		run->shares[run->share_count++] =
			(ServerShare){.mapping = mapping, .share = share, .rule = rule};
	return r;
}

/* What is, or is to be, connected: see ShareMapping.connected. */
static int load_shares(Tx *tx, StepRun *run, const char *server_id, Fault *f)
{
	const char *only = run->operation->share_mapping_id;
	ShareMapping **mappings;
	size_t count;
	int r;

	r = share_mappings_of_server(tx, run->arena, server_id, &mappings, &count, f);
	if (r)
		return fault_unexpected(f, r);
	run->shares = ARENA_ARRAY(run->arena, ServerShare, MAX(count, 1));
	run->share_count = 0;
	for (size_t i = 0; !r && i < count; i++)
		if (mappings[i]->connected && (!only || str_eq(mappings[i]->id, only)))
			r = load_mapping(tx, run, mappings[i], f);
	return r;
}

static int load_server(Tx *tx, StepRun *run, unsigned needs, Fault *f)
{
	const char *id = run->operation->server_id;
	Server *server = NULL;
	int r = 0;

	if (!id)
		return 0;
	if (needs & STEP_NEEDS_SERVER)
		r = optional(server_get(tx, run->arena, id, &server, f), f);
	run->server = server;
	if (!r && (needs & STEP_NEEDS_DISKS) && !run->operation->volume_id)
		r = load_disks(tx, run, id, f);
	if (!r && (needs & STEP_NEEDS_SHARES))
		r = load_shares(tx, run, id, f);
	if (!r && (needs & (STEP_NEEDS_DISKS | STEP_NEEDS_LOCALS)))
		r = fault_unexpected(f, local_disks_of_server(tx, run->arena, id, &run->locals,
							      &run->local_count, f));
	return r;
}

/*
 * What an operation copies: the volume of a snapshot; the volume itself when it becomes an image;
 * else the one that it is made from.
 */
static const char *source_id(const StepRun *run)
{
	if (run->snapshot)
		return run->snapshot->volume_id;
	if (!run->volume)
		return NULL;
	return run->operation->image_id ? run->volume->id : run->volume->source_id;
}

static int load_source(Tx *tx, StepRun *run, unsigned needs, Fault *f)
{
	Snapshot *snapshot = NULL;
	Volume *source = NULL;
	int r = 0;

	if (needs & STEP_NEEDS_SNAPSHOT && run->operation->snapshot_id)
		r = optional(
			snapshot_get(tx, run->arena, run->operation->snapshot_id, &snapshot, f), f);
	run->snapshot = snapshot;
	if (!r && needs & STEP_NEEDS_SOURCE && source_id(run))
		r = optional(volume_get(tx, run->arena, source_id(run), &source, f), f);
	run->source = source;
	if (!r && needs & STEP_NEEDS_SNAPSHOTS && run->volume)
		r = fault_unexpected(f,
				     snapshots_of_volume(tx, run->arena, run->volume->id,
							 &run->snapshots, &run->snapshot_count, f));
	return r;
}

/* What the attachment takes the place of, with the volume there as the source. */
static int load_replaced(Tx *tx, StepRun *run, unsigned needs, Fault *f)
{
	Attachment *attachment = NULL, *replaced = NULL, **all;
	Volume *volume = NULL;
	size_t count = 0;
	int r;

	if (!(needs & STEP_NEEDS_REPLACED))
		return 0;
	r = optional(attachment_get(tx, run->arena, run->operation->attachment_id, &attachment, f),
		     f);
	if (!r && attachment && attachment->replaces)
		r = optional(attachment_get(tx, run->arena, attachment->replaces, &replaced, f), f);
	if (!r && replaced)
		r = optional(volume_get(tx, run->arena, replaced->volume_id, &volume, f), f);
	if (!r && attachment)
		r = fault_unexpected(f, attachments_of_volume(tx, run->arena, attachment->volume_id,
							      &all, &count, f));
	run->shared = count > 1;
	run->attachment = attachment;
	run->replaced = replaced;
	run->source = volume;
	return r;
}

static int load_share(Tx *tx, StepRun *run, unsigned needs, Fault *f)
{
	const Operation *operation = run->operation;
	ShareSnapshot *snapshot = NULL;
	Share *share = NULL;
	int r = 0;

	if (!(needs & STEP_NEEDS_SHARE) || !operation->share_id)
		return 0;
	r = optional(share_get(tx, run->arena, operation->share_id, &share, f), f);
	if (!r && operation->snapshot_id)
		r = optional(
			share_snapshot_get(tx, run->arena, operation->snapshot_id, &snapshot, f),
			f);
	run->share = share;
	run->share_snapshot = snapshot;
	return r;
}

int step_load(Tx *tx, StepRun *run, unsigned needs, Fault *f)
{
	const Operation *operation = run->operation;
	Volume *volume = NULL;
	Attachment *attachment = NULL;
	Image *image = NULL;
	int r;

	r = load_server(tx, run, needs, f);
	if (!r && (needs & STEP_NEEDS_VOLUME) && operation->volume_id)
		r = optional(volume_get(tx, run->arena, operation->volume_id, &volume, f), f);
	if (!r && (needs & STEP_NEEDS_USERS) && volume)
		r = load_users(tx, run, volume, f);
	if (!r && (needs & STEP_NEEDS_ATTACHMENT) && operation->attachment_id)
		r = optional(
			attachment_get(tx, run->arena, operation->attachment_id, &attachment, f),
			f);
	if (!r && (needs & STEP_NEEDS_IMAGE) && operation->image_id)
		r = optional(image_get(tx, run->arena, operation->image_id, &image, f), f);
	run->volume = volume;
	run->attachment = attachment;
	run->image = image;
	if (!r)
		r = load_source(tx, run, needs, f);
	if (!r)
		r = load_share(tx, run, needs, f);
	return r ? r : load_replaced(tx, run, needs, f);
}
