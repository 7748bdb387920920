#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Copies of volumes that servers have: snapshots, clones, images; who has to hold still, and when
nobody can be asked to. The guests here are no real ones: see tests/scenario/."""
import os
import sqlite3
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
from volumelib import V3, at, drop, make, refused, tap, wait_for, wait_status  # noqa: E402
from lib import Cleatd  # noqa: E402

SERVERS = '/compute/v2.1/servers'
SNAPSHOTS = V3 + '/snapshots'
VOLUMES = V3 + '/volumes'

cleatd = Cleatd()
demo, admin = cleatd.user('demo'), cleatd.user('admin')


def server():
    images = demo.get('/image/v2/images').body['images']
    image, = (row['id'] for row in images if row['name'] == 'tiny')
    flavors = demo.get('/compute/v2.1/flavors/detail').body['flavors']
    flavor = min(flavors, key=lambda row: (row['ram'], row['disk']))['id']
    reply = demo.post(SERVERS, {'server': {'name': 'copies', 'imageRef': image, 'flavorRef': flavor,
                                           'networks': 'none'}}, version='compute 2.37')
    path = '%s/%s' % (SERVERS, reply.body['server']['id'])
    wait_for(lambda: demo.get(path).body['server']['status'] == 'ACTIVE', 'the server to be active')
    return path


def attach(path, volume):
    reply = demo.post(path + '/os-volume_attachments', {'volumeAttachment': {
        'volumeId': volume['id']}}, version='compute 2.49')
    tap.expect(reply.status, 200, 'status of %r' % reply)
    wait_status(demo, '%s/%s' % (VOLUMES, volume['id']), 'volume', 'in-use')


def detach(path, volume):
    reply = demo.delete('%s/os-volume_attachments/%s' % (path, volume['id']),
                        version='compute 2.49')
    tap.expect(reply.status, 202, 'status of %r' % reply)


def available(volume):
    return wait_status(demo, '%s/%s' % (VOLUMES, volume['id']), 'volume', 'available')


def file_of(volume):
    return os.path.join(cleatd.dir, 'volumes', volume['id'] + '.raw')


def write(volume, text):
    with open(file_of(volume), 'r+b') as file:
        file.write(text)


def read(volume, length):
    with open(file_of(volume), 'rb') as file:
        return file.read(length)


def journal(volume):
    """Kinds of the operations on a volume, in order."""
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=30) as store:
        return [row[0] for row in store.execute(
            'SELECT kind FROM operations WHERE volume_id = ? ORDER BY created_us', (volume['id'],))]


def ask(volume, version=None, **wish):
    return demo.post(SNAPSHOTS, {'snapshot': dict({'volume_id': volume['id']}, **wish)},
                     version=version)


def forget(snapshot):
    path = '%s/%s' % (SNAPSHOTS, snapshot['id'])
    tap.expect(demo.delete(path).status, 202, 'delete')
    wait_for(lambda: demo.get(path).status == 404, 'the snapshot to be gone')


def taken(reply):
    tap.expect(reply.status, 202, 'status of %r' % reply)
    return wait_status(demo, '%s/%s' % (SNAPSHOTS, reply.body['snapshot']['id']), 'snapshot',
                       'available')


def a_snapshot_under_a_guest():
    volume = make(demo)
    write(volume, b'before')
    attach(guest, volume)
    refused(ask(volume), 400, 'Invalid volume: Volume %s status must be available, but current '
                              'status is: in-use.' % volume['id'])
    snapshots = [taken(ask(volume, force=True)), taken(ask(volume, version=at(66))),
                 taken(ask(volume, version=at(66), force=True))]
    tap.expect(demo.get('%s/%s' % (VOLUMES, volume['id'])).body['volume']['status'], 'in-use')
    write(volume, b'behind')
    copy = make(demo, size=None, snapshot_id=snapshots[0]['id'])
    tap.expect(read(copy, 6), b'before')
    for snapshot in snapshots:
        forget(snapshot)
    detach(guest, volume)
    available(volume)
    drop(demo, volume, copy)


def detaching_waits_for_the_copy():
    volume = make(demo)
    attach(guest, volume)
    reply = ask(volume, force=True)
    detach(guest, volume)
    snapshot = taken(reply)
    available(volume)
    forget(snapshot)
    drop(demo, volume)


def attaching_waits_for_the_copy():
    volume = make(demo)
    reply = ask(volume)
    attach(guest, volume)
    forget(taken(reply))
    detach(guest, volume)
    available(volume)
    drop(demo, volume)


def a_server_that_is_off():
    volume = make(demo)
    write(volume, b'still')
    attach(guest, volume)
    tap.expect(demo.post(guest + '/action', {'os-stop': None}).status, 202)
    wait_for(lambda: demo.get(guest).body['server']['status'] == 'SHUTOFF', 'the server to be off')
    snapshot = taken(ask(volume, force=True))
    copy = make(demo, size=None, snapshot_id=snapshot['id'])
    tap.expect(read(copy, 5), b'still')
    tap.expect(demo.post(guest + '/action', {'os-start': None}).status, 202)
    wait_for(lambda: demo.get(guest).body['server']['status'] == 'ACTIVE', 'the server to be on')
    forget(snapshot)
    detach(guest, volume)
    available(volume)
    drop(demo, volume, copy)


def clones_and_images():
    volume = make(demo)
    write(volume, b'in use')
    attach(guest, volume)
    copy = make(demo, size=None, source_volid=volume['id'])
    tap.expect(read(copy, 6), b'in use')
    tap.expect(journal(copy), ['copy-volume-in-use'])
    path = '%s/%s/action' % (VOLUMES, volume['id'])
    body = {'os-volume_upload_image': {'image_name': 'live'}}
    refused(demo.post(path, body), 400, 'Invalid volume: Volume status is in-use.')
    body['os-volume_upload_image']['force'] = True
    reply = demo.post(path, body)
    tap.expect(reply.status, 202, 'status of %r' % reply)
    image = '/image/v2/images/' + reply.body['os-volume_upload_image']['image_id']
    tap.expect(reply.body['os-volume_upload_image']['status'], 'uploading')
    wait_for(lambda: demo.get(image).body['status'] == 'active', 'the image to be active')
    wait_status(demo, '%s/%s' % (VOLUMES, volume['id']), 'volume', 'in-use')
    tap.expect(demo.delete(image).status, 204)
    detach(guest, volume)
    available(volume)
    drop(demo, volume, copy)


def nobody_can_be_asked():
    """Whoever has the volume is not a server of ours, or there are several of them."""
    volume = make(demo)
    reply = demo.post(V3 + '/attachments', {'attachment': {
        'volume_uuid': volume['id'], 'connector': {'host': 'h', 'initiator': 'iqn.2020-01.x:y'}}},
        version=at(27))
    tap.expect(reply.status, 200, 'status of %r' % reply)
    attachment = '%s/attachments/%s' % (V3, reply.body['attachment']['id'])
    tap.expect(demo.post(attachment + '/action', {'os-complete': None}, version=at(44)).status, 204)
    refused(ask(volume, force=True), 400,
            'Invalid volume: Volume %s is attached to hosts that cannot be asked to hold still; '
            'detach it first.' % volume['id'])
    tap.expect(demo.delete(attachment, version=at(27)).status, 200)
    available(volume)
    drop(demo, volume)


BULK = 384 << 20


def bulky():
    """A volume that takes a while to copy."""
    volume = make(demo)
    block = os.urandom(1 << 20)
    with open(file_of(volume), 'r+b') as file:
        for _ in range(BULK >> 20):
            file.write(block)
        file.write(b'early')
    return volume


def tail(volume):
    with open(file_of(volume), 'rb') as file:
        file.seek(BULK)
        return file.read(5)


def clone_begin(volume):
    reply = demo.post(VOLUMES, {'volume': {'size': 1, 'source_volid': volume['id']}})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    return reply.body['volume']


def shelve(path):
    tap.expect(demo.post(path + '/action', {'shelve': None}).status, 202)
    wait_for(lambda: demo.get(path).body['server']['status'] == 'SHELVED_OFFLOADED',
             'the server to be on the shelf')


def server_gone(path):
    tap.expect(demo.delete(path).status, 204)
    wait_for(lambda: demo.get(path).status == 404, 'the server to be gone')


def on_the_shelf():
    """Nobody has the volume open, and it changes hands at once: as one at rest it is copied."""
    shelved, volume = server(), bulky()
    shelve(shelved)
    attach(shelved, volume)
    copy = clone_begin(volume)
    detach(shelved, volume)
    attach(guest, volume)
    with open(file_of(volume), 'r+b') as file:
        file.seek(BULK)
        file.write(b'later')
    available(copy)
    tap.expect(tail(copy), b'early')
    tap.expect(journal(copy), ['copy-volume'])
    detach(guest, volume)
    available(volume)
    drop(demo, volume, copy)
    server_gone(shelved)


def deleted_from_the_shelf():
    shelved, volume = server(), bulky()
    shelve(shelved)
    attach(shelved, volume)
    copy = clone_begin(volume)
    detach(shelved, volume)
    drop(demo, volume)
    available(copy)
    tap.expect(tail(copy), b'early')
    drop(demo, copy)
    server_gone(shelved)


def unshelving_waits_for_the_copy():
    shelved, volume = server(), bulky()
    shelve(shelved)
    attach(shelved, volume)
    copy = clone_begin(volume)
    tap.expect(demo.post(shelved + '/action', {'unshelve': None}).status, 202)
    wait_for(lambda: demo.get(shelved).body['server']['status'] == 'ACTIVE', 'the server')
    tap.expect(demo.get('%s/%s' % (VOLUMES, copy['id'])).body['volume']['status'], 'available')
    server_gone(shelved)
    available(volume)
    drop(demo, volume, copy)


def copies_outlive_the_server():
    going, volume = server(), bulky()
    attach(going, volume)
    replies = [ask(volume, force=True) for _ in range(2)]
    copy = clone_begin(volume)
    reply = demo.post('%s/%s/action' % (VOLUMES, volume['id']),
                      {'os-volume_upload_image': {'image_name': 'last', 'force': True}})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    image = '/image/v2/images/' + reply.body['os-volume_upload_image']['image_id']
    server_gone(going)
    snapshots = [taken(reply) for reply in replies]
    available(copy)
    tap.expect(tail(copy), b'early')
    wait_for(lambda: demo.get(image).body['status'] == 'active', 'the image to be active')
    available(volume)
    tap.expect(demo.delete(image).status, 204)
    for snapshot in snapshots:
        forget(snapshot)
    drop(demo, volume, copy)


def nothing_is_left():
    tap.expect(os.listdir(os.path.join(cleatd.dir, 'volumes')), [], 'files')
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=30) as store:
        tap.expect(store.execute(
            "SELECT COUNT(*) FROM operations WHERE state IN ('doing', 'undoing', 'broken')"
        ).fetchone(), (0,))


def end():
    cleatd.__exit__()


guest = server()
tap.run('copies in use', [
    a_snapshot_under_a_guest, detaching_waits_for_the_copy, attaching_waits_for_the_copy,
    a_server_that_is_off, clones_and_images, nobody_can_be_asked, on_the_shelf,
    deleted_from_the_shelf, unshelving_waits_for_the_copy, copies_outlive_the_server,
    nothing_is_left,
], cleanup=end)
