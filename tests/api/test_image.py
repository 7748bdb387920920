#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Images over HTTP, and what servers may boot: only what their project can see."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_status  # noqa: E402

UUID = '11111111-1111-1111-1111-111111111111'

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


def end():
    cleatd.stop()
    cleatd.__exit__()


tap.run('image', [servers_boot_kernels_of_their_own, kernels_that_cannot_be_are_refused],
        cleanup=end)
