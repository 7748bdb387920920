/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the files of this room share: one call, and what it may need.
 */
#pragma once

#include "plugin/holders.h"
#include "plugin/plugin.h"
#include "plugin/session.h"
#include "json/out.h"

typedef struct Call Call;

/* After one of these call->why says in one sentence what it was about. */
typedef enum PluginOutcome {
	PLUGIN_BAD = 2100, /* the request makes no sense */
	PLUGIN_NONE,       /* no such volume */
	PLUGIN_REFUSED,    /* not possible now, or not allowed */
	PLUGIN_FAILED,     /* this machine, or what it is connected to, failed */
	PLUGIN_AWAY,       /* the service cannot be reached, or failed itself */
	PLUGIN_LATE,       /* not done by the deadline */
	_PLUGIN_OUTCOME_MAX,
} PluginOutcome;

/* How a volume is made and used: the Opts of Create, later the volume's metadata. */
typedef struct Options {
	int64_t size_gib;   /* 0: not said */
	const char *type;   /* volume type, or NULL */
	const char *volume; /* id of one that is there already, or NULL */
	const char *fs;     /* made when it is blank; NULL: none is */
	const char *mode;   /* "rw", "ro" */
	bool multipath;
} Options;

/* What all calls have in common. Thread-safe. */
typedef struct Machine {
	const PluginConfig *config;
	cleat_host *host;
	Holders *holders;
} Machine;

struct Call {
	const Machine *machine;
	Session *session;
	Arena *arena;
	int64_t deadline_ms; /* of clock_mono_ms() */
	const char *name;
	const char *id;     /* who mounts */
	int64_t mounted_ms; /* when it was, until the engine has heard of it; 0: it has already */
	Options options;
	JsonOut out; /* the answer, an object that is open */
	const char *why;
};

/* options.c: PLUGIN_BAD. Names are those that engines take, and are safe as names of files. */
bool options_name_valid(const char *name);
_must_use_ int options_read(Call *call, const JsonTextMap *pairs);

/* error.c: the outcome with its reason; results of others as ours. */
#define call_say(call, outcome, ...) call_positive(call_tell((call), (outcome), __VA_ARGS__))
int call_tell(Call *call, PluginOutcome outcome, const char *format, ...) _printf_(3, 4);
#define call_client_failed(call, r, f) call_positive(call_tell_client((call), (r), (f)))
int call_tell_client(Call *call, int r, const Fault *f);
#define call_cleat_failed(call, error) call_positive(call_tell_cleat((call), (error)))
int call_tell_cleat(Call *call, const struct cleat_error *error);

/* An outcome is never 0: the analyzers may rely on 0 meaning done. */
static inline int call_positive(int outcome)
{
	return outcome > 0 ? outcome : PLUGIN_FAILED;
}

/* volume.c: the volumes of the service, by the names that they have here. */
typedef struct Volume {
	const char *name;
	const char *id;
	const char *status;
	const char *created_at;
	Options options; /* fs, mode, multipath */
	bool made;       /* by a plugin: goes with its name */
	bool shared;     /* several hosts may attach it */
} Volume;

/* PLUGIN_NONE. */
_must_use_ int volume_find(Call *call, Volume *ret);
_must_use_ int volume_list(Call *call, Volume **ret, size_t *ret_count);
/* The one that counts when another host makes one of the same name. */
_must_use_ int volume_make(Call *call, Volume *ret);
/* Give a volume that is there already the name. */
_must_use_ int volume_adopt(Call *call, Volume *ret);
/* Until it is made; as it is then. */
_must_use_ int volume_wait(Call *call, Volume *volume);
/* Delete what was made by a plugin; what was adopted loses its name. */
_must_use_ int volume_drop(Call *call, const Volume *volume);

/* mount.c: volumes on this machine. */
const char *mount_place(const Call *call, const char *name);
_must_use_ int mount_take(Call *call);    /* for call->id */
_must_use_ int mount_release(Call *call); /* likewise */
/* The engine has call->id's answer, of what was mounted at call->mounted_ms. */
_must_use_ int mount_heard(Call *call);
/* Who has been unheard for PLUGIN_UNHEARD_MS holds nothing any more. */
_must_use_ int mount_expire(Call *call);
/* Whether somebody holds it: where it is mounted, or NULL. */
_must_use_ int mount_look(Call *call, const char *name, const char **ret_place, Fault *f);
/* Take it away unless somebody holds it: PLUGIN_REFUSED. 0 also when nothing is here. */
_must_use_ int mount_clear(Call *call);

/* call.c: one request. */
typedef struct CallRequest {
	const char *method;
	const char *path;
	const char *body;
	size_t length;
} CallRequest;

/* A holder of whom the engine hears by an answer. */
typedef struct Heard {
	struct Heard *next;
	char *name;
	char *id;
	int64_t mounted_ms;
} Heard;

/* All of it is the caller's to free. */
typedef struct CallAnswer {
	unsigned status; /* of HTTP */
	char *json;
	Heard *heard; /* once it is delivered; or NULL */
} CallAnswer;

typedef struct Turns Turns;

void call_answer(const Machine *machine, Turns *turns, Sessions *sessions,
		 const CallRequest *request, CallAnswer *ret);
Heard *heard_free(Heard *heard);
char *call_error_json(const char *why);
