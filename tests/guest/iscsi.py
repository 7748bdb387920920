#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The iSCSI connector in the tiny guest: the kernel's own target, two portals, and multipath.

open-iscsi, multipath-tools and udev are downloaded and unpacked, never installed: they would
bring services with them.
"""
import os
import shutil
import sys
import tempfile

import inside

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
PACKAGES = ('open-iscsi', 'libopeniscsiusr', 'libisns0', 'multipath-tools', 'kpartx', 'liburcu8',
            'libaio1', 'libkmod2', 'libreadline8', 'udev', 'dmsetup')
MODULES = ('loop', 'crc32c_intel', 'iscsi_tcp', 'target_core_file', 'iscsi_target_mod',
           'dm_multipath', 'dm_service_time', 'dm_round_robin')
PROGRAMS = {
    '/bin/connector-call': os.path.join(BUILD, 'tests', 'contract', 'connector-call'),
    '/bin/journey': os.path.join(inside.HERE, 'iscsi-journey'),
    '/usr/bin/dd': '/bin/dd',
    '/usr/bin/tee': '/usr/bin/tee',
    '/usr/sbin/blockdev': '/sbin/blockdev',
    '/sbin/dmsetup': '/sbin/dmsetup',
    '/usr/sbin/mkfs.ext4': '/sbin/mkfs.ext4',
    '/usr/bin/mount': '/bin/mount',
    '/usr/bin/umount': '/bin/umount',
    # multipathd opens it when it ends a thread
    '/lib/x86_64-linux-gnu/libgcc_s.so.1': '/lib/x86_64-linux-gnu/libgcc_s.so.1',
}
UNPACKED = ('/sbin/iscsiadm', '/sbin/iscsid', '/sbin/multipath', '/sbin/multipathd',
            '/sbin/kpartx', '/bin/udevadm', '/lib/udev/scsi_id', '/etc/iscsi/iscsid.conf')
FOLDERS = ('/lib/multipath',)
# Of devices of other kinds an emulated machine would look at one after the other.
RULES = ('50-udev-default', '55-dm', '56-dm-mpath', '60-block', '60-kpartx', '60-multipath',
         '60-persistent-storage-dm', '60-persistent-storage', '95-dm-notify')
LIBRARIES = ('usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'lib')
PARTS = ('begin', 'single', 'multipath', 'neighbours', 'growing', 'stale', 'secrets', 'readonly',
         'mounted', 'lost', 'cycles')
PART_SECONDS = 600


def boot(folder):
    root = inside.unpack(folder, 'iscsi', PACKAGES)
    programs = dict(PROGRAMS)
    programs.update((name, root + name) for name in UNPACKED)
    programs['/sbin/systemd-udevd'] = root + '/bin/udevadm'  # which looks at its own name
    for name in RULES:
        name = '/lib/udev/rules.d/%s.rules' % name
        programs[name] = root + name
    for name in FOLDERS:
        programs.update((os.path.join(name, file), os.path.join(root + name, file))
                        for file in os.listdir(root + name))
    return inside.Guest(folder, inside.build_initrd(
        folder, programs, MODULES, [os.path.join(root, name) for name in LIBRARIES]))


def main():
    report = inside.Report()
    folder = tempfile.mkdtemp(prefix='cleat-iscsi-')
    guest = None
    try:
        guest = boot(folder)
        for part in PARTS:
            report.pass_on('iscsi ' + part, *guest.run('journey ' + part, PART_SECONDS))
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(folder)
    print('1..%d' % report.count)
    return report.failed > 0


sys.exit(main())
