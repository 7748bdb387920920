#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A guest that somebody else defined and started with plain libvirt is adopted while it runs, gets
volumes, is stopped and started, and is given back. It does not notice, and its definition stays
what its owner wrote, but for the mark."""
import os
import subprocess
import sys
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attach  # noqa: E402
from attach import asked, lib, tap, Server, Volume  # noqa: E402

CLEATD = attach.CLEATD
ID = '5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11'
NAME = 'grandfathers'
OWN_DISK = b'written by its owner'
XML = '''<domain type='qemu'>
  <name>{name}</name><uuid>{id}</uuid><title>not ours</title>
  <metadata><app:note xmlns:app='urn:example:app'>keep me</app:note></metadata>
  <memory unit='MiB'>256</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{guest}/vmlinux</kernel><initrd>{guest}/initrd.img</initrd>
    <cmdline>console=ttyS0 quiet panic=-1 nokaslr mitigations=off no_timer_check tsc=reliable
 8250.nr_uarts=1 audit=0</cmdline></os>
  <features><acpi/></features>
  <on_reboot>restart</on_reboot>
  <devices>
    <controller type='usb' model='none'/>
    {ports}
    <disk type='file' device='disk'><driver name='qemu' type='raw' cache='writeback'/>
      <source file='{disk}'/><target dev='vda' bus='virtio'/></disk>
    <serial type='file'><source path='{dir}/guests/{id}.console'/></serial>
    <channel type='unix'><source mode='bind' path='{dir}/guests/{id}.channel'/>
      <target type='virtio' name='org.cleat.guest.0'/></channel>
    <memballoon model='none'/>
  </devices>
</domain>'''


class Adopted(Server):
    """The vocabulary of attach.py, for a server that was not made by it."""

    def __init__(self):  # pylint: disable=super-init-not-called
        self.id = ID
        self.path = '%s/%s' % (attach.SERVERS, ID)


SERVER = Adopted()
BOOT = None
VOLUME = None
DEFINED = None


def demo_is_admin():
    """What attach.py asks for as demo, the owner of adopted domains asks for as admin."""
    return CLEATD.user('admin')


def definition():
    """Of the next start: its parts but for the mark, and how many marks. libvirt orders devices
    anew when it reads its own files."""
    path = SERVER.libvirt_file('etc', 'qemu', NAME + '.xml')
    root = xml.etree.ElementTree.parse(path).getroot()
    metadata, devices = root.find('metadata'), root.find('devices')
    marks = metadata.findall('{urn:cleat:domain:1}domain')
    for mark in marks:
        metadata.remove(mark)
    parts = [''.join(xml.etree.ElementTree.tostring(part, encoding='unicode').split())
             for part in [part for part in root if part is not devices] + list(devices)]
    return sorted(parts), len(marks)


def expect_definition(marks):
    parts, found = definition()
    tap.expect([part for part in parts if part not in DEFINED[0]], [], 'new parts')
    tap.expect([part for part in DEFINED[0] if part not in parts], [], 'lost parts')
    tap.expect(found, marks, 'marks')


def pid():
    with open(SERVER.libvirt_file('run', 'qemu', NAME + '.pid'), encoding='ascii') as file:
        return int(file.read())


def its_owner_starts_it():
    global BOOT, DEFINED
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name
    tap.expect(CLEATD.stop(), 0, 'a first run, which makes the folder')
    disk = os.path.join(CLEATD.dir, 'owners.raw')
    with open(disk, 'wb') as file:
        file.write(OWN_DISK)
        file.truncate(1 << 20)
    text = XML.format(
        name=NAME, id=ID, disk=disk, dir=CLEATD.dir,
        guest=os.path.abspath(os.environ['CLEAT_GUEST_IMAGE']),
        ports=''.join("<controller type='pci' model='pcie-root-port' index='%d'/>" % i
                      for i in range(1, 10)))
    program = os.path.join(lib.BUILD, 'tests', 'scenario', 'define-domain')
    done = subprocess.run([program, SERVER.libvirt_file()], input=text, text=True,
                          capture_output=True, check=False)
    tap.expect(done.returncode, 0, done.stderr)
    DEFINED = definition()
    tap.expect(DEFINED[1], 0, 'marks')
    SERVER.wait_boot()
    BOOT = attach.boot_id(SERVER), pid()


def it_is_adopted_while_it_runs():
    assert CLEATD.start()
    flavor = asked(demo_is_admin().post('/compute/v2.1/flavors', {'flavor': {
        'name': 'as-it-is', 'ram': 256, 'vcpus': 1, 'disk': 0}}))['flavor']['id']
    reply = demo_is_admin().post('/admin/v1/servers', {'adopt': {
        'domain': NAME, 'flavor': flavor}})
    tap.expect(reply.status, 202, 'adopt %r' % reply)
    SERVER.wait('ACTIVE')
    expect_definition(marks=1)
    tap.expect((attach.boot_id(SERVER), pid()), BOOT, 'guest')
    shown = asked(demo_is_admin().get('/admin/v1/servers/' + ID))['server']
    disk, = shown['disks']
    tap.expect((shown['domain'], shown['owner'], disk['target'], disk['source'],
                disk['volume_id']),
               (NAME, 'adopted', 'vda', os.path.join(CLEATD.dir, 'owners.raw'), None), 'shown')


def it_gets_a_volume():
    global VOLUME
    VOLUME = Volume()
    attachment = SERVER.attach(VOLUME)
    tap.expect(attachment['device'], '/dev/vdb', 'device')
    disk = SERVER.wait_disk(VOLUME)
    SERVER.run("echo 'from inside' | dd of=/dev/%s bs=512 conv=fsync" % disk)
    tap.expect((attach.boot_id(SERVER), pid()), BOOT, 'guest')


def cleatd_dies_and_finds_it_again():
    CLEATD.kill()
    assert CLEATD.start()
    SERVER.wait('ACTIVE')
    tap.expect((attach.boot_id(SERVER), pid()), BOOT, 'guest')
    SERVER.wait_disk(VOLUME)


def a_start_takes_its_definition_as_it_is():
    SERVER.action('os-stop')
    SERVER.wait('SHUTOFF')
    tap.expect(definition()[1], 1, 'marks')
    SERVER.action('os-start')
    SERVER.wait('ACTIVE')
    SERVER.wait_boot()
    disk = SERVER.wait_disk(VOLUME)
    tap.expect(SERVER.run('dd if=/dev/%s bs=11 count=1 2>/dev/null' % disk), 'from inside',
               'data')
    SERVER.detach(VOLUME)
    VOLUME.delete()
    expect_definition(marks=1)


def it_is_not_deleted():
    reply = demo_is_admin().delete(SERVER.path)
    tap.expect(reply.status, 409, 'delete')
    tap.expect(SERVER.status(), 'ACTIVE', 'status')


def it_is_given_back_while_it_runs():
    before = attach.boot_id(SERVER), pid()
    tap.expect(demo_is_admin().post('/admin/v1/servers/%s/release' % ID).status, 202, 'release')
    lib.wait_for(lambda: demo_is_admin().get(SERVER.path).status == 404, 'server to go')
    tap.expect((attach.boot_id(SERVER), pid()), before, 'guest')
    expect_definition(marks=0)
    tap.expect(CLEATD.stop(), 0, 'exit status')
    os.kill(pid(), 0)  # it runs on
    with open(os.path.join(CLEATD.dir, 'owners.raw'), 'rb') as file:
        tap.expect(file.read(len(OWN_DISK)), OWN_DISK, 'its own disk')


def cleanup():
    attach.cleanup()
    try:
        os.kill(pid(), 9)
    except OSError:
        pass  # it never ran


if __name__ == '__main__':
    attach.demo = demo_is_admin
    tap.run('adopt', [
        its_owner_starts_it, it_is_adopted_while_it_runs, it_gets_a_volume,
        cleatd_dies_and_finds_it_again, a_start_takes_its_definition_as_it_is, it_is_not_deleted,
        it_is_given_back_while_it_runs], cleanup)
