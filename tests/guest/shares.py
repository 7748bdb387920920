#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Share backends in the tiny guest: project quotas, and an NFS server with this host as its client.

NFS's tools are downloaded and unpacked, never installed: they would bring services with them.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

import inside

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
PACKAGES = ('nfs-kernel-server', 'nfs-common', 'libnfsidmap1', 'libtirpc3', 'libtirpc-common',
            'libevent-core-2.1-7')
MODULES = ('loop', 'quota_v2', 'nfsd', 'nfs', 'nfsv4')
PROGRAMS = {
    '/bin/share-backend-contract': os.path.join(BUILD, 'tests', 'contract',
                                                'share-backend-contract'),
    '/bin/mount': '/bin/mount',
    '/bin/umount': '/bin/umount',
    '/sbin/mkfs.ext4': '/sbin/mkfs.ext4',
}
NFS_PROGRAMS = ('/usr/sbin/exportfs', '/usr/sbin/rpc.nfsd', '/usr/sbin/rpc.mountd',
                '/sbin/mount.nfs', '/etc/netconfig')
LIBRARIES = ('usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu')
SUITE_SECONDS = 600

SETUP = ('ifconfig lo 127.0.0.1 up && mkdir -p /srv /run/lock && '
         'mkfs.ext4 -q -O quota,project -E quotatype=prjquota /dev/vda && '
         'mount -o prjquota /dev/vda /srv')
# The server waits for clients of its earlier life; this one has had none.
SERVE = ('echo "nfs 2049/tcp" >/etc/services && '
         'mkdir -p /var/lib/nfs/v4recovery /var/lib/nfs/sm /etc/exports.d && '
         'touch /var/lib/nfs/etab /var/lib/nfs/rmtab /etc/exports && '
         'mount -t nfsd nfsd /proc/fs/nfsd && '
         'echo 10 >/proc/fs/nfsd/nfsv4leasetime && echo 10 >/proc/fs/nfsd/nfsv4gracetime && '
         'exportfs -ra && rpc.nfsd -N 3 -V 4.2 2 && rpc.mountd -N 3')


def unpack_nfs(folder):
    """NFS's packages as a folder, kept beside the guest's image."""
    root = os.path.join(inside.IMAGES, 'nfs')
    if os.path.isdir(root):
        return root
    subprocess.run(['apt-get', '-q', '-o', 'APT::Sandbox::User=root', 'download', *PACKAGES],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    draft = os.path.join(folder, 'nfs')
    for package in glob.glob(os.path.join(folder, '*.deb')):
        subprocess.run(['dpkg-deb', '-x', package, draft], check=True)
    shutil.copytree(draft, root + '.new', symlinks=True, dirs_exist_ok=True)
    os.rename(root + '.new', root)
    return root


def boot(folder):
    nfs = unpack_nfs(folder)
    programs = dict(PROGRAMS)
    programs.update((name, nfs + name) for name in NFS_PROGRAMS)
    return inside.Guest(folder, inside.build_initrd(
        folder, programs, MODULES, [os.path.join(nfs, name) for name in LIBRARIES]))


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
    if not step('the kernel serves NFS', SERVE):
        return
    suite('nfs', 'quota', '/srv')
    suite('nfs', 'image', '/srv')
    suite('nfs', 'none', '/srv')
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
