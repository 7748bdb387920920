/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the port answers by itself: which services there are, whether it is alive, and numbers for
 * Prometheus (metrics.c). It is a dialect without a prefix, so that any path that no service wants
 * ends here.
 */
#include "api/common/priv.h"

static int list_services(ApiRequest *r, Fault *f)
{
	JsonOut *out = &r->out;

	(void)f; /* nothing here can fail */
	json_out_begin(out, NULL);
	json_out_list_begin(out, "services");
	for (size_t i = 0; i < r->config->dialect_count; i++) {
		const ApiDialect *dialect = r->config->dialects[i];

		json_out_begin(out, NULL);
		json_out_text(out, "name", dialect->name);
		json_out_printf(out, "href", "%s%s/", api_base_url(r), dialect->prefix);
		json_out_end(out);
	}
	json_out_list_end(out);
	json_out_end(out);
	api_reply(r, 200);
	return 0;
}

static void reply_text(ApiRequest *r, Buf *text)
{
	size_t length = text->length;

	api_reply_bytes(r, 200, "text/plain; charset=utf-8", buf_take(text), length);
}

static int show_health(ApiRequest *r, Fault *f)
{
	Buf text = {0};

	(void)f; /* nothing here can fail */
	buf_printf(&text, "ok\nversion: %s\n", CLEAT_VERSION);
	if (r->config->hypervisor)
		buf_printf(&text, "hypervisor: %s\n", hypervisor_name(r->config->hypervisor));
	reply_text(r, &text);
	return 0;
}

/* What load balancers ask of the services that cleatd stands for. */
static int show_healthcheck(ApiRequest *r, Fault *f)
{
	Buf text = {0};

	(void)f; /* nothing here can fail */
	buf_add(&text, "OK");
	reply_text(r, &text);
	return 0;
}

static const ApiRoute routes[] = {
	{.method = "GET", .pattern = "/", .mode = API_PLAIN, .handle = list_services},
	{.method = "GET", .pattern = "/healthz", .mode = API_PLAIN, .handle = show_health},
	{.method = "GET", .pattern = "/healthcheck", .mode = API_PLAIN, .handle = show_healthcheck},
	{.method = "GET", .pattern = "/metrics", .mode = API_BULK, .handle = metrics_show},
};
static const ApiRoutes route_list = API_ROUTES(routes);
static const ApiRoutes *const resources[] = {&route_list, NULL};

static void error_body(JsonOut *out, unsigned status, const char *message)
{
	json_out_begin(out, NULL);
	json_out_begin(out, "error");
	json_out_int(out, "code", status);
	json_out_text(out, "message", message);
	json_out_end(out);
	json_out_end(out);
}

const ApiDialect port_dialect = {
	.name = "port",
	.service = "",
	.prefix = "",
	.routes = resources,
	.error_body = error_body,
};
