/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A private endpoint. The passwords of its users are derived from one random secret beside the
 * store, so that the files with them can be written again on each start (the port may change)
 * without keeping passwords anywhere else.
 */
#include "daemon/dev.h"

#include <errno.h>

#include "base/clock.h"
#include "base/secret.h"
#include "daemon/files.h"
#include "daemon/guest-image.h"
#include "records/tables.h"
#include "service/flavor.h"
#include "service/identity.h"
#include "service/volume.h"

enum { DEV_PASSWORD_CHARS = 24 };

static const IdentitySeed users[] = {
	{.user = "admin", .project = "admin", .roles = 1u << ROLE_ADMIN},
	{.user = "demo", .project = "demo", .roles = 1u << ROLE_MEMBER},
	{.user = "reader", .project = "demo", .roles = 1u << ROLE_READER},
	{.user = "alt", .project = "alt", .roles = 1u << ROLE_MEMBER},
	{.user = "service", .project = "admin", .roles = 1u << ROLE_ADMIN | 1u << ROLE_SERVICE},
};

/* All of them carry the tiny guest; the first has a root disk as large as its image. */
static const FlavorWish flavors[] = {
	{.id = "1", .name = "m1.tiny", .ram_mib = 256, .vcpus = 1, .is_public = true},
	{.id = "2",
	 .name = "m1.small",
	 .ram_mib = 512,
	 .vcpus = 1,
	 .disk_gib = 1,
	 .is_public = true},
	{.id = "3",
	 .name = "m1.medium",
	 .ram_mib = 1024,
	 .vcpus = 2,
	 .disk_gib = 2,
	 .is_public = true},
};

static const char *secret_path(const Config *config, Arena *arena)
{
	return arena_printf(arena, "%s/secret", config->directory);
}

static int make_secret(const Config *config, Arena *arena, const char **ret, Fault *f)
{
	char *secret = arena_alloc(arena, SECRET_TEXT_MAX);

	secret_new(SECRET_BYTES_MAX, secret);
	*ret = secret;
	return files_write_private(secret_path(config, arena), secret, true, f);
}

static const char *user_password(Arena *arena, const char *secret, const char *user)
{
	char hash[SECRET_HASH_TEXT];

	secret_hash(arena_printf(arena, "%s %s", secret, user), hash);
	return arena_strndup(arena, hash, DEV_PASSWORD_CHARS);
}

/* Hashing takes long: a store that has its users is left alone. */
static int seed_users(Daemon *daemon, const Config *config, Arena *arena, Fault *f)
{
	IdentitySeed seeds[ARRAY_SIZE(users)];
	const char *secret;
	bool empty;
	int r = identity_is_empty(daemon_store(daemon), &empty, f);

	if (r)
		return r;
	if (!empty && access(secret_path(config, arena), R_OK) < 0)
		return fault(f, -ENOENT, "%s: the users of this store were not made by --dev",
			     secret_path(config, arena));
	if (!empty)
		return 0;
	r = make_secret(config, arena, &secret, f);
	if (r)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		seeds[i] = users[i];
		seeds[i].password = user_password(arena, secret, users[i].user);
	}
	return identity_seed(daemon_store(daemon), arena, seeds, ARRAY_SIZE(seeds), f);
}

static int seed_flavors(Work *work, Fault *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(flavors); i++) {
		Flavor *flavor;
		int r = service_find_flavor(work, flavors[i].id, &flavor, f);

		if (r == REFUSAL_NO_FLAVOR)
			r = service_create_flavor(work, &flavors[i], &flavor, f);
		if (r)
			return fault_unexpected(f, r);
	}
	return 0;
}

static int seed_types(Work *work, Fault *f)
{
	JsonPair multiattach_spec = {.key = "multiattach", .value = "<is> True"};
	const JsonTextMap multiattach = {.pairs = &multiattach_spec, .count = 1};

	return fault_unexpected(f,
				service_seed_volume_type(work, "multiattach",
							 "Volumes that several servers may share",
							 &multiattach, f));
}

/* What seeding runs with: nobody's request, with an admin's rights. */
typedef struct Furnishing {
	Daemon *daemon;
	Arena *arena;
	Caller caller;
} Furnishing;

static int find_admin(Tx *tx, Furnishing *furnishing, Fault *f)
{
	const IdentityName user_name = {.name = "admin", .domain_id = DEFAULT_DOMAIN_ID};
	User *user;
	Project *project;
	int r = identity_find_user(tx, furnishing->arena, &user_name, &user, f);

	if (r == 0)
		r = identity_find_project(tx, furnishing->arena, &user_name, &project, f);
	if (r)
		return fault_unexpected(f, r);
	furnishing->caller = (Caller){
		.user_id = user->id,
		.project_id = project->id,
		.roles = role_set_expand(1u << ROLE_ADMIN),
		.token_id = "",
	};
	return 0;
}

static int seed_rows(Tx *tx, void *ctx, Fault *f)
{
	Furnishing *furnishing = ctx;
	Work work = {
		.tx = tx,
		.arena = furnishing->arena,
		.caller = &furnishing->caller,
		.settings = daemon_settings(furnishing->daemon),
		.now_us = clock_now_us(),
	};
	int r = find_admin(tx, furnishing, f);

	if (r == 0)
		r = seed_flavors(&work, f);
	return r ? r : seed_types(&work, f);
}

int dev_furnish(Daemon *daemon, const Config *config, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	Furnishing furnishing = {.daemon = daemon, .arena = arena};
	int r = seed_users(daemon, config, arena, f);

	if (r == 0)
		r = store_write(daemon_store(daemon), seed_rows, &furnishing, f);
	if (r == 0)
		r = guest_image_register(daemon, config, &furnishing.caller, f);
	return fault_unexpected(f, r);
}

static int write_openrc(const Config *config, const char *url, const IdentitySeed *user,
			const char *password, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *text = arena_printf(arena,
					"export OS_AUTH_URL='%s/identity/v3'\n"
					"export OS_AUTH_TYPE='password'\n"
					"export OS_USERNAME='%s'\n"
					"export OS_PASSWORD='%s'\n"
					"export OS_PROJECT_NAME='%s'\n"
					"export OS_USER_DOMAIN_ID='default'\n"
					"export OS_PROJECT_DOMAIN_ID='default'\n"
					"export OS_REGION_NAME='%s'\n"
					"export OS_IDENTITY_API_VERSION='3'\n"
					"export OS_VOLUME_API_VERSION='3'\n"
					"export OS_IMAGE_API_VERSION='2'\n",
					url, user->user, password, user->project, config->region);

	return files_write_private(
		arena_printf(arena, "%s/openrc-%s", config->directory, user->user), text, false, f);
}

static void add_cloud(Buf *yaml, const Config *config, const char *url, const IdentitySeed *user,
		      const char *password)
{
	buf_printf(yaml,
		   "  %s:\n"
		   "    auth:\n"
		   "      auth_url: %s/identity/v3\n"
		   "      username: %s\n"
		   "      password: %s\n"
		   "      project_name: %s\n"
		   "      user_domain_id: default\n"
		   "      project_domain_id: default\n"
		   "    region_name: %s\n"
		   "    identity_api_version: '3'\n"
		   "    volume_api_version: '3'\n",
		   user->user, url, user->user, password, user->project, config->region);
}

int dev_write_access(Daemon *daemon, const Config *config, Fault *f)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char *url = config->public_url ? config->public_url : daemon_url(daemon);
	const char *secret;
	Buf yaml = {0};
	int r = files_read(secret_path(config, arena), arena, &secret, f);

	buf_add(&yaml, "clouds:\n");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(users); i++) {
		const char *password = user_password(arena, secret, users[i].user);

		r = write_openrc(config, url, &users[i], password, f);
		add_cloud(&yaml, config, url, &users[i], password);
	}
	if (r == 0)
		r = files_write_private(arena_printf(arena, "%s/clouds.yaml", config->directory),
					buf_text(&yaml), false, f);
	buf_done(&yaml);
	return r;
}
