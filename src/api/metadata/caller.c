/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which server a request is from. A guest's own door says so, and nothing that the guest sends can
 * change it. A proxy says so in headers that it has signed with a secret that it shares with us;
 * where no secret is set, nobody is believed.
 */
#include "api/metadata/priv.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/uuid.h"

/* Lower-case hex HMAC-SHA256 of what was signed; compared in constant time. */
static bool is_signed(const char *secret, const char *text, const char *signature)
{
	char wanted[SECRET_HASH_TEXT];

	secret_hmac(secret, text, wanted);
	return secret_equal(wanted, signature);
}

static bool refuse(ApiRequest *r, unsigned status, const char *text)
{
	(void)api_refuse(r, status, "%s", text); /* always 0 */
	return false;
}

static bool refuse_unknown(ApiRequest *r)
{
	return refuse(r, 404, "The resource could not be found.");
}

/*
 * A load balancer names itself and the server's address. Addresses of servers are not known here:
 * guests have them from their own networks.
 */
static bool from_provider(ApiRequest *r, const char *secret, const char *provider)
{
	const char *signature = http_header(r->http, "X-Metadata-Provider-Signature");

	if (!http_header(r->http, "X-Forwarded-For"))
		return refuse(r, 400, "X-Forwarded-For is missing from request.");
	if (!signature || !is_signed(secret, provider, signature))
		return refuse(r, 403, "Invalid proxy request signature.");
	return refuse_unknown(r);
}

/* The headers in the order in which they are missed. */
static bool from_proxy(ApiRequest *r, const char *secret, MetadataCaller *ret)
{
	static const char *const names[] = {"X-Instance-ID", "X-Instance-ID-Signature",
					    "X-Tenant-ID"};
	const char *values[ARRAY_SIZE(names)];
	char id[UUID_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		values[i] = http_header(r->http, names[i]);
		if (!values[i])
			return refuse(r, 400,
				      arena_printf(r->arena, "%s header is missing from request.",
						   names[i]));
	}
	if (!is_signed(secret, values[0], values[1]))
		return refuse(r, 403, "Invalid proxy request signature.");
	if (!uuid_canonical(values[0], id))
		return refuse_unknown(r);
	*ret = (MetadataCaller){
		.server_id = arena_strdup(r->arena, id),
		.project_id = values[2],
	};
	return true;
}

bool metadata_caller(ApiRequest *r, MetadataCaller *ret)
{
	const char *secret = r->config->settings->metadata_secret;
	const char *guest = str_after(http_peer(r->http), METADATA_GUEST_PEER);
	const char *provider = http_header(r->http, "X-Metadata-Provider");

	if (guest) {
		*ret = (MetadataCaller){.server_id = guest};
		return true;
	}
	if (!secret)
		return refuse_unknown(r);
	return provider ? from_provider(r, secret, provider) : from_proxy(r, secret, ret);
}
