/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the shared file systems dialect says when a use case refuses: the exact texts that clients
 * know.
 */
#include "api/share/priv.h"

unsigned share_refusal_words(ApiRequest *r, Refusal refusal, const char **ret_message)
{
	const RefusalData *d = &r->work.refused;

	switch (refusal) {
	case REFUSAL_NOT_THERE:
		*ret_message = d->value;
		return 404;
	case REFUSAL_BAD_INPUT:
		*ret_message = d->value;
		return 400;
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
	case REFUSAL_NO_METADATA_KEY:
	case REFUSAL_QUOTA:
	case REFUSAL_DENIED:
	CASE_SERVER_REFUSALS:
	CASE_BLOCK_STORAGE_REFUSALS:
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
