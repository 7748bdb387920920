/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * What the wrappers let through: documented outcomes do, others become faults, events reach the
 * one who asked for them.
 */
#include "contract/hypervisor.h"

#include <errno.h>

#include "tests/lib/test.h"

#define ID "5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11"

static int answer; /* of the next call */
static const HypervisorConfig *opened;

static int mock_open(const HypervisorConfig *config, void **ret, Fault *f)
{
	static HypervisorConfig copy;

	if (answer < 0)
		return fault(f, answer, "no emulator");
	copy = *config;
	opened = &copy;
	*ret = &copy;
	return 0;
}

static void mock_close(void *self)
{
	assert_ptr_equal(self, opened);
	opened = NULL;
}

static const char *mock_describe(void *self _unused_)
{
	return "mock 1.0";
}

static int mock_define(void *self _unused_, const DomainSpec *spec _unused_, Fault *f _unused_)
{
	return answer;
}

static int mock_power(void *self _unused_, const char *id _unused_, Fault *f _unused_)
{
	return answer;
}

static int mock_state(void *self _unused_, const char *id _unused_, DomainState *ret,
		      Fault *f _unused_)
{
	*ret = DOMAIN_PAUSED;
	return answer;
}

static int mock_put(void *self _unused_, const char *id _unused_, const DiskSpec *disk _unused_,
		    Fault *f _unused_)
{
	return answer;
}

static int mock_detach(void *self _unused_, const char *id _unused_, const char *alias _unused_,
		       bool resend _unused_, int64_t wait_ms _unused_, Fault *f _unused_)
{
	return answer;
}

static int mock_find(void *self _unused_, const char *id _unused_, const char *alias _unused_,
		     DiskPresence *ret, Fault *f _unused_)
{
	*ret = (DiskPresence){.live = true};
	return answer;
}

static const HostTraits *mock_traits(void *self _unused_)
{
	static const HostTraits traits = {.lacks[HOST_TRAIT_VIRTIO_FS] = "not here"};

	return &traits;
}

static int mock_filesystem(void *self _unused_, const char *id _unused_,
			   const FilesystemSpec *filesystem _unused_, Fault *f _unused_)
{
	return answer;
}

static int mock_find_filesystem(void *self _unused_, const char *id _unused_,
				const char *alias _unused_, FilesystemPresence *ret,
				Fault *f _unused_)
{
	*ret = (FilesystemPresence){.live = true};
	return answer;
}

static int mock_addresses(void *self _unused_, const char *id _unused_, Arena *arena,
			  DiskAddress **ret, size_t *ret_count, Fault *f _unused_)
{
	*ret = ARENA_NEW(arena, DiskAddress);
	*ret_count = 1;
	return answer;
}

static int mock_resize(void *self _unused_, const char *id _unused_, const char *alias _unused_,
		       int64_t size_bytes _unused_, Fault *f _unused_)
{
	return answer;
}

static int mock_copy_begin(void *self _unused_, const char *id _unused_, const char *alias _unused_,
			   const DiskCopy *copy _unused_, Fault *f _unused_)
{
	return answer;
}

static int mock_copy_look(void *self _unused_, const char *id _unused_, const char *name _unused_,
			  Fault *f _unused_)
{
	return answer;
}

static int mock_copy_cancel(void *self _unused_, const char *id _unused_, Fault *f _unused_)
{
	return answer;
}

static int mock_mirror(void *self _unused_, const char *id _unused_, const char *alias _unused_,
		       const DiskSpec *target _unused_, Fault *f _unused_)
{
	return answer;
}

static int mock_mirror_look(void *self _unused_, const char *id _unused_,
			    const char *alias _unused_, const DiskSpec *target _unused_,
			    MirrorView *ret, Fault *f _unused_)
{
	*ret = (MirrorView){.state = MIRROR_COPYING, .percent = 42};
	return answer;
}

static int mock_mirror_cancel(void *self _unused_, const char *id _unused_,
			      const char *alias _unused_, Fault *f _unused_)
{
	return answer;
}

static int mock_console(void *self _unused_, const char *id _unused_, size_t bytes_max _unused_,
			Arena *arena, const char **ret, Fault *f _unused_)
{
	*ret = arena_strdup(arena, "login:");
	return answer;
}

static int mock_list(void *self _unused_, Arena *arena _unused_, const char *const **ret_ids,
		     size_t *ret_count, Fault *f _unused_)
{
	*ret_ids = NULL;
	*ret_count = 0;
	return answer;
}

static int mock_inspect(void *self _unused_, const char *id_or_name, Arena *arena _unused_,
			DomainFacts *ret, Fault *f _unused_)
{
	*ret = (DomainFacts){.id = ID, .name = id_or_name, .owner = DOMAIN_FOREIGN};
	return answer;
}

static const HypervisorDriver mock = {
	.name = "mock",
	.size = sizeof(HypervisorDriver),
	.open = mock_open,
	.close = mock_close,
	.describe = mock_describe,
	.traits = mock_traits,
	.define = mock_define,
	.undefine = mock_power,
	.start = mock_power,
	.pause = mock_power,
	.save = mock_power,
	.shutdown = mock_power,
	.reboot = mock_power,
	.destroy = mock_power,
	.state = mock_state,
	.attach_disk = mock_put,
	.detach_disk = mock_detach,
	.restore_disk = mock_put,
	.find_disk = mock_find,
	.attach_filesystem = mock_filesystem,
	.detach_filesystem = mock_detach,
	.find_filesystem = mock_find_filesystem,
	.disk_addresses = mock_addresses,
	.change_medium = mock_put,
	.resize_disk = mock_resize,
	.copy_begin = mock_copy_begin,
	.copy_look = mock_copy_look,
	.copy_cancel = mock_copy_cancel,
	.mirror_begin = mock_mirror,
	.mirror_look = mock_mirror_look,
	.mirror_turn = mock_mirror,
	.mirror_cancel = mock_mirror_cancel,
	.console = mock_console,
	.list = mock_list,
	.inspect = mock_inspect,
	.adopt = mock_power,
	.release = mock_power,
};

static Hypervisor *open_mock(HypervisorConfig config)
{
	Hypervisor *hypervisor = NULL;

	answer = 0;
	config.state_dir = "/nowhere";
	assert_int_equal(hypervisor_open(&mock, &config, &hypervisor, NULL), 0);
	return hypervisor;
}

TEST(open_fails)
{
	HypervisorConfig config = {.state_dir = "/nowhere"};
	Hypervisor *hypervisor = NULL;
	Fault f = {0};

	answer = -ENOENT;
	assert_int_equal(hypervisor_open(&mock, &config, &hypervisor, &f), -ENOENT);
	assert_string_equal(f.text, "no emulator");
	assert_null(hypervisor);
}

TEST(documented_outcomes_pass)
{
	_cleanup_(hypervisor_closep) Hypervisor *hypervisor = open_mock((HypervisorConfig){0});

	answer = HYPERVISOR_NO_DOMAIN;
	assert_int_equal(hypervisor_start(hypervisor, ID, NULL), HYPERVISOR_NO_DOMAIN);
	answer = HYPERVISOR_UNSUPPORTED;
	assert_int_equal(hypervisor_reboot(hypervisor, ID, NULL), HYPERVISOR_UNSUPPORTED);
	for (answer = HYPERVISOR_NO_DOMAIN; answer <= HYPERVISOR_REFUSED; answer++)
		assert_int_equal(hypervisor_detach_disk(hypervisor, ID, "ua-1", false, 0, NULL),
				 answer);
	answer = -EIO;
	assert_int_equal(hypervisor_destroy(hypervisor, ID, NULL), -EIO);
}

TEST(other_outcomes_are_faults)
{
	_cleanup_(hypervisor_closep) Hypervisor *hypervisor = open_mock((HypervisorConfig){0});
	const DiskSpec disk = {.alias = "ua-1", .target = "vdb", .bus = "virtio", .path = "/v"};
	const DiskCopy copy = {.name = "one", .path = "/c"};
	Fault f = {0};

	answer = HYPERVISOR_PENDING;
	assert_int_equal(hypervisor_start(hypervisor, ID, &f), -EPROTO);
	assert_non_null(strstr(f.text, "mock answered start(" ID ") with 1102"));
	answer = HYPERVISOR_NO_DISK;
	assert_int_equal(hypervisor_attach_disk(hypervisor, ID, &disk, &f), -EPROTO);
	assert_int_equal(hypervisor_restore_disk(hypervisor, ID, &disk, &f), HYPERVISOR_NO_DISK);
	assert_int_equal(hypervisor_resize_disk(hypervisor, ID, "ua-1", 1, &f), HYPERVISOR_NO_DISK);
	answer = HYPERVISOR_PENDING;
	assert_int_equal(hypervisor_resize_disk(hypervisor, ID, "ua-1", 1, &f), -EPROTO);
	assert_int_equal(hypervisor_copy_look(hypervisor, ID, "one", &f), HYPERVISOR_PENDING);
	assert_int_equal(hypervisor_copy_begin(hypervisor, ID, "ua-1", &copy, &f), -EPROTO);
	assert_int_equal(hypervisor_copy_cancel(hypervisor, ID, &f), -EPROTO);
	assert_int_equal(hypervisor_mirror_turn(hypervisor, ID, "ua-1", &disk, &f),
			 HYPERVISOR_PENDING);
	assert_int_equal(hypervisor_mirror_begin(hypervisor, ID, "ua-1", &disk, &f), -EPROTO);
	assert_int_equal(hypervisor_mirror_cancel(hypervisor, ID, "ua-1", &f), -EPROTO);
	assert_int_equal(hypervisor_adopt(hypervisor, ID, &f), -EPROTO);
	assert_int_equal(hypervisor_release(hypervisor, ID, &f), -EPROTO);
	answer = HYPERVISOR_REFUSED;
	assert_int_equal(hypervisor_adopt(hypervisor, ID, &f), HYPERVISOR_REFUSED);
	assert_int_equal(hypervisor_release(hypervisor, ID, &f), HYPERVISOR_REFUSED);
	answer = 7;
	assert_int_equal(hypervisor_detach_disk(hypervisor, ID, "ua-1", false, 0, &f), -EPROTO);
}

TEST(answers_come_back)
{
	_cleanup_(hypervisor_closep) Hypervisor *hypervisor = open_mock((HypervisorConfig){0});
	_cleanup_(arena_freep) Arena *arena = arena_new();
	DomainState state = DOMAIN_ABSENT;
	const DiskSpec disk = {.alias = "ua-1", .target = "vdb", .bus = "virtio", .path = "/v"};
	DiskPresence presence = {0};
	const char *text = NULL;
	MirrorView view = {0};
	DomainFacts facts;

	assert_int_equal(hypervisor_state(hypervisor, ID, &state, NULL), 0);
	assert_int_equal(state, DOMAIN_PAUSED);
	assert_int_equal(hypervisor_find_disk(hypervisor, ID, "ua-1", &presence, NULL), 0);
	assert_true(presence.live && !presence.config);
	assert_int_equal(hypervisor_mirror_look(hypervisor, ID, "ua-1", &disk, &view, NULL), 0);
	assert_true(view.state == MIRROR_COPYING && view.percent == 42);
	assert_int_equal(hypervisor_console(hypervisor, ID, 10, arena, &text, NULL), 0);
	assert_string_equal(text, "login:");
	assert_int_equal(hypervisor_inspect(hypervisor, "old", arena, &facts, NULL), 0);
	assert_string_equal(facts.name, "old");
	answer = -EIO;
	state = DOMAIN_OFF;
	assert_int_equal(hypervisor_state(hypervisor, ID, &state, NULL), -EIO);
	assert_int_equal(state, DOMAIN_OFF);
}

static void note_event(void *ctx, const HypervisorEvent *event)
{
	*(HypervisorEvent *)ctx = *event;
}

TEST(events_reach_the_caller)
{
	HypervisorEvent seen = {0};
	const HypervisorEvent sent = {.kind = HYPERVISOR_DISK_GONE, .domain_id = ID, .alias = "a"};
	_cleanup_(hypervisor_closep) Hypervisor *hypervisor =
		open_mock((HypervisorConfig){.on_event = note_event, .ctx = &seen});

	assert_non_null(hypervisor);
	opened->on_event(opened->ctx, &sent);
	assert_int_equal(seen.kind, HYPERVISOR_DISK_GONE);
	assert_string_equal(seen.alias, "a");
}
