/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What admins do with shares that others made, or are to keep: manage and unmanage. The size that a
 * managed share has from then on is said in driver_options.
 */
#include "api/share/priv.h"
#include "service/share.h"

enum { PATH_CHARS = 4096 };

typedef struct ManageShare {
	const char *host;
	const char *export_path;
	const char *protocol;
	const char *share_type;
	const char *name;
	const char *display_name;
	const char *description;
	const char *display_description;
	const char *is_public; /* JSON of a boolean or of a word for one */
	JsonTextMap options;
} ManageShare;

#define REQUIRED_TEXT(key, member)                                                                 \
	{                                                                                          \
		.name = (key), .type = JSON_TEXT, .flags = JSON_REQUIRED, .max = PATH_CHARS,       \
		.offset = offsetof(ManageShare, member)                                            \
	}
#define NULLABLE_TEXT(key, member)                                                                 \
	{                                                                                          \
		.name = (key), .type = JSON_TEXT, .flags = JSON_NULLABLE, .max = LIMIT_NAME_CHARS, \
		.offset = offsetof(ManageShare, member)                                            \
	}

static const JsonField manage_rows[] = {
	REQUIRED_TEXT("service_host", host),
	REQUIRED_TEXT("export_path", export_path),
	REQUIRED_TEXT("protocol", protocol),
	NULLABLE_TEXT("share_type", share_type),
	NULLABLE_TEXT("name", name),
	NULLABLE_TEXT("display_name", display_name),
	NULLABLE_TEXT("description", description),
	NULLABLE_TEXT("display_description", display_description),
	{.name = "is_public",
	 .type = JSON_ANY,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(ManageShare, is_public)},
	{.name = "driver_options",
	 .type = JSON_TEXT_MAP,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(ManageShare, options)},
};
static const JsonFields manage_fields = {
	.rows = manage_rows,
	.count = ARRAY_SIZE(manage_rows),
	.size = sizeof(ManageShare),
	.open = true,
};

/* 0: it does not say. */
static int64_t size_of(const JsonTextMap *options)
{
	int64_t size = 0;

	for (size_t i = 0; i < options->count; i++)
		if (str_eq(options->pairs[i].key, "size") &&
		    (!str_parse_i64(options->pairs[i].value, &size) || size > INT32_MAX))
			return 0;
	return size;
}

static int share_manage(ApiRequest *r, Fault *f)
{
	const ManageShare *in;
	ShareManageWish wish;
	Share *share;
	void *body;
	int k;

	if (!share_read_wrapped(r, "share", &manage_fields, &body))
		return 0;
	in = body;
	wish = (ShareManageWish){
		.host = in->host,
		.export_path = in->export_path,
		.protocol = in->protocol,
		.type = in->share_type,
		.name = in->name ? in->name : in->display_name,
		.description = in->description ? in->description : in->display_description,
		.size_gib = size_of(&in->options),
	};
	if (in->is_public && !share_read_bool(r, in->is_public, &wish.is_public))
		return 0;
	k = service_manage_share(&r->work, &wish, &share, f);
	return share_reply_share(r, k, share, f);
}

static int share_unmanage(ApiRequest *r, Fault *f)
{
	return share_reply_accepted(r,
				    service_unmanage_share(&r->work, api_param(r, "share_id"), f));
}

#define ADMINS(name, what)                                                                         \
	.method = "POST", .policy = (name), .rule = API_RULE_ADMIN, .mode = API_WRITE,             \
	.handle = (what)

static const ApiRoute routes[] = {
	{ADMINS("share:manage", share_manage), .pattern = "/shares/manage", .body = &api_any_object,
	 .since = SHARE_PLAIN},
	{ADMINS("share:manage", share_manage), .pattern = "/os-share-manage",
	 .body = &api_any_object, .until = SHARE_PREFIXED},
	{ADMINS("share:unmanage", share_unmanage), .pattern = "/shares/{share_id}/action",
	 .action = "unmanage", .since = SHARE_PLAIN},
	{ADMINS("share:unmanage", share_unmanage),
	 .pattern = "/os-share-unmanage/{share_id}/unmanage", .body = &api_any_object,
	 .until = SHARE_PREFIXED},
};
const ApiRoutes share_manage_routes = API_ROUTES(routes);
