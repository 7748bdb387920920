/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Microversion negotiation.
 *
 * OpenStack-API-Version is a comma list of "<service> <version>". Compute reads it from the right
 * and takes the first item of its own name; block storage takes the first item that contains its
 * name, and refuses a list without one. An older header of the dialect's own holds only a version;
 * its last item counts, and for shares it is the one that decides. No header means the least
 * version, "latest" the greatest.
 */
#include "api/common/version.h"

#include <ctype.h>
enum { MINOR_MAX = 999 };

/* A piece of a header, without the blanks around it. */
typedef struct Piece {
	const char *start;
	size_t length;
} Piece;

static Piece piece_trim(const char *start, const char *end)
{
	while (start < end && isspace((unsigned char)*start))
		start++;
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	return (Piece){.start = start, .length = (size_t)(end - start)};
}

static bool piece_is_word(Piece piece, const char *word)
{
	return strlen(word) == piece.length && strncasecmp(piece.start, word, piece.length) == 0;
}

/* The last item of a comma list; *list is cut before it, or NULL when it was the only one. */
static Piece take_last(const char *list, size_t *length)
{
	const char *end = list + *length;
	const char *start = end;

	while (start > list && start[-1] != ',')
		start--;
	*length = start > list ? (size_t)(start - list) - 1 : 0;
	return piece_trim(start, end);
}

/* Divide "compute 2.1" at its first blank. */
static void split_item(Piece item, Piece *ret_word, Piece *ret_version)
{
	const char *end = item.start + item.length;
	const char *blank = item.start;

	while (blank < end && !isspace((unsigned char)*blank))
		blank++;
	*ret_word = piece_trim(item.start, blank);
	*ret_version = piece_trim(blank, end);
}

/* From the right, the first item of exactly this word. */
static bool find_last(const char *header, const char *word, Piece *ret)
{
	size_t length = strlen(header);

	while (length > 0) {
		Piece named;
		Piece version;

		split_item(take_last(header, &length), &named, &version);
		if (piece_is_word(named, word)) {
			*ret = version;
			return true;
		}
	}
	return false;
}

/* From the left, the first item that contains the word. */
static bool find_first(Arena *arena, const char *header, const char *word, Piece *ret)
{
	const char *start = header;

	while (*start) {
		const char *end = strchrnul(start, ',');
		Piece item = piece_trim(start, end);
		Piece named;

		if (strcasestr(arena_strndup(arena, item.start, item.length), word)) {
			split_item(item, &named, ret);
			return true;
		}
		start = *end ? end + 1 : end;
	}
	return false;
}

/* Digits without a leading zero, unless it is a lone zero that is allowed; capped, not wrapped. */
static bool take_number(const char **text, bool zero_allowed, int *ret)
{
	const char *p = *text;
	int value = 0;

	if (!isdigit((unsigned char)*p) || (*p == '0' && !zero_allowed))
		return false;
	if (*p == '0' && isdigit((unsigned char)p[1]))
		return false;
	for (; isdigit((unsigned char)*p); p++)
		value = MIN(value * 10 + (*p - '0'), MINOR_MAX + 1);
	*ret = value;
	*text = p;
	return true;
}

/* ^([1-9]\d*)\.([1-9]\d*|0)$; -1 for anything else. Beyond MINOR_MAX no dialect has versions. */
static int parse_version(const char *text)
{
	int major;
	int minor;

	if (!take_number(&text, false, &major) || *text++ != '.')
		return -1;
	if (!take_number(&text, true, &minor) || *text)
		return -1;
	return minor > MINOR_MAX || major > MINOR_MAX ? 0 : API_VERSION(major, minor);
}

static int judge(const ApiDialect *dialect, bool knows_latest, VersionWish *wish)
{
	if (knows_latest && strcmp(wish->text, "latest") == 0) {
		wish->version = dialect->version_max;
		return 0;
	}
	wish->version = parse_version(wish->text);
	if (wish->version < 0)
		return VERSION_MALFORMED;
	if (wish->version < dialect->version_min || wish->version > dialect->version_max)
		return VERSION_UNSUPPORTED;
	return 0;
}

int version_negotiate(const ApiDialect *dialect, Arena *arena, const char *header,
		      const char *older, VersionWish *ret)
{
	bool decided = dialect->older_first && older;
	Piece version = {0};
	bool found = false;

	*ret = (VersionWish){.version = dialect->version_min};
	if (decided)
		header = NULL;
	if (header && dialect->version_first) {
		found = find_first(arena, header, dialect->version_word, &version);
		if (!found)
			return VERSION_NO_ITEM;
	} else if (header) {
		found = find_last(header, dialect->version_word, &version);
	}
	if (!found && older) {
		size_t length = strlen(older);

		version = take_last(older, &length);
		found = true;
	}
	if (!found)
		return 0;
	ret->text = arena_strndup(arena, version.start, version.length);
	return judge(dialect, !decided, ret);
}
