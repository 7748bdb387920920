/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * One request of an engine: read strictly, done, and answered. Engines look at the status first: an
 * answer of 200 is a success, whatever it holds; all others hold {"Err": "…"}.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "plugin/priv.h"
#include "plugin/turns.h"

enum { ID_MAX_CHARS = 255, OPTIONS_MAX = 16, VALUE_MAX_CHARS = 255 };

/* What a method needs before it runs. */
enum {
	NEEDS_SERVICE = 1 << 0,
	NEEDS_TURN = 1 << 1, /* nobody else works on the name */
};

typedef struct Body {
	const char *name;
	const char *id;
	JsonTextMap options;
} Body;

typedef struct Method {
	const char *path;
	const JsonFields *fields; /* NULL: of the body only that it is an object, or nothing */
	unsigned needs;
	int (*run)(Call *call);
} Method;

/* --- bodies --- */

#define NAME_ROW                                                                                   \
	{                                                                                          \
		.name = "Name", .type = JSON_TEXT, .flags = JSON_REQUIRED,                         \
		.offset = offsetof(Body, name),                                                    \
	}

static const JsonField name_rows[] = {NAME_ROW};
static const JsonFields name_fields = JSON_FIELDS(name_rows, Body);

static const JsonField mount_rows[] = {
	NAME_ROW,
	{
		.name = "ID",
		.type = JSON_TEXT,
		.flags = JSON_REQUIRED,
		.offset = offsetof(Body, id),
		.min = 1,
		.max = ID_MAX_CHARS,
	},
};
static const JsonFields mount_fields = JSON_FIELDS(mount_rows, Body);

static const JsonField create_rows[] = {
	NAME_ROW,
	{
		.name = "Opts",
		.type = JSON_TEXT_MAP,
		.flags = JSON_NULLABLE,
		.offset = offsetof(Body, options),
		.max = OPTIONS_MAX,
		.value_max = VALUE_MAX_CHARS,
	},
};
static const JsonFields create_fields = JSON_FIELDS(create_rows, Body);

static int decode(Call *call, const Method *method, const JsonDoc *doc)
{
	JsonProblem problem = {0};
	void *decoded = NULL;
	const Body *body;

	if (json_decode(call->arena, doc, method->fields, 0, &decoded, &problem))
		return call_say(call, PLUGIN_BAD, "%s%s%s", problem.path, *problem.path ? ": " : "",
				problem.reason);
	body = decoded;
	if (!options_name_valid(body->name))
		return call_say(call, PLUGIN_BAD,
				"a volume's name has up to 128 letters, digits and _.-, and begins "
				"with a letter or digit");
	call->name = body->name;
	call->id = body->id;
	return options_read(call, &body->options);
}

static int read_body(Call *call, const Method *method, const CallRequest *request)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *reason = NULL;

	if (request->length == 0 && !method->fields)
		return 0;
	if (json_parse(call->arena, request->body, request->length, &doc, &reason))
		return call_say(call, PLUGIN_BAD, "the body is not JSON: %s", reason);
	if (method->fields)
		return decode(call, method, doc);
	return json_is_object(doc) ? 0 : call_say(call, PLUGIN_BAD, "the body is no object");
}

/* --- methods --- */

static int run_activate(Call *call)
{
	json_out_list_begin(&call->out, "Implements");
	json_out_text(&call->out, NULL, "VolumeDriver");
	json_out_list_end(&call->out);
	return 0;
}

static int run_capabilities(Call *call)
{
	json_out_begin(&call->out, "Capabilities");
	json_out_text(&call->out, "Scope", "global");
	json_out_end(&call->out);
	return 0;
}

/* Also when it is there already, as long as nothing else was meant. */
static int run_create(Call *call)
{
	const char *wanted = call->options.volume;
	Volume volume = {0};
	int r = volume_find(call, &volume);

	if (r == PLUGIN_NONE)
		r = wanted ? volume_adopt(call, &volume) : volume_make(call, &volume);
	if (r)
		return r;
	if (wanted && !str_eq(wanted, volume.id))
		return call_say(call, PLUGIN_REFUSED, "%s is the name of volume %s", call->name,
				volume.id);
	return volume_wait(call, &volume);
}

static int run_remove(Call *call)
{
	Volume volume = {0};
	int r = mount_clear(call);

	if (r)
		return r;
	r = volume_find(call, &volume);
	if (r)
		return r == PLUGIN_NONE ? 0 : r;
	return volume_drop(call, &volume);
}

static int run_mount(Call *call)
{
	int r = mount_take(call);

	if (r == 0)
		json_out_text(&call->out, "Mountpoint", mount_place(call, call->name));
	return r;
}

static int run_path(Call *call)
{
	const char *place = NULL;
	Fault f = {0};

	if (mount_look(call, call->name, &place, &f))
		return call_say(call, PLUGIN_FAILED, "%s", f.text);
	if (!place)
		return call_say(call, PLUGIN_NONE, "volume %s is not mounted on this host",
				call->name);
	json_out_text(&call->out, "Mountpoint", place);
	return 0;
}

/*
 * Members of a volume; engines read CreatedAt as RFC 3339. A record that cannot be read hides no
 * volume: who mounts it or asks for its path is told.
 */
static void put_volume(Call *call, const Volume *volume)
{
	const char *place = NULL;
	int64_t created_us;
	Fault f = {0};

	if (mount_look(call, volume->name, &place, &f))
		log_warning("volume=%s name=%s text=\"%s\"", volume->id, volume->name, f.text);
	json_out_text(&call->out, "Name", volume->name);
	json_out_text(&call->out, "Mountpoint", place ? place : "");
	if (volume->created_at && clock_parse(volume->created_at, &created_us))
		json_out_date(&call->out, "CreatedAt", created_us, CLOCK_SECONDS_Z);
	json_out_begin(&call->out, "Status");
	json_out_text(&call->out, "volume", volume->id);
	json_out_text(&call->out, "status", volume->status);
	json_out_end(&call->out);
}

static int run_get(Call *call)
{
	Volume volume = {0};
	int r = volume_find(call, &volume);

	if (r)
		return r;
	json_out_begin(&call->out, "Volume");
	put_volume(call, &volume);
	json_out_end(&call->out);
	return 0;
}

static int run_list(Call *call)
{
	Volume *volumes;
	size_t count;
	int r = volume_list(call, &volumes, &count);

	if (r)
		return r;
	json_out_list_begin(&call->out, "Volumes");
	for (size_t i = 0; i < count; i++) {
		json_out_begin(&call->out, NULL);
		put_volume(call, &volumes[i]);
		json_out_end(&call->out);
	}
	json_out_list_end(&call->out);
	return 0;
}

static const Method methods[] = {
	{.path = "/Plugin.Activate", .run = run_activate},
	{.path = "/VolumeDriver.Capabilities", .run = run_capabilities},
	{.path = "/VolumeDriver.Create",
	 .fields = &create_fields,
	 .needs = NEEDS_SERVICE | NEEDS_TURN,
	 .run = run_create},
	{.path = "/VolumeDriver.Remove",
	 .fields = &name_fields,
	 .needs = NEEDS_SERVICE | NEEDS_TURN,
	 .run = run_remove},
	{.path = "/VolumeDriver.Mount",
	 .fields = &mount_fields,
	 .needs = NEEDS_SERVICE | NEEDS_TURN,
	 .run = run_mount},
	{.path = "/VolumeDriver.Unmount",
	 .fields = &mount_fields,
	 .needs = NEEDS_SERVICE | NEEDS_TURN,
	 .run = mount_release},
	{.path = "/VolumeDriver.Path", .fields = &name_fields, .run = run_path},
	{.path = "/VolumeDriver.Get",
	 .fields = &name_fields,
	 .needs = NEEDS_SERVICE,
	 .run = run_get},
	{.path = "/VolumeDriver.List", .needs = NEEDS_SERVICE, .run = run_list},
};

static const Method *method_find(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (str_eq(methods[i].path, path))
			return &methods[i];
	return NULL;
}

/* --- the whole --- */

static int run_with_session(Call *call, const Method *method, Sessions *sessions)
{
	Fault f = {0};
	int r;

	if (!(method->needs & NEEDS_SERVICE))
		return method->run(call);
	if (session_take(sessions, &call->session, &f))
		return call_say(call, PLUGIN_FAILED, "%s", f.text);
	r = method->run(call);
	session_give(sessions, call->session);
	return r;
}

static int run(Call *call, const Method *method, Turns *turns, Sessions *sessions)
{
	int r;

	if (!(method->needs & NEEDS_TURN))
		return run_with_session(call, method, sessions);
	if (!turns_take(turns, call->name, call->deadline_ms))
		return call_say(call, PLUGIN_LATE, "another call works on volume %s", call->name);
	r = run_with_session(call, method, sessions);
	turns_leave(turns, call->name);
	return r;
}

static unsigned status_of(int r)
{
	switch ((PluginOutcome)r) {
	case PLUGIN_BAD:
		return 400;
	case PLUGIN_NONE:
		return 404;
	case PLUGIN_REFUSED:
		return 409;
	case PLUGIN_AWAY:
		return 503;
	case PLUGIN_LATE:
		return 504;
	case PLUGIN_FAILED:
	case _PLUGIN_OUTCOME_MAX:
		break;
	}
	return 500;
}

char *call_error_json(const char *why)
{
	JsonOut out = {0};
	size_t length;

	json_out_begin(&out, NULL);
	json_out_text(&out, "Err", why);
	json_out_end(&out);
	return json_out_take(&out, &length);
}

static char *answer_of(Call *call, int r)
{
	size_t length;

	if (r == 0)
		json_out_text(&call->out, "Err", "");
	json_out_end(&call->out);
	return r ? call_error_json(call->why) : json_out_take(&call->out, &length);
}

Heard *heard_free(Heard *heard)
{
	if (!heard)
		return NULL;
	free(heard->name);
	free(heard->id);
	free(heard);
	return NULL;
}

static Heard *heard_of(const Call *call)
{
	Heard *heard = NEW(Heard);

	*heard = (Heard){
		.name = mem_strdup(call->name),
		.id = mem_strdup(call->id),
		.mounted_ms = call->mounted_ms,
	};
	return heard;
}

void call_answer(const Machine *machine, Turns *turns, Sessions *sessions,
		 const CallRequest *request, CallAnswer *ret)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const Method *method = method_find(request->path);
	Call call = {
		.machine = machine,
		.arena = arena,
		.deadline_ms = clock_mono_ms() + PLUGIN_CALL_MS,
	};
	int r;

	json_out_begin(&call.out, NULL);
	if (!method)
		r = call_say(&call, PLUGIN_NONE, "there is no such method");
	else
		r = read_body(&call, method, request);
	if (r == 0)
		r = run(&call, method, turns, sessions);
	if (r && r != PLUGIN_BAD && r != PLUGIN_NONE)
		log_warning("call=%s name=%s text=\"%s\"", request->path,
			    call.name ? call.name : "-", call.why);
	*ret = (CallAnswer){
		.status = r ? status_of(r) : 200,
		.json = answer_of(&call, r),
		.heard = r == 0 && call.mounted_ms ? heard_of(&call) : NULL,
	};
	json_out_done(&call.out);
}
