/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The connector for volumes that are images in a Ceph pool.
 */
#pragma once

#include "contract/connector.h"

extern const ConnectorDriver connector_rbd;
