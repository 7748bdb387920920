# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Other people's commands, run against a cleatd as one of its users."""
import subprocess


def run(cleatd, program, *words, user='demo', fails=False, env=None):
    """Output of a command; with fails=True its complaint, and that it ended with a failure."""
    clean = {'PATH': '/usr/bin:/bin', 'HOME': cleatd.dir, 'LC_ALL': 'C.UTF-8', 'NO_COLOR': '1'}
    done = subprocess.run(['/usr/bin/' + program, *words], capture_output=True, text=True,
                          timeout=180, env={**clean, **cleatd.user(user).rc, **(env or {})},
                          check=False)
    if bool(done.returncode) != fails:
        raise AssertionError('%s %s: status %d\n%s%s' % (
            program, ' '.join(words), done.returncode, done.stdout, done.stderr))
    return done.stdout + done.stderr if fails else done.stdout


def refused(cleatd, wanted, program, *words, **how):
    """The command fails and its complaint holds the text."""
    complaint = run(cleatd, program, *words, fails=True, **how)
    if wanted not in complaint:
        raise AssertionError('%s %s: %r is not in: %s' % (program, ' '.join(words), wanted,
                                                          complaint))
