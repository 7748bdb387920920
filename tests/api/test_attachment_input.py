#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What is wrong in a request for an attachment: the exact answer, after which every row and every
export is what it was. On a backend that has to let hosts in. What comes during other operations:
test_waiting.py."""
import os
import sqlite3
import sys
import tempfile
import uuid

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
from volumelib import NO_ROUTE, NOBODY, V3, at, drop, make, refused, tap  # noqa: E402
from lib import Cleatd, wait_status  # noqa: E402

ATTACHMENTS = V3 + '/attachments'
HERE = {'host': 'here', 'initiator': 'iqn.1994-05.org.example:here'}
THERE = {'host': 'there', 'initiator': 'iqn.1994-05.org.example:there'}
BODY_BYTES = 112 * 1024
NEWEST = 71
INSTANCE = str(uuid.uuid4())
TABLES = ('volumes', 'attachments', 'operations', 'steps', 'messages')

with tempfile.NamedTemporaryFile('w', prefix='cleat-test-', suffix='.conf', delete=False) as config:
    config.write('[volume]\nbackend = fake\n')
cleatd = Cleatd(args=['--config', config.name])
demo, alt = cleatd.user('demo'), cleatd.user('alt')


def rows():
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=30) as store:
        return [store.execute('SELECT * FROM %s ORDER BY 1, 2' % name).fetchall()
                for name in TABLES]


def exports():
    return sorted(os.listdir(os.path.join(cleatd.dir, 'volumes', 'exports')))


def ask(method, path='', body=None, minor=NEWEST, user=demo):
    return user.request(method, ATTACHMENTS + path, body, version=at(minor))


def in_vain(status, message, *request, **more):
    """This request gets exactly this answer and changes nothing."""
    before = rows(), exports()
    refused(ask(*request, **more), status, message)
    tap.expect((rows(), exports()), before, 'what there is after %r' % (request,))


def new(connector=None, instance=None, volume=None, minor=NEWEST):
    wish = {'volume_uuid': (volume or make(demo))['id']}
    wish.update({'connector': connector} if connector else {})
    wish.update({'instance_uuid': instance} if instance else {})
    reply = ask('POST', '', {'attachment': wish}, minor)
    tap.expect(reply.status, 200, 'status of %r' % reply)
    return reply.body['attachment']


def path(attachment, action=''):
    return '/' + attachment['id'] + action


def complete(attachment):
    tap.expect(ask('POST', path(attachment, '/action'), {'os-complete': None}).status, 204)


def end_of(*attachments):
    for attachment in attachments:
        tap.expect(ask('DELETE', path(attachment)).status, 200, 'delete')
    for volume in {attachment['volume_id'] for attachment in attachments}:
        drop(demo, {'id': volume})


def not_there(identifier):
    return 'Volume attachment could not be found with filter: attachment_id = %s.' % identifier


def a_connector_is_an_object():
    volume, held = make(demo), new()
    for value, shown in (('h', "h. 'h'"), (1, '1. 1'), (True, 'true. True'),
                         ([], '[]. []'), (['h'], '["h"]. [\'h\']')):
        words = 'Invalid input for field/attribute connector. Value: %s is not of type ' % shown
        in_vain(400, words + "'object', 'null'", 'POST', '', {'attachment': {
            'volume_uuid': volume['id'], 'connector': value}})
        in_vain(400, words + "'object'", 'PUT', path(held), {'attachment': {'connector': value}})
    drop(demo, volume)
    end_of(held)


def a_connector_has_the_size_of_a_body():
    """100 KB are fine; test_volume_connections.py goes to the very last byte."""
    large = dict(HERE, padding='p' * 100 * 1024)
    held = new(connector=large)
    tap.expect(ask('PUT', path(held), {'attachment': {'connector': large}}).status, 200, 'again')
    too_large = {'attachment': {'connector': dict(HERE, padding='p' * BODY_BYTES)}}
    in_vain(413, 'The body is too large.', 'PUT', path(held), too_large)
    end_of(held)


def an_attachment_that_nobody_has():
    for identifier in (NOBODY, 'x'):
        for request in (('GET', '/' + identifier), ('DELETE', '/' + identifier),
                        ('PUT', '/' + identifier, {'attachment': {'connector': HERE}}),
                        ('POST', '/%s/action' % identifier, {'os-complete': {}})):
            in_vain(404, not_there(identifier), *request)


def an_attachment_of_another_project():
    held, connected = new(), new(connector=HERE)
    for one in (held, connected):
        for request in (('GET', path(one)), ('DELETE', path(one)),
                        ('PUT', path(one), {'attachment': {'connector': THERE}}),
                        ('POST', path(one, '/action'), {'os-complete': {}})):
            in_vain(404, not_there(one['id']), *request, user=alt)
        in_vain(404, 'Volume %s could not be found.' % one['volume_id'], 'POST', '',
                {'attachment': {'volume_uuid': one['volume_id']}}, user=alt)
    end_of(held, connected)


def what_was_never_connected_is_not_complete():
    held = new()
    in_vain(409, 'Resource conflict: Volume attachment %s is reserved: nothing is connected that '
            'could be completed.' % held['id'],
            'POST', path(held, '/action'), {'os-complete': None})
    end_of(held)


def what_is_complete_keeps_its_host():
    held = new(connector=HERE)
    complete(held)
    in_vain(409, 'Resource conflict: Volume attachment %s is attached with another connector.' %
            held['id'], 'PUT', path(held), {'attachment': {'connector': THERE}})
    before = rows(), exports()
    tap.expect(ask('PUT', path(held), {'attachment': {'connector': HERE}}).body['attachment'],
               ask('GET', path(held)).body['attachment'], 'the same connector again')
    complete(held)
    tap.expect((rows(), exports()), before, 'after the same connector and completion again')
    end_of(held)


def what_is_deleted_is_not_there():
    held = new(connector=HERE)
    complete(held)
    tap.expect(ask('DELETE', path(held)).status, 200, 'delete')
    for request in (('DELETE', path(held)), ('GET', path(held)),
                    ('PUT', path(held), {'attachment': {'connector': HERE}}),
                    ('POST', path(held, '/action'), {'os-complete': None})):
        in_vain(404, not_there(held['id']), *request)
    drop(demo, {'id': held['volume_id']})


def a_volume_is_one_instances():
    held = new(connector=HERE, instance=INSTANCE)
    words = ('Invalid volume: Volume %s status must be available or downloading to reserve, but '
             'the current status is %%s.' % held['volume_id'])
    for status in ('attaching', 'in-use'):
        for instance in (str(uuid.uuid4()), None):
            wish = {'volume_uuid': held['volume_id']}
            wish.update({'instance_uuid': instance} if instance else {})
            in_vain(400, words % status, 'POST', '', {'attachment': wish})
        complete(held)
    # The same instance holds it twice while it moves; only then by a second connector.
    second = new(instance=INSTANCE, volume={'id': held['volume_id']})
    in_vain(409, 'Resource conflict: duplicate connectors detected on volume %s' %
            held['volume_id'], 'PUT', path(second), {'attachment': {'connector': THERE}})
    tap.expect(ask('DELETE', path(second)).status, 200, 'delete')
    end_of(held)


def who_reads_only_does_not_get_to_write():
    """The other way round, mode rw of a volume that is only to be read, nobody may write to."""
    volume = make(demo)
    actions = '%s/volumes/%s/action' % (V3, volume['id'])

    def act(action, value, status=202, message=None):
        before = rows(), exports()
        reply = demo.post(actions, {action: value})
        if message:
            refused(reply, status, message)
            tap.expect((rows(), exports()), before, 'what there is')
        tap.expect(reply.status, status, 'status of %r' % reply)
    act('os-update_readonly_flag', {'readonly': True})
    act('os-attach', {'mountpoint': '/dev/vdb', 'instance_uuid': INSTANCE, 'mode': 'rw'}, 400,
        "Invalid attaching mode 'rw' for volume %s." % volume['id'])
    for mode in ({}, {'mode': 'rw'}):
        held = ask('POST', '', {'attachment': dict(
            mode, volume_uuid=volume['id'], connector=HERE)}).body['attachment']
        tap.expect((held['attach_mode'], held['connection_info']['access_mode']), ('ro', 'ro'))
        tap.expect(ask('DELETE', path(held)).status, 200, 'delete')
    act('os-update_readonly_flag', {'readonly': False})
    act('os-attach', {'mountpoint': '/dev/vdb', 'instance_uuid': INSTANCE, 'mode': 'rw'})
    act('os-attach', {'mountpoint': '/dev/vdb', 'instance_uuid': NOBODY, 'mode': 'ro'}, 400,
        'Invalid volume: volume is already attached and multiple attachments are not enabled')
    act('os-detach', {})
    wait_status(demo, '%s/volumes/%s' % (V3, volume['id']), 'volume', 'available')
    drop(demo, volume)


def members_and_routes_have_their_versions():
    volume = make(demo)
    held = new()
    wish = {'attachment': {'volume_uuid': volume['id'], 'mode': 'ro'}}
    text = '{"volume_uuid":"%s","mode":"ro"}' % volume['id']
    for minor in (27, 44, 53):
        in_vain(400, 'Invalid input for field/attribute attachment. Value: %s. Additional '
                "properties are not allowed ('mode' was unexpected)" % text, 'POST', '', wish,
                minor=minor)
    for minor in (0, 26):
        for request in (('GET',), ('GET', '/detail'), ('GET', path(held)), ('POST', '', wish),
                        ('PUT', path(held), {'attachment': {'connector': HERE}}),
                        ('DELETE', path(held))):
            in_vain(404, NO_ROUTE, *request, minor=minor)
    in_vain(404, NO_ROUTE, 'POST', path(held, '/action'), {'os-complete': None}, minor=43)
    drop(demo, volume)
    end_of(held)


def end():
    cleatd.__exit__()
    os.unlink(config.name)


tap.run('attachment input', [
    a_connector_is_an_object, a_connector_has_the_size_of_a_body, an_attachment_that_nobody_has,
    an_attachment_of_another_project, what_was_never_connected_is_not_complete,
    what_is_complete_keeps_its_host, what_is_deleted_is_not_there, a_volume_is_one_instances,
    who_reads_only_does_not_get_to_write, members_and_routes_have_their_versions,
], cleanup=end)
