#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The shared file systems API over HTTP: discovery, versions, the form of errors, small lists."""
import os
import re
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from sharelib import (  # noqa: E402
    EXPERIMENT, HEADER, NEWEST, UUID, V2, admin, alt, at, cleatd, demo, reader, refused)


def one_version_is_discovered():
    for path, status in (('/share', 300), ('/share/', 300), (V2, 200), (V2 + '/', 200)):
        reply = cleatd.request('GET', path)
        tap.expect(reply.status, status, path)
        version, = reply.body['versions']
        tap.expect(sorted(version), ['id', 'links', 'media-types', 'min_version', 'status',
                                     'updated', 'version'])
        tap.expect((version['id'], version['status'], version['min_version'], version['version'],
                    version['updated']), ('v2.0', 'CURRENT', '2.0', NEWEST, '2015-08-27T11:33:21Z'))
        own = [link['href'] for link in version['links'] if link['rel'] == 'self']
        tap.expect(own, ['http://%s:%d/share/v2/' % (cleatd.host, cleatd.port)])
        tap.expect(demo.get(path).body, reply.body, 'with a token')


def the_catalog_has_both_names():
    reply = cleatd.request('POST', '/identity/v3/auth/tokens', demo.login())
    found = {entry['type']: {e['url'] for e in entry['endpoints']}
             for entry in reply.body['token']['catalog']}
    for name in ('sharev2', 'shared-file-system'):
        tap.expect(found[name], {'http://%s:%d/share/v2' % (cleatd.host, cleatd.port)}, name)


def the_own_header_decides():
    for own, both, used in ((None, None, '2.0'), ('2.7', None, '2.7'), (None, '2.45', '2.45'),
                            ('2.82', '2.82', '2.82'), ('2.45', '2.82', '2.45'),
                            (NEWEST, None, NEWEST)):
        path = '/availability-zones' if used != '2.0' else '/os-availability-zone'
        reply = at(own, both=both, path=path)
        tap.expect(reply.status, 200, (own, both))
        tap.expect(reply.headers[HEADER.lower()], used, (own, both))
        tap.expect(reply.headers['openstack-api-version'], 'shared-file-system ' + used)
        assert HEADER in reply.all('vary'), reply.all('vary')
        assert re.match('^req-', reply.headers['x-openstack-request-id'])
        tap.expect(reply.headers['x-compute-request-id'], reply.headers['x-openstack-request-id'])


def versions_that_are_none():
    for text in ('latest', '2', 'abc', '2.07', '02.7', '-2.7', '2.7.1'):
        refused(at(text), 400, 'API Version String %s is of invalid format. Must be of format '
                'MajorNum.MinorNum.' % text)
    for text in ('1.0', '3.0', '2.89', '2.99999999999'):
        refused(at(text), 406, 'Version %s is not supported by the API. Minimum is 2.0 and maximum '
                'is %s.' % (text, NEWEST), 'computeFault')


def names_change_with_the_version():
    for old, new in (('/os-availability-zone', '/availability-zones'),):
        for path, version, status in ((old, '2.6', 200), (old, '2.7', 404), (new, '2.6', 404),
                                      (new, '2.7', 200), (old, None, 200)):
            tap.expect(at(version, path=path).status, status, (path, version))
    refused(at('2.6'), 404, 'The resource could not be found.')


def paths_may_name_the_project():
    assert demo.token
    for user, project, status in ((demo, demo.project_id, 200), (demo, 'f00', 400)):
        reply = at('2.7', user, path='/%s/availability-zones' % project)
        tap.expect(reply.status, status, project)
    refused(at('2.7', path='/f00/availability-zones'), 400, 'Malformed request url')


def who_is_nobody_is_told_where_to_go():
    reply = cleatd.request('GET', V2 + '/availability-zones', headers={HEADER: '2.7'})
    tap.expect(reply.status, 401)
    tap.expect(reply.body['error']['title'], 'Unauthorized')
    assert reply.headers['www-authenticate'].startswith('Keystone uri='), reply.headers


def what_is_not_there():
    for path in ('/nonsense', '/share-networks/x', '/share-backups/x'):
        refused(at(NEWEST, path=path), 404, 'The resource could not be found.')
    refused(at(NEWEST, path='/share-servers'), 403, 'Access was denied to this resource.')


def there_is_one_zone():
    zone, = at('2.7').body['availability_zones']
    tap.expect(sorted(zone), ['created_at', 'id', 'name', 'updated_at'])
    assert UUID.match(zone['id']), zone
    tap.expect(zone['name'], 'nova')
    tap.expect(at('2.88').body['availability_zones'][0], zone, 'the same at every time')


def quota_sets():
    assert demo.token and alt.token
    path, old = ('/%squota-sets/%s' % (prefix, alt.project_id) for prefix in ('', 'os-'))
    members = {'shares': 50, 'gigabytes': 1000, 'snapshots': 50, 'snapshot_gigabytes': 1000,
               'share_networks': 10}
    tap.expect(at('2.0', alt, path=old).body['quota_set'], dict(members, id=alt.project_id))
    members.update(share_groups=50, share_group_snapshots=50)
    tap.expect(at('2.40', alt, path=path).body['quota_set'], dict(members, id=alt.project_id))
    members.update(share_replicas=100, replica_gigabytes=1000, per_share_gigabytes=-1, backups=10,
                   backup_gigabytes=1000)
    tap.expect(at(NEWEST, alt, path=path).body['quota_set'], dict(members, id=alt.project_id))
    tap.expect(at(NEWEST, alt, path=path + '/defaults').body['quota_set'],
               dict(members, id=alt.project_id))
    detail = at(NEWEST, alt, path=path + '/detail').body['quota_set']
    tap.expect(detail.pop('id'), alt.project_id)
    tap.expect({name: row['limit'] for name, row in detail.items()}, members)
    tap.expect(detail['shares'], {'limit': 50, 'in_use': 0, 'reserved': 0})
    tap.expect(at('2.24', alt, path=path + '/detail').status, 404)
    for method, body in (('PUT', {'quota_set': {'shares': 1}}), ('DELETE', None)):
        refused(at(NEWEST, alt, method, path, body=body), 403,
                'Access was denied to this resource.')
    refused(at(NEWEST, demo, path=path), 403, 'Access was denied to this resource.')
    changed = at(NEWEST, admin, 'PUT', path, body={'quota_set': {
        'shares': '7', 'gigabytes': -1, 'tenant_id': alt.project_id, 'snapshots': None}})
    tap.expect(changed.body, {'quota_set': dict(members, shares=7, gigabytes=-1)})
    for wish, message in (({'shares': -2}, 'Quota limit must be -1 or greater.'),
                          ({'share': 1, 'odd': 2}, 'Bad key(s) in quota_set: share, odd')):
        refused(at(NEWEST, admin, 'PUT', path, body={'quota_set': wish}), 400, message)
    for wish in ({'shares': 'x'}, {'shares': 1.5}, {'shares': []}):
        tap.expect(at(NEWEST, admin, 'PUT', path, body={'quota_set': wish}).status, 400, wish)
    for body in ({}, {'quota_set': []}):
        tap.expect(at(NEWEST, admin, 'PUT', path, body=body).status, 400, body)
    tap.expect(at(NEWEST, admin, 'PUT', path + '?user_id=x',
                  body={'quota_set': {'shares': 1}}).status, 400)
    tap.expect(at(NEWEST, admin, 'DELETE', path).status, 202)
    tap.expect(at(NEWEST, alt, path=path).body['quota_set'], dict(members, id=alt.project_id))


def quota_classes():
    path = '/quota-class-sets/default'
    before = at(NEWEST, admin, path=path).body['quota_class_set']
    tap.expect(before.pop('id'), 'default')
    change = {'quota_class_set': {'shares': 60, 'class_name': 'default'}}
    refused(at(NEWEST, demo, 'PUT', path, body=change), 403, 'Access was denied to this resource.')
    tap.expect(at(NEWEST, admin, 'PUT', path, body=change).body,
               {'quota_class_set': dict(before, shares=60)})
    tap.expect(at(NEWEST, path='/limits').body['limits']['absolute']['maxTotalShares'], 60)
    change['quota_class_set']['shares'] = 50
    tap.expect(at(NEWEST, admin, 'PUT', path, body=change).body, {'quota_class_set': before})


def limits():
    wanted = {'maxTotalShares', 'maxTotalShareGigabytes', 'maxTotalShareSnapshots',
              'maxTotalSnapshotGigabytes', 'maxTotalShareNetworks', 'totalSharesUsed',
              'totalShareGigabytesUsed', 'totalShareSnapshotsUsed', 'totalSnapshotGigabytesUsed',
              'totalShareNetworksUsed'}
    for version, more in (
            ('2.52', ()), ('2.53', ('maxTotalShareReplicas', 'maxTotalReplicaGigabytes',
                                    'totalShareReplicasUsed', 'totalReplicaGigabytesUsed')),
            ('2.58', ('maxTotalShareGroups', 'maxTotalShareGroupSnapshots',
                      'totalShareGroupsUsed', 'totalShareGroupSnapshotsUsed')),
            ('2.80', ('maxTotalShareBackups', 'maxTotalBackupGigabytes', 'totalShareBackupsUsed',
                      'totalBackupGigabytesUsed'))):
        wanted |= set(more)
        body = at(version, path='/limits').body['limits']
        tap.expect((set(body['absolute']), body['rate']), (wanted, []), version)


def services_and_pools():
    for path, version in (('/os-services', '2.6'), ('/services', '2.7')):
        refused(at(version, path=path), 403, 'Access was denied to this resource.')
        found = {s['binary']: s for s in at(version, admin, path=path).body['services']}
        tap.expect(sorted(found), ['manila-scheduler', 'manila-share'])
        share = found['manila-share']
        tap.expect((share['status'], share['state'], share['zone']), ('enabled', 'up', 'nova'))
    tap.expect(len(at('2.7', admin, path='/services?binary=manila-share').body['services']), 1)
    assert 'disabled_reason' in at('2.83', admin, path='/services').body['services'][0]
    pool, = at(NEWEST, admin, path='/scheduler-stats/pools').body['pools']
    tap.expect(sorted(pool), ['backend', 'host', 'name', 'pool'])
    tap.expect(pool['name'], '%s@%s#%s' % (pool['host'], pool['backend'], pool['pool']))
    tap.expect(share['host'], '%s@%s' % (pool['host'], pool['backend']))
    full, = at(NEWEST, admin, path='/scheduler-stats/pools/detail').body['pools']
    room = full['capabilities']
    assert 0 < room['free_capacity_gb'] <= room['total_capacity_gb'], room
    tap.expect((room['share_backend_name'], room['driver_handles_share_servers']),
               (pool['backend'], False))
    for query, count in (('backend=none', 0), ('backend=.*&host=.*&pool=.*', 1), ('host=(', 0),
                         ('backend=' + pool['backend'][:3], 1), ('host=x.*', 0)):
        found = at(NEWEST, admin, path='/scheduler-stats/pools?' + query).body['pools']
        tap.expect(len(found), count, query)


def lists_of_what_there_is_none_of():
    for path, key, since in (
            ('/share-networks', 'share_networks', 0),
            ('/security-services', 'security_services', 0),
            ('/share-servers', 'share_servers', 0), ('/share-replicas', 'share_replicas', 11),
            ('/share-groups', 'share_groups', 31), ('/share-group-types', 'share_group_types', 31),
            ('/share-group-snapshots', 'share_group_snapshots', 31),
            ('/share-transfers', 'transfers', 77), ('/share-backups', 'share_backups', 80)):
        for form in (path, path + '/detail'):
            if form in ('/share-servers/detail', '/share-group-types/detail'):
                continue
            reply = at('2.%d' % since, admin, path=form, experimental='True')
            tap.expect((reply.status, reply.body), (200, {key: []}), form)
            if since:
                tap.expect(at('2.%d' % (since - 1), admin, path=form).status, 404, form)


def experiments_are_for_who_says_so():
    for path, last in (('/share-groups', 54), ('/share-replicas', 55)):
        tap.expect(at('2.%d' % last, path=path).status, 404, path)
        tap.expect(at('2.%d' % last, path=path, experimental='no').status, 404, path)
        reply = at('2.%d' % last, path=path, experimental='true')
        tap.expect((reply.status, reply.headers[EXPERIMENT.lower()]), (200, 'true'))
        reply = at('2.%d' % (last + 1), path=path)
        tap.expect((reply.status, EXPERIMENT.lower() in reply.headers), (200, False))


tap.run('share', [
    one_version_is_discovered, the_catalog_has_both_names, the_own_header_decides,
    versions_that_are_none, names_change_with_the_version, paths_may_name_the_project,
    who_is_nobody_is_told_where_to_go, what_is_not_there, there_is_one_zone,
    quota_sets, quota_classes, limits, services_and_pools, lists_of_what_there_is_none_of,
    experiments_are_for_who_says_so],
    cleanup=cleatd.stop)
