/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes as targets of LIO. Below the kernel's target directory a volume has
 *
 *     core/{iblock,fileio}_21930/cleat-ID     what is served; its serial number is the volume's id,
 *                                             from which the kernel makes the WWID
 *     iscsi/IQN/tpgt_1/lun/lun_0/unit         a link to that
 *                     /np/PORTAL              where it listens
 *                     /acls/INITIATOR         who may log in, by which account
 *                     /acls/INITIATOR/lun_0   what it sees then, perhaps write protected
 *
 * Nobody gets in without an entry in acls. Every call makes or removes what is not as it should be,
 * in the order in which the kernel allows it, and may die anywhere: the portal group is enabled
 * last and disabled first. Taking an entry away ends the sessions of that initiator.
 *
 * Locks: Lio.hosts, held while a backing device comes or goes, as all have one directory above
 * them.
 */
#include "target/lio/lio.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"
#include "target/configfs/configfs.h"

/* Number of our host adapters, which others are unlikely to use; if they do, both work. */
#define ADAPTER "21930"

enum { LUN = 0 };

typedef struct Lio {
	const TargetConfig *config;
	pthread_mutex_t hosts;
} Lio;

/* The paths of one volume. */
typedef struct Place {
	Lio *lio;
	const Volume *volume;
	Arena *arena;
	const char *fabric; /* ".../target/iscsi" */
	const char *target; /* ".../IQN" */
	const char *group;  /* ".../tpgt_1" */
	const char *lun;    /* ".../lun/lun_0" */
} Place;

static int lio_open(const TargetConfig *config, void **ret, Fault *f _unused_)
{
	Lio *lio = NEW(Lio);

	lio->config = config;
	(void)pthread_mutex_init(&lio->hosts, NULL);
	*ret = lio;
	return 0;
}

static void lio_close(void *self)
{
	Lio *lio = self;

	(void)pthread_mutex_destroy(&lio->hosts);
	free(lio);
}

/* The kernel makes the same of the serial number: its own prefix, then the first digits of it. */
static int lio_info(void *self, const Volume *volume, const TargetGuest *guest, Arena *arena,
		    const char **ret, Fault *f _unused_)
{
	const Lio *lio = self;
	char digits[TARGET_DIGITS_TEXT];
	TargetUnit unit = {
		.iqn = target_volume_name(lio->config, arena, volume, ""),
		.lun = LUN,
	};

	target_volume_digits(volume, digits);
	unit.wwid = arena_printf(arena, "36001405%s", digits);
	*ret = target_iscsi_info(lio->config, volume, guest, &unit, arena);
	return 0;
}

static Place place_of(Lio *lio, const Volume *volume, Arena *arena)
{
	Place place = {.lio = lio, .volume = volume, .arena = arena};

	place.fabric = arena_printf(arena, "%s/target/iscsi", lio->config->configfs);
	place.target = arena_printf(arena, "%s/%s", place.fabric,
				    target_volume_name(lio->config, arena, volume, ""));
	place.group = arena_printf(arena, "%s/tpgt_1", place.target);
	place.lun = arena_printf(arena, "%s/lun/lun_%d", place.group, LUN);
	return place;
}

static const char *below(const Place *place, const char *directory, const char *name)
{
	return arena_printf(place->arena, "%s/%s", directory, name);
}

static const char *adapter_of(const Place *place, bool is_block)
{
	return arena_printf(place->arena, "%s/target/core/%s_" ADAPTER,
			    place->lio->config->configfs, is_block ? "iblock" : "fileio");
}

static const char *device_of(const Place *place, bool is_block)
{
	return arena_printf(place->arena, "%s/cleat-%s", adapter_of(place, is_block),
			    place->volume->id);
}

static int set(const Place *place, const char *directory, const char *name, const char *value,
	       Fault *f)
{
	return configfs_set(below(place, directory, name), value, f);
}

/* Set unless it is so: some attributes may not be set while they are in use. */
static int set_if_other(const Place *place, const char *directory, const char *name,
			const char *value, Fault *f)
{
	const char *now;
	int r = configfs_get(below(place, directory, name), place->arena, &now, f);

	return r || str_eq(now, value) ? r : set(place, directory, name, value, f);
}

/* Publish. ------------------------------------------------------------------------------------- */

/* What initiators write to a file is flushed when they say so: they are told of the cache. */
static int control_text(const Place *place, const char *path, bool is_block, const char **ret,
			Fault *f)
{
	struct stat st;

	if (is_block) {
		*ret = arena_printf(place->arena, "udev_path=%s", path);
		return 0;
	}
	if (stat(path, &st) < 0)
		return fault(f, -errno, "look at %s: %s", path, strerror(errno));
	*ret = arena_printf(place->arena, "fd_dev_name=%s,fd_dev_size=%" PRId64 ",fd_buffered_io=1",
			    path, (int64_t)st.st_size);
	return 0;
}

static int fill_device(const Place *place, const char *device, const char *path, bool is_block,
		       Fault *f)
{
	const char *enabled, *control;
	int r = configfs_get(below(place, device, "enable"), place->arena, &enabled, f);

	if (r || str_eq(enabled, "1"))
		return r;
	r = control_text(place, path, is_block, &control, f);
	if (r == 0)
		r = set(place, device, "wwn/vpd_unit_serial", place->volume->id, f);
	if (r == 0)
		r = set(place, device, "control", control, f);
	return r ? r : set(place, device, "enable", "1", f);
}

static int make_device(const Place *place, const char *path, bool is_block, Fault *f)
{
	const char *device = device_of(place, is_block);
	int r;

	(void)pthread_mutex_lock(&place->lio->hosts);
	r = configfs_make(adapter_of(place, is_block), f);
	if (r == 0)
		r = configfs_make(device, f);
	(void)pthread_mutex_unlock(&place->lio->hosts);
	return r ? r : fill_device(place, device, path, is_block, f);
}

static int make_group(const Place *place, bool is_block, Fault *f)
{
	const char *chap = place->lio->config->chap ? "1" : "0";
	int r = configfs_make(place->fabric, f);

	if (r == 0)
		r = configfs_make(place->target, f);
	if (r == 0)
		r = configfs_make(place->group, f);
	if (r == 0)
		r = set_if_other(place, place->group, "attrib/authentication", chap, f);
	if (r == 0)
		r = set_if_other(place, place->group, "attrib/generate_node_acls", "0", f);
	if (r == 0)
		r = configfs_make(place->lun, f);
	return r ? r
		 : configfs_link(device_of(place, is_block), below(place, place->lun, "unit"), f);
}

static const char *portals_of(const Place *place)
{
	return below(place, place->group, "np");
}

static int make_portals(const Place *place, Fault *f)
{
	const TargetConfig *config = place->lio->config;
	int r = 0;

	for (size_t i = 0; r == 0 && i < config->portal_count; i++)
		r = configfs_make(below(place, portals_of(place), config->portals[i].text), f);
	return r;
}

static const char *entry_of(const Place *place, const char *initiator)
{
	return arena_printf(place->arena, "%s/acls/%s", place->group, initiator);
}

static int set_account(const Place *place, const char *entry, const char *initiator, Fault *f)
{
	TargetAccount account;
	int r;

	target_account(place->lio->config, place->volume, initiator, &account);
	r = set(place, entry, "auth/userid", account.user, f);
	if (r == 0)
		r = set(place, entry, "auth/password", account.password, f);
	explicit_bzero(&account, sizeof(account));
	return r;
}

static int admit(const Place *place, const TargetGuest *guest, Fault *f)
{
	const char *entry = entry_of(place, guest->identity);
	const char *mapped = arena_printf(place->arena, "%s/lun_%d", entry, LUN);
	int r = configfs_make(entry, f);

	if (r == 0 && place->lio->config->chap)
		r = set_account(place, entry, guest->identity, f);
	if (r == 0)
		r = configfs_make(mapped, f);
	if (r == 0)
		r = configfs_link(place->lun, below(place, mapped, "unit"), f);
	return r ? r : set_if_other(place, mapped, "write_protect", guest->readonly ? "1" : "0", f);
}

static int lio_publish(void *self, const Volume *volume, const char *path, bool is_block,
		       const TargetGuest *guest, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Place place = place_of(self, volume, arena);
	int r = make_device(&place, path, is_block, f);

	if (r == 0)
		r = make_group(&place, is_block, f);
	if (r == 0)
		r = make_portals(&place, f);
	if (r == 0)
		r = admit(&place, guest, f);
	return r ? r : set_if_other(&place, place.group, "enable", "1", f);
}

/* Unpublish. ----------------------------------------------------------------------------------- */

static int dismiss(const Place *place, const char *initiator, Fault *f)
{
	const char *entry = entry_of(place, initiator);
	const char *mapped = arena_printf(place->arena, "%s/lun_%d", entry, LUN);
	int r = configfs_unlink(below(place, mapped, "unit"), f);

	if (r == 0)
		r = configfs_remove(mapped, f);
	return r ? r : configfs_remove(entry, f);
}

static int remove_device(const Place *place, bool is_block, Fault *f)
{
	int r;

	(void)pthread_mutex_lock(&place->lio->hosts);
	r = configfs_remove(device_of(place, is_block), f);
	if (r == 0)
		r = configfs_remove_if_empty(adapter_of(place, is_block), f);
	(void)pthread_mutex_unlock(&place->lio->hosts);
	return r;
}

static int remove_portals(const Place *place, Fault *f)
{
	const char **names;
	size_t count;
	int r = configfs_list(portals_of(place), place->arena, &names, &count, f);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = configfs_remove(below(place, portals_of(place), names[i]), f);
	return r;
}

static int remove_target(const Place *place, Fault *f)
{
	int r = 0;

	if (configfs_there(place->group))
		r = set_if_other(place, place->group, "enable", "0", f);
	if (r == 0)
		r = configfs_unlink(below(place, place->lun, "unit"), f);
	if (r == 0)
		r = configfs_remove(place->lun, f);
	if (r == 0)
		r = remove_portals(place, f);
	if (r == 0)
		r = configfs_remove(place->group, f);
	if (r == 0)
		r = configfs_remove(place->target, f);
	if (r == 0)
		r = remove_device(place, true, f);
	return r ? r : remove_device(place, false, f);
}

static int lio_unpublish(void *self, const Volume *volume, const TargetGuest *guest, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Place place = place_of(self, volume, arena);
	const char **names;
	size_t count;
	int r = dismiss(&place, guest->identity, f);

	if (r == 0)
		r = configfs_list(below(&place, place.group, "acls"), arena, &names, &count, f);
	return r || count > 0 ? r : remove_target(&place, f);
}

/* A block device's size is looked at by the kernel itself. */
static int lio_resize(void *self, const Volume *volume, int64_t size_bytes, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Place place = place_of(self, volume, arena);
	const char *device = device_of(&place, false);

	if (!configfs_there(device))
		return 0;
	return set(&place, device, "control",
		   arena_printf(arena, "fd_dev_size=%" PRId64, size_bytes), f);
}

const TargetDriver target_lio = {
	.name = "lio",
	.size = sizeof(TargetDriver),
	.traits =
		{
			.protocol = "iSCSI",
			.host_identity = "initiator",
			.identity_prefix = "iqn.",
			.identity_valid = target_iqn_valid,
		},
	.open = lio_open,
	.close = lio_close,
	.info = lio_info,
	.publish = lio_publish,
	.unpublish = lio_unpublish,
	.resize = lio_resize,
};
