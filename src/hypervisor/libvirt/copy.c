/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a disk of a running guest holds at one moment, copied by the emulator while the guest
 * writes on: a backup job of libvirt's in push mode, without checkpoints.
 *
 * A domain has one such job at a time. While it runs libvirt shows its XML; once it is over libvirt
 * says only how the last job of the domain ended. So this process remembers what it has begun; what
 * an earlier process began is not ours to judge, and is cancelled by the next beginning.
 */
#include <errno.h>
#include <libvirt/virterror.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

enum { CANCEL_WAIT_MS = 10 * 1000, CANCEL_POLL_MS = 50 };

static void remember(Host *host, const char *id, const char *name)
{
	(void)pthread_mutex_lock(&host->lock);
	free(map_remove(host->copies, id));
	if (name)
		(void)map_put(host->copies, id, mem_strdup(name)); /* there is none */
	(void)pthread_mutex_unlock(&host->lock);
}

static bool is_remembered(Host *host, const char *id, const char *name)
{
	bool is;

	(void)pthread_mutex_lock(&host->lock);
	is = str_eq(map_get(host->copies, id), name);
	(void)pthread_mutex_unlock(&host->lock);
	return is;
}

void copies_free(Host *host)
{
	MAP_FOREACH (host->copies, e)
		free(map_value(e));
	(void)map_free(host->copies); /* NULL */
}

/* Whether a job runs, and which: its XML, to be freed, or NULL. A fault is not told apart here. */
static char *job_xml(virDomainPtr domain)
{
	return virDomainBackupGetXMLDesc(domain, 0);
}

/* How the last job ended; libvirt forgets it then. */
static int last_job(virDomainPtr domain)
{
	virTypedParameterPtr params = NULL;
	int type = VIR_DOMAIN_JOB_NONE, count = 0, operation = 0;

	if (virDomainGetJobStats(domain, &type, &params, &count, VIR_DOMAIN_JOB_STATS_COMPLETED))
		return VIR_DOMAIN_JOB_NONE;
	if (virTypedParamsGetInt(params, count, VIR_DOMAIN_JOB_OPERATION, &operation) == 1 &&
	    operation != VIR_DOMAIN_JOB_OPERATION_BACKUP)
		type = VIR_DOMAIN_JOB_NONE;
	virTypedParamsFree(params, count);
	return type;
}

/* Whatever job there is: end it, and wait until it is gone. */
static int cancel(virDomainPtr domain, Fault *f)
{
	int64_t end_ms = clock_mono_ms() + CANCEL_WAIT_MS;

	for (;;) {
		_cleanup_(freep) char *xml = job_xml(domain);

		if (!xml)
			return 0;
		(void)virDomainAbortJob(domain); /* the next look tells */
		if (clock_mono_ms() >= end_ms)
			return fault(f, -EBUSY, "a copy of a disk does not end");
		clock_sleep_ms(CANCEL_POLL_MS);
	}
}

static char *backup_xml(const char *target, const DiskCopy *copy)
{
	_cleanup_(xml_freep) Xml *xml = xml_new();

	xml_open(xml, "domainbackup");
	xml_attr(xml, "mode", "push");
	xml_open(xml, "disks");
	xml_open(xml, "disk"); /* those that are not named stay out */
	xml_attr(xml, "name", target);
	xml_attr(xml, "type", copy->is_block ? "block" : "file");
	xml_leaf(xml, "driver", "type", enum_name(&disk_format_names, copy->format));
	xml_leaf(xml, "target", copy->is_block ? "dev" : "file", copy->path);
	xml_close(xml);
	xml_close(xml);
	xml_close(xml);
	return xml_take(xml);
}

int libvirt_copy_begin(void *self, const char *id, const char *alias, const DiskCopy *copy,
		       Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(freep) char *xml = NULL;
	const char *target;
	int r;

	remember(self, id, NULL);
	r = conn_domain(self, id, &domain, f);
	if (!r)
		r = disk_live_target(domain, alias, arena, &target, f);
	if (!r)
		r = cancel(domain, f);
	if (r)
		return r;
	(void)last_job(domain); /* so that what it says next is about ours */
	xml = backup_xml(target, copy);
	if (virDomainBackupBegin(domain, xml, NULL, VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL) == 0) {
		remember(self, id, copy->name);
		return 0;
	}
	r = virt_fault(f, "copy %s", alias);
	if (virt_error_is_refusal() && !virt_error_emulator_gone())
		r = HYPERVISOR_REFUSED;
	return disk_died(domain, alias) ? HYPERVISOR_NO_DISK : r;
}

int libvirt_copy_look(void *self, const char *id, const char *name, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(freep) char *xml = NULL;
	int r;

	if (!is_remembered(self, id, name))
		return HYPERVISOR_NO_DISK;
	r = conn_domain(self, id, &domain, f);
	if (r)
		return r;
	xml = job_xml(domain);
	if (xml)
		return HYPERVISOR_PENDING;
	if (virGetLastErrorCode() != VIR_ERR_NO_DOMAIN_BACKUP && !virt_error_not_running())
		return virt_fault(f, "look at the copy of a disk");
	r = last_job(domain);
	remember(self, id, NULL);
	if (r == VIR_DOMAIN_JOB_COMPLETED)
		return 0;
	return fault(f, -EIO, "the emulator did not finish the copy of a disk");
}

int libvirt_copy_cancel(void *self, const char *id, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	int r;

	remember(self, id, NULL);
	r = conn_domain(self, id, &domain, f);
	if (r)
		return r == HYPERVISOR_NO_DOMAIN ? 0 : r;
	return cancel(domain, f);
}
