/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See guest-address.h.
 */
#include "rules/guest-address.h"

/* Not somebody else's already. */
static bool may_be_given(const GuestNetwork *network, uint32_t address)
{
	if (address == network->subnet || address == (network->subnet | ~network->mask) ||
	    address == network->gateway || address == network->host)
		return false;
	for (size_t i = 0; i < network->dns_count; i++)
		if (address == network->dns[i])
			return false;
	return true;
}

size_t guest_address_candidates(const GuestNetwork *network, uint32_t seed, uint32_t tried,
				char out[static GUEST_ADDRESS_BATCH][IPV4_TEXT])
{
	uint32_t span = network->last - network->first + 1;
	size_t count = 0;

	for (uint32_t i = tried; i < span && i < tried + GUEST_ADDRESS_BATCH; i++) {
		uint32_t address = network->first + (seed % span + i) % span;

		if (may_be_given(network, address))
			(void)ipv4_text(address, out[count++]); /* it has room */
	}
	return count;
}

/* FNV-1a. */
uint32_t guest_address_seed(const char *server_id)
{
	uint32_t hash = 2166136261u;

	for (const char *p = server_id; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 16777619u;
	return hash;
}
