/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The resources of this room.
 */
#pragma once

#include "api/admin/admin.h"

extern const ApiRoutes admin_difference_routes;
extern const ApiRoutes admin_host_routes;
extern const ApiRoutes admin_server_routes;
