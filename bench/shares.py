#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What it costs that servers have shares.

    bench/shares.py [SECONDS]

Attach and detach, each client with a server and a share of its own, against the bare group
commit of the same rows; and how long a server takes to start with 1, 4 and 16 shares, on the
fake hypervisor: what a share adds stays the same.
"""
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'tests', 'api'),
                os.path.join(HERE, '..', 'tests', 'lib')]

import lib  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order
import bench  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order
import scale  # noqa: E402  pylint: disable=wrong-import-position

CLIENTS = (1, 16)
ROUNDS = 3
COUNTS = (0, 1, 4, 16)
STARTS = 5
LOOK_S = 0.002
LONGEST_S = 60
SERVERS = '/compute/v2.1/servers'
SHARES = '/share/v2/shares'
AT = 'compute 2.97'


def until(what, condition):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < LONGEST_S, what
        time.sleep(LOOK_S)
    return (time.monotonic() - began) * 1000


def bare_mappings(folder, clients, seconds):
    return bench.cycles_in(bench.run(bench.program('groupcommit'), 'mapping', folder,
                                     str(clients), str(seconds)))


class House:
    """Servers that are off, and shares."""

    def __init__(self, cleatd):
        self.demo, admin = cleatd.user('demo'), cleatd.user('admin')
        assert self.demo.token
        for path, limits in (
                ('/compute/v2.1/os-quota-sets/', {'instances': -1, 'cores': -1, 'ram': -1}),
                ('/share/v2/quota-sets/', {'shares': -1, 'gigabytes': -1})):
            reply = admin.put(path + self.demo.project_id, {'quota_set': limits},
                              headers={'X-OpenStack-Manila-API-Version': '2.60'})
            assert reply.status == 200, reply
        self.image = self.demo.get('/image/v2/images').body['images'][0]['id']
        self.flavor = self.demo.get('/compute/v2.1/flavors').body['flavors'][0]['id']

    def status(self, server):
        return self.demo.get('%s/%s' % (SERVERS, server)).body['server']['status']

    def act(self, server, action, status):
        """How long it takes."""
        reply = self.demo.post('%s/%s/action' % (SERVERS, server), {action: None})
        assert reply.status == 202, reply
        return until(action, lambda: self.status(server) == status)

    def server(self):
        body = {'name': 'bench', 'imageRef': self.image, 'flavorRef': self.flavor}
        server = self.demo.post(SERVERS, {'server': body}).body['server']['id']
        until('a server', lambda: self.status(server) == 'ACTIVE')
        self.act(server, 'os-stop', 'SHUTOFF')
        return server

    def share(self):
        path = '%s/%s' % (SHARES, self.demo.post(SHARES, {'share': {
            'share_proto': 'NFS', 'size': 1}}).body['share']['id'])
        until('a share', lambda: self.demo.get(path).body['share']['status'] == 'available')
        return path.rsplit('/', 1)[1]

    def attach(self, server, share):
        path = '%s/%s/shares' % (SERVERS, server)
        reply = self.demo.post(path, {'share': {'share_id': share}}, version=AT)
        assert reply.status == 201, reply
        until('attach', lambda: self.demo.get('%s/%s' % (path, share), version=AT)
              .body['share']['status'] == 'inactive')


def cycles(cleatd, house, seconds):
    pairs = ['%s %s' % (house.server(), house.share()) for _ in range(max(CLIENTS))]
    folder = os.path.join(cleatd.dir, 'bare')
    os.mkdir(folder)
    for clients in CLIENTS:
        rounds = []
        for _ in range(ROUNDS):
            bare = bare_mappings(folder, clients, seconds)
            rounds.append((scale.storm(cleatd, house.demo.token, 'mapping', clients, seconds,
                                       *pairs[:clients]), bare))
        rounds.sort()
        (rate, half, most), bare = rounds[ROUNDS // 2]
        yield ('attach and detach of a share at %d clients: %.2f of the bare group commit (%.0f/s '
               'against %.0f/s), goal 0.50 at 16; p50 %.2f ms, p99 %.2f ms' % (
                   clients, rate / bare, rate, bare, half / 1000, most / 1000))


def starts(house):
    """The median of some, with more and more shares."""
    server, had, taken = house.server(), 0, {}
    for count in COUNTS:
        for _ in range(count - had):
            house.attach(server, house.share())
        had = count
        times = []
        for _ in range(STARTS):
            times.append(house.act(server, 'os-start', 'ACTIVE'))
            house.act(server, 'os-stop', 'SHUTOFF')
        taken[count] = statistics.median(times)
    more = {count: (taken[count] - taken[0]) / count for count in COUNTS[1:]}
    for count in COUNTS[1:]:
        yield ('start with %d shares: %.1f ms, %.2f ms more for each than without any' % (
            count, taken[count], more[count]))
    yield 'a share of 16 adds %.2f of what one of 4 adds, flat is 1.00' % (more[16] / more[4])


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    number = 0
    with lib.Cleatd() as cleatd:
        house = House(cleatd)
        for titles in (cycles(cleatd, house, seconds), starts(house)):
            for title in titles:
                number += 1
                print('ok %d - shares: %s\n# say %s' % (number, title, title), flush=True)
    print('1..%d' % number)


if __name__ == '__main__':
    main()
