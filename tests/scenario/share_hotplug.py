#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Shares given to a guest while it runs, and taken from it, also when it has one mounted; where the
operator has allowed it.
"""
import glob
import os
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, name) for name in ('api', 'lib', 'scenario')]
import tap  # noqa: E402
from attach import CLEATD, boot_id, demo  # noqa: E402
import lib  # noqa: E402
import shares  # noqa: E402
from shares import AT, TOLD, Guest, Share, mounts_of_cleatd, shares_told  # noqa: E402

SERVER, SHARE, BOOT = None, None, None


def start():
    config = os.path.join(CLEATD.dir, 'hotplug.conf')
    with open(config, 'w', encoding='ascii') as file:
        file.write('[compute]\nshare_hotplug = yes\n')
    CLEATD.args = ['--config', config]
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name


def a_guest_boots_without_shares():
    global SERVER, SHARE, BOOT
    start()
    SERVER = Guest()
    SERVER.network()
    SHARE = Share()
    BOOT = boot_id(SERVER)


def it_is_given_one():
    reply = demo().post(SERVER.path + '/shares', {'share': {
        'share_id': SHARE.id, 'tag': 'data'}}, **AT)
    tap.expect(reply.status, 201, repr(reply))
    SERVER.wait_mapping(SHARE, 'active')
    SERVER.mount('data', '/mnt/one')
    SERVER.run('echo hot > /mnt/one/guest.txt && sync')
    with open(lib.wait_for(lambda: SHARE.file('guest.txt'), 'the file'),
              encoding='ascii') as file:
        tap.expect(file.read(), 'hot\n')
    tap.expect(list(shares_told(SERVER.http(TOLD))), ['data'], 'over the network')
    tap.expect(list(shares_told(SERVER.drive(TOLD[1:]))), ['data'], 'on the config drive')


def it_lets_it_go_though_it_is_mounted():
    SERVER.take(SHARE)
    tap.expect(SERVER.programs(), [], 'programs')
    tap.expect(mounts_of_cleatd(), [], 'mounts')
    tap.expect(shares_told(SERVER.drive(TOLD[1:])), {}, 'on the config drive')
    SERVER.run('umount /mnt/one; true')


def it_is_given_it_again():
    reply = demo().post(SERVER.path + '/shares', {'share': {
        'share_id': SHARE.id, 'tag': 'again'}}, **AT)
    tap.expect(reply.status, 201, repr(reply))
    SERVER.wait_mapping(SHARE, 'active')
    SERVER.mount('again', '/mnt/two')
    tap.expect(SERVER.run('cat /mnt/two/guest.txt'), 'hot')
    tap.expect(boot_id(SERVER), BOOT, 'boot')


def programs():
    """All that serve shares below the state directory, also those that libvirt has forgotten."""
    found = []
    for name in os.listdir('/proc'):
        try:
            with open('/proc/%s/cmdline' % name, encoding='utf-8', errors='replace') as file:
                words = file.read().split('\0')
        except OSError:
            continue
        if 'virtiofsd' in words[0] and CLEATD.dir in ' '.join(words):
            found.append(int(name))
    return found


def a_cleatd_that_dies_meanwhile_leaves_no_program():
    """Killed at several moments after the program that is to serve the share has begun."""
    SERVER.run('umount /mnt/two')
    SERVER.take(SHARE)
    lib.wait_for(lambda: not programs(), 'programs to end')
    for late in (0, 0.02, 0.04, 0.06, 0.09):
        reply = demo().post(SERVER.path + '/shares', {'share': {
            'share_id': SHARE.id, 'tag': 'again'}}, **AT)
        tap.expect(reply.status, 201, repr(reply))
        lib.wait_for(lambda: glob.glob(SERVER.libvirt_file('run', 'qemu', '*-fs.pid')),
                     'a program to begin', pause=0)
        time.sleep(late)
        CLEATD.kill()
        assert CLEATD.start()
        SERVER.wait_mapping(SHARE, 'active')
        SERVER.mount('again', '/mnt/two')
        tap.expect(SERVER.run('cat /mnt/two/guest.txt; umount /mnt/two'), 'hot')
        SERVER.take(SHARE)
        lib.wait_for(lambda: not programs(), 'programs to end')
        tap.expect(mounts_of_cleatd(), [], 'mounts')
    tap.expect(boot_id(SERVER), BOOT, 'boot')
    it_is_given_it_again()


def it_is_deleted_with_it():
    SERVER.delete()
    tap.expect(mounts_of_cleatd(), [], 'mounts')
    SHARE.delete()


def daemon_ends_well():
    shares.daemon_ends_well()


if __name__ == '__main__':
    tap.run('share hotplug', [
        a_guest_boots_without_shares, it_is_given_one, it_lets_it_go_though_it_is_mounted,
        it_is_given_it_again, a_cleatd_that_dies_meanwhile_leaves_no_program,
        it_is_deleted_with_it, daemon_ends_well,
    ], lambda: CLEATD.__exit__())
