#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Servers on a network of the host's: their addresses, in all places that tell of them, and their
metadata for whoever has the address.

The addresses are of this machine's loopback, so that the test can be each of the guests."""
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
import lib  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

SERVERS = '/compute/v2.1/servers'
SECRET = 'shared with proxies'
MAC = re.compile('52:c1(:[0-9a-f]{2}){4}$')
NEW = 'compute 2.37'

config = tempfile.NamedTemporaryFile('w', suffix='.conf')
config.write('[network]\nbridge = lo\nname = office\nsubnet = 127.20.0.0/24\n'
             'range = 127.20.0.8 - 127.20.0.11\ngateway = 127.20.0.9\ndns = 127.20.0.53\n'
             '[metadata]\nlisten_guests = 127.0.0.1:0\nshared_secret = %s\n' % SECRET)
config.flush()
cleatd = Cleatd(args=['--config', config.name])
demo = cleatd.user('demo')
assert demo.token
IMAGE = demo.get('/image/v2/images').body['images'][0]['id']


def create(networks='auto', **members):
    return demo.post(SERVERS, {'server': dict(
        {'name': 'found', 'imageRef': IMAGE, 'flavorRef': '1', 'networks': networks}, **members)},
        version=NEW)


class Guest:
    """A server, and a client that has its address."""

    def __init__(self, **members):
        made = create(**members)
        tap.expect(made.status, 202, repr(made))
        self.id = made.body['server']['id']
        self.path = SERVERS + '/' + self.id
        shown = wait_status(demo, self.path, 'server', 'ACTIVE')
        self.address = shown['addresses']['office'][0]['addr'] if shown['addresses'] else None

    def ask(self, path, **more):
        return ask(self.address, path, **more)

    def delete(self):
        tap.expect(demo.delete(self.path).status, 204)
        wait_for(lambda: demo.get(self.path).status == 404, 'the end of the server')


def guest_port():
    with open(cleatd.dir + '.log', encoding='utf-8', errors='replace') as log:
        return int(re.findall(r'guests=127\.0\.0\.1:(\d+)', log.read())[-1])


def ask(address, path, method='GET', headers=None):
    connection = http.client.HTTPConnection('127.0.0.1', guest_port(), timeout=60,
                                            source_address=(address, 0))
    try:
        connection.request(method, path, None, headers or {})
        answer = connection.getresponse()
        return lib.Reply(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


def sign(text):
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


ONE, OTHER = Guest(), Guest()


def servers_have_addresses_of_the_range():
    addresses = {ONE.address, OTHER.address}
    tap.expect(len(addresses), 2)
    assert addresses <= {'127.20.0.8', '127.20.0.10', '127.20.0.11'}, addresses
    row, = demo.get(ONE.path).body['server']['addresses']['office']
    tap.expect((row['version'], row['OS-EXT-IPS:type']), (4, 'fixed'))
    assert MAC.match(row['OS-EXT-IPS-MAC:mac_addr']), row
    tap.expect(demo.get(ONE.path + '/ips').body,
               {'addresses': {'office': [{'version': 4, 'addr': ONE.address}]}})
    detail = demo.get(SERVERS + '/detail').body['servers']
    tap.expect({server['addresses']['office'][0]['addr'] for server in detail}, addresses)
    tap.expect(demo.get(ONE.path).body['server']['accessIPv4'], '')


def interfaces_are_listed():
    for version, members in (('2.1', set()), ('2.70', {'tag'})):
        row, = demo.get(ONE.path + '/os-interface',
                        version='compute ' + version).body['interfaceAttachments']
        tap.expect(set(row), {'fixed_ips', 'mac_addr', 'net_id', 'port_id', 'port_state'} | members)
        tap.expect((row['fixed_ips'][0]['ip_address'], row['port_state']), (ONE.address, 'ACTIVE'))


def lists_are_filtered_by_address():
    def found(pattern):
        return {server['id'] for server in
                demo.get('%s?ip=%s' % (SERVERS, pattern)).body['servers']}
    tap.expect(found(ONE.address.replace('.', '%5C.') + '$'), {ONE.id})
    tap.expect(found('127.20'), {ONE.id, OTHER.id})
    tap.expect(found('10.1'), set())
    tap.expect(demo.get(SERVERS + '?ip6=fe80', version=NEW).body['servers'], [])


def a_full_network_is_told_of():
    third = Guest()
    used = demo.get('/compute/v2.1/limits').body['limits']['absolute']['totalInstancesUsed']
    reply = create()
    tap.expect((reply.status, reply.message()),
               (409, 'No fixed IP addresses available for network: office'))
    tap.expect(create(min_count=2).status, 409)
    limits = demo.get('/compute/v2.1/limits').body['limits']['absolute']
    tap.expect(limits['totalInstancesUsed'], used)
    none = Guest(networks='none')
    tap.expect((none.address, demo.get(none.path + '/os-interface').body,
                demo.get(none.path + '/ips').body),
               (None, {'interfaceAttachments': []}, {'addresses': {}}))
    none.delete()
    address = third.address
    third.delete()
    again = Guest()
    tap.expect(again.address, address)
    again.delete()


def dhcp_servers_are_told():
    folder = os.path.join(cleatd.dir, 'dhcp-hosts')
    guest = Guest()
    mac = demo.get(guest.path).body['server']['addresses']['office'][0]['OS-EXT-IPS-MAC:mac_addr']
    with open(os.path.join(folder, guest.id), encoding='ascii') as file:
        tap.expect(file.read(), '%s,%s\n' % (mac, guest.address))
    tap.expect(sorted(os.listdir(folder)), sorted([ONE.id, OTHER.id, guest.id]))
    guest.delete()
    tap.expect(sorted(os.listdir(folder)), sorted([ONE.id, OTHER.id]))


def each_is_told_of_itself():
    for guest in (ONE, OTHER):
        told = guest.ask('/openstack/latest/meta_data.json')
        tap.expect((told.status, told.body['uuid']), (200, guest.id))
        tap.expect(guest.ask('/latest/meta-data/local-ipv4').text, guest.address)
    tap.expect(ONE.ask('/').text.split('\n')[-1], 'latest')
    network = json.loads(ONE.ask('/openstack/latest/network_data.json').text)
    tap.expect((network['networks'][0]['type'], network['networks'][0]['ip_address'],
                network['networks'][0]['netmask'],
                network['networks'][0]['routes'][0]['gateway'], network['services']),
               ('ipv4', ONE.address, '255.255.255.0', '127.20.0.9',
                [{'type': 'dns', 'address': '127.20.0.53'}]))
    tap.expect(network['links'][0]['ethernet_mac_address'][:5], '52:c1')


def whatever_a_guest_sends_it_is_who_it_is():
    lies = {'X-Instance-ID': OTHER.id, 'X-Tenant-ID': demo.project_id,
            'X-Instance-ID-Signature': sign(OTHER.id), 'X-Forwarded-For': OTHER.address,
            'X-Metadata-Provider': 'p', 'X-Metadata-Provider-Signature': sign('p')}
    tap.expect(ONE.ask('/openstack/latest/meta_data.json', headers=lies).body['uuid'], ONE.id)
    stranger = ask('127.20.0.200', '/openstack/latest/meta_data.json', headers=lies)
    tap.expect((stranger.status, 'uuid' in stranger.text), (404, False))
    tap.expect(ask('127.0.0.1', '/openstack/latest/meta_data.json', headers=lies).status, 404)


def nothing_else_is_behind_it():
    for path in ('/identity/v3', '/compute/v2.1', '/metrics', '/healthz', '/metadata/openstack'):
        tap.expect(ONE.ask(path).status, 404, path)
    tap.expect(ONE.ask('/openstack', method='DELETE').status, 400)


def load_balancers_find_servers_by_address():
    sent = {'X-Metadata-Provider': 'p', 'X-Metadata-Provider-Signature': sign('p')}

    def through(address, **more):
        return cleatd.request('GET', '/metadata/openstack/latest/meta_data.json', None,
                              dict(sent, **{'X-Forwarded-For': address}, **more))
    tap.expect(through(OTHER.address).body['uuid'], OTHER.id)
    for address in ('127.20.0.200', 'nobody', '', OTHER.address + ', ' + ONE.address, '::1'):
        tap.expect(through(address).status, 404, address)
    reply = through(OTHER.address, **{'X-Metadata-Provider-Signature': sign('q')})
    tap.expect((reply.status, reply.text.strip()), (403, 'Invalid proxy request signature.'))


def open_connection(address):
    connection = socket.socket()
    connection.settimeout(60)
    connection.bind((address, 0))
    connection.connect(('127.0.0.1', guest_port()))
    return connection


def is_answered(connection):
    try:
        connection.sendall(b'GET /openstack HTTP/1.1\r\nHost: x\r\n\r\n')
        return connection.recv(100).startswith(b'HTTP/1.1 200')
    except ConnectionError:
        return False


def a_greedy_guest_is_alone_with_it():
    held = [open_connection(ONE.address) for _ in range(60)]
    answered = sum(is_answered(connection) for connection in held)
    assert 1 <= answered <= 8, answered
    tap.expect(OTHER.ask('/openstack').status, 200)
    for connection in held:
        connection.close()
    wait_for(lambda: is_answered(open_connection(ONE.address)), 'room for it again')


def a_hasty_guest_waits_alone():
    connection = http.client.HTTPConnection('127.0.0.1', guest_port(), timeout=60,
                                            source_address=(ONE.address, 0))
    for _ in range(3000):
        connection.request('GET', '/openstack')
        answer = connection.getresponse()
        answer.read()
        if answer.status == 429:
            break
    else:
        raise tap.Skip('nobody can be hasty on a machine as slow as this one')
    connection.close()
    tap.expect(OTHER.ask('/openstack').status, 200)
    wait_for(lambda: ONE.ask('/openstack').status == 200, 'room for it again', pause=0.2)


def all_is_there_after_a_crash():
    folder = os.path.join(cleatd.dir, 'dhcp-hosts')
    os.unlink(os.path.join(folder, ONE.id))
    cleatd.kill()
    assert cleatd.start()
    wait_for(lambda: os.path.exists(os.path.join(folder, ONE.id)), 'its file for DHCP')
    tap.expect(ONE.ask('/openstack/latest/meta_data.json').body['uuid'], ONE.id)
    tap.expect(demo.get(ONE.path + '/ips').body['addresses']['office'][0]['addr'], ONE.address)


def a_network_that_is_gone_is_told_of():
    """Its servers cannot start on another one without anybody noticing."""
    cleatd.stop()
    path = config.name
    with open(path, 'w', encoding='ascii') as file:
        file.write('[metadata]\n')
    assert cleatd.start()
    tap.expect(demo.post(ONE.path + '/action', {'os-stop': None}).status, 202)
    wait_status(demo, ONE.path, 'server', 'SHUTOFF')
    tap.expect(demo.post(ONE.path + '/action', {'os-start': None}).status, 202)

    def failed():
        actions = demo.get(ONE.path + '/os-instance-actions').body['instanceActions']
        return any(row['action'] == 'start' and row['message'] == 'Error' for row in actions)
    wait_for(failed, 'the start to fail')
    tap.expect(demo.get(ONE.path).body['server']['status'], 'SHUTOFF')


tap.run('network', [
    servers_have_addresses_of_the_range, interfaces_are_listed, lists_are_filtered_by_address,
    a_full_network_is_told_of, dhcp_servers_are_told, each_is_told_of_itself,
    whatever_a_guest_sends_it_is_who_it_is, nothing_else_is_behind_it,
    load_balancers_find_servers_by_address, a_greedy_guest_is_alone_with_it,
    a_hasty_guest_waits_alone, all_is_there_after_a_crash, a_network_that_is_gone_is_told_of],
    cleanup=lambda: cleatd.__exit__())
