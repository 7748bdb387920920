#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Share types: versions, specs, and who sees which."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from sharelib import (NEWEST, NOBODY, UUID, admin, alt, at, cleatd, demo, gone, make,  # noqa: E402
                      refused)

SERVERS = 'driver_handles_share_servers'
OPTIONAL = ['create_share_from_snapshot_support', 'mount_snapshot_support',
            'revert_to_snapshot_support', 'snapshot_support']
MISSING = 'Share type not found.'


def ask(method, path, body=None, user=admin, status=None, version=NEWEST):
    reply = at(version, user, method, '/types' + path, body=body)
    if status:
        tap.expect(reply.status, status, 'status of %r' % reply)
    else:
        assert reply.status in (200, 202), reply
    return reply.body


def new_type(name, public=True, specs=None, **more):
    body = ask('POST', '', {'share_type': dict(
        {'name': name, 'share_type_access:is_public': public,
         'extra_specs': dict({SERVERS: False}, **(specs or {}))}, **more)}, status=200)
    tap.expect(body['share_type'], body['volume_type'], 'the name of old times')
    return body['share_type']


def drop(kind):
    ask('DELETE', '/' + kind['id'], status=202)
    ask('GET', '/' + kind['id'], status=404)


def names(user, query=''):
    return {one['name'] for one in ask('GET', query, user=user)['share_types']}


def there_is_a_default_type():
    kind = ask('GET', '/default', user=demo)['share_type']
    tap.expect((kind['name'], kind['is_default'], kind['extra_specs'][SERVERS]),
               ('default', True, 'False'))
    tap.expect(kind['required_extra_specs'], {SERVERS: 'False'})
    tap.expect(ask('GET', '/' + kind['id'], user=demo)['share_type'], kind)
    share = make()
    tap.expect(share['share_type'], kind['id'])
    refused(at(NEWEST, admin, 'DELETE', '/types/' + kind['id']), 400,
            'Target share type is still in use.')
    tap.expect(at(NEWEST, method='DELETE', path='/shares/' + share['id']).status, 202)
    gone('/shares/' + share['id'])


def what_each_version_shows():
    kind = new_type('of-versions', description='for tests')
    first = ask('GET', '/' + kind['id'], version='2.0')['share_type']
    tap.expect(sorted(first), ['extra_specs', 'id', 'name', 'os-share-type-access:is_public',
                               'required_extra_specs'])
    for version, key in (('2.7', 'share_type_access:is_public'), ('2.41', 'description'),
                         ('2.46', 'is_default')):
        before = '2.%d' % (int(version[2:]) - 1)
        assert key not in ask('GET', '/' + kind['id'], version=before)['share_type'], key
        assert key in ask('GET', '/' + kind['id'], version=version)['share_type'], key
    assert UUID.match(kind['id'])
    ask('PUT', '/' + kind['id'], {'share_type': {'name': 'x'}}, version='2.49', status=404)
    drop(kind)


def specs_are_texts():
    kind = new_type('of-specs', specs={'snapshot_support': True, 'vendor:name': 'x'})
    path = '/%s/extra_specs' % kind['id']
    tap.expect(kind['extra_specs'],
               {SERVERS: 'False', 'snapshot_support': 'True', 'vendor:name': 'x'})
    shown = ask('GET', '/' + kind['id'], user=demo)['share_type']['extra_specs']
    tap.expect(sorted(shown), sorted(OPTIONAL + [SERVERS]))
    tap.expect((shown['snapshot_support'], shown['mount_snapshot_support']), ('True', False))
    tap.expect(names(demo, '?extra_specs={%27vendor:name%27:%27x%27}'), set(), 'a filter tells')
    tap.expect(names(admin, '?extra_specs={%27vendor:name%27:%27x%27}'), {'of-specs'})
    tap.expect(ask('POST', path, {'extra_specs': {'a': 'b', 'c': True}}),
               {'extra_specs': {'a': 'b', 'c': 'True'}})
    tap.expect(ask('GET', path + '/c'), {'c': 'True'})
    tap.expect(ask('PUT', path + '/c', {'c': 'd'}), {'c': 'd'})
    ask('PUT', path + '/c', {'e': 'f'}, status=400)
    ask('DELETE', path + '/c', status=202)
    ask('DELETE', path + '/c', status=404)
    ask('DELETE', '%s/%s' % (path, SERVERS), status=403)
    ask('POST', path, {'extra_specs': {'snapshot_support': 'perhaps'}}, status=400)
    tap.expect(at(NEWEST, path='/types' + path).status, 403)
    refused(at(NEWEST, admin, 'POST', '/types', body={'share_type': {'name': 'without'}}), 400,
            "Required extra specs '%s' not specified." % SERVERS)
    drop(kind)


def who_sees_which():
    kind = new_type('private', public=False)
    action = '/%s/action' % kind['id']
    refused(at(NEWEST, path='/types/' + kind['id']), 404, MISSING)
    assert 'private' not in names(demo) | names(admin)
    assert 'private' in names(admin, '?is_public=all') & names(admin, '?is_public=false')
    tap.expect(ask('GET', '/%s/share_type_access' % kind['id']), {'share_type_access': []})
    grant = {'project': demo.project_id}
    ask('POST', action, {'addProjectAccess': grant}, status=202)
    ask('POST', action, {'addProjectAccess': grant}, status=409)
    assert 'private' in names(demo) and 'private' not in names(alt)
    tap.expect(ask('GET', '/%s/share_type_access' % kind['id']), {'share_type_access': [
        {'share_type_id': kind['id'], 'project_id': demo.project_id}]})
    ask('POST', action, {'removeProjectAccess': grant}, status=202)
    ask('POST', action, {'removeProjectAccess': grant}, status=404)
    refused(at(NEWEST, path='/types/' + kind['id']), 404, MISSING)
    ask('PUT', '/' + kind['id'], {'share_type': {'share_type_access:is_public': True}})
    assert 'private' in names(alt)
    ask('POST', action, {'addProjectAccess': grant}, status=409)
    ask('GET', '/%s/share_type_access' % kind['id'], status=404)
    drop(kind)


def names_are_taken_once():
    kind = new_type('taken')
    refused(at(NEWEST, admin, 'POST', '/types', body={'share_type': {
        'name': 'taken', 'extra_specs': {SERVERS: 'False'}}}), 409,
        'Share Type taken already exists.')
    for body in ({}, {'share_type': {}}, {'share_type': {'name': ''}},
                 {'share_type': {'name': 'x', 'extra_specs': {SERVERS: 'perhaps'}}},
                 {'share_type': {'name': 'x', 'extra_specs': {SERVERS: None}}}):
        ask('POST', '', body, status=400)
    ask('PUT', '/' + kind['id'], {'share_type': {}}, status=400)
    ask('PUT', '/' + kind['id'], {'share_type': {'name': ' '}}, status=400)
    tap.expect(ask('PUT', '/' + kind['id'], {'share_type': {'description': 'new'}})
               ['share_type']['description'], 'new')
    refused(at(NEWEST, admin, 'DELETE', '/types/' + NOBODY), 404, MISSING)
    tap.expect(at(NEWEST, demo, 'POST', '/types', body={'share_type': {'name': 'x'}}).status, 403)
    drop(kind)


tap.run('share types', [
    there_is_a_default_type, what_each_version_shows, specs_are_texts, who_sees_which,
    names_are_taken_once], cleanup=cleatd.stop)
