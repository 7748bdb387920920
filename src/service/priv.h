/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Shared insides of the use cases: finding, instance actions, and the ends of operations.
 */
#pragma once

#include "records/tables.h"
#include "rules/attachment-status.h"
#include "rules/server-action.h"
#include "rules/share-mapping-status.h"
#include "rules/volume-status.h"
#include "service/connector.h"
#include "service/service.h"

/* A new random uuid in the arena. */
const char *new_uuid(Arena *arena);

/* Refuse with a whole sentence (RefusalData.value); returns the refusal. */
#define work_refuse(work, refusal, ...) (work_refuse_text((work), __VA_ARGS__), (int)(refusal))
void work_refuse_text(Work *work, const char *format, ...) _printf_(2, 3);

/* Whether something of that project is there for the caller: his own, or any for admins. */
bool work_sees(const Work *work, const char *project_id);

/* An operation of that kind, filled with who asks for it; add subjects, then operation_begin(). */
Operation operation_for(const Work *work, const char *lane);

/* announce.c: tell others of a change that was made at once, by its name in notify/events.c. */
_must_use_ int announce_server(Work *work, const char *change, const char *id, Fault *f);
_must_use_ int announce_volume(Work *work, const char *change, const char *id, Fault *f);
_must_use_ int announce_snapshot(Work *work, const char *change, const char *id, Fault *f);

/* snapshot.c: away with the row, and its quota back; `volume` is NULL when it is gone. */
_must_use_ int snapshot_remove(Tx *tx, Arena *arena, const Volume *volume, const Snapshot *snapshot,
			       Fault *f);

/*
 * instance-action.c: the record that users see of what was done to a server. `event` is NULL for
 * what is done already.
 */
_must_use_ int action_begin(Work *work, const Server *server, const char *action, const char *event,
			    const char **ret_id, Fault *f);
/* `problem` is NULL when all went well. An action that is gone is fine. */
_must_use_ int action_finish(Tx *tx, Arena *arena, const char *id, const char *problem, Fault *f);

/* server-update.c: whether a server of the project may have that much; or REFUSAL_QUOTA. */
_must_use_ int check_server_metadata(Work *work, const char *project_id, size_t count, Fault *f);

/* image.c: the image of an operation is filled, as its steps found out. One that is gone is fine.
 */
_must_use_ int image_filled(Tx *tx, Arena *arena, const Operation *operation, Fault *f);

/* server-state.c: how the ends of operations leave a server. */

/* Into vm_state error with a fault; see server_rest() for the task. */
void server_break(Server *server, const char *reason);
/* The task is over, unless it is that of an operation that waits to end what hangs. */
void server_rest(Server *server, VmState vm_state, PowerState power);
/* What a domain's state makes of a server that nobody works on; whether that changes anything. */
bool server_follow(Server *server, DomainState state);

/* flavor-access.c: whether a project may use a flavor that is not public. */
_must_use_ int flavor_is_granted(Work *work, const Flavor *flavor, const char *project_id,
				 bool *ret, Fault *f);

/*
 * server-shares.c: the shares of a server. What forbids them to be with an action is asked before
 * what forbids the action to the server: REFUSAL_SERVER_CONFLICT, REFUSAL_BAD_INPUT; then as
 * server_may().
 */
_must_use_ int server_check(Work *work, const Server *server, ServerAction action, Fault *f);
/* Its guest is to be started: it will have them, as far as this host may. As server_check(). */
_must_use_ int server_shares_prepare(Work *work, const Server *server, Fault *f);
/* Whether its guest runs and may be given shares, and let go of them, all the same. */
bool server_plugs(const Work *work, const Server *server);
/* An operation has left its guest on, with them, or off, and they were let go of. */
_must_use_ int server_shares_rest(Tx *tx, Arena *arena, const Server *server, Fault *f);
/* A look has found its guest on, or off and has let go of them. */
_must_use_ int server_shares_seen(Tx *tx, Arena *arena, const char *server_id, bool on, Fault *f);
/* Why an operation failed: is it one of them? And that one is in error. */
bool server_shares_are_named(const char *reason);
_must_use_ int server_shares_failed(Tx *tx, Arena *arena, const char *server_id, const char *reason,
				    Fault *f);
_must_use_ int server_has_shares(Work *work, const Server *server, bool *ret, Fault *f);
/* As share_access_for_host(), in this room's words: REFUSAL_SERVER_CONFLICT. */
_must_use_ int server_share_allow(Work *work, Share *share, ShareMapping *mapping, bool *ret_ready,
				  Fault *f);
/* A mapping goes, and with it this host's access, if nobody else needs that. */
_must_use_ int share_mapping_forget(Tx *tx, Arena *arena, const Operation *by,
				    const ShareMapping *mapping, Fault *f);
/* The server is gone: so are they, with this host's access. */
_must_use_ int server_shares_forget(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
/* Move a mapping's status and write it. */
_must_use_ int share_mapping_move(Tx *tx, ShareMapping *mapping, ShareMappingEvent event, Fault *f);

/* server-power.c: what an action on a server sets in motion. */
typedef struct ServerOrder {
	ServerAction action;
	TaskState task;
	const char *operation;
	const char *event;
} ServerOrder;

/* Set the task, write the server, and begin the action and the operation. */
_must_use_ int server_order(Work *work, Server *server, const ServerOrder *order, Fault *f);
/* The server of an operation that is over, to be changed and handed to server_over(). */
_must_use_ int server_of_operation(Tx *tx, Arena *arena, const Operation *operation, Server **ret,
				   Fault *f);
/* Write it, and finish the action; `problem` is NULL when all went well. */
_must_use_ int server_over(Tx *tx, Arena *arena, const Operation *operation, const Server *server,
			   const char *problem, Fault *f);
/* An operation is over: its server rests in a state, and its action is a success. */
_must_use_ int server_settle(Tx *tx, Arena *arena, const Operation *operation, VmState vm_state,
			     PowerState power, Fault *f);
/* Nothing came of an operation: the states stay, and a look at the domain corrects them. */
_must_use_ int server_stay(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			   Fault *f);

/* server-volumes.c: all volumes of a server whose domain goes, or comes. */

/* No host has them any more. */
_must_use_ int server_volumes_reserve(Tx *tx, Arena *arena, const char *server_id, Fault *f);
/* What is reserved for it becomes what it has. */
_must_use_ int server_volumes_attach(Tx *tx, Arena *arena, const char *server_id, Fault *f);
/* They are to go to this host, under names that they may not have yet. */
_must_use_ int server_volumes_fill(Work *work, const Server *server, Fault *f);

/* volume-type.c: the key of what says that a project may use a type. */
const char *type_access_id(Arena *arena, const char *type_id, const char *project_id);

/*
 * volume-delete.c: away with a volume whose attachment has just gone, in the name of an operation
 * or a request. One that is still needed is kept, and its owner told so.
 */
_must_use_ int volume_delete_along(Tx *tx, Arena *arena, const Operation *by, const char *volume_id,
				   Fault *f);

/* volume-create.c: the end of making a volume, either way. A volume that is gone is fine. */
_must_use_ int volume_made(Tx *tx, Arena *arena, const Operation *operation, VolumeEvent event,
			   Fault *f);

/* volume-settle.c */

/* Move a volume's status, settle it where the event says so, and write it. 0 or a Refusal. */
_must_use_ int volume_move(Tx *tx, Arena *arena, Volume *volume, VolumeEvent event, Fault *f);
/* Likewise, when it is known what the row is, which spares reading it; NULL: it is not. */
_must_use_ int volume_move_from(Tx *tx, Arena *arena, const Volume *was, Volume *volume,
				VolumeEvent event, Fault *f);
/* Likewise, and remember since when: the client who asked may never come back. */
_must_use_ int volume_hold(Tx *tx, Arena *arena, Volume *volume, VolumeEvent event, Fault *f);
/*
 * While a volume is swapped, whether the old one or the new one, nobody else gets it, also when it
 * is made for several: what others write to the old one would be lost, and the new one is written
 * over. Moves and holds ask by themselves. REFUSAL_VOLUME_STATE.
 */
_must_use_ int volume_check_swap(Tx *tx, Arena *arena, const Volume *volume, Fault *f);
/* Write what the attachments that are left make of a volume. */
_must_use_ int volume_settle(Tx *tx, Arena *arena, const char *volume_id, Fault *f);
/* Move an attachment's status and write it; its volume is the caller's affair. 0 or a Refusal. */
_must_use_ int attachment_move(Tx *tx, Attachment *attachment, AttachmentEvent event, Fault *f);
/* As volume_move_from(). */
_must_use_ int attachment_move_from(Tx *tx, const Attachment *was, Attachment *attachment,
				    AttachmentEvent event, Fault *f);
/* Remove an attachment and settle its volume. */
_must_use_ int attachment_remove(Tx *tx, Arena *arena, const Attachment *attachment, Fault *f);

/* attachment-connect.c */

/* What an attachment that goes to this host says from now on; only the struct. */
_must_use_ int attachment_fill(Work *work, const Volume *volume, const Connector *connector,
			       Attachment *attachment, Fault *f);
/* Likewise, as a consumer asks for it. REFUSAL_BAD_INPUT for the connector. */
_must_use_ int attachment_prepare(Work *work, const Volume *volume, const Connector *connector,
				  Attachment *attachment, Fault *f);
/* Its volume follows, unless something else is being done to that; `was`: see volume_move_from().
 */
_must_use_ int attachment_connect_volume(Work *work, const Volume *was, Volume *volume, Fault *f);
/* Nothing is said of any host; only the struct. */
void attachment_clear(Attachment *attachment);

/* attachment-export.c */

/*
 * Let the host in, where the backend has to: begin the operation of that kind. `mode` is what the
 * attachment had before.
 */
_must_use_ int attachment_export(Work *work, const char *kind, int mode,
				 const Attachment *attachment, const char **ret_operation,
				 Fault *f);
/* The operation that an attachment still waits for, or NULL. */
_must_use_ int attachment_pending(Work *work, const Attachment *attachment,
				  const char **ret_operation, Fault *f);

/* attach-volume.c: a volume becomes a server's here. */

/* Its status, up to attaching. REFUSAL_VOLUME_STATE. */
_must_use_ int attach_reserve(Work *work, Volume *volume, Fault *f);
/* What the attachment says of this host; only the struct. */
_must_use_ int attach_fill(Work *work, const Volume *volume, const Server *server,
			   const char *device, Attachment *attachment, Fault *f);
/* The next free name ("/dev/vdb"). */
_must_use_ int attach_choose_device(Work *work, const Server *server, const char **ret, Fault *f);
/* The guest has it; its volume follows, unless an admin says otherwise. */
_must_use_ int attach_complete(Tx *tx, Arena *arena, Attachment *attachment, Fault *f);

/* detach-volume.c: take a volume from a server here. REFUSAL_VOLUME_NOT_DETACHABLE. */
_must_use_ int detach_begin(Work *work, const Server *server, Volume *volume,
			    Attachment *attachment, const char **ret_operation, Fault *f);

/* volume-legacy.c: a volume of the caller's; REFUSAL_VOLUME_STATE of that action in maintenance. */
_must_use_ int volume_find_unmaintained(Work *work, const char *id, const char *action,
					Volume **ret, Fault *f);

/*
 * volume-connection.c: of a volume's attachments the one that os-initialize_connection has made for
 * the client who says now that it has the volume, or NULL. `host` may be NULL: not said.
 */
Attachment *connection_of_client(const Volume *volume, Attachment *const *attachments, size_t count,
				 const char *host);

/* Ends of operations, for the table in operations.c. */
#define OPERATION_ENDS(name)                                                                       \
	int name##_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f);               \
	int name##_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,    \
			  Fault *f)

OPERATION_ENDS(create_volume);
OPERATION_ENDS(copy_volume);
OPERATION_ENDS(delete_volume);
OPERATION_ENDS(create_snapshot);
OPERATION_ENDS(delete_snapshot);
OPERATION_ENDS(revert_volume);
OPERATION_ENDS(upload_volume);
OPERATION_ENDS(extend_volume);
OPERATION_ENDS(resize_disk);
OPERATION_ENDS(attach_volume);
OPERATION_ENDS(detach_volume);
OPERATION_ENDS(swap_volume);
OPERATION_ENDS(attach_share);
OPERATION_ENDS(plug_share);
OPERATION_ENDS(detach_share);
int attachment_export_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
int create_attachment_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			     Fault *f);
int update_attachment_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason,
			     Fault *f);
OPERATION_ENDS(delete_attachment);
OPERATION_ENDS(build_server);
OPERATION_ENDS(delete_image);
OPERATION_ENDS(delete_server);
OPERATION_ENDS(adopt_server);
OPERATION_ENDS(release_server);
OPERATION_ENDS(power_server);
OPERATION_ENDS(shelve_server);
OPERATION_ENDS(offload_server);
OPERATION_ENDS(unshelve_server);
int resize_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
OPERATION_ENDS(confirm_resize);
int revert_resize_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
int rebuild_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
OPERATION_ENDS(rebuild_volume);
int rescue_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
int unrescue_server_turned(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
int unrescue_server_done(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
OPERATION_ENDS(snapshot_server);
OPERATION_ENDS(create_share);
OPERATION_ENDS(manage_share);
OPERATION_ENDS(delete_share);
OPERATION_ENDS(extend_share);
OPERATION_ENDS(shrink_share);
OPERATION_ENDS(create_share_snapshot);
OPERATION_ENDS(delete_share_snapshot);
OPERATION_ENDS(revert_share);
OPERATION_ENDS(apply_share_rules);
/* server-shape.c */
int reshape_turned(Tx *tx, Arena *arena, const Operation *operation, Fault *f);
int reshape_failed(Tx *tx, Arena *arena, const Operation *operation, const char *reason, Fault *f);
