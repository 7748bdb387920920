/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Definitions and power. Each slot looks at what is there first; when a call fails it looks
 * again, because the guest may have changed its state in between, and then the wish is fulfilled.
 */
#include <errno.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "hypervisor/libvirt/priv.h"

/* The channel's path, or another name of it that fits into a socket's address. */
static int channel_path(const char *path, char **ret, Fault *f)
{
	struct sockaddr_un address;
	_cleanup_(freep) char *folder = NULL;
	_cleanup_(freep) char *link = NULL;
	Buf joined = {0};
	char *slash;
	int r;

	*ret = path ? mem_strdup(path) : NULL;
	if (!path || strlen(path) < sizeof(address.sun_path))
		return 0;
	folder = TAKE(*ret);
	slash = strrchr(folder, '/');
	*slash = '\0';
	r = shortcut_make(folder, &link, f);
	if (r)
		return r;
	buf_printf(&joined, "%s/%s", link, slash + 1);
	*ret = buf_take(&joined);
	return 0;
}

/* What others have made is never written anew. Returns 0 or a fault. */
static int check_owner(Host *host, const char *id, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	int r = conn_domain(host, id, &domain, f);

	if (r)
		return r == HYPERVISOR_NO_DOMAIN ? 0 : r;
	return domain_owner(domain) == DOMAIN_ADOPTED
		       ? fault(f, -EPERM, "domain %s is adopted: its definition is not ours", id)
		       : 0;
}

int libvirt_define(void *self, const DomainSpec *spec, Fault *f)
{
	Host *host = self;
	_cleanup_(freep) char *channel = NULL;
	_cleanup_(freep) char *xml = NULL;
	_cleanup_(conn_freep) virConnectPtr conn = NULL;
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	DomainSpec used = *spec;
	int r;

	r = check_owner(host, spec->id, f);
	for (size_t i = 0; r == 0 && i < spec->filesystem_count; i++)
		r = filesystem_check(&spec->filesystems[i], f);
	if (r == 0)
		r = channel_path(spec->channel_path, &channel, f);
	if (r)
		return r;
	used.channel_path = channel;
	xml = domain_xml_write(&used, &(DomainHost){
					      .kvm = host->kvm,
					      .direct_io = disk_direct_io,
					      .filesystems = host->filesystems,
				      });
	r = conn_get(host, &conn, f);
	if (r)
		return r;
	domain = virDomainDefineXML(conn, xml);
	return domain ? 0 : virt_fault(f, "define %s", spec->name);
}

int libvirt_undefine(void *self, const char *id, Fault *f)
{
	const unsigned all = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_NVRAM |
			     VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
			     VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA;
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r == HYPERVISOR_NO_DOMAIN ? 0 : r;
	if (domain_owner(domain) == DOMAIN_ADOPTED)
		return fault(f, -EPERM, "domain %s is adopted: its definition is not ours", id);
	/* libvirt would go on running it without a definition. */
	if (virDomainIsActive(domain) == 1)
		return fault(f, -EBUSY, "undefine %s: it runs", id);
	if (virDomainUndefineFlags(domain, all) < 0 && !virt_error_no_domain())
		return virt_fault(f, "undefine %s", id);
	return 0;
}

static DomainState state_of(int state, int reason)
{
	switch ((virDomainState)state) {
	case VIR_DOMAIN_RUNNING:
	case VIR_DOMAIN_BLOCKED:
	case VIR_DOMAIN_SHUTDOWN: /* on its way, and still there */
	case VIR_DOMAIN_NOSTATE:
		return DOMAIN_RUNNING;
	case VIR_DOMAIN_PAUSED:
	case VIR_DOMAIN_PMSUSPENDED:
		return DOMAIN_PAUSED;
	case VIR_DOMAIN_SHUTOFF:
		return reason == VIR_DOMAIN_SHUTOFF_CRASHED ? DOMAIN_CRASHED : DOMAIN_OFF;
	case VIR_DOMAIN_CRASHED:
		return DOMAIN_CRASHED;
	}
	return DOMAIN_RUNNING; /* of a newer libvirt */
}

/* The reason of a shut-off domain would say so too, but not after libvirt was started again. */
static bool has_memory(virDomainPtr domain)
{
	return virDomainHasManagedSaveImage(domain, 0) == 1;
}

/* Returns 0, HYPERVISOR_NO_DOMAIN or a fault. */
static int read_state(virDomainPtr domain, DomainState *ret, Fault *f)
{
	int state, reason;

	if (virDomainGetState(domain, &state, &reason, 0) < 0)
		return virt_error_no_domain() ? HYPERVISOR_NO_DOMAIN
					      : virt_fault(f, "state of a domain");
	*ret = state_of(state, reason);
	if (!domain_is_up(*ret) && has_memory(domain))
		*ret = DOMAIN_SAVED;
	return 0;
}

int libvirt_state(void *self, const char *id, DomainState *ret, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r == 0)
		r = read_state(domain, ret, f);
	if (r == HYPERVISOR_NO_DOMAIN) {
		*ret = DOMAIN_ABSENT;
		return 0;
	}
	return r;
}

static bool is_active(virDomainPtr domain)
{
	return virDomainIsActive(domain) == 1;
}

int libvirt_start(void *self, const char *id, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	DomainState state;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r;
	r = read_state(domain, &state, f);
	if (r)
		return r;
	switch (state) {
	case DOMAIN_RUNNING:
		return 0;
	case DOMAIN_PAUSED:
		return virDomainResume(domain) < 0 ? virt_fault(f, "resume %s", id) : 0;
	case DOMAIN_OFF:
	case DOMAIN_CRASHED:
	case DOMAIN_SAVED: /* libvirt finds what it kept */
	case DOMAIN_ABSENT:
	case _DOMAIN_STATE_MAX:
		break;
	}
	return virDomainCreate(domain) < 0 ? virt_fault(f, "start %s", id) : 0;
}

/* The domain of a guest that is there to be stopped in some way; outcomes as of those slots. */
static int find_guest(Host *host, const char *id, virDomainPtr *ret, DomainState *ret_state,
		      Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	int r;

	r = conn_domain(host, id, &domain, f);
	if (!r)
		r = read_state(domain, ret_state, f);
	if (r)
		return r;
	*ret = TAKE(domain);
	return 0;
}

int libvirt_pause(void *self, const char *id, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	DomainState state;
	int r;

	r = find_guest(self, id, &domain, &state, f);
	if (r || state == DOMAIN_PAUSED)
		return r;
	if (state != DOMAIN_RUNNING)
		return HYPERVISOR_UNSUPPORTED;
	if (virDomainSuspend(domain) == 0)
		return 0;
	if (virt_error_emulator_gone() && power_wait_off(domain))
		return HYPERVISOR_UNSUPPORTED;
	return virt_fault(f, "pause %s", id);
}

int libvirt_save(void *self, const char *id, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	DomainState state;
	int r;

	r = find_guest(self, id, &domain, &state, f);
	if (r || state == DOMAIN_SAVED)
		return r;
	if (!domain_is_up(state))
		return HYPERVISOR_UNSUPPORTED;
	if (virDomainManagedSave(domain, VIR_DOMAIN_SAVE_RUNNING) == 0)
		return 0;
	if (virt_error_emulator_gone() && power_wait_off(domain))
		return HYPERVISOR_UNSUPPORTED;
	return virt_fault(f, "save %s", id);
}

int libvirt_shutdown(void *self, const char *id, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r == HYPERVISOR_NO_DOMAIN ? 0 : r;
	if (!is_active(domain))
		return 0;
	if (virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) == 0)
		return 0;
	if (virt_error_emulator_gone() && power_wait_off(domain))
		return 0;
	return virt_fault(f, "shut down %s", id);
}

int libvirt_reboot(void *self, const char *id, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r;
	if (!is_active(domain))
		return HYPERVISOR_UNSUPPORTED;
	/* libvirt presses the power button and resets the machine when the guest is down. */
	if (virDomainReboot(domain, VIR_DOMAIN_REBOOT_ACPI_POWER_BTN) == 0)
		return 0;
	if (virt_error_emulator_gone() && power_wait_off(domain))
		return HYPERVISOR_UNSUPPORTED;
	return virt_fault(f, "reboot %s", id);
}

int libvirt_destroy(void *self, const char *id, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r == HYPERVISOR_NO_DOMAIN ? 0 : r;
	if (is_active(domain) && virDomainDestroy(domain) < 0) {
		r = virt_fault(f, "destroy %s", id);
		if (is_active(domain))
			return r;
	}
	strays_end(self, domain);
	if (has_memory(domain) && virDomainManagedSaveRemove(domain, 0) < 0 && has_memory(domain))
		return virt_fault(f, "forget the memory of %s", id);
	return 0;
}

bool power_wait_off(virDomainPtr domain)
{
	enum { WAIT_MS = 5000, STEP_MS = 20 };
	int64_t until_ms = clock_mono_ms() + WAIT_MS;

	while (is_active(domain)) {
		if (clock_mono_ms() >= until_ms)
			return false;
		clock_sleep_ms(STEP_MS);
	}
	return true;
}
