/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Who logs in, and where, as people say it: by hand, in the environment, or in clouds.yaml.
 *
 * Without a cloud each setting is what was given by hand, else a variable of the environment. With
 * a cloud it is what was given, else what clouds.yaml says of that cloud: the two are not mixed,
 * because a password of one place must not be sent to another.
 */
#pragma once

#include "client/client.h"

typedef struct ClientSetting {
	const char *name;  /* of its option: "os-auth-url" */
	const char *value; /* what stands for its value in a help text */
	const char *help;
	const char *variable; /* of the environment */
	const char *path;     /* in the cloud */
	size_t offset;        /* of the text in ClientLogin */
} ClientSetting;

extern const ClientSetting client_settings[];
extern const size_t client_setting_count;

/* What was given by hand under the name of a setting, or NULL. */
typedef const char *(*ClientGiven)(void *ctx, const char *name);

/*
 * cloud: its name in clouds.yaml; NULL: the one that OS_CLOUD names, if any. The texts are in the
 * arena. The trace that TRACEPARENT names is one of them. A fault says what is missing, or wrong,
 * and what can be done about it.
 */
_must_use_ int client_settings_read(Arena *arena, const char *cloud, ClientGiven given, void *ctx,
				    ClientLogin *ret, Fault *f);
