/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who may take a volume away through the block storage API (CVE-2023-2088): not behind the back of
 * a compute host that still uses it, or a device that is left there would show somebody else's
 * volume one day. Asked by the deletion of attachments and by os-detach, os-force_detach and
 * os-terminate_connection.
 */
#pragma once

#include "model/volume.h"
#include "service/service.h"

/*
 * `attachment_id` is NULL where a legacy call names none. On success *ret is the attachment that
 * the request is about (the one named, or the only one), or NULL when there is none to be told.
 * REFUSAL_SERVER_HAS_VOLUME; REFUSAL_BAD_INPUT when the attachment is another volume's.
 */
_must_use_ int attachment_guard(Work *work, const Volume *volume, const char *attachment_id,
				Attachment **ret, Fault *f);

/* The same for one that is at hand, of that volume. */
_must_use_ int attachment_guard_one(Work *work, const Attachment *attachment);
