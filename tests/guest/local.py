#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Volumes of cleatd on a host, as their users have them: cleat local-attach and local-detach.

    local.py [short]

cleatd serves by every target that it knows, out of files and logical volumes, to the host in the
guest, which is also killed in the middle of an attach, and takes many volumes at once. "short" is
what CI has time for.
"""
import os
import shutil
import sys
import tempfile

import blocks
import inside

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
MODULES = blocks.MODULES + ('target_core_iblock', 'nvmet', 'nvmet_tcp', 'nvme_tcp', 'ext4',
                            'dm_thin_pool')
# In front of busybox's, which lack what is asked of them.
PROGRAMS = {
    '/bin/cleatd': os.path.join(BUILD, 'src', 'daemon', 'cleatd'),
    '/bin/cleat': os.path.join(BUILD, 'src', 'cli', 'cleat'),
    '/bin/local-many': os.path.join(BUILD, 'tests', 'contract', 'local-many'),
    '/usr/lib/libcleat.so.0': os.path.join(BUILD, 'src', 'lib', 'libcleat.so.0'),
    '/lib/kill-at.so': os.path.join(BUILD, 'tests', 'lib', 'libkill-at.so'),
    '/bin/local-journey': os.path.join(inside.HERE, 'local-journey'),
    '/bin/local-lib': os.path.join(inside.HERE, 'local-lib'),
    '/bin/journey-lib': os.path.join(inside.HERE, 'journey-lib'),
    '/usr/bin/cmp': '/usr/bin/cmp',
    '/usr/bin/qemu-img': '/usr/bin/qemu-img',
    '/usr/sbin/blkid': '/sbin/blkid',
    '/usr/sbin/tgtd': '/usr/sbin/tgtd',
    '/usr/sbin/tgtadm': '/usr/sbin/tgtadm',
}
LVM_PROGRAMS = {
    '/sbin/lvm': '/sbin/lvm',
    '/usr/sbin/thin_check': '/usr/sbin/thin_check',
    '/lib/udev/rules.d/56-lvm.rules': '/lib/udev/rules.d/56-lvm.rules',
}
NVME_PACKAGES = ('nvme-cli', 'libnvme1', 'libjson-c5')
PART_SECONDS = 600

SHORT = ('begin',
         'serve lio', 'usual lio', 'mounted lio', 'killed_mounted lio',
         'end lio', 'serve nvmet', 'usual nvmet')
LONG = ('begin',
        'serve lio', 'usual lio', 'readonly lio', 'mounted lio', 'neighbours lio', 'killed lio',
        'killed_mounted lio', 'service lio', 'many lio', 'shared lio 50', 'end lio',
        'serve nvmet', 'usual nvmet', 'readonly nvmet', 'mounted nvmet', 'neighbours nvmet',
        'killed nvmet', 'service nvmet', 'many nvmet', 'end nvmet',
        'serve tgt', 'usual tgt', 'readonly tgt', 'mounted tgt', 'service tgt', 'tgtd tgt',
        'end tgt',
        'serve lvm-lio', 'usual lvm-lio', 'mounted lvm-lio', 'end lvm-lio',
        'serve lvm-nvmet', 'usual lvm-nvmet', 'mounted lvm-nvmet', 'end lvm-nvmet')


def boot(folder, with_lvm):
    programs, folders = blocks.programs(folder)
    nvme = inside.unpack(folder, 'nvme', NVME_PACKAGES)
    programs.update(PROGRAMS)
    if with_lvm:
        programs.update(LVM_PROGRAMS)
    programs['/usr/sbin/nvme'] = nvme + '/usr/sbin/nvme'
    folders += [os.path.join(nvme, name) for name in inside.LIBRARIES]
    return inside.Guest(folder, inside.build_initrd(folder, programs, MODULES, folders))


def tell_figures(output):
    """What a part says about times."""
    for line in output.split('\n'):
        if ' at once: ' in line:
            print('# ' + line.lstrip('# '))


def main():
    report = inside.Report()
    folder = tempfile.mkdtemp(prefix='cleat-local-')
    parts = SHORT if sys.argv[1:] == ['short'] else LONG
    guest = None
    try:
        guest = boot(folder, parts is LONG)
        for part in parts:
            status, output = guest.run('local-journey ' + part, PART_SECONDS)
            tell_figures(output)
            report.pass_on('local ' + part, status, output)
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(folder)
    print('1..%d' % report.count)
    return report.failed > 0


sys.exit(main())
