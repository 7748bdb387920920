/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * See head.h. Section numbers are those of RFC 9110 and RFC 9112.
 */
#include "http/head.h"

#include <strings.h>

#include "base/str.h"

static void head_blame(HttpHead *head, const char *problem)
{
	if (!head->problem)
		head->problem = problem;
}

/* A token of 9110, 5.6.2. */
static bool token_valid(const char *text, size_t length)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		bool alphanumeric =
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!alphanumeric && (c == '\0' || !strchr(marks, c)))
			return false;
	}
	return length > 0;
}

/* Text without control characters, and UTF-8, because replies quote it. */
static bool value_valid(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return str_utf8_valid(text, length);
}

/* Links in replies are made of it: only what a host name, an address and a port need. */
static bool host_valid(const char *text, size_t length)
{
	static const char marks[] = "-._~:[]%";

	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		bool alphanumeric =
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!alphanumeric && (c == '\0' || !strchr(marks, c)))
			return false;
	}
	return length > 0;
}

void http_head_begin(HttpHead *head, const char *method, const char *version)
{
	*head = (HttpHead){.old = str_eq(version, "HTTP/1.0")};
	if (!head->old && !str_eq(version, "HTTP/1.1"))
		head_blame(head, "The HTTP version is not 1.0 or 1.1.");
	if (!token_valid(method, strlen(method)))
		head_blame(head, "The method is not a token.");
}

static bool text_is(const char *text, size_t length, const char *wanted)
{
	return length == strlen(wanted) && strncasecmp(text, wanted, length) == 0;
}

static void length_field(HttpHead *head, const char *value, size_t length)
{
	char digits[24];

	head->lengths++;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)MIN(length, sizeof(digits)), value);
	if (length >= sizeof(digits) || !str_parse_u64(digits, &head->length))
		head_blame(head, "Content-Length is not a number.");
}

void http_head_field(HttpHead *head, const char *name, size_t name_length, const char *value,
		     size_t value_length)
{
	if (!token_valid(name, name_length))
		head_blame(head, "A header name is not a token.");
	if (!value_valid(value, value_length))
		head_blame(head, "A header value holds forbidden characters.");
	if (text_is(name, name_length, "Host")) {
		head->hosts++;
		if (!host_valid(value, value_length) && !(head->nameless && value_length == 0))
			head_blame(head, "Host is not a host name.");
	} else if (text_is(name, name_length, "Content-Length")) {
		length_field(head, value, value_length);
	} else if (text_is(name, name_length, "Transfer-Encoding")) {
		head->encodings++;
		head->chunked = text_is(value, value_length, "chunked");
		if (!head->chunked)
			head_blame(head, "Transfer-Encoding is not chunked.");
	} else if (text_is(name, name_length, "Expect")) {
		head->expects = true;
	}
}

void http_head_end(HttpHead *head)
{
	if (head->hosts > 1 || (head->hosts == 0 && !head->old)) /* 9112, 3.2 */
		head_blame(head, "There must be exactly one Host.");
	if (head->lengths > 1 || head->encodings > 1)
		head_blame(head, "Content-Length or Transfer-Encoding is there twice.");
	if (head->lengths && head->encodings) /* 9112, 6.1: the classic smuggler */
		head_blame(head, "Content-Length and Transfer-Encoding contradict each other.");
	if (head->encodings && head->old)
		head_blame(head, "HTTP/1.0 has no Transfer-Encoding.");
}
