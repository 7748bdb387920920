#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Backend cephfs on a cluster of its own: one monitor, one store in memory, one metadata server.

All of it listens on loopback, lies in one directory and is ended by process id. What the contract
suite prints is passed on.
"""
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'lib'))
import tap  # noqa: E402

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(ROOT, 'build'))
CONF = '''[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{port}/0]
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = {folder}/keyring
admin socket = {folder}/run/$name.$pid
run dir = {folder}/run
log file = {folder}/$name.log
public network = 127.0.0.0/8
public addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
[mon]
mon data = {folder}/mon
mon data avail crit = 1
mon initial members = a
pid file = {folder}/$name.pid
[osd]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd memory target = 939524096
pid file = {folder}/$name.pid
[mds]
mds data = {folder}/mds
pid file = {folder}/$name.pid
'''


class Cluster:
    def __init__(self, folder):
        self.folder = folder
        self.conf = self.path('ceph.conf')
        self.fsid = str(uuid.uuid4())
        for name in ('mon', 'osd', 'mds', 'run'):
            os.mkdir(self.path(name))
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.address = '127.0.0.1:%d' % probe.getsockname()[1]
        with open(self.conf, 'w', encoding='utf-8') as file:
            file.write(CONF.format(fsid=self.fsid, folder=folder,
                                   port=self.address.rpartition(':')[2]))

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def run(*words):
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            raise AssertionError('%s: status %d: %s' % (' '.join(words), done.returncode,
                                                        done.stderr))
        return done.stdout.strip()

    def ask(self, *words):
        return self.run('ceph', '-c', self.conf, '--connect-timeout', '30', *words)

    def start_monitor(self):
        keyring = self.path('keyring')
        self.run('ceph-authtool', '--create-keyring', keyring, '--gen-key', '-n', 'mon.',
                 '--cap', 'mon', 'allow *')
        self.run('ceph-authtool', keyring, '--gen-key', '-n', 'client.admin',
                 '--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mds', 'allow *')
        self.run('monmaptool', '--create', '--clobber', '--fsid', self.fsid, '--addv', 'a',
                 '[v2:%s]' % self.address, self.path('monmap'))
        self.run('ceph-mon', '-c', self.conf, '--mkfs', '-i', 'a', '--monmap',
                 self.path('monmap'), '--keyring', keyring)
        self.run('ceph-mon', '-c', self.conf, '-i', 'a')

    def start_store(self):
        name, key = str(uuid.uuid4()), self.run('ceph-authtool', '--gen-print-key')
        secret = self.path('osd.json')
        with open(secret, 'w', encoding='utf-8') as file:
            file.write('{"cephx_secret": "%s"}' % key)
        self.ask('osd', 'new', name, '-i', secret)
        keyring = self.path('osd/keyring')
        self.run('ceph-authtool', '--create-keyring', keyring, '--name', 'osd.0', '--add-key', key)
        self.run('ceph-osd', '-c', self.conf, '-i', '0', '--mkfs', '--osd-uuid', name,
                 '--keyring', keyring)
        self.run('ceph-osd', '-c', self.conf, '-i', '0', '--keyring', keyring)

    def start_files(self):
        keyring = self.path('mds/keyring')
        self.ask('auth', 'get-or-create', 'mds.a', 'mon', 'allow profile mds', 'osd',
                 'allow rwx', 'mds', 'allow *', '-o', keyring)
        self.run('ceph-mds', '-c', self.conf, '-i', 'a', '--keyring', keyring)
        self.ask('osd', 'pool', 'create', 'meta', '8')
        self.ask('osd', 'pool', 'create', 'data', '8')
        self.ask('fs', 'new', 'shares', 'meta', 'data')
        tap.wait_for('the metadata server', lambda: 'up:active' in self.ask('mds', 'stat'),
                     seconds=60, every=0.5)

    def stop(self):
        pids = []
        for name in glob.glob(self.path('*.pid')):
            with open(name, encoding='utf-8') as file:
                pids += [int(word) for word in file.read().split()]
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 20
        while any(os.path.exists('/proc/%d' % pid) for pid in pids):
            if time.monotonic() > deadline:
                for pid in pids:
                    if os.path.exists('/proc/%d' % pid):
                        os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.1)


def main():
    folder = tempfile.mkdtemp(prefix='cleat-ceph-')
    cluster = Cluster(folder)
    try:
        cluster.start_monitor()
        cluster.start_store()
        cluster.start_files()
        return subprocess.run([os.path.join(BUILD, 'tests', 'contract', 'share-backend-contract'),
                               'cephfs', cluster.conf], check=False, timeout=600).returncode
    finally:
        cluster.stop()
        shutil.rmtree(folder)


sys.exit(main())
