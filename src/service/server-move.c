/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A server that shall go to another host. There is none: what is left is to say why it cannot go,
 * in the order in which a house of many hosts would find out.
 */
#include "base/str.h"
#include "service/priv.h"
#include "service/server.h"

static int refuse_here(Work *work, const Server *server, ServerAction action)
{
	if (action == SERVER_MIGRATE)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Cannot migrate to the host where the server exists.");
	return work_refuse(work, REFUSAL_BAD_INPUT,
			   "Unable to migrate instance (%s) to current host (%s).", server->id,
			   server->host);
}

int service_move_server(Work *work, const char *id, ServerAction action, const char *host, Fault *f)
{
	Server *server;
	int r;

	r = service_find_server(work, id, &server, f);
	if (!r)
		r = server_check(work, server, action, f);
	if (r)
		return r;
	if (host && !str_eq(host, work->settings->host))
		return work_refuse(work, REFUSAL_BAD_INPUT, "Compute host %s could not be found.",
				   host);
	if (action == SERVER_EVACUATE)
		return work_refuse(work, REFUSAL_BAD_INPUT,
				   "Compute service of %s is still in use.", server->host);
	if (host)
		return refuse_here(work, server, action);
	return work_refuse(work, REFUSAL_BAD_INPUT, "No valid host was found. %s",
			   action == SERVER_MIGRATE ? "No valid host found for cold migrate"
						    : "There are not enough hosts available.");
}
