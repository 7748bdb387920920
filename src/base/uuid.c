/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See uuid.h. libuuid parses and prints; the loose spellings are reduced to its one form first.
 */
#include "base/uuid.h"

#include <errno.h>
#include <sys/random.h>
#include <uuid/uuid.h>

#include "base/str.h"

void uuid_new(char out[static UUID_TEXT])
{
	uuid_t id;

	uuid_generate_random(id);
	uuid_unparse_lower(id, out);
}

void uuid_new_hex(char out[static HEX_ID_TEXT])
{
	uuid_t id;

	uuid_generate_random(id);
	str_hex(id, sizeof(id), out);
}

bool uuid_canonical(const char *text, char out[static UUID_TEXT])
{
	char hex[HEX_ID_TEXT];
	const char *after;
	size_t n = 0;
	uuid_t id;

	if (!text)
		return false;
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
