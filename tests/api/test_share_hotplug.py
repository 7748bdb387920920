#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Shares for servers that run: only where the operator wants it, and then as to one that is off."""
import json
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd  # noqa: E402

SERVERS = '/compute/v2.1/servers'
SHARES = '/share/v2/shares'
AT = {'version': 'compute 2.97'}

plain, hot = Cleatd(), Cleatd(start=False)
SERVER, SHARE = {}, {}


def start_hot(**env):
    path = os.path.join(hot.dir, 'hot.conf')
    with open(path, 'w', encoding='ascii') as file:
        file.write('[compute]\nshare_hotplug = yes\n')
    hot.args = ['--config', path]
    assert hot.start(env=env)


def asked(reply):
    assert reply.status < 300, repr(reply)
    return reply.body


def wait_server(cleatd, status):
    def rests():
        found = asked(cleatd.user('demo').get(SERVER[cleatd]))['server']
        assert found['status'] != 'ERROR', found
        return found['status'] == status and found['OS-EXT-STS:task_state'] is None
    tap.wait_for('the server to be ' + status, rests)


def mapping(share):
    return hot.user('demo').get('%s/shares/%s' % (SERVER[hot], share), **AT)


def wait_mapping(share, status):
    def rests():
        return asked(mapping(share))['share']['status'] == status
    tap.wait_for('the share to be ' + status, rests)


def act(name, value=None):
    asked(hot.user('demo').post(SERVER[hot] + '/action', {name: value}))


def make_share(cleatd):
    demo = cleatd.user('demo')
    made = asked(demo.post(SHARES, {'share': {'share_proto': 'NFS', 'size': 1}},
                           version='shared-file-system 2.82'))['share']['id']
    tap.wait_for('the share', lambda: asked(demo.get(SHARES + '/' + made))['share'][
        'status'] == 'available')
    return made


def attach(cleatd, share):
    return cleatd.user('demo').post(SERVER[cleatd] + '/shares', {'share': {
        'share_id': share}}, **AT)


def filesystems():
    """(tag, in the running guest, in the definition) of the fake's domain."""
    path = os.path.join(hot.dir, 'fake', SERVER[hot].split('/')[-1] + '.json')
    with open(path, encoding='utf-8') as file:
        return [(row['target'], row['live'], row['config'])
                for row in json.load(file)['disks'] if row['filesystem']]


def mounts():
    with open('/proc/self/mountinfo', encoding='utf-8') as file:
        return [line for line in file if hot.dir in line]


def servers_run():
    start_hot()
    for cleatd in (plain, hot):
        demo = cleatd.user('demo')
        image = demo.get('/image/v2/images').body['images'][0]['id']
        SERVER[cleatd] = SERVERS + '/' + asked(demo.post(SERVERS, {'server': {
            'name': 's', 'imageRef': image, 'flavorRef': '1', 'networks': 'none'}},
            version='compute 2.90'))['server']['id']
        wait_server(cleatd, 'ACTIVE')
        SHARE[cleatd] = make_share(cleatd)


def by_default_they_get_none():
    reply = attach(plain, SHARE[plain])
    tap.expect((reply.status, reply.message().split(' while')[0]), (
        409, "Cannot 'create share' instance " + SERVER[plain].split('/')[-1]))


def a_running_guest_gets_one():
    tap.expect(attach(hot, SHARE[hot]).status, 201)
    wait_mapping(SHARE[hot], 'active')
    tap.expect(filesystems(), [(SHARE[hot], True, True)])


def it_has_it_after_a_restart():
    act('os-stop')
    wait_server(hot, 'SHUTOFF')
    wait_mapping(SHARE[hot], 'inactive')
    act('os-start')
    wait_server(hot, 'ACTIVE')
    wait_mapping(SHARE[hot], 'active')
    tap.expect(filesystems(), [(SHARE[hot], True, True)])


def detach(share):
    reply = hot.user('demo').delete('%s/shares/%s' % (SERVER[hot], share), **AT)
    tap.expect(reply.status, 200, repr(reply))
    tap.wait_for('the detach', lambda: mapping(share).status == 404)


def a_running_guest_lets_it_go():
    detach(SHARE[hot])
    tap.expect(filesystems(), [])
    tap.expect(mounts(), [])
    rules = asked(hot.user('admin').get(
        '/share/v2/share-access-rules?share_id=' + SHARE[hot],
        version='shared-file-system 2.82'))['access_list']
    tap.expect(rules, [])


def a_slow_guest_is_waited_for():
    """Also by a cleatd that was killed meanwhile."""
    hot.stop()
    start_hot(CLEAT_FAKE_DETACH='pending:3000')
    tap.expect(attach(hot, SHARE[hot]).status, 201)
    wait_mapping(SHARE[hot], 'active')
    reply = hot.user('demo').delete('%s/shares/%s' % (SERVER[hot], SHARE[hot]), **AT)
    tap.expect(reply.status, 200, repr(reply))
    tap.expect(asked(mapping(SHARE[hot]))['share']['status'], 'detaching')
    hot.kill()
    start_hot()
    tap.wait_for('the detach', lambda: mapping(SHARE[hot]).status == 404)
    tap.expect(filesystems(), [])
    tap.expect(mounts(), [])


def a_guest_that_refuses_keeps_it():
    hot.stop()
    start_hot(CLEAT_FAKE_DETACH='refuse')
    tap.expect(attach(hot, SHARE[hot]).status, 201)
    wait_mapping(SHARE[hot], 'active')
    hot.user('demo').delete('%s/shares/%s' % (SERVER[hot], SHARE[hot]), **AT)
    wait_mapping(SHARE[hot], 'error')
    tap.expect([row[:2] for row in filesystems()], [(SHARE[hot], True)])
    hot.stop()
    start_hot(CLEAT_FAKE_DETACH='pending:0')
    detach(SHARE[hot])
    tap.expect(filesystems(), [])
    tap.expect(mounts(), [])


def end():
    plain.__exit__()
    hot.__exit__()


tap.run('share hotplug', [
    servers_run, by_default_they_get_none, a_running_guest_gets_one, it_has_it_after_a_restart,
    a_running_guest_lets_it_go, a_slow_guest_is_waited_for, a_guest_that_refuses_keeps_it,
], cleanup=end)
