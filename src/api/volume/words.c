/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the block storage dialect says when a use case refuses: the exact texts that clients know.
 */
#include <inttypes.h>

#include "api/volume/priv.h"

/* Whether that is what is short, of all types or of one ("gigabytes_fast"). */
static bool is_short_of(const RefusalData *d, const char *resource)
{
	const char *rest = str_after(d->resource, resource);

	return rest && (!*rest || *rest == '_');
}

static const char *quota_text(Arena *a, const RefusalData *d)
{
	if (is_short_of(d, "gigabytes"))
		return arena_printf(a,
				    "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot "
				    "exceeds allowed %s quota. Requested %" PRId64
				    "G, quota is %" PRId64 "G and %" PRId64 "G has been consumed.",
				    d->resource, d->requested, d->limit, d->used);
	if (str_eq(d->resource, "per_volume_gigabytes"))
		return arena_printf(a,
				    "VolumeSizeExceedsLimit: Requested volume size %" PRId64
				    "G is larger than maximum allowed limit %" PRId64 "G.",
				    d->requested, d->limit);
	if (is_short_of(d, "volumes"))
		return arena_printf(a,
				    "VolumeLimitExceeded: Maximum number of volumes allowed "
				    "(%" PRId64 ") exceeded for quota '%s'.",
				    d->limit, d->resource);
	if (is_short_of(d, "snapshots"))
		return arena_printf(a,
				    "SnapshotLimitExceeded: Maximum number of snapshots allowed "
				    "(%" PRId64 ") exceeded",
				    d->limit);
	if (str_eq(d->resource, "snapshots"))
		return arena_printf(a,
				    "SnapshotLimitExceeded: Maximum number of snapshots allowed "
				    "(%" PRId64 ") exceeded for quota 'snapshots'.",
				    d->limit);
	return arena_printf(a,
			    "MetadataLimitExceeded: Maximum number of metadata items exceeds "
			    "%" PRId64 ".",
			    d->limit);
}

/* What a status forbids, by RefusalData.action. */
static const struct {
	const char *action;
	const char *text; /* {id} and {status} are the volume's */
} forbidden[] = {
	{"delete", "Invalid volume: Volume status must be available or error or error_restoring or "
		   "error_extending or error_managing and must not be migrating, attached, belong "
		   "to a group, have snapshots, awaiting a transfer, or be disassociated from "
		   "snapshots after volume transfer."},
	{"extend", "Invalid volume: Volume {id} status must be '{'status': 'available'}' to "
		   "extend, currently {status}."},
	{"update", "Invalid volume: The volume cannot be updated during maintenance."},
	{"set metadata", "Invalid volume: Updating volume metadata is not allowed for volumes in "
			 "{status} status."},
	{"delete metadata", "Invalid volume: Deleting volume metadata is not allowed for volumes "
			    "in {status} status."},
	{"update readonly flag", "Invalid volume: Volume {id} status must be available to update "
				 "readonly flag, but current status is: {status}."},
	{"reserve", "Invalid volume: Volume {id} status must be available or downloading to "
		    "reserve, but the current status is {status}."},
	{"reserve multiattach", "Invalid volume: Volume {id} status must be available or in-use or "
				"downloading to reserve, but the current status is {status}."},
	{"os-reserve", "Invalid volume: Volume status must be available to reserve, but the "
		       "status is {status}."},
	{"os-reserve multiattach", "Invalid volume: Volume status must be available or in-use to "
				   "reserve, but the status is {status}."},
	{"os-attach", "Invalid volume: Volume status must be available or attaching to attach, "
		      "but the status is {status}."},
	{"os-attach maintenance",
	 "Invalid volume: The volume cannot be attached in maintenance mode."},
	{"os-detach maintenance",
	 "Invalid volume: The volume cannot be detached in maintenance mode."},
	{"os-initialize_connection maintenance",
	 "Invalid volume: The volume connection cannot be initialized in maintenance mode."},
};

static const char *state_text(Arena *a, const RefusalData *d)
{
	_cleanup_(buf_done) Buf text = {0};
	const char *p = "Invalid volume: The volume is {status}.";

	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++)
		if (str_eq(forbidden[i].action, d->action))
			p = forbidden[i].text;
	while (*p) {
		const char *after;

		if ((after = str_after(p, "{id}")))
			buf_add(&text, d->id);
		else if ((after = str_after(p, "{status}")))
			buf_add(&text, d->value);
		else
			buf_add_char(&text, *p);
		p = after ? after : p + 1;
	}
	return arena_strdup(a, buf_text(&text));
}

static const char *no_key_text(Arena *a, const RefusalData *d)
{
	if (str_eq(d->attribute, "image"))
		return arena_printf(a, "Glance metadata for volume/snapshot %s cannot be found.",
				    d->id);
	return arena_printf(a, "%s %s has no metadata with key %s.",
			    str_eq(d->attribute, "snapshot") ? "Snapshot" : "Volume", d->id,
			    d->other);
}

static const char *type_text(Arena *a, const RefusalData *d)
{
	if (d->id)
		return arena_printf(a, "Volume type %s could not be found.", d->id);
	return arena_printf(a, "Volume type with name %s could not be found.", d->value);
}

/* What there is but one kind of, and is named by its id. */
static const char *not_found_text(Arena *a, Refusal refusal, const RefusalData *d)
{
	if (refusal == REFUSAL_NO_VOLUME_ATTACHMENT)
		return arena_printf(a,
				    "Volume attachment could not be found with filter: "
				    "attachment_id = %s.",
				    d->id);
	if (refusal == REFUSAL_NO_SNAPSHOT)
		return arena_printf(a, "Snapshot %s could not be found.", d->id);
	if (refusal == REFUSAL_NO_TRANSFER)
		return arena_printf(a, "Transfer %s could not be found.", d->id);
	if (refusal == REFUSAL_NO_QOS)
		return arena_printf(a, "No such QoS spec %s.", d->id);
	if (refusal == REFUSAL_NO_MESSAGE)
		return arena_printf(a, "Message %s could not be found.", d->id);
	return arena_printf(a, "Service %s could not be found on host %s.", d->id, d->other);
}

unsigned volume_refusal_words(ApiRequest *r, Refusal refusal, const char **ret_message)
{
	const RefusalData *d = &r->work.refused;
	Arena *a = r->arena;

	switch (refusal) {
	case REFUSAL_NO_VOLUME:
		*ret_message = arena_printf(a, "Volume %s could not be found.", d->id);
		return 404;
	case REFUSAL_NO_VOLUME_TYPE:
		*ret_message = type_text(a, d);
		return 404;
	case REFUSAL_NO_METADATA_KEY:
		*ret_message = no_key_text(a, d);
		return 404;
	case REFUSAL_VOLUME_STATE:
		*ret_message = state_text(a, d);
		return 400;
	case REFUSAL_VOLUME_NOT_DETACHABLE:
		*ret_message = "Invalid volume: Unable to detach volume. Volume status must be "
			       "'in-use' and attach_status must be 'attached' to detach.";
		return 400;
	case REFUSAL_QUOTA:
		*ret_message = quota_text(a, d);
		return 413;
	case REFUSAL_NO_ROOM:
		*ret_message = arena_printf(a,
					    "CapacityExceeded: Requested volume or snapshot of "
					    "%" PRId64 "G does not fit: the storage has room for "
					    "%" PRId64 "G.",
					    d->requested, d->limit);
		return 413;
	case REFUSAL_BAD_INPUT:
		*ret_message = d->value;
		return 400;
	case REFUSAL_NO_VOLUME_ATTACHMENT:
	case REFUSAL_NO_SNAPSHOT:
	case REFUSAL_NO_TRANSFER:
	case REFUSAL_NO_QOS:
	case REFUSAL_NO_MESSAGE:
	case REFUSAL_NO_SERVICE:
		*ret_message = not_found_text(a, refusal, d);
		return 404;
	case REFUSAL_VOLUME_CONFLICT:
		*ret_message = d->value;
		return 409;
	case REFUSAL_NOT_THERE:
		*ret_message = d->value;
		return 404;
	case REFUSAL_SERVER_HAS_VOLUME:
		*ret_message = arena_printf(a,
					    "ConflictNovaUsingAttachment: Detach volume from "
					    "instance %s using the Compute API",
					    d->id ? d->id : "");
		return 409;
	/* No use case behind this dialect says any of these. */
	case REFUSAL_NONE:
	case REFUSAL_NO_SERVER:
	case REFUSAL_NO_IMAGE:
	case REFUSAL_NO_FLAVOR:
	case REFUSAL_NO_SERVER_GROUP:
	case REFUSAL_NO_ATTACHMENT:
	case REFUSAL_NO_OPERATION:
	case REFUSAL_NO_KEYPAIR:
	CASE_SERVER_REFUSALS:
	CASE_SHARE_REFUSALS:
	case REFUSAL_DENIED:
	case REFUSAL_VOLUME_ATTACHED:
	case REFUSAL_VOLUME_ATTACHED_HERE:
	case REFUSAL_VOLUME_MULTIATTACH:
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
