/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the Cleat authors */
/*
 * A disk of a running guest is mirrored into another place, and moves there.
 */
#include "tests/scenario/machine.h"

#include <fcntl.h>

#include "base/mem.h"

/* A machine whose disk moves, and the place that it moves to. */
typedef struct Move {
	Machine m;
	char path[300];
	char serial[UUID_TEXT];
	DiskSpec target;
} Move;

static void move_init(Move *move)
{
	machine_init(&move->m);
	(void)snprintf(move->path, sizeof(move->path), "%s.mirror", move->m.disk);
	make_file(move->path, 16 << 20);
	uuid_new(move->serial);
	move->target = move->m.volume;
	move->target.path = move->path;
	move->target.serial = move->serial;
}

static int mirror_begin(const Move *move)
{
	Fault f = {0};
	int r = hypervisor_mirror_begin(hypervisor, move->m.id, move->m.alias, &move->target, &f);

	if (r < 0)
		print_message("# %s\n", f.text);
	return r;
}

static MirrorState mirror_state(const Move *move)
{
	MirrorView view = {0};
	Fault f = {0};

	must(hypervisor_mirror_look(hypervisor, move->m.id, move->m.alias, &move->target, &view,
				    &f),
	     &f);
	return view.state;
}

static int mirror_turn(const Move *move)
{
	Fault f = {0};
	int r = hypervisor_mirror_turn(hypervisor, move->m.id, move->m.alias, &move->target, &f);

	if (r < 0)
		print_message("# %s\n", f.text);
	return r;
}

static void mirror_cancel(const Move *move)
{
	Fault f = {0};

	must(hypervisor_mirror_cancel(hypervisor, move->m.id, move->m.alias, &f), &f);
}

static void mirror_ready(const Move *move)
{
	assert_int_equal(mirror_begin(move), 0);
	wait_until(mirror_state(move) == MIRROR_READY, WAIT_MS);
}

/* Only what a running guest has is mirrored; what was given up leaves the disk where it was. */
void disk_is_mirrored(void **state _unused_)
{
	Fault f = {0};
	Move move;

	move_init(&move);
	assert_int_equal(mirror_begin(&move), HYPERVISOR_NO_DOMAIN);
	assert_int_equal(mirror_turn(&move), HYPERVISOR_NO_DOMAIN);
	assert_int_equal(mirror_state(&move), MIRROR_NONE);
	mirror_cancel(&move);
	define(&move.m);
	must(hypervisor_attach_disk(hypervisor, move.m.id, &move.m.volume, &f), &f);
	assert_int_equal(mirror_begin(&move), HYPERVISOR_NO_DISK);
	assert_int_equal(mirror_turn(&move), HYPERVISOR_NO_DISK);
	start(&move.m);
	assert_int_equal(mirror_turn(&move), HYPERVISOR_NO_DISK); /* not ready */
	mirror_ready(&move);
	mirror_cancel(&move);
	mirror_cancel(&move);
	assert_int_equal(mirror_state(&move), MIRROR_NONE);
	assert_int_equal(mirror_turn(&move), HYPERVISOR_NO_DISK);
	mirror_ready(&move);
	mirror_ready(&move); /* anew */
	must(hypervisor_destroy(hypervisor, move.m.id, &f), &f);
	assert_int_equal(mirror_state(&move), MIRROR_NONE);
	assert_int_equal(mirror_turn(&move), HYPERVISOR_NO_DISK);
	assert_disk(&move.m, false, true);
	machine_gone(&move.m);
}

/* The disk moves, keeps its name, and stays where it is; then it moves back. */
void disk_moves(void **state _unused_)
{
	_cleanup_(closep) int fd = -1;
	Fault f = {0};
	Move move, back;

	move_init(&move);
	fd = open(move.m.disk, O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 8 << 20), 1);
	define(&move.m);
	must(hypervisor_attach_disk(hypervisor, move.m.id, &move.m.volume, &f), &f);
	start(&move.m);
	mirror_ready(&move);
	assert_int_equal(mirror_turn(&move), 0);
	assert_int_equal(mirror_turn(&move), 0);
	assert_int_equal(mirror_state(&move), MIRROR_TURNED);
	mirror_cancel(&move);
	assert_int_equal(mirror_state(&move), MIRROR_TURNED);
	assert_byte(move.path, 'x');
	assert_disk(&move.m, true, true);
	back = move;
	back.target = move.m.volume;
	mirror_ready(&back);
	assert_int_equal(mirror_state(&move), MIRROR_TURNED); /* it is still there */
	assert_int_equal(mirror_turn(&back), 0);
	assert_int_equal(mirror_state(&move), MIRROR_NONE);
	mirror_ready(&move);
	assert_int_equal(mirror_turn(&move), 0);
	must(hypervisor_destroy(hypervisor, move.m.id, &f), &f);
	assert_int_equal(mirror_state(&move), MIRROR_TURNED);
	assert_int_equal(mirror_turn(&move), 0);
	start(&move.m);
	assert_int_equal(mirror_state(&move), MIRROR_TURNED);
	assert_disk(&move.m, true, true);
	must(hypervisor_destroy(hypervisor, move.m.id, &f), &f);
	must(hypervisor_detach_disk(hypervisor, move.m.id, move.m.alias, false, 0, &f), &f);
	machine_gone(&move.m);
}
