/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of the shared file systems dialect share.
 */
#pragma once

#include "api/common/api.h"
#include "api/share/share.h"
#include "base/limits.h"
#include "base/str.h"
#include "records/tables.h"

#define V(minor) API_VERSION(2, minor)

/* The last version that has "os-" before the names of some resources, and the first without. */
enum { SHARE_PREFIXED = V(6), SHARE_PLAIN = V(7) };

extern const ApiRoutes share_share_routes;
extern const ApiRoutes share_list_routes;
extern const ApiRoutes share_action_routes;
extern const ApiRoutes share_rule_routes;
extern const ApiRoutes share_lock_routes;
extern const ApiRoutes share_type_routes;
extern const ApiRoutes share_type_spec_routes;
extern const ApiRoutes share_manage_routes;
extern const ApiRoutes share_metadata_routes;
extern const ApiRoutes share_export_routes;
extern const ApiRoutes share_instance_routes;
extern const ApiRoutes share_snapshot_routes;
extern const ApiRoutes share_snapshot_action_routes;
extern const ApiRoutes share_quota_routes;
extern const ApiRoutes share_service_routes;
extern const ApiRoutes share_message_routes;
extern const ApiRoutes share_absent_routes;
extern const ApiRoutes share_small_routes;

/* ApiDialect.refusal. */
unsigned share_refusal_words(ApiRequest *r, Refusal refusal, const char **ret_message);

/* How shares are printed: what a reply needs beside the rows, read once. */
typedef struct ShareView {
	ApiRequest *r;
	ShareType **types;
	size_t type_count;
	/* For the share that is being printed. */
	const ShareType *type;
	ShareExport **exports;
	size_t export_count;
} ShareView;

_must_use_ int share_view_open(ApiRequest *r, ShareView *ret, Fault *f);
_must_use_ int share_view_out(ShareView *view, const char *key, const Share *share, Fault *f);
/* Likewise as the one instance that it has, which has the share's id. */
_must_use_ int share_view_out_instance(ShareView *view, const char *key, const Share *share,
				       Fault *f);
/* The end of a handler whose use case gave `k`: 200 with the share, or what it gave. */
_must_use_ int share_reply_share(ApiRequest *r, int k, const Share *share, Fault *f);
/* Likewise 202 without a body. */
_must_use_ int share_reply_accepted(ApiRequest *r, int k);

/*
 * Read the body by a table of its one wrapper, `name`. False after a reply: 422 when there is no
 * such object.
 */
_must_use_ bool share_read_wrapped(ApiRequest *r, const char *name, const JsonFields *fields,
				   void **ret);

/*
 * A boolean as clients write it into a query: absent is `fallback`. False after a 400. And one in a
 * body, as JSON.
 */
_must_use_ bool share_query_bool(ApiRequest *r, const char *name, bool fallback, bool *ret);
_must_use_ bool share_read_bool(ApiRequest *r, const char *json, bool *ret);

/* Handlers of an export location, and of the list of them, by "share_id" and "export_id". */
_must_use_ int share_exports_list(ApiRequest *r, Fault *f);
_must_use_ int share_export_show(ApiRequest *r, Fault *f);

/* The body of reset_status, and of os-reset_status; and the status in it. False after a 400. */
extern const JsonFields share_reset_body, share_old_reset_body;
_must_use_ bool share_read_reset(ApiRequest *r, const EnumNames *names, int *ret);

/* What an admin does to a share, or to its instance; by "share_id". */
_must_use_ int share_reset(ApiRequest *r, Fault *f);
_must_use_ int share_force_delete(ApiRequest *r, Fault *f);

/* The body of an action, whose one member has the action's name and is `wish` in the Type. */
#define SHARE_ACTION_BODY(id, key, Type, table)                                                    \
	static const JsonField id##_rows[] = {{.name = (key),                                      \
					       .type = JSON_OBJECT,                                \
					       .flags = JSON_REQUIRED,                             \
					       .fields = &(table),                                 \
					       .offset = offsetof(Type, wish)}};                   \
	static const JsonFields id = JSON_FIELDS(id##_rows, Type)

/* Whether the caller is an admin and asks for all projects; what others say is ignored. */
bool share_asks_for_all(const ApiRequest *r, const char *name);

/* Bodies of metadata sub-resources. */
typedef struct ShareMetadataBody {
	JsonTextMap metadata;
} ShareMetadataBody;
extern const JsonFields share_metadata_fields;
/*
 * The body that sets one key: a pair under "meta", as the answer has it, or under "metadata".
 * False after a 400.
 */
extern const JsonFields share_item_fields;
_must_use_ bool share_read_item(ApiRequest *r, const JsonTextMap **ret);
