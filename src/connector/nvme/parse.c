/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Both forms of an NVMe connection_info. The older one has `nqn` and one portal in three members,
 * the newer one `target_nqn` and a list of portals; what both have is in the tables once. Numbers
 * come as texts as well, UUIDs in any spelling.
 *
 * A comma would separate options of the kernel's fabrics interface: no text here has one.
 */
#include <string.h>

#include "base/str.h"
#include "base/uuid.h"
#include "connector/nvme/info.h"
#include "contract/connector-text.h"
#include "json/json.h"

enum { NQN_BYTES = 223, PORT_MAX = 65535 };

/* As the members are called. */
typedef struct Words {
	const char *target_nqn;
	const char *nqn;
	const char *target_portal;
	int64_t target_port;
	const char *transport_type;
	JsonList portals;
	const char *volume_replicas;
	const char *vol_uuid;
	const char *volume_nguid;
	const char *volume_id;
	const char *host_nqn;
	int64_t ns_id;
} Words;

#define WORD(member)                                                                               \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = JSON_NULLABLE,                        \
		.offset = offsetof(Words, member)                                                  \
	}
#define WORD_UUID(member)                                                                          \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .format = JSON_FORMAT_UUID,                    \
		.flags = JSON_NULLABLE, .offset = offsetof(Words, member)                          \
	}
#define WORD_INT(member, most)                                                                     \
	{                                                                                          \
		.name = #member, .type = JSON_INT_LOOSE, .flags = JSON_NULLABLE,                   \
		.offset = offsetof(Words, member), .min = 1, .max = (most)                         \
	}

static const JsonField word_rows[] = {
	WORD(target_nqn),
	WORD(nqn),
	WORD(target_portal),
	WORD_INT(target_port, PORT_MAX),
	WORD(transport_type),
	{.name = "portals",
	 .type = JSON_LIST,
	 .item = JSON_ANY,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, portals),
	 .max = NVME_PORTALS},
	{.name = "volume_replicas",
	 .type = JSON_ANY,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, volume_replicas)},
	WORD_UUID(vol_uuid),
	WORD_UUID(volume_nguid),
	WORD(volume_id),
	WORD(host_nqn),
	WORD_INT(ns_id, UINT32_MAX - 1),
};

const char *nvme_transport_name(NvmeTransport transport)
{
	static const char *const names[] = {[NVME_TCP] = "tcp", [NVME_RDMA] = "rdma"};

	static_assert(ARRAY_SIZE(names) == _NVME_TRANSPORT_MAX, "one each");
	return names[transport];
}

/* Everything that does not say RDMA is TCP. */
static NvmeTransport transport_of(const char *text)
{
	return text && (str_eq_nocase(text, "rdma") || str_eq_nocase(text, "RoCEv2")) ? NVME_RDMA
										      : NVME_TCP;
}

static bool is_nqn(const char *text)
{
	return str_after(text, "nqn.") && connector_is_word(text, ".:-_", NQN_BYTES);
}

static int add_portal(ConnectorCall *call, NvmeInfo *info, const char *address, int64_t port,
		      const char *transport)
{
	char canonical[CONNECTOR_ADDRESS_BYTES];
	NvmePortal *portal = &info->portals[info->portal_count];

	if (!address || !connector_address(address, canonical))
		return connector_bad(call, "a portal", "has no IP address");
	if (port < 1 || port > PORT_MAX)
		return connector_bad(call, "a portal", "has no port");
	*portal = (NvmePortal){
		.address = arena_strdup(call->arena, canonical),
		.port = port,
		.transport = transport_of(transport),
	};
	info->portal_count++;
	return 0;
}

/* "[address, port, transport]" */
static int add_portal_text(ConnectorCall *call, NvmeInfo *info, const char *json)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *text;
	int64_t port;

	if (json_parse(call->arena, json, strlen(json), &doc, NULL) ||
	    json_get_count(doc, "") != 3 || json_is_object(doc))
		return connector_bad(call, "portals", "has an item that is no portal");
	text = json_get_text(call->arena, doc, "1");
	if (!text)
		port = json_get_int(doc, "1", 0);
	else if (!str_parse_i64(text, &port))
		port = 0;
	return add_portal(call, info, json_get_text(call->arena, doc, "0"), port,
			  json_get_text(call->arena, doc, "2"));
}

static int read_portals(ConnectorCall *call, const Words *words, NvmeInfo *info)
{
	const char *const *items = words->portals.items;
	int r = 0;

	for (size_t i = 0; !r && i < words->portals.count; i++)
		r = add_portal_text(call, info, items[i]);
	if (r || info->portal_count > 0)
		return r;
	return add_portal(call, info, words->target_portal, words->target_port,
			  words->transport_type);
}

static int read_words(ConnectorCall *call, const Words *words, NvmeInfo *info)
{
	char uuid[UUID_TEXT];

	if (words->volume_replicas)
		return connector_bad(call, "volume_replicas",
				     "asks for a mirror of several volumes, which "
				     "is not supported");
	*info = (NvmeInfo){
		.nqn = words->target_nqn ? words->target_nqn : words->nqn,
		.uuid = words->vol_uuid,
		.nguid = words->volume_nguid,
		.nsid = words->ns_id,
		.host_nqn = words->host_nqn,
	};
	if (!info->nqn || !is_nqn(info->nqn))
		return connector_bad(call, words->target_nqn ? "target_nqn" : "nqn",
				     "is not an NQN");
	if (info->host_nqn && !is_nqn(info->host_nqn))
		return connector_bad(call, "host_nqn", "is not an NQN");
	if (!info->uuid && !info->nguid && !info->nsid)
		return connector_bad(
			call, "the connection_info",
			"has no vol_uuid, volume_nguid or ns_id that names the namespace");
	if (words->volume_id && uuid_canonical(words->volume_id, uuid))
		info->volume_id = arena_strdup(call->arena, uuid);
	return read_portals(call, words, info);
}

int nvme_info_parse(ConnectorCall *call, const char *text, void **ret, Fault *f)
{
	static const JsonFields fields = {.rows = word_rows,
					  .count = ARRAY_SIZE(word_rows),
					  .size = sizeof(Words),
					  .open = true};
	NvmeInfo *info = ARENA_NEW(call->arena, NvmeInfo);
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
