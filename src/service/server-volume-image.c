/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An image of a server that boots from a volume has no bytes: it says which snapshots a new
 * server's volumes are to be made of. The snapshots are begun with it, each as an operation of its
 * own, so that the image is there at once and nothing of it can be left behind.
 */
#include "base/mem.h"
#include "service/image.h"
#include "service/server-shape.h"
#include "service/snapshot.h"
#include "json/out.h"

static int take_snapshot(Work *work, const Attachment *attachment, const char *image_name,
			 Snapshot **ret, Fault *f)
{
	const JsonTextMap none = {0};
	const SnapshotWish wish = {
		.volume_id = attachment->volume_id,
		.name = arena_printf(work->arena, "snapshot for %s", image_name),
		.metadata = &none,
		.force = true,
	};

	return service_create_snapshot(work, &wish, ret, f);
}

static void out_mapping(JsonOut *out, const Attachment *attachment, const Snapshot *snapshot)
{
	json_out_begin(out, NULL);
	json_out_text(out, "source_type", "snapshot");
	json_out_text(out, "destination_type", "volume");
	json_out_text(out, "snapshot_id", snapshot->id);
	json_out_int(out, "boot_index", attachment->boot_index);
	json_out_int(out, "volume_size", snapshot->size_gib);
	json_out_bool(out, "delete_on_termination", attachment->delete_on_termination);
	json_out_text(out, "device_name", attachment->device);
	json_out_text(out, "disk_bus", attachment->disk_bus);
	json_out_text(out, "device_type", attachment->device_type);
	json_out_text(out, "tag", attachment->tag);
	json_out_end(out);
}

/* Snapshots of all of its volumes, and the image's property that names them. */
static int take_snapshots(Work *work, const Server *server, const char *image_name,
			  const char **ret_mappings, Fault *f)
{
	_cleanup_(json_out_done) JsonOut out = {0};
	_cleanup_(freep) char *text = NULL;
	Attachment **attachments;
	Snapshot *snapshot;
	size_t count;
	int r;

	r = attachments_of_server(work->tx, work->arena, server->id, &attachments, &count, f);
	if (r)
		return fault_unexpected(f, r);
	json_out_list_begin(&out, NULL);
	for (size_t i = 0; i < count; i++) {
		r = take_snapshot(work, attachments[i], image_name, &snapshot, f);
		if (r)
			return r;
		out_mapping(&out, attachments[i], snapshot);
	}
	json_out_list_end(&out);
	text = json_out_take(&out, NULL);
	*ret_mappings = arena_strdup(work->arena, text);
	return 0;
}

static int write_image(Work *work, ImageWish *wish, const char **ret_id, Fault *f)
{
	Image *image;
	int r = service_create_image(work, wish, &image, f);

	if (r)
		return r;
	image->status = IMAGE_ACTIVE;
	image->size_bytes = 0;
	*ret_id = image->id;
	return fault_unexpected(f, image_update(work->tx, image, f));
}

int volume_backed_image(Work *work, const Server *server, const char *name,
			const JsonTextMap *metadata, const char **ret_id, Fault *f)
{
	JsonPair *pairs = ARENA_ARRAY(work->arena, JsonPair, metadata->count + 3);
	ImageWish wish = {
		.name = name,
		.visibility = IMAGE_PRIVATE,
		.disk_format = DISK_FORMAT_RAW,
		.container_format = "bare",
		.properties = {.pairs = pairs},
	};
	const char *mappings, *action;
	int r = take_snapshots(work, server, name, &mappings, f);

	if (r)
		return r;
	for (size_t i = 0; i < metadata->count; i++)
		pairs[wish.properties.count++] = metadata->pairs[i];
	pairs[wish.properties.count++] = (JsonPair){"bdm_v2", "True"};
	pairs[wish.properties.count++] = (JsonPair){"block_device_mapping", mappings};
	pairs[wish.properties.count++] = (JsonPair){"root_device_name", server->root_device};
	r = write_image(work, &wish, ret_id, f);
	if (!r)
		r = action_begin(work, server, server_action_name(SERVER_CREATE_IMAGE),
				 "compute_snapshot_instance", &action, f);
	return r ? r : action_finish(work->tx, work->arena, action, NULL, f);
}
