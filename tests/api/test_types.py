#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Volume types with all that belongs to them, and quotas, over several requests."""
import os
import sys
import threading

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

V3 = '/volume/v3'
NEWEST = 'volume 3.71'

cleatd = Cleatd()
demo, alt, admin = (cleatd.user(name) for name in ('demo', 'alt', 'admin'))
for everybody in (demo, alt, admin):
    everybody.token  # pylint: disable=pointless-statement


def ask(method, path, body=None, user=admin, status=None):
    """A request that has to succeed; its body."""
    reply = user.request(method, V3 + path, body, version=NEWEST)
    if status:
        tap.expect(reply.status, status, 'status of %r' % reply)
    else:
        assert reply.status in (200, 202, 204), reply
    return reply.body


def refused(reply, status, message):
    tap.expect((reply.status, reply.message()), (status, message))


def new_type(name, **more):
    return ask('POST', '/types', {'volume_type': dict(name=name, **more)})['volume_type']['id']


def private(name):
    return new_type(name, **{'os-volume-type-access:is_public': False})


def make(user=demo, **wish):
    volume = ask('POST', '/volumes', {'volume': dict({'size': 1}, **wish)}, user)['volume']
    return wait_status(user, '%s/volumes/%s' % (V3, volume['id']), 'volume', 'available')


def drop(*volumes, user=demo):
    for volume in volumes:
        ask('DELETE', '/volumes/' + volume['id'], user=user)
    for volume in volumes:
        path = '%s/volumes/%s' % (V3, volume['id'])
        wait_for(lambda path=path: user.get(path).status == 404, path + ' to be gone')


def drop_type(kind):
    ask('DELETE', '/types/' + kind, status=202)
    tap.expect(admin.get('%s/types/%s' % (V3, kind)).status, 404)


def names(user, query=''):
    return {one['name'] for one in ask('GET', '/types' + query, user=user)['volume_types']}


def quota(user, member, usage=False):
    path = '/os-quota-sets/%s%s' % (user.project_id, '?usage=true' if usage else '')
    return ask('GET', path, user=user)['quota_set'].get(member)


def limit(user, **members):
    ask('PUT', '/os-quota-sets/' + user.project_id, {'quota_set': members})


def a_renamed_type_is_the_same_type():
    kind = new_type('slow')
    volume = make(volume_type='slow')
    limit(demo, volumes_slow=2)
    ask('PUT', '/types/' + kind, {'volume_type': {'name': 'calm'}})
    shown = ask('GET', '/volumes/' + volume['id'], user=demo)['volume']
    tap.expect((shown['volume_type'], shown['volume_type_id']), ('calm', kind))
    tap.expect((quota(demo, 'volumes_calm'), quota(demo, 'volumes_slow')), (2, None))
    refused(demo.post(V3 + '/volumes', {'volume': {'size': 1, 'volume_type': 'slow'}}), 404,
            'Volume type with name slow could not be found.')
    drop(volume, make(volume_type='calm'))
    drop_type(kind)


def a_private_type_is_for_some():
    kind = private('secret')
    assert 'secret' not in names(demo) | names(admin)
    assert 'secret' in names(admin, '?is_public=None')
    access = {'project': demo.project_id}
    ask('POST', '/types/%s/action' % kind, {'addProjectAccess': access}, status=202)
    assert 'secret' in names(demo) and 'secret' not in names(alt)
    drop(make(volume_type='secret'))
    refused(alt.post(V3 + '/volumes', {'volume': {'size': 1, 'volume_type': kind}}), 404,
            'Volume type %s could not be found.' % kind)
    ask('POST', '/types/%s/action' % kind, {'removeProjectAccess': access}, status=202)
    assert 'secret' not in names(demo)
    ask('PUT', '/types/' + kind, {'volume_type': {'is_public': True}})
    assert 'secret' in names(alt)
    drop_type(kind)


def a_project_has_its_default_type():
    kind = new_type('ours')
    path = '/default-types/' + demo.project_id
    ask('PUT', path, {'default_type': {'volume_type': 'ours'}}, status=200)
    tap.expect(ask('GET', '/types/default', user=demo)['volume_type']['name'], 'ours')
    tap.expect(ask('GET', '/types/default', user=alt)['volume_type']['name'], '__DEFAULT__')
    volumes = make(), make(alt)
    tap.expect([volume['volume_type'] for volume in volumes], ['ours', '__DEFAULT__'])
    drop(volumes[0])
    drop(volumes[1], user=alt)
    refused(admin.delete('%s/types/%s' % (V3, kind)), 400,
            'The volume type %s is a default volume type and cannot be deleted.' % kind)
    for _ in range(2):
        ask('DELETE', path, status=204)
    tap.expect(ask('GET', '/types/default', user=demo)['volume_type']['name'], '__DEFAULT__')
    drop_type(kind)


def a_private_default_type_needs_access():
    kind = private('hidden')
    path = '/default-types/' + demo.project_id
    ask('PUT', path, {'default_type': {'volume_type': kind}})
    refused(demo.post(V3 + '/volumes', {'volume': {'size': 1}}), 404,
            'Volume type %s could not be found.' % kind)
    ask('DELETE', path)
    drop_type(kind)


def limits_of_a_type_are_kept():
    kind = new_type('fast')
    first = make(size=2, volume_type='fast')
    limit(demo, volumes_fast=2, gigabytes_fast=5)
    second = make(size=3, volume_type='fast')
    wish = {'volume': {'size': 1, 'volume_type': 'fast'}}
    refused(demo.post(V3 + '/volumes', wish), 413,
            "VolumeLimitExceeded: Maximum number of volumes allowed (2) exceeded for quota "
            "'volumes_fast'.")
    limit(demo, volumes_fast=9)
    too_much = ('VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed '
                'gigabytes_fast quota. Requested 1G, quota is 5G and 5G has been consumed.')
    refused(demo.post(V3 + '/volumes', wish), 413, too_much)
    refused(demo.post('%s/volumes/%s/action' % (V3, first['id']), {'os-extend': {'new_size': 3}}),
            413, too_much)
    drop(make(alt, volume_type='fast'), user=alt)
    drop(second)
    tap.expect(quota(demo, 'gigabytes_fast', usage=True), {'limit': 5, 'in_use': 2, 'reserved': 0})
    drop(first, make(size=3, volume_type='fast'))
    drop_type(kind)
    tap.expect(quota(demo, 'volumes_fast'), None)
    kind = new_type('fast')
    tap.expect(quota(demo, 'volumes_fast'), -1, 'a new type has no limits of an old one')
    drop_type(kind)


def snapshots_count_by_type():
    kind = new_type('kept')
    volume = make(size=2, volume_type='kept')
    limit(demo, snapshots_kept=1, gigabytes_kept=6)
    wish = {'snapshot': {'volume_id': volume['id']}}
    snapshot = ask('POST', '/snapshots', wish, demo)['snapshot']
    path = '%s/snapshots/%s' % (V3, snapshot['id'])
    wait_status(demo, path, 'snapshot', 'available')
    tap.expect([quota(demo, name, usage=True)['in_use'] for name in (
        'snapshots_kept', 'gigabytes_kept', 'volumes_kept')], [1, 4, 1])
    refused(demo.post(V3 + '/snapshots', wish), 413,
            'SnapshotLimitExceeded: Maximum number of snapshots allowed (1) exceeded')
    limit(demo, snapshots_kept=2, gigabytes_kept=5)
    refused(demo.post(V3 + '/snapshots', wish), 413,
            'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed '
            'gigabytes_kept quota. Requested 2G, quota is 5G and 4G has been consumed.')
    tap.expect(demo.delete(path).status, 202)
    wait_for(lambda: demo.get(path).status == 404, 'the snapshot to be gone')
    drop(volume)
    drop_type(kind)


def used(user):
    return [quota(user, name, usage=True)['in_use'] for name in (
        'volumes', 'snapshots', 'gigabytes', 'snapshots___DEFAULT__', 'gigabytes___DEFAULT__')]


def what_is_given_away_counts_elsewhere():
    """The volume goes to another project, its snapshot stays; then the other way round."""
    volume = make(size=2)
    snapshot = ask('POST', '/snapshots', {'snapshot': {'volume_id': volume['id']}}, demo)
    path = '%s/snapshots/%s' % (V3, snapshot['snapshot']['id'])
    wait_status(demo, path, 'snapshot', 'available')
    tap.expect((used(demo), used(alt)), ([1, 1, 4, 1, 4], [0, 0, 0, 0, 0]))
    offer = ask('POST', '/volume-transfers', {'transfer': {
        'volume_id': volume['id'], 'no_snapshots': True}}, demo)['transfer']
    ask('POST', '/volume-transfers/%s/accept' % offer['id'],
        {'accept': {'auth_key': offer['auth_key']}}, alt)
    tap.expect((used(demo), used(alt)), ([0, 1, 2, 1, 2], [1, 0, 2, 0, 2]))
    tap.expect(demo.delete(path).status, 202)
    wait_for(lambda: demo.get(path).status == 404, 'the snapshot to be gone')
    drop(volume, user=alt)
    tap.expect((used(demo), used(alt)), ([0, 0, 0, 0, 0], [0, 0, 0, 0, 0]))


def the_class_of_all_gives_defaults():
    classes = '/os-quota-class-sets/default'
    ask('PUT', classes, {'quota_class_set': {'volumes': 1, 'gigabytes___DEFAULT__': 3}})
    tap.expect(ask('GET', classes)['quota_class_set']['volumes'], 1)
    defaults = ask('GET', '/os-quota-sets/%s/defaults' % demo.project_id, user=demo)['quota_set']
    tap.expect((defaults['volumes'], defaults['gigabytes___DEFAULT__']), (1, 3))
    volume = make(alt, size=3)
    refused(alt.post(V3 + '/volumes', {'volume': {'size': 1}}), 413,
            'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed '
            'gigabytes___DEFAULT__ quota. Requested 1G, quota is 3G and 3G has been consumed.')
    limit(alt, gigabytes___DEFAULT__=-1)
    refused(alt.post(V3 + '/volumes', {'volume': {'size': 1}}), 413,
            "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota "
            "'volumes'.")
    limit(alt, volumes=2)
    drop(volume, make(alt), user=alt)
    ask('DELETE', '/os-quota-sets/' + alt.project_id)
    tap.expect((quota(alt, 'volumes'), quota(alt, 'gigabytes___DEFAULT__')), (1, 3))
    ask('PUT', classes, {'quota_class_set': {'volumes': 10, 'gigabytes___DEFAULT__': -1}})


def a_type_is_made_once():
    replies = []

    def one():
        replies.append(admin.post(V3 + '/types', {'volume_type': {'name': 'once'}}))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.expect(sorted(reply.status for reply in replies), [200] + [409] * 7)
    kind, = (reply.body['volume_type']['id'] for reply in replies if reply.status == 200)
    drop_type(kind)


def qos_goes_from_type_to_type():
    kinds = new_type('one'), new_type('two')
    qos = ask('POST', '/qos-specs', {'qos_specs': {
        'name': 'gold', 'consumer': 'front-end', 'read_iops_sec': '9'}})['qos_specs']['id']
    for kind in kinds * 2:
        ask('GET', '/qos-specs/%s/associate?vol_type_id=%s' % (qos, kind), status=202)
        tap.expect(ask('GET', '/types/' + kind)['volume_type']['qos_specs_id'], qos)
    assert 'qos_specs_id' not in ask('GET', '/types/' + kinds[0], user=demo)['volume_type']
    ask('GET', '/qos-specs/%s/disassociate?vol_type_id=%s' % (qos, kinds[0]), status=202)
    left, = ask('GET', '/qos-specs/%s/associations' % qos)['qos_associations']
    tap.expect(left, {'association_type': 'volume_type', 'id': kinds[1], 'name': 'two'})
    ask('PUT', '/qos-specs/' + qos, {'qos_specs': {'consumer': 'both', 'a': 'b'}})
    ask('PUT', '/qos-specs/%s/delete_keys' % qos, {'keys': ['read_iops_sec']}, status=202)
    shown = ask('GET', '/qos-specs/' + qos)['qos_specs']
    tap.expect(shown, {'id': qos, 'name': 'gold', 'consumer': 'both', 'specs': {'a': 'b'}})
    tap.expect(admin.delete('%s/qos-specs/%s' % (V3, qos)).status, 400)
    ask('DELETE', '/qos-specs/%s?force=True' % qos, status=202)
    tap.expect(ask('GET', '/types/' + kinds[1])['volume_type']['qos_specs_id'], None)
    for kind in kinds:
        drop_type(kind)


def front_end_limits_reach_the_host():
    kind = new_type('limited')
    qos = ask('POST', '/qos-specs', {'qos_specs': {
        'name': 'silver', 'consumer': 'back-end', 'read_iops_sec_per_gb': '7',
        'read_iops_sec_per_gb_min': '10'}})['qos_specs']['id']
    ask('GET', '/qos-specs/%s/associate?vol_type_id=%s' % (qos, kind))
    volume = make(volume_type='limited', size=2)
    for consumer, seen in (('back-end', None), ('front-end', {'read_iops_sec': 14}),
                           ('both', {'read_iops_sec': 14})):
        ask('PUT', '/qos-specs/' + qos, {'qos_specs': {'consumer': consumer}})
        attachment = ask('POST', '/attachments', {'attachment': {
            'volume_uuid': volume['id'], 'connector': {'host': 'h', 'ip': '127.0.0.1'}}},
            demo)['attachment']
        tap.expect(attachment['connection_info']['qos_specs'], seen, consumer)
        ask('DELETE', '/attachments/' + attachment['id'], user=demo)
    drop(volume)
    drop_type(kind)
    ask('DELETE', '/qos-specs/' + qos)


def a_deleted_project_leaves_nothing_behind():
    kind = private('theirs')
    project = admin.post('/identity/v3/projects', {'project': {'name': 'gone'}})
    project = project.body['project']['id']
    ask('POST', '/types/%s/action' % kind, {'addProjectAccess': {'project': project}})
    ask('PUT', '/default-types/' + project, {'default_type': {'volume_type': kind}})
    tap.expect(admin.delete('/identity/v3/projects/' + project).status, 204)
    tap.expect(ask('GET', '/types/%s/os-volume-type-access' % kind), {'volume_type_access': []})
    drop_type(kind)


def end():
    cleatd.__exit__()


tap.run('types', [
    a_renamed_type_is_the_same_type, a_private_type_is_for_some, a_project_has_its_default_type,
    a_private_default_type_needs_access, limits_of_a_type_are_kept, snapshots_count_by_type,
    what_is_given_away_counts_elsewhere,
    the_class_of_all_gives_defaults, a_type_is_made_once, qos_goes_from_type_to_type,
    front_end_limits_reach_the_host,
    a_deleted_project_leaves_nothing_behind,
], cleanup=end)
