#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What the engine adds to the hypervisor's own time when many disks are asked for at once.

    bench/attach.py

Twenty volumes into one server, which gets them one after the other; one volume into twenty servers,
which get it side by side. On the fake hypervisor each call takes a known time, so that all the rest
is the engine's; with a real guest libvirt's calls alone take turns with it.
"""
import os
import statistics
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'tests', 'api'),
                os.path.join(HERE, '..', 'tests', 'lib')]

import bench  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order
import lib  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order

COUNT = 20
ROUNDS = 5
CALL_MS = 50   # of the fake hypervisor
WORKERS = 16   # of the engine
GOAL = 1.15
TURNS = 7      # of the guest
LOOK_S = 0.02  # who looks shares the cores with the guest
LONGEST_S = 300
COMPUTE = 'compute 2.100'
VOLUMES = '/volume/v3/volumes'


def all_at_once(calls):
    """Replies come before the work is done, so the threads are over soon."""
    replies = [None] * len(calls)

    def run(index):
        replies[index] = calls[index]()
    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(reply.status < 300 for reply in replies), replies


def operations(cleatd):
    rows = cleatd.user('admin').get('/admin/v1/operations?state=doing').body['operations']
    return len(rows)


def took_ms(cleatd, calls):
    """From the first request until no operation goes on."""
    began = time.monotonic()
    all_at_once(calls)
    while operations(cleatd) > 0:
        assert time.monotonic() - began < LONGEST_S, 'operations do not end'
        time.sleep(LOOK_S)
    return (time.monotonic() - began) * 1000


def path(server, volume=None):
    end = '/' + volume.rsplit('/', 1)[1] if volume else ''
    return '%s/os-volume_attachments%s' % (server, end)


def attach(user, server, volume):
    return lambda: user.post(path(server), {'volumeAttachment': {
        'volumeId': volume.rsplit('/', 1)[1]}}, version=COMPUTE)


def detach(user, server, volume):
    return lambda: user.delete(path(server, volume), version=COMPUTE)


def errors(user, server):
    """What the newest instance action of a server says went wrong."""
    listed = user.get(server + '/os-instance-actions').body['instanceActions']
    failed = next(row['request_id'] for row in listed if row['message'])
    shown = user.cleatd.user('admin').get('%s/os-instance-actions/%s' % (server, failed),
                                          version='compute 2.84').body['instanceAction']
    return shown['events'][0]['details']


def there_and_back(cleatd, pairs):
    """Milliseconds of attaching, and of detaching."""
    user = cleatd.user('demo')
    there = took_ms(cleatd, [attach(user, *pair) for pair in pairs])
    for server, volume in pairs:
        assert user.get(path(server, volume)).status == 200, errors(user, server)
    back = took_ms(cleatd, [detach(user, *pair) for pair in pairs])
    for server, volume in pairs:
        assert user.get(path(server, volume)).status == 404, 'not detached'
    return there, back


def roomy(cleatd):
    admin, demo = cleatd.user('admin'), cleatd.user('demo')
    assert demo.token
    for service, more in (('/compute/v2.1', {'instances': 50, 'cores': 200, 'ram': 200000}),
                          ('/volume/v3', {'volumes': 50, 'gigabytes': 50})):
        reply = admin.put('%s/os-quota-sets/%s' % (service, demo.project_id), {'quota_set': more})
        assert reply.status == 200, reply


def shared_volume(user):
    reply = user.post(VOLUMES, {'volume': {'size': 1, 'volume_type': 'multiattach'}})
    volume = '%s/%s' % (VOLUMES, reply.body['volume']['id'])
    lib.wait_status(user, volume, 'volume', 'available')
    return volume


def on_fake(pairs_of, calls_in_a_row):
    """Ratios to the hypervisor's calls alone: (attaching, detaching)."""
    with lib.Cleatd(start=False) as cleatd:
        cleatd.start()
        roomy(cleatd)
        pairs = pairs_of(cleatd.user('demo'))
        cleatd.stop()
        cleatd.start(env={'CLEAT_FAKE_DELAY_MS': str(CALL_MS)})
        times = [there_and_back(cleatd, pairs) for _ in range(ROUNDS)]
    bare = calls_in_a_row * CALL_MS
    return [statistics.median(column) / bare for column in zip(*times)]


def many_volumes_one_server():
    there, back = on_fake(lambda user: [(server, bench.new_volume(user))
                                        for server in [bench.boot(user)] for _ in range(COUNT)],
                          COUNT)
    return ('%d volumes into one server on fake: attach %.2f, detach %.2f of the hypervisor alone, '
            'goal %.2f' % (COUNT, there, back, GOAL))


def one_volume_many_servers():
    there, back = on_fake(lambda user: [(bench.boot(user), volume)
                                        for volume in [shared_volume(user)] for _ in range(COUNT)],
                          -(-COUNT // WORKERS))
    return ('one volume into %d servers on fake: attach %.2f, detach %.2f of the hypervisor alone '
            'with %d workers, goal %.2f' % (COUNT, there, back, WORKERS, GOAL))


def bare_turn(cleatd, volumes):
    """Milliseconds of libvirt's calls alone: attaching, detaching."""
    said = bench.run(bench.program('bare-attach'), 'qemu:///embed?root=%s/libvirt' % cleatd.dir,
                     '1', *['%s/volumes/%s.raw' % (cleatd.dir, volume.rsplit('/', 1)[1])
                            for volume in volumes])
    return [sum(column) for column in zip(*[[float(word) for word in line.split()]
                                            for line in said.splitlines()])]


def turns_in_guest(cleatd):
    """Medians of (attaching, detaching) through cleatd, and of libvirt's calls alone. They go to
    the same guest, which outlives cleatd for the latter."""
    roomy(cleatd)
    demo = cleatd.user('demo')
    server = bench.boot(demo)
    volumes = [bench.new_volume(demo) for _ in range(COUNT)]
    pairs = [(server, volume) for volume in volumes]
    bench.attach_once(demo, server, volumes[0])  # when this has worked the guest has booted
    there_and_back(cleatd, pairs)  # an emulated guest is slow at what it does for the first time
    ours, bares = [], []
    for _ in range(TURNS):
        cleatd.stop()
        bares.append(bare_turn(cleatd, volumes))
        assert cleatd.start(), 'cleatd does not start again'
        ours.append(there_and_back(cleatd, pairs))
    demo.delete(server)
    lib.wait_for(lambda: demo.get(server).status == 404, 'the server to be gone', 60)
    return bench.medians(ours), bench.medians(bares)


def many_volumes_one_guest():
    if not os.path.exists(os.path.join(bench.GUEST, 'vmlinux')):
        raise bench.Skipped('there is no guest image; guest/build-guest-image makes one')
    with lib.Cleatd(hypervisor='libvirt', start=False,
                    env={'CLEAT_GUEST_IMAGE': bench.GUEST}) as cleatd:
        if not cleatd.start():
            raise bench.Skipped('cleatd does not start with libvirt')
        (there, back), (plug, unplug) = turns_in_guest(cleatd)
    return ('%d volumes into one guest: attach %.2f, detach %.2f of libvirt alone (%.0f ms against '
            '%.0f, %.0f against %.0f, medians of %d), goal %.2f'
            % (COUNT, there / plug, back / unplug, there, plug, back, unplug, TURNS, GOAL))


if __name__ == '__main__':
    sys.exit(bench.tell((many_volumes_one_server, one_volume_many_servers,
                         many_volumes_one_guest)))
