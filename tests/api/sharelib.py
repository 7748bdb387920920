# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What the tests of shared file systems have in common: a cleatd, its users, requests at a version,
and shares that are ready."""
import re
import uuid

import tap
from lib import Cleatd, wait_status, wait_for

V2 = '/share/v2'
NEWEST = '2.88'
HEADER = 'X-OpenStack-Manila-API-Version'
EXPERIMENT = 'X-OpenStack-Manila-API-Experimental'
NOBODY = str(uuid.uuid4())
UUID = re.compile(r'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
DATE = re.compile(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$')
KEYS = {400: 'badRequest', 403: 'forbidden', 404: 'itemNotFound', 409: 'conflictingRequest',
        413: 'overLimit'}

cleatd = Cleatd()
demo, alt, admin, reader = (cleatd.user(name) for name in ('demo', 'alt', 'admin', 'reader'))


def at(version, user=demo, method='GET', path='/availability-zones', both=None, body=None,
       experimental=None):
    """A request in the version of the service's own header, and of the common one where `both`."""
    headers = {HEADER: version} if version is not None else {}
    if experimental:
        headers[EXPERIMENT] = experimental
    common = 'shared-file-system ' + both if both else None
    return user.request(method, V2 + path, body, version=common, headers=headers)


def refused(reply, status, message, key=None):
    """An error in this dialect's form, with exactly these words."""
    tap.expect(reply.status, status, 'status of %r' % reply)
    more = {'retryAfter': '0'} if status == 413 else {}
    tap.expect(reply.body, {key or KEYS[status]: dict(code=status, message=message, **more)},
               'body')


def make(share=None, user=demo, **wish):
    """A share that is available: a new one, or the one of this id."""
    if not share:
        reply = at(NEWEST, user, 'POST', '/shares',
                   body={'share': dict({'share_proto': 'NFS', 'size': 1}, **wish)})
        tap.expect(reply.status, 200, 'status of %r' % reply)
        share = reply.body['share']['id']
    wait_status(user, '%s/shares/%s' % (V2, share), 'share', 'available')
    return at(NEWEST, user, path='/shares/' + share).body['share']


def gone(path, user=demo):
    wait_for(lambda: at(NEWEST, user, path=path).status == 404, path + ' to be gone')
