#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Clients of every kind at the same few volumes, and cleatd killed again and again.

    tests/stress/storm.py [SECONDS]        (8)

Attachments, the actions of old, servers, growing, snapshots and deletion, in any order, by clients
who do not wait for one another. Nobody may be told that something broke; and when it is over, what
is there makes sense and can all be taken away.
"""
import http.client
import random
import sys
import threading
import time

from clients import (act, attach, attach_old, ATTACHMENTS, away, cleatd, complete, connect, delete,
                     demo, detach, drop, furnish, hold, nothing_is_left, operations_end, reserve,
                     rows, servers, settle, tap, update, VOLUME, VOLUMES)

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 8
CLIENTS = 12
SLOTS = 6

volumes = [None] * SLOTS  # what clients know; each may be gone any moment


def some_attachment(volume, dice):
    found = demo.get('%s?volume_id=%s' % (ATTACHMENTS, volume), version=VOLUME).body
    ids = [row['id'] for row in found['attachments']]
    return dice.choice(ids) if ids else volume


def snapshot(volume):
    return demo.post('/volume/v3/snapshots', {'snapshot': {'volume_id': volume, 'force': True}})


def revert(volume):
    found = demo.get('/volume/v3/snapshots?volume_id=' + volume).body['snapshots']
    return act(volume, 'revert', {'snapshot_id': found[0]['id'] if found else volume})


# How often, and what it does. Images are made seldom: their gigabytes are hashed.
BLOWS = [
    (4, lambda v, d: reserve(v)),
    (4, lambda v, d: connect(v, d.randrange(4))),
    (4, lambda v, d: update(some_attachment(v, d), 'h%d' % d.randrange(4))),
    (5, lambda v, d: complete(some_attachment(v, d))),
    (6, lambda v, d: drop(some_attachment(v, d))),
    (2, lambda v, d: hold(v)),
    (2, lambda v, d: act(v, 'os-unreserve')),
    (2, lambda v, d: attach_old(v, d.randrange(4))),
    (2, lambda v, d: act(v, 'os-begin_detaching')),
    (2, lambda v, d: act(v, 'os-roll_detaching')),
    (3, lambda v, d: act(v, 'os-detach', {})),
    (5, lambda v, d: attach(v, d.randrange(4))),
    (5, lambda v, d: detach(v, d.randrange(4))),
    (2, lambda v, d: act(v, 'os-extend', {'new_size': d.randrange(1, 4)})),
    (1, lambda v, d: snapshot(v)),
    (1, lambda v, d: revert(v)),
    (1, lambda v, d: act(v, 'os-retype', {'new_type': '__DEFAULT__', 'migration_policy': 'never'})),
    (0.05, lambda v, d: act(v, 'os-volume_upload_image', {'image_name': 'storm', 'force': True})),
    (1, lambda v, d: delete(v)),
]


def strike(dice):
    slot = dice.randrange(SLOTS)
    if volumes[slot] is None or dice.random() < 0.02:
        wish = {'size': 1, 'volume_type': dice.choice(['multiattach', '__DEFAULT__'])}
        reply = demo.post(VOLUMES, {'volume': wish})
        if reply.status == 202:
            volumes[slot] = reply.body['volume']['id']
        return reply
    blow, = dice.choices([blow for _, blow in BLOWS], [weight for weight, _ in BLOWS])
    return blow(volumes[slot], dice)


def the_storm():
    bad, counts, end = [], {}, threading.Event()

    def work(n):
        dice = random.Random(n)
        while not end.is_set():
            try:
                reply = strike(dice)
            except (http.client.HTTPException, OSError, TypeError):
                time.sleep(0.05)  # it is dead just now
                continue
            counts[reply.status] = counts.get(reply.status, 0) + 1
            if reply.status >= 500:
                bad.append(reply)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    dice, deadline = random.Random(1), time.monotonic() + SECONDS
    try:
        while time.monotonic() < deadline:
            time.sleep(0.3 + dice.random() * 2)
            cleatd.kill()
            assert cleatd.start(), 'cleatd does not start again'
    finally:
        end.set()
        for thread in threads:
            thread.join()
    tap.comment('answers by status: %s' % sorted(counts.items()))
    tap.expect(bad, [], 'replies that nobody should get')


def what_is_there_makes_sense():
    operations_end(120)
    settle()


def all_can_be_taken_away():
    for image in demo.get('/image/v2/images?name=storm&limit=1000').body['images']:
        tap.expect(demo.delete('/image/v2/images/' + image['id']).status, 204, 'deleting an image')
    for snap, in rows('SELECT id FROM snapshots'):
        reply = demo.delete('/volume/v3/snapshots/' + snap)
        tap.expect(reply.status, 202, 'deleting a snapshot: %r' % reply)
    operations_end()
    for volume, in rows('SELECT id FROM volumes'):
        away(volume)
    for server in servers:
        tap.expect(demo.get('/compute/v2.1/servers/%s/os-volume_attachments' % server).body,
                   {'volumeAttachments': []}, 'disks of a server')


furnish()
tap.run('storm', [the_storm, what_is_there_makes_sense, all_can_be_taken_away, nothing_is_left],
        cleanup=cleatd.__exit__)
