#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The body of POST /servers but for its disks: members by version, their limits, who may send
them, and the exact words of each refusal."""
import os
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
from volumelib import NOBODY, refused, tap, wait_for  # noqa: E402
from lib import Cleatd  # noqa: E402

SERVERS = '/compute/v2.1/servers'

cleatd = Cleatd()
demo, reader, admin = (cleatd.user(name) for name in ('demo', 'reader', 'admin'))
IMAGE = demo.get('/image/v2/images').body['images'][0]['id']
HOST = admin.get('/compute/v2.1/os-services').body['services'][0]['host']


def wish(minor=104, user=demo, hints=None, **members):
    body = {'name': 'body', 'imageRef': IMAGE, 'flavorRef': '1', **members}
    if minor >= 37:
        body.setdefault('networks', 'none')
    whole = {'server': body}
    if hints is not None:
        whole['os:scheduler_hints'] = hints
    return user.post(SERVERS, whole, version='compute 2.%d' % minor)


def made(reply, user=demo):
    """What the server says of itself once it is built; then it is deleted."""
    tap.expect(reply.status, 202, 'status of %r' % reply)
    identity = reply.body['server']['id']
    path = '%s/%s' % (SERVERS, identity)
    tap.expect(reply.headers['location'].rsplit('/', 2)[1:], ['servers', identity], 'location')
    wait_for(lambda: user.get(path).body['server']['status'] == 'ACTIVE', 'the server')
    shown = admin.get(path, version='compute 2.104').body['server']
    tap.expect(user.delete(path).status, 204, 'delete')
    wait_for(lambda: user.get(path).status == 404, 'the server to be gone')
    return shown


def bad(minor=104, **members):
    reply = wish(minor, **members)
    tap.expect(reply.status, 400, 'answer to %r: %r' % (members, reply))


def members_since():
    for name, value, since in (
            ('description', 'words', 19), ('tags', ['a'], 52),
            ('trusted_image_certificates', ['a'], 63), ('hostname', 'host-1', 90)):
        bad(since - 1, **{name: value})
        made(wish(since, **{name: value}))
    bad(36, networks='none')
    tap.expect(demo.post(SERVERS, {'server': {'name': 'x', 'imageRef': IMAGE, 'flavorRef': '1'}},
                         version='compute 2.37').status, 400, 'networks are needed from 2.37 on')


def host_names():
    for name in ('-a', 'a-', 'a', 'a.b', 'a' * 64, 'a_b'):
        bad(93, hostname=name)
    for name in ('a', 'aa..bb', '.aa', 'a' * 256, 'a_b'):
        bad(94, hostname=name)
    shown = made(wish(94, hostname='db-1.example.org'))
    tap.expect(shown['OS-EXT-SRV-ATTR:hostname'], 'db-1.example.org', 'hostname')
    refused(wish(90, hostname='host', min_count=2), 400,
            'Unable to allocate a single hostname to multiple instances')


def networks():
    for minor in (36, 37):
        refused(wish(minor, networks=[{'uuid': NOBODY}]), 400,
                'Network %s could not be found.' % NOBODY)
        refused(wish(minor, networks=[{'port': NOBODY}]), 400,
                'Port id %s could not be found.' % NOBODY)
        refused(wish(minor, networks=[{}]), 400,
                "Invalid input received: Bad network format: missing 'uuid'")
        bad(minor, networks=[{'uuid': 'x'}])
        bad(minor, networks='some')
        bad(minor, networks=[{'uuid': NOBODY, 'surplus': 1}])
    bad(36, networks='auto')
    for minor, tagged in ((31, False), (32, True), (36, True), (37, False), (42, True)):
        message = wish(minor, networks=[{'uuid': NOBODY, 'tag': 'a'}]).message()
        tap.expect('could not be found' in message, tagged, 'tag at 2.%d: %s' % (minor, message))
    made(wish(36, networks=[]))
    made(wish(networks='auto'))


def zones_and_hosts():
    gone = 'Compute host nowhere could not be found.'
    denied = "Policy doesn't allow os_compute_api:servers:create:%s to be performed."
    refused(wish(availability_zone='moon'), 400,
            'The requested availability zone is not available')
    refused(wish(availability_zone='nova:%s' % HOST), 403, denied % 'forced_host')
    refused(wish(user=admin, availability_zone='nova:nowhere'), 400, gone)
    refused(wish(user=admin, availability_zone='a:b:c:d'), 400,
            'Invalid input received: Unable to parse availability_zone')
    for member in ('host', 'hypervisor_hostname'):
        bad(73, **{member: HOST})
        refused(wish(74, **{member: HOST}), 403, denied % 'requested_destination')
        refused(wish(74, user=admin, **{member: 'nowhere'}), 400, gone)
        shown = made(wish(74, user=admin, **{member: HOST}), admin)
        tap.expect(shown['pinned_availability_zone'], None, 'zone')
    shown = made(wish(user=admin, availability_zone='nova:%s:%s' % (HOST, HOST)), admin)
    tap.expect(shown['pinned_availability_zone'], 'nova', 'zone')


def certificates():
    for value in ([], 'x', [''], ['a' * 256], list(map(str, range(51)))):
        bad(63, trusted_image_certificates=value)
    shown = made(wish(63, trusted_image_certificates=['one', 'two']))
    tap.expect(shown['trusted_image_certificates'], ['one', 'two'], 'certificates')
    shown = made(wish(63, trusted_image_certificates=None))
    tap.expect(shown['trusted_image_certificates'], None, 'none')
    root = {'source_type': 'image', 'destination_type': 'volume', 'uuid': IMAGE,
            'volume_size': 1, 'boot_index': 0}
    refused(wish(imageRef='', trusted_image_certificates=['a'], block_device_mapping_v2=[root]),
            400, 'Image certificate validation is not supported when booting from volume')


def counts():
    refused(wish(min_count=3, max_count=2), 400, 'min_count must be <= max_count')
    for value in (0, -1, 'x', '0'):
        bad(min_count=value)
    refused(wish(max_count='11'), 403,
            'Quota exceeded for instances: Requested 11, but already used 0 of 10 instances')
    reply = wish(min_count='2', return_reservation_id=True)
    tap.expect(list(reply.body), ['reservation_id'], 'answer')
    tap.expect(reply.body['reservation_id'][:2], 'r-', 'reservation')
    path = SERVERS + '/detail?reservation_id=' + reply.body['reservation_id']
    rows = admin.get(path + '&all_tenants=1').body['servers']
    tap.expect(sorted(row['name'] for row in rows), ['body-1', 'body-2'], 'servers')
    for row in rows:
        tap.expect(demo.delete('%s/%s' % (SERVERS, row['id'])).status, 204, 'delete')
    wait_for(lambda: not demo.get(SERVERS).body['servers'], 'servers to be gone')


def small_members():
    reply = wish(security_groups=[{'name': 'web'}], adminPass='secret',
                 flavorRef='http://elsewhere/flavors/1', **{'OS-DCF:diskConfig': 'AUTO'})
    tap.expect(reply.body['server']['security_groups'], [{'name': 'web'}], 'groups')
    tap.expect(reply.body['server']['adminPass'], 'secret', 'password')
    tap.expect(reply.body['server']['OS-DCF:diskConfig'], 'AUTO', 'disk config')
    made(reply)
    reply = wish()
    tap.expect(reply.body['server']['security_groups'], [{'name': 'default'}], 'groups')
    tap.expect(len(reply.body['server']['adminPass']), 12, 'password')
    made(reply)
    for members in ({'name': ''}, {'name': 'a' * 256}, {'name': ' a'}, {'metadata': {'a/b': 'x'}},
                    {'metadata': {'a': 1}}, {'OS-DCF:diskConfig': 'auto'}, {'accessIPv4': 'x'},
                    {'user_data': '!'}, {'security_groups': [{'id': 'x'}]}, {'config_drive': 2},
                    {'imageRef': 'x'}, {'surplus': 1}, {'key_name': ''}, {'flavorRef': ''}):
        bad(**members)
    refused(wish(imageRef=NOBODY), 400, 'Can not find requested image')
    refused(wish(flavorRef='77'), 400, 'Flavor 77 could not be found.')
    refused(wish(key_name='none'), 400, 'Invalid key_name provided.')
    tap.expect(wish(user=reader).status, 403, 'a reader')


def by_its_older_path():
    body = {'server': {'name': 'old', 'imageRef': IMAGE, 'flavorRef': '1', 'networks': 'none'}}
    path = '/compute/v2.1/os-volumes_boot'
    made(demo.post(path, body, version='compute 2.102'))
    tap.expect(demo.post(path, body, version='compute 2.103').status, 404, 'from 2.103 on')


tap.run('server create', [
    members_since, host_names, networks, zones_and_hosts, certificates, counts, small_members,
    by_its_older_path,
], cleanup=cleatd.__exit__)
