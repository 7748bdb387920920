# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A Ceph cluster of one's own: one monitor, one store in memory, and what else is asked for.

All of it listens on one address of this machine, lies in one directory and is ended by process id.
"""
import glob
import json
import os
import signal
import subprocess
import time
import uuid

import ports
import tap

CONF = '''[global]
fsid = {fsid}
mon host = [v2:{address}/0,v1:{old_address}/0]
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = {folder}/keyring
admin socket = {folder}/run/$name.$pid
run dir = {folder}/run
log file = {folder}/$name.log
public network = {host}/32
public addr = {host}
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
[mgr]
mgr data = {folder}/mgr
pid file = {folder}/$name.pid
'''


def free_address(host):
    return '%s:%d' % (host, ports.free_port(host))


class Cluster:
    """`folder` is there and its name short: sockets lie in it."""

    def __init__(self, folder, host='127.0.0.1'):
        self.folder = folder
        self.conf = self.path('ceph.conf')
        self.fsid = str(uuid.uuid4())
        for name in ('mon', 'osd', 'mds', 'mgr', 'run'):
            os.mkdir(self.path(name))
        self.address = free_address(host)
        self.old_address = free_address(host)
        with open(self.conf, 'w', encoding='utf-8') as file:
            file.write(CONF.format(fsid=self.fsid, folder=folder, host=host,
                                   address=self.address, old_address=self.old_address))

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
                 '--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mds', 'allow *',
                 '--cap', 'mgr', 'allow *')
        self.run('monmaptool', '--create', '--clobber', '--fsid', self.fsid, '--addv', 'a',
                 '[v2:%s,v1:%s]' % (self.address, self.old_address), self.path('monmap'))
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

    def start_manager(self):
        """Who counts what pools hold."""
        keyring = self.path('mgr/keyring')
        self.ask('auth', 'get-or-create', 'mgr.a', 'mon', 'allow profile mgr', 'osd', 'allow *',
                 'mds', 'allow *', '-o', keyring)
        self.run('ceph-mgr', '-c', self.conf, '-i', 'a', '--keyring', keyring)

    def make_pool(self, name):
        """For images; it has its size when the manager has counted."""
        self.ask('osd', 'pool', 'create', name, '8')
        self.ask('osd', 'pool', 'application', 'enable', name, 'rbd')

        def counted():
            pools = json.loads(self.ask('df', '--format', 'json'))['pools']
            return any(pool['name'] == name and pool['stats']['max_avail'] > 0 for pool in pools)
        tap.wait_for('the size of pool ' + name, counted, seconds=180, every=0.5)

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

    def pids(self, pattern='*'):
        found = []
        for name in glob.glob(self.path(pattern + '.pid')):
            with open(name, encoding='utf-8') as file:
                found += [int(word) for word in file.read().split()]
        return found

    def pause(self):
        """Nobody answers any more; go_on() is the way back."""
        for pid in self.pids():
            os.kill(pid, signal.SIGSTOP)

    def go_on(self):
        for pid in self.pids():
            os.kill(pid, signal.SIGCONT)

    def stop(self):
        self.go_on()
        pids = self.pids()
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
