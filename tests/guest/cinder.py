#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""cleat's local-attach with Debian's own Cinder, in the tiny guest: LVM, LIO and open-iscsi.

Cinder serves twice: to anybody, and to whom cleatd knows, which is its identity service.
"""
import os
import shutil
import sys
import tempfile

import cinder_root
import inside

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
MODULES = ('loop', 'crc32c_intel', 'dm_mod', 'iscsi_tcp', 'target_core_iblock',
           'iscsi_target_mod')
OURS = {'cleat': os.path.join(BUILD, 'src', 'cli', 'cleat'),
        'cleatd': os.path.join(BUILD, 'src', 'daemon', 'cleatd')}
SCRIPTS = ('cinder-all', 'cinder-cap', 'cinder-journey', 'journey-lib')
# Our programs bring the libraries of this machine along.
ENTER = ('mkdir -p /new && mount -t ext4 /dev/vdb /new && cd /new && '
         'cp -r /cleat . && mkdir cleat/lib && '
         'cp /lib/x86_64-linux-gnu/* cleat/lib && '
         'mount -t devtmpfs dev dev && mkdir -p dev/shm && mount -t tmpfs shm dev/shm && '
         'mount -t proc proc proc && mount -t sysfs sys sys && mount -t tmpfs run run && '
         '{ mount -t configfs none sys/kernel/config; ifconfig lo 127.0.0.1 up; }')
PARTS = ('begin', 'new', 'older', 'keystone', 'shared', 'errors', 'gone')
PART_SECONDS = 2400
MIB = 3072


def boot(folder):
    image = cinder_root.build(folder)
    programs = {'/cleat/bin/' + name: path for name, path in OURS.items()}
    programs.update(('/cleat/' + name, os.path.join(inside.HERE, name)) for name in SCRIPTS)
    return inside.Guest(folder, inside.build_initrd(folder, programs, MODULES), MIB, image)


def main():
    report = inside.Report()
    folder = tempfile.mkdtemp(prefix='cleat-cinder-')
    guest = None
    try:
        guest = boot(folder)
        status, output = guest.run(ENTER)
        report.tell(status == 0, "cinder: Debian's root", output)
        for part in PARTS if status == 0 else ():
            report.pass_on('cinder ' + part, *guest.run(
                'chroot /new /cleat/cinder-journey ' + part, PART_SECONDS))
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(folder)
    print('1..%d' % report.count)
    return report.failed > 0


sys.exit(main())
