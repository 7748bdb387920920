/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Logging in by every method, renewing, finding endpoints, and what goes wrong.
 */
#include "client/test-client.h"

static int get(Fixture *x, ClientService service, const char *path, JsonDoc **ret, Fault *f)
{
	const ClientRequest request = {.service = service, .method = "GET", .path = path};

	return client_call(x->client, &request, ret, f);
}

TEST(password_with_default_domains)
{
	static const HttpScriptRow rows[] = {
		{.request = "POST /v3/auth/tokens",
		 .holds = "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{"
			  "\"user\":"
			  "{\"name\":\"demo\",\"domain\":{\"id\":\"default\"},\"password\":\"pw\"}}"
			  "},"
			  "\"scope\":{\"project\":{\"name\":\"demo\",\"domain\":{\"id\":"
			  "\"default\"}}}"
			  "}}",
		 .status = 201,
		 .headers = "X-Subject-Token: secret\r\n",
		 .body = catalog_body},
		{.request = "GET /image/v2/images",
		 .holds = "X-Auth-Token: secret",
		 .status = 200,
		 .body = "{}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	JsonDoc *doc = NULL;

	assert_int_equal(get(&x, CLIENT_IMAGE, "/images", &doc, NULL), 0);
	assert_string_equal(client_token(x.client), "secret");
	json_doc_free(doc);
	fixture_end(&x);
}

TEST(application_credential_has_no_scope)
{
	static const HttpScriptRow rows[] = {
		{.request = "POST /v3/auth/tokens",
		 .holds = "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],"
			  "\"application_credential\":{\"secret\":\"s\",\"name\":\"n\",\"user\":"
			  "{\"name\":\"demo\",\"domain\":{\"name\":\"D\"}}}}}}",
		 .status = 201,
		 .headers = "X-Subject-Token: secret\r\n",
		 .body = catalog_body},
	};
	const ClientLogin login = {.application_credential_name = "n",
				   .application_credential_secret = "s",
				   .username = "demo",
				   .user_domain_name = "D",
				   .project_name = "ignored"};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), login);

	assert_int_equal(client_login(x.client, NULL), 0);
	fixture_end(&x);
}

TEST(a_token_is_used_as_it_is)
{
	static const HttpScriptRow rows[] = {
		{.request = "GET /v3/auth/tokens",
		 .holds = "X-Subject-Token: given",
		 .status = 200,
		 .body = catalog_body},
		{.request = "GET /volume/v3/volumes",
		 .holds = "X-Auth-Token: given",
		 .status = 200,
		 .body = "{}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), (ClientLogin){.token = "given"});

	assert_int_equal(get(&x, CLIENT_VOLUME, "/volumes", NULL, NULL), 0);
	fixture_end(&x);
}

TEST(a_token_with_a_project_is_rescoped)
{
	static const HttpScriptRow rows[] = {
		{.request = "POST /v3/auth/tokens",
		 .holds = "\"token\":{\"id\":\"given\"}},\"scope\":{\"project\":{\"id\":\"p1\"}}}}",
		 .status = 201,
		 .headers = "X-Subject-Token: other\r\n",
		 .body = catalog_body},
	};
	const ClientLogin login = {.token = "given", .project_id = "p1"};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), login);

	assert_int_equal(client_login(x.client, NULL), 0);
	assert_string_equal(client_token(x.client), "other");
	fixture_end(&x);
}

TEST(a_token_that_ran_out_is_renewed_once)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /compute/v2.1/servers", .status = 401, .body = "{}"},
		LOGIN_ROW,
		{.request = "GET /compute/v2.1/servers",
		 .holds = "OpenStack-API-Version: compute 2.100",
		 .status = 200,
		 .body = "{\"servers\":[]}"},
		{.request = "GET /compute/v2.1/servers", .status = 401, .body = "{}"},
		LOGIN_ROW,
		{.request = "GET /compute/v2.1/servers", .status = 401, .body = "{}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);

	assert_int_equal(get(&x, CLIENT_COMPUTE, "/servers", NULL, NULL), 0);
	assert_int_equal(get(&x, CLIENT_COMPUTE, "/servers", NULL, NULL), CLIENT_DENIED);
	fixture_end(&x);
}

TEST(a_wrong_password_is_denied_and_not_tried_again)
{
	static const HttpScriptRow rows[] = {
		{.request = "POST /v3/auth/tokens",
		 .status = 401,
		 .headers = "x-openstack-request-id: req-1\r\n",
		 .body = "{\"error\":{\"message\":\"Requires authentication.\"}}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);

	assert_int_equal(get(&x, CLIENT_COMPUTE, "/servers", NULL, NULL), CLIENT_DENIED);
	assert_string_equal(client_error(x.client), "Requires authentication. (HTTP 401, req-1)");
	fixture_end(&x);
}

TEST(what_is_no_identity_service_is_a_fault)
{
	static const HttpScriptRow rows[] = {
		{.request = "POST /v3/auth/tokens", .status = 200, .body = "{\"hello\":1}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	Fault f = {0};

	assert_true(client_login(x.client, &f) < 0);
	assert_non_null(strstr(f.text, "does not look like an identity service"));
	fixture_end(&x);
}

TEST(a_server_that_is_not_there_is_a_fault)
{
	const ClientLogin login = {.auth_url = "http://127.0.0.1:1/identity"};
	Client *client = NULL;
	Fault f = {0};

	assert_int_equal(client_new(&login, &client, NULL), 0);
	assert_true(client_login(client, &f) < 0);
	assert_non_null(strstr(f.text, "http://127.0.0.1:1/identity/v3/auth/tokens: "));
	client_free(client);
}

TEST(redirects_are_not_followed)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /compute/v2.1/servers",
		 .status = 302,
		 .headers = "Location: http://127.0.0.1:1/\r\n",
		 .body = "{}"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);
	JsonDoc *doc = NULL;

	assert_int_equal(get(&x, CLIENT_COMPUTE, "/servers", &doc, NULL), 0);
	json_doc_free(doc);
	fixture_end(&x);
}

TEST(endpoints_by_region_and_interface)
{
	static const HttpScriptRow rows[] = {LOGIN_ROW};
	ClientLogin login = DEMO;
	Fixture x;

	login.region_name = "elsewhere";
	x = fixture_start(rows, ARRAY_SIZE(rows), login);
	assert_int_equal(get(&x, CLIENT_COMPUTE, "/servers", NULL, NULL), CLIENT_NOT_FOUND);
	assert_string_equal(client_error(x.client),
			    "the catalog has no compute service for interface public in region "
			    "elsewhere; is a project named in the login?");
	fixture_end(&x);
}

TEST(the_admin_service_is_found_beside_identity)
{
	static const HttpScriptRow rows[] = {
		LOGIN_ROW,
		{.request = "GET /admin/v1/operations", .status = 403, .body = "{}"},
		{.request = "GET /admin/v1/operations", .status = 503, .body = "down"},
		{.request = "GET /admin/v1/operations", .status = 409, .body = "busy"},
	};
	Fixture x = fixture_start(rows, ARRAY_SIZE(rows), DEMO);

	assert_int_equal(get(&x, CLIENT_ADMIN, "/operations", NULL, NULL), CLIENT_DENIED);
	assert_int_equal(get(&x, CLIENT_ADMIN, "/operations", NULL, NULL), CLIENT_BROKEN);
	assert_int_equal(get(&x, CLIENT_ADMIN, "/operations", NULL, NULL), CLIENT_REFUSED);
	assert_string_equal(client_error(x.client), "busy (HTTP 409)");
	fixture_end(&x);
}
