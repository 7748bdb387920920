/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See host-usage.h. A server that is shelved away takes nothing.
 */
#include "service/host-usage.h"

#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "service/priv.h"

#define GIB ((int64_t)1 << 30)
#define MIB ((int64_t)1 << 20)

static int read_host(Work *work, HostUsage *usage, Fault *f)
{
	int64_t total_bytes, free_bytes;
	struct sysinfo info;
	int r;

	if (sysinfo(&info) < 0)
		return fault(f, -errno, "sysinfo: %s", strerror(errno));
	usage->vcpus = get_nprocs();
	usage->memory_mib = (int64_t)info.totalram * info.mem_unit / MIB;
	usage->uptime_s = info.uptime;
	for (size_t i = 0; i < ARRAY_SIZE(usage->load); i++)
		usage->load[i] = (double)info.loads[i] / (1 << SI_LOAD_SHIFT);
	r = backend_capacity(work->settings->backend, &total_bytes, &free_bytes, f);
	if (r)
		return fault_unexpected(f, r);
	usage->disk_gib = total_bytes / GIB;
	usage->disk_free_gib = free_bytes / GIB;
	return 0;
}

static int add_servers(Work *work, HostUsage *usage, Fault *f)
{
	const char *const absent[] = {
		enum_name(&vm_state_names, VM_DELETED),
		enum_name(&vm_state_names, VM_SHELVED_OFFLOADED),
	};
	const struct {
		const char *column;
		int64_t *sum;
	} sums[] = {
		{"vcpus", &usage->vcpus_used},
		{"ram_mib", &usage->memory_used_mib},
		{"disk_gib", &usage->disk_used_gib},
	};
	RecordQuery query = {0};
	int r;

	record_where_text(&query, "host", RECORD_EQ, work->settings->host);
	record_where_texts(&query, "vm_state", RECORD_NOT_IN, absent, ARRAY_SIZE(absent));
	r = record_count(work->tx, &server_table, &query, &usage->servers, f);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sums); i++)
		r = record_sum(work->tx, &server_table, &query, sums[i].column, sums[i].sum, f);
	record_where_text(&query, "task_state", RECORD_NE, enum_name(&task_state_names, TASK_NONE));
	if (!r)
		r = record_count(work->tx, &server_table, &query, &usage->busy_servers, f);
	return fault_unexpected(f, r);
}

int service_host_usage(Work *work, HostUsage *ret, Fault *f)
{
	HostUsage usage = {0};
	int r;

	r = read_host(work, &usage, f);
	if (!r)
		r = add_servers(work, &usage, f);
	if (!r)
		*ret = usage;
	return r;
}
