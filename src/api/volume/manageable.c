/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a backend holds, for admins, as it is listed before something is taken over. Only what is
 * ours already is known of a backend, so each item says that it is; nothing can be taken over.
 */
#include "api/volume/priv.h"
#include "service/service-state.h"

static const VolumeSortKey sort_keys[] = {
	{"reference", "id"},
	{"size", "size_gib"},
	{"created_at", "created_us"},
	{0},
};

typedef struct Holding {
	const char *id;
	int64_t size_gib;
	const char *volume_id; /* of a snapshot; NULL: it is a volume */
} Holding;

typedef struct HoldingKind {
	const char *key;
	const char *links;
	const RecordTable *table;
	Refusal no_marker;
	Holding (*read)(const void *record);
} HoldingKind;

static Holding read_volume(const void *record)
{
	const Volume *volume = record;

	return (Holding){.id = volume->id, .size_gib = volume->size_gib};
}

static Holding read_snapshot(const void *record)
{
	const Snapshot *snapshot = record;

	return (Holding){
		.id = snapshot->id,
		.size_gib = snapshot->size_gib,
		.volume_id = snapshot->volume_id,
	};
}

static const HoldingKind volumes = {
	.key = "manageable-volumes",
	.links = "manageable_volumes_links",
	.table = &volume_table,
	.no_marker = REFUSAL_NO_VOLUME,
	.read = read_volume,
};
static const HoldingKind snapshots = {
	.key = "manageable-snapshots",
	.links = "manageable_snapshots_links",
	.table = &snapshot_table,
	.no_marker = REFUSAL_NO_SNAPSHOT,
	.read = read_snapshot,
};

static void out_reference(ApiRequest *r, const char *key, const char *id)
{
	json_out_begin(&r->out, key);
	json_out_text(&r->out, "source-id", id);
	json_out_end(&r->out);
}

static void out_holding(ApiRequest *r, const Holding *holding, bool detail)
{
	JsonOut *out = &r->out;

	json_out_begin(out, NULL);
	out_reference(r, "reference", holding->id);
	json_out_int(out, "size", holding->size_gib);
	json_out_bool(out, "safe_to_manage", false);
	if (holding->volume_id)
		out_reference(r, "source_reference", holding->volume_id);
	if (detail) {
		json_out_text(out, "reason_not_safe", "already managed");
		json_out_text(out, "cinder_id", holding->id);
		json_out_null(out, "extra_info");
	}
	json_out_end(out);
}

/* The one backend, with its pool or without it. False after a refusal. */
static bool check_host(ApiRequest *r)
{
	const ServiceSettings *settings = r->config->settings;
	const char *host = api_query(r, "host");

	if (!host)
		(void)api_refuse(r, 400, "Invalid input received: a host must be given"); /* 0 */
	else if (str_eq(host, settings->volume_host) ||
		 str_eq(host, service_state_host(r->arena, settings->volume_host)))
		return true;
	else
		(void)api_refuse(r, 404, "Service cinder-volume could not be found on host %s.",
				 host); /* 0 */
	return false;
}

static int list_holdings(ApiRequest *r, const HoldingKind *kind, bool detail, Fault *f)
{
	RecordQuery query = {0};
	RecordList list;
	Holding holding = {0};
	int k;

	if (!check_host(r) || !api_page(r, &query) || !volume_query_sort(r, &query, sort_keys))
		return 0;
	k = record_find(r->work.tx, r->arena, kind->table, &query, &list, f);
	if (k == RECORD_NO_MARKER) {
		r->work.refused = (RefusalData){.id = query.marker};
		return (int)kind->no_marker;
	}
	if (k)
		return fault_unexpected(f, k);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, kind->key);
	for (size_t i = 0; i < list.count; i++) {
		holding = kind->read(list.records[i]);
		out_holding(r, &holding, detail);
	}
	json_out_list_end(&r->out);
	if (list.count && (int64_t)list.count == query.limit)
		api_out_next(r, &r->out, kind->links, holding.id);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int volumes_list(ApiRequest *r, Fault *f)
{
	return list_holdings(r, &volumes, false, f);
}

static int volumes_detail(ApiRequest *r, Fault *f)
{
	return list_holdings(r, &volumes, true, f);
}

static int snapshots_list(ApiRequest *r, Fault *f)
{
	return list_holdings(r, &snapshots, false, f);
}

static int snapshots_detail(ApiRequest *r, Fault *f)
{
	return list_holdings(r, &snapshots, true, f);
}

#define LIST(path, version, rule_name, handler)                                                    \
	{                                                                                          \
		.method = "GET", .pattern = (path), .policy = (rule_name), .rule = API_RULE_ADMIN, \
		.mode = API_READ, .since = (version), .handle = (handler)                          \
	}

#define OF_VOLUMES "volume_extension:list_manageable"
#define OF_SNAPSHOTS "snapshot_extension:list_manageable"

static const ApiRoute routes[] = {
	LIST("/os-volume-manage", V(0), OF_VOLUMES, volumes_list),
	LIST("/os-volume-manage/detail", V(0), OF_VOLUMES, volumes_detail),
	LIST("/manageable_volumes", V(8), OF_VOLUMES, volumes_list),
	LIST("/manageable_volumes/detail", V(8), OF_VOLUMES, volumes_detail),
	LIST("/os-snapshot-manage", V(0), OF_SNAPSHOTS, snapshots_list),
	LIST("/os-snapshot-manage/detail", V(0), OF_SNAPSHOTS, snapshots_detail),
	LIST("/manageable_snapshots", V(8), OF_SNAPSHOTS, snapshots_list),
	LIST("/manageable_snapshots/detail", V(8), OF_SNAPSHOTS, snapshots_detail),
};
const ApiRoutes volume_manageable_routes = API_ROUTES(routes);
