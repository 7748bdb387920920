/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The daemon put together: see wire.c.
 */
#pragma once

#include "base/arena.h"
#include "base/fault.h"
#include "contract/depot.h"
#include "contract/store.h"
#include "daemon/config.h"
#include "service/service.h"

typedef struct Daemon Daemon;

/* Bring everything up until it serves. */
_must_use_ int daemon_start(const Config *config, Arena *arena, Daemon **ret, Fault *f);

/* Stop serving, finish what is running, close everything. Guests go on. */
Daemon *daemon_stop(Daemon *daemon);
DEFINE_CLEANUP(Daemon, daemon_stop)

/* Where it serves: "127.0.0.1:8774". */
const char *daemon_address(const Daemon *daemon);
/* "http" or "https". */
const char *daemon_scheme(const Daemon *daemon);

/* What --dev begins with. */
typedef struct DevSeed {
	Arena *arena;
	Store *store;
	Depot *depot;
	const ServiceSettings *settings;
	const Config *config;
} DevSeed;

/* Users, projects, flavors, volume types and the tiny image, where they are missing. */
_must_use_ int dev_seed(const DevSeed *seed, Fault *f);
/* DIR/openrc-*, DIR/clouds.yaml, for the address where it serves. */
_must_use_ int dev_write_files(const DevSeed *seed, const char *base_url, Fault *f);

/* The tiny image, unless there is one of that name. */
_must_use_ int dev_seed_image(const DevSeed *seed, Fault *f);

/* What every store begins with: the admin, the default volume type. */
_must_use_ int seed_store(const DevSeed *seed, Fault *f);
