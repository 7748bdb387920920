/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Portals and names in one spelling, so that they can be compared: an address of IPv6 has many, and
 * sysfs shows the kernel's.
 */
#include <arpa/inet.h>
#include <ctype.h>

#include "base/str.h"
#include "connector/iscsi/priv.h"

enum { HOST_NAME_MAX_BYTES = 253 };

static bool in_letters(const char *text, const char *others)
{
	for (const char *c = text; *c; c++)
		if (!isascii(*c) || (!isalnum((unsigned char)*c) && !strchr(others, *c)))
			return false;
	return true;
}

static bool is_ipv6(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_ipv4(const char *text)
{
	struct in_addr address;

	return inet_pton(AF_INET, text, &address) == 1;
}

/* No name is made of digits and dots alone: that would be an address with a mistake. */
static bool is_host_name(const char *text)
{
	return isalnum((unsigned char)text[0]) && strlen(text) <= HOST_NAME_MAX_BYTES &&
	       in_letters(text, ".-") && !strstr(text, "..") &&
	       text[strspn(text, "0123456789.")] != '\0';
}

bool iscsi_is_name(const char *text)
{
	return (str_after(text, "iqn.") || str_after(text, "eui.") || str_after(text, "naa.")) &&
	       text[4] && strlen(text) <= ISCSI_NAME_MAX && in_letters(text, ".:-_") &&
	       !strstr(text, "..");
}

const char *iscsi_address(Arena *arena, const char *text)
{
	struct in6_addr address;
	char spelled[INET6_ADDRSTRLEN];
	char *copy;

	if (inet_pton(AF_INET6, text, &address) == 1 &&
	    inet_ntop(AF_INET6, &address, spelled, sizeof(spelled)))
		return arena_strdup(arena, spelled);
	copy = arena_strdup(arena, text);
	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static bool parse_port(const char *text, int *ret)
{
	uint64_t port;

	if (!isdigit((unsigned char)text[0]) || !str_parse_u64(text, &port) || port < 1 ||
	    port > 65535)
		return false;
	*ret = (int)port;
	return true;
}

/* Cut ",1" off: the target portal group, which discovery prints. */
static bool cut_group(char *text)
{
	char *comma = strchr(text, ',');

	if (!comma)
		return true;
	*comma = '\0';
	return comma[1] && !comma[1 + strspn(comma + 1, "0123456789")];
}

bool iscsi_portal_parse(Arena *arena, const char *text, const char **ret_address, int *ret_port)
{
	char *address = arena_strdup(arena, text);
	char *rest;
	int port = ISCSI_PORT;

	if (!cut_group(address))
		return false;
	if (address[0] == '[') {
		address++;
		rest = strchr(address, ']');
		if (!rest)
			return false;
		*rest++ = '\0';
		if (!is_ipv6(address) || (*rest && (*rest != ':' || !parse_port(rest + 1, &port))))
			return false;
	} else if (!is_ipv6(address)) {
		rest = strchr(address, ':');
		if (rest)
			*rest++ = '\0';
		if ((rest && !parse_port(rest, &port)) ||
		    (!is_ipv4(address) && !is_host_name(address)))
			return false;
	}
	*ret_address = iscsi_address(arena, address);
	*ret_port = port;
	return true;
}

const char *iscsi_portal(Arena *arena, const IscsiTarget *target)
{
	return arena_printf(arena, strchr(target->address, ':') ? "[%s]:%d" : "%s:%d",
			    target->address, target->port);
}
