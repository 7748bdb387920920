#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""How long a guest of libvirt's takes to start with 1, 4 and 16 shares.

    bench/share_starts.py [ROUNDS]

From the request until the server is active: its shares mounted, a virtiofsd for each, the emulator
running. The guest is let boot, and ends by itself, outside of what is timed. Rounds go through all
counts, so that a machine that is busy for a while slows all of them.
"""
import os
import statistics
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, 'tests', name) for name in ('api', 'lib', 'scenario')]

import tap  # noqa: E402  pylint: disable=wrong-import-position
import attach  # noqa: E402  pylint: disable=wrong-import-position
import shares  # noqa: E402  pylint: disable=wrong-import-position

IMAGES = os.path.join(ROOT, '.cache', 'guest')
COUNTS = (0, 1, 4, 16)
LOOK_S = 0.01


def off_server(count):
    """With so many shares."""
    server = shares.Guest()
    server.stop()
    for _ in range(count):
        server.give(shares.Share())
    return server


def start_ms(server, count):
    began = time.monotonic()
    server.action('os-start')
    tap.wait_for('the start', lambda: server.status() == 'ACTIVE', 300, LOOK_S)
    taken = (time.monotonic() - began) * 1000
    tap.expect(len(server.programs()), count, 'programs')
    server.wait_boot()
    server.stop()
    return taken


def figures(taken):
    more = {count: (taken[count] - taken[0]) / count for count in COUNTS[1:]}
    for count in COUNTS[1:]:
        yield ('libvirt, start with %d shares: %.2f of a start without any (%.0f ms against '
               '%.0f ms), %.0f ms for each share' % (
                   count, taken[count] / taken[0], taken[count], taken[0], more[count]))
    yield 'libvirt, a share of 16 adds %.2f of what one of 4 adds, flat is 1.00' % (
        more[16] / more[4])


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    number = 0
    try:
        attach.CLEATD.start(env={'CLEAT_GUEST_IMAGE': IMAGES})
        servers = {count: off_server(count) for count in COUNTS}
        times = [{count: start_ms(server, count) for count, server in servers.items()}
                 for _ in range(rounds)]
        taken = {count: statistics.median(row[count] for row in times) for count in COUNTS}
        for title in figures(taken):
            number += 1
            print('ok %d - shares: %s\n# say %s' % (number, title, title), flush=True)
        for server in servers.values():
            server.delete()
        attach.CLEATD.stop()
    finally:
        shares.cleanup()
    print('1..%d' % number)


if __name__ == '__main__':
    main()
