/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes on this machine, while somebody holds them. The order of what is written and what is done
 * keeps the invariants of holders.h:
 *
 *     mount     record without the new holder | attach, mount | record with it | answer
 *     release   record without the holder | unmount, detach, if he was the last | no record
 *
 * An engine that died, or had given up, while its volume was mounted never heard of it, and may
 * never say the holder's name again. So holders are unheard until their answer was taken, and go
 * when that has lasted: then nobody is about to use what was mounted, and what a container uses
 * after all stays, as libcleat takes nothing away that is in use.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "plugin/priv.h"

enum { ATTACH_LEAST_MS = 1000 };

const char *mount_place(const Call *call, const char *name)
{
	return arena_printf(call->arena, "%s/%s", call->machine->config->mount_dir, name);
}

int mount_look(Call *call, const char *name, const char **ret_place, Fault *f)
{
	Record record = {0};
	int r = holders_load(call->machine->holders, call->arena, name, &record, f);

	if (r < 0)
		return r;
	*ret_place = r == 0 && record.count > 0 ? mount_place(call, name) : NULL;
	return 0;
}

/* A fault of this machine's own files. */
static int machine_failed(Call *call, const Fault *f)
{
	return call_say(call, PLUGIN_FAILED, "%s", f->text);
}

static int load(Call *call, Record *ret)
{
	Fault f = {0};
	int r = holders_load(call->machine->holders, call->arena, call->name, ret, &f);

	return r < 0 ? machine_failed(call, &f) : r;
}

static int save(Call *call, const Record *record)
{
	Fault f = {0};

	return holders_save(call->machine->holders, record, &f) ? machine_failed(call, &f) : 0;
}

static int64_t left_ms(const Call *call)
{
	return MAX(call->deadline_ms - clock_mono_ms(), (int64_t)ATTACH_LEAST_MS);
}

/* Whether anything of a volume is on this machine, as libcleat's records say. */
static int is_here(Call *call, const char *volume_id, bool *ret)
{
	struct cleat_error error = {0};
	cleat_disk **disks;
	size_t count;

	if (cleat_list(call->machine->host, &disks, &count, &error))
		return call_cleat_failed(call, &error);
	*ret = false;
	for (size_t i = 0; i < count; i++)
		*ret = *ret || str_eq(disks[i]->volume_id, volume_id);
	cleat_disks_free(disks, count);
	return 0;
}

/* --- taking away --- */

/* A volume that nobody holds goes, then its record. */
static int take_away(Call *call, const Record *record)
{
	struct cleat_error error = {0};
	bool here = false;
	Fault f = {0};
	int r = is_here(call, record->volume_id, &here);

	if (r)
		return r;
	if (here && cleat_local_detach(call->machine->host, call->session->cloud, record->volume_id,
				       NULL, 0, left_ms(call), &error))
		return call_cleat_failed(call, &error);
	return holders_forget(call->machine->holders, record->name, &f) ? machine_failed(call, &f)
									: 0;
}

int mount_clear(Call *call)
{
	Record record = {0};
	int r = load(call, &record);

	if (r)
		return r == HOLDERS_NONE ? 0 : r;
	if (record.count > 0)
		return call_say(call, PLUGIN_REFUSED, "volume %s is mounted for %zu on this host",
				call->name, record.count);
	return take_away(call, &record);
}

int mount_release(Call *call)
{
	Record record = {0};
	int r = load(call, &record);

	if (r)
		return r == HOLDERS_NONE ? 0 : r; /* nobody has it */
	if (holders_find(&record, call->id)) {
		holders_drop(&record, call->id);
		r = save(call, &record);
		if (r)
			return r;
	}
	return record.count > 0 ? 0 : take_away(call, &record);
}

/* --- bringing --- */

/*
 * Two hosts never write to one file system. Of a type that several may attach no status tells
 * whether another is about to; of others the service lets one in.
 */
static int check_type(Call *call, const Volume *volume)
{
	if (!volume->shared || str_eq(volume->options.mode, "ro"))
		return 0;
	return call_say(call, PLUGIN_REFUSED,
			"volume %s is of a type that several hosts may attach: it is mounted with "
			"mode=ro only, as two may not write to one file system",
			volume->id);
}

static int check_status(Call *call, const Volume *volume)
{
	bool used = str_eq(volume->status, "in-use");

	if (str_eq(volume->status, "available") || (used && str_eq(volume->options.mode, "ro")))
		return 0;
	if (used)
		return call_say(call, PLUGIN_REFUSED,
				"volume %s is attached elsewhere: two may not write to one "
				"file system",
				volume->id);
	return call_say(call, PLUGIN_REFUSED, "volume %s is %s, not available", volume->id,
			volume->status);
}

/* The record that is written before anything happens. What another way put here is left alone. */
static int begin(Call *call, const Volume *volume, Record *record)
{
	bool here = false, begun;
	int r = load(call, record);

	if (r == 0 && !str_eq(record->volume_id, volume->id)) {
		r = mount_clear(call); /* the name has another volume now */
		if (r == 0)
			r = HOLDERS_NONE;
	}
	if (r && r != HOLDERS_NONE)
		return r;
	begun = r == 0;
	if (begun && record->count > 0)
		return 0;
	r = check_type(call, volume);
	if (r == 0)
		r = is_here(call, volume->id, &here);
	if (r)
		return r;
	if (here && begun)
		return 0;
	if (here)
		return call_say(call, PLUGIN_REFUSED,
				"volume %s is attached to this host already, not by the plugin",
				volume->id);
	r = check_status(call, volume);
	if (r || begun)
		return r;
	*record = (Record){.name = call->name, .volume_id = volume->id};
	return save(call, record);
}

static int attach(Call *call, const Volume *volume)
{
	const Options *how = &volume->options;
	const struct cleat_attach_options options = {
		.connector = {.multipath = how->multipath, .peer = call->machine->config->peer},
		.mode = how->mode,
		.mountpoint = mount_place(call, call->name),
		.make_fs = str_eq(how->mode, "ro") ? NULL : how->fs,
		.timeout = left_ms(call),
	};
	struct cleat_error error = {0};
	cleat_disk *disk;

	if (cleat_local_attach(call->machine->host, call->session->cloud, volume->id, &options,
			       &disk, &error))
		return call_cleat_failed(call, &error);
	cleat_disk_free(disk);
	return 0;
}

/* The first failure is the one that is told; what cannot go now, goes later. */
static int give_up(Call *call, const Record *record, int r)
{
	const char *why = call->why;

	(void)take_away(call, record);
	call->why = why;
	return r;
}

/* A failure leaves nobody on record who has not been answered. */
static int hold(Call *call, Record *record)
{
	Holder *holder = holders_find(record, call->id);
	const char *why;
	bool known = holder;
	int r;

	if (known && !holder->unheard_ms)
		return 0;
	holders_add(call->arena, record, call->id);
	holder = holders_find(record, call->id);
	holder->unheard_ms = call->mounted_ms = clock_mono_ms();
	r = save(call, record);
	if (r == 0 || known)
		return r;
	why = call->why;
	holders_drop(record, call->id);
	(void)save(call, record); /* the disk may be full: then it was not written before either */
	call->why = why;
	return r;
}

int mount_heard(Call *call)
{
	Record record = {0};
	Holder *holder;
	int r = load(call, &record);

	if (r)
		return r == HOLDERS_NONE ? 0 : r;
	holder = holders_find(&record, call->id);
	if (!holder || holder->unheard_ms != call->mounted_ms)
		return 0; /* released, and perhaps mounted again */
	holder->unheard_ms = 0;
	return save(call, &record);
}

int mount_expire(Call *call)
{
	const int64_t latest_ms = clock_mono_ms() - PLUGIN_UNHEARD_MS;
	Record record = {0};
	size_t before;
	int r = load(call, &record);

	if (r)
		return r == HOLDERS_NONE ? 0 : r;
	before = record.count;
	for (size_t i = record.count; i-- > 0;)
		if (record.holders[i].unheard_ms && record.holders[i].unheard_ms <= latest_ms) {
			log_info("name=%s holder=%s text=\"its engine never heard that it has it\"",
				 call->name, record.holders[i].id);
			holders_drop(&record, record.holders[i].id);
		}
	return record.count < before ? save(call, &record) : 0;
}

int mount_take(Call *call)
{
	Record record = {0};
	Volume volume = {0};
	int r = volume_find(call, &volume);

	if (r == 0)
		r = volume_wait(call, &volume);
	if (r == 0)
		r = begin(call, &volume, &record);
	if (r)
		return r;
	if (record.count >= HOLDERS_MAX)
		return call_say(call, PLUGIN_REFUSED, "volume %s is mounted too often", call->name);
	r = attach(call, &volume);
	if (r == 0)
		r = hold(call, &record);
	return r && record.count == 0 ? give_up(call, &record, r) : r;
}
