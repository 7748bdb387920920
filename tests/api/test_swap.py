#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A swap that takes its time: what is seen of it and refused meanwhile, how it is cancelled, and
what it leaves behind when it comes to nothing. The guest here is no real one: see
tests/scenario/swap.py."""
import json
import os
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
from volumelib import V3, at, make, refused, tap, wait_for, wait_status  # noqa: E402
from lib import Cleatd  # noqa: E402

SERVERS = '/compute/v2.1/servers'
OPERATIONS = '/admin/v1/operations'
VOLUMES = V3 + '/volumes'
SLOW = {'CLEAT_FAKE_MIRROR': '3600000'}
SOON = {'CLEAT_FAKE_MIRROR': '4000'}

cleatd = Cleatd(env=SLOW)
demo, admin, reader = cleatd.user('demo'), cleatd.user('admin'), cleatd.user('reader')
PATH = OLD = NEW = None


def server():
    images = demo.get('/image/v2/images').body['images']
    image, = (row['id'] for row in images if row['name'] == 'tiny')
    flavors = demo.get('/compute/v2.1/flavors/detail').body['flavors']
    flavor = min(flavors, key=lambda row: (row['ram'], row['disk']))['id']
    reply = demo.post(SERVERS, {'server': {'name': 'swap', 'imageRef': image, 'flavorRef': flavor,
                                           'networks': 'none'}}, version='compute 2.37')
    path = '%s/%s' % (SERVERS, reply.body['server']['id'])
    wait_for(lambda: demo.get(path).body['server']['status'] == 'ACTIVE', 'the server to be active')
    return path


def attach(volume):
    reply = demo.post(PATH + '/os-volume_attachments', {'volumeAttachment': {
        'volumeId': volume['id'], 'tag': 'data'}}, version='compute 2.49')
    tap.expect(reply.status, 200, 'status of %r' % reply)
    status(volume, 'in-use')


def status(volume, wanted):
    wait_status(demo, '%s/%s' % (VOLUMES, volume['id']), 'volume', wanted)


def swap(old, new, user=None):
    return (user or demo).put('%s/os-volume_attachments/%s' % (PATH, old['id']),
                              {'volumeAttachment': {'volumeId': new['id']}})


def operation():
    rows = demo.get('%s?server_id=%s' % (OPERATIONS, PATH.split('/')[-1])).body['operations']
    return next(row for row in rows if row['kind'] == 'swap-volume')


def wait_state(wanted):
    wait_for(lambda: operation()['state'] == wanted, 'the swap to be ' + wanted)


def attached():
    rows = demo.get(PATH + '/os-volume_attachments').body['volumeAttachments']
    return [row['volumeId'] for row in rows]


def disks():
    """The disks of the domain: where each is, and what it is mirrored into."""
    path = os.path.join(cleatd.dir, 'fake', PATH.split('/')[-1] + '.json')
    with open(path, encoding='utf-8') as file:
        rows = json.load(file)['disks']
    return [(os.path.basename(row['path']), row['mirror']) for row in rows if row['serial']]


def check_has(volume, other):
    status(volume, 'in-use')
    status(other, 'available')
    tap.expect(attached(), [volume['id']], 'attachments')
    tap.expect(disks(), [(volume['id'] + '.raw', None)], 'disks')


def action():
    rows = demo.get(PATH + '/os-instance-actions').body['instanceActions']
    return demo.get('%s/os-instance-actions/%s' % (PATH, rows[0]['request_id'])).body[
        'instanceAction']


def a_swap_is_seen_while_it_runs():
    global PATH, OLD, NEW
    PATH, OLD, NEW = server(), make(demo), make(demo)
    attach(OLD)
    tap.expect(swap(OLD, NEW).status, 202, 'swap')
    wait_for(lambda: operation()['step'] == 'disk-mirror' and disks()[0][1], 'the mirror')
    tap.expect(demo.get(VOLUMES + '/' + OLD['id']).body['volume']['status'], 'detaching', 'old')
    tap.expect(demo.get(VOLUMES + '/' + NEW['id']).body['volume']['status'], 'attaching', 'new')
    tap.expect(attached(), [OLD['id']], 'attachments')
    for row in (demo.get(PATH).body['server'], demo.get(SERVERS + '/detail').body['servers'][0]):
        tap.expect([volume['id'] for volume in row['os-extended-volumes:volumes_attached']],
                   [OLD['id']], 'volumes of the server')
    reply = demo.get('%s/os-volume_attachments/%s' % (PATH, NEW['id']))
    tap.expect(reply.status, 404, 'show of the new one')
    tap.expect(demo.get(PATH).body['server']['OS-EXT-STS:task_state'], None, 'task')
    tap.expect(action()['action'], 'swap_volume', 'action')
    tap.expect(disks(), [(OLD['id'] + '.raw', os.path.join(cleatd.dir, 'volumes',
                                                           NEW['id'] + '.raw'))], 'disks')


def both_volumes_are_taken_meanwhile():
    for user, version in ((demo, None), (admin, 'compute 2.84')):
        reply = user.put('%s/os-volume_attachments/%s' % (PATH, OLD['id']),
                         {'volumeAttachment': {'volumeId': NEW['id']}}, version=version)
        tap.expect(reply.status, 400, 'swap again')
    reply = demo.delete('%s/os-volume_attachments/%s' % (PATH, OLD['id']))
    tap.expect(reply.status, 400, 'detach')
    reply = demo.delete('%s/os-volume_attachments/%s' % (PATH, NEW['id']))
    tap.expect(reply.status, 404, 'detach of the new one')
    reply = demo.post(PATH + '/os-volume_attachments', {'volumeAttachment': {
        'volumeId': NEW['id']}})
    tap.expect(reply.status, 400, 'attach of the new one')
    rows = demo.get(V3 + '/attachments', version=at(44)).body['attachments']
    tap.expect(sorted(row['volume_id'] for row in rows), sorted([OLD['id'], NEW['id']]),
               'attachments')
    for row in rows:
        reply = demo.delete('%s/attachments/%s' % (V3, row['id']), version=at(44))
        tap.expect(reply.status, 409, 'delete of an attachment')
    for volume in (OLD, NEW):
        tap.expect(demo.delete('%s/%s' % (VOLUMES, volume['id'])).status, 400, 'delete')


def a_swap_outlives_the_daemon():
    cleatd.kill()
    assert cleatd.start(env=SLOW)
    wait_for(lambda: operation()['state'] == 'doing', 'the swap')
    tap.expect(disks()[0][1] is not None, True, 'mirrored')
    tap.expect(swap(OLD, NEW).status, 400, 'swap again')


def it_is_cancelled():
    path = '%s/%s' % (OPERATIONS, operation()['id'])
    tap.expect(reader.post(path + '/cancel').status, 403, 'by a reader')
    tap.expect(cleatd.user('alt').post(path + '/cancel').status, 404, 'by another project')
    tap.expect(demo.post(path + '/cancel').status, 202, 'cancel')
    wait_state('failed')
    check_has(OLD, NEW)
    tap.expect(operation()['last_error'], 'cancelled', 'error')
    reply = demo.post(path + '/cancel')
    tap.expect((reply.status, reply.message()),
               (409, 'Operation %s is over: failed.' % operation()['id']), 'cancel again')
    tap.expect(demo.post(OPERATIONS + '/nothing/cancel').status, 404, 'cancel of nothing')
    shown = action()
    tap.expect((shown['action'], shown['message']), ('swap_volume', 'Error'), 'action')


def a_guest_that_ends_keeps_the_old_one():
    tap.expect(swap(OLD, NEW).status, 202, 'swap')
    wait_for(lambda: disks()[0][1], 'the mirror')
    with open(os.path.join(cleatd.dir, 'fake', PATH.split('/')[-1] + '.poweroff'), 'w',
              encoding='ascii'):
        pass
    wait_state('failed')
    check_has(OLD, NEW)
    wait_for(lambda: demo.get(PATH).body['server']['status'] == 'SHUTOFF', 'the server to be off')
    tap.expect(swap(OLD, NEW).status, 409, 'swap while it is off')
    tap.expect(demo.post(PATH + '/action', {'os-start': None}).status, 202, 'start')
    wait_for(lambda: demo.get(PATH).body['server']['status'] == 'ACTIVE', 'the server to run')


def a_mirror_that_ends_by_itself_is_begun_again_and_given_up():
    cleatd.stop()
    assert cleatd.start(env={'CLEAT_FAKE_MIRROR': 'end'})
    tap.expect(swap(OLD, NEW).status, 202, 'swap')
    wait_state('failed')
    check_has(OLD, NEW)
    assert 'came to nothing again' in operation()['last_error'], operation()


def its_progress_rises():
    cleatd.stop()
    assert cleatd.start(env=SOON)
    tap.expect(swap(OLD, NEW).status, 202, 'swap')
    seen = []
    wait_for(lambda: seen.append(operation()['progress']) or operation()['state'] == 'done',
             'the swap')
    tap.expect(seen, sorted(seen), 'progress')
    assert any(0 < value < 100 for value in seen), seen
    tap.expect(operation()['progress'], 100, 'at the end')
    check_has(NEW, OLD)


def what_is_changed_meanwhile_holds():
    tap.expect(swap(NEW, OLD).status, 202, 'swap')
    path = '%s/os-volume_attachments/%s' % (PATH, NEW['id'])
    reply = demo.put(path, {'volumeAttachment': {
        'volumeId': NEW['id'], 'delete_on_termination': True}}, version='compute 2.85')
    wait_state('done')
    check_has(OLD, NEW)
    tap.expect(reply.status, 202, 'update')
    row = demo.get('%s/os-volume_attachments/%s' % (PATH, OLD['id']),
                   version='compute 2.89').body['volumeAttachment']
    tap.expect((row['delete_on_termination'], row['tag']), (True, 'data'), 'mapping')


def deleting_the_server_cancels_it():
    cleatd.stop()
    assert cleatd.start(env=SLOW)
    one, other = (OLD, NEW) if OLD['id'] in attached() else (NEW, OLD)
    tap.expect(swap(one, other).status, 202, 'swap')
    wait_for(lambda: disks()[0][1], 'the mirror')
    demo.put('%s/os-volume_attachments/%s' % (PATH, one['id']), {'volumeAttachment': {
        'volumeId': one['id'], 'delete_on_termination': False}}, version='compute 2.85')
    tap.expect(demo.delete(PATH).status, 204, 'delete')
    wait_for(lambda: demo.get(PATH).status == 404, 'the server to be gone')
    for volume in (one, other):
        status(volume, 'available')


def what_must_not_take_its_place_is_refused():
    """Nothing is written over a read-only volume; nothing of one project becomes another's."""
    global PATH
    PATH = server()
    old, new = make(demo, name='old'), make(demo, name='precious')
    foreign = make(admin, name='foreign')
    attach(old)
    reply = demo.post('%s/%s/action' % (VOLUMES, new['id']),
                      {'os-update_readonly_flag': {'readonly': True}})
    tap.expect(reply.status, 202, 'the flag')
    for volume, user, words in ((new, demo, 'New volume is read-only.'),
                                (foreign, admin, 'belongs to another project')):
        reply = swap(old, volume, user)
        tap.expect(reply.status, 400, '%r' % reply)
        assert words in reply.message(), reply
    tap.expect(attached(), [old['id']])


def attachments(volume):
    reply = admin.get('%s/attachments?all_tenants=1&volume_id=%s' % (V3, volume['id']),
                      version=at(44))
    return reply.body['attachments']


def ways_to_take(volume, other):
    """Whoever may attach a volume that is made for several."""
    image = demo.get(other).body['server']['image']['id']
    flavor = demo.get(other).body['server']['flavor']['id']
    disks_wanted = [{'source_type': 'image', 'destination_type': 'local', 'uuid': image,
                     'boot_index': 0},
                    {'source_type': 'volume', 'destination_type': 'volume', 'uuid': volume['id'],
                     'boot_index': -1}]
    yield demo.post(other + '/os-volume_attachments',
                    {'volumeAttachment': {'volumeId': volume['id']}}, version='compute 2.60')
    yield demo.post(SERVERS, {'server': {
        'name': 'other', 'imageRef': image, 'flavorRef': flavor, 'networks': 'none',
        'block_device_mapping_v2': disks_wanted}}, version='compute 2.60')
    for connector in ({'host': 'elsewhere', 'initiator': 'iqn.e'}, None):
        for instance in ('11111111-1111-4111-8111-111111111111', PATH.split('/')[-1]):
            wish = {'volume_uuid': volume['id'], 'instance_uuid': instance}
            if connector:
                wish['connector'] = connector
            yield demo.post(V3 + '/attachments', {'attachment': wish}, version=at(44))
    for action, body in (('os-reserve', {}),
                         ('os-attach', {'host_name': 'elsewhere', 'mountpoint': '/dev/vdz'})):
        yield demo.post('%s/%s/action' % (VOLUMES, volume['id']), {action: body})


def nobody_else_gets_what_is_made_for_several():
    global PATH, OLD, NEW
    kind = admin.post(V3 + '/types', {'volume_type': {
        'name': 'several', 'extra_specs': {'multiattach': '<is> True'}}}).body['volume_type']['id']
    other, PATH = server(), server()
    OLD, NEW = make(demo, volume_type=kind), make(demo, volume_type=kind, size=2)
    tap.expect(demo.post(PATH + '/os-volume_attachments', {'volumeAttachment': {
        'volumeId': OLD['id']}}, version='compute 2.60').status, 200, 'attach')
    status(OLD, 'in-use')
    tap.expect(swap(OLD, NEW).status, 202, 'swap')
    wait_for(lambda: disks()[0][1], 'the mirror')
    for volume, name in ((OLD, 'the old one'), (NEW, 'the new one')):
        for reply in ways_to_take(volume, other):
            tap.expect(reply.status, 400, '%s: %r' % (name, reply))
        tap.expect(len(attachments(volume)), 1, 'attachments of ' + name)
    tap.expect(attached(), [OLD['id']], 'attachments')


def a_service_cannot_take_it_away_either():
    token = {'X-Service-Token': cleatd.user('service').token}
    row, = attachments(NEW)
    reply = demo.delete('%s/attachments/%s' % (V3, row['id']), version=at(44), headers=token)
    refused(reply, 409, 'Resource conflict: Volume attachment %s is attaching: it cannot be '
            'deleted before that is over.' % row['id'])
    row, = attachments(OLD)
    reply = demo.delete('%s/attachments/%s' % (V3, row['id']), version=at(44), headers=token)
    tap.expect(reply.status, 400, 'delete of the old one')
    tap.expect(operation()['state'], 'doing', 'swap')
    tap.expect(demo.delete(PATH).status, 204, 'delete')
    wait_for(lambda: demo.get(PATH).status == 404, 'the server to be gone')


if __name__ == '__main__':
    tap.run('swap', [
        a_swap_is_seen_while_it_runs, both_volumes_are_taken_meanwhile,
        a_swap_outlives_the_daemon, it_is_cancelled, a_guest_that_ends_keeps_the_old_one,
        a_mirror_that_ends_by_itself_is_begun_again_and_given_up, its_progress_rises,
        what_is_changed_meanwhile_holds, deleting_the_server_cancels_it,
        what_must_not_take_its_place_is_refused, nobody_else_gets_what_is_made_for_several,
        a_service_cannot_take_it_away_either],
        lambda: cleatd.__exit__())
