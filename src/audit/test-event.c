/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What a line of the trail says of whom.
 */
#include "audit/event.h"
#include "base/str.h"
#include "tests/lib/test.h"
#include "json/json.h"

static JsonDoc *read_event(Arena *arena, JsonOut *out)
{
	size_t length;
	_cleanup_(freep) char *text = json_out_take(out, &length);
	JsonDoc *doc = NULL;
	const char *reason = NULL;

	assert_int_equal(json_parse(arena, text, length, &doc, &reason), 0);
	return doc;
}

static AuditRequest plain_request(void)
{
	return (AuditRequest){
		.now_us = 1000000,
		.request_id = "req-1",
		.service = "compute",
		.method = "POST",
		.pattern = "/servers/{server_id}/os-volume_attachments",
		.path = "/compute/v2.1/servers/s1/os-volume_attachments",
		.peer = "192.0.2.7",
		.user_id = "u1",
		.project_id = "p1",
		.status = 200,
	};
}

#define ASSERT_SAYS(doc, path, text)                                                               \
	assert_string_equal(json_get_text(arena, (doc), (path)), (text))

TEST(a_request_names_who_what_and_how_it_ended)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const AuditParam params[] = {{"server_id", "s1"}};
	AuditRequest request = plain_request();
	JsonOut out = {0};

	request.params = params;
	request.param_count = 1;
	request.created_id = "v1";
	event_of_request(&out, "host1", &request);
	doc = read_event(arena, &out);
	ASSERT_SAYS(doc, "eventTime", "1970-01-01T00:00:01.000000+0000");
	ASSERT_SAYS(doc, "action", "create");
	ASSERT_SAYS(doc, "outcome", "success");
	ASSERT_SAYS(doc, "reason.reasonCode", "200");
	ASSERT_SAYS(doc, "request_id", "req-1");
	ASSERT_SAYS(doc, "initiator.id", "u1");
	ASSERT_SAYS(doc, "initiator.project_id", "p1");
	ASSERT_SAYS(doc, "initiator.host.address", "192.0.2.7");
	ASSERT_SAYS(doc, "target.typeURI", "compute/servers/os-volume_attachments");
	ASSERT_SAYS(doc, "target.id", "v1");
	ASSERT_SAYS(doc, "target.server_id", "s1");
	assert_null(json_get_text(arena, doc, "on_behalf_of.id"));
	assert_null(json_get_text(arena, doc, "traceparent"));
}

TEST(a_service_is_named_beside_the_user_it_acts_for)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	AuditRequest request = plain_request();
	JsonOut out = {0};

	request.service_user_id = "nova";
	event_of_request(&out, "host1", &request);
	doc = read_event(arena, &out);
	ASSERT_SAYS(doc, "initiator.id", "nova");
	ASSERT_SAYS(doc, "on_behalf_of.id", "u1");
	ASSERT_SAYS(doc, "on_behalf_of.project_id", "p1");
}

TEST(verbs_and_outcomes)
{
	static const struct {
		const char *method;
		const char *pattern;
		const char *action;
		unsigned status;
		bool goes_on;
		const char *verb;
		const char *outcome;
		const char *type;
	} rows[] = {
		{"POST", "/servers/{server_id}/action", "os-stop", 202, true, "update/os-stop",
		 "pending", "compute/servers"},
		{"DELETE", "/servers/{server_id}", NULL, 409, false, "delete", "failure",
		 "compute/servers"},
		{"PUT", "/servers/{server_id}", NULL, 200, false, "update", "success",
		 "compute/servers"},
		{"POST", "/auth/tokens", NULL, 401, false, "authenticate", "failure",
		 "compute/auth/tokens"},
		{"POST", "/", NULL, 404, false, "create", "failure", "compute"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(arena_freep) Arena *arena = arena_new();
		_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
		AuditRequest request = plain_request();
		JsonOut out = {0};

		request.method = rows[i].method;
		request.pattern = rows[i].pattern;
		request.action = rows[i].action;
		request.status = rows[i].status;
		request.goes_on = rows[i].goes_on;
		event_of_request(&out, "host1", &request);
		doc = read_event(arena, &out);
		ASSERT_SAYS(doc, "action", rows[i].verb);
		ASSERT_SAYS(doc, "outcome", rows[i].outcome);
		ASSERT_SAYS(doc, "target.typeURI", rows[i].type);
		ASSERT_SAYS(doc, "target.id", "unknown");
	}
}

TEST(an_operation_names_the_request_that_began_it)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	_cleanup_(json_doc_freep) JsonDoc *doc = NULL;
	const Operation operation = {
		.id = "o1",
		.kind = "attach-volume",
		.state = OPERATION_FAILED,
		.server_id = "s1",
		.volume_id = "v1",
		.request_id = "req-1",
		.user_id = "u1",
		.last_error = "the guest said no",
	};
	JsonOut out = {0};

	event_of_operation(&out, "host1", &operation, 1000000);
	doc = read_event(arena, &out);
	ASSERT_SAYS(doc, "action", "attach-volume");
	ASSERT_SAYS(doc, "outcome", "failure");
	ASSERT_SAYS(doc, "reason.reasonCode", "the guest said no");
	ASSERT_SAYS(doc, "request_id", "req-1");
	ASSERT_SAYS(doc, "target.id", "o1");
	ASSERT_SAYS(doc, "target.volume_id", "v1");
	ASSERT_SAYS(doc, "initiator.id", "u1");
	assert_null(json_get_text(arena, doc, "target.share_id"));
}
