/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * iSCSI targets of the kernel (LIO).
 */
#pragma once

#include "contract/target.h"

extern const TargetDriver target_lio;
