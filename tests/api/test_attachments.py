#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Volumes on servers: several servers with one, servers that are offloaded, and what becomes of a
volume with its server. The backend says whether this host is connected to a volume."""
import os
import sys
import tempfile
import threading

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402
from volumelib import V3, make, refused  # noqa: E402

SERVERS = '/compute/v2.1/servers'
ROUNDS = 8
SHARERS = 6

with tempfile.NamedTemporaryFile('w', prefix='cleat-test-', suffix='.conf', delete=False) as config:
    config.write('[volume]\nbackend = fake\n')
cleatd = Cleatd(args=['--config', config.name])
demo = cleatd.user('demo')
admin = cleatd.user('admin')
reader = cleatd.user('reader')


def clean_up():
    cleatd.__exit__()
    os.unlink(config.name)


# --- what a client does ---

def server(name='s'):
    image = demo.get('/image/v2/images').body['images'][0]['id']
    reply = demo.post(SERVERS, {'server': {'name': name, 'flavorRef': '1', 'imageRef': image}})
    tap.expect(reply.status, 202, 'making a server: %r' % reply)
    identifier = reply.body['server']['id']
    wait_status(demo, SERVERS + '/' + identifier, 'server', 'ACTIVE')
    return identifier


def path(server_id, volume=None):
    return '%s/%s/os-volume_attachments%s' % (SERVERS, server_id, '/' + volume if volume else '')


def attach(server_id, volume, minor=100, **more):
    return demo.post(path(server_id), {'volumeAttachment': dict(more, volumeId=volume)},
                     version='compute 2.%d' % minor)


def attached(server_id, volume, **more):
    tap.expect(attach(server_id, volume, **more).status, 200, 'attach')
    wait_status(demo, '%s/volumes/%s' % (V3, volume), 'volume', 'in-use')


def detach(server_id, volume):
    return demo.delete(path(server_id, volume), version='compute 2.60')


def detached(server_id, volume):
    tap.expect(detach(server_id, volume).status, 202, 'detach')
    wait_for(lambda: demo.get(path(server_id, volume)).status == 404, 'the detach')


def delete_server(server_id):
    tap.expect(demo.delete(SERVERS + '/' + server_id).status, 204, 'delete')
    wait_for(lambda: demo.get(SERVERS + '/' + server_id).status == 404, 'the server to be gone')


def act(server_id, action, status):
    tap.expect(demo.post('%s/%s/action' % (SERVERS, server_id), {action: None}).status, 202, action)
    wait_status(demo, SERVERS + '/' + server_id, 'server', status)


def volume_status(volume):
    reply = demo.get('%s/volumes/%s' % (V3, volume))
    return reply.body['volume']['status'] if reply.status == 200 else None


def shared_volume():
    return make(demo, volume_type='multiattach')['id']


def together(*calls):
    replies = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def run(index, call):
        ready.wait()
        replies[index] = call()
    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [reply.status for reply in replies]


# --- what the backend says ---

def folder(name):
    for root, folders, _ in os.walk(cleatd.dir):
        if name in folders:
            return os.path.join(root, name)
    raise AssertionError('the backend has no folder ' + name)


def is_connected(volume):
    return os.path.exists(os.path.join(folder('connected'), volume))


# --- tests ---

sharers = []


def there_is_room():
    tap.expect(demo.token and admin.put(
        '%s/os-quota-sets/%s' % (V3, demo.project_id), {'quota_set': {'volumes': 100}}).status,
        200, 'quota')


def the_connection_is_the_last_ones_to_close():
    sharers.extend(server('s%d' % n) for n in range(SHARERS))
    volume = shared_volume()
    for sharer in sharers[:2]:
        attached(sharer, volume)
    detached(sharers[0], volume)
    tap.expect(volume_status(volume), 'in-use', 'status while one still has it')
    tap.expect(is_connected(volume), True, 'connected while one still has it')
    detached(sharers[1], volume)
    tap.expect(volume_status(volume), 'available', 'status')
    tap.expect(is_connected(volume), False, 'connected when nobody has it')


def who_lets_go_at_once_leaves_nothing_open():
    volume = shared_volume()
    for _ in range(ROUNDS):
        tap.expect(together(*[lambda s=s: attach(s, volume) for s in sharers]), [200] * SHARERS,
                   'attaching at once')
        for sharer in sharers:
            wait_for(lambda s=sharer: is_there(s, volume), 'the attachment')
        tap.expect(is_connected(volume), True, 'connected')
        tap.expect(together(*[lambda s=s: detach(s, volume) for s in sharers]), [202] * SHARERS,
                   'detaching at once')
        wait_for(lambda: volume_status(volume) == 'available', 'the volume to be free')
        tap.expect(is_connected(volume), False, 'connected')


def is_there(server_id, volume):
    """Attached, as block storage says."""
    rows = demo.get('%s/volumes/%s' % (V3, volume)).body['volume']['attachments']
    return server_id in [row['server_id'] for row in rows]


def who_comes_keeps_open_what_others_leave():
    volume = shared_volume()
    here, there = sharers[:2]
    attached(here, volume)
    for _ in range(ROUNDS):
        tap.expect(together(lambda: detach(here, volume), lambda: attach(there, volume)),
                   [202, 200], 'coming and going')
        wait_for(lambda: demo.get(path(here, volume)).status == 404, 'the detach')
        wait_for(lambda: is_there(there, volume), 'the attachment')
        tap.expect(is_connected(volume), True, 'connected')
        here, there = there, here
    detached(here, volume)
    tap.expect(is_connected(volume), False, 'connected')


def a_crash_between_them_changes_nothing():
    volume = shared_volume()
    for sharer in sharers:
        attached(sharer, volume)
    tap.expect(together(*[lambda s=s: detach(s, volume) for s in sharers[1:]]),
               [202] * (SHARERS - 1), 'detaching at once')
    cleatd.kill()
    cleatd.start()
    for sharer in sharers[1:]:
        wait_for(lambda s=sharer: demo.get(path(s, volume)).status == 404, 'the detach')
    tap.expect(is_connected(volume), True, 'connected while one still has it')
    detached(sharers[0], volume)
    tap.expect(is_connected(volume), False, 'connected')


def a_server_that_is_deleted_leaves_the_others_theirs():
    volume = shared_volume()
    for sharer in sharers[:2]:
        attached(sharer, volume, delete_on_termination=True)
    delete_server(sharers.pop(0))
    tap.expect((volume_status(volume), is_connected(volume)), ('in-use', True), 'the other one')
    kept = [row for row in messages() if row['resource_uuid'] == volume]
    tap.expect([row['event_id'] for row in kept], ['VOLUME_VOLUME_102_102'], 'messages')
    delete_server(sharers.pop(0))
    wait_for(lambda: volume_status(volume) is None, 'the volume to go with the last')


def messages():
    return demo.get(V3 + '/messages', version='volume 3.3').body['messages']


def a_volume_that_cannot_go_yet_goes_later():
    volume = make(demo)['id']
    mine = server()
    attached(mine, volume, delete_on_termination=True)
    file = os.path.join(os.path.dirname(folder('connected')), volume + '.raw')
    os.rename(file, file + '.away')
    os.mkdir(file)  # which is not deleted like a file
    delete_server(mine)
    wait_for(lambda: volume_status(volume) in ('deleting', 'error_deleting'), 'the deletion')
    os.rmdir(file)
    os.unlink(file + '.away')
    wait_for(lambda: volume_status(volume) is None, 'the volume to be gone')


def an_offloaded_server_gets_its_volumes_when_it_comes_back():
    before, after, going = [make(demo)['id'] for _ in range(3)]
    mine = server()
    attached(mine, before)
    attached(mine, going)
    act(mine, 'shelve', 'SHELVED_OFFLOADED')
    tap.expect(is_connected(before), False, 'connected while nobody is there')
    reply = attach(mine, after)
    tap.expect((reply.status, reply.body['volumeAttachment']['device']), (200, None), 'answer')
    tap.expect(volume_status(after), 'in-use', 'status')
    shown = demo.get(path(mine, after)).body['volumeAttachment']
    tap.expect('device' in shown, False, 'a device that is not known')
    tap.expect(detach(mine, going).status, 202, 'detach')
    tap.expect(volume_status(going), 'available', 'status of the one that was detached')
    events = actions(mine, 'attach_volume')[0]
    tap.expect(events, [('api_attach_volume', 'Success')], 'events')
    act(mine, 'unshelve', 'ACTIVE')
    shown = demo.get(path(mine)).body['volumeAttachments']
    tap.expect([row['volumeId'] for row in shown], [before, after], 'volumes')
    devices = [row['device'] for row in shown]
    tap.expect(len(set(devices)), 2, 'devices of their own: %r' % devices)
    for volume in (before, after):
        tap.expect((volume_status(volume), is_connected(volume)), ('in-use', True), 'volume')
    detached(mine, after)
    delete_server(mine)


def actions(server_id, name):
    """Lists of (event, result) of the actions of that name, newest first."""
    at = SERVERS + '/%s/os-instance-actions' % server_id
    rows = demo.get(at, version='compute 2.84').body['instanceActions']
    return [[(event['event'], event['result']) for event in demo.get(
        '%s/%s' % (at, row['request_id']), version='compute 2.84').body['instanceAction']['events']]
        for row in rows if row['action'] == name]


def the_answer_of_2_101_says_nothing():
    free, taken = make(demo)['id'], make(demo)['id']
    mine = server()
    tap.expect(demo.post(V3 + '/attachments', {'attachment': {'volume_uuid': taken}},
                         version='volume 3.44').status, 200, 'reserving')
    for volume, result in ((free, 'Success'), (taken, 'Error')):
        reply = attach(mine, volume, minor=101)
        tap.expect((reply.status, reply.body), (202, None), 'answer')
        wait_for(lambda r=result: actions(mine, 'attach_volume')[0] ==
                 [('compute_attach_volume', r)], 'the action to be a ' + result)
    refused(demo.get(path(mine, taken)), 404,
            'Instance %s is not attached to volume %s' % (mine, taken))
    delete_server(mine)


def lists_are_cut_after_they_are_filtered():
    volumes = [make(demo)['id'] for _ in range(3)]
    mine = server()
    for volume in volumes:
        attached(mine, volume)

    def page(query, minor=100):
        reply = demo.get(path(mine) + query, version='compute 2.%d' % minor)
        tap.expect(reply.status, 200, query)
        return [row['volumeId'] for row in reply.body['volumeAttachments']]
    tap.expect(page(''), volumes, 'all')
    tap.expect(page('?limit=1'), volumes[:1], 'the root disk takes no place')
    tap.expect(page('?limit=2&offset=1'), volumes[1:], 'the second page')
    tap.expect(page('?limit=0'), volumes, 'no limit')
    tap.expect(page('?offset=3'), [], 'beyond the end')
    tap.expect(page('?color=red', minor=74), volumes, 'what nobody knew')
    tap.expect(demo.get(path(mine) + '?color=red', version='compute 2.75').status, 400, 'strict')
    rows = demo.get(path(mine), version='compute 2.89').body['volumeAttachments']
    tap.expect(sorted(rows[0]), ['attachment_id', 'bdm_uuid', 'delete_on_termination', 'device',
                                 'serverId', 'tag', 'volumeId'], 'members at 2.89')
    delete_server(mine)


def a_mapping_says_what_becomes_of_its_volume():
    volume = make(demo)['id']
    mine = server()
    attached(mine, volume)
    body = {'volumeAttachment': {'volumeId': volume, 'delete_on_termination': True}}
    tap.expect(reader.put(path(mine, volume), body, version='compute 2.85').status, 403, 'reader')
    tap.expect(demo.put(path(mine, volume), body, version='compute 2.85').status, 202, 'member')
    shown = demo.get(path(mine, volume), version='compute 2.79').body['volumeAttachment']
    tap.expect(shown['delete_on_termination'], True, 'what it says')
    delete_server(mine)
    wait_for(lambda: volume_status(volume) is None, 'the volume to be gone')


tap.run('attachments', [
    there_is_room,
    the_connection_is_the_last_ones_to_close, who_lets_go_at_once_leaves_nothing_open,
    who_comes_keeps_open_what_others_leave, a_crash_between_them_changes_nothing,
    a_server_that_is_deleted_leaves_the_others_theirs, a_volume_that_cannot_go_yet_goes_later,
    an_offloaded_server_gets_its_volumes_when_it_comes_back, the_answer_of_2_101_says_nothing,
    lists_are_cut_after_they_are_filtered, a_mapping_says_what_becomes_of_its_volume],
    cleanup=clean_up)
