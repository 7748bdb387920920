#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Share backends in the tiny guest: project quotas of ext4 and XFS, and an NFS server with this
host as its client, also one that is away when a server is started.

NFS's tools are downloaded and unpacked, never installed: they would bring services with them.
"""
import os
import shutil
import sys
import tempfile

import inside

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
MODULES = ('loop', 'xfs', 'quota_v2', 'nfsd', 'nfs', 'nfsv4')
PROGRAMS = {
    '/bin/share-backend-contract': os.path.join(BUILD, 'tests', 'contract',
                                                'share-backend-contract'),
    '/bin/cleatd': os.path.join(BUILD, 'src', 'daemon', 'cleatd'),
    '/bin/cleat': os.path.join(BUILD, 'src', 'cli', 'cleat'),
    '/bin/journey-lib': os.path.join(inside.HERE, 'journey-lib'),
    '/bin/share-journey': os.path.join(inside.HERE, 'share-journey'),
    '/usr/bin/qemu-img': '/usr/bin/qemu-img',
    '/bin/mount': '/bin/mount',
    '/bin/umount': '/bin/umount',
    '/sbin/mkfs.ext4': '/sbin/mkfs.ext4',
    '/sbin/mkfs.xfs': '/sbin/mkfs.xfs',
}
SUITE_SECONDS = 600

SETUP = ('ifconfig lo 127.0.0.1 up && mkdir -p /srv /run/lock && '
         'mkfs.ext4 -q -O quota,project -E quotatype=prjquota /dev/vda && '
         'mount -o prjquota /dev/vda /srv')
TO_XFS = ('truncate -s 4G /srv/xfs.img && losetup /dev/loop7 /srv/xfs.img && mkdir -p /xfs && '
          'mkfs.xfs -q /dev/loop7 && mount -t xfs -o prjquota /dev/loop7 /xfs')
FROM_XFS = 'umount /xfs && losetup -d /dev/loop7 && rm /srv/xfs.img'
# The server waits for clients of its earlier life; this one has had none.
SERVE = ('echo "nfs 2049/tcp" >/etc/services && '
         'mkdir -p /var/lib/nfs/v4recovery /var/lib/nfs/sm /etc/exports.d && '
         'touch /var/lib/nfs/etab /var/lib/nfs/rmtab /etc/exports && '
         'mount -t nfsd nfsd /proc/fs/nfsd && '
         'echo 10 >/proc/fs/nfsd/nfsv4leasetime && echo 10 >/proc/fs/nfsd/nfsv4gracetime && '
         'exportfs -ra && rpc.nfsd -N 3 -V 4.2 2 && rpc.mountd -N 3')


def boot(folder):
    nfs = inside.unpack(folder, 'nfs', inside.NFS_PACKAGES)
    programs = dict(PROGRAMS)
    programs.update((name, nfs + name) for name in inside.NFS_PROGRAMS)
    return inside.Guest(folder, inside.build_initrd(
        folder, programs, MODULES, [os.path.join(nfs, name) for name in inside.LIBRARIES]))


def check(guest, report):
    def step(title, command):
        status, output = guest.run(command)
        report.tell(status == 0, 'shares: ' + title, output)
        return status == 0

    def suite(backend, limit, place):
        report.pass_on('shares %s %s' % (backend, limit), *guest.run(
            'share-backend-contract %s %s %s' % (backend, limit, place), SUITE_SECONDS))

    if not step('a file system with project quotas', SETUP):
        return
    suite('directory', 'quota', '/srv')
    suite('directory', 'image', '/srv')
    if step('an XFS with project quotas', TO_XFS):
        suite('directory', 'quota', '/xfs')
        step('the XFS goes', FROM_XFS)
    if not step('the kernel serves NFS', SERVE):
        return
    suite('nfs', 'quota', '/srv')
    suite('nfs', 'image', '/srv')
    suite('nfs', 'none', '/srv')
    report.pass_on('shares nfs journey', *guest.run('share-journey', SUITE_SECONDS))
    step('nothing is exported, and no file says so',
         'test -z "$(exportfs -s)" && test -z "$(ls /etc/exports.d)"')
    step('nothing is mounted', '! grep cleat-shares /proc/self/mountinfo && losetup -a | wc -l | '
                               'grep -qx 0')


def main():
    report = inside.Report()
    folder = tempfile.mkdtemp(prefix='cleat-shares-')
    guest = None
    try:
        guest = boot(folder)
        check(guest, report)
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(folder)
    print('1..%d' % report.count)
    return report.failed > 0


sys.exit(main())
