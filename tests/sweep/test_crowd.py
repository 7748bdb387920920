#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Many clients at once, each doing whatever comes to its mind to the same few servers and volumes,
while the daemon lives, and while it is killed again and again. No request gets a 500, and after
a while everything is as it should be.

The choices come from fixed seeds; what they meet does not.
"""
import http.client
import os
import random
import sys
import threading
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, name) for name in ('lib', 'api')] + [os.path.dirname(__file__)]
import lib  # noqa: E402
import tap  # noqa: E402
import world  # noqa: E402
from journey import SERVERS, VOLUMES  # noqa: E402

CLIENTS = 8
SECONDS = 6
SETTLE_SECONDS = 180
SERVERS_MAX, VOLUMES_MAX = 4, 8
VERSION = 'compute 2.59'
POWER = [{'os-stop': None}, {'os-start': None}, {'reboot': {'type': 'HARD'}},
         {'reboot': {'type': 'SOFT'}}]


class Client(threading.Thread):
    def __init__(self, user, image, seed):
        super().__init__()
        self.user = user
        self.image = image
        self.random = random.Random(seed)
        self.end = time.monotonic() + SECONDS
        self.broken = []

    def ids(self, path, key):
        return [row['id'] for row in self.user.get(path).body[key]]

    def make(self, servers, volumes):
        if len(volumes) < VOLUMES_MAX:
            return self.user.post(VOLUMES, {'volume': {'size': 1}})
        if len(servers) < SERVERS_MAX:
            return self.user.post(SERVERS, {'server': {
                'name': 'crowd', 'imageRef': self.image, 'flavorRef': '1', 'networks': 'none'}},
                version=VERSION)
        return None

    def act(self, servers, volumes):
        """One request, or None when there is nothing to do it to."""
        what = self.random.choice(['make', 'attach', 'attach', 'attach', 'detach', 'detach',
                                   'power', 'delete volume', 'delete server'])
        if what == 'make' or not servers or not volumes:
            return self.make(servers, volumes)
        server = '%s/%s' % (SERVERS, self.random.choice(servers))
        volume = self.random.choice(volumes)
        if what == 'attach':
            return self.user.post(server + '/os-volume_attachments',
                                  {'volumeAttachment': {'volumeId': volume}})
        if what == 'detach':
            return self.user.delete('%s/os-volume_attachments/%s' % (server, volume))
        if what == 'power':
            return self.user.post(server + '/action', self.random.choice(POWER))
        if what == 'delete volume':
            return self.user.delete('%s/%s' % (VOLUMES, volume))
        return self.user.delete(server) if self.random.random() < 0.3 else None

    def run(self):
        while time.monotonic() < self.end:
            try:
                reply = self.act(self.ids(SERVERS, 'servers'), self.ids(VOLUMES, 'volumes'))
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)  # nobody is there just now
                continue
            if reply and reply.status >= 500:
                self.broken.append(repr(reply))


def crowd(cleatd, meanwhile):
    user = cleatd.user('demo')
    images = user.get('/image/v2/images').body['images']
    image = next(row['id'] for row in images if row['disk_format'] == 'raw')
    clients = [Client(user, image, seed) for seed in range(CLIENTS)]
    for client in clients:
        client.start()
    while any(client.is_alive() for client in clients):
        meanwhile()
    tap.expect([line for client in clients for line in client.broken], [], 'server errors')


def settle(cleatd):
    told = []

    def quiet():
        told[:] = world.complaints(world.look(cleatd))
        return not told
    try:
        lib.wait_for(quiet, 'peace', SETTLE_SECONDS)
    except AssertionError:
        raise AssertionError('not settled:\n' + '\n'.join(told)) from None


def clear(cleatd):
    """All can be taken apart."""
    user = cleatd.user('demo')

    def gone(path, key):
        rows = user.get(path).body[key]
        for row in rows:
            user.delete('%s/%s' % (path, row['id']))
        return not rows
    lib.wait_for(lambda: gone(SERVERS, 'servers'), 'no servers', SETTLE_SECONDS)
    lib.wait_for(lambda: gone(VOLUMES, 'volumes'), 'no volumes', SETTLE_SECONDS)
    settle(cleatd)


def with_slow_guests(meanwhile):
    with lib.Cleatd(env={'CLEAT_FAKE_DETACH': 'pending:30'}) as cleatd:
        crowd(cleatd, lambda: meanwhile(cleatd))
        settle(cleatd)
        clear(cleatd)


def a_crowd_leaves_order_behind():
    with_slow_guests(lambda _: time.sleep(0.1))


def a_crowd_and_a_killer_leave_order_behind():
    moments = random.Random(1)

    def kill(cleatd):
        time.sleep(moments.uniform(0.2, 0.9))
        cleatd.process.kill()
        cleatd.process.wait()
        cleatd.start()
    with_slow_guests(kill)


tap.run('crowd', [a_crowd_leaves_order_behind, a_crowd_and_a_killer_leave_order_behind])
