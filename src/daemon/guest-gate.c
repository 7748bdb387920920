/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See guest-gate.h. The rate is kept as one time for each address of the subnet: that at which all
 * that was asked so far would have been paid for. Whoever is further ahead of the clock than a
 * burst costs has to wait.
 */
#include "daemon/guest-gate.h"

#include <pthread.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define COST_US (INT64_C(1000000) / GUEST_RATE)

struct GuestGate {
	const GuestNetwork *network;
	const Host *host;
	pthread_mutex_t lock; /* guards paid_us */
	int64_t *paid_us;     /* of each address of the subnet */
};

GuestGate *guest_gate_new(const GuestNetwork *network, const Host *host)
{
	GuestGate *gate = NEW(GuestGate);

	gate->network = network;
	gate->host = host;
	gate->paid_us = mem_new(sizeof(*gate->paid_us) * ((size_t)~network->mask + 1));
	pthread_mutex_init(&gate->lock, NULL);
	return gate;
}

GuestGate *guest_gate_free(GuestGate *gate)
{
	if (!gate)
		return NULL;
	pthread_mutex_destroy(&gate->lock);
	free(gate->paid_us);
	free(gate);
	return NULL;
}

static bool pays(GuestGate *gate, uint32_t address, int64_t now_us)
{
	int64_t *paid_us = &gate->paid_us[address & ~gate->network->mask];
	bool yes;

	pthread_mutex_lock(&gate->lock);
	*paid_us = MAX(*paid_us, now_us);
	yes = *paid_us - now_us < GUEST_BURST * COST_US;
	if (yes)
		*paid_us += COST_US;
	pthread_mutex_unlock(&gate->lock);
	return yes;
}

/* Whether the address is where a server of ours would have it. */
static bool is_neighbour(const GuestGate *gate, const char *address)
{
	char mac[HOST_MAC_TEXT] = "nobody", wanted[DOMAIN_MAC_TEXT];
	Fault f = {0};

	if (!gate->host)
		return true;
	if (host_neighbour(gate->host, gate->network->bridge, address, mac, &f) < 0)
		log_warning("addr=%s is not looked up: %s", address, f.text);
	if (str_eq(mac, ipv4_mac(address, wanted)))
		return true;
	log_warning("addr=%s text=\"%s has it on %s: it is told nothing\"", address, mac,
		    gate->network->bridge);
	return false;
}

GuestVerdict guest_gate_judge(GuestGate *gate, const char *address, int64_t now_us)
{
	const GuestNetwork *network = gate->network;
	uint32_t number;

	if (!ipv4_read(address, &number) || (number & network->mask) != network->subnet)
		return GUEST_STRANGE;
	if (!pays(gate, number, now_us))
		return GUEST_HASTY;
	return is_neighbour(gate, address) ? GUEST_WELCOME : GUEST_STRANGE;
}
