#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Replies have the members and types of the reference's samples, at every microversion.

See samples/README.md. A sample holds from its version up to the one before the next sample of the
same name; whether a member or an admin was asking is told by what it shows.
"""
import glob
import json
import os
import re
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd  # noqa: E402

COMPUTE = '/compute/v2.1'
SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'samples', 'compute')
NEWEST = 104
# Objects whose keys are the user's.
FREE = {'hosts', 'metadata', 'addresses', 'extra_specs', 'properties', 'scheduler_hints'}
# There are no security groups here, which the reference too shows by leaving the member out.
ABSENT = {'security_groups'}
# Members that came earlier than the next sample, or depend on the page that was asked for.
EARLY = {'locked': 9, 'tags': 26, 'servers_links': 1}

cleatd = Cleatd()
demo, admin = cleatd.user('demo'), cleatd.user('admin')


def made_server():
    image = demo.get('/image/v2/images').body['images'][0]['id']
    wish = {'name': 'sample', 'imageRef': image, 'flavorRef': '1', 'networks': 'none',
            'metadata': {'a': 'b'}, 'tags': ['t']}
    reply = demo.post(COMPUTE + '/servers', {
        'server': wish, 'os:scheduler_hints': {'same_host': 'a'}}, version='compute 2.52')
    assert reply.status == 202, reply
    server = COMPUTE + '/servers/' + reply.body['server']['id']
    tap.wait_for('a server', lambda: demo.get(server).body['server']['status'] == 'ACTIVE')
    for _ in range(2):
        volume = demo.post('/volume/v3/volumes', {'volume': {'size': 1}}).body['volume']['id']
        tap.wait_for('a volume', lambda: demo.get(
            '/volume/v3/volumes/' + volume).body['volume']['status'] == 'available')
        reply = demo.post(server + '/os-volume_attachments',
                          {'volumeAttachment': {'volumeId': volume}})
        assert reply.status == 200, reply
    actions = server + '/os-instance-actions'

    def finished(action):
        shown = admin.get(actions + '/' + action['request_id']).body['instanceAction']
        return shown['events'][0]['result']
    tap.wait_for('the attachments', lambda: all(
        map(finished, demo.get(actions).body['instanceActions'])))
    return server


SERVER = made_server()
ACTIONS = SERVER + '/os-instance-actions'
ACTION = ACTIONS + '/' + demo.get(ACTIONS).body['instanceActions'][0]['request_id']
QUOTAS = COMPUTE + '/os-quota-sets/' + demo.project_id


def get(path):
    return lambda user, version: user.get(path, version=version)


def list_servers(path):
    return lambda user, version: user.get(
        COMPUTE + path + '?limit=1' + ('&all_tenants=1' if user is admin else ''), version=version)


def update_server(user, version):
    return user.put(SERVER, {'server': {'name': 'sample'}}, version=version)


def create_flavor(_, version):
    reply = admin.post(COMPUTE + '/flavors', {'flavor': {
        'name': 'sample', 'ram': 64, 'vcpus': 1, 'disk': 0}}, version=version)
    admin.delete(COMPUTE + '/flavors/' + reply.body['flavor']['id'])
    return reply


def update_flavor(_, version):
    return admin.put(COMPUTE + '/flavors/1', {'flavor': {'description': 'x'}}, version=version)


def change_quotas(_, version):
    return admin.put(QUOTAS, {'quota_set': {'instances': 50}}, version=version)


def send_event(_, version):
    return admin.post(COMPUTE + '/os-server-external-events', {'events': [
        {'name': 'network-changed', 'server_uuid': SERVER.rsplit('/', 1)[1], 'tag': 'foo'}]},
        version=version)


ASK = {
    'servers/server-get-resp.json': get(SERVER),
    'servers/server-update-resp.json': update_server,
    'servers/servers-details-resp.json': list_servers('/servers/detail'),
    'servers/servers-list-resp.json': list_servers('/servers'),
    'flavors/flavor-get-resp.json': get(COMPUTE + '/flavors/1'),
    'flavors/flavors-detail-resp.json': get(COMPUTE + '/flavors/detail'),
    'flavors/flavors-list-resp.json': get(COMPUTE + '/flavors'),
    'flavor-manage/flavor-create-post-resp.json': create_flavor,
    'flavor-manage/flavor-update-resp.json': update_flavor,
    'limits/limit-get-resp.json': get(COMPUTE + '/limits'),
    'os-instance-actions/instance-actions-list-resp.json': get(ACTIONS),
    'os-instance-actions/instance-actions-list-with-limit-resp.json': get(ACTIONS + '?limit=1'),
    'os-instance-actions/instance-action-get-resp.json':
        lambda _, version: admin.get(ACTION, version=version),
    'os-instance-actions/instance-action-get-non-admin-resp.json': get(ACTION),
    'os-availability-zone/availability-zone-list-resp.json': get(COMPUTE + '/os-availability-zone'),
    'os-availability-zone/availability-zone-detail-resp.json':
        lambda _, version: admin.get(COMPUTE + '/os-availability-zone/detail', version=version),
    'os-quota-sets/quotas-show-get-resp.json': get(QUOTAS),
    'os-quota-sets/quotas-show-detail-get-resp.json': get(QUOTAS + '/detail'),
    'os-quota-sets/quotas-show-defaults-get-resp.json': get(QUOTAS + '/defaults'),
    'os-quota-sets/quotas-update-post-resp.json': change_quotas,
    'os-quota-sets/quotas-update-force-post-resp.json': change_quotas,
    'os-server-external-events/event-create-resp.json': send_event,
}
# The same replies as others, at other times of the day.
ELSEWHERE = {'instance-actions-list-with-changes-since.json',
             'instance-actions-list-with-changes-before.json',
             'instance-actions-list-with-marker-resp.json'}


def kind(value):
    return 'number' if isinstance(value, (int, float)) and not isinstance(value, bool) \
        else type(value).__name__


def differences(sample, real, minor, path=''):
    """Where a reply is not made like the sample."""
    if sample is None or real is None:
        return
    if kind(sample) != kind(real):
        yield '%s: %s instead of %s' % (path, kind(real), kind(sample))
    elif isinstance(sample, dict) and path.rsplit('.', 1)[-1] not in FREE:
        for key in sorted((set(sample) ^ set(real)) - ABSENT):
            if key in real and minor >= EARLY.get(key, NEWEST):
                continue
            yield '%s.%s: %s' % (path, key, 'too much' if key in real else 'missing')
        for key in sorted(set(sample) & set(real)):
            yield from differences(sample[key], real[key], minor, path + '.' + key)
    elif isinstance(sample, list) and sample and real:
        yield from differences(sample[0], real[0], minor, path + '.0')


def samples():
    """{name: {first version: content}}"""
    found = {}
    for path in glob.glob(os.path.join(SAMPLES, '**', '*.json'), recursive=True):
        folder, name = os.path.split(os.path.relpath(path, SAMPLES))
        version = re.search(r'v2\.(\d+)$', folder)
        with open(path, encoding='utf-8') as file:
            found.setdefault(folder.split('/')[0] + '/' + name, {})[
                int(version.group(1)) if version else 1] = json.load(file)
    return found


def every_version_of(name, contents):
    def test():
        wrong = []
        starts = sorted(contents)
        for first, after in zip(starts, starts[1:] + [NEWEST + 1]):
            text = json.dumps(contents[first])
            user = admin if 'OS-EXT-SRV-ATTR:host"' in text or 'detail/' in name else demo
            for minor in range(first, after):
                reply = ASK[name](user, 'compute 2.%d' % minor)
                assert reply.status == 200, (minor, reply)
                wrong += ['2.%d %s' % (minor, line)
                          for line in differences(contents[first], reply.body, minor)]
        tap.expect(wrong, [])
    test.__name__ = name
    return test


def every_sample_is_asked_for():
    names = {name for name in samples() if name.split('/')[1] not in ELSEWHERE}
    tap.expect(sorted(names ^ set(ASK)), [])


def tests():
    yield every_sample_is_asked_for
    for name, contents in sorted(samples().items()):
        if name in ASK:
            yield every_version_of(name, contents)


tap.run('samples', list(tests()), cleanup=lambda: cleatd.__exit__())
