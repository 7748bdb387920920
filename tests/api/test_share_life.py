#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The life of shares over HTTP: made, filled, grown, shrunk, copied, gone back, put away, forgotten
and taken back, deleted; what quotas, locks and their own statuses do not allow; and what a fault of
the back end leaves."""
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

SHARES = '/share/v2/shares'
SNAPSHOTS = '/share/v2/snapshots'
NEWEST = {'X-OpenStack-Manila-API-Version': '2.82'}
NOBODY = '00000000-0000-4000-8000-000000000000'

cleatd = Cleatd()
demo, alt, admin, reader = (cleatd.user(name) for name in ('demo', 'alt', 'admin', 'reader'))


class Newest:
    """A user who always asks for the newest version."""

    def __init__(self, user):
        self.user = user

    def __getattr__(self, method):
        return lambda path, *more: getattr(self.user, method)(path, *more, headers=NEWEST)


demo, alt, admin, reader = (Newest(user) for user in (demo, alt, admin, reader))


def refused(reply, status, message):
    tap.expect((reply.status, reply.message()), (status, message), 'refusal')


def path_of(share):
    return '%s/%s' % (SHARES, share['id'])


def make(user=demo, status='available', **wish):
    reply = user.post(SHARES, {'share': dict({'share_proto': 'NFS', 'size': 1}, **wish)})
    tap.expect(reply.status, 200, 'status of %r' % reply)
    expected = 'creating_from_snapshot' if wish.get('snapshot_id') else 'creating'
    tap.expect(reply.body['share']['status'], expected, 'at first')
    return wait_status(user, path_of(reply.body['share']), 'share', status)


def act(share, action, body=None, user=demo):
    return user.post(path_of(share) + '/action', {action: body})


def gone(*shares):
    for share in shares:
        wait_for(lambda path=path_of(share): demo.get(path).status == 404, 'it to be gone')


def drop(*shares, user=demo):
    for share in shares:
        tap.expect(user.delete(path_of(share)).status, 202, 'delete')
    gone(*shares)


def take(share, **wish):
    reply = demo.post(SNAPSHOTS, {'snapshot': dict({'share_id': share['id']}, **wish)})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    return wait_status(demo, '%s/%s' % (SNAPSHOTS, reply.body['snapshot']['id']), 'snapshot',
                       'available')


def forget(*snapshots):
    for snapshot in snapshots:
        path = '%s/%s' % (SNAPSHOTS, snapshot['id'])
        tap.expect(demo.delete(path).status, 202, 'delete')
        wait_for(lambda path=path: demo.get(path).status == 404, 'it to be gone')


def exports(share, user=demo):
    return user.get(path_of(share) + '/export_locations').body['export_locations']


def kept(share):
    """Whatever the back end keeps for a share, by its id."""
    return [os.path.join(place, name) for place, folders, files in os.walk(
        os.path.join(cleatd.dir, 'shares')) for name in folders + files if share['id'] in name]


@contextlib.contextmanager
def opened(share):
    """The directory of its files: itself, or the file system in its image, mounted meanwhile."""
    place, = kept(share)
    if os.path.isdir(place):
        yield place
        return
    with tempfile.TemporaryDirectory() as mount:
        subprocess.run(['mount', '-o', 'loop', place, mount], check=True)
        try:
            yield mount
        finally:
            subprocess.run(['umount', mount], check=True)


def write(share, name, text):
    with opened(share) as place, open(os.path.join(place, name), 'w') as file:
        file.write(text)


def read(share, name):
    with opened(share) as place, open(os.path.join(place, name)) as file:
        return file.read()


def used():
    absolute = demo.get('/share/v2/limits').body['limits']['absolute']
    return tuple(absolute[name] for name in (
        'totalSharesUsed', 'totalShareGigabytesUsed', 'totalShareSnapshotsUsed',
        'totalSnapshotGigabytesUsed'))


def rows(sql, *values):
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=20) as store:
        return store.execute(sql, values).fetchall()


def a_share_is_made_exported_and_deleted():
    share = make(name='home', metadata={'k': 'v'})
    tap.expect((share['name'], share['size'], share['metadata'], share['access_rules_status']),
               ('home', 1, {'k': 'v'}, 'active'))
    location, = exports(share)
    tap.expect(location['preferred'], True)
    assert location['path'].endswith('/' + share['id']), location['path']
    assert kept(share), 'it is nowhere'
    tap.expect(used(), (1, 1, 0, 0))
    drop(share)
    tap.expect(kept(share), [], 'left')
    tap.expect(used(), (0, 0, 0, 0))
    tap.expect(rows('SELECT COUNT(*) FROM share_exports'), [(0,)])


def what_a_share_cannot_be():
    def wish(user=demo, **members):
        return user.post(SHARES, {'share': dict({'share_proto': 'NFS', 'size': 1}, **members)})
    refused(wish(size=0), 400, "Invalid input received: Share size '0' must be an integer and "
                               'greater than 0.')
    refused(wish(share_proto='cifs'), 400,
            'Invalid input received: Invalid share protocol provided: CIFS. It is either disabled '
            "or unsupported. Available protocols: ['NFS'].")
    refused(wish(share_type='no-such'), 404, 'Share type not found.')
    refused(wish(is_public=True), 403,
            "User is not authorized to set 'is_public' to True in the request.")
    refused(wish(size=1001), 413,
            'ShareSizeExceedsAvailableQuota: Requested share exceeds allowed project/user or share '
            'type gigabytes quota.')
    refused(wish(metadata={'': 'v'}), 400, 'Metadata property key is blank.')
    tap.expect(wish(availability_zone='mars').status, 404)
    tap.expect(wish(user=reader).status, 403)
    tap.expect(used(), (0, 0, 0, 0))


def others_do_not_see_it_unless_it_is_public():
    share = make()
    tap.expect(alt.get(path_of(share)).status, 404)
    tap.expect(admin.put(path_of(share), {'share': {'is_public': True}}).status, 200)
    tap.expect(alt.get(path_of(share)).status, 200)
    tap.expect(alt.delete(path_of(share)).status, 403, 'to delete it')
    tap.expect(act(share, 'extend', {'new_size': 2}, alt).status, 403, 'to extend it')
    tap.expect(alt.put(path_of(share), {'share': {'display_name': 'mine'}}).status, 403)
    drop(share)


def it_grows_and_shrinks():
    share = make()
    write(share, 'kept', 'text')
    refused(act(share, 'extend', {'new_size': 1}), 400,
            'Invalid input received: New size for extend must be greater than current size. '
            '(current: 1, extended: 1).')
    refused(act(share, 'extend', {'new_size': 5000}), 403,
            'Requested share exceeds allowed project/user or share type gigabytes quota.')
    tap.expect(act(share, 'extend', {'new_size': 3}).status, 202)
    tap.expect(wait_status(demo, path_of(share), 'share', 'available')['size'], 3)
    tap.expect(used(), (1, 3, 0, 0))
    for size in (3, 0, 4):
        refused(act(share, 'shrink', {'new_size': size}), 400,
                'Invalid input received: New size for shrink must be less than current size and '
                'greater than 0 (current: 3, new: %d)' % size)
    tap.expect(act(share, 'shrink', {'new_size': 2}).status, 202)
    tap.expect(wait_status(demo, path_of(share), 'share', 'available')['size'], 2)
    tap.expect(used(), (1, 2, 0, 0))
    tap.expect(read(share, 'kept'), 'text')
    drop(share)


def one_that_holds_more_is_not_shrunk():
    share = make(size=3)
    place, = kept(share)
    if os.path.isdir(place):
        drop(share)
        return tap.comment('shares are not held to their sizes here')
    with opened(share) as place, open(os.path.join(place, 'large'), 'wb') as file:
        os.posix_fallocate(file.fileno(), 0, 1300 << 20)
    tap.expect(act(share, 'shrink', {'new_size': 1}).status, 202)
    tap.expect(wait_status(demo, path_of(share), 'share', 'available')['size'], 3)
    messages = [row for row in demo.get('/share/v2/messages').body['messages']
                if row['resource_id'] == share['id']]
    tap.expect([(row['action_id'], row['detail_id']) for row in messages], [('009', '017')])
    of_volumes = demo.user.get('/volume/v3/messages', version='volume 3.5').body['messages']
    tap.expect(of_volumes, [], 'of volumes')
    tap.expect(used(), (1, 3, 0, 0))
    drop(share)


def types_bound_sizes():
    reply = admin.post('/share/v2/types', {'share_type': {
        'name': 'bounded', 'extra_specs': {
            'driver_handles_share_servers': 'False', 'provisioning:min_share_size': '2',
            'provisioning:max_share_size': '3'}}})
    tap.expect(reply.status, 200, 'type: %r' % reply)
    words = ("Invalid input received: Specified share size of '%d' is %s size of '%d' for share "
             "type 'bounded'.")
    refused(demo.post(SHARES, {'share': {'share_proto': 'NFS', 'size': 1,
                                         'share_type': 'bounded'}}), 400,
            words % (1, 'less than the minimum required', 2))
    share = make(size=3, share_type='bounded')
    refused(act(share, 'extend', {'new_size': 4}), 400,
            words % (4, 'greater than the maximum allowable', 3))
    refused(act(share, 'shrink', {'new_size': 1}), 400,
            words % (1, 'less than the minimum required', 2))
    drop(share)
    tap.expect(admin.delete('/share/v2/types/' + reply.body['share_type']['id']).status, 202)


def one_too_large_for_the_place():
    admin_path = '/share/v2/quota-sets/' + demo.user.project_id
    tap.expect(admin.put(admin_path, {'quota_set': {'gigabytes': -1}}).status, 200)
    reply = demo.post(SHARES, {'share': {'share_proto': 'NFS', 'size': 1 << 30}})
    share = reply.body['share']
    wait_for(lambda: demo.get(path_of(share)).body['share']['status'] != 'creating', 'an end')
    about = [(row['action_id'], row['detail_id'])
             for row in demo.get('/share/v2/messages').body['messages']
             if row['resource_id'] == share['id']]
    if any(os.path.isdir(place) for place in kept(share)):
        tap.comment('a directory takes its place when it is filled')
    else:
        tap.expect(demo.get(path_of(share)).body['share']['status'], 'error')
        tap.expect(about, [('001', '002')])
    drop(share)
    tap.expect(admin.delete(admin_path).status, 202)


def a_status_that_does_not_allow_it():
    share = make()
    for status, allowed in (('error', True), ('extending_error', False), ('inactive', True)):
        tap.expect(act(share, 'reset_status', {'status': status}, admin).status, 202)
        refused(act(share, 'extend', {'new_size': 2}), 400,
                "Invalid share: Share %s status must be 'available' to extend, but current status "
                'is: %s.' % (share['id'], status))
        if not allowed:
            refused(demo.delete(path_of(share)), 403,
                    'Invalid share: Share status must be one of (available, error, inactive).')
    tap.expect(act(share, 'reset_status', {'status': 'migrating'}, admin).status, 202)
    tap.expect(act(share, 'force_delete', None, demo).status, 403, 'force is for admins')
    tap.expect(act(share, 'force_delete', None, admin).status, 202)
    gone(share)


def snapshots_hold_what_it_held():
    share = make()
    write(share, 'name', 'before')
    first = take(share, name='first')
    tap.expect((first['size'], first['share_id']), (1, share['id']))
    tap.expect(used(), (1, 1, 1, 1))
    refused(demo.delete(path_of(share)), 403, 'Share still has 1 dependent snapshots.')
    tap.expect(act(share, 'force_delete', None, admin).status, 403, 'not even by force')
    write(share, 'name', 'after')
    copy = make(snapshot_id=first['id'], size=2)
    tap.expect((read(copy, 'name'), copy['size'], copy['snapshot_id']), ('before', 2, first['id']))
    refused(demo.post(SHARES, {'share': {'share_proto': 'NFS', 'size': 1,
                                         'snapshot_id': NOBODY}}), 404,
            'Snapshot %s could not be found.' % NOBODY)
    tap.expect(act(share, 'revert', {'snapshot_id': first['id']}).status, 202)
    wait_status(demo, path_of(share), 'share', 'available')
    tap.expect(read(share, 'name'), 'before')
    second = take(share)
    tap.expect(act(share, 'revert', {'snapshot_id': first['id']}).status, 409, 'not the newest')
    tap.expect(act(copy, 'revert', {'snapshot_id': first['id']}).status, 400, 'of another share')
    forget(first, second)
    drop(share, copy)
    tap.expect(used(), (0, 0, 0, 0))


def put_away_and_taken_back():
    share = make(name='away')
    tap.expect(act(share, 'soft_delete').status, 202)
    shown = demo.get(path_of(share)).body['share']
    tap.expect((shown['status'], shown['is_soft_deleted']), ('available', True))
    assert shown['scheduled_to_be_deleted_at'], 'no time'
    refused(act(share, 'extend', {'new_size': 2}), 403,
            "Cannot extend share '%s' since it has been soft deleted." % share['id'])
    tap.expect(act(share, 'restore').status, 202)
    tap.expect(act(share, 'restore').status, 200, 'again')
    tap.expect(demo.get(path_of(share)).body['share']['is_soft_deleted'], False)
    drop(share)


def time_goes_by():
    """As much as what is put away has left."""
    tap.expect(cleatd.stop(), 0)
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db')) as store:
        store.execute('UPDATE shares SET scheduled_us = 1 WHERE scheduled_us > 0')
    cleatd.start()


def what_is_put_away_goes_in_the_end():
    share = make()
    tap.expect(act(share, 'soft_delete').status, 202)
    time_goes_by()
    gone(share)
    tap.expect((kept(share), used()), ([], (0, 0, 0, 0)), 'left')


def also_what_an_admin_has_reset_meanwhile():
    """Each by what it is said to be; one that is said to be worked on holds up nobody."""
    shares = {status: make() for status in ('migrating', 'inactive', 'error', 'available')}
    for status, share in shares.items():
        tap.expect(act(share, 'soft_delete').status, 202)
        tap.expect(act(share, 'reset_status', {'status': status}, admin).status, 202)
    time_goes_by()
    held = shares.pop('migrating')
    gone(*shares.values())
    tap.expect(demo.get(path_of(held)).body['share']['status'], 'migrating')
    tap.expect(act(held, 'reset_status', {'status': 'available'}, admin).status, 202)
    time_goes_by()
    gone(held)
    tap.expect((kept(held), used()), ([], (0, 0, 0, 0)), 'left')


def forgotten_and_taken_back():
    share = make()
    write(share, 'kept', 'text')
    path = exports(share)[0]['path']
    host = admin.get(path_of(share)).body['share']['host']
    wish = {'share': {'service_host': host, 'export_path': path, 'protocol': 'NFS',
                      'driver_options': {'size': '2'}, 'name': 'again'}}
    tap.expect(act(share, 'unmanage', None, demo).status, 403, 'it is for admins')
    tap.expect(act(share, 'unmanage', None, admin).status, 202)
    gone(share)
    tap.expect(used(), (0, 0, 0, 0))
    tap.expect(read(share, 'kept'), 'text', 'its data')
    reply = admin.post(SHARES + '/manage', wish)
    tap.expect(reply.status, 200, 'manage: %r' % reply)
    again = wait_status(admin, path_of(reply.body['share']), 'share', 'available')
    tap.expect((again['name'], again['size']), ('again', 2))
    tap.expect(admin.post(SHARES + '/manage', wish).status, 409, 'it is there')
    for bad in (path + '/..', '127.0.0.1:/etc', path.replace(share['id'], NOBODY) + 'x'):
        wish['share']['export_path'] = bad
        tap.expect(admin.post(SHARES + '/manage', wish).status, 400, bad)
    tap.expect(exports(again, admin)[0]['path'], path)
    tap.expect(admin.delete(path_of(again)).status, 202)
    wait_for(lambda: admin.get(path_of(again)).status == 404, 'it to be gone')
    tap.expect(kept(share), [], 'left')


def what_is_locked_stays():
    share = make()
    lock = demo.post('/share/v2/resource-locks', {'resource_lock': {
        'resource_id': share['id'], 'resource_type': 'share'}})
    tap.expect(lock.status, 200, 'lock: %r' % lock)
    lock = lock.body['resource_lock']
    words = 'Resource lock/s [%s] prevent delete action.' % lock['id']
    refused(demo.delete(path_of(share)), 403, words)
    refused(admin.delete(path_of(share)), 403, words)
    refused(act(share, 'soft_delete'), 403, words)
    refused(act(share, 'unmanage', None, admin), 403, words)
    refused(act(share, 'force_delete', None, admin), 400, words)
    tap.expect(act(share, 'extend', {'new_size': 2}).status, 202, 'all else is allowed')
    wait_status(demo, path_of(share), 'share', 'available')
    tap.expect(demo.delete('/share/v2/resource-locks/' + lock['id']).status, 204)
    drop(share)


def one_without_data_cannot_be_copied():
    share = make()
    snapshot = take(share)
    place = os.path.join(cleatd.dir, 'shares', 'snapshots', snapshot['id'])
    shutil.rmtree(place)
    reply = demo.post(SHARES, {'share': {'share_proto': 'NFS', 'size': 1,
                                         'snapshot_id': snapshot['id']}})
    copy = reply.body['share']
    wait_for(lambda: demo.get(path_of(copy)).body['share']['status'] == 'error', 'an error')
    tap.expect(exports(copy), [])
    messages = [row['resource_id'] for row in demo.get('/share/v2/messages').body['messages']]
    assert copy['id'] in messages, messages
    drop(copy)
    forget(snapshot)
    drop(share)


def end():
    cleatd.__exit__()


tap.run('share life', [
    a_share_is_made_exported_and_deleted, what_a_share_cannot_be,
    others_do_not_see_it_unless_it_is_public, it_grows_and_shrinks,
    one_that_holds_more_is_not_shrunk, types_bound_sizes, one_too_large_for_the_place,
    a_status_that_does_not_allow_it,
    snapshots_hold_what_it_held, put_away_and_taken_back,
    what_is_put_away_goes_in_the_end, also_what_an_admin_has_reset_meanwhile,
    forgotten_and_taken_back,
    what_is_locked_stays, one_without_data_cannot_be_copied,
], cleanup=end)
