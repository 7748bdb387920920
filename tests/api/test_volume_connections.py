#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Connections of old, on a backend that has to let hosts in: no export without a row, and a way out
for each."""
import json
import os
import sqlite3
import sys
import tempfile
import uuid

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402
from volumelib import V3, at, drop, make, refused  # noqa: E402

VOLUMES = V3 + '/volumes'
HERE = {'host': 'here', 'initiator': 'iqn.1994-05.org.example:here'}
BODY_BYTES = 112 * 1024
THERE = {'host': 'there', 'initiator': 'iqn.1994-05.org.example:there'}

with tempfile.NamedTemporaryFile('w', prefix='cleat-test-', suffix='.conf', delete=False) as config:
    config.write('[volume]\nbackend = fake\n')
cleatd = Cleatd(args=['--config', config.name])
demo = cleatd.user('demo')


def ask(identifier, action, value=None):
    return demo.post('%s/%s/action' % (VOLUMES, identifier), {action: value})


def act(identifier, action, value=None, status=202):
    reply = ask(identifier, action, value)
    tap.expect(reply.status, status, 'status of %r' % reply)
    return reply.body


def initialize(identifier, connector):
    return act(identifier, 'os-initialize_connection', {'connector': connector},
               200)['connection_info']


def show(identifier):
    return demo.get('%s/%s' % (VOLUMES, identifier)).body['volume']


def settled(identifier, status):
    wait_status(demo, '%s/%s' % (VOLUMES, identifier), 'volume', status)
    return show(identifier)


def exports():
    """Ids of the attachments that the backend has let in."""
    for root, folders, files in os.walk(cleatd.dir):
        if os.path.basename(root) == 'exports':
            return set(files)
    return set()


def attachments():
    reply = demo.get(V3 + '/attachments/detail', version=at(27))
    tap.expect(reply.status, 200, 'status of %r' % reply)
    return reply.body['attachments']


def volume(**wish):
    return make(demo, **wish)['id']


def a_host_is_let_in_once():
    """Asked twice, the answer is the same; os-attach completes what is there."""
    identifier, instance = volume(), str(uuid.uuid4())
    act(identifier, 'os-reserve')
    first = initialize(identifier, HERE)
    tap.expect(initialize(identifier, HERE), first, 'the second answer')
    tap.expect(initialize(identifier, dict(HERE, multipath=False)), first, 'the third answer')
    row, = attachments()
    tap.expect((row['status'], exports()), ('attaching', {row['id']}))
    act(identifier, 'os-attach', {'mountpoint': '/dev/vdb', 'instance_uuid': instance})
    row, = attachments()
    tap.expect((row['status'], row['instance']), ('attached', instance))
    tap.expect(show(identifier)['status'], 'in-use')
    tap.expect(initialize(identifier, HERE), first, 'asked while it is in use')
    act(identifier, 'os-begin_detaching')
    act(identifier, 'os-terminate_connection', {'connector': HERE})
    act(identifier, 'os-detach')
    settled(identifier, 'available')
    tap.expect((attachments(), exports()), ([], set()))
    drop(demo, show(identifier))


def nobody_else_gets_the_volume_meanwhile():
    identifier = volume()
    initialize(identifier, HERE)
    tap.expect(show(identifier)['status'], 'attaching')
    refused(ask(identifier, 'os-initialize_connection', {'connector': THERE}), 409,
            'Resource conflict: volume %s is connected for somebody else' % identifier)
    refused(ask(identifier, 'os-reserve'), 400, 'Invalid volume: Volume status must be available '
            'to reserve, but the status is attaching.')
    tap.expect(demo.delete('%s/%s' % (VOLUMES, identifier)).status, 400, 'deleting it')
    act(identifier, 'os-terminate_connection', {'connector': HERE})
    settled(identifier, 'available')
    tap.expect((attachments(), exports()), ([], set()))
    drop(demo, show(identifier))


def connector_of(identifier):
    """As the row of an attachment has it; no API shows it."""
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=10) as db:
        text, = db.execute('SELECT connector FROM attachments WHERE id = ?',
                           (identifier,)).fetchone()
    return text and json.loads(text)


def filled(body, connector, size):
    """The body with this connector, which has grown until the whole is as long as that."""
    def with_bytes(count):
        return {'attachment': dict(body, connector=dict(connector, padding='p' * count))}
    return with_bytes(size - len(json.dumps(with_bytes(0))))


def a_connector_is_as_large_as_a_body_may_be():
    identifier, path = volume(), V3 + '/attachments'
    large = filled({'volume_uuid': identifier}, HERE, BODY_BYTES)
    reply = demo.post(path, filled({'volume_uuid': identifier}, HERE, BODY_BYTES + 1),
                      version=at(27))
    tap.expect((reply.status, attachments()), (413, []), 'one byte too long')
    reply = demo.post(path, large, version=at(27))
    tap.expect(reply.status, 200, 'the largest: %r' % reply)
    made = reply.body['attachment']['id']
    tap.expect(connector_of(made), large['attachment']['connector'], 'made with')
    demo.delete('%s/%s' % (path, made), version=at(27))
    settled(identifier, 'available')

    reply = demo.post(path, {'attachment': {'volume_uuid': identifier}}, version=at(27))
    made = reply.body['attachment']['id']
    before = demo.get('%s/%s' % (path, made), version=at(27)).body
    reply = demo.put('%s/%s' % (path, made), filled({}, HERE, BODY_BYTES + 1), version=at(27))
    tap.expect(reply.status, 413, 'updated with one byte too many')
    tap.expect(demo.get('%s/%s' % (path, made), version=at(27)).body, before, 'nothing is changed')
    tap.expect((connector_of(made), exports()), (None, set()), 'nothing is connected')
    large = filled({}, HERE, BODY_BYTES)
    reply = demo.put('%s/%s' % (path, made), large, version=at(27))
    tap.expect((reply.status, exports()), (200, {made}), 'updated with the largest')
    tap.expect(connector_of(made), large['attachment']['connector'], 'updated with')
    demo.delete('%s/%s' % (path, made), version=at(27))
    settled(identifier, 'available')
    drop(demo, show(identifier))


def several_hosts_share_a_volume_for_several():
    identifier = volume(volume_type='multiattach')
    for host in (HERE, THERE):
        initialize(identifier, host)
    tap.expect(len(exports()), 2)
    for host in ('there', 'here', 'elsewhere'):
        act(identifier, 'os-attach', {'mountpoint': '/dev/vdb', 'host_name': host})
    rows = attachments()
    tap.expect([row['status'] for row in rows], ['attached'] * 3)
    tap.expect(exports(), {row['id'] for row in rows if row['connection_info']})
    for row in rows:
        demo.delete('%s/attachments/%s' % (V3, row['id']), version=at(27))
    settled(identifier, 'available')
    tap.expect((attachments(), exports()), ([], set()))
    drop(demo, show(identifier))


def a_connector_has_to_say_who_it_is():
    identifier = volume()
    refused(ask(identifier, 'os-initialize_connection', {'connector': {'host': 'here'}}), 400,
            "Invalid input received: Connector doesn't have required information: initiator")
    tap.expect((show(identifier)['status'], attachments()), ('available', []))
    drop(demo, show(identifier))


def a_host_that_cannot_be_let_in_leaves_nothing():
    cleatd.stop()
    cleatd.start(env={'CLEAT_FAKE_EXPORT_FAIL': 'always'})
    identifier = volume()
    refused(ask(identifier, 'os-initialize_connection', {'connector': HERE}), 500,
            'Unable to fetch connection information from backend.')
    settled(identifier, 'available')
    tap.expect((attachments(), exports()), ([], set()))
    drop(demo, show(identifier))
    cleatd.stop()
    cleatd.start()


def what_a_dead_client_left_is_taken_away():
    identifier = volume()
    act(identifier, 'os-reserve')
    initialize(identifier, HERE)
    cleatd.kill()
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=10) as db:
        db.execute('UPDATE volumes SET held_us = held_us - 3601 * 1000000')
        db.execute('UPDATE attachments SET created_us = created_us - 3601 * 1000000')
    cleatd.start()
    settled(identifier, 'available')
    wait_for(lambda: not exports() and not attachments(), 'the export to end')
    drop(demo, show(identifier))


def end():
    cleatd.__exit__()
    os.unlink(config.name)


tap.run('volume connections', [
    a_host_is_let_in_once, nobody_else_gets_the_volume_meanwhile,
    a_connector_is_as_large_as_a_body_may_be,
    several_hosts_share_a_volume_for_several, a_connector_has_to_say_who_it_is,
    a_host_that_cannot_be_let_in_leaves_nothing, what_a_dead_client_left_is_taken_away],
    cleanup=end)
