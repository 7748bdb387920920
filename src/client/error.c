/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * From a status and an error body to an outcome and one line of words. The dialects agree on
 * little: {"itemNotFound": {"message"}}, {"error": {"message"}}, {"message"}, HTML, plain text.
 */
#include <stdarg.h>

#include "client/priv.h"

enum { WORDS_MAX = 400 };

void client_set_error(Client *client, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(client->error, sizeof(client->error), format, ap); /* cut is fine */
	va_end(ap);
}

const char *client_error(const Client *client)
{
	return client->error;
}

static const char *json_words(Arena *arena, const JsonDoc *doc)
{
	const char *words, *key;

	words = json_get_text(arena, doc, "message");
	if (words)
		return words;
	key = json_member_name(arena, doc, 0);
	if (!key)
		return NULL;
	words = json_get_text(arena, doc, arena_printf(arena, "%s.message", key));
	return words ? words : json_get_text(arena, doc, key);
}

/* Text without tags, and without runs of blanks; what stands in <title> comes first by itself. */
static const char *plain_words(Arena *arena, const char *body, size_t length)
{
	_cleanup_(buf_done) Buf words = {0};
	bool tag = false, blank = true;

	for (size_t i = 0; i < length && words.length < WORDS_MAX; i++) {
		unsigned char c = (unsigned char)body[i];

		if (c == '<')
			tag = true;
		if (!tag && c > ' ' && c != 0x7f)
			buf_add_char(&words, body[i]);
		else if (!blank)
			buf_add_char(&words, ' ');
		blank = tag || c <= ' ' || c == 0x7f;
		if (c == '>')
			tag = false;
	}
	while (words.length > 0 && words.data[words.length - 1] == ' ')
		words.length--;
	return arena_strndup(arena, buf_text(&words), words.length);
}

const char *client_error_words(Arena *arena, const char *body, size_t length)
{
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const char *words = NULL;

	if (json_parse(arena, body, length, &doc, NULL) == 0)
		words = json_words(arena, doc);
	return plain_words(arena, words ? words : body, words ? strlen(words) : length);
}

static int status_outcome(unsigned status)
{
	if (status < 400)
		return 0;
	if (status == 404)
		return CLIENT_NOT_FOUND;
	if (status == 401 || status == 403)
		return CLIENT_DENIED;
	return status < 500 ? CLIENT_REFUSED : CLIENT_BROKEN;
}

int client_outcome(Client *client, const Exchange *exchange)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	int outcome = status_outcome(exchange->status);
	const char *words;

	if (outcome == 0)
		return 0;
	words = client_error_words(arena, buf_text(&exchange->answer), exchange->answer.length);
	client_set_error(client, "%s%s(HTTP %u%s%s)", words, *words ? " " : "", exchange->status,
			 *exchange->request_id ? ", " : "", exchange->request_id);
	return outcome;
}
