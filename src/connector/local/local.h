/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Volumes that are block devices of this host already, such as logical volumes.
 */
#pragma once

#include "contract/connector.h"

extern const ConnectorDriver connector_local;
