/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * /os-keypairs: list, show, import or make, delete. They belong to users: each has its own, and
 * admins those of anybody.
 */
#include "api/compute/priv.h"
#include "service/key-material.h"
#include "service/keypair.h"

enum { PUBLIC_KEY_MAX = 16384 };

typedef struct KeypairFields {
	const char *name;
	const char *type;
	const char *public_key;
	const char *user_id;
} KeypairFields;

typedef struct KeypairBody {
	const KeypairFields *keypair;
} KeypairBody;

static const char *const types[] = {"ssh", "x509", NULL};

static const JsonField keypair_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_NAME,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(KeypairFields, name)},
	{.name = "type",
	 .type = JSON_TEXT,
	 .since = V(2),
	 .choices = types,
	 .offset = offsetof(KeypairFields, type)},
	{.name = "public_key",
	 .type = JSON_TEXT,
	 .until = V(91),
	 .max = PUBLIC_KEY_MAX,
	 .offset = offsetof(KeypairFields, public_key)},
	{.name = "public_key",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .since = V(92),
	 .max = PUBLIC_KEY_MAX,
	 .offset = offsetof(KeypairFields, public_key)},
	{.name = "user_id",
	 .type = JSON_TEXT,
	 .since = V(10),
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(KeypairFields, user_id)},
};
static const JsonFields keypair_fields = JSON_FIELDS(keypair_rows, KeypairFields);

static const JsonField body_rows[] = {
	{.name = "keypair",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &keypair_fields,
	 .offset = offsetof(KeypairBody, keypair)},
};
static const JsonFields body_fields = JSON_FIELDS(body_rows, KeypairBody);

static const ApiParam user_params[] = {{.name = "user_id", .since = V(10)}, {0}};

static const ApiParam list_params[] = {
	{.name = "user_id", .since = V(10)},
	{.name = "limit", .since = V(35), .format = "integer"},
	{.name = "marker", .since = V(35)},
	{0},
};

enum { SHOWN = 1 << 8 }; /* an audience: who asks for one key pair */

static void print_never(JsonOut *out, const char *key, const void *object _unused_,
			const void *context _unused_)
{
	json_out_bool(out, key, false);
}

static const JsonOutField keypair_reply[] = {
	{.name = "name", .type = JSON_OUT_TEXT, .offset = offsetof(Keypair, name)},
	{.name = "public_key", .type = JSON_OUT_TEXT, .offset = offsetof(Keypair, public_key)},
	{.name = "fingerprint", .type = JSON_OUT_TEXT, .offset = offsetof(Keypair, fingerprint)},
	{.name = "type",
	 .type = JSON_OUT_ENUM,
	 .since = V(2),
	 .names = &keypair_type_names,
	 .offset = offsetof(Keypair, type)},
	{.name = "user_id",
	 .type = JSON_OUT_TEXT,
	 .audience = API_AUDIENCE_DETAIL | SHOWN,
	 .offset = offsetof(Keypair, user_id)},
	{.name = "id",
	 .type = JSON_OUT_INT,
	 .audience = SHOWN,
	 .offset = offsetof(Keypair, number)},
	{.name = "deleted", .type = JSON_OUT_CALL, .audience = SHOWN, .print = print_never},
	{.name = "created_at",
	 .type = JSON_OUT_MICROS,
	 .audience = SHOWN,
	 .offset = offsetof(Keypair, created_us)},
	{.name = "updated_at", .type = JSON_OUT_NULL, .audience = SHOWN},
	{.name = "deleted_at", .type = JSON_OUT_NULL, .audience = SHOWN},
};

static void out_keypair(ApiRequest *r, const Keypair *keypair, unsigned audience,
			const char *private_key)
{
	JsonOutView view = {.version = r->version, .audience = audience};

	json_out_begin(&r->out, "keypair");
	json_out_fields(&r->out, keypair_reply, ARRAY_SIZE(keypair_reply), keypair, &view);
	if (private_key)
		json_out_text(&r->out, "private_key", private_key);
	json_out_end(&r->out);
}

static void reply_keypair(ApiRequest *r, unsigned status, const Keypair *keypair, unsigned audience,
			  const char *private_key)
{
	json_out_begin(&r->out, NULL);
	out_keypair(r, keypair, audience, private_key);
	json_out_end(&r->out);
	api_reply(r, status);
}

/* Whose key pairs are meant. NULL after a refusal: others' are for admins. */
static const char *subject(ApiRequest *r, const char *asked)
{
	if (str_empty(asked) || str_eq(asked, r->caller.user_id))
		return r->caller.user_id;
	if (caller_is_admin(&r->caller))
		return asked;
	(void)api_complain(r, API_DENIED, r->route->policy, NULL, NULL); /* always 0 */
	return NULL;
}

static const char *query_subject(ApiRequest *r)
{
	return subject(r, r->version >= V(10) ? api_query(r, "user_id") : NULL);
}

static int keypairs_list(ApiRequest *r, Fault *f)
{
	const char *user_id = query_subject(r);
	RecordQuery page = {.limit = LIMIT_LIST_PAGE};
	KeypairList list;
	int k;

	if (!user_id || (r->version >= V(35) && !api_page(r, &page)))
		return 0;
	k = service_list_keypairs(&r->work, user_id, &page, &list, f);
	if (k == RECORD_NO_MARKER)
		return api_refuse(r, 400, "marker [%s] not found", api_query(r, "marker"));
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "keypairs");
	for (size_t i = 0; i < list.count; i++) {
		json_out_begin(&r->out, NULL);
		out_keypair(r, list.keypairs[i], 0, NULL);
		json_out_end(&r->out);
	}
	json_out_list_end(&r->out);
	if (r->version >= V(35) && list.count && (int64_t)list.count == page.limit)
		api_out_next(r, &r->out, "keypairs_links", list.keypairs[list.count - 1]->name);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int keypair_show(ApiRequest *r, Fault *f)
{
	const char *user_id = query_subject(r);
	Keypair *keypair;
	int k;

	if (!user_id)
		return 0;
	k = service_find_keypair(&r->work, user_id, api_param(r, "keypair_name"), &keypair, f);
	if (k)
		return k;
	reply_keypair(r, 200, keypair, SHOWN, NULL);
	return 0;
}

/* A write that began on a worker, where the pair was made. */
typedef struct KeypairWrite {
	ApiRequest *r;
	const KeypairWish *wish;
	Keypair *keypair;
} KeypairWrite;

static int write_keypair(Tx *tx, void *ctx, Fault *f)
{
	KeypairWrite *write = ctx;
	Work work = write->r->work;
	int r;

	work.tx = tx;
	r = service_create_keypair(&work, write->wish, &write->keypair, f);
	write->r->work.refused = work.refused;
	return r;
}

static int keypair_create(ApiRequest *r, Fault *f)
{
	const KeypairFields *body = ((const KeypairBody *)r->body)->keypair;
	KeypairWish wish = {
		.user_id = subject(r, body->user_id),
		.name = body->name,
		.type = body->type && str_eq(body->type, "x509") ? KEYPAIR_X509 : KEYPAIR_SSH,
		.public_key = body->public_key,
		.any_name = r->version >= V(92),
	};
	KeypairWrite write = {.r = r, .wish = &wish};
	KeyMaterial made = {0};
	int k = 0;

	if (!wish.user_id)
		return 0;
	if (!wish.public_key) {
		k = key_generate(wish.type, wish.user_id, r->arena, &made, f);
		wish.public_key = made.public_key;
	}
	if (!k)
		k = store_write(r->config->store, write_keypair, &write, f);
	if (k)
		return k;
	reply_keypair(r, r->version >= V(2) ? 201 : 200, write.keypair, API_AUDIENCE_DETAIL,
		      made.private_key);
	return 0;
}

static int keypair_remove(ApiRequest *r, Fault *f)
{
	const char *user_id = query_subject(r);
	int k;

	if (!user_id)
		return 0;
	k = service_delete_keypair(&r->work, user_id, api_param(r, "keypair_name"), f);
	if (k)
		return k;
	api_reply(r, r->version >= V(2) ? 204 : 202);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/os-keypairs",
	 .policy = "os_compute_api:os-keypairs:index",
	 .rule = API_RULE_SCOPED,
	 .mode = API_READ,
	 .params = list_params,
	 .strict_params_since = V(75),
	 .handle = keypairs_list},
	{.method = "POST",
	 .pattern = "/os-keypairs",
	 .policy = "os_compute_api:os-keypairs:create",
	 .rule = API_RULE_SCOPED,
	 .mode = API_WORK,
	 .body = &body_fields,
	 .handle = keypair_create},
	{.method = "GET",
	 .pattern = "/os-keypairs/{keypair_name}",
	 .policy = "os_compute_api:os-keypairs:show",
	 .rule = API_RULE_SCOPED,
	 .mode = API_READ,
	 .params = user_params,
	 .strict_params_since = V(75),
	 .handle = keypair_show},
	{.method = "DELETE",
	 .pattern = "/os-keypairs/{keypair_name}",
	 .policy = "os_compute_api:os-keypairs:delete",
	 .rule = API_RULE_SCOPED,
	 .mode = API_WRITE,
	 .params = user_params,
	 .strict_params_since = V(75),
	 .handle = keypair_remove},
};
const ApiRoutes compute_keypair_routes = API_ROUTES(routes);
