/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The connector for volumes behind Fibre Channel: reads what it is given and says what it lacks.
 */
#pragma once

#include "contract/connector.h"

extern const ConnectorDriver connector_fc;
