#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Domains that others have made: adopted, used like servers as far as nothing of theirs changes,
and given back. On the fake hypervisor, whose domains are files."""
import json
import os
import sys
import uuid

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import lib  # noqa: E402
import tap  # noqa: E402

SERVERS = '/compute/v2.1/servers'
ADMIN = '/admin/v1/servers'
VOLUMES = '/volume/v3/volumes'
OLD, OTHER = str(uuid.uuid4()), str(uuid.uuid4())

CLEATD = lib.Cleatd(start=False)


def admin():
    return CLEATD.user('admin')


def domain_file(id):
    return os.path.join(CLEATD.dir, 'fake', id + '.json')


def domain(id=OLD):
    with open(domain_file(id), encoding='ascii') as file:
        return json.load(file)


def write_domain(id, **more):
    os.makedirs(os.path.dirname(domain_file(id)), mode=0o700, exist_ok=True)
    with open(domain_file(id), 'w', encoding='ascii') as file:
        json.dump({'owner': 'foreign', 'state': 'running', 'ram_mib': 256, 'vcpus': 1, 'disks': [
            {'alias': 'virtio-disk%d' % i, 'target': target, 'path': '/dev/zero', 'live': True,
             'config': True} for i, target in enumerate(('vda', 'vdb'))], **more}, file)


def adopt(which, **more):
    return admin().post(ADMIN, {'adopt': {'domain': which, **more}})


def server(id=OLD):
    return admin().get('%s/%s' % (SERVERS, id)).body['server']


def wait_status(wanted):
    lib.wait_for(lambda: server()['status'] == wanted and
                 server()['OS-EXT-STS:task_state'] is None, 'server to be ' + wanted)


def action(name, value=None):
    return admin().post('%s/%s/action' % (SERVERS, OLD), {name: value})


def volume_make():
    body = {'volume': {'size': 1}}
    id = admin().post(VOLUMES, body).body['volume']['id']
    lib.wait_status(admin(), VOLUMES + '/' + id, 'volume', 'available')
    return id


def attach(volume):
    return admin().post('%s/%s/os-volume_attachments' % (SERVERS, OLD),
                        {'volumeAttachment': {'volumeId': volume}})


def detach(volume):
    reply = admin().delete('%s/%s/os-volume_attachments/%s' % (SERVERS, OLD, volume))
    tap.expect(reply.status, 202, 'detach')
    lib.wait_status(admin(), VOLUMES + '/' + volume, 'volume', 'available')


def own_disks():
    """What the owner has put into the domain's definition."""
    return [(disk['target'], disk['path']) for disk in domain()['disks']
            if not disk['alias'].startswith('ua-') and disk['config']]


# --- tests ---------------------------------------------------------------------------------

def what_cannot_be_adopted():
    for reply, status, text in (
            (adopt('none'), 404, 'There is no domain none.'),
            (adopt('odd'), 400, 'No flavor has 333 MiB and 3 processors, as domain odd has: make '
                                'one, or name another.'),
            (adopt('odd', flavor='none'), 404, 'There is no flavor none.'),
            (adopt('old', project_id='none'), 404, 'There is no project none.'),
            (adopt('old', color='blue'), 400, None),
            (adopt(''), 400, None),
            (CLEATD.user('demo').post(ADMIN, {'adopt': {'domain': 'old'}}), 403, None)):
        tap.expect(reply.status, status, 'status of %r' % reply)
        if text:
            tap.expect(reply.body['error']['message'], text, 'text')
    tap.expect(domain()['owner'], 'foreign', 'owner')


def a_domain_becomes_a_server():
    flavors = admin().get('/compute/v2.1/flavors/detail').body['flavors']
    if not [row for row in flavors if (row['ram'], row['vcpus']) == (256, 1)]:
        assert admin().post('/compute/v2.1/flavors', {'flavor': {
            'name': 'as-old', 'ram': 256, 'vcpus': 1, 'disk': 0}}).status == 200
    reply = adopt('old', name='web')
    tap.expect(reply.status, 202, 'adopt %r' % reply)
    tap.expect(reply.body['server']['id'], OLD, 'id')
    wait_status('ACTIVE')
    tap.expect(server()['name'], 'web', 'name')
    tap.expect(domain()['owner'], 'adopted', 'owner')
    tap.expect(own_disks(), [('vda', '/dev/zero'), ('vdb', '/dev/zero')], 'disks')
    reply = adopt('old')
    tap.expect((reply.status, reply.body['error']['message']),
               (409, 'Domain old is server %s already.' % OLD), 'again')


def its_own_disks_are_shown():
    shown = admin().get('%s/%s' % (ADMIN, OLD)).body['server']
    tap.expect((shown['domain'], shown['owner'], shown['state']), ('old', 'adopted', 'running'),
               'domain')
    tap.expect([(row['target'], row['source'], row['volume_id']) for row in shown['disks']],
               [('vda', '/dev/zero', None), ('vdb', '/dev/zero', None)], 'disks')
    tap.expect(admin().get('%s/%s/os-volume_attachments' % (SERVERS, OLD)).body,
               {'volumeAttachments': []}, 'attachments')


def volumes_come_and_go():
    volume = volume_make()
    reply = attach(volume)
    tap.expect(reply.status, 200, 'attach %r' % reply)
    tap.expect(reply.body['volumeAttachment']['device'], '/dev/vdc', 'device')
    lib.wait_status(admin(), VOLUMES + '/' + volume, 'volume', 'in-use')
    shown = admin().get('%s/%s' % (ADMIN, OLD)).body['server']['disks']
    tap.expect([row['volume_id'] for row in shown], [None, None, volume], 'disks')
    reply = admin().post('%s/%s/release' % (ADMIN, OLD))
    tap.expect((reply.status, reply.body['error']['message']),
               (409, 'Server %s has volumes: detach them first.' % OLD), 'release')
    for way in ('os-stop', 'os-start'):
        tap.expect(action(way).status, 202, way)
        wait_status('SHUTOFF' if way == 'os-stop' else 'ACTIVE')
    tap.expect(own_disks(), [('vda', '/dev/zero'), ('vdb', '/dev/zero')], 'disks of the owner')
    tap.expect(domain()['name'], 'old', 'name of the domain')
    detach(volume)
    assert admin().delete(VOLUMES + '/' + volume).status == 202


def what_would_change_it_is_refused():
    image = admin().get('/image/v2/images').body['images'][0]['id']
    for name, value in (('rebuild', {'imageRef': image}), ('resize', {'flavorRef': '1'}),
                        ('rescue', None), ('shelve', None), ('createImage', {'name': 'x'}),
                        ('migrate', None), ('forceDelete', None)):
        reply = action(name, value)
        tap.expect(reply.status, 409, '%s %r' % (name, reply))
        tap.expect('adopted domain' in reply.message(), True, reply.message())
    reply = admin().delete('%s/%s' % (SERVERS, OLD))
    tap.expect((reply.status, reply.message()), (
        409, "Cannot 'delete' instance %s: it is an adopted domain; see 'cleat server release'"
        % OLD), 'delete')
    tap.expect(server()['status'], 'ACTIVE', 'status')


def what_its_owner_does_is_seen():
    """A disk that he adds while nobody looks takes the name that a volume would have had."""
    CLEATD.kill()
    changed = domain()
    changed['disks'].append({'alias': 'virtio-disk2', 'target': 'vdc', 'path': '/dev/zero',
                             'live': True, 'config': True})
    with open(domain_file(OLD), 'w', encoding='ascii') as file:
        json.dump(changed, file)
    assert CLEATD.start()
    volume = volume_make()

    def free_device():
        device = attach(volume).body['volumeAttachment']['device']
        lib.wait_for(lambda: admin().get(VOLUMES + '/' + volume).body['volume']['status'] in
                     ('in-use', 'available'), 'attach to end')
        return device == '/dev/vdd'
    lib.wait_for(free_device, 'a look at the domain')
    lib.wait_status(admin(), VOLUMES + '/' + volume, 'volume', 'in-use')
    detach(volume)


def it_is_given_back():
    reply = admin().post('%s/%s/release' % (ADMIN, OTHER))
    tap.expect(reply.status, 404, 'release of nothing')
    tap.expect(admin().post('%s/%s/release' % (ADMIN, OLD)).status, 202, 'release')
    lib.wait_for(lambda: admin().get('%s/%s' % (SERVERS, OLD)).status == 404, 'server to go')
    tap.expect((domain()['owner'], domain()['state']), ('foreign', 'running'), 'domain')
    tap.expect(len(own_disks()), 3, 'disks')
    usage = admin().get('/compute/v2.1/limits').body['limits']['absolute']
    tap.expect(usage['totalInstancesUsed'], 0, 'quota')


def it_is_adopted_again_and_lost():
    assert adopt('old').status == 202
    wait_status('ACTIVE')
    volume = volume_make()
    attach(volume)
    lib.wait_status(admin(), VOLUMES + '/' + volume, 'volume', 'in-use')
    CLEATD.stop()
    os.unlink(domain_file(OLD))  # its owner has undefined it
    assert CLEATD.start()
    wait_status('ERROR')
    tap.expect(os.path.exists(domain_file(OLD)), False, 'domain')
    tap.expect(admin().post('%s/%s/release' % (ADMIN, OLD)).status, 202, 'release')
    lib.wait_status(admin(), VOLUMES + '/' + volume, 'volume', 'available')
    lib.wait_for(lambda: admin().get('%s/%s' % (SERVERS, OLD)).status == 404, 'server to go')


def servers_of_ours_are_not_released():
    flavor = admin().get('/compute/v2.1/flavors').body['flavors'][0]['id']
    image, = (row['id'] for row in admin().get('/image/v2/images').body['images']
              if row['name'] == 'tiny')
    id = admin().post(SERVERS, {'server': {'name': 'own', 'imageRef': image, 'flavorRef': flavor,
                                           'networks': 'none'}},
                      version='compute 2.37').body['server']['id']
    lib.wait_for(lambda: server(id)['status'] == 'ACTIVE', 'server')
    reply = admin().post('%s/%s/release' % (ADMIN, id))
    tap.expect((reply.status, reply.body['error']['message']),
               (409, 'Server %s was made here: delete it instead.' % id), 'release')
    reply = adopt(id)
    tap.expect(reply.status, 409, 'adopt')
    shown = admin().get('%s/%s' % (ADMIN, id)).body['server']
    tap.expect(shown['owner'], 'own', 'owner')


if __name__ == '__main__':
    write_domain(OLD, name='old')
    write_domain(OTHER, name='odd', ram_mib=333, vcpus=3)
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name
    tap.run('adopt', [
        what_cannot_be_adopted, a_domain_becomes_a_server, its_own_disks_are_shown,
        volumes_come_and_go, what_would_change_it_is_refused, what_its_owner_does_is_seen,
        it_is_given_back, it_is_adopted_again_and_lost, servers_of_ours_are_not_released],
        CLEATD.stop)
