/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The network that guests share with this host: a bridge, and the addresses that servers have
 * there. A server's hardware address is made from its address on the network: whoever knows one
 * knows the other, and an address that comes to another server brings its hardware address along,
 * so that neither leases nor neighbours have to forget anything.
 */
#pragma once

#include "model/domain.h"
#include "model/server.h"

enum { IPV4_TEXT = 16, GUEST_DNS_MAX = 3 };

/* Where the metadata service is found by every guest. */
#define METADATA_ADDRESS "169.254.169.254"

/* Addresses in the host's byte order. */
typedef struct GuestNetwork {
	const char *name; /* by which clients see it */
	const char *bridge;
	const char *filter; /* libvirt's, for each interface; NULL: none */
	uint32_t subnet;
	uint32_t mask;
	uint32_t first; /* what servers may be given: from here ... */
	uint32_t last;  /* ... to here */
	uint32_t gateway;
	uint32_t host; /* this host's own; 0: none in the subnet */
	uint32_t dns[GUEST_DNS_MAX];
	size_t dns_count;
} GuestNetwork;

_must_use_ bool ipv4_read(const char *text, uint32_t *ret);
const char *ipv4_text(uint32_t address, char out[static IPV4_TEXT]);

/* The hardware address that goes with an address; the text is one that ipv4_read() takes. */
const char *ipv4_mac(const char *address, char out[static DOMAIN_MAC_TEXT]);

/* Of a server's interface, wherever that leads. */
const char *server_mac(const Server *server, char out[static DOMAIN_MAC_TEXT]);
