/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See uuid.h. libuuid parses and prints; the loose spellings are reduced to its one form first.
 */
#include "base/uuid.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>
#include <uuid/uuid.h>

#include "base/str.h"

/*
 * Random bytes in advance: each request has an id, and a system call for each shows in profiles.
 * Of the kernel's quality, but not for secrets: they lie in memory for a while.
 */
static _Thread_local uint8_t pool[32 * sizeof(uuid_t)];
static _Thread_local size_t pool_left;

/* A forked child must not hand out what its parent will. */
static void pool_forget(void)
{
	pool_left = 0;
}

static void pool_guard(void)
{
	if (pthread_atfork(NULL, NULL, pool_forget))
		abort(); /* out of memory */
}

static void pooled_bytes(void *out, size_t n)
{
	static pthread_once_t guarded = PTHREAD_ONCE_INIT;

	if (pool_left < n) {
		pthread_once(&guarded, pool_guard);
		random_bytes(pool, sizeof(pool));
		pool_left = sizeof(pool);
	}
	pool_left -= n;
	memcpy(out, pool + pool_left, n);
}

/*
 * A random UUID (RFC 4122, version 4). libuuid's own generator stirs what the kernel gives with a
 * worse one, at four times the cost.
 */
static void uuid_random(uuid_t id)
{
	pooled_bytes(id, sizeof(uuid_t));
	id[6] = (id[6] & 0x0f) | 0x40;
	id[8] = (id[8] & 0x3f) | 0x80;
}

void uuid_new(char out[static UUID_TEXT])
{
	uuid_t id;

	uuid_random(id);
	uuid_unparse_lower(id, out);
}

void uuid_of_text(const char *text, char out[static UUID_TEXT])
{
	static const uuid_t space = {0x6f, 0x1d, 0x2a, 0x94, 0x57, 0x0b, 0x4c, 0x3e,
				     0x8a, 0x62, 0xd1, 0x35, 0x90, 0xe7, 0x4b, 0xc8};
	uuid_t id;

	uuid_generate_sha1(id, space, text, strlen(text));
	uuid_unparse_lower(id, out);
}

void uuid_new_hex(char out[static HEX_ID_TEXT])
{
	uuid_t id;

	uuid_random(id);
	str_hex(id, sizeof(id), out);
}

/* The form that our own identifiers have, and so nearly all that come back. */
static bool is_canonical(const char *text)
{
	for (size_t i = 0; i < UUID_TEXT - 1; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (hyphen ? text[i] != '-'
			   : !((text[i] >= '0' && text[i] <= '9') ||
			       (text[i] >= 'a' && text[i] <= 'f')))
			return false;
	}
	return !text[UUID_TEXT - 1];
}

bool uuid_canonical(const char *text, char out[static UUID_TEXT])
{
	char hex[HEX_ID_TEXT];
	const char *after;
	size_t n = 0;
	uuid_t id;

	if (!text)
		return false;
	if (is_canonical(text)) {
		memcpy(out, text, UUID_TEXT);
		return true;
	}
	after = str_after(text, "urn:uuid:");
	for (const char *p = after ? after : text; *p; p++) {
		if (*p == '-' || *p == '{' || *p == '}')
			continue;
		if (n == sizeof(hex) - 1)
			return false;
		hex[n++] = *p;
	}
	hex[n] = '\0';
	if (n != sizeof(hex) - 1)
		return false;
	(void)snprintf(out, UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		       hex + 16, hex + 20); /* exactly fits */
	if (uuid_parse(out, id) < 0)
		return false;
	uuid_unparse_lower(id, out);
	return true;
}

void random_bytes(void *out, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t r = getrandom((char *)out + done, n - done, 0);

		if (r > 0)
			done += (size_t)r;
		else if (errno != EINTR)
			abort(); /* without randomness nothing here is safe */
	}
}
