# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A disk image with Debian's cinder, its Python and its tools.

The packages are unpacked, never installed, with all that they depend on; so nothing of the machine
that makes the image is in it, and no service is started. What takes an emulated machine minutes
is done here: Python's files are compiled, and the database is made.
"""
import hashlib
import os
import re
import shutil
import subprocess

import inside

PACKAGES = ('base-files', 'dash', 'coreutils', 'diffutils', 'findutils', 'grep', 'sed', 'mount',
            'util-linux', 'kmod', 'libc-bin', 'cinder-api', 'cinder-scheduler', 'cinder-volume',
            'python3-rtslib-fb', 'open-iscsi', 'udev', 'lvm2', 'e2fsprogs')
IMAGE_BYTES = 3 << 30
# Of devices of other kinds an emulated machine would look at one after the other.
RULES = ('50-udev-default', '55-dm', '60-block', '60-persistent-storage-dm',
         '60-persistent-storage', '95-dm-notify')
DEVICES = {'null': (1, 3), 'urandom': (1, 9)}
FILES = {
    'etc/passwd': 'root:x:0:0::/root:/bin/sh\n',
    'etc/group': 'root:x:0:\ndisk:x:6:\n',
    'etc/hosts': '127.0.0.1 localhost\n',
    'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
    # Who is root already needs no password, no PAM, and no Python to look what root may do.
    'usr/local/bin/sudo': '#!/bin/sh\n[ "$1" != cinder-rootwrap ] || shift 2\nexec "$@"\n',
    # What is asked for has been loaded by the guest's init.
    'usr/local/sbin/modprobe': '#!/bin/sh\nexit 0\n',
}
SYNC = ('mkdir -p /var/lib/cinder /var/log/cinder /etc/rtslib-fb-target && '
        'echo "[database]" >/db.conf && '
        'echo "connection = sqlite:////var/lib/cinder/cinder.sqlite" >>/db.conf && '
        'python3 -m compileall -q -j 2 /usr/lib/python3 /usr/lib/python3.11; ldconfig && '
        'cinder-manage --config-file /db.conf db sync')


def closure():
    """What these packages take on a machine that has nothing."""
    said = subprocess.run(
        ['apt-get', '-q', '-s', '-o', 'Dir::State::status=/dev/null', '--no-install-recommends',
         'install', *PACKAGES], capture_output=True, text=True, check=True).stdout
    return re.findall(r'^Inst (\S+)', said, re.MULTILINE)


def write_files(tree):
    for name, text in FILES.items():
        path = os.path.join(tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='ascii') as file:
            file.write(text)
        os.chmod(path, 0o755 if '/bin/' in path or '/sbin/' in path else 0o644)
    for name, (major, minor) in DEVICES.items():
        path = os.path.join(tree, 'dev', name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.exists(path):
            os.mknod(path, 0o020666, os.makedev(major, minor))
    for name in ('proc', 'sys', 'run', 'tmp', 'root', 'mnt'):
        os.makedirs(os.path.join(tree, name), exist_ok=True)
    if not os.path.lexists(os.path.join(tree, 'bin', 'sh')):
        os.symlink('dash', os.path.join(tree, 'bin', 'sh'))
    rules = os.path.join(tree, 'lib', 'udev', 'rules.d')
    for name in os.listdir(rules):
        if name.removesuffix('.rules') not in RULES:
            os.unlink(os.path.join(rules, name))


def prepare(tree):
    done = subprocess.run(['chroot', tree, '/bin/sh', '-c', SYNC], capture_output=True, text=True,
                          check=False, env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin'})
    if done.returncode:
        raise RuntimeError('the database was not made:\n' + done.stderr[-2000:])


def build(folder):
    """The image's path; made once, beside the guest's own image."""
    image = os.path.join(inside.IMAGES, 'cinder.img')
    names = closure()
    with open(os.path.abspath(__file__), 'rb') as file:
        stamp = hashlib.sha256(file.read() + ' '.join(names).encode()).hexdigest()
    stamp_path = image + '.stamp'
    if os.path.exists(stamp_path) and open(stamp_path, encoding='ascii').read() == stamp:
        return image
    tree = inside.extract(folder, names)
    write_files(tree)
    prepare(tree)
    draft = image + '.new'
    subprocess.run(['/sbin/mke2fs', '-q', '-F', '-t', 'ext4', '-d', tree, draft,
                    '%dk' % (IMAGE_BYTES >> 10)], check=True)
    os.rename(draft, image)
    with open(stamp_path, 'w', encoding='ascii') as file:
        file.write(stamp)
    shutil.rmtree(tree)
    return image
