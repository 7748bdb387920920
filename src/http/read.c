/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Whether a head that libmicrohttpd read is what the client sent, and honest. What head.c judges is
 * what is left of the bytes here, so whatever the library mended is found by where it put things.
 */
#include "http/priv.h"
#include "http/uri.h"

/*
 * Whether libmicrohttpd cut this header out of one line that ended in CR LF. Versions before 1.0
 * join a folded line to the name instead of the value, take a bare LF for an end of line and let
 * a NUL hide the rest of it. They parse in place, which shows: name, NUL where the colon was,
 * blanks, value, NUL NUL where CR LF was.
 */
static bool field_whole(const char *name, size_t name_length, const char *value,
			size_t value_length)
{
#if MHD_VERSION < 0x01000000
	const char *between = name + name_length;

	if (!value || between >= value || *between)
		return false;
	between++;
	between += strspn(between, " \t");
	return between == value && !value[value_length] && !value[value_length + 1];
#else
	return value || !name_length || !value_length;
#endif
}

static enum MHD_Result on_field(void *cls, enum MHD_ValueKind kind _unused_, const char *name,
				size_t name_length, const char *value, size_t value_length)
{
	HttpHead *head = cls;

	if (!field_whole(name, name_length, value, value_length))
		head->problem = "A header line is folded, cut or without CR LF.";
	else
		http_head_field(head, name, name_length, value, value_length);
	return head->problem ? MHD_NO : MHD_YES;
}

/* A NUL in the target hides its rest from us: then there is a gap before the version. */
static bool target_whole(const HttpRequest *req, const char *version)
{
	size_t query = strlen(req->query_text);
	const char *end = req->path + strlen(req->path) + (query ? 1 + query : 0);

	return version == end + 1 || (!query && version == end + 2);
}

const char *http_head_problem(HttpRequest *req, const char *version, bool nameless)
{
	HttpHead *head = &req->head;

	http_head_begin(head, req->method, version);
	head->nameless = nameless;
	if (!head->problem)
		(void)MHD_get_connection_values_n(req->mhd, MHD_HEADER_KIND, on_field, head);
	http_head_end(head);
	if (head->problem)
		return head->problem;
	if (!target_whole(req, version) || !http_uri_path_valid(req->arena, req->path))
		return "The path is malformed.";
	if (*req->query_text &&
	    !http_uri_query(req->arena, req->query_text, &req->params, &req->param_count))
		return "The query is malformed or has too many parameters.";
	return NULL;
}
