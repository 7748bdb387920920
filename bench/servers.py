#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What ten thousand servers cost.

    bench/servers.py [ROUNDS [SERVERS...]]

For each number of servers in the store (1,000 and 10,000), two volumes on each: a detail page of
1,000 behind one of them, of a project and of all projects, and the show of one. Everything is held
against the smallest store. The stores are asked in turns, so that a busy machine slows both.
"""
import http.client
import os
import sqlite3
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'tests', 'api'),
                os.path.join(HERE, '..', 'tests', 'lib')]

import lib  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order
import scale  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order
import tap  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order

SIZES = (1000, 10_000)
ROUNDS = 30
COMPUTE = '/compute/v2.1/servers'
NUMBERS = 'WITH RECURSIVE numbers(n) AS (VALUES(0) UNION ALL SELECT n + 1 FROM numbers ' \
          'WHERE n + 1 < %d) '


def number_id(kind, number='n'):
    return "printf('%08d-0000-4000-8000-%%012x', %s)" % (kind, number)


def copies(db, table, like, count, change):
    """`count` rows like the one of that id, each with members of its own."""
    columns = [row[1] for row in db.execute('PRAGMA table_info(%s)' % table)]
    db.execute(NUMBERS % count + 'INSERT INTO %s (%s) SELECT %s FROM numbers, (SELECT * FROM %s '
               'WHERE id = ?)' % (table, ', '.join(columns), ', '.join(
                   change.get(column, column) for column in columns), table), (like,))


def fill(path, server, volume, attachment, count):
    db = sqlite3.connect(path)
    copies(db, 'servers', server, count,
           {'id': number_id(1), 'name': "'s' || n", 'created_us': 'created_us + n'})
    copies(db, 'volumes', volume, 2 * count,
           {'id': number_id(2), 'name': "'v' || n", 'created_us': 'created_us + n'})
    copies(db, 'attachments', attachment, 2 * count,
           {'id': number_id(3), 'mapping_id': number_id(4), 'volume_id': number_id(2),
            'server_id': number_id(1, 'n / 2'), 'created_us': 'created_us + n'})
    db.commit()
    db.close()


class Stocked:
    """A daemon with that many servers. The hypervisor knows none of them, so none is looked at:
    the copies are of a server that is shelved away."""

    def __init__(self, count):
        self.count = count
        self.connection = None
        self.cleatd = lib.Cleatd()
        demo = self.cleatd.user('demo')
        image = demo.get('/image/v2/images').body['images'][0]['id']
        reply = demo.post(COMPUTE, {'server': {'name': 's', 'imageRef': image, 'flavorRef': '1'}})
        server = reply.body['server']['id']
        tap.wait_for('a server', lambda: self.status(COMPUTE + '/' + server, 'server') == 'ACTIVE')
        volume = demo.post('/volume/v3/volumes', {'volume': {'size': 1}}).body['volume']['id']
        path = '/volume/v3/volumes/' + volume
        tap.wait_for('a volume', lambda: self.status(path, 'volume') == 'available')
        reply = demo.post('%s/%s/os-volume_attachments' % (COMPUTE, server),
                          {'volumeAttachment': {'volumeId': volume}})
        assert reply.status == 200, reply
        tap.wait_for('the attachment', lambda: self.status(path, 'volume') == 'in-use')
        self.cleatd.stop()
        store = os.path.join(self.cleatd.dir, 'cleat.db')
        db = sqlite3.connect(store)
        attachment, = db.execute('SELECT id FROM attachments').fetchone()
        db.execute("UPDATE servers SET vm_state = 'shelved_offloaded', power_state = 4, "
                   "host = ''")
        db.commit()
        db.close()
        fill(store, server, volume, attachment, count)
        assert self.cleatd.start(), 'cleatd does not start on %d servers' % count

    def status(self, path, key):
        return self.cleatd.user('demo').get(path).body[key]['status']

    def ask(self, user, path):
        """Milliseconds of one request until its last byte is here, and the size of its reply."""
        headers = {'X-Auth-Token': self.cleatd.user(user).token,
                   'OpenStack-API-Version': 'compute 2.104'}
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.cleatd.host, self.cleatd.port)
        begin = time.perf_counter()
        self.connection.request('GET', path, headers=headers)
        reply = self.connection.getresponse()
        size = len(reply.read())
        taken = (time.perf_counter() - begin) * 1000
        assert reply.status == 200, (path, reply.status)
        return taken, size


def middle(count):
    """A server behind which there is a page; lists begin with the newest."""
    return '00000001-0000-4000-8000-%012x' % (count - 1 if count <= 1000 else count // 2 + 500)


FIGURES = (
    ('a detail page of 1,000 in a project', 'demo',
     lambda count: '%s/detail?limit=1000&marker=%s' % (COMPUTE, middle(count)), 1.3),
    ('a detail page of 1,000 of all projects', 'admin',
     lambda count: '%s/detail?limit=1000&all_tenants=1&marker=%s' % (COMPUTE, middle(count)), 1.3),
    ('the show of one', 'demo', lambda count: '%s/%s' % (COMPUTE, middle(count)), None),
)


def measure(stores, user, path_of, rounds):
    """The median milliseconds of each store, asked in turns."""
    taken = {store.count: [] for store in stores}
    sizes = set()
    for _ in range(rounds + 1):
        for store in stores:
            spent, size = store.ask(user, path_of(store.count))
            taken[store.count].append(spent)
            sizes.add(size // 20000)
    assert len(sizes) == 1, 'the pages are not alike: %s' % sizes
    return {count: statistics.median(times[1:]) for count, times in taken.items()}


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    sizes = [int(word) for word in sys.argv[2:]] or SIZES
    stores, number = [], 0
    try:
        for count in sizes:
            stores.append(Stocked(count))
        for title, user, path_of, goal in FIGURES:
            found = measure(stores, user, path_of, rounds)
            for count in sizes:
                number += 1
                scale.say(number, '%d servers: %s: p50 %.2f ms, %.2f times that of the smallest '
                          'store%s' % (count, title, found[count], found[count] / found[sizes[0]],
                                       ', goal %.1f' % goal if goal else ''))
    finally:
        for store in stores:
            store.cleatd.__exit__()
    print('1..%d' % number)


if __name__ == '__main__':
    main()
