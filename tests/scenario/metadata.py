#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What a guest that really runs finds out about itself: over its network, as any guest does, and
on its config drive. Both tell of a volume that is attached while it runs.
"""
import json
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, name) for name in ('api', 'lib', 'scenario')]
import tap  # noqa: E402
import attach  # noqa: E402
from attach import CLEATD, Server, Volume  # noqa: E402

MD = 'http://169.254.169.254'
DRIVE = ('for d in /sys/block/sr*; do d=/dev/${d##*/}; done; mkdir -p /tmp/drive; '
         'mount -t iso9660 -o ro $d /tmp/drive && cat /tmp/drive/%s; s=$?; umount /tmp/drive; '
         'exit $s')

SERVER = None
VOLUME = None


class Guest(Server):
    def __init__(self, **wish):
        super().__init__(name='told', config_drive=True, networks='auto',
                         metadata={'role': 'db'}, **wish)

    def http(self, path):
        return self.run('wget -q -O - %s%s' % (MD, path))

    def drive(self, path):
        return self.run('(' + DRIVE % path + ')')


def devices(text):
    return json.loads(text)['devices']


def a_guest_boots_with_a_network():
    global SERVER
    SERVER = Guest()
    SERVER.run('ip link set dev eth0 up && ip addr add 169.254.10.15/16 dev eth0')


def it_is_told_over_its_network():
    tap.expect(SERVER.http('/').split()[-1], 'latest')
    told = json.loads(SERVER.http('/openstack/latest/meta_data.json'))
    tap.expect((told['uuid'], told['meta'], told['devices']), (SERVER.id, {'role': 'db'}, []))
    tap.expect(SERVER.http('/latest/meta-data/instance-id'), 'i-' + SERVER.id[:8])


def it_is_told_by_its_drive():
    told = json.loads(SERVER.drive('openstack/latest/meta_data.json'))
    tap.expect((told['uuid'], told['meta'], told['devices']), (SERVER.id, {'role': 'db'}, []))
    tap.expect(SERVER.run('for d in /sys/block/sr*; do dd if=/dev/${d##*/} bs=1 skip=32808 count=8 '
                          '2>/dev/null; done'), 'config-2')


def a_tag_is_found_by_both():
    global VOLUME
    VOLUME = Volume()
    SERVER.attach(VOLUME, tag='database')
    disk = SERVER.wait_disk(VOLUME)
    for text in (SERVER.http('/openstack/latest/meta_data.json'),
                 SERVER.drive('openstack/latest/meta_data.json')):
        device, = devices(text)
        tap.expect((device['tags'], device['serial']), (['database'], VOLUME.id))
        tap.expect(SERVER.run('ls /sys/bus/pci/devices/%s/virtio*/block' % device['address']), disk)


def what_was_detached_is_forgotten_by_both():
    SERVER.detach(VOLUME)
    tap.expect(devices(SERVER.http('/openstack/latest/meta_data.json')), [])
    tap.expect(devices(SERVER.drive('openstack/latest/meta_data.json')), [])


def a_drive_that_is_mounted_is_read_anew():
    SERVER.run('mkdir -p /tmp/held && mount -t iso9660 -o ro /dev/sr0 /tmp/held')
    SERVER.attach(VOLUME, tag='again')
    SERVER.run('umount /tmp/held')
    tap.expect([device['tags'] for device in devices(
        SERVER.drive('openstack/latest/meta_data.json'))], [['again']])


def a_password_is_left():
    SERVER.run("wget -q -O - --post-data='sealed' %s/openstack/latest/password; true" % MD)
    tap.expect(SERVER.http('/openstack/latest/password'), 'sealed')


def it_is_told_after_a_crash_of_cleatd():
    CLEATD.kill()
    assert CLEATD.start()
    attach.lib.wait_for(lambda: 'latest' in SERVER.run('wget -q -O - %s/openstack || true' % MD),
                        'metadata after the crash')


def another_start_finds_what_is_there():
    SERVER.action('reboot', {'type': 'HARD'})
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    tap.expect([device['serial'] for device in devices(
        SERVER.drive('openstack/latest/meta_data.json'))], [VOLUME.id])
    SERVER.delete()


def clean_up():
    attach.cleanup()


if __name__ == '__main__':
    assert CLEATD.start()
    tap.run('metadata', [
        a_guest_boots_with_a_network, it_is_told_over_its_network, it_is_told_by_its_drive,
        a_tag_is_found_by_both, what_was_detached_is_forgotten_by_both,
        a_drive_that_is_mounted_is_read_anew, a_password_is_left,
        it_is_told_after_a_crash_of_cleatd, another_start_finds_what_is_there], cleanup=clean_up)
