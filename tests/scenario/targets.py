#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Volumes that cleatd serves to other hosts, by a tgtd of the test's own on a free port.

The hosts are user space initiators (libiscsi's tools, and QEMU's own), which say what they are
called; each has a secret of its own for each volume.
"""
import glob
import http.client
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.join(TESTS, 'api')]
import ports  # noqa: E402
import tap  # noqa: E402
from lib import BUILD, PATIENCE, Cleatd, wait_for, wait_status  # noqa: E402
from volumelib import V3, at, drop, make, refused  # noqa: E402

ATTACHMENTS = V3 + '/attachments'
PREFIX = 'iqn.2026-11.net.example:'
ONE, TWO = 'iqn.1993-08.org.debian:01:one', 'iqn.1993-08.org.debian:01:two'
GIB = 1 << 30


class Tgtd:
    def __init__(self, directory, port):
        self.port, self.process = port, None
        self.number = str(os.getpid() % 30000)
        self.socket = os.path.join(directory, 'tgt')
        self.env = dict(os.environ, TGT_IPC_SOCKET=self.socket)

    def start(self):
        self.process = subprocess.Popen(
            ['tgtd', '-f', '-C', self.number, '--iscsi', 'portal=127.0.0.1:%d' % self.port],
            env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        wait_for(lambda: self.ask('--mode', 'sys', '--op', 'show').returncode == 0, 'tgtd')

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, *words):
        return subprocess.run(['tgtadm', '-C', self.number, '--lld', 'iscsi'] + list(words),
                              env=self.env, capture_output=True, text=True, check=False)

    def targets(self):
        said = self.ask('--mode', 'target', '--op', 'show').stdout
        return re.findall(r'^Target \d+: (\S+)', said, re.MULTILINE)

    def sessions(self):
        return 'I_T nexus: ' in self.ask('--mode', 'target', '--op', 'show').stdout

    def accounts(self):
        return re.findall(r'^ +(\S+)$', self.ask('--mode', 'account', '--op', 'show').stdout,
                          re.MULTILINE)


HOME = tempfile.mkdtemp(prefix='cleat-targets-')
PORT = ports.free_port()
TGTD = Tgtd(HOME, PORT)
CONFIG = os.path.join(HOME, 'cleatd.conf')


def configure(**more):
    """Further keys of [target], and of others by their section."""
    with open(CONFIG, 'w', encoding='utf-8') as file:
        file.write('[target]\ndriver = tgt\nportals = 127.0.0.1:%d\nprefix = %s\ncontrol = %s.%s\n'
                   % (PORT, PREFIX, TGTD.socket, TGTD.number))
        for key, value in more.items():
            file.write('%s = %s\n' % (key, value))


configure()
CLEATD = Cleatd(dir=tempfile.mkdtemp(prefix='cleat-test-'), args=['--config', CONFIG], start=False)


def demo():
    return CLEATD.user('demo')


def clean_up():
    CLEATD.stop()
    if TGTD.process:
        TGTD.kill()
    shutil.rmtree(CLEATD.dir)
    shutil.rmtree(HOME)


# --- what a client does ---

def ask_attach(volume, initiator, host='h', **more):
    body = dict({'volume_uuid': volume['id'],
                 'connector': {'host': host, 'initiator': initiator}}, **more)
    return demo().post(ATTACHMENTS, {'attachment': body}, version=at(54))


def attach(volume, initiator, **more):
    """The attachment's id, and what the host is told."""
    reply = ask_attach(volume, initiator, **more)
    tap.expect(reply.status, 200, 'attach: %r' % reply)
    attachment = reply.body['attachment']
    return attachment['id'], dict(attachment['connection_info'], initiator=initiator)


def complete(attachment):
    tap.expect(demo().post('%s/%s/action' % (ATTACHMENTS, attachment), {'os-complete': None},
                           version=at(54)).status, 204, 'complete')


def detach(attachment):
    reply = demo().delete('%s/%s' % (ATTACHMENTS, attachment), version=at(54))
    tap.expect(reply.status, 200, 'detach: %r' % reply)


def shared_volume():
    admin = CLEATD.user('admin')
    if not any(row['name'] == 'shared' for row in admin.get(V3 + '/types').body['volume_types']):
        tap.expect(admin.post(V3 + '/types', {'volume_type': {
            'name': 'shared', 'extra_specs': {'multiattach': '<is> True'}}}).status, 200, 'type')
    return make(demo(), volume_type='shared')


# --- what a host does ---

def url(info, password=None):
    account = ''
    if 'auth_username' in info:
        account = '%s%%%s@' % (info['auth_username'], password or info['auth_password'])
    return 'iscsi://%s%s/%s/%d' % (account, info['target_portal'], info['target_iqn'],
                                   info['target_lun'])


def ask_unit(info, *options, program='iscsi-inq', **more):
    """(exit status, what it said)"""
    done = subprocess.run([program, '-i', info['initiator'], *options, url(info, **more)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=PATIENCE)
    return done.returncode, done.stdout


def gets_in(info, **more):
    return ask_unit(info, **more)[0] == 0


def qemu_io(info, *commands):
    """Whether all of them worked on the unit, as QEMU's initiator sees it."""
    options = {'driver': 'raw', 'file': {
        'driver': 'iscsi', 'transport': 'tcp', 'portal': info['target_portal'],
        'target': info['target_iqn'], 'lun': info['target_lun'], 'user': info['auth_username'],
        'password-secret': 'secret', 'initiator-name': info['initiator']}}
    words = ['qemu-io', '--object', 'secret,id=secret,data=' + info['auth_password']]
    for command in commands:
        words += ['-c', command]
    done = subprocess.run(words + ['json:' + json.dumps(options)], capture_output=True, text=True,
                          check=False, timeout=PATIENCE)
    said = done.stdout + done.stderr
    return done.returncode == 0 and 'failed' not in said and 'rror' not in said


def size_of(info):
    said = ask_unit(info, program='iscsi-readcapacity16')[1].decode()
    return int(re.search(r'Total size:(\d+)', said)[1])


def wwid_of(info):
    """The registered, extended one; by a proxy, as the tools do not print binary designators."""
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen(1)
    here = dict(info, target_portal='127.0.0.1:%d' % listener.getsockname()[1])
    child = subprocess.Popen(['iscsi-inq', '-i', info['initiator'], '-e', '1', '-c', '131',
                              url(here)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = b''
    with listener, listener.accept()[0] as inside, \
            socket.create_connection(('127.0.0.1', PORT)) as outside:
        seen = pass_on(inside, outside)
    child.wait()
    found = re.findall(rb'\x01\x03\x00\x10(\x60.{15})', seen, re.DOTALL)
    return '3' + found[-1].hex() if found else None  # the first answer is cut off


def pass_on(inside, outside):
    """Both ways until one side closes; what came from the target."""
    seen = b''
    while True:
        for ready in select.select([inside, outside], [], [], 30)[0]:
            data = ready.recv(65536)
            if not data:
                return seen
            (outside if ready is inside else inside).sendall(data)
            seen += data if ready is outside else b''


# --- tests ---

def there_is_a_target():
    for program in ('tgtd', 'iscsi-inq', 'qemu-io'):
        assert shutil.which(program), '%s is missing' % program
    assert glob.glob('/usr/lib/*/qemu/block-iscsi.so'), 'QEMU has no iSCSI (qemu-block-extra)'
    TGTD.start()
    assert CLEATD.start()


def it_keeps_what_a_target_promises():
    program = os.path.join(BUILD, 'tests', 'contract', 'target-contract')
    done = subprocess.run([program, 'tgt', '127.0.0.1:%d' % PORT,
                           '%s.%s' % (TGTD.socket, TGTD.number)],
                          capture_output=True, text=True, check=False, timeout=600)
    tap.expect(done.returncode, 0, done.stdout + done.stderr)
    assert 'ok 1 -' in done.stdout, done.stdout
    tap.expect((TGTD.targets(), TGTD.accounts()), ([], []), 'left')


def a_host_gets_in_with_its_secret():
    volume = make(demo())
    attachment, info = attach(volume, ONE)
    tap.expect(info['driver_volume_type'], 'iscsi', 'protocol')
    assert info['target_iqn'].startswith('%svolume-%s-' % (PREFIX, volume['id'])), info
    tap.expect(info['auth_method'], 'CHAP', 'authentication')
    complete(attachment)
    assert qemu_io(info, 'write -P 7 1M 64k', 'flush')
    assert qemu_io(info, 'read -P 7 1M 64k')
    assert not qemu_io(info, 'read -P 8 1M 64k'), 'the reader reads anything'
    assert not gets_in(info, password='A' * 16), 'in with a wrong secret'
    bare = {key: value for key, value in info.items() if key != 'auth_username'}
    assert not gets_in(bare), 'in without a secret'
    assert not gets_in(dict(info, initiator=TWO)), 'in under another name'
    detach(attachment)
    assert not gets_in(info), 'in after the detach'
    tap.expect((TGTD.targets(), TGTD.accounts()), ([], []), 'left')
    again, info = attach(volume, TWO)
    assert qemu_io(info, 'read -P 7 1M 64k'), 'what was written is gone'
    detach(again)
    drop(demo(), volume)


def h4_units_are_known_by_ids_of_their_own():
    volumes = [make(demo()) for _ in range(2)]
    made = [attach(volume, ONE) for volume in volumes]
    wwids = [wwid_of(info) for _, info in made]
    tap.expect(['wwid:%s' % wwid for wwid in wwids], [info['cleat_identity'] for _, info in made],
               'identities')
    assert wwids[0] != wwids[1], wwids
    for (_, info), volume in zip(made, volumes):
        said = ask_unit(info, '-e', '1', '-c', '128')[1].decode()
        assert volume['id'] in said, said
    for attachment, _ in made:
        detach(attachment)
    drop(demo(), *volumes)


def each_host_has_its_own_secret():
    volume = shared_volume()
    first, one = attach(volume, ONE)
    complete(first)
    second, two = attach(volume, TWO, host='i')
    complete(second)
    assert one['auth_password'] != two['auth_password']
    assert gets_in(one) and gets_in(two)
    assert qemu_io(one, 'write -P 3 0 4k', 'flush') and qemu_io(two, 'read -P 3 0 4k')
    detach(first)
    assert not gets_in(one), 'the first one is still in'
    assert gets_in(two), 'the second one is out as well'
    detach(second)
    assert not gets_in(two)
    tap.expect((TGTD.targets(), TGTD.accounts()), ([], []), 'left')
    drop(demo(), volume)


def h23_a_host_stays_in_until_its_last_attachment_goes():
    volume = shared_volume()
    first, info = attach(volume, ONE)
    complete(first)
    second, same = attach(volume, ONE)
    complete(second)
    tap.expect(same['target_iqn'], info['target_iqn'], 'target')
    detach(first)
    assert gets_in(info), 'out, though the other attachment is there'
    detach(second)
    assert not gets_in(info)
    drop(demo(), volume)


def h17_who_may_only_read_cannot_write():
    volume = shared_volume()
    writer, info = attach(volume, ONE)
    complete(writer)
    assert qemu_io(info, 'write -P 5 0 4k', 'flush')
    reader, readonly = attach(volume, TWO, host='i', mode='ro')
    complete(reader)
    tap.expect(readonly['access_mode'], 'ro', 'mode')
    assert gets_in(readonly)
    assert not qemu_io(readonly, 'write -P 6 0 4k'), 'written by a reader'
    assert qemu_io(info, 'read -P 5 0 4k', 'write -P 9 4k 4k'), 'the writer cannot write any more'
    assert not gets_in(dict(info, initiator=TWO)), 'the reader gets in where one may write'
    third, both = attach(volume, TWO, host='i')
    complete(third)
    assert qemu_io(both, 'write -P 6 8k 4k'), 'a second attachment of its host may write'
    detach(third)
    assert not qemu_io(readonly, 'write -P 6 0 4k'), 'written by a reader again'
    detach(reader)
    assert gets_in(info)
    detach(writer)
    tap.expect(TGTD.targets(), [], 'left')
    drop(demo(), volume)


def a_volume_that_grows_is_seen():
    volume = make(demo())
    attachment, info = attach(volume, ONE)
    complete(attachment)
    tap.expect(size_of(info), GIB, 'size')
    wait_for(lambda: not TGTD.sessions(), 'the host to be gone')
    tap.expect(demo().post('%s/volumes/%s/action' % (V3, volume['id']),
                           {'os-extend': {'new_size': 2}}, version=at(42)).status, 202, 'extend')
    wait_status(demo(), '%s/volumes/%s' % (V3, volume['id']), 'volume', 'in-use')
    tap.expect(size_of(info), 2 * GIB, 'size then')
    detach(attachment)
    drop(demo(), volume)


def h21_hostile_names_are_refused():
    volume = make(demo())
    for name in ('../../etc', 'iqn.a,b', 'iqn.a b', 'iqn.a/b', 'x', 'iqn.a\nb'):
        refused(ask_attach(volume, name), 400,
                'Invalid input received: connector.initiator is no name of a host that volumes are '
                'served to.')
    refused(demo().post(ATTACHMENTS, {'attachment': {'volume_uuid': volume['id'],
                                                     'connector': {'host': 'h'}}}, version=at(54)),
            400, "Invalid input received: Connector doesn't have required information: initiator")
    tap.expect(demo().get('%s/volumes/%s' % (V3, volume['id'])).body['volume']['status'],
               'available', 'status')
    tap.expect(TGTD.targets(), [], 'targets')
    drop(demo(), volume)


def a_cleatd_that_dies_leaves_hosts_in():
    volume = make(demo())
    attachment, info = attach(volume, ONE)
    complete(attachment)
    CLEATD.kill()
    assert gets_in(info), 'out with cleatd'
    assert CLEATD.start()
    assert gets_in(info), 'out after the start'
    detach(attachment)
    assert not gets_in(info)
    drop(demo(), volume)


def a_target_that_forgets_is_told_again():
    volume, mine = shared_volume(), 'iqn.2026-11.net.example:not-ours'
    first, one = attach(volume, ONE)
    complete(first)
    second, two = attach(volume, TWO, host='i', mode='ro')
    complete(second)
    CLEATD.kill()
    TGTD.kill()
    TGTD.start()
    tap.expect(TGTD.ask('--mode', 'target', '--op', 'new', '--tid', '1', '-T', mine).returncode, 0,
               'a target of somebody else')
    assert not gets_in(one)
    assert CLEATD.start()
    wait_for(lambda: gets_in(one) and gets_in(two), 'both to be let in again')
    assert not qemu_io(two, 'write -P 6 0 4k'), 'written by a reader'
    detach(first)
    detach(second)
    tap.expect(TGTD.targets(), [mine], 'what others have')
    drop(demo(), volume)


def a_target_that_begins_anew_is_noticed():
    volume, other = make(demo()), make(demo())
    attachment, info = attach(volume, ONE)
    complete(attachment)
    ended, gone = attach(other, TWO)
    TGTD.kill()
    detach(ended)
    TGTD.start()
    wait_for(lambda: gets_in(info), 'the host to be let in again')
    assert not gets_in(gone), 'let in after the end of its attachment'
    assert not gets_in(info, password='A' * 16), 'in with a wrong secret'
    detach(attachment)
    tap.expect((TGTD.targets(), TGTD.accounts()), ([], []), 'left')
    drop(demo(), volume, other)


def without_a_target_nothing_is_promised():
    """The request fails within its time, and leaves no attachment, when tgtd is not there."""
    volume = make(demo())
    TGTD.kill()
    reply = ask_attach(volume, ONE)
    tap.expect(reply.status, 500, 'attach')
    wait_status(demo(), '%s/volumes/%s' % (V3, volume['id']), 'volume', 'available')
    TGTD.start()
    attachment, info = attach(volume, ONE)
    assert gets_in(info)
    detach(attachment)
    drop(demo(), volume)


# --- kill -9 at each commit ---

def ways_of_a_host(volume):
    """All that a host does with a volume, once."""
    attachment, info = attach(volume, ONE)
    assert gets_in(info)
    complete(attachment)
    detach(attachment)


def dies_at(point, volume):
    """Whether cleatd reaches that commit, and so its end, on the way."""
    if CLEATD.start(env={'CLEAT_CRASH': point}):
        try:
            ways_of_a_host(volume)
            return False
        except (OSError, http.client.HTTPException):
            CLEATD.process.wait(PATIENCE)
    tap.expect(CLEATD.process.returncode, -signal.SIGKILL, 'end of cleatd')
    CLEATD.close()
    return True


def check_peace(volume):
    """Who has an attachment gets in; then all of them end, and nothing is left."""
    reply = demo().get('%s/detail?volume_id=%s' % (ATTACHMENTS, volume['id']), version=at(54))
    for row in reply.body['attachments']:
        info = dict(row['connection_info'], initiator=ONE)
        if row['status'] in ('attaching', 'attached'):
            wait_for(lambda told=info: gets_in(told), 'the host to get in')
        reply = demo().delete('%s/%s' % (ATTACHMENTS, row['id']), version=at(54))
        assert reply.status in (200, 404), reply
    wait_status(demo(), '%s/volumes/%s' % (V3, volume['id']), 'volume', 'available')
    wait_for(lambda: (TGTD.targets(), TGTD.accounts()) == ([], []), 'all exports to end')


def a_crash_at_any_commit_leaves_no_host_in_or_out():
    volume = make(demo())
    CLEATD.stop()
    for when in ('before', 'after'):
        n = 1
        while dies_at('%s:%d' % (when, n), volume):
            assert CLEATD.start(), 'it does not start after %s:%d' % (when, n)
            check_peace(volume)
            CLEATD.stop()
            n += 1
            assert n < 100, 'the way has no end'
        CLEATD.stop()
        assert n > 6, 'only %d commits' % n
    assert CLEATD.start()
    drop(demo(), volume)


def no_secret_is_kept_or_told():
    volume = make(demo())
    attachment, info = attach(volume, ONE)
    path = os.path.join(CLEATD.dir, 'target-secret')
    tap.expect(os.stat(path).st_mode & 0o777, 0o600, 'mode of the secret')
    with open(os.path.join(CLEATD.dir, 'test.log'), encoding='utf-8', errors='replace') as log:
        assert info['auth_password'] not in log.read(), 'the log has the secret'
    shown = CLEATD.user('reader').get('%s/%s' % (ATTACHMENTS, attachment), version=at(54))
    assert info['auth_password'] not in shown.text, 'a reader sees the secret'
    detach(attachment)
    os.chmod(path, 0o644)
    CLEATD.stop()
    assert not CLEATD.start(), 'it starts with a secret that others read'
    os.chmod(path, 0o600)
    assert CLEATD.start()
    drop(demo(), volume)


tap.run('targets', [
    there_is_a_target, it_keeps_what_a_target_promises, a_host_gets_in_with_its_secret,
    h4_units_are_known_by_ids_of_their_own,
    each_host_has_its_own_secret, h23_a_host_stays_in_until_its_last_attachment_goes,
    h17_who_may_only_read_cannot_write, a_volume_that_grows_is_seen, h21_hostile_names_are_refused,
    a_cleatd_that_dies_leaves_hosts_in, a_target_that_forgets_is_told_again,
    a_target_that_begins_anew_is_noticed, without_a_target_nothing_is_promised,
    a_crash_at_any_commit_leaves_no_host_in_or_out,
    no_secret_is_kept_or_told], cleanup=clean_up)
