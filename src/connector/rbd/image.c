/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The tools ceph and rbd as children, since a monitor that is gone keeps them for ever. Exit codes
 * are errno numbers: 2 is an image that is not there, whatever else the cluster let us not in.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "connector/rbd/priv.h"
#include "contract/connector-text.h"
#include "run/run.h"
#include "json/json.h"

void rbd_words(const ConnectorCall *call, const RbdInfo *info, const char *words[static RBD_WORDS])
{
	size_t n = 0;

	words[n++] = "--cluster";
	words[n++] = info->cluster;
	if (info->user) {
		words[n++] = "--id";
		words[n++] = info->user;
	}
	if (info->monitors) {
		words[n++] = "--mon_host";
		words[n++] = info->monitors;
	}
	words[n] = NULL;
	(void)call;
}

const char *rbd_spec(const ConnectorCall *call, const RbdInfo *info)
{
	return arena_printf(call->arena, "%s/%s%s%s", info->pool, info->space,
			    *info->space ? "/" : "", info->image);
}

/* Run "TOOL WORDS... FIRST SECOND...". CONNECTOR_NO_DISK, CONNECTOR_NO_PATH. */
static int ask(ConnectorCall *call, const RbdInfo *info, const char *const *question,
	       RunResult *ret)
{
	const char *argv[2 * RBD_WORDS];
	const RunSpec spec = {.argv = argv, .timeout_ms = host_left_ms(call->deadline_ms)};
	Fault failed = {0};
	size_t n = 1;

	argv[0] = question[0];
	rbd_words(call, info, &argv[1]);
	while (argv[n])
		n++;
	for (size_t i = 1; question[i]; i++)
		argv[n++] = question[i];
	argv[n] = NULL;
	if (run_command(&spec, ret, &failed))
		return connector_say(call, CONNECTOR_NO_PATH, "%s", failed.text);
	if (ret->status == 0)
		return 0;
	return connector_say(call, ret->status == ENOENT ? CONNECTOR_NO_DISK : CONNECTOR_NO_PATH,
			     "%s: %s failed with status %d: %s", rbd_spec(call, info), question[0],
			     ret->status, arena_stripped(call->arena, ret->err));
}

static int ask_cluster(ConnectorCall *call, const RbdInfo *info, char fsid[static UUID_TEXT])
{
	_cleanup_(run_result_done) RunResult result = {0};
	int r = ask(call, info, RUN_ARGV("ceph", "fsid"), &result);

	if (r)
		return CONNECTOR_NO_PATH;
	if (!uuid_canonical(arena_stripped(call->arena, result.out), fsid))
		return connector_say(call, CONNECTOR_NO_PATH, "the cluster does not say its id");
	return 0;
}

static bool has_feature(Arena *arena, const JsonDoc *doc, const char *name)
{
	int64_t count = json_get_count(doc, "features");

	for (int64_t i = 0; i < count; i++)
		if (str_eq(json_get_text(arena, doc,
					 arena_printf(arena, "features.%lld", (long long)i)),
			   name))
			return true;
	return false;
}

int rbd_image_ask(ConnectorCall *call, const RbdInfo *info, RbdImage *ret, Fault *f)
{
	_cleanup_(run_result_done) RunResult result = {0};
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	char fsid[UUID_TEXT];
	const char *id;
	int r = ask_cluster(call, info, fsid);

	if (!r)
		r = ask(call, info,
			RUN_ARGV("rbd", "info", "--format", "json", rbd_spec(call, info)), &result);
	if (r)
		return r;
	if (json_parse(call->arena, result.out, result.out_length, &doc, NULL))
		return fault(f, -EPROTO, "rbd info does not answer in JSON");
	id = json_get_text(call->arena, doc, "id");
	*ret = (RbdImage){
		.size_bytes = json_get_int(doc, "size", 0),
		.can_lock = has_feature(call->arena, doc, "exclusive-lock"),
	};
	if (!id || ret->size_bytes <= 0)
		return fault(f, -EPROTO, "rbd info tells no id or size of %s",
			     rbd_spec(call, info));
	ret->identity =
		arena_printf(call->arena, "rbd:%s/%s/%s/%s", fsid, info->pool, info->space, id);
	return 0;
}
