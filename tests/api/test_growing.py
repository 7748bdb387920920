#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A disk that grows, told of twice at once: no guest's disk ever becomes smaller. The guest here is
no real one."""
import json
import os
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
from volumelib import V3, make, tap, wait_for, wait_status  # noqa: E402
from lib import Cleatd  # noqa: E402

SERVERS = '/compute/v2.1/servers'
EVENTS = '/compute/v2.1/os-server-external-events'

cleatd = Cleatd(env={'CLEAT_FAKE_DELAY_MS': '200'})
demo, admin = cleatd.user('demo'), cleatd.user('admin')


def server():
    images = demo.get('/image/v2/images').body['images']
    flavors = demo.get('/compute/v2.1/flavors').body['flavors']
    reply = demo.post(SERVERS, {'server': {
        'name': 'grow', 'imageRef': images[0]['id'], 'flavorRef': flavors[0]['id'],
        'networks': 'none'}}, version='compute 2.37')
    path = '%s/%s' % (SERVERS, reply.body['server']['id'])
    wait_status(demo, path, 'server', 'ACTIVE')
    return path


def operations(volume):
    rows = admin.get('/admin/v1/operations?volume_id=' + volume['id']).body['operations']
    return {row['kind']: row['state'] for row in rows}


def an_event_in_the_middle_of_an_extend_shrinks_nothing():
    path, volume = server(), make(demo, size=1)
    volume_path = '%s/volumes/%s' % (V3, volume['id'])
    server_id = path.split('/')[-1]
    demo.post(path + '/os-volume_attachments', {'volumeAttachment': {'volumeId': volume['id']}})
    wait_status(demo, volume_path, 'volume', 'in-use')
    reply = demo.post(volume_path + '/action', {'os-extend': {'new_size': 3}},
                      version='volume 3.60')
    tap.expect(reply.status, 202)
    reply = admin.post(EVENTS, {'events': [{'name': 'volume-extended', 'tag': volume['id'],
                                            'server_uuid': server_id}]}, version='compute 2.60')
    tap.expect(reply.status, 200)
    wait_for(lambda: not {operations(volume).get(kind, 'doing') for kind in
                          ('extend-volume', 'resize-disk')} & {'doing', 'undoing'},
             'the end of both')
    tap.expect((operations(volume)['extend-volume'], operations(volume)['resize-disk']),
               ('done', 'done'))
    with open(os.path.join(cleatd.dir, 'fake', server_id + '.json'), encoding='utf-8') as file:
        disk, = [row for row in json.load(file)['disks'] if row['serial'] == volume['id']]
    tap.expect(disk['size_bytes'], 3 << 30)


with cleatd:
    tap.run('growing', [an_event_in_the_middle_of_an_extend_shrinks_nothing])
