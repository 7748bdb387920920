/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The connector for volumes that are files on an NFS server.
 */
#pragma once

#include "contract/connector.h"

extern const ConnectorDriver connector_nfs;
