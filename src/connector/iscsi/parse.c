/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * connection_info to IscsiInfo. Nothing of what it says is used elsewhere but what is checked here:
 * names and portals by their alphabets, LUNs by their range, secrets by what a node record can hold
 * in one line. Members that nobody asked for are left alone.
 */
#include <ctype.h>

#include "base/str.h"
#include "connector/iscsi/priv.h"
#include "json/json.h"

/* As it comes. */
typedef struct Wire {
	const char *type;
	const char *portal;
	const char *iqn;
	int64_t lun;
	JsonList portals;
	JsonList iqns;
	JsonList luns;
	const char *auth_method;
	const char *username;
	const char *password;
	const char *username_in;
	const char *password_in;
	const char *find_method;
	const char *find_username;
	const char *find_password;
	const char *addressing_mode;
	const char *access_mode;
	const char *identity;
} Wire;

#define TEXT(key, member_, max_)                                                                   \
	{                                                                                          \
		.name = key, .type = JSON_TEXT, .flags = JSON_NULLABLE,                            \
		.offset = offsetof(Wire, member_), .max = max_,                                    \
	}
#define TEXTS(key, member_)                                                                        \
	{                                                                                          \
		.name = key, .type = JSON_LIST, .flags = JSON_NULLABLE,                            \
		.offset = offsetof(Wire, member_), .max = ISCSI_TARGET_MAX, .item = JSON_TEXT,     \
		.value_max = 300,                                                                  \
	}

static const JsonField rows[] = {
	TEXT("driver_volume_type", type, 64),
	TEXT("target_portal", portal, 300),
	TEXT("target_iqn", iqn, ISCSI_NAME_MAX),
	{
		.name = "target_lun",
		.type = JSON_INT_LOOSE,
		.flags = JSON_NULLABLE,
		.offset = offsetof(Wire, lun),
		.max = INT64_MAX,
	},
	TEXTS("target_portals", portals),
	TEXTS("target_iqns", iqns),
	{
		.name = "target_luns",
		.type = JSON_LIST,
		.flags = JSON_NULLABLE,
		.offset = offsetof(Wire, luns),
		.max = ISCSI_TARGET_MAX,
		.item = JSON_INT,
	},
	TEXT("auth_method", auth_method, 16),
	TEXT("auth_username", username, ISCSI_SECRET_MAX),
	TEXT("auth_password", password, ISCSI_SECRET_MAX),
	TEXT("auth_username_in", username_in, ISCSI_SECRET_MAX),
	TEXT("auth_password_in", password_in, ISCSI_SECRET_MAX),
	TEXT("discovery_auth_method", find_method, 16),
	TEXT("discovery_auth_username", find_username, ISCSI_SECRET_MAX),
	TEXT("discovery_auth_password", find_password, ISCSI_SECRET_MAX),
	TEXT("addressing_mode", addressing_mode, 64),
	TEXT("access_mode", access_mode, 16),
	TEXT("cleat_identity", identity, 128),
};

static int refuse(ConnectorCall *call, const char *format, ...) _printf_(2, 3);

static int refuse(ConnectorCall *call, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	call->why = arena_vprintf(call->arena, format, ap);
	va_end(ap);
	return CONNECTOR_BAD_INFO;
}

/* LUNs as the kernel counts them, of an array that presents them in flat form. */
static int translate_lun(ConnectorCall *call, const char *mode, int64_t lun, int64_t *ret)
{
	bool is_sam2 = str_eq(mode, "SAM2");
	bool is_flat = str_eq(mode, "SAM3-flat");

	if (mode && !is_sam2 && !is_flat && !str_eq(mode, "SAM") && !str_eq(mode, "transparent"))
		return refuse(call, "addressing_mode is not one that is known");
	if (lun < 0 || ((is_sam2 || is_flat) && lun > ISCSI_LUN_FLAT_MAX))
		return refuse(call, "target_lun %jd is out of range", (intmax_t)lun);
	*ret = lun + (is_flat || (is_sam2 && lun >= 256) ? ISCSI_LUN_FLAT_MAX + 1 : 0);
	return 0;
}

static bool same_target(const IscsiTarget *a, const IscsiTarget *b)
{
	return a->port == b->port && a->lun == b->lun && str_eq(a->iqn, b->iqn) &&
	       str_eq(a->address, b->address);
}

/* A target given twice is one. */
static int add_target(ConnectorCall *call, const char *portal, const char *iqn, int64_t lun,
		      const Wire *wire, IscsiInfo *info)
{
	IscsiTarget *target = &info->targets[info->target_count];
	int r = translate_lun(call, wire->addressing_mode, lun, &target->lun);

	if (r)
		return r;
	if (!iscsi_is_name(iqn))
		return refuse(call, "target_iqn is not the name of an iSCSI target");
	if (!iscsi_portal_parse(call->arena, portal, &target->address, &target->port))
		return refuse(call, "target_portal is not an address and a port");
	target->iqn = iqn;
	for (size_t i = 0; i < info->target_count; i++)
		if (same_target(target, &info->targets[i]))
			return 0;
	info->target_count++;
	return 0;
}

static int add_targets(ConnectorCall *call, const Wire *wire, IscsiInfo *info)
{
	const char *const *portals = wire->portals.items;
	const char *const *iqns = wire->iqns.items;
	const int64_t *luns = wire->luns.items;
	size_t count = wire->portals.count;
	int r = 0;

	if (wire->iqns.count != count || (wire->luns.count && wire->luns.count != count))
		return refuse(call, "target_portals, target_iqns and target_luns have not the same "
				    "length");
	info->targets = ARENA_ARRAY(call->arena, IscsiTarget, count);
	for (size_t i = 0; i < count && r == 0; i++)
		r = add_target(call, portals[i], iqns[i], wire->luns.count ? luns[i] : wire->lun,
			       wire, info);
	return r;
}

/* Lists count when both are there; otherwise it is the single portal. */
static int read_targets(ConnectorCall *call, const Wire *wire, IscsiInfo *info)
{
	if (wire->portals.count && wire->iqns.count)
		return add_targets(call, wire, info);
	if (!wire->portal || !wire->iqn)
		return refuse(call, "it has no %s", wire->portal ? "target_iqn" : "target_portal");
	info->discover = true;
	info->targets = ARENA_NEW(call->arena, IscsiTarget);
	return add_target(call, wire->portal, wire->iqn, wire->lun, wire, info);
}

/* One line of a record, of which open-iscsi takes the blanks off. */
static bool is_secret(const char *text)
{
	if (str_empty(text) || strlen(text) > ISCSI_SECRET_MAX || text[0] == ' ' ||
	    str_ends(text, " "))
		return false;
	for (const char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			return false;
	return true;
}

/* Whether there is a secret to be used. Records keep none; nor is there a login by one. */
static bool wants_chap(const ConnectorCall *call, const char *method, const char *password)
{
	return method && !str_eq(method, "None") && !(call->stored && !password);
}

static int read_chap(ConnectorCall *call, const Wire *wire, IscsiInfo *info)
{
	if (!wants_chap(call, wire->auth_method, wire->password))
		return 0;
	if (!str_eq_nocase(wire->auth_method, "CHAP"))
		return refuse(call, "auth_method is not CHAP");
	if (!is_secret(wire->username) || !is_secret(wire->password))
		return refuse(call, "auth_username or auth_password cannot be used");
	info->chap = (IscsiChap){wire->username, wire->password};
	if (!wire->username_in && !wire->password_in)
		return 0;
	if (!is_secret(wire->username_in) || !is_secret(wire->password_in))
		return refuse(call, "auth_username_in or auth_password_in cannot be used");
	info->chap_in = (IscsiChap){wire->username_in, wire->password_in};
	return 0;
}

static int read_chap_of_discovery(ConnectorCall *call, const Wire *wire, IscsiInfo *info)
{
	if (!wants_chap(call, wire->find_method, wire->find_password))
		return 0;
	if (!str_eq_nocase(wire->find_method, "CHAP"))
		return refuse(call, "discovery_auth_method is not CHAP");
	if (!is_secret(wire->find_username) || !is_secret(wire->find_password))
		return refuse(call, "discovery_auth_username or discovery_auth_password cannot be "
				    "used");
	info->chap_find = (IscsiChap){wire->find_username, wire->find_password};
	return 0;
}

static int read_rest(ConnectorCall *call, const Wire *wire, IscsiInfo *info)
{
	const char *wwid = str_after(wire->identity, "wwid:");

	if (wire->identity) {
		if (str_empty(wwid))
			return refuse(call, "cleat_identity is not the WWID of a SCSI device");
		for (const char *c = wwid; *c; c++)
			if (!isalnum((unsigned char)*c) && !strchr("._-:", *c))
				return refuse(call, "cleat_identity is not the WWID of a SCSI "
						    "device");
	}
	info->identity = wire->identity;
	info->readonly = str_eq(wire->access_mode, "ro");
	info->iser = str_eq(wire->type, "iser");
	return 0;
}

int iscsi_parse(ConnectorCall *call, const char *info, void **ret, Fault *f)
{
	const JsonFields fields = {rows, ARRAY_SIZE(rows), sizeof(Wire), .open = true};
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	IscsiInfo *read = ARENA_NEW(call->arena, IscsiInfo);
	JsonProblem problem;
	const char *reason;
	void *wire;
	int r;

	(void)f; /* reading cannot break, only refuse */
	if (json_parse(call->arena, info, strlen(info), &doc, &reason))
		return refuse(call, "it is not JSON: %s", reason);
	if (!json_is_object(doc))
		return refuse(call, "it is not an object");
	/* What a value was is not told: it may be a secret. */
	if (json_decode(call->arena, doc, &fields, 0, &wire, &problem))
		return refuse(call, "%s is not as it must be", problem.path);
	r = read_targets(call, wire, read);
	if (r == 0)
		r = read_chap(call, wire, read);
	if (r == 0)
		r = read_chap_of_discovery(call, wire, read);
	if (r == 0)
		r = read_rest(call, wire, read);
	if (r == 0)
		*ret = read;
	return r;
}

const char *iscsi_target(ConnectorCall *call, const void *info)
{
	const IscsiInfo *iscsi = info;
	const char *first = iscsi->targets[0].iqn;

	for (size_t i = 1; i < iscsi->target_count; i++)
		if (strcmp(iscsi->targets[i].iqn, first) < 0)
			first = iscsi->targets[i].iqn;
	return arena_printf(call->arena, "iscsi:%s", first);
}
