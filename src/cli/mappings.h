/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The disks of a new server, from --volume, --boot-from-volume and --block-device.
 */
#pragma once

#include "cli/cli.h"
#include "client/server.h"

/* Whether the options say what the server boots from, before any call. 0 or CLI_USAGE. */
int mappings_check(Cli *cli);

/*
 * Read the options into the wish, whose image_id is known: with --boot-from-volume the image
 * becomes the source of the first disk. 0 or an exit code.
 */
int mappings_read(Cli *cli, ClientServerWish *wish);
