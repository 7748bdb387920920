/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The address that this host has for others: that of an interface, or the one by which it reaches
 * a server. Nothing is sent to find out.
 */
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/str.h"
#include "local/address.h"

static const char *address_text(Arena *arena, const struct sockaddr *address)
{
	socklen_t length = address->sa_family == AF_INET ? sizeof(struct sockaddr_in)
							 : sizeof(struct sockaddr_in6);
	char text[NI_MAXHOST];

	if (getnameinfo(address, length, text, sizeof(text), NULL, 0, NI_NUMERICHOST))
		return NULL;
	return arena_strdup(arena, text);
}

/* One that others can use without naming a link. */
static bool is_usable(const struct sockaddr *address, int family)
{
	if (!address || address->sa_family != family)
		return false;
	return family == AF_INET ||
	       !IN6_IS_ADDR_LINKLOCAL(
		       &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

int address_of_interface(Arena *arena, const char *name, const char **ret, Fault *f)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct ifaddrs *all;

	if (if_nametoindex(name) == 0)
		return ADDRESS_NO_INTERFACE;
	if (getifaddrs(&all) < 0)
		return fault(f, -errno, "addresses of this host: %s", strerror(errno));
	*ret = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(families) && !*ret; i++)
		for (const struct ifaddrs *one = all; one && !*ret; one = one->ifa_next)
			if (str_eq(one->ifa_name, name) && is_usable(one->ifa_addr, families[i]))
				*ret = address_text(arena, one->ifa_addr);
	freeifaddrs(all);
	return *ret ? 0 : ADDRESS_NONE;
}

const char *address_towards(Arena *arena, const char *server, const char *port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
	const char *found = NULL;
	struct addrinfo *all;

	if (getaddrinfo(server, port, &hints, &all))
		return NULL;
	for (const struct addrinfo *one = all; one && !found; one = one->ai_next) {
		_cleanup_(closep) int fd = socket(one->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		struct sockaddr_storage own = {0};
		socklen_t length = sizeof(own);

		if (fd >= 0 && connect(fd, one->ai_addr, one->ai_addrlen) == 0 &&
		    getsockname(fd, (struct sockaddr *)&own, &length) == 0)
			found = address_text(arena, (struct sockaddr *)&own);
	}
	freeaddrinfo(all);
	return found;
}
