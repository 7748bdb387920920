/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See connection-info.h. What the driver says stands first; members that Cleat adds win.
 */
#include "service/connection-info.h"

#include <inttypes.h>

#include "base/str.h"
#include "service/disk-specs.h"
#include "service/priv.h"
#include "service/shared.h"
#include "service/text-map.h"
#include "json/out.h"

AttachMode attachment_mode(const Volume *volume, AttachMode wish, const Connector *connector)
{
	if (volume->readonly || wish == ATTACH_MODE_RO ||
	    (connector && connector->mode == ATTACH_MODE_RO))
		return ATTACH_MODE_RO;
	return ATTACH_MODE_RW;
}

static bool is_listed(const char *const *list, const char *name)
{
	while (*list && !str_eq(*list, name))
		list++;
	return *list != NULL;
}

/* Members of `doc` but those named in `without`, into the object that is open. */
static void copy_members(Arena *arena, JsonOut *out, const JsonDoc *doc, const char *const *without)
{
	size_t count = json_member_count(doc);

	for (size_t i = 0; i < count; i++) {
		const char *name = json_member_name(arena, doc, i);

		if (!is_listed(without, name))
			json_out_raw(out, name, json_get_raw_at(arena, doc, "", i));
	}
}

static const char *taken(Arena *arena, JsonOut *out)
{
	_cleanup_(freep) char *text = NULL;
	size_t length;

	text = json_out_take(out, &length);
	return arena_strndup(arena, text, length);
}

/* A JSON object of ours, or of a driver, which is trusted. */
static JsonDoc *parse_own(Arena *arena, const char *json)
{
	JsonDoc *doc = NULL;
	int r = json_parse(arena, json, strlen(json), &doc, NULL);

	assert(r == 0 && json_is_object(doc));
	(void)r; /* unused with NDEBUG */
	return doc;
}

/* Quality of service. -----------------------------------------------------------------------------
 */

/* What is bounded; "<name>_per_gb" makes it grow with the volume. */
static const char *const bounded[] = {
	"read_iops_sec",   "read_bytes_sec", "write_iops_sec",
	"write_bytes_sec", "total_iops_sec", "total_bytes_sec",
};

static bool spec_number(Arena *arena, const char *specs, const char *key, int64_t *ret)
{
	const char *text = text_map_value(arena, specs, key);

	return text && str_parse_i64(text, ret);
}

/* Whether the spec is a bound that grows with the volume; then *ret is the bound. */
static bool scaled_bound(Arena *arena, const char *specs, const char *name, int64_t size_gib,
			 int64_t *ret)
{
	int64_t each, least, most;

	if (!spec_number(arena, specs, arena_printf(arena, "%s_per_gb", name), &each) ||
	    __builtin_mul_overflow(each, size_gib, ret))
		return false;
	if (spec_number(arena, specs, arena_printf(arena, "%s_per_gb_min", name), &least))
		*ret = MAX(*ret, least);
	if (spec_number(arena, specs, arena_printf(arena, "%s_max", name), &most))
		*ret = MIN(*ret, most);
	return true;
}

/* A spec that a scaled bound has taken the place of. */
static bool is_replaced(Arena *arena, const char *key, const char *const *scaled)
{
	static const char *const ends[] = {"", "_per_gb", "_per_gb_min", "_max"};

	for (; *scaled; scaled++)
		for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
			if (str_eq(key, arena_printf(arena, "%s%s", *scaled, ends[i])))
				return true;
	return false;
}

static void print_specs(Work *work, JsonOut *out, const char *specs, int64_t size_gib)
{
	const char *scaled[ARRAY_SIZE(bounded) + 1] = {NULL};
	JsonTextMap map = json_text_map(work->arena, specs);
	size_t count = 0;
	int64_t bound;

	json_out_begin(out, "qos_specs");
	for (size_t i = 0; i < ARRAY_SIZE(bounded); i++) {
		if (!scaled_bound(work->arena, specs, bounded[i], size_gib, &bound))
			continue;
		json_out_int(out, bounded[i], bound);
		scaled[count++] = bounded[i];
	}
	for (size_t i = 0; i < map.count; i++)
		if (!is_replaced(work->arena, map.pairs[i].key, scaled))
			json_out_text(out, map.pairs[i].key, map.pairs[i].value);
	json_out_end(out);
}

/* What the host has to see to; a consumer "back-end" is the backend's own matter. */
static int out_qos(Work *work, JsonOut *out, const Volume *volume, const char *qos_id, Fault *f)
{
	QosSpec *qos;
	int r = RECORD_NOT_FOUND;

	if (qos_id)
		r = qos_spec_get(work->tx, work->arena, qos_id, &qos, f);
	if (r < 0)
		return r;
	if (r || str_eq(qos->consumer, "back-end") || str_empty(qos->specs))
		json_out_null(out, "qos_specs");
	else
		print_specs(work, out, qos->specs, volume->size_gib);
	return 0;
}

/* The whole. --------------------------------------------------------------------------------------
 */

static int out_type(Work *work, JsonOut *out, const Volume *volume, const JsonDoc *driver, Fault *f)
{
	static const VolumeType no_type = {0};
	VolumeType *found;
	const VolumeType *type;
	int r = volume_type_get(work->tx, work->arena, volume->type_id, &found, f);

	if (r < 0)
		return r;
	type = r ? &no_type : found;
	json_out_bool(
		out, "cacheable",
		str_eq(text_map_value(work->arena, type->extra_specs, "cacheable"), "<is> True"));
	disk_specs_print(work->arena, out, type->extra_specs, driver);
	return out_qos(work, out, volume, type->qos_id, f);
}

int connection_info_make(Work *work, const Volume *volume, const Connector *connector,
			 Attachment *attachment, Fault *f)
{
	static const char *const ours[] = {
		"attachment_id", "enforce_multipath",  "access_mode",         "encrypted",
		"cacheable",     "qos_specs",          "cache_mode",          "io_mode",
		"discard",       "logical_block_size", "physical_block_size", NULL,
	};
	_cleanup_(json_doc_freep) JsonDoc *driver = NULL;
	JsonOut out = {0};
	const char *json;
	int r;

	r = backend_connection_info(work->settings->backend, volume, attachment, work->arena, &json,
				    f);
	if (r)
		return fault_unexpected(f, r);
	driver = parse_own(work->arena, json);
	json_out_begin(&out, NULL);
	copy_members(work->arena, &out, driver, ours);
	json_out_text(&out, "attachment_id", attachment->id);
	json_out_bool(&out, "enforce_multipath", connector->enforce_multipath);
	json_out_text(&out, "access_mode", attachment->mode == ATTACH_MODE_RO ? "ro" : "rw");
	json_out_bool(&out, "encrypted", false); /* no volume is */
	r = out_type(work, &out, volume, driver, f);
	if (r) {
		json_out_done(&out);
		return r;
	}
	json_out_end(&out);
	attachment->connection_info = taken(work->arena, &out);
	attachment->connection_key = shared_connection_key(work->arena, driver, connector);
	return 0;
}

const char *connection_info_nested(Arena *arena, const char *flat)
{
	static const char *const beside[] = {"driver_volume_type", "attachment_id",
					     "mount_point_base", NULL};
	_cleanup_(json_doc_freep) JsonDoc *doc = parse_own(arena, flat);
	const char *base = json_get_text(arena, doc, "mount_point_base");
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	json_out_text(&out, "driver_volume_type", json_get_text(arena, doc, "driver_volume_type"));
	json_out_bool(&out, "enforce_multipath", json_get_bool(doc, "enforce_multipath", false));
	if (base)
		json_out_text(&out, "mount_point_base", base);
	json_out_begin(&out, "data");
	copy_members(arena, &out, doc, beside);
	json_out_end(&out);
	json_out_end(&out);
	return taken(arena, &out);
}

const char *connection_info_redacted(Arena *arena, const char *flat)
{
	static const char *const secrets[] = {"auth_password", "discovery_auth_password", "keyring",
					      NULL};
	_cleanup_(json_doc_freep) JsonDoc *doc = parse_own(arena, flat);
	JsonOut out = {0};

	json_out_begin(&out, NULL);
	copy_members(arena, &out, doc, secrets);
	json_out_end(&out);
	return taken(arena, &out);
}
