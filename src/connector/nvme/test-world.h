/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * For tests: a subsystem, and a host in a temporary tree whose sysfs changes with the commands it
 * is given. Any of them can fail, be given up, or do its work and fail nevertheless.
 */
#pragma once

#include "base/clock.h"
#include "base/str.h"
#include "connector/nvme/nvme.h"
#include "host/test-tree.h"
#include "run/script.h"
#include "tests/lib/test.h"

#define NQN "nqn.2014-08.org.example:a"
#define HOST_NQN "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555"
#define UUID_A "a6b5c4d3-0000-4000-8000-0123456789ab"
#define UUID_B "b6b5c4d3-0000-4000-8000-0123456789ab"
#define INFO(more)                                                                                 \
	"{\"target_nqn\": \"" NQN "\", \"vol_uuid\": \"" UUID_A "\", \"portals\": [" more "]}"
#define ONE_PORTAL "[\"192.0.2.1\", \"4420\", \"tcp\"]"
#define TWO_PORTALS ONE_PORTAL ", [\"192.0.2.2\", 4420, \"tcp\"]"

enum { MIB = 1024 * 1024, SPACES = 4 };

typedef enum Spoil {
	SPOIL_FAIL,      /* exits with 1 and has done nothing */
	SPOIL_LATE_FAIL, /* exits with 1 and has done its work */
	SPOIL_TIMEOUT,
	SPOIL_LATE_TIMEOUT,
	_SPOIL_MAX,
} Spoil;

typedef struct Space {
	int number; /* 0: not there */
	const char *uuid;
	const char *nguid;
	int64_t bytes;
} Space;

typedef struct World {
	Tree *tree;
	Space spaces[SPACES]; /* what the subsystem has */
	int subsystem;        /* as this host counts it */
	bool is_plain;        /* no native multipath: one device a controller */
	bool use_on_flush;    /* somebody is seen to have the device from then on */
	const char *dead;     /* a portal that lets nobody in */
	const char *state;    /* of new controllers */
	const char *complaint;
	int controllers; /* names given so far */
	int commands;
	int spoil_at; /* which of them, from 1; 0 for none */
	Spoil spoil;
	Buf log;
	ConnectorCall call;
	Fault fault;
} World;

static inline const char *world_text(World *w, const char *format, ...) _printf_(2, 3);
static inline const char *world_text(World *w, const char *format, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, format);
	text = arena_vprintf(w->tree->arena, format, ap);
	va_end(ap);
	return text;
}

static inline bool world_has(World *w, const char *path)
{
	return access(host_path(&w->tree->host, w->tree->arena, "%s", path), F_OK) == 0;
}

static inline void world_device(World *w, const char *name, const Space *space)
{
	const char *path = world_text(w, "/sys/block/%s", name);

	tree_file(w->tree, world_text(w, "%s/size", path),
		  world_text(w, "%lld\n", (long long)space->bytes / 512));
	if (!world_has(w, world_text(w, "%s/ro", path)))
		tree_file(w->tree, world_text(w, "%s/ro", path), "0\n");
}

static inline void world_space(World *w, int controller, const Space *space)
{
	const char *name = w->is_plain ? world_text(w, "nvme%dn%d", controller, space->number)
				       : world_text(w, "nvme%dc%dn%d", w->subsystem, controller,
						    space->number);
	const char *path = world_text(w, "/sys/class/nvme/nvme%d/%s", controller, name);

	tree_file(w->tree, world_text(w, "%s/nsid", path), world_text(w, "%d\n", space->number));
	tree_file(w->tree, world_text(w, "%s/size", path),
		  world_text(w, "%lld\n", (long long)space->bytes / 512));
	if (space->uuid)
		tree_file(w->tree, world_text(w, "%s/uuid", path), space->uuid);
	if (space->nguid)
		tree_file(w->tree, world_text(w, "%s/nguid", path), space->nguid);
	world_device(w,
		     w->is_plain ? name : world_text(w, "nvme%dn%d", w->subsystem, space->number),
		     space);
}

/* Show what the subsystem has now on a controller. */
static inline void world_scan(World *w, int controller)
{
	for (int i = 0; i < SPACES; i++)
		if (w->spaces[i].number)
			world_space(w, controller, &w->spaces[i]);
}

static inline int world_controller(World *w, const char *address, const char *state)
{
	int number = w->controllers++;
	const char *path = world_text(w, "/sys/class/nvme/nvme%d", number);

	tree_file(w->tree, world_text(w, "%s/transport", path), "tcp\n");
	tree_file(w->tree, world_text(w, "%s/subsysnqn", path), NQN "\n");
	tree_file(w->tree, world_text(w, "%s/hostnqn", path), HOST_NQN "\n");
	tree_file(w->tree, world_text(w, "%s/state", path), world_text(w, "%s\n", state));
	tree_file(w->tree, world_text(w, "%s/address", path),
		  world_text(w, "traddr=%s,trsvcid=4420,src_addr=192.0.2.9\n", address));
	if (str_eq(state, "live"))
		world_scan(w, number);
	return number;
}

static inline void world_delete(World *w, const char *name)
{
	const char **left;
	size_t count;

	tree_remove(w->tree, world_text(w, "/sys/class/nvme/%s", name));
	assert_int_equal(host_glob(&w->tree->host, w->tree->arena, "/sys/class/nvme/*", &left,
				   &count, &w->fault),
			 0);
	if (count == 0)
		tree_remove(w->tree, "/sys/block");
}

/* The name of the controller in "…/sys/class/nvme/nvme3/rescan_controller". */
static inline const char *world_written(World *w, const char *path)
{
	const char *name = strstr(path, "/sys/class/nvme/") + strlen("/sys/class/nvme/");

	return arena_strndup(w->tree->arena, name, strcspn(name, "/"));
}

/* What a command does to the world; false when it is refused. */
static inline bool world_act(World *w, const RunSpec *spec)
{
	const char *first = spec->argv[0], *last = NULL, *address = NULL;

	for (const char *const *word = spec->argv; *word; word++) {
		last = *word;
		address = str_after(*word, "--traddr=") ? str_after(*word, "--traddr=") : address;
	}
	if (str_eq(first, "nvme")) {
		if (str_eq(address, w->dead))
			return false;
		assert_true(world_has(w, "/run/cleat/quiet/" NQN)); /* for the rule of udev */
		(void)world_controller(w, address, w->state ? w->state : "live");
	} else if (str_eq(first, "tee") && str_ends(last, "/delete_controller")) {
		world_delete(w, world_written(w, last));
	} else if (str_eq(first, "tee") && str_ends(last, "/rescan_controller")) {
		world_scan(w, (int)strtol(world_written(w, last) + strlen("nvme"), NULL, 10));
	} else if (w->use_on_flush && str_eq(first, "blockdev") &&
		   str_eq(spec->argv[1], "--flushbufs")) {
		tree_link(w->tree, "/proc/78/fd/3",
			  world_text(w, "/dev/%s", strrchr(last, '/') + 1));
		tree_file(w->tree, "/proc/78/comm", "qemu\n");
	} else if (str_eq(first, "blockdev") && str_eq(spec->argv[1], "--setro")) {
		tree_file(w->tree, world_text(w, "/sys/block/%s/ro", strrchr(last, '/') + 1),
			  "1\n");
	}
	return true;
}

static inline void world_log(World *w, const RunSpec *spec)
{
	for (const char *const *word = spec->argv; *word; word++) {
		const char *inside = str_after(*word, w->tree->root);

		buf_printf(&w->log, "%s%s", word == spec->argv ? "" : " ", inside ? inside : *word);
	}
	buf_add(&w->log, "\n");
}

static inline int world_answer(void *ctx, const RunSpec *spec, RunResult *ret, Fault *f)
{
	World *w = ctx;
	bool is_spoilt = ++w->commands == w->spoil_at;
	bool is_late = w->spoil == SPOIL_LATE_FAIL || w->spoil == SPOIL_LATE_TIMEOUT;
	bool is_done = true;

	world_log(w, spec);
	if (!is_spoilt || is_late)
		is_done = world_act(w, spec);
	if (is_spoilt && (w->spoil == SPOIL_TIMEOUT || w->spoil == SPOIL_LATE_TIMEOUT))
		return fault(f, -ETIMEDOUT, "%s did not end in time", spec->argv[0]);
	ret->status = is_done && !is_spoilt ? 0 : 1;
	ret->out = mem_strdup("");
	ret->err = mem_strdup(ret->status ? (w->complaint ? w->complaint : "it failed\n") : "");
	ret->err_length = strlen(ret->err);
	return 0;
}

static inline void world_done(World *w)
{
	run_script_answer_by(NULL, NULL);
	buf_done(&w->log);
	w->tree = tree_free(w->tree);
}

/* A host with nvme-cli and a name, and a subsystem with one namespace. */
static inline void world_begin(World *w)
{
	*w = (World){.tree = tree_new(), .subsystem = 5};
	w->spaces[0] = (Space){.number = 1, .uuid = UUID_A, .bytes = 8 * MIB};
	tree_file(w->tree, "/usr/sbin/nvme", "");
	assert_int_equal(chmod(tree_place(w->tree, "/usr/sbin/nvme"), 0755), 0);
	tree_file(w->tree, "/etc/nvme/hostnqn", HOST_NQN "\n");
	tree_file(w->tree, "/etc/nvme/hostid", "11111111-2222-4333-8444-555555555555\n");
	tree_file(w->tree, "/proc/self/mountinfo", "");
	tree_file(w->tree, "/sys/module/nvme_tcp/initstate", "live\n");
	tree_file(w->tree, "/sys/module/nvme_core/parameters/multipath", "Y\n");
	tree_file(w->tree, "/sys/class/nvme/none", "");
	tree_remove(w->tree, "/sys/class/nvme/none");
	w->call = (ConnectorCall){
		.host = &w->tree->host, .arena = w->tree->arena, .mount_dir = "/mnt"};
	run_script_answer_by(world_answer, w);
}

static inline ConnectorCall *world_call(World *w, int64_t ms)
{
	w->call.deadline_ms = clock_mono_ms() + ms;
	return &w->call;
}

static inline const void *world_info(World *w, const char *text)
{
	void *info = NULL;

	if (connector_parse(&connector_nvme, world_call(w, 0), text, &info, &w->fault))
		fail_msg("%s", w->call.why);
	return info;
}

/* What is left of commands since the last look; the text lives in the tree's arena. */
static inline const char *world_commands(World *w)
{
	const char *text = arena_strdup(w->tree->arena, buf_text(&w->log));

	buf_done(&w->log);
	return text;
}
