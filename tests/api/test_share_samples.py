#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Replies of shared file systems have the members and types of the reference's samples.

See samples/README.md. All are asked for at the newest version.
"""
import glob
import json
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from samplelib import differences  # noqa: E402
from sharelib import NEWEST, admin, at, cleatd, demo, gone, make  # noqa: E402

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'samples', 'share')
# The last is a text in some samples and a boolean in others.
FREE = {'meta', 'metadata', 'extra_specs', 'required_extra_specs'}
# What samples show that left the shares at 2.9, what came at 2.90, and the driver's own matters.
STALE = {'export_location', 'export_locations', 'encryption_key_ref', 'count'}
# What came after the sample was written.
NEWER = {
    'share': {'user_id', 'progress', 'create_share_from_snapshot_support', 'is_soft_deleted',
              'revert_to_snapshot_support', 'source_share_group_snapshot_member_id',
              'mount_snapshot_support', 'scheduled_to_be_deleted_at', 'source_backup_id',
              'access_rules_status', 'has_replicas', 'replication_type', 'share_server_id'},
    'snapshot': {'metadata', 'provider_location'},
    'export': {'metadata'},
    'services': {'disabled_reason', 'ensuring'},
    'limits': {'maxTotalShareGroups', 'maxTotalShareGroupSnapshots', 'totalShareGroupsUsed',
               'totalShareGroupSnapshotsUsed'},
    'pools': {'replication_domain', 'replication_type'},
    'resource': {'count', 'resource_locks_links'},
    'share-actions': {'state'},
    'share-show-instance': {'share_type_id'},
}

META = {'metadata': {'a': 'b'}}
SHARE = '/shares/' + make(name='sample', metadata={'a': 'b'}, description='d')['id']
EXPORT = '%s/export_locations/%s' % (SHARE, at(
    NEWEST, path=SHARE + '/export_locations').body['export_locations'][0]['id'])


def get(path, user=admin):
    return lambda: at(NEWEST, user, path=path)


def call(method, path, body):
    return lambda: at(NEWEST, admin, method, path, body=body)


def made_snapshot():
    reply = at(NEWEST, method='POST', path='/snapshots', body={'snapshot': {
        'share_id': SHARE.split('/')[2], 'name': 'n', 'metadata': {'a': 'b'}}})
    tap.wait_for('the snapshot', lambda: at(NEWEST, path='/snapshots').body['snapshots'])
    return reply


def create_share():
    reply = at(NEWEST, admin, 'POST', '/shares', body={'share': {
        'share_proto': 'nfs', 'size': 1, 'is_public': True, 'metadata': {'a': 'b'},
        'scheduler_hints': {'same_host': SHARE.split('/')[2]}}})
    make(reply.body['share']['id'], admin)
    at(NEWEST, admin, 'DELETE', '/shares/' + reply.body['share']['id'])
    gone('/shares/' + reply.body['share']['id'], admin)
    return reply


RULE = {'access_type': 'ip', 'access_to': '192.0.2.1', 'metadata': {'a': 'b'}}
MADE_RULE = at(NEWEST, method='POST', path=SHARE + '/action', body={'allow_access': RULE})
RULES = '/share-access-rules'
RULE_PATH = '%s/%s' % (RULES, MADE_RULE.body['access']['id'])
LOCK = {'resource_id': SHARE.split('/')[2], 'resource_type': 'share', 'resource_action': 'delete',
        'lock_reason': 'sample'}
MADE_LOCK = at(NEWEST, method='POST', path='/resource-locks', body={'resource_lock': LOCK})
MADE_SNAPSHOT = made_snapshot()
SNAPSHOT = '/snapshots/' + MADE_SNAPSHOT.body['snapshot']['id']
MADE_TYPE = at(NEWEST, admin, 'POST', '/types', body={'share_type': {
    'name': 'sample', 'description': 'd', 'share_type_access:is_public': False,
    'extra_specs': {'driver_handles_share_servers': 'False', 'snapshot_support': 'True'}}})
TYPE = '/types/' + MADE_TYPE.body['share_type']['id']
assert at(NEWEST, admin, 'POST', TYPE + '/action', body={
    'addProjectAccess': {'project': demo.project_id}}).status == 202
QUOTAS = '/quota-sets/' + demo.project_id
CLASS = '/quota-class-sets/default'

ASK = {
    'availability-zones-list': get('/availability-zones'),
    'export-location-list': get(SHARE + '/export_locations'),
    'export-location-show': get(EXPORT),
    'export-location-set-metadata': call('POST', EXPORT + '/metadata', META),
    'export-location-show-metadata': get(EXPORT + '/metadata'),
    'export-location-show-metadata-item': get(EXPORT + '/metadata/a'),
    'limits': get('/limits'),
    'pools-list': get('/scheduler-stats/pools'),
    'pools-list-detailed': get('/scheduler-stats/pools/detail'),
    'quota-classes-show': get(CLASS),
    'quota-classes-update': call('PUT', CLASS, {'quota_class_set': {'shares': 50}}),
    'quota-show': get(QUOTAS),
    'quota-show-detail': get(QUOTAS + '/detail'),
    'quota-update': call('PUT', QUOTAS, {'quota_set': {'shares': 50}}),
    'resource-lock-create': lambda: MADE_LOCK,
    'resource-lock-get': get('/resource-locks/' + MADE_LOCK.body['resource_lock']['id']),
    'resource-lock-get-all': get('/resource-locks', demo),
    'services-list': get('/services'),
    'share-access-rules-list': get('%s?share_id=%s' % (RULES, SHARE.split('/')[2])),
    'share-access-rules-show': get(RULE_PATH),
    'share-access-rules-update-metadata': call('PUT', RULE_PATH + '/metadata', META),
    'share-actions-grant-access': lambda: MADE_RULE,
    'share-create': create_share,
    'share-instances-list': get('/share_instances'),
    'share-set-metadata': call('POST', SHARE + '/metadata', META),
    'share-show': get(SHARE),
    'share-show-instance': get('/share_instances/' + SHARE.split('/')[2]),
    'share-show-metadata': get(SHARE + '/metadata'),
    'share-show-metadata-item': get(SHARE + '/metadata/a'),
    'share-update': call('PUT', SHARE, {'share': {'display_name': 'sample'}}),
    'shares-list': get('/shares?all_tenants=1&with_count=1'),
    'shares-list-detailed': get('/shares/detail?all_tenants=1&with_count=1'),
    'share-type-create': lambda: MADE_TYPE,
    'share-type-set': call('POST', TYPE + '/extra_specs', {'extra_specs': {'a': 'b'}}),
    'share-type-show': get(TYPE),
    'share-types-default-list': get('/types/default'),
    'share-types-extra-specs-list': get(TYPE + '/extra_specs'),
    'share-types-list': get('/types'),
    'share-types-list-access': get(TYPE + '/share_type_access'),
    'snapshot-create': lambda: MADE_SNAPSHOT,
    'snapshot-show': get(SNAPSHOT),
    'snapshot-show-metadata': get(SNAPSHOT + '/metadata'),
    'snapshot-show-metadata-item': get(SNAPSHOT + '/metadata/a'),
    'snapshots-list': get('/snapshots?all_tenants=1'),
    'snapshots-list-detailed': get('/snapshots/detail?all_tenants=1'),
}


def names():
    return sorted(os.path.basename(path)[:-5] for path in glob.glob(SAMPLES + '/*.json'))


def every_sample_is_asked_for():
    tap.expect(sorted(set(names()) ^ set(ASK)), [])


def newer(name):
    found = set()
    for start, members in NEWER.items():
        if name.startswith(start):
            found |= members
    return found


def like_the_sample(name):
    def test():
        with open(os.path.join(SAMPLES, name + '.json'), encoding='utf-8') as file:
            sample = json.load(file)
        reply = ASK[name]()
        assert reply.status in (200, 202), reply
        tap.expect(list(differences(sample, reply.body, FREE, missing=STALE, more=newer(name))), [])
    test.__name__ = name
    return test


tap.run('share samples', [every_sample_is_asked_for] + [
    like_the_sample(name) for name in names() if name in ASK], cleanup=cleatd.stop)
