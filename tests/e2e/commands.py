# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Other people's commands, run against a cleatd as one of its users."""
import json
import os
import select
import subprocess
import tempfile

WARM = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'warm.py')
SECONDS = 180


class Warm:
    """A command that is ready to run again and again: see warm.py."""
    ready = {}

    def __init__(self, program):
        self.program = program
        self.process = subprocess.Popen([WARM, '/usr/bin/' + program], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    @classmethod
    def of(cls, program):
        if program not in cls.ready:
            cls.ready[program] = cls(program)
        return cls.ready[program]

    def run(self, words, env):
        """Status, output, complaint."""
        with tempfile.TemporaryDirectory(prefix='cleat-command-') as folder:
            names = [os.path.join(folder, name) for name in ('out', 'err')]
            ask = {'args': words, 'env': env, 'out': names[0], 'err': names[1]}
            self.process.stdin.write(json.dumps(ask) + '\n')
            self.process.stdin.flush()
            if not select.select([self.process.stdout], [], [], SECONDS)[0]:
                raise AssertionError('%s %s: no end' % (self.program, ' '.join(words)))
            status = int(self.process.stdout.readline())
            texts = []
            for name in names:
                with open(name, encoding='utf-8') as text:
                    texts.append(text.read())
        return status, texts[0], texts[1]


def run(cleatd, program, *words, user='demo', fails=False, env=None):
    """Output of a command; with fails=True its complaint, and that it ended with a failure."""
    clean = {'PATH': '/usr/bin:/bin', 'HOME': cleatd.dir, 'LC_ALL': 'C.UTF-8', 'NO_COLOR': '1'}
    status, out, err = Warm.of(program).run(
        words, {**clean, **cleatd.user(user).rc, **(env or {})})
    if bool(status) != fails:
        raise AssertionError('%s %s: status %d\n%s%s' % (program, ' '.join(words), status, out,
                                                         err))
    return out + err if fails else out


def refused(cleatd, wanted, program, *words, **how):
    """The command fails and its complaint holds the text."""
    complaint = run(cleatd, program, *words, fails=True, **how)
    if wanted not in complaint:
        raise AssertionError('%s %s: %r is not in: %s' % (program, ' '.join(words), wanted,
                                                          complaint))
