/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The store in one SQLite file. StoreConfig.location is its path; "-wal", "-shm" and ".lock" stand
 * beside it. For tests of crashes, environment variable CLEAT_CRASH=before:N or after:N kills the
 * process just before or just after its N-th commit.
 */
#pragma once

#include "contract/store.h"

extern const StoreDriver store_sqlite;
