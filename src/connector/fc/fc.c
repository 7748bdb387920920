/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Connecting over Fibre Channel is not supported: every call says so, and which of the two is
 * missing, adapters of this host or the support for them. Nothing is connected, so nothing has to
 * be disconnected.
 */
#include "connector/fc/fc.h"

#include "connector/fc/info.h"
#include "contract/connector-text.h"
#include "host/host.h"

static const char *fc_target(ConnectorCall *call, const void *info)
{
	const FcInfo *fc = info;

	(void)call;
	return fc->name;
}

static bool fc_multipath(const Host *host)
{
	(void)host;
	return false;
}

static int fc_connect(ConnectorCall *call, const void *info, const ConnectorWish *wish,
		      ConnectorDisk *ret, Fault *f)
{
	const char **adapters;
	size_t count;
	int r = host_glob(call->host, call->arena, "/sys/class/fc_host/host*", &adapters, &count,
			  f);

	(void)info;
	(void)wish;
	(void)ret;
	if (r)
		return fault_unexpected(f, r);
	if (count == 0)
		return connector_say(call, CONNECTOR_NO_TRANSPORT,
				     "this host has no Fibre Channel adapter");
	return connector_say(call, CONNECTOR_NO_TRANSPORT,
			     "volumes over Fibre Channel are not supported");
}

static int fc_find(ConnectorCall *call, const void *info, const char *identity, ConnectorDisk *ret,
		   Fault *f)
{
	(void)info;
	(void)identity;
	(void)ret;
	(void)f;
	return connector_say(call, CONNECTOR_NO_DISK,
			     "volumes over Fibre Channel are not supported");
}

static int fc_disconnect(ConnectorCall *call, const void *info, const ConnectorLeave *leave,
			 Fault *f)
{
	(void)call;
	(void)info;
	(void)leave;
	(void)f;
	return 0;
}

static int fc_extend(ConnectorCall *call, const void *info, const char *identity,
		     int64_t size_bytes, int64_t *ret_size_bytes, Fault *f)
{
	(void)size_bytes;
	(void)ret_size_bytes;
	return fc_find(call, info, identity, NULL, f);
}

static const char *const types[] = {"fibre_channel", NULL};

const ConnectorDriver connector_fc = {
	.name = "fc",
	.size = sizeof(ConnectorDriver),
	.types = types,
	.parse = fc_info_parse,
	.target = fc_target,
	.multipath = fc_multipath,
	.connect = fc_connect,
	.find = fc_find,
	.disconnect = fc_disconnect,
	.extend = fc_extend,
};
