/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See view.h. Rows say what a disk is called and tagged, the hypervisor whether it is there and
 * where; the alias joins the two.
 */
#include "engine/view.h"

#include "base/clock.h"
#include "base/str.h"
#include "engine/priv.h"

typedef struct ViewLoad {
	Arena *arena;
	const char *server_id;
	Server *server;
	Attachment **attachments;
	size_t attachment_count;
	LocalDisk **locals;
	size_t local_count;
	ShareMapping **mappings;
	size_t mapping_count;
	ServerFile **files;
	size_t file_count;
} ViewLoad;

static int load_rows(Tx *tx, void *ctx, Fault *f)
{
	ViewLoad *load = ctx;
	int r;

	r = server_get(tx, load->arena, load->server_id, &load->server, f);
	if (!r && load->server->vm_state == VM_DELETED)
		r = RECORD_NOT_FOUND;
	if (!r)
		r = attachments_of_server(tx, load->arena, load->server_id, &load->attachments,
					  &load->attachment_count, f);
	if (!r)
		r = local_disks_of_server(tx, load->arena, load->server_id, &load->locals,
					  &load->local_count, f);
	if (!r)
		r = server_files_of(tx, load->arena, load->server_id, &load->files,
				    &load->file_count, f);
	return r ? r
		 : share_mappings_of_server(tx, load->arena, load->server_id, &load->mappings,
					    &load->mapping_count, f);
}

static const DiskAddress *find_address(const DiskAddress *addresses, size_t count,
				       const char *alias)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(addresses[i].alias, alias))
			return &addresses[i];
	return NULL;
}

typedef struct ViewDisks {
	const DiskAddress *addresses;
	size_t address_count;
	MetadataDisk *disks;
	size_t count;
} ViewDisks;

static void add_disk(ViewDisks *to, const char *alias, MetadataDisk disk)
{
	const DiskAddress *address = find_address(to->addresses, to->address_count, alias);

	if (!address || !disk.device)
		return;
	disk.bus = address->bus;
	disk.address = address->pci;
	to->disks[to->count++] = disk;
}

static void add_disks(const ViewLoad *load, ViewDisks *to)
{
	to->disks = ARENA_ARRAY(load->arena, MetadataDisk,
				1 + load->attachment_count + load->local_count);
	add_disk(to, ROOT_ALIAS,
		 (MetadataDisk){.kind = METADATA_DISK_ROOT,
				.device = load->server->root_device,
				.tag = load->server->root_tag});
	for (size_t i = 0; i < load->attachment_count; i++) {
		const Attachment *attachment = load->attachments[i];

		add_disk(to, disk_alias(load->arena, attachment),
			 (MetadataDisk){.kind = METADATA_DISK_VOLUME,
					.device = attachment->device,
					.tag = attachment->tag,
					.serial = attachment->volume_id});
	}
	for (size_t i = 0; i < load->local_count; i++) {
		const LocalDisk *local = load->locals[i];

		add_disk(to, arena_printf(load->arena, "ua-%s", local->id),
			 (MetadataDisk){.kind = str_eq(local->guest_format, "swap")
							? METADATA_DISK_SWAP
							: METADATA_DISK_EPHEMERAL,
					.device = local->device,
					.tag = local->tag});
	}
}

/* Those that the guest has, or will find when it is up, and is not about to lose. */
static void add_shares(const ViewLoad *load, MetadataView *view)
{
	MetadataShare *shares = ARENA_ARRAY(load->arena, MetadataShare, load->mapping_count + 1);

	view->shares = shares;
	for (size_t i = 0; i < load->mapping_count; i++) {
		const ShareMapping *mapping = load->mappings[i];

		if (mapping->connected && mapping->status != SHARE_MAPPING_DETACHING)
			shares[view->share_count++] = (MetadataShare){
				.share_id = mapping->share_id,
				.tag = mapping->tag,
				.mount_point = mapping->mount_point,
				.mount_options = mapping->mount_options,
			};
	}
}

int server_view_load(const ServerViewSource *source, Arena *arena, const char *server_id,
		     MetadataView *ret, Fault *f)
{
	ViewLoad load = {.arena = arena, .server_id = server_id};
	ViewDisks disks = {0};
	DiskAddress *addresses = NULL;
	int r;

	r = store_read(source->store, load_rows, &load, f);
	if (r)
		return r;
	r = hypervisor_disk_addresses(source->hypervisor, server_id, arena, &addresses,
				      &disks.address_count, f);
	if (r && r != HYPERVISOR_NO_DOMAIN) /* without a domain there is no disk */
		return r;
	disks.addresses = addresses;
	add_disks(&load, &disks);
	*ret = (MetadataView){
		.server = load.server,
		.domain = source->domain,
		.network = source->network,
		.disks = disks.disks,
		.disk_count = disks.count,
		.files = load.files,
		.file_count = load.file_count,
		.now_us = clock_now_us(),
	};
	add_shares(&load, ret);
	return 0;
}
