/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See attachment-guard.h. A compute service elsewhere says by its service token that it has let go.
 * For servers of our own there is nobody to ask: whether one still has the volume is a column of
 * the attachment, read in the same transaction. An instance that nobody here knows is taken to be
 * a name that a client made up.
 */
#include "service/attachment-guard.h"

#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "service/priv.h"

static int refuse(Work *work, const char *server_id)
{
	work->refused = (RefusalData){.id = server_id};
	return REFUSAL_SERVER_HAS_VOLUME;
}

/* The attachment that the request means, or NULL; *ret_unclear when there are several it may be. */
static int choose(Work *work, const Volume *volume, const char *attachment_id, Attachment **ret,
		  bool *ret_unclear, Fault *f)
{
	char canonical[UUID_TEXT];
	Attachment **all;
	size_t count;
	int r;

	*ret = NULL;
	*ret_unclear = attachment_id != NULL;
	if (attachment_id) {
		if (!uuid_canonical(attachment_id, canonical))
			return 0;
		r = attachment_get(work->tx, work->arena, canonical, ret, f);
		if (r == RECORD_NOT_FOUND)
			return 0;
		*ret_unclear = false;
		return fault_unexpected(f, r);
	}
	r = attachments_of_volume(work->tx, work->arena, volume->id, &all, &count, f);
	if (r)
		return fault_unexpected(f, r);
	*ret_unclear = count > 1;
	if (count == 1)
		*ret = all[0];
	return 0;
}

int attachment_guard_one(Work *work, const Attachment *attachment)
{
	if (work->caller->service_request)
		return 0;
	if (attachment->mapping_id)
		return refuse(work, attachment->server_id);
	if (attachment->server_id && attachment->connection_info)
		log_info("req=%s vol=%s attachment=%s instance=%s: no server here has it",
			 work->request_id, attachment->volume_id, attachment->id,
			 attachment->server_id);
	return 0;
}

int attachment_guard(Work *work, const Volume *volume, const char *attachment_id, Attachment **ret,
		     Fault *f)
{
	Attachment *attachment;
	bool unclear;
	int r = choose(work, volume, attachment_id, &attachment, &unclear, f);

	if (r)
		return r;
	if (attachment && !str_eq(attachment->volume_id, volume->id)) {
		work->refused = (RefusalData){
			.value = "Invalid input received: Mismatched volume and attachment"};
		return REFUSAL_BAD_INPUT;
	}
	*ret = attachment;
	if (!attachment)
		return unclear && !work->caller->service_request ? refuse(work, "") : 0;
	return attachment_guard_one(work, attachment);
}
