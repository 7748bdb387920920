# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Notifications held against the reference's samples, and a story that makes them."""
import json
import os
import sys
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.join(TESTS, 'api')]
import tap  # noqa: E402
from lib import wait_for, wait_status  # noqa: E402
from samplelib import differences  # noqa: E402

SERVERS = '/compute/v2.1/servers'
VOLUMES = '/volume/v3/volumes'
SHARES = '/share/v2/shares'
SAMPLES = os.path.join(HERE, 'samples')
LIFE = ['create.start', 'create.end']
VOLUME_STORY = ['volume_attach.start', 'volume_attach.end', 'volume_detach.start',
                'volume_detach.end']
OFF = ['power_off.start', 'power_off.end']
SHARE_STORY = ['share_attach.start', 'share_attach.end', 'power_on.start', 'power_on.end'] + OFF + \
    ['share_detach.start', 'share_detach.end']
DEATH = ['delete.start', 'shutdown.start', 'shutdown.end', 'delete.end']


def merge(under, over):
    """Members of `over` lie over those of `under`, object by object."""
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return {key: merge(under[key], over[key]) if key in under and key in over
            else over.get(key, under.get(key)) for key in {**under, **over}}


def resolve(value, folder):
    """With all that its $refs name."""
    if isinstance(value, list):
        return [resolve(item, folder) for item in value]
    if not isinstance(value, dict):
        return value
    own = {key: resolve(item, folder) for key, item in value.items() if key != '$ref'}
    if '$ref' not in value:
        return own
    path = os.path.join(folder, value['$ref'].split('#')[0])
    return merge(load(path), own)


def load(path):
    with open(path, encoding='utf-8') as file:
        return resolve(json.load(file), os.path.dirname(path))


def sample(event_type, shares=False):
    """The sample of an event, or None where the reference has published none."""
    _, action, phase = event_type.split('.')
    path = os.path.join(SAMPLES, 'instance-%s%s-%s.json' % (
        action, '_share' if shares and action == 'power_on' else '', phase))
    return load(path) if os.path.exists(path) else None


def check_versioned(notice):
    """Keys and types as in the sample; returns whether there was one."""
    shares = notice['payload']['nova_object.data']['shares']
    wanted = sample(notice['event_type'], bool(shares))
    if not wanted:
        return False
    found = list(differences(wanted['payload'], notice['payload'],
                             free=('metadata', 'extra_specs'), missing=('export_location',)))
    tap.expect(found, [], notice['event_type'])
    for key in ('nova_object.name', 'nova_object.version', 'nova_object.namespace'):
        tap.expect(notice['payload'][key], wanted['payload'][key],
                   '%s of %s' % (key, notice['event_type']))
    tap.expect(notice['publisher_id'].split(':')[0], wanted['publisher_id'].split(':')[0],
               'publisher of ' + notice['event_type'])
    tap.expect(notice['priority'], wanted['priority'], 'priority of ' + notice['event_type'])
    return True


class Story:
    """What is done to one server, whose notifications are to be seen."""

    def __init__(self, cleatd):
        self.user = cleatd.user('demo')
        self.path = self.id = None

    def create(self):
        image = next(row['id'] for row in self.user.get('/image/v2/images').body['images']
                     if row['name'] == 'tiny')
        flavor = self.user.get('/compute/v2.1/flavors').body['flavors'][0]['id']
        key = 'k' + uuid.uuid4().hex[:8]
        made = self.user.post('/compute/v2.1/os-keypairs', {'keypair': {
            'name': key, 'public_key': PUBLIC_KEY}})
        tap.expect(made.status, 200, 'status of %r' % made)
        reply = self.user.post(SERVERS, {'server': {
            'name': 'story', 'imageRef': image, 'flavorRef': flavor, 'key_name': key,
            'metadata': {'a': 'b'}, 'tags': ['t'], 'networks': 'none'}}, version='compute 2.52')
        tap.expect(reply.status, 202, 'status of %r' % reply)
        self.id = reply.body['server']['id']
        self.path = '%s/%s' % (SERVERS, self.id)
        self.wait('ACTIVE')
        return self

    def wait(self, status):
        wait_status(self.user, self.path, 'server', status)

    def act(self, action, status, value=None):
        tap.expect(self.user.post(self.path + '/action', {action: value}).status, 202, action)
        self.wait(status)

    def volume(self):
        reply = self.user.post(VOLUMES, {'volume': {'size': 1, 'metadata': {'k': 'v'}}})
        tap.expect(reply.status, 202, 'status of %r' % reply)
        volume = reply.body['volume']['id']
        self.wait_volume(volume, 'available')
        return volume

    def wait_volume(self, volume, status):
        wait_status(self.user, '%s/%s' % (VOLUMES, volume), 'volume', status)

    def attach(self, volume):
        reply = self.user.post(self.path + '/os-volume_attachments',
                               {'volumeAttachment': {'volumeId': volume}})
        tap.expect(reply.status, 200, 'status of %r' % reply)
        self.wait_volume(volume, 'in-use')

    def detach(self, volume):
        reply = self.user.delete('%s/os-volume_attachments/%s' % (self.path, volume))
        tap.expect(reply.status, 202, 'status of %r' % reply)
        self.wait_volume(volume, 'available')

    def swap(self, old, new):
        reply = self.user.put('%s/os-volume_attachments/%s' % (self.path, old),
                              {'volumeAttachment': {'volumeId': new}})
        tap.expect(reply.status, 202, 'status of %r' % reply)

    def share(self):
        reply = self.user.post(SHARES, {'share': {'share_proto': 'NFS', 'size': 1}})
        tap.expect(reply.status, 200, 'status of %r' % reply)
        share = reply.body['share']['id']
        wait_status(self.user, '%s/%s' % (SHARES, share), 'share', 'available')
        return share

    def shares_path(self, share=''):
        return '%s/shares%s' % (self.path, share and '/' + share)

    def attach_share(self, share):
        reply = self.user.post(self.shares_path(), {'share': {'share_id': share}},
                               version='compute 2.97')
        tap.expect(reply.status, 201, 'status of %r' % reply)
        wait_for(lambda: self.user.get(self.shares_path(share), version='compute 2.97')
                 .body['share']['status'] == 'inactive', 'the share to be attached')

    def detach_share(self, share):
        reply = self.user.delete(self.shares_path(share), version='compute 2.97')
        assert reply.status in (200, 202, 204), reply
        wait_for(lambda: self.user.get(self.shares_path(share),
                                       version='compute 2.97').status == 404,
                 'the share to be detached')

    def volumes(self):
        """Attach one and detach it again: VOLUME_STORY."""
        volume = self.volume()
        self.attach(volume)
        self.detach(volume)
        return volume

    def shares(self):
        """Of a server that is off, and is so again: SHARE_STORY."""
        share = self.share()
        self.attach_share(share)
        self.act('os-start', 'ACTIVE')
        self.act('os-stop', 'SHUTOFF')
        self.detach_share(share)
        return share

    def delete(self):
        tap.expect(self.user.delete(self.path).status, 204, 'delete')
        wait_for(lambda: self.user.get(self.path).status == 404, 'the server to be gone')


def events_of(notices, server):
    """Versioned events of a server, in their order: "create.start" and so on."""
    return [notice['event_type'].split('.', 1)[1] for notice in notices
            if notice['event_type'].startswith('instance.') and
            notice['payload']['nova_object.data']['uuid'] == server]


def volume_events_of(notices, volume):
    return [notice['event_type'] for notice in notices
            if notice['event_type'].startswith('volume.') and
            notice['payload']['volume_id'] == volume]


PUBLIC_KEY = ('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl '
              'story')
