# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What the sweeps do to shares, and what must hold of them once a cleatd has settled.

ShareSteps is a part of a Journey. complaints() looks at the rows and at what the back end keeps
below the state directory: one directory for each share and for each snapshot, and nothing else but
what the fake one shows: whom it lets in.
"""
import collections
import os
import sqlite3

SHARES = '/share/v2/shares'
SNAPSHOTS = '/share/v2/snapshots'
RULES = '/share/v2/share-access-rules'
NEWEST = {'X-OpenStack-Manila-API-Version': '2.88'}
NAME = 'sweep-share'
COPY = 'sweep-share-copy'
FOREIGN_ID = '6c2fb1d0-3a70-4a6e-8a53-5b9f2f0f7d21'  # what make_foreign_share() makes
COUNTED = ('shares', 'share_gigabytes', 'share_snapshots', 'share_snapshot_gigabytes')
LEFTOVERS = ('drafts', 'trash')
SHOWN = ('rules', 'connected')  # by the fake back end, for whoever looks
# Where a share rests whose back end has failed it: with its data but for the first.
BROKEN = ('error', 'extending_error', 'shrinking_error', 'reverting_error')


def asked(reply):
    if reply.status >= 300:
        raise AssertionError('refused: %r' % reply)
    return reply.body


class ShareSteps:
    """Needs self.user, self.step and self.wait(look, statuses)."""

    def find_share(self, path, key, name):
        rows = asked(self.user.get('%s/detail?name=%s' % (path, name), headers=NEWEST))[key]
        assert len(rows) < 2, 'more than one: %r' % rows
        return rows[0] if rows else None

    def a_share(self, name=NAME):
        return self.find_share(SHARES, 'shares', name)

    def share_snapshot(self):
        return self.find_share(SNAPSHOTS, 'snapshots', NAME)

    def wait_share(self, statuses=('available',), name=NAME):
        self.wait(lambda: self.a_share(name), statuses)

    def make_share(self, name=NAME, **wish):
        self.step = 'make ' + name
        asked(self.user.post(SHARES, {'share': dict(
            {'name': name, 'share_proto': 'NFS', 'size': 1}, **wish)}, headers=NEWEST))
        self.wait_share(('available', 'error'), name)

    def act_on_share(self, action, body=None, user=None, name=NAME):
        self.step = action
        asked((user or self.user).post('%s/%s/action' % (SHARES, self.a_share(name)['id']),
                                       {action: body}, headers=NEWEST))

    def resize_share(self, action, size):
        self.act_on_share(action, {'new_size': size})
        self.wait_share(('available',) + BROKEN)

    def take_share_snapshot(self):
        self.step = 'take share snapshot'
        asked(self.user.post(SNAPSHOTS, {'snapshot': {
            'name': NAME, 'share_id': self.a_share()['id']}}, headers=NEWEST))
        self.wait(self.share_snapshot, ('available', 'error'))

    def revert_share(self):
        self.act_on_share('revert', {'snapshot_id': self.share_snapshot()['id']})
        self.wait_share(('available',) + BROKEN)
        self.wait(self.share_snapshot, ('available',))

    def share_rule(self, name=NAME):
        """The one rule of a share, with its state as its status."""
        share = self.a_share(name)
        rows = asked(self.user.get('%s?share_id=%s' % (RULES, share['id']),
                                   headers=NEWEST))['access_list'] if share else []
        assert len(rows) < 2, 'more than one: %r' % rows
        return dict(rows[0], status=rows[0]['state']) if rows else None

    def allow_access(self):
        self.act_on_share('allow_access', {
            'access_type': 'ip', 'access_to': '10.0.0.0/8', 'lock_deletion': True,
            'lock_visibility': True})
        self.wait(self.share_rule, ('active', 'error'))

    def change_access(self):
        self.step = 'change access'
        asked(self.user.put('%s/%s' % (RULES, self.share_rule()['id']),
                            {'update_access': {'access_level': 'ro'}}, headers=NEWEST))
        self.wait(self.share_rule, ('active', 'error'))

    def deny_access(self, user=None):
        self.act_on_share('deny_access', {'access_id': self.share_rule()['id'],
                                          'unrestrict': True}, user)
        self.wait(self.share_rule, (None, 'error'))

    def foreign_share(self):
        admin = self.user.cleatd.user('admin')
        reply = admin.get('%s/%s' % (SHARES, FOREIGN_ID), headers=NEWEST)
        return None if reply.status == 404 else asked(reply)['share']

    def manage_share(self):
        """The back end has it already; see make_foreign_share()."""
        self.step = 'manage'
        admin = self.user.cleatd.user('admin')
        host, = [row['name'] for row in asked(admin.get('/share/v2/scheduler-stats/pools',
                                                        headers=NEWEST))['pools']]
        path = '127.0.0.1:%s/shares/shares/%s' % (
            os.path.realpath(self.user.cleatd.dir), FOREIGN_ID)
        asked(admin.post(SHARES + '/manage', {'share': {
            'service_host': host, 'export_path': path, 'protocol': 'NFS',
            'driver_options': {'size': '2'}}}, headers=NEWEST))
        self.wait(self.foreign_share, ('available', 'manage_error'))

    def unmanage_share(self):
        self.step = 'unmanage'
        admin = self.user.cleatd.user('admin')
        asked(admin.post('%s/%s/action' % (SHARES, FOREIGN_ID), {'unmanage': None},
                         headers=NEWEST))
        self.wait(self.foreign_share, (None,))

    def restore_share(self):
        self.step = 'restore'
        for row in asked(self.user.get(SHARES + '/detail?is_soft_deleted=true',
                                       headers=NEWEST))['shares']:
            asked(self.user.post('%s/%s/action' % (SHARES, row['id']), {'restore': None},
                                 headers=NEWEST))

    def delete_share(self, name=NAME):
        self.step = 'delete ' + name
        share = self.a_share(name)
        if share['status'] in BROKEN[1:]:
            self.act_on_share('force_delete', None, self.user.cleatd.user('admin'), name)
        else:
            asked(self.user.delete('%s/%s' % (SHARES, share['id']), headers=NEWEST))
        self.wait_share((None,), name)

    def delete_share_snapshot(self):
        self.step = 'delete share snapshot'
        asked(self.user.delete('%s/%s' % (SNAPSHOTS, self.share_snapshot()['id']),
                               headers=NEWEST))
        self.wait(self.share_snapshot, (None,))

    def delete_shares(self):
        """Whatever an interrupted journey has made."""
        if self.foreign_share():
            self.wait(self.foreign_share, ('available', 'manage_error'))
            self.unmanage_share()
        self.restore_share()
        for name in (COPY, NAME):
            if self.a_share(name):
                self.wait_share(('available', None) + BROKEN, name)
        if self.share_rule():
            self.wait(self.share_rule, ('active', 'error', None))
        if self.share_rule():
            self.deny_access(self.user.cleatd.user('admin'))  # the host's own is not the user's
            self.wait(self.share_rule, (None,))
        if self.share_snapshot():
            self.wait(self.share_snapshot, ('available', 'error', None))
        if self.share_snapshot():
            self.delete_share_snapshot()
        for name in (COPY, NAME):
            if self.a_share(name):
                self.delete_share(name)

    # --- journeys ---

    def live_as_a_share(self):
        self.make_share()
        self.resize_share('extend', 3)
        self.resize_share('shrink', 2)
        self.take_share_snapshot()
        self.make_share(COPY, size=2, snapshot_id=self.share_snapshot()['id'])
        self.revert_share()
        self.delete_share(COPY)
        self.delete_share_snapshot()
        self.delete_share()
        self.step = 'end'

    def put_a_share_away(self):
        self.make_share()
        self.act_on_share('soft_delete')
        self.restore_share()
        self.delete_share()
        self.step = 'end'

    def let_in_to_a_share(self):
        self.make_share()
        self.allow_access()
        self.change_access()
        self.deny_access()
        self.delete_share()
        self.step = 'end'

    def manage_a_share(self):
        self.manage_share()
        self.unmanage_share()
        self.step = 'end'


def make_foreign_share(folder):
    """Data of a share that was forgotten."""
    os.makedirs(os.path.join(folder, 'shares', 'shares', FOREIGN_ID), mode=0o700)


# --- judging ---

Rows = collections.namedtuple('Rows', 'shares snapshots exports rules locks usage')


def look(store):
    with sqlite3.connect('file:%s?mode=ro' % store, uri=True) as rows:
        found = Rows(
            rows.execute('SELECT id, project_id, status, size_gib, rules_status, scheduled_us '
                         'FROM shares').fetchall(),
            rows.execute('SELECT id, share_id, project_id, status, size_gib '
                         'FROM share_snapshots').fetchall(),
            collections.Counter(row[0] for row in rows.execute(
                'SELECT share_id FROM share_exports')),
            rows.execute('SELECT id, share_id, state, access_to, level '
                         'FROM share_rules').fetchall(),
            rows.execute('SELECT id, resource_id FROM resource_locks').fetchall(),
            {(project, resource): used for project, resource, used in rows.execute(
                'SELECT project_id, resource, used FROM quotas')})
    rows.close()
    return found


def kept(folder):
    """(place, name) of all that the back end keeps, at the top of each of its places."""
    root = os.path.join(folder, 'shares')
    return {(place, name) for place in os.listdir(root) if os.path.isdir(os.path.join(root, place))
            for name in os.listdir(os.path.join(root, place))} if os.path.isdir(root) else set()


def about_data(what, whole, things):
    """All of it, or nothing."""
    if whole != any(what in name for place, name in things if place not in SHOWN):
        yield '%s has %s' % (what, 'no data' if whole else 'data all the same')


def about_shares(rows, things, broken_is_fine):
    rest = ('available',) + (BROKEN if broken_is_fine else ())
    for share, _, status, _, rules, _ in rows.shares:
        if status not in rest or rules not in ('active', 'error')[:1 + broken_is_fine]:
            yield 'share %s is %s, its rules are %s' % (share, status, rules)
        yield from about_data(share, status != 'error', things)
        if rows.exports[share] != (status != 'error'):
            yield 'share %s has %d exports' % (share, rows.exports[share])
    for snapshot, _, _, status, _ in rows.snapshots:
        if status not in rest:
            yield 'share snapshot %s is %s' % (snapshot, status)
        yield from about_data(snapshot, status != 'error', things)


def about_access(rows, folder):
    """Who is let in, as the fake back end shows it, is whom the rules name."""
    for share, *_ in rows.shares:
        path = os.path.join(folder, 'shares', 'rules', share)
        try:
            with open(path, encoding='ascii') as file:
                shown = {tuple(line.split()) for line in file}
        except FileNotFoundError:
            shown = set()
        mine = [row for row in rows.rules if row[1] == share]
        active = {row[3:] for row in mine if row[2] == 'active'}
        if shown != active and not (len(mine) > len(active) and active <= shown):
            yield 'share %s lets in %s, its rules %s' % (share, shown, active)


def about_leftovers(rows, things):
    shares = {row[0] for row in rows.shares}
    known = shares | {row[0] for row in rows.snapshots} | {FOREIGN_ID}
    for place, name in sorted(things):
        if place in LEFTOVERS or not any(i in name for i in known):
            yield 'the back end keeps %s/%s' % (place, name)
    for share in rows.exports:
        if share not in shares:
            yield 'an export of share %s, which is gone' % share
    for rule, share, state, *_ in rows.rules:
        if share not in shares or state not in ('active', 'error'):
            yield 'rule %s of share %s is %s' % (rule, share, state)
    for lock, resource in rows.locks:
        if resource not in shares | {row[0] for row in rows.rules}:
            yield 'lock %s is on %s, which is gone' % (lock, resource)


def about_usage(rows):
    counted = collections.Counter()
    for _, project, _, size, _, _ in rows.shares:
        counted[project, 'shares'] += 1
        counted[project, 'share_gigabytes'] += size
    for _, _, project, _, size in rows.snapshots:
        counted[project, 'share_snapshots'] += 1
        counted[project, 'share_snapshot_gigabytes'] += size
    for (project, resource), used in rows.usage.items():
        if resource in COUNTED and used != counted[project, resource]:
            yield 'quota: %s of %s is %d, there are %d' % (
                resource, project, used, counted[project, resource])


def complaints(folder, store, broken_is_fine=False):
    rows, things = look(store), kept(folder)
    found = [*about_shares(rows, things, broken_is_fine), *about_leftovers(rows, things),
             *about_usage(rows)]
    if os.path.isdir(os.path.join(folder, 'shares', 'rules')):
        found += about_access(rows, folder)
    return found
