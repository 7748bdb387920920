/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What this host has, and what its servers take of it.
 */
#pragma once

#include "service/service.h"

typedef struct HostUsage {
	int64_t vcpus;
	int64_t vcpus_used;
	int64_t memory_mib;
	int64_t memory_used_mib;
	int64_t disk_gib; /* of the volume backend, where servers have their disks too */
	int64_t disk_free_gib;
	int64_t disk_used_gib;
	int64_t servers;
	int64_t busy_servers; /* something is being done to them */
	int64_t uptime_s;
	double load[3]; /* of the last 1, 5 and 15 minutes */
} HostUsage;

_must_use_ int service_host_usage(Work *work, HostUsage *ret, Fault *f);
