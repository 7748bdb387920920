# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What the stress tests share: a cleatd, every way in which a client asks for a volume or lets it
go, and what must be true when nothing goes on.
"""
import os
import sqlite3
import sys
import threading
import uuid

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.join(TESTS, 'api')]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

SERVERS = '/compute/v2.1/servers'
VOLUMES = '/volume/v3/volumes'
ATTACHMENTS = '/volume/v3/attachments'
COMPUTE = 'compute 2.100'  # the last that tells at once who came too late
VOLUME = 'volume 3.71'

cleatd = Cleatd()
demo = cleatd.user('demo')
servers = []


# --- one client's request ---

def reserve(volume, n=0):
    del n  # everybody is somebody else
    return demo.post(ATTACHMENTS, {'attachment': {
        'volume_uuid': volume, 'instance_uuid': str(uuid.uuid4())}}, version=VOLUME)


def connect(volume, n=0):
    return demo.post(ATTACHMENTS, {'attachment': {
        'volume_uuid': volume, 'instance_uuid': str(uuid.uuid4()),
        'connector': {'host': 'h%d' % n, 'initiator': 'iqn.2026-01.org.example:h%d' % n}}},
        version=VOLUME)


def act(volume, action, value=None):
    return demo.post('%s/%s/action' % (VOLUMES, volume), {action: value}, version=VOLUME)


def hold(volume, n=0):
    del n
    return act(volume, 'os-reserve')


def attach_old(volume, n=0):
    return act(volume, 'os-attach', {'mountpoint': '/dev/vdb', 'host_name': 'h%d' % n})


def attach(volume, n=0):
    return demo.post('%s/%s/os-volume_attachments' % (SERVERS, servers[n % len(servers)]),
                     {'volumeAttachment': {'volumeId': volume}}, version=COMPUTE)


def detach(volume, n=0):
    return demo.delete('%s/%s/os-volume_attachments/%s' % (SERVERS, servers[n % len(servers)],
                                                           volume))


def delete(volume, n=0):
    del n
    return demo.delete('%s/%s' % (VOLUMES, volume))


def drop(attachment):
    return demo.delete('%s/%s' % (ATTACHMENTS, attachment), version=VOLUME)


def complete(attachment):
    return demo.post('%s/%s/action' % (ATTACHMENTS, attachment), {'os-complete': None},
                     version=VOLUME)


def update(attachment, host='h'):
    return demo.put('%s/%s' % (ATTACHMENTS, attachment), {'attachment': {'connector': {
        'host': host, 'initiator': 'iqn.2026-01.org.example:' + host}}}, version=VOLUME)


# --- racing ---

def together(*calls):
    """Run all at once, each in a thread of its own; their replies in order."""
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
    broken = [reply for reply in replies if reply is None or reply.status >= 500]
    tap.expect(broken, [], 'replies that nobody should get')
    return replies


# --- the world between the races ---

def make(multiattach=False):
    wish = {'size': 1}
    if multiattach:
        wish['volume_type'] = 'multiattach'
    reply = demo.post(VOLUMES, {'volume': wish})
    tap.expect(reply.status, 202, 'making a volume: %r' % reply)
    return wait_status(demo, '%s/%s' % (VOLUMES, reply.body['volume']['id']), 'volume',
                       'available')['id']


def furnish(count=4):
    image = demo.get('/image/v2/images').body['images'][0]['id']
    for _ in range(count):
        reply = demo.post(SERVERS, {'server': {'name': 's', 'flavorRef': '1', 'imageRef': image}})
        tap.expect(reply.status, 202, 'making a server: %r' % reply)
        servers.append(reply.body['server']['id'])
    for server in servers:
        wait_status(demo, SERVERS + '/' + server, 'server', 'ACTIVE')


def rows(sql, *values):
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=20) as db:
        return db.execute(sql, values).fetchall()


def attachments(volume):
    """(id, server or None when it is not a server's of ours), of the store."""
    return rows('SELECT id, CASE WHEN mapping_id IS NULL THEN NULL ELSE server_id END '
                'FROM attachments WHERE volume_id = ?', volume)


def operations_end(seconds=60):
    """Nothing goes on; what goes on for too long is told."""
    active = "FROM operations WHERE state IN ('doing', 'undoing')"
    try:
        wait_for(lambda: not rows('SELECT 1 ' + active), 'operations to end', seconds)
    except AssertionError:
        raise AssertionError('these do not end: %s' % rows(
            'SELECT kind, state, lane, volume_id, last_error, not_before_us - created_us '
            + active))


def settle():
    """No operation goes on, and what is left makes sense."""
    operations_end()
    tap.expect(rows("SELECT id FROM operations WHERE state = 'broken'"), [], 'broken operations')
    tap.expect(rows('SELECT id FROM attachments WHERE volume_id NOT IN (SELECT id FROM volumes)'),
               [], 'attachments of no volume')
    tap.expect(rows("SELECT v.id, v.status FROM volumes v WHERE v.status = 'available' AND EXISTS "
                    "(SELECT 1 FROM attachments a WHERE a.volume_id = v.id)"), [],
               'available volumes that are attached')
    tap.expect(rows("SELECT v.id, v.status FROM volumes v WHERE v.status IN "
                    "('reserved', 'in-use') AND NOT EXISTS "
                    "(SELECT 1 FROM attachments a WHERE a.volume_id = v.id)"), [],
               'volumes in use by nobody')
    tap.expect(rows("SELECT v.id, v.status FROM volumes v WHERE NOT multiattach AND "
                    "(SELECT count(*) FROM attachments a WHERE a.volume_id = v.id) > 1"), [],
               'volumes of one that several have')
    odd = rows("SELECT id, status FROM volumes WHERE status NOT IN ('available', 'reserved', "
               "'attaching', 'in-use', 'detaching')")
    tap.expect(odd, [], 'volumes that are neither free nor in use')


def tidy(volume):
    """Take a volume back from whoever has it; then it is available and nobody's."""
    tap.expect(act(volume, 'os-unreserve').status, 202, 'os-unreserve')
    tap.expect(act(volume, 'os-roll_detaching').status, 202, 'os-roll_detaching')
    for attachment, server in attachments(volume):
        if server is None:
            tap.expect(drop(attachment).status, 200, 'dropping ' + attachment)
        else:
            reply = demo.delete('%s/%s/os-volume_attachments/%s' % (SERVERS, server, volume))
            tap.expect(reply.status, 202, 'detaching: %r' % reply)
    settle()
    wait_status(demo, '%s/%s' % (VOLUMES, volume), 'volume', 'available')
    tap.expect(attachments(volume), [], 'attachments that are left')


def away(volume):
    if demo.get('%s/%s' % (VOLUMES, volume)).status == 404:
        return
    tidy(volume)
    reply = delete(volume)
    tap.expect(reply.status, 202, 'deleting: %r' % reply)
    wait_for(lambda: demo.get('%s/%s' % (VOLUMES, volume)).status == 404, 'the volume to be gone')


def nothing_is_left():
    settle()
    tap.expect(rows('SELECT count(*) FROM attachments'), [(0,)], 'attachments')
    tap.expect(rows('SELECT id FROM volumes'), [], 'volumes')
    usage = demo.get('/volume/v3/os-quota-sets/%s?usage=true' % demo.project_id).body['quota_set']
    tap.expect((usage['volumes']['in_use'], usage['gigabytes']['in_use']), (0, 0), 'quota in use')
