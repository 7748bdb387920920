#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A disk that fills up: refusals that pass, nothing half done, and all is well when there is room.

cleatd runs in a mount namespace of its own, where its directory is a small file system.
"""
import os
import re
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

V3 = '/volume/v3'
MIB = 1 << 20
MOUNT = 'mount -t tmpfs -o size=48m,mode=700 cleat-test "$0" && exec "$@"'
# What is promised without being there, so that the disk and not the promise is what is full.
GENEROUS = '[volume]\nmax_over_subscription_ratio = 1000\n'


class SmallDisk:
    """A cleatd whose directory holds 48 MiB; filled and emptied from here."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='cleat-test-')
        self.config = tempfile.NamedTemporaryFile('w', suffix='.conf')
        self.config.write(GENEROUS)
        self.config.flush()
        self.cleatd = Cleatd(dir=self.folder, start=False, args=['--config', self.config.name],
                             wrap=['unshare', '--mount', 'sh', '-c', MOUNT, self.folder])
        self.inside = None

    def start(self):
        if os.geteuid() != 0 or subprocess.run(['unshare', '--mount', 'true'], check=False,
                                               capture_output=True).returncode:
            raise tap.Skip('only root can mount a small disk')
        assert self.cleatd.start(), 'cleatd does not start'
        self.inside = '/proc/%d/root%s' % (self.cleatd.process.pid, self.folder)
        self.cleatd.dir = self.inside

    def leave(self, room):
        """Fill the disk up to that many bytes."""
        with open(os.path.join(self.inside, 'filler'), 'ab') as f:
            there = os.fstatvfs(f.fileno())
            spare = there.f_bavail * there.f_frsize - room
            assert spare >= 0, 'less than %d is left' % room
            os.posix_fallocate(f.fileno(), f.tell(), spare)

    def empty(self):
        os.unlink(os.path.join(self.inside, 'filler'))

    def end(self):
        if self.inside:
            self.cleatd.stop()
            os.unlink(os.path.join(self.folder, 'test.log'))
        os.rmdir(self.folder)
        self.config.close()


disk = SmallDisk()


def demo():
    if not disk.inside:
        raise tap.Skip('only root can mount a small disk')
    return disk.cleatd.user('demo')


def volume_gone(user, volume_id):
    wait_for(lambda: user.get('%s/volumes/%s' % (V3, volume_id)).status == 404,
             'the volume to be gone')


def there_is_room_at_first():
    disk.start()
    volume = demo().post(V3 + '/volumes', {'volume': {'size': 1, 'name': 'first'}}).body['volume']
    wait_status(demo(), '%s/volumes/%s' % (V3, volume['id']), 'volume', 'available')


def a_volume_without_room_becomes_error_and_can_be_deleted():
    user = demo()
    disk.leave(8 * MIB)
    volume = user.post(V3 + '/volumes', {'volume': {'size': 1}}).body['volume']
    path = '%s/volumes/%s' % (V3, volume['id'])
    wait_for(lambda: user.get(path).body['volume']['status'] == 'error', 'the volume in error')
    tap.expect(user.delete(path).status, 202)
    volume_gone(user, volume['id'])
    used = user.get(V3 + '/limits').body['limits']['absolute']
    tap.expect((used['totalVolumesUsed'], used['totalGigabytesUsed']), (1, 1))


def a_full_disk_is_503_and_changes_nothing():
    user = demo()
    disk.leave(0)
    first = user.get(V3 + '/volumes').body['volumes'][0]['id']
    for _ in range(3):
        reply = user.put('%s/volumes/%s' % (V3, first), {'volume': {'name': 'other'}})
        tap.expect(reply.status, 503, 'status of %r' % reply)
        assert re.search(r'req-[0-9a-f-]{36}', reply.message()), reply
        assert 'sqlite' not in reply.text.lower(), reply
    names = [volume['name'] for volume in user.get(V3 + '/volumes').body['volumes']]
    tap.expect(names, ['first'], 'volumes that are there')


def a_volume_that_cannot_fit_is_refused_at_once():
    reply = demo().post(V3 + '/volumes', {'volume': {'size': 1}})
    tap.expect(reply.status, 413, 'status of %r' % reply)
    tap.expect(reply.message(),
               'CapacityExceeded: Requested volume or snapshot of 1G does not fit: the storage has '
               'room for 0G.')


def all_is_well_when_there_is_room_again():
    user = demo()
    disk.empty()
    volume = user.post(V3 + '/volumes', {'volume': {'size': 1, 'name': 'second'}}).body['volume']
    wait_status(user, '%s/volumes/%s' % (V3, volume['id']), 'volume', 'available')
    for volume in user.get(V3 + '/volumes').body['volumes']:
        tap.expect(user.delete('%s/volumes/%s' % (V3, volume['id'])).status, 202)
        volume_gone(user, volume['id'])


tap.run('full disk', [
    there_is_room_at_first, a_volume_without_room_becomes_error_and_can_be_deleted,
    a_full_disk_is_503_and_changes_nothing, a_volume_that_cannot_fit_is_refused_at_once,
    all_is_well_when_there_is_room_again,
], cleanup=disk.end)
