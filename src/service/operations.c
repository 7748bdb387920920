/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The table of operations: their steps, how long they may take, and what their ends mean.
 */
#include "base/str.h"
#include "service/priv.h"

#define SECONDS(n) ((n)*INT64_C(1000))
#define COPY_MS SECONDS(6 * 60 * 60) /* of terabytes, perhaps */

const OperationKind service_operations[] = {
	{
		.name = "create-volume",
		.steps = {STEP_VOLUME_CREATE},
		.step_count = 1,
		.deadline_ms = SECONDS(300),
		.done = create_volume_done,
		.failed = create_volume_failed,
	},
	{
		.name = "copy-image",
		.steps = {STEP_VOLUME_COPY},
		.step_count = 1,
		.deadline_ms = COPY_MS,
		.done = copy_volume_done,
		.failed = copy_volume_failed,
	},
	{
		.name = "copy-snapshot",
		.steps = {STEP_VOLUME_COPY},
		.step_count = 1,
		.deadline_ms = COPY_MS,
		.done = copy_volume_done,
		.failed = copy_volume_failed,
	},
	{
		.name = "copy-volume",
		.steps = {STEP_VOLUME_COPY},
		.step_count = 1,
		.deadline_ms = COPY_MS,
		.done = copy_volume_done,
		.failed = copy_volume_failed,
	},
	{
		.name = "copy-volume-in-use",
		.steps = {STEP_VOLUME_FREEZE, STEP_VOLUME_COPY, STEP_VOLUME_THAW},
		.step_count = 3,
		.deadline_ms = COPY_MS,
		.done = copy_volume_done,
		.failed = copy_volume_failed,
	},
	{
		.name = "delete-volume",
		.steps = {STEP_VOLUME_DELETE},
		.step_count = 1,
		.deadline_ms = SECONDS(300),
		.forward_only = true,
		.done = delete_volume_done,
		.failed = delete_volume_failed,
	},
	{
		.name = "extend-volume",
		.steps = {STEP_VOLUME_EXTEND, STEP_DISK_RESIZE},
		.step_count = 2,
		.deadline_ms = SECONDS(300),
		.done = extend_volume_done,
		.failed = extend_volume_failed,
	},
	{
		.name = "resize-disk",
		.steps = {STEP_DISK_RESIZE},
		.step_count = 1,
		.deadline_ms = SECONDS(300),
		.done = resize_disk_done,
		.failed = resize_disk_failed,
	},
	{
		.name = "delete-volume-cascade",
		.steps = {STEP_SNAPSHOTS_DELETE, STEP_VOLUME_DELETE},
		.step_count = 2,
		.deadline_ms = SECONDS(300),
		.forward_only = true,
		.done = delete_volume_done,
		.failed = delete_volume_failed,
	},
	{
		.name = "create-snapshot",
		.steps = {STEP_SNAPSHOT_CREATE},
		.step_count = 1,
		.deadline_ms = COPY_MS,
		.done = create_snapshot_done,
		.failed = create_snapshot_failed,
	},
	{
		.name = "delete-snapshot",
		.steps = {STEP_SNAPSHOT_DELETE},
		.step_count = 1,
		.deadline_ms = SECONDS(300),
		.forward_only = true,
		.done = delete_snapshot_done,
		.failed = delete_snapshot_failed,
	},
	{
		.name = "revert-volume",
		.steps = {STEP_VOLUME_REVERT},
		.step_count = 1,
		.deadline_ms = COPY_MS,
		.done = revert_volume_done,
		.failed = revert_volume_failed,
	},
	{
		.name = "upload-volume",
		.steps = {STEP_IMAGE_FILL},
		.step_count = 1,
		.deadline_ms = COPY_MS,
		.done = upload_volume_done,
		.failed = upload_volume_failed,
	},
	{
		.name = "upload-volume-in-use",
		.steps = {STEP_VOLUME_FREEZE, STEP_IMAGE_FILL, STEP_VOLUME_THAW},
		.step_count = 3,
		.deadline_ms = COPY_MS,
		.done = upload_volume_done,
		.failed = upload_volume_failed,
	},
	{
		.name = "attach-volume",
		.steps = {STEP_DISK_PLUG},
		.step_count = 1,
		.deadline_ms = SECONDS(300),
		.done = attach_volume_done,
		.failed = attach_volume_failed,
	},
	{
		.name = "detach-volume",
		.steps = {STEP_DISK_UNPLUG},
		.step_count = 1,
		.deadline_ms = SECONDS(600),
		.done = detach_volume_done,
		.failed = detach_volume_failed,
	},
	{
		.name = "swap-volume",
		.steps = {STEP_VOLUME_FIT, STEP_DISK_MIRROR, STEP_DISK_TURN, STEP_SWAP_END},
		.step_count = 4,
		.deadline_ms = COPY_MS,
		.done = swap_volume_done,
		.failed = swap_volume_failed,
	},
	{
		.name = "create-attachment",
		.steps = {STEP_VOLUME_EXPORT},
		.step_count = 1,
		.deadline_ms = SECONDS(60),
		.done = attachment_export_done,
		.failed = create_attachment_failed,
	},
	{
		.name = "update-attachment",
		.steps = {STEP_VOLUME_EXPORT},
		.step_count = 1,
		.deadline_ms = SECONDS(60),
		.done = attachment_export_done,
		.failed = update_attachment_failed,
	},
	{
		.name = "delete-attachment",
		.steps = {STEP_VOLUME_UNEXPORT},
		.step_count = 1,
		.deadline_ms = SECONDS(60),
		.forward_only = true,
		.done = delete_attachment_done,
		.failed = delete_attachment_failed,
	},
	{
		.name = "build-server",
		.steps = {STEP_SERVER_DISK_CREATE, STEP_DOMAIN_DEFINE, STEP_DOMAIN_START},
		.step_count = 3,
		.deadline_ms = SECONDS(1800),
		.done = build_server_done,
		.failed = build_server_failed,
	},
	{
		.name = "delete-image",
		.steps = {STEP_IMAGE_DELETE},
		.step_count = 1,
		.deadline_ms = SECONDS(60),
		.forward_only = true,
		.done = delete_image_done,
		.failed = delete_image_failed,
	},
	{
		.name = "delete-server",
		.steps = {STEP_DOMAIN_DESTROY, STEP_DOMAIN_UNDEFINE, STEP_VOLUME_DISCONNECT,
			  STEP_SERVER_DISK_DELETE},
		.step_count = 4,
		.deadline_ms = SECONDS(300),
		.forward_only = true,
		.overtakes = true,
		.done = delete_server_done,
		.failed = delete_server_failed,
	},
	{
		.name = "start-server",
		.steps = {STEP_DOMAIN_START},
		.step_count = 1,
		.deadline_ms = SECONDS(300),
		.done = start_server_done,
		.failed = start_server_failed,
	},
	{
		.name = "stop-server",
		.steps = {STEP_DOMAIN_SHUTDOWN},
		.step_count = 1,
		.deadline_ms = SECONDS(600),
		.done = stop_server_done,
		.failed = stop_server_failed,
	},
	{
		.name = "reboot-server",
		.steps = {STEP_DOMAIN_REBOOT},
		.step_count = 1,
		.deadline_ms = SECONDS(300),
		.done = reboot_server_done,
		.failed = reboot_server_failed,
	},
	{
		.name = "reboot-server-hard",
		.steps = {STEP_DOMAIN_DESTROY, STEP_DOMAIN_START},
		.step_count = 2,
		.deadline_ms = SECONDS(300),
		.overtakes = true,
		.done = reboot_server_done,
		.failed = reboot_server_failed,
	},
};
const size_t service_operation_count = ARRAY_SIZE(service_operations);

const OperationKind *service_operation(const char *name)
{
	for (size_t i = 0; i < service_operation_count; i++)
		if (str_eq(service_operations[i].name, name))
			return &service_operations[i];
	assert(false); /* names are ours */
	return NULL;
}
