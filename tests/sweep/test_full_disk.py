#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A disk that fills up under a daemon at work: requests get 503 and change nothing, what is under
way waits, and goes on when there is room again; also when the daemon dies meanwhile.

The disk is a small file system in memory, which only root can mount.
"""
import os
import subprocess
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, name) for name in ('lib', 'api')] + [os.path.dirname(__file__)]
import lib  # noqa: E402
import tap  # noqa: E402
from journey import SERVERS, VOLUMES, Journey  # noqa: E402

# What is promised without being there, so that the disk and not the promise is what is full.
GENEROUS = '[volume]\nmax_over_subscription_ratio = 1000\n'
# Slow enough that the disk is full before the work is marked.
DELAY_S = 2
SLOW = {'CLEAT_FAKE_DELAY_MS': str(DELAY_S * 1000)}


class Disk:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='cleat-disk-')
        self.ballast = os.path.join(self.dir, 'ballast')
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=24M', 'tmpfs', self.dir],
                                 capture_output=True, check=False)
        if mounted.returncode:
            os.rmdir(self.dir)
            raise tap.Skip('no file system can be mounted here')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(['umount', self.dir], check=True)
        os.rmdir(self.dir)

    def fill(self):
        """To the last byte: what the daemon has in its hands then, it has already."""
        with open(self.ballast, 'wb', buffering=0) as ballast:
            for size in (1 << 20, 1 << 16, 1 << 12, 1):
                try:
                    while True:
                        ballast.write(b'x' * size)
                except OSError:
                    pass

    def free(self):
        os.unlink(self.ballast)


def start_again(cleatd, env):
    tap.expect(cleatd.stop(), 0)
    assert cleatd.start(env=env)


def with_daemon(check):
    """A server and a volume on a disk of their own; afterwards all can be done and taken apart."""
    with Disk() as disk:
        home = os.path.join(disk.dir, 'dev')
        config = os.path.join(disk.dir, 'cleatd.conf')
        os.mkdir(home)
        with open(config, 'w') as file:
            file.write(GENEROUS)
        cleatd = lib.Cleatd(dir=home, args=['--config', config])
        try:
            journey = Journey(cleatd.user('demo'))
            journey.make_server()
            journey.make_volume()
            start_again(cleatd, SLOW)
            check(disk, cleatd, journey)
            journey.wait(journey.volume, ('in-use', 'available'))
            start_again(cleatd, {})
            journey.finish()
        finally:
            cleatd.stop()


def begin_attach(journey):
    reply = journey.user.post(journey.attachments(),
                              {'volumeAttachment': {'volumeId': journey.volume()['id']}})
    tap.expect(reply.status, 200)


def requests_get_503_and_change_nothing():
    def check(disk, _, journey):
        server = journey.server()['id']
        disk.fill()
        volume = journey.volume()['id']
        for reply in (journey.user.put('%s/%s' % (VOLUMES, volume), {'volume': {'name': 'x'}}),
                      journey.user.post(journey.attachments(),
                                        {'volumeAttachment': {'volumeId': volume}}),
                      journey.user.post('%s/%s/action' % (SERVERS, server), {'os-stop': None}),
                      journey.user.delete('%s/%s' % (SERVERS, server))):
            tap.expect(reply.status, 503, str(reply))
            assert 'req-' in reply.text, reply
        tap.expect(journey.volume()['status'], 'available')
        tap.expect(journey.server()['OS-EXT-STS:task_state'], None)
        disk.free()
    with_daemon(check)


def work_under_way_waits_for_room():
    def check(disk, _, journey):
        begin_attach(journey)
        disk.fill()
        time.sleep(DELAY_S + 1)
        tap.expect(journey.volume()['status'], 'attaching')
        disk.free()
        journey.wait(journey.volume, ('in-use',))
    with_daemon(check)


def death_on_a_full_disk_loses_nothing():
    def check(disk, cleatd, journey):
        begin_attach(journey)
        disk.fill()
        time.sleep(DELAY_S + 0.5)
        cleatd.kill()
        disk.free()
        cleatd.start()
        journey.wait(journey.volume, ('in-use',))
    with_daemon(check)


tap.run('full disk', [requests_get_503_and_change_nothing, work_under_way_waits_for_room,
                      death_on_a_full_disk_loses_nothing])
