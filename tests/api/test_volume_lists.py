#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Lists of the block storage API at each microversion: filters, counts, sums, messages."""
import os
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from volumelib import NO_ROUTE, NOBODY, V3, at, drop, make, refused, tap  # noqa: E402
from lib import Cleatd  # noqa: E402

cleatd = Cleatd()
demo, admin, reader = (cleatd.user(name) for name in ('demo', 'admin', 'reader'))


def query(**params):
    return urllib.parse.urlencode(params)


def listed(minor, text, user=demo, path='/volumes/detail'):
    reply = user.get('%s%s?%s' % (V3, path, text), version=at(minor))
    tap.expect(reply.status, 200, 'status of %r' % reply)
    return sorted(volume['name'] for volume in reply.body['volumes'])


def unknown_filters():
    one = make(demo, name='one')
    for text in ('colour=red', 'host=x', 'name~=x', 'project_id=' + NOBODY):
        tap.expect(listed(30, text), ['one'], text)
        name = text.split('=')[0]
        refused(demo.get('%s/volumes?%s' % (V3, text), version=at(31)), 400,
                'Invalid filters %s are found in query options.' % name)
        tap.expect(listed(31, text, user=admin), [], 'an admin finds nothing by ' + text)
    refused(demo.get(V3 + '/volumes?a=1&name=one&b=2', version=at(71)), 400,
            'Invalid filters a,b are found in query options.')
    tap.expect(listed(71, 'all_tenants=1&with_count=true&sort=name:asc'), ['one'], 'tolerated')
    drop(demo, one)


def filters_of_their_versions():
    volumes = [make(demo, name='one', metadata={'k': 'v'}), make(demo, name='another')]
    both, one = ['another', 'one'], ['one']
    for minor, text, wanted in (
            (33, query(name='on'), []), (34, 'name~=on', one), (34, 'name~=.', []),
            (34, 'status~=avail', both), (3, 'glance_metadata={"a":"b"}', both),
            (4, 'glance_metadata={"a":"b"}', []), (9, 'group_id=' + NOBODY, both),
            (10, 'group_id=' + NOBODY, []), (64, 'consumes_quota=false', both),
            (65, 'consumes_quota=false', []), (65, 'consumes_quota=true', both),
            (1, 'bootable=nonsense', []), (2, 'bootable=F', both), (2, 'bootable=TRUE', []),
            (71, query(metadata="{'k': 'v'}"), one)):
        tap.expect(listed(minor, text), wanted, '3.%d %s' % (minor, text))
    refused(demo.get(V3 + '/volumes?bootable=nonsense', version=at(2)), 400,
            "Invalid input received: 'bootable = nonsense'")
    refused(demo.get(V3 + '/volumes?consumes_quota=some', version=at(65)), 400,
            "Value 'some' for 'consumes_quota' is not a boolean.")
    drop(demo, *volumes)


def times_are_compared():
    early, late = make(demo, name='early'), make(demo, name='late')
    between = query(created_at='gt:%s,lte:%s' % (early['created_at'], late['created_at']))
    tap.expect(listed(60, between), ['late'], 'both must hold')
    tap.expect(listed(59, between), ['early', 'late'], 'ignored before its version')
    for text, wanted in (
            ('created_at=eq:' + early['created_at'], ['early']),
            ('created_at=neq:' + early['created_at'], ['late']),
            ('created_at=lt:2000-01-01T00:00:00', []), ('updated_at=lt:2000-01-01T00:00:00', []),
            ('updated_at=gte:2000-01-01T00:00:00Z', ['early', 'late'])):
        tap.expect(listed(60, text), wanted, text)
    refused(demo.get(V3 + '/volumes?created_at=after:2026-01-01T00:00:00', version=at(60)), 400,
            'Invalid after operator')
    refused(demo.get(V3 + '/volumes?created_at=gt:noon', version=at(60)), 400,
            'Invalid noon value')
    many = ','.join(['gt:2000-01-01T00:00:00'] * 40)
    refused(demo.get(V3 + '/volumes?created_at=' + many, version=at(60)), 400,
            'Invalid input received: too many filters')
    drop(demo, early, late)


def counts_are_of_all():
    volumes = [make(demo, name=name) for name in ('a', 'b', 'c')]
    for path in ('/volumes', '/volumes/detail'):
        body = demo.get(V3 + path + '?limit=2&with_count=true', version=at(45)).body
        tap.expect((len(body['volumes']), body['count']), (2, 3), path)
        body = demo.get(V3 + path + '?limit=0&with_count=1&name=a', version=at(45)).body
        tap.expect((body['volumes'], body['count']), ([], 1), path)
        tap.expect(sorted(demo.get(V3 + path + '?with_count=true', version=at(44)).body),
                   ['volumes'], 'before its version')
    refused(demo.get(V3 + '/volumes?with_count=some', version=at(45)), 400,
            "Value 'some' for 'with_count' is not a boolean.")
    drop(demo, *volumes)


def an_offset_is_for_the_first_page():
    volumes = [make(demo, name=name) for name in 'abcde']
    found, url = [], V3 + '/volumes?sort=name:asc&offset=1&limit=2'
    while url:
        body = demo.get(url).body
        found += [volume['name'] for volume in body['volumes']]
        link = body.get('volumes_links')
        url = link and link[0]['href'].split(str(cleatd.port), 1)[1]
    tap.expect(found, list('bcde'))
    drop(demo, *volumes)


def admins_see_all_projects():
    mine, theirs = make(demo, name='mine'), make(admin, name='theirs')
    for text, wanted in (('', ['theirs']), ('all_tenants=0', ['theirs']),
                         ('all_tenants=1', ['mine', 'theirs']),
                         ('all_tenants=1&project_id=' + demo.project_id, ['mine']),
                         ('all_tenants=1&user_id=' + demo.user_id, ['mine']),
                         ('all_tenants=1&multiattach=true', []),
                         ('all_tenants=1&size=1&bootable=false', ['mine', 'theirs'])):
        tap.expect(listed(71, text, user=admin), wanted, text)
    drop(demo, mine)
    drop(admin, theirs)


def volumes_are_summed_up():
    volumes = [make(demo, size=2, metadata={'k': 'v', 'l': 'x'}),
               make(demo, size=3, metadata={'k': 'w'}), make(demo, name='plain')]
    path = V3 + '/volumes/summary'
    refused(demo.get(path, version=at(11)), 404, NO_ROUTE)
    tap.expect(demo.get(path, version=at(12)).body,
               {'volume-summary': {'total_size': 6, 'total_count': 3}})
    found = demo.get(path, version=at(36)).body['volume-summary']
    found['metadata'] = {key: sorted(values) for key, values in found['metadata'].items()}
    tap.expect(found, {'total_size': 6, 'total_count': 3,
                       'metadata': {'k': ['v', 'w'], 'l': ['x']}})
    tap.expect(demo.get(path + '?name=plain', version=at(36)).body,
               {'volume-summary': {'total_size': 1, 'total_count': 1, 'metadata': {}}})
    tap.expect(admin.get(path, version=at(12)).body,
               {'volume-summary': {'total_size': 0, 'total_count': 0}})
    tap.expect(admin.get(path + '?all_tenants=1', version=at(12)).body['volume-summary'],
               {'total_size': 6, 'total_count': 3})
    drop(demo, *volumes)


def fail_to_extend(volume):
    """Its file is gone; returns when the message is there."""
    os.unlink(os.path.join(cleatd.dir, 'volumes', volume['id'] + '.raw'))
    reply = demo.post('%s/volumes/%s/action' % (V3, volume['id']), {'os-extend': {'new_size': 2}})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    tap.wait_for('a message', lambda: demo.get('%s/messages?resource_uuid=%s' % (
        V3, volume['id']), version=at(5)).body['messages'])


def failures_leave_a_message():
    broken = [make(demo) for _ in range(2)]
    for volume in broken:
        fail_to_extend(volume)
    path = V3 + '/messages'
    refused(demo.get(path, version=at(2)), 404, NO_ROUTE)
    found = demo.get(path, version=at(3)).body['messages']
    tap.expect([one['resource_uuid'] for one in found], [one['id'] for one in reversed(broken)])
    one = found[0]
    tap.expect(set(one), {'id', 'event_id', 'user_message', 'message_level', 'resource_type',
                          'resource_uuid', 'request_id', 'created_at', 'guaranteed_until',
                          'links'})
    tap.expect((one['event_id'], one['user_message'], one['message_level'], one['resource_type']),
               ('VOLUME_VOLUME_007_010', 'extend volume:Volume Driver failed to extend volume.',
                'ERROR', 'VOLUME'))
    assert one['request_id'].startswith('req-'), one
    assert one['guaranteed_until'] > one['created_at'], one
    tap.expect(demo.get(path + '/' + one['id'], version=at(3)).body, {'message': one})
    for text, count in (('resource_uuid=' + broken[0]['id'], 1), ('message_level=ERROR', 2),
                        ('message_level=INFO', 0), ('resource_type=VOLUME&limit=1', 1),
                        ('event_id=none', 0), ('request_id=' + one['request_id'], 1)):
        reply = demo.get(path + '?' + text, version=at(5))
        tap.expect(len(reply.body['messages']), count, text)
        tap.expect('messages_links' in reply.body, 'limit' in text, text)
    tap.expect(len(demo.get(path + '?limit=1', version=at(4)).body['messages']), 2)
    tap.expect(admin.get(path, version=at(3)).body, {'messages': []}, 'of another project')
    message_goes(path, one)
    drop(demo, *broken)


def message_goes(path, one):
    gone = 'Message %s could not be found.' % one['id']
    alt = cleatd.user('alt')
    refused(alt.get(path + '/' + one['id'], version=at(3)), 404, gone)
    refused(alt.delete(path + '/' + one['id'], version=at(3)), 404, gone)
    refused(reader.delete(path + '/' + one['id'], version=at(3)), 403,
            "Policy doesn't allow message:delete to be performed.")
    reply = demo.delete(path + '/' + one['id'], version=at(3))
    tap.expect((reply.status, reply.text), (204, ''))
    refused(demo.get(path + '/' + one['id'], version=at(3)), 404, gone)
    refused(demo.get(path + '/x', version=at(3)), 404, 'Message x could not be found.')
    refused(demo.get(path + '?marker=' + one['id'], version=at(5)), 404, gone)


def end():
    cleatd.__exit__()


tap.run('volume lists', [
    unknown_filters, filters_of_their_versions, times_are_compared, counts_are_of_all,
    an_offset_is_for_the_first_page, admins_see_all_projects, volumes_are_summed_up,
    failures_leave_a_message,
], cleanup=end)
