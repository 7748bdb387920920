#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Thousands of requests that are almost right: whatever a client sends, no answer is a 5xx, the
daemon lives, and what was there before is there afterwards.

The seed is fixed; JUNK_SEED and JUNK_COUNT choose another walk.
"""
import json
import os
import random
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_status  # noqa: E402

COUNT = int(os.environ.get('JUNK_COUNT', 1500))
NOBODY = '11111111-1111-4111-8111-111111111111'
VALUES = [
    None, True, False, 0, -1, 1, 2 ** 31, 2 ** 63 - 1, -2 ** 63, 1.5, 1e308, '', 'a', 'a' * 300,
    '\u00e9' * 256, '\u0001', '/dev/vdb', ' x ', NOBODY, [], [None], [1], ['a'], [{}], {},
    {'a': None}, {'a': {'b': []}}, {'id': 'x'}, '\U0001f600', "'; DROP TABLE volumes;--", '%s%n',
    'auto', 'none', 'null']
KEYS = ['x', 'id', 'name', 'size', 'status', '\u00e9', '']
PARAMS = [
    'limit', 'marker', 'offset', 'sort_key', 'sort_dir', 'sort', 'name', 'status', 'metadata',
    'bootable', 'all_tenants', 'tags', 'tags-any', 'not-tags', 'changes-since', 'ip', 'size_min',
    'tag', 'id', 'visibility', 'protected', 'is_public', 'minRam', 'flavor', 'deleted',
    'power_state', 'vm_state', 'user.id', 'state', 'name~', 'extra_specs', 'is_soft_deleted',
    'export_location_path', 'with_count', 'share_id', 'access_to', 'access_type', 'share_type_id']
TEXTS = [
    '', '0', '1', '-1', '1001', '9' * 20, 'abc', '{}', "{'a':'b'}", '*', '(', '[a', 'a{1000}',
    'in:', 'in:,', 'true', 'None', '2020-01-01', '2020-01-01T00:00:00Z', '%F0%9F%98%80', '%00',
    '%', 'name:asc', 'name:asc,size:x', 'asc', 'desc', NOBODY, '%27', 'a' * 1000]
VERSIONS = [
    None, 'compute 2.1', 'compute 2.104', 'compute latest', 'volume 3.0', 'volume latest',
    'shared-file-system 2.0', 'shared-file-system 2.88',
    'compute', 'volume', 'volume x y', 'compute 99.0', 'compute ,', 'compute 2.1, volume 3.0']
SEGMENTS = ['x', '%00', '..', NOBODY, '%2e%2e%2f', '%ff']

walk = random.Random(int(os.environ.get('JUNK_SEED', 1)))
cleatd = Cleatd()
demo, admin = cleatd.user('demo'), cleatd.user('admin')


def make_world():
    """A server, a volume, a share and an image, by name."""
    image = demo.get('/image/v2/images').body['images'][0]['id']
    server = demo.post('/compute/v2.1/servers', {'server': {
        'name': 'a', 'imageRef': image, 'flavorRef': '1'}}).body['server']['id']
    volume = demo.post('/volume/v3/volumes', {'volume': {'size': 1}}).body['volume']['id']
    share = demo.post('/share/v2/shares', {'share': {'share_proto': 'NFS', 'size': 1}}).body[
        'share']['id']
    wait_status(demo, '/share/v2/shares/' + share, 'share', 'available')
    wait_status(demo, '/compute/v2.1/servers/' + server, 'server', 'ACTIVE')
    wait_status(demo, '/volume/v3/volumes/' + volume, 'volume', 'available')
    return {'image': image, 'server': server, 'volume': volume, 'share': share}


world = make_world()
S = '/compute/v2.1/servers/' + world['server']
V = '/volume/v3/volumes/' + world['volume']
H = '/share/v2/shares/' + world['share']
F = '/compute/v2.1/flavors'
I = '/identity/v3'

# Requests that are right; the walk bends them.
REQUESTS = [
    ('POST', '/compute/v2.1/servers', {'server': {
        'name': 'a', 'imageRef': world['image'], 'flavorRef': '1', 'networks': 'none',
        'metadata': {'a': 'b'}, 'tags': ['x'], 'user_data': 'YQ==', 'min_count': 1,
        'max_count': 1, 'security_groups': [{'name': 'default'}], 'description': 'd',
        'block_device_mapping_v2': [{
            'uuid': world['image'], 'boot_index': 0, 'source_type': 'image',
            'destination_type': 'local'}]}}),
    ('PUT', S, {'server': {'name': 'b', 'description': 'x', 'accessIPv4': '1.2.3.4'}}),
    ('POST', S + '/action', {'reboot': {'type': 'SOFT'}}),
    ('POST', S + '/action', {'os-getConsoleOutput': {'length': 10}}),
    ('POST', S + '/action', {'os-start': None}),
    ('POST', S + '/metadata', {'metadata': {'a': 'b'}}),
    ('PUT', S + '/metadata', {'metadata': {'a': 'b'}}),
    ('PUT', S + '/metadata/a', {'meta': {'a': 'b'}}),
    ('PUT', S + '/tags', {'tags': ['a', 'b']}),
    ('PUT', S + '/tags/q', None),
    ('POST', S + '/os-volume_attachments', {'volumeAttachment': {
        'volumeId': world['volume'], 'device': '/dev/vdb', 'tag': 'x'}}),
    ('PUT', S + '/os-volume_attachments/' + world['volume'],
     {'volumeAttachment': {'volumeId': world['volume']}}),
    ('POST', F, {'flavor': {
        'name': 'f', 'ram': 1, 'vcpus': 1, 'disk': 1, 'id': 'auto', 'swap': 1, 'rxtx_factor': 1.0,
        'os-flavor-access:is_public': True, 'OS-FLV-EXT-DATA:ephemeral': 1}}),
    ('POST', F + '/1/os-extra_specs', {'extra_specs': {'a': 'b'}}),
    ('PUT', F + '/1/os-extra_specs/a', {'a': 'b'}),
    ('PUT', F + '/1', {'flavor': {'description': 'x'}}),
    ('POST', '/volume/v3/volumes', {'volume': {
        'size': 1, 'name': 'x', 'metadata': {'a': 'b'}, 'volume_type': None,
        'availability_zone': 'nova', 'multiattach': False, 'imageRef': None}}),
    ('PUT', V, {'volume': {'name': 'x', 'description': 'y', 'metadata': {'a': 'b'}}}),
    ('POST', V + '/metadata', {'metadata': {'a': 'b'}}),
    ('PUT', V + '/metadata/a', {'meta': {'a': 'b'}}),
    ('POST', V + '/action', {'os-attach': {'mountpoint': '/x'}}),
    ('POST', '/share/v2/shares', {'share': {
        'share_proto': 'NFS', 'size': 1, 'name': 'x', 'description': 'y', 'metadata': {'a': 'b'},
        'share_type': 'default', 'is_public': False, 'availability_zone': 'nova',
        'snapshot_id': None, 'scheduler_hints': {'same_host': world['share']}}}),
    ('PUT', H, {'share': {'display_name': 'x', 'display_description': 'y', 'is_public': True}}),
    ('POST', H + '/metadata', {'metadata': {'a': 'b'}}),
    ('POST', H + '/action', {'extend': {'new_size': 2, 'force': False}}),
    ('POST', H + '/action', {'reset_status': {'status': 'available'}}),
    ('POST', H + '/action', {'allow_access': {
        'access_type': 'ip', 'access_to': '192.0.2.1', 'access_level': 'ro', 'metadata': {'a': 'b'},
        'lock_visibility': True, 'lock_reason': 'x'}}),
    ('POST', '/share/v2/snapshots', {'snapshot': {
        'share_id': world['share'], 'name': 'x', 'force': False, 'metadata': {'a': 'b'}}}),
    ('POST', '/share/v2/resource-locks', {'resource_lock': {
        'resource_id': world['share'], 'resource_type': 'share', 'resource_action': 'delete'}}),
    ('PUT', '/share/v2/quota-sets/' + NOBODY, {'quota_set': {'shares': 5, 'force': True}}),
    ('POST', '/share/v2/types', {'share_type': {
        'name': 't', 'share_type_access:is_public': True,
        'extra_specs': {'driver_handles_share_servers': 'False'}}}),
    ('POST', '/image/v2/images', {
        'name': 'i', 'disk_format': 'raw', 'container_format': 'bare', 'visibility': 'private',
        'min_disk': 0, 'protected': False, 'tags': ['a'], 'os_hidden': False, 'prop': 'x'}),
    ('PUT', '/image/v2/images/%s/file' % world['image'], None),
    ('POST', I + '/auth/tokens', {'auth': {
        'identity': {'methods': ['token'], 'token': {'id': demo.token}},
        'scope': {'project': {'id': demo.project_id}}}}),
    ('POST', I + '/auth/tokens', {'auth': {'identity': {
        'methods': ['application_credential'],
        'application_credential': {'id': 'x', 'secret': 'y'}}}}),
    ('POST', I + '/projects', {'project': {'name': 'p', 'description': 'd', 'enabled': True}}),
    ('POST', I + '/users', {'user': {'name': 'u', 'email': 'e', 'enabled': True}}),
    ('POST', '%s/users/%s/application_credentials' % (I, demo.user_id), {'application_credential': {
        'name': 'n', 'roles': [{'name': 'member'}], 'expires_at': '2030-01-01T00:00:00',
        'unrestricted': False, 'secret': 's'}}),
    ('PATCH', I + '/users/' + NOBODY, {'user': {'email': 'x'}}),
    ('PATCH', I + '/projects/' + NOBODY, {'project': {'description': 'x'}}),
]
LISTS = [
    '/compute/v2.1/servers', '/compute/v2.1/servers/detail', F + '/detail',
    S + '/os-volume_attachments', S + '/os-instance-actions', '/volume/v3/volumes',
    '/volume/v3/volumes/detail', '/volume/v3/types', '/image/v2/images', I + '/projects',
    I + '/users', I + '/roles', I + '/role_assignments', '/admin/v1/operations',
    '/compute/v2.1/limits', '/volume/v3/limits', '/volume/v3/os-quota-sets/x',
    '/compute/v2.1/os-quota-sets/x', '/share/v2/shares', '/share/v2/shares/detail',
    '/share/v2/snapshots/detail', '/share/v2/share-access-rules', '/share/v2/resource-locks',
    '/share/v2/types', '/share/v2/messages', '/share/v2/scheduler-stats/pools', '/share/v2/limits']


def bend_object(value, depth):
    bent = {key: bend(item, depth + 1) if walk.random() < 0.5 else item
            for key, item in value.items()}
    if bent and walk.random() < 0.2:
        del bent[walk.choice(list(bent))]
    if walk.random() < 0.2:
        bent[walk.choice(KEYS)] = walk.choice(VALUES)
    return bent


def bend(value, depth=0):
    """The same with something wrong in it, mostly."""
    if depth > 4 or walk.random() < 0.25:
        return walk.choice(VALUES)
    if isinstance(value, dict):
        return bend_object(value, depth)
    if isinstance(value, list):
        return [bend(item, depth + 1) for item in value] * walk.choice([0, 1, 1, 2, 60])
    return walk.choice([value] + VALUES)


def bent_request():
    method, path, body = walk.choice(REQUESTS)
    if walk.random() < 0.1:
        path = path.replace(walk.choice(list(world.values())), walk.choice(SEGMENTS))
    text = json.dumps(bend(body))
    if walk.random() < 0.05:
        text = text[:walk.randint(0, 30)]
    return method, path, text


def bent_list():
    query = '&'.join('%s=%s' % (walk.choice(PARAMS), walk.choice(TEXTS))
                     for _ in range(walk.randint(0, 3)))
    return 'GET', '%s?%s' % (walk.choice(LISTS), query), None


def nothing_is_a_server_error():
    for _ in range(COUNT):
        method, path, body = bent_request() if walk.random() < 0.6 else bent_list()
        user, version = walk.choice([demo, admin]), walk.choice(VERSIONS)
        reply = user.request(method, path, body, version=version)
        if reply.status >= 500:
            raise AssertionError('%s %s at %s with %s: %r' % (method, path, version, body, reply))


def the_daemon_lives():
    tap.expect(cleatd.process.poll(), None, 'exit status')
    tap.expect(cleatd.request('GET', '/healthz').status, 200, 'health')


def what_was_there_is_there():
    tap.expect(demo.get(V).status, 200, 'volume')
    tap.expect(demo.get(S).status, 200, 'server')
    tap.expect(demo.get(H).status, 200, 'share')
    tap.expect(demo.get('/image/v2/images/' + world['image']).status, 200, 'image')


tap.run('junk', [nothing_is_a_server_error, the_daemon_lives, what_was_there_is_there],
        cleanup=lambda: cleatd.__exit__())
