/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The checked wrappers round a target's slots, and what targets share: the names of what they
 * serve, the accounts of those they serve it to, and the form in which an iSCSI initiator is told.
 *
 * Names that come from others become names in the target's configuration, below a directory or in
 * a list with commas: they are held against a strict alphabet here, before any driver sees them.
 */
#include "contract/target.h"

#include <errno.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/uuid.h"
#include "contract/connector-text.h"
#include "contract/slot.h"
#include "json/out.h"

struct Target {
	const TargetDriver *driver;
	void *self;
};

static bool driver_complete(const TargetDriver *driver)
{
	return driver->name && driver->size == sizeof(TargetDriver) && driver->traits.protocol &&
	       driver->traits.host_identity && driver->traits.identity_prefix &&
	       driver->traits.identity_valid && driver->open && driver->close && driver->info &&
	       driver->publish && driver->unpublish && driver->resize;
}

static void call_check(const Target *target, const Volume *volume, const TargetGuest *guest)
{
	char canonical[UUID_TEXT];

	assert(target && volume);
	assert(uuid_canonical(volume->id, canonical) && strcmp(canonical, volume->id) == 0);
	assert(volume->format == DISK_FORMAT_RAW);
	assert(!guest || target->driver->traits.identity_valid(guest->identity));
}

static int call_done(const Target *target, const char *name, const Volume *volume, int r,
		     bool is_allowed, Fault *f)
{
	static const SlotNoun noun = {.key = "vol", .name = "volume"};
	const SlotCall call = {target->driver->name, name, &noun, volume->id};

	return slot_call_done(&call, r, is_allowed, f);
}

int target_open(const TargetDriver *driver, const TargetConfig *config, Target **ret, Fault *f)
{
	_cleanup_(target_closep) Target *target = NEW(Target);
	int r;

	assert(driver_complete(driver));
	assert(config->portal_count > 0 && config->prefix && !str_empty(config->secret));
	target->driver = driver;
	r = driver->open(config, &target->self, f);
	if (r) {
		r = fault_unexpected(f, r);
		return fault_context(f, "target %s: open", driver->name);
	}
	*ret = TAKE(target);
	return 0;
}

Target *target_close(Target *target)
{
	if (!target)
		return NULL;
	if (target->self)
		target->driver->close(target->self);
	free(target);
	return NULL;
}

const TargetTraits *target_traits(const Target *target)
{
	return &target->driver->traits;
}

int target_info(Target *target, const Volume *volume, const TargetGuest *guest, Arena *arena,
		const char **ret, Fault *f)
{
	int r;

	call_check(target, volume, guest);
	/* The answer may hold a secret: only the result is logged. */
	r = target->driver->info(target->self, volume, guest, arena, ret, f);
	return call_done(target, "info", volume, r, r == 0, f);
}

int target_publish(Target *target, const Volume *volume, const char *path, bool is_block,
		   const TargetGuest *guest, Fault *f)
{
	int r;

	call_check(target, volume, guest);
	/* Targets take the path as one of a list, or a line. */
	if (path[0] != '/' || strpbrk(path, ",\n\\\" "))
		return fault(f, -EINVAL,
			     "%s cannot be exported: there are blanks or commas in the path", path);
	r = target->driver->publish(target->self, volume, path, is_block, guest, f);
	return call_done(target, "publish", volume, r, r == 0, f);
}

int target_unpublish(Target *target, const Volume *volume, const TargetGuest *guest, Fault *f)
{
	int r;

	call_check(target, volume, guest);
	r = target->driver->unpublish(target->self, volume, guest, f);
	return call_done(target, "unpublish", volume, r, r == 0, f);
}

int target_resize(Target *target, const Volume *volume, int64_t size_bytes, Fault *f)
{
	int r;

	call_check(target, volume, NULL);
	r = target->driver->resize(target->self, volume, size_bytes, f);
	return call_done(target, "resize", volume, r, r == 0 || r == TARGET_IN_USE, f);
}

bool target_forgets(const Target *target)
{
	return target->driver->life != NULL;
}

int64_t target_life(Target *target)
{
	return target->driver->life ? target->driver->life(target->self) : 0;
}

bool target_portal_read(const char *text, Arena *arena, TargetPortal *ret)
{
	char address[CONNECTOR_ADDRESS_BYTES];
	const char *colon = strrchr(text, ':');
	const char *host;
	int64_t port;
	bool ipv6;

	if (!colon || !str_parse_i64(colon + 1, &port) || port < 1 || port > 65535)
		return false;
	host = arena_strndup(arena, text, (size_t)(colon - text));
	if (!connector_address(host, address))
		return false;
	ipv6 = strchr(address, ':') != NULL;
	if (ipv6 != (host[0] == '['))
		return false;
	*ret = (TargetPortal){
		.address = arena_strdup(arena, address),
		.port = arena_printf(arena, "%d", (int)port),
		.ipv6 = ipv6,
		.text = arena_printf(arena, ipv6 ? "[%s]:%d" : "%s:%d", address, (int)port),
	};
	return true;
}

/* One of the beginnings, and then letters, digits and what else such names are made of. */
static bool name_valid(const char *name, const char *const *beginnings)
{
	while (*beginnings && !str_after(name, *beginnings))
		beginnings++;
	return *beginnings && strlen(name) > strlen(*beginnings) &&
	       connector_is_word(name, "-.:_", TARGET_NAME_MAX);
}

bool target_iqn_valid(const char *name)
{
	static const char *const beginnings[] = {"iqn.", "eui.", "naa.", NULL};

	return name_valid(name, beginnings);
}

bool target_nqn_valid(const char *name)
{
	static const char *const beginnings[] = {"nqn.", NULL};

	return name_valid(name, beginnings);
}

const char *target_volume_name(const TargetConfig *config, Arena *arena, const Volume *volume,
			       const char *suffix)
{
	return arena_printf(arena, "%svolume-%s%s", config->prefix, volume->id, suffix);
}

static void account_hash(const TargetConfig *config, const char *what, const Volume *volume,
			 const char *identity, char out[static SECRET_HASH_TEXT])
{
	_cleanup_(buf_done) Buf text = {0};

	buf_printf(&text, "cleat target %s\n%s\n%s", what, volume->id, identity);
	secret_hmac(config->secret, buf_text(&text), out);
}

static unsigned hex_digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void target_account(const TargetConfig *config, const Volume *volume, const char *identity,
		    TargetAccount *ret)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._";
	char hash[SECRET_HASH_TEXT];

	account_hash(config, "user", volume, identity, hash);
	(void)snprintf(ret->user, sizeof(ret->user), "cleat-%.22s", hash); /* fits */
	account_hash(config, "password", volume, identity, hash);
	for (size_t i = 0; i < TARGET_PASSWORD_TEXT - 1; i++)
		ret->password[i] =
			letters[(hex_digit(hash[2 * i]) << 4 | hex_digit(hash[2 * i + 1])) % 64];
	ret->password[TARGET_PASSWORD_TEXT - 1] = '\0';
}

void target_volume_digits(const Volume *volume, char out[static TARGET_DIGITS_TEXT])
{
	size_t n = 0;

	for (const char *p = volume->id; n < TARGET_DIGITS_TEXT - 1; p++)
		if (*p != '-')
			out[n++] = *p;
	out[n] = '\0';
}

/* All portals lead to the one unit. */
static void out_portals(JsonOut *out, const TargetConfig *config, const TargetUnit *unit)
{
	json_out_list_begin(out, "target_portals");
	for (size_t i = 0; i < config->portal_count; i++)
		json_out_text(out, NULL, config->portals[i].text);
	json_out_list_end(out);
	json_out_list_begin(out, "target_iqns");
	for (size_t i = 0; i < config->portal_count; i++)
		json_out_text(out, NULL, unit->iqn);
	json_out_list_end(out);
	json_out_list_begin(out, "target_luns");
	for (size_t i = 0; i < config->portal_count; i++)
		json_out_int(out, NULL, unit->lun);
	json_out_list_end(out);
}

const char *target_iscsi_info(const TargetConfig *config, const Volume *volume,
			      const TargetGuest *guest, const TargetUnit *unit, Arena *arena)
{
	_cleanup_(freep) char *text = NULL;
	TargetAccount account;
	JsonOut out = {0};
	size_t length;

	json_out_begin(&out, NULL);
	json_out_text(&out, "driver_volume_type", "iscsi");
	json_out_bool(&out, "target_discovered", false);
	json_out_text(&out, "target_portal", config->portals[0].text);
	json_out_text(&out, "target_iqn", unit->iqn);
	json_out_int(&out, "target_lun", unit->lun);
	if (config->portal_count > 1)
		out_portals(&out, config, unit);
	if (config->chap) {
		target_account(config, volume, guest->identity, &account);
		json_out_text(&out, "auth_method", "CHAP");
		json_out_text(&out, "auth_username", account.user);
		json_out_text(&out, "auth_password", account.password);
	}
	json_out_text(&out, "volume_id", volume->id);
	json_out_printf(&out, "cleat_identity", "wwid:%s", unit->wwid);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	return arena_strndup(arena, text, length);
}
