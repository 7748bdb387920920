#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Block storage takes the requests of the reference's samples, and its replies have the members and
types of the samples' at every microversion.

See samples/README.md. A sample of a reply holds from its version up to the one before the next of
the same name.
"""
import glob
import json
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402
from samplelib import differences  # noqa: E402
from volumelib import V3, at, make, refused  # noqa: E402

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'samples', 'volume')
NEWEST = 71
# Objects whose keys are the user's, and those that a driver fills.
FREE = {'metadata', 'meta', 'extra_specs', 'connection_info', 'capabilities', 'reference',
        'source_reference'}

cleatd = Cleatd()
demo, admin = cleatd.user('demo'), cleatd.user('admin')
sent = set()


# --- how things are asked for ---

def load(name):
    with open(os.path.join(SAMPLES, name + '.json'), encoding='utf-8') as file:
        return json.load(file)


def body(name, /, **changes):
    """What the sample sends; these members of its object have our ids."""
    sent.add(name)
    whole = load(name)
    if changes:
        inner = next(iter(whole.values()))
        assert set(changes) <= set(inner), (name, changes)
        inner.update(changes)
    return whole


def ask(method, path, content=None, minor=NEWEST):
    return admin.request(method, V3 + path, content, version=at(minor))


def well(reply):
    assert reply.status in (200, 202, 204), reply
    return reply


def get(path):
    return lambda minor: ask('GET', path, minor=minor)


def send(method, path, name, /, **changes):
    return lambda minor: ask(method, path, body(name, **changes), minor)


def act(path, name, /, minor=NEWEST, **changes):
    return ask('POST', path + '/action', body(name, **changes), minor)


def available(path, key='volume', seconds=60):
    return wait_status(admin, V3 + path, key, 'available', seconds)


def gone(path):
    wait_for(lambda: ask('GET', path).status == 404, path + ' to be gone')


def a_volume():
    return '/volumes/' + make(admin)['id']


def identifier(path):
    return path.rsplit('/', 1)[1]


# --- what there is to ask about ---

def made_type(**more):
    return '/types/' + well(ask('POST', '/types', body(
        'volume_types/volume-type-create-request', **more))).body['volume_type']['id']


def made_snapshot(minor=NEWEST):
    return well(ask('POST', '/snapshots', body(
        'snapshots/snapshot-create-request', volume_id=identifier(VOLUME)), minor))


demo.token, admin.token
well(ask('PUT', '/os-quota-sets/' + admin.project_id,
         {'quota_set': {'volumes': 200, 'snapshots': 200}}))
TYPE = made_type()
PRIVATE = made_type(name='private', **{'os-volume-type-access:is_public': False})
ENCRYPTION = TYPE + '/encryption'
VOLUME = a_volume()
SNAPSHOT = '/snapshots/' + made_snapshot().body['snapshot']['id']
available(SNAPSHOT, 'snapshot')
ATTACHED = a_volume()
HOST = ask('GET', VOLUME).body['volume']['os-vol-host-attr:host'].replace('#', '%23')
FAST = made_type(name='fast')
QUOTAS = '/os-quota-sets/' + admin.project_id
DEFAULT_TYPE = '/default-types/' + demo.project_id


def create_volume(minor):
    reply = ask('POST', '/volumes', body('volumes/volume-create-request'), minor)
    path = '/volumes/' + well(reply).body['volume']['id']
    available(path)
    well(act(path, 'volume_actions/volume-force-delete-request', minor))
    gone(path)
    return reply


def create_snapshot(minor):
    reply = made_snapshot(minor)
    path = '/snapshots/' + reply.body['snapshot']['id']
    available(path, 'snapshot')
    well(act(path, 'snapshots/snapshot-force-delete-request', minor))
    gone(path)
    return reply


def connect(minor):
    """A volume with an attachment that has a connector, and the answer that made it."""
    reply = ask('POST', '/attachments', body(
        'attachments/attachment-create-request', volume_uuid=identifier(ATTACHED)), minor)
    return '/attachments/' + well(reply).body['attachment']['id'], reply


def disconnect(path):
    well(ask('DELETE', path))
    available(ATTACHED)


def with_attachment(question):
    def asked(minor):
        path, made = connect(minor)
        reply = question(path, made, minor)
        disconnect(path)
        return reply
    return asked


def update_attachment(minor):
    made = well(ask('POST', '/attachments', {'attachment': {
        'volume_uuid': identifier(ATTACHED)}}, minor)).body['attachment']
    path = '/attachments/' + made['id']
    reply = ask('PUT', path, body('attachments/attachment-update-request'), minor)
    if minor >= 44:
        tap.expect(act(path, 'attachments/attachment-complete', minor).status, 204, 'complete')
    disconnect(path)
    return reply


def create_type(_):
    reply = well(ask('POST', '/types', body('volume_types/volume-type-create-request', name='x')))
    well(ask('DELETE', '/types/' + reply.body['volume_type']['id']))
    return reply


def create_encryption(minor):
    reply = ask('POST', ENCRYPTION, body('volume_types/encryption-type-create-request'), minor)
    well(ask('DELETE', '%s/%s' % (ENCRYPTION, well(reply).body['encryption']['encryption_id'])))
    return reply


def with_encryption(question):
    """The path of the record, which is there while this is asked."""
    def asked(minor):
        made = well(ask('POST', ENCRYPTION, body('volume_types/encryption-type-create-request')))
        path = '%s/%s' % (ENCRYPTION, made.body['encryption']['encryption_id'])
        reply = question(path, minor)
        well(ask('DELETE', path))
        return reply
    return asked


def show_access(minor):
    for name in ('volume-type-access-add-request', 'volume-type-access-delete-request'):
        well(act(PRIVATE, 'volume_types/' + name, project=demo.project_id))
        if 'add' in name:
            reply = ask('GET', PRIVATE + '/os-volume-type-access', minor=minor)
    return reply


def with_default_type(question):
    def asked(minor):
        set_default_type(minor)
        return question(minor)
    return asked


def set_default_type(minor):
    return ask('PUT', DEFAULT_TYPE, body('volume_types/set-default-type-request',
                                         volume_type=identifier(TYPE)), minor)


def set_image_metadata(minor):
    return act(UPLOADED, 'volume_actions/volume-image-metadata-set-request', minor)


def show_image_metadata(minor):
    set_image_metadata(minor)
    well(act(UPLOADED, 'volume_actions/volume-image-metadata-unset-request', minor))
    return act(UPLOADED, 'volume_actions/image-metadata-show-request', minor)


def upload(minor):
    reply = well(act(UPLOADED, 'volume_actions/volume-upload-to-image-request', minor))
    available(UPLOADED, seconds=300)
    image = '/image/v2/images/' + reply.body['os-volume_upload_image']['image_id']
    tap.expect(admin.delete(image).status, 204, 'deletion of the image')
    return reply


def root(_):
    return admin.get('/volume/')


UPLOADED = a_volume()
ACTIONS = 'volume_actions/'
META = 'snapshots/snapshot-metadata-'
OF_VOLUME = 'volumes/volume-metadata-'
TYPES = 'volume_types/'

# {sample of a reply: (first version, how it is asked for)}
ASK = {
    'attachments/attachment-create-response': (27, with_attachment(lambda path, made, minor: made)),
    'attachments/attachment-show-response': (
        27, with_attachment(lambda path, made, minor: ask('GET', path, minor=minor))),
    'attachments/attachment-list-response': (
        27, with_attachment(lambda path, made, minor: ask('GET', '/attachments', minor=minor))),
    'attachments/attachment-list-detailed-response': (27, with_attachment(
        lambda path, made, minor: ask('GET', '/attachments/detail', minor=minor))),
    'attachments/attachment-update-response': (27, update_attachment),
    'limits/limits-show-response': (0, get('/limits')),
    'others/availability-zone-list-response': (0, get('/os-availability-zone')),
    'others/extensions-list-response': (0, get('/extensions')),
    'others/pools-list-detailed-response': (0, get('/scheduler-stats/get_pools?detail=true')),
    'others/resource-filters-list-response': (33, get('/resource_filters')),
    'others/services-list-response': (7, get('/os-services?binary=cinder-volume')),
    'quota_sets/quotas-show-response': (0, get(QUOTAS)),
    'quota_sets/quotas-show-defaults-response': (0, get(QUOTAS + '/defaults')),
    'quota_sets/quotas-show-usage-response': (0, get(QUOTAS + '?usage=true')),
    'quota_sets/quotas-update-response': (
        0, send('PUT', '/os-quota-sets/' + demo.project_id, 'quota_sets/quotas-update-request')),
    'snapshots/snapshot-create-response': (0, create_snapshot),
    'snapshots/snapshot-show-response': (0, get(SNAPSHOT)),
    'snapshots/snapshot-update-response': (
        0, send('PUT', SNAPSHOT, 'snapshots/snapshot-update-request')),
    'snapshots/snapshots-list-response': (0, get('/snapshots')),
    'snapshots/snapshots-list-detailed-response': (0, get('/snapshots/detail')),
    'snapshots/snapshot-manage-list-response': (8, get('/manageable_snapshots?host=' + HOST)),
    'snapshots/snapshot-manage-list-detail-response': (
        8, get('/manageable_snapshots/detail?host=' + HOST)),
    META + 'create-response': (0, send('POST', SNAPSHOT + '/metadata', META + 'create-request')),
    META + 'show-response': (0, get(SNAPSHOT + '/metadata')),
    META + 'show-key-response': (0, get(SNAPSHOT + '/metadata/key')),
    META + 'update-response': (0, send('PUT', SNAPSHOT + '/metadata', META + 'update-request')),
    META + 'update-key-response': (
        0, send('PUT', SNAPSHOT + '/metadata/key', META + 'update-key-request')),
    'versions/versions-response': (0, root),
    'versions/version-show-response': (0, get('/')),
    'volume_actions/image-metadata-show-response': (0, show_image_metadata),
    'volume_actions/volume-image-metadata-update-response': (0, set_image_metadata),
    'volume_actions/volume-upload-to-image-response': (NEWEST, upload),
    TYPES + 'encryption-type-create-response': (0, create_encryption),
    TYPES + 'encryption-type-show-response': (
        0, with_encryption(lambda path, minor: ask('GET', ENCRYPTION, minor=minor))),
    TYPES + 'encryption-type-specific-specs-show-response': (
        0, with_encryption(lambda path, minor: ask('GET', ENCRYPTION + '/cipher', minor=minor))),
    TYPES + 'encryption-type-update-response': (0, with_encryption(
        lambda path, minor: ask('PUT', path, body(TYPES + 'encryption-type-update-request'),
                                minor))),
    TYPES + 'get-default-type-response': (62, with_default_type(get(DEFAULT_TYPE))),
    TYPES + 'get-default-types-response': (62, with_default_type(get('/default-types'))),
    TYPES + 'set-default-type-response': (62, set_default_type),
    TYPES + 'volume-type-access-list-response': (0, show_access),
    TYPES + 'volume-type-all-extra-specs-show-response': (0, get(TYPE + '/extra_specs')),
    TYPES + 'volume-type-create-response': (0, create_type),
    TYPES + 'volume-type-default-response': (0, get('/types/default')),
    TYPES + 'volume-type-extra-specs-create-update-response': (0, send(
        'POST', FAST + '/extra_specs', TYPES + 'volume-type-extra-specs-create-update-request')),
    TYPES + 'volume-type-show-response': (0, get(TYPE)),
    TYPES + 'volume-type-specific-extra-specs-show-response': (
        0, get(TYPE + '/extra_specs/capabilities')),
    TYPES + 'volume-type-specific-extra-specs-update-response': (0, send(
        'PUT', FAST + '/extra_specs/key1',
        TYPES + 'volume-type-specific-extra-specs-update-request')),
    TYPES + 'volume-type-update-response': (
        0, send('PUT', TYPE, TYPES + 'volume-type-update-request')),
    TYPES + 'volume-types-list-response': (0, get('/types')),
    'volumes/volume-create-response': (0, create_volume),
    'volumes/volume-show-response': (0, get(VOLUME)),
    'volumes/volume-update-response': (0, send('PUT', VOLUME, 'volumes/volume-update-request')),
    'volumes/volumes-list-response': (0, get('/volumes')),
    'volumes/volumes-list-detailed-response': (0, get('/volumes/detail')),
    'volumes/volumes-list-summary-response': (36, get('/volumes/summary')),
    OF_VOLUME + 'create-response': (
        0, send('POST', VOLUME + '/metadata', OF_VOLUME + 'create-request')),
    OF_VOLUME + 'show-response': (0, get(VOLUME + '/metadata')),
    OF_VOLUME + 'show-key-response': (0, get(VOLUME + '/metadata/name')),
    OF_VOLUME + 'update-response': (
        0, send('PUT', VOLUME + '/metadata', OF_VOLUME + 'update-request')),
    OF_VOLUME + 'update-key-response': (
        0, send('PUT', VOLUME + '/metadata/name', OF_VOLUME + 'update-key-request')),
}
# What we say beside the reference; limits of each type there is; what the sample of a type that is
# shown has as well.
MORE = {
    'attachments/': {'shared_connections_by_attachment'},
    'quota_sets/': {'%s_%s' % (what, one['name']) for what in ('volumes', 'snapshots', 'gigabytes')
                    for one in ask('GET', '/types?is_public=none').body['volume_types']},
    TYPES + 'volume-type-default': {'os-volume-type-access:is_public'},
}
# What takes long, or a new thing each time: asked for at the ends of what a sample holds for.
SPARSE = {name for name in ASK if 'create' in name or name.startswith('attachments/') or
          'upload' in name}
# Replies of Nova that are among those of Cinder.
FOREIGN = {'quota_sets/user-quotas-show-response', 'quota_sets/user-quotas-update-response'}


def samples():
    """{name: {first version: content}} of the replies"""
    found = {}
    for path in glob.glob(SAMPLES + '/**/*-response*.json', recursive=True):
        name = os.path.relpath(path, SAMPLES)[:-len('.json')]
        version = [part for part in name.replace('-v3.', '/v3.').split('/')
                   if part.startswith('v3.')]
        plain = name.replace(version[0], '').replace('//', '/').rstrip('-') if version else name
        first = int(version[0][3:]) if version else ASK.get(plain, (0,))[0]
        found.setdefault(plain, {})[first] = load(name)
    for content in found['others/services-list-response'].values():
        content['services'] = [one for one in content['services'] if
                               one['binary'] == 'cinder-volume']
    return found


def every_version_of(name, contents):
    def test():
        wrong = []
        starts = sorted(contents)
        more = set().union(*[names for start, names in MORE.items() if name.startswith(start)])
        for first, after in zip(starts, starts[1:] + [NEWEST + 1]):
            minors = range(first, after)
            for minor in [minors[0], minors[-1]] if name in SPARSE else minors:
                reply = ASK[name][1](minor)
                assert reply.status in (200, 202, 300), (minor, reply)
                wrong += ['3.%d %s' % (minor, line) for line in differences(
                    contents[first], reply.body, FREE, more=more)]
        tap.expect(wrong, [])
    test.__name__ = name
    return test


# --- requests whose answers have no body, and those that are refused ---

def each_step_of_an_attachment_of_old():
    path = a_volume()
    instance = load(ACTIONS + 'volume-attach-request')['os-attach']['instance_uuid']
    connection = act(path, ACTIONS + 'volume-initialize-connection-request')
    tap.expect((connection.status, sorted(connection.body['connection_info'])),
               (200, ['data', 'driver_volume_type', 'enforce_multipath']))
    for name in ('terminate-connection', 'reserve', 'unreserve', 'reserve', 'attach',
                 'begin-detaching', 'roll-detaching', 'begin-detaching'):
        tap.expect(act(path, ACTIONS + 'volume-%s-request' % name).status, 202, name)
    attachment, = ask('GET', path).body['volume']['attachments']
    tap.expect(attachment['server_id'].lower(), instance.lower())
    tap.expect(act(path, ACTIONS + 'volume-detach-request',
                   attachment_id=attachment['attachment_id']).status, 202, 'detach')
    available(path)
    tap.expect(act(path, ACTIONS + 'volume-attach-request').status, 202, 'attach')
    attachment, = ask('GET', path).body['volume']['attachments']
    tap.expect(act(path, ACTIONS + 'volume-force-detach-request',
                   attachment_id=attachment['attachment_id']).status, 202, 'force detach')
    available(path)


def each_change_of_a_volume():
    path = a_volume()
    for name, status in (('extend', 202), ('bootable-status-update', 200),
                         ('readonly-update', 202)):
        tap.expect(act(path, '%svolume-%s-request' % (ACTIONS, name)).status, status, name)
        available(path)
    tap.expect(act(path, ACTIONS + 'volume-os-retype-request', new_type='private').status, 202)
    shown = available(path)
    tap.expect((shown['size'], shown['bootable'], shown['metadata']['readonly'],
                shown['volume_type']), (3, 'true', 'True', 'private'))
    snapshot = well(made_snapshot_of(path)).body['snapshot']['id']
    tap.expect(act(path, ACTIONS + 'volume-revert-to-snapshot-request',
                   snapshot_id=snapshot).status, 202, 'revert')
    available(path)
    tap.expect(act(path, ACTIONS + 'volume-status-reset-request').status, 202, 'reset')


def made_snapshot_of(path):
    reply = ask('POST', '/snapshots', body('snapshots/snapshot-create-request',
                                           volume_id=identifier(path)))
    available('/snapshots/' + reply.body['snapshot']['id'], 'snapshot')
    return reply


def each_action_of_a_snapshot():
    path = '/snapshots/' + made_snapshot_of(VOLUME).body['snapshot']['id']
    tap.expect(ask('POST', path + '/action', {'os-reset_status': {'status': 'creating'}}).status,
               202, 'reset')
    for name in ('update', 'reset'):
        reply = act(path, 'snapshots/snapshot-status-%s-request' % name)
        tap.expect(reply.status, 202, '%s: %r' % (name, reply))
    tap.expect(act(path, 'snapshots/snapshot-force-delete-request').status, 202, 'delete')
    gone(path)


def what_is_not_served_is_refused():
    """Moving volumes between hosts, giving them up, other images: there is no such action."""
    path = a_volume()
    for name in ('os-migrate_volume', 'os-migrate_volume_completion', 'os-reimage', 'unmanage'):
        reply = act(path, '%svolume-%s-request' % (ACTIONS, name))
        refused(reply, 400, 'There is no such action: os-%s. Verify the request body and '
                'Content-Type header and try again.' % name.replace('os-', ''))
    available(path)


def what_samples_have_wrong_is_refused():
    """A mountpoint is needed; instances are no quota of ours; no extension waits for an answer."""
    path = a_volume()
    refused(act(path, ACTIONS + 'host-attach-request'), 400,
            'Invalid input for field/attribute os-attach. Value: {"host_name":"my_host"}. '
            "'mountpoint' is a required property")
    refused(ask('PUT', QUOTAS, body('quota_sets/user-quotas-update-request')), 400,
            'Invalid input received: Bad key(s) in quota set: force, instances')
    refused(act(path, ACTIONS + 'volume-os-extend_volume_completion-request'), 400,
            'Invalid volume: Volume %s does not wait for its extension to be completed.' %
            identifier(path))
    available(path)


def every_sample_is_used():
    replies = set(samples())
    tap.expect(sorted(replies ^ set(ASK) ^ FOREIGN), [], 'replies')
    requests = {os.path.relpath(path, SAMPLES)[:-len('.json')]
                for path in glob.glob(SAMPLES + '/**/*.json', recursive=True)
                if '-response' not in path}
    tap.expect(sorted(requests ^ sent), [], 'requests')


tap.run('volume samples', [
    each_step_of_an_attachment_of_old, each_change_of_a_volume, each_action_of_a_snapshot,
    what_is_not_served_is_refused, what_samples_have_wrong_is_refused,
] + [every_version_of(name, contents) for name, contents in sorted(samples().items())
     if name in ASK] + [every_sample_is_used], cleanup=cleatd.__exit__)
