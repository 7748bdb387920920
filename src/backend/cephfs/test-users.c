/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What becomes of cephx users when rules change; a scripted ceph answers.
 */
#include <errno.h>

#include "backend/cephfs/priv.h"
#include "run/script.h"
#include "tests/lib/test.h"

#define SHARE_ID "6b4a1f8e-6f2c-4d5f-9d38-0a53e1f7c9aa"
#define OTHER_ID "0f9a3c64-95b1-4d5c-a3a5-6a0c5f4f7f01"
#define CEPH "$ ceph -c /etc/ceph.conf --id shares --connect-timeout 20 "
#define LIST CEPH "auth ls -f json\n< {\"auth_dump\":["
#define MDS(level, id) "allow " level " path=/cleat/shares/" id
#define OSD(level, id) "allow " level " pool=data namespace=cleat_" id
#define ENTITY(name, caps)                                                                         \
	"{\"entity\":\"client." name "\",\"key\":\"QUJD\",\"caps\":{\"mds\":\"" caps "\"}}"

static char conf[] = "/etc/ceph.conf", user[] = "shares", pool[] = "data";
static const CephFs cephfs = {.conf = conf, .user = user, .pool = pool};
static Fault fault_;

static ShareRule rule_of(const char *name, int level)
{
	return (ShareRule){.type = SHARE_ACCESS_CEPHX, .access_to = name, .level = level};
}

/* Apply one rule, or none, while the script plays. */
static ShareRuleResult grant(const char *script, const ShareRule *rule)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const ShareRule *const rules[] = {rule};
	ShareRuleResult result = {0};

	if (run_script_play(script, &fault_))
		fail_msg("%s", fault_.text);
	if (cephfs_grant(&cephfs, SHARE_ID, rules, rule ? 1 : 0, arena, &result, &fault_))
		fail_msg("%s", fault_.text);
	if (run_script_end(&fault_))
		fail_msg("%s", fault_.text);
	if (result.access_key)
		assert_string_equal(result.access_key, "QUJD");
	return (ShareRuleResult){.refused = result.refused,
				 .access_key = result.access_key ? "QUJD" : NULL};
}

TEST(only_harmless_names_are_users)
{
	static const char *const bad[] = {"",      "-n",       "admin",  "client.admin",
					  "a b",   "a/b",      "shares", "a\n",
					  "$(id)", "\xc3\xa4", "a,b",    "bootstrap-osd"};

	assert_true(cephfs_is_user(&cephfs, "alice"));
	assert_true(cephfs_is_user(&cephfs, "Alice_2-x"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(cephfs_is_user(&cephfs, bad[i]));
	assert_false(cephfs_is_key(NULL));
	assert_false(cephfs_is_key("QUJD\n[client.admin]"));
}

TEST(a_new_user_may_reach_the_share_and_nothing_else)
{
	const ShareRule rule = rule_of("alice", SHARE_ACCESS_RO);
	ShareRuleResult result =
		grant(LIST "]}\n" CEPH "auth get-or-create client.alice mds '" MDS(
			      "r", SHARE_ID) "' mon 'allow r' osd '" OSD("r", SHARE_ID) "'\n" LIST
			      ENTITY("alice", MDS("r", SHARE_ID)) "]}\n",
		      &rule);

	assert_false(result.refused);
	assert_non_null(result.access_key);
}

TEST(a_user_keeps_what_other_shares_gave_him)
{
	const ShareRule rule = rule_of("alice", SHARE_ACCESS_RW);

	(void)grant(
		LIST ENTITY(
			"alice",
			MDS("r",
			    OTHER_ID)) "]}\n" CEPH
				       "auth caps client.alice mds '" MDS("r", OTHER_ID) ", " MDS(
					       "rw",
					       SHARE_ID) "' mon 'allow r' osd "
							 "'" OSD("r", OTHER_ID) ", " OSD(
								 "rw", SHARE_ID) "'\n" LIST
								 ENTITY("alice",
									MDS("rw", SHARE_ID)) "]}\n",
		&rule);
	(void)grant(
		LIST ENTITY("alice",
			    MDS("r", OTHER_ID) ", " MDS(
				    "rw",
				    SHARE_ID)) "]}\n" CEPH
					       "auth caps client.alice mds '" MDS(
						       "r", OTHER_ID) "' mon 'allow r' osd "
								      "'" OSD("r",
									      OTHER_ID) "'"
											"\n" CEPH
											"tell "
											"'mds.[*"
											"]' "
											"client "
											"evict "
											"auth_"
											"name="
											"alice "
											"client_"
											"metadat"
											"a.root="
											"/cleat/"
											"shares"
											"/" SHARE_ID
											"\n",
		NULL);
}

TEST(a_user_with_nothing_left_is_deleted)
{
	(void)grant(LIST ENTITY("alice",
				MDS("rw", SHARE_ID)) "]}\n" CEPH "auth del client.alice\n" CEPH
						     "tell 'mds.[*]' client evict auth_name=alice "
						     "client_metadata.root=/cleat/shares/" SHARE_ID
						     "\n",
		    NULL);
}

TEST(what_is_as_it_should_be_is_not_changed)
{
	const ShareRule rule = rule_of("alice", SHARE_ACCESS_RW);
	const char *script = LIST ENTITY("alice", MDS("rw", SHARE_ID)) "]}\n" LIST ENTITY(
		"alice", MDS("rw", SHARE_ID)) "]}\n";

	assert_non_null(grant(script, &rule).access_key);
}

TEST(the_users_of_others_are_refused_and_left_alone)
{
	static const char *const scripts[] = {
		LIST ENTITY("alice", "allow *") "]}\n" LIST "]}\n",
		LIST ENTITY("alice", "") "]}\n" LIST "]}\n",
		LIST ENTITY("alice", "allow rw path=/cleat/shares/../..") "]}\n" LIST "]}\n",
		LIST ENTITY("alice", MDS("rw", SHARE_ID) ", allow rw path=/home") "]}\n" LIST
										  "]}\n",
		LIST ENTITY("alice", MDS("rwp", SHARE_ID)) "]}\n" LIST "]}\n",
	};
	const ShareRule rule = rule_of("alice", SHARE_ACCESS_RW);

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		ShareRuleResult result = grant(scripts[i], &rule);

		assert_true(result.refused);
		assert_null(result.access_key);
	}
}
