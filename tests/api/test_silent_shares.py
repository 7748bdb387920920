#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What serves a share to a running guest dies: that shows, also when nobody ran to see it, and a
hard reboot mends it.
"""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd  # noqa: E402

SERVERS = '/compute/v2.1/servers'
SHARES = '/share/v2/shares'
AT = {'version': 'compute 2.97'}

cleatd = Cleatd()
demo = cleatd.user('demo')
SERVER, SHARE = None, None


def asked(reply):
    assert reply.status < 300, repr(reply)
    return reply.body


def server():
    return asked(demo.get(SERVER))['server']


def wait_server(status):
    def rests():
        found = server()
        assert found['status'] != 'ERROR', found
        return found['status'] == status and found['OS-EXT-STS:task_state'] is None
    tap.wait_for('the server to be ' + status, rests)


def wait_mapping(status):
    def rests():
        return asked(demo.get('%s/shares/%s' % (SERVER, SHARE), **AT))['share'][
            'status'] == status
    tap.wait_for('the share to be ' + status, rests)


def act(name, value=None):
    asked(demo.post(SERVER + '/action', {name: value}))


def kill_what_serves():
    with open(os.path.join(cleatd.dir, 'fake', SERVER.split('/')[-1] + '.unserve'), 'wb'):
        pass


def a_server_has_a_share():
    global SERVER, SHARE
    image = demo.get('/image/v2/images').body['images'][0]['id']
    SERVER = SERVERS + '/' + asked(demo.post(SERVERS, {'server': {
        'name': 's', 'imageRef': image, 'flavorRef': '1', 'networks': 'none'}},
        version='compute 2.90'))['server']['id']
    wait_server('ACTIVE')
    SHARE = asked(demo.post(SHARES, {'share': {'share_proto': 'NFS', 'size': 1}},
                            version='shared-file-system 2.82'))['share']['id']
    tap.wait_for('the share', lambda: asked(demo.get(SHARES + '/' + SHARE))['share'][
        'status'] == 'available')
    act('os-stop')
    wait_server('SHUTOFF')
    reply = demo.post(SERVER + '/shares', {'share': {'share_id': SHARE, 'tag': 'data'}}, **AT)
    tap.expect(reply.status, 201, repr(reply))
    wait_mapping('inactive')
    act('os-start')
    wait_server('ACTIVE')
    wait_mapping('active')


def it_shows_when_nobody_serves_it():
    kill_what_serves()
    wait_mapping('error')
    tap.expect(server()['status'], 'ACTIVE')


def a_hard_reboot_mends_it():
    act('reboot', {'type': 'HARD'})
    wait_server('ACTIVE')
    wait_mapping('active')


def it_shows_also_after_a_crash():
    cleatd.kill()
    kill_what_serves()
    assert cleatd.start()
    wait_mapping('error')


def stopped_and_started_it_is_well_again():
    act('os-stop')
    wait_server('SHUTOFF')
    wait_mapping('inactive')
    act('os-start')
    wait_server('ACTIVE')
    wait_mapping('active')


tap.run('silent shares', [
    a_server_has_a_share, it_shows_when_nobody_serves_it, a_hard_reboot_mends_it,
    it_shows_also_after_a_crash, stopped_and_started_it_is_well_again,
], cleanup=lambda: cleatd.__exit__())
