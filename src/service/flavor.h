/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Flavors: finding one the caller may see, making, describing, deleting, and extra specs.
 */
#pragma once

#include "model/server.h"
#include "service/service.h"
#include "json/json.h"

typedef struct FlavorWish {
	const char *name;
	const char *id; /* NULL or "auto": a new uuid */
	const char *description;
	int64_t ram_mib;
	int64_t vcpus;
	int64_t disk_gib;
	int64_t ephemeral_gib;
	int64_t swap_mib;
	const char *rxtx_factor; /* JSON of a number, or NULL for 1.0 */
	bool is_public;
	bool has_is_public;
} FlavorWish;

/* REFUSAL_NO_FLAVOR: unknown, or private and neither for admins nor for the caller's project. */
_must_use_ int service_find_flavor(Work *work, const char *id, Flavor **ret, Fault *f);
/* REFUSAL_FLAVOR_EXISTS: the id or the name is taken. */
_must_use_ int service_create_flavor(Work *work, const FlavorWish *wish, Flavor **ret, Fault *f);
_must_use_ int service_describe_flavor(Work *work, const char *id, const char *description,
				       Flavor **ret, Fault *f);
_must_use_ int service_delete_flavor(Work *work, const char *id, Fault *f);

/* Set some specs; others stay. */
_must_use_ int service_merge_flavor_specs(Work *work, const char *id, const JsonTextMap *specs,
					  Fault *f);
/* REFUSAL_NO_METADATA_KEY. */
_must_use_ int service_delete_flavor_spec(Work *work, const char *id, const char *key, Fault *f);

/* Who has access to a private flavor. REFUSAL_NO_FLAVOR, REFUSAL_NOT_THERE: it is public. */
_must_use_ int service_list_flavor_access(Work *work, const char *id, FlavorAccess ***ret,
					  size_t *ret_count, Fault *f);
/* REFUSAL_NO_FLAVOR, REFUSAL_NAME_EXISTS: it is public, or the project has access already. */
_must_use_ int service_grant_flavor(Work *work, const char *id, const char *project_id, Fault *f);
/* REFUSAL_NO_FLAVOR, REFUSAL_NOT_THERE: it has no access. */
_must_use_ int service_revoke_flavor(Work *work, const char *id, const char *project_id, Fault *f);
/* Ids of the private flavors that a project has access to; in the arena. */
_must_use_ int service_flavors_granted(Work *work, const char *project_id,
				       const char *const **ret_ids, size_t *ret_count, Fault *f);
