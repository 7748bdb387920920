#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Podman's containers on volumes of cleatd, in the tiny guest, by cleat plugin.

Podman and nvme-cli are downloaded and unpacked, never installed.
"""
import os
import shutil
import sys
import tempfile

import inside

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
MODULES = ('nvmet', 'nvmet_tcp', 'nvme_tcp', 'configfs', 'ext4', 'loop')
PROGRAMS = {
    '/bin/cleatd': os.path.join(BUILD, 'src', 'daemon', 'cleatd'),
    '/bin/cleat': os.path.join(BUILD, 'src', 'cli', 'cleat'),
    '/bin/containers-journey': os.path.join(inside.HERE, 'containers-journey'),
    '/bin/journey-lib': os.path.join(inside.HERE, 'journey-lib'),
    '/usr/local/sbin/blkid': '/sbin/blkid',
    '/usr/local/sbin/blockdev': '/sbin/blockdev',
    '/usr/local/sbin/mkfs.ext4': '/sbin/mkfs.ext4',
    '/usr/local/bin/cmp': '/usr/bin/cmp',
    '/usr/local/bin/mount': '/bin/mount',
    '/usr/local/bin/umount': '/bin/umount',
    '/usr/local/bin/tee': '/usr/bin/tee',
    '/usr/local/bin/stat': '/usr/bin/stat',
}
PACKAGES = ('podman', 'conmon', 'crun', 'libgpgme11', 'libassuan0', 'libgpg-error0', 'libsubid4',
            'libdevmapper1.02.1', 'libseccomp2', 'libyajl2', 'libcap2', 'libglib2.0-0',
            'libselinux1', 'libpcre2-8-0', 'libudev1', 'libsystemd0', 'libaudit1', 'libcap-ng0',
            'nvme-cli', 'libnvme1', 'libjson-c5')
UNPACKED = ('/usr/bin/podman', '/usr/bin/conmon', '/usr/bin/crun', '/usr/sbin/nvme')
SUITE_SECONDS = 900


def boot(folder):
    root = inside.unpack(folder, 'containers', PACKAGES)
    programs = dict(PROGRAMS)
    programs.update((name, root + name) for name in UNPACKED)
    return inside.Guest(folder, inside.build_initrd(
        folder, programs, MODULES, [os.path.join(root, name) for name in inside.LIBRARIES]))


def main():
    report = inside.Report()
    folder = tempfile.mkdtemp(prefix='cleat-containers-')
    guest = None
    try:
        guest = boot(folder)
        report.pass_on('containers', *guest.run('timeout %d containers-journey' % SUITE_SECONDS,
                                                SUITE_SECONDS + 30))
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(folder)
    print('1..%d' % report.count)
    return report.failed > 0


sys.exit(main())
