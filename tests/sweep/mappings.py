# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What the sweeps do to shares that servers have, and what must hold of them once a cleatd has
settled: guests that run have theirs, for others nothing is connected, and access and locks are
there as long as a server needs them.

MappingSteps is a part of a Journey, beside ShareSteps.
"""
import collections
import os
import sqlite3
import subprocess

from shares import asked

SERVERS = '/compute/v2.1/servers'
AT = 'compute 2.97'
SECOND = 'sweep-copy'
UP = ('ACTIVE', 'PAUSED', 'RESCUE')


class MappingSteps:
    """Needs what ShareSteps needs, self.server(), self.power() and self.reshape()."""

    def mapping_path(self):
        return '%s/%s/shares/%s' % (SERVERS, self.server()['id'], self.a_share()['id'])

    def mapping(self):
        """What the server says of the share, or None."""
        if not self.server() or not self.a_share():
            return None
        reply = self.user.get(self.mapping_path(), version=AT)
        return reply.body['share'] if reply.status == 200 else None

    def attach_share(self):
        self.step = 'attach share'
        asked(self.user.post(self.mapping_path().rsplit('/', 1)[0],
                             {'share': {'share_id': self.a_share()['id']}}, version=AT))
        self.wait(self.mapping, ('inactive', 'error'))

    def attach_share_to_read(self):
        """By the older proposal's action; what only reads is mounted on the host."""
        self.step = 'attach share to read'
        asked(self.user.post('%s/%s/action' % (SERVERS, self.server()['id']), {
            'share_attach': {'share_id': self.a_share()['id'], 'mount_options': 'ro'}}))
        self.wait(self.mapping, ('inactive', 'error'))

    def detach_share(self):
        self.step = 'detach share'
        asked(self.user.delete(self.mapping_path(), version=AT))
        self.wait(self.mapping, (None, 'error'))

    def start_with_a_share(self):
        self.make_share()
        self.power('os-stop', None, 'SHUTOFF')
        self.attach_share()
        self.power('os-start', None, 'ACTIVE')

    def detach_shares(self):
        """Whatever an interrupted journey has left."""
        if self.second_server():
            self.wait(self.second_server, ('ACTIVE', 'SHUTOFF', 'ERROR', None))
        if self.second_server():
            self.delete_second_server()
        if not self.mapping():
            return
        self.wait(self.mapping, ('active', 'inactive', 'error', None))
        if self.server()['status'] == 'RESCUE':
            self.power('unrescue', None, 'ACTIVE')
        if self.server()['status'] == 'ACTIVE':
            self.power('os-stop', None, 'SHUTOFF')
        if self.mapping():
            self.detach_share()

    # --- journeys ---

    def use_a_share(self):
        self.start_with_a_share()
        self.reshape('reboot', {'type': 'HARD'}, 'ACTIVE')
        self.power('os-stop', None, 'SHUTOFF')
        self.detach_share()
        self.delete_share()
        self.step = 'end'

    def read_a_share(self):
        self.make_share()
        self.power('os-stop', None, 'SHUTOFF')
        self.attach_share_to_read()
        self.power('os-start', None, 'ACTIVE')
        self.reshape('reboot', {'type': 'HARD'}, 'ACTIVE')
        self.power('os-stop', None, 'SHUTOFF')
        self.detach_share()
        self.delete_share()
        self.step = 'end'

    def plug_a_share(self):
        """Into a guest that runs, and out of it."""
        self.make_share()
        self.step = 'plug share'
        asked(self.user.post(self.mapping_path().rsplit('/', 1)[0],
                             {'share': {'share_id': self.a_share()['id']}}, version=AT))
        self.wait(self.mapping, ('active', 'error'))
        self.detach_share()
        self.delete_share()
        self.step = 'end'

    def detach_in_haste(self):
        """The detach does not wait for the attach."""
        self.make_share()
        self.power('os-stop', None, 'SHUTOFF')
        self.step = 'attach share'
        asked(self.user.post(self.mapping_path().rsplit('/', 1)[0],
                             {'share': {'share_id': self.a_share()['id']}}, version=AT))
        self.detach_share()
        self.step = 'end'

    def delete_with_a_share(self):
        self.start_with_a_share()
        self.delete_server()
        self.step = 'end'

    def read_on(self, look):
        """A server that runs gets the share to read."""
        path = '%s/%s' % (SERVERS, look()['id'])
        wish = {'share_id': self.a_share()['id'], 'mount_options': 'ro'}
        self.step = 'read'
        asked(self.user.post(path + '/action', {'os-stop': None}))
        self.wait(look, ('SHUTOFF',))
        asked(self.user.post(path + '/action', {'share_attach': wish}))
        self.wait(lambda: asked(self.user.get(path + '/shares', version=AT))['shares'][0],
                  ('inactive', 'error'))
        asked(self.user.post(path + '/action', {'os-start': None}))
        self.wait(look, ('ACTIVE', 'ERROR'))

    def delete_two_readers(self):
        """Two servers have one share to read, and are deleted at once."""
        servers = self.server, self.second_server
        self.make_share()
        self.make_server(SECOND)
        for look in servers:
            self.read_on(look)
        self.step = 'delete both'
        for look in servers:
            asked(self.user.delete('%s/%s' % (SERVERS, look()['id'])))
        for look in servers:
            self.wait(look, (None,))
        self.step = 'end'

    def rescue_with_a_share(self):
        self.start_with_a_share()
        self.rescue()


# --- mounts ---

def can_mount():
    return subprocess.run(['unshare', '--mount', 'true'], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def mounts(folder):
    """What is mounted below a state directory, as the kernel says."""
    with open('/proc/self/mountinfo', encoding='utf-8') as file:
        places = [line.split()[4].replace('\\040', ' ') for line in file]
    return [place for place in places if place.startswith(folder + os.sep)]


def unmount(folder):
    for place in mounts(folder):
        subprocess.run(['umount', '--lazy', place], check=True)


# --- judging ---

Mapping = collections.namedtuple('Mapping', 'id server share status connected rule readonly')
Rows = collections.namedtuple('Rows', 'mappings rules locks')


def look(store):
    with sqlite3.connect('file:%s?mode=ro' % store, uri=True) as rows:
        found = Rows(
            [Mapping(*row) for row in rows.execute(
                'SELECT id, server_id, share_id, status, connected, rule_id, readonly '
                'FROM share_mappings')],
            {rule: (own, state) for rule, own, state in rows.execute(
                'SELECT id, own, state FROM share_rules')},
            rows.execute("SELECT rule_id, reason FROM resource_locks "
                         "WHERE context = 'service'").fetchall())
    rows.close()
    return found


def about_mapping(mapping, server, rules, broken_is_fine):
    if not server:
        yield 'share mapping %s has no server' % mapping.id
        return
    up = server.status in UP
    broken = broken_is_fine and mapping.status == 'error'
    if not broken and mapping.status != ('active' if up else 'inactive'):
        yield '%s server has a share that is %s' % (server.status, mapping.status)
    if not broken and bool(mapping.connected) != up:
        yield '%s server: its share is connected: %d' % (server.status, mapping.connected)
    if not broken and mapping.rule not in rules:
        yield 'share mapping %s has no access rule' % mapping.id


def about_access(rows, broken_is_fine):
    needed = {mapping.rule for mapping in rows.mappings}
    if broken_is_fine:  # what could not be denied says so, and is kept until it can
        needed |= {rule for rule, (_, state) in rows.rules.items() if state == 'error'}
    for rule, (own, _) in rows.rules.items():
        if own and rule not in needed:
            yield 'access rule %s lets a host in that needs it no more' % rule
    for rule, reason in rows.locks:
        if rule not in needed:
            yield 'a lock for nobody: %s' % reason


def about_mounts(rows, folder):
    needed = {mapping.share for mapping in rows.mappings if mapping.connected}
    for place in mounts(folder):
        if os.path.basename(place) not in needed:
            yield 'mounted for nobody: %s' % place


def about_connections(rows, folder):
    """Those of the fake back end: open while a server needs them, and no longer."""
    needed = {mapping.share + ('.r' if mapping.readonly else '')
              for mapping in rows.mappings if mapping.connected}
    there = set(os.listdir(folder))
    for name in sorted(needed - there):
        yield 'share %s is not connected' % name
    for name in sorted(there - needed):
        yield 'share %s is connected for nobody' % name


def complaints(store, folder, servers, broken_is_fine):
    rows, found = look(store), []
    for mapping in rows.mappings:
        found += about_mapping(mapping, servers.get(mapping.server), rows.rules, broken_is_fine)
    connections = os.path.join(folder, 'shares', 'connected')
    if os.path.isdir(connections):
        found += about_connections(rows, connections)
    return found + [*about_access(rows, broken_is_fine), *about_mounts(rows, folder)]
