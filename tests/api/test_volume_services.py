#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Block storage for administrators: services, hosts, capabilities; and the small resources."""
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from volumelib import NO_ROUTE, NOBODY, V3, at, drop, make, refused, tap  # noqa: E402
from lib import Cleatd  # noqa: E402

HOST = socket.gethostname()
BACKEND = HOST + '@file'

cleatd = Cleatd()
demo, admin = cleatd.user('demo'), cleatd.user('admin')


def services(query='', minor=0):
    reply = admin.get(V3 + '/os-services' + query, version=at(minor))
    tap.expect(reply.status, 200, 'status of %r' % reply)
    return reply.body['services']


def switch(action, **body):
    return admin.put(V3 + '/os-services/' + action, dict({'host': BACKEND,
                                                          'binary': 'cinder-volume'}, **body))


def services_are_listed():
    refused(demo.get(V3 + '/os-services'), 403,
            "Policy doesn't allow volume_extension:services:index to be performed.")
    scheduler, volume = services()
    common = {'binary', 'host', 'zone', 'status', 'state', 'updated_at', 'disabled_reason'}
    of_volumes = {'replication_status', 'active_backend_id', 'frozen'}
    tap.expect((set(scheduler), set(volume)), (common, common | of_volumes))
    tap.expect((scheduler['binary'], scheduler['host']), ('cinder-scheduler', HOST))
    tap.expect((volume['binary'], volume['host']), ('cinder-volume', BACKEND))
    tap.expect({(one['state'], one['status'], one['zone']) for one in (scheduler, volume)},
               {('up', 'enabled', 'nova')})
    scheduler, volume = services(minor=71)
    tap.expect((set(scheduler), set(volume)),
               (common | {'cluster'}, common | of_volumes | {'cluster', 'backend_state'}))
    for query, count in (('?host=' + HOST, 2), ('?host=' + BACKEND, 1), ('?host=x', 0),
                         ('?binary=cinder-scheduler', 1), ('?binary=cinder-backup', 0),
                         ('?host=%s&binary=cinder-scheduler' % BACKEND, 0)):
        tap.expect(len(services(query)), count, query)


def a_service_is_switched():
    tap.expect(switch('disable-log-reason', disabled_reason='repair').body,
               {'host': BACKEND, 'service': 'cinder-volume', 'binary': 'cinder-volume',
                'disabled': True, 'status': 'disabled', 'disabled_reason': 'repair'})
    scheduler, volume = services()
    tap.expect((scheduler['status'], volume['status'], volume['disabled_reason']),
               ('enabled', 'disabled', 'repair'))
    broken = make(demo, status='error')
    message, = demo.get(V3 + '/messages', version=at(3)).body['messages']
    tap.expect((message['resource_uuid'], message['event_id'], message['user_message']),
               (broken['id'], 'VOLUME_VOLUME_001_003', 'schedule allocate volume:Could not find '
                'any available weighted backend.'))
    drop(demo, broken)
    tap.expect(switch('enable').body,
               {'host': BACKEND, 'service': 'cinder-volume', 'binary': 'cinder-volume',
                'disabled': False, 'status': 'enabled'})
    tap.expect(services()[1]['disabled_reason'], None)
    drop(demo, make(demo))
    reply = admin.put(V3 + '/os-services/disable', {'host': HOST, 'service': 'cinder-scheduler'})
    tap.expect((reply.status, services()[0]['status']), (200, 'disabled'))
    drop(demo, make(demo, status='error'))
    tap.expect(switch('enable', host=HOST, binary='cinder-scheduler').status, 200)


def bad_switches():
    refused(switch('enable', host='elsewhere'), 404,
            'Service cinder-volume could not be found on host elsewhere.')
    refused(switch('enable', binary='cinder-backup'), 404,
            'Service cinder-backup could not be found on host %s.' % BACKEND)
    refused(admin.put(V3 + '/os-services/enable', {'host': HOST}), 400,
            "'binary' is a required property")
    refused(admin.put(V3 + '/os-services/enable', {'binary': 'x'}), 400,
            "'host' is a required property")
    refused(switch('disable-log-reason'), 400, "'disabled_reason' is a required property")
    refused(switch('disable', x=1), 400,
            "Additional properties are not allowed ('x' was unexpected)")
    tap.expect(switch('enable', host='').status, 400)
    refused(switch('explode'), 404, NO_ROUTE)
    for action in ('freeze', 'thaw', 'failover_host'):
        tap.expect(switch(action).status, 400, action)
    refused(switch('failover'), 404, NO_ROUTE)
    refused(demo.put(V3 + '/os-services/enable', {'host': HOST, 'binary': 'x'}), 403,
            "Policy doesn't allow volume_extension:services:update to be performed.")


def hosts_and_what_they_hold():
    volumes = [make(demo, size=2), make(admin, size=3)]
    hosts = admin.get(V3 + '/os-hosts').body['hosts']
    tap.expect([(one['host_name'], one['service'], one['service-state'], one['service-status'],
                 one['zone']) for one in hosts],
               [(HOST, 'cinder-scheduler', 'enabled', 'available', 'nova'),
                (BACKEND, 'cinder-volume', 'enabled', 'available', 'nova')])
    tap.expect(admin.get(V3 + '/os-hosts?zone=moon').body, {'hosts': []})
    tap.expect(len(admin.get(V3 + '/os-hosts?service=cinder-volume').body['hosts']), 1)
    shares = [one['resource'] for one in
              admin.get('%s/os-hosts/%s' % (V3, BACKEND)).body['host']]
    tap.expect(shares[0], {'host': BACKEND, 'project': '(total)', 'volume_count': '2',
                           'total_volume_gb': '5', 'snapshot_count': '0',
                           'total_snapshot_gb': '0'})
    tap.expect({(one['project'], one['volume_count'], one['total_volume_gb'])
                for one in shares[1:]},
               {(demo.project_id, '1', '2'), (admin.project_id, '1', '3')})
    refused(admin.get(V3 + '/os-hosts/moon'), 404, 'Host moon could not be found.')
    refused(demo.get(V3 + '/os-hosts'), 403,
            "Policy doesn't allow volume_extension:hosts to be performed.")
    for user, volume in zip((demo, admin), volumes):
        drop(user, volume)


def capabilities_are_told():
    for host in (BACKEND, BACKEND + '%23file'):
        shown = admin.get('%s/capabilities/%s' % (V3, host)).body
        tap.expect(shown['volume_backend_name'], 'file', host)
        tap.expect(shown['replication_targets'], [])
        tap.expect(shown['namespace'],
                   'OS::Storage::Capabilities::' + host.replace('%23', '#'))
    refused(admin.get(V3 + '/capabilities/moon'), 404,
            'Service cinder-volume could not be found on host moon.')
    tap.expect(demo.get(V3 + '/capabilities/' + BACKEND).status, 403)


def filters_are_told():
    refused(demo.get(V3 + '/resource_filters', version=at(32)), 404, NO_ROUTE)
    old = {one['resource']: one['filters'] for one in
           demo.get(V3 + '/resource_filters', version=at(33)).body['resource_filters']}
    assert 'name' in old['volume'] and 'name~' not in old['volume'], old
    assert 'created_at' not in old['volume'] and 'host' not in old['volume'], old
    tap.expect(old['message'], ['event_id', 'resource_type', 'resource_uuid', 'request_id',
                                'message_level'])
    one, = demo.get(V3 + '/resource_filters?resource=volume',
                    version=at(71)).body['resource_filters']
    for name in one['filters']:
        value = '1' if name in ('bootable', 'consumes_quota') else \
            'gt:2026-01-01T00:00:00' if name.endswith('_at') else '{}'
        reply = demo.get('%s/volumes?%s=%s' % (V3, name, value), version=at(71))
        tap.expect(reply.status, 200, '%s: %r' % (name, reply))


def extensions_are_listed():
    listed = demo.get(V3 + '/extensions').body['extensions']
    for one in listed:
        tap.expect(set(one), {'alias', 'name', 'description', 'links', 'updated'})
        tap.expect(demo.get(V3 + '/extensions/' + one['alias']).body, {'extension': one})
    aliases = [one['alias'] for one in listed]
    tap.expect(len(set(aliases)), len(aliases), 'each once')
    assert not {'backups', 'consistencygroups', 'cgsnapshots'} & set(aliases), aliases


def nothing_is_encrypted():
    volume = make(demo)
    path = '%s/volumes/%s/encryption' % (V3, volume['id'])
    tap.expect(demo.get(path).body, {'encryption_key_id': None})
    reply = demo.get(path + '/encryption_key_id')
    tap.expect((reply.status, reply.text), (200, ''))
    tap.expect(demo.get(path + '/colour').status, 404)
    missing = 'Volume %s could not be found.'
    refused(cleatd.user('alt').get(path), 404, missing % volume['id'])
    refused(demo.get('%s/volumes/%s/encryption' % (V3, NOBODY)), 404, missing % NOBODY)
    drop(demo, volume)


def metadata_has_a_tag():
    volume = make(demo, metadata={'a': '1'})
    path = '%s/volumes/%s/metadata' % (V3, volume['id'])
    assert 'etag' not in demo.get(path, version=at(14)).headers
    first = demo.get(path, version=at(15)).headers['etag']
    tap.expect(len(first), 32)

    def put(sub, body, tag, minor=15):
        return demo.put(path + sub, body, version=at(minor), headers={'If-Match': tag})

    tap.expect(put('', {'metadata': {'a': '2'}}, first).status, 200)
    second = demo.get(path, version=at(15)).headers['etag']
    assert second != first
    for sub, body in (('', {'metadata': {'b': '3'}}), ('/a', {'meta': {'a': '3'}})):
        refused(put(sub, body, first), 412, 'The metadata has changed meanwhile.')
        tap.expect(demo.get(path).body, {'metadata': {'a': '2'}})
    for tag in ('"%s"' % second, '*', '"x", "%s"' % second):
        tap.expect(put('/a', {'meta': {'a': '2'}}, tag).status, 200, tag)
    tap.expect(put('/a', {'meta': {'a': '4'}}, 'x', minor=14).status, 200, 'not yet looked at')
    drop(demo, volume)


def what_the_backend_holds():
    volumes = [make(demo, size=size) for size in (3, 1, 2)]
    for old, new in (('os-volume-manage', 'manageable_volumes'),
                     ('os-snapshot-manage', 'manageable_snapshots')):
        refused(admin.get('%s/%s?host=%s' % (V3, new, BACKEND), version=at(7)), 404, NO_ROUTE)
        for name, minor in ((old, 0), (new, 8)):
            path = '%s/%s' % (V3, name)
            tap.expect(demo.get(path, version=at(minor)).status, 403, path)
            refused(admin.get(path, version=at(minor)), 400,
                    'Invalid input received: a host must be given')
            refused(admin.get(path + '?host=moon', version=at(minor)), 404,
                    'Service cinder-volume could not be found on host moon.')
            reply = admin.get('%s?host=%s' % (path, BACKEND), version=at(minor))
            tap.expect(len(reply.body[new.replace('_', '-')]),
                       3 if 'volume' in new else 0, path)
    query = '?host=%s&sort=size:asc&limit=2' % (BACKEND + '%23file')
    body = admin.get(V3 + '/manageable_volumes/detail' + query, version=at(8)).body
    tap.expect(body['manageable-volumes'],
               [{'reference': {'source-id': volume['id']}, 'size': size, 'safe_to_manage': False,
                 'reason_not_safe': 'already managed', 'cinder_id': volume['id'],
                 'extra_info': None} for volume, size in ((volumes[1], 1), (volumes[2], 2))])
    link = body['manageable_volumes_links'][0]['href'].split(str(cleatd.port), 1)[1]
    body = admin.get(link, version=at(8)).body
    tap.expect([one['size'] for one in body['manageable-volumes']], [3])
    drop(demo, *volumes)


def what_there_is_none_of():
    tap.expect(demo.get(V3 + '/backups').body, {'backups': []})
    tap.expect(demo.get(V3 + '/backups/detail?all_tenants=1').body, {'backups': []})
    refused(admin.get(V3 + '/clusters', version=at(6)), 404, NO_ROUTE)
    tap.expect(admin.get(V3 + '/clusters/detail', version=at(7)).body, {'clusters': []})
    tap.expect(demo.get(V3 + '/clusters', version=at(7)).status, 403)
    for body in (None, b'{', b'{"host":"a","host":"b"}'):
        refused(admin.post(V3 + '/workers/cleanup', body, version=at(24)), 400,
                'Malformed request body')
    reply = admin.post(V3 + '/workers/cleanup', {}, version=at(24))
    tap.expect((reply.status, reply.body), (202, {'cleaning': [], 'unavailable': []}))
    for method, path in (
            ('POST', '/backups'), ('GET', '/backups/' + NOBODY), ('GET', '/groups'),
            ('GET', '/groups/detail'), ('POST', '/groups'), ('GET', '/group_types'),
            ('GET', '/group_snapshots'), ('GET', '/consistencygroups/detail'),
            ('GET', '/cgsnapshots'), ('POST', '/os-volume-manage'),
            ('POST', '/manageable_snapshots'), ('PUT', '/clusters/enable'),
            ('PUT', '/os-services/set-log')):
        refused(admin.request(method, V3 + path, {} if method != 'GET' else None,
                              version=at(71)), 404, NO_ROUTE)


def end():
    cleatd.__exit__()


tap.run('volume services', [
    services_are_listed, a_service_is_switched, bad_switches, hosts_and_what_they_hold,
    capabilities_are_told, filters_are_told, extensions_are_listed, nothing_is_encrypted,
    metadata_has_a_tag, what_the_backend_holds, what_there_is_none_of,
], cleanup=end)
