/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The connector for iSCSI and iSER.
 */
#pragma once

#include "contract/connector.h"

extern const ConnectorDriver connector_iscsi;
