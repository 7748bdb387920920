/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An attachment goes: asked for by its id, and not behind the back of a server that has it.
 */
#include "service/attachment-guard.h"
#include "service/attachment.h"
#include "service/priv.h"

int service_delete_attachment(Work *work, const char *id, Attachment **ret,
			      const char **ret_operation, Fault *f)
{
	Attachment *row;
	Volume *volume;
	int r;

	*ret_operation = NULL;
	r = service_find_attachment(work, id, ret, f);
	if (r)
		return r;
	r = volume_get(work->tx, work->arena, (*ret)->volume_id, &volume, f);
	if (r)
		return fault_unexpected(f, r);
	r = attachment_guard(work, volume, (*ret)->id, &row, f);
	return r ? r : service_drop_attachment(work, volume, row, ret_operation, f);
}
