/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See server-address.h. The address is in the server's row, where an index keeps it from being
 * anybody else's; it is given back in the transaction that ends the server.
 */
#include "service/server-address.h"

#include "base/str.h"
#include "rules/guest-address.h"
#include "service/priv.h"

typedef char Batch[GUEST_ADDRESS_BATCH][IPV4_TEXT];

static bool is_taken(const char *address, Server *const *owners, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(owners[i]->address, address))
			return true;
	return false;
}

/* The first of the addresses that no server has, in the arena; NULL: all are taken. */
static int find_free(Work *work, Batch batch, size_t count, const char **ret, Fault *f)
{
	const char *texts[GUEST_ADDRESS_BATCH];
	RecordQuery query = {0};
	Server **owners;
	size_t owner_count;
	int r;

	for (size_t i = 0; i < count; i++)
		texts[i] = batch[i];
	record_where_texts(&query, "address", RECORD_IN, texts, count);
	r = server_find(work->tx, work->arena, &query, &owners, &owner_count, f);
	if (r)
		return fault_unexpected(f, r);
	*ret = NULL;
	for (size_t i = 0; i < count && !*ret; i++)
		if (!is_taken(texts[i], owners, owner_count))
			*ret = arena_strdup(work->arena, texts[i]);
	return 0;
}

int server_address_take(Work *work, Server *server, Fault *f)
{
	const GuestNetwork *network = work->settings->network;
	uint32_t seed = guest_address_seed(server->id), tried = 0;
	size_t count;
	Batch batch;

	if (!network || str_eq(server->networks, "none"))
		return 0;
	while ((count = guest_address_candidates(network, seed, tried, batch))) {
		int r = find_free(work, batch, count, &server->address, f);

		if (r || server->address)
			return r;
		tried += GUEST_ADDRESS_BATCH;
	}
	return work_refuse(work, REFUSAL_SERVER_CONFLICT,
			   "No fixed IP addresses available for network: %s", network->name);
}

int service_server_of_address(Tx *tx, Arena *arena, const char *address, const char **ret_id,
			      Fault *f)
{
	RecordQuery query = {.limit = 1};
	Server **servers;
	size_t count;
	int r;

	record_where_text(&query, "address", RECORD_EQ, address);
	r = server_find(tx, arena, &query, &servers, &count, f);
	if (r)
		return fault_unexpected(f, r);
	*ret_id = count ? servers[0]->id : NULL;
	return 0;
}
