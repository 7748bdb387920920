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
from lib import Cleatd  # noqa: E402

V2 = '/share/v2'
NEWEST = '2.88'
HEADER = 'X-OpenStack-Manila-API-Version'
UUID = re.compile(r'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')

cleatd = Cleatd()
demo, alt, admin, reader = (cleatd.user(name) for name in ('demo', 'alt', 'admin', 'reader'))


def at(version, user=demo, method='GET', path='/availability-zones', both=None, **more):
    """A request in the version of the service's own header, and of the common one where `both`."""
    headers = dict(more.pop('headers', {}))
    if version is not None:
        headers[HEADER] = version
    common = 'shared-file-system ' + both if both else None
    return user.request(method, V2 + path, version=common, headers=headers, **more)


def refused(reply, status, message, key):
    tap.expect(reply.status, status, 'status of %r' % reply)
    tap.expect(reply.body, {key: dict({'code': status, 'message': message}, **(
        {'retryAfter': '0'} if status == 413 else {}))}, 'body')


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
                'MajorNum.MinorNum.' % text, 'badRequest')
    for text in ('1.0', '3.0', '2.89', '2.99999999999'):
        refused(at(text), 406, 'Version %s is not supported by the API. Minimum is 2.0 and maximum '
                'is %s.' % (text, NEWEST), 'computeFault')


def names_change_with_the_version():
    for old, new in (('/os-availability-zone', '/availability-zones'),):
        for path, version, status in ((old, '2.6', 200), (old, '2.7', 404), (new, '2.6', 404),
                                      (new, '2.7', 200), (old, None, 200)):
            tap.expect(at(version, path=path).status, status, (path, version))
    refused(at('2.6'), 404, 'The resource could not be found.', 'itemNotFound')


def paths_may_name_the_project():
    assert demo.token
    for user, project, status in ((demo, demo.project_id, 200), (demo, 'f00', 400)):
        reply = at('2.7', user, path='/%s/availability-zones' % project)
        tap.expect(reply.status, status, project)
    refused(at('2.7', path='/f00/availability-zones'), 400, 'Malformed request url', 'badRequest')


def who_is_nobody_is_told_where_to_go():
    reply = cleatd.request('GET', V2 + '/availability-zones', headers={HEADER: '2.7'})
    tap.expect(reply.status, 401)
    tap.expect(reply.body['error']['title'], 'Unauthorized')
    assert reply.headers['www-authenticate'].startswith('Keystone uri='), reply.headers


def what_is_not_there():
    for path in ('/nonsense', '/share-networks/x', '/share-backups/x'):
        refused(at(NEWEST, path=path), 404, 'The resource could not be found.', 'itemNotFound')
    refused(at(NEWEST, path='/share-servers'), 403, 'Access was denied to this resource.',
            'forbidden')


def there_is_one_zone():
    zone, = at('2.7').body['availability_zones']
    tap.expect(sorted(zone), ['created_at', 'id', 'name', 'updated_at'])
    assert UUID.match(zone['id']), zone
    tap.expect(zone['name'], 'nova')
    tap.expect(at('2.88').body['availability_zones'][0], zone, 'the same at every time')


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
            reply = at('2.%d' % since, admin, path=form)
            tap.expect((reply.status, reply.body), (200, {key: []}), form)
            if since:
                tap.expect(at('2.%d' % (since - 1), admin, path=form).status, 404, form)


tap.run('share', [
    one_version_is_discovered, the_catalog_has_both_names, the_own_header_decides,
    versions_that_are_none, names_change_with_the_version, paths_may_name_the_project,
    who_is_nobody_is_told_where_to_go, what_is_not_there, there_is_one_zone,
    lists_of_what_there_is_none_of], cleanup=cleatd.stop)
