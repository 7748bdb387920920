/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What --dev begins with: users and projects, flavors, volume types, a tiny image, and the files
 * with which clients log in. Only what is missing is made, so that a second start changes nothing.
 *
 * Passwords are random, and kept in the openrc files alone: a file that is there is read for its
 * user's password, so that clients keep working over restarts.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"
#include "daemon/daemon.h"
#include "daemon/write-file.h"
#include "records/tables.h"
#include "service/flavor.h"
#include "service/identity.h"
#include "service/volume.h"

enum { PASSWORD_BYTES = 15 };

#define BIT(role) (1u << (role))

/* Users and what they are where; the first project of a user is the one it logs in to. */
static const struct {
	const char *user;
	const char *project;
	RoleSet roles;
} people[] = {
	{"admin", "admin", BIT(ROLE_ADMIN)},
	{"demo", "demo", BIT(ROLE_MEMBER)},
	{"reader", "demo", BIT(ROLE_READER)},
	{"alt", "alt", BIT(ROLE_MEMBER)},
	{"service", "admin", BIT(ROLE_ADMIN) | BIT(ROLE_SERVICE)},
};

static const FlavorWish flavors[] = {
	{.name = "m1.tiny", .id = "1", .ram_mib = 256, .vcpus = 1, .is_public = true},
	{.name = "m1.small",
	 .id = "2",
	 .ram_mib = 512,
	 .vcpus = 1,
	 .disk_gib = 1,
	 .is_public = true},
	{.name = "m1.medium",
	 .id = "3",
	 .ram_mib = 1024,
	 .vcpus = 2,
	 .disk_gib = 2,
	 .is_public = true},
};

static const char *openrc_path(const DevSeed *seed, const char *user)
{
	return arena_printf(seed->arena, "%s/openrc-%s", seed->config->dir, user);
}

/* The password in a user's openrc, or a new one. */
static const char *password_of(const DevSeed *seed, const char *user)
{
	static const char variable[] = "export OS_PASSWORD=";
	_cleanup_(closep) int fd = open(openrc_path(seed, user), O_RDONLY | O_CLOEXEC);
	char text[4096] = "", fresh[SECRET_TEXT_MAX], *at;
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[MAX(n, (ssize_t)0)] = '\0';
	at = strstr(text, variable);
	if (at) {
		at += sizeof(variable) - 1;
		return arena_strndup(seed->arena, at, strcspn(at, "\n"));
	}
	secret_new(PASSWORD_BYTES, fresh);
	return arena_strdup(seed->arena, fresh);
}

static const char *openrc_text(const DevSeed *seed, size_t i, const char *password,
			       const char *base_url)
{
	return arena_printf(seed->arena,
			    "export OS_AUTH_URL=%s/identity/v3\n"
			    "export OS_IDENTITY_API_VERSION=3\n"
			    "export OS_REGION_NAME=%s\n"
			    "export OS_USERNAME=%s\n"
			    "export OS_PASSWORD=%s\n"
			    "export OS_PROJECT_NAME=%s\n"
			    "export OS_USER_DOMAIN_NAME=Default\n"
			    "export OS_PROJECT_DOMAIN_NAME=Default\n",
			    base_url, seed->config->region, people[i].user, password,
			    people[i].project);
}

static const char *cloud_text(const DevSeed *seed, size_t i, const char *password,
			      const char *base_url)
{
	return arena_printf(seed->arena,
			    "  %s:\n"
			    "    region_name: %s\n"
			    "    auth:\n"
			    "      auth_url: %s/identity/v3\n"
			    "      username: %s\n"
			    "      password: %s\n"
			    "      project_name: %s\n"
			    "      user_domain_name: Default\n"
			    "      project_domain_name: Default\n",
			    people[i].user, seed->config->region, base_url, people[i].user,
			    password, people[i].project);
}

int dev_write_files(const DevSeed *seed, const char *base_url, Fault *f)
{
	const char *clouds = "clouds:\n";
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(people) && r == 0; i++) {
		const char *password = password_of(seed, people[i].user);

		clouds = arena_printf(seed->arena, "%s%s", clouds,
				      cloud_text(seed, i, password, base_url));
		r = write_file(openrc_path(seed, people[i].user),
			       openrc_text(seed, i, password, base_url), f);
	}
	return r ? r
		 : write_file(arena_printf(seed->arena, "%s/clouds.yaml", seed->config->dir),
			      clouds, f);
}

/* Users come before the files that hold their passwords are complete: both are made here. */
static int seed_people(const DevSeed *seed, Fault *f)
{
	IdentitySeed seeds[ARRAY_SIZE(people)];
	int r;

	r = dev_write_files(seed, "http://127.0.0.1", f);
	if (r)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(people); i++)
		seeds[i] = (IdentitySeed){
			.user = people[i].user,
			.password = password_of(seed, people[i].user),
			.project = people[i].project,
			.roles = people[i].roles,
		};
	return identity_seed(seed->store, seed->arena, seeds, ARRAY_SIZE(seeds), f);
}

typedef struct Sowing {
	const DevSeed *seed;
	Work work;
	Caller caller;
} Sowing;

static Work *begin(Sowing *sowing, Tx *tx)
{
	sowing->caller = (Caller){.user_id = "", .roles = role_set_expand(BIT(ROLE_ADMIN))};
	sowing->work = (Work){
		.tx = tx,
		.arena = sowing->seed->arena,
		.caller = &sowing->caller,
		.request_id = "",
		.settings = sowing->seed->settings,
		.now_us = clock_now_us(),
	};
	return &sowing->work;
}

static int sow_flavors(Work *work, Fault *f)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flavors) && r == 0; i++) {
		Flavor *flavor;

		r = service_create_flavor(work, &flavors[i], &flavor, f);
		if (r == REFUSAL_FLAVOR_EXISTS)
			r = 0;
	}
	return fault_unexpected(f, r);
}

static int sow_dev(Tx *tx, void *ctx, Fault *f)
{
	JsonPair pair = {"multiattach", "<is> True"};
	JsonTextMap specs = {.pairs = &pair, .count = 1};
	Work *work = begin(ctx, tx);
	int r;

	r = sow_flavors(work, f);
	if (!r)
		r = service_seed_volume_type(work, "multiattach",
					     "Volumes that several servers may hold", &specs, f);
	return fault_unexpected(f, r);
}

static int sow_types(Tx *tx, void *ctx, Fault *f)
{
	JsonTextMap none = {0};

	return fault_unexpected(f, service_seed_volume_type(begin(ctx, tx), DEFAULT_VOLUME_TYPE,
							    "Default Volume Type", &none, f));
}

int seed_store(const DevSeed *seed, Fault *f)
{
	Sowing sowing = {.seed = seed};
	const char *password = NULL;
	int r;

	r = fault_unexpected(f, store_write(seed->store, sow_types, &sowing, f));
	if (!r && !seed->config->dev)
		r = fault_unexpected(f, identity_begin(seed->store, seed->arena, &password, f));
	if (!r && password)
		printf("This is a new store. User admin of project admin has the password %s\n"
		       "It is shown only this once.\n",
		       password);
	return r;
}

/* Hashing passwords takes a while, so a store that has its users is left alone. */
int dev_seed(const DevSeed *seed, Fault *f)
{
	Sowing sowing = {.seed = seed};
	bool empty = false;
	int r;

	r = identity_is_empty(seed->store, &empty, f);
	if (!r && empty)
		r = seed_people(seed, f);
	if (!r && empty)
		r = fault_unexpected(f, store_write(seed->store, sow_dev, &sowing, f));
	if (!r)
		r = dev_seed_image(seed, f);
	return fault_unexpected(f, r);
}
