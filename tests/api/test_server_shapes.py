#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Servers that change their shape: resize, rebuild, rescue, and images of servers."""
import glob
import json
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for  # noqa: E402

COMPUTE = '/compute/v2.1'
SERVERS = COMPUTE + '/servers'
IMAGES = '/image/v2/images'

cleatd = Cleatd()
demo, admin = cleatd.user('demo'), cleatd.user('admin')


def refused(reply, status, message, key='badRequest'):
    tap.expect(reply.body, {key: {'code': status, 'message': message}})
    tap.expect(reply.status, status)


def flavor(name, ram, vcpus, disk, **more):
    reply = admin.post(COMPUTE + '/flavors', {'flavor': dict(
        more, name=name, id=name, ram=ram, vcpus=vcpus, disk=disk)})
    tap.expect(reply.status, 200, repr(reply))
    return name


def quota():
    use = demo.get(COMPUTE + '/os-quota-sets/%s/detail' % demo.project_id).body['quota_set']
    return use['cores']['in_use'], use['ram']['in_use']


def disks(server):
    """The files of a server's disks and their sizes in GiB."""
    found = glob.glob('%s/**/disks/%s*' % (cleatd.dir, server), recursive=True)
    return {os.path.basename(path)[36:]: os.path.getsize(path) / 2 ** 30 for path in found}


def show(server):
    return admin.get('%s/%s' % (SERVERS, server), version='compute 2.73').body['server']


def act(server, action, body=None, version='compute 2.60', user=demo):
    return user.post('%s/%s/action' % (SERVERS, server), {action: body}, version=version)


def wait(server, status):
    wait_for(lambda: show(server)['status'] == status
             and show(server)['OS-EXT-STS:task_state'] is None, status)


def newest_action(server, user=admin, version='compute 2.84'):
    path = '%s/%s/os-instance-actions' % (SERVERS, server)
    rows = user.get(path).body['instanceActions']
    return user.get('%s/%s' % (path, rows[0]['request_id']),
                    version=version).body['instanceAction']


def last_action(server):
    """With its events, the newest first."""
    row = newest_action(server)
    times = [(e['start_time'], e['finish_time']) for e in row['events']]
    tap.expect(times, sorted(times, reverse=True), 'order')
    return row['action'], [(e['event'], e['result']) for e in row['events']]


# What the request itself does of a resize, before anything moves.
DECIDED = [('compute_prep_resize', 'Success'), ('cold_migrate', 'Success'),
           ('conductor_migrate_server', 'Success')]


def make(size, image=None, **more):
    image = image or demo.get(IMAGES).body['images'][0]['id']
    reply = demo.post(SERVERS, {'server': dict(
        more, name='s', imageRef=image, flavorRef=size)})
    tap.expect(reply.status, 202, repr(reply))
    wait(reply.body['server']['id'], 'ACTIVE')
    return reply.body['server']['id']


def drop(server):
    tap.expect(demo.delete('%s/%s' % (SERVERS, server)).status, 204)
    wait_for(lambda: demo.get('%s/%s' % (SERVERS, server)).status == 404, 'gone')
    tap.expect(disks(server), {})


def make_image(name, data, **more):
    image = demo.post(IMAGES, dict(more, name=name, disk_format='raw',
                                   container_format='bare')).body['id']
    reply = demo.request('PUT', '%s/%s/file' % (IMAGES, image), data, headers={
        'Content-Type': 'application/octet-stream'})
    tap.expect(reply.status, 204, repr(reply))
    return image


small, large = flavor('small', 64, 1, 1), flavor('large', 128, 3, 2)
image = make_image('boot', b'boot' * 1024)


def a_resize_is_confirmed():
    server = make(small, image)
    tap.expect(disks(server), {'.raw': 1})
    tap.expect(act(server, 'resize', {'flavorRef': large}).status, 202)
    wait(server, 'VERIFY_RESIZE')
    tap.expect(last_action(server), ('resize', [
        ('compute_finish_resize', 'Success'), ('compute_resize_instance', 'Success')] + DECIDED))
    shown = show(server)
    tap.expect((shown['flavor']['ram'], shown['flavor']['original_name']), (128, 'large'))
    tap.expect((shown['OS-EXT-STS:vm_state'], shown['OS-EXT-STS:power_state']), ('resized', 1))
    tap.expect(disks(server), {'.raw': 2, '.kept.raw': 1})
    tap.expect(quota(), (3, 128))
    tap.expect(act(server, 'confirmResize').status, 204)
    wait(server, 'ACTIVE')
    tap.expect(disks(server), {'.raw': 2})
    tap.expect(quota(), (3, 128))
    refused(act(server, 'confirmResize'), 409,
            "Cannot 'confirmResize' instance %s while it is in vm_state active" % server,
            'conflictingRequest')
    drop(server)
    tap.expect(quota(), (0, 0))


def a_resize_is_reverted():
    server = make(small, image)
    tap.expect(act(server, 'os-stop').status, 202)
    wait(server, 'SHUTOFF')
    tap.expect(act(server, 'resize', {'flavorRef': large}).status, 202)
    wait(server, 'VERIFY_RESIZE')
    tap.expect(show(server)['OS-EXT-STS:power_state'], 4)
    tap.expect(act(server, 'revertResize').status, 202)
    wait(server, 'SHUTOFF')
    tap.expect(last_action(server), ('revertResize', [
        ('compute_finish_revert_resize', 'Success'), ('compute_revert_resize', 'Success')]))
    tap.expect(show(server)['flavor']['original_name'], 'small')
    tap.expect(disks(server), {'.raw': 1})
    tap.expect(quota(), (1, 64))
    # To a smaller memory, and what is reverted then is charged again all the time.
    flat = flavor('flat', 32, 1, 1)
    tap.expect(act(server, 'resize', {'flavorRef': flat}).status, 202)
    wait(server, 'VERIFY_RESIZE')
    tap.expect(disks(server), {'.raw': 1})
    tap.expect(quota(), (1, 64))
    drop(server)
    tap.expect(quota(), (0, 0))


def a_resize_is_confirmed_after_a_time():
    server = make(small, image)
    tap.expect(act(server, 'resize', {'flavorRef': large}).status, 202)
    wait(server, 'VERIFY_RESIZE')
    cleatd.stop()
    config = cleatd.dir + '/cleatd.conf'
    with open(config, 'w', encoding='ascii') as file:
        file.write('[compute]\nresize_confirm_seconds = 1\n')
    cleatd.args = ['--config', config]
    assert cleatd.start(), 'cleatd does not start again'
    wait(server, 'ACTIVE')
    tap.expect(disks(server), {'.raw': 2})
    tap.expect(last_action(server), ('confirmResize', [('compute_confirm_resize', 'Success')]))
    drop(server)
    cleatd.stop()
    cleatd.args = []
    assert cleatd.start(), 'cleatd does not start again'


def the_event_that_failed_says_so():
    """The last step finds a volume gone: what came before was a success, and nothing is left."""
    server = make(small, image)
    volume = demo.post('/volume/v3/volumes', {'volume': {'size': 1}}).body['volume']['id']
    wait_for(lambda: demo.get('/volume/v3/volumes/' + volume).body['volume']['status']
             == 'available', 'volume')
    attachments = '%s/%s/os-volume_attachments' % (SERVERS, server)
    tap.expect(demo.post(attachments, {'volumeAttachment': {'volumeId': volume}}).status, 200)
    tap.expect(act(server, 'os-stop').status, 202)
    wait(server, 'SHUTOFF')
    file = glob.glob('%s/**/*%s*' % (cleatd.dir, volume), recursive=True)[0]
    os.rename(file, file + '.away')
    tap.expect(act(server, 'resize', {'flavorRef': large}).status, 202)
    wait_for(lambda: show(server)['OS-EXT-STS:task_state'] is None, 'rest')
    os.rename(file + '.away', file)
    tap.expect(last_action(server), ('resize', [
        ('compute_finish_resize', 'Error'), ('compute_resize_instance', 'Success')] + DECIDED))
    shown = newest_action(server)
    tap.expect(shown['message'], 'Error')
    tap.expect([bool(e['details']) for e in shown['events']], [True] + [False] * 4)
    tap.expect([e['finish_time'] for e in shown['events'] if not e['finish_time']], [])
    tap.expect(show(server)['flavor']['original_name'], 'small')
    drop(server)


def who_sees_which_part_of_events():
    server = make(small, image)
    tap.expect(act(server, 'resize', {'flavorRef': large}).status, 202)
    wait(server, 'VERIFY_RESIZE')
    known = {'event', 'start_time', 'finish_time', 'result'}
    for user, version, members in (
            (admin, '2.1', known | {'traceback'}),
            (demo, '2.50', None),
            (demo, '2.51', known),
            (demo, '2.62', known | {'hostId'}),
            (demo, '2.84', known | {'hostId'}),
            (admin, '2.62', known | {'traceback', 'hostId', 'host'}),
            (admin, '2.84', known | {'traceback', 'hostId', 'host', 'details'})):
        events = newest_action(server, user, 'compute ' + version).get('events')
        tap.expect(events and [set(e) for e in events], members and [members] * 5, version)
    drop(server)


def what_a_resize_refuses():
    server = make(small, image)
    flavor('zero', 64, 1, 0)
    flavor('huge', 64, 100, 1)
    text = 'Server disk was unable to be resized because: %s'
    refused(act(server, 'resize', {'flavorRef': small}), 400,
            'When resizing, instances must change flavor!')
    refused(act(server, 'resize', {'flavorRef': 'nope'}), 400,
            'Flavor nope could not be found.')
    refused(act(server, 'resize', {'flavorRef': 'zero'}), 400,
            text % 'Resize to zero disk flavor is not allowed.')
    refused(act(server, 'resize', {'flavorRef': 'huge'}), 403,
            'Quota exceeded for cores: Requested 99, but already used 1 of 20 cores',
            'forbidden')
    tap.expect(quota(), (1, 64))
    tap.expect(act(server, 'resize', {'flavorRef': large}).status, 202)
    wait(server, 'VERIFY_RESIZE')
    tap.expect(act(server, 'confirmResize').status, 204)
    wait(server, 'ACTIVE')
    refused(act(server, 'resize', {'flavorRef': small}), 400,
            text % 'Unable to resize disk down.')
    tap.expect(act(server, 'resize', {}).status, 400)
    tap.expect(act(server, 'resize', {'flavorRef': large, 'x': 1}).status, 400)
    drop(server)


def a_rebuild_checks_the_host_name():
    server = make(small, image)
    for minor, name in ((93, 'a_b'), (93, 'a.b'), (93, 'a b'), (94, 'aa..bb')):
        reply = act(server, 'rebuild', {'imageRef': image, 'hostname': name},
                    version='compute 2.%d' % minor)
        tap.expect(reply.status, 400, '%s: %r' % (name, reply))
    drop(server)


def a_rebuild_makes_the_disk_anew():
    server = make(small, image, metadata={'a': 'b'})
    other = make_image('other', b'else' * 1024)
    volume = demo.post('/volume/v3/volumes', {'volume': {'size': 1}}).body['volume']['id']
    wait_for(lambda: demo.get('/volume/v3/volumes/' + volume).body['volume']['status']
             == 'available', 'volume')
    attachments = '%s/%s/os-volume_attachments' % (SERVERS, server)
    tap.expect(demo.post(attachments, {'volumeAttachment': {'volumeId': volume}}).status, 200)
    wait_for(lambda: demo.get('/volume/v3/volumes/' + volume).body['volume']['status']
             == 'in-use', 'attached')
    before = demo.get(attachments, version='compute 2.89').body
    reply = act(server, 'rebuild', {
        'imageRef': other, 'name': 'new name', 'adminPass': 'secret', 'metadata': {'c': 'd'},
        'description': 'anew', 'user_data': 'YWJj', 'key_name': None}, version='compute 2.57')
    tap.expect(reply.status, 202, repr(reply))
    body = reply.body['server']
    tap.expect({key: body[key] for key in ('id', 'name', 'adminPass', 'metadata', 'description',
                                           'user_data', 'key_name')},
               {'id': server, 'name': 'new name', 'adminPass': 'secret', 'metadata': {'c': 'd'},
                'description': 'anew', 'user_data': 'YWJj', 'key_name': None})
    assert reply.headers['location'].endswith('/compute/v2.1/servers/' + server), reply
    assert 'OS-EXT-STS:vm_state' not in body and 'config_drive' not in body, body
    wait(server, 'ACTIVE')
    tap.expect(last_action(server), ('rebuild', [('compute_rebuild_instance', 'Success'),
                                                 ('rebuild_server', 'Success')]))
    tap.expect(show(server)['image']['id'], other)
    tap.expect(disks(server), {'.raw': 1})
    path = glob.glob('%s/**/disks/%s.raw' % (cleatd.dir, server), recursive=True)[0]
    with open(path, 'rb') as file:
        tap.expect(file.read(4), b'else')
    tap.expect(demo.get(attachments, version='compute 2.89').body, before)
    reply = act(server, 'rebuild', {'imageRef': image}, version='compute 2.75')
    tap.expect(reply.body['server']['OS-EXT-STS:task_state'], 'rebuilding')
    assert len(reply.body['server']['adminPass']) == 12, reply
    wait(server, 'ACTIVE')
    refused(act(server, 'rebuild', {'imageRef': volume}), 400, 'Cannot find image for rebuild')
    tap.expect(act(server, 'rebuild', {'imageRef': image, 'user_data': 'YWJj'},
                   version='compute 2.56').status, 400)
    refused(act(server, 'rebuild', {'imageRef': image, 'key_name': 'none'}), 400,
            'Invalid key_name provided.')
    drop(server)


def a_rescue_boots_from_its_own_disk():
    server = make(small, image)
    other = make_image('rescuer', b'help' * 1024)
    reply = act(server, 'rescue', {'adminPass': 'secret', 'rescue_image_ref': other})
    tap.expect((reply.status, reply.body), (200, {'adminPass': 'secret'}))
    wait(server, 'RESCUE')
    tap.expect(last_action(server), ('rescue', [('compute_rescue_instance', 'Success')]))
    tap.expect(set(disks(server)), {'.raw', '.rescue.raw'})
    refused(act(server, 'rescue'), 409,
            "Cannot 'rescue' instance %s while it is in vm_state rescued" % server,
            'conflictingRequest')
    tap.expect(act(server, 'unrescue').status, 202)
    wait(server, 'ACTIVE')
    tap.expect(set(disks(server)), {'.raw'})
    reply = act(server, 'rescue')
    tap.expect((reply.status, len(reply.body['adminPass'])), (200, 12))
    wait(server, 'RESCUE')
    drop(server)
    # An admin may say that it is active; then it is itself again, and another rescue is another.
    server = make(small, image)
    tap.expect(act(server, 'rescue', {'rescue_image_ref': other}).status, 200)
    wait(server, 'RESCUE')
    tap.expect(act(server, 'os-resetState', {'state': 'active'}, user=admin).status, 202)
    tap.expect(act(server, 'reboot', {'type': 'HARD'}).status, 202)
    wait(server, 'ACTIVE')
    tap.expect(act(server, 'rescue').status, 200)
    wait(server, 'RESCUE')
    path, = glob.glob('%s/**/disks/%s.rescue.raw' % (cleatd.dir, server), recursive=True)
    with open(path, 'rb') as file:
        tap.expect(file.read(4), b'boot')
    drop(server)
    server = make(small, image)
    refused(act(server, 'rescue', {'rescue_image_ref': server}), 400,
            'Image %s could not be found.' % server)
    drop(server)


def images_are_made_of_servers():
    server = make(small, image)
    for version, stop in (('compute 2.44', False), ('compute 2.45', True)):
        if stop:
            tap.expect(act(server, 'os-stop').status, 202)
            wait(server, 'SHUTOFF')
        reply = act(server, 'createImage', {'name': 'copy', 'metadata': {'mine': 'yes'}},
                    version=version)
        tap.expect(reply.status, 202, repr(reply))
        if version == 'compute 2.45':
            made = reply.body['image_id']
        else:
            made = reply.headers['location'].rsplit('/images/')[1]
            assert not reply.body, reply
        wait_for(lambda: demo.get(IMAGES + '/' + made).body['status'] == 'active', 'active')
        row = demo.get(IMAGES + '/' + made).body
        tap.expect({key: row.get(key) for key in ('name', 'instance_uuid', 'mine', 'image_type',
                                                  'base_image_ref', 'min_disk', 'visibility')},
                   {'name': 'copy', 'instance_uuid': server, 'mine': 'yes',
                    'image_type': 'snapshot', 'base_image_ref': image, 'min_disk': 1,
                    'visibility': 'private'})
        tap.expect(row['size'], 2 ** 30)
        wait(server, 'SHUTOFF' if stop else 'ACTIVE')
        tap.expect(set(disks(server)), {'.raw'})
        tap.expect(last_action(server),
                   ('createImage', [('compute_snapshot_instance', 'Success')]))
    tap.expect(act(server, 'createImage', {'name': ''}).status, 400)
    drop(server)
    copy = make(small, made)
    drop(copy)


def volume_status(volume):
    return demo.get('/volume/v3/volumes/' + volume).body['volume']['status']


def make_from_volume(volume_type=None, **more):
    """(server, its root volume)"""
    reply = demo.post(SERVERS, {'server': dict(more, name='v', flavorRef=small, networks='none',
                                               block_device_mapping_v2=[{
        'source_type': 'image', 'uuid': image, 'destination_type': 'volume',
        'volume_size': 1, 'boot_index': 0, 'delete_on_termination': True,
        **({'volume_type': volume_type} if volume_type else {})}])},
        version='compute 2.67')
    tap.expect(reply.status, 202, repr(reply))
    server = reply.body['server']['id']
    wait(server, 'ACTIVE')
    volume, = show(server)['os-extended-volumes:volumes_attached']
    return server, volume['id']


def an_image_of_volumes_names_their_snapshots():
    server, volume = make_from_volume()
    reply = act(server, 'createImage', {'name': 'of volumes', 'metadata': {'mine': 'yes'}})
    tap.expect(reply.status, 202, repr(reply))
    row = demo.get(IMAGES + '/' + reply.body['image_id']).body
    tap.expect((row['status'], row['size'], row['mine'], row['bdm_v2']),
               ('active', 0, 'yes', 'True'))
    mapping, = json.loads(row['block_device_mapping'])
    tap.expect({key: mapping[key] for key in ('source_type', 'destination_type', 'boot_index',
                                              'volume_size', 'delete_on_termination')},
               {'source_type': 'snapshot', 'destination_type': 'volume', 'boot_index': 0,
                'volume_size': 1, 'delete_on_termination': True})
    snapshot = '/volume/v3/snapshots/' + mapping['snapshot_id']
    wait_for(lambda: demo.get(snapshot).body['snapshot']['status'] == 'available', 'snapshot')
    tap.expect(demo.get(snapshot).body['snapshot']['name'], 'snapshot for of volumes')
    copy = make(small, row['id'])
    attached, = show(copy)['os-extended-volumes:volumes_attached']
    assert attached['id'] != volume, attached
    tap.expect(show(copy)['image'], '')
    drop(copy)
    wait_for(lambda: demo.get('/volume/v3/volumes/' + attached['id']).status == 404, 'volume')
    tap.expect(demo.delete(snapshot).status, 202)
    wait_for(lambda: demo.get(snapshot).status == 404, 'snapshot')
    drop(server)


def a_root_volume_is_filled_anew():
    server, volume = make_from_volume()
    other = make_image('for volumes', b'anew' * 1024)
    before = demo.get('%s/%s/os-volume_attachments' % (SERVERS, server),
                      version='compute 2.89').body
    refused(act(server, 'rebuild', {'imageRef': other}, version='compute 2.92'), 400,
            'Unable to rebuild with a different image for a volume-backed server.')
    tap.expect(act(server, 'rebuild', {'imageRef': image}, version='compute 2.92').status, 202)
    wait(server, 'ACTIVE')
    file, = glob.glob('%s/**/%s.raw' % (cleatd.dir, volume), recursive=True)
    with open(file, 'rb') as disk:
        tap.expect(disk.read(4), b'boot')
    tap.expect(act(server, 'os-stop').status, 202)
    wait(server, 'SHUTOFF')
    reply = act(server, 'rebuild', {'imageRef': other}, version='compute 2.93')
    tap.expect((reply.status, reply.body['server']['image']), (202, ''))
    wait(server, 'SHUTOFF')
    with open(file, 'rb') as disk:
        tap.expect(disk.read(4), b'anew')
    tap.expect(os.path.getsize(file), 2 ** 30)
    wait_for(lambda: len(glob.glob(os.path.dirname(file) + '/*')) ==
             len(demo.get('/volume/v3/volumes').body['volumes']), 'as many files as volumes')
    tap.expect(demo.get('/volume/v3/volumes/' + volume).body['volume']
               ['volume_image_metadata']['image_id'], other)
    tap.expect(demo.get('%s/%s/os-volume_attachments' % (SERVERS, server),
                        version='compute 2.89').body, before)
    drop(server)


def show_volume(volume):
    return demo.get('/volume/v3/volumes/' + volume).body['volume']


def a_root_volume_is_nobody_elses_meanwhile():
    tap.expect(admin.post('/volume/v3/types', {'volume_type': {
        'name': 'shared', 'extra_specs': {'multiattach': '<is> True'}}}).status, 200)
    (server, volume), beside = make_from_volume('shared'), make(small, image)
    path, spare = '/volume/v3/volumes/' + volume, demo.post('/volume/v3/volumes', {'volume': {
        'size': 1}}).body['volume']['id']
    gone = make_image('soon gone', b'gone' * 1024)
    cleatd.stop()
    assert cleatd.start(env={'CLEAT_FAKE_DELAY_MS': '2000', 'CLEAT_FAKE_MIRROR': '2000'})
    tap.expect(act(server, 'rebuild', {'imageRef': gone}, version='compute 2.93').status, 202)
    tap.expect(demo.delete('%s/%s' % (IMAGES, gone)).status, 204)
    tap.expect(show_volume(volume)['status'], 'maintenance')
    reply = demo.post(path + '/action', {'os-extend': {'new_size': 3}}, version='volume 3.60')
    tap.expect(reply.status, 400, repr(reply))
    reply = demo.post('%s/%s/os-volume_attachments' % (SERVERS, beside), {
        'volumeAttachment': {'volumeId': volume}}, version='compute 2.60')
    refused(reply, 400, 'Invalid input received: Invalid volume: Volume %s status must be '
            'available or downloading to reserve, but the current status is maintenance.' % volume)
    # It has come to nothing, and says so.
    wait(server, 'ERROR')
    shown = show_volume(volume)
    tap.expect((shown['status'], shown['volume_image_metadata']['image_id']), ('in-use', image))
    tap.expect(act(server, 'rebuild', {'imageRef': image}, version='compute 2.93').status, 202)
    wait(server, 'ACTIVE')
    tap.expect(show_volume(volume)['status'], 'in-use')
    # Another volume is about to be its root.
    tap.expect(demo.put('%s/%s/os-volume_attachments/%s' % (SERVERS, server, volume), {
        'volumeAttachment': {'volumeId': spare}}, version='compute 2.60').status, 202)
    refused(act(server, 'rebuild', {'imageRef': image}, version='compute 2.93'), 400,
            'Invalid volume: Volume %s status must be in-use and attached to be re-imaged, but '
            'the current status is detaching.' % volume)
    wait_for(lambda: volume_status(volume) == 'available', 'swapped')
    cleatd.stop()
    assert cleatd.start()
    for each in (server, beside):
        drop(each)


def servers_that_boot_from_volumes_are_resized_and_rescued():
    server, _ = make_from_volume()
    tap.expect(disks(server), {})
    tap.expect(act(server, 'resize', {'flavorRef': 'flat'}).status, 202)
    wait(server, 'VERIFY_RESIZE')
    tap.expect(act(server, 'revertResize').status, 202)
    wait(server, 'ACTIVE')
    refused(act(server, 'rescue', version='compute 2.86'), 400,
            'Instance %s cannot be rescued: Cannot rescue a volume-backed instance' % server)
    tap.expect(act(server, 'rescue', {'rescue_image_ref': image}, version='compute 2.87').status,
               200)
    wait(server, 'RESCUE')
    tap.expect(set(disks(server)), {'.rescue.raw'})
    tap.expect(act(server, 'unrescue').status, 202)
    wait(server, 'ACTIVE')
    drop(server)


tap.run('shapes', [a_resize_is_confirmed, a_resize_is_reverted,
                   a_resize_is_confirmed_after_a_time, the_event_that_failed_says_so,
                   who_sees_which_part_of_events, what_a_resize_refuses,
                   a_rebuild_checks_the_host_name, a_rebuild_makes_the_disk_anew,
                   a_rescue_boots_from_its_own_disk,
                   images_are_made_of_servers,
                   an_image_of_volumes_names_their_snapshots,
                   a_root_volume_is_filled_anew,
                   a_root_volume_is_nobody_elses_meanwhile,
                   servers_that_boot_from_volumes_are_resized_and_rescued],
        cleanup=lambda: cleatd.__exit__())
