/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which server a request is from. A guest's own door says so, or the address that it has on a
 * network of this host; nothing that the guest sends can change either. A proxy says so in headers
 * that it has signed with a secret that it shares with us; where no secret is set, nobody is
 * believed.
 */
#include "api/metadata/priv.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/uuid.h"
#include "service/server-address.h"

/* Lower-case hex HMAC-SHA256 of what was signed; compared in constant time. */
static bool is_signed(const char *secret, const char *text, const char *signature)
{
	char wanted[SECRET_HASH_TEXT];

	secret_hmac(secret, text, wanted);
	return secret_equal(wanted, signature);
}

static int refuse_unknown(ApiRequest *r)
{
	return api_refuse(r, 404, "The resource could not be found.");
}

/* A look for the server that has an address. */
typedef struct AddressLook {
	Arena *arena;
	const char *address;
	const char *server_id;
} AddressLook;

static int look_for_address(Tx *tx, void *ctx, Fault *f)
{
	AddressLook *look = ctx;

	return service_server_of_address(tx, look->arena, look->address, &look->server_id, f);
}

static int from_address(ApiRequest *r, const char *address, MetadataCaller *ret, Fault *f)
{
	AddressLook look = {.arena = r->arena, .address = address};
	int k = store_read(r->config->store, look_for_address, &look, f);

	if (k)
		return fault_unexpected(f, k);
	ret->server_id = look.server_id;
	return look.server_id ? 0 : refuse_unknown(r);
}

/* Somebody on the network of guests. */
static int from_guest(ApiRequest *r, MetadataCaller *ret, Fault *f)
{
	const ApiConfig *config = r->config;
	const char *address = http_peer(r->http);

	switch (config->judge_guest(config->guest_ctx, address)) {
	case GUEST_WELCOME:
		return from_address(r, address, ret, f);
	case GUEST_STRANGE:
		return refuse_unknown(r);
	case GUEST_HASTY:
		return api_refuse(r, 429, "Too many requests: wait a moment.");
	}
	return 0;
}

/* A load balancer names itself and the server's address. There is one network of addresses. */
static int from_provider(ApiRequest *r, const char *secret, MetadataCaller *ret, Fault *f)
{
	const char *provider = http_header(r->http, "X-Metadata-Provider");
	const char *signature = http_header(r->http, "X-Metadata-Provider-Signature");
	const char *address = http_header(r->http, "X-Forwarded-For");

	if (!address)
		return api_refuse(r, 400, "X-Forwarded-For is missing from request.");
	if (!signature || !is_signed(secret, provider, signature))
		return api_refuse(r, 403, "Invalid proxy request signature.");
	return from_address(r, address, ret, f);
}

/* The headers in the order in which they are missed. */
static int from_proxy(ApiRequest *r, const char *secret, MetadataCaller *ret)
{
	static const char *const names[] = {"X-Instance-ID", "X-Instance-ID-Signature",
					    "X-Tenant-ID"};
	const char *values[ARRAY_SIZE(names)];
	char id[UUID_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		values[i] = http_header(r->http, names[i]);
		if (!values[i])
			return api_refuse(r, 400, "%s header is missing from request.", names[i]);
	}
	if (!is_signed(secret, values[0], values[1]))
		return api_refuse(r, 403, "Invalid proxy request signature.");
	if (!uuid_canonical(values[0], id))
		return refuse_unknown(r);
	*ret = (MetadataCaller){
		.server_id = arena_strdup(r->arena, id),
		.project_id = values[2],
	};
	return 0;
}

int metadata_caller(ApiRequest *r, MetadataCaller *ret, Fault *f)
{
	const char *secret = r->config->settings->metadata_secret;

	*ret = (MetadataCaller){.server_id = str_after(http_peer(r->http), METADATA_GUEST_PEER)};
	if (ret->server_id)
		return 0;
	if (r->dialect == &metadata_guest_dialect)
		return from_guest(r, ret, f);
	if (!secret)
		return refuse_unknown(r);
	return http_header(r->http, "X-Metadata-Provider") ? from_provider(r, secret, ret, f)
							   : from_proxy(r, secret, ret);
}
