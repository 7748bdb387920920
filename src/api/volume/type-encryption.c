/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How the volumes of a type would be encrypted. Clients change and delete it below a key of its
 * own, and which one they name does not matter: a type has one such record.
 */
#include "api/volume/priv.h"

typedef struct EncryptionBody {
	const EncryptionWish *encryption;
} EncryptionBody;

static const char *const control_locations[] = {"front-end", "back-end", NULL};

#define ENCRYPTION_ROWS(required)                                                                  \
	{.name = "provider",                                                                       \
	 .type = JSON_TEXT,                                                                        \
	 .flags = (required),                                                                      \
	 .max = LIMIT_NAME_CHARS,                                                                  \
	 .offset = offsetof(EncryptionWish, provider)},                                            \
		{.name = "control_location",                                                       \
		 .type = JSON_TEXT,                                                                \
		 .flags = (required),                                                              \
		 .choices = control_locations,                                                     \
		 .offset = offsetof(EncryptionWish, control_location)},                            \
		{.name = "cipher",                                                                 \
		 .type = JSON_TEXT,                                                                \
		 .flags = JSON_NULLABLE,                                                           \
		 .max = LIMIT_NAME_CHARS,                                                          \
		 .offset = offsetof(EncryptionWish, cipher),                                       \
		 .present = JSON_PRESENT(EncryptionWish, has_cipher)},                             \
	{                                                                                          \
		.name = "key_size", .type = JSON_INT_LOOSE, .flags = JSON_NULLABLE, .min = 0,      \
		.max = INT32_MAX, .offset = offsetof(EncryptionWish, key_size),                    \
		.present = JSON_PRESENT(EncryptionWish, has_key_size)                              \
	}

#define ENCRYPTION_BODY_ROW(table)                                                                 \
	{                                                                                          \
		.name = "encryption", .type = JSON_OBJECT, .flags = JSON_REQUIRED,                 \
		.fields = &(table), .offset = offsetof(EncryptionBody, encryption)                 \
	}

static const JsonField create_rows[] = {ENCRYPTION_ROWS(JSON_REQUIRED)};
static const JsonFields create_fields = JSON_FIELDS(create_rows, EncryptionWish);
static const JsonField create_body_rows[] = {ENCRYPTION_BODY_ROW(create_fields)};
static const JsonFields create_body_fields = JSON_FIELDS(create_body_rows, EncryptionBody);

static const JsonField update_rows[] = {ENCRYPTION_ROWS(0)};
static const JsonFields update_fields = JSON_FIELDS(update_rows, EncryptionWish);
static const JsonField update_body_rows[] = {ENCRYPTION_BODY_ROW(update_fields)};
static const JsonFields update_body_fields = JSON_FIELDS(update_body_rows, EncryptionBody);

enum { IN_CREATE = 1, IN_SHOW = 2 };

static void print_key_size(JsonOut *out, const char *key, const void *object,
			   const void *context _unused_)
{
	const TypeEncryption *encryption = object;

	if (encryption->key_size)
		json_out_int(out, key, encryption->key_size);
	else
		json_out_null(out, key);
}

static const JsonOutField reply[] = {
	{.name = "volume_type_id", .type = JSON_OUT_TEXT, .offset = offsetof(TypeEncryption, id)},
	{.name = "encryption_id",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(TypeEncryption, encryption_id)},
	{.name = "provider", .type = JSON_OUT_TEXT, .offset = offsetof(TypeEncryption, provider)},
	{.name = "control_location",
	 .type = JSON_OUT_TEXT,
	 .offset = offsetof(TypeEncryption, control_location)},
	{.name = "cipher", .type = JSON_OUT_TEXT, .offset = offsetof(TypeEncryption, cipher)},
	{.name = "key_size", .type = JSON_OUT_CALL, .print = print_key_size},
	{.name = "created_at",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(TypeEncryption, created_us),
	 .audience = IN_SHOW},
	{.name = "updated_at",
	 .type = JSON_OUT_MICROS,
	 .offset = offsetof(TypeEncryption, updated_us),
	 .audience = IN_SHOW},
	{.name = "deleted_at", .type = JSON_OUT_NULL, .audience = IN_SHOW},
};

static void out_members(ApiRequest *r, const JsonOutField *rows, size_t count,
			const TypeEncryption *encryption, unsigned audience)
{
	const JsonOutView view = {.version = r->version, .audience = audience};

	json_out_fields(&r->out, rows, count, encryption, &view);
}

/* {} where there is none. */
static int encryption_show(ApiRequest *r, Fault *f)
{
	TypeEncryption *encryption;
	int k = service_find_type_encryption(&r->work, api_param(r, "type_id"), &encryption, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	if (encryption) {
		out_members(r, reply, ARRAY_SIZE(reply), encryption, IN_SHOW);
		json_out_bool(&r->out, "deleted", false);
	}
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int encryption_show_key(ApiRequest *r, Fault *f)
{
	const char *key = api_param(r, "key");
	TypeEncryption *encryption;
	int k = service_find_type_encryption(&r->work, api_param(r, "type_id"), &encryption, f);

	if (k)
		return k;
	for (size_t i = 0; encryption && i < ARRAY_SIZE(reply); i++) {
		if (!str_eq(reply[i].name, key))
			continue;
		json_out_begin(&r->out, NULL);
		out_members(r, &reply[i], 1, encryption, IN_SHOW);
		json_out_end(&r->out);
		api_reply(r, 200);
		return 0;
	}
	return api_refuse(r, 404, "Volume type encryption for type %s does not exist.",
			  api_param(r, "type_id"));
}

static int encryption_create(ApiRequest *r, Fault *f)
{
	const EncryptionBody *body = r->body;
	TypeEncryption *encryption;
	int k = service_create_type_encryption(&r->work, api_param(r, "type_id"), body->encryption,
					       &encryption, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "encryption");
	out_members(r, reply, ARRAY_SIZE(reply), encryption, IN_CREATE);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* The answer is what was sent. */
static int encryption_update(ApiRequest *r, Fault *f)
{
	const EncryptionBody *body = r->body;
	int k = service_change_type_encryption(&r->work, api_param(r, "type_id"), body->encryption,
					       f);

	if (k)
		return k;
	json_out_raw(&r->out, NULL, json_get_raw(r->arena, r->doc, ""));
	api_reply(r, 200);
	return 0;
}

static int encryption_delete(ApiRequest *r, Fault *f)
{
	return volume_reply_accepted(
		r, service_delete_type_encryption(&r->work, api_param(r, "type_id"), f));
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/types/{type_id}/encryption",
	 .policy = "volume_extension:volume_type_encryption:get",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = encryption_show},
	{.method = "GET",
	 .pattern = "/types/{type_id}/encryption/{key}",
	 .policy = "volume_extension:volume_type_encryption:get",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = encryption_show_key},
	{.method = "POST",
	 .pattern = "/types/{type_id}/encryption",
	 .policy = "volume_extension:volume_type_encryption:create",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &create_body_fields,
	 .handle = encryption_create},
	{.method = "PUT",
	 .pattern = "/types/{type_id}/encryption/{key}",
	 .policy = "volume_extension:volume_type_encryption:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &update_body_fields,
	 .handle = encryption_update},
	{.method = "DELETE",
	 .pattern = "/types/{type_id}/encryption/{key}",
	 .policy = "volume_extension:volume_type_encryption:delete",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .handle = encryption_delete},
};
const ApiRoutes volume_type_encryption_routes = API_ROUTES(routes);
