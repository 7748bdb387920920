/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * How a volume is encrypted: not at all, which compute services ask about all the same.
 */
#include "api/volume/priv.h"

static int encryption_show(ApiRequest *r, Fault *f)
{
	Volume *volume;
	int k = service_find_volume(&r->work, api_param(r, "volume_id"), &volume, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_null(&r->out, "encryption_key_id");
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

/* One value, without a frame; there is none, so the body is empty. */
static int encryption_item(ApiRequest *r, Fault *f)
{
	Volume *volume;
	int k = service_find_volume(&r->work, api_param(r, "volume_id"), &volume, f);

	if (k)
		return k;
	if (!str_eq(api_param(r, "key"), "encryption_key_id"))
		return api_complain(r, API_NO_ROUTE, NULL, NULL, NULL);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/volumes/{volume_id}/encryption",
	 .policy = "volume_extension:volume_encryption_metadata",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = encryption_show},
	{.method = "GET",
	 .pattern = "/volumes/{volume_id}/encryption/{key}",
	 .policy = "volume_extension:volume_encryption_metadata",
	 .rule = API_RULE_READER,
	 .mode = API_READ,
	 .handle = encryption_item},
};
const ApiRoutes volume_encryption_routes = API_ROUTES(routes);
