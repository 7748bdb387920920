/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * Every event in every status, against the contract's table; and what attachments make of a
 * volume.
 */
#include "rules/volume-status.h"

#include "tests/lib/test.h"

/*
 * A letter for what an event makes of each status, in the order of the enumerators; - is refused.
 * The second row is for multiattach volumes; NULL: the same.
 */
static const char letters[_VOLUME_STATUS_MAX + 1] = "cargidDeEmxXwuRvtbBsSnN";

static const struct {
	const char *single;
	const char *multiattach;
} outcomes[] = {
	/*                         cargidDeEmxXwuRvtbBsSnN */
	[VOLUME_EVENT_MADE] = {.single = "a-----------a----------"},
	[VOLUME_EVENT_MAKE_FAILED] = {.single = "e-----------e----------"},
	[VOLUME_EVENT_RESERVE] = {.single = "-r----------r----------",
				  .multiattach = "-rrrrr------r----------"},
	[VOLUME_EVENT_CONNECT] = {.single = "--ggg--e-mxX-uR--bB----",
				  .multiattach = "--gggg-e-mxX-uR--bB----"},
	[VOLUME_EVENT_COMPLETE] = {.single = "-iiiii-e-mxX-uR--bB----"},
	[VOLUME_EVENT_BEGIN_DETACHING] = {.single = "----d------------------",
					  .multiattach = "--dddd-----------------"},
	[VOLUME_EVENT_ROLL_DETACHING] = {.single = "cargiaDeEmxXwuRvtbBsSnN"},
	[VOLUME_EVENT_DELETE] = {.single = "-D-----DD--D--------D-D"},
	[VOLUME_EVENT_FORCE_DELETE] = {.single = "DDDDDDDDDDDDDDDDDDDDDDD"},
	[VOLUME_EVENT_DELETE_FAILED] = {.single = "------E-E--------------"},
	[VOLUME_EVENT_HOLD] = {.single = "-g---------------------",
			       .multiattach = "-ggggg-----------------"},
	[VOLUME_EVENT_UNHOLD] = {.single = "caraidDeEmxXwuRvtbBsSnN"},
	[VOLUME_EVENT_ATTACH] = {.single = "-i-ii------------------",
				 .multiattach = "-iiiii-----------------"},
	[VOLUME_EVENT_EXTEND] = {.single = "-x---------------------"},
	[VOLUME_EVENT_EXTEND_LIVE] = {.single = "-x--x------------------"},
	[VOLUME_EVENT_EXTENDED] = {.single = "----------a------------"},
	[VOLUME_EVENT_EXTEND_FAILED] = {.single = "----------X------------"},
	[VOLUME_EVENT_UPLOAD] = {.single = "-u--u------------------"},
	[VOLUME_EVENT_UPLOADED] = {.single = "-------------a---------"},
	[VOLUME_EVENT_RETYPE] = {.single = "-R--R------------------"},
	[VOLUME_EVENT_RETYPED] = {.single = "--------------a--------"},
	[VOLUME_EVENT_REIMAGE] = {.single = "----m------------------"},
	[VOLUME_EVENT_REIMAGED] = {.single = "---------a-------------"},
	[VOLUME_EVENT_REVERT] = {.single = "-v---------------------"},
	[VOLUME_EVENT_REVERTED] = {.single = "---------------a-------"},
	[VOLUME_EVENT_REVERT_FAILED] = {.single = "---------------e-------"},
	[VOLUME_EVENT_OFFER] = {.single = "-t---------------------"},
	[VOLUME_EVENT_OFFER_END] = {.single = "----------------a------"},
};
static_assert(ARRAY_SIZE(outcomes) == _VOLUME_EVENT_MAX, "a row for each");

static void check_move(VolumeEvent event, VolumeStatus from, bool multiattach)
{
	const char *row = multiattach && outcomes[event].multiattach ? outcomes[event].multiattach
								     : outcomes[event].single;
	Volume volume = {.status = (int)from, .multiattach = multiattach};
	VolumeStatus to = _VOLUME_STATUS_MAX;
	int r = volume_status_move(&volume, event, &to);

	print_message("# %s in %s\n", enum_name(&volume_event_names, event),
		      enum_name(&volume_status_names, from));
	assert_int_equal(letters[to] ? letters[to] : '-', row[from]);
	if (to != _VOLUME_STATUS_MAX)
		assert_int_equal(r, 0);
	else
		assert_int_equal(r, event == VOLUME_EVENT_BEGIN_DETACHING
					    ? REFUSAL_VOLUME_NOT_DETACHABLE
					    : REFUSAL_VOLUME_STATE);
}

TEST(every_event_in_every_status)
{
	assert_int_equal(strlen(letters), _VOLUME_STATUS_MAX);
	for (VolumeEvent event = 0; event < _VOLUME_EVENT_MAX; event++)
		for (VolumeStatus from = 0; from < _VOLUME_STATUS_MAX; from++) {
			check_move(event, from, false);
			check_move(event, from, true);
		}
}

/* A settling event leads to what a volume is without attachments. */
TEST(what_settles_leads_to_available)
{
	for (VolumeEvent event = 0; event < _VOLUME_EVENT_MAX; event++)
		for (VolumeStatus from = 0;
		     volume_event_settles(event) && from < _VOLUME_STATUS_MAX; from++) {
			Volume volume = {.status = (int)from};
			VolumeStatus to;

			if (!volume_status_move(&volume, event, &to) && to != from)
				assert_int_equal(to, VOLUME_AVAILABLE);
		}
}

TEST(events_have_names)
{
	assert_true(enum_names_complete(&volume_event_names));
}

TEST(the_furthest_attachment_decides)
{
	static const struct {
		AttachStatus attachments[3];
		size_t count;
		VolumeStatus expected;
	} rows[] = {
		{.count = 0, .expected = VOLUME_AVAILABLE},
		{.attachments = {ATTACHMENT_RESERVED}, .count = 1, .expected = VOLUME_RESERVED},
		{.attachments = {ATTACHMENT_DETACHING}, .count = 1, .expected = VOLUME_DETACHING},
		{.attachments = {ATTACHMENT_RESERVED, ATTACHMENT_DETACHING, ATTACHMENT_ATTACHING},
		 .count = 3,
		 .expected = VOLUME_ATTACHING},
		{.attachments = {ATTACHMENT_ATTACHING, ATTACHMENT_ATTACHED, ATTACHMENT_RESERVED},
		 .count = 3,
		 .expected = VOLUME_IN_USE},
		{.attachments = {ATTACHMENT_ERROR_DETACHING, ATTACHMENT_RESERVED},
		 .count = 2,
		 .expected = VOLUME_RESERVED},
		{.attachments = {ATTACHMENT_ERROR_DETACHING},
		 .count = 1,
		 .expected = VOLUME_IN_USE},
		{.attachments = {ATTACHMENT_ERROR_ATTACHING},
		 .count = 1,
		 .expected = VOLUME_IN_USE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(
			volume_status_of(VOLUME_DETACHING, rows[i].attachments, rows[i].count),
			rows[i].expected);
}

TEST(other_statuses_are_not_touched_by_a_detach)
{
	static const VolumeStatus statuses[] = {VOLUME_UPLOADING, VOLUME_ERROR, VOLUME_DELETING,
						VOLUME_MAINTENANCE};

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		assert_int_equal(volume_status_of(statuses[i], NULL, 0), statuses[i]);
}
