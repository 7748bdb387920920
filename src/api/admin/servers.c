/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Servers as the hypervisor has them: their domains with all of their disks; and domains that
 * others have made, which are adopted and given back.
 *
 * A look at a domain may take long, so these run on a worker and write in a transaction of their
 * own.
 */
#include "api/admin/priv.h"
#include "base/uuid.h"
#include "records/tables.h"
#include "service/server-adopt.h"
#include "service/server.h"

typedef struct AdoptFields {
	const char *domain;
	const char *name;
	const char *flavor;
	const char *project_id;
} AdoptFields;

typedef struct AdoptBody {
	const AdoptFields *adopt;
} AdoptBody;

#define TEXT(member, flag)                                                                         \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = (flag),                               \
		.offset = offsetof(AdoptFields, member), .min = 1, .max = 255                      \
	}

static const JsonField adopt_rows[] = {
	TEXT(domain, JSON_REQUIRED),
	TEXT(name, 0),
	TEXT(flavor, 0),
	TEXT(project_id, 0),
};
static const JsonFields adopt_fields = JSON_FIELDS(adopt_rows, AdoptFields);

static const JsonField adopt_body_rows[] = {
	{.name = "adopt",
	 .type = JSON_OBJECT,
	 .flags = JSON_REQUIRED,
	 .fields = &adopt_fields,
	 .offset = offsetof(AdoptBody, adopt)},
};
static const JsonFields adopt_body_fields = JSON_FIELDS(adopt_body_rows, AdoptBody);

/* A use case's refusal in this dialect's words. */
static int refuse(ApiRequest *r, int refusal)
{
	const RefusalData *d = &r->work.refused;

	if (refusal == REFUSAL_NO_SERVER)
		return api_refuse(r, 404, "Server %s could not be found.", d->id);
	if (refusal == REFUSAL_NOT_THERE)
		return api_refuse(r, 404, "%s", d->value);
	return api_refuse(r, refusal == REFUSAL_BAD_INPUT ? 400 : 409, "%s", d->value);
}

static void reply_begun(ApiRequest *r, const char *server_id, const char *operation_id)
{
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "server");
	json_out_text(&r->out, "id", server_id);
	json_out_text(&r->out, "operation_id", operation_id);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 202);
}

/* --- adopt --- */

typedef struct AdoptWrite {
	ApiRequest *r;
	AdoptWish wish;
	Server *server;
	const char *operation_id;
} AdoptWrite;

static int write_adopted(Tx *tx, void *ctx, Fault *f)
{
	AdoptWrite *write = ctx;
	Work work = write->r->work;
	int k;

	work.tx = tx;
	k = service_adopt_server(&work, &write->wish, &write->server, &write->operation_id, f);
	write->r->work.refused = work.refused;
	return k;
}

static int adopt_server(ApiRequest *r, Fault *f)
{
	const AdoptFields *body = ((const AdoptBody *)r->body)->adopt;
	DomainFacts facts;
	AdoptWrite write = {
		.r = r,
		.wish = {.facts = &facts,
			 .name = body->name,
			 .flavor = body->flavor,
			 .project_id = body->project_id},
	};
	int k = hypervisor_inspect(r->config->hypervisor, body->domain, r->arena, &facts, f);

	if (k == HYPERVISOR_NO_DOMAIN)
		return api_refuse(r, 404, "There is no domain %s.", body->domain);
	if (k)
		return fault_unexpected(f, k);
	k = store_write(r->config->store, write_adopted, &write, f);
	if (k > 0)
		return refuse(r, k);
	if (k == 0)
		reply_begun(r, write.server->id, write.operation_id);
	return k;
}

/* --- release --- */

static int release_server(ApiRequest *r, Fault *f)
{
	const char *operation_id;
	int k = service_release_server(&r->work, api_param(r, "server_id"), &operation_id, f);

	if (k > 0)
		return refuse(r, k);
	if (k == 0)
		reply_begun(r, api_param(r, "server_id"), operation_id);
	return k;
}

/* --- show --- */

/* What is known of a server without asking the hypervisor. */
typedef struct Known {
	ApiRequest *r;
	Server *server;
	Attachment **attachments;
	size_t count;
} Known;

static int load_known(Tx *tx, void *ctx, Fault *f)
{
	Known *known = ctx;
	Work work = known->r->work;
	int k;

	work.tx = tx;
	k = service_find_server(&work, api_param(known->r, "server_id"), &known->server, f);
	known->r->work.refused = work.refused;
	if (k == 0)
		k = attachments_of_server(tx, known->r->arena, known->server->id,
					  &known->attachments, &known->count, f);
	return k;
}

static const char *volume_of(const Known *known, const DomainDisk *disk)
{
	const char *id = disk->alias ? str_after(disk->alias, "ua-") : NULL;

	for (size_t i = 0; id && i < known->count; i++)
		if (str_eq(known->attachments[i]->id, id))
			return known->attachments[i]->volume_id;
	return NULL;
}

static void out_disk(JsonOut *out, const Known *known, const DomainDisk *disk)
{
	json_out_begin(out, NULL);
	json_out_text(out, "target", disk->target);
	json_out_text(out, "bus", disk->bus);
	json_out_text(out, "device", disk->device);
	json_out_text(out, "type", disk->type);
	json_out_text(out, "source", disk->source);
	json_out_bool(out, "readonly", disk->readonly);
	json_out_text(out, "volume_id", volume_of(known, disk));
	json_out_end(out);
}

static void out_domain(JsonOut *out, const Known *known, const DomainFacts *facts)
{
	json_out_text(out, "domain", facts->name);
	json_out_text(out, "owner", enum_name(&domain_owner_names, (int)facts->owner));
	json_out_text(out, "state", enum_name(&domain_state_names, (int)facts->state));
	json_out_list_begin(out, "disks");
	for (size_t i = 0; i < facts->disk_count; i++)
		out_disk(out, known, &facts->disks[i]);
	json_out_list_end(out);
}

static int show_server(ApiRequest *r, Fault *f)
{
	Known known = {.r = r};
	DomainFacts facts = {.state = DOMAIN_ABSENT};
	int k = store_read(r->config->store, load_known, &known, f);

	if (k > 0)
		return refuse(r, k);
	if (k == 0)
		k = hypervisor_inspect(r->config->hypervisor, known.server->id, r->arena, &facts,
				       f);
	if (k && k != HYPERVISOR_NO_DOMAIN)
		return fault_unexpected(f, k);
	if (k)
		facts.owner = known.server->domain_name ? DOMAIN_ADOPTED : DOMAIN_OWN;
	json_out_begin(&r->out, NULL);
	json_out_begin(&r->out, "server");
	json_out_text(&r->out, "id", known.server->id);
	json_out_text(&r->out, "name", known.server->name);
	out_domain(&r->out, &known, &facts);
	json_out_end(&r->out);
	json_out_end(&r->out);
	api_reply(r, 200);
	return 0;
}

static const ApiRoute routes[] = {
	{
		.method = "POST",
		.pattern = "/servers",
		.policy = "cleat:adopt_server",
		.rule = API_RULE_ADMIN,
		.mode = API_WORK,
		.body = &adopt_body_fields,
		.handle = adopt_server,
	},
	{
		.method = "GET",
		.pattern = "/servers/{server_id}",
		.policy = "cleat:show_server",
		.rule = API_RULE_ADMIN,
		.mode = API_WORK,
		.handle = show_server,
	},
	{
		.method = "POST",
		.pattern = "/servers/{server_id}/release",
		.policy = "cleat:release_server",
		.rule = API_RULE_ADMIN,
		.mode = API_WRITE,
		.handle = release_server,
	},
};
const ApiRoutes admin_server_routes = API_ROUTES(routes);
