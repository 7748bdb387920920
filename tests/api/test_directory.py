#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Directories of the daemon that somebody removes under it, or opens to everybody."""
import os
import shutil
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for  # noqa: E402

VOLUMES = '/volume/v3/volumes'


def new_volume(user, wanted):
    reply = user.post(VOLUMES, {'volume': {'size': 1}})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    path = VOLUMES + '/' + reply.body['volume']['id']
    wait_for(lambda: user.get(path).body['volume']['status'] != 'creating', path + ' to settle')
    tap.expect(user.get(path).body['volume']['status'], wanted)
    return path


def a_volume_directory_that_goes_is_told():
    with Cleatd() as cleatd:
        demo, admin = cleatd.user('demo'), cleatd.user('admin')
        before = new_volume(demo, 'available')
        shutil.rmtree(os.path.join(cleatd.dir, 'volumes'))
        after = new_volume(demo, 'error')
        newest = admin.get('/admin/v1/operations').body['operations'][0]
        tap.expect((newest['state'], newest['volume_id']), ('failed', after.rsplit('/', 1)[1]))
        assert 'the directory for ' in newest['last_error'], newest
        for path in (before, after):
            tap.expect(demo.delete(path).status, 202)
            wait_for(lambda: demo.get(path).status == 404, path + ' to be gone')


tap.run('directory', [a_volume_directory_that_goes_is_told])
