/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes as targets of tgtd. Every call looks at what there is, does what is missing, in an order
 * that never lets anybody in too early, and may die anywhere:
 *
 *     publish:    target, unit, its identity, account, access of the initiator
 *     unpublish:  access, the initiator's sessions, target, account
 *
 * Each guest of a volume has a target of its own, with one account: a unit of tgtd may be written
 * by everybody or by nobody, and tgtd 1.0.85 dies of a target that has lost one of two accounts.
 * All of them have one WWID, which follows from the volume's id; by default tgtd makes it of the
 * target's number, which another volume has had before.
 *
 * A unit takes a new size only while it is offline, which its guest sees as errors. So it grows
 * when the guest is not logged in, and keeps its size otherwise.
 */
#include "target/tgt/tgt.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/str.h"
#include "target/tgt/control.h"
#include "target/tgt/show.h"

enum {
	LUN = 1,
	TID_TRIES = 4,
	TID_BITS = 28,
	HOST_DIGITS = 12, /* of a name, that stand for the guest */
	DELETE_TRIES = 50,
	DELETE_PAUSE_NS = 100 * 1000 * 1000,
};

typedef struct Tgt {
	const TargetConfig *config;
} Tgt;

/* What one call knows. */
typedef struct Call {
	const TargetConfig *config;
	const Volume *volume;
	const TargetGuest *guest;
	const char *iqn;
	Arena *arena;
	TgtShown shown;
} Call;

static int tgt_open(const TargetConfig *config, void **ret, Fault *f)
{
	Tgt *tgt;

	if (!config->control || config->control[0] != '/')
		return fault(f, -EINVAL, "the control socket of tgtd has to be an absolute path");
	tgt = NEW(Tgt);
	tgt->config = config;
	*ret = tgt;
	return 0;
}

static void tgt_close(void *self)
{
	free(self);
}

/* A target's name without what stands for its guest. */
static const char *beginning_of(const TargetConfig *config, Arena *arena, const Volume *volume)
{
	return target_volume_name(config, arena, volume, "-");
}

static const char *iqn_of(const TargetConfig *config, Arena *arena, const Volume *volume,
			  const char *identity)
{
	char hash[SECRET_HASH_TEXT];

	secret_hash(identity, hash);
	return arena_printf(arena, "%s%.*s", beginning_of(config, arena, volume), HOST_DIGITS,
			    hash);
}

/* tgtd makes the WWID of the digits of the unit's id: a 6, zeros, and then they. */
static int tgt_info(void *self, const Volume *volume, const TargetGuest *guest, Arena *arena,
		    const char **ret, Fault *f _unused_)
{
	const Tgt *tgt = self;
	char digits[TARGET_DIGITS_TEXT];
	TargetUnit unit = {
		.iqn = iqn_of(tgt->config, arena, volume, guest->identity),
		.lun = LUN,
	};

	target_volume_digits(volume, digits);
	unit.wwid = arena_printf(arena, "36000000%s", digits);
	*ret = target_iscsi_info(tgt->config, volume, guest, &unit, arena);
	return 0;
}

/* One request. --------------------------------------------------------------------------------- */

/* What tgtd refuses, or what no tgtd is there for, where it has to work. */
static int must(int r)
{
	return r == TGT_REFUSED || r == TGT_DEAD ? -EINVAL : r;
}

static int ask(const Call *call, const TgtRequest *request, const char **ret, Fault *f)
{
	return tgt_ask(call->config->control, request, call->arena, ret, f);
}

/* One that has to work. */
static int order(const Call *call, TgtMode mode, TgtOp op, const char *params, Fault *f)
{
	const TgtRequest request = {
		.mode = mode,
		.op = op,
		.tid = call->shown.tid,
		.lun = mode == TGT_UNIT ? LUN : 0,
		.params = params,
	};

	return must(ask(call, &request, NULL, f));
}

/* TGT_DEAD */
static int show_all(const Call *call, TgtMode mode, const char **ret, Fault *f)
{
	const TgtRequest request = {.mode = mode, .op = TGT_SHOW};
	int r = ask(call, &request, ret, f);

	return r == TGT_DEAD ? r : must(r);
}

/* TGT_DEAD */
static int look(Call *call, Fault *f)
{
	const char *text;
	int r = show_all(call, TGT_TARGET, &text, f);

	if (r == 0)
		tgt_show_read(call->arena, text, call->iqn, &call->shown);
	return r;
}

/* TGT_DEAD */
static int begin(Call *call, const Tgt *tgt, const Volume *volume, const TargetGuest *guest,
		 Fault *f)
{
	*call = (Call){
		.config = tgt->config,
		.volume = volume,
		.guest = guest,
		.arena = arena_new(),
	};
	call->iqn = iqn_of(call->config, call->arena, volume, guest->identity);
	return look(call, f);
}

static void end(Call *call)
{
	call->arena = arena_free(call->arena);
}

/* Publish. ------------------------------------------------------------------------------------- */

/* A number that follows from the name, as those of tgtd's that count up are somebody else's. */
static int64_t first_tid(const Call *call)
{
	char hash[SECRET_HASH_TEXT];

	secret_hash(call->iqn, hash);
	hash[TID_BITS / 4] = '\0';
	return MAX((int64_t)strtoull(hash, NULL, 16), 1 << 16);
}

static int make_target(Call *call, Fault *f)
{
	int64_t tid = first_tid(call);
	const char *text;
	int r = call->shown.tid ? 0 : TGT_REFUSED;

	/* Another volume may take the number at this moment: then there is another one. */
	for (int i = 0; r == TGT_REFUSED && i < TID_TRIES; i++) {
		r = must(show_all(call, TGT_TARGET, &text, f));
		if (r)
			return r;
		while (tgt_show_has_tid(text, tid))
			tid++;
		call->shown.tid = tid;
		r = ask(call,
			&(TgtRequest){
				.mode = TGT_TARGET,
				.op = TGT_NEW,
				.tid = tid,
				.params = arena_printf(call->arena, "targetname=%s", call->iqn),
			},
			NULL, f);
	}
	return must(r);
}

static int set_unit(const Call *call, const char *params, Fault *f)
{
	return order(call, TGT_UNIT, TGT_UPDATE, arena_printf(call->arena, "targetOps %s,", params),
		     f);
}

/* It takes its path, and its size with it, while it is offline. */
static int reopen_unit(const Call *call, const char *path, Fault *f)
{
	int r = call->shown.unit.online ? set_unit(call, "online=0", f) : 0;

	if (r == 0)
		r = set_unit(call, arena_printf(call->arena, "path=%s", path), f);
	return r ? r : set_unit(call, "online=1", f);
}

static int make_unit(Call *call, const char *path, Fault *f)
{
	const TgtUnit *unit = &call->shown.unit;
	const bool readonly = call->guest->readonly;
	char id[TARGET_DIGITS_TEXT];
	int r = 0;

	target_volume_digits(call->volume, id);
	if (!unit->there)
		r = order(call, TGT_UNIT, TGT_NEW, arena_printf(call->arena, "path=%s", path), f);
	else if (!unit->online || !str_eq(unit->path, path))
		r = reopen_unit(call, path, f);
	if (r || (str_eq(unit->scsi_id, id) && unit->readonly == readonly))
		return r;
	return set_unit(call,
			arena_printf(call->arena,
				     "scsi_id=%s,scsi_sn=%s,vendor_id=CLEAT,product_id=VOLUME,"
				     "readonly=%d",
				     id, call->volume->id, readonly),
			f);
}

static bool is_among(const char *const *items, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(items[i], text))
			return true;
	return false;
}

static int has_account(const Call *call, const char *user, bool *ret, Fault *f)
{
	const char *text;
	int r = must(show_all(call, TGT_ACCOUNT, &text, f));

	if (r == 0)
		*ret = tgt_show_has_account(text, user);
	return r;
}

static int make_account(const Call *call, const TargetAccount *account, Fault *f)
{
	char params[sizeof("user=,password=") + sizeof(*account)];
	bool there;
	int r = has_account(call, account->user, &there, f);

	if (r || there)
		return r;
	(void)snprintf(params, sizeof(params), "user=%s,password=%s", account->user,
		       account->password); /* fits */
	r = order(call, TGT_ACCOUNT, TGT_NEW, params, f);
	explicit_bzero(params, sizeof(params));
	return r;
}

/* tgtd wants a secret from everybody as soon as a target has one account. */
static int admit_account(const Call *call, Fault *f)
{
	TargetAccount account;
	int r;

	target_account(call->config, call->volume, call->guest->identity, &account);
	r = make_account(call, &account, f);
	explicit_bzero(account.password, sizeof(account.password));
	if (r || is_among(call->shown.users, call->shown.user_count, account.user))
		return r;
	return order(call, TGT_ACCOUNT, TGT_BIND,
		     arena_printf(call->arena, "user=%s", account.user), f);
}

static int admit(const Call *call, Fault *f)
{
	const char *initiator = call->guest->identity;
	int r = call->config->chap ? admit_account(call, f) : 0;

	if (r || is_among(call->shown.initiators, call->shown.initiator_count, initiator))
		return r;
	return order(call, TGT_TARGET, TGT_BIND,
		     arena_printf(call->arena, "initiator-name=%s", initiator), f);
}

static int tgt_publish(void *self, const Volume *volume, const char *path, bool is_block _unused_,
		       const TargetGuest *guest, Fault *f)
{
	Call call;
	int r = must(begin(&call, self, volume, guest, f));

	if (r == 0)
		r = make_target(&call, f);
	if (r == 0)
		r = make_unit(&call, path, f);
	if (r == 0)
		r = admit(&call, f);
	end(&call);
	return r;
}

/* Unpublish. ----------------------------------------------------------------------------------- */

/* Who is logged in stays so whatever the access list says. */
static int end_sessions(const Call *call, Fault *f)
{
	for (size_t i = 0; i < call->shown.session_count; i++) {
		const TgtSession *session = &call->shown.sessions[i];
		const TgtRequest request = {
			.mode = TGT_CONNECTION,
			.op = TGT_DELETE,
			.tid = call->shown.tid,
			.session = session->id,
			.connection = session->connection,
		};
		int r;

		r = ask(call, &request, NULL, f);
		if (r && r != TGT_REFUSED) /* refused: it has gone by itself */
			return must(r);
	}
	return 0;
}

static int drop_account(const Call *call, Fault *f)
{
	TargetAccount account;
	bool there;
	int r;

	target_account(call->config, call->volume, call->guest->identity, &account);
	explicit_bzero(account.password, sizeof(account.password));
	r = has_account(call, account.user, &there, f);
	if (r || !there)
		return r;
	return order(call, TGT_ACCOUNT, TGT_DELETE,
		     arena_printf(call->arena, "user=%s", account.user), f);
}

/* tgtd refuses while it works on what the guest has asked for before its session ended. */
static int drop_target(const Call *call, Fault *f)
{
	const struct timespec pause = {.tv_nsec = DELETE_PAUSE_NS};
	const TgtRequest request = {
		.mode = TGT_TARGET,
		.op = TGT_DELETE,
		.tid = call->shown.tid,
		.force = true,
	};
	int r = ask(call, &request, NULL, f);

	for (int i = 1; r == TGT_REFUSED && i < DELETE_TRIES; i++) {
		(void)nanosleep(&pause, NULL); /* cut short by a signal: also fine */
		r = ask(call, &request, NULL, f);
	}
	return must(r);
}

static int dismiss(Call *call, Fault *f)
{
	const char *initiator = call->guest->identity;
	int r = 0;

	if (is_among(call->shown.initiators, call->shown.initiator_count, initiator))
		r = order(call, TGT_TARGET, TGT_UNBIND,
			  arena_printf(call->arena, "initiator-name=%s", initiator), f);
	if (r == 0)
		r = must(look(call, f)); /* who has come in meanwhile */
	if (r == 0)
		r = end_sessions(call, f);
	return r ? r : drop_target(call, f);
}

static int tgt_unpublish(void *self, const Volume *volume, const TargetGuest *guest, Fault *f)
{
	Call call;
	int r = begin(&call, self, volume, guest, f);

	if (r == 0 && call.shown.tid)
		r = dismiss(&call, f);
	if (r == 0) {
		call.shown.tid = 0;
		r = drop_account(&call, f);
	}
	end(&call);
	return r == TGT_DEAD ? 0 : r;
}

static int resize_one(Call *call, const char *iqn, Fault *f)
{
	int r;

	call->iqn = iqn;
	r = must(look(call, f));
	if (r || !call->shown.unit.there)
		return r;
	if (call->shown.session_count > 0)
		return TARGET_IN_USE;
	return reopen_unit(call, call->shown.unit.path, f);
}

static int tgt_resize(void *self, const Volume *volume, int64_t size_bytes _unused_, Fault *f)
{
	const Tgt *tgt = self;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Call call = {.config = tgt->config, .volume = volume, .arena = arena};
	bool in_use = false;
	const char **names;
	const char *text;
	size_t count;
	int r = show_all(&call, TGT_TARGET, &text, f);

	if (r)
		return r == TGT_DEAD ? 0 : r;
	tgt_show_names(arena, text, beginning_of(tgt->config, arena, volume), &names, &count);
	for (size_t i = 0; i < count; i++) {
		r = resize_one(&call, names[i], f);
		if (r < 0)
			return r;
		in_use = in_use || r == TARGET_IN_USE;
	}
	return in_use ? TARGET_IN_USE : 0;
}

/* Each tgtd makes its socket anew. */
static int64_t tgt_life(void *self)
{
	const Tgt *tgt = self;
	struct stat st;

	if (stat(tgt->config->control, &st) < 0)
		return 0;
	return st.st_ctim.tv_sec * (int64_t)1000000000 + st.st_ctim.tv_nsec;
}

const TargetDriver target_tgt = {
	.name = "tgt",
	.size = sizeof(TargetDriver),
	.traits =
		{
			.protocol = "iSCSI",
			.host_identity = "initiator",
			.identity_prefix = "iqn.",
			.identity_valid = target_iqn_valid,
		},
	.open = tgt_open,
	.close = tgt_close,
	.info = tgt_info,
	.publish = tgt_publish,
	.unpublish = tgt_unpublish,
	.resize = tgt_resize,
	.life = tgt_life,
};
