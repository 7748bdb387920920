/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What its owner may change of a server without anything moving: names, metadata, tags.
 */
#include "service/server.h"

#include "base/str.h"
#include "service/priv.h"
#include "service/tags.h"
#include "service/text-map.h"
#include "json/out.h"

static int save(Work *work, Server *server, Fault *f)
{
	server->updated_us = work->now_us;
	return fault_unexpected(f, server_update(work->tx, server, f));
}

/* A server may only be kept in the zone that there is. */
static int check_zone(Work *work, const ServerChange *change)
{
	if (!change->pinned_zone || str_eq(change->pinned_zone, work->settings->availability_zone))
		return 0;
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "The requested availability zone is not available");
}

int service_change_server(Work *work, const char *id, const ServerChange *change, Server **ret,
			  Fault *f)
{
	Server *server;
	int r;

	r = service_find_server(work, id, &server, f);
	if (!r)
		r = check_zone(work, change);
	if (r)
		return r;
	if (change->name)
		server->name = change->name;
	if (change->has_description)
		server->description = change->description;
	if (change->access_ipv4)
		server->access_ipv4 = change->access_ipv4;
	if (change->access_ipv6)
		server->access_ipv6 = change->access_ipv6;
	if (change->disk_config)
		server->disk_config = change->disk_config;
	if (change->hostname)
		server->hostname = change->hostname;
	if (change->has_pinned_zone)
		server->pinned_zone = change->pinned_zone;
	*ret = server;
	return save(work, server, f);
}

int check_server_metadata(Work *work, const char *project_id, size_t count, Fault *f)
{
	QuotaUsage quota;
	int r;

	r = quota_get(work->tx, project_id, "metadata_items", &quota, f);
	if (r)
		return fault_unexpected(f, r);
	if (quota.limit < 0 || (int64_t)count <= quota.limit)
		return 0;
	work->refused = (RefusalData){
		.resource = "metadata_items",
		.requested = (int64_t)count,
		.limit = quota.limit,
	};
	return REFUSAL_QUOTA;
}

static int set_metadata(Work *work, Server *server, const char *metadata, Fault *f)
{
	size_t count = json_text_map(work->arena, metadata).count;
	int r = check_server_metadata(work, server->project_id, count, f);

	if (r)
		return r;
	server->metadata = metadata;
	return save(work, server, f);
}

int service_merge_server_metadata(Work *work, const char *id, const JsonTextMap *metadata,
				  Server **ret, Fault *f)
{
	int r = service_find_server(work, id, ret, f);

	if (r)
		return r;
	return set_metadata(work, *ret, text_map_merge(work->arena, (*ret)->metadata, metadata), f);
}

int service_replace_server_metadata(Work *work, const char *id, const JsonTextMap *metadata,
				    Server **ret, Fault *f)
{
	int r = service_find_server(work, id, ret, f);

	if (r)
		return r;
	return set_metadata(work, *ret, json_print_text_map(work->arena, metadata), f);
}

int service_delete_server_metadata(Work *work, const char *id, const char *key, Fault *f)
{
	const char *rest;
	Server *server;
	int r;

	r = service_find_server(work, id, &server, f);
	if (r)
		return r;
	rest = text_map_without(work->arena, server->metadata, key);
	if (!rest) {
		work->refused = (RefusalData){.id = server->id, .other = key};
		return REFUSAL_NO_METADATA_KEY;
	}
	server->metadata = rest;
	return save(work, server, f);
}

static int compare_tags(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *tags_print(Arena *arena, const char *const *tags, size_t count)
{
	const char **sorted = ARENA_ARRAY(arena, const char *, count);
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		sorted[i] = tags[i];
	qsort(sorted, count, sizeof(*sorted), compare_tags);
	for (size_t i = 0; i < count; i++)
		if (n == 0 || !str_eq(sorted[n - 1], sorted[i]))
			sorted[n++] = sorted[i];
	return json_print_text_list(arena, sorted, n);
}

int service_replace_server_tags(Work *work, const char *id, const char *const *tags, size_t count,
				Server **ret, Fault *f)
{
	int r = service_find_server(work, id, ret, f);

	if (r)
		return r;
	(*ret)->tags = tags_print(work->arena, tags, count);
	return save(work, *ret, f);
}
