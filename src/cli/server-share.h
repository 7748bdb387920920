/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What cleat attach and detach do with --share.
 */
#pragma once

#include "cli/cli.h"

int server_share_attach(Cli *cli);
int server_share_detach(Cli *cli);
