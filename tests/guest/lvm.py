#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Backend lvm on a loop device, in the tiny guest: machines that run tests lack device-mapper.

The guest gets a second archive behind its initramfs: LVM's tools, the programs to be tested and
the libraries of all of them, taken from this machine, and the modules of device-mapper. Commands
go in by its serial port; what the contract suite prints is passed on.
"""
import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'lib'))
import tap  # noqa: E402

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(ROOT, 'build'))
IMAGES = os.path.join(ROOT, '.cache', 'guest')
KERNEL_WORDS = ('console=ttyS0 quiet panic=-1 nokaslr mitigations=off no_timer_check tsc=reliable '
                '8250.nr_uarts=1 init_on_alloc=0 cryptomgr.notests audit=0 apparmor=0')
MODULES = ('loop', 'dm_mod', 'dm_thin_pool')
PROGRAMS = {
    '/bin/backend-contract': os.path.join(BUILD, 'tests', 'contract', 'backend-contract'),
    '/bin/cleatd': os.path.join(BUILD, 'src', 'daemon', 'cleatd'),
    '/bin/cleat': os.path.join(BUILD, 'src', 'cli', 'cleat'),
    '/bin/journey': os.path.join(HERE, 'lvm-journey'),
    '/sbin/lvm': '/sbin/lvm',
    '/usr/sbin/thin_check': '/usr/sbin/thin_check',
    '/usr/bin/qemu-img': '/usr/bin/qemu-img',
}
DISK_BYTES = 24 << 30
SUITE_SECONDS = 600


def load_builder():
    """guest/build-guest-image, for its archives."""
    loader = importlib.machinery.SourceFileLoader(
        'builder', os.path.join(ROOT, 'guest', 'build-guest-image'))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader('builder', loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def libraries(path):
    """What the dynamic loader would load for a program, and the loader itself."""
    said = subprocess.run(['ldd', path], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r'(/\S+) \(0x', said))


def add_tree(archive, files):
    """Files by their names inside, and the directories above them."""
    made = set()
    for name in sorted(files):
        parts = name.strip('/').split('/')[:-1]
        for depth in range(1, len(parts) + 1):
            directory = '/'.join(parts[:depth])
            if directory not in made:
                archive.add_directory(directory)
                made.add(directory)
        with open(files[name], 'rb') as file:
            archive.add_program(name.strip('/'), file.read())


def add_modules(builder, archive, folder):
    """Those of device-mapper, under the names that the guest's init loads after its own."""
    root = os.path.join(folder, 'kernel')
    subprocess.run(['dpkg-deb', '-x', os.path.join(IMAGES, 'kernel.deb'), root], check=True)
    release, = os.listdir(os.path.join(root, 'lib', 'modules'))
    builder.MODULES += MODULES
    order = []
    for path in builder.module_files(root, release):
        name = os.path.basename(path).split('.ko')[0] + '.ko'
        archive.add_file('lib/modules/' + name, builder.module_bytes(path))
        order.append(name)
    archive.add_file('lib/modules/order', ('\n'.join(order) + '\n').encode())
    shutil.rmtree(root)


def build_initrd(folder):
    builder = load_builder()
    archive = builder.Archive()
    add_modules(builder, archive, folder)
    files = dict(PROGRAMS)
    for program in PROGRAMS.values():
        files.update((name, os.path.realpath(name)) for name in libraries(program))
    add_tree(archive, files)
    path = os.path.join(folder, 'initrd.img')
    with open(path, 'wb') as out, open(os.path.join(IMAGES, 'initrd.img'), 'rb') as first:
        shutil.copyfileobj(first, out)
        out.write(b'\0' * (-out.tell() % 512))
        out.write(archive.finish())
    return path


class Guest:
    def __init__(self, folder):
        self.socket = os.path.join(folder, 'sock')
        self.console = os.path.join(folder, 'console')
        disk = os.path.join(folder, 'disk')
        with open(disk, 'wb') as file:
            file.truncate(DISK_BYTES)
        self.process = subprocess.Popen(
            ['qemu-system-x86_64', '-nodefaults', '-display', 'none', '-machine', 'q35',
             '-accel', 'tcg,thread=multi', '-smp', '2', '-m', '1024',
             '-kernel', os.path.join(IMAGES, 'vmlinux'), '-initrd', build_initrd(folder),
             '-append', KERNEL_WORDS, '-serial', 'file:' + self.console,
             '-chardev', 'socket,id=c,path=%s,server=on,wait=off' % self.socket,
             '-device', 'virtio-serial-pci',
             '-device', 'virtserialport,chardev=c,name=org.cleat.guest.0',
             '-drive', 'if=none,id=d,file=%s,format=raw,discard=unmap,cache=unsafe' % disk,
             '-device', 'virtio-blk-pci,drive=d'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        tap.wait_for('QEMU', lambda: os.path.exists(self.socket))

    def run(self, line, seconds=120):
        done = subprocess.run([os.path.join(ROOT, 'guest', 'run-in-guest'), '-t', str(seconds),
                               self.socket, 'PATH=/bin:/sbin:/usr/bin:/usr/sbin; ' + line],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def stop(self):
        self.process.kill()
        self.process.wait()


class Report:
    """TAP of our own, and of what runs inside."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def tell(self, good, title, why=''):
        self.count += 1
        self.failed += not good
        print('%s %d - %s' % ('ok' if good else 'not ok', self.count, title))
        for line in [] if good else why.strip().split('\n')[-60:]:
            print('#   ' + line)
        sys.stdout.flush()

    def pass_on(self, group, status, output):
        """Each test of a TAP program; one that says nothing, or ends badly, is a failure."""
        tests, bad, said = 0, 0, []
        for line in output.split('\n'):
            found = re.match(r'(not ok|ok) \d+ (?:- )?(.*)$', line)
            if not found:
                said.append(line)
                continue
            tests += 1
            bad += found[1] != 'ok'
            self.tell(found[1] == 'ok', '%s: %s' % (group, found[2]), '\n'.join(said))
            said = []
        if not tests or (status and not bad):
            self.tell(False, '%s: ends well' % group, 'status %d\n%s' % (status, output))


# There is no udev in the tiny guest: LVM is to make the links to its devices itself.
SETUP = ('mkdir -p /run/lock /etc/lvm && '
         'echo "activation { udev_sync=0 udev_rules=0 }" >/etc/lvm/lvm.conf && '
         'losetup -o 1048576 /dev/loop0 /dev/vda && '
         'lvm pvcreate /dev/loop0 && lvm vgcreate thick /dev/loop0 && lvm version')
# One group at a time has the whole device.
TO_THIN = ('lvm vgremove --yes thick && lvm vgcreate thin /dev/loop0 && '
           'lvm lvcreate --yes --type thin-pool --size 16g --name pool thin')


def main():
    report = Report()
    folder = tempfile.mkdtemp(prefix='cleat-lvm-')
    guest = None
    try:
        guest = Guest(folder)
        status, output = guest.run(SETUP)
        report.tell(status == 0, 'lvm: a volume group on a loop device', output)
        if status == 0:
            report.pass_on('lvm thick', *guest.run('backend-contract lvm thick', SUITE_SECONDS))
            report.pass_on('lvm thick', *guest.run('journey thick', SUITE_SECONDS))
            status, output = guest.run(TO_THIN)
            report.tell(status == 0, 'lvm: a thin pool', output)
            report.pass_on('lvm thin', *guest.run('backend-contract lvm thin pool',
                                                  SUITE_SECONDS))
            report.pass_on('lvm thin', *guest.run('journey thin pool', SUITE_SECONDS))
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(folder)
    print('1..%d' % report.count)
    return report.failed > 0


sys.exit(main())
