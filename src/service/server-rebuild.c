/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A server is made anew from an image: the next root disk is made while the guest still runs, and
 * takes the place of the old one when it is whole. A root volume stays as it is, or is filled anew;
 * volumes stay attached. What is only said of the server (its name, metadata, key) changes at once
 * and for good.
 */
#include "base/str.h"
#include "service/image.h"
#include "service/server-boot.h"
#include "service/server-files.h"
#include "service/server-shape.h"
#include "service/text-map.h"
#include "service/volume-source.h"
#include "json/out.h"

static int find_image(Work *work, const char *image_id, Image **ret, Fault *f)
{
	int r = service_find_image(work, image_id, ret, f);

	if (r == REFUSAL_NO_IMAGE)
		return work_refuse(work, REFUSAL_BAD_INPUT, "Cannot find image for rebuild");
	return r ? r : boot_check_image(work, *ret);
}

/* What is booted from a disk of that size. */
static int find_boot(Work *work, const Server *server, const Image *image, int64_t disk_gib,
		     BootSource *ret, Fault *f)
{
	const Flavor flavor = {
		.id = server->flavor_id,
		.ram_mib = server->ram_mib,
		.disk_gib = disk_gib,
	};
	int r = boot_check_fit(work, image, &flavor);

	return r ? r : boot_find(work, image, ret, f);
}

static int set_key(Work *work, Server *server, const RebuildWish *wish, Fault *f)
{
	if (!wish->has_key_name)
		return 0;
	server->key_name = wish->key_name;
	return server_find_key(work, wish->key_name, &server->key_data, f);
}

static int set_metadata(Work *work, Server *server, const RebuildWish *wish, Fault *f)
{
	int r;

	if (!wish->has_metadata)
		return 0;
	r = check_server_metadata(work, server->project_id, wish->metadata.count, f);
	if (!r)
		server->metadata = json_print_text_map(work->arena, &wish->metadata);
	return r;
}

static int set_words(Work *work, Server *server, const RebuildWish *wish, Fault *f)
{
	int r = set_key(work, server, wish, f);

	if (!r)
		r = set_metadata(work, server, wish, f);
	if (!r)
		r = server_files_check(work, server->project_id, &wish->files, f);
	if (!r)
		r = server_files_write(work, server->id, &wish->files, f);
	if (wish->name)
		server->name = wish->name;
	if (wish->hostname)
		server->hostname = wish->hostname;
	if (wish->has_description)
		server->description = wish->description;
	if (wish->has_user_data)
		server->user_data = wish->user_data;
	if (wish->access_ipv4)
		server->access_ipv4 = wish->access_ipv4;
	if (wish->access_ipv6)
		server->access_ipv6 = wish->access_ipv6;
	if (wish->disk_config)
		server->disk_config = wish->disk_config;
	if (wish->has_trusted_certs)
		server->trusted_certs = wish->trusted_certs;
	return r;
}

/* --- where the root disk is a volume --- */

/* 0, RECORD_NOT_FOUND or a fault. */
static int root_of(Tx *tx, Arena *arena, const char *server_id, Volume **ret, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r = attachments_of_server(tx, arena, server_id, &attachments, &count, f);

	for (size_t i = 0; !r && i < count; i++)
		if (attachments[i]->boot_index == 0)
			return volume_get(tx, arena, attachments[i]->volume_id, ret, f);
	return r ? fault_unexpected(f, r) : RECORD_NOT_FOUND;
}

static int find_root(Work *work, const Server *server, Volume **ret, Fault *f)
{
	int r = root_of(work->tx, work->arena, server->id, ret, f);

	return r == RECORD_NOT_FOUND ? work_refuse(work, REFUSAL_BAD_INPUT,
						   "Instance %s has no root disk.", server->id)
				     : r;
}

static int refuse_busy(Work *work, const Volume *volume)
{
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Invalid volume: Volume %s status must be in-use and attached to be "
			   "re-imaged, but the current status is %s.",
			   volume->id, enum_name(&volume_status_names, volume->status));
}

/* Others that have the volume would find other bytes under their feet. */
static int check_alone(Work *work, const Volume *volume, Fault *f)
{
	Attachment **attachments;
	size_t count;
	int r = attachments_of_volume(work->tx, work->arena, volume->id, &attachments, &count, f);

	if (r)
		return fault_unexpected(f, r);
	if (count > 1)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Volume %s is attached to other servers.", volume->id);
	return attachments[0]->status == ATTACHMENT_ATTACHED ? 0 : refuse_busy(work, volume);
}

/* It is filled anew. Until the operation ends nobody else does anything with it. */
static int reimage(Work *work, Server *server, Volume *volume, Image *image, Fault *f)
{
	static const Reshape row = {
		.action = SERVER_REBUILD,
		.task = TASK_REBUILDING,
		.operation = "rebuild-server-volume",
		.event = "compute_rebuild_instance",
	};
	BootSource boot;
	int r;

	r = check_alone(work, volume, f);
	if (!r)
		r = find_boot(work, server, image, volume->size_gib, &boot, f);
	if (r)
		return r;
	boot.image_id = NULL;
	server_set_boot(server, &boot);
	r = volume_move(work->tx, work->arena, volume, VOLUME_EVENT_REIMAGE, f);
	if (r > 0)
		return refuse_busy(work, volume);
	return r ? r
		 : reshape_begin(work, &row, server, volume_image_metadata(work, image), image->id,
				 f);
}

static int rebuild_on_volume(Work *work, const RebuildWish *wish, Server *server, Fault *f)
{
	static const Reshape kept_row = {
		.action = SERVER_REBUILD,
		.task = TASK_REBUILDING,
		.operation = "rebuild-server-kept",
		.event = "compute_rebuild_instance",
	};
	const char *made_of;
	Volume *volume;
	Image *image;
	int r;

	r = find_image(work, wish->image_id, &image, f);
	if (!r)
		r = find_root(work, server, &volume, f);
	if (r)
		return r;
	made_of = text_map_value(work->arena, volume->image_metadata, "image_id");
	if (!wish->may_reimage && !str_eq(made_of, image->id))
		return work_refuse(
			work, REFUSAL_BAD_INPUT,
			"Unable to rebuild with a different image for a volume-backed server.");
	r = set_words(work, server, wish, f);
	if (r)
		return r;
	if (wish->may_reimage)
		return reimage(work, server, volume, image, f);
	return reshape_begin(work, &kept_row, server, server_shape(work->arena, server), NULL, f);
}

/* --- any server --- */

int service_rebuild_server(Work *work, const char *id, const RebuildWish *wish, Server **ret,
			   Fault *f)
{
	static const Reshape row = {
		.action = SERVER_REBUILD,
		.task = TASK_REBUILDING,
		.operation = "rebuild-server",
		.event = "compute_rebuild_instance",
	};
	const char *old;
	BootSource boot;
	Server *server;
	Image *image;
	int r;

	r = reshape_find(work, id, &row, &server, f);
	if (r)
		return r;
	*ret = server;
	if (!server->image_id)
		return rebuild_on_volume(work, wish, server, f);
	r = find_image(work, wish->image_id, &image, f);
	if (!r)
		r = find_boot(work, server, image, server->disk_gib, &boot, f);
	if (!r)
		r = set_words(work, server, wish, f);
	if (r)
		return r;
	old = server_shape(work->arena, server);
	server_set_boot(server, &boot);
	return reshape_begin(work, &row, server, old, boot.image_id, f);
}

int rebuild_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	bool was_off;
	int r = server_get(tx, arena, operation->server_id, &server, f);

	if (r)
		return fault_unexpected(f, r);
	was_off = server->vm_state == VM_STOPPED;
	server->fault_code = 0;
	return reshape_end(tx, arena, operation, server, was_off ? VM_STOPPED : VM_ACTIVE,
			   was_off ? POWER_SHUTDOWN : POWER_RUNNING, f);
}

/* --- the ends of filling a root volume anew --- */

/* It is what its attachments say again; made of another image, unless that is NULL. */
static int release_root(Tx *tx, Arena *arena, const Operation *operation, const char *metadata,
			Fault *f)
{
	Volume *volume;
	int r = root_of(tx, arena, operation->server_id, &volume, f);

	if (r)
		return r == RECORD_NOT_FOUND ? 0 : r;
	if (metadata)
		volume->image_metadata = metadata;
	r = volume_move(tx, arena, volume, VOLUME_EVENT_REIMAGED, f);
	if (r > 0) /* an admin gave it another status meanwhile */
		r = volume_update(tx, volume, f);
	return fault_unexpected(f, r);
}

int rebuild_volume_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	int r = release_root(tx, arena, operation, operation->args, f);

	return r ? r : rebuild_server_done(tx, arena, operation, f);
}

/* What the volume holds is not known for sure; another rebuild makes it so. */
int rebuild_volume_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			  Fault *f)
{
	Server *server;
	int r = release_root(tx, arena, operation, NULL, f);

	if (!r)
		r = server_get(tx, arena, operation->server_id, &server, f);
	if (r)
		return fault_unexpected(f, r);
	server_break(server, reason);
	r = server_update(tx, server, f);
	return r ? fault_unexpected(f, r)
		 : action_finish(tx, arena, operation->action_id, reason, f);
}
