/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the library is opened with, for every command about volumes on this machine.
 */
#pragma once

#include "cli/cli.h"
#include <cleat/cleat.h>

/* Records may be kept elsewhere, as by tests; undocumented on purpose. */
struct cleat_host_options local_host_options(void);
/* After cli_login(). A call may take as long as all of it: exports are slow at some services. */
struct cleat_cloud_options local_cloud_options(const Cli *cli, int64_t timeout_ms);
/* The service, also where nobody logs in. */
const char *local_peer(const Cli *cli);
