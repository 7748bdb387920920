#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Servers with disks that were asked for with them: block device mappings in both forms, what
each makes of volumes, and the exact words of each refusal."""
import json
import os
import sqlite3
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
from volumelib import NOBODY, V3, drop, make, refused, tap, wait_for, wait_status  # noqa: E402
from lib import Cleatd  # noqa: E402

SERVERS = '/compute/v2.1/servers'
VOLUMES = V3 + '/volumes'
INVALID = 'Block Device Mapping is Invalid: '
ORDER = INVALID + ('Boot sequence for the instance and image/block device mapping combination is '
                   'not valid.')

cleatd = Cleatd()
demo, alt, admin = (cleatd.user(name) for name in ('demo', 'alt', 'admin'))


def image_id():
    rows = demo.get('/image/v2/images').body['images']
    return next(row['id'] for row in rows if row['name'] == 'tiny')


def flavor_id():
    rows = demo.get('/compute/v2.1/flavors/detail').body['flavors']
    return min(rows, key=lambda row: (row['disk'], row['ram']))['id']


IMAGE = image_id()
FLAVOR = flavor_id()
ROOT = {'source_type': 'image', 'destination_type': 'local', 'uuid': IMAGE, 'boot_index': 0}


def wish(*mappings, minor=72, user=demo, image=None, **members):
    body = {'name': 'bfv', 'flavorRef': FLAVOR, 'networks': 'none', **members}
    if minor < 37:
        body.pop('networks')
    if image:
        body['imageRef'] = image
    if mappings:
        body['block_device_mapping_v2'] = list(mappings)
    return user.post(SERVERS, {'server': body}, version='compute 2.%d' % minor)


def built(reply, status='ACTIVE', minor=72):
    tap.expect(reply.status, 202, 'status of %r' % reply)
    path = '%s/%s' % (SERVERS, reply.body['server']['id'])

    def check():
        server = demo.get(path, version='compute 2.%d' % minor).body['server']
        return server if server['status'] not in ('BUILD',) else None
    server = wait_for(check, 'the server to be built')
    tap.expect(server['status'], status, 'status of %r' % server)
    return server


def attachments(server):
    path = '%s/%s/os-volume_attachments' % (SERVERS, server['id'])
    return demo.get(path, version='compute 2.89').body['volumeAttachments']


def volume_of(identity):
    return demo.get('%s/%s' % (VOLUMES, identity)).body['volume']


def away(*servers):
    for server in servers:
        path = '%s/%s' % (SERVERS, server['id'])
        tap.expect(demo.delete(path).status, 204, 'delete')
        wait_for(lambda: demo.get(path).status == 404, 'the server to be gone')


def forget(snapshot):
    path = '%s/snapshots/%s' % (V3, snapshot['id'])
    tap.expect(demo.delete(path).status, 202, 'delete')
    wait_for(lambda: demo.get(path).status == 404, 'the snapshot to be gone')


def wait_gone(volume):
    wait_for(lambda: demo.get('%s/%s' % (VOLUMES, volume['id'])).status == 404,
             'the volume to go with its server')


def bootable(**more):
    return make(demo, imageRef=IMAGE, **more)


def mapping(source, identity=None, **more):
    row = {'source_type': source, 'destination_type': 'volume', **more}
    if identity:
        row['uuid'] = identity
    return row


def stored(query, *values):
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=30) as store:
        return store.execute(query, values).fetchall()


def from_an_existing_volume():
    volume = bootable()
    server = built(wish(mapping('volume', volume['id'], boot_index=0, tag='root')))
    tap.expect(server['image'], '', 'image')
    tap.expect(server['os-extended-volumes:volumes_attached'],
               [{'id': volume['id'], 'delete_on_termination': False}], 'attached')
    row, = attachments(server)
    tap.expect((row['device'], row['tag'], row['volumeId']), ('/dev/vda', 'root', volume['id']),
               'attachment')
    volume = volume_of(volume['id'])
    tap.expect(volume['status'], 'in-use', 'volume')
    tap.expect(volume['attachments'][0]['server_id'], server['id'], 'server')
    reply = demo.delete('%s/%s/os-volume_attachments/%s' % (SERVERS, server['id'], volume['id']))
    refused(reply, 400, 'Cannot detach a root device volume')
    away(server)
    wait_status(demo, '%s/%s' % (VOLUMES, volume['id']), 'volume', 'available')
    drop(demo, volume)


def volume_is_reserved_with_the_answer():
    volume = bootable()
    cleatd_is_slow = mapping('blank', volume_size=1)
    reply = wish(mapping('volume', volume['id'], boot_index=0), cleatd_is_slow)
    status = volume_of(volume['id'])['status']
    assert status in ('reserved', 'in-use'), status
    server = built(reply)
    made, = [row for row in attachments(server) if row['volumeId'] != volume['id']]
    tap.expect(made['device'], '/dev/vdb', 'device')
    row = volume_of(made['volumeId'])
    tap.expect((row['name'], row['size'], row['status']), ('', 1, 'in-use'), 'volume made')
    away(server)
    drop(demo, volume, row)


def volumes_that_are_made():
    volume = bootable()
    reply = demo.post(V3 + '/snapshots', {'snapshot': {'volume_id': volume['id']}})
    snapshot = wait_status(demo, '%s/snapshots/%s' % (V3, reply.body['snapshot']['id']),
                           'snapshot', 'available')
    server = built(wish(
        mapping('image', IMAGE, boot_index=0, volume_size=2, delete_on_termination=True),
        mapping('snapshot', snapshot['id'], boot_index=1, tag='copy'),
        mapping('blank', volume_size='1', boot_index=None, disk_bus='scsi')))
    tap.expect(server['image'], '', 'image')
    rows = {row['device']: row for row in attachments(server)}
    tap.expect(sorted(rows), ['/dev/sda', '/dev/vda', '/dev/vdb'], 'devices')
    root, copy, blank = (volume_of(rows[name]['volumeId'])
                         for name in ('/dev/vda', '/dev/vdb', '/dev/sda'))
    tap.expect((root['size'], root['bootable']), (2, 'true'), 'root')
    tap.expect(root['volume_image_metadata']['image_id'], IMAGE, 'image of the root')
    tap.expect(copy['snapshot_id'], snapshot['id'], 'copy')
    tap.expect((blank['size'], blank['bootable']), (1, 'false'), 'blank')
    tap.expect(rows['/dev/vda']['delete_on_termination'], True, 'delete')
    tap.expect(rows['/dev/vdb']['tag'], 'copy', 'tag')
    away(server)
    wait_gone(root)
    drop(demo, copy, blank)
    forget(snapshot)
    drop(demo, volume)


def image_and_volumes():
    volume = make(demo)
    server = built(wish(ROOT, mapping('volume', volume['id']), image=IMAGE))
    tap.expect(server['image']['id'], IMAGE, 'image')
    row, = attachments(server)
    tap.expect(row['device'], '/dev/vdb', 'device')
    away(server)
    drop(demo, volume)


def older_form():
    volume = bootable()
    server = built(wish(minor=1, block_device_mapping=[
        {'device_name': 'vda', 'volume_id': volume['id'], 'delete_on_termination': 'true'}]))
    row, = attachments(server)
    tap.expect((row['device'], row['delete_on_termination']), ('/dev/vda', True), 'root')
    tap.expect(server['image'], '', 'image')
    away(server)
    wait_gone(volume)
    refused(wish(minor=1, image=IMAGE, block_device_mapping=[{'device_name': 'vdb'}]), 400,
            INVALID + 'Unrecognized legacy format.')
    refused(wish(ROOT, image=IMAGE, block_device_mapping=[{'volume_id': NOBODY}]), 400,
            'Using different block_device_mapping syntaxes is not allowed in the same request.')


def local_disks():
    reply = admin.post('/compute/v2.1/flavors', {'flavor': {
        'name': 'rich', 'ram': 256, 'vcpus': 1, 'disk': 1, 'OS-FLV-EXT-DATA:ephemeral': 1,
        'swap': 64}})
    flavor = reply.body['flavor']['id']
    volume = make(demo)
    server = built(wish(ROOT, mapping('volume', volume['id']), image=IMAGE, flavorRef=flavor))
    disks = stored('SELECT device, size_mib, guest_format FROM local_disks WHERE server_id = ?'
                   ' ORDER BY seq', server['id'])
    tap.expect(disks, [('/dev/vdb', 1024, None), ('/dev/vdc', 64, 'swap')], 'local disks')
    row, = attachments(server)
    tap.expect(row['device'], '/dev/vdd', 'device')
    files = [name for name in os.listdir(os.path.join(cleatd.dir, 'depot', 'disks'))
             if name.startswith(server['id'])]
    tap.expect(len(files), 3, 'files %r' % files)
    away(server)
    left = [name for name in os.listdir(os.path.join(cleatd.dir, 'depot', 'disks'))
            if name.startswith(server['id'])]
    tap.expect(left, [], 'files left')
    tap.expect(stored('SELECT COUNT(*) FROM local_disks'), [(0,)], 'rows left')
    local = {'source_type': 'blank', 'destination_type': 'local'}
    refused(wish(ROOT, dict(local, volume_size=2), image=IMAGE, flavorRef=flavor), 400,
            'Ephemeral disks requested are larger than the instance type allows. If no size is '
            'given in one block device mapping, flavor ephemeral size will be used.')
    refused(wish(ROOT, dict(local, guest_format='swap', volume_size=65), image=IMAGE,
                 flavorRef=flavor), 400,
            'Swap drive requested is larger than instance type allows.')
    drop(demo, volume)
    tap.expect(admin.delete('/compute/v2.1/flavors/' + flavor).status, 202, 'delete')


def words_of_refusals():
    plain = make(demo)
    root = mapping('image', IMAGE, boot_index=0, volume_size=1)
    for mappings, message in (
            ([mapping('volume', NOBODY, boot_index=0)],
             INVALID + 'failed to get volume %s.' % NOBODY),
            ([mapping('snapshot', NOBODY, boot_index=0)],
             INVALID + 'failed to get snapshot %s.' % NOBODY),
            ([mapping('image', NOBODY, boot_index=0, volume_size=1)],
             INVALID + 'failed to get image %s.' % NOBODY),
            ([mapping('volume', plain['id'], boot_index=0)],
             'Block Device %s is not bootable.' % plain['id']),
            ([mapping('volume', boot_index=0)], INVALID + 'Missing device UUID.'),
            ([root, mapping('blank', NOBODY, volume_size=1)], INVALID + 'Invalid device UUID.'),
            ([root, mapping('blank', boot_index=2, volume_size=1)], ORDER),
            ([root, dict(root)], ORDER),
            ([mapping('blank', volume_size=1)], 'Missing imageRef attribute'),
            ([root, dict(ROOT, boot_index=None)],
             INVALID + 'Mapping image to local is not supported.'),
            ([mapping('image', IMAGE, boot_index=0)],
             "Images with destination_type 'volume' need to have a non-zero size specified"),
            ([root, mapping('blank')],
             "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size"),
            ([dict(root, volume_type='nothing')], 'Volume type nothing could not be found.'),
            ([root, mapping('volume', plain['id'], volume_type='x')],
             INVALID + 'Specifying volume type to existing volume is not supported.'),
            ([root, dict(mapping('blank', volume_size=1, volume_type='x'),
                         destination_type='local')],
             INVALID + 'Specifying a volume_type with destination_type=local is not supported.'),
            ([dict(root, disk_bus='fdc')], INVALID + "disk_bus 'fdc' is not available."),
            ([root, mapping('volume', plain['id']), mapping('volume', plain['id'])],
             'Invalid volume: Invalid input received: Invalid volume: Volume %s status must be '
             'available or downloading to reserve, but the current status is reserved.'
             % plain['id'])):
        refused(wish(*mappings), 400, message)
    refused(wish(), 400, 'Missing imageRef attribute')
    refused(wish(mapping('volume', plain['id']), image=IMAGE), 400, ORDER)
    refused(wish(root, mapping('volume', plain['id']), min_count=2), 400,
            'Invalid volume: Invalid input received: Invalid volume: Volume %s status must be '
            'available or downloading to reserve, but the current status is reserved.'
            % plain['id'])
    refused(wish(mapping('volume', plain['id'], boot_index=0), user=alt), 400,
            INVALID + 'failed to get volume %s.' % plain['id'])
    tap.expect(volume_of(plain['id'])['status'], 'available', 'a refusal changes nothing')
    tap.expect(demo.get(SERVERS).body['servers'], [], 'servers')
    tap.expect(len(demo.get(VOLUMES).body['volumes']), 1, 'volumes')
    drop(demo, plain)


def members_by_version():
    plain = make(demo)
    tagged = [ROOT, mapping('volume', plain['id'], tag='t')]
    for minor, fits in ((31, False), (32, True), (33, False), (41, False), (42, True)):
        reply = wish(*tagged, minor=minor, image=IMAGE)
        tap.expect(reply.status, 202 if fits else 400, 'tag at 2.%d: %r' % (minor, reply))
        if fits:
            away(built(reply))
    typed = [mapping('image', IMAGE, boot_index=0, volume_size=1, volume_type='__DEFAULT__')]
    tap.expect(wish(*typed, minor=66).status, 400, 'volume_type at 2.66')
    server = built(wish(*typed, minor=67))
    root, = attachments(server)
    away(server)
    for bad in ({'volume_size': 0}, {'volume_size': 'x'}, {'boot_index': 'x'}, {'uuid': 7},
                {'source_type': 'disk'}, {'device_name': 'a b'}, {'surplus': 1}, {'tag': 'a,b'}):
        tap.expect(wish(ROOT, dict(mapping('blank', volume_size=1), **bad), image=IMAGE).status,
                   400, 'body with %r' % bad)
    drop(demo, plain, volume_of(root['volumeId']))


def multiattach_volumes():
    types = admin.get(V3 + '/types').body['volume_types']
    name = next(row['name'] for row in types if 'multiattach' in row['extra_specs'])
    volume = bootable(volume_type=name)
    root = mapping('volume', volume['id'], boot_index=0)
    refused(wish(root, minor=59), 400,
            'Multiattach volumes are only supported starting with compute API version 2.60.')
    refused(wish(root, minor=60, max_count=2), 400,
            'Several servers cannot boot from the same volume %s.' % volume['id'])
    servers = [built(wish(root, minor=60)) for _ in range(2)]
    tap.expect(len(volume_of(volume['id'])['attachments']), 2, 'attachments')
    away(*servers)
    reply = wish(ROOT, mapping('volume', volume['id']), image=IMAGE, min_count=2,
                 return_reservation_id=True)
    tap.expect(reply.status, 202, 'two at once')
    wait_for(lambda: [row['status'] for row in
                      demo.get(SERVERS + '/detail').body['servers']] == ['ACTIVE'] * 2, 'servers')
    away(*demo.get(SERVERS).body['servers'])
    drop(demo, volume)


def several_servers_with_volumes_of_their_own():
    reply = wish(mapping('image', IMAGE, boot_index=0, volume_size=1, delete_on_termination=True),
                 min_count=2)
    built(reply)
    wait_for(lambda: [row['status'] for row in
                      demo.get(SERVERS + '/detail').body['servers']] == ['ACTIVE'] * 2, 'servers')
    tap.expect(len(demo.get(VOLUMES).body['volumes']), 2, 'volumes')
    away(*demo.get(SERVERS).body['servers'])
    wait_for(lambda: not demo.get(VOLUMES).body['volumes'], 'volumes to go')


def volume_that_cannot_be_made():
    """The server says why; the volume that was there is kept for it until it is deleted."""
    volume = make(demo)
    image = demo.post('/image/v2/images', {'name': 'lost', 'disk_format': 'raw',
                                           'container_format': 'bare'}).body
    demo.request('PUT', '/image/v2/images/%s/file' % image['id'], b'x' * 512,
                 headers={'Content-Type': 'application/octet-stream'})
    os.unlink(os.path.join(cleatd.dir, 'depot', 'images', image['id']))
    server = built(wish(mapping('image', image['id'], boot_index=0, volume_size=1),
                        mapping('volume', volume['id'])), 'ERROR')
    assert 'could not be made' in server['fault']['message'], server['fault']
    tap.expect(volume_of(volume['id'])['status'], 'reserved', 'volume')
    failed = [row['volumeId'] for row in attachments(server) if row['volumeId'] != volume['id']]
    reply = admin.post('%s/%s/action' % (VOLUMES, volume['id']), {'os-force_delete': {}})
    tap.expect(reply.status, 400, 'force delete of what a server has: %r' % reply)
    away(server)
    wait_status(demo, '%s/%s' % (VOLUMES, volume['id']), 'volume', 'available')
    drop(demo, volume, volume_of(failed[0]))
    tap.expect(demo.delete('/image/v2/images/' + image['id']).status, 204, 'delete')


def image_that_brings_its_disks():
    volume = bootable()
    reply = demo.post(V3 + '/snapshots', {'snapshot': {'volume_id': volume['id']}})
    snapshot = wait_status(demo, '%s/snapshots/%s' % (V3, reply.body['snapshot']['id']),
                           'snapshot', 'available')
    disks = [{'source_type': 'snapshot', 'destination_type': 'volume', 'boot_index': 0,
              'snapshot_id': snapshot['id'], 'volume_size': 1, 'device_name': '/dev/vda',
              'delete_on_termination': True, 'no_device': None, 'surplus': 'x'}]
    image = demo.post('/image/v2/images', {
        'name': 'bdm', 'disk_format': 'raw', 'container_format': 'bare', 'bdm_v2': 'True',
        'root_device_name': '/dev/vda', 'block_device_mapping': json.dumps(disks)}).body
    demo.request('PUT', '/image/v2/images/%s/file' % image['id'], b'',
                 headers={'Content-Type': 'application/octet-stream'})
    server = built(wish(image=image['id']))
    tap.expect(server['image'], '', 'image')
    row, = attachments(server)
    tap.expect(volume_of(row['volumeId'])['snapshot_id'], snapshot['id'], 'snapshot')
    away(server)
    server = built(wish(dict(ROOT, uuid=image['id']), image=image['id']))
    away(server)
    wait_for(lambda: len(demo.get(VOLUMES).body['volumes']) == 1, 'volumes to go')
    forget(snapshot)
    tap.expect(demo.delete('/image/v2/images/' + image['id']).status, 204, 'delete')
    drop(demo, volume)


def ends_in_the_middle():
    """A server may be deleted while its volumes are being made: some go with it, some stay."""
    volume = make(demo)
    reply = wish(mapping('image', IMAGE, boot_index=0, volume_size=1),
                 mapping('image', IMAGE, volume_size=2, delete_on_termination=True),
                 mapping('volume', volume['id']))
    tap.expect(reply.status, 202, 'create')
    away(reply.body['server'])
    wait_for(lambda: len(demo.get(VOLUMES).body['volumes']) == 2, 'one to go')
    rows = demo.get(VOLUMES).body['volumes']
    for row in rows:
        wait_status(demo, '%s/%s' % (VOLUMES, row['id']), 'volume', 'available')
    drop(demo, *(volume_of(row['id']) for row in rows))


tap.run('boot from volume', [
    from_an_existing_volume, volume_is_reserved_with_the_answer, volumes_that_are_made,
    image_and_volumes, older_form, local_disks, words_of_refusals, members_by_version,
    multiattach_volumes, several_servers_with_volumes_of_their_own, volume_that_cannot_be_made,
    image_that_brings_its_disks, ends_in_the_middle,
], cleanup=cleatd.__exit__)
