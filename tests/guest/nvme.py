#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The NVMe and NFS connectors in the tiny guest, whose kernel serves both on loopback.

nvme-cli and NFS's tools are downloaded and unpacked, never installed: they would bring services
with them.
"""
import os
import shutil
import sys
import tempfile

import inside

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
MODULES = ('nvmet', 'nvmet_tcp', 'nvme_tcp', 'nfsd', 'nfs', 'nfsv4')
# In front of busybox's, which lack what is asked of them.
PROGRAMS = {
    '/bin/connector-call': os.path.join(BUILD, 'tests', 'contract', 'connector-call'),
    '/bin/nvme-journey': os.path.join(inside.HERE, 'nvme-journey'),
    '/bin/nfs-journey': os.path.join(inside.HERE, 'nfs-journey'),
    '/bin/journey-lib': os.path.join(inside.HERE, 'journey-lib'),
    '/usr/local/bin/dd': '/bin/dd',
    '/usr/local/bin/stat': '/usr/bin/stat',
    '/usr/local/bin/od': '/usr/bin/od',
    '/usr/local/bin/sync': '/bin/sync',
    '/usr/local/bin/tee': '/usr/bin/tee',
    '/usr/local/sbin/blockdev': '/sbin/blockdev',
    '/usr/local/bin/mount': '/bin/mount',
    '/usr/local/bin/umount': '/bin/umount',
}
NVME_PACKAGES = ('nvme-cli', 'libnvme1', 'libjson-c5')
NVME_PROGRAMS = ('/usr/sbin/nvme',)
SUITE_SECONDS = 900


def boot(folder, more=()):
    """With more programs, {name inside: file}, where that is wanted."""
    nvme = inside.unpack(folder, 'nvme', NVME_PACKAGES)
    nfs = inside.unpack(folder, 'nfs', inside.NFS_PACKAGES)
    programs = dict(PROGRAMS, **dict(more))
    programs.update((name, nvme + name) for name in NVME_PROGRAMS)
    programs.update((name, nfs + name) for name in inside.NFS_PROGRAMS)
    return inside.Guest(folder, inside.build_initrd(
        folder, programs, MODULES,
        [os.path.join(root, name) for root in (nvme, nfs) for name in inside.LIBRARIES]))


def main():
    report = inside.Report()
    folder = tempfile.mkdtemp(prefix='cleat-nvme-')
    guest = None
    try:
        guest = boot(folder)
        for name in ('nvme', 'nfs'):
            report.pass_on(name, *guest.run('timeout %d %s-journey' % (SUITE_SECONDS, name),
                                            SUITE_SECONDS + 30))
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(folder)
    print('1..%d' % report.count)
    return report.failed > 0


if __name__ == '__main__':
    sys.exit(main())
