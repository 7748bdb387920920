# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What the checkers share: the files of the tree, and the way a finding is printed."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIPPED_DIRS = ('.git', '.cache', 'build', '__pycache__')


def git_files():
    """Tracked files and new ones that are not ignored; None where git cannot say."""
    command = ['git', '-c', 'safe.directory=*', '-C', ROOT,
               'ls-files', '-z', '--cached', '--others', '--exclude-standard']
    try:
        out = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return [name for name in out.decode().split('\0') if name]


def walked_files():
    """The same from the directory tree, for a source archive."""
    found = []
    for top, dirs, names in os.walk(ROOT):
        dirs[:] = [d for d in dirs if d not in SKIPPED_DIRS and not d.startswith('build-')]
        found += [os.path.relpath(os.path.join(top, name), ROOT) for name in names]
    return found


def files():
    """Every file of the tree, relative to its root, sorted; deleted ones left out."""
    names = git_files()
    if names is None:
        names = walked_files()
    return sorted({n for n in names if os.path.isfile(os.path.join(ROOT, n))})


def lines(name):
    with open(os.path.join(ROOT, name), encoding='utf-8', errors='replace') as f:
        return f.read().split('\n')


class Findings:
    """Collects `file:line: text`, prints each at once, and becomes the exit status."""

    def __init__(self, checker):
        self.checker = checker
        self.count = 0

    def add(self, name, line, text):
        self.count += 1
        print('%s:%d: %s' % (name, line, text))

    def finish(self, checked):
        print('%s: %s, %d finding%s' % (self.checker, checked, self.count,
                                        '' if self.count == 1 else 's'))
        sys.exit(1 if self.count else 0)
