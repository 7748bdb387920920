/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * clouds.yaml: the settings of one named cloud.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"

typedef struct Clouds Clouds;

/* Outcome of clouds_open(): there is no such file, or no such cloud in it. */
enum { CLOUDS_MISSING = 1 };

/*
 * Look for the cloud in the file named by OS_CLIENT_CONFIG_FILE, else in ./clouds.yaml,
 * ~/.config/openstack/clouds.yaml, /etc/openstack/clouds.yaml; the first file that exists counts.
 * Returns 0, a fault (unreadable, not YAML) or CLOUDS_MISSING.
 */
_must_use_ int clouds_open(const char *cloud, Clouds **ret, Fault *f);
/* The same from a text. */
_must_use_ int clouds_parse(const char *text, size_t length, const char *cloud, Clouds **ret,
			    Fault *f);
Clouds *clouds_free(Clouds *clouds);
DEFINE_CLEANUP(Clouds, clouds_free)

/* A setting by path ("auth.username", "region_name"), or NULL. */
const char *clouds_get(const Clouds *clouds, const char *path);
