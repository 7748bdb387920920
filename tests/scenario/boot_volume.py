#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Servers that boot from volumes, with all kinds of disks from the start, seen from inside.

One guest is started by its kernel, as all others here, and shows its disks. Another boots as
machines do: the firmware runs what stands in the first sector of its volume, which says so on the
serial console.
"""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attach  # noqa: E402
from attach import asked, demo, lib, tap, GIB, SERVERS, VOLUMES, Server, Volume  # noqa: E402

CLEATD = attach.CLEATD
EPHEMERAL_GIB = 1
SWAP_MIB = 16
COMMITS_MAX = 24
TAGS = {}
SERVER = None
DATA = None

# The text that follows, byte by byte to the serial port; then the processor rests.
BOOT_CODE = bytes.fromhex('fc 31c0 8ed8 be167c ac 84c0 7406 baf803 ee ebf5 f4 ebfd')


def admin():
    return CLEATD.user('admin')


def image():
    rows = asked(demo().get('/image/v2/images'))['images']
    return next(row['id'] for row in rows if row['name'] == 'tiny')


def flavor(**more):
    return asked(admin().post('/compute/v2.1/flavors', {'flavor': {
        'name': 'boot-%d' % time.monotonic_ns(), 'ram': 256, 'vcpus': 1, 'disk': 0, **more}}))[
            'flavor']['id']


class Born(Server):
    """A server of volumes. It is looked at before it is waited for."""

    def __init__(self, flavor_id, mappings):
        body = {'name': 'born', 'flavorRef': flavor_id, 'networks': 'none',
                'block_device_mapping_v2': mappings}
        self.id = asked(demo().post(SERVERS, {'server': body}, version='compute 2.67'))[
            'server']['id']
        self.path = '%s/%s' % (SERVERS, self.id)

    def rows(self):
        rows = asked(demo().get(self.path + '/os-volume_attachments', version='compute 2.89'))
        return {row['tag']: row for row in rows['volumeAttachments']}


class Made(Volume):
    """A volume that somebody else made."""

    def __init__(self, identity):
        self.id = identity

    def wait_gone(self):
        lib.wait_for(lambda: demo().get('%s/%s' % (VOLUMES, self.id)).status == 404,
                     'volume to go with its server')


def mapping(source, identity=None, **more):
    row = {'source_type': source, 'destination_type': 'volume', **more}
    if identity:
        row['uuid'] = identity
    return row


# --- tests ---------------------------------------------------------------------------------

def a_server_boots_from_a_volume_that_is_made_for_it():
    global SERVER, DATA
    DATA = Volume()
    rich = flavor(**{'OS-FLV-EXT-DATA:ephemeral': EPHEMERAL_GIB, 'swap': SWAP_MIB})
    SERVER = Born(rich, [
        mapping('image', image(), boot_index=0, volume_size=1, delete_on_termination=True,
                tag='root'),
        mapping('volume', DATA.id, tag='data'),
        mapping('blank', volume_size=2, delete_on_termination=True, disk_bus='scsi', tag='scsi'),
    ])
    assert DATA.show()['status'] in ('reserved', 'in-use'), DATA.show()
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    rows = SERVER.rows()
    TAGS.update({tag: Made(row['volumeId']) for tag, row in rows.items()})
    tap.expect({tag: row['device'] for tag, row in rows.items()},
               {'root': '/dev/vda', 'data': '/dev/vdd', 'scsi': '/dev/sda'}, 'devices')
    for volume in TAGS.values():
        tap.expect(volume.show()['status'], 'in-use', 'volume')
    shown = asked(demo().get(SERVER.path))['server']
    tap.expect(shown['image'], '', 'image')


def the_guest_sees_each_disk():
    tap.expect(SERVER.disk_of(TAGS['root']), 'vda', 'root disk')
    tap.expect(int(SERVER.run('cat /sys/block/vda/size')) * 512, GIB, 'size of the root disk')
    assert SERVER.disk_of(DATA), 'no data disk'
    tap.expect(SERVER.run('cat /sys/block/vdb/size'), str(EPHEMERAL_GIB * GIB // 512),
               'size of the ephemeral disk')
    tap.expect(SERVER.run('dd if=/dev/vdb bs=1 skip=1080 count=2 2>/dev/null | hexdump -e \'1/1 '
                          '"%02x"\''), '53ef', 'its file system')
    tap.expect(SERVER.run('cat /sys/block/vdc/size'), str(SWAP_MIB * 2048), 'size of the swap')
    tap.expect(SERVER.run('dd if=/dev/vdc bs=1 skip=4086 count=10 2>/dev/null'), 'SWAPSPACE2',
               'its signature')
    tap.expect(SERVER.run('cat /sys/block/sda/size'), str(2 * GIB // 512), 'size on the bus scsi')


def volumes_are_there_after_a_stop():
    SERVER.run("echo 'on the root disk' | dd of=/dev/vda bs=512 seek=9 conv=fsync")
    SERVER.action('os-stop')
    SERVER.wait('SHUTOFF')
    with open(TAGS['root'].file(), 'rb') as file:
        file.seek(9 * 512)
        tap.expect(file.read(16), b'on the root disk', 'data')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    tap.expect(SERVER.disk_of(TAGS['root']), 'vda', 'root disk')
    SERVER.wait_disk(DATA)
    tap.expect(SERVER.run('dd if=/dev/vdc bs=1 skip=4086 count=10 2>/dev/null'), 'SWAPSPACE2',
               'swap')


def the_root_volume_stays_and_others_come_and_go():
    reply = demo().delete('%s/os-volume_attachments/%s' % (SERVER.path, TAGS['root'].id))
    tap.expect((reply.status, reply.message()), (400, 'Cannot detach a root device volume'),
               'detach')
    SERVER.detach(DATA)
    SERVER.wait_no_disk(DATA)
    tap.expect(SERVER.attach(DATA)['device'], '/dev/vdd', 'device')
    SERVER.wait_disk(DATA)


def deleted_with_the_volumes_that_go_along():
    SERVER.delete()
    TAGS['root'].wait_gone()
    TAGS['scsi'].wait_gone()
    DATA.wait('available')
    left = [name for name in os.listdir(os.path.join(CLEATD.dir, 'depot', 'disks'))
            if name.startswith(SERVER.id)]
    tap.expect(left, [], 'local disks')


def upload(name, text):
    """An image whose first sector says something when it is run."""
    sector = (BOOT_CODE + text + b'\r\n\0').ljust(510, b'\0') + b'\x55\xaa'
    made = asked(demo().post('/image/v2/images', {
        'name': name, 'disk_format': 'raw', 'container_format': 'bare'}))
    reply = demo().request('PUT', '/image/v2/images/%s/file' % made['id'], sector,
                           headers={'Content-Type': 'application/octet-stream'})
    tap.expect(reply.status, 204, 'upload')
    return made['id']


def console(server):
    with open(os.path.join(CLEATD.dir, 'guests', server.id + '.console'), 'rb') as file:
        return file.read()


def firmware_boots_the_volume_that_is_first():
    first, second = (upload(name, name.encode()) for name in ('FIRST-DISK', 'SECOND-DISK'))
    server = Born(flavor(), [
        mapping('image', second, boot_index=1, volume_size=1, delete_on_termination=True),
        mapping('image', first, boot_index=0, volume_size=1, delete_on_termination=True)])
    server.wait('ACTIVE')
    lib.wait_for(lambda: b'FIRST-DISK' in console(server), 'the boot sector to speak',
                 attach.BOOT_SECONDS)
    assert b'SECOND-DISK' not in console(server), console(server)
    server.delete()


def found():
    """The server that there is, as whoever asked for it may not know."""
    rows = asked(demo().get(SERVERS))['servers']
    if not rows:
        return None
    server = Born.__new__(Born)
    server.id = rows[0]['id']
    server.path = '%s/%s' % (SERVERS, server.id)
    return server


def dies_at(number, mappings, flavor_id):
    """Whether it died, at the start or later; it lives again afterwards."""
    tap.expect(CLEATD.stop(), 0, 'exit status')
    died = True
    if CLEATD.start(env={'CLEAT_CRASH': 'after:%d' % number}):
        try:
            Born(flavor_id, mappings).wait('ACTIVE')
            died = False
            CLEATD.process.kill()  # what comes now is not the build
        except (OSError, lib.http.client.HTTPException):
            pass
    CLEATD.process.wait(lib.PATIENCE)
    tap.expect(CLEATD.process.returncode, -signal.SIGKILL, 'end of cleatd')
    CLEATD.close()
    assert CLEATD.start(), 'cleatd does not start again'
    return died


def crashes_while_it_is_built():
    """Wherever cleatd dies, the server comes to be with its volumes, or was never asked for."""
    flavor_id = flavor()
    boot = upload('CRASH', b'CRASHED-AND-BOOTED')
    mappings = [mapping('image', boot, boot_index=0, volume_size=1, delete_on_termination=True),
                mapping('volume', DATA.id)]
    built = 0
    for number in range(1, COMMITS_MAX):
        died = dies_at(number, mappings, flavor_id)
        server = found()
        if server:
            server.wait('ACTIVE')
            lib.wait_for(lambda: b'CRASHED-AND-BOOTED' in console(server), 'boot',
                         attach.BOOT_SECONDS)
            tap.expect(DATA.show()['status'], 'in-use', 'volume')
            built += died
            server.delete()
        DATA.wait('available')
        if not died:
            break
    tap.comment('built after %d of %d crashes' % (built, number - 1))
    assert not died and built >= 4, 'died %d times' % number
    lib.wait_for(lambda: len(asked(demo().get(VOLUMES))['volumes']) == 1, 'volumes to go')
    DATA.delete()


def the_end():
    tap.expect(CLEATD.stop(), 0, 'exit status')


if __name__ == '__main__':
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name
    tap.run('boot from volume', [
        a_server_boots_from_a_volume_that_is_made_for_it, the_guest_sees_each_disk,
        volumes_are_there_after_a_stop, the_root_volume_stays_and_others_come_and_go,
        deleted_with_the_volumes_that_go_along, firmware_boots_the_volume_that_is_first,
        crashes_while_it_is_built, the_end], attach.cleanup)
