/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Where servers are found on the network of guests. A server on a network of its emulator's has no
 * address that others could use, and so it has none here, nor an interface.
 */
#include "api/compute/priv.h"
#include "base/uuid.h"

/* The network that a server is on, as far as it is told of; or NULL. */
static const GuestNetwork *network_of(const ApiRequest *r, const Server *server)
{
	bool found = server->address && server->vm_state != VM_BUILDING;

	return found ? r->config->settings->network : NULL;
}

void compute_out_addresses(ApiRequest *r, JsonOut *out, const char *key, const Server *server,
			   bool full)
{
	const GuestNetwork *network = network_of(r, server);
	char mac[DOMAIN_MAC_TEXT];

	json_out_begin(out, key);
	if (network) {
		json_out_list_begin(out, network->name);
		json_out_begin(out, NULL);
		json_out_int(out, "version", 4);
		json_out_text(out, "addr", server->address);
		if (full) {
			json_out_text(out, "OS-EXT-IPS:type", "fixed");
			json_out_text(out, "OS-EXT-IPS-MAC:mac_addr", server_mac(server, mac));
		}
		json_out_end(out);
		json_out_list_end(out);
	}
	json_out_end(out);
}

static int addresses_list(ApiRequest *r, Fault *f)
{
	Server *server;
	int k = compute_server(r, &server, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	compute_out_addresses(r, &r->out, "addresses", server, false);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* Networks, subnets and ports have no rows: their ids are made from what they are. */
static void out_id(JsonOut *out, const char *key, const char *text)
{
	char id[UUID_TEXT];

	uuid_of_text(text, id);
	json_out_text(out, key, id);
}

static void out_interface(ApiRequest *r, const GuestNetwork *network, const Server *server)
{
	JsonOut *out = &r->out;
	char mac[DOMAIN_MAC_TEXT], subnet[IPV4_TEXT];

	(void)ipv4_text(network->subnet, subnet); /* it has room */
	json_out_begin(out, NULL);
	json_out_list_begin(out, "fixed_ips");
	json_out_begin(out, NULL);
	json_out_text(out, "ip_address", server->address);
	out_id(out, "subnet_id", arena_printf(r->arena, "subnet %s", subnet));
	json_out_end(out);
	json_out_list_end(out);
	json_out_text(out, "mac_addr", server_mac(server, mac));
	out_id(out, "net_id", arena_printf(r->arena, "network %s", network->name));
	out_id(out, "port_id", arena_printf(r->arena, "port %s", server->id));
	json_out_text(out, "port_state", server->power_state == POWER_RUNNING ? "ACTIVE" : "DOWN");
	if (r->version >= V(70))
		json_out_null(out, "tag");
	json_out_end(out);
}

static int interfaces_list(ApiRequest *r, Fault *f)
{
	const GuestNetwork *network;
	Server *server;
	int k = compute_server(r, &server, f);

	if (k)
		return k;
	network = network_of(r, server);
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "interfaceAttachments");
	if (network)
		out_interface(r, network, server);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/servers/{server_id}/ips",
	 .policy = "os_compute_api:ips:index",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = addresses_list},
	{.method = "GET",
	 .pattern = "/servers/{server_id}/os-interface",
	 .policy = "os_compute_api:os-attach-interfaces:list",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = interfaces_list},
};
const ApiRoutes compute_address_routes = API_ROUTES(routes);
