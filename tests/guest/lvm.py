#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Backend lvm on a loop device, in the tiny guest: machines that run tests lack device-mapper.

The guest gets LVM's tools, the programs to be tested and the modules of device-mapper.
"""
import os
import shutil
import sys
import tempfile

import inside

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
MODULES = ('loop', 'dm_mod', 'dm_thin_pool')
PROGRAMS = {
    '/bin/backend-contract': os.path.join(BUILD, 'tests', 'contract', 'backend-contract'),
    '/bin/cleatd': os.path.join(BUILD, 'src', 'daemon', 'cleatd'),
    '/bin/cleat': os.path.join(BUILD, 'src', 'cli', 'cleat'),
    '/bin/journey': os.path.join(inside.HERE, 'lvm-journey'),
    '/sbin/lvm': '/sbin/lvm',
    '/usr/sbin/thin_check': '/usr/sbin/thin_check',
    '/usr/bin/qemu-img': '/usr/bin/qemu-img',
}
SUITE_SECONDS = 600

# There is no udev in the tiny guest: LVM is to make the links to its devices itself.
SETUP = ('mkdir -p /run/lock /etc/lvm && '
         'echo "activation { udev_sync=0 udev_rules=0 }" >/etc/lvm/lvm.conf && '
         'losetup -o 1048576 /dev/loop0 /dev/vda && '
         'lvm pvcreate /dev/loop0 && lvm vgcreate thick /dev/loop0 && lvm version')
# One group at a time has the whole device.
TO_THIN = ('lvm vgremove --yes thick && lvm vgcreate thin /dev/loop0 && '
           'lvm lvcreate --yes --type thin-pool --size 16g --name pool thin')


def main():
    report = inside.Report()
    folder = tempfile.mkdtemp(prefix='cleat-lvm-')
    guest = None
    try:
        guest = inside.Guest(folder, inside.build_initrd(folder, PROGRAMS, MODULES))
        status, output = guest.run(SETUP)
        report.tell(status == 0, 'lvm: a volume group on a loop device', output)
        if status == 0:
            report.pass_on('lvm thick', *guest.run('backend-contract lvm thick', SUITE_SECONDS))
            report.pass_on('lvm thick', *guest.run('journey thick', SUITE_SECONDS))
            status, output = guest.run(TO_THIN)
            report.tell(status == 0, 'lvm: a thin pool', output)
            report.pass_on('lvm thin', *guest.run('backend-contract lvm thin pool',
                                                  SUITE_SECONDS))
            report.pass_on('lvm thin', *guest.run('journey thin pool', SUITE_SECONDS))
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(folder)
    print('1..%d' % report.count)
    return report.failed > 0


sys.exit(main())
