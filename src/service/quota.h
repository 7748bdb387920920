/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The quota sets of block storage: what their members are, what they say of a project or a class
 * of projects, and what an admin may do with them. Each volume type has members of its own.
 */
#pragma once

#include "records/tables.h"
#include "service/service.h"

typedef struct QuotaMember {
	const char *name;     /* as clients know it: "volumes", "gigabytes_fast" */
	const char *resource; /* as it is stored: by the type's id, so that types may be renamed */
	const VolumeType *type; /* NULL: of all types */
	QuotaUsage usage;
} QuotaMember;

typedef struct QuotaSet {
	QuotaMember *members;
	size_t count;
} QuotaSet;

/* How "volumes", "gigabytes" or "snapshots" of a type are stored. */
const char *type_quota_resource(Arena *arena, const char *resource, const char *type_id);

/* All members, with nothing in their usage. */
_must_use_ int service_quota_set(Work *work, QuotaSet *ret, Fault *f);
/* A member by its name, or NULL. */
const QuotaMember *quota_set_member(const QuotaSet *set, const char *name);
/* Likewise with the limits of a project and, `with_usage`, what it uses. */
_must_use_ int service_project_quotas(Work *work, const char *project_id, bool with_usage,
				      QuotaSet *ret, Fault *f);
/* Likewise with the limits of a class. */
_must_use_ int service_class_quotas(Work *work, const char *name, QuotaSet *ret, Fault *f);

/* Limit a member for a project; -1 for no limit. REFUSAL_BAD_INPUT: less than is used. */
_must_use_ int service_limit_quota(Work *work, const char *project_id, const QuotaMember *member,
				   int64_t limit, Fault *f);
/* Back to the defaults. */
_must_use_ int service_reset_quotas(Work *work, const char *project_id, Fault *f);
/* A type is no more. */
_must_use_ int service_forget_type_quotas(Work *work, const VolumeType *type, Fault *f);
