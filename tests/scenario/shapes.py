#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What a guest that really runs sees of a resize, of going back from it, of a rescue, of an image
that was made of it while it ran, and of a rebuild; and that its volume stays with it.

One server goes through all of it. A word that is written to its root disk and another one on its
volume tell which disk is which.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attach  # noqa: E402
from attach import asked, demo, lib, tap, SERVERS, Server, Volume  # noqa: E402

CLEATD = attach.CLEATD
IMAGES = '/image/v2/images'
SECTORS_OF_GIB = 2 * 1024 * 1024
AT = 1000  # sectors from the beginning: nothing else is there
SERVER = None
VOLUME = None


def flavor(name, ram, vcpus, disk):
    asked(CLEATD.user('admin').post('/compute/v2.1/flavors', {'flavor': {
        'name': name, 'id': name, 'ram': ram, 'vcpus': vcpus, 'disk': disk}}))


class Shape(Server):
    def __init__(self):
        image, = (row['id'] for row in asked(demo().get(IMAGES))['images']
                  if row['name'] == 'tiny')
        self.image = image
        made = asked(demo().post(SERVERS, {'server': {
            'name': 'shape', 'imageRef': image, 'flavorRef': 'small', 'networks': 'none'}},
            version='compute 2.37'))
        self.id = made['server']['id']
        self.path = '%s/%s' % (SERVERS, self.id)
        self.wait('ACTIVE')
        self.wait_boot()

    def act(self, name, value, status):
        self.action(name, value)
        self.wait(status)
        self.wait_boot()

    def write(self, disk, word):
        self.run("printf '%%-16s' %s | dd of=/dev/%s bs=512 seek=%d conv=notrunc,fsync 2>&1" % (
            word, disk, AT))

    def read(self, disk):
        """The word on a disk; '' where nobody has written one."""
        return self.run("dd if=/dev/%s bs=512 skip=%d count=1 2>/dev/null | tr -d '\\0 '" % (
            disk, AT))

    def sectors(self, disk):
        return int(self.run('cat /sys/block/%s/size' % disk))

    def machine(self):
        """(MiB of memory, processors)"""
        kib = int(self.run("sed -n 's/^MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo"))
        return kib // 1024, int(self.run("grep -c '^processor' /proc/cpuinfo"))

    def words(self):
        """What is on the root disk and on the volume."""
        return self.read('vda'), self.read(self.wait_disk(VOLUME))


def a_server_boots():
    global SERVER, VOLUME
    flavor('small', 256, 1, 1)
    flavor('large', 384, 2, 2)
    SERVER, VOLUME = Shape(), Volume()
    SERVER.attach(VOLUME)
    SERVER.write('vda', 'root')
    SERVER.write(SERVER.wait_disk(VOLUME), 'volume')
    tap.expect(SERVER.words(), ('root', 'volume'))
    tap.expect(SERVER.sectors('vda'), SECTORS_OF_GIB)


def a_resize_is_seen_inside():
    ram, processors = SERVER.machine()
    tap.expect(processors, 1)
    SERVER.act('resize', {'flavorRef': 'large'}, 'VERIFY_RESIZE')
    assert SERVER.machine()[0] > ram + 100, SERVER.machine()
    tap.expect(SERVER.machine()[1], 2)
    tap.expect(SERVER.sectors('vda'), 2 * SECTORS_OF_GIB)
    tap.expect(SERVER.words(), ('root', 'volume'))
    SERVER.write('vda', 'larger')


def going_back_finds_the_old_disk():
    SERVER.act('revertResize', None, 'ACTIVE')
    tap.expect(SERVER.machine()[1], 1)
    tap.expect(SERVER.sectors('vda'), SECTORS_OF_GIB)
    tap.expect(SERVER.words(), ('root', 'volume'))


def a_rescue_has_the_disks_beside_its_own():
    SERVER.act('rescue', None, 'RESCUE')
    tap.expect(SERVER.read('vda'), '')
    assert SERVER.sectors('vda') < SECTORS_OF_GIB, SERVER.sectors('vda')
    tap.expect(SERVER.read('vdb'), 'root')
    tap.expect(SERVER.read(SERVER.wait_disk(VOLUME)), 'volume')
    SERVER.write('vdb', 'mended')
    SERVER.act('unrescue', None, 'ACTIVE')
    tap.expect(SERVER.words(), ('mended', 'volume'))


def an_image_of_a_running_guest_is_one_moment_of_it():
    before = attach.boot_id(SERVER)
    image = asked(demo().post(SERVER.path + '/action', {'createImage': {'name': 'moment'}},
                              version='compute 2.45'))['image_id']
    lib.wait_for(lambda: demo().get('%s/%s' % (IMAGES, image)).body['status'] == 'active',
                 'image', attach.REST_SECONDS)
    SERVER.wait('ACTIVE')
    tap.expect(attach.boot_id(SERVER), before, 'the guest went on')
    SERVER.write('vda', 'later')
    SERVER.act('rebuild', {'imageRef': image}, 'ACTIVE')
    tap.expect(SERVER.words(), ('mended', 'volume'))


def a_rebuild_forgets_the_disk():
    SERVER.act('rebuild', {'imageRef': SERVER.image}, 'ACTIVE')
    tap.expect(SERVER.words(), ('', 'volume'))
    tap.expect(SERVER.sectors('vda'), SECTORS_OF_GIB)


def the_server_goes():
    SERVER.delete()
    VOLUME.wait('available')


if __name__ == '__main__':
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name
    tap.run('shapes', [
        a_server_boots, a_resize_is_seen_inside, going_back_finds_the_old_disk,
        a_rescue_has_the_disks_beside_its_own, an_image_of_a_running_guest_is_one_moment_of_it,
        a_rebuild_forgets_the_disk, the_server_goes], attach.cleanup)
