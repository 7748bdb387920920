/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * PUT /images/{id}/file: bytes stream into the depot as they come. When the head is there the image
 * is claimed (queued -> saving), so that nobody else fills it; when all bytes are there a worker
 * lets the depot check them and put them in their place, and makes the image active. An upload that
 * ends in any other way gives the image back (saving -> queued).
 *
 * The head is seen on an HTTP thread, which must not wait for a commit: claiming is a job of the
 * store's writer, and so is giving back. The writer keeps their order.
 */
#include "api/image/priv.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

typedef struct Upload {
	DepotUpload *bytes; /* NULL: the depot has them */
	char image_id[UUID_TEXT];
	StoreJob claim;
	StoreJob give_back; /* the last that anybody does with an upload */
	/* The writer's, until a later piece of its work is through. */
	Work work;
	Image *image;
	int claimed; /* 0, a refusal with work.refused filled, or a fault */
} Upload;

static Upload *upload_free(Upload *upload)
{
	arena_free(upload->work.arena);
	free(upload);
	return NULL;
}

static int claim_work(Tx *tx, void *ctx, Fault *f)
{
	Upload *upload = ctx;

	upload->work.tx = tx;
	upload->work.now_us = clock_now_us();
	upload->claimed = service_claim_image(&upload->work, upload->image_id, &upload->image, f);
	return upload->claimed;
}

/* What the work said does not hold when its batch was not committed. */
static void claim_done(StoreJob *job, int result)
{
	Upload *upload = job->ctx;

	upload->claimed = result;
}

static int give_back_work(Tx *tx, void *ctx, Fault *f)
{
	Upload *upload = ctx;

	if (upload->claimed)
		return 0;
	upload->work.tx = tx;
	upload->work.now_us = clock_now_us();
	return service_release_image(&upload->work, upload->image_id, f);
}

static void give_back_done(StoreJob *job, int result)
{
	Upload *upload = job->ctx;

	if (result < 0)
		log_error("image=%s stays in saving until the next start: %s", upload->image_id,
			  job->fault.text);
	upload_free(upload);
}

static Upload *upload_new(Store *store, DepotUpload *bytes, const char *image_id)
{
	Upload *upload = NEW(Upload);

	upload->bytes = bytes;
	memcpy(upload->image_id, image_id, sizeof(upload->image_id));
	upload->work.arena = arena_new();
	upload->claim = (StoreJob){.work = claim_work, .ctx = upload, .done = claim_done};
	upload->give_back =
		(StoreJob){.work = give_back_work, .ctx = upload, .done = give_back_done};
	store_submit(store, &upload->claim);
	return upload;
}

static int check_target(Tx *tx, void *ctx, Fault *f)
{
	ApiRequest *r = ctx;
	Image *image;
	int k;

	r->work.tx = tx;
	k = service_find_own_image(&r->work, api_param(r, "image_id"), &image, f);
	r->work.tx = NULL;
	if (k || image->status == IMAGE_QUEUED)
		return k;
	r->work.refused = (RefusalData){.id = image->id,
					.value = enum_name(&image_status_names, image->status)};
	return REFUSAL_IMAGE_STATE;
}

static int sink(void *ctx, const void *bytes, size_t n, Fault *f)
{
	ApiRequest *r = ctx;
	Upload *upload = r->upload;

	return depot_write(r->config->depot, upload->bytes, bytes, n, f);
}

static int begin(ApiRequest *r, Fault *f)
{
	const char *type = http_header(r->http, "Content-Type");
	char id[UUID_TEXT];
	DepotUpload *bytes;
	int k;

	if (type && !str_eq_nocase(type, "application/octet-stream"))
		return api_refuse(r, 415, "Image data is application/octet-stream");
	k = store_read(r->config->store, check_target, r, f);
	if (k)
		return k;
	if (!uuid_canonical(api_param(r, "image_id"), id))
		return REFUSAL_NO_IMAGE;
	k = depot_begin(r->config->depot, id, &bytes, f);
	if (k)
		return fault_unexpected(f, k);
	r->upload = upload_new(r->config->store, bytes, id);
	http_set_sink(r->http, sink, r);
	return 0;
}

static void abandon(ApiRequest *r)
{
	Upload *upload = TAKE(r->upload);

	if (upload->bytes)
		upload->bytes = depot_abandon(r->config->depot, upload->bytes);
	store_submit(r->config->store, &upload->give_back);
}

/* The writer's order makes this come after the claim. */
static int barrier(Tx *tx, void *ctx, Fault *f)
{
	(void)tx; /* nothing is written */
	(void)ctx;
	(void)f;
	return 0;
}

/* Wait until it is known whether the image is ours. */
static int confirm(ApiRequest *r, const Upload *upload, Fault *f)
{
	int k = store_write(r->config->store, barrier, NULL, f);

	if (k)
		return fault_unexpected(f, k);
	if (upload->claimed < 0)
		return fault(f, upload->claimed, "claim image %s: %s", upload->image_id,
			     upload->claim.fault.text);
	r->work.refused = upload->work.refused;
	return upload->claimed;
}

/* One write of the upload's end. */
typedef struct Turn {
	ApiRequest *r;
	const char *id;
	const DepotFacts *facts; /* NULL: the depot would not have the bytes */
} Turn;

static int end_work(Tx *tx, void *ctx, Fault *f)
{
	Turn *turn = ctx;
	Work *work = &turn->r->work;
	int k;

	work->tx = tx;
	k = turn->facts ? service_fill_image(work, turn->id, turn->facts, f)
			: service_release_image(work, turn->id, f);
	work->tx = NULL;
	return k;
}

static int refuse_bytes(ApiRequest *r, int outcome, Fault *f)
{
	if (outcome == DEPOT_UNSAFE)
		return api_refuse(r, 400,
				  "The image is refused: it refers to another file or needs a "
				  "feature that is not supported");
	if (outcome == DEPOT_WRONG_FORMAT)
		return api_refuse(r, 400, "The data is not what disk_format says");
	if (outcome == DEPOT_FULL)
		return api_refuse(r, 413, "There is not enough storage for the image");
	return fault_unexpected(f, outcome);
}

/* Whoever sees the answer may go on with the image: so its row is written before. */
static int finish(ApiRequest *r, Fault *f)
{
	Upload *upload = r->upload;
	Turn turn = {.r = r, .id = upload->image_id};
	DepotFacts facts;
	int outcome, k;

	k = confirm(r, upload, f);
	if (k)
		return k; /* abandon() clears up, here and below */
	outcome = depot_finish(r->config->depot, TAKE(upload->bytes),
			       (DiskFormat)upload->image->disk_format, r->arena, &facts, f);
	if (outcome < 0)
		return outcome;
	turn.facts = outcome ? NULL : &facts;
	k = store_write(r->config->store, end_work, &turn, f);
	if (k)
		return k;
	r->upload = upload_free(upload);
	if (outcome)
		return refuse_bytes(r, outcome, f);
	api_reply(r, 204);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "PUT",
	 .pattern = "/images/{image_id}/file",
	 .policy = "upload_image",
	 .rule = API_RULE_MEMBER,
	 .mode = API_BULK,
	 .handle = finish,
	 .stream = begin,
	 .abandon = abandon},
};
const ApiRoutes image_upload_routes = API_ROUTES(routes);
