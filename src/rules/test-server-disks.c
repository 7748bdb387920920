/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
#include "rules/server-disks.h"

#include "base/str.h"
#include "tests/lib/test.h"

#define IMAGE "image-1"
#define ORDER "Boot sequence for the instance and image/block device mapping combination"
#define ROOT                                                                                       \
	{                                                                                          \
		.source = DISK_OF_IMAGE, .local = true, .source_id = IMAGE                         \
	}
#define VOLUME(...)                                                                                \
	{                                                                                          \
		.source = DISK_OF_VOLUME, .source_id = "v", __VA_ARGS__                            \
	}
#define NEVER .boot_index = DISK_BOOT_NEVER

static const Flavor plain = {.id = "f"};
static const Flavor rich = {.id = "f", .ephemeral_gib = 4, .swap_mib = 512};

typedef struct Case {
	const char *name;
	bool no_image;
	bool legacy;
	const Flavor *flavor;
	DiskWish asked[5];
	size_t count;
	DiskWish of_image[2];
	size_t of_image_count;
	const char *refused; /* a part of the sentence, or NULL: */
	const char *plan;    /* "image.local.0 blank.volume.-1" */
} Case;

static const char *plan_text(Arena *arena, const DiskPlan *plan)
{
	const char *text = "";

	for (size_t i = 0; i < plan->count; i++) {
		const DiskWish *disk = &plan->disks[i];

		text = arena_printf(arena, "%s%s%s.%s.%d", text, i ? " " : "",
				    enum_name(&disk_source_names, (int)disk->source),
				    disk->local ? disk->guest_format ? disk->guest_format : "local"
						: "volume",
				    (int)disk->boot_index);
	}
	return text;
}

static void check(const Case *c)
{
	_cleanup_(arena_freep) Arena *arena = arena_new();
	const DiskFrame frame = {
		.image_id = c->no_image ? NULL : IMAGE,
		.of_image = c->of_image,
		.of_image_count = c->of_image_count,
		.flavor = c->flavor ? c->flavor : &plain,
	};
	const DiskWishes asked = {.items = c->asked, .count = c->count, .indexed = !c->legacy};
	RefusalData data = {0};
	DiskPlan plan = {0};
	int r = server_disks_plan(arena, &frame, &asked, &plan, &data);

	if (c->refused) {
		if (r != REFUSAL_BAD_INPUT || !strstr(data.value, c->refused))
			fail_msg("%s: %d %s", c->name, r, r ? data.value : "");
		return;
	}
	if (r || !str_eq(plan_text(arena, &plan), c->plan))
		fail_msg("%s: %d %s", c->name, r, r ? data.value : plan_text(arena, &plan));
}

TEST(what_is_asked_for)
{
	static const Case cases[] = {
		{.name = "nothing", .legacy = true, .plan = "image.local.0"},
		{.name = "no image",
		 .legacy = true,
		 .no_image = true,
		 .refused = "Missing imageRef"},
		{.name = "nothing but a flavor",
		 .legacy = true,
		 .flavor = &rich,
		 .plan = "image.local.0 blank.local.-1 blank.swap.-1"},
		{.name = "image and volume",
		 .asked = {VOLUME(NEVER), ROOT},
		 .count = 2,
		 .plan = "image.local.0 volume.volume.-1"},
		{.name = "from a volume",
		 .no_image = true,
		 .asked = {VOLUME()},
		 .count = 1,
		 .plan = "volume.volume.0"},
		{.name = "volume type",
		 .no_image = true,
		 .asked = {{.source = DISK_OF_SNAPSHOT, .source_id = "s", .volume_type = "t"}},
		 .count = 1,
		 .plan = "snapshot.volume.0"},
		{.name = "several boot disks",
		 .no_image = true,
		 .asked = {VOLUME(.boot_index = 1), VOLUME(.boot_index = 2), VOLUME()},
		 .count = 3,
		 .plan = "volume.volume.0 volume.volume.1 volume.volume.2"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

TEST(what_is_refused)
{
	static const Case cases[] = {
		{.name = "gap",
		 .asked = {ROOT, VOLUME(.boot_index = 2)},
		 .count = 2,
		 .refused = ORDER},
		{.name = "twice", .asked = {ROOT, VOLUME()}, .count = 2, .refused = ORDER},
		{.name = "no root", .asked = {VOLUME(NEVER)}, .count = 1, .refused = ORDER},
		{.name = "no root, no image",
		 .no_image = true,
		 .asked = {VOLUME(NEVER)},
		 .count = 1,
		 .refused = "Missing imageRef"},
		{.name = "blank root",
		 .no_image = true,
		 .flavor = &rich,
		 .asked = {{.local = true}},
		 .count = 1,
		 .refused = ORDER},
		{.name = "blank with id",
		 .asked = {ROOT, {.source_id = "x", .size = 1, NEVER}},
		 .count = 2,
		 .refused = "Invalid device UUID."},
		{.name = "no id",
		 .asked = {ROOT, {.source = DISK_OF_VOLUME, NEVER}},
		 .count = 2,
		 .refused = "Missing device UUID."},
		{.name = "another image",
		 .asked = {{.source = DISK_OF_IMAGE, .local = true, .source_id = "other"}},
		 .count = 1,
		 .refused = "Mapping image to local"},
		{.name = "local volume",
		 .asked = {ROOT, VOLUME(.local = true, NEVER)},
		 .count = 2,
		 .refused = "Mapping volume to local"},
		{.name = "local snapshot",
		 .asked = {ROOT,
			   {.source = DISK_OF_SNAPSHOT, .local = true, .source_id = "s", NEVER}},
		 .count = 2,
		 .refused = "Mapping snapshot to local"},
		{.name = "image without size",
		 .no_image = true,
		 .asked = {{.source = DISK_OF_IMAGE, .source_id = IMAGE}},
		 .count = 1,
		 .refused = "Images with destination_type 'volume'"},
		{.name = "blank without size",
		 .asked = {ROOT, {NEVER}},
		 .count = 2,
		 .refused = "Blank volumes"},
		{.name = "typed volume",
		 .asked = {ROOT, VOLUME(.volume_type = "t", NEVER)},
		 .count = 2,
		 .refused = "Specifying volume type to existing volume"},
		{.name = "typed local disk",
		 .asked = {ROOT, {.local = true, .volume_type = "t", NEVER}},
		 .count = 2,
		 .refused = "Specifying a volume_type with destination_type=local"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

TEST(local_disks_fit_the_flavor)
{
	static const Case cases[] = {
		{.name = "parts of the ephemeral disk",
		 .flavor = &rich,
		 .asked = {ROOT,
			   {.local = true, .guest_format = "swap", .size = 256, NEVER},
			   {.local = true, .size = 4, NEVER}},
		 .count = 3,
		 .plan = "image.local.0 blank.local.-1 blank.swap.-1"},
		{.name = "too large",
		 .flavor = &rich,
		 .asked = {ROOT, {.local = true, .size = 5, NEVER}},
		 .count = 2,
		 .refused = "Ephemeral disks requested are larger"},
		{.name = "too large together",
		 .flavor = &rich,
		 .asked = {ROOT, {.local = true, .size = 2, NEVER}, {.local = true, NEVER}},
		 .count = 3,
		 .refused = "Ephemeral disks requested are larger"},
		{.name = "none in the flavor",
		 .asked = {ROOT, {.local = true, NEVER}},
		 .count = 2,
		 .refused = "Ephemeral disks requested are larger"},
		{.name = "swap too large",
		 .flavor = &rich,
		 .asked = {ROOT, {.local = true, .guest_format = "swap", .size = 513, NEVER}},
		 .count = 2,
		 .refused = "Swap drive requested is larger"},
		{.name = "swap twice",
		 .flavor = &rich,
		 .asked = {ROOT,
			   {.local = true, .guest_format = "swap", .size = 1, NEVER},
			   {.local = true, .guest_format = "swap", .size = 1, NEVER}},
		 .count = 3,
		 .refused = "More than one swap drive"},
		{.name = "too many",
		 .flavor = &rich,
		 .asked = {ROOT,
			   {.local = true, .size = 1, NEVER},
			   {.local = true, .size = 1, NEVER},
			   {.local = true, .size = 1, NEVER}},
		 .count = 4,
		 .refused = "more local devices than the limit"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

TEST(the_older_form)
{
	static const Case cases[] = {
		{.name = "a second disk",
		 .legacy = true,
		 .asked = {VOLUME(.device_name = "vdb")},
		 .count = 1,
		 .plan = "image.local.0 volume.volume.-1"},
		{.name = "the root disk by name",
		 .legacy = true,
		 .no_image = true,
		 .asked = {VOLUME(.device_name = "vdb"), VOLUME(.device_name = "/dev/vda")},
		 .count = 2,
		 .plan = "volume.volume.0 volume.volume.-1"},
		{.name = "a root disk before the image",
		 .legacy = true,
		 .asked = {VOLUME(.device_name = "vda")},
		 .count = 1,
		 .plan = "volume.volume.0"},
		{.name = "the first one",
		 .legacy = true,
		 .no_image = true,
		 .flavor = &rich,
		 .asked = {{.local = true, NEVER}, VOLUME(.device_name = "sda")},
		 .count = 2,
		 .plan = "volume.volume.0 blank.local.-1 blank.swap.-1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

#define SNAPSHOT(...)                                                                              \
	{                                                                                          \
		.source = DISK_OF_SNAPSHOT, .source_id = "s", __VA_ARGS__                          \
	}

TEST(disks_of_the_image)
{
	static const Case cases[] = {
		{.name = "its root",
		 .legacy = true,
		 .of_image = {SNAPSHOT()},
		 .of_image_count = 1,
		 .plan = "snapshot.volume.0"},
		{.name = "its root, and the client says image",
		 .asked = {ROOT, VOLUME(NEVER)},
		 .count = 2,
		 .of_image = {SNAPSHOT()},
		 .of_image_count = 1,
		 .plan = "snapshot.volume.0 volume.volume.-1"},
		{.name = "replaced",
		 .asked = {VOLUME(.device_name = "/dev/vdb", NEVER)},
		 .count = 1,
		 .of_image = {SNAPSHOT(), SNAPSHOT(.device_name = "vdb", NEVER)},
		 .of_image_count = 2,
		 .plan = "snapshot.volume.0 volume.volume.-1"},
		{.name = "dropped",
		 .asked = {{.dropped = true, .device_name = "vdb", NEVER}},
		 .count = 1,
		 .of_image = {SNAPSHOT(), SNAPSHOT(.device_name = "/dev/vdb", NEVER)},
		 .of_image_count = 2,
		 .plan = "snapshot.volume.0"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}
