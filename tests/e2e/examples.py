#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The examples of the manual pages of cleat, run as they stand there, each page in a world that has
what its examples name."""
import glob
import os
import re
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'api'), os.path.join(TESTS, 'lib')]
import lib  # noqa: E402
import tap  # noqa: E402

PAGES = os.path.join(lib.ROOT, 'docs', 'man')
DATA = 'cleat volume create data --size 1 --wait -q'
SHARE = 'cleat share create home --size 1 --wait -q'
SERVER = 'cleat server create vm1 --image tiny --flavor m1.tiny --network none --wait -q'

# What a page's examples need to be there, and who they are for (demo, where it is not said).
NEEDS = {
    'cleat.1': (SERVER, 'demo'),
    'cleat-attach.1': (SERVER + ';' + DATA + ';' + SHARE, 'demo'),
    'cleat-attachment.1': (DATA, 'demo'),
    'cleat-doctor.1': ('', 'admin'),
    'cleat-image.1': ('qemu-img create -q -f qcow2 debian.qcow2 1M', 'demo'),
    'cleat-keypair.1': ('mkdir .ssh; echo ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJlN8GlGCJ8CtXfMcOoD'
                        '5Q8Yv0o7m2mbvEgwzXWSYyvH me >.ssh/id_ed25519.pub', 'demo'),
    'cleat-quota.1': ('', 'admin'),
    'cleat-server.1': ('', 'demo'),
    'cleat-snapshot.1': (DATA, 'demo'),
    'cleat-type.1': ('cleat type create gold -q --private', 'admin'),
    'cleat-volume.1': ('cleat volume create old --size 1 --wait -q; '
                       'cleat snapshot create old monday --wait -q', 'demo'),
}
# What may be switched off, or is not served yet: a page about it is tried where it answers.
SERVED = {
    'cleat-attachment.1': '/volume/v3/attachments',
    'cleat-share.1': '/share/v2/shares',
    'cleat-snapshot.1': '/volume/v3/snapshots',
    'cleat-type.1': '/volume/v3/types/none/os-volume-type-access',
    'cleat-volume.1': '/volume/v3/snapshots',
}
# These write for all users of the machine, speak to another shell, or want a domain of libvirt's
# or a target.
NOT_HERE = re.compile(r'/etc/|/usr/|zsh|\bweb\b|local-attach')


def examples(page):
    """The command lines of a page, without what the markup adds."""
    with open(os.path.join(PAGES, page + '.scd')) as f:
        text = f.read()
    part = re.search(r'^# EXAMPLES?\n(.*?)^# ', text, re.M | re.S)
    lines = []
    for paragraph in re.findall(r'^\t(.*?)(?:\n\n|\Z)', part.group(1) if part else '',
                                re.M | re.S):
        lines += [re.sub(r'\\(.)', r'\1', line.strip()) for line in paragraph.split('++\n')]
    return [line for line in lines if not NOT_HERE.search(line)]


def shell(cleatd, user, text):
    done = subprocess.run(
        ['bash', '-ec', text], cwd=cleatd.dir, capture_output=True, text=True, timeout=120,
        check=False, env={'PATH': os.path.dirname(lib.CLEAT) + ':/usr/bin:/bin',
                          'HOME': cleatd.dir, 'LC_ALL': 'C.UTF-8', **cleatd.user(user).rc})
    tap.expect((done.returncode, done.stderr), (0, ''), '%s\n%s' % (text, done.stdout))


def try_page(page):
    lines = examples(page)
    before, user = NEEDS.get(page, ('', 'demo'))
    with lib.Cleatd() as cleatd:
        reply = cleatd.user('admin').get(SERVED.get(page, '/volume/v3/volumes'),
                                         version='volume 3.60')
        if reply.status == 406 or reply.message() == 'The resource could not be found.':
            raise tap.Skip('it is not served')
        os.symlink('openrc-' + user, os.path.join(cleatd.dir, 'openrc'))
        shell(cleatd, user, before)
        shell(cleatd, user, '\n'.join(lines))


def test_of(page):
    def test():
        if not examples(page):
            raise tap.Skip('no examples')
        try_page(page)
    test.__name__ = page
    return test


def pages_with_examples():
    for path in sorted(glob.glob(os.path.join(PAGES, 'cleat*.1.scd'))):
        page = os.path.basename(path)[:-len('.scd')]
        if examples(page):
            yield page


tap.run('examples', [test_of(page) for page in pages_with_examples()])
