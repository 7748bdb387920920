/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Where shares can be mounted from, and what admins note down about each of these places.
 */
#pragma once

#include "model/share.h"
#include "service/service.h"
#include "json/json.h"

/*
 * A place of a share that the caller sees. REFUSAL_NO_SHARE, REFUSAL_NOT_THERE; REFUSAL_DENIED when
 * it is for admins alone.
 */
_must_use_ int service_find_share_export(Work *work, const char *share_id, const char *id,
					 ShareExport **ret, Fault *f);

/*
 * All places of a share that the caller sees, the preferred ones first; those for admins are left
 * out for others. REFUSAL_NO_SHARE.
 */
_must_use_ int service_list_share_exports(Work *work, const char *share_id, ShareExport ***ret,
					  size_t *ret_count, Fault *f);

/*
 * Set some keys of its metadata, all of them, or remove one. *ret is the whole map as JSON. As
 * above; REFUSAL_BAD_INPUT, REFUSAL_NO_METADATA_KEY.
 */
_must_use_ int service_merge_export_metadata(Work *work, const ShareExport *place,
					     const JsonTextMap *set, const char **ret, Fault *f);
_must_use_ int service_replace_export_metadata(Work *work, const ShareExport *place,
					       const JsonTextMap *all, const char **ret, Fault *f);
_must_use_ int service_delete_export_metadata(Work *work, const ShareExport *place, const char *key,
					      Fault *f);
