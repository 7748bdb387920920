#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What a volume's disk is like in a guest that really runs: its limits and modes, and disks that
the emulator reaches over a network, from servers that the test starts (qemu-nbd, tgt).

One guest serves all. Volumes are of the fake backend: a file <volume>.connection says how one of
them is to be reached.
"""
import glob
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attach  # noqa: E402
import ports  # noqa: E402
from attach import asked, demo, lib, tap, VOLUMES, Server, Volume  # noqa: E402

MIB = 1 << 20
CLEATD = attach.CLEATD
SERVER = None
SERVERS_OF_DISKS = []


def admin():
    return CLEATD.user('admin')


# --- vocabulary ----------------------------------------------------------------------------

def start():
    """The fake backend has no copies and no images; it has volumes that are elsewhere."""
    config = os.path.join(CLEATD.dir, 'fake-volumes.conf')
    with open(config, 'w', encoding='ascii') as file:
        file.write('[volume]\nbackend = fake\n')
    CLEATD.args = ['--config', config]
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name


def serve(argv, **more):
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **more)
    SERVERS_OF_DISKS.append(process)
    return process


def needs(program):
    if not shutil.which(program):
        raise tap.Skip('%s is not installed' % program)


class Typed(Volume):
    """A volume of a type that is made for it."""

    def __init__(self, specs=None, qos=None):
        name = 'type-%d' % time.monotonic_ns()
        kind = asked(admin().post('/volume/v3/types', {'volume_type': {
            'name': name, 'extra_specs': specs or {}}}))['volume_type']['id']
        if qos:
            body = {'qos_specs': dict(qos, name=name, consumer='front-end')}
            rules = asked(admin().post('/volume/v3/qos-specs', body))['qos_specs']['id']
            asked(admin().get('/volume/v3/qos-specs/%s/associate?vol_type_id=%s' % (rules, kind)))
        body = {'volume': {'size': 1, 'volume_type': name}}
        self.id = asked(demo().post(VOLUMES, body))['volume']['id']
        self.wait('available')


def tell(volume, **connection):
    path = os.path.join(CLEATD.dir, 'volumes', volume.id + '.connection')
    with open(path, 'w', encoding='ascii') as file:
        json.dump(connection, file)


def disk_element(volume):
    """Of the running guest."""
    path = SERVER.libvirt_file('run', 'qemu', 'cleat-%s.xml' % SERVER.id)
    for disk in xml.etree.ElementTree.parse(path).iter('disk'):
        if disk.findtext('serial') == volume.id:
            return disk
    raise AssertionError('no disk of ' + volume.id)


def forget(volume):
    SERVER.detach(volume)
    for path in glob.glob(os.path.join(CLEATD.dir, 'volumes', volume.id + '.connection')):
        os.unlink(path)
    volume.delete()


def write_and_look(volume):
    """The guest writes, and the file that is served has it, once the guest let go."""
    SERVER.attach(volume)
    disk = SERVER.wait_disk(volume)
    tap.expect(int(SERVER.run('cat /sys/block/%s/size' % disk)) * 512, attach.GIB, 'size')
    SERVER.run("echo 'over a network' | dd of=/dev/%s bs=512 seek=5 conv=fsync" % disk)
    tap.expect(SERVER.run("dd if=/dev/%s bs=512 skip=5 count=1 2>/dev/null | head -c 14" % disk),
               'over a network', 'read back')
    path = os.path.join(CLEATD.dir, 'volumes', volume.id + '.raw')
    with open(path, 'rb') as file:
        file.seek(5 * 512)
        tap.expect(file.read(14), b'over a network', 'file')


# --- tests ---------------------------------------------------------------------------------

def a_server_boots():
    global SERVER
    SERVER = Server()


def limits_slow_a_guest_down():
    volume = Typed(qos={'total_bytes_sec': str(MIB), 'total_iops_sec': '500'})
    SERVER.attach(volume)
    tune = disk_element(volume).find('iotune')
    tap.expect({row.tag: row.text for row in tune},
               {'total_bytes_sec': str(MIB), 'total_iops_sec': '500'}, 'iotune')
    disk = SERVER.wait_disk(volume)
    began = time.monotonic()
    SERVER.run('dd if=/dev/zero of=/dev/%s bs=64k count=64 oflag=direct' % disk)
    took = time.monotonic() - began
    tap.comment('4 MiB took %.1f s' % took)
    assert took > 2, 'not limited: %.2f s' % took
    forget(volume)


def a_type_says_what_a_disk_is_like():
    volume = Typed({'disk:cache': 'writethrough', 'disk:io': 'native',
                    'disk:discard': '<is> False', 'disk:logical_block_size': '4096',
                    'disk:physical_block_size': '4096'})
    SERVER.attach(volume)
    driver = disk_element(volume).find('driver')
    tap.expect(driver.get('cache'), 'writethrough', 'cache')
    tap.expect(driver.get('io'), 'threads', 'io')  # native needs direct I/O
    tap.expect(driver.get('discard'), None, 'discard')
    queue = '/sys/block/%s/queue/' % SERVER.wait_disk(volume)
    tap.expect(SERVER.run('cat %slogical_block_size' % queue), '4096', 'logical')
    tap.expect(SERVER.run('cat %sphysical_block_size' % queue), '4096', 'physical')
    forget(volume)


def what_was_promised_at_attach_stays():
    """Also over a start, after the QoS specs changed."""
    volume = Typed(qos={'read_iops_sec': '700'})
    SERVER.attach(volume)
    kinds = asked(admin().get('/volume/v3/qos-specs'))['qos_specs']
    rules, = (row['id'] for row in kinds if row['specs'].get('read_iops_sec') == '700')
    asked(admin().put('/volume/v3/qos-specs/' + rules, {'qos_specs': {'read_iops_sec': '9'}}))
    SERVER.action('os-stop')
    SERVER.wait('SHUTOFF')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    tap.expect(disk_element(volume).findtext('iotune/read_iops_sec'), '700', 'limit')
    forget(volume)


def nbd_over_a_socket():
    needs('qemu-nbd')
    volume = Volume()
    path = os.path.join(CLEATD.dir, 'nbd.sock')
    serve(['qemu-nbd', '-f', 'raw', '-x', 'v', '--persistent', '-k', path, volume.file()])
    wait_listening(socket.AF_UNIX, path)
    tell(volume, driver_volume_type='nbd', unix_socket=path, export_name='v')
    write_and_look(volume)
    tap.expect(disk_element(volume).get('type'), 'network', 'type')
    forget(volume)


def wait_listening(family, address):
    def answers():
        with socket.socket(family) as end:
            return end.connect_ex(address) == 0
    lib.wait_for(answers, 'somebody at %r' % (address,))


def nbd_over_tcp_also_after_a_start():
    needs('qemu-nbd')
    volume, port = Volume(), ports.free_port()
    serve(['qemu-nbd', '-f', 'raw', '-x', 'v', '--persistent', '-b', '127.0.0.1', '-p', str(port),
           volume.file()])
    wait_listening(socket.AF_INET, ('127.0.0.1', port))
    tell(volume, driver_volume_type='nbd', target_portal='127.0.0.1:%d' % port, export_name='v')
    write_and_look(volume)
    SERVER.action('os-stop')
    SERVER.wait('SHUTOFF')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    disk = SERVER.wait_disk(volume)
    tap.expect(SERVER.run("dd if=/dev/%s bs=512 skip=5 count=1 2>/dev/null | head -c 14" % disk),
               'over a network', 'after a start')
    forget(volume)


class Target:
    """tgt with one target; the volume is LUN 1."""
    IQN = 'iqn.2010-10.org.example:disks'

    def __init__(self, volume):
        self.port, self.number = ports.free_port(), str(os.getpid() % 30000)
        self.env = dict(os.environ, TGT_IPC_SOCKET=os.path.join(CLEATD.dir, 'tgt'))
        serve(['tgtd', '-f', '-C', self.number, '--iscsi', 'portal=127.0.0.1:%d' % self.port],
              env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lib.wait_for(lambda: self.ask('--mode', 'sys', '--op', 'show'), 'tgtd')
        assert self.ask('--mode', 'target', '--op', 'new', '--tid', '1', '-T', self.IQN)
        assert self.ask('--mode', 'logicalunit', '--op', 'new', '--tid', '1', '--lun', '1',
                        '-b', volume.file())
        assert self.ask('--mode', 'target', '--op', 'bind', '--tid', '1', '-I', 'ALL')

    def ask(self, *words):
        return subprocess.run(['tgtadm', '-C', self.number, '--lld', 'iscsi'] + list(words),
                              env=self.env, capture_output=True, check=False).returncode == 0


def iscsi_by_the_emulators_own_initiator():
    needs('tgtd')
    if not glob.glob('/usr/lib/*/qemu/block-iscsi.so'):
        raise tap.Skip('this QEMU has no iSCSI (qemu-block-extra)')
    volume = Volume()
    target = Target(volume)
    tell(volume, driver_volume_type='iscsi', target_portal='127.0.0.1:%d' % target.port,
         target_iqn=target.IQN, target_lun=1, target_discovered=False)
    write_and_look(volume)
    forget(volume)


def nfs_is_a_file_below_its_mount():
    """There is no NFS here: what a mounted export looks like is enough for the guest's part."""
    volume = Volume()
    base, export = os.path.join(CLEATD.dir, 'mnt'), '192.0.2.9:/srv'
    mount = os.path.join(base, hashlib.md5(export.encode()).hexdigest())
    os.makedirs(mount)
    os.link(volume.file(), os.path.join(mount, 'volume-1'))
    tell(volume, driver_volume_type='nfs', export=export, name='volume-1', format='raw',
         mount_point_base=base)
    write_and_look(volume)
    tap.expect(disk_element(volume).find('source').get('file'), os.path.join(mount, 'volume-1'),
               'source')
    forget(volume)


def what_nobody_can_reach_is_not_attached():
    """The volume is free again, and the server's actions say why; no secret is told."""
    for connection, text in (
            ({'driver_volume_type': 'vhostuser'}, 'Could not find a handler for vhostuser volume'),
            ({'driver_volume_type': 'iscsi', 'target_portal': '127.0.0.1:1', 'target_iqn': 'iqn.x',
              'target_lun': 1, 'auth_method': 'CHAP', 'auth_username': 'u',
              'auth_password': 'hush-hush-hush'}, 'wants a password'),
            ({'driver_volume_type': 'nbd', 'unix_socket': '/nonexistent/s', 'export_name': 'v'},
             'attach')):
        volume = Volume()
        tell(volume, **connection)
        SERVER.request_attach(volume)
        volume.wait('available')
        rows = asked(admin().get('%s/os-instance-actions' % SERVER.path))['instanceActions']
        action = asked(admin().get(
            '%s/os-instance-actions/%s' % (SERVER.path, rows[0]['request_id']),
            version='compute 2.84'))['instanceAction']
        tap.expect(action['action'], 'attach_volume', 'action')
        assert text in str(action['events']), action
        assert 'hush' not in str(action), action
        volume.delete()
    with open(CLEATD.log.name, encoding='utf-8', errors='replace') as log:
        assert 'hush-hush' not in log.read(), 'a secret in the log'


def the_server_goes():
    SERVER.delete()
    tap.expect(CLEATD.stop(), 0, 'exit status')


def cleanup():
    attach.cleanup()
    for process in SERVERS_OF_DISKS:
        process.kill()
        process.wait()


if __name__ == '__main__':
    start()
    tap.run('disks', [
        a_server_boots, limits_slow_a_guest_down, a_type_says_what_a_disk_is_like,
        what_was_promised_at_attach_stays, nbd_over_a_socket, nbd_over_tcp_also_after_a_start,
        iscsi_by_the_emulators_own_initiator, nfs_is_a_file_below_its_mount,
        what_nobody_can_reach_is_not_attached, the_server_goes], cleanup)
