/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What bodies and queries of several resources have in common: the one wrapper, booleans, for which
 * there are many words, and the status that an admin sets.
 */
#include "api/share/priv.h"

bool share_read_wrapped(ApiRequest *r, const char *name, const JsonFields *fields, void **ret)
{
	const JsonField row = {
		.name = name,
		.type = JSON_OBJECT,
		.flags = JSON_REQUIRED,
		.fields = fields,
	};
	const JsonFields wrapper = {.rows = &row, .count = 1, .size = sizeof(void *), .open = true};
	const char *json = json_get_raw(r->arena, r->doc, name);
	void *body;

	if (!json || *json != '{') {
		(void)api_refuse(r, 422, "Unable to process the contained instructions"); /* 0 */
		return false;
	}
	if (!api_decode(r, &wrapper, &body))
		return false;
	*ret = *(void **)body;
	return true;
}

static bool parse_bool(const char *text, bool *ret)
{
	static const char *const yes[] = {"1", "t", "true", "on", "y", "yes"};
	static const char *const no[] = {"0", "f", "false", "off", "n", "no"};

	static_assert(ARRAY_SIZE(yes) == ARRAY_SIZE(no), "in pairs");
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!str_eq_nocase(text, yes[i]) && !str_eq_nocase(text, no[i]))
			continue;
		*ret = str_eq_nocase(text, yes[i]);
		return true;
	}
	return false;
}

static bool refuse_bool(ApiRequest *r, const char *text)
{
	(void)api_refuse(r, 400,
			 "Unrecognized value '%s', acceptable values are: '0', '1', 'f', 'false', "
			 "'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'",
			 text); /* 0 */
	return false;
}

bool share_query_bool(ApiRequest *r, const char *name, bool fallback, bool *ret)
{
	const char *value = api_query(r, name);

	*ret = fallback;
	return !value || parse_bool(value, ret) || refuse_bool(r, value);
}

bool share_read_bool(ApiRequest *r, const char *json, bool *ret)
{
	size_t length = strlen(json);

	if (*json == '"' && length >= 2)
		json = arena_strndup(r->arena, json + 1, length - 2);
	return parse_bool(json, ret) || refuse_bool(r, json);
}

bool share_asks_for_all(const ApiRequest *r, const char *name)
{
	const char *value = api_query(r, name);
	bool all = false;

	return value && caller_is_admin(&r->caller) && parse_bool(value, &all) && all;
}

int share_reply_accepted(ApiRequest *r, int k)
{
	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

/* --- reset_status, of whatever kind of thing --- */

typedef struct ResetFields {
	const char *status;
} ResetFields;

typedef struct ResetBody {
	const ResetFields *wish;
} ResetBody;

#define STATUS(key)                                                                                \
	{                                                                                          \
		.name = (key), .type = JSON_TEXT, .max = LIMIT_NAME_CHARS,                         \
		.offset = offsetof(ResetFields, status)                                            \
	}

static const JsonField old_rows[] = {STATUS("status"), STATUS("os-status")};
static const JsonFields old_fields = JSON_FIELDS(old_rows, ResetFields);
static const JsonField rows[] = {STATUS("status")};
static const JsonFields fields = JSON_FIELDS(rows, ResetFields);

#define BODY(key, table)                                                                           \
	{                                                                                          \
		.name = (key), .type = JSON_OBJECT, .flags = JSON_REQUIRED, .fields = &(table),    \
		.offset = offsetof(ResetBody, wish)                                                \
	}

static const JsonField old_body_rows[] = {BODY("os-reset_status", old_fields)};
const JsonFields share_old_reset_body = JSON_FIELDS(old_body_rows, ResetBody);
static const JsonField body_rows[] = {BODY("reset_status", fields)};
const JsonFields share_reset_body = JSON_FIELDS(body_rows, ResetBody);

/* None of the names, or none at all. */
static void refuse_status(ApiRequest *r, const char *value, const EnumNames *names)
{
	Buf list = {0};

	for (int i = 0; i < names->count; i++)
		buf_printf(&list, "%s'%s'", i ? ", " : "", names->names[i]);
	if (value)
		(void)api_refuse(r, 400,
				 "Invalid input for field/attribute status. Value: %s. '%s' is not "
				 "one of [%s]",
				 value, value, buf_text(&list)); /* 0 */
	else
		(void)api_refuse(r, 400, "'status' is a required property"); /* 0 */
	buf_done(&list);
}

bool share_read_reset(ApiRequest *r, const EnumNames *names, int *ret)
{
	const char *text = ((const ResetBody *)r->body)->wish->status;

	*ret = text ? enum_value(names, text) : -1;
	if (*ret < 0)
		refuse_status(r, text, names);
	return *ret >= 0;
}
