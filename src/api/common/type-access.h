/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which projects may use a private type: the two actions and the list, which volumes and shares
 * have in one form.
 */
#pragma once

#include "api/common/api.h"
#include "model/volume.h"

/* The bodies of addProjectAccess and removeProjectAccess, and the project in them. */
extern const JsonFields api_grant_body, api_revoke_body;
const char *api_granted_project(const ApiRequest *r);

/* 200 with {"<kind>_access": [{"<kind>_id", "project_id"}…]}; the kind is "share_type" or so. */
int api_reply_type_access(ApiRequest *r, const char *kind, TypeAccess *const *list, size_t count);
