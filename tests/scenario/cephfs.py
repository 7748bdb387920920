#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Backend cephfs on a cluster of its own, with a metadata server: the suite of all backends, and
then cleatd, whose shares are mounted by a user with the key that the API tells him, and by a guest
that really runs. What the cluster knows of users is read by Ceph's own tools.
"""
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import shares  # noqa: E402
from shares import CLEATD, NEWEST, AT, asked, attach, demo, lib, tap  # noqa: E402
import ceph  # noqa: E402

FOLDER = tempfile.mkdtemp(prefix='cleat-ceph-')
CLUSTER = ceph.Cluster(FOLDER)
HIDDEN = '******'
HOST = 'cleat'  # the cephx user by which this host mounts shares
GUEST_DIR = '/mnt/share'
KEYS = set()

SERVER = None
ONE, TWO = None, None


# --- vocabulary ----------------------------------------------------------------------------

def caps(user):
    """What a cephx user may do, or None where there is no such user."""
    done = subprocess.run(['ceph', '-c', CLUSTER.conf, '--connect-timeout', '30', 'auth', 'get',
                           'client.' + user], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def key_of(user):
    KEYS.add(CLUSTER.ask('auth', 'get-key', 'client.' + user))
    return CLUSTER.ask('auth', 'get-key', 'client.' + user)


def rules(share, user='demo'):
    return asked(CLEATD.user(user).get('/share/v2/share-access-rules?share_id=' + share.id,
                                       **NEWEST))['access_list']


def allow(share, name, level='rw'):
    """A rule for a cephx user, when it is in effect."""
    reply = demo().post(share.path + '/action', {'allow_access': {
        'access_type': 'cephx', 'access_to': name, 'access_level': level}}, **NEWEST)
    rule = asked(reply)['access']['id']

    def active():
        found, = (row for row in rules(share) if row['id'] == rule)
        assert found['state'] != 'error', found
        return found if found['state'] == 'active' else None
    return lib.wait_for(active, 'the rule of ' + name)


def location(share):
    place, = asked(demo().get(share.path + '/export_locations', **NEWEST))['export_locations']
    return place['path']


class Mount:
    """A share as its user mounts it: by what the API has told him, and nothing else."""

    def __init__(self, share, rule):
        self.path = os.path.join(FOLDER, rule['access_to'])
        os.mkdir(self.path)
        keyring = self.path + '.keyring'
        with open(keyring, 'w', encoding='ascii') as file:
            file.write('[client.%s]\n\tkey = %s\n' % (rule['access_to'], rule['access_key']))
        monitors, _, root = location(share).rpartition(':')
        subprocess.run(['ceph-fuse', '-c', '/dev/null', '--fsid', CLUSTER.fsid, '-m', monitors,
                        '--id', rule['access_to'], '-k', keyring, '-r', root,
                        '--pid-file', '', self.path], check=True, capture_output=True, timeout=60)

    def file(self, name):
        return os.path.join(self.path, name)

    def read(self, name):
        with open(self.file(name), encoding='ascii') as file:
            return file.read()

    def write(self, name, text):
        with open(self.file(name), 'w', encoding='ascii') as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def end(self, *options):
        subprocess.run(['umount', *options, self.path], check=True)


def mounted():
    """What cleatd has mounted for its servers, by the kernel's list."""
    with open('/proc/self/mountinfo', encoding='utf-8') as file:
        lines = [line.split() for line in file if CLEATD.dir in line]
    return {os.path.basename(words[4]): words for words in lines
            if os.path.basename(words[4]) != 'all'}


def fuse_of(share):
    """The processes that have a share mounted for its guests."""
    found = []
    for path in glob.glob('/proc/[0-9]*/cmdline'):
        try:
            with open(path, 'rb') as file:
                words = file.read().split(b'\0')
        except OSError:
            continue
        if words[0].endswith(b'ceph-fuse') and any(
                word.decode().startswith(CLEATD.dir) and word.decode().endswith('/' + share.id)
                for word in words):
            found.append(int(path.split('/')[2]))
    return found


def start_guest():
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    SERVER.mount('data', GUEST_DIR)


def nothing_is_mounted():
    tap.expect(mounted(), {}, 'mounts')
    tap.expect(glob.glob(os.path.join(CLEATD.dir, 'mounts', '*.key')), [], 'keys on this host')


def host_is_out():
    """Its rule goes after the share has gone from the server."""
    lib.wait_for(lambda: caps(HOST) is None, 'the user of this host to go')


# --- rules and their users -----------------------------------------------------------------

def cleatd_serves_the_file_system():
    path = os.path.join(FOLDER, 'cleatd.conf')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('[share]\nbackend = cephfs\nceph_user = admin\nceph_conf = %s\naddress = %s\n' %
                   (CLUSTER.conf, CLUSTER.old_address))
    CLEATD.args = ['--config', path]
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name
    nothing_is_mounted()


def a_share_has_a_place_and_no_users():
    global ONE
    ONE = shares.Share('CEPHFS')
    tap.expect(location(ONE), '%s:/cleat/shares/%s' % (CLUSTER.old_address, ONE.id))
    assert ONE.id not in CLUSTER.ask('auth', 'ls'), 'somebody may already use it'
    refused = demo().post(shares.SHARES, {'share': {'share_proto': 'NFS', 'size': 1}}, **NEWEST)
    assert 400 <= refused.status < 500, repr(refused)


def a_rule_tells_its_user_the_key():
    rule = allow(ONE, 'alice')
    tap.expect(rule['access_key'], key_of('alice'), 'the key')
    told = caps('alice')
    assert 'allow rw path=/cleat/shares/' + ONE.id in told, told
    assert 'namespace=cleat_' + ONE.id in told, told
    mount = Mount(ONE, rule)
    try:
        mount.write('hello', 'from alice\n')
        tap.expect(mount.read('hello'), 'from alice\n')
        try:
            with open(mount.file('large'), 'wb') as file:
                file.truncate(2 << 30)
            raise AssertionError('a share of 1 GiB takes 2')
        except OSError as why:
            tap.comment('2 GiB: ' + str(why))
    finally:
        mount.end()


def a_readonly_rule_reads():
    mount = Mount(ONE, allow(ONE, 'bob', 'ro'))
    key_of('bob')
    try:
        tap.expect(mount.read('hello'), 'from alice\n')
        try:
            mount.write('mine', 'from bob\n')
            raise AssertionError('bob writes')
        except PermissionError:
            pass
    finally:
        mount.end()


def a_rule_that_goes_takes_its_user_along():
    """Also out of what he has mounted."""
    other = shares.Share('CEPHFS')
    rule = allow(other, 'carol')
    key_of('carol')
    mount = Mount(other, rule)
    mount.write('hello', 'from carol\n')
    try:
        reply = demo().post(other.path + '/action', {'deny_access': {'access_id': rule['id']}},
                            **NEWEST)
        tap.expect(reply.status, 202, repr(reply))
        lib.wait_for(lambda: not rules(other), 'the rule to go')
        tap.expect(caps('carol'), None, 'what carol may')
        try:
            mount.write('again', 'from carol\n')
            raise AssertionError('carol still writes')
        except OSError as why:
            tap.comment('carol: ' + str(why))
    finally:
        mount.end('-l')
    other.delete()


# --- a server's share ----------------------------------------------------------------------

def a_server_is_given_it():
    """By a user of the cluster whom no user of the cloud sees."""
    global SERVER
    SERVER = shares.Guest()
    SERVER.stop()
    tap.expect(caps(HOST), None, 'before')
    SERVER.give(ONE, 'data')
    assert 'allow rw path=/cleat/shares/' + ONE.id in caps(HOST), caps(HOST)
    told = {row['access_to']: row['access_key'] for row in rules(ONE)}
    tap.expect(told, {'alice': key_of('alice'), 'bob': key_of('bob'), HIDDEN: HIDDEN})
    told = {row['access_to']: row['access_key'] for row in rules(ONE, 'admin')}
    tap.expect(told[HOST], key_of(HOST), 'what an admin sees')
    nothing_is_mounted()


def it_is_mounted_for_the_guest():
    start_guest()
    SERVER.wait_mapping(ONE, 'active')
    words = mounted()
    tap.expect(list(words), [ONE.id], 'mounts')
    assert {'nosuid', 'nodev', 'fuse.ceph-fuse'} <= set(','.join(words[ONE.id]).split(',')), words
    tap.expect((len(fuse_of(ONE)), len(SERVER.programs())), (1, 1), 'programs')


def both_sides_write_and_read():
    tap.expect(SERVER.run('cat %s/hello' % GUEST_DIR), 'from alice', 'in the guest')
    SERVER.run('echo from the guest > %s/guest && sync' % GUEST_DIR)
    mount = Mount(ONE, allow(ONE, 'dave'))
    key_of('dave')
    try:
        tap.expect(mount.read('guest'), 'from the guest\n', 'outside')
        mount.write('host', 'from outside\n')
        tap.expect(SERVER.run('cat %s/host' % GUEST_DIR), 'from outside', 'in the guest')
    finally:
        mount.end()
    found = SERVER.run('truncate -s 2G %s/large 2>&1; echo $?' % GUEST_DIR)
    assert found.split()[-1] != '0', 'a share of 1 GiB takes 2 from the guest'


def the_guest_keeps_it_while_cleatd_is_away():
    CLEATD.kill()
    tap.expect(SERVER.run('cat %s/host' % GUEST_DIR), 'from outside')
    assert CLEATD.start()
    SERVER.run('echo again > %s/guest && sync' % GUEST_DIR)
    SERVER.wait_mapping(ONE, 'active')
    tap.expect((list(mounted()), len(fuse_of(ONE))), ([ONE.id], 1), 'mounts')


def what_mounts_it_is_killed():
    """The guest gets errors, and a hard reboot mends it."""
    pid, = fuse_of(ONE)
    os.kill(pid, signal.SIGKILL)
    found = SERVER.run('echo lost > %s/guest 2>&1; echo $?' % GUEST_DIR)
    assert found.split()[-1] != '0', found
    SERVER.action('reboot', {'type': 'HARD'})
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    SERVER.wait_mapping(ONE, 'active')
    SERVER.mount('data', GUEST_DIR)
    tap.expect(SERVER.run('cat %s/guest' % GUEST_DIR), 'again')
    tap.expect((list(mounted()), len(fuse_of(ONE))), ([ONE.id], 1), 'mounts')


def comes_back():
    """By hard reboots: a cluster takes its time."""
    server = asked(demo().get(SERVER.path))['server']
    if server['OS-EXT-STS:task_state'] is None and server['status'] == 'ERROR':
        SERVER.action('reboot', {'type': 'HARD'})
    return server['OS-EXT-STS:task_state'] is None and server['status'] == 'ACTIVE'


def a_cluster_that_is_away_fails_the_start():
    """In good time, with the share named, and nothing mounted."""
    SERVER.stop()
    nothing_is_mounted()
    CLUSTER.pause()
    try:
        SERVER.action('os-start')
        SERVER.wait('ERROR', 400)
        tap.expect(mounted(), {}, 'mounts')
        fault = asked(demo().get(SERVER.path))['server']['fault']['message']
        assert ONE.id in fault, fault
    finally:
        CLUSTER.go_on()
    tap.expect(asked(SERVER.mapping(ONE))['share']['status'], 'error')
    lib.wait_for(comes_back, 'server to be ACTIVE', 400)
    SERVER.wait_boot()
    SERVER.wait_mapping(ONE, 'active')
    SERVER.mount('data', GUEST_DIR)
    tap.expect(SERVER.run('cat %s/guest' % GUEST_DIR), 'again')


def two_shares_are_one_user():
    global TWO
    SERVER.stop()
    nothing_is_mounted()
    TWO = shares.Share('CEPHFS')
    SERVER.give(TWO)
    told = caps(HOST)
    assert ONE.id in told and TWO.id in told, told
    start_guest()
    tap.expect(sorted(mounted()), sorted((ONE.id, TWO.id)), 'mounts')
    SERVER.mount(TWO.id, '/mnt/two')
    SERVER.run('echo second > /mnt/two/file && sync')
    SERVER.stop()
    SERVER.take(TWO)
    lib.wait_for(lambda: TWO.id not in caps(HOST), 'this host to be shut out of the one')
    assert ONE.id in caps(HOST), caps(HOST)
    TWO.delete()


def a_detach_lets_go_of_everything():
    nothing_is_mounted()
    SERVER.take(ONE)
    host_is_out()
    lib.wait_for(lambda: sorted(row['access_to'] for row in rules(ONE, 'admin')) == [
        'alice', 'bob', 'dave'], 'its rule to go')
    SERVER.start()
    found = SERVER.run('mkdir -p /mnt/none; mount -t virtiofs data /mnt/none 2>&1; echo $?')
    assert found.split()[-1] != '0', found


def a_server_is_deleted_with_its_share():
    SERVER.stop()
    SERVER.give(ONE, 'data')
    start_guest()
    SERVER.delete()
    nothing_is_mounted()
    tap.expect(fuse_of(ONE), [], 'what has it mounted')
    host_is_out()


def a_share_goes_with_its_users():
    ONE.delete()
    tap.expect([caps(name) for name in ('alice', 'bob', 'dave')], [None] * 3, 'users')
    every = os.path.join(CLEATD.dir, 'mounts', 'all', 'cleat')
    tap.expect([os.listdir(os.path.join(every, name)) for name in ('shares', 'trash')], [[], []])


def no_key_is_in_a_log():
    """Nor in any file that cleatd has, but for its records."""
    tap.expect(len(KEYS), 5, 'keys')
    paths = [CLEATD.log.name]
    for place, folders, names in os.walk(CLEATD.dir):
        folders[:] = [name for name in folders if name != 'all']
        paths += [os.path.join(place, name) for name in names if not name.startswith('cleat.db')]
    for path in paths:
        if not os.path.isfile(path) or os.path.getsize(path) > 1 << 26:
            continue
        with open(path, 'rb') as file:
            text = file.read()
        assert not any(key.encode() in text for key in KEYS), path


def nothing_is_left_of_cleatd():
    tap.expect(CLEATD.stop(), 0, 'exit status')
    with open('/proc/self/mountinfo', encoding='utf-8') as file:
        tap.expect([line for line in file if CLEATD.dir in line], [], 'mounts')


def cleanup():
    """Mounts before the cluster, which they wait for."""
    try:
        if CLEATD.process:
            attach.cleanup()
            CLEATD.__exit__()
    finally:
        CLUSTER.stop()
        shutil.rmtree(FOLDER)


if __name__ == '__main__':
    try:
        CLUSTER.start_monitor()
        CLUSTER.start_store()
        CLUSTER.start_files()
        tap.pass_on('cephfs contract', [os.path.join(lib.BUILD, 'tests', 'contract',
                                              'share-backend-contract'),
                                 'cephfs', CLUSTER.conf], 600)
    except BaseException:
        cleanup()
        raise
    tap.run('cephfs', [
        cleatd_serves_the_file_system, a_share_has_a_place_and_no_users,
        a_rule_tells_its_user_the_key, a_readonly_rule_reads,
        a_rule_that_goes_takes_its_user_along, a_server_is_given_it,
        it_is_mounted_for_the_guest, both_sides_write_and_read,
        the_guest_keeps_it_while_cleatd_is_away, what_mounts_it_is_killed,
        a_cluster_that_is_away_fails_the_start, two_shares_are_one_user,
        a_detach_lets_go_of_everything, a_server_is_deleted_with_its_share,
        a_share_goes_with_its_users, no_key_is_in_a_log, nothing_is_left_of_cleatd], cleanup)
