#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Backend rbd on a cluster of its own: the suite of all backends, and then cleatd with a guest
whose disk is an image of the pool. What guests write is read back by Ceph's own tools.

What the contract suite prints is passed on.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attach  # noqa: E402
from attach import asked, demo, lib, tap, Server, Volume, GIB, VOLUMES  # noqa: E402
import ceph  # noqa: E402

CLEATD = attach.CLEATD
POOL = 'volumes'
IMAGE_SECONDS = 180
FOLDER = tempfile.mkdtemp(prefix='cleat-rbd-')
CLUSTER = ceph.Cluster(FOLDER)
SERVER = None
VOLUME = None
FIRST = b'from inside\n'


def rbd(*words):
    return CLUSTER.run('rbd', '-c', CLUSTER.conf, *words)


def head_of(spec, size=4096):
    """The first bytes of an image or a snapshot, through the cluster."""
    with subprocess.Popen(['rbd', '-c', CLUSTER.conf, 'export', '--no-progress',
                           '%s/%s' % (POOL, spec), '-'], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        data = process.stdout.read(size)
        process.kill()
    return data


def image_of(volume):
    return 'volume-' + volume.id


def images():
    return set(json.loads(rbd('ls', POOL, '--format', 'json')))


def trash():
    return json.loads(rbd('trash', 'ls', '--all', POOL, '--format', 'json'))


def make_volume(**more):
    volume = Volume.__new__(Volume)
    volume.id = asked(demo().post(VOLUMES, {'volume': dict({'size': 1}, **more)},
                                  version='volume 3.44'))['volume']['id']
    return volume


# --- the tests -----------------------------------------------------------------------------

def nothing_of_the_suite_is_left():
    tap.expect((images(), trash()), (set(), []), 'images and trash')


def cleatd_serves_the_pool():
    path = os.path.join(FOLDER, 'cleatd.conf')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('[volume]\nbackend = rbd\npool = %s\nceph_conf = %s\nceph_user = admin\n' % (
            POOL, CLUSTER.conf))
    CLEATD.args = ['--config', path]
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name


def a_volume_is_an_image():
    global VOLUME
    VOLUME = Volume()
    info = json.loads(rbd('info', '%s/%s' % (POOL, image_of(VOLUME)), '--format', 'json'))
    tap.expect(info['size'], GIB, 'size')


def hosts_are_told_where_it_is():
    body = {'attachment': {'volume_uuid': VOLUME.id, 'instance_uuid': VOLUME.id,
                           'connector': {'host': 'elsewhere'}}}
    made = asked(demo().post('/volume/v3/attachments', body, version='volume 3.44'))['attachment']
    info = made['connection_info']
    host, _, port = CLUSTER.old_address.rpartition(':')
    tap.expect((info['driver_volume_type'], info['name'], info['hosts'], info['ports']),
               ('rbd', '%s/%s' % (POOL, image_of(VOLUME)), [host], [port]), 'where')
    tap.expect((info['auth_username'], info.get('multiattach'), info['discard']),
               ('admin', None, True), 'how')
    with open(CLUSTER.path('keyring'), encoding='utf-8') as file:
        keys = re.findall(r'key = (\S+)', file.read())
    assert keys and not any(key in json.dumps(made) for key in keys), 'a key'
    asked(demo().delete('/volume/v3/attachments/' + made['id'], version='volume 3.44'))
    VOLUME.wait('available')


def a_guest_writes_and_the_cluster_reads():
    global SERVER
    SERVER = Server()
    SERVER.attach(VOLUME)
    disk = SERVER.wait_disk(VOLUME)
    tap.expect(int(SERVER.run('cat /sys/block/%s/size' % disk)) * 512, GIB, 'size')
    SERVER.run("echo '%s' | dd of=/dev/%s conv=fsync" % (FIRST.decode().strip(), disk))
    SERVER.detach(VOLUME)
    SERVER.wait_no_disk(VOLUME)
    tap.expect(head_of(image_of(VOLUME))[:len(FIRST)], FIRST, 'what the cluster has')


def what_is_there_is_there_again():
    SERVER.attach(VOLUME)
    disk = SERVER.wait_disk(VOLUME)
    tap.expect(SERVER.run('head -n 1 /dev/%s' % disk), FIRST.decode().strip(), 'what it reads')


def a_running_guest_sees_it_grow():
    disk = SERVER.disk_of(VOLUME)
    attach.SERVER = SERVER
    attach.extend(VOLUME, 2)
    attach.see_size(disk, 2 * GIB)
    SERVER.run("echo 'at the end' | dd of=/dev/%s bs=512 seek=%d conv=fsync" % (
        disk, 2 * GIB // 512 - 1))


def a_snapshot_is_taken_from_a_guest_that_runs():
    """And a volume made from it, which outlives both; the guest goes on."""
    made = asked(demo().post('/volume/v3/snapshots', {'snapshot': {
        'volume_id': VOLUME.id, 'force': True}}))['snapshot']
    path = '/volume/v3/snapshots/' + made['id']
    lib.wait_status(demo(), path, 'snapshot', 'available', 60)
    SERVER.run("echo 'after that' | dd of=/dev/%s conv=fsync" % SERVER.disk_of(VOLUME))
    copy = make_volume(size=2, snapshot_id=made['id'])
    copy.wait('available')
    tap.expect(head_of(image_of(copy))[:len(FIRST)], FIRST, 'what the copy has')
    asked(demo().delete(path))
    lib.wait_for(lambda: demo().get(path).status == 404, 'the snapshot to be gone', 60)
    tap.expect(head_of(image_of(copy))[:len(FIRST)], FIRST, 'what the copy still has')
    tap.expect(head_of(image_of(VOLUME))[:10], b'after that', 'what the volume has')
    copy.delete()
    SERVER.detach(VOLUME)


def an_image_is_made_of_it_and_a_volume_of_that():
    for form in ('raw', 'qcow2'):
        body = {'os-volume_upload_image': {'image_name': form, 'disk_format': form}}
        made = asked(demo().post('%s/%s/action' % (VOLUMES, VOLUME.id), body))
        image = made['os-volume_upload_image']['image_id']

        def active(path='/image/v2/images/' + image):
            status = asked(demo().get(path))['status']
            assert status in ('queued', 'saving', 'active'), status
            return status == 'active'
        lib.wait_for(active, 'the image', IMAGE_SECONDS)
        VOLUME.wait('available')
        copy = make_volume(size=2, imageRef=image)
        copy.wait('available', seconds=IMAGE_SECONDS)
        tap.expect(head_of(image_of(copy))[:10], b'after that', form)
        copy.delete()


def trash_of_an_administrator_is_left_alone():
    """However much it is, and also what was a volume of ours; our own goes with its last copy."""
    theirs = ['volume-' + str(uuid.uuid4())] + ['kept-%d' % i for i in range(20)]
    for name in theirs:
        rbd('create', '%s/%s' % (POOL, name), '--size', '1M')
        if name.startswith('volume-'):
            rbd('image-meta', 'set', '%s/%s' % (POOL, name), 'cleat', name[len('volume-'):])
        rbd('trash', 'mv', '%s/%s' % (POOL, name))
    volume = make_volume()
    volume.wait('available')
    copy = make_volume(source_volid=volume.id)
    copy.wait('available')
    volume.delete()
    lib.wait_for(lambda: image_of(volume) in (entry['name'] for entry in trash()),
                 'the volume to be thrown away', 60)
    copy.delete()
    lib.wait_for(lambda: image_of(volume) not in (entry['name'] for entry in trash()),
                 'the volume to leave the trash', 60)
    tap.expect({entry['name'] for entry in trash()}, set(theirs), 'trash')
    rbd('trash', 'purge', POOL)


def a_cluster_that_is_away_holds_nobody_up():
    """What it is needed for is tried again until it is back."""
    CLUSTER.pause()
    try:
        volume = make_volume()
        tap.expect(volume.show()['status'], 'creating', 'status while it is away')
        tap.expect(len(asked(demo().get(VOLUMES))['volumes']), 2, 'volumes listed')
    finally:
        CLUSTER.go_on()
    volume.wait('available', seconds=300)
    assert image_of(volume) in images(), 'no image'
    volume.delete()


def nothing_is_left_of_what_is_deleted():
    SERVER.delete()
    VOLUME.delete()
    lib.wait_for(lambda: (images(), trash()) == (set(), []), 'the pool to be empty', 60)


def no_key_is_in_a_log():
    tap.expect(CLEATD.stop(), 0, 'exit status')
    with open(CLUSTER.path('keyring'), encoding='utf-8') as file:
        keys = re.findall(r'key = (\S+)', file.read())
    for place, _, names in os.walk(CLEATD.dir):
        for name in names:
            path = os.path.join(place, name)
            if not os.path.isfile(path) or os.path.getsize(path) > 1 << 26:
                continue
            with open(path, 'rb') as file:
                data = file.read()
            assert not any(key.encode() in data for key in keys), path


def cleanup():
    try:
        if CLEATD.process:
            attach.cleanup()
    finally:
        CLUSTER.stop()
        shutil.rmtree(FOLDER)


if __name__ == '__main__':
    try:
        CLUSTER.start_monitor()
        CLUSTER.start_store()
        CLUSTER.start_manager()
        CLUSTER.make_pool(POOL)
        tap.pass_on('contract', [os.path.join(lib.BUILD, 'tests', 'contract', 'backend-contract'),
                                 'rbd', POOL, CLUSTER.conf], 1200)
    except BaseException:
        cleanup()
        raise
    tap.run('rbd', [
        nothing_of_the_suite_is_left, cleatd_serves_the_pool, a_volume_is_an_image,
        hosts_are_told_where_it_is, a_guest_writes_and_the_cluster_reads,
        what_is_there_is_there_again, a_running_guest_sees_it_grow,
        a_snapshot_is_taken_from_a_guest_that_runs, an_image_is_made_of_it_and_a_volume_of_that,
        trash_of_an_administrator_is_left_alone, a_cluster_that_is_away_holds_nobody_up,
        nothing_is_left_of_what_is_deleted, no_key_is_in_a_log], cleanup)
