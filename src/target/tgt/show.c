/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See show.h. A target is a line "Target 1: NAME" and the indented lines below it; each section of
 * it begins with a line "SECTION information:".
 */
#include "target/tgt/show.h"

#include <inttypes.h>

#include "base/str.h"

typedef enum Section {
	SECTION_OTHER,
	SECTION_NEXUS,
	SECTION_UNITS,
	SECTION_ACCOUNTS,
	SECTION_ACCESS,
} Section;

static const struct {
	const char *line;
	Section section;
} sections[] = {
	{"System information:", SECTION_OTHER}, {"I_T nexus information:", SECTION_NEXUS},
	{"LUN information:", SECTION_UNITS},    {"Account information:", SECTION_ACCOUNTS},
	{"ACL information:", SECTION_ACCESS},
};

/* "Target 12: NAME" at the begin of a line. */
static bool read_heading(const char *line, int64_t *ret_tid, const char **ret_name)
{
	const char *rest = str_after(line, "Target ");
	char *end;

	if (!rest)
		return false;
	*ret_tid = strtoll(rest, &end, 10);
	*ret_name = str_after(end, ": ");
	return *ret_name != NULL;
}

/* The next line, as a copy in the arena, with *text moved past it; NULL at the end. */
static char *next_line(Arena *arena, const char **text)
{
	const char *end;
	char *line;

	if (!**text)
		return NULL;
	end = strchrnul(*text, '\n');
	line = arena_strndup(arena, *text, (size_t)(end - *text));
	*text = *end ? end + 1 : end;
	return line;
}

/* What stands behind "key: " on an indented line. */
static const char *value_of(const char *line, const char *key)
{
	const char *rest = str_after(line, key);

	return rest ? str_after(rest, ": ") : NULL;
}

static void add_text(Arena *arena, const char ***items, size_t *count, const char *text)
{
	*items = arena_grow(arena, *items, *count, sizeof(**items));
	(*items)[(*count)++] = text;
}

static void read_nexus(Arena *arena, const char *line, TgtShown *shown)
{
	const char *number = value_of(line, "I_T nexus");
	const char *initiator = value_of(line, "Initiator");
	const char *connection = value_of(line, "Connection");
	TgtSession *last = shown->session_count ? &shown->sessions[shown->session_count - 1] : NULL;

	if (number) {
		shown->sessions = arena_grow(arena, shown->sessions, shown->session_count,
					     sizeof(*shown->sessions));
		shown->sessions[shown->session_count++] =
			(TgtSession){.id = strtoull(number, NULL, 10), .initiator = ""};
	} else if (initiator && last) {
		last->initiator = arena_strndup(arena, initiator, strcspn(initiator, " "));
	} else if (connection && last) {
		last->connection = (uint32_t)strtoul(connection, NULL, 10);
	}
}

/* Of the unit with LUN 1; LUN 0 is tgtd's own. */
static void read_unit(Arena *arena, const char *line, bool *is_ours, TgtUnit *unit)
{
	const char *lun = value_of(line, "LUN");
	const char *value;

	if (lun) {
		*is_ours = str_eq(lun, "1");
		unit->there = unit->there || *is_ours;
	}
	if (!*is_ours)
		return;
	value = value_of(line, "SCSI ID");
	if (value)
		unit->scsi_id = arena_stripped(arena, value);
	value = value_of(line, "Online");
	if (value)
		unit->online = str_eq(value, "Yes");
	value = value_of(line, "Readonly");
	if (value)
		unit->readonly = str_eq(value, "Yes");
	value = value_of(line, "Backing store path");
	if (value)
		unit->path = value;
}

static bool read_section(const char *line, Section *section)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (str_eq(line, sections[i].line)) {
			*section = sections[i].section;
			return true;
		}
	return false;
}

static void read_line(Arena *arena, Section section, const char *line, bool *is_ours,
		      TgtShown *shown)
{
	switch (section) {
	case SECTION_NEXUS:
		read_nexus(arena, line, shown);
		break;
	case SECTION_UNITS:
		read_unit(arena, line, is_ours, &shown->unit);
		break;
	case SECTION_ACCOUNTS:
		add_text(arena, &shown->users, &shown->user_count, line);
		break;
	case SECTION_ACCESS:
		add_text(arena, &shown->initiators, &shown->initiator_count, line);
		break;
	case SECTION_OTHER:
		break;
	}
}

/* The lines of the target that `text` is at, up to the next one's heading. */
static void read_target(Arena *arena, const char *text, TgtShown *shown)
{
	Section section = SECTION_OTHER;
	bool is_ours = false;
	char *line;

	while (*text == ' ' && (line = next_line(arena, &text))) {
		line = arena_stripped(arena, line);
		if (*line && !read_section(line, &section))
			read_line(arena, section, line, &is_ours, shown);
	}
}

/* The next heading at or after *text, which is moved to the line below it; false: no more. */
static bool next_target(Arena *arena, const char **text, int64_t *ret_tid, const char **ret_name)
{
	while (**text) {
		const char *end = strchrnul(*text, '\n');
		const char *line = *text;

		*text = *end ? end + 1 : end;
		if (*line == 'T' && read_heading(arena_strndup(arena, line, (size_t)(end - line)),
						 ret_tid, ret_name))
			return true;
	}
	return false;
}

void tgt_show_read(Arena *arena, const char *text, const char *name, TgtShown *ret)
{
	const char *found;
	int64_t tid;

	*ret = (TgtShown){.unit.scsi_id = "", .unit.path = ""};
	while (next_target(arena, &text, &tid, &found)) {
		if (!str_eq(found, name))
			continue;
		ret->tid = tid;
		read_target(arena, text, ret);
		return;
	}
}

void tgt_show_names(Arena *arena, const char *text, const char *beginning, const char ***ret,
		    size_t *ret_count)
{
	const char *name;
	int64_t tid;

	*ret = NULL;
	*ret_count = 0;
	while (next_target(arena, &text, &tid, &name))
		if (str_after(name, beginning))
			add_text(arena, ret, ret_count, name);
}

bool tgt_show_has_tid(const char *text, int64_t tid)
{
	char heading[40];
	size_t length;

	(void)snprintf(heading, sizeof(heading), "Target %" PRId64 ": ", tid); /* fits */
	length = strlen(heading);
	while (*text) {
		const char *end = strchrnul(text, '\n');

		if (strncmp(text, heading, length) == 0)
			return true;
		text = *end ? end + 1 : end;
	}
	return false;
}

bool tgt_show_has_account(const char *text, const char *user)
{
	size_t length = strlen(user);

	while (*text) {
		const char *end = strchrnul(text, '\n');

		while (*text == ' ')
			text++;
		if ((size_t)(end - text) == length && strncmp(text, user, length) == 0)
			return true;
		text = *end ? end + 1 : end;
	}
	return false;
}
