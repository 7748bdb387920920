/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See properties.h. The keys and their meaning are those that block storage services read.
 */
#include "local/properties.h"

#include <stdlib.h>
#include <sys/utsname.h>

#include "base/str.h"
#include "local/address.h"
#include "local/names.h"
#include "json/out.h"

static int find_address(Arena *arena, const LocalPropertiesWish *wish, const char **ret,
			const char **ret_why, Fault *f)
{
	int r;

	*ret = wish->ip;
	if (wish->ip || (!wish->nic && !wish->server))
		return 0;
	if (!wish->nic) {
		*ret = address_towards(arena, wish->server, wish->server_port);
		return 0;
	}
	r = address_of_interface(arena, wish->nic, ret, f);
	if (r <= 0)
		return r;
	*ret_why = arena_printf(arena,
				r == ADDRESS_NO_INTERFACE
					? "Could not find network interface %s."
					: "Network interface %s has not ipv4 address assigned.",
				wish->nic);
	return LOCAL_PROPERTIES_NO_ADDRESS;
}

static void put_known(JsonOut *out, const char *key, const char *text)
{
	if (text)
		json_out_text(out, key, text);
}

/* Names of the ports of Fibre Channel adapters that are online, without "0x". */
static void put_ports(JsonOut *out, const Host *host, Arena *arena, const char *key,
		      const char *file)
{
	const char **adapters;
	size_t count;
	bool any = false;

	if (host_glob(host, arena, "/sys/class/fc_host/host*", &adapters, &count, NULL))
		return;
	for (size_t i = 0; i < count; i++) {
		const char *state = host_peek(host, arena, "%s/port_state", adapters[i]);
		const char *name = host_peek(host, arena, "%s/%s", adapters[i], file);

		if (!str_eq(state, "Online") || str_empty(name))
			continue;
		if (!any)
			json_out_list_begin(out, key);
		any = true;
		json_out_text(out, NULL, str_after(name, "0x") ? str_after(name, "0x") : name);
	}
	if (any)
		json_out_list_end(out);
}

static void put_names(JsonOut *out, const Host *host, Arena *arena)
{
	put_known(out, "initiator", names_initiator(host, arena));
	put_ports(out, host, arena, "wwpns", "port_name");
	put_ports(out, host, arena, "wwnns", "node_name");
	if (host_has_program(host, "nvme")) {
		put_known(out, "nqn", names_nqn(host, arena));
		put_known(out, "nvme_hostid", names_hostid(host, arena));
	}
	put_known(out, "system uuid", names_system_uuid(host, arena));
	put_known(out, "uuid", names_root_uuid(host, arena));
}

int local_properties(const Host *host, Arena *arena, const LocalPropertiesWish *wish,
		     const char **ret_json, const char **ret_why, Fault *f)
{
	const char *native = host_peek(host, arena, "/sys/module/nvme_core/parameters/multipath");
	_cleanup_(json_out_done) JsonOut out = {0};
	_cleanup_(freep) char *text = NULL;
	const char *ip = NULL;
	struct utsname system;
	size_t length;
	int r;

	r = find_address(arena, wish, &ip, ret_why, f);
	if (r)
		return r;
	if (uname(&system) < 0)
		return fault(f, -errno, "uname: %s", strerror(errno));
	json_out_begin(&out, NULL);
	json_out_text(&out, "platform", system.machine);
	json_out_text(&out, "os_type", "linux");
	json_out_text(&out, "ip", ip);
	json_out_text(&out, "host", wish->host ? wish->host : system.nodename);
	json_out_bool(&out, "multipath", wish->multipath);
	json_out_bool(&out, "enforce_multipath", wish->enforce);
	json_out_bool(&out, "do_local_attach", wish->do_local_attach);
	json_out_bool(&out, "nvme_native_multipath", str_eq(native, "Y"));
	put_names(&out, host, arena);
	json_out_end(&out);
	text = json_out_take(&out, &length);
	*ret_json = arena_strndup(arena, text, length);
	return 0;
}
