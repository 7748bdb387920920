#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What servers ask about themselves: through a proxy that signs, and through their own doors."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
import lib  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

SERVERS = '/compute/v2.1/servers'
VOLUMES = '/volume/v3/volumes'
SECRET = 'shared with proxies'

config = tempfile.NamedTemporaryFile('w', suffix='.conf')
config.write('[metadata]\nshared_secret = %s\nlisten = unix:%s\n' % (SECRET, config.name + '.sock'))
config.flush()
cleatd = Cleatd(args=['--config', config.name])
demo = cleatd.user('demo')
assert demo.token
image = demo.get('/image/v2/images').body['images'][0]['id']


def create(version=None, **members):
    return demo.post(SERVERS, {'server': dict(
        {'name': 'told', 'imageRef': image, 'flavorRef': '1'}, **members)}, version=version)


def boot(**members):
    made = create(**members)
    tap.expect(made.status, 202, repr(made))
    path = SERVERS + '/' + made.body['server']['id']
    wait_status(demo, path, 'server', 'ACTIVE')
    return path


SERVER = boot(user_data=base64.b64encode(b'\x00raw\xff').decode(), metadata={'role': 'db'})
ID = SERVER.rsplit('/', 1)[1]


def sign(text):
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def headers(server=ID, tenant=None, signature=None):
    return {'X-Instance-ID': server, 'X-Tenant-ID': tenant or demo.project_id,
            'X-Instance-ID-Signature': signature or sign(server)}


def ask(path, method='GET', body=None, **more):
    return cleatd.request(method, '/metadata' + path, body, headers(**more))


class Door(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('169.254.169.254')
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(lib.PATIENCE)
        self.sock.connect(self.path)


def through(path, target, method='GET', body=None, sent=None):
    door = Door(path)
    try:
        door.request(method, target, body, sent or {})
        answer = door.getresponse()
        return lib.Reply(answer.status, answer.getheaders(), answer.read())
    finally:
        door.close()


def door_of(server):
    return os.path.join(cleatd.dir, 'guests', server + '.door')


def errors_have_their_texts():
    whole = headers()
    for missing in ('X-Instance-ID', 'X-Instance-ID-Signature', 'X-Tenant-ID'):
        sent = {name: value for name, value in whole.items() if name != missing}
        reply = cleatd.request('GET', '/metadata/openstack', None, sent)
        tap.expect((reply.status, reply.text.strip()),
                   (400, missing + ' header is missing from request.'))
        assert reply.headers['content-type'].startswith('text/plain'), reply.headers
    tap.expect(cleatd.request('GET', '/metadata/openstack').text.strip(),
               'X-Instance-ID header is missing from request.')
    for bad in (sign('another'), sign(ID).upper(), sign(ID)[:-1], 'x', sign(ID) + '0'):
        reply = ask('/openstack', signature=bad)
        tap.expect((reply.status, reply.text.strip()), (403, 'Invalid proxy request signature.'))
    tap.expect(ask('/openstack', tenant='another').status, 404)
    for unknown in ('11111111-2222-3333-4444-555555555555', 'no id', '../../etc'):
        tap.expect(ask('/openstack', server=unknown).status, 404)
    provider = {'X-Metadata-Provider': 'p', 'X-Metadata-Provider-Signature': sign('p')}
    reply = cleatd.request('GET', '/metadata/openstack', None, provider)
    tap.expect((reply.status, reply.text.strip()),
               (400, 'X-Forwarded-For is missing from request.'))
    provider['X-Forwarded-For'] = '10.0.0.1'
    tap.expect(cleatd.request('GET', '/metadata/openstack', None, provider).status, 404)
    provider['X-Metadata-Provider-Signature'] = sign('q')
    tap.expect(cleatd.request('GET', '/metadata/openstack', None, provider).status, 403)
    tap.expect(ask('/latest/meta-data/nothing').status, 404)
    tap.expect(ask('/a/b/c/d/e/f/g/h').status, 404)


def documents_come_with_their_types():
    for path in ('', '/'):
        tap.expect(cleatd.request('GET', '/metadata' + path).text.split('\n')[-1], 'latest')
    reply = ask('/openstack/latest/meta_data.json')
    tap.expect((reply.status, reply.headers['content-type'], reply.body['uuid'],
                reply.body['meta']), (200, 'application/json', ID, {'role': 'db'}))
    data = ask('/openstack/latest/user_data')
    tap.expect((data.status, data.headers['content-type'], int(data.headers['content-length'])),
               (200, 'application/octet-stream', 5))
    tap.expect(ask('/latest/meta-data/instance-id').text, 'i-' + ID[:8])
    again = ask('/openstack/latest/meta_data.json').body
    assert again['random_seed'] != reply.body['random_seed']


def file(path, data):
    return {'path': path, 'contents': base64.b64encode(data).decode()}


def files_of(server):
    """What its metadata names, with what is there."""
    listed = ask('/openstack/latest/meta_data.json', server=server).body.get('files', [])
    return [(row['path'], ask('/openstack' + row['content_path'], server=server).data)
            for row in listed]


def files_are_given_along():
    wanted = [('/etc/motd', b'hello'), ('C:\\x', b'\0\xff' * 5120), ('p' * 255, b'')]
    path = boot(personality=[file(*row) for row in wanted])
    server = path.rsplit('/', 1)[1]
    tap.expect(files_of(server), wanted)
    reply = ask('/openstack/content/0000', server=server)
    tap.expect(reply.headers['content-type'], 'application/octet-stream')
    for none in ('', '/', '/0003', '/0', '/0000/', '/../latest'):
        tap.expect(ask('/openstack/content' + none, server=server).status, 404, none)
    tap.expect(ask('/openstack/content/0000').status, 404)  # another server's
    # A rebuild gives others, or none.
    for more, left in (({'personality': [file('/a', b'a')]}, [('/a', b'a')]), ({}, [])):
        reply = demo.post(path + '/action', {'rebuild': dict(more, imageRef=image)},
                          version='compute 2.56')
        tap.expect(reply.status, 202, repr(reply))
        wait_status(demo, path, 'server', 'ACTIVE')
        tap.expect(files_of(server), left)
    # And the end of the server takes them away.
    tap.expect(demo.delete(boot(personality=[file('/a', b'a')])).status, 204)
    tap.expect(demo.delete(path).status, 204)
    wait_for(lambda: [row['id'] for row in demo.get(SERVERS).body['servers']] == [ID],
             'the end of the servers')
    store = sqlite3.connect('file:%s?mode=ro' % os.path.join(cleatd.dir, 'cleat.db'), uri=True)
    tap.expect(store.execute('SELECT * FROM server_files').fetchall(), [])
    store.close()


def files_have_limits():
    def refused(personality, status, message=None, version=None):
        for reply in (create(version, personality=personality), demo.post(
                SERVER + '/action', {'rebuild': {'imageRef': image, 'personality': personality}},
                version=version)):
            tap.expect(reply.status, status, repr(reply))
            if message:
                tap.expect(reply.message(), message)
    refused([file('/a', b'')] * 6, 403, 'Personality file limit exceeded')
    refused([file('p' * 256, b'')], 403, 'Personality file path exceeds maximum 255')
    refused([file('/a', b'x' * 10241)], 403, 'Personality file content exceeds maximum 10240')
    refused([{'path': '/a', 'contents': 'no base64'}], 400)
    refused([{'path': '/a'}], 400)
    refused([{'path': '', 'contents': ''}], 400)
    refused([dict(file('/a', b''), mode='0644')], 400)
    refused('/a', 400)
    refused([file('/a', b'')], 400, version='compute 2.57')
    shown = demo.get('/compute/v2.1/limits').body['limits']['absolute']
    tap.expect((shown['maxPersonality'], shown['maxPersonalitySize']), (5, 10240))
    # Of a project's own.
    admin, quotas = cleatd.user('admin'), '/compute/v2.1/os-quota-sets/' + demo.project_id
    tap.expect(admin.put(quotas, {'quota_set': {'injected_files': 1}}).body['quota_set'][
        'injected_files'], 1)
    refused([file('/a', b'')] * 2, 403, 'Personality file limit exceeded')
    tap.expect(admin.put(quotas, {'quota_set': {'injected_files': 1}},
                         version='compute 2.57').status, 400)
    tap.expect(admin.delete(quotas).status, 202)


def devices_are_those_of_now():
    volume = demo.post(VOLUMES, {'volume': {'size': 1}}).body['volume']['id']
    wait_status(demo, VOLUMES + '/' + volume, 'volume', 'available')
    tap.expect(demo.post(SERVER + '/os-volume_attachments', {'volumeAttachment': {
        'volumeId': volume, 'tag': 'database'}}, version='compute 2.49').status, 200)
    wait_status(demo, VOLUMES + '/' + volume, 'volume', 'in-use')
    device, = ask('/openstack/latest/meta_data.json').body['devices']
    tap.expect((device['serial'], device['tags'], device['bus']), (volume, ['database'], 'pci'))
    assert device['address'].startswith('0000:'), device
    assert 'devices' not in ask('/openstack/2015-10-15/meta_data.json').body
    tap.expect(demo.delete(SERVER + '/os-volume_attachments/' + volume).status, 202)
    wait_status(demo, VOLUMES + '/' + volume, 'volume', 'available')
    tap.expect(ask('/openstack/latest/meta_data.json').body['devices'], [])


def a_password_is_left_once():
    path = '/openstack/latest/password'
    tap.expect(ask(path).text, '')
    for method in ('PUT', 'DELETE'):
        tap.expect(ask(path, method, b'x').status, 400)
    reply = ask(path, 'POST', b'x' * 1021)
    tap.expect((reply.status, reply.text.strip()), (400, 'Request is too large.'))
    tap.expect(ask(path, 'POST', b'a\0b').status, 400)
    tap.expect(ask('/openstack/2012-08-10/password', 'POST', b'x').status, 404)
    tap.expect(ask(path, 'POST', b'x' * 1020).status, 200)
    tap.expect(ask(path).text, 'x' * 1020)
    tap.expect(ask(path, 'POST', b'another').status, 409)


def a_door_leads_to_one_server():
    other = boot()
    other_id = other.rsplit('/', 1)[1]
    for server in (ID, other_id):
        reply = through(door_of(server), '/openstack/latest/meta_data.json')
        tap.expect(reply.body['uuid'], server)
    # Whatever it sends, it is who it is.
    lies = dict(headers(), **{'X-Forwarded-For': '127.0.0.1', 'X-Metadata-Provider': 'p'})
    tap.expect(through(door_of(other_id), '/openstack/latest/meta_data.json', sent=lies)
               .body['uuid'], other_id)
    # Nothing else is behind it.
    for path in ('/identity/v3', '/compute/v2.1', '/metrics', '/healthz', '/metadata/openstack'):
        tap.expect(through(door_of(other_id), path).status, 404, path)
    tap.expect(demo.delete(other).status, 204)
    wait_for(lambda: demo.get(other).status == 404, 'the end of the server')
    wait_for(lambda: not os.path.exists(door_of(other_id)), 'the end of its door')


def the_relay_carries_requests():
    relay = [lib.CLEATD, '--relay', door_of(ID)]
    done = subprocess.run(relay, input=b'GET /openstack HTTP/1.1\r\nHost: x\r\n'
                          b'Connection: close\r\n\r\n', capture_output=True,
                          timeout=lib.PATIENCE, check=True)
    assert done.stdout.startswith(b'HTTP/1.1 200 '), done.stdout
    assert done.stdout.endswith(b'latest'), done.stdout


def rude_guests_hurt_nobody():
    junk = (b'\0' * 5000, b'GET /' + b'a' * 40000 + b' HTTP/1.1\r\nHost: x\r\n\r\n',
            b'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', b'POST /openstack/latest/password '
            b'HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n', b'GET /%00/%zz HTTP/1.1\r\n'
            b'Host: x\r\n\r\n', b'GET /' + b'../' * 50 + b'etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n')
    for bytes_ in junk:
        door = Door(door_of(ID))
        door.connect()
        try:
            door.sock.sendall(bytes_)
            door.sock.shutdown(socket.SHUT_WR)
            answer = door.sock.recv(100)
            assert not answer.startswith(b'HTTP/1.1 200'), (bytes_[:50], answer)
        except (BrokenPipeError, ConnectionResetError):
            pass
        door.close()
    held = [Door(door_of(ID)) for _ in range(50)]
    for door in held:
        door.connect()
    tap.expect(through(door_of(ID), '/openstack').status, 200)
    for door in held:
        door.close()


def a_port_of_its_own_serves_proxies():
    path = config.name + '.sock'
    tap.expect(through(path, '/openstack', sent=headers()).status, 200)
    tap.expect(through(path, '/openstack').status, 400)
    tap.expect(through(path, '/compute/v2.1', sent=headers()).status, 404)


def doors_are_there_after_a_crash():
    cleatd.kill()
    assert cleatd.start()

    def knock():
        try:
            return through(door_of(ID), '/openstack').status
        except (ConnectionRefusedError, FileNotFoundError):  # not opened anew yet
            return None
    tap.expect(wait_for(knock, 'a door'), 200)
    assert 'x' * 20 in ask('/openstack/latest/password').text


tap.run('metadata', [
    errors_have_their_texts, documents_come_with_their_types, files_are_given_along,
    files_have_limits, devices_are_those_of_now,
    a_password_is_left_once, a_door_leads_to_one_server, the_relay_carries_requests,
    rude_guests_hurt_nobody, a_port_of_its_own_serves_proxies, doors_are_there_after_a_crash],
    cleanup=lambda: cleatd.__exit__())
