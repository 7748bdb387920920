/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Sessions with the volume's target: by every portal where several paths are wanted, else by the
 * first that answers.
 */
#include "base/str.h"
#include "connector/iscsi/priv.h"

int iscsi_shared(ConnectorCall *call, const void *info, bool *ret, Fault *f)
{
	IscsiSession *sessions;
	size_t count;
	int r = iscsi_all_sessions(call, info, &sessions, &count, f);

	if (r == 0)
		*ret = count > 0;
	return r;
}

static int need_transport(ConnectorCall *call, const IscsiInfo *info)
{
	const char *module = info->iser ? "ib_iser" : "iscsi_tcp";

	if (!host_has_program(call->host, "iscsiadm"))
		return iscsi_say(call, CONNECTOR_NO_TRANSPORT,
				 "this host has no iscsiadm: install open-iscsi");
	if (host_need_module(call->host, call->arena, module, NULL))
		return iscsi_say(call, CONNECTOR_NO_TRANSPORT, "this host has no kernel module %s",
				 module);
	return 0;
}

/* A portal that does not let us in is not there; another one may. */
static int open_one(ConnectorCall *call, const IscsiInfo *info, const IscsiTarget *target,
		    bool multipath)
{
	IscsiSession session;
	Fault f = {0};
	int r = iscsi_session_open(call, info, target, multipath, &session, &f);

	if (r < 0)
		return iscsi_say(call, CONNECTOR_NO_PATH, "%s at %s: %s", target->iqn,
				 iscsi_portal(call->arena, target), f.text);
	return r;
}

static int join_by_all(ConnectorCall *call, const IscsiInfo *info, const ConnectorWish *wish,
		       Fault *f)
{
	IscsiTarget *targets = info->targets;
	size_t count = info->target_count, open = 0;
	int r = 0, last = CONNECTOR_NO_PATH;

	if (info->discover)
		r = iscsi_discover(call, info, &targets, &count, f);
	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		r = open_one(call, info, &targets[i], true);
		open += r == 0;
		last = r ? r : last;
	}
	if (open == 0)
		return last;
	if (wish->enforce && open < 2)
		return iscsi_say(call, CONNECTOR_NO_PATH,
				 "multipathing is enforced and there is but one path: %s",
				 call->why ? call->why : "the target has one portal");
	return 0;
}

/* A session that lives is as good as any other, whichever portal it goes by. */
static int join_by_one(ConnectorCall *call, const IscsiInfo *info, Fault *f)
{
	IscsiSession *sessions;
	size_t count;
	int r = iscsi_all_sessions(call, info, &sessions, &count, f);

	if (r)
		return r;
	for (size_t i = 0; i < count; i++)
		if (iscsi_session_lives(&sessions[i]))
			return iscsi_record_refresh(call, info, &sessions[i].target, f);
	r = CONNECTOR_NO_PATH;
	for (size_t i = 0; r != 0 && i < info->target_count; i++)
		r = open_one(call, info, &info->targets[i], false);
	return r;
}

int iscsi_join(ConnectorCall *call, const void *info, const ConnectorWish *wish, Fault *f)
{
	int r = need_transport(call, info);
	bool multipath;

	if (r)
		return r;
	multipath = wish->multipath && iscsi_multipath(call->host);
	if (wish->multipath && wish->enforce && !multipath)
		return iscsi_say(call, CONNECTOR_NO_TRANSPORT,
				 "multipathing is enforced, and this host does not do it");
	return multipath ? join_by_all(call, info, wish, f) : join_by_one(call, info, f);
}
