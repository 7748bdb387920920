/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Small things that several requests about servers have in common.
 */
#include "api/compute/priv.h"

const char *const compute_disk_configs[] = {"AUTO", "MANUAL", NULL};

static const JsonField file_rows[] = {
	{.name = "path",
	 .type = JSON_TEXT,
	 .flags = JSON_REQUIRED,
	 .min = 1,
	 .offset = offsetof(ServerFile, path)},
	{.name = "contents",
	 .type = JSON_TEXT,
	 .format = JSON_FORMAT_BASE64,
	 .flags = JSON_REQUIRED,
	 .offset = offsetof(ServerFile, contents)},
};
const JsonFields compute_file_fields = JSON_FIELDS(file_rows, ServerFile);

const char *compute_last_segment(const char *reference)
{
	const char *slash = strrchr(reference, '/');

	return slash ? slash + 1 : reference;
}

const char *compute_new_password(Arena *arena)
{
	static const char letters[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	uint8_t bytes[12];
	char text[sizeof(bytes) + 1] = "";

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		text[i] = letters[bytes[i] % (sizeof(letters) - 1)];
	return arena_strdup(arena, text);
}
