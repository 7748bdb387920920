/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The driver's table.
 */
#include "connector/iscsi/iscsi.h"

#include "connector/iscsi/priv.h"

static const char *const types[] = {"iscsi", "iser", NULL};

const ConnectorDriver connector_iscsi = {
	.name = "iscsi",
	.size = sizeof(ConnectorDriver),
	.types = types,
	.parse = iscsi_parse,
	.target = iscsi_target,
	.multipath = iscsi_multipath,
	.shared = iscsi_shared,
	.join = iscsi_join,
	.connect = iscsi_connect,
	.find = iscsi_find,
	.disconnect = iscsi_disconnect,
	.extend = iscsi_extend,
};
