#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Servers on the shelf: when they are offloaded, and what becomes of the volumes meanwhile."""
import os
import sqlite3
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

SERVERS = '/compute/v2.1/servers'
VOLUMES = '/volume/v3/volumes'
OFFLOAD_S = 3600

CONFIG = tempfile.NamedTemporaryFile('w', suffix='.conf')
cleatd = Cleatd(args=['--config', CONFIG.name], start=False)


def start(offload_s=OFFLOAD_S):
    CONFIG.truncate(0)
    CONFIG.seek(0)
    CONFIG.write('[compute]\nshelved_offload_seconds = %d\n' % offload_s)
    CONFIG.flush()
    assert cleatd.start()


def an_hour_goes_by():
    """For servers on the shelf."""
    tap.expect(cleatd.stop(), 0)
    store = sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'))
    store.execute('UPDATE servers SET shelved_us = shelved_us - ? WHERE shelved_us > 0',
                  (OFFLOAD_S * 1000000,))
    store.commit()
    store.close()
    start()


def demo():
    return cleatd.user('demo')


def an_image():
    return demo().get('/image/v2/images').body['images'][0]['id']


class Server:
    def __init__(self, **more):
        flavor = demo().get('/compute/v2.1/flavors').body['flavors'][0]['id']
        body = {'name': 'shelf', 'flavorRef': flavor, **(more or {'imageRef': an_image()})}
        self.id = demo().post(SERVERS, {'server': body}).body['server']['id']
        self.path = '%s/%s' % (SERVERS, self.id)
        self.wait('ACTIVE')

    def wait(self, status):
        wait_status(demo(), self.path, 'server', status)

    def act(self, action, status, user='demo'):
        reply = cleatd.user(user).post(self.path + '/action', {action: None})
        tap.expect(reply.status, 202, 'status of %r' % reply)
        self.wait(status)

    def attach(self, volume):
        reply = demo().post(self.path + '/os-volume_attachments',
                            {'volumeAttachment': {'volumeId': volume}}, version='compute 2.60')
        tap.expect(reply.status, 200, 'status of %r' % reply)
        return reply.body['volumeAttachment']['device']

    def devices(self):
        rows = demo().get(self.path + '/os-volume_attachments').body['volumeAttachments']
        return {row['volumeId']: row.get('device') for row in rows}

    def actions(self):
        return [row['action'] for row in
                demo().get(self.path + '/os-instance-actions').body['instanceActions']]

    def delete(self):
        tap.expect(demo().delete(self.path).status, 204, 'delete')
        wait_for(lambda: demo().get(self.path).status == 404, 'server to go')


def make_volume(**more):
    volume = demo().post(VOLUMES, {'volume': dict(more, size=1)}).body['volume']['id']
    expect_volume(volume, 'available')
    return volume


def expect_volume(volume, status):
    wait_status(demo(), '%s/%s' % (VOLUMES, volume), 'volume', status)


def usage():
    absolute = demo().get('/compute/v2.1/limits').body['limits']['absolute']
    return [absolute[name] for name in ('totalInstancesUsed', 'totalCoresUsed', 'totalRAMUsed')]


def offloading_waits_its_time_also_over_a_crash():
    server, volume = Server(), make_volume()
    server.attach(volume)
    expect_volume(volume, 'in-use')
    used = usage()
    server.act('shelve', 'SHELVED')
    expect_volume(volume, 'in-use')
    cleatd.kill()
    start()
    server.wait('SHELVED')
    expect_volume(volume, 'in-use')
    an_hour_goes_by()
    server.wait('SHELVED_OFFLOADED')
    expect_volume(volume, 'reserved')
    tap.expect(server.actions()[:2], ['shelveOffload', 'shelve'], 'actions')
    tap.expect(usage(), used, 'usage')
    server.delete()
    expect_volume(volume, 'available')


def what_comes_back_in_time_is_not_offloaded():
    server, other = Server(), Server()
    for each in (server, other):
        each.act('shelve', 'SHELVED')
    server.act('unshelve', 'ACTIVE')
    an_hour_goes_by()
    other.wait('SHELVED_OFFLOADED')
    server.wait('ACTIVE')
    tap.expect(server.actions()[:2], ['unshelve', 'shelve'], 'actions')
    for each in (server, other):
        each.delete()


def an_admin_need_not_wait():
    server = Server()
    server.act('shelve', 'SHELVED')
    server.act('shelveOffload', 'SHELVED_OFFLOADED', 'admin')
    server.delete()


def what_is_attached_meanwhile_gets_its_name_with_the_host():
    server, first, second = Server(), make_volume(), make_volume()
    server.attach(first)
    expect_volume(first, 'in-use')
    server.act('shelve', 'SHELVED')
    server.act('shelveOffload', 'SHELVED_OFFLOADED', 'admin')
    tap.expect(server.attach(second), None, 'device')
    expect_volume(second, 'in-use')
    server.act('unshelve', 'ACTIVE')
    tap.expect(server.devices(), {first: '/dev/vdb', second: '/dev/vdc'}, 'devices')
    for volume in (first, second):
        expect_volume(volume, 'in-use')
    server.delete()
    for volume in (first, second):
        expect_volume(volume, 'available')


def a_shared_volume_stays_the_others():
    one, other = Server(), Server()
    volume = make_volume(volume_type='multiattach')
    for server in (one, other):
        server.attach(volume)
        wait_for(lambda server=server: volume in server.devices(), 'attachment')
        expect_volume(volume, 'in-use')
    one.act('shelve', 'SHELVED')
    one.act('shelveOffload', 'SHELVED_OFFLOADED', 'admin')
    expect_volume(volume, 'in-use')
    tap.expect(list(other.devices()), [volume], 'attachments of the other one')
    other.delete()
    expect_volume(volume, 'reserved')
    one.act('unshelve', 'ACTIVE')
    expect_volume(volume, 'in-use')
    one.delete()
    expect_volume(volume, 'available')


def one_that_boots_from_a_volume_goes_at_once():
    root = make_volume(imageRef=an_image())
    server = Server(block_device_mapping_v2=[{
        'source_type': 'volume', 'destination_type': 'volume', 'uuid': root, 'boot_index': 0}])
    server.act('shelve', 'SHELVED_OFFLOADED')
    expect_volume(root, 'reserved')
    server.act('unshelve', 'ACTIVE')
    expect_volume(root, 'in-use')
    tap.expect(server.devices(), {root: '/dev/vda'}, 'devices')
    server.delete()
    expect_volume(root, 'available')


def time_goes_by_also_while_it_runs():
    tap.expect(cleatd.stop(), 0)
    start(offload_s=1)
    server = Server()
    tap.expect(demo().post(server.path + '/action', {'shelve': None}).status, 202)
    server.wait('SHELVED_OFFLOADED')
    tap.expect(server.actions()[:2], ['shelveOffload', 'shelve'], 'actions')
    server.delete()


if __name__ == '__main__':
    start()
    tap.run('shelf', [
        offloading_waits_its_time_also_over_a_crash, what_comes_back_in_time_is_not_offloaded,
        an_admin_need_not_wait, what_is_attached_meanwhile_gets_its_name_with_the_host,
        a_shared_volume_stays_the_others, one_that_boots_from_a_volume_goes_at_once,
        time_goes_by_also_while_it_runs],
        lambda: cleatd.__exit__())
