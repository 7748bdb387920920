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
from samplelib import differences  # noqa: E402

COMPUTE = '/compute/v2.1'
SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'samples', 'compute')
NEWEST = 104
# Objects whose keys are the user's.
FREE = {'hosts', 'meta', 'metadata', 'addresses', 'extra_specs', 'properties', 'scheduler_hints'}
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


def active(server=None):
    path = server or SERVER
    tap.wait_for('the server', lambda: demo.get(path, version='compute 2.1').body['server'][
        'OS-EXT-STS:task_state'] is None)


def made_off():
    """A server that is off, with a share, and another share."""
    reply = demo.post(COMPUTE + '/servers', {'server': {
        'name': 'off', 'imageRef': IMAGE, 'flavorRef': '1', 'networks': 'none'}},
        version='compute 2.52')
    server, shares = COMPUTE + '/servers/' + reply.body['server']['id'], []
    active(server)
    demo.post(server + '/action', {'os-stop': None})
    active(server)
    for _ in range(2):
        path = '/share/v2/shares/' + demo.post('/share/v2/shares', {'share': {
            'share_proto': 'NFS', 'size': 1}}).body['share']['id']
        tap.wait_for('a share', lambda: demo.get(path).body['share']['status'] == 'available')
        shares.append(path.rsplit('/', 1)[1])
    attach_share(demo, server, shares[0], 'compute 2.97')
    return server, shares


def attach_share(user, server, share, version):
    reply = user.post(server + '/shares', {'share': {'share_id': share}}, version=version)
    tap.wait_for('the share', lambda: demo.get('%s/shares/%s' % (server, share), version=version)
                 .body['share']['status'] == 'inactive')
    return reply


def create_share(user, version):
    reply = attach_share(user, OFF, SHARES[1], version)
    path = '%s/shares/%s' % (OFF, SHARES[1])
    demo.delete(path, version=version)
    tap.wait_for('the share to go', lambda: demo.get(path, version=version).status == 404)
    return reply


IMAGE = demo.get('/image/v2/images').body['images'][0]['id']
OFF, SHARES = made_off()
SERVER = made_server()  # the newest: lists of one show it
VOLUMES = SERVER + '/os-volume_attachments'
VOLUME = VOLUMES + '/' + demo.get(VOLUMES).body['volumeAttachments'][0]['volumeId']
FREE_VOLUME = demo.post('/volume/v3/volumes', {'volume': {'size': 1}}).body['volume']['id']
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


def rebuild(user, version):
    reply = user.post(SERVER + '/action', {'rebuild': {'imageRef': IMAGE}}, version=version)
    active()
    return accepted(reply)


def create_server(_, version, **more):
    wish = dict(more, name='other', imageRef=IMAGE, flavorRef='1')
    if int(version.rsplit('.', 1)[1]) >= 37:
        wish['networks'] = 'none'
    reply = demo.post(COMPUTE + '/servers', {'server': wish}, version=version)
    for row in demo.get(COMPUTE + '/servers?name=other').body['servers']:
        assert demo.delete(COMPUTE + '/servers/' + row['id']).status in (204, 404)
    # Those that are not gone yet count in the quota.
    tap.wait_for('them to go', lambda: not demo.get(
        COMPUTE + '/servers?name=other').body['servers'])
    return accepted(reply)


def attach(_, version):
    def status():
        return demo.get('/volume/v3/volumes/' + FREE_VOLUME).body['volume']['status']
    tap.wait_for('a free volume', lambda: status() == 'available')
    reply = demo.post(VOLUMES, {'volumeAttachment': {'volumeId': FREE_VOLUME}}, version=version)
    tap.wait_for('the attachment', lambda: status() == 'in-use')
    assert demo.delete(VOLUMES + '/' + FREE_VOLUME).status == 202
    return reply


def create_key(_, version, **more):
    reply = demo.post(COMPUTE + '/os-keypairs', {'keypair': dict(more, name='new')},
                      version=version)
    demo.delete(COMPUTE + '/os-keypairs/new')
    return accepted(reply)


def accepted(reply):
    """201 and 202 are fine where they are expected."""
    assert reply.status in (200, 201, 202), reply
    reply.status = 200
    return reply


PUBLIC_KEY = ('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvEuNg6BGLlDYFiPhyCFsvlO/MoLGdCo8lJvXwi0eYC x')
assert create_key(None, 'compute 2.92', public_key=PUBLIC_KEY)
assert demo.post(COMPUTE + '/os-keypairs',
                 {'keypair': {'name': 'kept', 'public_key': PUBLIC_KEY}}).status == 200

ASK = {
    'servers/server-action-rebuild-resp.json': rebuild,
    'servers/server-create-resp.json': create_server,
    'os-multiple-create/multiple-create-post-resp.json':
        lambda user, version: create_server(user, version, return_reservation_id=True),
    'server-metadata/server-metadata-all-resp.json': get(SERVER + '/metadata'),
    'server-metadata/server-metadata-resp.json': get(SERVER + '/metadata/a'),
    'os-volume_attachments/list-volume-attachments-resp.json': get(VOLUMES),
    'os-volume_attachments/volume-attachment-detail-resp.json': get(VOLUME),
    'os-volume_attachments/attach-volume-to-server-resp.json': attach,
    'os-keypairs/keypairs-list-resp.json': get(COMPUTE + '/os-keypairs?limit=1'),
    'os-keypairs/keypairs-get-resp.json': get(COMPUTE + '/os-keypairs/kept'),
    'os-keypairs/keypairs-post-resp.json': create_key,
    'os-keypairs/keypairs-import-post-resp.json':
        lambda user, version: create_key(user, version, public_key=PUBLIC_KEY),
    'os-server-shares/server-shares-list-resp.json': get(OFF + '/shares'),
    'os-server-shares/server-shares-show-resp.json': get(OFF + '/shares/' + SHARES[0]),
    'os-server-shares/server-shares-admin-show-resp.json': get(OFF + '/shares/' + SHARES[0]),
    'os-server-shares/server-shares-create-resp.json': create_share,
    'os-server-shares/server-shares-admin-create-resp.json': create_share,
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
# What takes long, or a new thing each time: asked for at the ends of what a sample holds for.
SPARSE = {'servers/server-action-rebuild-resp.json', 'servers/server-create-resp.json',
          'os-multiple-create/multiple-create-post-resp.json',
          'os-volume_attachments/attach-volume-to-server-resp.json',
          'os-keypairs/keypairs-post-resp.json', 'os-keypairs/keypairs-import-post-resp.json'}
# The last version of what there is no more: from then on the reply has no body, or no key is made.
LAST = {'os-volume_attachments/attach-volume-to-server-resp.json': 100,
        'os-keypairs/keypairs-post-resp.json': 91}
# The same replies as others, at other times of the day.
ELSEWHERE = {'instance-actions-list-with-changes-since.json',
             'instance-actions-list-with-changes-before.json',
             'instance-actions-list-with-marker-resp.json'}


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
        for first, after in zip(starts, starts[1:] + [LAST.get(name, NEWEST) + 1]):
            text = json.dumps(contents[first])
            user = admin if 'OS-EXT-SRV-ATTR:host"' in text or 'detail/' in name or \
                'shares-admin-' in name else demo
            minors = range(first, after)
            for minor in [minors[0], minors[-1]] if name in SPARSE else minors:
                reply = ASK[name](user, 'compute 2.%d' % minor)
                assert reply.status in (200, 201), (minor, reply)
                wrong += ['2.%d %s' % (minor, line) for line in differences(
                    contents[first], reply.body, FREE,
                    missing=ABSENT, more={key for key, since in EARLY.items() if minor >= since},
                    any_more=minor >= NEWEST)]
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
