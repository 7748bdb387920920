#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Volumes in servers that really run: over HTTP, through libvirt, seen from inside the guest.

One server serves most tests; what a test attaches it takes away again. Rows, domain and guest
are compared after everything that can tear them apart: guests that end by themselves, emulators
that are killed, a cleatd that dies after each of its commits.
"""
import glob
import os
import re
import signal
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'api'), os.path.join(TESTS, 'lib')]
import lib  # noqa: E402
import tap  # noqa: E402

SERVERS = '/compute/v2.1/servers'
VOLUMES = '/volume/v3/volumes'
GIB = 1 << 30
BOOT_SECONDS = 300
REST_SECONDS = 240
RELEASE_SECONDS = 300  # a guest that boots is asked again every 20 s
RESIDENT_MAX_KIB = 64 * 1024
COMMITS_MAX = 16
LIVED_ENOUGH = 4

CLEATD = lib.Cleatd(hypervisor='libvirt', start=False)


# --- vocabulary ----------------------------------------------------------------------------

def demo():
    return CLEATD.user('demo')


def asked(reply):
    if reply.status >= 300:
        raise AssertionError('refused: %r' % reply)
    return reply.body


class Volume:
    def __init__(self):
        self.id = asked(demo().post(VOLUMES, {'volume': {'size': 1}}))['volume']['id']
        self.wait('available')

    def show(self):
        return asked(demo().get('%s/%s' % (VOLUMES, self.id)))['volume']

    def wait(self, *statuses, seconds=REST_SECONDS):
        def check():
            status = self.show()['status']
            assert status in statuses or 'error' not in status, 'volume is ' + status
            return status if status in statuses else None
        return lib.wait_for(check, 'volume to be ' + '/'.join(statuses), seconds)

    def file(self):
        path, = glob.glob(os.path.join(CLEATD.dir, 'volumes', self.id + '.*'))
        return path

    def delete(self):
        asked(demo().delete('%s/%s' % (VOLUMES, self.id)))
        lib.wait_for(lambda: demo().get('%s/%s' % (VOLUMES, self.id)).status == 404,
                     'volume to be deleted')


class Server:
    def __init__(self, **wish):
        images = asked(demo().get('/image/v2/images'))['images']
        image, = (row['id'] for row in images if row['name'] == 'tiny')
        flavors = asked(demo().get('/compute/v2.1/flavors/detail'))['flavors']
        flavor = min(flavors, key=lambda row: (row['ram'], row['disk']))['id']
        body = {'server': {'name': 'attach', 'imageRef': image, 'flavorRef': flavor,
                           'networks': 'none', **wish}}
        self.id = asked(demo().post(SERVERS, body, version='compute 2.37'))['server']['id']
        self.path = '%s/%s' % (SERVERS, self.id)
        self.wait('ACTIVE')
        self.wait_boot()

    def status(self):
        return asked(demo().get(self.path))['server']['status']

    def wait(self, wanted, seconds=REST_SECONDS):
        def check():
            server = asked(demo().get(self.path))['server']
            assert wanted == 'ERROR' or server['status'] != 'ERROR', server
            return server['status'] == wanted and server['OS-EXT-STS:task_state'] is None
        lib.wait_for(check, 'server to be ' + wanted, seconds)

    def action(self, name, value=None):
        asked(demo().post(self.path + '/action', {name: value}))

    def attachments(self):
        rows = asked(demo().get(self.path + '/os-volume_attachments'))['volumeAttachments']
        return [row['volumeId'] for row in rows]

    def request_attach(self, volume, **more):
        return asked(demo().post(self.path + '/os-volume_attachments',
                                 {'volumeAttachment': {'volumeId': volume.id, **more}},
                                 version='compute 2.49'))['volumeAttachment']

    def attach(self, volume, **more):
        attachment = self.request_attach(volume, **more)
        volume.wait('in-use')
        return attachment

    def request_detach(self, volume):
        reply = demo().delete('%s/os-volume_attachments/%s' % (self.path, volume.id))
        tap.expect(reply.status, 202, 'detach')

    def detach(self, volume):
        self.request_detach(volume)
        volume.wait('available', seconds=RELEASE_SECONDS)

    def delete(self):
        tap.expect(demo().delete(self.path).status, 204, 'delete')
        lib.wait_for(lambda: demo().get(self.path).status == 404, 'server to be deleted',
                     REST_SECONDS)

    # --- the guest ---

    def run(self, line, seconds=180):
        """Output of a command inside; it fails here when it fails there."""
        channel = os.path.join(CLEATD.dir, 'guests', self.id + '.channel')
        program = os.path.join(lib.ROOT, 'guest', 'run-in-guest')
        done = subprocess.run([program, '-t', str(seconds), channel, line], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            raise AssertionError('in the guest, %r: status %d: %s%s' % (
                line, done.returncode, done.stdout, done.stderr))
        return done.stdout.strip()

    def wait_boot(self):
        self.run('true', BOOT_SECONDS)

    def disk_of(self, volume):
        """The guest's name of a volume's disk, or None. virtio shows 20 characters of serials."""
        return self.run("cd /sys/block; for d in vd*; do [ \"$(cat $d/serial)\" = '%s' ] && "
                        "echo $d; done; true" % volume.id[:20]) or None

    def wait_disk(self, volume):
        return lib.wait_for(lambda: self.disk_of(volume), 'disk in the guest')

    def wait_no_disk(self, volume):
        lib.wait_for(lambda: not self.disk_of(volume), 'disk to leave the guest')

    def check_disk(self, volume, wanted):
        if wanted:
            self.wait_disk(volume)
        else:
            self.wait_no_disk(volume)

    # --- the domain ---

    def libvirt_file(self, *names):
        return os.path.join(CLEATD.dir, 'libvirt', *names)

    def emulator(self):
        with open(self.libvirt_file('run', 'qemu', 'cleat-%s.pid' % self.id),
                  encoding='ascii') as f:
            return int(f.read())

    def serials(self, *names):
        """Serials of the disks in one of libvirt's records of the domain."""
        path = self.libvirt_file(*names, 'cleat-%s.xml' % self.id)
        if not os.path.exists(path):
            return []
        return [node.text for node in xml.etree.ElementTree.parse(path).iter('serial')
                if node.text and 'type' not in node.attrib]

    def domain_has(self, volume):
        """(in the running guest, in the definition)"""
        return (volume.id in self.serials('run', 'qemu'), volume.id in self.serials('etc', 'qemu'))


def boot_id(server, **how):
    return server.run('cat /proc/sys/kernel/random/boot_id', **how)


def wait_new_boot(server, old):
    def check():
        """Asked anew now and then: what is said to a guest that goes down is lost."""
        try:
            return boot_id(server, seconds=20) != old
        except AssertionError:
            return False
    lib.wait_for(check, 'another boot', BOOT_SECONDS)


# --- a server and its volumes --------------------------------------------------------------

SERVER = None
VOLUME = None


def a_server_boots():
    global SERVER
    SERVER = Server()
    tap.expect(SERVER.status(), 'ACTIVE', 'status')


def resident_memory_is_small():
    with open(lib.CLEATD, 'rb') as f:
        if b'__asan_init' in f.read():
            raise tap.Skip('a sanitizer takes memory of its own')
    with open('/proc/%d/status' % CLEATD.process.pid, encoding='ascii') as f:
        resident = int(re.search(r'VmRSS:\s*(\d+) kB', f.read()).group(1))
    tap.comment('%d KiB resident' % resident)
    assert resident < RESIDENT_MAX_KIB, '%d KiB' % resident


def guest_sees_a_volume_by_serial_and_size():
    global VOLUME
    VOLUME = Volume()
    attachment = SERVER.attach(VOLUME, tag='data')
    tap.expect(attachment['device'], '/dev/vdb', 'device')
    disk = SERVER.wait_disk(VOLUME)
    tap.expect(int(SERVER.run('cat /sys/block/%s/size' % disk)) * 512, GIB, 'size')
    tap.expect(SERVER.domain_has(VOLUME), (True, True), 'domain')
    tap.expect(SERVER.attachments(), [VOLUME.id], 'attachments')


def guest_writes_and_the_host_reads_after_detach():
    disk = SERVER.wait_disk(VOLUME)
    SERVER.run("echo 'from inside' | dd of=/dev/%s bs=512 seek=3 conv=fsync" % disk)
    SERVER.detach(VOLUME)
    with open(VOLUME.file(), 'rb') as f:
        f.seek(3 * 512)
        tap.expect(f.read(12), b'from inside\n', 'data')
    SERVER.wait_no_disk(VOLUME)
    tap.expect(SERVER.domain_has(VOLUME), (False, False), 'domain')
    path = '%s/os-volume_attachments/%s' % (SERVER.path, VOLUME.id)
    tap.expect(demo().get(path).status, 404, 'show')
    tap.expect(demo().delete(path).status, 404, 'detach again')


def extend(volume, size):
    path = '%s/%s' % (VOLUMES, volume.id)
    asked(demo().post(path + '/action', {'os-extend': {'new_size': size}}, version='volume 3.42'))
    volume.wait('in-use', 'available')
    tap.expect(volume.show()['size'], size, 'size shown')


def see_size(disk, size):
    lib.wait_for(lambda: int(SERVER.run('cat /sys/block/%s/size' % disk)) * 512 == size,
                 'guest to see %d bytes' % size)


def a_running_guest_sees_its_volume_grow():
    volume = Volume()
    boot = boot_id(SERVER)
    SERVER.attach(volume)
    disk = SERVER.wait_disk(volume)
    extend(volume, 2)
    see_size(disk, 2 * GIB)
    SERVER.run("echo 'at the end' | dd of=/dev/%s bs=512 seek=%d conv=fsync" % (
        disk, 2 * GIB // 512 - 1))
    tap.expect(boot_id(SERVER), boot, 'boot')
    SERVER.detach(volume)
    extend(volume, 3)  # nobody has it
    with open(volume.file(), 'rb') as f:
        f.seek(2 * GIB - 512)
        tap.expect(f.read(11), b'at the end\n', 'data')
        tap.expect(f.seek(0, os.SEEK_END), 3 * GIB, 'length of the file')
    SERVER.wait_no_disk(volume)
    volume.delete()


def an_event_tells_a_guest_that_its_volume_has_grown():
    """Which it could not be told at the time: its row alone says so."""
    volume = Volume()
    SERVER.attach(volume)
    disk = SERVER.wait_disk(volume)
    CLEATD.stop()
    store = sqlite3.connect(os.path.join(CLEATD.dir, 'cleat.db'))
    store.execute('UPDATE volumes SET size_gib = 2 WHERE id = ?', (volume.id,))
    store.commit()
    store.close()
    assert CLEATD.start()
    see_size(disk, GIB)
    reply = asked(CLEATD.user('admin').post('/compute/v2.1/os-server-external-events', {
        'events': [{'name': 'volume-extended', 'server_uuid': SERVER.id, 'tag': volume.id}]},
        version='compute 2.51'))
    tap.expect((reply['events'][0]['code'], reply['events'][0]['status']), (200, 'completed'))
    see_size(disk, 2 * GIB)
    actions = SERVER.path + '/os-instance-actions'

    def result():
        newest = asked(demo().get(actions))['instanceActions'][0]
        tap.expect(newest['action'], 'extend_volume')
        shown = asked(demo().get('%s/%s' % (actions, newest['request_id']),
                                 version='compute 2.51'))['instanceAction']
        return shown['events'][0]['result']
    tap.expect(lib.wait_for(result, 'the action to end'), 'Success')
    SERVER.detach(volume)
    SERVER.wait_no_disk(volume)
    volume.delete()


def several_volumes_at_once():
    volumes = [Volume() for _ in range(4)]
    for volume in volumes:
        SERVER.request_attach(volume)
    for volume in volumes:
        volume.wait('in-use')
    tap.expect(len({SERVER.wait_disk(volume) for volume in volumes}), 4, 'disks')
    for volume in volumes:
        SERVER.request_detach(volume)
    for volume in volumes:
        volume.wait('available')
        SERVER.wait_no_disk(volume)
        volume.delete()


def stop_and_start_keep_the_volume():
    SERVER.attach(VOLUME)
    SERVER.action('os-stop')
    SERVER.wait('SHUTOFF')
    tap.expect(VOLUME.show()['status'], 'in-use', 'volume')
    tap.expect(SERVER.domain_has(VOLUME), (False, True), 'domain')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    SERVER.wait_disk(VOLUME)


def reboots_keep_the_volume():
    for kind in ('SOFT', 'HARD'):
        before = boot_id(SERVER)
        SERVER.action('reboot', {'type': kind})
        wait_new_boot(SERVER, before)
        SERVER.wait('ACTIVE')
        SERVER.wait_disk(VOLUME)


def guest_that_boots_releases_later():
    SERVER.action('reboot', {'type': 'HARD'})
    SERVER.wait('ACTIVE')
    SERVER.request_detach(VOLUME)
    VOLUME.wait('detaching', 'available')  # a quick guest may have let go already
    VOLUME.wait('available', seconds=RELEASE_SECONDS)
    tap.expect(SERVER.domain_has(VOLUME), (False, False), 'domain')
    SERVER.wait_boot()
    SERVER.wait_no_disk(VOLUME)


def guest_that_boots_is_attached_to():
    SERVER.action('reboot', {'type': 'HARD'})
    SERVER.wait('ACTIVE')
    SERVER.attach(VOLUME)
    SERVER.wait_boot()
    SERVER.wait_disk(VOLUME)


def guest_powers_itself_off():
    SERVER.run('(sleep 0.2; poweroff -f) >/dev/null 2>&1 &')
    SERVER.wait('SHUTOFF')
    tap.expect(VOLUME.show()['status'], 'in-use', 'volume')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    SERVER.wait_disk(VOLUME)


def emulator_is_killed():
    os.kill(SERVER.emulator(), signal.SIGKILL)
    SERVER.wait('SHUTOFF')
    SERVER.detach(VOLUME)
    tap.expect(SERVER.domain_has(VOLUME), (False, False), 'domain')
    SERVER.attach(VOLUME)
    tap.expect(SERVER.domain_has(VOLUME), (False, True), 'domain')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    SERVER.wait_disk(VOLUME)
    SERVER.detach(VOLUME)


def emulator_is_killed_while_detaching():
    SERVER.attach(VOLUME)
    SERVER.action('reboot', {'type': 'HARD'})
    SERVER.wait('ACTIVE')
    SERVER.request_detach(VOLUME)  # it cannot let go yet
    os.kill(SERVER.emulator(), signal.SIGKILL)
    VOLUME.wait('available')
    SERVER.wait('SHUTOFF')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    SERVER.wait_no_disk(VOLUME)


def hang(server, volume):
    """An attach that waits for an emulator that does not answer."""
    emulator = server.emulator()
    os.kill(emulator, signal.SIGSTOP)
    server.request_attach(volume)
    volume.wait('attaching')
    return emulator


def emulator_hangs_and_goes_on():
    """It holds up neither the end of cleatd nor its start."""
    emulator = hang(SERVER, VOLUME)
    tap.expect(CLEATD.stop(), 0, 'exit status')
    assert CLEATD.start()
    os.kill(emulator, signal.SIGCONT)
    VOLUME.wait('in-use')
    SERVER.wait_disk(VOLUME)
    tap.expect(SERVER.domain_has(VOLUME), (True, True), 'domain')
    SERVER.detach(VOLUME)


def emulator_hangs_and_is_reset():
    hang(SERVER, VOLUME)
    SERVER.action('reboot', {'type': 'HARD'})
    VOLUME.wait('in-use')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    SERVER.wait_disk(VOLUME)
    SERVER.detach(VOLUME)


# --- a cleatd that dies --------------------------------------------------------------------

def check_agreement():
    """Rows, domain and guest say the same about the volume; returns its status."""
    status = VOLUME.wait('available', 'in-use', seconds=RELEASE_SECONDS)
    attached = status == 'in-use'
    tap.expect(SERVER.attachments(), [VOLUME.id] if attached else [], 'attachments')
    tap.expect(SERVER.domain_has(VOLUME), (attached, attached), 'domain')
    SERVER.check_disk(VOLUME, attached)
    tap.expect(SERVER.status(), 'ACTIVE', 'server')
    return status


def dies_at(point, request):
    """Start a cleatd that dies at a commit, and ask. None: it did not come to serve."""
    CLEATD.stop()
    if not CLEATD.start(env={'CLEAT_CRASH': point}):
        return None
    try:
        request()
        VOLUME.wait('available', 'in-use', seconds=RELEASE_SECONDS)
    except (OSError, lib.http.client.HTTPException):
        CLEATD.process.wait(lib.PATIENCE)  # it died under the request
    try:
        CLEATD.process.wait(1)  # or it does when the rows settle
    except subprocess.TimeoutExpired:
        return False
    return True


def crash_points():
    for commit in range(1, COMMITS_MAX):
        yield 'before:%d' % commit
        yield 'after:%d' % commit


def crash_everywhere(prepare, request):
    """Wherever it dies, the volume ends as attached or as available, and usable.

    A start may make one commit more or less than the one before, so the end is where it lived
    several times in a row.
    """
    seen, lived = [], 0
    for point in crash_points():
        prepare()
        died = dies_at(point, request)
        if CLEATD.process.poll() is None:
            CLEATD.stop()
        else:
            CLEATD.close()
        assert CLEATD.start(), 'no start after a crash'
        if died:
            seen.append('%s: %s' % (point, check_agreement()))
        lived = lived + 1 if died is False else 0
        if lived == LIVED_ENOUGH:
            break
    tap.comment('died and came back as: ' + ', '.join(seen))
    check_agreement()
    assert len(seen) >= 3, 'only %d crashes' % len(seen)


def make_available():
    if VOLUME.show()['status'] == 'in-use':
        SERVER.detach(VOLUME)


def make_in_use():
    if VOLUME.show()['status'] == 'available':
        SERVER.attach(VOLUME)
        SERVER.wait_disk(VOLUME)


def cleatd_dies_while_attaching():
    crash_everywhere(make_available, lambda: SERVER.request_attach(VOLUME))


def cleatd_dies_while_detaching():
    crash_everywhere(make_in_use, lambda: SERVER.request_detach(VOLUME))


def guest_ends_while_cleatd_is_away():
    make_in_use()
    CLEATD.kill()
    os.kill(SERVER.emulator(), signal.SIGKILL)
    assert CLEATD.start()
    SERVER.wait('SHUTOFF')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    SERVER.wait_disk(VOLUME)


# --- copies of a disk that the guest writes to -----------------------------------------------

SNAPSHOTS = '/volume/v3/snapshots'
PLACES = (1, 131000, 260000)  # blocks of 4 KiB: early, in the middle, late
FILLED_MIB = 300              # so that a copy takes its time


class Writer:
    """A guest that writes a number to one place, then to the next, flushing each; then the next
    number. At any moment no place is ahead of one before it, nor behind by more than one: a copy
    that took its time over the disk shows later numbers in later places."""

    def __init__(self, server):
        self.server = server
        self.volume = Volume()
        with open(self.volume.file(), 'r+b') as file:
            for _ in range(FILLED_MIB):
                file.write(os.urandom(1 << 20))
        server.attach(self.volume)
        self.disk = server.wait_disk(self.volume)
        self.begin()

    def begin(self):
        places = ' '.join(str(place) for place in PLACES)
        self.server.run(
            'rm -f /tmp/stop /tmp/begun /tmp/stopped; (i=0; while [ ! -e /tmp/stop ]; do '
            'i=$((i+1)); for at in %s; do echo $i | dd of=/dev/%s bs=4096 seek=$at '
            'conv=fsync,sync; done; [ $i -lt 2 ] || : >/tmp/begun; done; : >/tmp/stopped) '
            '>/dev/null 2>&1 & while [ ! -e /tmp/begun ]; do sleep 0.1; done' % (places, self.disk))

    def end(self):
        self.server.run('touch /tmp/stop; while [ ! -e /tmp/stopped ]; do sleep 0.1; done')

    def numbers(self, path):
        with open(path, 'rb') as file:
            found = []
            for place in PLACES:
                file.seek(place * 4096)
                found.append(int(file.read(16).split(b'\n')[0]))
        return found

    def check(self, path):
        first, middle, last = self.numbers(path)
        assert first >= middle >= last >= first - 1 > 0, 'not one moment: %s' % (
            [first, middle, last],)
        return first


def request_snapshot(volume):
    return asked(demo().post(SNAPSHOTS, {'snapshot': {'volume_id': volume.id, 'force': True}}))[
        'snapshot']['id']


def snapshot_file(snapshot):
    path = '%s/%s' % (SNAPSHOTS, snapshot)

    def there():
        status = asked(demo().get(path))['snapshot']['status']
        assert 'error' not in status, status
        return status == 'available'
    lib.wait_for(there, 'snapshot to be available', 300)
    return os.path.join(CLEATD.dir, 'volumes', snapshot + '.snap.raw')


def delete_snapshot(snapshot):
    asked(demo().delete('%s/%s' % (SNAPSHOTS, snapshot)))
    lib.wait_for(lambda: demo().get('%s/%s' % (SNAPSHOTS, snapshot)).status == 404,
                 'snapshot to be deleted')


def drafts():
    return glob.glob(os.path.join(CLEATD.dir, 'volumes', '.draft-*'))


def snapshot_under_way(volume):
    """One whose copy is begun; another, as long as they end before that was seen."""
    for _ in range(10):
        snapshot = request_snapshot(volume)
        path = '%s/%s' % (SNAPSHOTS, snapshot)
        lib.wait_for(lambda: drafts() or asked(demo().get(path))['snapshot']['status'] ==
                     'available', 'a draft', pause=0)
        if drafts():
            return snapshot
        delete_snapshot(snapshot)
    raise AssertionError('no copy is slow enough to be seen')


def a_snapshot_is_one_moment():
    writer = Writer(SERVER)
    snapshots = [request_snapshot(writer.volume) for _ in range(2)]
    numbers = [writer.check(snapshot_file(snapshot)) for snapshot in snapshots]
    assert numbers[0] <= numbers[1], numbers
    later = lib.wait_for(lambda: writer.numbers(writer.volume.file())[0] > numbers[1],
                         'the guest to go on')
    assert later
    tap.comment('the guest was at %s' % numbers)
    writer.end()
    for snapshot in snapshots:
        delete_snapshot(snapshot)
    SERVER.detach(writer.volume)
    writer.volume.delete()


def cleatd_dies_while_the_emulator_copies():
    writer = Writer(SERVER)
    snapshot = snapshot_under_way(writer.volume)
    CLEATD.kill()
    assert CLEATD.start()
    writer.check(snapshot_file(snapshot))
    tap.expect(glob.glob(os.path.join(CLEATD.dir, 'volumes', '.*')), [], 'drafts')
    writer.end()
    delete_snapshot(snapshot)
    SERVER.detach(writer.volume)
    writer.volume.delete()


def emulator_dies_while_it_copies():
    writer = Writer(SERVER)
    snapshot = snapshot_under_way(writer.volume)
    os.kill(SERVER.emulator(), signal.SIGKILL)
    writer.check(snapshot_file(snapshot))
    tap.expect(glob.glob(os.path.join(CLEATD.dir, 'volumes', '.*')), [], 'drafts')
    SERVER.wait('SHUTOFF')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    delete_snapshot(snapshot)
    SERVER.detach(writer.volume)
    writer.volume.delete()


# --- the rest ------------------------------------------------------------------------------

def qcow2_volume():
    """The same with --config, which alone can say that new volumes are qcow2."""
    make_available()
    config = os.path.join(CLEATD.dir, 'cleatd.conf')
    with open(config, 'w', encoding='ascii') as f:
        f.write('[state]\ndirectory = %s\n[volume]\nformat = qcow2\n' % CLEATD.dir)
    CLEATD.stop()
    CLEATD.wrap = ['sh', '-c', 'exec "$CLEATD" --config "%s" --listen 127.0.0.1:0' % config]
    assert CLEATD.start(env={'CLEATD': lib.CLEATD})
    try:
        volume = Volume()
        SERVER.attach(volume)
        disk = SERVER.wait_disk(volume)
        tap.expect(int(SERVER.run('cat /sys/block/%s/size' % disk)) * 512, GIB, 'size')
        SERVER.run("echo 'in a qcow2' | dd of=/dev/%s conv=fsync" % disk)
        extend(volume, 2)
        see_size(disk, 2 * GIB)
        SERVER.detach(volume)
        done = subprocess.run(['qemu-img', 'dd', '-f', 'qcow2', '-O', 'raw', 'bs=512', 'count=1',
                               'if=' + volume.file(), 'of=' + os.path.join(CLEATD.dir, 'sector')],
                              check=False)
        tap.expect(done.returncode, 0, 'qemu-img')
        with open(os.path.join(CLEATD.dir, 'sector'), 'rb') as f:
            tap.expect(f.read(11), b'in a qcow2\n', 'data')
        volume.delete()
    finally:
        CLEATD.stop()
        CLEATD.wrap = []
        assert CLEATD.start()


def deleting_the_server_frees_its_volume():
    """Also when its emulator hangs, and something waits for that."""
    make_in_use()
    second = Volume()
    hang(SERVER, second)
    SERVER.delete()
    second.wait('available')
    second.delete()
    VOLUME.wait('available')
    tap.expect(glob.glob(SERVER.libvirt_file('etc', 'qemu', '*.xml')), [], 'domains')
    tap.expect(glob.glob(SERVER.libvirt_file('run', 'qemu', 'cleat-*.pid')), [], 'emulators')
    VOLUME.delete()


def cleatd_ends_well():
    tap.expect(CLEATD.stop(), 0, 'exit status')


def cleanup():
    """Guests outlive cleatd; ours must not outlive the test."""
    if CLEATD.process and CLEATD.process.poll() is None:
        CLEATD.kill()
    for path in glob.glob(os.path.join(CLEATD.dir, 'libvirt', 'run', 'qemu', 'cleat-*.pid')):
        with open(path, encoding='ascii') as f:
            os.kill(int(f.read()), signal.SIGKILL)


if __name__ == '__main__':
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name
    tap.run('attach', [
        a_server_boots, resident_memory_is_small, guest_sees_a_volume_by_serial_and_size,
        guest_writes_and_the_host_reads_after_detach, a_running_guest_sees_its_volume_grow,
        an_event_tells_a_guest_that_its_volume_has_grown,
        several_volumes_at_once, stop_and_start_keep_the_volume, reboots_keep_the_volume,
        guest_that_boots_releases_later, guest_that_boots_is_attached_to,
        guest_powers_itself_off, emulator_is_killed, emulator_is_killed_while_detaching,
        emulator_hangs_and_goes_on, emulator_hangs_and_is_reset,
        cleatd_dies_while_attaching, cleatd_dies_while_detaching,
        guest_ends_while_cleatd_is_away, a_snapshot_is_one_moment,
        cleatd_dies_while_the_emulator_copies, emulator_dies_while_it_copies,
        qcow2_volume, deleting_the_server_frees_its_volume,
        cleatd_ends_well], cleanup)
