/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Transfers of volumes between projects, under the old name (os-volume-transfer) and, from 3.55 on,
 * the new one (volume-transfers), which knows of snapshots.
 *
 * A transfer is gone once the volume is taken: nobody ever sees one that has a taker.
 */
#include "api/volume/filters.h"
#include "service/transfer.h"

typedef struct CreateTransfer {
	const char *volume_id;
	const char *name;
	bool no_snapshots;
} CreateTransfer;

typedef struct CreateBody {
	const CreateTransfer *transfer;
} CreateBody;

static const JsonField create_rows[] = {
	{.name = "volume_id",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(CreateTransfer, volume_id)},
	{.name = "name",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(CreateTransfer, name)},
	{.name = "no_snapshots",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_LETTERS,
	 .since = V(55),
	 .offset = offsetof(CreateTransfer, no_snapshots)},
};
static const JsonFields create_fields = JSON_FIELDS(create_rows, CreateTransfer);

static const JsonField create_body_rows[] = {
	{.name = "transfer",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &create_fields,
	 .offset = offsetof(CreateBody, transfer)},
};
static const JsonFields create_body_fields = JSON_FIELDS(create_body_rows, CreateBody);

typedef struct Accept {
	const char *auth_key;
} Accept;

typedef struct AcceptBody {
	const Accept *accept;
} AcceptBody;

static const JsonField accept_rows[] = {
	{.name = "auth_key",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .max = LIMIT_NAME_CHARS,
	 .offset = offsetof(Accept, auth_key)},
};
static const JsonFields accept_fields = JSON_FIELDS(accept_rows, Accept);

static const JsonField accept_body_rows[] = {
	{.name = "accept",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &accept_fields,
	 .offset = offsetof(AcceptBody, accept)},
};
static const JsonFields accept_body_fields = JSON_FIELDS(accept_body_rows, AcceptBody);

static const VolumeFilter filters[] = {
	{.name = "name", .column = "name"},
	{.name = "volume_id", .column = "volume_id"},
	{0},
};

static const VolumeSortKey sort_keys[] = {
	{"created_at", "created_us"}, {"id", "id"}, {"name", "name"}, {"volume_id", "volume_id"},
	{"project_id", "project_id"}, {0},
};

static const VolumeListing listing = {
	.resource = "transfer",
	.links = "transfers_links",
	.table = &transfer_table,
	.filters = filters,
	.sort_keys = sort_keys,
	.no_marker = REFUSAL_NO_TRANSFER,
};

/* Under which of its names the resource was asked for. */
static const char *collection_of(const ApiRequest *r)
{
	return strncmp(r->route->pattern, "/os-", strlen("/os-")) == 0 ? "os-volume-transfer"
								       : "volume-transfers";
}

static void out_short(ApiRequest *r, const Transfer *transfer)
{
	json_out_text(&r->out, "id", transfer->id);
	json_out_text(&r->out, "name", transfer->name);
	json_out_text(&r->out, "volume_id", transfer->volume_id);
	api_out_links(r, &r->out, collection_of(r), transfer->id);
}

static void out_full(ApiRequest *r, const Transfer *transfer)
{
	out_short(r, transfer);
	json_out_date(&r->out, "created_at", transfer->created_us, CLOCK_MICROS);
	if (r->version >= V(55))
		json_out_bool(&r->out, "no_snapshots", transfer->no_snapshots);
	if (r->version >= V(57)) {
		json_out_text(&r->out, "source_project_id", transfer->project_id);
		json_out_null(&r->out, "destination_project_id");
		json_out_bool(&r->out, "accepted", false);
	}
}

static int print_short(ApiRequest *r, const void *row, _unused_ Fault *f)
{
	json_out_begin(&r->out, NULL);
	out_short(r, row);
	json_out_end(&r->out);
	return 0;
}

static int print_full(ApiRequest *r, const void *row, _unused_ Fault *f)
{
	json_out_begin(&r->out, NULL);
	out_full(r, row);
	json_out_end(&r->out);
	return 0;
}

static int list_transfers(ApiRequest *r, VolumeRowPrint *print, Fault *f)
{
	VolumeList list = {.listing = &listing};

	return volume_list_read(r, &list) ? volume_list_reply(r, &list, "transfers", print, f) : 0;
}

static int transfers_list(ApiRequest *r, Fault *f)
{
	return list_transfers(r, print_short, f);
}

static int transfers_detail(ApiRequest *r, Fault *f)
{
	return list_transfers(r, print_full, f);
}

static int transfer_show(ApiRequest *r, Fault *f)
{
	Transfer *transfer;
	int k = service_find_transfer(&r->work, api_param(r, "transfer_id"), &transfer, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "transfer");
	out_full(r, transfer);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int transfer_create(ApiRequest *r, Fault *f)
{
	const CreateTransfer *in = ((const CreateBody *)r->body)->transfer;
	const TransferWish wish = {
		.volume_id = in->volume_id,
		.name = arena_stripped(r->arena, in->name),
		.no_snapshots = in->no_snapshots,
	};
	Transfer *transfer;
	const char *key;
	int k = service_offer_volume(&r->work, &wish, &transfer, &key, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "transfer");
	out_full(r, transfer);
	json_out_text(&r->out, "auth_key", key);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 202);
	return 0;
}

static int transfer_accept(ApiRequest *r, Fault *f)
{
	const Accept *in = ((const AcceptBody *)r->body)->accept;
	Transfer *transfer;
	int k = service_take_transfer(&r->work, api_param(r, "transfer_id"), in->auth_key,
				      &transfer, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "transfer");
	out_short(r, transfer);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 202);
	return 0;
}

static int transfer_remove(ApiRequest *r, Fault *f)
{
	int k = service_withdraw_transfer(&r->work, api_param(r, "transfer_id"), f);

	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

/* The six routes of one of the two names. */
#define TRANSFER_ROUTES(path, version)                                                             \
	{.method = "GET",                                                                          \
	 .pattern = path,                                                                          \
	 .policy = "volume:get_all_transfers",                                                     \
	 .rule = API_RULE_READER,                                                                  \
	 .mode = API_READ,                                                                         \
	 .since = (version),                                                                       \
	 .handle = transfers_list},                                                                \
		{.method = "GET",                                                                  \
		 .pattern = path "/detail",                                                        \
		 .policy = "volume:get_all_transfers",                                             \
		 .rule = API_RULE_READER,                                                          \
		 .mode = API_READ,                                                                 \
		 .since = (version),                                                               \
		 .handle = transfers_detail},                                                      \
		{.method = "GET",                                                                  \
		 .pattern = path "/{transfer_id}",                                                 \
		 .policy = "volume:get_transfer",                                                  \
		 .rule = API_RULE_READER,                                                          \
		 .mode = API_READ,                                                                 \
		 .since = (version),                                                               \
		 .handle = transfer_show},                                                         \
		{.method = "POST",                                                                 \
		 .pattern = path,                                                                  \
		 .policy = "volume:create_transfer",                                               \
		 .rule = API_RULE_MEMBER,                                                          \
		 .mode = API_WRITE,                                                                \
		 .since = (version),                                                               \
		 .body = &create_body_fields,                                                      \
		 .handle = transfer_create},                                                       \
		{.method = "POST",                                                                 \
		 .pattern = path "/{transfer_id}/accept",                                          \
		 .policy = "volume:accept_transfer",                                               \
		 .rule = API_RULE_MEMBER,                                                          \
		 .mode = API_WRITE,                                                                \
		 .since = (version),                                                               \
		 .body = &accept_body_fields,                                                      \
		 .handle = transfer_accept},                                                       \
	{                                                                                          \
		.method = "DELETE", .pattern = path "/{transfer_id}",                              \
		.policy = "volume:delete_transfer", .rule = API_RULE_MEMBER, .mode = API_WRITE,    \
		.since = (version), .handle = transfer_remove                                      \
	}

static const ApiRoute routes[] = {
	TRANSFER_ROUTES("/os-volume-transfer", V(0)),
	TRANSFER_ROUTES("/volume-transfers", V(55)),
};
const ApiRoutes volume_transfer_routes = API_ROUTES(routes);
