#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The tiny guest by itself, under plain QEMU.

It boots, obeys, sees a disk that is plugged in while it runs, and ends when asked. What fails
here would fail in every test on libvirt.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'lib'))
import tap  # noqa: E402

IMAGES = os.path.join(ROOT, '.cache', 'guest')
KERNEL_WORDS = ('console=ttyS0 quiet panic=-1 nokaslr mitigations=off no_timer_check tsc=reliable '
                '8250.nr_uarts=1 init_on_alloc=0 cryptomgr.notests audit=0 apparmor=0')
SERIAL = '11111111-2222-3333-4'
BOOT_SECONDS = 300


class Guest:
    """One QEMU process, its command channel and its monitor."""

    def __init__(self, folder):
        self.folder = folder
        self.process = None
        self.monitor = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        command = ['qemu-system-x86_64', '-nodefaults', '-display', 'none', '-machine', 'q35',
                   '-accel', 'tcg', '-m', '256', '-kernel', os.path.join(IMAGES, 'vmlinux'),
                   '-initrd', os.path.join(IMAGES, 'initrd.img'), '-append', KERNEL_WORDS,
                   '-serial', 'file:' + self.path('console'),
                   '-chardev', 'socket,id=c,path=%s,server=on,wait=off' % self.path('sock'),
                   '-device', 'virtio-serial-pci',
                   '-device', 'virtserialport,chardev=c,name=org.cleat.guest.0',
                   '-device', 'pcie-root-port,id=port1,chassis=1',
                   '-qmp', 'unix:%s,server=on,wait=off' % self.path('qmp')]
        with open(self.path('log'), 'wb') as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(tap.PATIENCE)
        tap.wait_for('QEMU', lambda: connection.connect_ex(self.path('qmp')) == 0)
        self.monitor = connection.makefile('rw')
        self.monitor.readline()
        self.ask('qmp_capabilities')

    def ask(self, name, **arguments):
        """One monitor command; events that come in between are passed over."""
        self.monitor.write(json.dumps({'execute': name, 'arguments': arguments}) + '\n')
        self.monitor.flush()
        while True:
            answer = json.loads(self.monitor.readline())
            if 'error' in answer:
                raise AssertionError('%s: %s' % (name, answer['error']['desc']))
            if 'return' in answer:
                return answer['return']

    def run(self, line, timeout=BOOT_SECONDS):
        """Status and output of a command inside."""
        done = subprocess.run([os.path.join(ROOT, 'guest', 'run-in-guest'), '-t', str(timeout),
                               self.path('sock'), line], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout

    def check(self, line):
        status, output = self.run(line)
        if status:
            raise AssertionError('%s: status %d: %s' % (line, status, output))
        return output.strip()

    def ended(self):
        return tap.wait_for('end of QEMU', lambda: self.process.poll() is not None)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


FOLDER = tempfile.mkdtemp(prefix='cleat-guest-')
GUEST = Guest(FOLDER)


def boots_and_says_so():
    GUEST.start()
    GUEST.check('true')
    with open(GUEST.path('console'), encoding='utf-8', errors='replace') as console:
        assert 'GUEST-READY' in console.read()


def passes_output_and_status():
    tap.expect(GUEST.run('echo out; echo err >&2; exit 3'), (3, 'out\nerr\n'))


def reports_a_syntax_error():
    status, output = GUEST.run('if')
    tap.expect(status, 2)
    assert 'syntax error' in output, output


def drops_the_reply_of_a_command_given_up():
    status, _ = GUEST.run('sleep 2; echo stale', timeout=0.5)
    tap.expect(status, 124)
    tap.expect(GUEST.check('echo fresh'), 'fresh')


def writes_to_a_disk_plugged_in():
    with open(GUEST.path('disk'), 'wb') as disk:
        disk.truncate(8 << 20)
    GUEST.ask('blockdev-add', **{'node-name': 'd', 'driver': 'raw', 'file': {
        'driver': 'file', 'filename': GUEST.path('disk')}})
    GUEST.ask('device_add', driver='virtio-blk-pci', drive='d', id='disk', bus='port1',
              serial=SERIAL)
    tap.wait_for('/dev/vda', lambda: GUEST.run('test -b /dev/vda')[0] == 0)
    tap.expect(GUEST.check('cat /sys/block/vda/serial'), SERIAL)
    tap.expect(GUEST.check('cat /sys/block/vda/size'), '16384')
    GUEST.check('echo written by the guest | dd of=/dev/vda conv=fsync')
    with open(GUEST.path('disk'), 'rb') as disk:
        assert disk.read().startswith(b'written by the guest')


def releases_the_disk():
    GUEST.ask('device_del', id='disk')
    tap.wait_for('the guest to let go', lambda: GUEST.run('test -b /dev/vda')[0] != 0)


def reboots():
    before = GUEST.check('cat /proc/sys/kernel/random/boot_id')
    GUEST.run('reboot -f', timeout=1)

    def another():
        """Asked anew now and then: what is said to a guest that goes down is lost."""
        status, output = GUEST.run('cat /proc/sys/kernel/random/boot_id', timeout=20)
        return status == 0 and output.strip() != before
    tap.wait_for('another boot', another, BOOT_SECONDS)


def powers_off_at_the_button():
    GUEST.ask('system_powerdown')
    GUEST.ended()


def powers_itself_off():
    GUEST.start()
    GUEST.run('poweroff -f', timeout=5)
    GUEST.ended()


def clean_up():
    GUEST.stop()
    shutil.rmtree(FOLDER)


subprocess.run([os.path.join(ROOT, 'guest', 'build-guest-image'), '-q'], check=True)
tap.run('guest', [
    boots_and_says_so, passes_output_and_status, reports_a_syntax_error,
    drops_the_reply_of_a_command_given_up, writes_to_a_disk_plugged_in, releases_the_disk,
    reboots, powers_off_at_the_button, powers_itself_off,
], clean_up)
