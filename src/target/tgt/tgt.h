/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * iSCSI targets of tgtd: one for each volume and guest.
 */
#pragma once

#include "contract/target.h"

extern const TargetDriver target_tgt;
