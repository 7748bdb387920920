#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The compute API over HTTP, beside what the cases show."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd  # noqa: E402

COMPUTE = '/compute/v2.1'

cleatd = Cleatd()
demo, admin = cleatd.user('demo'), cleatd.user('admin')


def refused(reply, status, message, key='badRequest'):
    tap.expect(reply.body, {key: {'code': status, 'message': message}})
    tap.expect(reply.status, status)


def flavor_ids_are_plain():
    def make(flavor_id):
        return admin.post(COMPUTE + '/flavors', {'flavor': {
            'name': 'odd', 'id': flavor_id, 'ram': 64, 'vcpus': 1, 'disk': 0}})

    for bad in ('../x', 'a/b', ' x', 'x ', '\u00e4', 'a?b'):
        refused(make(bad), 400,
                "Invalid input for field/attribute id. Value: %s. '%s' does not match "
                "'^(?! )[a-zA-Z0-9. _-]+(?<! )$'" % (bad, bad))
    tap.expect(make('x' * 256).status, 400)
    for good in ('m1.tiny', 'two words_2', 'x' * 255, 12, None, 'auto'):
        reply = make(good)
        tap.expect(reply.status, 200, 'status of %r' % reply)
        tap.expect(admin.delete(COMPUTE + '/flavors/' + reply.body['flavor']['id'].replace(
            ' ', '%20')).status, 202)


tap.run('compute', [flavor_ids_are_plain], cleanup=lambda: cleatd.__exit__())
