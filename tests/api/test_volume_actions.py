#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Volume actions in the order in which clients take them, and what becomes of it when they die."""
import json
import os
import sqlite3
import sys
import uuid

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402
from volumelib import V3, at, drop, make, refused  # noqa: E402

VOLUMES = V3 + '/volumes'
SERVERS = '/compute/v2.1/servers'
CONNECTOR = {'host': 'h', 'initiator': 'iqn.1994-05.org.example:h', 'multipath': False}

cleatd = Cleatd()
demo, admin, service = (cleatd.user(name) for name in ('demo', 'admin', 'service'))


def ask(identifier, action, value=None, user=demo, headers=None):
    return user.request('POST', '%s/%s/action' % (VOLUMES, identifier), {action: value},
                        headers=headers)


def act(identifier, action, value=None, status=202, user=demo):
    reply = ask(identifier, action, value, user)
    tap.expect(reply.status, status, 'status of %r' % reply)
    return reply.body


def show(identifier):
    return demo.get('%s/%s' % (VOLUMES, identifier)).body['volume']


def status(identifier):
    return show(identifier)['status']


def volume():
    return make(demo)['id']


def server_with(identifier):
    image = demo.get('/image/v2/images').body['images'][0]['id']
    reply = demo.post(SERVERS, {'server': {'name': 's', 'flavorRef': '1', 'imageRef': image}})
    server = reply.body['server']['id']
    wait_status(demo, SERVERS + '/' + server, 'server', 'ACTIVE')
    reply = demo.post('%s/%s/os-volume_attachments' % (SERVERS, server),
                      {'volumeAttachment': {'volumeId': identifier}})
    tap.expect(reply.status, 200, 'attaching: %r' % reply)
    wait_status(demo, '%s/%s' % (VOLUMES, identifier), 'volume', 'in-use')
    return server


def disks_to_read(server):
    """For each volume that the guest has: whether it may only read it."""
    with open(os.path.join(cleatd.dir, 'fake', server + '.json'), encoding='utf-8') as file:
        return {disk['serial']: disk['readonly'] for disk in json.load(file)['disks']
                if disk['serial']}


def the_old_way_from_end_to_end():
    """As clients without attachments do it: every status, and every call twice."""
    identifier, instance = volume(), str(uuid.uuid4())
    act(identifier, 'os-reserve')
    tap.expect(status(identifier), 'attaching')
    infos = [act(identifier, 'os-initialize_connection', {'connector': CONNECTOR}, 200)
             for _ in range(2)]
    tap.expect(infos[0], infos[1], 'asked twice')
    tap.expect(set(infos[0]['connection_info']), {'driver_volume_type', 'data',
                                                  'enforce_multipath'})
    tap.expect(status(identifier), 'attaching')
    for _ in range(2):
        act(identifier, 'os-attach', {'mountpoint': '/dev/vdc', 'instance_uuid': instance})
    told = show(identifier)
    tap.expect(told['status'], 'in-use')
    tap.expect(told['metadata'], {'attached_mode': 'rw', 'readonly': 'False'})
    attachment, = told['attachments']
    tap.expect((attachment['server_id'], attachment['device'], attachment['id']),
               (instance, '/dev/vdc', identifier))
    act(identifier, 'os-begin_detaching')
    tap.expect(status(identifier), 'detaching')
    tap.expect(len(show(identifier)['attachments']), 1, 'attachments while detaching')
    for _ in range(2):
        act(identifier, 'os-terminate_connection', {'connector': CONNECTOR})
        tap.expect(status(identifier), 'detaching')
    act(identifier, 'os-detach', {'attachment_id': attachment['attachment_id']})
    act(identifier, 'os-detach', {})
    told = show(identifier)
    tap.expect((told['status'], told['attachments'], told['metadata']),
               ('available', [], {'readonly': 'False'}))
    drop(demo, told)


def a_guest_only_reads_a_read_only_volume():
    """When it is plugged into it, and when the guest starts with it."""
    written, read = volume(), volume()
    act(read, 'os-update_readonly_flag', {'readonly': True})
    server = server_with(written)
    path = '%s/%s' % (SERVERS, server)
    reply = demo.post(path + '/os-volume_attachments', {'volumeAttachment': {'volumeId': read}})
    tap.expect(reply.status, 200, 'attaching: %r' % reply)
    wait_status(demo, '%s/%s' % (VOLUMES, read), 'volume', 'in-use')
    tap.expect(disks_to_read(server), {written: False, read: True}, 'plugged in')
    modes = {row['volume_id']: row['attach_mode'] for row in demo.get(
        V3 + '/attachments/detail', version=at(27)).body['attachments']}
    tap.expect((modes[written], modes[read]), ('rw', 'ro'), 'modes')
    for action, status_after in (('os-stop', 'SHUTOFF'), ('os-start', 'ACTIVE')):
        tap.expect(demo.post(path + '/action', {action: None}).status, 202, action)
        wait_status(demo, path, 'server', status_after)
    tap.expect(disks_to_read(server), {written: False, read: True}, 'started with')
    tap.expect(demo.delete(path).status, 204, 'deleting the server')
    for identifier in (written, read):
        wait_status(demo, '%s/%s' % (VOLUMES, identifier), 'volume', 'available')
        drop(demo, show(identifier))


def a_read_only_volume_is_attached_for_reading():
    identifier = volume()
    act(identifier, 'os-update_readonly_flag', {'readonly': True})
    tap.expect(show(identifier)['metadata'], {'readonly': 'True'})
    info = act(identifier, 'os-initialize_connection', {'connector': CONNECTOR}, 200)
    tap.expect(info['connection_info']['data']['access_mode'], 'ro')
    refused(ask(identifier, 'os-attach', {'mountpoint': '/dev/vdc', 'host_name': 'h'}), 400,
            "Invalid attaching mode 'rw' for volume %s." % identifier)
    act(identifier, 'os-attach', {'mountpoint': '/dev/vdc', 'host_name': 'h', 'mode': 'ro'})
    tap.expect(show(identifier)['metadata'], {'readonly': 'True', 'attached_mode': 'ro'})
    act(identifier, 'os-detach')
    act(identifier, 'os-update_readonly_flag', {'readonly': False})
    reply = demo.post(V3 + '/attachments', {'attachment': {'volume_uuid': identifier}},
                      version=at(27))
    tap.expect(reply.body['attachment']['attach_mode'], 'null', 'a flag that is off')
    demo.delete(V3 + '/attachments/' + reply.body['attachment']['id'], version=at(27))
    drop(demo, show(identifier))


def a_server_is_asked_before_its_volume_goes():
    """Nobody but a compute service may, and then the guest lets go first."""
    identifier = volume()
    server = server_with(identifier)
    text = 'ConflictNovaUsingAttachment: Detach volume from instance %s using the Compute API'
    for user, action, value in ((demo, 'os-detach', {}), (admin, 'os-force_detach', {}),
                                (demo, 'os-terminate_connection', {'connector': CONNECTOR})):
        refused(ask(identifier, action, value, user), 409, text % server)
    tap.expect(status(identifier), 'in-use')
    reply = ask(identifier, 'os-detach', {}, headers={'X-Service-Token': service.token})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    wait_status(demo, '%s/%s' % (VOLUMES, identifier), 'volume', 'available')
    actions = demo.get('%s/%s/os-instance-actions' % (SERVERS, server)).body['instanceActions']
    tap.expect(actions[0]['action'], 'detach_volume', 'the newest action of the server')
    drop(demo, show(identifier))


def a_volume_that_is_being_deleted_has_no_other_future():
    identifier = volume()
    path = os.path.join(cleatd.dir, 'volumes', identifier + '.raw')
    os.unlink(path)
    os.mkdir(path)  # what nobody can unlink: the deletion is tried again and again
    act(identifier, 'os-force_delete', user=admin)
    for wanted in ('available', 'error'):
        refused(ask(identifier, 'os-reset_status', {'status': wanted}, admin), 400,
                'Cannot reset-state of a volume that an operation is at work on: it '
                'ends by itself')
    os.rmdir(path)
    wait_for(lambda: demo.get('%s/%s' % (VOLUMES, identifier)).status == 404, 'it to be gone')


def database():
    return sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=10)


def held():
    with database() as db:
        return {row[0] for row in db.execute('SELECT id FROM volumes WHERE held_us > 0')}


def a_hold_is_remembered_until_it_is_followed_up():
    volumes = [volume() for _ in range(3)]
    for identifier in volumes:
        act(identifier, 'os-reserve')
    tap.expect(held(), set(volumes))
    act(volumes[0], 'os-unreserve')
    act(volumes[1], 'os-attach', {'mountpoint': '/dev/vdb', 'host_name': 'h'})
    act(volumes[2], 'os-terminate_connection', {'connector': {'host': 'h'}})
    tap.expect([status(identifier) for identifier in volumes],
               ['available', 'in-use', 'available'])
    tap.expect(held(), set())


def a_hold_of_a_client_that_died_is_given_back():
    free, used, fresh = volume(), volume(), volume()
    act(used, 'os-attach', {'mountpoint': '/dev/vdb', 'host_name': 'h'})
    act(used, 'os-begin_detaching')
    act(free, 'os-reserve')
    act(fresh, 'os-reserve')
    cleatd.kill()
    with database() as db:
        db.execute('UPDATE volumes SET held_us = held_us - 3601 * 1000000 WHERE id != ?', (fresh,))
        db.commit()
    cleatd.start()
    wait_for(lambda: status(free) == 'available', 'the volume that was held for an attach')
    wait_for(lambda: status(used) == 'in-use', 'the volume that was held for a detach')
    tap.expect(status(fresh), 'attaching', 'one that has not been held for long')
    tap.expect(held(), {fresh})


def reservations_with_a_record_stay():
    """An attachment has an id and a maker; no clock takes it away."""
    identifier = volume()
    reply = demo.post(V3 + '/attachments', {'attachment': {'volume_uuid': identifier}},
                      version=at(27))
    tap.expect(reply.status, 200, 'status of %r' % reply)
    cleatd.kill()
    cleatd.start()
    tap.expect(status(identifier), 'reserved')


tap.run('volume actions', [
    the_old_way_from_end_to_end, a_guest_only_reads_a_read_only_volume,
    a_read_only_volume_is_attached_for_reading,
    a_server_is_asked_before_its_volume_goes, a_volume_that_is_being_deleted_has_no_other_future,
    a_hold_is_remembered_until_it_is_followed_up, a_hold_of_a_client_that_died_is_given_back,
    reservations_with_a_record_stay], cleanup=cleatd.__exit__)
