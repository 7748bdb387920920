/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The server on its socket, a thread for each call that is at work, and the keeper: a thread that
 * brings to an end what was interrupted, at the start, and again while something is left.
 */
#include "plugin/plugin.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "http/http.h"
#include "plugin/priv.h"
#include "plugin/turns.h"

#define CONTENT_TYPE "application/vnd.docker.plugins.v1.2+json"

enum {
	HTTP_THREADS = 2,
	CALLS_MAX = 64,
	BODY_MAX = 64 * 1024,
	DRAIN_MS = 1000,
	KEEPER_PAUSE_S = 30,
	KEEPER_PATIENCE_MS = 100, /* with who works on a name: his call will end it */
};

struct Plugin {
	Machine machine;
	Turns *turns;
	Sessions *sessions;
	HttpServer *server;
	atomic_int calls; /* threads that have not answered yet */
	pthread_t keeper;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t news;  /* for the keeper, on the monotonic clock */
	bool stopping;
	Heard *heard; /* to be written down */
};

/* --- calls --- */

typedef struct Work {
	Plugin *plugin;
	HttpRequest *req;
} Work;

static void reply(HttpRequest *req, unsigned status, char *json)
{
	http_reply(req, status, CONTENT_TYPE, json, strlen(json));
}

static void reply_error(HttpRequest *req, unsigned status, const char *why)
{
	reply(req, status, call_error_json(why));
}

/* The end of a call is the last that it touches of the plugin, which may be gone then. */
static void *work(void *arg)
{
	Work *mine = arg;
	HttpRequest *req = mine->req;
	Plugin *plugin = mine->plugin;
	CallRequest request = {.path = http_path(req)};
	CallAnswer answer;

	free(mine);
	request.body = http_body(req, &request.length);
	call_answer(&plugin->machine, plugin->turns, plugin->sessions, &request, &answer);
	http_set_state(req, answer.heard);
	reply(req, answer.status, answer.json);
	atomic_fetch_sub(&plugin->calls, 1);
	http_resume(req);
	return NULL;
}

static void on_serve(HttpRequest *req, void *ctx)
{
	Plugin *plugin = ctx;
	pthread_attr_t detached;
	pthread_t thread;
	Work *mine;
	int r;

	if (!str_eq(http_method(req), "POST")) {
		reply_error(req, 405, "engines send POST");
		return;
	}
	if (atomic_fetch_add(&plugin->calls, 1) >= CALLS_MAX) {
		atomic_fetch_sub(&plugin->calls, 1);
		reply_error(req, 503, "too many calls at once");
		return;
	}
	mine = NEW(Work);
	*mine = (Work){.plugin = plugin, .req = req};
	(void)pthread_attr_init(&detached); /* cannot fail */
	(void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	http_suspend(req);
	r = pthread_create(&thread, &detached, work, mine);
	(void)pthread_attr_destroy(&detached);
	if (r == 0)
		return;
	free(mine);
	atomic_fetch_sub(&plugin->calls, 1);
	reply_error(req, 503, "this machine has no thread left");
	http_resume(req);
}

static void on_head(HttpRequest *req _unused_, void *ctx _unused_)
{
}

/* Who took the answer of a mount knows that it has the volume. */
static void on_done(HttpRequest *req, void *ctx)
{
	Plugin *plugin = ctx;
	Heard *heard = http_state(req);

	if (!heard)
		return;
	if (!http_delivered(req)) {
		log_warning(
			"name=%s holder=%s text=\"the engine has not heard that it is mounted\"",
			heard->name, heard->id);
		heard_free(heard);
		return;
	}
	pthread_mutex_lock(&plugin->lock);
	heard->next = plugin->heard;
	plugin->heard = heard;
	pthread_cond_broadcast(&plugin->news);
	pthread_mutex_unlock(&plugin->lock);
}

static void on_refuse(HttpRequest *req, unsigned status, const char *reason, void *ctx _unused_)
{
	reply_error(req, status, reason);
}

/* --- the keeper --- */

static void report(const char *id, const char *what, void *ctx _unused_)
{
	log_info("record=%s text=\"%s\"", id, what);
}

/* What cannot be written stays unheard, for as long as that may be. */
static void keep_heard(Plugin *plugin, Heard *heard)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Call call = {
		.machine = &plugin->machine,
		.arena = arena,
		.deadline_ms = clock_mono_ms() + PLUGIN_CALL_MS,
		.name = heard->name,
		.id = heard->id,
		.mounted_ms = heard->mounted_ms,
	};
	int r = PLUGIN_LATE;

	call.why = "another call works on it";
	if (turns_take(plugin->turns, heard->name, call.deadline_ms)) {
		r = mount_heard(&call);
		turns_leave(plugin->turns, heard->name);
	}
	if (r)
		log_warning("name=%s holder=%s text=\"%s\"", heard->name, heard->id, call.why);
	heard_free(heard);
}

static void keep_all_heard(Plugin *plugin, Heard *heard)
{
	while (heard) {
		Heard *next = heard->next;

		keep_heard(plugin, heard);
		heard = next;
	}
}

/* A name that nobody holds loses its volume; what fails is tried again. */
static void keep_name(Plugin *plugin, Session *session, const char *name)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Call call = {
		.machine = &plugin->machine,
		.session = session,
		.arena = arena,
		.deadline_ms = clock_mono_ms() + PLUGIN_CALL_MS,
		.name = name,
	};
	const char *place = NULL;
	Fault f = {0};
	int r = 0;

	if (!turns_take(plugin->turns, name, clock_mono_ms() + KEEPER_PATIENCE_MS))
		return;
	r = mount_expire(&call);
	if (r == 0 && mount_look(&call, name, &place, &f))
		r = call_say(&call, PLUGIN_FAILED, "%s", f.text);
	else if (r == 0 && !place)
		r = mount_clear(&call);
	turns_leave(plugin->turns, name);
	if (r)
		log_warning("name=%s text=\"nobody holds it, and it stays for now: %s\"", name,
			    call.why);
}

static void keep_names(Plugin *plugin, Session *session)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char **names;
	size_t count = 0;
	Fault f = {0};

	if (holders_names(plugin->machine.holders, arena, &names, &count, &f))
		log_warning("text=\"%s\"", f.text);
	for (size_t i = 0; i < count; i++)
		keep_name(plugin, session, names[i]);
}

/* Everything that was interrupted, whoever did it. */
static bool recover(Plugin *plugin, Session *session)
{
	struct cleat_error error = {0};
	int r = cleat_local_recover(plugin->machine.host, session->cloud, report, NULL, &error);

	if (r)
		log_warning("text=\"not everything is recovered: %s\"", error.message);
	return r == 0;
}

/* What engines have heard is written down meanwhile. False: the plugin is to end. */
static bool keeper_pause(Plugin *plugin)
{
	struct timespec until;
	bool stopping = false;
	int r = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* cannot fail */
	until.tv_sec += KEEPER_PAUSE_S;
	while (!stopping && r == 0) {
		Heard *heard;

		pthread_mutex_lock(&plugin->lock);
		while (!plugin->stopping && !plugin->heard && r == 0)
			r = pthread_cond_timedwait(&plugin->news, &plugin->lock, &until);
		stopping = plugin->stopping;
		heard = plugin->heard;
		plugin->heard = NULL;
		pthread_mutex_unlock(&plugin->lock);
		keep_all_heard(plugin, heard);
	}
	return !stopping;
}

static void *keep(void *arg)
{
	Plugin *plugin = arg;
	bool recovered = false;

	do {
		Session *session = NULL;
		Fault f = {0};

		if (session_take(plugin->sessions, &session, &f)) {
			log_warning("text=\"%s\"", f.text);
			continue;
		}
		if (!recovered)
			recovered = recover(plugin, session);
		keep_names(plugin, session);
		session_give(plugin->sessions, session);
	} while (keeper_pause(plugin));
	return NULL;
}

/* --- start and stop --- */

static int start_server(Plugin *plugin, int listen_fd, Fault *f)
{
	const HttpConfig config = {
		.listen_fd = listen_fd,
		.threads = HTTP_THREADS,
		.body_max = BODY_MAX,
		.drain_ms = DRAIN_MS,
		.nameless = true,
		.app = {.ctx = plugin,
			.head = on_head,
			.serve = on_serve,
			.done = on_done,
			.refuse = on_refuse},
	};

	return http_server_start(&config, &plugin->server, f);
}

static int prepare(Plugin *plugin, Fault *f)
{
	const PluginConfig *config = plugin->machine.config;
	struct cleat_error error = {0};
	int r = holders_open(config->records_dir, &plugin->machine.holders, f);

	if (r == 0)
		r = durable_directory(config->mount_dir, 0711, f);
	if (r)
		return fault_unexpected(f, r);
	if (cleat_host_open(config->host, &plugin->machine.host, &error))
		return fault(f, -EIO, "%s", error.message);
	return 0;
}

static Plugin *plugin_free(Plugin *plugin)
{
	cleat_host_close(plugin->machine.host);
	holders_close(plugin->machine.holders);
	sessions_free(plugin->sessions);
	turns_free(plugin->turns);
	(void)pthread_cond_destroy(&plugin->news);
	(void)pthread_mutex_destroy(&plugin->lock);
	free(plugin);
	return NULL;
}

DEFINE_CLEANUP(Plugin, plugin_free)

static Plugin *plugin_new(const PluginConfig *config)
{
	Plugin *plugin = NEW(Plugin);
	pthread_condattr_t monotonic;

	plugin->machine.config = config;
	plugin->turns = turns_new();
	plugin->sessions = sessions_new(config->login, config->cloud);
	(void)pthread_mutex_init(&plugin->lock, NULL); /* cannot fail */
	(void)pthread_condattr_init(&monotonic);       /* likewise */
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&plugin->news, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return plugin;
}

int plugin_start(const PluginConfig *config, Plugin **ret, Fault *f)
{
	_cleanup_(plugin_freep) Plugin *plugin = plugin_new(config);
	int listen_fd = config->listen_fd;
	int r = prepare(plugin, f);

	if (r) {
		closep(&listen_fd);
		return r;
	}
	r = start_server(plugin, listen_fd, f);
	if (r)
		return fault_unexpected(f, r);
	r = pthread_create(&plugin->keeper, NULL, keep, plugin);
	if (r) {
		http_server_free(plugin->server);
		return fault(f, -r, "the keeper cannot start: %s", strerror(r));
	}
	*ret = TAKE(plugin);
	return 0;
}

Plugin *plugin_stop(Plugin *plugin)
{
	if (!plugin)
		return NULL;
	http_server_free(plugin->server); /* the calls end first */
	pthread_mutex_lock(&plugin->lock);
	plugin->stopping = true;
	pthread_cond_broadcast(&plugin->news);
	pthread_mutex_unlock(&plugin->lock);
	(void)pthread_join(plugin->keeper, NULL); /* it was started, and nobody else joins it */
	return plugin_free(plugin);
}
