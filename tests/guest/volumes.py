#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Backend nfs in the tiny guest, whose kernel serves NFS to itself: the suite of all backends, and
cleatd with a server that goes away and comes back.

NFS's tools are downloaded and unpacked, never installed: they would bring services with them.
"""
import os
import shutil
import sys
import tempfile

import inside

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
MODULES = ('loop', 'nfsd', 'nfs', 'nfsv4')
PROGRAMS = {
    '/bin/backend-contract': os.path.join(BUILD, 'tests', 'contract', 'backend-contract'),
    '/bin/cleatd': os.path.join(BUILD, 'src', 'daemon', 'cleatd'),
    '/bin/cleat': os.path.join(BUILD, 'src', 'cli', 'cleat'),
    '/bin/journey': os.path.join(inside.HERE, 'volumes-journey'),
    '/bin/journey-lib': os.path.join(inside.HERE, 'journey-lib'),
    '/bin/mount': '/bin/mount',
    '/bin/umount': '/bin/umount',
    '/sbin/mkfs.ext4': '/sbin/mkfs.ext4',
    '/usr/bin/qemu-img': '/usr/bin/qemu-img',
    '/usr/bin/qemu-io': '/usr/bin/qemu-io',
}
SUITE_SECONDS = 900
EXPORT = '127.0.0.1:/srv'
# The server waits for clients of its earlier life; this one has had none.
SERVE = ('ifconfig lo 127.0.0.1 up && mkdir -p /srv /run/lock && mkfs.ext4 -q /dev/vda && '
         'mount /dev/vda /srv && rmdir /srv/lost+found && echo "nfs 2049/tcp" >/etc/services && '
         'echo "/srv *(rw,fsid=7,no_subtree_check,no_root_squash)" >/etc/exports && '
         'mkdir -p /var/lib/nfs/v4recovery /var/lib/nfs/sm /etc/exports.d && '
         'touch /var/lib/nfs/etab /var/lib/nfs/rmtab && mount -t nfsd nfsd /proc/fs/nfsd && '
         'echo 10 >/proc/fs/nfsd/nfsv4leasetime && echo 10 >/proc/fs/nfsd/nfsv4gracetime && '
         'exportfs -ra && rpc.nfsd -N 3 -V 4.2 2 && rpc.mountd -N 3')


def boot(folder):
    nfs = inside.unpack(folder, 'nfs', inside.NFS_PACKAGES)
    programs = dict(PROGRAMS)
    programs.update((name, nfs + name) for name in inside.NFS_PROGRAMS)
    return inside.Guest(folder, inside.build_initrd(
        folder, programs, MODULES, [os.path.join(nfs, name) for name in inside.LIBRARIES]))


def check(guest, report):
    status, output = guest.run(SERVE)
    report.tell(status == 0, 'nfs volumes: the kernel serves NFS', output)
    if status:
        return
    for form in ('raw', 'qcow2'):
        report.pass_on('nfs volumes ' + form, *guest.run(
            'backend-contract nfs %s %s' % (form, EXPORT), SUITE_SECONDS))
    status, output = guest.run('ls -A /srv; ! grep cleat-backend /proc/self/mountinfo && '
                               'test -z "$(ls -A /srv)"')
    report.tell(status == 0, 'nfs volumes: nothing is left, and nothing is mounted', output)
    report.pass_on('nfs volumes', *guest.run('journey ' + EXPORT, SUITE_SECONDS))


def main():
    report = inside.Report()
    folder = tempfile.mkdtemp(prefix='cleat-volumes-')
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
