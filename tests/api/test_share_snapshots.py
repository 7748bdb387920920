#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Snapshots of shares over HTTP: what they show, lists, going back, and the words of refusals."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import wait_status  # noqa: E402
from sharelib import (  # noqa: E402
    DATE, NEWEST, NOBODY, UUID, V2, admin, alt, at, cleatd, demo, gone, make, refused)

MEMBERS = {'id': 0, 'share_id': 0, 'share_size': 0, 'created_at': 0, 'status': 0, 'name': 0,
           'description': 0, 'size': 0, 'share_proto': 0, 'links': 0, 'user_id': 17,
           'project_id': 17, 'metadata': 73}


def snap(share, version=NEWEST, **wish):
    reply = at(version, method='POST', path='/snapshots',
               body={'snapshot': dict(wish, share_id=share)})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    made = reply.body['snapshot']
    wait_status(demo, V2 + '/snapshots/' + made['id'], 'snapshot', 'available')
    return made


def what_a_snapshot_says():
    share = make(name='parent', size=2)
    made = snap(share['id'], name='n', description='d', force='True', metadata={'a': 'b'})
    tap.expect((made['status'], made['share_id'], made['share_size'], made['size'],
                made['share_proto'], made['name'], made['description'], made['metadata'],
                made['project_id'], made['user_id']),
               ('creating', share['id'], 2, 2, 'NFS', 'n', 'd', {'a': 'b'}, demo.project_id,
                demo.user_id))
    assert UUID.match(made['id']) and DATE.match(made['created_at']), made
    path = '/snapshots/' + made['id']
    for minor in (0, 11, 12, 16, 17, 72, 73, 88):
        version = '2.%d' % minor
        wanted = {name for name, since in MEMBERS.items() if since <= minor}
        tap.expect(set(at(version, path=path).body['snapshot']), wanted, version)
        tap.expect(set(at(version, path='/snapshots/detail').body['snapshots'][0]), wanted, version)
        if minor >= 12:
            wanted.add('provider_location')
        tap.expect(set(at(version, admin, path=path).body['snapshot']), wanted, version)
    short, = at(NEWEST, path='/snapshots').body['snapshots']
    tap.expect(sorted(short), ['id', 'links', 'name'])
    for tail, key in (('export-locations', 'share_snapshot_export_locations'),
                      ('access-list', 'snapshot_access_list')):
        tap.expect(at(NEWEST, path='%s/%s' % (path, tail)).body, {key: []})
        tap.expect(at('2.31', path='%s/%s' % (path, tail)).status, 404)


def what_cannot_be_made():
    def create(body, user=demo):
        return at(NEWEST, user, 'POST', '/snapshots', body=body)
    for body in ({}, {'share': {}}, {'snapshot': None}):
        refused(create(body), 422, 'Unable to process the contained instructions', 'computeFault')
    tap.expect(create({'snapshot': {}}).status, 400)
    refused(create({'snapshot': {'share_id': NOBODY}}), 404,
            'Share %s could not be found.' % NOBODY)
    share = make()['id']
    refused(create({'snapshot': {'share_id': share}}, alt), 404,
            'Share %s could not be found.' % share)
    assert 'Unrecognized value' in create({'snapshot': {'share_id': share,
                                                        'force': 'x'}}).message()
    refused(create({'snapshot': {'share_id': share, 'metadata': {'': 'x'}}}), 400,
            'Metadata property key is blank.')
    at(NEWEST, admin, 'POST', '/shares/%s/action' % share,
       body={'reset_status': {'status': 'error'}})
    tap.expect(create({'snapshot': {'share_id': share}}).status, 403, 'of a share in error')


def lists_are_filtered_and_have_pages():
    share = make()['id']
    made = [snap(share, name='list-%d' % number, metadata={'n': str(number)})
            for number in range(3)]

    def found(query, version=NEWEST, user=demo):
        reply = at(version, user, path='/snapshots?' + query)
        tap.expect(reply.status, 200, 'status of %r' % reply)
        return [int(s['name'][5:]) for s in reply.body['snapshots']
                if (s['name'] or '').startswith('list-')]
    for query, wanted in (
            ('', [2, 1, 0]), ('name=list-1', [1]), ('name~=ist-', [2, 1, 0]),
            ('share_id=' + share, [2, 1, 0]), ('share_id=' + NOBODY, []), ('status=error', []),
            ('sort_key=name&sort_dir=asc', [0, 1, 2]), ("metadata={'n':'1'}", [1]),
            ('share_id=%s&limit=2' % share, [2, 1]),
            ('share_id=%s&limit=2&offset=2' % share, [0]),
            ('share_id=%s&limit=2&marker=%s' % (share, made[1]['id']), [0])):
        tap.expect(found(query), wanted, query)
    tap.expect(found('name~=list-1', '2.35'), [2, 1, 0])
    tap.expect(found('', user=alt), [])
    tap.expect(found('all_tenants=1', user=admin), [2, 1, 0])
    body = at(NEWEST, path='/snapshots?limit=1&with_count=1&share_id=' + share).body
    tap.expect(sorted(body), ['count', 'share_snapshots_links', 'snapshots'])
    tap.expect(body['count'], 3)


def names_and_metadata_change():
    path = '/snapshots/' + snap(make()['id'], name='a')['id']
    shown = at(NEWEST, method='PUT', path=path, body={'snapshot': {
        'display_name': 'b', 'display_description': 'text'}}).body['snapshot']
    tap.expect((shown['name'], shown['description']), ('b', 'text'))
    refused(at(NEWEST, method='PUT', path=path, body={}), 422,
            'Unable to process the contained instructions', 'computeFault')
    notes = path + '/metadata'
    tap.expect(at(NEWEST, method='POST', path=notes, body={'metadata': {'a': 'b'}}).body,
               {'metadata': {'a': 'b'}})
    tap.expect(at(NEWEST, method='PUT', path=notes, body={'metadata': {'c': 'd'}}).body,
               {'metadata': {'c': 'd'}})
    tap.expect(at(NEWEST, method='POST', path=notes + '/c', body={'meta': {'c': 'e'}}).body,
               {'meta': {'c': 'e'}})
    tap.expect(at(NEWEST, path=notes + '/c').body, {'meta': {'c': 'e'}})
    tap.expect(at(NEWEST, method='DELETE', path=notes + '/c').status, 200)
    refused(at(NEWEST, method='DELETE', path=notes + '/c'), 404, 'Metadata item is not found.')
    tap.expect(at(NEWEST, path=notes).body, {'metadata': {}})
    tap.expect(at('2.72', path=notes).status, 404)
    for method in ('GET', 'PUT', 'DELETE'):
        refused(at(NEWEST, alt, method, path, body={'snapshot': {}} if method == 'PUT' else None),
                404, 'Snapshot %s could not be found.' % path.split('/')[2])


def shares_of_snapshots_and_back():
    share = make(size=2)
    first, second = (snap(share['id'])['id'] for _ in range(2))
    refused(at(NEWEST, method='DELETE', path='/shares/' + share['id']), 403,
            'Share still has 2 dependent snapshots.')
    copy = make(size=2, snapshot_id=first)
    tap.expect((copy['snapshot_id'], copy['size'], copy['share_type']),
               (first, 2, share['share_type']))
    tap.expect(make(size=None, snapshot_id=first)['size'], 2, 'as large as the snapshot')
    refused(at(NEWEST, method='POST', path='/shares', body={'share': {
        'share_proto': 'NFS', 'size': 1, 'snapshot_id': first}}), 400,
        "Invalid input received: Share size '1' must be equal or greater than snapshot size.")
    act = '/shares/%s/action' % share['id']
    tap.expect(at(NEWEST, method='POST', path=act,
                  body={'revert': {'snapshot_id': first}}).status, 409, 'not the newest')
    tap.expect(at(NEWEST, method='POST', path=act,
                  body={'revert': {'snapshot_id': NOBODY}}).status, 404)
    tap.expect(at(NEWEST, method='POST', path='/shares/%s/action' % copy['id'],
                  body={'revert': {'snapshot_id': second}}).status, 400, 'of another share')
    tap.expect(at(NEWEST, method='POST', path=act,
                  body={'revert': {'snapshot_id': second}}).status, 202)
    make(share['id'])
    for snapshot in (first, second):
        tap.expect(at(NEWEST, method='DELETE', path='/snapshots/' + snapshot).status, 202)
        gone('/snapshots/' + snapshot)
    tap.expect(at(NEWEST, method='DELETE', path='/shares/' + share['id']).status, 202)
    gone('/shares/' + share['id'])


def what_admins_overrule():
    snapshot = snap(make()['id'])['id']
    act = '/snapshots/%s/action' % snapshot
    reset = {'reset_status': {'status': 'creating'}}
    refused(at(NEWEST, method='POST', path=act, body=reset), 403,
            'Access was denied to this resource.')
    tap.expect(at(NEWEST, admin, 'POST', act, body=reset).status, 202)
    tap.expect(at(NEWEST, path='/snapshots/' + snapshot).body['snapshot']['status'], 'creating')
    tap.expect(at(NEWEST, method='DELETE', path='/snapshots/' + snapshot).status, 403)
    tap.expect(at(NEWEST, admin, 'POST', act, body={'reset_status': {'status': 'odd'}}).status, 400)
    tap.expect(at(NEWEST, admin, 'POST', act, body={'os-force_delete': None}).status, 404)
    tap.expect(at('2.6', admin, 'POST', act, body={'os-force_delete': None}).status, 202)
    gone('/snapshots/' + snapshot)


tap.run('share snapshots', [
    what_a_snapshot_says, what_cannot_be_made, lists_are_filtered_and_have_pages,
    names_and_metadata_change, shares_of_snapshots_and_back, what_admins_overrule],
    cleanup=cleatd.stop)
