/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The formats of texts. One row each: the check, and how the validators name what they wanted.
 */
#include <arpa/inet.h>

#include "base/str.h"
#include "base/uuid.h"
#include "json/priv.h"

typedef struct Format {
	/* Whether the text fits; *text may be replaced by the form to store. */
	bool (*fits)(Arena *arena, const char **text);
	const char *name;    /* of a named format */
	const char *pattern; /* of one that is a regular expression */
	const char *whole;   /* the whole complaint, for formats with words of their own */
} Format;

static bool uuid_fits(Arena *arena, const char **text)
{
	char canonical[UUID_TEXT];

	if (!uuid_canonical(*text, canonical))
		return false;
	*text = arena_strdup(arena, canonical);
	return true;
}

static bool address_fits(int family, const char *text)
{
	struct in6_addr address;

	return inet_pton(family, text, &address) == 1;
}

static bool ipv4_fits(Arena *arena _unused_, const char **text)
{
	return address_fits(AF_INET, *text);
}

static bool ipv6_fits(Arena *arena _unused_, const char **text)
{
	return address_fits(AF_INET6, *text);
}

/* The next character of valid UTF-8, which is not at its end. */
static uint32_t next_character(const char **p)
{
	unsigned char lead = (unsigned char)*(*p)++;
	int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
	uint32_t c = more ? lead & (0x3fu >> more) : lead;

	for (; more > 0; more--)
		c = c << 6 | ((unsigned char)*(*p)++ & 0x3f);
	return c;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

/* Controls, separators of lines, and marks that only change how others are shown. */
static bool is_unprintable(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c & 0xfffe) == 0xfffe;
}

static bool name_fits(Arena *arena _unused_, const char **text)
{
	const char *p = *text;
	uint32_t c = 0;

	for (bool first = true; *p; first = false) {
		c = next_character(&p);
		if (is_unprintable(c) || (first && is_blank(c)))
			return false;
	}
	return !is_blank(c);
}

/* The expression's optional x, letter and d are all letters, so letters then digits is all of it.
 */
static bool device_fits(Arena *arena _unused_, const char **text)
{
	const char *name = str_after(*text, "/dev/");
	size_t letters;

	if (!name)
		return false;
	letters = strspn(name, "abcdefghijklmnopqrstuvwxyz");
	return letters > 0 && !name[letters + strspn(name + letters, "0123456789")];
}

static bool disk_name_fits(Arena *arena _unused_, const char **text)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-";

	return !(*text)[strspn(*text, allowed)];
}

static bool number_fits(Arena *arena _unused_, const char **text)
{
	const char *digits = *text + (**text == '-');

	return *digits && !digits[strspn(digits, "0123456789")];
}

#define HOST_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* One label of a host's name, of `length` characters: at least two. */
static bool label_fits(const char *label, size_t length)
{
	return length >= 2 && strspn(label, HOST_LETTERS "-") >= length && *label != '-' &&
	       label[length - 1] != '-';
}

static bool hostname_fits(Arena *arena _unused_, const char **text)
{
	return label_fits(*text, strlen(*text));
}

static bool fqdn_fits(Arena *arena _unused_, const char **text)
{
	const char *label = *text;

	while (*label) {
		size_t length = strcspn(label, ".");

		if (!label_fits(label, length))
			return false;
		label += length + (label[length] == '.');
	}
	return label != *text;
}

static bool words_fit(Arena *arena _unused_, const char **text)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789. _-";
	size_t length = strlen(*text);

	return length > 0 && strspn(*text, allowed) == length && **text != ' ' &&
	       (*text)[length - 1] != ' ';
}

static bool tag_fits(Arena *arena _unused_, const char **text)
{
	return !strpbrk(*text, ",/");
}

static bool share_tag_fits(Arena *arena _unused_, const char **text)
{
	return !(*text)[strspn(*text, HOST_LETTERS "-")];
}

/* Whole groups of four, padding only at the end, and no bits set that decode to nothing. */
static bool base64_fits(Arena *arena _unused_, const char **text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t body = strspn(*text, digits), length = strlen(*text), padding = length - body;
	unsigned last;

	if (length % 4 != 0 || padding > 2 || strspn(*text + body, "=") != padding)
		return false;
	if (padding == 0)
		return true;
	last = (unsigned)(strchr(digits, (*text)[body - 1]) - digits);
	return (last & (padding == 2 ? 0xfu : 0x3u)) == 0;
}

static bool key_of(const char *allowed, const char *text)
{
	size_t length = strspn(text, allowed);

	return length > 0 && length <= 255 && !text[length];
}

#define KEY_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:."

static bool spec_key_fits(Arena *arena _unused_, const char **text)
{
	return key_of(KEY_CHARACTERS, *text);
}

static bool metadata_key_fits(Arena *arena _unused_, const char **text)
{
	return key_of(KEY_CHARACTERS " ", *text);
}

static bool metadata_path_fits(Arena *arena _unused_, const char **text)
{
	return key_of(KEY_CHARACTERS " /", *text);
}

static const Format formats[] = {
	[JSON_FORMAT_NONE] = {0},
	[JSON_FORMAT_UUID] = {.fits = uuid_fits, .name = "uuid"},
	[JSON_FORMAT_NAME] = {.fits = name_fits,
			      .whole = "An invalid 'name' value was provided. The name must be: "
				       "printable characters. Can not start or end with "
				       "whitespace."},
	[JSON_FORMAT_DEVICE] = {.fits = device_fits,
				.pattern = "(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$"},
	[JSON_FORMAT_DISK_NAME] = {.fits = disk_name_fits, .pattern = "^[a-zA-Z0-9._-r/]*$"},
	[JSON_FORMAT_NUMBER] = {.fits = number_fits, .pattern = "^-?[0-9]+$"},
	[JSON_FORMAT_HOSTNAME] = {.fits = hostname_fits,
				  .pattern = "^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$"},
	[JSON_FORMAT_FQDN] = {.fits = fqdn_fits,
			      .pattern = "^([a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+[.]?)+$"},
	[JSON_FORMAT_TAG] = {.fits = tag_fits, .pattern = "^[^,/]*$"},
	[JSON_FORMAT_SHARE_TAG] = {.fits = share_tag_fits, .pattern = "^[a-zA-Z0-9-]*$"},
	[JSON_FORMAT_WORDS] = {.fits = words_fit, .pattern = "^(?! )[a-zA-Z0-9. _-]+(?<! )$"},
	[JSON_FORMAT_IPV4] = {.fits = ipv4_fits, .name = "ipv4"},
	[JSON_FORMAT_IPV6] = {.fits = ipv6_fits, .name = "ipv6"},
	[JSON_FORMAT_BASE64] = {.fits = base64_fits, .name = "base64"},
	[JSON_FORMAT_SPEC_KEY] = {.fits = spec_key_fits, .pattern = "^[a-zA-Z0-9-_:.]{1,255}$"},
	[JSON_FORMAT_METADATA_KEY] = {.fits = metadata_key_fits,
				      .pattern = "^[a-zA-Z0-9-_:. ]{1,255}$"},
	[JSON_FORMAT_METADATA_PATH] = {.fits = metadata_path_fits,
				       .pattern = "^[a-zA-Z0-9-_:. /]{1,255}$"},
};
static_assert(ARRAY_SIZE(formats) == _JSON_FORMAT_MAX, "a row for every format");

const char *json_format_check(Arena *arena, JsonFormat format, const char *text)
{
	const Format *row = &formats[format];

	return !row->fits || row->fits(arena, &text) ? text : NULL;
}

const char *json_format_complaint(Arena *arena, JsonFormat format, const char *value)
{
	const Format *row = &formats[format];

	if (row->whole)
		return row->whole;
	if (row->pattern)
		return arena_printf(arena, "%s does not match '%s'", value, row->pattern);
	return arena_printf(arena, "%s is not a '%s'", value, row->name);
}

const char *json_format_pattern(JsonFormat format)
{
	return formats[format].pattern;
}
