/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Access rules: allowed and denied as actions on a share, which up to 2.6 have "os-" before their
 * names; since 2.45 listed, shown and changed as a resource. Whom a hidden rule names, and with
 * which key, is hidden in every answer but the one to who made it.
 */
#include "api/share/list.h"
#include "service/share-access.h"
#include "service/share.h"

#define HIDDEN "******"

/* --- replies --- */

typedef struct RuleView {
	ShareRule rule;
	const char *old_state; /* up to 2.27 all rules of a share have one */
} RuleView;

enum { AUDIENCE_SINGLE = 1 << 0 }; /* the answer is about one rule */

#define TEXT(key, member)                                                                          \
	.name = (key), .type = JSON_OUT_TEXT, .offset = offsetof(RuleView, rule.member)

static const JsonOutField reply[] = {
	{TEXT("id", id)},
	{TEXT("share_id", share_id), .audience = AUDIENCE_SINGLE},
	{.name = "access_type",
	 .type = JSON_OUT_ENUM,
	 .offset = offsetof(RuleView, rule.type),
	 .names = &share_access_type_names},
	{TEXT("access_to", access_to)},
	{.name = "access_level",
	 .type = JSON_OUT_ENUM,
	 .offset = offsetof(RuleView, rule.level),
	 .names = &share_access_level_names},
	{.name = "state",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(RuleView, old_state),
	 .until = V(27)},
	{.name = "state",
	 .type = JSON_OUT_ENUM,
	 .offset = offsetof(RuleView, rule.state),
	 .names = &share_rule_state_names,
	 .since = V(28)},
	{TEXT("access_key", access_key), .since = V(21)},
	{.name = "created_at",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(RuleView, rule.created_us),
	 .since = V(33)},
	{.name = "updated_at",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(RuleView, rule.updated_us),
	 .since = V(33)},
	{.name = "metadata",
	 .type = JSON_OUT_MAP,
	 .offset = offsetof(RuleView, rule.metadata),
	 .since = V(45)},
};

static const char *old_state(const Share *share)
{
	return share->rules_status == SHARE_RULES_SYNCING
		       ? "new"
		       : enum_name(&share_rules_status_names, share->rules_status);
}

static void out_rule(ApiRequest *r, const char *key, const ShareRule *rule, const Share *share,
		     bool hidden)
{
	const JsonOutView view = {.version = r->version, .audience = key ? AUDIENCE_SINGLE : 0};
	RuleView shown = {.rule = *rule, .old_state = old_state(share)};

	if (hidden)
		shown.rule.access_to = HIDDEN;
	if (hidden && shown.rule.access_key)
		shown.rule.access_key = HIDDEN;
	json_out_begin(&r->out, key);
	json_out_fields(&r->out, reply, ARRAY_SIZE(reply), &shown, &view);
	json_out_end(&r->out);
}

static int reply_rule(ApiRequest *r, const ShareRule *rule, bool hidden, Fault *f)
{
	Share *share;
	int k = share_get(r->work.tx, r->arena, rule->share_id, &share, f);

	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	out_rule(r, "access", rule, share, hidden);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int reply_seen(ApiRequest *r, const ShareRule *rule, Fault *f)
{
	bool hidden;
	int k = service_share_rule_is_hidden(&r->work, rule, &hidden, f);

	return k ? k : reply_rule(r, rule, hidden, f);
}

/* --- allow and deny --- */

typedef struct AllowFields {
	const char *type;
	const char *to;
	const char *level;
	JsonTextMap metadata;
	bool lock_visibility;
	bool lock_deletion;
	const char *lock_reason;
} AllowFields;

typedef struct AllowBody {
	const AllowFields *wish;
} AllowBody;

#define LOCK_FLAG(key)                                                                             \
	{                                                                                          \
		.name = #key, .type = JSON_BOOL_LOOSE, .flags = JSON_NULLABLE | JSON_LETTERS,      \
		.since = V(82), .offset = offsetof(AllowFields, key)                               \
	}

static const JsonField allow_rows[] = {
	{.name = "access_type",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(AllowFields, type)},
	{.name = "access_to",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(AllowFields, to)},
	{.name = "access_level",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(AllowFields, level)},
	{.name = "metadata",
	 .type = JSON_TEXT_MAP,
	 .flags = JSON_NULLABLE,
	 .since = V(45),
	 .offset = offsetof(AllowFields, metadata)},
	LOCK_FLAG(lock_visibility),
	LOCK_FLAG(lock_deletion),
	{.name = "lock_reason",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .max = 1023,
	 .since = V(82),
	 .offset = offsetof(AllowFields, lock_reason)},
};
static const JsonFields allow_fields = JSON_FIELDS(allow_rows, AllowFields);

typedef struct DenyFields {
	const char *access_id;
	bool unrestrict;
} DenyFields;

typedef struct DenyBody {
	const DenyFields *wish;
} DenyBody;

static const JsonField deny_rows[] = {
	{.name = "access_id",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(DenyFields, access_id)},
	{.name = "unrestrict",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_NULLABLE | JSON_LETTERS,
	 .since = V(82),
	 .offset = offsetof(DenyFields, unrestrict)},
};
static const JsonFields deny_fields = JSON_FIELDS(deny_rows, DenyFields);

SHARE_ACTION_BODY(allow_body, "allow_access", AllowBody, allow_fields);
SHARE_ACTION_BODY(os_allow_body, "os-allow_access", AllowBody, allow_fields);
SHARE_ACTION_BODY(deny_body, "deny_access", DenyBody, deny_fields);
SHARE_ACTION_BODY(os_deny_body, "os-deny_access", DenyBody, deny_fields);

static int refuse_level(ApiRequest *r, const char *level)
{
	return api_refuse(r, 400, "Invalid access rule: Invalid share access level: %s.", level);
}

static int rule_allow(ApiRequest *r, Fault *f)
{
	const AllowFields *in = ((const AllowBody *)r->body)->wish;
	const bool cephx = r->version >= V(13);
	int type = enum_value(&share_access_type_names, in->type);
	int level = in->level ? enum_value(&share_access_level_names, in->level) : SHARE_ACCESS_RW;
	ShareAccessWish wish = {
		.to = in->to,
		.ipv4_only = r->version < V(38),
		.metadata = &in->metadata,
		.lock_visibility = in->lock_visibility,
		.lock_deletion = in->lock_deletion,
		.lock_reason = in->lock_reason,
	};
	ShareRule *rule;
	int k;

	if (type < 0 || (type == SHARE_ACCESS_CEPHX && !cephx))
		return api_refuse(r, 400, "Only 'ip', 'user',%s access types are supported.",
				  cephx ? " 'cert' or 'cephx'" : " and 'cert'");
	if (level < 0)
		return refuse_level(r, in->level);
	wish.type = (ShareAccessType)type;
	wish.level = (ShareAccessLevel)level;
	k = service_allow_share_access(&r->work, api_param(r, "share_id"), &wish, &rule, f);
	return k ? k : reply_rule(r, rule, false, f);
}

static int rule_deny(ApiRequest *r, Fault *f)
{
	const DenyFields *in = ((const DenyBody *)r->body)->wish;

	return share_reply_accepted(r, service_deny_share_access(&r->work, api_param(r, "share_id"),
								 in->access_id, in->unrestrict, f));
}

/* --- lists --- */

/* By whom or by which key rules are filtered says whom they name: hidden ones are left out. */
static bool tells(const ApiRequest *r)
{
	return r->version >= V(82) && (api_query(r, "access_to") || api_query(r, "access_key"));
}

static int out_rules(ApiRequest *r, const Share *share, ShareRule *const *rules, size_t count,
		     Fault *f)
{
	int k = 0;

	json_out_list_begin(&r->out, "access_list");
	for (size_t i = 0; !k && i < count; i++) {
		bool hidden;

		k = service_share_rule_is_hidden(&r->work, rules[i], &hidden, f);
		if (!k && !(hidden && tells(r)))
			out_rule(r, NULL, rules[i], share, hidden);
	}
	json_out_list_end(&r->out);
	return k;
}

static int rules_of_share(ApiRequest *r, Fault *f)
{
	ShareRule **rules;
	Share *share;
	size_t count;
	int k;

	k = service_find_own_share(&r->work, api_param(r, "share_id"), &share, f);
	if (k)
		return k;
	k = share_rules_of(r->work.tx, r->arena, share->id, &rules, &count, f);
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	k = out_rules(r, share, rules, count, f);
	json_out_end(&r->out);
	if (!k)
		api_reply(r, 200);
	return k;
}

static int add_target(ApiRequest *r, RecordQuery *query, const char *value, Fault *f _unused_)
{
	if (!api_query(r, "access_type")) {
		r->work.refused = (RefusalData){
			.value = "Invalid input received: The field 'access_type' has to be "
				 "specified to filter by 'access_to'.",
		};
		return REFUSAL_BAD_INPUT;
	}
	record_where_text(query, "access_to", RECORD_EQ, value);
	return 0;
}

static const ShareFilter filters[] = {
	{.name = "metadata", .column = "metadata", .kind = SHARE_FILTER_MAP},
	{.name = "access_type", .column = "type", .since = V(82)},
	{.name = "access_to", .kind = SHARE_FILTER_CALL, .add = add_target, .since = V(82)},
	{.name = "access_level", .column = "level", .since = V(82)},
	{.name = "access_key", .column = "access_key", .since = V(82)},
	{0},
};

static const ApiSortKey sort_keys[] = {
	{"created_at", "created_us"},
	{"updated_at", "updated_us"},
	{"id", "id"},
	{"access_type", "type"},
	{"access_level", "level"},
	{"state", "state"},
	{0},
};

static const ShareListing listing = {
	.links = "access_list_links",
	.table = &share_rule_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.count_since = API_VERSION(3, 0), /* never */
};

static int find_listed(ApiRequest *r, Share **ret, Fault *f)
{
	const char *id = api_query(r, "share_id");
	int k;

	if (str_empty(id)) {
		r->work.refused =
			(RefusalData){.value = "The field 'share_id' has to be specified."};
		return REFUSAL_BAD_INPUT;
	}
	k = service_find_own_share(&r->work, id, ret, f);
	if (k != REFUSAL_NO_SHARE)
		return k;
	r->work.refused = (RefusalData){.value = arena_printf(r->arena, "Share %s not found.", id)};
	return REFUSAL_BAD_INPUT;
}

static int rules_list(ApiRequest *r, Fault *f)
{
	ShareList list = {.listing = &listing};
	Share *share;
	int k = find_listed(r, &share, f);

	if (k)
		return k;
	record_where_text(&list.query, "share_id", RECORD_EQ, share->id);
	if (!share_list_read(r, &list, &k, f))
		return k;
	k = share_list_find(r, &list, f);
	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	k = out_rules(r, share, (ShareRule *const *)list.rows.records, list.rows.count, f);
	if (!k)
		k = share_list_end(r, &list, f);
	json_out_end(&r->out);
	if (!k)
		api_reply(r, 200);
	return k;
}

/* --- one rule --- */

static int rule_show(ApiRequest *r, Fault *f)
{
	ShareRule *rule;
	int k = service_find_share_rule(&r->work, api_param(r, "access_id"), &rule, f);

	return k ? k : reply_seen(r, rule, f);
}

typedef struct UpdateFields {
	const char *level;
} UpdateFields;

typedef struct UpdateBody {
	const UpdateFields *wish;
} UpdateBody;

static const JsonField update_rows[] = {
	{.name = "access_level",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(UpdateFields, level)},
};
static const JsonFields update_fields = JSON_FIELDS(update_rows, UpdateFields);
SHARE_ACTION_BODY(update_body, "update_access", UpdateBody, update_fields);

static int rule_update(ApiRequest *r, Fault *f)
{
	const char *text = ((const UpdateBody *)r->body)->wish->level;
	int level = enum_value(&share_access_level_names, text);
	ShareRule *rule;
	int k;

	if (level < 0)
		return refuse_level(r, text);
	k = service_change_share_rule(&r->work, api_param(r, "access_id"), (ShareAccessLevel)level,
				      &rule, f);
	return k ? k : reply_seen(r, rule, f);
}

static int metadata_merge(ApiRequest *r, Fault *f)
{
	const ShareMetadataBody *body = r->body;
	const char *json;
	int k = service_merge_share_rule_metadata(&r->work, api_param(r, "access_id"),
						  &body->metadata, &json, f);

	return k ? k : api_reply_map(r, json);
}

static int metadata_delete(ApiRequest *r, Fault *f)
{
	int k = service_delete_share_rule_metadata(&r->work, api_param(r, "access_id"),
						   api_param(r, "key"), f);

	if (!k)
		api_reply(r, 200);
	return k;
}

#define ACTION(key, name, who, how, table, what)                                                   \
	.method = "POST", .pattern = "/shares/{share_id}/action", .action = (key),                 \
	.policy = (name), .rule = (who), .mode = (how), .body = (table), .handle = (what)

static const ApiRoute routes[] = {
	{ACTION("allow_access", "share:allow_access", API_RULE_MEMBER, API_WRITE, &allow_body,
		rule_allow),
	 .since = SHARE_PLAIN},
	{ACTION("os-allow_access", "share:allow_access", API_RULE_MEMBER, API_WRITE, &os_allow_body,
		rule_allow),
	 .until = SHARE_PREFIXED},
	{ACTION("deny_access", "share:deny_access", API_RULE_MEMBER, API_WRITE, &deny_body,
		rule_deny),
	 .since = SHARE_PLAIN},
	{ACTION("os-deny_access", "share:deny_access", API_RULE_MEMBER, API_WRITE, &os_deny_body,
		rule_deny),
	 .until = SHARE_PREFIXED},
	{ACTION("access_list", "share:access_get_all", API_RULE_READER, API_READ, NULL,
		rules_of_share),
	 .since = SHARE_PLAIN, .until = V(44)},
	{ACTION("os-access_list", "share:access_get_all", API_RULE_READER, API_READ, NULL,
		rules_of_share),
	 .until = SHARE_PREFIXED},
	{.method = "GET",
	 .pattern = "/share-access-rules",
	 .policy = "share_access_rule:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(45),
	 .handle = rules_list},
	{.method = "GET",
	 .pattern = "/share-access-rules/{access_id}",
	 .policy = "share_access_rule:get",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(45),
	 .handle = rule_show},
	{.method = "PUT",
	 .pattern = "/share-access-rules/{access_id}",
	 .policy = "share_access_rule:update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(88),
	 .body = &update_body,
	 .handle = rule_update},
	{.method = "PUT",
	 .pattern = "/share-access-rules/{access_id}/metadata",
	 .policy = "share_access_metadata:update",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(45),
	 .body = &share_metadata_fields,
	 .handle = metadata_merge},
	{.method = "DELETE",
	 .pattern = "/share-access-rules/{access_id}/metadata/{key}",
	 .policy = "share_access_metadata:delete",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .since = V(45),
	 .handle = metadata_delete},
};
const ApiRoutes share_rule_routes = API_ROUTES(routes);
