# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The vocabulary of the tests of cleat: one cleatd, and commands that are run against it."""
import json
import subprocess

import lib

CLEATD = lib.Cleatd(start=False)
IDS = {}
RUN = set()
FAILED, USAGE, NOT_FOUND, DENIED, UNREACHABLE, TIMED_OUT = 1, 2, 3, 4, 5, 6


def run(*words, user='demo', env=None, cleatd=None):
    """(exit code, stdout, stderr) of one command."""
    cleatd = cleatd or CLEATD
    clean = {'PATH': '/usr/bin:/bin', 'HOME': cleatd.dir, 'LC_ALL': 'C.UTF-8'}
    login = cleatd.user(user).rc if user else {}
    done = subprocess.run([lib.CLEAT, *words], capture_output=True, text=True, timeout=120,
                          env={**clean, **login, **(env or {})}, cwd=cleatd.dir, check=False)
    RUN.update(' '.join(words[:count]) for count in range(4))
    return done.returncode, done.stdout, done.stderr


def cleat(*words, **how):
    """Output of a command that succeeds and has nothing to complain about."""
    code, out, err = run(*words, **how)
    if code or err:
        raise AssertionError('cleat %s: %d\n%s%s' % (' '.join(words), code, out, err))
    return out


def table(*words, **how):
    return json.loads(cleat(*words, '-f', 'json', **how))


def value(column, *words, **how):
    return cleat(*words, '-f', 'value', '-c', column, **how).strip()


def refused(code, wanted, *words, **how):
    """The command ends with this code, and says this on stderr."""
    got, out, err = run(*words, **how)
    if got != code or wanted not in err or out:
        raise AssertionError('cleat %s: %d instead of %d, %r in %s%s' % (
            ' '.join(words), got, code, wanted, out, err))


def names(rows):
    return [row['Name'] for row in rows]
