#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Volumes made from snapshots, volumes and images over HTTP: the bytes, what is inherited, and the
exact words of each refusal."""
import os
import sqlite3
import subprocess
import sys
import tempfile

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
from volumelib import NOBODY, V3, at, drop, make, refused, tap, wait_for, wait_status  # noqa: E402
from lib import Cleatd  # noqa: E402

VOLUMES = V3 + '/volumes'
GENERIC = ('The server could not comply with the request since it is either malformed or '
           'otherwise incorrect.')
TWO_SOURCES = ('Invalid input received: May specify only one of backup, imageRef, snapshot, source '
               'volume')
NO_IMAGE = 'Invalid image identifier or unable to access requested image.'

cleatd = Cleatd()
demo, alt, admin = (cleatd.user(name) for name in ('demo', 'alt', 'admin'))


def file_of(volume):
    return os.path.join(cleatd.dir, 'volumes', volume['id'] + '.raw')


def write(volume, text):
    with open(file_of(volume), 'r+b') as file:
        file.write(text)


def read(volume, length):
    with open(file_of(volume), 'rb') as file:
        return file.read(length)


def take(volume):
    reply = demo.post(V3 + '/snapshots', {'snapshot': {'volume_id': volume['id']}})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    return wait_status(demo, '%s/snapshots/%s' % (V3, reply.body['snapshot']['id']), 'snapshot',
                       'available')


def forget(snapshot):
    path = '%s/snapshots/%s' % (V3, snapshot['id'])
    tap.expect(demo.delete(path).status, 202, 'delete')
    wait_for(lambda: demo.get(path).status == 404, 'the snapshot to be gone')


def wish(user=demo, version=None, **members):
    return user.post(VOLUMES, {'volume': members}, version=version)


def put(volume, **columns):
    """Straight into the store."""
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=30) as store:
        for column, value in columns.items():
            store.execute('UPDATE volumes SET %s = ? WHERE id = ?' % column, (value, volume['id']))


def image(data, name='copies', user=demo, **members):
    """An active image with these bytes."""
    reply = user.post('/image/v2/images', dict({
        'name': name, 'disk_format': 'raw', 'container_format': 'bare'}, **members))
    tap.expect(reply.status, 201, 'status of %r' % reply)
    path = '/image/v2/images/%s' % reply.body['id']
    tap.expect(user.request('PUT', path + '/file', data,
                            headers={'Content-Type': 'application/octet-stream'}).status, 204)
    return user.get(path).body


def drop_image(one, user=demo):
    tap.expect(user.delete('/image/v2/images/' + one['id']).status, 204, 'delete of the image')


def from_a_snapshot():
    volume = make(demo, size=1)
    put(volume, bootable=1)
    write(volume, b'before')
    snapshot = take(volume)
    write(volume, b'behind')
    same = make(demo, size=None, snapshot_id=snapshot['id'])
    larger = make(demo, size='2', snapshot_id=snapshot['id'], name='larger')
    tap.expect((same['size'], larger['size']), (1, 2))
    for copy in (same, larger):
        tap.expect((copy['snapshot_id'], copy['source_volid'], copy['bootable']),
                   (snapshot['id'], None, 'true'))
        tap.expect(read(copy, 6), b'before')
    tap.expect(os.path.getsize(file_of(larger)), 2 << 30)
    two = make(demo, size=2)
    large = take(two)
    refused(wish(size=1, snapshot_id=large['id']), 400,
            "Invalid input received: Volume size '1'GB cannot be smaller than the snapshot size "
            "2GB. They must be >= original snapshot size.")
    refused(wish(size=1, snapshot_id=NOBODY), 404, 'Snapshot %s could not be found.' % NOBODY)
    refused(wish(alt, size=1, snapshot_id=snapshot['id']), 404,
            'Snapshot %s could not be found.' % snapshot['id'])
    tap.expect(admin.post('%s/snapshots/%s/action' % (V3, large['id']),
                          {'os-reset_status': {'status': 'error'}}).status, 202)
    refused(wish(size=2, snapshot_id=large['id']), 400,
            "Invalid snapshot: Originating snapshot status must be one of 'available' values")
    forget(snapshot)
    forget(large)
    tap.expect(read(same, 6), b'before', 'once the snapshot is gone')
    drop(demo, volume, same, larger, two)


def from_a_volume():
    volume = make(demo, size=1)
    write(volume, b'source')
    copy = make(demo, size=None, source_volid=volume['id'])
    tap.expect((copy['size'], copy['source_volid'], copy['snapshot_id'], copy['bootable']),
               (1, volume['id'], None, 'false'))
    write(volume, b'change')
    tap.expect(read(copy, 6), b'source')
    two = make(demo, size=2)
    refused(wish(size=1, source_volid=two['id']), 400,
            "Invalid input received: Volume size '1'GB cannot be smaller than original volume size "
            " 2GB. They must be >= original volume size.")
    refused(wish(size=1, source_volid=NOBODY), 404, 'Volume %s could not be found.' % NOBODY)
    refused(wish(alt, size=1, source_volid=two['id']), 404,
            'Volume %s could not be found.' % two['id'])
    put(two, status='error')
    refused(wish(size=2, source_volid=two['id']), 400,
            "Invalid volume: Originating source volume status must be one of 'available, in-use' "
            "values")
    put(two, status='available')
    drop(demo, volume, copy, two)


def the_source_may_go_at_once():
    """Deleting it waits until it has been copied."""
    volume = make(demo, size=1)
    write(volume, b'source')
    reply = wish(source_volid=volume['id'])
    tap.expect(reply.status, 202, 'status of %r' % reply)
    tap.expect(demo.delete('%s/%s' % (VOLUMES, volume['id'])).status, 202)
    copy = wait_status(demo, '%s/%s' % (VOLUMES, reply.body['volume']['id']), 'volume',
                       'available')
    wait_for(lambda: demo.get('%s/%s' % (VOLUMES, volume['id'])).status == 404, 'it to be gone')
    tap.expect(read(copy, 6), b'source')
    drop(demo, copy)


def from_an_image():
    one = image(b'image bytes' * 100, min_disk=2, min_ram=64, hw_vif_model='x')
    reply = wish(size=2, imageRef=one['id'])
    tap.expect((reply.status, reply.body['volume']['status']), (202, 'creating'))
    volume = wait_status(demo, '%s/%s' % (VOLUMES, reply.body['volume']['id']), 'volume',
                         'available')
    tap.expect(read(volume, 11), b'image bytes')
    tap.expect((volume['bootable'], volume['size']), ('true', 2))
    tap.expect(volume['volume_image_metadata'], {
        'image_id': one['id'], 'image_name': 'copies', 'checksum': one['checksum'],
        'container_format': 'bare', 'disk_format': 'raw', 'min_disk': '2', 'min_ram': '64',
        'size': '1100', 'hw_vif_model': 'x'})
    for ref in ('http://host:9292/v2/images/' + one['id'], 'copies'):
        drop(demo, make(demo, size=2, imageRef=ref))
    drop(demo, make(demo, size=2, image_id=one['id']))
    clone = make(demo, size=None, source_volid=volume['id'])
    tap.expect((clone['bootable'], clone['volume_image_metadata']),
               ('true', volume['volume_image_metadata']))
    refused(wish(size=1, imageRef=one['id']), 400,
            'Invalid input received: Volume size 1GB cannot be smaller than the image minDisk '
            'size 2GB.')
    refused(wish(imageRef=one['id']), 400, GENERIC)
    for ref in (NOBODY, 'no such image'):
        refused(wish(size=1, imageRef=ref), 400, NO_IMAGE)
    refused(wish(alt, size=2, imageRef=one['id']), 400, NO_IMAGE)
    twin = image(b'twin')
    refused(wish(size=2, imageRef='copies'), 409,
            "Multiple matches found for 'copies', use an ID to be more specific.")
    drop_image(twin)
    drop_image(one)
    tap.expect(read(volume, 11), b'image bytes', 'once the image is gone')
    drop(demo, volume, clone)


def from_a_qcow2_image():
    with tempfile.NamedTemporaryFile(suffix='.qcow2') as file:
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', file.name, '2G'], check=True)
        subprocess.run(['qemu-io', '-f', 'qcow2', '-c', 'write -q -P 0x61 0 512', file.name],
                       check=True)
        one = image(file.read(), disk_format='qcow2', name='thick')
    refused(wish(size=1, imageRef=one['id']), 400,
            'Invalid input received: Size of specified image 2GB is larger than volume size 1GB.')
    volume = make(demo, size=3, imageRef=one['id'])
    tap.expect(read(volume, 4), b'aaaa')
    tap.expect(os.path.getsize(file_of(volume)), 3 << 30)
    drop(demo, volume)
    drop_image(one)


def images_that_are_no_disks():
    reply = demo.post('/image/v2/images', {'name': 'empty', 'disk_format': 'raw',
                                           'container_format': 'bare'})
    one = reply.body
    refused(wish(size=1, imageRef=one['id']), 400,
            'Invalid input received: Image %s is not active.' % one['id'])
    drop_image(one)
    one = image(b'kernel', disk_format='aki', container_format='aki')
    refused(wish(size=1, imageRef=one['id']), 400,
            'Invalid input received: Image %s is no disk: its format is aki.' % one['id'])
    drop_image(one)


def one_source_at_most():
    volume = make(demo)
    snapshot = take(volume)
    one = image(b'x')
    for members in ({'snapshot_id': snapshot['id'], 'source_volid': volume['id']},
                    {'snapshot_id': snapshot['id'], 'imageRef': one['id']},
                    {'source_volid': volume['id'], 'imageRef': one['id']}):
        refused(wish(size=1, **members), 400, TWO_SOURCES)
    forget(snapshot)
    drop(demo, volume)
    drop_image(one)


def what_is_not_there():
    for minor, member, text in (
            (0, 'consistencygroup_id', 'ConsistencyGroup %s could not be found.'),
            (13, 'group_id', 'Group %s could not be found.'),
            (47, 'backup_id', 'Backup %s could not be found.')):
        refused(wish(version=at(minor), size=1, **{member: NOBODY}), 404, text % NOBODY)
    drop(demo, make(demo, group_id=NOBODY))  # nobody knows the word at 3.0
    tap.expect(wish(version=at(53), size=1, status='x').status, 400)
    tap.expect(wish(version=at(53), size=1, user_id='x').status, 400)


def a_failed_copy_says_so():
    volume = make(demo)
    os.unlink(file_of(volume))
    reply = wish(source_volid=volume['id'])
    tap.expect(reply.status, 202, 'status of %r' % reply)
    path = '%s/%s' % (VOLUMES, reply.body['volume']['id'])
    wait_for(lambda: demo.get(path).body['volume']['status'] == 'error', 'it to fail')
    messages = demo.get(V3 + '/messages?resource_uuid=' + reply.body['volume']['id'],
                        version=at(5)).body['messages']
    tap.expect(len(messages), 1, 'messages')
    drop(demo, reply.body['volume'], volume)


def nothing_is_left():
    tap.expect(os.listdir(os.path.join(cleatd.dir, 'volumes')), [], 'files')
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=30) as store:
        tap.expect(store.execute('SELECT COUNT(*) FROM volumes').fetchone(), (0,))
    limits = demo.get(V3 + '/limits').body['limits']['absolute']
    tap.expect((limits['totalVolumesUsed'], limits['totalGigabytesUsed'],
                limits['totalSnapshotsUsed']), (0, 0, 0), 'quota')


def end():
    cleatd.__exit__()


tap.run('volume copies', [
    from_a_snapshot, from_a_volume, the_source_may_go_at_once, from_an_image, from_a_qcow2_image,
    images_that_are_no_disks, one_source_at_most, what_is_not_there, a_failed_copy_says_so,
    nothing_is_left,
], cleanup=end)
