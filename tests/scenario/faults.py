#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What can go wrong round a guest that really runs: it keeps a disk that it should let go, libvirtd
goes away, the emulator is killed in the middle of an attach, there is no slot for one disk more.

After each of them rows, domain and guest say the same, and what was asked can be asked again. One
server serves all, on a libvirtd that is the test's own.
"""
import hashlib
import hmac
import http.client
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attach  # noqa: E402
import away  # noqa: E402
from attach import asked, demo, lib, tap, Server, Volume, VOLUMES, RELEASE_SECONDS  # noqa: E402

CLEATD = attach.CLEATD
SECRET = 'shared with proxies'
SETTINGS = 'detach_seconds = 1\ndetach_tries = 3\n[metadata]\nguest_network = false\n' \
           'shared_secret = %s\n' % SECRET
FREE_PORTS = 24  # at least so many disks fit into a guest that runs
# Seconds after the answer at which an emulator is killed; None: in a call that it did not answer.
INSTANTS = (None, 0, 0.01, 0.03, 0.1)
# The guest's kernel hears of disks that come and go by this event.
PLUG_EVENT = '/sys/firmware/acpi/interrupts/gpe01'

SERVER = None
PROXY = None
VOLUMES_IN_USE = []


# --- vocabulary ----------------------------------------------------------------------------

class Guest(Server):
    def libvirt_file(self, *names):
        return os.path.join(away.FOLDER, *names)

    def detach(self, volume):
        """A guest has little time here, and may need more on a machine that is busy."""
        end = time.monotonic() + RELEASE_SECONDS
        while True:
            self.request_detach(volume)
            if wait_over(volume) == 'available':
                return
            assert time.monotonic() < end, 'the guest does not let go'

    def newest_action(self):
        """Of the server's actions, with what an admin is told of its end."""
        admin, path = CLEATD.user('admin'), self.path + '/os-instance-actions'
        newest = asked(admin.get(path))['instanceActions'][0]
        return asked(admin.get('%s/%s' % (path, newest['request_id']),
                               version='compute 2.84'))['instanceAction']

    def start(self):
        self.action('os-start')
        self.wait('ACTIVE')

    def has(self, *volumes):
        """Rows of both services, domain and guest: these volumes and no others."""
        ids = sorted(volume.id for volume in volumes)
        tap.expect(sorted(self.attachments()), ids, 'attachments')
        tap.expect(sorted(self.serials('etc', 'qemu')), ids, 'disks of the definition')
        for volume in volumes:
            shown = volume.show()
            tap.expect((shown['status'], [row['server_id'] for row in shown['attachments']]),
                       ('in-use', [self.id]), 'volume')
        if self.status() == 'ACTIVE':
            tap.expect(sorted(self.serials('run', 'qemu')), ids, 'disks of the domain')
            lib.wait_for(lambda: self.disks() == sorted(text[:20] for text in ids),
                         'the guest to have its volumes and no others', 60)

    def disks(self):
        """Serials of its volumes, as far as it sees them."""
        return sorted(self.run('for d in /sys/block/vd*; do cat $d/serial; echo; done').split())


def wait_over(volume):
    return volume.wait('available', 'in-use', seconds=RELEASE_SECONDS)


# --- a proxy for metadata --------------------------------------------------------------------

class Proxy(http.server.BaseHTTPRequestHandler):
    """As Neutron's: it knows whose network it serves, and believes nothing that a guest says."""

    def do_GET(self):
        server, tenant = self.server.guest
        sign = hmac.new(SECRET.encode(), server.encode(), hashlib.sha256).hexdigest()
        link = http.client.HTTPConnection(CLEATD.host, CLEATD.port, timeout=60)
        link.request('GET', '/metadata' + self.path, headers={
            'X-Instance-ID': server, 'X-Tenant-ID': tenant, 'X-Instance-ID-Signature': sign,
            'X-Forwarded-For': self.client_address[0]})
        answer = link.getresponse()
        body = answer.read()
        link.close()
        self.send_response(answer.status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def start_proxy(server, tenant):
    global PROXY
    PROXY = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Proxy)
    PROXY.guest = (server, tenant)
    threading.Thread(target=PROXY.serve_forever, daemon=True).start()


# --- tests ---------------------------------------------------------------------------------

def a_server_boots():
    global SERVER
    away.needs_libvirtd()
    away.start(SETTINGS)
    SERVER = Guest(networks='auto', metadata={'role': 'db'})


def a_guest_asks_a_proxy_that_signs():
    demo_id = demo().token and demo().project_id
    start_proxy(SERVER.id, demo_id)
    SERVER.run('ip link set dev eth0 up && ip addr add 10.0.2.15/24 dev eth0')
    get = "wget -q -O - --header 'X-Instance-ID: %s' http://10.0.2.2:%d%%s" % (
        '11111111-2222-3333-4444-555555555555', PROXY.server_address[1])
    told = json.loads(SERVER.run(get % '/openstack/latest/meta_data.json'))
    tap.expect((told['uuid'], told['project_id'], told['meta']),
               (SERVER.id, demo_id, {'role': 'db'}), 'metadata')
    tap.expect(SERVER.run(get % '/latest/meta-data/instance-id'), 'i-' + SERVER.id[:8])
    for guest in ((SERVER.id, 'another-project'), ('11111111-2222-3333-4444-555555555555',
                                                   demo_id)):
        PROXY.guest = guest
        tap.expect(SERVER.run(get % '/openstack' + ' 2>&1; true').find('404') >= 0, True, guest)


def a_guest_cannot_write_to_what_is_read_only():
    volume = Volume()
    asked(demo().post('%s/%s/action' % (VOLUMES, volume.id),
                      {'os-update_readonly_flag': {'readonly': True}}))
    with open(volume.file(), 'r+b') as file:
        file.write(b'from the host\n')
    SERVER.attach(volume)
    disk = SERVER.wait_disk(volume)
    tap.expect(SERVER.run('cat /sys/block/%s/ro' % disk), '1', 'ro')
    tap.expect(SERVER.run('head -c 13 /dev/%s' % disk), 'from the host', 'what it reads')
    for line in ('echo x | dd of=/dev/%s bs=512 conv=fsync', 'blockdev --setrw /dev/%s; '
                 'echo x | dd of=/dev/%s bs=512 conv=fsync,sync'):
        tap.expect(SERVER.run('(%s) >/dev/null 2>&1 && echo wrote; true' % (
            line.replace('%s', disk))), '', 'a write')
    SERVER.detach(volume)
    with open(volume.file(), 'rb') as file:
        tap.expect(file.read(14), b'from the host\n', 'bytes')
    volume.delete()


def refuse_detach(volume):
    """The contract's end: as it was, and the server's action says why."""
    SERVER.request_detach(volume)
    tap.expect(wait_over(volume), 'in-use', 'volume')
    action = lib.wait_for(lambda: SERVER.newest_action()['events'][0]['finish_time'] and
                          SERVER.newest_action(), 'the action to end')
    tap.expect((action['action'], action['message'], action['events'][0]['result']),
               ('detach_volume', 'Error', 'Error'), 'action')
    assert 'did not release the disk' in action['events'][0]['details'], action


def a_guest_that_does_not_let_go_keeps_its_volume():
    volume = Volume()
    SERVER.attach(volume, tag='kept')
    disk = SERVER.wait_disk(volume)
    path = '%s/os-volume_attachments/%s' % (SERVER.path, volume.id)
    before = asked(demo().get(path, version='compute 2.89'))
    SERVER.run('echo disable >' + PLUG_EVENT)
    refuse_detach(volume)
    tap.expect(asked(demo().get(path, version='compute 2.89')), before, 'attachment')
    SERVER.has(volume)
    SERVER.run('echo kept | dd of=/dev/%s bs=512 conv=fsync' % disk)
    SERVER.run('echo enable >' + PLUG_EVENT)
    SERVER.detach(volume)
    SERVER.has()
    with open(volume.file(), 'rb') as file:
        tap.expect(file.read(5), b'kept\n', 'bytes')
    volume.delete()


def a_paused_guest_lets_go_later():
    """It is asked once, and obeys when it runs again, when nobody wants that any more."""
    volume = Volume()
    SERVER.attach(volume)
    SERVER.wait_disk(volume)
    SERVER.action('pause')
    SERVER.wait('PAUSED')
    refuse_detach(volume)
    SERVER.action('unpause')
    SERVER.wait('ACTIVE')
    lib.wait_for(lambda: volume.id in SERVER.serials('run', 'qemu') and SERVER.disk_of(volume),
                 'the disk to be there', 60)
    SERVER.detach(volume)
    SERVER.has()
    volume.delete()


# --- without libvirtd ------------------------------------------------------------------------

def ask_meanwhile(seconds):
    """Rows answer as ever; what takes the hypervisor is refused, or waits."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:  # what is tested is this time
        for path in (SERVER.path, VOLUMES, SERVER.path + '/os-volume_attachments'):
            tap.expect(demo().get(path).status, 200, path)
        time.sleep(0.5)


def while_away(request):
    """libvirtd goes away for ten seconds, in which that is asked."""
    away.end()
    request()
    ask_meanwhile(away.AWAY_SECONDS)
    away.begin()


def console_answers():
    return demo().post(SERVER.path + '/action', {'os-getConsoleOutput': {}}).status == 200


def an_attach_bears_that_libvirtd_goes_away():
    """One is under way, others are asked for while it is away."""
    global VOLUMES_IN_USE
    volumes = [Volume() for _ in range(3)]
    SERVER.request_attach(volumes[0])
    while_away(lambda: [SERVER.request_attach(volume) for volume in volumes[1:]])
    for volume in volumes:
        tap.expect(wait_over(volume), 'in-use', 'volume')
    lib.wait_for(console_answers, 'the console', 60)
    SERVER.has(*volumes)
    VOLUMES_IN_USE = volumes


def a_detach_bears_that_libvirtd_goes_away():
    """Meanwhile the emulator ends, which nobody can be told."""
    first, second, third = VOLUMES_IN_USE
    SERVER.request_detach(first)

    def meanwhile():
        SERVER.request_detach(second)
        os.kill(SERVER.emulator(), signal.SIGKILL)
    while_away(meanwhile)
    for volume in (first, second):
        tap.expect(wait_over(volume), 'available', 'volume')
    SERVER.wait('SHUTOFF', 120)
    SERVER.has(third)
    SERVER.detach(third)
    for volume in VOLUMES_IN_USE:
        volume.delete()


# --- an emulator that dies -------------------------------------------------------------------

def attach_and_kill(volume, instant):
    """As clients ask that do not wait for the answer."""
    emulator = SERVER.emulator()
    if instant is None:
        os.kill(emulator, signal.SIGSTOP)
    reply = demo().post(SERVER.path + '/os-volume_attachments',
                        {'volumeAttachment': {'volumeId': volume.id}}, version='compute 2.101')
    tap.expect(reply.status, 202, 'attach')
    if instant is None:
        volume.wait('attaching')
    time.sleep(instant or 0)  # the instant is what is tried
    os.kill(emulator, signal.SIGKILL)


def an_emulator_is_killed_in_the_middle_of_an_attach():
    """The volume is attached or it is not, everybody says the same, and the server starts."""
    volumes = [Volume() for _ in INSTANTS]
    for volume, instant in zip(volumes, INSTANTS):
        SERVER.start()
        attach_and_kill(volume, instant)
        status = wait_over(volume)
        tap.comment('killed after %s s: %s' % (instant, status))
        SERVER.wait('SHUTOFF', 120)
        SERVER.has(*[one for one in volumes if one.show()['status'] == 'in-use'])
    SERVER.start()
    SERVER.wait_boot()
    attached = [volume for volume in volumes if volume.show()['status'] == 'in-use']
    SERVER.has(*attached)
    for volume in attached:
        SERVER.detach(volume)
    SERVER.has()
    for volume in volumes:
        volume.delete()


# --- slots -----------------------------------------------------------------------------------

def attaches(volume):
    SERVER.request_attach(volume)
    return wait_over(volume) == 'in-use'


def a_disk_that_no_slot_is_left_for():
    """A guest that runs takes as many as its domain was made for, and says so of the next."""
    asked(CLEATD.user('admin').put('/volume/v3/os-quota-sets/' + demo().project_id,
                                   {'quota_set': {'volumes': 100, 'gigabytes': 1000}}))
    volumes, last = [], Volume()
    while attaches(last):
        volumes.append(last)
        assert len(volumes) < 2 * FREE_PORTS, 'no end of slots'
        last = Volume()
    action = SERVER.newest_action()
    tap.comment('disk %d: %s' % (len(volumes) + 1, action['events'][0]['details']))
    assert len(volumes) >= FREE_PORTS, len(volumes)
    tap.expect((action['action'], action['message']), ('attach_volume', 'Error'), 'action')
    assert 'no slot is left until' in action['events'][0]['details'], action
    SERVER.has(*volumes)
    SERVER.detach(volumes[7])
    SERVER.attach(last)
    volumes[7], last = last, volumes[7]
    SERVER.has(*volumes)
    SERVER.action('os-stop')
    SERVER.wait('SHUTOFF', 120)
    SERVER.attach(last)
    SERVER.start()
    SERVER.wait_boot()
    volumes.append(last)
    SERVER.has(*volumes)
    SERVER.delete()
    for volume in volumes:
        volume.wait('available')


def cleanup():
    if PROXY:
        PROXY.shutdown()
    away.cleanup()


if __name__ == '__main__':
    tap.run('faults', [a_server_boots] + [
        a_guest_asks_a_proxy_that_signs,
        a_guest_cannot_write_to_what_is_read_only, a_guest_that_does_not_let_go_keeps_its_volume,
        a_paused_guest_lets_go_later, an_attach_bears_that_libvirtd_goes_away,
        a_detach_bears_that_libvirtd_goes_away,
        an_emulator_is_killed_in_the_middle_of_an_attach,
        a_disk_that_no_slot_is_left_for] * bool(away.has_libvirtd()), cleanup)
