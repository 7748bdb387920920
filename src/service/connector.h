/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Connectors: what a host says of itself when it wants a volume. Cleat goes by a few members and
 * keeps the rest, whatever it is.
 */
#pragma once

#include "model/volume.h"
#include "service/service.h"
#include "json/json.h"

typedef struct Connector {
	const char *json; /* canonical: equal connectors are equal texts. NULL: there is none */
	const char *host;
	const char *mountpoint;
	const char *initiator; /* its name for iSCSI */
	const char *nqn;       /* for NVMe */
	JsonList wwpns;        /* texts; for Fibre Channel */
	const char *mode_name;
	bool enforce_multipath;
	AttachMode mode; /* ATTACH_MODE_NULL: it does not say */
} Connector;

/*
 * Read one as a client wrote it. Members that are null count as absent, and a connector without
 * members as none. REFUSAL_BAD_INPUT when it is no object, or a member that counts is of the wrong
 * type.
 */
_must_use_ int connector_read(Work *work, const char *json, Connector *ret);
/* Likewise, out of the request's body; NULL: it has none. */
_must_use_ int connector_take(Work *work, const JsonDoc *doc, Connector *ret);

/* Whether it says what the backend needs to let that host in to the volume; REFUSAL_BAD_INPUT. */
_must_use_ int connector_check(Work *work, const Volume *volume, const Connector *connector);
