#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Everything at once, and cleatd killed again and again: power, attach and detach of a few servers
and volumes from several clients, on the fake hypervisor. Afterwards nothing is in between, and
both APIs, the domains and the quota agree.

    HAMMER_SECONDS=60 HAMMER_SEED=7 tests/api/test_hammer.py
"""
import http.client
import json
import os
import random
import sys
import threading
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

SERVERS = '/compute/v2.1/servers'
VOLUMES = '/volume/v3/volumes'
SECONDS = float(os.environ.get('HAMMER_SECONDS', '8'))
SEED = int(os.environ.get('HAMMER_SEED', '1'))
CLIENTS = 6

cleatd = Cleatd()
demo = cleatd.user('demo')
servers, volumes = [], []


def furnish():
    image = demo.get('/image/v2/images').body['images'][0]['id']
    for _ in range(3):
        reply = demo.post(SERVERS, {'server': {'name': 's', 'flavorRef': '1', 'imageRef': image}})
        servers.append(reply.body['server']['id'])
    for _ in range(5):
        volumes.append(demo.post(VOLUMES, {'volume': {'size': 1}}).body['volume']['id'])
    for server in servers:
        wait_status(demo, SERVERS + '/' + server, 'server', 'ACTIVE')
    for volume in volumes:
        wait_status(demo, VOLUMES + '/' + volume, 'volume', 'available')


def one_wins_of_many():
    """Of 32 requests for one volume one is served; the others learn where it went."""
    replies = []

    def attach(n):
        replies.append(demo.post('%s/%s/os-volume_attachments' % (SERVERS, servers[n % 2]),
                                 {'volumeAttachment': {'volumeId': volumes[0]}}))
    threads = [threading.Thread(target=attach, args=(n,)) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.expect(sorted(reply.status for reply in replies), [200] + 31 * [400])
    for reply in replies:
        assert reply.status == 200 or 'is already attached to instances: ' in reply.message()


def strike(dice):
    server = '%s/%s' % (SERVERS, dice.choice(servers))
    volume = dice.choice(volumes)
    blow = dice.choice(('stop', 'start', 'reboot', 'attach', 'attach', 'detach', 'list'))
    if blow == 'attach':
        return demo.post(server + '/os-volume_attachments',
                         {'volumeAttachment': {'volumeId': volume}})
    if blow == 'detach':
        return demo.delete('%s/os-volume_attachments/%s' % (server, volume))
    if blow == 'list':
        return demo.get(SERVERS + '/detail')
    if blow == 'reboot':
        return demo.post(server + '/action', {'reboot': {'type': dice.choice(['SOFT', 'HARD'])}})
    return demo.post(server + '/action', {'os-' + blow: None})


def it_is_killed_at_work():
    bad, end = [], threading.Event()

    def work(n):
        dice = random.Random(SEED * 100 + n)
        while not end.is_set():
            try:
                reply = strike(dice)
                if reply.status >= 500:
                    bad.append(reply)
            except (http.client.HTTPException, OSError):
                time.sleep(0.05)  # it is dead just now
            time.sleep(dice.random() * 0.02)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    dice, deadline = random.Random(SEED), time.monotonic() + SECONDS
    try:
        while time.monotonic() < deadline:
            time.sleep(dice.random() * 2)
            cleatd.kill()
            assert cleatd.start(), 'cleatd does not start again'
    finally:
        end.set()
        for thread in threads:
            thread.join()
    tap.expect(bad, [])


def look():
    return (demo.get(SERVERS + '/detail').body['servers'],
            demo.get(VOLUMES + '/detail').body['volumes'])


def is_quiet():
    all_servers, all_volumes = look()
    return all(s['OS-EXT-STS:task_state'] is None and s['status'] in ('ACTIVE', 'SHUTOFF')
               for s in all_servers) and \
        all(v['status'] in ('available', 'in-use') for v in all_volumes)


def all_agree_afterwards():
    wait_for(is_quiet, 'nothing to be in between')
    all_servers, all_volumes = look()
    told = {(s['id'], v['id']) for s in all_servers
            for v in s['os-extended-volumes:volumes_attached']}
    tap.expect({(a['server_id'], v['id']) for v in all_volumes for a in v['attachments']}, told)
    tap.expect({v['id'] for v in all_volumes if v['status'] == 'in-use'}, {v for _, v in told})
    for server in servers:
        with open(os.path.join(cleatd.dir, 'fake', server + '.json')) as domain:
            text = json.dumps(json.load(domain))
        tap.expect({v for v in volumes if v in text}, {v for s, v in told if s == server},
                   'disks of ' + server)
    usage = demo.get('/volume/v3/os-quota-sets/%s?usage=true' % demo.project_id)
    tap.expect(usage.body['quota_set']['volumes']['in_use'], len(volumes))
    tap.expect(usage.body['quota_set']['gigabytes']['in_use'], len(volumes))
    limits = demo.get('/compute/v2.1/limits').body['limits']['absolute']
    tap.expect(limits['totalInstancesUsed'], len(servers))


def end():
    cleatd.stop()
    cleatd.__exit__()


furnish()
tap.run('hammer', [one_wins_of_many, it_is_killed_at_work, all_agree_afterwards], cleanup=end)
