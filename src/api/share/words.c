/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the shared file systems dialect says when a use case refuses: the exact texts that clients
 * know.
 */
#include <inttypes.h>

#include "api/share/priv.h"

/* Growing beyond the quota is forbidden, making beyond it too large. */
static unsigned quota_words(Arena *a, const RefusalData *d, const char **ret_message)
{
	static const char gigabytes[] = "Requested share exceeds allowed project/user or share "
					"type gigabytes quota.";

	if (str_eq(d->resource, "share_gigabytes") && str_eq(d->action, "extend")) {
		*ret_message = gigabytes;
		return 403;
	}
	if (str_eq(d->resource, "share_gigabytes"))
		*ret_message = arena_printf(a, "ShareSizeExceedsAvailableQuota: %s", gigabytes);
	else if (str_eq(d->resource, "share_per_gigabytes"))
		*ret_message = arena_printf(a,
					    "ShareSizeExceedsLimit: Requested share size %" PRId64
					    " is larger than maximum allowed limit %" PRId64 ".",
					    d->requested, d->limit);
	else if (str_eq(d->resource, "share_snapshots"))
		*ret_message = arena_printf(a,
					    "SnapshotLimitExceeded: Maximum number of snapshots "
					    "allowed (%" PRId64 ") exceeded.",
					    d->limit);
	else if (str_eq(d->resource, "share_snapshot_gigabytes"))
		*ret_message = "SnapshotSizeExceedsAvailableQuota: Requested snapshot exceeds "
			       "allowed gigabytes quota.";
	else
		*ret_message = arena_printf(a,
					    "ShareLimitExceeded: Maximum number of shares allowed "
					    "(%" PRId64 ") either per project/user or share type "
					    "quota is exceeded.",
					    d->limit);
	return 413;
}

static const char *not_found_text(Arena *a, Refusal refusal, const RefusalData *d)
{
	if (refusal == REFUSAL_NO_SHARE)
		return arena_printf(a, "Share %s could not be found.", d->id);
	if (refusal == REFUSAL_NO_SHARE_TYPE)
		return "Share type not found.";
	if (refusal == REFUSAL_NO_SHARE_SNAPSHOT)
		return arena_printf(a, "Snapshot %s could not be found.", d->id);
	if (refusal == REFUSAL_NO_SHARE_RULE)
		return arena_printf(a, "Share access rule %s not found.", d->id);
	if (refusal == REFUSAL_NO_MESSAGE)
		return arena_printf(a, "Message %s could not be found.", d->id);
	if (refusal == REFUSAL_NO_METADATA_KEY)
		return "Metadata item is not found.";
	return "The resource could not be found.";
}

/* What another resource that this one hangs on does not allow. */
static const char *held_text(Arena *a, Refusal refusal, const RefusalData *d)
{
	if (refusal == REFUSAL_SHARE_LOCKED)
		return arena_printf(a, "Resource lock/s [%s] prevent %s action.", d->other,
				    d->action);
	return arena_printf(a, "Share %s cannot be changed so (%s) while servers have it: %s.",
			    d->id, d->action, d->other);
}

unsigned share_refusal_words(ApiRequest *r, Refusal refusal, const char **ret_message)
{
	const RefusalData *d = &r->work.refused;

	switch (refusal) {
	case REFUSAL_NO_SHARE:
	case REFUSAL_NO_SHARE_TYPE:
	case REFUSAL_NO_SHARE_SNAPSHOT:
	case REFUSAL_NO_SHARE_RULE:
	case REFUSAL_NO_RESOURCE_LOCK:
	case REFUSAL_NO_MESSAGE:
	case REFUSAL_NO_METADATA_KEY:
		*ret_message = not_found_text(r->arena, refusal, d);
		return 404;
	case REFUSAL_NOT_THERE:
		*ret_message = d->value;
		return 404;
	case REFUSAL_BAD_INPUT:
		*ret_message = d->value;
		return 400;
	case REFUSAL_SHARE_FORBIDDEN:
		*ret_message = d->value;
		return 403;
	case REFUSAL_SHARE_CONFLICT:
		*ret_message = d->value;
		return 409;
	case REFUSAL_SHARE_LOCKED:
		*ret_message = held_text(r->arena, refusal, d);
		return 403;
	case REFUSAL_SHARE_ATTACHED:
		*ret_message = held_text(r->arena, refusal, d);
		return 409;
	case REFUSAL_DENIED:
		*ret_message = "Access was denied to this resource.";
		return 403;
	case REFUSAL_QUOTA:
		return quota_words(r->arena, d, ret_message);
	/* No use case behind this dialect says any of these. */
	case REFUSAL_NONE:
	case REFUSAL_NO_SERVER:
	case REFUSAL_NO_VOLUME:
	case REFUSAL_NO_VOLUME_TYPE:
	case REFUSAL_NO_IMAGE:
	case REFUSAL_NO_FLAVOR:
	case REFUSAL_NO_SERVER_GROUP:
	case REFUSAL_NO_ATTACHMENT:
	case REFUSAL_NO_OPERATION:
	case REFUSAL_NO_KEYPAIR:
	CASE_SERVER_REFUSALS:
	case REFUSAL_NO_VOLUME_ATTACHMENT:
	case REFUSAL_NO_SNAPSHOT:
	case REFUSAL_NO_TRANSFER:
	case REFUSAL_NO_QOS:
	case REFUSAL_NO_SERVICE:
	case REFUSAL_VOLUME_CONFLICT:
	case REFUSAL_SERVER_HAS_VOLUME:
	case REFUSAL_NO_ROOM:
	case REFUSAL_VOLUME_STATE:
	case REFUSAL_VOLUME_ATTACHED:
	case REFUSAL_VOLUME_ATTACHED_HERE:
	case REFUSAL_VOLUME_MULTIATTACH:
	case REFUSAL_VOLUME_NOT_DETACHABLE:
	case REFUSAL_IMAGE_FOREIGN:
	case REFUSAL_IMAGE_PUBLISH:
	case REFUSAL_IMAGE_IN_USE:
	case REFUSAL_IMAGE_PROTECTED:
	case REFUSAL_IMAGE_STATE:
	case REFUSAL_IMAGE_UNUSABLE:
	case REFUSAL_FLAVOR_EXISTS:
	case REFUSAL_FLAVOR_TOO_SMALL:
	case REFUSAL_NAME_EXISTS:
	case _REFUSAL_MAX:
		break;
	}
	*ret_message = d->value ? d->value : "The request cannot be fulfilled.";
	return 400;
}
