#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What a bare host pays for Cleat instead of commands typed by hand.

    bench/local.py [ROUNDS]

The connector of this machine, beside the commands that say the same and, where Debian's
python3-os-brick is installed, beside that; fifty volumes of one target at once, beside one; and in
guests a volume of the kernel's own target, attached and detached, beside iscsiadm and nvme-cli by
hand.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(HERE, '..', 'tests')
sys.path[:0] = [HERE] + [os.path.join(TESTS, name) for name in ('api', 'lib', 'guest')]

import bench  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order
import iscsi  # noqa: E402  pylint: disable=wrong-import-position
import nvme  # noqa: E402  pylint: disable=wrong-import-position

VOLUMES = 50
GUEST_ROUNDS = 5
GUEST_SECONDS = 900
CLEAT = os.path.join(iscsi.BUILD, 'src', 'cli', 'cleat')
# What names a host to its storage, as somebody would collect it.
BY_HAND = '''
uname -m
hostname
cat /etc/iscsi/initiatorname.iscsi
cat /etc/nvme/hostnqn /etc/nvme/hostid
cat /sys/module/nvme_core/parameters/multipath
cat /sys/class/dmi/id/product_uuid || dmidecode -ssystem-uuid
cat /sys/class/fc_host/host*/port_name
source=$(findmnt -v / -n -o SOURCE)
blkid "$source" -s UUID -o value
'''
OS_BRICK = '''
from os_brick.initiator import connector
from oslo_concurrency import processutils
print(connector.get_connector_properties(None, '127.0.0.1', False, False,
                                         execute=processutils.execute))
'''


def cost(*command):
    """Milliseconds, and the most memory in MiB, of a process and those it waited for."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return (time.monotonic() - began) * 1000, usage.ru_maxrss / 1024, process.returncode


def in_turns(rounds, *commands):
    """The median of each command: milliseconds, MiB and the exit status of the last round."""
    taken = [[] for _ in commands]
    for _ in range(rounds):
        for index, command in enumerate(commands):
            taken[index].append(cost(*command))
    return [(statistics.median(one[0] for one in each), statistics.median(one[1] for one in each),
             each[-1][2]) for each in taken]


def get_connector(rounds):
    """cleat get-connector beside the commands typed by hand."""
    ours, hand = in_turns(rounds, (CLEAT, 'get-connector'), ('sh', '-c', BY_HAND))
    assert ours[2] == 0, 'cleat get-connector: status %d' % ours[2]
    return ('get-connector: %.2f times the commands by hand, goal 1.2 (%.1f ms, %.1f MiB against '
            '%.1f ms)' % (ours[0] / hand[0], ours[0], ours[1], hand[0]))


def os_brick(rounds):
    """cleat get-connector beside what os-brick collects."""
    if subprocess.run([sys.executable, '-c', 'import os_brick'], capture_output=True,
                      check=False).returncode:
        raise bench.Skipped('python3-os-brick is not installed')
    ours, theirs = in_turns(rounds, (CLEAT, 'get-connector'), (sys.executable, '-c', OS_BRICK))
    if theirs[2]:
        raise bench.Skipped('os-brick says nothing of this machine')
    return ('get-connector: %.3f of the time of python3-os-brick (%.1f ms against %.0f ms), %.3f '
            'of its memory (%.1f MiB against %.1f MiB)' % (
                ours[0] / theirs[0], ours[0], theirs[0], ours[1] / theirs[1], ours[1], theirs[1]))


def many_at_once(rounds):
    """Volumes of one target, each of which takes half a second."""
    ratios = []
    for _ in range(max(rounds // 5, 1)):
        folder = tempfile.mkdtemp(prefix='cleat-bench-')
        try:
            said = bench.run(bench.program('local-many'), folder, str(VOLUMES))
        finally:
            shutil.rmtree(folder)
        one, many = (int(re.search(r'%s_ms (\d+)' % name, said)[1]) for name in ('one', 'many'))
        ratios.append((many / one, one, many))
    ratio, one, many = sorted(ratios)[len(ratios) // 2]
    return ('%d volumes of one target at once: %.2f times one of them (%d ms against %d ms), one '
            'after the other %.0f' % (VOLUMES, ratio, many, one, VOLUMES))


def in_guest(what, boot, commands):
    """A cycle of a volume in a guest, beside the same typed by hand; the last command tells."""
    folder = tempfile.mkdtemp(prefix='cleat-bench-')
    guest = None
    try:
        guest = boot(folder, {'/bin/by-hand': os.path.join(HERE, '%s-by-hand' % what.lower())})
        for command in commands:
            status, said = guest.run(command, GUEST_SECONDS)
            assert status == 0, said
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(folder)
    hand, ours = (statistics.median(int(word) for word in re.findall(r'^%s (\d+)$' % name, said,
                                                                    re.M))
                  for name in ('hand_ms', 'cleat_ms'))
    return ('%s attach and detach in a guest: %.2f times the commands by hand, goal 1.2 (%d ms '
            'against %d ms)' % (what, ours / hand, ours, hand))


def iscsi_in_guest(_rounds):
    """iscsiadm by hand, with the kernel's target."""
    return in_guest('iSCSI', iscsi.boot, ('journey begin', 'by-hand %d' % GUEST_ROUNDS))


def nvme_in_guest(_rounds):
    """nvme-cli by hand, with the kernel's target."""
    return in_guest('NVMe', nvme.boot, ('by-hand %d' % GUEST_ROUNDS,))


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    sys.exit(bench.tell((get_connector, os_brick, many_at_once, iscsi_in_guest,
                         nvme_in_guest), rounds))


if __name__ == '__main__':
    main()
