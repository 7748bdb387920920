#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Volumes that go from one project to another, under both names of the resource."""
import os
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from volumelib import NO_ROUTE, NOBODY, V3, at, drop, make, refused, tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

cleatd = Cleatd()
demo, alt, admin, reader = (cleatd.user(name) for name in ('demo', 'alt', 'admin', 'reader'))

OLD, NEW = V3 + '/os-volume-transfer', V3 + '/volume-transfers'
BOTH = ((OLD, 0), (NEW, 55))


def offer(volume, path=OLD, minor=0, user=demo, **more):
    reply = user.post(path, {'transfer': dict({'volume_id': volume['id']}, **more)},
                      version=at(minor))
    tap.expect(reply.status, 202, 'status of %r' % reply)
    return reply.body['transfer']


def accept(transfer, user=alt, path=OLD, minor=0, key=None):
    return user.post('%s/%s/accept' % (path, transfer['id']),
                     {'accept': {'auth_key': key or transfer['auth_key']}}, version=at(minor))


def status(volume, user=demo):
    return user.get('%s/volumes/%s' % (V3, volume['id'])).body['volume']['status']


def used(user):
    reply = admin.get('%s/os-quota-sets/%s?usage=true' % (V3, user.project_id))
    usage = reply.body['quota_set']
    return usage['volumes']['in_use'], usage['gigabytes']['in_use']


def a_volume_changes_hands():
    alt.token  # learn the project
    for path, minor in BOTH:
        volume = make(demo, size=2, name='gift')
        transfer = offer(volume, path, minor, name=' for alt ')
        tap.expect((transfer['name'], transfer['volume_id'], len(transfer['auth_key'])),
                   ('for alt', volume['id'], 16))
        tap.expect(status(volume), 'awaiting-transfer')
        tap.expect((used(demo), used(alt)), ((1, 2), (0, 0)))
        reply = accept(transfer, path=path, minor=minor)
        tap.expect(reply.status, 202, 'status of %r' % reply)
        tap.expect(set(reply.body['transfer']), {'id', 'name', 'volume_id', 'links'})
        tap.expect((used(demo), used(alt)), ((0, 0), (1, 2)))
        tap.expect(demo.get('%s/volumes/%s' % (V3, volume['id'])).status, 404, 'gone from here')
        shown = alt.get('%s/volumes/%s' % (V3, volume['id'])).body['volume']
        tap.expect((shown['status'], shown['user_id'], shown['os-vol-tenant-attr:tenant_id']),
                   ('available', alt.user_id, alt.project_id))
        missing = 'Transfer %s could not be found.' % transfer['id']
        refused(demo.get('%s/%s' % (path, transfer['id']), version=at(minor)), 404, missing)
        refused(accept(transfer, path=path, minor=minor), 404, missing)
        drop(alt, volume)


def snapshots_go_along_or_stay():
    for no_snapshots, taker in ((False, alt), (True, demo)):
        volume = make(demo, size=2)
        reply = demo.post(V3 + '/snapshots', {'snapshot': {'volume_id': volume['id']}})
        tap.expect(reply.status, 202, 'status of %r' % reply)
        path = '%s/snapshots/%s' % (V3, reply.body['snapshot']['id'])
        wait_status(demo, path, 'snapshot', 'available')
        transfer = offer(volume, NEW, 55, no_snapshots=no_snapshots)
        tap.expect(transfer['no_snapshots'], no_snapshots)
        tap.expect(accept(transfer, path=NEW, minor=55).status, 202)
        tap.expect([user for user in (demo, alt) if user.get(path).status == 200], [taker])
        tap.expect((used(demo), used(alt)),
                   ((0, 0), (1, 4)) if taker is alt else ((0, 2), (1, 2)))
        tap.expect(admin.delete(path).status, 202)
        wait_for(lambda path=path: admin.get(path).status == 404, 'the snapshot to be gone')
        drop(alt, volume)
        tap.expect((used(demo), used(alt)), ((0, 0), (0, 0)), 'all given back')


def members_by_version():
    refused(demo.get(NEW, version=at(54)), 404, NO_ROUTE)
    base = {'id', 'name', 'volume_id', 'links', 'created_at'}
    history = {'source_project_id', 'destination_project_id', 'accepted'}
    for path, minor, members in ((OLD, 0, base), (OLD, 54, base), (NEW, 55, base | {
            'no_snapshots'}), (NEW, 71, base | {'no_snapshots'} | history)):
        volume = make(demo)
        made = offer(volume, path, minor)
        tap.expect(set(made), members | {'auth_key'}, 'create at 3.%d' % minor)
        shown = demo.get('%s/%s' % (path, made['id']), version=at(minor)).body['transfer']
        tap.expect(set(shown), members, 'show at 3.%d' % minor)
        tap.expect(demo.get(path + '/detail', version=at(minor)).body, {'transfers': [shown]})
        tap.expect(demo.get(path, version=at(minor)).body, {'transfers': [
            {key: shown[key] for key in ('id', 'name', 'volume_id', 'links')}]})
        assert shown['links'][0]['href'].endswith('%s/%s' % (path, made['id'])), shown
        if minor >= 57:
            tap.expect((shown['source_project_id'], shown['destination_project_id'],
                        shown['accepted']), (demo.project_id, None, False))
        reply = demo.delete('%s/%s' % (path, made['id']), version=at(minor))
        tap.expect((reply.status, reply.text, status(volume)), (202, '', 'available'))
        drop(demo, volume)


def who_sees_a_transfer():
    volume = make(demo)
    transfer = offer(volume)
    path = '%s/%s' % (OLD, transfer['id'])
    missing = 'Transfer %s could not be found.' % transfer['id']
    refused(alt.get(path), 404, missing)
    refused(alt.delete(path), 404, missing)
    for user, query, count in ((alt, '', 0), (reader, '', 1), (admin, '', 0),
                               (admin, '?all_tenants=1', 1), (demo, '?name=x', 0),
                               (demo, '?limit=1', 1)):
        tap.expect(len(user.get(OLD + query).body['transfers']), count, query)
    tap.expect(admin.get(path).status, 200)
    refused(reader.delete(path), 403, "Policy doesn't allow volume:delete_transfer to be "
            'performed.')
    refused(demo.get(OLD + '/x'), 404, 'Transfer x could not be found.')
    tap.expect(demo.delete(path).status, 202)
    refused(demo.delete(path), 404, missing)
    drop(demo, volume)


def what_cannot_be_offered():
    volume = make(demo)
    for body, message in (
            ({}, "'transfer' is a required property"),
            ({'transfer': {}}, 'Invalid input for field/attribute transfer. Value: {}. '
             "'volume_id' is a required property"),
            ({'transfer': {'volume_id': 'x'}},
             "Invalid input for field/attribute volume_id. Value: x. 'x' is not a 'uuid'")):
        refused(demo.post(OLD, body), 400, message)
    tap.expect(demo.post(OLD, {'transfer': {'volume_id': volume['id'], 'no_snapshots': True}})
               .status, 400, 'unknown before 3.55')
    refused(demo.post(OLD, {'transfer': {'volume_id': NOBODY}}), 404,
            'Volume %s could not be found.' % NOBODY)
    refused(alt.post(OLD, {'transfer': {'volume_id': volume['id']}}), 404,
            'Volume %s could not be found.' % volume['id'])
    transfer = offer(volume)
    refused(demo.post(OLD, {'transfer': {'volume_id': volume['id']}}), 400,
            'Invalid volume: status must be available')
    tap.expect(demo.delete('%s/volumes/%s' % (V3, volume['id'])).status, 400, 'it is offered')
    tap.expect(demo.delete('%s/%s' % (OLD, transfer['id'])).status, 202)
    drop(demo, volume)


def what_cannot_be_taken():
    volume = make(demo, size=3)
    transfer = offer(volume)
    refused(accept(transfer, key='guess'), 400, 'Invalid auth key: Attempt to transfer %s with '
            'invalid auth key.' % transfer['id'])
    refused(alt.post('%s/%s/accept' % (OLD, transfer['id']), {'accept': {}}), 400,
            "Invalid input for field/attribute accept. Value: {}. 'auth_key' is a required "
            'property')
    refused(accept({'id': NOBODY, 'auth_key': 'x'}), 404,
            'Transfer %s could not be found.' % NOBODY)
    limits = '%s/os-quota-sets/%s' % (V3, alt.project_id)
    tap.expect(admin.put(limits, {'quota_set': {'gigabytes': 2}}).status, 200)
    refused(accept(transfer), 413, 'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot '
            'exceeds allowed gigabytes quota. Requested 3G, quota is 2G and 0G has been consumed.')
    tap.expect((status(volume), used(demo), used(alt)), ('awaiting-transfer', (1, 3), (0, 0)))
    tap.expect(admin.delete(limits).status, 200)
    for wrong, message in (
            ('maintenance', 'Invalid volume: The volume cannot accept transfer in maintenance '
             'mode.'),
            ('available', 'Invalid volume: Transfer %s: Volume id %s expected in '
             'awaiting-transfer state.' % (transfer['id'], volume['id']))):
        set_status(volume, wrong)
        refused(accept(transfer), 400, message)
    set_status(volume, 'awaiting-transfer')
    tap.expect(accept(transfer, user=demo).status, 202, 'one may take it back like this, too')
    tap.expect((status(volume), used(demo)), ('available', (1, 3)))
    drop(demo, volume)


def set_status(volume, value):
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=10) as db:
        db.execute('UPDATE volumes SET status = ? WHERE id = ?', (value, volume['id']))


def no_key_is_kept():
    volume = make(demo)
    transfer = offer(volume)
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=10) as db:
        row, = db.execute('SELECT * FROM transfers').fetchall()
    assert transfer['auth_key'] not in row, row
    assert transfer['auth_key'] not in demo.get(OLD + '/detail').text
    tap.expect(demo.delete('%s/%s' % (OLD, transfer['id'])).status, 202)
    drop(demo, volume)


def end():
    cleatd.__exit__()


tap.run('volume transfers', [
    a_volume_changes_hands, snapshots_go_along_or_stay, members_by_version, who_sees_a_transfer,
    what_cannot_be_offered, what_cannot_be_taken, no_key_is_kept,
], cleanup=end)
