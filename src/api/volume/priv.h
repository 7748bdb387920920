/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of the block storage dialect share.
 */
#pragma once

#include "api/common/api.h"
#include "api/volume/volume.h"
#include "base/limits.h"
#include "base/str.h"
#include "records/tables.h"
#include "service/volume.h"

#define V(minor) API_VERSION(3, minor)

extern const ApiRoutes volume_volume_routes;
extern const ApiRoutes volume_list_routes;
extern const ApiRoutes volume_summary_routes;
extern const ApiRoutes volume_message_routes;
extern const ApiRoutes volume_manageable_routes;
extern const ApiRoutes volume_absent_routes;
extern const ApiRoutes volume_transfer_routes;
extern const ApiRoutes volume_encryption_routes;
extern const ApiRoutes volume_host_routes;
extern const ApiRoutes volume_resource_filter_routes;
extern const ApiRoutes volume_service_routes;
extern const ApiRoutes volume_metadata_routes;
extern const ApiRoutes volume_extend_routes;
extern const ApiRoutes volume_action_routes;
extern const ApiRoutes volume_connection_routes;
extern const ApiRoutes volume_snapshot_routes;
extern const ApiRoutes volume_snapshot_metadata_routes;
extern const ApiRoutes volume_snapshot_action_routes;
extern const ApiRoutes volume_upload_routes;
extern const ApiRoutes volume_retype_routes;
extern const ApiRoutes volume_pool_routes;
extern const ApiRoutes volume_type_routes;
extern const ApiRoutes volume_type_spec_routes;
extern const ApiRoutes volume_type_access_routes;
extern const ApiRoutes volume_type_encryption_routes;
extern const ApiRoutes volume_default_type_routes;
extern const ApiRoutes volume_qos_routes;
extern const ApiRoutes volume_quota_routes;
extern const ApiRoutes volume_limit_routes;
extern const ApiRoutes volume_small_routes;
extern const ApiRoutes volume_attachment_list_routes;
extern const ApiRoutes volume_attachment_routes;

/* ApiDialect.refusal. */
unsigned volume_refusal_words(ApiRequest *r, Refusal refusal, const char **ret_message);

/* Print one volume. `full` is for show and detail; create and update say less. */
_must_use_ int volume_out(ApiRequest *r, const char *key, const Volume *volume, bool full,
			  Fault *f);

/* What an answer shows of a type, each more than the one before: clients check with closed lists.
 */
typedef enum TypeView {
	TYPE_VIEW_CHANGED,
	TYPE_VIEW_MADE,
	TYPE_VIEW_FULL,
} TypeView;

/* type-view.c: a type, its extra specs, and whether the caller may see one of them. */
void type_out(ApiRequest *r, const char *key, const VolumeType *type, TypeView view);
void type_out_specs(ApiRequest *r, const VolumeType *type);
bool type_spec_is_visible(const ApiRequest *r, const char *key);

/* The end of a handler whose use case gave `k`: 202 without a body, or what it gave. */
_must_use_ int volume_reply_accepted(ApiRequest *r, int k);
/* Bodies and replies of metadata sub-resources. */
typedef struct VolumeMetadataBody {
	JsonTextMap metadata;
} VolumeMetadataBody;
typedef struct VolumeItemBody {
	JsonTextMap meta;
} VolumeItemBody;
extern const JsonFields volume_metadata_fields;
extern const JsonFields volume_item_fields;

/*
 * Read a query value as a boolean. False after a 400; *ret is `fallback` when it is absent.
 */
_must_use_ bool volume_query_bool(ApiRequest *r, const char *name, bool fallback, bool *ret);

/*
 * Add what "sort", or "sort_key" and "sort_dir", ask for, else created_at:desc. `keys` ends with a
 * row without key. False after a 400.
 */
typedef struct VolumeSortKey {
	const char *key;
	const char *column;
} VolumeSortKey;

_must_use_ bool volume_query_sort(ApiRequest *r, RecordQuery *query, const VolumeSortKey *keys);
