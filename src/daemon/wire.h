/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * All parts of a cleatd, put together and taken apart in order.
 */
#pragma once

#include "api/common/api.h"
#include "daemon/config.h"

typedef struct Daemon Daemon;

/* Every API that is served. */
extern const ApiDialect *const daemon_dialects[];
extern const size_t daemon_dialect_count;

/* Open the store and every driver, and begin to run operations. Nothing is served yet. */
_must_use_ int daemon_open(const Config *config, Daemon **ret, Fault *f);

/* Serve. The address, as a client writes it, is in daemon_url() afterwards. */
_must_use_ int daemon_serve(Daemon *daemon, Fault *f);

/* Finish the requests and the steps that run, then let go of everything. Takes NULL. */
Daemon *daemon_close(Daemon *daemon);
DEFINE_CLEANUP(Daemon, daemon_close)

Store *daemon_store(Daemon *daemon);
Depot *daemon_depot(Daemon *daemon);
const ServiceSettings *daemon_settings(const Daemon *daemon);
/* "http://127.0.0.1:8774", from daemon_listen() on. */
const char *daemon_url(const Daemon *daemon);
