/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Domains that others have made: looking at them, and the mark that says that they are managed.
 *
 * The mark is an element in the domain's metadata, like that of our own domains, with an attribute
 * that says whose it is. Setting it is a call of its own in libvirt, which writes nothing else; the
 * definition is never given to libvirt anew.
 */
#include <errno.h>

#include "base/str.h"
#include "base/uuid.h"
#include "hypervisor/libvirt/priv.h"

#define MARK "<domain adopted='yes'/>"

DomainOwner domain_owner(virDomainPtr domain)
{
	_cleanup_(freep) char *mark =
		virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, DOMAIN_XML_NAMESPACE,
				     VIR_DOMAIN_AFFECT_CONFIG);

	if (!mark)
		return DOMAIN_FOREIGN; /* or it just went away */
	return strstr(mark, "adopted=") ? DOMAIN_ADOPTED : DOMAIN_OWN;
}

/* Returns 0, HYPERVISOR_NO_DOMAIN or a fault. */
static int find_domain(Host *host, const char *id_or_name, virDomainPtr *ret, Fault *f)
{
	_cleanup_(conn_freep) virConnectPtr conn = NULL;
	char id[UUID_TEXT];
	int r = HYPERVISOR_NO_DOMAIN;

	if (uuid_canonical(id_or_name, id))
		r = conn_domain(host, id, ret, f);
	if (r != HYPERVISOR_NO_DOMAIN)
		return r;
	r = conn_get(host, &conn, f);
	if (r)
		return r;
	*ret = virDomainLookupByName(conn, id_or_name);
	if (*ret)
		return 0;
	return virt_error_no_domain() ? HYPERVISOR_NO_DOMAIN : virt_fault(f, "find a domain");
}

int libvirt_inspect(void *self, const char *id_or_name, Arena *arena, DomainFacts *ret, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	_cleanup_(freep) char *xml = NULL;
	int r;

	r = find_domain(self, id_or_name, &domain, f);
	if (r)
		return r;
	xml = virDomainGetXMLDesc(domain, 0);
	if (!xml)
		return virt_error_no_domain() ? HYPERVISOR_NO_DOMAIN
					      : virt_fault(f, "read the XML of a domain");
	r = domain_xml_facts(xml, arena, ret, f);
	if (r)
		return r;
	ret->owner = domain_owner(domain);
	ret->defined = virDomainIsPersistent(domain) == 1;
	return libvirt_state(self, ret->id, &ret->state, f);
}

/* NULL takes the mark away. */
static int set_mark(virDomainPtr domain, const char *mark, Fault *f)
{
	unsigned where = VIR_DOMAIN_AFFECT_CONFIG;

	if (virDomainIsActive(domain) == 1)
		where |= VIR_DOMAIN_AFFECT_LIVE;
	if (virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, mark, "cleat",
				 DOMAIN_XML_NAMESPACE, where) == 0)
		return 0;
	return virt_error_no_domain() ? HYPERVISOR_NO_DOMAIN : virt_fault(f, "mark a domain");
}

int libvirt_adopt(void *self, const char *id, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r;
	if (virDomainIsPersistent(domain) != 1) {
		(void)fault(f, -EINVAL, "it has no definition: it is gone as soon as it is off");
		return HYPERVISOR_REFUSED;
	}
	switch (domain_owner(domain)) {
	case DOMAIN_OWN:
		(void)fault(f, -EINVAL, "it is managed already");
		return HYPERVISOR_REFUSED;
	case DOMAIN_ADOPTED:
		return 0;
	case DOMAIN_FOREIGN:
	case _DOMAIN_OWNER_MAX:
		break;
	}
	return set_mark(domain, MARK, f);
}

int libvirt_release(void *self, const char *id, Fault *f)
{
	_cleanup_(domain_freep) virDomainPtr domain = NULL;
	int r;

	r = conn_domain(self, id, &domain, f);
	if (r)
		return r;
	switch (domain_owner(domain)) {
	case DOMAIN_OWN:
		(void)fault(f, -EINVAL, "it was not adopted");
		return HYPERVISOR_REFUSED;
	case DOMAIN_ADOPTED:
		return set_mark(domain, NULL, f);
	case DOMAIN_FOREIGN:
	case _DOMAIN_OWNER_MAX:
		break;
	}
	return 0;
}
