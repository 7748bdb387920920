#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Requests that wait for a backend: what others ask meanwhile, and when the daemon ends."""
import os
import sys
import tempfile
import threading

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import lib  # noqa: E402
import tap  # noqa: E402

VOLUMES = '/volume/v3/volumes'
ATTACHMENTS = '/volume/v3/attachments'
AT = 'volume 3.44'
CONNECTOR = {'host': 'h', 'initiator': 'iqn.1993-08.org.debian:01:h'}


class Ask(threading.Thread):
    """A request that is sent now; .reply is there after join()."""

    def __init__(self, ask):
        super().__init__()
        self.ask = ask
        self.reply = None
        self.start()

    def run(self):
        self.reply = self.ask()

    def status(self):
        self.join()
        return self.reply.status


class House(lib.Cleatd):
    """On the fake backend, with a volume that a slow export is under way for."""

    def __init__(self, **env):
        self.config = tempfile.NamedTemporaryFile('w', suffix='.conf')
        self.config.write('[volume]\nbackend = fake\n')
        self.config.flush()
        super().__init__(args=['--config', self.config.name], env=env)
        self.demo = self.user('demo')
        self.volume = self.demo.post(VOLUMES, {'volume': {'size': 1}}).body['volume']['id']
        lib.wait_status(self.demo, VOLUMES + '/' + self.volume, 'volume', 'available')
        self.create = Ask(lambda: self.demo.post(ATTACHMENTS, {'attachment': {
            'volume_uuid': self.volume, 'connector': CONNECTOR}}, version=AT))
        self.attachment = lib.wait_for(self.attachments, 'an attachment')[0]['id']
        self.path = '%s/%s' % (ATTACHMENTS, self.attachment)

    def attachments(self):
        return self.demo.get(ATTACHMENTS, version=AT).body['attachments']

    def exports(self):
        return os.listdir(os.path.join(self.dir, 'volumes', 'exports'))

    def update(self):
        return self.demo.put(self.path, {'attachment': {'connector': CONNECTOR}}, version=AT)

    def at_rest(self):
        tap.expect(self.attachments(), [])
        tap.expect(self.exports(), [])
        tap.expect(self.demo.get(VOLUMES + '/' + self.volume).body['volume']['status'],
                   'available')


def overtaken(fail, created, delay_ms='800'):
    with House(CLEAT_FAKE_EXPORT_DELAY_MS=delay_ms, CLEAT_FAKE_EXPORT_FAIL=fail) as house:
        again = Ask(house.update)
        tap.expect(house.demo.post(house.path + '/action', {'os-complete': None},
                                   version=AT).status, 409)
        tap.expect(house.demo.delete(house.path, version=AT).status, 200)
        assert house.create.status() in created, house.create.reply
        assert again.status() in created + (404, 409), again.reply  # it may come late
        house.at_rest()


def a_deletion_follows_the_export_it_overtakes():
    overtaken('', (200, 404), '3000')


def also_when_the_export_fails_once():
    overtaken('1', (200, 404))


def also_when_it_fails_for_good():
    overtaken('always', (500,))


def the_same_request_waits_for_the_same_work():
    with House(CLEAT_FAKE_EXPORT_DELAY_MS='800') as house:
        tap.expect(house.update().status, 200)
        tap.expect(house.exports(), [house.attachment])
        tap.expect(house.create.status(), 200)


def nobody_waits_when_the_daemon_ends():
    with House(CLEAT_FAKE_EXPORT_DELAY_MS='600000') as house:
        tap.expect(house.stop(), 0)
        tap.expect(house.create.status(), 504)
        assert house.start(env={'CLEAT_FAKE_EXPORT_DELAY_MS': '0'})
        house.demo = house.user('demo')
        tap.expect(house.update().status, 200)
        tap.expect(house.exports(), [house.attachment])
        tap.expect(house.demo.delete(house.path, version=AT).status, 200)
        house.at_rest()


tap.run('waiting', [
    a_deletion_follows_the_export_it_overtakes, also_when_the_export_fails_once,
    also_when_it_fails_for_good, the_same_request_waits_for_the_same_work,
    nobody_waits_when_the_daemon_ends,
])
