/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * An attachment that is there: found, connected, completed. Clients repeat themselves after a
 * time-out, so that the same connector again, and complete again, change nothing.
 */
#include "base/str.h"
#include "base/uuid.h"
#include "service/attachment.h"
#include "service/priv.h"

int service_find_attachment(Work *work, const char *id, Attachment **ret, Fault *f)
{
	char canonical[UUID_TEXT];
	int r = RECORD_NOT_FOUND;

	if (uuid_canonical(id, canonical))
		r = attachment_get(work->tx, work->arena, canonical, ret, f);
	if (r < 0)
		return r;
	if (!r &&
	    (caller_is_admin(work->caller) || str_eq((*ret)->project_id, work->caller->project_id)))
		return 0;
	work->refused = (RefusalData){.id = id};
	return REFUSAL_NO_VOLUME_ATTACHMENT;
}

static int conflict(Work *work, const char *sentence)
{
	work->refused = (RefusalData){
		.value = arena_printf(work->arena, "Resource conflict: %s", sentence)};
	return REFUSAL_VOLUME_CONFLICT;
}

/* An attachment that the compute service here made is its own affair. */
static int check_ours(Work *work, const Attachment *attachment)
{
	if (!attachment->mapping_id)
		return 0;
	return conflict(work, arena_printf(work->arena,
					   "Volume attachment %s belongs to server %s and is "
					   "changed through the Compute API.",
					   attachment->id, attachment->server_id));
}

static int check_volume(Work *work, const Volume *volume)
{
	const char *status = enum_name(&volume_status_names, volume->status);

	if (!strstr(status, "error"))
		return 0;
	/* clients know the blank at the end */
	return conflict(work,
			arena_printf(work->arena,
				     "Volume attachments can not be updated if the volume is "
				     "in an error state. The Volume %s currently has a status "
				     "of: %s ",
				     volume->id, status));
}

/* A second host gets a volume that is not for several only with a connector from the start. */
static int check_alone(Work *work, const Volume *volume, Fault *f)
{
	Attachment **all;
	size_t count;
	int r;

	if (volume->multiattach)
		return 0;
	r = attachments_of_volume(work->tx, work->arena, volume->id, &all, &count, f);
	if (r)
		return fault_unexpected(f, r);
	for (size_t i = 0; count > 1 && i < count; i++)
		if (all[i]->connection_info)
			return conflict(work, arena_printf(work->arena,
							   "duplicate connectors detected on "
							   "volume %s",
							   volume->id));
	return 0;
}

static int take_connector(Work *work, const JsonDoc *doc, Connector *ret)
{
	int r = connector_take(work, doc, ret);

	if (r)
		return r;
	if (!str_empty(ret->host))
		return 0;
	work->refused = (RefusalData){.value = "Invalid input received: connector has no 'host'"};
	return REFUSAL_BAD_INPUT;
}

/* What is connected, or being connected, keeps its connector. */
static int check_free(Work *work, const Attachment *attachment)
{
	if (attachment->status == ATTACHMENT_RESERVED ||
	    attachment->status == ATTACHMENT_ERROR_ATTACHING ||
	    (attachment->status == ATTACHMENT_ATTACHING && !attachment->exported))
		return 0;
	return conflict(work, arena_printf(work->arena,
					   "Volume attachment %s is %s with another connector.",
					   attachment->id,
					   enum_name(&attach_status_names, attachment->status)));
}

static bool is_repeated(const Attachment *attachment, const Connector *connector)
{
	return str_eq(attachment->connector, connector->json) &&
	       (attachment->status == ATTACHMENT_ATTACHING ||
		attachment->status == ATTACHMENT_ATTACHED);
}

static int connect(Work *work, Volume *volume, const Connector *connector, Attachment *attachment,
		   Fault *f)
{
	int r = attachment_prepare(work, volume, connector, attachment, f);

	if (r)
		return r;
	r = attachment_move(work->tx, attachment, ATTACHMENT_EVENT_CONNECT, f);
	return r ? fault_unexpected(f, r) : attachment_connect_volume(work, NULL, volume, f);
}

int service_update_attachment(Work *work, const char *id, const JsonDoc *doc, Attachment **ret,
			      const char **ret_operation, Fault *f)
{
	Connector connector;
	Volume *volume;
	int mode, r;

	*ret_operation = NULL;
	r = service_find_attachment(work, id, ret, f);
	if (!r)
		r = take_connector(work, doc, &connector);
	if (!r)
		r = check_ours(work, *ret);
	if (r)
		return r;
	r = volume_get(work->tx, work->arena, (*ret)->volume_id, &volume, f);
	if (r)
		return fault_unexpected(f, r);
	r = check_volume(work, volume);
	if (r)
		return r;
	if (is_repeated(*ret, &connector))
		return attachment_pending(work, *ret, ret_operation, f);
	mode = (*ret)->mode;
	r = check_alone(work, volume, f);
	if (!r)
		r = check_free(work, *ret);
	if (!r)
		r = connect(work, volume, &connector, *ret, f);
	return r ? r : attachment_export(work, "update-attachment", mode, *ret, ret_operation, f);
}

static int refuse_complete(Work *work, const Attachment *attachment)
{
	return conflict(work, arena_printf(work->arena,
					   "Volume attachment %s is %s: nothing is connected that "
					   "could be completed.",
					   attachment->id,
					   enum_name(&attach_status_names, attachment->status)));
}

int service_complete_attachment(Work *work, const char *id, Fault *f)
{
	const char *pending = NULL;
	Attachment *attachment, was;
	Volume *volume, before;
	int r;

	r = service_find_attachment(work, id, &attachment, f);
	if (!r && attachment->status == ATTACHMENT_ATTACHED)
		return 0;
	if (!r)
		r = check_ours(work, attachment);
	if (!r)
		r = attachment_pending(work, attachment, &pending, f);
	if (r)
		return r;
	was = *attachment;
	r = pending ? REFUSAL_VOLUME_CONFLICT
		    : attachment_move_from(work->tx, &was, attachment, ATTACHMENT_EVENT_COMPLETE,
					   f);
	if (r > 0)
		return refuse_complete(work, attachment);
	if (r)
		return r;
	r = volume_get(work->tx, work->arena, attachment->volume_id, &volume, f);
	if (r)
		return fault_unexpected(f, r);
	before = *volume;
	r = volume_move_from(work->tx, work->arena, &before, volume, VOLUME_EVENT_COMPLETE, f);
	if (r && r != REFUSAL_VOLUME_STATE) /* a status that an admin gave it stays */
		return fault_unexpected(f, r);
	return announce_volume(work, "complete-attachment", volume->id, f);
}
