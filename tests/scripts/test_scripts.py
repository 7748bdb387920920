#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""scripts/new-driver, in a copy of the tree: what it makes compiles and keeps the rules."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, 'tests', 'lib'), os.path.join(ROOT, 'scripts')]
import tap  # noqa: E402
import tree  # noqa: E402

COMPILE = ['cc', '-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-Wshadow',
           '-Wno-missing-field-initializers', '-Isrc', '-I.', '-fsyntax-only']

copy = tempfile.mkdtemp(prefix='cleat-test-')


def run(*command):
    return subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)


def works(*command):
    done = run(*command)
    tap.expect((done.returncode, done.stderr), (0, ''), ' '.join(command) + done.stdout)


def copy_tree():
    for name in tree.files():
        path = os.path.join(copy, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(os.path.join(ROOT, name), path)


def every_kind_of_driver_begins():
    if not (shutil.which('clang-format-14') or shutil.which('clang-format')):
        raise tap.Skip('clang-format is not installed')
    kinds = [os.path.basename(name)[:-2] for name in glob.glob(os.path.join(
        copy, 'src', 'contract', '*.h'))
        if os.path.isdir(os.path.join(copy, 'src', os.path.basename(name)[:-2]))]
    assert 'backend' in kinds and len(kinds) >= 4, kinds
    for kind in kinds:
        with open(os.path.join(copy, 'src', 'rooms.txt')) as rooms:
            of_daemon = re.search(r'^daemon:.* %s/' % kind, rooms.read(), re.M)
        works('scripts/new-driver', kind, 'novel')
        folder = 'src/%s/novel' % kind
        works(*COMPILE, folder + '/novel.c', folder + '/test-novel.c')
        with open(os.path.join(copy, 'src', 'rooms.txt')) as rooms:
            text = rooms.read()
        assert re.search(r'^%s/novel: ' % kind, text, re.M), text
        if of_daemon:  # connectors are on other hosts, too
            assert re.search(r'^daemon:.* %s/novel ' % kind, text, re.M), text
    for checker in ('check-rooms', 'check-style', 'check-docs'):  # other findings are not ours
        found = run('scripts/' + checker).stdout
        assert 'novel' not in found, found


def what_cannot_be_a_driver_is_refused():
    for arguments, sentence in ((('backend',), 'new-driver KIND NAME'),
                                (('backend', '../x'), 'new-driver KIND NAME'),
                                (('nothing', 'x'), 'there is no contract'),
                                (('backend', 'file'), 'is there already')):
        done = run('scripts/new-driver', *arguments)
        assert done.returncode != 0 and sentence in done.stderr, (arguments, done)


copy_tree()
tap.run('scripts', [every_kind_of_driver_begins, what_cannot_be_a_driver_is_refused],
        cleanup=lambda: shutil.rmtree(copy))
