#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Debian's own openstack command, unchanged: what users do with servers and their volumes.

    servers.py [fake|libvirt]

Boot from volumes, block devices, multi-attach, swap, and every way to put a server aside and back;
a volume stays attached through all of it.
"""
import json
import os
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'api'), os.path.join(TESTS, 'lib')]
import commands  # noqa: E402
import lib  # noqa: E402
import tap  # noqa: E402

HYPERVISOR = sys.argv[1] if len(sys.argv) > 1 else 'fake'
CLEATD = lib.Cleatd(hypervisor=HYPERVISOR, start=False)
SECONDS = 180 if HYPERVISOR == 'libvirt' else 60
IDS = {}


def openstack(*words, at='2.90', **how):
    return commands.run(CLEATD, 'openstack', '--os-compute-api-version', at, *words, **how)


def table(*words, **how):
    return json.loads(openstack(*words, '-f', 'json', **how))


def value(column, *words, **how):
    return openstack(*words, '-f', 'value', '-c', column, **how).strip()


def refused(wanted, *words, at='2.90', **how):
    commands.refused(CLEATD, wanted, 'openstack', '--os-compute-api-version', at, *words, **how)


def becomes(kind, name, wanted):
    """Until a server or volume has the status, and no task is left."""
    def look():
        shown = table(kind, 'show', name)
        now = shown['status']
        if now.lower() == 'error' and wanted.lower() != 'error':
            raise AssertionError('%s %s is in error: %s' % (kind, name, shown.get('fault')))
        return now == wanted and not shown.get('OS-EXT-STS:task_state')
    tap.wait_for('%s %s is %s' % (kind, name, wanted), look, SECONDS)


def attached(server):
    return sorted(row['Volume ID'] for row in table('server', 'volume', 'list', server))


def volume(name, *options):
    openstack('volume', 'create', '--size', '1', *options, name)
    becomes('volume', name, 'available')
    return value('id', 'volume', 'show', name)


# --- making servers ------------------------------------------------------------------------

def image_and_flavor():
    if HYPERVISOR == 'libvirt':
        subprocess.run([os.path.join(lib.ROOT, 'guest', 'build-guest-image'), '-q'], check=True)
        folder = os.path.join(lib.ROOT, '.cache', 'guest')
        parts = {kind: value('id', 'image', 'create', '--disk-format', kind, '--container-format',
                             kind, '--file', os.path.join(folder, name), 'guest-' + name)
                 for kind, name in (('aki', 'vmlinux'), ('ari', 'initrd.img'))}
        extra = ['--property', 'kernel_id=' + parts['aki'],
                 '--property', 'ramdisk_id=' + parts['ari']]
        source = os.path.join(folder, 'tiny.raw')
    else:
        source, extra = os.path.join(CLEATD.dir, 'image.raw'), []
        with open(source, 'wb') as file:
            file.truncate(1 << 20)
    IDS['image'] = value('id', 'image', 'create', '--disk-format', 'raw', '--container-format',
                         'bare', '--file', source, *extra, 'root')
    openstack('flavor', 'create', '--ram', '256', '--vcpus', '1', '--disk', '1', 'small',
              user='admin')
    openstack('flavor', 'create', '--ram', '320', '--vcpus', '2', '--disk', '2', 'large',
              user='admin')


def server(name, *options):
    openstack('server', 'create', '--flavor', 'small', '--nic', 'none', *options, name)
    becomes('server', name, 'ACTIVE')


def server_from_an_image_and_a_block_device():
    server('vm', '--image', 'root', '--block-device',
           'source_type=blank,destination_type=volume,volume_size=1,delete_on_termination=true,'
           'tag=scratch')
    row, = table('server', 'volume', 'list', 'vm')
    tap.expect((row['Tag'], row['Delete On Termination?']), ('scratch', True))


def server_from_a_volume():
    openstack('volume', 'create', '--size', '1', '--image', 'root', 'boot')
    becomes('volume', 'boot', 'available')
    server('bfv', '--volume', 'boot')
    shown = table('server', 'show', 'bfv')
    assert 'booted from volume' in str(shown['image']) or not shown['image'], shown['image']
    refused('Cannot detach a root device volume', 'server', 'remove', 'volume', 'bfv', 'boot')
    openstack('server', 'delete', '--wait', 'bfv')
    becomes('volume', 'boot', 'available')
    openstack('volume', 'delete', 'boot')


def server_from_a_new_volume():
    server('made', '--image', 'root', '--boot-from-volume', '1')
    made, = attached('made')
    openstack('server', 'delete', '--wait', 'made')
    openstack('volume', 'delete', made)


# --- volumes -------------------------------------------------------------------------------

def multiattach_volume_on_two_servers():
    openstack('volume', 'type', 'create', '--property', 'multiattach=<is> True', 'shared',
              user='admin')
    IDS['shared'] = volume('both', '--type', 'shared')
    server('second', '--image', 'root')
    refused('2.60', 'server', 'add', 'volume', 'vm', 'both', at='2.59')
    for name in ('vm', 'second'):
        openstack('server', 'add', 'volume', name, 'both', at='2.60')
        tap.wait_for('it is on ' + name, lambda name=name: any(
            row['server_id'] == value('id', 'server', 'show', name)
            for row in table('volume', 'show', 'both')['attachments']), SECONDS)
    becomes('volume', 'both', 'in-use')
    refused('already attached', 'server', 'add', 'volume', 'vm', 'both', at='2.60')
    openstack('server', 'remove', 'volume', 'vm', 'both', at='2.60')
    tap.wait_for('vm lets it go', lambda: IDS['shared'] not in attached('vm'), SECONDS)
    becomes('volume', 'both', 'in-use')
    openstack('server', 'remove', 'volume', 'second', 'both', at='2.60')
    becomes('volume', 'both', 'available')
    openstack('server', 'delete', '--wait', 'second')
    openstack('volume', 'delete', 'both')


def volume_that_goes_with_its_server():
    volume('mortal')
    IDS['kept'] = volume('kept')
    openstack('server', 'add', 'volume', '--enable-delete-on-termination', 'vm', 'mortal',
              at='2.79')
    openstack('server', 'add', 'volume', '--tag', 'data', 'vm', 'kept')
    for name in ('mortal', 'kept'):
        becomes('volume', name, 'in-use')


def server_volume_update():
    mortal = value('id', 'volume', 'show', 'mortal')
    for option, goes in (('--preserve-on-termination', False), ('--delete-on-termination', True)):
        openstack('server', 'volume', 'update', option, 'vm', mortal, at='2.85')
        flags = {row['Volume ID']: row['Delete On Termination?']
                 for row in table('server', 'volume', 'list', 'vm')}
        tap.expect(flags[mortal], goes)


# --- aside and back ------------------------------------------------------------------------

def there_and_back(there, status, back):
    before = attached('vm')
    openstack('server', there, 'vm')
    becomes('server', 'vm', status)
    tap.expect(attached('vm'), before)
    openstack('server', back, 'vm')
    becomes('server', 'vm', 'ACTIVE')
    tap.expect(attached('vm'), before)


def pause():
    there_and_back('pause', 'PAUSED', 'unpause')


def suspend():
    there_and_back('suspend', 'SUSPENDED', 'resume')


def shelve_with_volumes():
    there_and_back('shelve', 'SHELVED_OFFLOADED', 'unshelve')
    becomes('volume', 'kept', 'in-use')


def rescue():
    there_and_back('rescue', 'RESCUE', 'unrescue')


def resize_and_confirm():
    before = attached('vm')
    openstack('server', 'resize', '--flavor', 'large', 'vm')
    becomes('server', 'vm', 'VERIFY_RESIZE')
    openstack('server', 'resize', 'revert', 'vm')
    becomes('server', 'vm', 'ACTIVE')
    openstack('server', 'resize', '--flavor', 'large', 'vm')
    becomes('server', 'vm', 'VERIFY_RESIZE')
    openstack('server', 'resize', 'confirm', 'vm')
    becomes('server', 'vm', 'ACTIVE')
    assert 'large' in json.dumps(table('server', 'show', 'vm')['flavor'])
    tap.expect(attached('vm'), before)


def rebuild():
    before = attached('vm')
    openstack('server', 'rebuild', '--image', 'root', '--description', 'anew', 'vm')
    becomes('server', 'vm', 'ACTIVE')
    tap.expect(value('description', 'server', 'show', 'vm'), 'anew')
    tap.expect(attached('vm'), before)


def image_of_a_server():
    openstack('server', 'image', 'create', '--name', 'of-vm', 'vm')
    becomes('server', 'vm', 'ACTIVE')
    tap.wait_for('the image is active', lambda: value('status', 'image', 'show',
                                                      'of-vm') == 'active', SECONDS)
    openstack('image', 'delete', 'of-vm')


def lock():
    openstack('server', 'lock', '--reason', 'audit', 'vm', at='2.73')
    tap.expect(value('locked_reason', 'server', 'show', 'vm'), 'audit')
    openstack('server', 'unlock', 'vm')


def events_of_all_that():
    actions = {row['Action'] for row in table('server', 'event', 'list', 'vm')}
    wanted = {'create', 'attach_volume', 'pause', 'unpause', 'suspend', 'resume', 'shelve',
              'unshelve', 'rescue', 'unrescue', 'resize', 'confirmResize', 'revertResize',
              'rebuild', 'createImage', 'lock', 'unlock'}
    tap.expect(wanted - actions, set())


def what_an_admin_looks_at():
    for words in (('hypervisor', 'list'), ('compute', 'service', 'list'),
                  ('availability', 'zone', 'list', '--compute'), ('quota', 'show'),
                  ('limits', 'show', '--absolute'), ('server', 'list', '--all-projects', '--long'),
                  ('usage', 'show')):
        assert table(*words, user='admin') is not None, words


def server_group():
    openstack('server', 'group', 'create', '--policy', 'affinity', 'group')
    tap.expect([row['Name'] for row in table('server', 'group', 'list')], ['group'])
    openstack('server', 'group', 'delete', 'group')


def the_server_goes_with_what_belongs_to_it():
    openstack('server', 'delete', '--wait', 'vm')
    becomes('volume', 'kept', 'available')
    tap.wait_for('only the volume that was to be kept is there', lambda: [
        row['Name'] for row in table('volume', 'list')] == ['kept'], SECONDS)


def daemon_ends_well():
    tap.expect(CLEATD.stop(), 0, 'status of cleatd')


def cleatd_serves():
    assert CLEATD.start(), 'cleatd died, see %s' % CLEATD.log.name


EVERYWHERE = [
    cleatd_serves, image_and_flavor, server_from_an_image_and_a_block_device,
    server_from_a_volume, server_from_a_new_volume, multiattach_volume_on_two_servers,
    volume_that_goes_with_its_server, server_volume_update, pause, suspend, shelve_with_volumes,
    rescue, image_of_a_server, resize_and_confirm, rebuild, lock, events_of_all_that,
]
ON_FAKE = [what_an_admin_looks_at, server_group]
AT_THE_END = [the_server_goes_with_what_belongs_to_it, daemon_ends_well]

with CLEATD:
    tap.run('servers on ' + HYPERVISOR,
            EVERYWHERE + (ON_FAKE if HYPERVISOR == 'fake' else []) + AT_THE_END)
