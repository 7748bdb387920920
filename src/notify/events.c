/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is told when. Rows of one cause stand in the order in which they are told. Where a row goes
 * with the change, its end is told as NOTIFY_GOING, while it can still be described.
 */
#include "notify/events.h"

#include "base/str.h"

enum {
	ENDS = NOTIFY_START | NOTIFY_END,
	GOES = NOTIFY_START | NOTIFY_GOING,
	FAILS = NOTIFY_START | NOTIFY_END | NOTIFY_ERROR,
};

#define EVENT(cause_, name_, voice_, payload_, phases_)                                            \
	{                                                                                          \
		.cause = (cause_), .name = (name_), .voice = VOICE_##voice_,                       \
		.payload = PAYLOAD_##payload_, .phases = (phases_)                                 \
	}
/* The type is the name alone, and it is told once. */
#define ONCE(cause_, name_, voice_, payload_)                                                      \
	{                                                                                          \
		.cause = (cause_), .name = (name_), .voice = VOICE_##voice_,                       \
		.payload = PAYLOAD_##payload_, .phases = NOTIFY_END, .bare = true                  \
	}
/* What both forms of the compute service call alike. */
#define SERVER(cause, action, phases)                                                              \
	EVENT(cause, "instance." action, COMPUTE, SERVER, phases),                                 \
		EVENT(cause, "compute.instance." action, COMPUTE_LEGACY, USAGE, phases)
#define REBUILD(cause)                                                                             \
	EVENT(cause, "instance.rebuild", COMPUTE, SERVER_REBUILD, FAILS),                          \
		EVENT(cause, "compute.instance.rebuild", COMPUTE_LEGACY, USAGE, FAILS)
#define CREATE(cause)                                                                              \
	EVENT(cause, "instance.create", COMPUTE, SERVER_CREATE, FAILS),                            \
		EVENT(cause, "compute.instance.create", COMPUTE_LEGACY, USAGE, FAILS)
/* Shut down within the deletion, and told so before the server is gone. */
#define DELETE(cause)                                                                              \
	SERVER(cause, "delete", NOTIFY_START), SERVER(cause, "shutdown", GOES),                    \
		SERVER(cause, "delete", NOTIFY_END)

const NotifyEvent notify_events[] = {
	/* servers */
	CREATE("build-server"),
	CREATE("build-server-with-volumes"),
	DELETE("delete-server"),
	DELETE("delete-server-with-shares"),
	SERVER("start-server", "power_on", ENDS),
	SERVER("stop-server", "power_off", ENDS),
	SERVER("reboot-server", "reboot", FAILS),
	SERVER("reboot-server-hard", "reboot", FAILS),
	SERVER("pause-server", "pause", ENDS),
	SERVER("unpause-server", "unpause", ENDS),
	SERVER("suspend-server", "suspend", ENDS),
	SERVER("resume-server", "resume", ENDS),
	SERVER("shelve-server", "shelve", ENDS),
	SERVER("offload-server", "shelve_offload", ENDS),
	SERVER("unshelve-server", "unshelve", ENDS),
	EVENT("resize-server", "instance.resize", COMPUTE, SERVER, FAILS),
	EVENT("resize-server", "compute.instance.resize", COMPUTE_LEGACY, USAGE, FAILS),
	EVENT("confirm-resize", "instance.resize_confirm", COMPUTE, SERVER, ENDS),
	EVENT("confirm-resize", "compute.instance.resize.confirm", COMPUTE_LEGACY, USAGE, ENDS),
	EVENT("revert-resize", "instance.resize_revert", COMPUTE, SERVER, ENDS),
	EVENT("revert-resize", "compute.instance.resize.revert", COMPUTE_LEGACY, USAGE, ENDS),
	REBUILD("rebuild-server"),
	REBUILD("rebuild-server-kept"),
	REBUILD("rebuild-server-volume"),
	EVENT("rescue-server", "instance.rescue", COMPUTE, SERVER_RESCUE, ENDS),
	EVENT("rescue-server", "compute.instance.rescue", COMPUTE_LEGACY, USAGE, ENDS),
	SERVER("unrescue-server", "unrescue", ENDS),
	EVENT("snapshot-server", "instance.snapshot", COMPUTE, SERVER_SNAPSHOT, ENDS),
	EVENT("snapshot-server", "compute.instance.snapshot", COMPUTE_LEGACY, USAGE, ENDS),
	ONCE("lock-server", "instance.lock", COMPUTE_API, SERVER),
	ONCE("unlock-server", "instance.unlock", COMPUTE_API, SERVER),
	/* their volumes */
	EVENT("attach-volume", "volume.attach", VOLUME, VOLUME, ENDS),
	EVENT("attach-volume", "instance.volume_attach", COMPUTE, SERVER_VOLUME, FAILS),
	ONCE("attach-volume", "compute.instance.volume.attach", COMPUTE_LEGACY, USAGE_VOLUME),
	EVENT("detach-volume", "volume.detach", VOLUME, VOLUME, ENDS),
	EVENT("detach-volume", "instance.volume_detach", COMPUTE, SERVER_VOLUME, ENDS),
	ONCE("detach-volume", "compute.instance.volume.detach", COMPUTE_LEGACY, USAGE_VOLUME),
	EVENT("swap-volume", "volume.attach", VOLUME, VOLUME, ENDS),
	EVENT("swap-volume", "volume.detach", VOLUME, OLD_VOLUME, ENDS),
	EVENT("swap-volume", "instance.volume_swap", COMPUTE, SERVER_SWAP, FAILS),
	/* their shares */
	EVENT("attach-share", "instance.share_attach", COMPUTE_API, SERVER_SHARE, FAILS),
	EVENT("plug-share", "instance.share_attach", COMPUTE_API, SERVER_SHARE, FAILS),
	EVENT("detach-share", "instance.share_detach", COMPUTE_API, SERVER_SHARE, FAILS),
	EVENT("detach-share-connected", "instance.share_detach", COMPUTE_API, SERVER_SHARE, FAILS),
	/* volumes */
	EVENT("create-volume", "volume.create", VOLUME, VOLUME, ENDS),
	EVENT("copy-image", "volume.create", VOLUME, VOLUME, ENDS),
	EVENT("copy-snapshot", "volume.create", VOLUME, VOLUME, ENDS),
	EVENT("copy-volume", "volume.create", VOLUME, VOLUME, ENDS),
	EVENT("copy-volume-in-use", "volume.create", VOLUME, VOLUME, ENDS),
	EVENT("delete-volume", "volume.delete", VOLUME, VOLUME, GOES),
	EVENT("delete-volume-cascade", "volume.delete", VOLUME, VOLUME, GOES),
	EVENT("extend-volume", "volume.resize", VOLUME, VOLUME, ENDS),
	EVENT("revert-volume", "volume.revert", VOLUME, VOLUME, ENDS),
	EVENT("revert-volume", "snapshot.revert", SNAPSHOT, SNAPSHOT, ENDS),
	EVENT("update-volume", "volume.update", VOLUME_API, VOLUME, ENDS),
	EVENT("reset-volume", "volume.reset_status", VOLUME_API, VOLUME, ENDS),
	ONCE("retype-volume", "volume.retype", VOLUME, VOLUME),
	EVENT("connect-attachment", "volume.attach", VOLUME, VOLUME, NOTIFY_START),
	EVENT("complete-attachment", "volume.attach", VOLUME_API, VOLUME, NOTIFY_END),
	EVENT("legacy-attach", "volume.attach", VOLUME, VOLUME, ENDS),
	EVENT("drop-attachment", "volume.detach", VOLUME_API, VOLUME, ENDS),
	EVENT("delete-attachment", "volume.detach", VOLUME, VOLUME, ENDS),
	EVENT("create-snapshot", "snapshot.create", SNAPSHOT, SNAPSHOT, ENDS),
	EVENT("delete-snapshot", "snapshot.delete", SNAPSHOT, SNAPSHOT, GOES),
	EVENT("update-snapshot", "snapshot.update", SNAPSHOT, SNAPSHOT, ENDS),
	/* shares */
	EVENT("create-share", "share.create", SHARE, SHARE, ENDS),
	EVENT("copy-share", "share.create", SHARE, SHARE, ENDS),
	EVENT("delete-share", "share.delete", SHARE, SHARE, GOES),
	EVENT("extend-share", "share.extend", SHARE, SHARE, ENDS),
	EVENT("shrink-share", "share.shrink", SHARE, SHARE, ENDS),
};
const size_t notify_event_count = ARRAY_SIZE(notify_events);

static const char *phase_word(NotifyPhase phase)
{
	switch (phase) {
	case NOTIFY_START:
		return "start";
	case NOTIFY_GOING:
	case NOTIFY_END:
		return "end";
	case NOTIFY_ERROR:
		return "error";
	}
	return NULL;
}

const char *notify_event_type(Arena *arena, const NotifyEvent *event, NotifyPhase phase)
{
	return event->bare ? event->name
			   : arena_printf(arena, "%s.%s", event->name, phase_word(phase));
}
