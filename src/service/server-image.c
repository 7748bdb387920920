/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An image is made of a server's root disk: the image's row and the intent in one transaction. At
 * the end the image is active; or gone, if that failed.
 */
#include "base/clock.h"
#include "base/str.h"
#include "service/image.h"
#include "service/server-shape.h"
#include "service/text-map.h"
#include "json/out.h"

/* What the server was made from says what its image needs; then whose it is; then the caller. */
static JsonTextMap properties_of(Work *work, const Server *server, const JsonTextMap *metadata)
{
	JsonPair pairs[] = {
		{"base_image_ref", server->image_id}, {"image_type", "snapshot"},
		{"instance_uuid", server->id},        {"owner_id", server->project_id},
		{"user_id", work->caller->user_id},
	};
	JsonTextMap facts = {.pairs = pairs, .count = ARRAY_SIZE(pairs)};
	const char *base = server->image_properties ? server->image_properties : "{}";
	const char *text = text_map_merge(work->arena, base, &facts);

	return json_text_map(work->arena, text_map_merge(work->arena, text, metadata));
}

static int image_begin(Work *work, const Server *server, const char *name,
		       const JsonTextMap *metadata, Image **ret, Fault *f)
{
	ImageWish wish = {
		.name = name,
		.visibility = IMAGE_PRIVATE,
		.disk_format = (DiskFormat)server->root_format,
		.container_format = "bare",
		.min_disk_gib = server->disk_gib,
		.properties = properties_of(work, server, metadata),
	};
	int r = service_create_image(work, &wish, ret, f);

	return r ? r : service_claim_image(work, (*ret)->id, ret, f);
}

int service_create_server_image(Work *work, const char *id, const char *name,
				const JsonTextMap *metadata, const char **ret_image_id, Fault *f)
{
	static const Reshape row = {
		.action = SERVER_CREATE_IMAGE,
		.task = TASK_IMAGE_SNAPSHOT,
		.operation = "snapshot-server",
		.event = "compute_snapshot_instance",
	};
	Server *server;
	Image *image;
	int r;

	r = reshape_find(work, id, &row, &server, f);
	if (!r)
		r = check_server_metadata(work, server->project_id, metadata->count, f);
	if (!r && !server->image_id)
		return volume_backed_image(work, server, name, metadata, ret_image_id, f);
	if (!r)
		r = image_begin(work, server, name, metadata, &image, f);
	if (r)
		return r;
	*ret_image_id = image->id;
	return reshape_begin(work, &row, server, NULL, image->id, f);
}

int snapshot_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	int r = image_filled(tx, arena, operation, f);

	if (!r)
		r = server_get(tx, arena, operation->server_id, &server, f);
	return r ? fault_unexpected(f, r)
		 : reshape_end(tx, arena, operation, server, (VmState)server->vm_state,
			       (PowerState)server->power_state, f);
}

int snapshot_server_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			   Fault *f)
{
	int r = image_delete(tx, operation->image_id, f);

	if (r && r != RECORD_NOT_FOUND)
		return fault_unexpected(f, r);
	return reshape_failed(tx, arena, operation, reason, f);
}
