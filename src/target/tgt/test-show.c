/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What tgtd says of its targets, as tgt 1.0.85 does.
 */
#include "target/tgt/show.h"
#include "tests/lib/test.h"

#define TARGET(tid, name, rest)                                                                    \
	"Target " #tid ": " name "\n"                                                              \
	"    System information:\n"                                                                \
	"        Driver: iscsi\n"                                                                  \
	"        State: ready\n" rest

static const char text[] =
	TARGET(1, "iqn.x:other",
	       "    I_T nexus information:\n"
	       "    LUN information:\n"
	       "        LUN: 0\n"
	       "            Type: controller\n"
	       "            SCSI ID: IET     00010000\n"
	       "            Online: Yes\n"
	       "    Account information:\n"
	       "    ACL information:\n"
	       "        ALL\n") TARGET(1734567890, "iqn.x:ours",
				       "    I_T nexus information:\n"
				       "        I_T nexus: 2\n"
				       "            Initiator: iqn.x:host alias: none\n"
				       "            Connection: 3\n"
				       "                IP Address: 127.0.0.1\n"
				       "    LUN information:\n"
				       "        LUN: 0\n"
				       "            SCSI ID: IET     676367d20000\n"
				       "            Online: No\n"
				       "            Backing store path: None\n"
				       "        LUN: 1\n"
				       "            SCSI ID: 00123\n"
				       "            Online: Yes\n"
				       "            Readonly: Yes\n"
				       "            Backing store path: /volumes/a.raw\n"
				       "    Account information:\n"
				       "        one\n"
				       "        two\n"
				       "    ACL information:\n"
				       "        iqn.x:host\n");

TEST(a_target_is_found_by_its_name)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TgtShown shown;

	tgt_show_read(arena, text, "iqn.x:ours", &shown);
	assert_int_equal(shown.tid, 1734567890);
	assert_true(shown.unit.there);
	assert_true(shown.unit.online);
	assert_true(shown.unit.readonly);
	assert_string_equal(shown.unit.scsi_id, "00123");
	assert_string_equal(shown.unit.path, "/volumes/a.raw");
	assert_int_equal(shown.session_count, 1);
	assert_int_equal(shown.sessions[0].id, 2);
	assert_int_equal(shown.sessions[0].connection, 3);
	assert_string_equal(shown.sessions[0].initiator, "iqn.x:host");
	assert_int_equal(shown.user_count, 2);
	assert_string_equal(shown.users[1], "two");
	assert_int_equal(shown.initiator_count, 1);
	assert_string_equal(shown.initiators[0], "iqn.x:host");
}

TEST(another_target_is_not_mixed_in)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	TgtShown shown;

	tgt_show_read(arena, text, "iqn.x:other", &shown);
	assert_int_equal(shown.tid, 1);
	assert_false(shown.unit.there);
	assert_int_equal(shown.session_count, 0);
	assert_int_equal(shown.user_count, 0);
	assert_int_equal(shown.initiator_count, 1);
	tgt_show_read(arena, text, "iqn.x:our", &shown);
	assert_int_equal(shown.tid, 0);
	tgt_show_read(arena, "", "iqn.x:ours", &shown);
	assert_int_equal(shown.tid, 0);
}

TEST(names_are_listed_by_their_beginning)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const char **names;
	size_t count;

	tgt_show_names(arena, text, "iqn.x:o", &names, &count);
	assert_int_equal(count, 2);
	tgt_show_names(arena, text, "iqn.x:ou", &names, &count);
	assert_int_equal(count, 1);
	assert_string_equal(names[0], "iqn.x:ours");
	tgt_show_names(arena, text, "iqn.y", &names, &count);
	assert_int_equal(count, 0);
}

TEST(numbers_and_accounts_are_found_whole)
{
	static const char accounts[] = "Account list:\n    one\n    two\n";

	assert_true(tgt_show_has_tid(text, 1));
	assert_true(tgt_show_has_tid(text, 1734567890));
	assert_false(tgt_show_has_tid(text, 17));
	assert_true(tgt_show_has_account(accounts, "two"));
	assert_false(tgt_show_has_account(accounts, "tw"));
	assert_false(tgt_show_has_account(accounts, "twoo"));
}
