#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Snapshots over HTTP: what is shown, who may do what, the exact words of each refusal, and that a
snapshot holds what the volume held."""
import os
import sqlite3
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
from volumelib import NOBODY, V3, at, drop, make, refused, tap, wait_for, wait_status  # noqa: E402
from lib import Cleatd  # noqa: E402

SNAPSHOTS = V3 + '/snapshots'
SHOWN = {'id', 'created_at', 'updated_at', 'name', 'description', 'volume_id', 'status', 'size',
         'metadata'}
FULL = {'os-extended-snapshot-attributes:project_id', 'os-extended-snapshot-attributes:progress'}
NOT_DELETABLE = (
    'Invalid volume: Volume status must be available or error or error_restoring or '
    'error_extending or error_managing and must not be migrating, attached, belong to a group, '
    'have snapshots, awaiting a transfer, or be disassociated from snapshots after volume '
    'transfer.')
SNAPSHOT_NOT_DELETABLE = ('Invalid snapshot: Snapshot status must be available or error and must '
                          'not be part of a group.')

cleatd = Cleatd()
demo, alt, admin, reader = (cleatd.user(name) for name in ('demo', 'alt', 'admin', 'reader'))


def path_of(snapshot):
    return '%s/%s' % (SNAPSHOTS, snapshot['id'])


def take(volume, user=demo, version=None, **wish):
    """A snapshot that is available."""
    reply = user.post(SNAPSHOTS, {'snapshot': dict({'volume_id': volume['id']}, **wish)},
                      version=version)
    tap.expect(reply.status, 202, 'status of %r' % reply)
    return wait_status(user, path_of(reply.body['snapshot']), 'snapshot', 'available')


def forget(*snapshots, user=demo):
    for snapshot in snapshots:
        tap.expect(user.delete(path_of(snapshot)).status, 202, 'delete')
    for snapshot in snapshots:
        wait_for(lambda path=path_of(snapshot): user.get(path).status == 404, 'it to be gone')


def file_of(volume):
    return os.path.join(cleatd.dir, 'volumes', volume['id'] + '.raw')


def write(volume, text, offset=0):
    with open(file_of(volume), 'r+b') as file:
        file.seek(offset)
        file.write(text)


def read(volume, length, offset=0):
    with open(file_of(volume), 'rb') as file:
        file.seek(offset)
        return file.read(length)


def used(user=demo):
    limits = user.get(V3 + '/limits').body['limits']['absolute']
    return limits['totalSnapshotsUsed'], limits['totalGigabytesUsed']


def set_status(snapshot, status):
    reply = admin.post(path_of(snapshot) + '/action', {'os-reset_status': {'status': status}})
    tap.expect(reply.status, 202, 'reset of %r' % reply)


def put(volume, status):
    """A volume's status, straight into the store."""
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=30) as store:
        store.execute('UPDATE volumes SET status = ? WHERE id = ?', (status, volume['id']))


def a_snapshot_comes_and_goes():
    volume = make(demo)
    before = used()
    reply = demo.post(SNAPSHOTS, {'snapshot': {
        'volume_id': volume['id'], 'name': ' s1 ', 'description': 'x', 'metadata': {'a': 'b'}}})
    tap.expect(reply.status, 202, 'create')
    new = reply.body['snapshot']
    tap.expect(set(new), SHOWN, 'members of the answer')
    tap.expect((new['name'], new['status'], new['size'], new['metadata'], new['updated_at']),
               ('s1', 'creating', 1, {'a': 'b'}, None))
    shown = wait_status(demo, path_of(new), 'snapshot', 'available')
    tap.expect(set(shown), SHOWN | FULL, 'members of show')
    tap.expect(shown['os-extended-snapshot-attributes:progress'], '100%')
    tap.expect(used(), (before[0] + 1, before[1] + 1), 'quota')
    refused(demo.delete('%s/volumes/%s' % (V3, volume['id'])), 400, NOT_DELETABLE)
    forget(shown)
    tap.expect(used(), before, 'quota')
    refused(demo.get(path_of(new)), 404, 'Snapshot %s could not be found.' % new['id'])
    drop(demo, volume)


def versions_bring_members():
    volume = make(demo)
    snapshot = take(volume)
    for minor, more in ((13, set()), (14, {'group_snapshot_id'}),
                        (41, {'group_snapshot_id', 'user_id'}),
                        (65, {'group_snapshot_id', 'user_id', 'consumes_quota'})):
        shown = demo.get(path_of(snapshot), version=at(minor)).body['snapshot']
        tap.expect(set(shown), SHOWN | FULL | more, 'at 3.%d' % minor)
        short, = demo.get(SNAPSHOTS, version=at(minor)).body['snapshots']
        tap.expect(set(short), SHOWN, 'in the short list at 3.%d' % minor)
    tap.expect(shown['consumes_quota'], True)
    forget(snapshot)
    drop(demo, volume)


def lists_have_filters_and_pages():
    one, two = make(demo), make(demo)
    made = [take(one, name='a', metadata={'k': 'v'}), take(one, name='b'), take(two, name='c')]

    def listed(query, user=demo, minor=71):
        reply = user.get('%s/detail?%s' % (SNAPSHOTS, query), version=at(minor))
        tap.expect(reply.status, 200, 'status of %r' % reply)
        return [row['name'] for row in reply.body['snapshots']]

    tap.expect(listed(''), ['c', 'b', 'a'])
    tap.expect(listed('sort=name:asc'), ['a', 'b', 'c'])
    tap.expect(listed('volume_id=' + one['id']), ['b', 'a'])
    tap.expect(listed('status=error'), [])
    tap.expect(listed('name=b'), ['b'])
    tap.expect(listed('availability_zone=nova&name=b'), ['b'])
    tap.expect(listed("metadata={'k': 'v'}".replace(' ', '%20')), ['a'])
    tap.expect(listed('limit=1&offset=1'), ['b'])
    tap.expect(listed('', user=alt), [])
    tap.expect(listed('all_tenants=1', user=admin), ['c', 'b', 'a'])
    reply = demo.get(SNAPSHOTS + '?limit=2&with_count=true', version=at(45)).body
    tap.expect((len(reply['snapshots']), reply['count']), (2, 3))
    tap.expect([link['rel'] for link in reply['snapshots_links']], ['next'])
    refused(demo.get(SNAPSHOTS + '?marker=' + NOBODY), 404,
            'Snapshot %s could not be found.' % NOBODY)
    forget(*made)
    drop(demo, one, two)


def who_may_what():
    volume = make(demo)
    snapshot = take(volume)
    path = path_of(snapshot)
    tap.expect(reader.get(path).status, 200)
    tap.expect(reader.delete(path).status, 403)
    tap.expect(reader.post(SNAPSHOTS, {'snapshot': {'volume_id': volume['id']}}).status, 403)
    for reply in (alt.get(path), alt.delete(path), alt.put(path, {'snapshot': {'name': 'x'}})):
        refused(reply, 404, 'Snapshot %s could not be found.' % snapshot['id'])
    refused(alt.post(SNAPSHOTS, {'snapshot': {'volume_id': volume['id']}}), 404,
            'Volume %s could not be found.' % volume['id'])
    for action in ('os-reset_status', 'os-force_delete'):
        tap.expect(demo.post(path + '/action', {action: {'status': 'error'}}).status, 403, action)
    tap.expect(admin.get(path).status, 200)
    forget(snapshot)
    drop(demo, volume)


def names_and_metadata_change():
    volume = make(demo)
    snapshot = take(volume, metadata={'a': '1', 'b': '2'})
    path = path_of(snapshot)
    reply = demo.put(path, {'snapshot': {'name': 'new', 'description': None}})
    tap.expect((reply.status, reply.body['snapshot']['name']), (200, 'new'))
    tap.expect(set(reply.body['snapshot']), SHOWN)
    tap.expect(demo.put(path, {'snapshot': {}}).status, 400)
    tap.expect(demo.put(path, {'snapshot': {'size': 2}}).status, 400)
    tap.expect(demo.get(path + '/metadata').body, {'metadata': {'a': '1', 'b': '2'}})
    tap.expect(demo.post(path + '/metadata', {'metadata': {'b': '3', 'c': '4'}}).body,
               {'metadata': {'a': '1', 'b': '3', 'c': '4'}})
    tap.expect(demo.put(path + '/metadata/a', {'meta': {'a': '5'}}).body, {'meta': {'a': '5'}})
    refused(demo.put(path + '/metadata/a', {'meta': {'b': '5'}}), 400,
            'Request body and URI mismatch')
    tap.expect(demo.get(path + '/metadata/a').body, {'meta': {'a': '5'}})
    tap.expect(demo.delete(path + '/metadata/a').status, 200)
    for reply in (demo.get(path + '/metadata/a'), demo.delete(path + '/metadata/a')):
        refused(reply, 404, 'Snapshot %s has no metadata with key a.' % snapshot['id'])
    tap.expect(demo.put(path + '/metadata', {'metadata': {'z': 'z'}}).body,
               {'metadata': {'z': 'z'}})
    forget(snapshot)
    drop(demo, volume)


def statuses_by_hand():
    volume = make(demo)
    snapshot = take(volume)
    path = path_of(snapshot)

    def report(status, **more):
        return demo.post(path + '/action', {'os-update_snapshot_status': dict(
            {'status': status}, **more)})

    refused(report('error'), 400,
            'Snapshot status available not allowed for update_snapshot_status')
    set_status(snapshot, 'creating')
    refused(demo.delete(path), 400, SNAPSHOT_NOT_DELETABLE)
    refused(report('deleting'), 400,
            'Provided snapshot status deleting not allowed for snapshot with status creating.')
    for progress in ('1', '101%', 'x%', '%'):
        refused(report('creating', progress=progress), 400,
                'progress must be an integer percentage')
    tap.expect(report('creating', progress='73%').status, 202)
    tap.expect(demo.get(path).body['snapshot']['os-extended-snapshot-attributes:progress'], '73%')
    tap.expect(report('available', progress='100%').status, 202)
    tap.expect(admin.post(path + '/action', {'os-reset_status': {'status': 'x'}}).status, 400)
    refused(demo.post(path + '/action', {'x': None}), 400,
            'There is no such action: x. Verify the request body and Content-Type header and try '
            'again.')
    set_status(snapshot, 'error_deleting')
    tap.expect(admin.post(path + '/action', {'os-force_delete': {}}).status, 202)
    wait_for(lambda: demo.get(path).status == 404, 'it to be gone')
    drop(demo, volume)


def a_volume_has_to_be_ready():
    volume = make(demo)
    body = {'snapshot': {'volume_id': volume['id']}}
    refused(demo.post(SNAPSHOTS, {'snapshot': {'volume_id': NOBODY}}), 404,
            'Volume %s could not be found.' % NOBODY)
    tap.expect(demo.post(SNAPSHOTS, {'snapshot': {'name': 'x'}}).status, 400)
    tap.expect(demo.post(SNAPSHOTS, {'snapshot': dict(body['snapshot'], force=False)},
                         version=at(66)).status, 400)
    put(volume, 'error')
    refused(demo.post(SNAPSHOTS, body), 400,
            'Invalid volume: Volume %s status must be available, but current status is: error.'
            % volume['id'])
    refused(demo.post(SNAPSHOTS, body, version=at(66)), 400,
            'Invalid volume: Volume %s status must be available or in-use, but current status is: '
            'error.' % volume['id'])
    put(volume, 'maintenance')
    refused(demo.post(SNAPSHOTS, body), 400,
            'Invalid volume: The snapshot cannot be created when the volume is in maintenance '
            'mode.')
    put(volume, 'available')
    drop(demo, volume)


def a_volume_goes_with_its_snapshots():
    volume = make(demo)
    before = used()
    snapshots = [take(volume), take(volume)]
    path = '%s/volumes/%s' % (V3, volume['id'])
    set_status(snapshots[0], 'error')
    refused(demo.delete(path), 400, NOT_DELETABLE)
    tap.expect(demo.delete(path + '?cascade=true').status, 202)
    wait_for(lambda: demo.get(path).status == 404, 'the volume to be gone')
    for snapshot in snapshots:
        tap.expect(demo.get(path_of(snapshot)).status, 404)
    tap.expect(used(), (before[0], before[1] - 1), 'quota')
    tap.expect([name for name in os.listdir(os.path.join(cleatd.dir, 'volumes'))
                if '.snap.' in name], [], 'files')


def force_is_for_admins():
    volume = make(demo)
    path = '%s/volumes/%s?force=true' % (V3, volume['id'])
    tap.expect(demo.delete(path, version=at(23)).status, 403)
    tap.expect(demo.get(path).status, 200)
    put(volume, 'creating')
    refused(admin.delete(path, version=at(22)), 400, NOT_DELETABLE)
    tap.expect(admin.delete(path, version=at(23)).status, 202)
    wait_for(lambda: demo.get(path).status == 404, 'the volume to be gone')


def a_volume_goes_back():
    volume = make(demo)
    path = '%s/volumes/%s/action' % (V3, volume['id'])

    def revert(snapshot_id, minor=40):
        return demo.post(path, {'revert': {'snapshot_id': snapshot_id}}, version=at(minor))

    refused(revert(NOBODY), 400, 'Volume %s has no snapshots.' % volume['id'])
    write(volume, b'one')
    first = take(volume)
    write(volume, b'two')
    second = take(volume)
    write(volume, b'six')
    tap.expect(revert(second['id'], minor=39).status, 404)
    refused(revert(first['id']), 400,
            'Specified snapshot %s is None or not the latest one of volume %s.'
            % (first['id'], volume['id']))
    set_status(second, 'error')
    refused(revert(second['id']), 400,
            "Invalid snapshot: Can't revert volume %s to its latest snapshot %s. Snapshot's "
            "status must be 'available'." % (volume['id'], second['id']))
    set_status(second, 'available')
    reply = revert(second['id'])
    tap.expect(reply.status, 202, 'revert of %r' % reply)
    wait_status(demo, '%s/volumes/%s' % (V3, volume['id']), 'volume', 'available')
    wait_status(demo, path_of(second), 'snapshot', 'available')
    tap.expect(read(volume, 3), b'two')
    forget(second)
    tap.expect(revert(first['id']).status, 202)
    wait_status(demo, '%s/volumes/%s' % (V3, volume['id']), 'volume', 'available')
    tap.expect(read(volume, 3), b'one')
    forget(first)
    drop(demo, volume)


def end():
    cleatd.__exit__()


tap.run('snapshots', [
    a_snapshot_comes_and_goes, versions_bring_members, lists_have_filters_and_pages, who_may_what,
    names_and_metadata_change, statuses_by_hand, a_volume_has_to_be_ready,
    a_volume_goes_with_its_snapshots, force_is_for_admins, a_volume_goes_back,
], cleanup=end)
