#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The kernel's targets, iSCSI and NVMe, in the tiny guest: they keep what a target promises.

The hosts are in the guest as well: QEMU's initiator and libiscsi's tools, and the kernel's NVMe.
"""
import glob
import os
import shutil
import sys
import tempfile

import inside

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
MODULES = ('target_core_mod', 'target_core_file', 'target_core_iblock', 'iscsi_target_mod', 'nvmet',
           'nvmet_tcp', 'nvme_tcp', 'configfs')
TOOLS = ('/usr/bin/iscsi-inq', '/usr/bin/iscsi-readcapacity16', '/usr/bin/qemu-io')
SUITE_SECONDS = 600
SETUP = ('mkdir -p /sys/kernel/config /tmp && { mountpoint -q /sys/kernel/config || '
         'mount -t configfs configfs /sys/kernel/config; } && ip link set lo up && '
         'ls /sys/kernel/config /dev/nvme-fabrics')
# What others have set up; and that it is all that is there in the end.
OTHERS = ('mkdir -p /sys/kernel/config/target/iscsi/iqn.x:other/tpgt_1 '
          '/sys/kernel/config/nvmet/subsystems/nqn.x.other')
LEFT = ('cd /sys/kernel/config && ls -d target/iscsi/*:* target/core/*_* nvmet/subsystems/* '
        'nvmet/ports/* 2>/dev/null; true')


def programs():
    found = {'/bin/target-contract': os.path.join(BUILD, 'tests', 'contract', 'target-contract')}
    found.update((path, path) for path in TOOLS)
    found.update((path, path) for path in glob.glob('/usr/lib/*/qemu/block-iscsi.so'))
    return found


def main():
    report = inside.Report()
    folder = tempfile.mkdtemp(prefix='cleat-targets-')
    guest = None
    try:
        guest = inside.Guest(folder, inside.build_initrd(folder, programs(), MODULES))
        status, output = guest.run(SETUP)
        report.tell(status == 0, 'targets: configfs', output)
        status, output = guest.run(OTHERS)
        report.tell(status == 0, 'targets: what others have', output)
        for name, portal in (('lio', '127.0.0.1:3260'), ('nvmet', '127.0.0.1:4420')):
            report.pass_on('target ' + name, *guest.run(
                'target-contract %s %s' % (name, portal), SUITE_SECONDS))
        left = sorted(guest.run(LEFT)[1].split())
        report.tell(left == ['nvmet/subsystems/nqn.x.other', 'target/iscsi/iqn.x:other'],
                    'targets: what others have is all that is left', ' '.join(left))
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(folder)
    print('1..%d' % report.count)
    return report.failed > 0


sys.exit(main())
