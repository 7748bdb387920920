#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Many clients at once for the same volume: one wins, the others are told why; nothing is left.

    tests/stress/race.py [ROUNDS]        (3)

Every way to get a volume takes part: attachments that reserve or connect, os-reserve, os-attach,
and servers. After each race the store is looked at: every volume is settled, no row is without what
it belongs to, no operation goes on.
"""
import itertools
import random
import re
import sys
import time

from clients import (act, attach, attach_old, attachments, away, cleatd, complete, connect, delete,
                     demo, detach, drop, furnish, hold, make, nothing_is_left, reserve, servers,
                     settle, tap, tidy, together, update, VOLUMES, wait_status)

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
CLIENTS = 64
STATUS = r'(available|reserved|attaching|in-use|detaching)'

dice = random.Random(1)

# What whoever comes too late is told.
TOO_LATE = {
    reserve: 'Invalid volume: Volume {id} status must be available or downloading to reserve, but '
             'the current status is ' + STATUS + r'\.',
    hold: 'Invalid volume: Volume status must be available to reserve, but the status is ' +
          STATUS + r'\.',
    attach: r'Invalid (volume: volume {id} is already attached to instances: [-0-9a-f ]+|input '
            'received: Invalid volume: Volume {id} status must be available or downloading to '
            'reserve, but the current status is ' + STATUS + r'\.)',
    attach_old: r'Invalid volume: (volume is already attached and multiple attachments are not '
                r'enabled|Volume status must be available or attaching to attach, but the status '
                r'is ' + STATUS + r'\.)',
}
TOO_LATE[connect] = TOO_LATE[reserve]


# --- one volume, many clients ---

def check_one_won(volume, ways, replies):
    """Of all who came one was let in; *ways* names how each of them came."""
    won = [reply for reply in replies if reply.status < 300]
    tap.expect(len(won), 1, 'how many won: %r' % won)
    for way, reply in zip(ways, replies):
        if reply.status < 300:
            continue
        tap.expect(reply.status, 400, 'status of %r' % reply)
        wanted = TOO_LATE[way].replace('{id}', volume)
        assert re.fullmatch(wanted, reply.message()), '%s: %r' % (way.__name__, reply)


def race_for_one(volume, ways):
    ways = list(itertools.islice(itertools.cycle(ways), CLIENTS))
    dice.shuffle(ways)
    replies = together(*[lambda way=way, n=n: way(volume, n) for n, way in enumerate(ways)])
    check_one_won(volume, ways, replies)
    settle()
    tidy(volume)


def one_of_many_wins(*ways):
    def test():
        volume = make()
        for _ in range(ROUNDS):
            race_for_one(volume, ways)
        away(volume)
    test.__name__ = 'one wins by ' + ' or '.join(way.__name__ for way in ways)
    return test


# --- a volume for several ---

def servers_share():
    """Whether servers may have such a volume: the compute API knows them from 2.60 on."""
    newest = demo.get('/compute/v2.1/').body['version']['version']
    return int(newest.split('.')[1]) >= 60


def all_of_many_win():
    """Attachments, holds and servers at once: nobody is refused for somebody who is on the way."""
    volume = make(multiattach=True)
    shared = len(servers) if servers_share() else 0
    for _ in range(ROUNDS):
        ways = [reserve, connect, hold, attach_old] * (CLIENTS // 4 - 1)
        calls = [lambda way=way, n=n: way(volume, n) for n, way in enumerate(ways)]
        calls += [lambda n=n: attach(volume, n) for n in range(shared)]
        dice.shuffle(calls)
        refused = [reply for reply in together(*calls) if reply.status >= 300]
        tap.expect(refused, [], 'refused')
        settle()
        tap.expect(len(attachments(volume)), 3 * (CLIENTS // 4 - 1) + shared, 'attachments')
        tidy(volume)
    away(volume)


def all_go_at_once():
    """Every attachment of a volume is completed, then dropped, each by its own client."""
    volume = make(multiattach=True)
    for _ in range(ROUNDS):
        made = together(*[lambda n=n: connect(volume, n) for n in range(CLIENTS)])
        ids = [reply.body['attachment']['id'] for reply in made]
        done = together(*[lambda i=i: complete(i) for i in ids])
        tap.expect({reply.status for reply in done}, {204}, 'statuses of os-complete')
        wait_status(demo, '%s/%s' % (VOLUMES, volume), 'volume', 'in-use')
        gone = together(*[lambda i=i: drop(i) for i in ids])
        tap.expect({reply.status for reply in gone}, {200}, 'statuses of the deletions')
        left = sorted(len(reply.body['attachments']) for reply in gone)
        tap.expect(left, list(range(CLIENTS)), 'what each deletion saw left')
        wait_status(demo, '%s/%s' % (VOLUMES, volume), 'volume', 'available')
        settle()
    away(volume)


# --- two clients who cross each other ---

def ready(before):
    """A volume, and the attachment that it has before the two meet, or None."""
    volume = make()
    if before is None:
        return volume, None
    reply = before(volume)
    assert reply.status < 300, reply
    if before is attach:
        wait_status(demo, '%s/%s' % (VOLUMES, volume), 'volume', 'in-use')
        return volume, None
    return volume, reply.body['attachment']['id'] if reply.body else None


def attached(volume):
    reply = connect(volume)
    assert complete(reply.body['attachment']['id']).status == 204
    return reply


# What was before, what the two do, and which pairs of statuses may come of it.
PAIRS = [
    (None, lambda v, a: reserve(v), lambda v, a: delete(v), {(200, 400), (400, 202), (404, 202)}),
    (None, lambda v, a: connect(v), lambda v, a: delete(v), {(200, 400), (400, 202), (404, 202)}),
    (None, lambda v, a: hold(v), lambda v, a: delete(v), {(202, 400), (400, 202), (404, 202)}),
    (None, lambda v, a: attach(v), lambda v, a: delete(v), {(200, 400), (400, 202), (404, 202)}),
    (None, lambda v, a: attach_old(v), lambda v, a: delete(v),
     {(202, 400), (400, 202), (404, 202)}),
    (None, lambda v, a: attach(v), lambda v, a: act(v, 'os-extend', {'new_size': 2}),
     {(200, 202), (200, 400), (400, 202)}),
    (reserve, lambda v, a: drop(a), lambda v, a: drop(a), {(200, 404), (404, 200)}),
    (attached, lambda v, a: drop(a), lambda v, a: drop(a), {(200, 404), (404, 200)}),
    (reserve, lambda v, a: update(a), lambda v, a: update(a), {(200, 200)}),
    (reserve, lambda v, a: update(a, 'one'), lambda v, a: update(a, 'two'),
     {(200, 200), (200, 409), (409, 200)}),
    (reserve, lambda v, a: update(a), lambda v, a: drop(a), {(200, 200), (404, 200)}),
    (connect, lambda v, a: complete(a), lambda v, a: drop(a), {(204, 200), (404, 200)}),
    (connect, lambda v, a: complete(a), lambda v, a: complete(a), {(204, 204)}),
    (attached, lambda v, a: drop(a), lambda v, a: delete(v), {(200, 400), (200, 202)}),
    (attached, lambda v, a: act(v, 'os-begin_detaching'), lambda v, a: act(v, 'os-begin_detaching'),
     {(202, 400), (400, 202)}),
    (attached, lambda v, a: act(v, 'os-begin_detaching'), lambda v, a: drop(a),
     {(202, 200), (400, 200)}),
    (attach, lambda v, a: detach(v), lambda v, a: detach(v),
     {(202, 400), (400, 202), (202, 404), (404, 202)}),
    (attach, lambda v, a: detach(v), lambda v, a: act(v, 'os-detach', {}),
     {(202, 409), (202, 202)}),
    (attach, lambda v, a: detach(v), lambda v, a: reserve(v), {(202, 400), (202, 200)}),
    (hold, lambda v, a: attach_old(v), lambda v, a: act(v, 'os-unreserve'), {(202, 202)}),
    (hold, lambda v, a: attach_old(v, 1), lambda v, a: attach_old(v, 2), {(202, 400), (400, 202)}),
]


def two_who_cross_each_other():
    for _ in range(ROUNDS):
        for number, (before, first, second, allowed) in enumerate(PAIRS):
            volume, attachment = ready(before)

            def late(call):
                time.sleep(dice.choice((0, 0, 0.001, 0.003)))
                return call(volume, attachment)
            replies = together(lambda f=first: late(f), lambda s=second: late(s))
            statuses = tuple(reply.status for reply in replies)
            assert statuses in allowed, 'pair %d: %r' % (number, replies)
            settle()
            away(volume)

furnish()
tap.run('race', [
    one_of_many_wins(reserve), one_of_many_wins(connect), one_of_many_wins(hold),
    one_of_many_wins(attach), one_of_many_wins(attach_old),
    one_of_many_wins(reserve, connect, hold, attach), all_of_many_win, all_go_at_once,
    two_who_cross_each_other, nothing_is_left], cleanup=cleatd.__exit__)
