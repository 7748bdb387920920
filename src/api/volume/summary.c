/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the volumes of a list sum up to: how many, how much, and from 3.36 on every value that each
 * key of their metadata has.
 */
#include "api/volume/filters.h"
#include "base/map.h"

/* The values of one key, each once, in the order they were met. */
static Map *values_of(Map *keys, const char *key)
{
	Map *values = map_get(keys, key);

	if (!values) {
		values = map_new();
		(void)map_put(keys, key, values); /* there was none */
	}
	return values;
}

static void keep_values(ApiRequest *r, const RecordTexts *stored, Map *keys)
{
	for (size_t i = 0; i < stored->count; i++) {
		JsonTextMap map = json_text_map(r->arena, stored->texts[i]);

		for (size_t j = 0; j < map.count; j++) {
			Map *values = values_of(keys, map.pairs[j].key);

			(void)map_put(values, map.pairs[j].value, values); /* only the keys count */
		}
	}
}

static void out_values(ApiRequest *r, const Map *keys)
{
	json_out_begin(&r->out, "metadata");
	MAP_FOREACH (keys, key) {
		const Map *values = map_value(key);

		json_out_list_begin(&r->out, map_key(key));
		MAP_FOREACH (values, value)
			json_out_text(&r->out, NULL, map_key(value));
		json_out_list_end(&r->out);
	}
	json_out_end(&r->out);
}

static void keys_free(Map **keys)
{
	MAP_FOREACH (*keys, key)
		(void)map_free(map_value(key)); /* NULL */
	*keys = map_free(*keys);
}

static int out_metadata(ApiRequest *r, const RecordQuery *query, Fault *f)
{
	_cleanup_(keys_free) Map *keys = map_new();
	RecordTexts stored = {.arena = r->arena};
	int k = record_distinct(r->work.tx, &volume_table, query, "metadata", &stored, f);

	if (k && k != RECORD_BAD_PATTERN)
		return fault_unexpected(f, k);
	keep_values(r, &stored, keys);
	out_values(r, keys);
	return 0;
}

static int volumes_summary(ApiRequest *r, Fault *f)
{
	VolumeList list = {.listing = &volume_listing};
	int64_t count = 0, size_gib = 0;
	int k;

	if (!volume_list_read_filters(r, &list))
		return 0;
	k = record_count(r->work.tx, &volume_table, &list.query, &count, f);
	if (k == 0)
		k = record_sum(r->work.tx, &volume_table, &list.query, "size_gib", &size_gib, f);
	if (k && k != RECORD_BAD_PATTERN) /* a filter so long that no text is like it */
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "volume-summary");
	json_out_int(&r->out, "total_size", size_gib);
	json_out_int(&r->out, "total_count", count);
	if (r->version >= V(36)) {
		k = out_metadata(r, &list.query, f);
		if (k)
			return k;
	}
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/volumes/summary",
	 .policy = "volume:get_all",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .since = V(12),
	 .handle = volumes_summary},
};
const ApiRoutes volume_summary_routes = API_ROUTES(routes);
