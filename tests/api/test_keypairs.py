#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Key pairs over HTTP, at each version that changed them, and the server that is given one."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd  # noqa: E402

COMPUTE = '/compute/v2.1'
KEYS = COMPUTE + '/os-keypairs'
RSA = ('ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDx8nkQv/zgGgB4rMYmIf+6A4l6Rr+o/6lHBQdW5aYd44bd8Jtt'
       'DCE/F/pNRr0lRE+PiqSPO8nDPHw0010JeMH9gYgnnFlyY3/OcJ02RhIPyyxYpv9FhY+2YiUkpwFOcLImyrxEsYXpD'
       '/0d3ac30bNH6Sw9JD9UZHYcpSxsIbECHw== somebody')
PRINT = '1e:2c:9b:56:79:4b:45:77:f9:ca:7a:98:2c:b0:d5:3c'

cleatd = Cleatd()
demo, alt, admin = cleatd.user('demo'), cleatd.user('alt'), cleatd.user('admin')
assert demo.token and alt.token and admin.token


def at(minor):
    return {'version': 'compute 2.%d' % minor}


def refused(reply, status, message, key='badRequest'):
    tap.expect(reply.body, {key: {'code': status, 'message': message}})


def make(user, minor, **members):
    return user.post(KEYS, {'keypair': members}, **at(minor))


def replies_by_version():
    first = make(demo, 1, name='one', public_key=RSA)
    tap.expect((first.status, first.body), (200, {'keypair': {
        'name': 'one', 'public_key': RSA, 'fingerprint': PRINT, 'user_id': demo.user_id}}))
    second = make(demo, 2, name='two', public_key=RSA, type='ssh')
    tap.expect((second.status, second.body['keypair']['type']), (201, 'ssh'))
    listed = demo.get(KEYS, **at(1))
    tap.expect(listed.body, {'keypairs': [
        {'keypair': {'name': name, 'public_key': RSA, 'fingerprint': PRINT}}
        for name in ('one', 'two')]})
    shown = demo.get(KEYS + '/two', **at(2)).body['keypair']
    created = shown.pop('created_at')
    assert len(created) == 26 and created[10] == 'T', created
    tap.expect(shown, {'name': 'two', 'public_key': RSA, 'fingerprint': PRINT, 'type': 'ssh',
                       'user_id': demo.user_id, 'id': 2, 'deleted': False, 'updated_at': None,
                       'deleted_at': None})
    tap.expect(demo.delete(KEYS + '/one', **at(1)).status, 202)
    tap.expect(demo.delete(KEYS + '/two', **at(2)).status, 204)
    refused(demo.get(KEYS + '/two'), 404, 'Keypair two not found for user ' + demo.user_id,
            'itemNotFound')
    refused(demo.delete(KEYS + '/two'), 404, 'Keypair two not found for user ' + demo.user_id,
            'itemNotFound')


def pairs_are_made_below_2_92():
    made = make(demo, 2, name='made').body['keypair']
    assert made['private_key'].startswith('-----BEGIN RSA PRIVATE KEY-----\n'), made
    assert made['public_key'].startswith('ssh-rsa AAAAB3NzaC1yc2E'), made
    assert 'private_key' not in demo.get(KEYS + '/made').body['keypair']
    windows = make(demo, 91, name='windows', type='x509').body['keypair']
    assert windows['public_key'].startswith('-----BEGIN CERTIFICATE-----\n'), windows
    tap.expect((windows['type'], len(windows['fingerprint'])), ('x509', 59))
    again = make(demo, 92, name='again', type='x509', public_key=windows['public_key'])
    tap.expect(again.body['keypair']['fingerprint'], windows['fingerprint'])
    tap.expect(make(demo, 92, name='none').status, 400)
    for name in ('made', 'windows', 'again'):
        tap.expect(demo.delete(KEYS + '/' + name, **at(2)).status, 204)


def what_is_wrong_is_refused():
    unsafe = 'Keypair data is invalid: Keypair name contains unsafe characters'
    refused(make(demo, 2, name='a@b', public_key=RSA), 400, unsafe)
    refused(make(demo, 92, name='a/b', public_key=RSA), 400, unsafe)
    tap.expect(make(demo, 92, name='me.too@home', public_key=RSA).status, 201)
    refused(make(demo, 92, name='me.too@home', public_key=RSA), 409,
            "Key pair 'me.too@home' already exists.", 'conflictingRequest')
    tap.expect(demo.delete(KEYS + '/me.too%40home').status, 202)
    no_print = 'Keypair data is invalid: failed to generate fingerprint'
    for key in ('', 'ssh-rsa', 'ssh-rsa bad', 'bad', RSA + '\n' + RSA, RSA.replace('AAAAB3', 'B')):
        refused(make(demo, 2, name='k', public_key=key), 400, no_print)
    refused(make(demo, 2, name='k', public_key=RSA, type='x509'), 400, no_print)
    for minor, members in ((1, {'type': 'ssh'}), (2, {'type': 'dsa'}), (9, {'user_id': 'x'}),
                           (2, {'name': ''}), (2, {'name': ' k'}), (2, {'name': 'k' * 256}),
                           (2, {'unknown': 1}), (2, {'public_key': None})):
        reply = make(demo, minor, **dict({'name': 'k', 'public_key': RSA}, **members))
        tap.expect(reply.status, 400, repr((minor, members, reply)))
    tap.expect(demo.get(KEYS + '?unknown=1', **at(75)).status, 400)
    tap.expect(demo.get(KEYS + '/k?unknown=1', **at(75)).status, 400)


def users_have_their_own():
    tap.expect(make(demo, 10, name='mine', public_key=RSA).status, 201)
    tap.expect(alt.get(KEYS).body, {'keypairs': []})
    tap.expect(alt.get(KEYS + '/mine').status, 404)
    of_demo = '?user_id=' + demo.user_id
    for what, policy in ((lambda: alt.get(KEYS + of_demo, **at(10)), 'index'),
                         (lambda: alt.get(KEYS + '/mine' + of_demo, **at(10)), 'show'),
                         (lambda: alt.delete(KEYS + '/mine' + of_demo, **at(10)), 'delete'),
                         (lambda: make(alt, 10, name='x', public_key=RSA, user_id=demo.user_id),
                          'create')):
        refused(what(), 403, "Policy doesn't allow os_compute_api:os-keypairs:%s to be performed."
                % policy, 'forbidden')
    tap.expect(alt.get(KEYS + of_demo, **at(9)).body, {'keypairs': []})  # not yet known
    tap.expect(len(admin.get(KEYS + of_demo, **at(10)).body['keypairs']), 1)
    tap.expect(make(admin, 10, name='gift', public_key=RSA, user_id=demo.user_id).status, 201)
    tap.expect(demo.get(KEYS + '/gift').status, 200)
    for name in ('gift', 'mine'):
        tap.expect(admin.delete(KEYS + '/' + name + of_demo, **at(10)).status, 204)


def lists_come_in_pages():
    for name in ('b', 'a', 'c'):
        tap.expect(make(demo, 2, name=name, public_key=RSA).status, 201)

    def names(reply):
        return [item['keypair']['name'] for item in reply.body['keypairs']]

    page = demo.get(KEYS + '?limit=2', **at(35))
    tap.expect(names(page), ['a', 'b'])
    link = page.body['keypairs_links'][0]
    assert link['rel'] == 'next' and link['href'].endswith('limit=2&marker=b'), link
    rest = demo.get(KEYS + '?limit=2&marker=b', **at(35))
    tap.expect((names(rest), 'keypairs_links' in rest.body), (['c'], False))
    tap.expect(names(demo.get(KEYS + '?limit=1&marker=b', **at(34))), ['a', 'b', 'c'])
    refused(demo.get(KEYS + '?marker=x', **at(35)), 400, 'marker [x] not found')
    tap.expect(demo.get(KEYS + '?limit=x', **at(35)).status, 400)
    tap.expect(names(demo.get(KEYS + '?limit=0', **at(35))), [])
    quota = COMPUTE + '/os-quota-sets/' + demo.project_id
    tap.expect(admin.put(quota, {'quota_set': {'key_pairs': 3}}).status, 200)
    refused(make(demo, 2, name='d', public_key=RSA), 403,
            'Quota exceeded for key_pairs: Requested 1, but already used 3 of 3 key_pairs',
            'forbidden')
    tap.expect(admin.delete(quota).status, 202)
    for name in ('a', 'b', 'c'):
        tap.expect(demo.delete(KEYS + '/' + name).status, 202)


def a_server_keeps_its_key():
    image = demo.get('/image/v2/images').body['images'][0]['id']

    def boot(name):
        return demo.post(COMPUTE + '/servers', {'server': {
            'name': 'x', 'imageRef': image, 'flavorRef': '1', 'key_name': name}})

    tap.expect(make(demo, 2, name='k', public_key=RSA).status, 201)
    tap.expect(make(admin, 2, name='of admin', public_key=RSA).status, 201)
    refused(boot('of admin'), 400, 'Invalid key_name provided.')
    made = boot('k')
    tap.expect(made.status, 202, repr(made))
    server = made.body['server']['id']
    tap.expect(demo.delete(KEYS + '/k').status, 202)
    tap.expect(demo.get(COMPUTE + '/servers/' + server).body['server']['key_name'], 'k')
    refused(boot('k'), 400, 'Invalid key_name provided.')


tap.run('keypairs', [replies_by_version, pairs_are_made_below_2_92, what_is_wrong_is_refused,
                     users_have_their_own, lists_come_in_pages, a_server_keeps_its_key],
        cleanup=lambda: cleatd.__exit__())
