/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See shared-connection.h. A protocol knows hosts by a name of its own; where it has none, or the
 * connector does not say it, the host's name decides.
 */
#include "rules/shared-connection.h"

#include "base/str.h"

typedef enum Identity { IDENTITY_HOST, IDENTITY_INITIATOR, IDENTITY_NQN, IDENTITY_WWPNS } Identity;

static const struct {
	const char *protocol;
	Identity identity;
	bool by_portal; /* the target may be reached in several ways: one has to be the same */
} protocols[] = {
	{.protocol = "iscsi", .identity = IDENTITY_INITIATOR, .by_portal = true},
	{.protocol = "iser", .identity = IDENTITY_INITIATOR, .by_portal = true},
	{.protocol = "nvmeof", .identity = IDENTITY_NQN},
	{.protocol = "nvme", .identity = IDENTITY_NQN},
	{.protocol = "fibre_channel", .identity = IDENTITY_WWPNS},
};

static Identity identity_of(const Connection *connection)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (str_eq(protocols[i].protocol, connection->protocol))
			return protocols[i].identity;
	return IDENTITY_HOST;
}

static bool is_by_portal(const Connection *connection)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (str_eq(protocols[i].protocol, connection->protocol))
			return protocols[i].by_portal;
	return false;
}

/* The one name that identifies the host; a set of ports is no such name. */
static const char *host_name(const Connection *connection)
{
	const char *name = NULL;

	switch (identity_of(connection)) {
	case IDENTITY_INITIATOR:
		name = connection->initiator;
		break;
	case IDENTITY_NQN:
		name = connection->nqn;
		break;
	case IDENTITY_HOST:
	case IDENTITY_WWPNS:
		break;
	}
	return str_empty(name) ? connection->host : name;
}

static bool texts_meet(ConnectionTexts a, ConnectionTexts b)
{
	for (size_t i = 0; i < a.count; i++)
		for (size_t j = 0; j < b.count; j++)
			if (str_eq_nocase(a.items[i], b.items[j]))
				return true;
	return false;
}

static bool is_same_host(const Connection *a, const Connection *b)
{
	if (identity_of(a) == IDENTITY_WWPNS && a->wwpns.count > 0 && b->wwpns.count > 0)
		return texts_meet(a->wwpns, b->wwpns);
	return !str_empty(host_name(a)) && str_eq(host_name(a), host_name(b));
}

bool connection_is_shared(const Connection *a, const Connection *b)
{
	if (str_empty(a->protocol) || !str_eq(a->protocol, b->protocol) || str_empty(a->target) ||
	    !str_eq(a->target, b->target) || !is_same_host(a, b))
		return false;
	return !is_by_portal(a) || texts_meet(a->portals, b->portals);
}

/*
 * Ports of Fibre Channel are a set of which two hosts' records may have any one in common: there
 * the target alone is the key.
 */
const char *connection_key(Arena *arena, const Connection *connection)
{
	bool is_set = identity_of(connection) == IDENTITY_WWPNS;
	const char *host = is_set ? "" : host_name(connection);

	if (str_empty(connection->protocol) || str_empty(connection->target) || !host)
		return NULL;
	return arena_printf(arena, "%s %s %s", connection->protocol, host, connection->target);
}
