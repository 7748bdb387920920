#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Files of a share in a guest, against the same virtiofsd and emulator started by hand.

    bench/virtiofs.py [ROUNDS]

Both guests have the same kernel, memory, machine and CPU, and virtiofsd the options that it has
under cleatd, and the same directory. They run side by side and take turns, so that each round
compares neighbours. The numbers are for a machine that is otherwise at rest: libvirt's guests are
in a CPU group of their own, and a process that is in none has more of a busy machine than they.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, 'tests', name) for name in ('api', 'lib', 'scenario')]

import lib  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import attach  # noqa: E402  pylint: disable=wrong-import-position
import shares  # noqa: E402  pylint: disable=wrong-import-position

IMAGES = os.path.join(ROOT, '.cache', 'guest')
MIB = 64
TAG = 'bench'
MOUNT = 'mkdir -p /mnt/bench && mount -t virtiofs %s /mnt/bench' % TAG
CLOCK = 'cut -d" " -f1 /proc/uptime'
# (before, what is timed)
WRITE = ('rm -f /mnt/bench/file',
         'dd if=/dev/zero of=/mnt/bench/file bs=1M count=%d conv=fsync' % MIB)
READ = ('echo 3 >/proc/sys/vm/drop_caches', 'dd if=/mnt/bench/file of=/dev/null bs=1M')
ALIKE = ('-machine', '-accel', '-cpu', '-m', '-smp')  # of the two emulators


def words_of(pid):
    with open('/proc/%d/cmdline' % pid, 'rb') as file:
        return file.read().decode().rstrip('\0').split('\0')


def with_socket(words, socket):
    """libvirt hands virtiofsd an open socket; here it makes its own."""
    return [word for word in words if not word.startswith('--fd=')] + ['--socket-path=' + socket]


class Bare:
    """A guest and its virtiofsd, as a script would start them."""

    def __init__(self, folder, daemon, emulator):
        self.channel = os.path.join(folder, 'channel')
        socket = os.path.join(folder, 'fs')
        self.processes = [subprocess.Popen(with_socket(daemon, socket), stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)]
        tap.wait_for('virtiofsd', lambda: os.path.exists(socket))
        alike = {word: emulator[emulator.index(word) + 1] for word in ALIKE if word in emulator}
        alike['-machine'] = alike['-machine'].split(',')[0]
        memory = re.search(r'\d+', alike['-m']).group(0)
        self.processes.append(subprocess.Popen(
            [emulator[0], '-nodefaults', '-display', 'none',
             *[part for pair in alike.items() for part in pair],
             '-object', 'memory-backend-memfd,id=m,size=%sM,share=on' % self.mib(memory, alike),
             '-numa', 'node,memdev=m',
             '-kernel', os.path.join(IMAGES, 'vmlinux'),
             '-initrd', os.path.join(IMAGES, 'initrd.img'),
             '-append', emulator[emulator.index('-append') + 1],
             '-serial', 'null', '-device', 'virtio-serial-pci',
             '-chardev', 'socket,id=c,path=%s,server=on,wait=off' % self.channel,
             '-device', 'virtserialport,chardev=c,name=org.cleat.guest.0',
             '-chardev', 'socket,id=f,path=' + socket,
             '-device', 'vhost-user-fs-pci,queue-size=1024,chardev=f,tag=' + TAG],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))

    @staticmethod
    def mib(memory, alike):
        """-m speaks of MiB, or of k where libvirt writes it."""
        return int(memory) // 1024 if 'k' in alike['-m'] else int(memory)

    def run(self, line, seconds=180):
        done = subprocess.run([os.path.join(ROOT, 'guest', 'run-in-guest'), '-t', str(seconds),
                               self.channel, line], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()


def speed(guest, work):
    """MB/s, as the guest's own clock has it."""
    first, last = guest.run('%s; %s; %s 2>/dev/null && %s' % (work[0], CLOCK, work[1], CLOCK),
                            180).split()
    return MIB * 1.048576 / (float(last) - float(first))


def compare(ours, bare, rounds):
    for title, work in (('write', WRITE), ('read', READ)):
        pairs = [(speed(ours, work), speed(bare, work)) for _ in range(rounds)]
        ratio = statistics.median(mine / other for mine, other in pairs)
        yield 'virtiofs, %s: %.2f of the same by hand (%.0f MB/s against %.0f MB/s)' % (
            title, ratio, *(statistics.median(column) for column in zip(*pairs)))


def start_ours():
    attach.CLEATD.start(env={'CLEAT_GUEST_IMAGE': IMAGES})
    server, share = shares.Guest(), shares.Share()
    server.stop()
    server.give(share, TAG)
    server.start()
    return server


def main():
    rounds, number, bare = int(sys.argv[1]) if len(sys.argv) > 1 else 5, 0, None
    folder = tempfile.mkdtemp(prefix='cleat-bench-')
    try:
        ours = start_ours()
        daemons = [words_of(pid) for pid in ours.programs()]
        bare = Bare(folder, daemons[0], words_of(ours.emulator()))
        lib.wait_for(lambda: os.path.exists(bare.channel), 'QEMU', 30)
        for guest in (ours, bare):
            guest.run(MOUNT, 90)
        for title in compare(ours, bare, rounds):
            number += 1
            print('ok %d - shares: %s\n# say %s' % (number, title, title), flush=True)
        ours.delete()
    finally:
        if bare:
            bare.stop()
        attach.CLEATD.__exit__()
        shutil.rmtree(folder)
    print('1..%d' % number)


if __name__ == '__main__':
    main()
