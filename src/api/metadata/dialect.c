/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See metadata-api.h. One handler for every path: which documents there are, room `metadata` knows.
 * It runs on a worker, because where a disk is only the hypervisor can tell.
 */
#include "api/metadata/priv.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/view.h"
#include "records/tables.h"

enum { PASSWORD_BYTES_MAX = 1020 };

static void error_body(JsonOut *out, unsigned status _unused_, const char *message)
{
	buf_add(&out->buf, message);
	buf_add_char(&out->buf, '\n');
}

static const char *path_of(const ApiRequest *r)
{
	return str_after(http_path(r->http), r->dialect->prefix);
}

static int refuse_unknown(ApiRequest *r)
{
	return api_refuse(r, 404, "The resource could not be found.");
}

static int reply_document(ApiRequest *r, const MetadataDocument *document)
{
	char *bytes = mem_new(document->length + 1);

	memcpy(bytes, document->bytes, document->length);
	api_reply_bytes(r, 200, document->type, bytes, document->length);
	return 0;
}

/* The asking server as it is now. 0 with a view, or 0 after a refusal and without. */
static int load_view(ApiRequest *r, MetadataView *ret, Fault *f)
{
	const ServerViewSource source = {
		.store = r->config->store,
		.hypervisor = r->config->hypervisor,
		.domain = r->config->settings->metadata_domain,
		.network = r->config->settings->network,
	};
	MetadataCaller caller;
	int k;

	*ret = (MetadataView){0};
	k = metadata_caller(r, &caller, f);
	if (k || !caller.server_id)
		return k;
	k = server_view_load(&source, r->arena, caller.server_id, ret, f);
	if (k == RECORD_NOT_FOUND)
		return refuse_unknown(r);
	if (k)
		return fault_unexpected(f, k);
	if (!caller.project_id || str_eq(caller.project_id, ret->server->project_id))
		return 0;
	*ret = (MetadataView){0};
	return refuse_unknown(r);
}

static int show(ApiRequest *r, Fault *f)
{
	const char *path = path_of(r);
	MetadataDocument document = metadata_root();
	MetadataView view;
	int k;

	if (!path[strspn(path, "/")])
		return reply_document(r, &document); /* to everybody */
	k = load_view(r, &view, f);
	if (k || !view.server)
		return k;
	if (metadata_get(&view, r->arena, path, &document))
		return refuse_unknown(r);
	return reply_document(r, &document);
}

/* A password that a guest leaves, once. */
typedef struct PasswordWrite {
	Arena *arena;
	const char *server_id;
	const char *password;
	bool taken; /* there is one already */
} PasswordWrite;

static int write_password(Tx *tx, void *ctx, Fault *f)
{
	PasswordWrite *write = ctx;
	Server *server;
	int r = server_get(tx, write->arena, write->server_id, &server, f);

	if (r)
		return fault_unexpected(f, r);
	write->taken = !str_empty(server->password);
	if (write->taken)
		return 0;
	server->password = write->password;
	return fault_unexpected(f, server_update(tx, server, f));
}

static int leave_password(ApiRequest *r, Fault *f)
{
	PasswordWrite write = {.arena = r->arena};
	MetadataView view;
	size_t length;
	const char *body;
	int k = load_view(r, &view, f);

	if (k || !view.server)
		return k;
	if (!metadata_is_password(&view, path_of(r)))
		return refuse_unknown(r);
	body = http_body(r->http, &length);
	if (length > PASSWORD_BYTES_MAX)
		return api_refuse(r, 400, "Request is too large.");
	if (memchr(body, '\0', length) || !str_utf8_valid(body, length))
		return api_refuse(r, 400, "The password is not text.");
	write.server_id = view.server->id;
	write.password = arena_strndup(r->arena, body, length);
	k = store_write(r->config->store, write_password, &write, f);
	if (k)
		return fault_unexpected(f, k);
	if (write.taken)
		return api_refuse(r, 409, "There was a conflict: the password is set already.");
	api_reply(r, 200);
	return 0;
}

#define PATHS(method_, handle_)                                                                    \
	{.method = method_, .pattern = "/", .mode = API_WORK, .handle = handle_},                  \
		{.method = method_, .pattern = "/{a}", .mode = API_WORK, .handle = handle_},       \
		{.method = method_, .pattern = "/{a}/{b}", .mode = API_WORK, .handle = handle_},   \
		{.method = method_,                                                                \
		 .pattern = "/{a}/{b}/{c}",                                                        \
		 .mode = API_WORK,                                                                 \
		 .handle = handle_},                                                               \
		{.method = method_,                                                                \
		 .pattern = "/{a}/{b}/{c}/{d}",                                                    \
		 .mode = API_WORK,                                                                 \
		 .handle = handle_},                                                               \
	{                                                                                          \
		.method = method_, .pattern = "/{a}/{b}/{c}/{d}/{e}", .mode = API_WORK,            \
		.handle = handle_                                                                  \
	}

static const ApiRoute rows[] = {PATHS("GET", show), PATHS("POST", leave_password)};
static const ApiRoutes route_list = API_ROUTES(rows);
static const ApiRoutes *const resources[] = {&route_list, NULL};

static const ApiWord words[] = {
	{.what = API_NO_METHOD, .status = 400, .text = "This method is not for metadata."},
	{.what = API_BROKEN,
	 .status = 500,
	 .text = "An unknown error has occurred. Please try your request again."},
	{0},
};

#define METADATA_DIALECT(name_, path_)                                                             \
	{                                                                                          \
		.name = name_, .service = path_, .prefix = path_, .routes = resources,             \
		.words = words, .error_type = "text/plain; charset=UTF-8",                         \
		.error_body = error_body,                                                          \
	}

const ApiDialect metadata_dialect = METADATA_DIALECT("metadata", "/metadata");
const ApiDialect metadata_port_dialect = METADATA_DIALECT("metadata-port", "");
const ApiDialect metadata_guest_dialect = METADATA_DIALECT("metadata-guests", "");
