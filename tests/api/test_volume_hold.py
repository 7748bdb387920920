#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What clients hold with os-reserve and the like, and what becomes of it when they die."""
import os
import sqlite3
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

VOLUMES = '/volume/v3/volumes'

cleatd = Cleatd()
demo = cleatd.user('demo')


def volume():
    reply = demo.post(VOLUMES, {'volume': {'size': 1}})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    identifier = reply.body['volume']['id']
    wait_status(demo, '%s/%s' % (VOLUMES, identifier), 'volume', 'available')
    return identifier


def act(identifier, status=202, **body):
    reply = demo.post('%s/%s/action' % (VOLUMES, identifier),
                      {key.replace('os_', 'os-', 1): value for key, value in body.items()})
    tap.expect(reply.status, status, 'status of %r' % reply)


def status(identifier):
    return demo.get('%s/%s' % (VOLUMES, identifier)).body['volume']['status']


def database():
    return sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=10)


def held():
    with database() as db:
        return {row[0] for row in db.execute('SELECT id FROM volumes WHERE held_us > 0')}


def a_hold_is_remembered_until_it_is_followed_up():
    volumes = [volume() for _ in range(3)]
    for identifier in volumes:
        act(identifier, os_reserve=None)
    tap.expect(held(), set(volumes))
    act(volumes[0], os_unreserve=None)
    act(volumes[1], os_attach={'mountpoint': '/dev/vdb', 'host_name': 'h'})
    act(volumes[2], os_terminate_connection={'connector': {'host': 'h'}})
    tap.expect([status(identifier) for identifier in volumes],
               ['available', 'in-use', 'available'])
    tap.expect(held(), set())


def a_hold_of_a_client_that_died_is_given_back():
    free, used, fresh = volume(), volume(), volume()
    act(used, os_attach={'mountpoint': '/dev/vdb', 'host_name': 'h'})
    act(used, os_begin_detaching=None)
    act(free, os_reserve=None)
    act(fresh, os_reserve=None)
    cleatd.kill()
    with database() as db:
        db.execute('UPDATE volumes SET held_us = held_us - 3601 * 1000000 WHERE id != ?', (fresh,))
        db.commit()
    cleatd.start()
    wait_for(lambda: status(free) == 'available', 'the volume that was held for an attach')
    wait_for(lambda: status(used) == 'in-use', 'the volume that was held for a detach')
    tap.expect(status(fresh), 'attaching', 'one that has not been held for long')
    tap.expect(held(), {fresh})


def reservations_with_a_record_stay():
    """An attachment has an id and a maker; no clock takes it away."""
    identifier = volume()
    reply = demo.post('/volume/v3/attachments', {'attachment': {'volume_uuid': identifier}},
                      version='volume 3.27')
    if reply.status == 404:
        raise tap.Skip('there are no attachments yet')
    tap.expect(reply.status, 200, 'status of %r' % reply)
    cleatd.kill()
    cleatd.start()
    tap.expect(status(identifier), 'reserved')


tap.run('hold', [
    a_hold_is_remembered_until_it_is_followed_up, a_hold_of_a_client_that_died_is_given_back,
    reservations_with_a_record_stay], cleanup=cleatd.__exit__)
