/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * POST /volumes/{id}/action: holds (os-reserve and its like), what an admin overrules, flags, and
 * the metadata of the image a volume was made from. Where a body may be anything, it is not read.
 */
#include "api/volume/priv.h"
#include "service/volume-action.h"

typedef struct ResetFields {
	const char *status;
	const char *attach_status;
	const char *migration_status;
} ResetFields;

typedef struct ResetBody {
	const ResetFields *reset;
} ResetBody;

#define RESET_TEXT(member)                                                                         \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = JSON_NULLABLE,                        \
		.max = LIMIT_NAME_CHARS, .offset = offsetof(ResetFields, member)                   \
	}

static const JsonField reset_rows[] = {
	RESET_TEXT(status),
	RESET_TEXT(attach_status),
	RESET_TEXT(migration_status),
};
static const JsonFields reset_fields = JSON_FIELDS(reset_rows, ResetFields);

static const JsonField reset_body_rows[] = {
	{.name = "os-reset_status",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &reset_fields,
	 .offset = offsetof(ResetBody, reset)},
};
static const JsonFields reset_body_fields = JSON_FIELDS(reset_body_rows, ResetBody);

/* The two flags have bodies of one form. */
typedef struct FlagFields {
	bool on;
} FlagFields;

typedef struct FlagBody {
	const FlagFields *flag;
} FlagBody;

#define FLAG_ROW(key)                                                                              \
	{                                                                                          \
		.name = (key), .type = JSON_BOOL_LOOSE, .flags = JSON_REQUIRED | JSON_LETTERS,     \
		.offset = offsetof(FlagFields, on)                                                 \
	}
#define FLAG_BODY_ROW(key, table)                                                                  \
	{                                                                                          \
		.name = (key), .type = JSON_OBJECT, .flags = JSON_REQUIRED, .fields = (table),     \
		.offset = offsetof(FlagBody, flag)                                                 \
	}

static const JsonField bootable_rows[] = {FLAG_ROW("bootable")};
static const JsonFields bootable_fields = JSON_FIELDS(bootable_rows, FlagFields);
static const JsonField bootable_body_rows[] = {FLAG_BODY_ROW("os-set_bootable", &bootable_fields)};
static const JsonFields bootable_body_fields = JSON_FIELDS(bootable_body_rows, FlagBody);

static const JsonField readonly_rows[] = {FLAG_ROW("readonly")};
static const JsonFields readonly_fields = JSON_FIELDS(readonly_rows, FlagFields);
static const JsonField readonly_body_rows[] = {
	FLAG_BODY_ROW("os-update_readonly_flag", &readonly_fields)};
static const JsonFields readonly_body_fields = JSON_FIELDS(readonly_body_rows, FlagBody);

typedef struct ImageMapFields {
	JsonTextMap metadata;
} ImageMapFields;

typedef struct ImageMapBody {
	const ImageMapFields *set;
} ImageMapBody;

static const JsonField image_map_rows[] = {
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .format = JSON_FORMAT_METADATA_PATH,
	 .flags = JSON_REQUIRED,
	 .value_max = LIMIT_NAME_CHARS,
	 .max = LIMIT_METADATA_ITEMS,
	 .offset = offsetof(ImageMapFields, metadata)},
};
static const JsonFields image_map_fields = JSON_FIELDS(image_map_rows, ImageMapFields);

static const JsonField image_map_body_rows[] = {
	{.name = "os-set_image_metadata",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &image_map_fields,
	 .offset = offsetof(ImageMapBody, set)},
};
static const JsonFields image_map_body_fields = JSON_FIELDS(image_map_body_rows, ImageMapBody);

typedef struct ImageKeyFields {
	const char *key;
} ImageKeyFields;

typedef struct ImageKeyBody {
	const ImageKeyFields *unset;
} ImageKeyBody;

static const JsonField image_key_rows[] = {
	{.name = "key",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(ImageKeyFields, key)},
};
static const JsonFields image_key_fields = JSON_FIELDS(image_key_rows, ImageKeyFields);

static const JsonField image_key_body_rows[] = {
	{.name = "os-unset_image_metadata",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &image_key_fields,
	 .offset = offsetof(ImageKeyBody, unset)},
};
static const JsonFields image_key_body_fields = JSON_FIELDS(image_key_body_rows, ImageKeyBody);

static int reply_empty(ApiRequest *r, int k, unsigned status)
{
	if (k)
		return k;
	api_reply(r, status);
	return 0;
}

/* Holds. ------------------------------------------------------------------------------------------
 */

static int reserve(ApiRequest *r, Fault *f)
{
	return reply_empty(r, service_reserve_volume(&r->work, api_param(r, "volume_id"), f), 202);
}

static int unreserve(ApiRequest *r, Fault *f)
{
	return reply_empty(r, service_unreserve_volume(&r->work, api_param(r, "volume_id"), f),
			   202);
}

static int begin_detaching(ApiRequest *r, Fault *f)
{
	return reply_empty(r, service_begin_detaching(&r->work, api_param(r, "volume_id"), f), 202);
}

static int roll_detaching(ApiRequest *r, Fault *f)
{
	return reply_empty(r, service_roll_detaching(&r->work, api_param(r, "volume_id"), f), 202);
}

/* What an admin overrules. ------------------------------------------------------------------------
 */

/* The words that os-reset_status takes, in the order in which a refusal lists them. */
static const char *const statuses[] = {
	"creating",
	"available",
	"deleting",
	"error",
	"error_deleting",
	"error_managing",
	"managing",
	"attaching",
	"in-use",
	"detaching",
	"maintenance",
	"restoring-backup",
	"error_restoring",
	"reserved",
	"awaiting-transfer",
	"backing-up",
	"error_backing-up",
	"error_extending",
	"downloading",
	"uploading",
	"retyping",
	"extending",
	NULL,
};
static const char *const attach_statuses[] = {"attached", "detached", NULL};
static const char *const migration_statuses[] = {"migrating", "error",    "success", "completing",
						 "none",      "starting", NULL};

/* In any case of letters; *ret stays NULL for NULL. False after a 400. */
static bool read_status(ApiRequest *r, const char *what, const char *wish,
			const char *const *choices, const char **ret)
{
	_cleanup_(buf_done) Buf list = {0};

	*ret = NULL;
	if (!wish)
		return true;
	for (const char *const *choice = choices; *choice; choice++) {
		if (str_eq_nocase(*choice, wish)) {
			*ret = *choice;
			return true;
		}
		buf_printf(&list, "%s'%s'", list.length ? ", " : "", *choice);
	}
	(void)api_refuse(r, 400, "%s: %s is invalid, valid statuses are: (%s).", what, wish,
			 buf_text(&list)); /* 0 */
	return false;
}

static int reset_status(ApiRequest *r, Fault *f)
{
	const ResetFields *in = ((const ResetBody *)r->body)->reset;
	VolumeReset reset = {0};

	if (!in->status && !in->attach_status && !in->migration_status)
		return api_refuse(r, 400,
				  "Must specify 'status', 'attach_status' or 'migration_status' "
				  "for update.");
	if (!read_status(r, "Volume status", in->status, statuses, &reset.status) ||
	    !read_status(r, "Volume attach status", in->attach_status, attach_statuses,
			 &reset.attach_status) ||
	    !read_status(r, "Volume migration status", in->migration_status, migration_statuses,
			 &reset.migration_status))
		return 0;
	return reply_empty(r, service_reset_volume(&r->work, api_param(r, "volume_id"), &reset, f),
			   202);
}

static int force_delete(ApiRequest *r, Fault *f)
{
	return reply_empty(
		r,
		service_delete_volume(&r->work, api_param(r, "volume_id"), VOLUME_DELETE_FORCE, f),
		202);
}

/* Flags. ------------------------------------------------------------------------------------------
 */

static int set_bootable(ApiRequest *r, Fault *f)
{
	bool on = ((const FlagBody *)r->body)->flag->on;

	return reply_empty(
		r, service_set_volume_bootable(&r->work, api_param(r, "volume_id"), on, f), 200);
}

static int set_readonly(ApiRequest *r, Fault *f)
{
	bool on = ((const FlagBody *)r->body)->flag->on;

	return reply_empty(
		r, service_set_volume_readonly(&r->work, api_param(r, "volume_id"), on, f), 202);
}

/* Image metadata. ---------------------------------------------------------------------------------
 */

static int reply_map(ApiRequest *r, const char *json)
{
	json_out_begin(&r->out, NULL);
	json_out_raw(&r->out, "metadata", str_empty(json) ? "{}" : json);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int set_image_metadata(ApiRequest *r, Fault *f)
{
	const ImageMapFields *in = ((const ImageMapBody *)r->body)->set;
	const char *json;
	int k = service_set_image_metadata(&r->work, api_param(r, "volume_id"), &in->metadata,
					   &json, f);

	return k ? k : reply_map(r, json);
}

static int show_image_metadata(ApiRequest *r, Fault *f)
{
	Volume *volume;
	int k = service_find_volume(&r->work, api_param(r, "volume_id"), &volume, f);

	return k ? k : reply_map(r, volume->image_metadata);
}

static int unset_image_metadata(ApiRequest *r, Fault *f)
{
	const ImageKeyFields *in = ((const ImageKeyBody *)r->body)->unset;

	return reply_empty(
		r, service_unset_image_metadata(&r->work, api_param(r, "volume_id"), in->key, f),
		200);
}

#define ACTION(key) .method = "POST", .pattern = "/volumes/{volume_id}/action", .action = (key)

static const ApiRoute routes[] = {
	{ACTION("os-reserve"), .policy = "volume_extension:volume_actions:reserve",
	 .rule = API_RULE_MEMBER, .mode = API_WRITE, .handle = reserve},
	{ACTION("os-unreserve"), .policy = "volume_extension:volume_actions:unreserve",
	 .rule = API_RULE_MEMBER, .mode = API_WRITE, .handle = unreserve},
	{ACTION("os-begin_detaching"), .policy = "volume_extension:volume_actions:begin_detaching",
	 .rule = API_RULE_MEMBER, .mode = API_WRITE, .handle = begin_detaching},
	{ACTION("os-roll_detaching"), .policy = "volume_extension:volume_actions:roll_detaching",
	 .rule = API_RULE_MEMBER, .mode = API_WRITE, .handle = roll_detaching},
	{ACTION("os-reset_status"), .policy = "volume_extension:volume_admin_actions:reset_status",
	 .rule = API_RULE_ADMIN, .mode = API_WRITE, .body = &reset_body_fields,
	 .handle = reset_status},
	{ACTION("os-force_delete"), .policy = "volume_extension:volume_admin_actions:force_delete",
	 .rule = API_RULE_ADMIN, .mode = API_WRITE, .handle = force_delete},
	{ACTION("os-set_bootable"), .policy = "volume_extension:volume_actions:set_bootable",
	 .rule = API_RULE_MEMBER, .mode = API_WRITE, .body = &bootable_body_fields,
	 .handle = set_bootable},
	{ACTION("os-update_readonly_flag"), .policy = "volume:update_readonly_flag",
	 .rule = API_RULE_MEMBER, .mode = API_WRITE, .body = &readonly_body_fields,
	 .handle = set_readonly},
	{ACTION("os-set_image_metadata"), .policy = "volume_extension:volume_image_metadata:set",
	 .rule = API_RULE_MEMBER, .mode = API_WRITE, .body = &image_map_body_fields,
	 .handle = set_image_metadata},
	{ACTION("os-show_image_metadata"), .policy = "volume_extension:volume_image_metadata:show",
	 .rule = API_RULE_READER, .mode = API_READ, .handle = show_image_metadata},
	{ACTION("os-unset_image_metadata"),
	 .policy = "volume_extension:volume_image_metadata:remove", .rule = API_RULE_MEMBER,
	 .mode = API_WRITE, .body = &image_key_body_fields, .handle = unset_image_metadata},
};
const ApiRoutes volume_action_routes = API_ROUTES(routes);
