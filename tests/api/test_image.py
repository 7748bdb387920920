#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Images over HTTP, and what servers may boot: only what their project can see."""
import os
import socket
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import PATIENCE, Cleatd, wait_for, wait_status  # noqa: E402

UUID = '11111111-1111-1111-1111-111111111111'
STALLED_S = 60  # after which an upload is cut off anyway

cleatd = Cleatd()
demo, alt = (cleatd.user(name) for name in ('demo', 'alt'))


def image(user, disk_format, data=b'bytes', **properties):
    reply = user.post('/image/v2/images', dict(
        {'name': 'x', 'disk_format': disk_format,
         'container_format': disk_format if disk_format in ('aki', 'ari') else 'bare'},
        **properties))
    tap.expect(reply.status, 201, 'status of %r' % reply)
    if data:
        sent = user.put('/image/v2/images/%s/file' % reply.body['id'], data,
                        headers={'Content-Type': 'application/octet-stream'})
        tap.expect(sent.status, 204, 'status of %r' % sent)
    return reply.body['id']


def boot(image_id):
    return demo.post('/compute/v2.1/servers', {'server': {
        'name': 'x', 'imageRef': image_id, 'flavorRef': '1'}})


def servers_boot_kernels_of_their_own():
    kernel, ramdisk = image(demo, 'aki'), image(demo, 'ari')
    reply = boot(image(demo, 'raw', kernel_id=kernel.upper(), ramdisk_id=ramdisk))
    tap.expect(reply.status, 202, repr(reply))
    wait_status(demo, '/compute/v2.1/servers/' + reply.body['server']['id'], 'server', 'ACTIVE')


def kernels_that_cannot_be_are_refused():
    """No other project's kernel, no path, no disk and nothing without data; cleatd lives on."""
    strange = [image(alt, 'aki'), UUID, 'nope', '../../secret', image(demo, 'raw'),
               image(demo, 'ari'), image(demo, 'aki', data=None)]
    for kernel in strange:
        reply = boot(image(demo, 'raw', kernel_id=kernel))
        tap.expect(reply.status, 400, '%s: %r' % (kernel, reply))
        assert kernel in reply.message(), reply
        reply = boot(image(demo, 'raw', kernel_id=image(demo, 'aki'), ramdisk_id='../../secret'))
        tap.expect(reply.status, 400, repr(reply))
    tap.expect(len(demo.get('/compute/v2.1/servers').body['servers']), 1, 'servers')


class Slow:
    """An upload whose bytes stop coming half-way."""

    def __init__(self, image_id, total=8):
        self.socket = socket.create_connection((cleatd.host, cleatd.port), timeout=PATIENCE)
        self.socket.sendall((
            'PUT /image/v2/images/%s/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: %s\r\n'
            'Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n' % (
                image_id, demo.token, total)).encode() + b'half')

    def rest(self, data=b'half'):
        self.socket.sendall(data)
        answer = self.socket.recv(4096).decode()
        self.socket.close()
        return int(answer.split()[1])


def status_of(image_id):
    return demo.get('/image/v2/images/' + image_id).body['status']


def wait_for_status(image_id, status):
    wait_for(lambda: status_of(image_id) == status, 'the image to be ' + status)


def an_image_that_is_uploaded_is_saving():
    one = image(demo, 'raw', data=None)
    tap.expect(status_of(one), 'queued')
    slow = Slow(one)
    wait_for_status(one, 'saving')
    # It belongs to that upload.
    path = '/image/v2/images/' + one
    second = demo.put(path + '/file', b'other', headers={
        'Content-Type': 'application/octet-stream'})
    tap.expect((second.status, second.message()), (409, 'Image %s is in status saving.' % one))
    tap.expect(demo.delete(path).status, 409)
    tap.expect(slow.rest(), 204)
    tap.expect(status_of(one), 'active')
    tap.expect(demo.get(path).body['size'], 8)
    tap.expect(demo.delete(path).status, 204)


def an_upload_that_is_given_up_gives_the_image_back():
    one = image(demo, 'raw', data=None)
    slow = Slow(one)
    wait_for_status(one, 'saving')
    slow.socket.close()
    wait_for_status(one, 'queued')
    # So does one whose bytes are not wanted, before it is answered.
    other = image(demo, 'qcow2', data=None)
    for _ in range(3):
        sent = demo.put('/image/v2/images/%s/file' % other, b'no qcow2', headers={
            'Content-Type': 'application/octet-stream'})
        tap.expect(sent.status, 400, repr(sent))
        tap.expect(status_of(other), 'queued')
    tap.expect(Slow(one).rest(), 204)
    for image_id in (one, other):
        tap.expect(demo.delete('/image/v2/images/' + image_id).status, 204)


def a_crash_gives_the_image_back():
    one = image(demo, 'raw', data=None)
    slow = Slow(one)
    wait_for_status(one, 'saving')
    cleatd.kill()
    slow.socket.close()
    assert cleatd.start()
    tap.expect(status_of(one), 'queued')
    tap.expect(Slow(one).rest(), 204)


def an_upload_that_stalls_does_not_hold_up_the_end():
    one = image(demo, 'raw', data=None)
    slow = Slow(one)
    wait_for_status(one, 'saving')
    began = time.monotonic()
    tap.expect(cleatd.stop(), 0)
    took = time.monotonic() - began
    slow.socket.close()
    assert took < STALLED_S / 2, 'it took %.1f s' % took  # clients get 1 s to finish
    assert cleatd.start()
    tap.expect(status_of(one), 'queued')


def end():
    cleatd.stop()
    cleatd.__exit__()


tap.run('image', [
    servers_boot_kernels_of_their_own, kernels_that_cannot_be_are_refused,
    an_image_that_is_uploaded_is_saving, an_upload_that_is_given_up_gives_the_image_back,
    a_crash_gives_the_image_back, an_upload_that_stalls_does_not_hold_up_the_end,
], cleanup=end)
