/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A server is made anew from an image: the next root disk is made while the guest still runs, and
 * takes the place of the old one when it is whole. Volumes stay attached. What is only said of the
 * server (its name, metadata, key) changes at once and for good.
 */
#include "base/str.h"
#include "service/image.h"
#include "service/server-boot.h"
#include "service/server-shape.h"
#include "json/out.h"

static int find_boot(Work *work, const Server *server, const char *image_id, BootSource *ret,
		     Fault *f)
{
	const Flavor flavor = {
		.id = server->flavor_id,
		.ram_mib = server->ram_mib,
		.disk_gib = server->disk_gib,
	};
	Image *image;
	int r;

	r = service_find_image(work, image_id, &image, f);
	if (r == REFUSAL_NO_IMAGE)
		return work_refuse(work, REFUSAL_BAD_INPUT, "Cannot find image for rebuild");
	if (!r)
		r = boot_check_image(work, image);
	if (!r)
		r = boot_check_fit(work, image, &flavor);
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
	int r;

	r = reshape_find(work, id, &row, &server, f);
	if (!r && !server->image_id)
		return work_refuse(
			work, REFUSAL_BAD_INPUT,
			"Unable to rebuild with a different image for a volume-backed server.");
	if (!r)
		r = find_boot(work, server, wish->image_id, &boot, f);
	if (!r)
		r = set_words(work, server, wish, f);
	if (r)
		return r;
	old = server_shape(work->arena, server);
	server_set_boot(server, &boot);
	*ret = server;
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
