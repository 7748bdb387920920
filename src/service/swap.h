/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Another volume in the place of one that a server has, while its guest goes on: docs/swap.md.
 */
#pragma once

#include "service/service.h"

typedef struct SwapWish {
	const char *server_id;
	const char *old_id;
	const char *new_id;
} SwapWish;

/*
 * Both volumes are taken, and the operation that swaps them is written. REFUSAL_NO_SERVER,
 * REFUSAL_NO_VOLUME for the old one, REFUSAL_SWAP_BY_SERVICES, REFUSAL_SERVER_LOCKED,
 * REFUSAL_SERVER_STATE, REFUSAL_VOLUME_NOT_DETACHABLE, REFUSAL_VOLUME_STATE for the new one,
 * REFUSAL_BAD_INPUT with a sentence for whatever else does not go together.
 */
_must_use_ int service_swap_volume(Work *work, const SwapWish *wish, Fault *f);
