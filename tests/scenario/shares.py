#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Shares in a guest that really runs: mounted by their tags, written to from both sides, gone
after a detach; told of over the network and on the config drive; and what serves them killed.

One server serves all tests. No mount and no program of a share may be left behind.
"""
import glob
import json
import os
import signal
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, name) for name in ('api', 'lib', 'scenario')]
import tap  # noqa: E402
import attach  # noqa: E402
import lib  # noqa: E402
import metadata  # noqa: E402
from attach import CLEATD, asked, demo  # noqa: E402

SHARES = '/share/v2/shares'
SNAPSHOTS = '/share/v2/snapshots'
NEWEST = {'version': 'shared-file-system 2.82'}
AT = {'version': 'compute 2.97'}
MIB = 1 << 20
TOLD = '/openstack/2025-04-04/meta_data.json'

# CAP_DAC_READ_SEARCH, by which files are opened by number; CAP_SYS_ADMIN, _PTRACE, _MODULE, _RAWIO
FORBIDDEN = (2, 16, 17, 19, 21)
SECRET = 'not for guests\n'
TRAPS = (
    'ln -s %(decoy)s out && ln -s %(decoy)s/file file && ln -s ' + '../' * 20 + './%(decoy)s up',
    'mkdir -p inner/inner && ln -s %(decoy)s inner/out && ln -s .. inner/inner/out',
    'mkfifo pipe; mknod memory c 1 1; mknod disk b 7 0; test -p pipe',  # devices where it may
    'cp /bin/busybox suid && chmod 6755 suid && ln suid hard',
    'mkdir -p -- "-rf" "a -o suid,dev" "$(printf \'new\\nline\')" && echo > "-rf/..."',
    'i=0; while [ $i -lt 100 ]; do mkdir deep; cd deep; i=$((i+1)); done; ln -s %(decoy)s out',
    'mkdir none && echo > none/file && chmod 0 none',
)

SERVER = None
ONE, TWO = None, None
DECOY = None


# --- vocabulary ----------------------------------------------------------------------------

class Share:
    def __init__(self, protocol='NFS', **wish):
        body = dict({'share_proto': protocol, 'size': 1}, **wish)
        self.id = asked(demo().post(SHARES, {'share': body}, **NEWEST))['share']['id']
        self.path = '%s/%s' % (SHARES, self.id)
        self.wait()

    def wait(self):
        lib.wait_for(lambda: self.status() == 'available', 'share to be available')

    def act(self, action, body):
        reply = demo().post(self.path + '/action', {action: body}, **NEWEST)
        tap.expect(reply.status, 202, '%s: %r' % (action, reply))
        self.wait()

    def status(self):
        status = asked(demo().get(self.path, **NEWEST))['share']['status']
        assert 'error' not in status, status
        return status

    def directory(self):
        """Where the host has what is in it."""
        found = [path for path in glob.glob(os.path.join(CLEATD.dir, 'shares', '**', '*'),
                                            recursive=True)
                 if self.id in os.path.basename(path) and os.path.isdir(path)]
        assert found, os.listdir(os.path.join(CLEATD.dir, 'shares'))
        return found[0]

    def file(self, name):
        """A file of the share, as the host sees it: wherever below its directory."""
        found = glob.glob(os.path.join(self.directory(), '**', name), recursive=True)
        return found[0] if found else None

    def delete(self):
        asked(demo().delete(self.path, **NEWEST))
        lib.wait_for(lambda: demo().get(self.path, **NEWEST).status == 404, 'share to be deleted')


class Guest(metadata.Guest):
    def stop(self):
        self.action('os-stop')
        self.wait('SHUTOFF')

    def start(self):
        self.action('os-start')
        self.wait('ACTIVE')
        self.wait_boot()
        self.network()

    def network(self):
        self.run('ip link set dev eth0 up && ip addr add 169.254.10.15/16 dev eth0')

    def mapping(self, share):
        return demo().get('%s/shares/%s' % (self.path, share.id), **AT)

    def wait_mapping(self, share, wanted):
        def check():
            status = asked(self.mapping(share))['share']['status']
            return status == wanted
        lib.wait_for(check, 'share to be ' + wanted, attach.REST_SECONDS)

    def give(self, share, tag=None):
        body = {'share': {'share_id': share.id, **({'tag': tag} if tag else {})}}
        reply = demo().post(self.path + '/shares', body, **AT)
        tap.expect((reply.status, reply.body['share']['status']), (201, 'attaching'), repr(reply))
        self.wait_mapping(share, 'inactive')

    def take(self, share):
        reply = demo().delete('%s/shares/%s' % (self.path, share.id), **AT)
        tap.expect(reply.status, 200, repr(reply))
        lib.wait_for(lambda: self.mapping(share).status == 404, 'share to be detached',
                     attach.RELEASE_SECONDS)

    def mount(self, tag, where):
        self.run('mkdir -p %s && mount -t virtiofs %s %s' % (where, tag, where))

    def programs(self):
        """Processes that serve its shares."""
        pids = []
        for path in glob.glob(self.libvirt_file('run', 'qemu', '*-fs.pid')):
            with open(path, encoding='ascii') as file:
                pids.append(int(file.read()))
        return pids


def mounts_of_cleatd():
    with open('/proc/self/mountinfo', encoding='utf-8') as file:
        return [line.split() for line in file if CLEATD.dir in line]


def shares_told(text):
    return {row['tag']: (row['share_id'], row['bus'], row['address'])
            for row in json.loads(text)['devices'] if row['type'] == 'share'}


# --- tests ---------------------------------------------------------------------------------

def a_guest_boots_without_shares():
    global SERVER, ONE, TWO
    SERVER = Guest()
    SERVER.network()
    ONE, TWO = Share(), Share()
    tap.expect(SERVER.programs(), [])
    reply = demo().post(SERVER.path + '/shares', {'share': {'share_id': ONE.id}}, **AT)
    tap.expect(reply.status, 409, repr(reply))


def two_shares_are_mounted_by_their_tags():
    SERVER.stop()
    SERVER.give(ONE, 'data')
    SERVER.give(TWO)
    SERVER.start()
    for share in (ONE, TWO):
        SERVER.wait_mapping(share, 'active')
    SERVER.mount('data', '/mnt/one')
    SERVER.mount(TWO.id, '/mnt/two')
    tap.expect(len(SERVER.programs()), 2, 'programs')
    done = attach.subprocess.run(
        [os.path.join(lib.ROOT, 'guest', 'run-in-guest'), '-t', '30',
         os.path.join(CLEATD.dir, 'guests', SERVER.id + '.channel'),
         'mount -t virtiofs another /tmp'], capture_output=True, check=False)
    assert done.returncode != 0, 'a tag that nobody gave was mounted'


def both_sides_write_and_read():
    for share, where, text in ((ONE, '/mnt/one', 'first'), (TWO, '/mnt/two', 'second')):
        SERVER.run('echo %s from the guest > %s/guest.txt && sync' % (text, where))
        path = lib.wait_for(lambda share=share: share.file('guest.txt'), 'the file')
        with open(path, encoding='ascii') as file:
            tap.expect(file.read(), text + ' from the guest\n')
        with open(os.path.join(os.path.dirname(path), 'host.txt'), 'w', encoding='ascii') as file:
            file.write(text + ' from the host\n')
        tap.expect(SERVER.run('cat %s/host.txt' % where), text + ' from the host')
    tap.expect(SERVER.run('ls /mnt/one'), 'guest.txt\nhost.txt')


def server_of(pid):
    """The last of its children: it does what the guest asks for."""
    with open('/proc/%d/task/%d/children' % (pid, pid), encoding='ascii') as file:
        children = file.read().split()
    return server_of(int(children[-1])) if children else pid


def what_serves_a_share_has_nothing_else():
    """Whatever a guest asks it for: the share is its root, in a world of its own."""
    roots = [os.stat(share.directory()) for share in (ONE, TWO)]
    places = {(found.st_dev, found.st_ino) for found in roots}
    tap.expect(len(places), 2, 'directories of shares')
    for pid in map(server_of, SERVER.programs()):
        proc = '/proc/%d/' % pid
        found = os.stat(proc + 'root/')
        assert (found.st_dev, found.st_ino) in places, 'its root is not a share'
        places.remove((found.st_dev, found.st_ino))
        with open(proc + 'mountinfo', encoding='utf-8') as file:
            tap.expect([line.split()[4] for line in file], ['/'], 'what it has mounted')
        for name in ('mnt', 'net', 'pid'):
            assert os.readlink(proc + 'ns/' + name) != os.readlink('/proc/self/ns/' + name), name
        with open(proc + 'status', encoding='ascii') as file:
            status = dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)
        tap.expect(status['Seccomp'].strip(), '2', 'filter of system calls')
        for name in ('CapEff', 'CapPrm', 'CapBnd'):
            tap.expect([bit for bit in FORBIDDEN if int(status[name], 16) >> bit & 1], [], name)


class Decoy:
    """What guests have no business with, beside the shares."""

    def __init__(self):
        self.path = os.path.join(CLEATD.dir, 'decoy')
        os.mkdir(self.path, 0o700)
        os.mkdir(os.path.join(self.path, 'inner'), 0o700)
        for name in ('file', 'inner/file'):
            with open(os.path.join(self.path, name), 'w', encoding='ascii') as file:
                file.write(SECRET)
        self.before = self.look()

    def look(self):
        found = {}
        for place, folders, names in os.walk(self.path):
            for name in ['.'] + folders + names:
                path = os.path.join(place, name)
                st = os.lstat(path)
                found[path] = (st.st_mode, st.st_uid, st.st_size, st.st_mtime_ns, st.st_ctime_ns,
                               st.st_nlink)
        return found

    def check(self):
        tap.expect(self.look(), self.before, 'what is beside the shares')


def a_guest_leaves_traps():
    """Links and names that lead out lead into the guest for itself; the host is next."""
    global DECOY
    DECOY = Decoy()
    for line in TRAPS:
        SERVER.run('cd /mnt/two && ' + line % {'decoy': DECOY.path})
    tap.expect(SERVER.run('cat /mnt/two/*/file /mnt/two/file 2>/dev/null | grep -c '
                          '"not for guests"; true'), '0', 'lines of the host')
    for words in mounts_of_cleatd():
        assert {'nosuid', 'nodev'} <= set(words[5].split(',')), words
    DECOY.check()


def snapshot_of(share):
    made = asked(demo().post(SNAPSHOTS, {'snapshot': {'share_id': share.id}}, **NEWEST))['snapshot']
    path = '%s/%s' % (SNAPSHOTS, made['id'])

    def there():
        status = asked(demo().get(path, **NEWEST))['snapshot']['status']
        assert 'error' not in status, status
        return status == 'available'
    lib.wait_for(there, 'the snapshot')
    return path


def the_host_falls_into_no_trap():
    """Whatever it does with the share: copies have the links, and nobody has what they name."""
    TWO.act('extend', {'new_size': 2})
    snapshot = snapshot_of(TWO)
    name = snapshot.rsplit('/', 1)[1]
    copy = Share(size=2, snapshot_id=name)
    TWO.act('revert', {'snapshot_id': name})
    TWO.act('shrink', {'new_size': 1})
    DECOY.check()
    SERVER.give(copy, 'copy')
    SERVER.start()
    SERVER.mount('copy', '/mnt/copy')
    told = SERVER.run('cd /mnt/copy && for name in out file inner/out up; do readlink $name; done')
    tap.expect(told.split(), [DECOY.path, DECOY.path + '/file', DECOY.path,
                              '../' * 20 + './' + DECOY.path], 'links')
    tap.expect(SERVER.run('find /mnt/copy -type f -exec grep -l "not for guests" {} +; true'), '',
               'files of the host')
    SERVER.stop()
    SERVER.take(copy)
    asked(demo().delete(snapshot, **NEWEST))
    lib.wait_for(lambda: demo().get(snapshot, **NEWEST).status == 404, 'the snapshot to go')
    copy.delete()
    TWO.delete()
    DECOY.check()
    SERVER.start()


def the_guest_is_told_of_its_shares():
    wanted = {'data': (ONE.id, 'none', 'none'), TWO.id: (TWO.id, 'none', 'none')}
    tap.expect(shares_told(SERVER.http(TOLD)), wanted, 'over the network')
    tap.expect(shares_told(SERVER.drive(TOLD[1:])), wanted, 'on the config drive')
    older = SERVER.http('/openstack/2018-08-27/meta_data.json')
    tap.expect(shares_told(older), {}, 'before 2025-04-04')


def throughput():
    began = time.monotonic()
    SERVER.run('dd if=/dev/zero of=/mnt/one/big bs=1M count=32 conv=fsync 2>&1')
    wrote = time.monotonic()
    SERVER.run('echo 3 > /proc/sys/vm/drop_caches; dd if=/mnt/one/big of=/dev/null bs=1M')
    read = time.monotonic()
    tap.comment('write %.0f MB/s, read %.0f MB/s, emulated' % (
        32 * MIB / (wrote - began) / 1e6, 32 * MIB / (read - wrote) / 1e6))
    SERVER.run('rm /mnt/one/big')


def what_serves_a_share_is_killed():
    """The guest would wait for ever; the share says so, and a hard reboot mends it."""
    SERVER.run('umount /mnt/two')
    for pid in SERVER.programs():
        os.kill(pid, signal.SIGKILL)
    for share in (ONE, TWO):
        SERVER.wait_mapping(share, 'error')
    tap.expect(SERVER.status(), 'ACTIVE')
    SERVER.action('reboot', {'type': 'HARD'})
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    for share in (ONE, TWO):
        SERVER.wait_mapping(share, 'active')
    SERVER.mount('data', '/mnt/one')
    tap.expect(SERVER.run('cat /mnt/one/host.txt'), 'first from the host')


def cleatd_dies_while_the_guest_has_shares():
    CLEATD.kill()
    assert CLEATD.start()
    tap.expect(SERVER.run('cat /mnt/one/host.txt'), 'first from the host')
    SERVER.wait_mapping(ONE, 'active')
    tap.expect(len(SERVER.programs()), 2, 'programs')


def a_share_is_gone_after_a_detach():
    SERVER.stop()
    tap.expect(SERVER.programs(), [], 'programs')
    tap.expect(mounts_of_cleatd(), [], 'mounts')
    for share in (ONE, TWO):
        SERVER.wait_mapping(share, 'inactive')
    SERVER.take(TWO)
    SERVER.start()
    SERVER.mount('data', '/mnt/one')
    tap.expect(len(SERVER.programs()), 1, 'programs')
    found = SERVER.run('mkdir -p /mnt/two; mount -t virtiofs %s /mnt/two 2>&1; echo $?' % TWO.id)
    assert found.split()[-1] != '0', found
    tap.expect(SERVER.run('cat /mnt/one/guest.txt'), 'first from the guest')
    tap.expect(list(shares_told(SERVER.http(TOLD))), ['data'], 'over the network')
    tap.expect(list(shares_told(SERVER.drive(TOLD[1:]))), ['data'], 'on the config drive')
    SERVER.stop()


def a_server_is_deleted_with_its_share():
    reply = demo().delete(ONE.path, **NEWEST)
    assert reply.status in (403, 409), repr(reply)
    SERVER.delete()
    tap.expect(mounts_of_cleatd(), [], 'mounts')
    tap.expect(SERVER.programs(), [], 'programs')
    ONE.delete()


def daemon_ends_well():
    tap.expect(CLEATD.stop(), 0, 'status of cleatd')


def cleanup():
    attach.cleanup()
    CLEATD.__exit__()


if __name__ == '__main__':
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name
    tap.run('shares', [
        a_guest_boots_without_shares, two_shares_are_mounted_by_their_tags,
        both_sides_write_and_read, what_serves_a_share_has_nothing_else, a_guest_leaves_traps,
        the_guest_is_told_of_its_shares, throughput, what_serves_a_share_is_killed,
        cleatd_dies_while_the_guest_has_shares, a_share_is_gone_after_a_detach,
        the_host_falls_into_no_trap, a_server_is_deleted_with_its_share, daemon_ends_well,
    ], cleanup)
