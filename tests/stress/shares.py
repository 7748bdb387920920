#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Many clients at once at the same servers and shares, and a cleatd that dies under them.

    tests/stress/shares.py [ROUNDS]        (1)

Shares are attached, also to guests that run, and detached; rules allowed and denied, locks
removed; servers started, stopped, rebooted, rescued and deleted; shares extended and deleted: all
at the same time, in any order, so that most is refused. Nobody may ever be answered by an error of
the server's. When all is quiet, rows, files, domains and the kernel's mounts agree. What says that
a share was in its way is mended by taking the share from it, and everything can go.
"""
import concurrent.futures
import http.client
import os
import random
import sys
import threading
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, name) for name in ('sweep', 'api', 'lib')]
import tap  # noqa: E402
import lib  # noqa: E402
import mappings  # noqa: E402
import shares as shares_  # noqa: E402
import world  # noqa: E402

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
CLIENTS, DEEDS = 8, 20
SERVERS, SHARES = '/compute/v2.1/servers', '/share/v2/shares'
RULES, LOCKS = '/share/v2/share-access-rules', '/share/v2/resource-locks'
AT, SHARE_AT = 'compute 2.97', 'shared-file-system 2.88'
SETTLE_SECONDS = 120
OF_MOUNTS = mappings.can_mount()

cleatd = lib.Cleatd(start=False)
dice = random.Random(5)
lost = threading.Event()  # cleatd is being killed: who loses it loses nothing


def configure():
    path = os.path.join(cleatd.dir, 'shares.conf')
    with open(path, 'w', encoding='ascii') as file:
        file.write('[share]\nlimit = none\n[compute]\nshare_hotplug = yes\n')
    cleatd.args = ['--config', path]


def asked(reply):
    assert reply.status < 300, repr(reply)
    return reply.body


def demo():
    return cleatd.user('demo')


def server_ids():
    return [row['id'] for row in demo().get(SERVERS).body['servers']]


def share_ids():
    return [row['id'] for row in demo().get(SHARES).body['shares']]


def any_of(things):
    return dice.choice(things) if things else '0'


# --- deeds: each asks for one thing ---

def attach():
    return demo().post('%s/%s/shares' % (SERVERS, any_of(server_ids())),
                       {'share': {'share_id': any_of(share_ids())}}, version=AT)


def attach_to_read():
    if not OF_MOUNTS:
        return attach()
    return act('share_attach', {'share_id': any_of(share_ids()), 'mount_options': 'ro'})


def detach():
    return demo().delete('%s/%s/shares/%s' % (SERVERS, any_of(server_ids()),
                                              any_of(share_ids())), version=AT)


def act(name, value=None):
    return demo().post('%s/%s/action' % (SERVERS, any_of(server_ids())), {name: value})


def power():
    return act(*dice.choice((('os-start',), ('os-stop',), ('reboot', {'type': 'HARD'}),
                             ('rescue',), ('unrescue',))))


def act_on_share(name, value, share=None):
    return demo().post('%s/%s/action' % (SHARES, share or any_of(share_ids())), {name: value},
                       version=SHARE_AT)


def allow():
    return act_on_share('allow_access', {
        'access_type': 'ip', 'access_to': dice.choice(('127.0.0.1', '192.0.2.1')),
        'access_level': dice.choice(('rw', 'ro'))})


def deny():
    share = any_of(share_ids())
    reply = demo().get('%s?share_id=%s' % (RULES, share), version=SHARE_AT)
    if reply.status != 200 or not reply.body['access_list']:
        return reply
    return act_on_share('deny_access', {'access_id': any_of(reply.body['access_list'])['id'],
                                        'unrestrict': dice.random() < 0.5}, share)


def unlock():
    reply = demo().get(LOCKS, version=SHARE_AT)
    if reply.status != 200 or not reply.body['resource_locks']:
        return reply
    return demo().delete('%s/%s' % (LOCKS, any_of(reply.body['resource_locks'])['id']),
                         version=SHARE_AT)


def extend():
    return act_on_share('extend', {'new_size': 2})


def delete_share():
    return demo().delete('%s/%s' % (SHARES, any_of(share_ids())))


def delete_server():
    return demo().delete('%s/%s' % (SERVERS, any_of(server_ids())))


WEIGHTS = {attach: 8, attach_to_read: 4, detach: 8, power: 10, allow: 3, deny: 4, unlock: 2,
           extend: 1, delete_share: 2, delete_server: 1}


def client(_):
    for _ in range(DEEDS):
        deed, = dice.choices(list(WEIGHTS), WEIGHTS.values())
        try:
            reply = deed()
        except (OSError, http.client.HTTPException, KeyError, TypeError):
            if lost.is_set():
                return
            raise
        if reply.status >= 500 and not lost.is_set():
            raise AssertionError('%s: %r' % (deed.__name__, reply))


# --- rounds ---

def furnish():
    """Three servers and three shares."""
    image = demo().get('/image/v2/images').body['images'][0]['id']
    flavor = demo().get('/compute/v2.1/flavors').body['flavors'][0]['id']
    for _ in range(3 - len(server_ids())):
        reply = demo().post(SERVERS, {'server': {'name': 's', 'imageRef': image,
                                                 'flavorRef': flavor}})
        tap.expect(reply.status, 202, repr(reply))
    for _ in range(3 - len(share_ids())):
        reply = demo().post(SHARES, {'share': {'share_proto': 'NFS', 'size': 1}})
        tap.expect(reply.status, 200, repr(reply))
    settle()


def settle(broken_is_fine=False):
    told = []

    def quiet():
        seen = world.look(cleatd)
        store = world.find_store(cleatd.dir, seen.files)
        told[:] = [*world.complaints(seen, broken_is_fine),
                   *shares_.complaints(cleatd.dir, store),
                   *mappings.complaints(store, cleatd.dir, seen.servers, broken_is_fine)]
        return not told
    try:
        lib.wait_for(quiet, 'peace', SETTLE_SECONDS)
    except AssertionError:
        raise AssertionError('not settled:\n' + '\n'.join(told)) from None


def mend():
    """Shares that were in the way are taken from their servers, and broken servers started."""
    for server in asked(demo().get(SERVERS + '/detail'))['servers']:
        path = '%s/%s' % (SERVERS, server['id'])
        for share in asked(demo().get(path + '/shares', version=AT))['shares']:
            if share['status'] == 'error':
                where = '%s/shares/%s' % (path, share['share_id'])
                asked(demo().delete(where, version=AT))
                lib.wait_for(lambda where=where: demo().get(where, version=AT).status == 404,
                             'the share to go', SETTLE_SECONDS)
        if server['status'] == 'ERROR':
            asked(demo().post(path + '/action', {'reboot': {'type': 'HARD'}}))


def a_round(dies):
    furnish()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(client, n) for n in range(CLIENTS)]
        if dies:
            time.sleep(dice.uniform(0.05, 0.6))
            lost.set()
            cleatd.kill()
    for one in clients:
        one.result()
    if dies:
        assert cleatd.start(), 'does not start any more'
        lost.clear()
    settle(broken_is_fine=True)
    mend()
    settle()


def clients_in_each_others_way():
    for _ in range(ROUNDS):
        a_round(dies=False)


def a_cleatd_that_dies_under_them():
    for _ in range(ROUNDS):
        a_round(dies=True)


def everything_can_go():
    for server in server_ids():
        asked(demo().delete('%s/%s' % (SERVERS, server)))
    lib.wait_for(lambda: not server_ids(), 'the servers to go', SETTLE_SECONDS)
    tap.expect(mappings.mounts(cleatd.dir), [], 'mounts')
    for share in share_ids():
        lib.wait_for(lambda share=share: demo().delete('%s/%s' % (SHARES, share)).status == 202,
                     'the share to be free', SETTLE_SECONDS)
    lib.wait_for(lambda: not share_ids(), 'the shares to go', SETTLE_SECONDS)
    settle()


def end():
    if not cleatd.process or cleatd.process.poll() is None:
        cleatd.kill()
    mappings.unmount(cleatd.dir)
    cleatd.__exit__()


configure()
assert cleatd.start(), 'cleatd does not start; see ' + cleatd.log.name
tap.run('shares', [clients_in_each_others_way, a_cleatd_that_dies_under_them,
                   everything_can_go], end)
