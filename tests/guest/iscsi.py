#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The iSCSI connector in the tiny guest: the kernel's own target, two portals, and multipath."""
import os
import shutil
import sys
import tempfile

import blocks
import inside

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(inside.ROOT, 'build'))
PROGRAMS = {
    '/bin/connector-call': os.path.join(BUILD, 'tests', 'contract', 'connector-call'),
    '/bin/journey': os.path.join(inside.HERE, 'iscsi-journey'),
    '/lib/udev/rules.d/62-cleat.rules': os.path.join(
        inside.ROOT, 'contrib', 'udev', '62-cleat.rules'),
}
PARTS = ('begin', 'single', 'quiet', 'multipath', 'neighbours', 'growing', 'stale', 'secrets',
         'readonly', 'mounted', 'lost', 'cycles')
PART_SECONDS = 600


def boot(folder, more=()):
    """With more programs, {name inside: file}, where that is wanted."""
    programs, folders = blocks.programs(folder)
    return inside.Guest(folder, inside.build_initrd(
        folder, dict(programs, **PROGRAMS, **dict(more)), blocks.MODULES, folders))


def main():
    report = inside.Report()
    folder = tempfile.mkdtemp(prefix='cleat-iscsi-')
    guest = None
    try:
        guest = boot(folder)
        for part in PARTS:
            report.pass_on('iscsi ' + part, *guest.run('journey ' + part, PART_SECONDS))
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(folder)
    print('1..%d' % report.count)
    return report.failed > 0


if __name__ == '__main__':
    sys.exit(main())
