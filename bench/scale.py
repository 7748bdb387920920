#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Attachments, and what a million volumes cost.

    bench/scale.py [SECONDS [VOLUMES...]]

For each number of volumes in the store (1,000, 100,000 and 1,000,000): full attachment cycles
(create with a connector, complete, delete: three commits) at 1, 8 and 32 clients, GET of one
volume, a page of 1,000, and resident memory. The cycles are held against the bare group commit
of the same rows, everything else against the smallest store. Noise fails nothing.
"""
import os
import re
import shutil
import sqlite3
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'tests', 'api'),
                os.path.join(HERE, '..', 'tests', 'lib')]

import bench  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order
import lib  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order

SIZES = (1000, 100_000, 1_000_000)
CLIENTS = (1, 8, 32)
ROUNDS = 3
ID = "printf('00000000-0000-4000-8000-%012x', n)"


def fill(path, like, count):
    """Volumes with ids made of numbers, all as `like`; every third is in use."""
    db = sqlite3.connect(path)
    change = {'id': ID, 'name': "'v' || n", 'created_us': 'created_us + n',
              'status': "iif(n % 3, 'available', 'in-use')"}
    columns = [row[1] for row in db.execute('PRAGMA table_info(volumes)')]
    db.execute('WITH RECURSIVE numbers(n) AS (VALUES(0) UNION ALL SELECT n + 1 FROM numbers '
               'WHERE n + 1 < %d) INSERT INTO volumes (%s) SELECT %s FROM numbers, (SELECT * FROM '
               'volumes WHERE id = ?)'
               % (count, ', '.join(columns),
                  ', '.join(change.get(column, column) for column in columns)), (like,))
    columns = [row[1] for row in db.execute('PRAGMA table_info(attachments)')]
    change = {'id': ID, 'volume_id': ID, 'created_us': 'n', 'updated_us': 'n', 'attached_us': 'n',
              'project_id': '(SELECT project_id FROM volumes WHERE id = %s)' % ID,
              'status': "'attached'", 'mode': "'rw'", 'device': "'/dev/vdb'",
              'boot_index': '-1', 'connector': "'{\"host\":\"h' || n || '\"}'",
              'connection_info': "'{\"driver_volume_type\":\"local\"}'"}
    filled = [column for column in columns if column in change]
    zero = [row[1] for row in db.execute('PRAGMA table_info(attachments)')
            if row[3] and row[1] not in change]
    db.execute('WITH RECURSIVE numbers(n) AS (VALUES(0) UNION ALL SELECT n + 3 FROM numbers '
               'WHERE n + 3 < %d) INSERT INTO attachments (%s) SELECT %s FROM numbers'
               % (count, ', '.join(filled + zero),
                  ', '.join([change[column] for column in filled] + ['0'] * len(zero))))
    db.commit()
    db.close()


def storm(cleatd, token, mode, clients, seconds, *rest):
    """(turns a second, p50, p99 in microseconds)"""
    said = bench.run(bench.program('load'), mode, str(cleatd.port), token, str(clients),
                     str(seconds), *rest)
    count, taken, half, most = map(int, re.search(
        r'(\d+) cycles in (\d+) ms, p50 (\d+) us, p99 (\d+) us', said).groups())
    return count / taken * 1000, half, most


def best_of(rounds, measure):
    """The round with the median rate."""
    return sorted(measure() for _ in range(rounds))[rounds // 2]


def bare_cycles(folder, clients, seconds, volumes):
    return bench.cycles_in(bench.run(bench.program('groupcommit'), 'attachment', folder,
                                     str(clients), str(seconds), *volumes))


def measure(count, seconds):
    """Every figure of a store with that many volumes."""
    with lib.Cleatd() as cleatd:
        demo, admin = cleatd.user('demo'), cleatd.user('admin')
        token = demo.token
        reply = admin.put('/volume/v3/os-quota-sets/' + demo.project_id,
                          {'quota_set': {'volumes': -1, 'gigabytes': -1}})
        assert reply.status == 200, reply
        own = [bench.new_volume(demo).rsplit('/', 1)[1] for _ in range(max(CLIENTS))]
        cleatd.stop()
        fill(os.path.join(cleatd.dir, 'cleat.db'), own[0], count)
        bare_dir = os.path.join(cleatd.dir, 'bare')  # the bare loop has as many rows to write among
        os.mkdir(bare_dir)
        shutil.copyfile(os.path.join(cleatd.dir, 'cleat.db'), os.path.join(bare_dir, 'bare.db'))
        assert cleatd.start(), 'cleatd does not start on %d volumes' % count
        figures = {'idle': bench.resident_mib(cleatd.process)}
        for clients in CLIENTS:
            pairs = []
            for _ in range(ROUNDS):
                bare = bare_cycles(bare_dir, clients, seconds, own[:clients])
                pairs.append((storm(cleatd, token, 'attachment', clients, seconds,
                                    *own[:clients]), bare))
            pairs.sort()
            figures['cycle', clients] = pairs[ROUNDS // 2]
        figures['get'] = best_of(ROUNDS, lambda: storm(cleatd, token, 'get', 8, seconds,
                                                       str(count)))
        figures['page'] = best_of(ROUNDS, lambda: storm(cleatd, token, 'page', 1, seconds,
                                                        str(count)))
        figures['memory'] = bench.resident_mib(cleatd.process)
    return figures


def say(number, title):
    print('ok %d - scale: %s\n# say %s' % (number, title, title))
    sys.stdout.flush()


def report(count, figures, least):
    """Lines of text about one store; `least` is the smallest one's figures."""
    for clients in CLIENTS:
        (rate, half, most), bare = figures['cycle', clients]
        yield ('%d volumes: attachment cycles at %d clients: %.2f of the bare group commit '
               '(%.0f/s against %.0f/s), goal 0.50 at 32; p50 %.2f ms, p99 %.2f ms: %.1f times, '
               'goal 10' % (count, clients, rate / bare, rate, bare, half / 1000, most / 1000,
                            most / half))
    for name, title in (('get', 'GET of one volume at 8 clients'),
                        ('page', 'a page of 1,000 volumes at 1 client')):
        rate, half, most = figures[name]
        yield ('%d volumes: %s: p50 %.3f ms, %.2f times that of the smallest store, goal 1.3 '
               '(%.0f/s, p99 %.3f ms)' % (count, title, half / 1000, half / least[name][1], rate,
                                          most / 1000))
    yield ('%d volumes: resident %.1f MiB idle, %.1f MiB after the storm, %.1f MiB more than with '
           'the smallest store' % (count, figures['idle'], figures['memory'],
                                   figures['memory'] - least['memory']))


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    sizes = [int(word) for word in sys.argv[2:]] or SIZES
    number, failed, least = 0, 0, None
    for count in sizes:
        try:
            figures = measure(count, seconds)
            least = least or figures
            for title in report(count, figures, least):
                number += 1
                say(number, title)
        except Exception as error:  # pylint: disable=broad-except
            number, failed = number + 1, failed + 1
            print('not ok %d - scale: %d volumes\n#   %s' % (number, count, error))
    print('1..%d' % number)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
