#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""One pass through cleatd under valgrind: no bad access, nothing definitely lost.

Short, because valgrind makes everything slow; the sanitizers run the whole suites.
"""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'api'), os.path.join(TESTS, 'lib')]
import lib  # noqa: E402
import tap  # noqa: E402

FOUND = 99
SECONDS = 120
VALGRIND = ['valgrind', '-q', '--leak-check=full', '--show-leak-kinds=definite',
            '--errors-for-leak-kinds=definite', '--error-exitcode=%d' % FOUND,
            '--child-silent-after-fork=yes',
            '--suppressions=' + os.path.join(lib.ROOT, 'scripts', 'valgrind.supp')]
CLEATD = lib.Cleatd(wrap=VALGRIND, start=False)
STATE = {}


def asked(reply, status=None):
    """The reply's body, if it has the status that is wanted (any success, unless named)."""
    if (reply.status != status) if status else reply.status >= 300:
        raise AssertionError('%r, wanted %s' % (reply, status or 'success'))
    return reply.body


def serves():
    assert CLEATD.start(), 'cleatd died'
    STATE['demo'] = CLEATD.user('demo')


def volume_is_made():
    demo = STATE['demo']
    made = asked(demo.post('/volume/v3/volumes', {'volume': {'size': 1, 'name': 'v'}}))
    STATE['volume'] = '/volume/v3/volumes/' + made['volume']['id']
    lib.wait_status(demo, STATE['volume'], 'volume', 'available', SECONDS)


def server_is_made():
    demo = STATE['demo']
    image = asked(demo.get('/image/v2/images'))['images'][0]['id']
    flavor = asked(demo.get('/compute/v2.1/flavors'))['flavors'][0]['id']
    made = asked(demo.post('/compute/v2.1/servers', {'server': {
        'name': 's', 'imageRef': image, 'flavorRef': flavor, 'networks': 'none'}},
        version='compute 2.37'))
    STATE['server'] = '/compute/v2.1/servers/' + made['server']['id']
    lib.wait_status(demo, STATE['server'], 'server', 'ACTIVE', SECONDS)


def volume_is_attached_and_detached():
    demo = STATE['demo']
    volume_id = STATE['volume'].rsplit('/', 1)[1]
    attachments = STATE['server'] + '/os-volume_attachments'
    asked(demo.post(attachments, {'volumeAttachment': {'volumeId': volume_id}}))
    lib.wait_status(demo, STATE['volume'], 'volume', 'in-use', SECONDS)
    asked(demo.delete(attachments + '/' + volume_id))
    lib.wait_status(demo, STATE['volume'], 'volume', 'available', SECONDS)


def bad_requests_are_refused():
    demo = STATE['demo']
    asked(demo.post('/volume/v3/volumes', b'{"volume":'), 400)
    asked(demo.post('/volume/v3/volumes', {'volume': {'size': 'x'}}), 400)
    asked(demo.get('/compute/v2.1/servers/nope'), 404)
    asked(demo.get('/nowhere'), 404)


def lists_and_deletions():
    demo = STATE['demo']
    asked(demo.get('/compute/v2.1/servers/detail'))
    asked(demo.get('/volume/v3/volumes/detail?limit=1'))
    asked(demo.delete(STATE['server']))
    asked(demo.delete(STATE['volume']))
    lib.wait_for(lambda: demo.get(STATE['server']).status == 404, 'the server to go', SECONDS)


def ends_without_a_finding():
    status = CLEATD.stop(SECONDS)
    if status:
        with open(CLEATD.log.name, encoding='utf-8', errors='replace') as log:
            raise AssertionError('status %s\n%s' % (status, log.read()))


with CLEATD:
    tap.run('valgrind', [
        serves, volume_is_made, server_is_made, volume_is_attached_and_detached,
        bad_requests_are_refused, lists_and_deletions, ends_without_a_finding,
    ])
