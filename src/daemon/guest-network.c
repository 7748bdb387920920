/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See guest-network.h.
 */
#include "daemon/guest-network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "base/str.h"

/* A larger one is no bridge any more that guests should share. */
enum { PREFIX_MIN = 16, PREFIX_MAX = 30 };

static bool is_inside(const GuestNetwork *network, uint32_t address)
{
	return (address & network->mask) == network->subnet;
}

/* An address before `end`, which is in the text or is its end; without blanks around it. */
static bool read_piece(const char *text, const char *end, uint32_t *ret)
{
	char piece[IPV4_TEXT];
	size_t n;

	while (text < end && *text == ' ')
		text++;
	while (end > text && end[-1] == ' ')
		end--;
	n = (size_t)(end - text);
	if (n >= sizeof(piece))
		return false;
	memcpy(piece, text, n);
	piece[n] = '\0';
	return ipv4_read(piece, ret);
}

static int read_subnet(const char *text, GuestNetwork *network, Fault *f)
{
	const char *slash = text ? strchr(text, '/') : NULL;
	uint32_t metadata = 0;
	uint64_t prefix;

	if (!text)
		return fault(f, -EINVAL, "the bridge in [network] needs a subnet");
	if (!slash || !read_piece(text, slash, &network->subnet) ||
	    !str_parse_u64(slash + 1, &prefix) || prefix < PREFIX_MIN || prefix > PREFIX_MAX)
		return fault(f, -EINVAL,
			     "subnet %s is not like 10.20.0.0/24, with %d to %d behind the slash",
			     text, PREFIX_MIN, PREFIX_MAX);
	network->mask = UINT32_MAX << (32 - prefix);
	if (network->subnet & ~network->mask)
		return fault(f, -EINVAL, "subnet %s has bits behind its prefix", text);
	if (network->subnet >> 24 == 0 || network->subnet >> 28 >= 0xe)
		return fault(f, -EINVAL, "subnet %s has no addresses of hosts", text);
	if (ipv4_read(METADATA_ADDRESS, &metadata) && is_inside(network, metadata))
		return fault(f, -EINVAL, "subnet %s has %s in it, which is of the metadata service",
			     text, METADATA_ADDRESS);
	return 0;
}

static int read_range(const char *text, GuestNetwork *network, Fault *f)
{
	const char *dash = text ? strchr(text, '-') : NULL;

	network->first = network->subnet;
	network->last = network->subnet | ~network->mask;
	if (!text)
		return 0;
	if (!dash || !read_piece(text, dash, &network->first) ||
	    !read_piece(dash + 1, text + strlen(text), &network->last) ||
	    !is_inside(network, network->first) || !is_inside(network, network->last) ||
	    network->first > network->last)
		return fault(f, -EINVAL, "range %s is not FIRST-LAST, two addresses of the subnet",
			     text);
	return 0;
}

static int read_gateway(const char *text, uint32_t host, GuestNetwork *network, Fault *f)
{
	network->host = is_inside(network, host) ? host : 0;
	network->gateway = network->host;
	if (text && (!ipv4_read(text, &network->gateway) || !is_inside(network, network->gateway)))
		return fault(f, -EINVAL, "gateway %s is not an address of the subnet", text);
	return 0;
}

static int read_dns(const char *text, GuestNetwork *network, Fault *f)
{
	for (const char *at = text, *end; at; at = *end ? end + 1 : NULL) {
		end = at + strcspn(at, ",");
		if (network->dns_count == GUEST_DNS_MAX ||
		    !read_piece(at, end, &network->dns[network->dns_count]))
			return fault(f, -EINVAL,
				     "dns %s is not 1 to %d addresses with commas between", text,
				     GUEST_DNS_MAX);
		network->dns_count++;
	}
	return 0;
}

int guest_network_read(const Config *config, uint32_t host, GuestNetwork *ret, Fault *f)
{
	int r;

	*ret = (GuestNetwork){
		.name = config->network_name,
		.bridge = config->network_bridge,
		.filter = config->network_filter,
	};
	if (strlen(config->network_bridge) >= IFNAMSIZ || strchr(config->network_bridge, '/'))
		return fault(f, -EINVAL, "bridge %s is not the name of a network device",
			     config->network_bridge);
	r = read_subnet(config->network_subnet, ret, f);
	if (!r)
		r = read_range(config->network_range, ret, f);
	if (!r)
		r = read_gateway(config->network_gateway, host, ret, f);
	return r ? r : read_dns(config->network_dns, ret, f);
}

/* The device's address in the subnet; 0: it has none there. */
static int find_host(const GuestNetwork *network, uint32_t *ret, Fault *f)
{
	struct ifaddrs *all;

	*ret = 0;
	if (getifaddrs(&all) < 0)
		return fault(f, -errno, "addresses of this host: %m");
	for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
		const struct sockaddr *address = at->ifa_addr;
		uint32_t number;

		if (!address || address->sa_family != AF_INET ||
		    !str_eq(at->ifa_name, network->bridge))
			continue;
		number =
			ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
		if (is_inside(network, number) && !*ret)
			*ret = number;
	}
	freeifaddrs(all);
	return 0;
}

/* The driver's name says so; sysfs would tell of the network namespace that it was mounted in. */
static bool is_bridge(const char *device)
{
	_cleanup_(closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (char *)&info};

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device); /* checked */
	return fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0 && str_eq(info.driver, "bridge");
}

int guest_network_open(const Config *config, GuestNetwork *ret, Fault *f)
{
	bool fake = str_eq(config->hypervisor, "fake");
	uint32_t host;
	int r = guest_network_read(config, 0, ret, f);

	if (r)
		return r;
	if (!fake && !is_bridge(ret->bridge))
		return fault(f, -ENODEV, "there is no bridge %s on this host", ret->bridge);
	r = find_host(ret, &host, f);
	if (!r)
		r = guest_network_read(config, host, ret, f);
	if (r || ret->gateway)
		return r;
	return fault(f, -EINVAL,
		     "bridge %s has no address in subnet %s: give it one, or set gateway in "
		     "[network]",
		     ret->bridge, config->network_subnet);
}
