/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * PUT of another volume in the place of one that a server has. Up to 2.84 that is all a PUT can do;
 * from 2.85 on it is a swap when the body names another volume than the path.
 */
#include "api/compute/priv.h"
#include "service/swap.h"

typedef struct SwapFields {
	const char *volume_id;
} SwapFields;

typedef struct SwapBody {
	const SwapFields *attachment;
} SwapBody;

static const JsonField swap_rows[] = {
	{.name = "volumeId",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_UUID,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(SwapFields, volume_id)},
};
static const JsonFields swap_fields = JSON_FIELDS(swap_rows, SwapFields);

static const JsonField swap_body_rows[] = {
	{.name = "volumeAttachment",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &swap_fields,
	 .offset = offsetof(SwapBody, attachment)},
};
static const JsonFields swap_body_fields = JSON_FIELDS(swap_body_rows, SwapBody);

int compute_swap_volume(ApiRequest *r, const char *new_id, Fault *f)
{
	const SwapWish wish = {
		.server_id = api_param(r, "server_id"),
		.old_id = api_param(r, "volume_id"),
		.new_id = new_id,
	};
	int k = service_swap_volume(&r->work, &wish, f);

	if (k)
		return k;
	api_reply(r, 202);
	return 0;
}

static int swap_volume(ApiRequest *r, Fault *f)
{
	const SwapBody *body = r->body;

	return compute_swap_volume(r, body->attachment->volume_id, f);
}

static const ApiRoute routes[] = {
	{.method = "PUT",
	 .pattern = "/servers/{server_id}/os-volume_attachments/{volume_id}",
	 .policy = "os_compute_api:os-volumes-attachments:swap",
	 .rule = API_RULE_MEMBER,
	 .mode = API_WRITE,
	 .until = V(84),
	 .body = &swap_body_fields,
	 .handle = swap_volume},
};
const ApiRoutes compute_swap_routes = API_ROUTES(routes);
