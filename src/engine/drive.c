/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Config drives. One is written anew before each start, and while the guest runs after each disk
 * that comes or goes; then the medium in the guest's drive is changed, so that whoever mounts it
 * again reads the new one.
 *
 * Each image has a name of its own: an emulator goes on reading the file that it has open, and
 * libvirt changes nothing when the name stays. The old image goes when nobody has it any more: a
 * name that a crash left behind, at the next change or start.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/log.h"
#include "base/str.h"
#include "engine/priv.h"
#include "engine/view.h"

#define DRIVE_ALIAS "ua-config"
#define DRIVE_TARGET "sdo"
#define DRIVE_BUS "scsi"

/* On the controller that every domain has, far from where disks get by their names. */
enum { DRIVE_UNIT = 200 };

bool drive_is_wanted(const Server *server)
{
	return server && server->config_drive;
}

static const char *name_prefix(StepRun *run)
{
	return arena_printf(run->arena, "%s.drive-", run->operation->server_id);
}

void drive_spec_make(StepRun *run, DiskSpec *ret)
{
	run->drive_path = arena_printf(run->arena, "%s/%s%" PRId64, run->config->guest_dir,
				       name_prefix(run), run->now_us);
	*ret = (DiskSpec){
		.alias = DRIVE_ALIAS,
		.target = DRIVE_TARGET,
		.bus = DRIVE_BUS,
		.device = DISK_DEVICE_CDROM,
		.path = run->drive_path,
		.format = DISK_FORMAT_RAW,
		.scsi_unit = DRIVE_UNIT,
		.readonly = true,
	};
}

int drive_write(StepRun *run, Fault *f)
{
	const ServerViewSource source = {
		.store = run->config->store,
		.hypervisor = run->config->hypervisor,
		.domain = run->config->metadata_domain,
		.network = run->config->network,
	};
	MetadataFile *files;
	MetadataView view;
	size_t count;
	int r;

	r = server_view_load(&source, run->arena, run->server->id, &view, f);
	if (r)
		return fault_unexpected(f, r);
	count = metadata_files(&view, run->arena, &files);
	return metadata_drive_write(run->drive_path, files, count, f);
}

static bool is_kept(const StepRun *run, const char *name)
{
	const char *slash = run->drive_path ? strrchr(run->drive_path, '/') : NULL;

	return slash && str_eq(slash + 1, name);
}

void drive_sweep(StepRun *run)
{
	const char *prefix = name_prefix(run);
	DIR *folder = opendir(run->config->guest_dir);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (str_after(entry->d_name, prefix) && !is_kept(run, entry->d_name) &&
		    unlinkat(dirfd(folder), entry->d_name, 0) < 0 && errno != EISDIR)
			log_warning("srv=%s %s stays: %m", run->operation->server_id,
				    entry->d_name);
	if (folder)
		(void)closedir(folder); /* it was only read */
}

static int change(StepRun *run, Fault *f)
{
	DiskSpec spec;
	int r;

	drive_spec_make(run, &spec);
	r = drive_write(run, f);
	if (!r)
		r = hypervisor_change_medium(run->config->hypervisor, run->server->id, &spec, f);
	return r;
}

void drive_refresh(StepRun *run)
{
	DomainState state;
	Fault f = {0};
	int r;

	if (!drive_is_wanted(run->server))
		return;
	r = hypervisor_state(run->config->hypervisor, run->server->id, &state, &f);
	if (!r && !domain_is_up(state))
		return; /* the next start writes it */
	if (!r)
		r = change(run, &f);
	if (r == 0)
		drive_sweep(run);
	else if (r != HYPERVISOR_NO_DOMAIN && r != HYPERVISOR_NO_DISK)
		log_warning("srv=%s its config drive is as old as before: %s",
			    run->operation->server_id, f.text);
}
