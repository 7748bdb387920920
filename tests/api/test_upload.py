#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Images made of volumes over HTTP: the bytes, the answer, who may, and what a failure leaves."""
import hashlib
import os
import subprocess
import sys
import tempfile

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
from volumelib import V3, at, drop, make, refused, tap, wait_for, wait_status  # noqa: E402
from lib import Cleatd  # noqa: E402

VOLUMES = V3 + '/volumes'
IMAGES = '/image/v2/images'

cleatd = Cleatd()
demo, alt, admin, reader = (cleatd.user(name) for name in ('demo', 'alt', 'admin', 'reader'))


def file_of(volume):
    return os.path.join(cleatd.dir, 'volumes', volume['id'] + '.raw')


def ask(volume, user=demo, version=None, **wish):
    return user.post('%s/%s/action' % (VOLUMES, volume['id']), {
        'os-volume_upload_image': dict({'image_name': 'made'}, **wish)}, version=version)


def upload(volume, **more):
    """The answer, and the image once it is active."""
    reply = ask(volume, **more)
    tap.expect(reply.status, 202, 'status of %r' % reply)
    answer = reply.body['os-volume_upload_image']
    path = '%s/%s' % (IMAGES, answer['image_id'])
    wait_for(lambda: demo.get(path).body['status'] == 'active', 'the image to be active')
    wait_status(demo, '%s/%s' % (VOLUMES, volume['id']), 'volume', 'available')
    return answer, demo.get(path).body


def md5_of(path):
    digest = hashlib.md5()
    with open(path, 'rb') as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def drop_image(one):
    tap.expect(demo.delete('%s/%s' % (IMAGES, one['id'])).status, 204, 'delete of the image')


def a_volume_becomes_an_image():
    volume = make(demo, description='d')
    with open(file_of(volume), 'r+b') as file:
        file.write(b'bytes of the volume')
    answer, image = upload(volume, version=at(1))
    tap.expect(answer['updated_at'] is not None, True)
    tap.expect({key: value for key, value in answer.items() if key != 'updated_at'}, {
        'id': volume['id'], 'status': 'uploading', 'display_description': 'd', 'size': 1,
        'volume_type': {'id': answer['volume_type']['id'], 'name': '__DEFAULT__'},
        'image_id': image['id'], 'image_name': 'made', 'container_format': 'bare',
        'disk_format': 'raw', 'visibility': 'private', 'protected': False})
    tap.expect((image['size'], image['virtual_size'], image['checksum'], image['visibility']),
               (1 << 30, 1 << 30, md5_of(file_of(volume)), 'private'))
    kept = os.path.join(cleatd.dir, 'depot', 'images', image['id'])
    tap.expect(os.stat(kept).st_blocks * 512 < 1 << 20, True, 'holes are kept')
    copy = make(demo, imageRef=image['id'])
    with open(file_of(copy), 'rb') as file:
        tap.expect(file.read(19), b'bytes of the volume')
    # A volume from an image passes on what the image says, but not what was said of that image.
    again, second = upload(copy)
    tap.expect('image_id' in second, False)
    tap.expect('visibility' in again, False, 'members before 3.1')
    tap.expect(second['visibility'], 'shared')
    drop_image(image)
    drop_image(second)
    drop(demo, volume, copy)


def in_another_format():
    volume = make(demo)
    with open(file_of(volume), 'r+b') as file:
        file.write(b'x' * 512)
    _, image = upload(volume, disk_format='qcow2', container_format='bare')
    tap.expect((image['disk_format'], image['virtual_size']), ('qcow2', 1 << 30))
    with tempfile.NamedTemporaryFile() as file:
        with open(os.path.join(cleatd.dir, 'depot', 'images', image['id']), 'rb') as stored:
            file.write(stored.read())
        file.flush()
        tap.expect(image['size'], os.path.getsize(file.name))
        out = subprocess.run(['qemu-io', '-f', 'qcow2', '-c', 'read -P 0x78 0 512', file.name],
                             check=True, stdout=subprocess.PIPE).stdout
        tap.expect(b'failed' in out, False, 'the bytes')
    drop_image(image)
    drop(demo, volume)


def who_may():
    volume = make(demo)
    tap.expect(ask(volume, user=reader).status, 403)
    refused(ask(volume, user=alt), 404, 'Volume %s could not be found.' % volume['id'])
    refused(ask(volume, version=at(1), visibility='public'), 403,
            "Policy doesn't allow volume_extension:volume_actions:upload_public to be performed.")
    tap.expect(ask(volume, version=at(0), visibility='private').status, 400, 'before 3.1')
    tap.expect(ask(volume, disk_format='vmdk').status, 400)
    tap.expect(ask(volume, image_name='').status, 400)
    tap.expect(demo.get('%s/%s' % (VOLUMES, volume['id'])).body['volume']['status'], 'available')
    drop(demo, volume)


def a_failure_leaves_the_volume_as_it_was():
    volume = make(demo)
    os.rename(file_of(volume), file_of(volume) + '.away')
    reply = ask(volume)
    tap.expect(reply.status, 202, 'status of %r' % reply)
    image = reply.body['os-volume_upload_image']['image_id']
    wait_for(lambda: demo.get('%s/%s' % (IMAGES, image)).status == 404, 'the image to be gone')
    os.rename(file_of(volume) + '.away', file_of(volume))
    wait_status(demo, '%s/%s' % (VOLUMES, volume['id']), 'volume', 'available')
    messages = demo.get(V3 + '/messages?resource_uuid=' + volume['id'], version=at(5))
    tap.expect(len(messages.body['messages']), 1, 'messages')
    drop(demo, volume)


def a_protected_image_stays():
    volume = make(demo)
    _, image = upload(volume, version=at(1), protected=True)
    tap.expect(demo.delete('%s/%s' % (IMAGES, image['id'])).status, 403)
    drop(demo, volume)


def end():
    cleatd.__exit__()


tap.run('upload', [
    a_volume_becomes_an_image, in_another_format, who_may, a_failure_leaves_the_volume_as_it_was,
    a_protected_image_stays,
], cleanup=end)
