/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The connector for volumes that are served over NVMe over Fabrics.
 */
#pragma once

#include "contract/connector.h"

extern const ConnectorDriver connector_nvme;
