/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The services of block storage, for admins: listed, switched on and off. There is no replica of a
 * backend to fail over to, and no cluster.
 */
#include "api/volume/priv.h"
#include "service/service-state.h"

typedef struct SwitchBody {
	const char *host;
	const char *binary;
	const char *service; /* the older name of the binary */
	const char *disabled_reason;
} SwitchBody;

#define NAME(key, member, extra)                                                                   \
	{                                                                                          \
		.name = (key), .type = JSON_TEXT, .flags = (extra), .min = 1,                      \
		.max = LIMIT_NAME_CHARS, .offset = offsetof(SwitchBody, member)                    \
	}

static const JsonField switch_rows[] = {
	NAME("host", host, JSON_REQUIRED),
	NAME("binary", binary, 0),
	NAME("service", service, 0),
};
static const JsonFields switch_fields = JSON_FIELDS(switch_rows, SwitchBody);

static const JsonField reason_rows[] = {
	NAME("host", host, JSON_REQUIRED),
	NAME("binary", binary, 0),
	NAME("service", service, 0),
	NAME("disabled_reason", disabled_reason, JSON_REQUIRED),
};
static const JsonFields reason_fields = JSON_FIELDS(reason_rows, SwitchBody);

static void out_service(ApiRequest *r, const ServiceState *state)
{
	JsonOut *out = &r->out;
	bool of_volumes = strchr(state->host, '@');

	json_out_begin(out, NULL);
	json_out_text(out, "binary", state->binary);
	json_out_text(out, "host", state->host);
	json_out_text(out, "zone", r->config->settings->availability_zone);
	json_out_text(out, "status", state->disabled ? "disabled" : "enabled");
	json_out_text(out, "state", "up"); /* else nobody would answer */
	json_out_date(out, "updated_at", r->work.now_us, CLOCK_MICROS);
	json_out_text(out, "disabled_reason", state->disabled_reason);
	if (of_volumes) {
		json_out_text(out, "replication_status", "disabled");
		json_out_null(out, "active_backend_id");
		json_out_bool(out, "frozen", false);
	}
	if (r->version >= V(7))
		json_out_null(out, "cluster");
	if (of_volumes && r->version >= V(49))
		json_out_text(out, "backend_state", "up");
	json_out_end(out);
}

/* A host without a backend means that of all its backends. */
static bool is_wanted(ApiRequest *r, const ServiceState *state)
{
	const char *host = api_query(r, "host"), *binary = api_query(r, "binary");
	const char *rest = host ? str_after(state->host, host) : "";

	return (!binary || str_eq(binary, state->binary)) && rest && (!*rest || *rest == '@');
}

static int services_list(ApiRequest *r, Fault *f)
{
	ServiceState states[SERVICE_STATES];
	int k = service_states(&r->work, states, f);

	if (k)
		return k;
	json_out_begin(&r->out, NULL);
	json_out_list_begin(&r->out, "services");
	for (size_t i = 0; i < SERVICE_STATES; i++)
		if (is_wanted(r, &states[i]))
			out_service(r, &states[i]);
	json_out_list_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static int switch_service(ApiRequest *r, bool disabled, Fault *f)
{
	const SwitchBody *body = r->body;
	const ServiceSwitch wish = {
		.host = body->host,
		.binary = body->binary ? body->binary : body->service,
		.disabled = disabled,
		.reason = body->disabled_reason,
	};
	JsonOut *out = &r->out;
	int k;

	if (!wish.binary)
		return api_refuse(r, 400, "'binary' is a required property");
	k = service_switch(&r->work, &wish, f);
	if (k)
		return k;
	json_out_begin(out, NULL);
	json_out_text(out, "host", wish.host);
	json_out_text(out, "service", wish.binary);
	json_out_text(out, "binary", wish.binary);
	json_out_bool(out, "disabled", disabled);
	json_out_text(out, "status", disabled ? "disabled" : "enabled");
	if (wish.reason)
		json_out_text(out, "disabled_reason", wish.reason);
	json_out_end(out);
	api_reply(r, 200);
	return 0;
}

static int service_enable(ApiRequest *r, Fault *f)
{
	return switch_service(r, false, f);
}

static int service_disable(ApiRequest *r, Fault *f)
{
	return switch_service(r, true, f);
}

static int refuse_replication(ApiRequest *r, Fault *f _unused_)
{
	return api_refuse(r, 400,
			  "Invalid input received: no backend here is replicated, so that none "
			  "can be frozen, thawed or failed over");
}

static const ApiRoute routes[] = {
	{.method = "GET",
	 .pattern = "/os-services",
	 .policy = "volume_extension:services:index",
	 .rule = API_RULE_ADMIN,
	 .mode = API_READ,
	 .handle = services_list},
	{.method = "PUT",
	 .pattern = "/os-services/enable",
	 .policy = "volume_extension:services:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &switch_fields,
	 .handle = service_enable},
	{.method = "PUT",
	 .pattern = "/os-services/disable",
	 .policy = "volume_extension:services:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &switch_fields,
	 .handle = service_disable},
	{.method = "PUT",
	 .pattern = "/os-services/disable-log-reason",
	 .policy = "volume_extension:services:update",
	 .rule = API_RULE_ADMIN,
	 .mode = API_WRITE,
	 .body = &reason_fields,
	 .handle = service_disable},
	{.method = "PUT",
	 .pattern = "/os-services/freeze",
	 .policy = "volume:freeze_host",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .handle = refuse_replication},
	{.method = "PUT",
	 .pattern = "/os-services/thaw",
	 .policy = "volume:thaw_host",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .handle = refuse_replication},
	{.method = "PUT",
	 .pattern = "/os-services/failover_host",
	 .policy = "volume:failover_host",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .handle = refuse_replication},
	{.method = "PUT",
	 .pattern = "/os-services/failover",
	 .policy = "volume:failover_host",
	 .rule = API_RULE_ADMIN,
	 .mode = API_PLAIN,
	 .since = V(26),
	 .handle = refuse_replication},
};
const ApiRoutes volume_service_routes = API_ROUTES(routes);
