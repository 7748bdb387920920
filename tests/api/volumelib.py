# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What the tests of the block storage API share."""
import os
import sys
import uuid

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib')]
import tap  # noqa: E402
from lib import wait_for, wait_status  # noqa: E402

V3 = '/volume/v3'
NOBODY = str(uuid.uuid4())
NO_ROUTE = 'The resource could not be found.'


def at(minor):
    """For version=: "volume 3.MINOR"."""
    return 'volume 3.%d' % minor


def refused(reply, status, message):
    """An error in this dialect's form, with exactly these words."""
    tap.expect((reply.status, reply.message()), (status, message), 'answer')
    key = {400: 'badRequest', 403: 'forbidden', 404: 'itemNotFound', 409: 'conflictingRequest',
           413: 'overLimit', 415: 'badMediaType'}.get(status, 'computeFault')
    tap.expect(list(reply.body), [key], 'name of the error')
    tap.expect(reply.body[key]['code'], status, 'code')


def make(user, status='available', **wish):
    """A volume that has come to be."""
    reply = user.post(V3 + '/volumes', {'volume': dict({'size': 1}, **wish)})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    path = '%s/volumes/%s' % (V3, reply.body['volume']['id'])
    if status == 'available':
        return wait_status(user, path, 'volume', status)
    wait_for(lambda: user.get(path).body['volume']['status'] == status, path + ' to be ' + status)
    return user.get(path).body['volume']


def drop(user, *volumes):
    """Delete, and wait until they are gone."""
    for volume in volumes:
        tap.expect(user.delete('%s/volumes/%s' % (V3, volume['id'])).status, 202, 'delete')
    for volume in volumes:
        path = '%s/volumes/%s' % (V3, volume['id'])
        wait_for(lambda path=path: user.get(path).status == 404, path + ' to be gone')
