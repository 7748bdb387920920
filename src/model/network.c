/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Addresses as text, and the hardware addresses made from them.
 */
#include "model/network.h"

#include <arpa/inet.h>

bool ipv4_read(const char *text, uint32_t *ret)
{
	struct in_addr address;

	if (inet_pton(AF_INET, text, &address) != 1)
		return false;
	*ret = ntohl(address.s_addr);
	return true;
}

const char *ipv4_text(uint32_t address, char out[static IPV4_TEXT])
{
	const struct in_addr bytes = {.s_addr = htonl(address)};

	return inet_ntop(AF_INET, &bytes, out, IPV4_TEXT);
}

const char *ipv4_mac(const char *address, char out[static DOMAIN_MAC_TEXT])
{
	uint32_t number = 0;
	bool valid = ipv4_read(address, &number);

	assert(valid);
	(void)valid; /* without assertions */
	(void)snprintf(out, DOMAIN_MAC_TEXT, "52:c1:%02x:%02x:%02x:%02x", number >> 24,
		       number >> 16 & 0xff, number >> 8 & 0xff, number & 0xff); /* fits */
	return out;
}

const char *server_mac(const Server *server, char out[static DOMAIN_MAC_TEXT])
{
	return server->address ? ipv4_mac(server->address, out) : domain_mac(server->id, out);
}
