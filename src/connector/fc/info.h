/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A connection_info of type "fibre_channel" that has been looked at.
 */
#pragma once

#include "contract/connector.h"

typedef struct FcInfo FcInfo;
typedef struct FcTarget FcTarget;

enum { FC_TARGETS = 64, FC_WWN_BYTES = 17 };

struct FcTarget {
	char wwpn[FC_WWN_BYTES]; /* 16 hex digits in lower case */
	int64_t lun;             /* as the kernel counts it */
};

struct FcInfo {
	FcTarget targets[FC_TARGETS];
	size_t target_count;
	const char *name; /* the same for all volumes behind the same ports */
};

/* For the slot. Pure. */
_must_use_ int fc_info_parse(ConnectorCall *call, const char *info, void **ret, Fault *f);
