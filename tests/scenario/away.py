#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A libvirtd of its own that goes away for ten seconds, in the middle of a swap of volumes.

It gets a mount namespace in which its folders lie below the test's, so that it meets no other one.
The emulator goes on without it, and so does the mirror; the swap waits, and is finished.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import swap  # noqa: E402
from attach import lib, tap  # noqa: E402

CLEATD = swap.CLEATD
FOLDER = os.path.join(CLEATD.dir, 'libvirtd')
SOCKET = os.path.join(FOLDER, 'sock', 'libvirt-sock')
AWAY_SECONDS = 10
FILLED_MIB = 400
SETTINGS = {
    'libvirtd.conf': 'unix_sock_dir = "%s"\nauth_unix_rw = "none"\nauth_unix_ro = "none"\n' % (
        os.path.dirname(SOCKET)),
    'qemu.conf': 'stdio_handler = "file"\nsecurity_driver = "none"\nuser = "root"\n'
                 'group = "root"\ndynamic_ownership = 0\nremember_owner = 0\nnamespaces = [ ]\n',
}
BEGIN = '''mount --make-rprivate /
mount --bind "$0/etc" /etc/libvirt
for name in run lib cache log; do
    case $name in run) at=/run/libvirt;; *) at=/var/$name/libvirt;; esac
    mount --bind "$0/$name" $at
done
exec libvirtd -d -f /etc/libvirt/libvirtd.conf -p "$0/pid"'''


def answers():
    with socket.socket(socket.AF_UNIX) as end:
        try:
            end.connect(SOCKET)
        except OSError:
            return False
    return True


def begin():
    subprocess.run(['unshare', '-m', 'sh', '-euc', BEGIN, FOLDER], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lib.wait_for(answers, 'libvirtd')


def end():
    with open(os.path.join(FOLDER, 'pid'), encoding='ascii') as file:
        os.kill(int(file.read()), signal.SIGKILL)


def has_libvirtd():
    return shutil.which('libvirtd') and os.getuid() == 0


def needs_libvirtd():
    if not has_libvirtd():
        raise tap.Skip('it takes root and a libvirtd')


def start(settings=''):
    """cleatd too, with more settings."""
    for name in ('etc/qemu', 'run', 'lib', 'cache', 'log', 'sock'):
        os.makedirs(os.path.join(FOLDER, name))
    for name, text in SETTINGS.items():
        with open(os.path.join(FOLDER, 'etc', name), 'w', encoding='ascii') as file:
            file.write(text)
    for path in ('/etc/libvirt', '/run/libvirt', '/var/lib/libvirt', '/var/cache/libvirt',
                 '/var/log/libvirt'):
        os.makedirs(path, exist_ok=True)  # something to mount on
    begin()
    config = os.path.join(CLEATD.dir, 'away.conf')
    with open(config, 'w', encoding='ascii') as file:
        file.write('[hypervisor]\nuri = qemu+unix:///system?socket=%s\n%s' % (SOCKET, settings))
    CLEATD.args = ['--config', config]
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name


def a_swap_bears_that_libvirt_goes_away():
    needs_libvirtd()
    start()
    swap.SERVER = server = swap.Server()
    old, new = swap.make_volume(), swap.make_volume()
    swap.fill(old, FILLED_MIB)
    server.attach(old)
    disk = server.wait_disk(old)
    writer = swap.Writer(disk)
    swap.request_swap(old, new)
    lib.wait_for(lambda: swap.operation()['attempts'] or swap.operation()['state'] == 'done',
                 'the mirror')
    end()
    time.sleep(AWAY_SECONDS)  # what is tested is this time, not what comes after it
    begin()
    row = swap.wait_over()
    tap.expect((row['state'], row['last_error']), ('done', None), 'swap')
    tap.expect((old.wait('available'), new.wait('in-use')), ('available', 'in-use'), 'volumes')
    writer.end()
    tap.expect(swap.digest_inside(disk), swap.digest(new.file()), 'what the guest sees')
    server.delete()


def cleanup():
    """The emulator of a test that failed is the last to go."""
    CLEATD.stop()
    for name in os.listdir(os.path.join(FOLDER, 'run', 'qemu')) if os.path.exists(FOLDER) else ():
        if name.startswith('cleat-') and name.endswith('.pid'):
            with open(os.path.join(FOLDER, 'run', 'qemu', name), encoding='ascii') as file:
                os.kill(int(file.read()), signal.SIGKILL)
    if os.path.exists(os.path.join(FOLDER, 'pid')):
        end()


if __name__ == '__main__':
    tap.run('away', [a_swap_bears_that_libvirt_goes_away], cleanup)
