/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Which heads are honest.
 */
#include "base/str.h"
#include "http/head.h"
#include "tests/lib/test.h"

/* Fields as "name: value" lines; a head is what remains of the line after the first ": ". */
static HttpHead head_of(const char *method, const char *version, const char *fields)
{
	HttpHead head;

	http_head_begin(&head, method, version);
	for (const char *p = fields; *p;) {
		size_t line = strcspn(p, "\n"), name = strcspn(p, ":");

		http_head_field(&head, p, name, p + name + 2, line - name - 2);
		p += line + 1;
	}
	http_head_end(&head);
	return head;
}

TEST(honest)
{
	HttpHead head = head_of("GET", "HTTP/1.1", "Host: a.example:8774\nX-A: \xc3\xa9\tb\n");

	assert_null(head.problem);
	assert_false(http_head_has_body(&head));

	head = head_of("POST", "HTTP/1.1", "host: [::1]:80\ncontent-length: 17\nExpect: x\n");
	assert_null(head.problem);
	assert_int_equal(head.length, 17);
	assert_true(head.expects);
	assert_true(http_head_has_body(&head));

	head = head_of("PUT", "HTTP/1.1", "Host: a\nTransfer-Encoding: CHUNKED\n");
	assert_null(head.problem);
	assert_true(http_head_has_body(&head));

	head = head_of("GET", "HTTP/1.0", "X: \n");
	assert_null(head.problem);
}

TEST(refused)
{
	static const struct {
		const char *method, *version, *fields;
	} rows[] = {
		{"GET", "HTTP/1.2", "Host: a\n"},
		{"GET", "HTTP/2.0", "Host: a\n"},
		{"G T", "HTTP/1.1", "Host: a\n"},
		{"", "HTTP/1.1", "Host: a\n"},
		{"GET", "HTTP/1.1", ""},
		{"GET", "HTTP/1.1", "Host: a\nHost: a\n"},
		{"GET", "HTTP/1.0", "Host: a\nHost: b\n"},
		{"GET", "HTTP/1.1", "Host: \n"},
		{"GET", "HTTP/1.1", "Host: a/b\n"},
		{"GET", "HTTP/1.1", "Host: u@a\n"},
		{"GET", "HTTP/1.1", "Host: a\nX A: b\n"},
		{"GET", "HTTP/1.1", "Host: a\nX : b\n"},
		{"GET", "HTTP/1.1", "Host: a\n: b\n"},
		{"GET", "HTTP/1.1", "Host: a\nX: a\rb\n"},
		{"GET", "HTTP/1.1", "Host: a\nX: \x7f\n"},
		{"GET", "HTTP/1.1", "Host: a\nX: \xff\n"},
		{"POST", "HTTP/1.1", "Host: a\nContent-Length: 3\nContent-Length: 3\n"},
		{"POST", "HTTP/1.1", "Host: a\nContent-Length: 3, 3\n"},
		{"POST", "HTTP/1.1", "Host: a\nContent-Length: +3\n"},
		{"POST", "HTTP/1.1", "Host: a\nContent-Length: -3\n"},
		{"POST", "HTTP/1.1", "Host: a\nContent-Length: \n"},
		{"POST", "HTTP/1.1", "Host: a\nContent-Length: 99999999999999999999\n"},
		{"POST", "HTTP/1.1", "Host: a\nContent-Length: 000000000000000000000000000003\n"},
		{"POST", "HTTP/1.1", "Host: a\nContent-Length: 3\nTransfer-Encoding: chunked\n"},
		{"POST", "HTTP/1.1", "Host: a\nTransfer-Encoding: gzip, chunked\n"},
		{"POST", "HTTP/1.1", "Host: a\nTransfer-Encoding: chunked\nTransfer-Encoding: x\n"},
		{"POST", "HTTP/1.1", "Host: a\nTransfer-Encoding: \n"},
		{"POST", "HTTP/1.0", "Host: a\nTransfer-Encoding: chunked\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		HttpHead head = head_of(rows[i].method, rows[i].version, rows[i].fields);

		if (!head.problem)
			print_error("row %zu passed\n", i);
		assert_non_null(head.problem);
	}
}

TEST(nul_in_name_and_value)
{
	HttpHead head;

	http_head_begin(&head, "GET", "HTTP/1.0");
	http_head_field(&head, "X\0Y", 3, "v", 1);
	assert_non_null(head.problem);
	http_head_begin(&head, "GET", "HTTP/1.0");
	http_head_field(&head, "X", 1, "a\0b", 3);
	assert_non_null(head.problem);
}

TEST(a_socket_without_a_name)
{
	HttpHead head;

	http_head_begin(&head, "POST", "HTTP/1.1");
	head.nameless = true;
	http_head_field(&head, "Host", 4, "", 0);
	http_head_end(&head);
	assert_null(head.problem);

	http_head_field(&head, "Host", 4, "", 0);
	http_head_end(&head);
	assert_non_null(head.problem); /* twice is still twice */

	http_head_begin(&head, "POST", "HTTP/1.1");
	head.nameless = true;
	http_head_field(&head, "Host", 4, "a/b", 3);
	assert_non_null(head.problem);
}
