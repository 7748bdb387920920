/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every command; each is defined in the cmd-*.c of its first word.
 */
#pragma once

#include "cli/cli.h"

extern const Command cmd_attach;
extern const Command cmd_attachment_complete;
extern const Command cmd_attachment_create;
extern const Command cmd_attachment_delete;
extern const Command cmd_attachment_list;
extern const Command cmd_attachment_show;
extern const Command cmd_attachment_update;
extern const Command cmd_catalog_list;
extern const Command cmd_completion;
extern const Command cmd_detach;
extern const Command cmd_flavor_create;
extern const Command cmd_flavor_delete;
extern const Command cmd_flavor_list;
extern const Command cmd_flavor_show;
extern const Command cmd_help;
extern const Command cmd_image_create;
extern const Command cmd_image_delete;
extern const Command cmd_image_list;
extern const Command cmd_image_show;
extern const Command cmd_limits;
extern const Command cmd_message_delete;
extern const Command cmd_message_list;
extern const Command cmd_message_show;
extern const Command cmd_op_list;
extern const Command cmd_op_show;
extern const Command cmd_op_cancel;
extern const Command cmd_op_watch;
extern const Command cmd_project_list;
extern const Command cmd_server_adopt;
extern const Command cmd_server_console;
extern const Command cmd_server_create;
extern const Command cmd_server_delete;
extern const Command cmd_server_disks;
extern const Command cmd_server_events;
extern const Command cmd_server_list;
extern const Command cmd_server_reboot;
extern const Command cmd_server_release;
extern const Command cmd_server_set;
extern const Command cmd_server_show;
extern const Command cmd_server_start;
extern const Command cmd_server_stop;
extern const Command cmd_snapshot_create;
extern const Command cmd_snapshot_delete;
extern const Command cmd_snapshot_list;
extern const Command cmd_snapshot_set;
extern const Command cmd_snapshot_show;
extern const Command cmd_token_issue;
extern const Command cmd_transfer_accept;
extern const Command cmd_transfer_create;
extern const Command cmd_transfer_delete;
extern const Command cmd_transfer_list;
extern const Command cmd_transfer_show;
extern const Command cmd_type_create;
extern const Command cmd_type_delete;
extern const Command cmd_type_list;
extern const Command cmd_type_set;
extern const Command cmd_type_show;
extern const Command cmd_type_unset;
extern const Command cmd_user_list;
extern const Command cmd_volume_create;
extern const Command cmd_volume_delete;
extern const Command cmd_volume_extend;
extern const Command cmd_volume_list;
extern const Command cmd_volume_reset;
extern const Command cmd_volume_swap;
extern const Command cmd_volume_retype;
extern const Command cmd_volume_revert;
extern const Command cmd_volume_set;
extern const Command cmd_volume_show;
extern const Command cmd_volume_upload;
