#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The compute API over HTTP, beside what the cases show."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd  # noqa: E402

COMPUTE = '/compute/v2.1'

cleatd = Cleatd()
demo, admin = cleatd.user('demo'), cleatd.user('admin')


def refused(reply, status, message, key='badRequest'):
    tap.expect(reply.body, {key: {'code': status, 'message': message}})
    tap.expect(reply.status, status)


def flavor_ids_are_plain():
    def make(flavor_id):
        return admin.post(COMPUTE + '/flavors', {'flavor': {
            'name': 'odd', 'id': flavor_id, 'ram': 64, 'vcpus': 1, 'disk': 0}})

    for bad in ('../x', 'a/b', ' x', 'x ', '\u00e4', 'a?b'):
        refused(make(bad), 400,
                "Invalid input for field/attribute id. Value: %s. '%s' does not match "
                "'^(?! )[a-zA-Z0-9. _-]+(?<! )$'" % (bad, bad))
    tap.expect(make('x' * 256).status, 400)
    for good in ('m1.tiny', 'two words_2', 'x' * 255, 12, None, 'auto'):
        reply = make(good)
        tap.expect(reply.status, 200, 'status of %r' % reply)
        tap.expect(admin.delete(COMPUTE + '/flavors/' + reply.body['flavor']['id'].replace(
            ' ', '%20')).status, 202)


def quotas_are_set_and_reset():
    assert demo.token
    path = COMPUTE + '/os-quota-sets/' + demo.project_id
    at = {'version': 'compute 2.57'}
    default = {'instances': 10, 'cores': 20, 'ram': 51200, 'metadata_items': 128,
               'key_pairs': 100, 'server_groups': 10, 'server_group_members': 10}
    with_id = dict(default, id=demo.project_id)
    tap.expect(demo.get(path, **at).body, {'quota_set': with_id})
    tap.expect(demo.get(path + '/defaults', **at).body, {'quota_set': with_id})
    assert demo.get(path).body['quota_set']['fixed_ips'] == -1
    tap.expect(demo.put(path, {'quota_set': {'cores': 1}}).status, 403)
    tap.expect(demo.delete(path).status, 403)
    changed = admin.put(path, {'quota_set': {'cores': '45', 'ram': -1}}, **at)
    tap.expect((changed.status, changed.body),
               (200, {'quota_set': dict(default, cores=45, ram=-1)}))
    tap.expect(demo.get(path + '/detail', **at).body['quota_set']['cores'],
               {'in_use': 0, 'limit': 45, 'reserved': 0})
    for bad in ({'cores': -2}, {'cores': 'many'}, {'cores': None}, {'unknown': 1}, {'cores': 2.5}):
        tap.expect(admin.put(path, {'quota_set': bad}).status, 400, repr(bad))
    tap.expect(admin.put(path, {}).message(), "'quota_set' is a required property")
    tap.expect(admin.put(path + '?user_id=x', {'quota_set': {'cores': 1}}).status, 400)
    # Never below what is used, unless somebody insists.
    image = demo.get('/image/v2/images').body['images'][0]['id']
    made = demo.post(COMPUTE + '/servers', {'server': {
        'name': 'x', 'imageRef': image, 'flavorRef': '1'}})
    tap.expect(made.status, 202, repr(made))
    refused(admin.put(path, {'quota_set': {'cores': 7, 'instances': 0}}), 400,
            'Quota limit 0 for instances must be greater than or equal to already used and '
            'reserved 1.')
    tap.expect(demo.get(path).body['quota_set']['cores'], 45)  # all or nothing
    tap.expect(admin.put(path, {'quota_set': {'instances': 0, 'force': 'True'}}).status, 200)
    refused(demo.post(COMPUTE + '/servers', {'server': {
        'name': 'x', 'imageRef': image, 'flavorRef': '1'}}), 403,
            'Quota exceeded for instances: Requested 1, but already used 1 of 0 instances',
            'forbidden')
    tap.expect(admin.delete(path).status, 202)
    tap.expect(demo.get(path, **at).body, {'quota_set': with_id})


tap.run('compute', [flavor_ids_are_plain, quotas_are_set_and_reset],
        cleanup=lambda: cleatd.__exit__())
