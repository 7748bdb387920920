/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How attachments are shown: the summary of lists, and all of one.
 */
#pragma once

#include "api/volume/priv.h"
#include "service/attachment.h"

/* Print one summary, as an item of a list. */
void attachment_out_summary(ApiRequest *r, const Attachment *attachment);

/* Print all of one; `shared` is what shares its connection. */
void attachment_out(ApiRequest *r, const char *key, const Attachment *attachment,
		    const SharedConnections *shared);

/* Print "shared_connections_by_attachment". */
void attachment_out_shared(ApiRequest *r, const SharedConnections *shared);
