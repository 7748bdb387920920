# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The tiny guest with more in it: for tests of what the kernel of a test machine cannot do.

A second archive behind its initramfs brings programs, the libraries of all of them and kernel
modules. Commands go in by its serial port; what a TAP program prints inside is passed on.
"""
import glob
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

IMAGES = os.path.join(ROOT, '.cache', 'guest')
KERNEL_WORDS = ('console=ttyS0 quiet panic=-1 nokaslr mitigations=off no_timer_check tsc=reliable '
                '8250.nr_uarts=1 init_on_alloc=0 cryptomgr.notests audit=0 apparmor=0')
DISK_BYTES = 24 << 30
LOADED_LATER = '/lib/x86_64-linux-gnu/libcurl.so.4'
LIBRARIES = ('usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu')
NFS_PACKAGES = ('nfs-kernel-server', 'nfs-common', 'libnfsidmap1', 'libtirpc3', 'libtirpc-common',
                'libevent-core-2.1-7', 'libwrap0', 'libnsl2')
NFS_PROGRAMS = ('/usr/sbin/exportfs', '/usr/sbin/rpc.nfsd', '/usr/sbin/rpc.mountd',
                '/sbin/mount.nfs', '/etc/netconfig')


def load_builder():
    """guest/build-guest-image, for its archives."""
    loader = importlib.machinery.SourceFileLoader(
        'builder', os.path.join(ROOT, 'guest', 'build-guest-image'))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader('builder', loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def libraries(path, folders=()):
    """What the dynamic loader would load for a program, and the loader itself; with libcurl."""
    environment = dict(os.environ, LD_LIBRARY_PATH=':'.join(folders))
    said = subprocess.run(['ldd', path], capture_output=True, text=True, check=False,
                          env=environment).stdout
    found = set(re.findall(r'(/\S+) \(0x', said))
    with open(path, 'rb') as file:
        if path != LOADED_LATER and os.path.basename(LOADED_LATER).encode() in file.read():
            found |= {LOADED_LATER} | libraries(LOADED_LATER)
    return found


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


def add_modules(builder, archive, modules, folder):
    """Under the names that the guest's init loads after its own."""
    root = os.path.join(folder, 'kernel')
    subprocess.run(['dpkg-deb', '-x', os.path.join(IMAGES, 'kernel.deb'), root], check=True)
    release, = os.listdir(os.path.join(root, 'lib', 'modules'))
    builder.MODULES += tuple(modules)
    order = []
    for path in builder.module_files(root, release):
        name = os.path.basename(path).split('.ko')[0] + '.ko'
        archive.add_file('lib/modules/' + name, builder.module_bytes(path))
        order.append(name)
    archive.add_file('lib/modules/order', ('\n'.join(order) + '\n').encode())
    shutil.rmtree(root)


def build_initrd(folder, programs, modules, folders=()):
    """Programs are {name inside: file}; `folders` hold libraries that this machine lacks."""
    builder = load_builder()
    archive = builder.Archive()
    add_modules(builder, archive, modules, folder)
    files = dict(programs)
    for program in programs.values():
        if program.endswith('.py'):
            continue
        for name in libraries(program, folders):
            inside = '/usr/lib/' + os.path.basename(name) if name.startswith(
                tuple(folders)) else name
            files[inside] = os.path.realpath(name)
    add_tree(archive, files)
    path = os.path.join(folder, 'initrd.img')
    with open(path, 'wb') as out, open(os.path.join(IMAGES, 'initrd.img'), 'rb') as first:
        shutil.copyfileobj(first, out)
        out.write(b'\0' * (-out.tell() % 512))
        out.write(archive.finish())
    return path


def extract(folder, packages):
    """The files of Debian packages in a new directory; they are not installed."""
    work = tempfile.mkdtemp(dir=folder)
    subprocess.run(['apt-get', '-q', '-o', 'APT::Sandbox::User=root', 'download', *packages],
                   cwd=work, check=True, stdout=subprocess.DEVNULL)
    root = os.path.join(work, 'root')
    for package in glob.glob(os.path.join(work, '*.deb')):
        subprocess.run(['dpkg-deb', '-x', package, root], check=True)
        os.unlink(package)
    return root


def unpack(folder, name, packages):
    """The same, kept beside the guest's image."""
    root = os.path.join(IMAGES, name)
    if os.path.isdir(root):
        return root
    draft = extract(folder, packages)
    shutil.copytree(draft, root + '.new', symlinks=True, dirs_exist_ok=True)
    os.rename(root + '.new', root)
    return root


class Guest:
    def __init__(self, folder, initrd, mib=1024, image=None, devices=()):
        """What is written to an `image`, the second disk, is lost. `devices`: words for QEMU."""
        self.socket = os.path.join(folder, 'sock')
        self.console = os.path.join(folder, 'console')
        disk = os.path.join(folder, 'disk')
        with open(disk, 'wb') as file:
            file.truncate(DISK_BYTES)
        self.process = subprocess.Popen(
            ['qemu-system-x86_64', '-nodefaults', '-display', 'none', '-machine', 'q35',
             '-accel', 'tcg,thread=multi', '-smp', '2', '-m', str(mib),
             '-kernel', os.path.join(IMAGES, 'vmlinux'), '-initrd', initrd,
             '-append', KERNEL_WORDS, '-serial', 'file:' + self.console,
             '-chardev', 'socket,id=c,path=%s,server=on,wait=off' % self.socket,
             '-device', 'virtio-serial-pci',
             '-device', 'virtserialport,chardev=c,name=org.cleat.guest.0',
             '-drive', 'if=none,id=d,file=%s,format=raw,discard=unmap,cache=unsafe' % disk,
             '-device', 'virtio-blk-pci,drive=d'] +
            (['-drive', 'if=none,id=i,file=%s,format=raw,snapshot=on,cache=unsafe' % image,
              '-device', 'virtio-blk-pci,drive=i'] if image else []) + list(devices),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        tap.wait_for('QEMU', lambda: os.path.exists(self.socket))

    def run(self, line, seconds=300):
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
