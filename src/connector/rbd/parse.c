/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The connection_info of an image in a Ceph pool. "@" and "#" would name snapshots and ids in the
 * tools' image specifications, "," another monitor: no text here has one. Keys are not taken from
 * here: the host has them in /etc/ceph.
 */
#include <string.h>

#include "base/str.h"
#include "base/uuid.h"
#include "connector/rbd/info.h"
#include "contract/connector-text.h"
#include "json/json.h"

enum { MONITORS = 32, PORT_MAX = 65535, NAME_BYTES = 128 };

typedef struct Words {
	const char *name;
	JsonList hosts;
	JsonList ports;
	const char *cluster_name;
	bool auth_enabled;
	bool has_auth_enabled;
	const char *auth_username;
	const char *secret_uuid;
	const char *access_mode;
	bool multiattach;
	bool has_multiattach;
} Words;

#define WORD(member)                                                                               \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = JSON_NULLABLE,                        \
		.offset = offsetof(Words, member)                                                  \
	}

static const JsonField word_rows[] = {
	{.name = "name",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(Words, name),
	 .max = 3 * NAME_BYTES},
	{.name = "hosts",
	 .type = JSON_LIST,
	 .item = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, hosts),
	 .max = MONITORS,
	 .value_max = 255},
	{.name = "ports",
	 .type = JSON_LIST,
	 .item = JSON_ANY,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, ports),
	 .max = MONITORS},
	WORD(cluster_name),
	{.name = "auth_enabled",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, auth_enabled),
	 .present = JSON_PRESENT(Words, has_auth_enabled)},
	WORD(auth_username),
	WORD(secret_uuid),
	WORD(access_mode),
	{.name = "multiattach",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, multiattach),
	 .present = JSON_PRESENT(Words, has_multiattach)},
};

/* "pool/image" or "pool/namespace/image" */
static int read_name(ConnectorCall *call, const char *text, RbdInfo *info)
{
	const char *first = strchr(text, '/'), *last = strrchr(text, '/');

	if (!first)
		return connector_bad(call, "name", "is not a pool and an image");
	info->pool = arena_strndup(call->arena, text, (size_t)(first - text));
	info->space = first == last
			      ? ""
			      : arena_strndup(call->arena, first + 1, (size_t)(last - first - 1));
	info->image = arena_strdup(call->arena, last + 1);
	if (!connector_is_word(info->pool, "._-", NAME_BYTES) ||
	    !connector_is_word(info->image, "._-", NAME_BYTES) ||
	    (first != last && !connector_is_word(info->space, "._-", NAME_BYTES)))
		return connector_bad(call, "name", "is not a pool and an image");
	return 0;
}

/* A number, or a text of digits. */
static bool read_port(const char *json, int64_t *ret)
{
	char digits[8];
	size_t length = strlen(json);
	bool is_text = length >= 2 && json[0] == '"';

	length -= is_text ? 2 : 0;
	if (length == 0 || length >= sizeof(digits))
		return false;
	memcpy(digits, json + is_text, length);
	digits[length] = '\0';
	return str_parse_i64(digits, ret) && *ret >= 1 && *ret <= PORT_MAX;
}

static const char *monitor_name(Arena *arena, const char *text)
{
	char address[CONNECTOR_ADDRESS_BYTES];

	if (connector_address(text, address))
		return arena_printf(arena, strchr(address, ':') ? "[%s]" : "%s", address);
	return connector_is_word(text, ".-", 255) ? text : NULL;
}

static int read_monitors(ConnectorCall *call, const Words *words, RbdInfo *info)
{
	const char *const *hosts = words->hosts.items;
	const char *const *ports = words->ports.items;
	const char *list = NULL;

	if (words->hosts.count != words->ports.count)
		return connector_bad(call, "hosts and ports", "are not as many");
	for (size_t i = 0; i < words->hosts.count; i++) {
		const char *host = monitor_name(call->arena, hosts[i]);
		int64_t port;

		if (!host || !read_port(ports[i], &port))
			return connector_bad(call, "hosts and ports",
					     "have one that is no address");
		list = arena_printf(call->arena, "%s%s%s:%lld", list ? list : "", list ? "," : "",
				    host, (long long)port);
	}
	info->monitors = list;
	return 0;
}

static int read_words(ConnectorCall *call, const Words *words, RbdInfo *info)
{
	char uuid[UUID_TEXT];
	int r;

	*info = (RbdInfo){
		.cluster = words->cluster_name ? words->cluster_name : "ceph",
		.user = words->has_auth_enabled && !words->auth_enabled ? NULL
									: words->auth_username,
		.is_readonly = str_eq(words->access_mode, "ro"),
		.is_single = words->has_multiattach && !words->multiattach,
	};
	if (!connector_is_word(info->cluster, "_-", NAME_BYTES))
		return connector_bad(call, "cluster_name", "is not the name of a cluster");
	if (info->user && !connector_is_word(info->user, "._-", NAME_BYTES))
		return connector_bad(call, "auth_username", "is not the name of a user");
	if (words->secret_uuid && uuid_canonical(words->secret_uuid, uuid))
		info->secret_uuid = arena_strdup(call->arena, uuid);
	r = read_name(call, words->name, info);
	return r ? r : read_monitors(call, words, info);
}

int rbd_info_parse(ConnectorCall *call, const char *text, void **ret, Fault *f)
{
	static const JsonFields fields = {.rows = word_rows,
					  .count = ARRAY_SIZE(word_rows),
					  .size = sizeof(Words),
					  .open = true};
	RbdInfo *info = ARENA_NEW(call->arena, RbdInfo);
	void *words;
	int r;

	(void)f; /* nothing breaks here */
	r = connector_decode(call, text, &fields, &words);
	if (r)
		return r;
	r = read_words(call, words, info);
	if (!r)
		*ret = info;
	return r;
}
