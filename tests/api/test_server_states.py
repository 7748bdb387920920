#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Every action on a server, in every state and during every task, at several versions of the API:
status and message of each cell.

The cells come from the table of docs/server-states.md, which the code prints; what they lead to
is written here, as the contract has it. A server in a state that nobody can bring it into is a row
that the test copies into the store.
"""
import collections
import os
import re
import sqlite3
import sys
import uuid

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

PAGE = os.path.join(os.path.dirname(TESTS), 'docs', 'server-states.md')
SERVERS = '/compute/v2.1/servers'
VOLUMES = '/volume/v3/volumes'
SHARES = '/share/v2/shares'
VERSIONS = (1, 14, 19, 20, 25, 45, 60, 77, 85, 91, 101, 104)
FEW = (1, 104)  # where a version cannot matter
TASKS = ('scheduling', 'spawning', 'powering-off', 'powering-on', 'rebooting', 'rebooting_hard',
         'pausing', 'unpausing', 'suspending', 'resuming', 'shelving', 'shelving_offloading',
         'unshelving', 'resize_prep', 'resize_finish', 'resize_confirming', 'resize_reverting',
         'rebuilding', 'rescuing', 'unrescuing', 'image_snapshot', 'deleting')
LOCKED = 'Instance %s is locked'

cleatd = Cleatd()
demo, admin = cleatd.user('demo'), cleatd.user('admin')


# --- the table -----------------------------------------------------------------------------

def rows_below(title):
    """The cells of the table below a title of the page."""
    with open(PAGE, encoding='utf-8') as page:
        text = page.read().split('## %s\n' % title)[1].split('\n## ')[0]
    lines = [line.strip('|\n').split('|') for line in text.splitlines() if line.startswith('|')]
    return [[cell.strip() for cell in line] for line in lines if not line[0].startswith(' ---')]


Table = collections.namedtuple('Table', 'states allowed tasks')


def read_table():
    head, *rows = rows_below('Where an action may find a server')
    states = head[1:]
    allowed = {row[0]: {state for state, cell in zip(states, row[1:]) if cell == 'yes'}
               for row in rows}
    tasks = {row[0]: set(row[1].split(', ')) for row in rows_below('What it may interrupt')[1:]}
    return Table(states, allowed, {name: tasks.get(name, set()) for name in allowed})


TABLE = read_table()


# --- what is asked, and what is answered ----------------------------------------------------

class Thing:
    """A server of a cell, with a volume that it has and one that is free."""

    def __init__(self, has=None, free=None):
        self.id, self.has, self.free = str(uuid.uuid4()), has, free
        self.path = '%s/%s' % (SERVERS, self.id)


WORLD = {}  # ids of what every cell may use: image, flavor


def ask(user, thing, version, **request):
    (method, (path, body)), = request.items()
    return user.request(method.upper(), thing.path + path, body, version='compute 2.%d' % version)


def action(key, value=None):
    return lambda user, thing, version: ask(
        user, thing, version,
        post=('/action', {key: value(version) if callable(value) else value}))


def attach(user, thing, version):
    return ask(user, thing, version, post=('/os-volume_attachments', {
        'volumeAttachment': {'volumeId': thing.free}}))


def detach(user, thing, version):
    return ask(user, thing, version, delete=('/os-volume_attachments/' + thing.has, None))


def swap(user, thing, version):
    return ask(user, thing, version, put=('/os-volume_attachments/' + thing.has, {
        'volumeAttachment': {'volumeId': thing.free}}))


def attach_share(user, thing, version):
    return action('share_attach', {'share_id': WORLD['share']})(user, thing, version)


def detach_share(user, thing, version):
    return action('share_detach', {'share_id': WORLD['share']})(user, thing, version)


def delete(user, thing, version):
    return ask(user, thing, version, delete=('', None))


def live(version):
    body = {'host': None, 'block_migration': False}
    return dict(body, disk_over_commit=False) if version < 25 else body


def evacuate(version):
    return {'onSharedStorage': False} if version < 14 else {}


# What asks for it; the status when it is taken up, by version where that matters; and the message
# where even then it is refused, as there is one host.
Action = collections.namedtuple('Action', 'ask status message', defaults=(202, None))

ACTIONS = {
    'attach_volume': Action(attach, lambda version: 200 if version < 101 else 202),
    'detach_volume': Action(detach),
    'swap_volume': Action(swap),
    'create share': Action(attach_share),
    'delete share': Action(detach_share),
    'start': Action(action('os-start')),
    'stop': Action(action('os-stop')),
    'reboot SOFT': Action(action('reboot', {'type': 'SOFT'})),
    'reboot HARD': Action(action('reboot', {'type': 'HARD'})),
    'pause': Action(action('pause')),
    'unpause': Action(action('unpause')),
    'suspend': Action(action('suspend')),
    'resume': Action(action('resume')),
    'shelve': Action(action('shelve')),
    'shelveOffload': Action(action('shelveOffload')),
    'unshelve': Action(action('unshelve')),
    'resize': Action(action('resize', lambda _: {'flavorRef': WORLD['larger']})),
    'confirmResize': Action(action('confirmResize'), 204),
    'revertResize': Action(action('revertResize')),
    'rebuild': Action(action('rebuild', lambda _: {'imageRef': WORLD['image']})),
    'rescue': Action(action('rescue', {}), 200),
    'unrescue': Action(action('unrescue')),
    'createImage': Action(action('createImage', {'name': 'of a cell'})),
    'migrate': Action(action('migrate'), 400,
                      'No valid host was found. No valid host found for cold migrate'),
    'os-migrateLive': Action(action('os-migrateLive', live), 400,
                             'No valid host was found. There are not enough hosts available.'),
    'evacuate': Action(action('evacuate', evacuate), 400,
                       'Compute service of %(host)s is still in use.'),
    'restore': Action(action('restore')),
    'delete': Action(delete, 204),
}
ADMINS = {'shelveOffload', 'migrate', 'os-migrateLive', 'evacuate'}
OLD_ON_THE_SHELF = {'attach_volume', 'detach_volume'}  # from 2.20 on


def word(name):
    """The name in texts."""
    return name.split()[0] if name.startswith('reboot') else name


def refusal(name, thing, attribute, value):
    return "Cannot '%s' instance %s while it is in %s %s" % (word(name), thing.id, attribute, value)


def too_old(name, state, version):
    return name in OLD_ON_THE_SHELF and version < 20 and state.startswith('shelved')


class Cells:
    """Counts, and keeps what is wrong; a cell more or less does not end the others."""

    def __init__(self):
        self.count, self.wrong = 0, []

    def check(self, what, reply, status, message):
        self.count += 1
        if reply.status != status or (message is not None and reply.message() != message):
            self.wrong.append('%s: %d %s; wanted %d %s' % (
                what, reply.status, reply.body, status, message))

    def end(self):
        tap.comment('%d cells' % self.count)
        for text in self.wrong[:20]:
            tap.comment(text)
        assert self.count and not self.wrong, '%d cells are wrong' % len(self.wrong)


def user_for(name):
    return admin if name in ADMINS else demo


def check_refused(cells, name, thing, place, why):
    """One cell at one version."""
    (state, task, version), (attribute, value) = place, why
    cells.check('%s in %s, %s at 2.%d' % (name, state, task, version),
                ACTIONS[name].ask(user_for(name), thing, version), 409,
                refusal(name, thing, attribute, value))


# --- servers in every state ------------------------------------------------------------------

class Copier:
    """Copies rows of the store. cleatd's readers keep what they see until it commits itself."""

    def __init__(self, server, volume):
        self.originals = {'servers': server, 'volumes': volume, 'attachments': volume}
        self.db = sqlite3.connect(self.path(), timeout=30)
        self.db.row_factory = sqlite3.Row

    @staticmethod
    def path():
        name, = (name for name in os.listdir(cleatd.dir) if name.endswith(('.db', '.sqlite')))
        return os.path.join(cleatd.dir, name)

    def copy(self, table, **changes):
        key = 'volume_id' if table == 'attachments' else 'id'
        row = dict(self.db.execute('SELECT * FROM %s WHERE %s = ?' % (table, key),
                                   (self.originals[table],)).fetchone(), **changes)
        self.db.execute('INSERT INTO %s (%s) VALUES (%s)' % (
            table, ', '.join(row), ', '.join('?' * len(row))), list(row.values()))

    def volume(self, **changes):
        identifier = str(uuid.uuid4())
        self.copy('volumes', id=identifier, **changes)
        return identifier

    def server(self, state, task='', **changes):
        thing = Thing(self.volume(), self.volume(status='available'))
        old = WORLD['old_flavor'] if state == 'resized' else None
        self.copy('servers', id=thing.id, vm_state=state, task_state=task, old_flavor=old,
                  **changes)
        self.copy('attachments', id=str(uuid.uuid4()), volume_id=thing.has, server_id=thing.id,
                  mapping_id=str(uuid.uuid4()))
        return thing

    def mapping(self, thing):
        """The server has the share."""
        self.db.execute('INSERT INTO share_mappings (id, server_id, share_id, status, tag, '
                        'readonly, connected, created_us, updated_us) '
                        'VALUES (?, ?, ?, ?, ?, 0, 0, 1, 1)', (
                            str(uuid.uuid4()), thing.id, WORLD['share'], 'inactive', 'cell'))

    def end(self):
        self.db.commit()
        self.db.close()
        assert cleatd.request('POST', '/identity/v3/auth/tokens', demo.login()).status == 201


def quiet():
    db = sqlite3.connect(Copier.path(), timeout=30)
    try:
        wait_for(lambda: not db.execute("SELECT 1 FROM operations WHERE state IN "
                                        "('doing', 'undoing')").fetchall(), 'quiet')
    finally:
        db.close()


def copier():
    return Copier(WORLD['server'], WORLD['volume'])


# --- tests -----------------------------------------------------------------------------------

def one_server_is_real():
    images = demo.get('/image/v2/images').body['images']
    flavors = sorted(demo.get('/compute/v2.1/flavors/detail').body['flavors'],
                     key=lambda row: (row['disk'], row['ram']))
    WORLD.update(image=images[0]['id'], flavor=flavors[0]['id'], larger=flavors[-1]['id'])
    body = {'name': 'cell', 'imageRef': WORLD['image'], 'flavorRef': WORLD['flavor']}
    server = demo.post(SERVERS, {'server': body}).body['server']['id']
    volume = demo.post(VOLUMES, {'volume': {'size': 1}}).body['volume']['id']
    share = demo.post(SHARES, {'share': {'share_proto': 'NFS', 'size': 1}}).body['share']['id']
    wait_status(demo, '%s/%s' % (SHARES, share), 'share', 'available')
    path = '%s/%s' % (SERVERS, server)
    wait_status(demo, path, 'server', 'ACTIVE')
    wait_status(demo, '%s/%s' % (VOLUMES, volume), 'volume', 'available')
    demo.post(path + '/os-volume_attachments', {'volumeAttachment': {'volumeId': volume}})
    wait_status(demo, '%s/%s' % (VOLUMES, volume), 'volume', 'in-use')
    WORLD.update(server=server, volume=volume, share=share,
                 host=admin.get(path).body['server']['OS-EXT-SRV-ATTR:host'])
    keep_an_old_flavor(path)
    limits = admin.put('/compute/v2.1/os-quota-sets/' + demo.project_id,
                       {'quota_set': {'cores': -1, 'ram': -1}})
    tap.expect(limits.status, 200, 'limits')
    quiet()


def keep_an_old_flavor(path):
    """What a resize keeps, as it is written there."""
    demo.post(path + '/action', {'resize': {'flavorRef': WORLD['larger']}})
    wait_status(demo, path, 'server', 'VERIFY_RESIZE')
    db = sqlite3.connect(Copier.path(), timeout=30)
    WORLD['old_flavor'], = db.execute('SELECT old_flavor FROM servers').fetchone()
    db.close()
    tap.expect(demo.post(path + '/action', {'revertResize': None}).status, 202, 'revert')
    wait_status(demo, path, 'server', 'ACTIVE')


def the_table_is_covered():
    tap.expect(sorted(ACTIONS), sorted(TABLE.allowed), 'actions')
    with open(os.path.join(os.path.dirname(TESTS), 'src', 'model', 'names.c'),
              encoding='utf-8') as file:
        names = re.findall(r'\[TASK_\w+\] = "([^"]+)"', file.read())
    tap.expect(sorted(TASKS), sorted(names), 'tasks')


def each_action_is_refused_in_the_states_that_it_may_not_find():
    cells, rows = Cells(), copier()
    things = {state: rows.server(state) for state in TABLE.states}
    rows.end()
    for name, allowed in TABLE.allowed.items():
        for state, thing in things.items():
            for version in VERSIONS:
                if state not in allowed or too_old(name, state, version):
                    check_refused(cells, name, thing, (state, 'no task', version),
                                  ('vm_state', state))
    cells.end()


def each_action_is_refused_during_the_tasks_that_it_may_not_interrupt():
    """A state that does not fit is what is told first."""
    cells, rows = Cells(), copier()
    things = {(state, task): rows.server(state, task)
              for state in TABLE.states for task in TASKS}
    rows.end()
    for name, allowed in TABLE.allowed.items():
        for (state, task), thing in things.items():
            fits = state in allowed
            if fits and task in TABLE.tasks[name]:
                continue
            for version in VERSIONS if fits else FEW:
                why = ('task_state', task)
                if not fits or too_old(name, state, version):
                    why = ('vm_state', state)
                check_refused(cells, name, thing, (state, task, version), why)
    cells.end()


def each_action_is_refused_when_the_server_is_locked():
    """Whatever its state; admins are not kept out, and what only they may do is not asked here."""
    cells, rows = Cells(), copier()
    things = {state: rows.server(state, locked=1) for state in TABLE.states}
    rows.end()
    for name in set(TABLE.allowed) - ADMINS:
        for state, thing in things.items():
            for version in VERSIONS:
                if not too_old(name, state, version):
                    cells.check('%s of a locked server in %s at 2.%d' % (name, state, version),
                                ACTIONS[name].ask(demo, thing, version), 409, LOCKED % thing.id)
    cells.end()


def each_action_is_refused_when_the_server_was_never_launched():
    cells, rows = Cells(), copier()
    things = {state: rows.server(state, launched_us=0) for state in TABLE.states}
    rows.end()
    for name, allowed in TABLE.allowed.items():
        for state in allowed if name != 'delete' else ():
            for version in VERSIONS:
                if not too_old(name, state, version):
                    check_refused(cells, name, things[state], (state, 'never launched', version),
                                  ('launched_at', 'None'))
    cells.end()


def each_action_is_taken_up_where_it_may_be():
    """Each on a server of its own: what it does to that is not asked here. Deletions come last, as
    they give back what nobody took."""
    cells, rows = Cells(), copier()
    wishes = [(name, state, task, version)
              for name, allowed in TABLE.allowed.items() for state in allowed
              for task in [''] + sorted(TABLE.tasks[name])
              for version in (FEW if task else VERSIONS) if not too_old(name, state, version)]
    things = {wish: rows.server(*wish[1:3]) for wish in wishes}
    for wish, thing in things.items():
        if wish[0] == 'delete share':
            rows.mapping(thing)
    rows.end()
    for wish, thing in things.items():
        name, state, task, version = wish
        wanted = ACTIONS[name].status
        message = ACTIONS[name].message
        cells.check('%s in %s, %s at 2.%d' % (name, state, task or 'no task', version),
                    ACTIONS[name].ask(user_for(name), thing, version),
                    wanted(version) if callable(wanted) else wanted,
                    message % WORLD if message else None)
    cells.end()


def cleanup():
    cleatd.kill()  # what it has been made to believe is not for it to finish
    cleatd.__exit__()


if __name__ == '__main__':
    tap.run('server states', [
        one_server_is_real, the_table_is_covered,
        each_action_is_refused_in_the_states_that_it_may_not_find,
        each_action_is_refused_during_the_tasks_that_it_may_not_interrupt,
        each_action_is_refused_when_the_server_is_locked,
        each_action_is_refused_when_the_server_was_never_launched,
        each_action_is_taken_up_where_it_may_be], cleanup)
