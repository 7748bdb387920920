/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See connector.h. The canonical text is what is stored: it holds all that the client said, so that
 * a connector has no limits but the body's, and a request that is sent again is known by it.
 */
#include "service/connector.h"

#include "base/limits.h"
#include "base/str.h"
#include "contract/backend.h"

#define CONNECTOR_TEXT(member)                                                                     \
	{                                                                                          \
		.name = #member, .type = JSON_TEXT, .flags = JSON_NULLABLE,                        \
		.max = LIMIT_NAME_CHARS, .offset = offsetof(Connector, member)                     \
	}

static const char *const modes[] = {"rw", "ro", NULL};

static const JsonField rows[] = {
	CONNECTOR_TEXT(host),
	CONNECTOR_TEXT(mountpoint),
	CONNECTOR_TEXT(initiator),
	CONNECTOR_TEXT(nqn),
	{.name = "wwpns",
	 .type = JSON_LIST,
	 .item = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .value_max = LIMIT_NAME_CHARS,
	 .offset = offsetof(Connector, wwpns)},
	{.name = "mode",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .choices = modes,
	 .offset = offsetof(Connector, mode_name)},
	{.name = "enforce_multipath",
	 .type = JSON_BOOL_LOOSE,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Connector, enforce_multipath)},
};
static const JsonFields fields = {
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.size = sizeof(Connector),
	.open = true,
};

static int refuse(Work *work, const char *sentence)
{
	work->refused = (RefusalData){.value = sentence};
	return REFUSAL_BAD_INPUT;
}

int connector_take(Work *work, const JsonDoc *doc, Connector *ret)
{
	Arena *arena = work->arena;
	JsonProblem problem;
	void *connector;

	*ret = (Connector){.mode = ATTACH_MODE_NULL};
	if (!doc)
		return 0;
	if (!json_is_object(doc))
		return refuse(work, "Invalid input received: The connector is not an object.");
	if (json_decode(arena, doc, &fields, 0, &connector, &problem))
		return refuse(work, arena_printf(arena, "Invalid input received: connector.%s: %s",
						 problem.path, problem.reason));
	*ret = *(const Connector *)connector;
	ret->mode = ATTACH_MODE_NULL;
	if (ret->mode_name)
		ret->mode = (AttachMode)enum_value(&attach_mode_names, ret->mode_name);
	ret->json = json_object_canonical(arena, doc);
	if (str_eq(ret->json, "{}"))
		*ret = (Connector){.mode = ATTACH_MODE_NULL};
	return 0;
}

int connector_read(Work *work, const char *json, Connector *ret)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *reason;

	if (str_empty(json) || str_eq(json, "null"))
		return connector_take(work, NULL, ret);
	if (json_parse(work->arena, json, strlen(json), &doc, &reason))
		return refuse(work, arena_printf(work->arena,
						 "Invalid input received: connector: %s", reason));
	return connector_take(work, doc, ret);
}

/* What a connector says under the name by which a backend knows hosts. */
static bool has_identity(const Connector *connector, const char *name)
{
	if (str_eq(name, "initiator"))
		return !str_empty(connector->initiator);
	if (str_eq(name, "nqn"))
		return !str_empty(connector->nqn);
	assert(str_eq(name, "wwpns"));
	return connector->wwpns.count > 0;
}

int connector_check(Work *work, const Volume *volume, const Connector *connector)
{
	const Backend *backend = work->settings->backend;
	const char *name = backend_traits(backend)->host_identity;
	const char *reason;

	if (name && !has_identity(connector, name))
		return refuse(work, arena_printf(work->arena,
						 "Invalid input received: Connector doesn't have "
						 "required information: %s",
						 name));
	if (!backend_host_valid(backend, connector->json, work->arena, &reason))
		return refuse(work,
			      arena_printf(work->arena, "Invalid input received: %s", reason));
	if (backend_traits(backend)->by_target && volume->format != DISK_FORMAT_RAW)
		return refuse(work, arena_printf(work->arena,
						 "Invalid volume: Volume %s is a qcow2 file, which "
						 "cannot be exported to other hosts.",
						 volume->id));
	return 0;
}
