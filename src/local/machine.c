/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Whether this machine is the one that its names were given to. A machine that was copied has the
 * initiator's name and the NVMe host's of the one it was copied from: targets take the two for one,
 * throw out the session of the first when the second logs in, and let both in wherever one may.
 *
 * So the names are kept together with the machine's own UUID, which its maker or hypervisor gives
 * it. Names that come with another UUID are somebody else's, and so are records: the attachments
 * that they stand for are the other machine's, which has them in use.
 */
#include "base/durable.h"
#include "base/str.h"
#include "local/names.h"
#include "local/priv.h"
#include "json/json.h"
#include "json/out.h"

#define FILE_NAME "machine"
#define LOCK_NAME "the names of this machine"

typedef struct Machine {
	const char *uuid;
	const char *initiator;
	const char *nqn;
} Machine;

static int machine_read(LocalWork *work, Machine *ret, Fault *f)
{
	_cleanup_(freep) char *text = NULL;
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	int r = durable_read(work->local->records, FILE_NAME, &text, f);

	*ret = (Machine){0};
	if (r == DURABLE_NONE)
		return 0;
	if (r)
		return r;
	/* What a crash or a full disk has spoiled is written anew. */
	if (json_parse(work->arena, text, strlen(text), &doc, NULL))
		return 0;
	ret->uuid = json_get_text(work->arena, doc, "system_uuid");
	ret->initiator = json_get_text(work->arena, doc, "initiator");
	ret->nqn = json_get_text(work->arena, doc, "nqn");
	return 0;
}

static int machine_write(LocalWork *work, const Machine *machine, Fault *f)
{
	_cleanup_(json_out_done) JsonOut out = {0};
	_cleanup_(freep) char *text = NULL;
	size_t length;
	Lock lock;
	int r;

	json_out_begin(&out, NULL);
	json_out_text(&out, "system_uuid", machine->uuid);
	json_out_text(&out, "initiator", machine->initiator);
	json_out_text(&out, "nqn", machine->nqn);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	/* Others may be about to write the same. */
	r = lock_take(work->local, LOCK_TARGET_ALONE, LOCK_NAME, work->deadline_ms, &lock, f);
	if (r == LOCAL_WORKING)
		work->why = "the names of this machine are being written down";
	if (r)
		return r;
	r = durable_write(work->local->records, FILE_NAME, text, f);
	lock_drop(work->local, LOCK_TARGET_ALONE, LOCK_NAME, &lock);
	return r;
}

/* The name that both have. */
static const char *common_name(const Machine *a, const Machine *b)
{
	if (a->initiator && str_eq(a->initiator, b->initiator))
		return a->initiator;
	return a->nqn && str_eq(a->nqn, b->nqn) ? a->nqn : NULL;
}

/* What it has of the machine that it was copied from, and what to do about it; NULL for nothing. */
static const char *say_copied(const LocalWork *work, const char *name, size_t records)
{
	const char *dir = work->local->state_dir;

	if (name)
		return arena_printf(work->arena,
				    "this machine was copied from another and has its name, %s: "
				    "give it one of its own, or remove %s/records/" FILE_NAME
				    " if the other one is no more",
				    name, dir);
	if (records)
		return arena_printf(
			work->arena,
			"this machine was copied from another and has its records: "
			"remove all that is in %s/records, or only %s/records/" FILE_NAME
			" if the other one is no more",
			dir, dir);
	return NULL;
}

int local_check_machine(LocalWork *work, Fault *f)
{
	const Host *host = work->local->host;
	const Machine now = {
		.uuid = host_peek(host, work->arena, "/sys/class/dmi/id/product_uuid"),
		.initiator = names_initiator(host, work->arena),
		.nqn = host_peek(host, work->arena, "/etc/nvme/hostnqn"),
	};
	LocalRecord **records;
	Machine before;
	size_t count;
	int r;

	if (str_empty(now.uuid))
		return 0; /* nothing tells this machine from another */
	/* In this order: whoever adds a record has written down the machine before. */
	r = record_list(work->local, work->arena, &records, &count, f);
	if (r == 0)
		r = machine_read(work, &before, f);
	if (r)
		return r;
	if (before.uuid && !str_eq_nocase(before.uuid, now.uuid)) {
		work->why = say_copied(work, common_name(&before, &now), count);
		if (work->why)
			return LOCAL_COPIED;
	}
	if (str_eq(before.uuid, now.uuid) && str_eq(before.initiator, now.initiator) &&
	    str_eq(before.nqn, now.nqn))
		return 0;
	return machine_write(work, &now, f);
}
