#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""An installed command that has done its imports already, and forks for each call.

    warm.py PROGRAM

PROGRAM is a console script such as openstack. Each line of the input asks for one call,
{"args": [...], "env": {...}, "out": FILE, "err": FILE}; its exit status is a line of the output.
The script itself is run, as it stands, in the child: most of what such a command takes is spent
on imports, and a suite has hundreds of them.
"""
import importlib
import json
import os
import re
import runpy
import sys
import traceback

ALSO = {
    'openstack': ('openstack.connection', 'openstackclient.common.clientmanager'),
    'cinder': ('cinderclient.v3.client',),
    'manila': ('manilaclient.v2.client',),
}


def preload(program):
    with open(program, encoding='utf-8') as script:
        wanted = re.findall(r'^from (\S+) import', script.read(), re.MULTILINE)
    for module in (*wanted, *ALSO.get(os.path.basename(program), ())):
        importlib.import_module(module)


def call(program, ask):
    """In the child: the script with its arguments; never returns."""
    status = 1
    try:
        for number, name in ((1, ask['out']), (2, ask['err'])):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        os.environ.update(ask['env'])
        sys.argv = [program, *ask['args']]
        runpy.run_path(program, run_name='__main__')
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        else:
            status = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status & 0xff)


def main():
    program = sys.argv[1]
    answers = os.fdopen(os.dup(1), 'w')
    preload(program)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            call(program, json.loads(line))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status, file=answers, flush=True)


if __name__ == '__main__':
    main()
