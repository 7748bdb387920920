#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The clock of the machine is set while the daemon runs: what waits, waits no longer for it."""
import os
import shutil
import struct
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import BUILD, Cleatd, wait_for, wait_status  # noqa: E402

HOUR = 3600
SHIM = os.path.join(BUILD, 'tests', 'lib', 'libset-clock.so')
VOLUMES, SERVERS = '/volume/v3/volumes', '/compute/v2.1/servers'

clock = tempfile.NamedTemporaryFile(prefix='cleat-test-')


def set_clock(ahead_s):
    os.pwrite(clock.fileno(), struct.pack('=q', ahead_s), 0)


set_clock(0)
cleatd = Cleatd(env={
    'LD_PRELOAD': SHIM, 'SET_CLOCK': clock.name, 'CLEAT_FAKE_DETACH': 'pending:1500',
    'ASAN_OPTIONS': 'verify_asan_link_order=0:' + os.environ.get('ASAN_OPTIONS', '')})
demo = cleatd.user('demo')


def date_of_daemon():
    reply = demo.get(VOLUMES + '/detail')
    tap.expect(reply.status, 200, 'status of %r' % reply)
    newest = reply.body['volumes'][0]
    return newest['created_at']


def new_volume(wanted='available'):
    reply = demo.post(VOLUMES, {'volume': {'size': 1}})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    path = VOLUMES + '/' + reply.body['volume']['id']
    if wanted:
        wait_status(demo, path, 'volume', wanted)
    return path


def round_trip():
    """A server, a volume in and out of it, all gone: within seconds."""
    image = demo.get('/image/v2/images').body['images'][0]['id']
    reply = demo.post(SERVERS, {'server': {'name': 'x', 'imageRef': image, 'flavorRef': '1'}})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    server = SERVERS + '/' + reply.body['server']['id']
    wait_status(demo, server, 'server', 'ACTIVE')
    volume = new_volume()
    held = server + '/os-volume_attachments'
    tap.expect(demo.post(held, {'volumeAttachment': {
        'volumeId': volume.rsplit('/', 1)[1]}}).status, 200)
    wait_status(demo, volume, 'volume', 'in-use')
    tap.expect(demo.delete('%s/%s' % (held, volume.rsplit('/', 1)[1])).status, 202)
    return server, volume


def finish(server, volume):
    wait_status(demo, volume, 'volume', 'available')
    tap.expect(demo.post(server + '/action', {'os-stop': None}).status, 202)
    wait_status(demo, server, 'server', 'SHUTOFF')
    for path in (server, volume):
        demo.delete(path)
        wait_for(lambda: demo.get(path).status == 404, path + ' to be gone')


def the_shim_sets_the_clock():
    new_volume()
    before = date_of_daemon()
    set_clock(HOUR // 2)
    new_volume()
    after = date_of_daemon()
    set_clock(0)
    assert before[:13] != after[:13] or int(after[14:16]) - int(before[14:16]) >= 29, (
        before, after)


def set_back_while_a_guest_lets_go():
    things = round_trip()
    set_clock(-HOUR)
    finish(*things)
    finish(*round_trip())


def set_forward_while_a_guest_lets_go():
    things = round_trip()
    set_clock(-HOUR // 2)
    finish(*things)
    set_clock(0)


def set_back_between_two_attempts():
    folder = os.path.join(cleatd.dir, 'volumes')
    os.rename(folder, folder + '-away')
    os.mkdir(folder)  # so that nothing else misses it
    shutil.rmtree(folder + '-away')
    path = new_volume(wanted=None)
    time.sleep(0.2)  # the first attempt has failed, or will
    set_clock(-HOUR)
    wait_for(lambda: demo.get(path).body['volume']['status'] == 'error', 'the volume to fail')
    set_clock(0)
    tap.expect(demo.delete(path).status, 202)
    wait_for(lambda: demo.get(path).status == 404, path + ' to be gone')


tap.run('clock', [
    the_shim_sets_the_clock, set_back_while_a_guest_lets_go, set_forward_while_a_guest_lets_go,
    set_back_between_two_attempts,
], cleanup=lambda: cleatd.__exit__())
