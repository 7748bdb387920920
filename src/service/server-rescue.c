/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A server is booted from a disk of its own that was made for the occasion, with its other disks
 * after it, so that somebody can mend them; and back.
 */
#include "base/str.h"
#include "service/image.h"
#include "service/server-boot.h"
#include "service/server-shape.h"

static int refuse_rescue(Work *work, const Server *server, const char *why)
{
	return work_refuse(work, REFUSAL_BAD_INPUT, "Instance %s cannot be rescued: %s", server->id,
			   why);
}

static int find_boot(Work *work, const Server *server, const char *image_id, BootSource *ret,
		     Fault *f)
{
	Image *image;
	int r;

	if (!image_id)
		image_id = server->image_id;
	if (!image_id)
		return refuse_rescue(work, server, "no image to boot from was given.");
	r = service_find_image(work, image_id, &image, f);
	if (r == REFUSAL_NO_IMAGE)
		return work_refuse(work, REFUSAL_BAD_INPUT, "Image %s could not be found.",
				   image_id);
	if (!r)
		r = boot_check_image(work, image);
	return r ? r : boot_find(work, image, ret, f);
}

int service_rescue_server(Work *work, const char *id, const char *image_id, bool volume_backed,
			  Fault *f)
{
	static const Reshape row = {
		.action = SERVER_RESCUE,
		.task = TASK_RESCUING,
		.operation = "rescue-server",
		.event = "compute_rescue_instance",
	};
	const char *old;
	BootSource boot;
	Server *server;
	int r;

	r = reshape_find(work, id, &row, &server, f);
	if (!r && !server->image_id && !volume_backed)
		return refuse_rescue(work, server, "Cannot rescue a volume-backed instance");
	if (!r)
		r = find_boot(work, server, image_id, &boot, f);
	if (r)
		return r;
	old = server_shape(work->arena, server);
	server->previous_state = server->vm_state;
	server->rescue_image_id = boot.image_id;
	server->rescue_kernel_id = boot.kernel_id;
	server->rescue_ramdisk_id = boot.ramdisk_id;
	server->rescue_kernel_args = boot.kernel_args;
	server->rescue_format = boot.format;
	return reshape_begin(work, &row, server, old, boot.image_id, f);
}

int rescue_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	int r = server_get(tx, arena, operation->server_id, &server, f);

	return r ? fault_unexpected(f, r)
		 : reshape_end(tx, arena, operation, server, VM_RESCUED, POWER_RUNNING, f);
}

void server_leave_rescue(Server *server)
{
	server->rescue_image_id = NULL;
	server->rescue_kernel_id = NULL;
	server->rescue_ramdisk_id = NULL;
	server->rescue_kernel_args = NULL;
}

int service_unrescue_server(Work *work, const char *id, Fault *f)
{
	static const Reshape row = {
		.action = SERVER_UNRESCUE,
		.task = TASK_UNRESCUING,
		.operation = "unrescue-server",
		.event = "compute_unrescue_instance",
	};
	const char *old;
	Server *server;
	int r;

	r = reshape_find(work, id, &row, &server, f);
	if (r)
		return r;
	old = server_shape(work->arena, server);
	server_leave_rescue(server);
	return reshape_begin(work, &row, server, old, NULL, f);
}

/* A share that is in the way keeps nobody in a rescue, where it could not be detached. */
int unrescue_server_turned(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	return server_shares_are_named(operation->last_error)
		       ? 0
		       : reshape_turned(tx, arena, operation, f);
}

int unrescue_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f)
{
	Server *server;
	int r = server_get(tx, arena, operation->server_id, &server, f);

	return r ? fault_unexpected(f, r)
		 : reshape_end(tx, arena, operation, server, VM_ACTIVE, POWER_RUNNING, f);
}
