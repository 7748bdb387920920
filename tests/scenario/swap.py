#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A volume takes another one's place in a guest that really runs, and keeps writing.

Which volume a guest has is read from the files that its emulator and its definition name: a disk
that moved shows the guest its old serial until it starts again. Whatever happens in the middle,
rows, domain and guest agree afterwards, on one of the two.
"""
import glob
import hashlib
import os
import signal
import sys
import threading
import time
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attach  # noqa: E402
from attach import asked, demo, lib, tap, Server, Volume, VOLUMES  # noqa: E402

CLEATD = attach.CLEATD
OPERATIONS = '/admin/v1/operations'
GIB = 1 << 30
MIB = 1 << 20
FILLED_MIB = 96
SWAP_SECONDS = 300
CRASH_COMMITS = range(7, 24)  # a start takes the first ones
LIVED_ENOUGH = 3
SERVER = None


# --- vocabulary ----------------------------------------------------------------------------

def make_volume(size=1):
    volume = Volume.__new__(Volume)
    volume.id = asked(demo().post(VOLUMES, {'volume': {'size': size}}))['volume']['id']
    volume.wait('available')
    return volume


def fill(volume, mib=FILLED_MIB):
    with open(volume.file(), 'r+b') as file:
        for _ in range(mib):
            file.write(os.urandom(MIB))


def request_swap(old, new):
    path = '%s/os-volume_attachments/%s' % (SERVER.path, old.id)
    tap.expect(demo().put(path, {'volumeAttachment': {'volumeId': new.id}}).status, 202, 'swap')


def operation():
    """The newest swap of the server."""
    rows = asked(demo().get('%s?server_id=%s' % (OPERATIONS, SERVER.id)))['operations']
    return next(row for row in rows if row['kind'] == 'swap-volume')


def wait_over(seconds=SWAP_SECONDS):
    return lib.wait_for(lambda: operation()['state'] not in ('doing', 'undoing') and operation(),
                        'swap to be over', seconds)


def swap(old, new):
    request_swap(old, new)
    row = wait_over()
    tap.expect(row['state'], 'done', 'swap: %s' % row['last_error'])
    tap.expect(row['progress'], 100, 'progress')
    check_has(new, old)


def places(*names):
    """Files of the disks in one of libvirt's records of the domain: what is used, and mirrors."""
    path = SERVER.libvirt_file(*names, 'cleat-%s.xml' % SERVER.id)
    if not os.path.exists(path):
        return [], []
    disks = list(xml.etree.ElementTree.parse(path).iter('disk'))
    return ([disk.find('source').get('file') for disk in disks if disk.find('source') is not None],
            [disk for disk in disks if disk.find('mirror') is not None])


def check_has(volume, other):
    """The server has one and not the other: rows, emulator and definition say so."""
    tap.expect(volume.wait('in-use'), 'in-use', 'volume')
    tap.expect(other.wait('available'), 'available', 'other volume')
    tap.expect(SERVER.attachments(), [volume.id], 'attachments')
    for record in (('run', 'qemu'), ('etc', 'qemu')):
        used, mirrors = places(*record)
        if not used:  # it does not run
            continue
        tap.expect((volume.file() in used, other.file() in used), (True, False),
                   'files in %s' % '/'.join(record))
        tap.expect(len(mirrors), 0, 'mirrors in %s' % '/'.join(record))


def one_of(first, second):
    """Whichever the server has now, with the other one."""
    status = first.wait('available', 'in-use')
    pair = (first, second) if status == 'in-use' else (second, first)
    check_has(*pair)
    return pair


def guest_disk():
    """The guest's name of its one volume: the serial may be that of an earlier one."""
    return lib.wait_for(lambda: SERVER.run("cd /sys/block; ls -d vd* | grep -v vda; true"),
                        'disk in the guest')


def digest(path, mib=FILLED_MIB):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read(mib * MIB)).hexdigest()


def digest_inside(disk, mib=FILLED_MIB):
    """Past the guest's cache, which would say what it said before."""
    SERVER.run('echo 3 >/proc/sys/vm/drop_caches')
    return SERVER.run('dd if=/dev/%s bs=1M count=%d 2>/dev/null | sha256sum' % (disk, mib),
                      300).split()[0]


class Writer:
    """A guest that writes numbers to one place after the other, each with a flush."""
    PLACES = (1, 9000, 24000)  # of 4 KiB, all within what is filled

    def __init__(self, disk):
        self.disk = disk
        SERVER.run(
            'rm -f /tmp/stop; (i=0; while [ ! -e /tmp/stop ]; do i=$((i+1)); for at in %s; do '
            'echo $i | dd of=/dev/%s bs=4096 seek=$at conv=fsync,sync; done; done; touch '
            '/tmp/stopped) >/dev/null 2>&1 &' % (' '.join(map(str, self.PLACES)), disk))

    def end(self):
        SERVER.run('touch /tmp/stop; while [ ! -e /tmp/stopped ]; do sleep 0.1; done; '
                   'rm /tmp/stopped')

    def number(self, path):
        """How far it was, in a volume's file."""
        with open(path, 'rb') as file:
            file.seek(self.PLACES[0] * 4096)
            text = file.read(16).split(b'\n')[0]
        return int(text) if text.isdigit() else 0


# --- tests ---------------------------------------------------------------------------------

OLD = NEW = DISK = None


def a_guest_writes_while_its_volume_is_swapped():
    global SERVER, OLD, NEW, DISK
    SERVER = Server()
    OLD, NEW = make_volume(), make_volume()
    fill(OLD)
    fill(NEW)  # whose bytes do not matter
    SERVER.attach(OLD, tag='data')
    DISK = SERVER.wait_disk(OLD)
    boot = attach.boot_id(SERVER)
    before = asked(demo().get(SERVER.path + '/os-volume_attachments',
                              version='compute 2.89'))['volumeAttachments'][0]
    writer = Writer(DISK)
    lib.wait_for(lambda: writer.number(OLD.file()) > 2, 'the guest to write')
    swap(OLD, NEW)
    left = digest(OLD.file())
    number = writer.number(OLD.file())
    lib.wait_for(lambda: writer.number(NEW.file()) > number + 2, 'the guest to write on')
    writer.end()
    tap.expect(digest_inside(DISK), digest(NEW.file()), 'what the guest sees')
    tap.expect(digest(OLD.file()), left, 'the old volume afterwards')
    tap.comment('the guest was at %d when its disk turned, then at %d' % (
        number, writer.number(NEW.file())))
    tap.expect(attach.boot_id(SERVER), boot, 'boot')
    after = asked(demo().get(SERVER.path + '/os-volume_attachments',
                             version='compute 2.89'))['volumeAttachments'][0]
    tap.expect({key: value for key, value in after.items() if before[key] != value},
               {'volumeId': NEW.id, 'attachment_id': after['attachment_id']}, 'what changed')


def the_next_start_shows_the_new_serial():
    tap.expect(SERVER.disk_of(OLD), DISK, 'disk by its old serial')
    SERVER.action('os-stop')
    SERVER.wait('SHUTOFF')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    SERVER.wait_disk(NEW)
    tap.expect(SERVER.disk_of(OLD), None, 'disk by its old serial')


def a_larger_volume_is_seen_whole():
    large = make_volume(2)
    disk = guest_disk()
    whole = digest(NEW.file())
    swap(NEW, large)
    see_size(disk, 2 * GIB)
    tap.expect(os.path.getsize(large.file()), 2 * GIB, 'file')
    tap.expect(digest(large.file()), whole, 'bytes')
    path = '%s/os-volume_attachments/%s' % (SERVER.path, large.id)
    reply = demo().put(path, {'volumeAttachment': {'volumeId': NEW.id}})
    tap.expect(reply.status, 400, 'swap for a smaller one')
    SERVER.detach(large)
    large.delete()
    SERVER.attach(NEW)


def see_size(disk, size):
    lib.wait_for(lambda: int(SERVER.run('cat /sys/block/%s/size' % disk)) * 512 == size,
                 'guest to see %d bytes' % size)


def a_paused_guest_has_its_volume_swapped():
    global OLD, NEW
    disk = guest_disk()
    SERVER.action('pause')
    SERVER.wait('PAUSED')
    swap(NEW, OLD)
    tap.expect(SERVER.status(), 'PAUSED', 'server')
    SERVER.action('unpause')
    SERVER.wait('ACTIVE')
    OLD, NEW = NEW, OLD
    tap.expect(digest_inside(disk, 16), digest(NEW.file(), 16), 'what the guest sees')


def cancel_in_time():
    """The swap that was cancelled; another one, as long as they are over before they can be."""
    global OLD, NEW
    for _ in range(10):
        fill(NEW, 400)
        request_swap(NEW, OLD)
        lib.wait_for(lambda: places('run', 'qemu')[1] or operation()['state'] == 'done', 'a mirror',
                     pause=0)
        reply = demo().post('%s/%s/cancel' % (OPERATIONS, operation()['id']))
        row = wait_over()
        if row['state'] != 'done':
            return reply, row
        OLD, NEW = NEW, OLD
        check_has(NEW, OLD)
    raise AssertionError('no swap is slow enough to be cancelled')


def a_swap_is_cancelled():
    reply, row = cancel_in_time()
    tap.expect((reply.status, row['state'], row['last_error']), (202, 'failed', 'cancelled'),
               'cancel')
    check_has(NEW, OLD)


def with_format(kind):
    """A cleatd whose new volumes are of that format."""
    config = os.path.join(CLEATD.dir, 'cleatd.conf')
    with open(config, 'w', encoding='ascii') as file:
        file.write('[state]\ndirectory = %s\n[volume]\nformat = %s\n' % (CLEATD.dir, kind))
    CLEATD.stop()
    CLEATD.wrap = ['sh', '-c', 'exec "$CLEATD" --config "%s" --listen 127.0.0.1:0' % config]
    assert CLEATD.start(env={'CLEATD': lib.CLEATD})


def raw_and_qcow2_take_each_others_place():
    """The larger one grows through the emulator, which has the file open."""
    disk = guest_disk()
    whole = digest(NEW.file())
    with_format('qcow2')
    try:
        middle = make_volume(2)
        assert middle.file().endswith('.qcow2'), middle.file()
        swap(NEW, middle)
        see_size(disk, 2 * GIB)
        tap.expect(digest_inside(disk), whole, 'what the guest sees')
    finally:
        CLEATD.stop()
        CLEATD.wrap = []
        assert CLEATD.start()
    last = make_volume(3)
    swap(middle, last)
    see_size(disk, 3 * GIB)
    tap.expect(digest(last.file()), whole, 'bytes')
    SERVER.detach(last)
    for volume in (middle, last):
        volume.delete()
    SERVER.attach(NEW)


def end_of_what_was_under_way(pair):
    """Either the whole swap happened or none of it."""
    row = wait_over()
    has, other = one_of(*pair)
    tap.expect(row['state'], 'done' if has is pair[1] else 'failed', 'swap')
    tap.comment('swap %s: %s' % (row['state'], row['last_error']))
    return has, other


def cleatd_dies_while_the_emulator_copies():
    global OLD, NEW
    fill(NEW, 400)
    pair = (NEW, OLD)
    disk = guest_disk()
    writer = Writer(disk)
    request_swap(*pair)
    lib.wait_for(lambda: places('run', 'qemu')[1] or operation()['state'] == 'done', 'a mirror')
    CLEATD.kill()
    time.sleep(0.5)  # the guest goes on without it
    assert CLEATD.start()
    OLD, NEW = reversed(end_of_what_was_under_way(pair))
    writer.end()
    tap.expect(NEW is pair[1], True, 'the new volume')
    tap.expect(digest_inside(disk), digest(NEW.file()), 'what the guest sees')


def cleatd_dies_at_each_of_its_commits():
    """Wherever it dies, the server has one of the two, and the guest can use it."""
    global OLD, NEW
    seen, lived = [], 0
    for commit in CRASH_COMMITS:
        for point in ('before', 'after'):
            pair = (NEW, OLD)
            died = dies_at('%s:%d' % (point, commit), pair)
            assert CLEATD.start(), 'no start after a crash'
            if died is None:
                continue
            rows = asked(demo().get(OPERATIONS + '?state=doing'))['operations']
            step = rows[0]['step'] if rows else '-'
            NEW, OLD = one_of_at_rest(pair)
            SERVER.run('echo %s%d | dd of=/dev/%s bs=4096 conv=fsync,sync 2>/dev/null' % (
                point, commit, guest_disk()))
            with open(NEW.file(), 'rb') as file:
                tap.expect(file.read(64).split(b'\n')[0], ('%s%d' % (point, commit)).encode(),
                           'bytes')
            if died:
                seen.append('%s:%d at %s, %s' % (point, commit, step,
                                                 'new' if NEW is pair[1] else 'old'))
            lived = lived + 1 if not died else 0
        if lived >= LIVED_ENOUGH:
            break
    tap.comment('died and came back: ' + '; '.join(seen))
    assert len(seen) >= 6, 'only %d crashes' % len(seen)
    assert any(line.endswith('new') for line in seen), seen


def dies_at(point, pair):
    """None: it did not come to serve. False: it lived through the whole swap."""
    CLEATD.stop()
    if not CLEATD.start(env={'CLEAT_CRASH': point}):
        CLEATD.close()
        return None
    try:
        request_swap(*pair)
        wait_over()
    except (OSError, lib.http.client.HTTPException):
        CLEATD.process.wait(lib.PATIENCE)  # its connections end before it does
        CLEATD.close()
        return True
    CLEATD.stop()
    return False


def one_of_at_rest(pair):
    for volume in pair:
        lib.wait_for(lambda v=volume: v.show()['status'] in ('available', 'in-use'),
                     'volume to rest', SWAP_SECONDS)
    lib.wait_for(lambda: not asked(demo().get(OPERATIONS + '?state=doing'))['operations'],
                 'operations to end')
    return one_of(*pair)


def start_again():
    SERVER.wait('SHUTOFF')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()


def a_guest_ends_while_its_volume_is_swapped():
    """By itself, and when its emulator is killed."""
    global OLD, NEW
    for end in ('poweroff', 'kill'):
        fill(NEW, 400)
        pair = (NEW, OLD)
        killer = None
        if end == 'poweroff':
            SERVER.run('(sleep 0.4; poweroff -f) >/dev/null 2>&1 &')
        else:
            killer = threading.Timer(0.3, os.kill, (SERVER.emulator(), signal.SIGKILL))
            killer.start()
        request_swap(*pair)
        NEW, OLD = end_of_what_was_under_way(pair)
        start_again()
        check_has(NEW, OLD)
        disk = guest_disk()
        tap.expect(digest_inside(disk, 16), digest(NEW.file(), 16), 'what the guest sees')


def deleting_the_server_ends_the_swap():
    fill(NEW, 400)
    request_swap(NEW, OLD)
    SERVER.delete()
    for volume in (NEW, OLD):
        volume.wait('available')
        volume.delete()
    tap.expect(glob.glob(SERVER.libvirt_file('run', 'qemu', 'cleat-*.pid')), [], 'emulators')


if __name__ == '__main__':
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name
    tap.run('swap', [
        a_guest_writes_while_its_volume_is_swapped, the_next_start_shows_the_new_serial,
        a_larger_volume_is_seen_whole, a_paused_guest_has_its_volume_swapped,
        a_swap_is_cancelled, raw_and_qcow2_take_each_others_place,
        cleatd_dies_while_the_emulator_copies, cleatd_dies_at_each_of_its_commits,
        a_guest_ends_while_its_volume_is_swapped,
        deleting_the_server_ends_the_swap], attach.cleanup)
