/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What an honest request head looks like. libmicrohttpd reads heads more kindly than other
 * programs on the way do, and two readings of one head are how requests get smuggled: whatever
 * could be read in two ways is refused here.
 *
 * Fill it in order: begin, every field, end.
 */
#pragma once

#include "base/macros.h"

typedef struct HttpHead HttpHead;
struct HttpHead {
	const char *problem; /* the first thing wrong, for the client; NULL while all is well */
	unsigned hosts;
	unsigned lengths;
	unsigned encodings;
	uint64_t length; /* Content-Length */
	bool chunked;
	bool expects;  /* waits for "100 Continue" before it sends its body */
	bool old;      /* HTTP/1.0 */
	bool nameless; /* set after begin: Host may be empty */
};

void http_head_begin(HttpHead *head, const char *method, const char *version);
void http_head_field(HttpHead *head, const char *name, size_t name_length, const char *value,
		     size_t value_length);
void http_head_end(HttpHead *head);

static inline bool http_head_has_body(const HttpHead *head)
{
	return head->chunked || head->length > 0;
}
