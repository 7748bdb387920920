/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files about share types share: how a type is printed.
 */
#pragma once

#include "api/share/priv.h"

void share_type_out(ApiRequest *r, const char *key, const ShareType *type);
/* Its extra specs, as far as the caller may see them; and whether he may see one. */
void share_type_out_specs(ApiRequest *r, const ShareType *type);
bool share_type_spec_is_visible(const ApiRequest *r, const char *key);
