/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * PUT /images/{id}/file: bytes stream into the depot as they come. When all are there, a worker
 * claims the image, lets the depot check the bytes and put them in their place, and makes the
 * image active. Of two uploads to one image the second to claim it is refused and leaves nothing.
 */
#include "api/image/priv.h"

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

	return depot_write(r->config->depot, r->upload, bytes, n, f);
}

static int begin(ApiRequest *r, Fault *f)
{
	const char *type = http_header(r->http, "Content-Type");
	char id[UUID_TEXT];
	DepotUpload *upload;
	int k;

	if (type && !str_eq_nocase(type, "application/octet-stream"))
		return api_refuse(r, 415, "Image data is application/octet-stream");
	k = store_read(r->config->store, check_target, r, f);
	if (k)
		return k;
	if (!uuid_canonical(api_param(r, "image_id"), id))
		return REFUSAL_NO_IMAGE;
	k = depot_begin(r->config->depot, id, &upload, f);
	if (k)
		return fault_unexpected(f, k);
	r->upload = upload;
	http_set_sink(r->http, sink, r);
	return 0;
}

static void abandon(ApiRequest *r)
{
	r->upload = depot_abandon(r->config->depot, r->upload);
}

/* One write of the upload's end. */
typedef struct Turn {
	ApiRequest *r;
	const char *id;
	const DepotFacts *facts;
	int (*step)(struct Turn *turn, Fault *f);
	Image *image;
} Turn;

static int turn_work(Tx *tx, void *ctx, Fault *f)
{
	Turn *turn = ctx;
	int k;

	turn->r->work.tx = tx;
	k = turn->step(turn, f);
	turn->r->work.tx = NULL;
	return k;
}

static int claim(Turn *turn, Fault *f)
{
	return service_claim_image(&turn->r->work, turn->id, &turn->image, f);
}

static int fill(Turn *turn, Fault *f)
{
	return service_fill_image(&turn->r->work, turn->id, turn->facts, f);
}

static int release(Turn *turn, Fault *f)
{
	return service_release_image(&turn->r->work, turn->id, f);
}

static int turn_write(Turn *turn, int (*step)(Turn *, Fault *), Fault *f)
{
	turn->step = step;
	return store_write(turn->r->config->store, turn_work, turn, f);
}

/* The depot would not have the bytes: say why, and let the image be filled again. */
static int refuse_bytes(Turn *turn, int outcome, Fault *f)
{
	Fault again = {0};
	int k = turn_write(turn, release, &again);

	if (k < 0)
		return fault(f, k, "image %s: %s", turn->id, again.text);
	if (outcome == DEPOT_UNSAFE)
		return api_refuse(turn->r, 400,
				  "The image is refused: it refers to another file or needs a "
				  "feature that is not supported");
	if (outcome == DEPOT_WRONG_FORMAT)
		return api_refuse(turn->r, 400, "The data is not what disk_format says");
	if (outcome == DEPOT_FULL)
		return api_refuse(turn->r, 413, "There is not enough storage for the image");
	return outcome < 0 ? outcome : fault_unexpected(f, outcome);
}

static int finish(ApiRequest *r, Fault *f)
{
	DepotUpload *upload = r->upload;
	Turn turn = {.r = r, .id = api_param(r, "image_id")};
	DepotFacts facts;
	int k;

	k = turn_write(&turn, claim, f);
	if (k)
		return k; /* abandon() clears up */
	r->upload = NULL;
	k = depot_finish(r->config->depot, upload, (DiskFormat)turn.image->disk_format, r->arena,
			 &facts, f);
	if (k)
		return refuse_bytes(&turn, k, f);
	turn.facts = &facts;
	k = turn_write(&turn, fill, f);
	if (k)
		return k;
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
