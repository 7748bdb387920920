/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An attachment goes: asked for by its id, and not behind the back of a server that has it.
 */
#include "service/attachment-guard.h"
#include "service/attachment.h"
#include "service/priv.h"

int service_delete_attachment(Work *work, const char *id, AttachmentGone *ret, Fault *f)
{
	AttachmentGone gone = {0};
	Attachment *attachment;
	int r;

	r = service_find_attachment(work, id, &attachment, f);
	if (!r)
		r = attachment_guard_one(work, attachment);
	if (!r)
		r = service_shared_connections(work, &attachment, 1, &gone.shared, f);
	if (r)
		return r;
	r = service_drop_attachment(work, attachment, &gone.operation, f);
	gone.attachment = attachment;
	*ret = gone;
	return r;
}
