#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The rbd connector in the tiny guest: its kernel maps images of a cluster of this machine.

Both are in a network of their own, as a guest reaches no loopback address of its host: the cluster
has another address there, which no other network knows.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

import blocks
import inside

sys.path.insert(0, os.path.join(inside.ROOT, 'tests', 'lib'))
import ceph  # noqa: E402

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
ADDRESS = '192.0.2.1'
ALONE = 'CLEAT_RBD_ALONE'
POOL = 'volumes'
MODULES = ('virtio_net', 'crc32c_intel', 'rbd')
PROGRAMS = {
    '/bin/connector-call': os.path.join(BUILD, 'tests', 'contract', 'connector-call'),
    '/bin/journey': os.path.join(inside.HERE, 'rbd-journey'),
    '/bin/journey-lib': os.path.join(inside.HERE, 'journey-lib'),
    '/usr/bin/rbd': '/usr/bin/rbd',
    '/usr/bin/ceph': '/usr/bin/ceph',
    '/usr/bin/python3': '/usr/bin/python3.11',
    '/usr/local/bin/dd': '/bin/dd',
    '/usr/local/sbin/blockdev': '/sbin/blockdev',
}
UDEV_RULES = ('50-udev-default', '60-block')
PYTHON = '/usr/lib/python3.11'
PYTHON_WITHOUT = ('test', 'idlelib', 'lib2to3', 'ensurepip', 'distutils', 'pydoc_data', 'unittest',
                  'tkinter', '__pycache__', 'config-3.11-x86_64-linux-gnu')
PACKAGES = '/usr/lib/python3/dist-packages'
CEPH_PYTHON = ('ceph_argparse.py', 'ceph_daemon.py', 'rados.cpython-311-x86_64-linux-gnu.so')
CEPH_NEEDS = ('prettytable', 'wcwidth')
CEPH_LIBRARIES = '/usr/lib/x86_64-linux-gnu/ceph'
NETWORK = ('ifconfig lo 127.0.0.1 up && ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up && '
           'route add default gw 10.0.2.2')
SUITE_SECONDS = 600


def python_files():
    """What Ceph's tool is written in."""
    found = {}
    for root in (PYTHON, *(os.path.join(PACKAGES, name) for name in CEPH_NEEDS)):
        for place, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in PYTHON_WITHOUT]
            found.update((os.path.join(place, name), os.path.join(place, name)) for name in names
                         if name.endswith(('.py', '.so')))
    names = [os.path.join(PACKAGES, name) for name in CEPH_PYTHON]
    for path in names + glob.glob(PACKAGES + '/prettytable-*.dist-info/METADATA'):
        found[path] = path
    return found


def boot(folder, cluster):
    udev = inside.unpack(folder, 'iscsi', blocks.PACKAGES)
    programs = dict(PROGRAMS, **python_files())
    programs['/sbin/systemd-udevd'] = programs['/bin/udevadm'] = udev + '/bin/udevadm'
    for name in UDEV_RULES:
        name = '/lib/udev/rules.d/%s.rules' % name
        programs[name] = udev + name
    conf = os.path.join(folder, 'guest.conf')
    with open(conf, 'w', encoding='utf-8') as file:
        file.write('[global]\nfsid = %s\nmon host = [v2:%s/0,v1:%s/0]\n' % (
            cluster.fsid, cluster.address, cluster.old_address))
    programs['/etc/ceph/ceph.conf'] = conf
    programs['/etc/ceph/ceph.client.admin.keyring'] = cluster.path('keyring')
    for name in os.listdir(CEPH_LIBRARIES) if os.path.isdir(CEPH_LIBRARIES) else ():
        path = os.path.join(CEPH_LIBRARIES, name)
        if os.path.isfile(path):
            programs[path] = path
    return inside.Guest(folder, inside.build_initrd(
        folder, programs, MODULES, [os.path.join(udev, name) for name in blocks.LIBRARIES]),
        devices=('-netdev', 'user,id=n', '-device', 'virtio-net-pci,netdev=n'))


def make_images(cluster):
    for name in ('a', 'b'):
        cluster.run('rbd', '-c', cluster.conf, 'create', '--size', '16M', '%s/%s' % (POOL, name))


def main():
    report = inside.Report()
    folder = tempfile.mkdtemp(prefix='cleat-rbd-')
    cluster = ceph.Cluster(folder, ADDRESS)
    guest = None
    try:
        cluster.start_monitor()
        cluster.start_store()
        cluster.start_manager()
        cluster.make_pool(POOL)
        make_images(cluster)
        guest = boot(folder, cluster)
        status, output = guest.run(NETWORK)
        report.tell(status == 0, 'rbd connector: the guest has a network', output)
        report.pass_on('rbd connector', *guest.run(
            'journey %s %s' % tuple(cluster.old_address.split(':')), SUITE_SECONDS))
    finally:
        if guest:
            guest.stop()
        cluster.stop()
        shutil.rmtree(folder)
    print('1..%d' % report.count)
    return report.failed > 0


def alone():
    """Again, in a network of our own."""
    for words in (('ip', 'link', 'set', 'lo', 'up'),
                  ('ip', 'address', 'add', ADDRESS + '/32', 'dev', 'lo')):
        subprocess.run(words, check=True)
    return main()


if os.environ.get(ALONE):
    sys.exit(alone())
os.environ[ALONE] = '1'
os.execvp('unshare', ['unshare', '--net', sys.executable, os.path.abspath(__file__)])
