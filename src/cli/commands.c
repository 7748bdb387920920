/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The table of commands, in the order of the help.
 */
#include "cli/commands.h"

#include "base/str.h"

const Command *const commands[] = {
	&cmd_server_create,
	&cmd_server_list,
	&cmd_server_show,
	&cmd_server_set,
	&cmd_server_delete,
	&cmd_server_start,
	&cmd_server_stop,
	&cmd_server_reboot,
	&cmd_server_console,
	&cmd_server_events,
	&cmd_server_adopt,
	&cmd_server_release,
	&cmd_server_disks,
	&cmd_volume_create,
	&cmd_volume_list,
	&cmd_volume_show,
	&cmd_volume_set,
	&cmd_volume_delete,
	&cmd_volume_extend,
	&cmd_volume_retype,
	&cmd_volume_upload,
	&cmd_volume_revert,
	&cmd_volume_reset,
	&cmd_volume_swap,
	&cmd_snapshot_create,
	&cmd_snapshot_list,
	&cmd_snapshot_show,
	&cmd_snapshot_set,
	&cmd_snapshot_delete,
	&cmd_type_create,
	&cmd_type_list,
	&cmd_type_show,
	&cmd_type_set,
	&cmd_type_unset,
	&cmd_type_delete,
	&cmd_transfer_create,
	&cmd_transfer_list,
	&cmd_transfer_show,
	&cmd_transfer_accept,
	&cmd_transfer_delete,
	&cmd_message_list,
	&cmd_message_show,
	&cmd_message_delete,
	&cmd_attach,
	&cmd_detach,
	&cmd_attachment_create,
	&cmd_attachment_list,
	&cmd_attachment_show,
	&cmd_attachment_update,
	&cmd_attachment_complete,
	&cmd_attachment_delete,
	&cmd_image_create,
	&cmd_image_list,
	&cmd_image_show,
	&cmd_image_delete,
	&cmd_flavor_create,
	&cmd_flavor_list,
	&cmd_flavor_show,
	&cmd_flavor_delete,
	&cmd_op_list,
	&cmd_op_show,
	&cmd_op_watch,
	&cmd_op_cancel,
	&cmd_limits,
	&cmd_token_issue,
	&cmd_catalog_list,
	&cmd_project_list,
	&cmd_user_list,
	&cmd_completion,
	&cmd_help,
};
const size_t command_count = ARRAY_SIZE(commands);

const Command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (str_eq(commands[i]->name, name))
			return commands[i];
	return NULL;
}
