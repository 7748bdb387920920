/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What is read of a connection_info, and what is refused: H-21 (hostile or broken data), H-42
 * (spellings of portals).
 */
#include "base/str.h"
#include "connector/nvme/info.h"
#include "tests/lib/test.h"

#define UUID_A "a6b5c4d3-0000-4000-8000-0123456789ab"
#define NEW_FORM(more)                                                                             \
	"{\"driver_volume_type\": \"nvmeof\", \"target_nqn\": \"nqn.2014-08.org.example:a\", "     \
	"\"vol_uuid\": \"" UUID_A "\", " more "}"
#define OLD_FORM(more)                                                                             \
	"{\"nqn\": \"nqn.2014-08.org.example:a\", \"target_portal\": \"192.0.2.11\", " more "}"

static Arena *arena;
static ConnectorCall call;

static const NvmeInfo *parse(const char *text)
{
	void *info = NULL;
	Fault f = {0};
	int r;

	arena = arena_free(arena);
	arena = arena_new();
	call = (ConnectorCall){.arena = arena};
	r = nvme_info_parse(&call, text, &info, &f);
	assert_true(r == 0 || r == CONNECTOR_BAD_INFO);
	assert_true((r == 0) == (call.why == NULL));
	return r ? NULL : info;
}

static const char *refused(const char *text)
{
	if (parse(text))
		fail_msg("taken: %s", text);
	return call.why;
}

/* What had to be taken. */
static const NvmeInfo *good(const NvmeInfo *info)
{
	static const NvmeInfo nothing;

	if (!info)
		fail_msg("it is refused");
	return info ? info : &nothing;
}

static void forget(void)
{
	arena = arena_free(arena);
}

TEST(the_newer_form)
{
	const NvmeInfo *info = parse(
		NEW_FORM("\"ns_id\": \"10\", \"host_nqn\": \"nqn.2014-08.org.nvmexpress:uuid:x\", "
			 "\"portals\": [[\"192.0.2.11\", \"4420\", \"tcp\"], "
			 "[\"[2001:DB8:0::1]\", 4421, \"RoCEv2\"]], \"qos_specs\": null"));

	info = good(info);
	assert_string_equal(info->nqn, "nqn.2014-08.org.example:a");
	assert_string_equal(info->uuid, UUID_A);
	assert_null(info->nguid);
	assert_int_equal(info->nsid, 10);
	assert_string_equal(info->host_nqn, "nqn.2014-08.org.nvmexpress:uuid:x");
	assert_int_equal(info->portal_count, 2);
	assert_string_equal(info->portals[0].address, "192.0.2.11");
	assert_int_equal(info->portals[0].port, 4420);
	assert_int_equal(info->portals[0].transport, NVME_TCP);
	assert_string_equal(info->portals[1].address, "2001:db8::1");
	assert_int_equal(info->portals[1].port, 4421);
	assert_int_equal(info->portals[1].transport, NVME_RDMA);
	forget();
}

TEST(the_older_form_with_numbers_as_texts_or_not)
{
	static const char *const forms[] = {
		OLD_FORM("\"target_port\": \"4420\", \"transport_type\": \"rdma\", \"ns_id\": "
			 "\"10\""),
		OLD_FORM("\"target_port\": 4420, \"transport_type\": \"RDMA\", \"ns_id\": 10"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const NvmeInfo *info = parse(forms[i]);

		info = good(info);
		assert_string_equal(info->nqn, "nqn.2014-08.org.example:a");
		assert_int_equal(info->nsid, 10);
		assert_int_equal(info->portal_count, 1);
		assert_int_equal(info->portals[0].port, 4420);
		assert_int_equal(info->portals[0].transport, NVME_RDMA);
	}
	forget();
}

TEST(identifiers_in_any_spelling)
{
	const NvmeInfo *info = parse(OLD_FORM(
		"\"target_port\": 4420, \"volume_nguid\": \"A6B5C4D3000040008000"
		"0123456789AB\", "
		"\"vol_uuid\": null, \"volume_id\": \"A6B5C4D3-0000-4000-8000-0123456789AB\""));

	info = good(info);
	assert_null(info->uuid);
	assert_string_equal(info->nguid, UUID_A);
	assert_string_equal(info->volume_id, UUID_A);
	assert_int_equal(info->portals[0].transport, NVME_TCP);
	forget();
}

TEST(h42_a_portal_has_one_spelling)
{
	const NvmeInfo *info =
		parse(NEW_FORM("\"portals\": [[\"[2001:0db8::0:1]\", \"4420\", \"tcp\"]]"));

	info = good(info);
	assert_string_equal(info->portals[0].address, "2001:db8::1");
	assert_non_null(refused(NEW_FORM("\"portals\": [[\"192.0.2.1\", \"\", \"tcp\"]]")));
	assert_non_null(refused(OLD_FORM("\"ns_id\": 1")));
	forget();
}

TEST(h21_hostile_and_broken_data_is_refused)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"null",
		"{",
		"{}",
		"{\"nqn\": 7}",
		/* names that are options, or more than one option of the kernel's */
		"{\"nqn\": \"-D\", \"target_portal\": \"192.0.2.1\", \"target_port\": 1, "
		"\"ns_id\": 1}",
		"{\"nqn\": \"nqn.a,hostnqn=b\", \"target_portal\": \"192.0.2.1\", \"target_port\": "
		"1, "
		"\"ns_id\": 1}",
		"{\"nqn\": \"nqn.a b\", \"target_portal\": \"192.0.2.1\", \"target_port\": 1, "
		"\"ns_id\": 1}",
		"{\"nqn\": \"nqn.a\\n\", \"target_portal\": \"192.0.2.1\", \"target_port\": 1, "
		"\"ns_id\": 1}",
		OLD_FORM("\"target_port\": 4420, \"ns_id\": 1, \"host_nqn\": \"-I\""),
		/* addresses, ports, numbers */
		"{\"nqn\": \"nqn.a\", \"target_portal\": \"host\", \"target_port\": 1, \"ns_id\": "
		"1}",
		"{\"nqn\": \"nqn.a\", \"target_portal\": \"-w\", \"target_port\": 1, \"ns_id\": 1}",
		OLD_FORM("\"target_port\": 65536, \"ns_id\": 1"),
		OLD_FORM("\"target_port\": \"4420 -D\", \"ns_id\": 1"),
		OLD_FORM("\"target_port\": 4420, \"ns_id\": 0"),
		OLD_FORM("\"target_port\": 4420, \"ns_id\": \"4294967296\""),
		OLD_FORM("\"target_port\": 4420, \"ns_id\": -1"),
		/* nothing that names the namespace */
		OLD_FORM("\"target_port\": 4420"),
		OLD_FORM("\"target_port\": 4420, \"vol_uuid\": \"../../x\""),
		/* lists */
		NEW_FORM("\"portals\": []"),
		NEW_FORM("\"portals\": {\"0\": \"192.0.2.1\"}"),
		NEW_FORM("\"portals\": [\"192.0.2.1\"]"),
		NEW_FORM("\"portals\": [[\"192.0.2.1\", \"1\"]]"),
		NEW_FORM("\"portals\": [{\"0\": \"192.0.2.1\", \"1\": \"1\", \"2\": \"tcp\"}]"),
		NEW_FORM("\"portals\": [[\"192.0.2.1\", \"1x\", \"tcp\"]]"),
		NEW_FORM("\"portals\": [[1,2,3],[1,2,3],[1,2,3],[1,2,3],[1,2,3],[1,2,3],[1,2,3],"
			 "[1,2,3],[1,2,3],[1,2,3],[1,2,3],[1,2,3],[1,2,3],[1,2,3],[1,2,3],"
			 "[1,2,3],[1,2,3]]"),
		/* what we cannot do is said, not done by halves */
		NEW_FORM("\"volume_replicas\": []"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_true(*refused(wrong[i]));
	assert_non_null(strstr(refused(NEW_FORM("\"volume_replicas\": []")), "not supported"));
	forget();
}
