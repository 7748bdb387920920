/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Shares: show, create, update, delete. Bodies may hold members that nobody knows, and clients send
 * null for what their users left out.
 */
#include <inttypes.h>

#include "api/share/priv.h"
#include "service/share.h"

typedef struct CreateShare {
	const char *protocol;
	const char *size; /* JSON of a number or of a string of digits */
	const char *name;
	const char *display_name;
	const char *description;
	const char *display_description;
	const char *share_type;
	const char *volume_type;
	const char *snapshot_id;
	const char *is_public; /* JSON of a boolean or of a word for one */
	const char *network_id;
	const char *group_id;
	const char *availability_zone;
	const char *mount_point_name;
	const void *hints; /* there is one place for a share: nothing to hint at */
	JsonTextMap metadata;
} CreateShare;

#define NULLABLE_TEXT(key, member, first)                                                          \
	{                                                                                          \
		.name = (key), .type = JSON_TEXT, .flags = JSON_NULLABLE, .max = LIMIT_NAME_CHARS, \
		.since = (first), .offset = offsetof(CreateShare, member)                          \
	}

static const JsonField create_rows[] = {
	{.name = "share_proto",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateShare, protocol)},
	{.name = "size", .type = JSON_ANY, .offset = offsetof(CreateShare, size)},
	NULLABLE_TEXT("name", name, 0),
	NULLABLE_TEXT("display_name", display_name, 0),
	NULLABLE_TEXT("description", description, 0),
	NULLABLE_TEXT("display_description", display_description, 0),
	NULLABLE_TEXT("share_type", share_type, 0),
	NULLABLE_TEXT("volume_type", volume_type, 0),
	NULLABLE_TEXT("snapshot_id", snapshot_id, 0),
	{.name = "is_public",
	 .type = JSON_ANY,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(CreateShare, is_public)},
	NULLABLE_TEXT("share_network_id", network_id, 0),
	NULLABLE_TEXT("share_group_id", group_id, V(31)),
	NULLABLE_TEXT("availability_zone", availability_zone, V(1)),
	NULLABLE_TEXT("mount_point_name", mount_point_name, V(84)),
	{.name = "scheduler_hints",
	 .type = JSON_OBJECT,
	 .flags = JSON_NULLABLE,
	 .since = V(65),
	 .fields = &api_any_object,
	 .offset = offsetof(CreateShare, hints)},
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(CreateShare, metadata)},
};
static const JsonFields create_fields = {
	.rows = create_rows,
	.count = ARRAY_SIZE(create_rows),
	.size = sizeof(CreateShare),
	.open = true,
};

typedef struct UpdateShare {
	const char *name;
	const char *description;
	const char *is_public; /* JSON */
	bool has_name;
	bool has_description;
} UpdateShare;

static const JsonField update_rows[] = {
	{.name = "display_name",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(UpdateShare, name),
	 .present = JSON_PRESENT(UpdateShare, has_name)},
	{.name = "display_description",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(UpdateShare, description),
	 .present = JSON_PRESENT(UpdateShare, has_description)},
	{.name = "is_public",
	 .type = JSON_ANY,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(UpdateShare, is_public)},
};
static const JsonFields update_fields = {
	.rows = update_rows,
	.count = ARRAY_SIZE(update_rows),
	.size = sizeof(UpdateShare),
	.open = true,
};

static int share_show(ApiRequest *r, Fault *f)
{
	Share *share;
	int k = service_find_share(&r->work, api_param(r, "share_id"), &share, f);

	return share_reply_share(r, k, share, f);
}

/*
 * The size of a share: a number or a string of digits; 0 when none is given, which a snapshot makes
 * good. False after a 400.
 */
static bool read_size(ApiRequest *r, const CreateShare *wish, int64_t *ret)
{
	const char *text = wish->size ? wish->size : "None";
	size_t length = strlen(text);

	*ret = 0;
	if ((!wish->size || str_eq(text, "null")) && wish->snapshot_id)
		return true;
	if (*text == '"' && length >= 2)
		text = arena_strndup(r->arena, text + 1, length - 2);
	if (str_parse_i64(text, ret) && *ret >= 1 && *ret <= INT32_MAX)
		return true;
	(void)api_refuse(r, 400,
			 "Invalid input received: Share size '%s' must be an integer and greater "
			 "than 0.",
			 text); /* 0 */
	return false;
}

/* There are no share networks and no groups: none can be found. False after a reply. */
static bool check_absent(ApiRequest *r, const CreateShare *wish)
{
	if (wish->network_id)
		(void)api_refuse(r, 404, "Share network %s could not be found.",
				 wish->network_id); /* 0 */
	else if (wish->group_id)
		(void)api_refuse(r, 404, "Share group %s could not be found.",
				 wish->group_id); /* 0 */
	else if (wish->share_type && wish->volume_type)
		(void)api_refuse(r, 400, "Cannot specify both share_type and volume_type"); /* 0 */
	else
		return true;
	return false;
}

static int share_create(ApiRequest *r, Fault *f)
{
	const CreateShare *in;
	ShareWish wish;
	Share *share;
	void *body;
	int k;

	if (!share_read_wrapped(r, "share", &create_fields, &body))
		return 0;
	in = body;
	wish = (ShareWish){
		.protocol = in->protocol,
		.name = in->name ? in->name : in->display_name,
		.description = in->description ? in->description : in->display_description,
		.type = in->share_type ? in->share_type : in->volume_type,
		.snapshot_id = in->snapshot_id,
		.availability_zone = in->availability_zone,
		.mount_point_name = in->mount_point_name,
		.metadata = &in->metadata,
	};
	if (!check_absent(r, in) || !read_size(r, in, &wish.size_gib))
		return 0;
	if (in->is_public && !share_read_bool(r, in->is_public, &wish.is_public))
		return 0;
	k = service_create_share(&r->work, &wish, &share, f);
	return share_reply_share(r, k, share, f);
}

static int share_update_handler(ApiRequest *r, Fault *f)
{
	const UpdateShare *in;
	ShareChange change;
	Share *share;
	void *body;
	int k;

	if (!share_read_wrapped(r, "share", &update_fields, &body))
		return 0;
	in = body;
	change = (ShareChange){
		.name = in->name,
		.description = in->description,
		.has_name = in->has_name,
		.has_description = in->has_description,
		.has_is_public = in->is_public,
	};
	if (in->is_public && !share_read_bool(r, in->is_public, &change.is_public))
		return 0;
	k = service_change_share(&r->work, api_param(r, "share_id"), &change, &share, f);
	return share_reply_share(r, k, share, f);
}

static int share_remove(ApiRequest *r, Fault *f)
{
	return share_reply_accepted(
		r, service_delete_share(&r->work, api_param(r, "share_id"), false, f));
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/shares/{share_id}",
	 .policy = "share:get",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = share_show},
	{.method = "POST",
	 .pattern = "/shares",
	 .policy = "share:create",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &api_any_object,
	 .handle = share_create},
	{.method = "PUT",
	 .pattern = "/shares/{share_id}",
	 .policy = "share:update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .body = &api_any_object,
	 .handle = share_update_handler},
	{.method = "DELETE",
	 .pattern = "/shares/{share_id}",
	 .policy = "share:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .handle = share_remove},
};
const ApiRoutes share_share_routes = API_ROUTES(routes);
