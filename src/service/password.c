/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Yescrypt through libcrypt. Its limit on a passphrase is below ours: a longer password goes in as
 * its SHA-256, so that nothing is cut off.
 */
#include "service/password.h"

#include <crypt.h>
#include <errno.h>
#include <pthread.h>

#include "base/secret.h"

enum { PASSPHRASE_MAX = CRYPT_MAX_PASSPHRASE_SIZE - 1 };

/* The text that is hashed; `out` is used when the password itself is too long. */
static const char *passphrase(const char *password, char out[static SECRET_HASH_TEXT])
{
	if (strlen(password) <= PASSPHRASE_MAX)
		return password;
	secret_hash(password, out);
	return out;
}

/* The hash of `password` with the salt of `setting`; free() it. NULL when libcrypt refuses. */
static char *hash_with(const char *password, const char *setting)
{
	char digest[SECRET_HASH_TEXT];
	void *data = NULL;
	int size = 0;
	char *hash = crypt_ra(passphrase(password, digest), setting, &data, &size);

	hash = hash ? strdup(hash) : NULL;
	if (data)
		explicit_bzero(data, (size_t)size);
	free(data);
	return hash;
}

int password_hash(Arena *arena, const char *password, const char **ret, Fault *f)
{
	_cleanup_(freep) char *setting = crypt_gensalt_ra("$y$", 0, NULL, 0);
	_cleanup_(freep) char *hash = setting ? hash_with(password, setting) : NULL;

	if (!hash)
		return fault(f, -errno, "cannot hash a password: %s", strerror(errno));
	*ret = arena_strdup(arena, hash);
	return 0;
}

static pthread_once_t nobody_once = PTHREAD_ONCE_INIT;
static char *nobody_setting;

static void make_nobody(void)
{
	nobody_setting = crypt_gensalt_ra("$y$", 0, NULL, 0);
}

bool password_matches(const char *password, const char *hash)
{
	_cleanup_(freep) char *made = NULL;

	pthread_once(&nobody_once, make_nobody);
	made = hash_with(password, hash ? hash : nobody_setting);
	return made && hash && secret_equal(made, hash);
}
