#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Two guests that really run, and one multiattach volume that both have: what one writes past every
cache, the other reads. One lets go of it, and the other goes on; it is gone with its last server.
"""
import os
import sys
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attach  # noqa: E402
from attach import asked, demo, lib, tap, Server, Volume, SERVERS, VOLUMES  # noqa: E402

CLEATD = attach.CLEATD
BLOCK = 4096
GUESTS = []
SHARED = None


class SharedVolume(Volume):
    def __init__(self):
        self.id = asked(demo().post(VOLUMES, {'volume': {
            'size': 1, 'volume_type': 'multiattach'}}))['volume']['id']
        self.wait('available')


def ask_attach(server, version='compute 2.79', **more):
    return demo().post(server.path + '/os-volume_attachments',
                       {'volumeAttachment': dict(more, volumeId=SHARED.id)}, version=version)


def take(server, **more):
    asked(ask_attach(server, **more))
    return server.wait_disk(SHARED)


def gone_from(server):
    lib.wait_for(lambda: SHARED.id not in server.attachments(), 'the detach',
                 attach.RELEASE_SECONDS)
    server.wait_no_disk(SHARED)


def write(server, text, block):
    """One block, straight to the disk."""
    server.run("printf '%%-%ds' '%s' >/tmp/block && dd if=/tmp/block of=/dev/%s bs=%d seek=%d "
               "conv=notrunc oflag=direct" % (BLOCK, text, server.disk_of(SHARED), BLOCK, block))


def read(server, block):
    return server.run("dd if=/dev/%s bs=%d skip=%d count=1 iflag=direct 2>/dev/null" % (
        server.disk_of(SHARED), BLOCK, block)).strip()


def disk_in_domain(server):
    path = server.libvirt_file('run', 'qemu', 'cleat-%s.xml' % server.id)
    disk, = (node for node in xml.etree.ElementTree.parse(path).iter('disk')
             if node.findtext('serial') == SHARED.id)
    return disk


def two_guests_have_one_volume():
    global SHARED
    GUESTS.extend(Server() for _ in range(2))
    SHARED = SharedVolume()
    reply = ask_attach(GUESTS[0], 'compute 2.59')
    tap.expect((reply.status, reply.message()), (
        400, 'Multiattach volumes are only supported starting with compute API version 2.60.'),
        'before 2.60')
    for guest in GUESTS:
        take(guest)
    tap.expect(len(SHARED.show()['attachments']), 2, 'attachments')
    for guest in GUESTS:
        disk = disk_in_domain(guest)
        assert disk.find('shareable') is not None, 'not shareable'
        tap.expect(disk.find('driver').get('cache'), 'none', 'cache')


def what_one_writes_the_other_reads():
    one, other = GUESTS
    for number in range(3):
        write(one, 'from one %d' % number, 2 * number)
        write(other, 'from the other %d' % number, 2 * number + 1)
        tap.expect(read(other, 2 * number), 'from one %d' % number, 'what the other reads')
        tap.expect(read(one, 2 * number + 1), 'from the other %d' % number, 'what one reads')
        write(other, 'changed %d' % number, 2 * number)  # what the first one has read itself
        tap.expect(read(one, 2 * number), 'changed %d' % number, 'what one reads again')


def one_lets_go_and_the_other_goes_on():
    one, other = GUESTS
    one.request_detach(SHARED)
    gone_from(one)
    tap.expect(SHARED.show()['status'], 'in-use', 'status')
    write(other, 'alone', 1)
    tap.expect(read(other, 1), 'alone', 'what it reads')
    take(one)
    tap.expect(read(one, 1), 'alone', 'what the one that came back reads')


def an_emulator_that_dies_takes_nothing_from_the_other():
    one, other = GUESTS
    os.kill(one.emulator(), 9)
    one.wait('SHUTOFF')
    write(other, 'still here', 2)
    one.action('os-start')
    one.wait('ACTIVE')
    one.wait_boot()
    one.wait_disk(SHARED)
    tap.expect(read(one, 2), 'still here', 'what it reads after its death')


def the_last_server_takes_it_along():
    one, other = GUESTS
    for guest in GUESTS:
        asked(demo().put('%s/os-volume_attachments/%s' % (guest.path, SHARED.id), {
            'volumeAttachment': {'volumeId': SHARED.id, 'delete_on_termination': True}},
            version='compute 2.85'))
    one.delete()
    tap.expect(SHARED.show()['status'], 'in-use', 'status')
    write(other, 'the last', 3)
    tap.expect(read(other, 3), 'the last', 'what the last one reads')
    file = SHARED.file()
    other.delete()
    lib.wait_for(lambda: demo().get('%s/%s' % (VOLUMES, SHARED.id)).status == 404,
                 'the volume to be gone')
    tap.expect(os.path.exists(file), False, 'its file')
    tap.expect(asked(demo().get(SERVERS))['servers'], [], 'servers')


if __name__ == '__main__':
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name
    tap.run('sharing', [
        two_guests_have_one_volume, what_one_writes_the_other_reads,
        one_lets_go_and_the_other_goes_on, an_emulator_that_dies_takes_nothing_from_the_other,
        the_last_server_takes_it_along], attach.cleanup)
