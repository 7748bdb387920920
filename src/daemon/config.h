/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the operator chose, from the command line or a file. Texts live in the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "model/volume.h"

typedef struct Config {
	const char *dir;         /* everything that lasts lies below it; absolute */
	const char *listen;      /* "127.0.0.1:8774" */
	const char *hypervisor;  /* "libvirt" or "fake" */
	const char *libvirt_uri; /* NULL: the embedded driver */
	const char *accelerator; /* "auto", "kvm" or "tcg" */
	const char *guest_image; /* directory with the tiny guest, for --dev */
	const char *public_url;  /* NULL: from each request's Host */
	const char *region;
	const char *host; /* name of this host */
	const char *availability_zone;
	const char *tls_cert; /* files, or NULL for plain HTTP */
	const char *tls_key;
	bool allow_plain; /* plain HTTP on an address that others can reach */
	bool dev;         /* a private endpoint with users, flavors and an image */
	DiskFormat volume_format;
	int64_t token_s;
	int64_t max_disks;
	LogLevel log_level;
} Config;

typedef enum ConfigOutcome {
	CONFIG_USAGE = 1, /* told on stderr: exit 2 */
	CONFIG_SHOWN,     /* --help or --version: exit 0 */
} ConfigOutcome;

/* Read the command line, and the file it names. 0, a fault, or an outcome. */
_must_use_ int config_read(Arena *arena, int argc, char *const *argv, Config *ret, Fault *f);

/* Read an INI file over what is there. Unknown sections, keys and values are faults. */
_must_use_ int config_read_file(Arena *arena, const char *path, Config *config, Fault *f);
