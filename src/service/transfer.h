/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes that go from one project to another: offered by the one, taken by the other with a key
 * that is shown once. Nothing of the world moves, so each step is one transaction.
 */
#pragma once

#include "model/volume.h"
#include "service/service.h"

typedef struct TransferWish {
	const char *volume_id;
	const char *name;
	bool no_snapshots;
} TransferWish;

/*
 * Offer an available volume. *ret_key is what the taker has to know. REFUSAL_NO_VOLUME,
 * REFUSAL_BAD_INPUT.
 */
_must_use_ int service_offer_volume(Work *work, const TransferWish *wish, Transfer **ret,
				    const char **ret_key, Fault *f);

/* The volume is gone, and what was offered with it. */
_must_use_ int transfers_forget(Tx *tx, const char *volume_id, Fault *f);

/* A transfer that the caller's project offers (any for admins). REFUSAL_NO_TRANSFER. */
_must_use_ int service_find_transfer(Work *work, const char *id, Transfer **ret, Fault *f);

/* The volume is the giver's again. REFUSAL_NO_TRANSFER. */
_must_use_ int service_withdraw_transfer(Work *work, const char *id, Fault *f);

/*
 * The volume and, unless the giver keeps them, its snapshots become the caller's project's, and
 * count there. REFUSAL_NO_TRANSFER, REFUSAL_BAD_INPUT, REFUSAL_QUOTA.
 */
_must_use_ int service_take_transfer(Work *work, const char *id, const char *key, Transfer **ret,
				     Fault *f);
