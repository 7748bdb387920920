#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Many servers and one multiattach volume: all get it at once, all let it go at once, some come
while others leave, and servers are deleted with it.

    tests/stress/sharing.py [ROUNDS]        (3)
"""
import random
import sys

from clients import (SERVERS, VOLUMES, attachments, away, cleatd, demo, furnish, make,
                     nothing_is_left, rows, servers, settle, tap, together, wait_for, wait_status)

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
CROWD = 64

dice = random.Random(1)


def path(server):
    return '%s/%s/os-volume_attachments' % (SERVERS, server)


def attach(server, volume, version='compute 2.100', **more):
    return demo.post(path(server), {'volumeAttachment': dict(more, volumeId=volume)},
                     version=version)


def detach(server, volume):
    return demo.delete('%s/%s' % (path(server), volume))


def is_had_by(volume, wanted):
    """Once all is quiet these servers have it, and nobody else, and the volume says so."""
    settle()
    had = [server for _, server in attachments(volume)]
    tap.expect(sorted(had), sorted(wanted), 'servers that have it')
    states = {status for status, in rows('SELECT status FROM attachments WHERE volume_id = ?',
                                         volume)}
    tap.expect(states, {'attached'} if wanted else set(), 'statuses of the attachments')
    wait_status(demo, '%s/%s' % (VOLUMES, volume), 'volume', 'in-use' if wanted else 'available')


def all_do(calls, status):
    dice.shuffle(calls)
    tap.expect({reply.status for reply in together(*calls)}, {status}, 'statuses')


def there_is_a_crowd():
    wish = {'quota_set': {'instances': CROWD, 'cores': CROWD * 4, 'ram': CROWD * 4096}}
    reply = cleatd.user('admin').put(
        '/compute/v2.1/os-quota-sets/%s' % (demo.token and demo.project_id), wish)
    tap.expect(reply.status, 200, 'quota: %r' % reply)
    furnish(CROWD)


def all_get_it_and_let_it_go_at_once():
    volume = make(multiattach=True)
    for number in range(ROUNDS):
        version, status = (('compute 2.60', 200), ('compute 2.101', 202))[number % 2]
        all_do([lambda s=s: attach(s, volume, version) for s in servers], status)
        is_had_by(volume, servers)
        all_do([lambda s=s: detach(s, volume) for s in servers], 202)
        is_had_by(volume, [])
    away(volume)


def some_come_while_others_leave():
    volume = make(multiattach=True)
    here, there = servers[::2], servers[1::2]
    all_do([lambda s=s: attach(s, volume) for s in here], 200)
    is_had_by(volume, here)
    for _ in range(ROUNDS):
        calls = [lambda s=s: attach(s, volume) for s in there]
        calls += [lambda s=s: detach(s, volume) for s in here]
        dice.shuffle(calls)
        statuses = sorted(reply.status for reply in together(*calls))
        tap.expect(statuses, [200] * len(there) + [202] * len(here), 'statuses')
        is_had_by(volume, there)
        here, there = there, here
    all_do([lambda s=s: detach(s, volume) for s in here], 202)
    is_had_by(volume, [])
    away(volume)


def one_server_asks_many_times():
    """Several clients at once for the same server: it gets the volume once."""
    volume = make(multiattach=True)
    for server in servers[:4]:
        replies = together(*[lambda: attach(server, volume) for _ in range(8)])
        statuses = sorted(reply.status for reply in replies)
        tap.expect(statuses, [200] + [400] * 7, 'statuses')
        texts = {reply.message() for reply in replies if reply.status == 400}
        tap.expect(texts, {'Invalid volume: volume %s already attached' % volume}, 'words')
    is_had_by(volume, servers[:4])
    all_do([lambda s=s: detach(s, volume) for s in servers[:4]], 202)
    is_had_by(volume, [])
    away(volume)


def the_last_server_takes_it_along():
    """Each was to have it deleted; it goes when nobody has it any more."""
    volume = make(multiattach=True)
    all_do([lambda s=s: attach(s, volume, delete_on_termination=True) for s in servers], 200)
    is_had_by(volume, servers)
    all_do([lambda s=s: demo.delete('%s/%s' % (SERVERS, s)) for s in servers], 204)
    wait_for(lambda: demo.get('%s/%s' % (VOLUMES, volume)).status == 404, 'the volume to be gone')
    settle()


tap.run('sharing', [
    there_is_a_crowd, all_get_it_and_let_it_go_at_once, some_come_while_others_leave,
    one_server_asks_many_times, the_last_server_takes_it_along, nothing_is_left],
    cleanup=cleatd.__exit__)
