/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * The connection_info of a volume behind Fibre Channel ports. Ports and LUNs come as one or as
 * lists: lists of one length are pairs, one LUN counts for all ports.
 */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "connector/fc/info.h"
#include "contract/connector-text.h"
#include "json/json.h"

enum { LUN_FLAT = 16384, LUN_SAM2_FIRST = 256 };

static const char *const modes[] = {"transparent", "SAM", "SAM2", "SAM3-flat", NULL};

typedef struct Words {
	const char *target_wwn; /* JSON: a text or a list */
	JsonList target_wwns;
	int64_t target_lun;
	bool has_lun;
	JsonList target_luns;
	const char *addressing_mode;
} Words;

static const JsonField word_rows[] = {
	{.name = "target_wwn",
	 .type = JSON_ANY,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, target_wwn)},
	{.name = "target_wwns",
	 .type = JSON_LIST,
	 .item = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, target_wwns),
	 .max = FC_TARGETS,
	 .value_max = 32},
	{.name = "target_lun",
	 .type = JSON_INT_LOOSE,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, target_lun),
	 .present = JSON_PRESENT(Words, has_lun)},
	{.name = "target_luns",
	 .type = JSON_LIST,
	 .item = JSON_INT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, target_luns),
	 .max = FC_TARGETS},
	{.name = "addressing_mode",
	 .type = JSON_TEXT,
	 .flags = JSON_NULLABLE,
	 .offset = offsetof(Words, addressing_mode),
	 .choices = modes},
};

/* Sixteen hex digits, as sysfs writes them behind "0x". */
static bool read_wwpn(const char *text, char out[static FC_WWN_BYTES])
{
	const char *digits = str_after(text, "0x");
	size_t n = 0;

	for (const char *p = digits ? digits : text; *p; p++) {
		if (!isascii(*p) || !isxdigit((unsigned char)*p) || n + 1 >= FC_WWN_BYTES)
			return false;
		out[n++] = (char)tolower((unsigned char)*p);
	}
	out[n] = '\0';
	return n + 1 == FC_WWN_BYTES;
}

static int64_t translate(const char *mode, int64_t lun)
{
	bool is_flat = str_eq(mode, "SAM3-flat") || (str_eq(mode, "SAM2") && lun >= LUN_SAM2_FIRST);

	return is_flat ? lun + LUN_FLAT : lun;
}

/* `target_wwn` may be a list as well. */
static int read_wwns(ConnectorCall *call, const Words *words, JsonList *ret)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char **items;
	int64_t count;

	*ret = words->target_wwns;
	if (ret->count > 0 || !words->target_wwn)
		return 0;
	if (json_parse(call->arena, words->target_wwn, strlen(words->target_wwn), &doc, NULL))
		return connector_bad(call, "target_wwn", "is neither a text nor a list");
	count = json_get_count(doc, "");
	if (json_is_object(doc) || count > FC_TARGETS)
		return connector_bad(call, "target_wwn", "is neither a text nor a short list");
	items = ARENA_ARRAY(call->arena, const char *, (size_t)MAX(count, 1));
	for (int64_t i = 0; i < MAX(count, 1); i++) {
		const char *path = arena_printf(call->arena, "%lld", (long long)i);

		items[i] = json_get_text(call->arena, doc, count < 0 ? "" : path);
		if (!items[i])
			return connector_bad(call, "target_wwn",
					     "is neither a text nor a list of texts");
	}
	*ret = (JsonList){.items = items, .count = count < 0 ? 1 : (size_t)count};
	return 0;
}

static int read_targets(ConnectorCall *call, const Words *words, FcInfo *info)
{
	const int64_t *luns = words->target_luns.items;
	const char *const *wwns;
	JsonList list;
	int r = read_wwns(call, words, &list);

	if (r)
		return r;
	wwns = list.items;
	if (list.count == 0)
		return connector_bad(call, "the connection_info", "names no target_wwn");
	if (luns && words->target_luns.count != list.count)
		return connector_bad(call, "target_luns", "are not as many as the ports");
	if (!luns && !words->has_lun)
		return connector_bad(call, "the connection_info", "has no target_lun");
	for (size_t i = 0; i < list.count; i++) {
		int64_t lun = luns ? luns[i] : words->target_lun;

		if (lun < 0 || lun >= LUN_FLAT)
			return connector_bad(call, "target_lun", "is out of range");
		if (!read_wwpn(wwns[i], info->targets[i].wwpn))
			return connector_bad(call, "target_wwn", "is not a WWPN");
		info->targets[i].lun = translate(words->addressing_mode, lun);
	}
	info->target_count = list.count;
	info->name = arena_printf(call->arena, "fc:%s", info->targets[0].wwpn);
	return 0;
}

int fc_info_parse(ConnectorCall *call, const char *text, void **ret, Fault *f)
{
	static const JsonFields fields = {.rows = word_rows,
					  .count = ARRAY_SIZE(word_rows),
					  .size = sizeof(Words),
					  .open = true};
	FcInfo *info = ARENA_NEW(call->arena, FcInfo);
	void *words;
	int r;

	(void)f; /* nothing breaks here */
	r = connector_decode(call, text, &fields, &words);
	if (r)
		return r;
	r = read_targets(call, words, info);
	if (!r)
		*ret = info;
	return r;
}
