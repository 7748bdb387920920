#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Guests that really run on a bridge of the host: their addresses come from the operator's DHCP
server, and each reads its own metadata at 169.254.169.254, whatever it says about itself.

All of it is in a network namespace of its own, which goes with this program.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, name) for name in ('api', 'lib', 'scenario')]
import tap  # noqa: E402

INSIDE = '--inside'
BRIDGE = 'brcleat'
MD = 'http://169.254.169.254'
ME = os.path.abspath(__file__)
# What udhcpc runs in the guest with what it was told.
DHCP_SCRIPT = ('#!/bin/sh\n[ "$1" = bound ] && ip addr add $ip/$mask dev $interface && '
               'ip route add default via $router\ntrue\n')

PROBE = ['unshare', '--net', 'ip', 'link', 'add', BRIDGE, 'type', 'bridge']


def can_have_a_network():
    return os.geteuid() == 0 and subprocess.run(PROBE, check=False).returncode == 0


if INSIDE not in sys.argv and can_have_a_network():
    os.execvp('unshare', ['unshare', '--net', sys.executable, ME, INSIDE])

import attach  # noqa: E402  pylint: disable=wrong-import-position
from attach import CLEATD, SERVERS, Server, Volume, asked, demo  # noqa: E402

HOME = tempfile.mkdtemp(prefix='cleat-bridge-')
HOSTS = os.path.join(HOME, 'hosts')
DNSMASQ = None
ONE = OTHER = None


def ip(*words):
    subprocess.run(['ip', *words], check=True)


def a_namespace_is_made():
    raise tap.Skip('needs root, for a network namespace with a bridge')


def make_network():
    ip('link', 'set', 'lo', 'up')
    ip('link', 'add', BRIDGE, 'type', 'bridge')
    ip('addr', 'add', '10.20.0.1/24', 'dev', BRIDGE)
    ip('addr', 'add', '169.254.169.254/32', 'dev', BRIDGE)
    ip('link', 'set', BRIDGE, 'up')


def a_cleatd_and_a_dhcp_server_share_a_directory():
    global DNSMASQ
    make_network()
    config = os.path.join(HOME, 'cleatd.conf')
    with open(config, 'w', encoding='ascii') as file:
        file.write('[network]\nbridge = %s\nsubnet = 10.20.0.0/24\ndhcp_hosts = %s\n'
                   '[metadata]\nlisten_guests = 169.254.169.254:80\nguest_network = false\n'
                   % (BRIDGE, HOSTS))
    CLEATD.args += ['--config', config]
    assert CLEATD.start()
    DNSMASQ = subprocess.Popen(
        ['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--user=root', '--port=0',
         '--pid-file=', '--interface=' + BRIDGE, '--bind-interfaces',
         '--dhcp-range=10.20.0.0,static', '--dhcp-hostsdir=' + HOSTS,
         '--dhcp-leasefile=' + os.path.join(HOME, 'leases')],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=open(os.path.join(HOME, 'dnsmasq.log'), 'wb'))


class Guest(Server):
    def __init__(self, name):  # pylint: disable=super-init-not-called
        image, = (row['id'] for row in asked(demo().get('/image/v2/images'))['images']
                  if row['name'] == 'tiny')
        flavors = asked(demo().get('/compute/v2.1/flavors/detail'))['flavors']
        flavor = min(flavors, key=lambda row: (row['ram'], row['disk']))['id']
        body = {'server': {'name': name, 'imageRef': image, 'flavorRef': flavor,
                           'networks': 'auto'}}
        self.id = asked(demo().post(SERVERS, body, version='compute 2.37'))['server']['id']
        self.path = '%s/%s' % (SERVERS, self.id)

    def addresses(self):
        row, = asked(demo().get(self.path))['server']['addresses']['guests']
        return row['addr'], row['OS-EXT-IPS-MAC:mac_addr']

    def ask_for_an_address(self):
        lines = DHCP_SCRIPT.strip().split('\n')
        self.run('; '.join(["echo '%s' %s /tmp/dhcp" % (line, '>>' if number else '>')
                            for number, line in enumerate(lines)] + ['chmod +x /tmp/dhcp']))
        self.run('udhcpc -i eth0 -n -q -f -t 100 -T 1 -s /tmp/dhcp')

    def http(self, path, *headers):
        words = ' '.join("--header '%s'" % header for header in headers)
        return self.run('wget -q -O - %s %s%s' % (words, MD, path))


def two_guests_boot_on_the_bridge():
    global ONE, OTHER
    ONE, OTHER = Guest('one'), Guest('other')
    for guest in (ONE, OTHER):
        guest.wait('ACTIVE')
        guest.wait_boot()
    assert ONE.addresses()[0] != OTHER.addresses()[0]


def each_is_given_its_address():
    for guest in (ONE, OTHER):
        address, mac = guest.addresses()
        tap.expect(guest.run('cat /sys/class/net/eth0/address'), mac)
        guest.ask_for_an_address()
        assert address + '/24' in guest.run('ip -4 addr show dev eth0'), address


def each_is_told_of_itself():
    for guest in (ONE, OTHER):
        told = json.loads(guest.http('/openstack/latest/meta_data.json'))
        tap.expect((told['uuid'], told['devices']), (guest.id, []))
        tap.expect(guest.http('/latest/meta-data/local-ipv4'), guest.addresses()[0])


def a_tag_of_a_volume_is_found():
    volume = Volume()
    ONE.attach(volume, tag='database')
    disk = ONE.wait_disk(volume)
    device, = json.loads(ONE.http('/openstack/latest/meta_data.json'))['devices']
    tap.expect((device['tags'], device['serial']), (['database'], volume.id))
    tap.expect(ONE.run('ls /sys/bus/pci/devices/%s/virtio*/block' % device['address']), disk)
    tap.expect(json.loads(OTHER.http('/openstack/latest/meta_data.json'))['devices'], [])


def whatever_a_guest_says_it_is_who_it_is():
    told = json.loads(ONE.http('/openstack/latest/meta_data.json', 'X-Instance-ID: ' + OTHER.id,
                               'X-Forwarded-For: ' + OTHER.addresses()[0]))
    tap.expect(told['uuid'], ONE.id)


def an_address_of_somebody_else_is_told_nothing():
    """The address of a server that is off, taken by one that is not."""
    address = OTHER.addresses()[0]
    OTHER.action('os-stop')
    OTHER.wait('SHUTOFF')
    ONE.run('ip addr flush dev eth0; ip neigh flush dev eth0; ip addr add %s/24 dev eth0 && '
            'ip route add default via 10.20.0.1' % address)
    said = ONE.run('wget -O - %s/openstack/latest/meta_data.json 2>&1; true' % MD)
    assert '404' in said and OTHER.id not in said, said


def clean_up():
    if DNSMASQ:
        DNSMASQ.kill()
        DNSMASQ.wait()
    attach.cleanup()
    shutil.rmtree(HOME, ignore_errors=True)


if __name__ == '__main__' and INSIDE not in sys.argv:
    tap.run('bridge', [a_namespace_is_made], cleanup=clean_up)
elif __name__ == '__main__':
    tap.run('bridge', [
        a_cleatd_and_a_dhcp_server_share_a_directory, two_guests_boot_on_the_bridge,
        each_is_given_its_address, each_is_told_of_itself, a_tag_of_a_volume_is_found,
        whatever_a_guest_says_it_is_who_it_is, an_address_of_somebody_else_is_told_nothing],
        cleanup=clean_up)
