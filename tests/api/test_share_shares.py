#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Shares over HTTP: what they show at which version, lists, and the words of each refusal."""
import os
import re
import sys
import uuid

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import wait_for  # noqa: E402
from sharelib import (  # noqa: E402
    DATE, NEWEST, NOBODY, UUID, admin, alt, at, cleatd, demo, gone, make, reader, refused)

# Which members of a share there are since when; the last number is the last version of one.
MEMBERS = {
    'id': (0, 99), 'name': (0, 99), 'description': (0, 99), 'size': (0, 99), 'status': (0, 99),
    'created_at': (0, 99), 'project_id': (0, 99), 'availability_zone': (0, 99),
    'share_proto': (0, 99), 'share_type': (0, 99), 'volume_type': (0, 99), 'snapshot_id': (0, 99),
    'share_network_id': (0, 99), 'metadata': (0, 99), 'is_public': (0, 99), 'links': (0, 99),
    'export_location': (0, 8), 'export_locations': (0, 8), 'snapshot_support': (2, 99),
    'task_state': (5, 99), 'share_type_name': (6, 99), 'access_rules_status': (10, 99),
    'replication_type': (11, 99), 'has_replicas': (11, 99), 'user_id': (16, 99),
    'create_share_from_snapshot_support': (24, 99), 'revert_to_snapshot_support': (27, 99),
    'share_group_id': (31, 99), 'source_share_group_snapshot_member_id': (31, 99),
    'mount_snapshot_support': (32, 99), 'progress': (54, 99), 'is_soft_deleted': (69, 99),
    'scheduled_to_be_deleted_at': (69, 99), 'source_backup_id': (80, 99)}
OF_ADMINS = {'host', 'share_server_id'}
WORDS = ("acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', "
         "'yes'")


def names(path, user=demo, version=NEWEST):
    reply = at(version, user, path=path)
    tap.expect(reply.status, 200, 'status of %r' % reply)
    return [share['name'] for share in reply.body['shares']]


def members_come_and_go_with_the_version():
    share = make(name='members')['id']
    for minor in range(0, int(NEWEST.split('.')[1]) + 1):
        version = '2.%d' % minor
        wanted = {name for name, (since, until) in MEMBERS.items() if since <= minor <= until}
        for user, more in ((demo, set()), (admin, OF_ADMINS)):
            shown = at(version, user, path='/shares/' + share).body['share']
            tap.expect(set(shown) ^ (wanted | more), set(), 'members at ' + version)
        listed, = [s for s in at(version, path='/shares/detail').body['shares']
                   if s['id'] == share]
        tap.expect(set(listed), wanted, 'members of a list at ' + version)
    short, = [s for s in at(NEWEST, path='/shares').body['shares'] if s['id'] == share]
    tap.expect(set(short), {'id', 'name', 'links'})


def what_a_share_says():
    reply = demo.post('/share/v2/shares', {'share': {
        'share_proto': 'nfs', 'size': '1', 'name': 'one', 'description': 'text',
        'metadata': {'a': 'b'}, 'share_type': None, 'snapshot_id': None, 'share_network_id': None,
        'is_public': False}}, headers={'X-OpenStack-Manila-API-Version': NEWEST})
    tap.expect(reply.status, 200, 'status of %r' % reply)
    made = reply.body['share']
    tap.expect((made['status'], made['share_proto'], made['size'], made['metadata'], made['name'],
                made['progress']), ('creating', 'NFS', 1, {'a': 'b'}, 'one', '0%'))
    assert UUID.match(made['id']) and DATE.match(made['created_at']), made
    shown = wait_for(lambda: at(NEWEST, path='/shares/' + made['id']).body['share'], 'it')
    shown = make(shown['id'])
    tap.expect((shown['status'], shown['progress'], shown['access_rules_status'],
                shown['has_replicas'], shown['is_soft_deleted'], shown['volume_type'],
                shown['share_type_name'], shown['project_id'], shown['user_id']),
               ('available', '100%', 'active', False, False, 'default', 'default',
                demo.project_id, demo.user_id))
    assert UUID.match(shown['share_type'])
    old = at(None, path='/shares/' + made['id']).body['share']
    tap.expect((old['share_type'], old['volume_type']), ('default', 'default'), 'at 2.0')
    tap.expect(old['export_location'], old['export_locations'][0])
    tap.expect(at(NEWEST, admin, path='/shares/' + made['id']).body['share']['host'].count('@'), 1)
    base = 'http://%s:%d/share' % (cleatd.host, cleatd.port)
    tap.expect([link['href'] for link in shown['links']],
               [base + '/v2/shares/' + made['id'], base + '/shares/' + made['id']])
    old_form = at('2.0', path='/%s/shares/%s' % (demo.project_id, made['id'])).body['share']
    assert old_form['links'][0]['href'].startswith(base + '/v2/' + demo.project_id), old_form


def what_cannot_be_made():
    def wish(**change):
        body = dict({'share_proto': 'NFS', 'size': 1}, **change)
        return {'share': {name: value for name, value in body.items() if value != 'absent'}}

    def create(body, user=demo, version=NEWEST):
        return at(version, user, 'POST', '/shares', body=body)

    size = "Invalid input received: Share size '%s' must be an integer and greater than 0."
    for value, text in ((0, '0'), (-1, '-1'), ('x', 'x'), (1.5, '1.5'), ('', ''),
                        ('absent', 'None'), (None, 'null')):
        refused(create(wish(size=value)), 400, size % text)
    for body in ({}, {'volume': {}}, {'share': None}, {'share': []}):
        refused(create(body), 422, 'Unable to process the contained instructions', 'computeFault')
    refused(at(NEWEST, method='POST', path='/shares', body='{'), 400, 'Malformed request body')
    tap.expect(create(wish(share_proto='absent')).status, 400, 'without a protocol')
    assert 'Invalid share protocol provided: CIFS. It is either disabled or unsupported.' in \
        create(wish(share_proto='cifs')).message()
    refused(create(wish(share_type='a', volume_type='b')), 400,
            'Cannot specify both share_type and volume_type')
    refused(create(wish(share_type='none')), 404, 'Share type not found.')
    refused(create(wish(is_public='maybe')), 400, "Unrecognized value 'maybe', " + WORDS)
    refused(create(wish(is_public=True)), 403,
            "User is not authorized to set 'is_public' to True in the request.")
    refused(create(wish(share_network_id=NOBODY)), 404,
            'Share network %s could not be found.' % NOBODY)
    refused(create(wish(share_group_id=NOBODY)), 404,
            'Share group %s could not be found.' % NOBODY)
    assert 'nowhere' in create(wish(availability_zone='nowhere')).message()
    tap.expect(create(wish(availability_zone='nowhere'), version='2.0').status, 200, 'at 2.0')
    refused(create(wish(metadata={'': 'b'})), 400, 'Metadata property key is blank.')
    refused(create(wish(metadata={'x' * 256: 'b'})), 400,
            'Metadata property key is greater than 255 characters.')
    refused(create(wish(metadata={'a': ''})), 400, 'Metadata property value is blank.')
    refused(create(wish(metadata={'a': 'x' * 1024})), 400,
            'Metadata property value is greater than 1023 characters.')
    refused(create(wish(), reader), 403, 'Access was denied to this resource.')
    refused(create(wish(size=1001)), 413, 'ShareSizeExceedsAvailableQuota: Requested share exceeds '
            'allowed project/user or share type gigabytes quota.')


def quotas_of_shares():
    path = '/share/v2/quota-sets/' + alt.project_id if alt.token else None

    def limit(**limits):
        reply = admin.put(path, {'quota_set': limits},
                          headers={'X-OpenStack-Manila-API-Version': NEWEST})
        tap.expect(reply.status, 200, 'status of %r' % reply)
    first = make(user=alt)
    limit(shares=1)
    create = {'share': {'share_proto': 'NFS', 'size': 2}}
    refused(at(NEWEST, alt, 'POST', '/shares', body=create), 413,
            'ShareLimitExceeded: Maximum number of shares allowed (1) either per project/user or '
            'share type quota is exceeded.')
    limit(shares=5, per_share_gigabytes=1)
    refused(at(NEWEST, alt, 'POST', '/shares', body=create), 413, 'ShareSizeExceedsLimit: '
            'Requested share size 2 is larger than maximum allowed limit 1.')
    limit(per_share_gigabytes=-1, gigabytes=2)
    extend = at(NEWEST, alt, 'POST', '/shares/%s/action' % first['id'],
                body={'extend': {'new_size': 3}})
    refused(extend, 403, 'Requested share exceeds allowed project/user or share type gigabytes '
            'quota.')


def a_share_of_others_is_not_there():
    share = make(name='mine')['id']
    path = '/shares/' + share
    missing = 'Share %s could not be found.' % share
    for method, body in (('GET', None), ('PUT', {'share': {'display_name': 'x'}}),
                         ('DELETE', None)):
        refused(at(NEWEST, alt, method, path, body=body), 404, missing)
    refused(at(NEWEST, alt, 'POST', path + '/action', body={'extend': {'new_size': 2}}), 404,
            missing)
    for tail in ('/metadata', '/export_locations'):
        refused(at(NEWEST, alt, path=path + tail), 404, missing)
    tap.expect(at(NEWEST, admin, path=path).status, 200, 'for an admin')
    refused(at(NEWEST, path='/shares/nonsense'), 404, 'Share nonsense could not be found.')
    tap.expect(at(NEWEST, reader, 'DELETE', path).status, 403, 'for a reader')


def public_shares_are_seen_and_not_changed():
    share = make(name='everybody')['id']
    path = '/shares/' + share
    refused(at(NEWEST, method='PUT', path=path, body={'share': {'is_public': True}}), 403,
            "User is not authorized to set 'is_public' to True in the request.")
    shown = at(NEWEST, admin, 'PUT', path, body={'share': {'is_public': 'yes'}}).body['share']
    tap.expect((shown['is_public'], shown['name']), (True, 'everybody'))
    tap.expect(at(NEWEST, alt, path=path).body['share']['name'], 'everybody')
    for method, body in (('PUT', {'share': {'display_name': 'x'}}), ('DELETE', None)):
        refused(at(NEWEST, alt, method, path, body=body), 403,
                'Access was denied to this resource.')
    assert 'everybody' not in names('/shares', alt)
    assert 'everybody' in names('/shares?is_public=1', alt)
    assert 'mine' not in names('/shares?is_public=True', alt)


def names_and_descriptions_change():
    path = '/shares/' + make(name='a')['id']
    shown = at(NEWEST, method='PUT', path=path, body={'share': {
        'display_name': 'b', 'display_description': None, 'size': 7, 'name': 'c'}}).body['share']
    tap.expect((shown['name'], shown['description'], shown['size']), ('b', None, 1))
    refused(at(NEWEST, method='PUT', path=path, body={}), 422,
            'Unable to process the contained instructions', 'computeFault')


def metadata_key_by_key():
    path = '/shares/%s/metadata' % make(metadata={'a': 'b'})['id']
    tap.expect(at(NEWEST, path=path).body, {'metadata': {'a': 'b'}})
    tap.expect(at(NEWEST, method='POST', path=path, body={'metadata': {'c': 'd'}}).body,
               {'metadata': {'a': 'b', 'c': 'd'}})
    tap.expect(at(NEWEST, path=path + '/c').body, {'meta': {'c': 'd'}})
    tap.expect(at(NEWEST, method='PUT', path=path, body={'metadata': {'e': 'f'}}).body,
               {'metadata': {'e': 'f'}})
    refused(at(NEWEST, path=path + '/a'), 404, 'Metadata item is not found.')
    refused(at(NEWEST, method='DELETE', path=path + '/a'), 404, 'Metadata item is not found.')
    reply = at(NEWEST, method='DELETE', path=path + '/e')
    tap.expect((reply.status, reply.text), (200, ''))
    refused(at(NEWEST, method='POST', path=path, body={'metadata': {'a': ''}}), 400,
            'Metadata property value is blank.')
    tap.expect(at(NEWEST, method='POST', path=path, body={'metadata': {'a': 1}}).status, 400)
    tap.expect(at(NEWEST, path=path).body, {'metadata': {}})
    for body in ({'meta': {'k': '1'}}, {'metadata': {'k': '2'}},
                 {'meta': {'k': '3'}, 'metadata': {'k': '3'}}):
        reply = at('2.0', method='POST', path=path + '/k', body=body)
        tap.expect((reply.status, reply.body), (200, {'meta': list(body.values())[0]}))
    tap.expect(at(NEWEST, path=path).body, {'metadata': {'k': '3'}})
    for body in ({'meta': {'other': '1'}}, {'meta': {'k': '1', 'l': '2'}}, {}):
        refused(at(NEWEST, method='POST', path=path + '/k', body=body), 400,
                'Request body and URI mismatch')
    refused(at(NEWEST, method='POST', path=path + '/k', body={'meta': {'k': ''}}), 400,
            'Metadata property value is blank.')
    refused(at(NEWEST, reader, 'POST', path + '/k', body={'meta': {'k': '1'}}), 403,
            'Access was denied to this resource.')


def lists_are_filtered():
    first, second = (make(name=name, description=text, metadata={'case': case}, size=size)
                     for name, text, case, size in (('filter-a', 'alpha [1]', "it's", 1),
                                                    ('filter-b', 'beta', 'b', 2)))

    def found(query, user=demo, version=NEWEST):
        return [name for name in names('/shares?' + query, user, version)
                if (name or '').startswith('filter')]
    for query, wanted in (
            ('name=filter-a', ['filter-a']), ('name=filter', []), ('name~=lter-', ['b', 'a']),
            ('description=beta', ['b']), ('description~=[1]', ['a']),
            ('description~=.', []), ('status=available&name~=filter', ['b', 'a']),
            ('status=error', []), ('share_network_id=x', []), ('snapshot_id=' + NOBODY, []),
            ('share_type_id=' + first['share_type'] + '&name=filter-a', ['a']),
            ('share_type_id=' + NOBODY, []),
            ("metadata={'case': 'b'}".replace(' ', '%20'), ['b']),
            ('metadata=%7B%22case%22:%22it%27s%22%7D', ['a']),
            ('project_id=' + NOBODY, []), ('nonsense=1&name=filter-a', ['a']),
            ('host=x&name=filter-a', ['a']), ('all_tenants=1&name=filter-b', ['b']),
            ('name~=filter&sort_key=size&sort_dir=asc', ['a', 'b']),
            ('name~=filter&sort_key=name&sort_dir=desc', ['b', 'a']),
            ('name~=filter&limit=1', ['b']), ('name~=filter&limit=1&offset=1', ['a']),
            ('name~=filter&limit=1&marker=' + second['id'], ['a'])):
        tap.expect(found(query), [n if n.startswith('filter') else 'filter-' + n for n in wanted],
                   query)
    tap.expect(found('name~=filter-a', version='2.35'), ['filter-b', 'filter-a'], 'before 2.36')
    tap.expect(found('host=x&name=filter-a', admin), [], 'host is for admins')
    tap.expect(found('name=filter-a', admin), [], 'an admin sees his project first')
    tap.expect(found('name=filter-a&all_tenants=1', admin), ['filter-a'])
    tap.expect(found("name=filter-a&all_tenants=1&extra_specs={'snapshot_support':'no'}", admin),
               [])
    place = at(NEWEST, path='/shares/%s/export_locations' % first['id']).body[
        'export_locations'][0]
    tap.expect(found('export_location_id=' + place['id']), ['filter-a'])
    tap.expect(found('export_location_path=' + place['path'].replace('/', '%2F')), ['filter-a'])
    tap.expect(found('export_location_path=nowhere'), [])


def lists_have_pages():
    for query, message in (
            ('limit=x', 'limit param must be an integer'),
            ('limit=-1', 'limit param must be positive'),
            ('offset=-1', 'offset param must be positive'),
            ('sort_key=nonsense',
             "Invalid input received: Wrong sorting key provided - 'nonsense'.")):
        refused(at(NEWEST, path='/shares?' + query), 400, message)
    tap.expect(at(NEWEST, path='/shares?marker=' + NOBODY).status, 400, 'no such marker')
    tap.expect(at(NEWEST, path='/shares?metadata=x').status, 400, 'no map')
    every = at(NEWEST, path='/shares/detail').body
    tap.expect(sorted(every), ['shares'], 'no link where no page was asked for')
    seen, path = [], '/shares/detail?limit=2&with_count=true'
    while path:
        body = at(NEWEST, path=path).body
        tap.expect(body['count'], len(every['shares']), 'count')
        seen += body['shares']
        link = body.get('shares_links')
        path = link and link[0]['href'].split('/share/v2')[1]
    tap.expect([s['id'] for s in seen], [s['id'] for s in every['shares']], 'page by page')
    assert 'count' not in at('2.41', path='/shares?with_count=true').body


def export_locations():
    share = make()
    path = '/shares/%s/export_locations' % share['id']
    place, = at(NEWEST, path=path).body['export_locations']
    tap.expect(sorted(place), ['id', 'metadata', 'path', 'preferred'])
    assert ':' in place['path'] or place['path'].startswith('/'), place
    shown = at(NEWEST, path=path + '/' + place['id']).body['export_location']
    tap.expect(sorted(shown), ['created_at', 'id', 'metadata', 'path', 'preferred', 'updated_at'])
    for_admins = at(NEWEST, admin, path=path).body['export_locations'][0]
    tap.expect(set(for_admins) - set(place), {'share_instance_id', 'is_admin_only'})
    tap.expect(sorted(at('2.13', path=path).body['export_locations'][0]), ['id', 'path'])
    tap.expect(sorted(at('2.14', path=path).body['export_locations'][0]),
               ['id', 'path', 'preferred'])
    tap.expect(at('2.8', path=path).status, 404)
    other = make()
    for wrong in (path + '/' + NOBODY, '/shares/%s/export_locations/%s' % (
            other['id'], place['id'])):
        tap.expect(at(NEWEST, path=wrong).status, 404, wrong)
    note = path + '/' + place['id'] + '/metadata'
    refused(at(NEWEST, path=note), 403, 'Access was denied to this resource.')
    tap.expect(at(NEWEST, admin, 'POST', note, body={'metadata': {'a': 'b'}}).body,
               {'metadata': {'a': 'b'}})
    tap.expect(at(NEWEST, admin, 'PUT', note, body={'metadata': {'c': 'd'}}).body,
               {'metadata': {'c': 'd'}})
    tap.expect(at(NEWEST, admin, path=note + '/c').body, {'meta': {'c': 'd'}})
    tap.expect(at(NEWEST, path=path).body['export_locations'][0]['metadata'], {'c': 'd'})
    tap.expect(at(NEWEST, admin, 'DELETE', note + '/c').status, 200)
    refused(at(NEWEST, admin, 'DELETE', note + '/c'), 404, 'Metadata item is not found.')
    tap.expect(at('2.86', admin, path=note).status, 404)


def action(share, body, version=NEWEST, user=demo):
    return at(version, user, 'POST', '/shares/%s/action' % share, body=body)


def sizes_change():
    share = make()['id']
    refused(action(share, {'extend': {'new_size': 1}}), 400,
            'Invalid input received: New size for extend must be greater than current size. '
            '(current: 1, extended: 1).')
    tap.expect(action(share, {'extend': {'new_size': 3, 'force': True}}).status, 403)
    tap.expect(action(share, {'extend': {'new_size': 'x'}}).status, 400)
    tap.expect(action(share, {'extend': {}}).status, 400)
    reply = action(share, {'extend': {'new_size': 3}})
    tap.expect((reply.status, reply.text), (202, ''))
    tap.expect(make(share)['size'], 3)
    for size in (3, 4, 0):
        refused(action(share, {'shrink': {'new_size': size}}), 400,
                'Invalid input received: New size for shrink must be less than current size and '
                'greater than 0 (current: 3, new: %d)' % size)
    tap.expect(action(share, {'shrink': {'new_size': 2}}).status, 202)
    tap.expect(make(share)['size'], 2)
    tap.expect(action(share, {'os-extend': {'new_size': 3}}, '2.6').status, 202, 'the older name')
    tap.expect(make(share)['size'], 3)


def names_of_actions_change_with_the_version():
    share = make()['id']
    for body, version in (({'extend': {'new_size': 2}}, '2.6'),
                          ({'os-extend': {'new_size': 2}}, '2.7'), ({'revert': {}}, '2.26'),
                          ({'soft_delete': None}, '2.68')):
        refused(action(share, body, version), 404, 'The resource could not be found.')
    refused(action(share, {'odd': {}}), 400, 'There is no such action: odd')
    for body in ({}, {'extend': {}, 'shrink': {}}):
        refused(action(share, body), 400, 'Malformed request body')


def shares_do_not_migrate():
    share = make()['id']
    for verb in ('start', 'complete', 'cancel', 'get_progress'):
        refused(action(share, {'migration_' + verb: {}}, user=admin), 404,
                'The resource could not be found.')
    reply = action(share, {'reset_task_state': {'task_state': None}}, user=admin)
    tap.expect((reply.status, reply.text), (202, ''))
    refused(action(share, {'reset_task_state': {'task_state': 'migrating'}}, user=admin), 400,
            "Invalid input for field/attribute task_state. Value: migrating. 'migrating' is not "
            "one of [None]")
    tap.expect(action(share, {'reset_task_state': {}}, user=admin).status, 400)
    tap.expect(action(NOBODY, {'reset_task_state': {'task_state': None}}, user=admin).status, 404)
    tap.expect(action(share, {'reset_task_state': {'task_state': None}}, '2.21', admin).status, 404)


# Which members of an instance there are since when.
INSTANCE = {
    'id': 3, 'share_id': 3, 'availability_zone': 3, 'created_at': 3, 'host': 3, 'status': 3,
    'share_network_id': 3, 'share_server_id': 3, 'access_rules_status': 10, 'replica_state': 11,
    'share_type_id': 22, 'cast_rules_to_readonly': 30, 'progress': 54, 'updated_at': 71}


def a_share_is_its_one_instance():
    share = make()
    path = '/share_instances/' + share['id']
    for minor in (3, 8, 9, 10, 11, 21, 22, 29, 30, 53, 54, 70, 71, 88):
        version = '2.%d' % minor
        shown = at(version, admin, path=path).body['share_instance']
        wanted = {name for name, since in INSTANCE.items() if since <= minor}
        if minor < 9:
            wanted |= {'export_location', 'export_locations'}
        tap.expect(set(shown) ^ wanted, set(), 'members at ' + version)
    tap.expect((shown['id'], shown['share_id'], shown['status'], shown['share_type_id']),
               (share['id'], share['id'], 'available', share['share_type']))
    tap.expect(at(NEWEST, admin, path='/shares/%s/instances' % share['id']).body,
               {'share_instances': [shown]})
    assert shown in at(NEWEST, admin, path='/share_instances').body['share_instances']
    tap.expect(len(at(NEWEST, admin, path='/share_instances?limit=1').body['share_instances']), 1)
    place, = at(NEWEST, admin, path=path + '/export_locations').body['export_locations']
    tap.expect(place['share_instance_id'], share['id'])
    tap.expect(at(NEWEST, admin, path='/share_instances?export_location_id=' + place['id']).body,
               {'share_instances': [shown]})
    tap.expect(at(NEWEST, admin, path='%s/export_locations/%s' % (path, place['id'])).status, 200)
    tap.expect(at(NEWEST, admin, 'POST', path + '/action',
                  body={'reset_status': {'status': 'error'}}).status, 202)
    tap.expect(at(NEWEST, path='/shares/' + share['id']).body['share']['status'], 'error')
    tap.expect(at('2.6', admin, 'POST', path + '/action',
                  body={'os-reset_status': {'os-status': 'available'}}).status, 202)
    for user, status in ((demo, 403), (admin, 202)):
        tap.expect(at(NEWEST, user, 'POST', path + '/action',
                      body={'force_delete': None}).status, status)
    gone('/shares/' + share['id'])
    for wrong in ('/share_instances/' + NOBODY, '/shares/%s/instances' % NOBODY):
        tap.expect(at(NEWEST, admin, path=wrong).status, 404, wrong)
    for there in ('/share_instances', path, '/shares/%s/instances' % NOBODY):
        refused(at(NEWEST, path=there), 403, 'Access was denied to this resource.')
        tap.expect(at('2.2', admin, path=there).status, 404, there)


def an_admin_resets():
    share = make()['id']
    tap.expect(action(share, {'reset_status': {'status': 'error'}}).status, 403)
    tap.expect(action(share, {'reset_status': {'status': 'error'}}, user=admin).status, 202)
    tap.expect(at(NEWEST, path='/shares/' + share).body['share']['status'], 'error')
    text = action(share, {'reset_status': {'status': 'odd'}}, user=admin).message()
    assert text.startswith('Invalid input for field/attribute status. Value: odd. '), text
    refused(action(share, {'extend': {'new_size': 2}}), 400, "Invalid share: Share %s status must "
            "be 'available' to extend, but current status is: error." % share)
    tap.expect(action(share, {'os-reset_status': {'os-status': 'extending'}}, '2.6',
                      admin).status, 202)
    reply = at(NEWEST, method='DELETE', path='/shares/' + share)
    tap.expect(reply.status, 403)
    assert re.match(r'Invalid share: Share status must be one of \(', reply.message()), reply
    tap.expect(action(share, {'force_delete': None}).status, 403)
    tap.expect(action(share, {'force_delete': None}, user=admin).status, 202)
    gone('/shares/' + share)


def put_away_and_taken_back():
    share = make(name='away')['id']
    path = '/shares/' + share
    tap.expect(action(share, {'restore': None}).status, 200, 'what was not put away')
    tap.expect(action(share, {'soft_delete': None}).status, 202)
    shown = at(NEWEST, path=path).body['share']
    tap.expect((shown['is_soft_deleted'], shown['status']), (True, 'available'))
    assert DATE.match(shown['scheduled_to_be_deleted_at']), shown
    assert 'away' not in names('/shares')
    tap.expect(names('/shares?is_soft_deleted=true'), ['away'])
    refused(action(share, {'extend': {'new_size': 2}}), 403,
            "Cannot extend share '%s' since it has been soft deleted." % share)
    tap.expect(action(share, {'restore': None}).status, 202)
    tap.expect(at(NEWEST, path=path).body['share']['scheduled_to_be_deleted_at'], None)
    assert 'away' in names('/shares')


def deleted_shares_are_gone():
    share = make()['id']
    reply = at(None, method='DELETE', path='/shares/' + share)
    tap.expect((reply.status, reply.text), (202, ''))
    gone('/shares/' + share)
    refused(at(NEWEST, method='DELETE', path='/shares/' + share), 404,
            'Share %s could not be found.' % share)
    refused(at(NEWEST, method='DELETE', path='/shares/' + str(uuid.UUID(int=0))), 404,
            'Share %s could not be found.' % uuid.UUID(int=0))


tap.run('shares', [
    members_come_and_go_with_the_version, what_a_share_says, what_cannot_be_made, quotas_of_shares,
    a_share_of_others_is_not_there, public_shares_are_seen_and_not_changed,
    names_and_descriptions_change, metadata_key_by_key, lists_are_filtered, lists_have_pages,
    export_locations, sizes_change, names_of_actions_change_with_the_version, shares_do_not_migrate,
    a_share_is_its_one_instance, an_admin_resets,
    put_away_and_taken_back, deleted_shares_are_gone], cleanup=cleatd.stop)
