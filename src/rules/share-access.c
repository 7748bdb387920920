/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See share-access.h. What passes here goes into export tables and the names of users, so each type
 * says which characters there may be; a backend quotes them all the same.
 */
#include "rules/share-access.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"

enum { USER_MIN = 4, USER_MAX = 255, COMMON_NAME_MAX = 64, CEPHX_MAX = 255 };

typedef struct Network {
	int family;
	uint8_t address[sizeof(struct in6_addr)];
	unsigned bits;
	unsigned prefix;
} Network;

/* One to three digits, at most `max`. */
static bool read_prefix(const char *text, unsigned max, unsigned *ret)
{
	unsigned value = 0;
	size_t n = 0;

	for (; text[n] >= '0' && text[n] <= '9' && n < 3; n++)
		value = value * 10 + (unsigned)(text[n] - '0');
	*ret = value;
	return n > 0 && !text[n] && value <= max;
}

static bool read_network(const char *text, Network *ret)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);

	*ret = (Network){.family = AF_INET, .bits = 32};
	if (length >= sizeof address)
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (strchr(address, ':')) {
		ret->family = AF_INET6;
		ret->bits = 128;
	}
	ret->prefix = ret->bits;
	return inet_pton(ret->family, address, ret->address) == 1 &&
	       (!slash || read_prefix(slash + 1, ret->bits, &ret->prefix));
}

static bool has_host_bits(const Network *network)
{
	for (unsigned bit = network->prefix; bit < network->bits; bit++)
		if (network->address[bit / 8] & (0x80u >> (bit % 8)))
			return true;
	return false;
}

static int check_network(const char *to, bool ipv6)
{
	Network network;

	if (!read_network(to, &network) || (network.family == AF_INET6 && !ipv6))
		return SHARE_ACCESS_NO_NETWORK;
	return has_host_bits(&network) ? SHARE_ACCESS_HOST_BITS : 0;
}

static bool is_printable(const char *text, const char *except)
{
	for (const char *c = text; *c; c++)
		if (*c < ' ' || *c > '~' || strchr(except, *c))
			return false;
	return true;
}

int share_access_check(ShareAccessType type, const char *to, bool ipv6)
{
	const size_t length = strlen(to);

	switch (type) {
	case SHARE_ACCESS_IP:
		return check_network(to, ipv6);
	case SHARE_ACCESS_USER:
		return length >= USER_MIN && length <= USER_MAX &&
				       is_printable(to, "\"/\\[]:;|=,+*?<>")
			       ? 0
			       : SHARE_ACCESS_BAD_USER;
	case SHARE_ACCESS_CERT:
		return length >= 1 && length <= COMMON_NAME_MAX && is_printable(to, "")
			       ? 0
			       : SHARE_ACCESS_BAD_NAME;
	case SHARE_ACCESS_CEPHX:
		return length >= 1 && length <= CEPHX_MAX && is_printable(to, ".")
			       ? 0
			       : SHARE_ACCESS_BAD_ID;
	case _SHARE_ACCESS_TYPE_MAX:
		break;
	}
	return SHARE_ACCESS_BAD_NAME;
}

bool share_access_is_same(ShareAccessType type, const char *a, const char *b)
{
	Network x, y;

	if (type != SHARE_ACCESS_IP || !read_network(a, &x) || !read_network(b, &y))
		return str_eq(a, b);
	return x.family == y.family && x.prefix == y.prefix &&
	       memcmp(x.address, y.address, sizeof x.address) == 0;
}
