/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A volume plugin for container engines (Docker's protocol, version 1, which Podman speaks too):
 * names become volumes of a block storage service, attached to this machine and mounted while
 * containers hold them.
 *
 * A NAME is the volume whose metadata says so (volume.c). Who holds it here is a durable record,
 * written before the volume comes and before it goes (holders.h): a crash at any point leaves
 * nothing that the next start does not bring to an end, and an engine that died no volume for
 * longer than PLUGIN_UNHEARD_MS. Calls about one name take turns; calls
 * about different names do not wait for each other. None lasts longer than PLUGIN_CALL_MS.
 */
#pragma once

#include "client/client.h"
#include <cleat/cleat.h>

typedef struct Plugin Plugin;

/* Engines wait two minutes for a volume to be mounted. */
enum { PLUGIN_CALL_MS = 110 * 1000 };

/*
 * Containers have their volumes mounted one after the other before they start: as long as an engine
 * may take for several slow ones, what one call mounted stays, though nobody seems to use it.
 */
enum { PLUGIN_UNHEARD_MS = 15 * 60 * 1000 };

/* All is borrowed until plugin_stop(), but for the descriptor. */
typedef struct PluginConfig {
	int listen_fd;           /* taken over, also when the start fails */
	const char *records_dir; /* absolute: who holds what; one plugin has it */
	const char *mount_dir;   /* absolute: volumes are mounted below it, by their names */
	int64_t size_gib;        /* of volumes that are made without a size */
	const char *peer;        /* of connectors, see cleat/cleat.h */
	const ClientLogin *login;
	const struct cleat_cloud_options *cloud; /* the same login, for libcleat */
	const struct cleat_host_options *host;
} PluginConfig;

_must_use_ int plugin_start(const PluginConfig *config, Plugin **ret, Fault *f);
/* Waits for the calls that are at work. Volumes stay with those who hold them. */
Plugin *plugin_stop(Plugin *plugin);
DEFINE_CLEANUP(Plugin, plugin_stop)
