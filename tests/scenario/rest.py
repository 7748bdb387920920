#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Servers that rest, with a volume, and go on: paused, suspended and shelved guests that are real.

What a guest had in its memory is there after a pause and a suspend; what it wrote, even without
flushing it, is there after it was shelved. One guest serves all.
"""
import glob
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attach  # noqa: E402
from attach import asked, boot_id, demo, lib, tap, VOLUMES, Server, Volume  # noqa: E402

CLEATD = attach.CLEATD
SERVER = None
VOLUME = None
MEMORY_SECONDS = 300  # to write or read a guest's memory, on a machine that does more than this


# --- vocabulary ----------------------------------------------------------------------------

def act(name, status, value=None):
    SERVER.action(name, value)
    SERVER.wait(status, MEMORY_SECONDS)


def remember(text):
    """Where only its memory has it."""
    SERVER.run("echo '%s' >/tmp/memory" % text)


def check_memory(text, boot):
    tap.expect(SERVER.run('cat /tmp/memory'), text, 'memory')
    tap.expect(boot_id(SERVER), boot, 'boot')


def write(text, sector, how=''):
    """To the volume; without `how` it need not leave the guest's cache."""
    SERVER.run("echo '%s' | dd of=/dev/%s bs=512 seek=%d conv=notrunc%s" % (
        text, SERVER.wait_disk(VOLUME), sector, how))


def check_written(text, sector):
    seen = SERVER.run("dd if=/dev/%s bs=512 skip=%d count=1 2>/dev/null | head -n 1" % (
        SERVER.wait_disk(VOLUME), sector))
    tap.expect(seen, text, 'data')


def is_silent():
    try:
        SERVER.run('true', 2)
    except AssertionError:
        return True
    return False


def memory_files():
    return glob.glob(SERVER.libvirt_file('lib', 'qemu', 'save', '*'))


def device():
    rows = asked(demo().get(SERVER.path + '/os-volume_attachments'))['volumeAttachments']
    return [row['device'] for row in rows]


# --- tests ---------------------------------------------------------------------------------

def a_server_boots_with_a_volume():
    global SERVER, VOLUME
    VOLUME = Volume()
    SERVER = Server()
    SERVER.attach(VOLUME)
    SERVER.wait_disk(VOLUME)


def a_paused_guest_stands_still():
    boot = boot_id(SERVER)
    remember('paused')
    write('before the pause', 1)
    act('pause', 'PAUSED')
    assert is_silent(), 'a paused guest answers'
    tap.expect(VOLUME.show()['status'], 'in-use', 'volume')
    act('unpause', 'ACTIVE')
    check_memory('paused', boot)
    check_written('before the pause', 1)


def volumes_come_and_go_at_a_paused_guest():
    """What it is asked for while it stands still it does when it goes on."""
    other = Volume()
    act('pause', 'PAUSED')
    SERVER.attach(other)
    act('unpause', 'ACTIVE')
    SERVER.wait_disk(other)
    act('pause', 'PAUSED')
    SERVER.request_detach(other)
    other.wait('detaching')
    act('unpause', 'ACTIVE')
    other.wait('available', seconds=attach.RELEASE_SECONDS)
    SERVER.wait_no_disk(other)
    other.delete()


def a_suspended_guest_goes_on_after_a_restart():
    boot = boot_id(SERVER)
    remember('suspended')
    write('before the suspend', 2)
    act('suspend', 'SUSPENDED')
    tap.expect(glob.glob(SERVER.libvirt_file('run', 'qemu', 'cleat-*.pid')), [], 'emulators')
    tap.expect(len(memory_files()), 1, 'files of memory')
    tap.expect(SERVER.attachments(), [VOLUME.id], 'attachments')
    tap.expect(CLEATD.stop(), 0, 'exit status')
    assert CLEATD.start()
    tap.expect(SERVER.status(), 'SUSPENDED', 'status after a restart')
    tap.expect(VOLUME.show()['status'], 'in-use', 'volume')
    act('resume', 'ACTIVE')
    tap.expect(memory_files(), [], 'files of memory')
    check_memory('suspended', boot)
    check_written('before the suspend', 2)
    write('after the resume', 3, ',fsync')
    check_written('after the resume', 3)


def die_during(action, status, seconds):
    SERVER.action(action)
    time.sleep(seconds)
    CLEATD.kill()
    assert CLEATD.start(), 'no start after a crash'
    SERVER.wait(status, MEMORY_SECONDS)


def cleatd_dies_while_memory_is_written():
    """And while it is read: both go on from the journal, and the guest has lost nothing."""
    boot = boot_id(SERVER)
    remember('written twice')
    for seconds in (0.02, 0.3):
        die_during('suspend', 'SUSPENDED', seconds)
        die_during('resume', 'ACTIVE', seconds)
        check_memory('written twice', boot)


def a_failed_resume_leaves_it_suspended():
    """Its action says why; a hard reboot is the way out."""
    boot = boot_id(SERVER)
    act('suspend', 'SUSPENDED')
    path, = memory_files()
    os.truncate(path, os.stat(path).st_size // 2)
    SERVER.action('resume')
    lib.wait_for(lambda: last_action('resume')['result'] == 'Error', 'resume to fail',
                 MEMORY_SECONDS)
    SERVER.wait('SUSPENDED')
    assert last_action('resume')['details'], 'no reason'
    act('reboot', 'ACTIVE', {'type': 'HARD'})
    SERVER.wait_boot()
    tap.expect(memory_files(), [], 'files of memory')
    assert boot_id(SERVER) != boot, 'the same boot'
    check_written('after the resume', 3)


def last_action(name):
    path = SERVER.path + '/os-instance-actions'
    user = CLEATD.user('admin')
    row = [row for row in asked(user.get(path))['instanceActions'] if row['action'] == name][0]
    action = asked(user.get('%s/%s' % (path, row['request_id']), version='compute 2.84'))
    return action['instanceAction']['events'][0]


def a_shelved_server_keeps_its_disks():
    boot, devices = boot_id(SERVER), device()
    SERVER.run("echo 'on the root disk' | dd of=/dev/vda bs=512 seek=1000 conv=notrunc")
    write('before the shelf', 4)
    act('shelve', 'SHELVED_OFFLOADED')
    tap.expect(VOLUME.show()['status'], 'reserved', 'volume')
    tap.expect(device(), devices, 'device')
    tap.expect(glob.glob(SERVER.libvirt_file('etc', 'qemu', '*.xml')), [], 'domains')
    with open(VOLUME.file(), 'rb') as file:
        file.seek(4 * 512)
        tap.expect(file.read(17), b'before the shelf\n', 'data')
    delete = demo().delete('%s/%s' % (VOLUMES, VOLUME.id))
    tap.expect(delete.status, 400, 'deletion of its volume')
    act('unshelve', 'ACTIVE')
    SERVER.wait_boot()
    assert boot_id(SERVER) != boot, 'the same boot'
    tap.expect(VOLUME.show()['status'], 'in-use', 'volume')
    tap.expect(SERVER.domain_has(VOLUME), (True, True), 'domain')
    check_written('before the shelf', 4)
    seen = SERVER.run('dd if=/dev/vda bs=512 skip=1000 count=1 2>/dev/null | head -n 1')
    tap.expect(seen, 'on the root disk', 'root disk')


def a_suspended_server_is_shelved_without_loss():
    """Its guest is woken to write what it has not written yet."""
    write('only in its cache', 5)
    act('suspend', 'SUSPENDED')
    act('shelve', 'SHELVED_OFFLOADED')
    tap.expect(memory_files(), [], 'files of memory')
    with open(VOLUME.file(), 'rb') as file:
        file.seek(5 * 512)
        tap.expect(file.read(18), b'only in its cache\n', 'data')


def a_server_goes_from_the_shelf():
    SERVER.delete()
    VOLUME.wait('available')
    VOLUME.delete()
    tap.expect(CLEATD.stop(), 0, 'exit status')


if __name__ == '__main__':
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name
    tap.run('rest', [
        a_server_boots_with_a_volume, a_paused_guest_stands_still,
        volumes_come_and_go_at_a_paused_guest, a_suspended_guest_goes_on_after_a_restart,
        cleatd_dies_while_memory_is_written, a_failed_resume_leaves_it_suspended,
        a_shelved_server_keeps_its_disks, a_suspended_server_is_shelved_without_loss,
        a_server_goes_from_the_shelf], attach.cleanup)
