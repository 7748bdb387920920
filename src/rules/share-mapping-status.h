/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The status of a share that a server has: every event in every status is decided by one table, as
 * with volume-status.h. Nothing is refused: whoever asks has been checked by the server's state.
 * Each event may come twice and then changes nothing.
 *
 *     -- attach --> attaching --allowed--> inactive --connected--> active
 *                       |                     ^ ^                    |
 *                 allow-failed                | +---- disconnected --+
 *                       v                     |
 *                     error ---disconnected---+      (and ---connected--> active)
 *
 *     each of them --detach--> detaching --> gone, or by detach-failed, error
 *
 * Looking at a guest makes true what its power says, but an error stays for people to see.
 * What is attaching or detaching has an operation that ends it; the power of its server says
 * nothing of it.
 */
#pragma once

#include "base/macros.h"
#include "model/share.h"

typedef enum ShareMappingEvent {
	SHARE_MAPPING_EVENT_ALLOWED,       /* this host may mount the share */
	SHARE_MAPPING_EVENT_ALLOW_FAILED,  /* it may not, and nothing will change that */
	SHARE_MAPPING_EVENT_CONNECTED,     /* the guest has it */
	SHARE_MAPPING_EVENT_DISCONNECTED,  /* the guest is off */
	SHARE_MAPPING_EVENT_SEEN_ON,       /* somebody looked: the guest runs, with what it has */
	SHARE_MAPPING_EVENT_SEEN_OFF,      /* the guest went off by itself */
	SHARE_MAPPING_EVENT_FAILED,        /* it could not be connected, or disconnected */
	SHARE_MAPPING_EVENT_DETACH,        /* it goes, for good */
	SHARE_MAPPING_EVENT_DETACH_FAILED, /* it still is there */
	_SHARE_MAPPING_EVENT_MAX,
} ShareMappingEvent;

extern const EnumNames share_mapping_event_names;

/* What the mapping's status becomes. */
ShareMappingStatus share_mapping_status_move(ShareMappingStatus now, ShareMappingEvent event);

/* Whether an operation is changing it, so that its server's power has to stay as it is. */
bool share_mapping_is_changing(ShareMappingStatus status);
