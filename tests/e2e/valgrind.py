#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""One pass through cleatd under valgrind: no bad access, nothing definitely lost.

Short, because valgrind makes everything slow; the sanitizers run the whole suites.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import cleat  # noqa: E402
import tap  # noqa: E402

FOUND = 99
VALGRIND = ['valgrind', '-q', '--leak-check=full', '--show-leak-kinds=definite',
            '--errors-for-leak-kinds=definite', '--error-exitcode=%d' % FOUND,
            '--child-silent-after-fork=yes',
            '--suppressions=' + os.path.join(cleat.ROOT, 'scripts', 'valgrind.supp')]
DAEMON = cleat.Daemon(wrap=VALGRIND)
STATE = {}


def wait_status(session, path, noun, wanted):
    def status():
        return session.ask('GET', path).json[noun]['status'] == wanted
    tap.wait_for('%s is %s' % (path, wanted), status, 120)


def serves():
    DAEMON.start()
    STATE['demo'] = DAEMON.session('demo')


def volume_is_made():
    demo = STATE['demo']
    volume = demo.ask('POST', '/volume/v3/volumes', {'volume': {'size': 1, 'name': 'v'}}).json
    STATE['volume'] = volume['volume']['id']
    wait_status(demo, '/volume/v3/volumes/' + STATE['volume'], 'volume', 'available')


def server_is_made():
    demo = STATE['demo']
    image = demo.ask('GET', '/image/v2/images').json['images'][0]['id']
    flavor = demo.ask('GET', '/compute/v2.1/flavors').json['flavors'][0]['id']
    server = demo.ask('POST', '/compute/v2.1/servers', {'server': {
        'name': 's', 'imageRef': image, 'flavorRef': flavor, 'networks': 'none'}}, '2.37').json
    STATE['server'] = server['server']['id']
    wait_status(demo, '/compute/v2.1/servers/' + STATE['server'], 'server', 'ACTIVE')


def volume_is_attached_and_detached():
    demo = STATE['demo']
    attachments = '/compute/v2.1/servers/%s/os-volume_attachments' % STATE['server']
    volume = '/volume/v3/volumes/' + STATE['volume']
    demo.ask('POST', attachments, {'volumeAttachment': {'volumeId': STATE['volume']}})
    wait_status(demo, volume, 'volume', 'in-use')
    demo.ask('DELETE', attachments + '/' + STATE['volume'])
    wait_status(demo, volume, 'volume', 'available')


def bad_requests_are_refused():
    demo = STATE['demo']
    demo.ask('POST', '/volume/v3/volumes', b'{"volume":', status=400)
    demo.ask('POST', '/volume/v3/volumes', {'volume': {'size': 'x'}}, status=400)
    demo.ask('GET', '/compute/v2.1/servers/nope', status=404)
    demo.ask('GET', '/nowhere', status=404)


def lists_and_deletions():
    demo = STATE['demo']
    demo.ask('GET', '/compute/v2.1/servers/detail')
    demo.ask('GET', '/volume/v3/volumes/detail?limit=1')
    demo.ask('DELETE', '/compute/v2.1/servers/' + STATE['server'])
    demo.ask('DELETE', '/volume/v3/volumes/' + STATE['volume'])
    tap.wait_for('the server is gone', lambda: not demo.ask(
        'GET', '/compute/v2.1/servers').json['servers'], 60)


def ends_without_a_finding():
    status = DAEMON.stop()
    if status:
        raise AssertionError('status %s\n%s' % (status, DAEMON.log()))


tap.run('valgrind', [
    serves, volume_is_made, server_is_made, volume_is_attached_and_detached,
    bad_requests_are_refused, lists_and_deletions, ends_without_a_finding,
], DAEMON.remove)
