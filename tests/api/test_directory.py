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


def refuses_to_start(cleatd, sentence):
    assert not cleatd.start(), 'cleatd starts'
    cleatd.log.close()
    tap.expect(cleatd.process.returncode, 1, 'exit status')
    with open(cleatd.log.name) as log:
        assert sentence in log.read(), 'not told: ' + sentence
    os.unlink(cleatd.log.name)


def what_others_may_write_is_refused():
    with Cleatd(start=False) as cleatd:
        os.chmod(cleatd.dir, 0o777)
        refuses_to_start(cleatd, 'cleatd: everybody may write to %s: say chmod go-w %s first' % (
            cleatd.dir, cleatd.dir))
        tap.expect(os.listdir(cleatd.dir), [])
        os.chmod(cleatd.dir, 0o770)  # the group is ours
        assert cleatd.start()
        cleatd.stop()
        store = os.path.join(cleatd.dir, 'cleat.db')
        os.chmod(store, 0o602)
        refuses_to_start(cleatd, 'everybody may write to %s: say chmod go-w %s first' % (
            store, store))
        os.chmod(store, 0o620)
        if os.geteuid() == 0:  # nobody else can give a file away
            os.chown(store, -1, 12345)
            refuses_to_start(cleatd, 'another group may write to %s: say chmod g-w %s first' % (
                store, store))
        os.chmod(store, 0o600)
        assert cleatd.start()
        cleatd.stop()


tap.run('directory', [a_volume_directory_that_goes_is_told, what_others_may_write_is_refused])
