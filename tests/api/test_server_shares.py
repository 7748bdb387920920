#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Shares on servers: attach and detach in both forms, what servers with shares cannot do, what
becomes of shares when the power changes, what guests are told, and access rules with their locks.
"""
import concurrent.futures
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import uuid

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

SERVERS = '/compute/v2.1/servers'
SHARES = '/share/v2/shares'
RULES = '/share/v2/share-access-rules'
AT = 'compute 2.97'
SHARE_AT = 'shared-file-system 2.82'
WITH_SHARES = 'Feature not supported with instances that have shares.'

cleatd = Cleatd()
demo, admin, alt, reader = [cleatd.user(name) for name in ('demo', 'admin', 'alt', 'reader')]

assert demo.token and admin.put(
    '/compute/v2.1/os-quota-sets/' + demo.project_id,
    {'quota_set': {'instances': -1, 'cores': -1, 'ram': -1}}).status == 200


def new_share(user=demo, **more):
    body = {'share_proto': 'NFS', 'size': 1, **more}
    share = user.post(SHARES, {'share': body}).body['share']['id']
    wait_status(user, '%s/%s' % (SHARES, share), 'share', 'available')
    return share


def gone(path, user=demo, version=AT):
    wait_for(lambda: user.get(path, version=version).status == 404, '%s to go' % path)


class Server:
    def __init__(self, status='SHUTOFF', user=demo, **more):
        image = user.get('/image/v2/images').body['images'][0]['id']
        flavor = user.get('/compute/v2.1/flavors').body['flavors'][0]['id']
        body = {'name': 'of shares', 'flavorRef': flavor, 'imageRef': image, **more}
        self.user = user
        self.id = user.post(SERVERS, {'server': body}).body['server']['id']
        self.path = '%s/%s' % (SERVERS, self.id)
        self.wait('ACTIVE')
        if status == 'SHUTOFF':
            self.act('os-stop', status)

    def wait(self, status):
        wait_status(self.user, self.path, 'server', status)

    def ask(self, action, value=None, user=None, version=None):
        return (user or self.user).post(self.path + '/action', {action: value}, version=version)

    def act(self, action, status, value=None):
        reply = self.ask(action, value)
        assert reply.status in (200, 202), reply
        self.wait(status)

    def post(self, share, user=None, version=AT, **more):
        return (user or self.user).post(self.path + '/shares',
                                        {'share': {'share_id': share, **more}}, version=version)

    def attach(self, share, **more):
        tap.expect(self.post(share, **more).status, 201, 'attach')
        self.wait_share(share, 'inactive')

    def share_path(self, share):
        return '%s/shares/%s' % (self.path, share)

    def wait_share(self, share, status):
        wait_for(lambda: self.status(share) == status, 'share to be %s' % status)

    def status(self, share):
        reply = self.user.get(self.share_path(share), version=AT)
        return reply.body['share']['status'] if reply.status == 200 else reply.status

    def detach(self, share):
        tap.expect(self.user.delete(self.share_path(share), version=AT).status, 200, 'detach')
        gone(self.share_path(share), self.user)

    def shares(self):
        return self.user.get(self.path + '/shares', version=AT).body['shares']

    def actions(self):
        return [row['action'] for row in
                self.user.get(self.path + '/os-instance-actions').body['instanceActions']]

    def devices(self, version='latest'):
        """What the guest reads from its metadata service."""
        door = os.path.join(cleatd.dir, 'guests', self.id + '.door')
        reply = subprocess.run(
            ['curl', '-sf', '--unix-socket', door,
             'http://metadata/openstack/%s/meta_data.json' % version],
            check=True, capture_output=True)
        return [row for row in json.loads(reply.stdout)['devices'] if row['type'] == 'share']

    def delete(self):
        tap.expect(self.user.delete(self.path).status, 204, 'delete')
        gone(self.path, self.user)


def contents(share):
    """Where the backend has it: a directory, or an image of one."""
    places = [os.path.join(cleatd.dir, 'shares', *names)
              for names in (('shares', share), ('images', share + '.img'))]
    return next(place for place in places if os.path.exists(place))


def rules(share, user=admin):
    reply = user.get('%s?share_id=%s' % (RULES, share), version=SHARE_AT)
    return reply.body['access_list'] if reply.status == 200 else []


def locks(share):
    reply = admin.get('/share/v2/resource-locks?all_projects=1', version=SHARE_AT)
    wanted = {share} | {rule['id'] for rule in rules(share)}
    return sorted((row['resource_type'], row['resource_action'])
                  for row in reply.body['resource_locks'] if row['resource_id'] in wanted)


def rows(sql, *args):
    db = sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=30)
    try:
        return db.execute(sql, args).fetchall()
    finally:
        db.close()


def expect(reply, status, message=None):
    assert reply.status == status and message in (None, reply.message()), reply


def act(share, name, value, user=demo, version='shared-file-system 2.88'):
    return user.post('%s/%s/action' % (SHARES, share), {name: value}, version=version)


# --- the way of a share through a server ------------------------------------------------------

def a_share_is_attached_used_and_detached():
    server, share = Server(), new_share()
    reply = server.post(share, tag='photos')
    expect(reply, 201)
    tap.expect(reply.body, {'share': {'share_id': share, 'status': 'attaching', 'tag': 'photos'}},
               'reply')
    assert 'location' not in reply.headers, reply.headers
    server.wait_share(share, 'inactive')
    tap.expect(server.shares(), [{'share_id': share, 'status': 'inactive', 'tag': 'photos'}],
               'list')
    server.act('os-start', 'ACTIVE')
    tap.expect(server.status(share), 'active', 'status of a guest that runs')
    tap.expect(server.devices(), [{'type': 'share', 'share_id': share, 'tag': 'photos',
                                   'bus': 'none', 'address': 'none'}], 'devices')
    tap.expect(server.devices('2020-10-14'), [], 'devices of an older version')
    server.act('os-stop', 'SHUTOFF')
    tap.expect(server.status(share), 'inactive', 'status of a guest that is off')
    server.detach(share)
    tap.expect(server.shares(), [], 'list')
    tap.expect(server.actions()[:2], ['detach_share', 'os-stop'.replace('os-', '')], 'actions')
    assert 'attach_share' in server.actions()
    wait_for(lambda: not rules(share), 'rules to go')
    tap.expect(locks(share), [], 'locks')
    expect(demo.delete('%s/%s' % (SHARES, share)), 202)


def admins_see_where_it_comes_from():
    server, share = Server(), new_share()
    server.attach(share)
    shown = admin.get(server.share_path(share), version=AT).body['share']
    tap.expect(sorted(shown), ['export_location', 'share_id', 'status', 'tag', 'uuid'], 'members')
    tap.expect(shown['tag'], share, 'tag')
    mine = demo.get(server.share_path(share), version=AT).body['share']
    tap.expect(sorted(mine), ['share_id', 'status', 'tag'], 'members')
    listed, = admin.get(server.path + '/shares', version=AT).body['shares']
    tap.expect(sorted(listed), ['share_id', 'status', 'tag'], 'members of a list')
    server.detach(share)


def two_shares_and_two_servers():
    one, two, first, second = Server(), Server(), new_share(), new_share()
    for server in (one, two):
        server.attach(first, tag='first')
        server.attach(second, tag='second')
        server.act('os-start', 'ACTIVE')
    tap.expect([row['tag'] for row in one.devices()], ['first', 'second'], 'devices')
    tap.expect(len(rules(first)), 1, 'one rule for the host')
    one.act('os-stop', 'SHUTOFF')
    one.detach(first)
    tap.expect(two.status(first), 'active', 'the other server')
    tap.expect(len(rules(first)), 1, 'the other server needs the rule')
    one.act('os-start', 'ACTIVE')
    tap.expect([row['tag'] for row in one.devices()], ['second'], 'devices')
    for server in (one, two):
        server.delete()
    wait_for(lambda: not rules(first) and not rules(second), 'rules to go')
    for share in (first, second):
        expect(demo.delete('%s/%s' % (SHARES, share)), 202)


# --- what is refused ---------------------------------------------------------------------------

def bodies_that_are_none():
    server, share = Server(), new_share()
    for body in (None, {}, {'share': None}, {'share': {}}, {'share': {'share_id': 'x'}},
                 {'share': {'share_id': share, 'tag': ''}},
                 {'share': {'share_id': share, 'tag': 'a' * 37}},
                 {'share': {'share_id': share, 'tag': 'a b'}},
                 {'share': {'share_id': share, 'tag': '../x'}},
                 {'share': {'share_id': share, 'tag': 'a\n'}},
                 {'share': {'share_id': share, 'tag': 'a\0b'}},
                 {'share': {'share_id': share, 'tag': 'a,dax=always'}},
                 {'share': {'share_id': share, 'tag': '"/><source dir="/'}},
                 {'share': {'share_id': share, 'tag': 'ä'}},
                 {'share': {'share_id': share, 'tag': '..'}},
                 {'share': {'share_id': share, 'tag': 'a/b'}},
                 {'share': {'share_id': share, 'tag': 'a=b'}},
                 {'share': {'share_id': '../' + share}},
                 {'share': {'share_id': share + '\0'}},
                 {'share': {'share_id': share + '\n'}},
                 {'share': {'share_id': share, 'tag': None}},
                 {'share': {'share_id': share, 'mount_point': '/mnt'}},
                 {'share': {'share_id': share}, 'more': 1}):
        expect(demo.post(server.path + '/shares', body, version=AT), 400)
    tap.expect((server.shares(), rules(share), locks(share)), ([], [], []), 'what has changed')


def refusals_in_their_order():
    server, share, foreign = Server(), new_share(), new_share(alt)
    nobody = str(uuid.uuid4())
    other = Server(user=alt)
    path = '%s/%s/shares' % (SERVERS, nobody)
    expect(demo.get(path, version=AT), 404, 'Instance %s could not be found.' % nobody)
    expect(server.post(share, user=reader), 403)
    expect(demo.get(other.path + '/shares', version=AT), 403,
           "Policy doesn't allow os_compute_api:os-server-shares:index to be performed.")
    expect(other.post(share, user=demo), 403,
           "Policy doesn't allow os_compute_api:os-server-shares:create to be performed.")
    expect(server.post(nobody), 404, 'Share %s could not be found.' % nobody)
    expect(server.post(foreign), 404, 'Share %s could not be found.' % foreign)
    expect(demo.delete(server.share_path(share), version=AT), 404,
           'Share %s could not be found.' % share)
    expect(demo.get(server.share_path('x'), version=AT), 404, 'Share x could not be found.')
    expect(demo.get(server.path + '/shares?limit=1', version=AT), 400)
    expect(demo.get(server.path + '/shares', version='compute 2.96'), 404)
    admin.post('%s/%s/action' % (SHARES, share), {'reset_status': {'status': 'error'}},
               version=SHARE_AT)
    expect(server.post(share), 409,
           "Share %s is in 'error' instead of 'available' status." % share)


def one_share_one_tag_one_mount_point():
    server, share, other = Server(), new_share(), new_share()
    server.attach(share, tag='mine')
    already = "Share '%s' or tag '%s' already associated to this server."
    expect(server.post(share, tag='x'), 409, already % (share, 'x'))
    expect(server.post(other, tag='mine'), 409, already % (other, 'mine'))
    server.attach(other)
    server.delete()


def only_servers_that_are_off():
    server, share = Server('ACTIVE'), new_share()
    expect(server.post(share), 409,
           "Cannot 'create share' instance %s while it is in vm_state active" % server.id)
    server.act('os-stop', 'SHUTOFF')
    server.attach(share)
    server.act('os-start', 'ACTIVE')
    expect(demo.delete(server.share_path(share), version=AT), 409,
           "Cannot 'delete share' instance %s while it is in vm_state active" % server.id)
    expect(server.ask('lock'), 202)
    expect(server.post(share), 409, 'Instance %s is locked' % server.id)
    expect(server.ask('unlock'), 202)
    server.delete()


def a_server_with_shares_stays_where_it_is():
    server, share = Server(), new_share()
    flavor = demo.get('/compute/v2.1/flavors').body['flavors'][-1]['id']
    image = demo.get('/image/v2/images').body['images'][0]['id']
    server.attach(share)
    server.act('os-start', 'ACTIVE')
    for name, value, user in (('resize', {'flavorRef': flavor}, demo), ('shelve', None, demo),
                              ('suspend', None, demo), ('migrate', None, admin),
                              ('os-migrateLive', {'host': None, 'block_migration': False,
                                                  'disk_over_commit': False}, admin),
                              ('evacuate', {'onSharedStorage': False}, admin)):
        expect(server.ask(name, value, user), 409, WITH_SHARES)
    expect(server.ask('rebuild', {'imageRef': image}), 400, WITH_SHARES)
    expect(server.ask('lock'), 202)
    expect(server.ask('shelve'), 409, WITH_SHARES)
    expect(server.ask('unlock'), 202)
    server.act('pause', 'PAUSED')
    server.act('unpause', 'ACTIVE')
    server.delete()


# --- power -------------------------------------------------------------------------------------

def reboots_and_rescues_keep_it():
    server, share = Server(), new_share()
    server.attach(share)
    server.act('os-start', 'ACTIVE')
    server.act('reboot', 'ACTIVE', {'type': 'SOFT'})
    tap.expect(server.status(share), 'active', 'after a soft reboot')
    server.act('reboot', 'ACTIVE', {'type': 'HARD'})
    tap.expect(server.status(share), 'active', 'after a hard reboot')
    server.act('rescue', 'RESCUE', {})
    tap.expect(server.status(share), 'active', 'while it is rescued')
    server.act('unrescue', 'ACTIVE')
    tap.expect(server.status(share), 'active', 'after the rescue')
    server.delete()


def a_share_that_cannot_be_connected_fails_the_start():
    server, share = Server(), new_share()
    server.attach(share)
    content = contents(share)
    os.rename(content, content + '.away')
    expect(server.ask('os-start'), 202)
    server.wait('ERROR')
    tap.expect(server.status(share), 'error', 'status')
    fault = demo.get(server.path).body['server']['fault']
    assert share in fault['message'], fault
    wait_for(lambda: rows('SELECT connected FROM share_mappings WHERE share_id = ?', share) ==
             [(0,)], 'nothing to be connected')
    os.rename(content + '.away', content)
    expect(server.ask('reboot', {'type': 'HARD'}), 202)
    wait_for(lambda: server.status(share) == 'active' and
             demo.get(server.path).body['server']['status'] == 'ACTIVE',
             'a hard reboot to mend it')
    server.delete()


def a_guest_that_runs_keeps_its_share():
    """A server is called broken while its guest runs on: nothing is taken from under that."""
    server, share = Server(), new_share()
    server.attach(share)
    server.act('os-start', 'ACTIVE')
    expect(server.ask('os-resetState', {'state': 'error'}, admin), 202)
    expect(demo.delete(server.share_path(share), version=AT), 200)
    server.wait_share(share, 'error')
    tap.expect([row['share_id'] for row in server.devices()], [share], 'devices')
    tap.expect([row['state'] for row in rules(share)], ['active'], 'rules')
    assert ('share', 'delete') in locks(share), locks(share)
    expect(server.ask('os-stop'), 202)
    wait_for(lambda: server.status(share) == 'inactive', 'the guest to be off')
    server.detach(share)
    wait_for(lambda: not rules(share), 'rule to go')


# --- the older proposal ------------------------------------------------------------------------

def actions_attach_and_detach_too():
    server, share, other = Server(), new_share(), new_share()
    expect(server.ask('share_attach', {'share_id': share, 'mount_point': '/net/mymount',
                                       'mount_options': 'ro,nodev'}), 202)
    server.wait_share(share, 'inactive')
    expect(server.ask('share_attach', {'share_id': other, 'mount_point': '/net/mymount'}), 409)
    tap.expect(rules(share)[0]['access_level'], 'ro', 'level')
    server.act('os-start', 'ACTIVE')
    tap.expect(server.devices(), [{'type': 'share', 'share_id': share, 'tag': share,
                                   'bus': 'none', 'address': 'none',
                                   'mount_point': '/net/mymount', 'mount_options': 'ro,nodev'}],
               'devices')
    server.act('os-stop', 'SHUTOFF')
    expect(server.ask('share_detach', {'share_id': share, 'mount_point': '/mnt'}), 400,
           'mount_point does not match')
    expect(server.ask('share_detach', {'share_id': other}), 404,
           'Share %s could not be found.' % other)
    expect(server.ask('share_detach', {'share_id': share, 'mount_point': '/net/mymount'}), 202)
    gone(server.share_path(share))


def mount_points_are_no_tricks():
    server, share = Server(), new_share()
    for wish in ({'mount_point': 'mnt'}, {'mount_point': '/a/../b'}, {'mount_point': '/a\nb'},
                 {'mount_point': '/' + 'a' * 255}, {'mount_point': '/' + 'ä' * 200},
                 {'mount_point': None}, {'mount_point': ''}, {'mount_point': '/'},
                 {'mount_point': '//'}, {'mount_point': '/..'}, {'mount_point': '/a/..'},
                 {'mount_point': '../a'}, {'mount_point': '/a\0b'}, {'mount_point': '/a\x7f'},
                 {'mount_point': ['/a']}, {'mount_options': None}, {'mount_options': 'rw,'},
                 {'mount_options': ',ro'}, {'mount_options': 'ro\0'}, {'mount_options': 'ro\n'},
                 {'mount_options': 'ro rw'}, {'mount_options': 'vers=4,../x'},
                 {'mount_options': 'vers='}, {'mount_options': 'vers=4;x'},
                 {'mount_options': 'noatime=1'}, {'mount_options': 'RO'},
                 {'mount_options': 'dev'}, {'mount_options': 'ro,' * 200 + 'ro'},
                 {'mount_options': 'context="x,rw"'}, {'mount_options': ['ro']},
                 {'share_id': share + '/../x'}, {'share_id': '../' + share},
                 {'share_id': share + '\n'}, {'share_id': share + '\0'},
                 {'mount_options': 'suid'}, {'mount_options': 'ro,rw'},
                 {'mount_options': 'ro,secret=x'}, {'mount_options': ''}, {'tag': 'x'}):
        expect(server.ask('share_attach', {'share_id': share, **wish}), 400)
    expect(server.ask('share_attach', None), 400)
    tap.expect((server.shares(), rules(share), locks(share)), ([], [], []), 'what has changed')
    wish = {'share_id': share, 'mount_point': '/net/mymount'}
    expect(server.ask('share_attach', wish), 202)
    server.wait_share(share, 'inactive')
    for trick in ('/net/mymount/', '//net//mymount', '/net/./mymount'):
        expect(server.ask('share_attach', {'share_id': new_share(), 'mount_point': trick}), 409,
               "Mount point '%s' already associated to this server." % trick)
    for trick in ('/net/mymount\0', '/net/../net/mymount', '', None, ['/net/mymount']):
        expect(server.ask('share_detach', {'share_id': share, 'mount_point': trick}), 400)
    server.delete()


# --- rules and locks ---------------------------------------------------------------------------

def a_rule_for_the_host_is_made_and_locked():
    server, share = Server(), new_share()
    server.attach(share)
    rule, = rules(share)
    tap.expect((rule['access_type'], rule['access_level'], rule['state']), ('ip', 'rw', 'active'),
               'rule')
    tap.expect(rules(share, demo)[0]['access_to'], '******', 'what its user sees')
    tap.expect(locks(share), [('access_rule', 'delete'), ('access_rule', 'show'),
                              ('share', 'delete')], 'locks')
    expect(act(share, 'deny_access', {'access_id': rule['id']}), 403)
    expect(act(share, 'deny_access', {'access_id': rule['id'], 'unrestrict': True}), 403)
    expect(demo.delete('%s/%s' % (SHARES, share)), 403)
    server.delete()
    wait_for(lambda: not rules(share), 'rule to go')
    tap.expect(locks(share), [], 'locks')


def a_users_rule_is_used_and_never_deleted():
    server, share = Server(), new_share()
    expect(act(share, 'allow_access', {'access_type': 'ip', 'access_to': '127.0.0.1',
                                       'access_level': 'rw'}), 200)
    wait_for(lambda: rules(share)[0]['state'] == 'active', 'rule')
    server.attach(share)
    rule, = rules(share)
    assert ('share', 'delete') in locks(share), locks(share)
    expect(act(share, 'deny_access', {'access_id': rule['id']}), 403)
    server.detach(share)
    tap.expect([row['id'] for row in rules(share)], [rule['id']], 'the rule')
    tap.expect(locks(share), [], 'locks')


def a_read_only_rule_is_not_taken_for_more():
    server, share = Server(), new_share()
    expect(act(share, 'allow_access', {'access_type': 'ip', 'access_to': '127.0.0.1',
                                       'access_level': 'ro'}), 200)
    expect(server.post(share), 409, one_level(share, "is read-only. Attach it with the mount "
                                              "option 'ro', or deny that rule first"))
    expect(server.ask('share_attach', {'share_id': share, 'mount_options': 'ro'}), 202)
    server.wait_share(share, 'inactive')
    server.delete()


def one_level(share, problem):
    return 'Share %s cannot be attached: access rule %s for this host %s.' % (
        share, rules(share)[0]['id'], problem)


def servers_here_have_a_share_at_one_level():
    """The refusal says what would help, and that does."""
    one, two, share = Server(), Server(), new_share()
    one.attach(share)
    read = {'share_id': share, 'mount_options': 'ro'}
    expect(two.ask('share_attach', read), 409, one_level(
        share, "is not read-only. Attach it without the mount option 'ro', or detach it from "
        'the servers that have it first'))
    two.attach(share)
    two.detach(share)
    one.detach(share)
    expect(two.ask('share_attach', read), 202)
    two.wait_share(share, 'inactive')
    expect(one.post(share), 409, one_level(
        share, "is read-only. Attach it with the mount option 'ro', or detach it from the "
        'servers that have it first'))
    for server in (one, two):
        server.delete()


# --- the four known bugs of the reference --------------------------------------------------------

def bug_2088464_the_config_drive_shows_shares_after_power_on():
    server, share = Server(config_drive=True), new_share()
    server.attach(share, tag='driven')
    server.act('os-start', 'ACTIVE')
    tap.expect(drive_tags(server), ['driven'], 'devices')
    server.act('os-stop', 'SHUTOFF')
    server.detach(share)
    server.act('os-start', 'ACTIVE')
    tap.expect(drive_tags(server), [], 'devices')
    server.delete()


def drive_tags(server):
    """Tags of shares, from the image that the guest's drive holds."""
    folder = os.path.join(cleatd.dir, 'guests')
    drive, = [name for name in os.listdir(folder) if name.startswith(server.id + '.drive-')]
    with tempfile.TemporaryDirectory() as place:
        target = os.path.join(place, 'meta_data.json')
        subprocess.run(['xorriso', '-osirrox', 'on', '-indev', os.path.join(folder, drive),
                        '-extract', '/openstack/latest/meta_data.json', target],
                       check=True, capture_output=True)
        with open(target, encoding='utf-8') as file:
            devices = json.load(file)['devices']
    return [row['tag'] for row in devices if row['type'] == 'share']


def new_snapshot(share):
    reply = demo.post('/share/v2/snapshots', {'snapshot': {'share_id': share, 'force': False}},
                      version=SHARE_AT)
    expect(reply, 202)
    path = '/share/v2/snapshots/' + reply.body['snapshot']['id']
    wait_for(lambda: demo.get(path, version=SHARE_AT).body['snapshot']['status'] == 'available',
             'snapshot')
    return path


def bug_2089007_nothing_takes_access_away_while_it_is_attached():
    """The reference's backups do; whatever could here is refused, and works as soon as it may."""
    server, share = Server(), new_share(size=2)
    snapshot = new_snapshot(share)
    server.attach(share)
    server.act('os-start', 'ACTIVE')
    before = rules(share), locks(share)
    rule = before[0][0]['id']
    shrink = {'new_size': 1}, 'shrink'
    revert = {'snapshot_id': snapshot.rsplit('/', 1)[-1]}, 'revert'
    for user in (demo, admin):
        for value, name in (shrink, revert):
            reply = act(share, name, value, user)
            expect(reply, 409)
            assert server.id in reply.message(), reply
        for name, value, status in (('soft_delete', None, 403), ('unmanage', None, 403),
                                    ('deny_access', {'access_id': rule}, 403),
                                    ('deny_access', {'access_id': rule, 'unrestrict': True}, 403)):
            expect(act(share, name, value, user), status)
        expect(act(share, 'force_delete', None, user), 400 if user is admin else 403)
        expect(user.delete('%s/%s' % (SHARES, share)), 403)
        expect(user.put('%s/%s' % (RULES, rule), {'update_access': {'access_level': 'ro'}},
                        version='shared-file-system 2.88'), 409)
        for lock in admin.get('/share/v2/resource-locks?all_projects=1',
                              version=SHARE_AT).body['resource_locks']:
            expect(user.delete('/share/v2/resource-locks/' + lock['id'], version=SHARE_AT), 403)
        reply = user.post('/share/v2/share-backups', {'share_backup': {'share_id': share}},
                          version='shared-file-system 2.80')
        assert 400 <= reply.status < 500, reply
    tap.expect((rules(share), locks(share)), before, 'rules and locks')
    tap.expect(server.status(share), 'active', 'status')
    server.delete()
    wait_for(lambda: not rules(share), 'rule to go')
    for value, name in (revert, shrink):
        expect(act(share, name, value), 202)
        wait_status(demo, '%s/%s' % (SHARES, share), 'share', 'available')


def bug_2089030_the_trail_names_the_user():
    """In each place where somebody may look for it: what the APIs show, and the rows."""
    server, share = Server(), new_share()
    reply = server.post(share)
    expect(reply, 201)
    request = reply.headers['x-openstack-request-id']
    server.wait_share(share, 'inactive')
    mine = (demo.user_id, demo.project_id)
    held = [(row['user_id'], row['project_id']) for row in admin.get(
        '/share/v2/resource-locks?all_projects=1', version=SHARE_AT).body['resource_locks']
        if row['resource_id'] == share]
    tap.expect(held, [mine], 'whose lock on the share')
    action = next(row for row in demo.get(server.path + '/os-instance-actions').body[
        'instanceActions'] if row['action'] == 'attach_share')
    tap.expect((action['user_id'], action['project_id'], action['request_id']),
               (*mine, request), 'whose action')
    for table, wanted in (('share_mappings', [mine]), ('resource_locks', [mine])):
        found = rows('SELECT DISTINCT user_id, project_id FROM %s WHERE %s' % (
            table, 'share_id = ?' if table == 'share_mappings' else
            "context = 'service' AND rule_id IN (SELECT id FROM share_rules WHERE share_id = ?)"),
            share)
        tap.expect(found, wanted, table)
    done = rows('SELECT user_id, project_id, request_id FROM operations WHERE share_id = ? AND '
                'kind = ?', share, 'attach-share')
    tap.expect(done, [(*mine, request)], 'whose operation')
    expect(admin.delete(server.share_path(share), version=AT), 200)
    gone(server.share_path(share))
    done = rows('SELECT user_id FROM operations WHERE share_id = ? AND kind = ?', share,
                'detach-share')
    tap.expect(done, [(admin.user_id,)], 'who took it away')
    server.delete()


def mounts(share):
    with open('/proc/self/mountinfo', encoding='utf-8') as file:
        return [line.split()[4] for line in file if share in line.split()[4]]


def bug_2089034_a_deletion_that_fails_shows_and_goes_on():
    """Somebody keeps the share's mount in use; when he lets go, nothing is left."""
    server, share = Server(), new_share()
    expect(server.ask('share_attach', {'share_id': share, 'mount_options': 'ro'}), 202)
    server.wait_share(share, 'inactive')
    server.act('os-start', 'ACTIVE')
    if not mounts(share):
        raise tap.Skip('nothing can be mounted here')
    keeper = os.open(mounts(share)[0], os.O_RDONLY)
    try:
        tap.expect(demo.delete(server.path).status, 204, 'delete')
        wait_for(lambda: server.status(share) == 'error', 'the share to show it')
        shown = demo.get(server.path).body['server']
        tap.expect(shown['status'], 'ERROR', 'server')
        assert share in shown['fault']['message'], shown
        tap.expect(demo.delete(server.path).status, 204, 'delete again')
        tap.expect(len(rules(share)), 1, 'rules of a share that is in use')
    finally:
        os.close(keeper)
    wait_for(lambda: demo.get(server.path).status == 404, 'server to go')
    wait_for(lambda: not rules(share), 'rule to go')
    tap.expect((locks(share), mounts(share)), ([], []), 'locks and mounts')
    expect(demo.delete('%s/%s' % (SHARES, share)), 202)


def detached_twice_at_once_and_deleted_meanwhile():
    server, share = Server(), new_share()
    server.attach(share)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(
            lambda _: demo.delete(server.share_path(share), version=AT).status, range(4)))
    assert set(replies) <= {200, 404} and 200 in replies, replies
    gone(server.share_path(share))
    expect(server.post(share), 201)
    server.delete()
    wait_for(lambda: not rules(share), 'rule to go')


def crashes_leave_a_truth():
    server, share = Server(), new_share()
    server.attach(share)
    server.act('os-start', 'ACTIVE')
    before = mounts(share)
    cleatd.kill()
    tap.expect(mounts(share), before, 'mounts that a guest needs, without cleatd')
    assert cleatd.start()
    server.wait('ACTIVE')
    tap.expect(server.status(share), 'active', 'status')
    tap.expect(mounts(share), before, 'mounts that are found again')
    server.act('os-stop', 'SHUTOFF')
    tap.expect(server.status(share), 'inactive', 'status')
    tap.expect(mounts(share), [], 'mounts')
    server.detach(share)


if __name__ == '__main__':
    tap.run('server shares', [
        a_share_is_attached_used_and_detached, admins_see_where_it_comes_from,
        two_shares_and_two_servers, bodies_that_are_none, refusals_in_their_order,
        one_share_one_tag_one_mount_point, only_servers_that_are_off,
        a_server_with_shares_stays_where_it_is, reboots_and_rescues_keep_it,
        a_share_that_cannot_be_connected_fails_the_start,
        a_guest_that_runs_keeps_its_share, actions_attach_and_detach_too,
        mount_points_are_no_tricks, a_rule_for_the_host_is_made_and_locked,
        a_users_rule_is_used_and_never_deleted, a_read_only_rule_is_not_taken_for_more,
        servers_here_have_a_share_at_one_level,
        bug_2088464_the_config_drive_shows_shares_after_power_on,
        bug_2089007_nothing_takes_access_away_while_it_is_attached,
        bug_2089030_the_trail_names_the_user,
        bug_2089034_a_deletion_that_fails_shows_and_goes_on,
        detached_twice_at_once_and_deleted_meanwhile, crashes_leave_a_truth], cleatd.__exit__)
