#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Debian's own openstack command, unchanged, against cleatd.

    client.py [fake|libvirt]

On `fake` (the default) every command that Cleat promises to serve, and what it must refuse; on
`libvirt` the path of one volume through a server that really runs.
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
IDS = {}


def openstack(*words, **how):
    return commands.run(CLEATD, 'openstack', *words, **how)


def table(*words, **how):
    """The same as data."""
    return json.loads(openstack(*words, '-f', 'json', **how))


def value(column, *words, **how):
    return openstack(*words, '-f', 'value', '-c', column, **how).strip()


def refused(wanted, *words, **how):
    commands.refused(CLEATD, wanted, 'openstack', *words, **how)


def named(rows):
    return [row['Name'] for row in rows]


def wait_status(kind, name, wanted, seconds=60):
    """Until the server or volume has the status."""
    def status():
        now = value('status', kind, 'show', name)
        if now.lower() == 'error':
            raise AssertionError('%s %s is in error' % (kind, name))
        return now == wanted
    tap.wait_for('%s %s is %s' % (kind, name, wanted), status, seconds)


# --- identity ------------------------------------------------------------------------------

def token_issue():
    token = table('token', 'issue')
    assert token['id'] and token['expires'] and token['project_id'] and token['user_id'], token


def token_issue_by_clouds_yaml():
    env = {'OS_CLIENT_CONFIG_FILE': os.path.join(CLEATD.dir, 'clouds.yaml'), 'OS_CLOUD': 'demo'}
    openstack('token', 'issue', env=env)


def token_revoke():
    token = value('id', 'token', 'issue')
    openstack('token', 'revoke', token)
    refused('401', 'volume', 'list', env={
        'OS_AUTH_TYPE': 'token', 'OS_TOKEN': token, 'OS_USERNAME': '', 'OS_PASSWORD': '',
        'OS_USER_DOMAIN_NAME': '', 'OS_USER_DOMAIN_ID': ''})


def wrong_password_is_401():
    refused('401', 'token', 'issue', env={'OS_PASSWORD': 'wrong'})


def catalog_list():
    types = {row['Type'] for row in table('catalog', 'list')}
    assert {'identity', 'compute', 'image'} <= types, types
    assert types & {'volumev3', 'block-storage'}, types


def catalog_show():
    endpoints = json.dumps(table('catalog', 'show', 'compute'))
    assert '/compute/v2.1' in endpoints, endpoints


def versions_show():
    rows = table('versions', 'show', '--service', 'compute')
    assert any(row['Max Microversion'] == '2.104' for row in rows), rows


def look_ups_by_the_admin():
    projects = named(table('project', 'list', user='admin'))
    assert {'demo', 'alt', 'admin'} <= set(projects), projects
    users = named(table('user', 'list', user='admin'))
    assert {'demo', 'reader', 'alt', 'admin', 'service'} <= set(users), users
    roles = named(table('role', 'list', user='admin'))
    assert {'admin', 'member', 'reader', 'service'} <= set(roles), roles
    tap.expect(value('name', 'project', 'show', 'demo', user='admin'), 'demo')
    tap.expect(value('name', 'user', 'show', 'demo', user='admin'), 'demo')


def application_credential():
    made = table('application', 'credential', 'create', 'e2e')
    env = {'OS_AUTH_TYPE': 'v3applicationcredential', 'OS_APPLICATION_CREDENTIAL_ID': made['id'],
           'OS_APPLICATION_CREDENTIAL_SECRET': made['secret'], 'OS_PROJECT_NAME': '',
           'OS_PROJECT_ID': '', 'OS_USERNAME': '', 'OS_PASSWORD': '', 'OS_USER_DOMAIN_NAME': '',
           'OS_USER_DOMAIN_ID': '', 'OS_PROJECT_DOMAIN_NAME': '', 'OS_PROJECT_DOMAIN_ID': ''}
    openstack('volume', 'list', env=env)
    assert 'e2e' in named(table('application', 'credential', 'list'))
    openstack('application', 'credential', 'delete', 'e2e')
    refused('401', 'volume', 'list', env=env)


# --- images and flavors --------------------------------------------------------------------

def image_create():
    disk = os.path.join(CLEATD.dir, 'e2e.raw')
    with open(disk, 'wb') as f:
        f.write(b'root disk')
        f.truncate(1 << 20)
    made = table('image', 'create', '--disk-format', 'raw', '--container-format', 'bare',
                 '--file', disk, '--property', 'purpose=test', 'e2e')
    IDS['image'] = made['id']
    shown = table('image', 'show', 'e2e')
    tap.expect((shown['status'], shown['size'], shown['disk_format']), ('active', 1 << 20, 'raw'))
    assert 'e2e' in named(table('image', 'list'))


def image_with_a_backing_file_is_refused():
    disk = os.path.join(CLEATD.dir, 'bad.qcow2')
    subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', '/etc/passwd',
                    disk, '1M'], check=True)
    openstack('image', 'create', '--disk-format', 'qcow2', '--container-format', 'bare',
              '--file', disk, 'bad', fails=True)
    assert not [row for row in table('image', 'list')
                if row['Name'] == 'bad' and row['Status'] == 'active']


def flavor_list():
    rows = table('flavor', 'list')
    assert rows, 'no flavors'
    IDS['flavor'] = min(rows, key=lambda row: (row['RAM'], row['Disk']))['Name']
    shown = table('flavor', 'show', IDS['flavor'])
    tap.expect(shown['name'], IDS['flavor'])


def flavor_create_and_delete():
    openstack('flavor', 'create', '--ram', '128', '--disk', '1', '--vcpus', '1', '--property',
              'hw:mem_page_size=small', 'e2e', user='admin')
    shown = table('flavor', 'show', 'e2e')
    tap.expect((shown['ram'], shown['properties']), (128, {'hw:mem_page_size': 'small'}))
    openstack('flavor', 'delete', 'e2e', user='admin')
    refused('403', 'flavor', 'create', '--ram', '128', '--disk', '1', '--vcpus', '1', 'e2e2')


# --- volumes -------------------------------------------------------------------------------

def volume_create():
    made = table('volume', 'create', '--size', '1', '--description', 'for the test',
                 '--property', 'k=v', 'data')
    IDS['volume'] = made['id']
    wait_status('volume', 'data', 'available')
    shown = table('volume', 'show', 'data')
    tap.expect((shown['size'], shown['attachments'], shown['description'], shown['properties']),
               (1, [], 'for the test', {'k': 'v'}))


def volume_list():
    rows = table('volume', 'list', '--long')
    tap.expect([(row['Name'], row['Status'], row['Size']) for row in rows],
               [('data', 'available', 1)])
    tap.expect(named(table('volume', 'list', '--status', 'in-use')), [])


def volume_set():
    openstack('volume', 'set', '--name', 'renamed', '--property', 'x=y', 'data')
    tap.expect(value('properties', 'volume', 'show', 'renamed'), "{'k': 'v', 'x': 'y'}")
    openstack('volume', 'set', '--name', 'data', 'renamed')


def volume_types():
    types = named(table('volume', 'type', 'list'))
    assert types, 'no volume type'
    tap.expect(value('name', 'volume', 'type', 'show', types[0]), types[0])


def limits_show():
    limits = {row['Name']: row['Value'] for row in table('limits', 'show', '--absolute')}
    tap.expect((limits['totalVolumesUsed'], limits['totalGigabytesUsed']), (1, 1))
    assert limits['maxTotalInstances'], limits


def volume_of_another_project_is_not_found():
    refused('No volume with a name or ID', 'volume', 'show', IDS['volume'], user='alt')
    tap.expect(table('volume', 'list', user='alt'), [])


def reader_may_look_but_not_make():
    tap.expect(named(table('volume', 'list', user='reader')), ['data'])
    refused('403', 'volume', 'create', '--size', '1', 'nope', user='reader')


def volume_without_a_size_is_refused():
    refused('400', 'volume', 'create', '--size', '0', 'nope')


# --- servers -------------------------------------------------------------------------------

def server_create():
    made = table('server', 'create', '--image', image(), '--flavor', IDS['flavor'], '--property',
                 'role=test', 'vm')
    IDS['server'] = made['id']
    wait_status('server', 'vm', 'ACTIVE', 120)
    shown = table('server', 'show', 'vm')
    assert shown['OS-EXT-STS:power_state'] in (1, 'Running'), shown
    assert 'test' in str(shown['properties']), shown


def server_create_without_network():
    openstack('--os-compute-api-version', '2.37', 'server', 'create', '--image', image(),
              '--flavor', IDS['flavor'], '--nic', 'none', '--wait', 'vm2')
    openstack('server', 'delete', '--wait', 'vm2')


BOOTED = 'N/A (booted from volume)'


def server_from_a_volume():
    """One that is there, and one that the client makes of an image with the server."""
    openstack('volume', 'create', '--size', '1', '--image', image(), 'root')
    wait_status('volume', 'root', 'available')
    openstack('server', 'create', '--volume', 'root', '--flavor', IDS['flavor'], '--wait', 'vm2')
    tap.expect(table('server', 'show', 'vm2')['image'], BOOTED)
    wait_status('volume', 'root', 'in-use')
    refused('Cannot detach a root device volume', 'server', 'remove', 'volume', 'vm2', 'root')
    openstack('server', 'create', '--image', image(), '--boot-from-volume', '1', '--flavor',
              IDS['flavor'], '--wait', 'vm3')
    tap.expect(table('server', 'show', 'vm3')['image'], BOOTED)
    openstack('server', 'delete', '--wait', 'vm2', 'vm3')
    wait_status('volume', 'root', 'available')


def server_with_block_devices():
    """In the client's older and newer words for them."""
    openstack('volume', 'create', '--size', '1', 'extra')
    wait_status('volume', 'extra', 'available')
    extra = value('id', 'volume', 'show', 'extra')
    openstack('server', 'create', '--image', image(), '--flavor', IDS['flavor'], '--wait',
              '--block-device-mapping', 'vdb=%s:volume' % extra, 'vm2')
    tap.expect([row['Device'] for row in table('server', 'volume', 'list', 'vm2')], ['/dev/vdb'])
    openstack('server', 'delete', '--wait', 'vm2')
    wait_status('volume', 'extra', 'available')
    at = ('--os-compute-api-version', '2.79')
    openstack(*at, 'server', 'create', '--image', image(), '--flavor', IDS['flavor'], '--wait',
              '--nic', 'none', '--boot-from-volume', '1',
              '--block-device', 'uuid=%s,source_type=volume,destination_type=volume,tag=data'
              % extra,
              '--block-device', 'source_type=blank,destination_type=volume,volume_size=1,'
              'volume_type=__DEFAULT__,delete_on_termination=true', 'vm2')
    rows = {row['Tag']: row for row in table(*at, 'server', 'volume', 'list', 'vm2')}
    tap.expect(len(rows), 2, str(rows))  # two have no tag
    tap.expect(rows['data']['Volume ID'], extra)
    openstack('server', 'delete', '--wait', 'vm2')
    wait_status('volume', 'extra', 'available')
    for row in table('volume', 'list'):
        if row['Name'] != 'data':
            openstack('volume', 'delete', row['ID'])
    tap.wait_for('volumes to go', lambda: named(table('volume', 'list')) == ['data'])


def server_list():
    tap.expect([(row['Name'], row['Status']) for row in table('server', 'list')],
               [('vm', 'ACTIVE')])
    tap.expect(table('server', 'list', user='alt'), [])


def server_of_another_project_is_not_found():
    refused('No server with a name or ID', 'server', 'show', IDS['server'], user='alt')


def server_with_an_unknown_flavor_is_refused():
    refused('No flavor with a name or ID', 'server', 'create', '--image', image(), '--flavor',
            'nope', 'vm3')


def server_set_name():
    openstack('server', 'set', '--name', 'vm-renamed', 'vm')
    openstack('server', 'set', '--name', 'vm', 'vm-renamed')


def console_log():
    openstack('console', 'log', 'show', 'vm')


# --- attachment: what it is all about ------------------------------------------------------

def server_add_volume_with_tag():
    made = table('--os-compute-api-version', '2.49', 'server', 'add', 'volume', '--tag', 'scratch',
                 'vm', 'data')
    tap.expect((made['Server ID'], made['Volume ID'], made['Tag']),
               (IDS['server'], IDS['volume'], 'scratch'))
    assert made['Device'].startswith('/dev/'), made
    wait_status('volume', 'data', 'in-use')
    attachment, = table('volume', 'show', 'data')['attachments']
    tap.expect((attachment['server_id'], attachment['device']), (IDS['server'], made['Device']))


def server_volume_list():
    row, = table('server', 'volume', 'list', 'vm')
    tap.expect((row['Server ID'], row['Volume ID']), (IDS['server'], IDS['volume']))
    assert IDS['volume'] in str(table('server', 'show', 'vm')['volumes_attached'])


def attached_volume_is_not_attached_again():
    refused('is already attached to instances', 'server', 'add', 'volume', 'vm', 'data')


def attached_volume_is_not_deleted():
    refused('400', 'volume', 'delete', 'data')
    tap.expect(value('status', 'volume', 'show', 'data'), 'in-use')


def server_stop_and_start():
    openstack('server', 'stop', 'vm')
    wait_status('server', 'vm', 'SHUTOFF', 120)
    row, = table('server', 'volume', 'list', 'vm')
    tap.expect(row['Volume ID'], IDS['volume'])
    openstack('server', 'start', 'vm')
    wait_status('server', 'vm', 'ACTIVE', 120)


def server_reboot():
    openstack('server', 'reboot', '--hard', 'vm')
    wait_status('server', 'vm', 'ACTIVE', 120)
    openstack('server', 'reboot', '--soft', 'vm')
    wait_status('server', 'vm', 'ACTIVE', 120)


def server_pause_and_suspend():
    for there, rest, back in (('pause', 'PAUSED', 'unpause'), ('suspend', 'SUSPENDED', 'resume')):
        openstack('server', there, 'vm')
        wait_status('server', 'vm', rest, 120)
        tap.expect(value('status', 'volume', 'show', 'data'), 'in-use')
        openstack('server', back, 'vm')
        wait_status('server', 'vm', 'ACTIVE', 120)
    refused('409', 'server', 'unpause', 'vm')


def server_shelve_with_a_volume():
    openstack('server', 'shelve', '--wait', 'vm')
    wait_status('server', 'vm', 'SHELVED_OFFLOADED', 120)
    tap.expect(value('status', 'volume', 'show', 'data'), 'reserved')
    row, = table('server', 'volume', 'list', 'vm')
    tap.expect(row['Volume ID'], IDS['volume'])
    refused('not available', '--os-compute-api-version', '2.77', 'server', 'unshelve',
            '--availability-zone', 'nowhere', 'vm')
    openstack('--os-compute-api-version', '2.77', 'server', 'unshelve', '--wait', 'vm')
    wait_status('server', 'vm', 'ACTIVE', 120)
    tap.expect(value('status', 'volume', 'show', 'data'), 'in-use')


def server_lock():
    openstack('--os-compute-api-version', '2.73', 'server', 'lock', '--reason', 'mine', 'vm')
    shown = table('--os-compute-api-version', '2.73', 'server', 'show', 'vm')
    tap.expect((shown['locked'], shown['locked_reason']), (True, 'mine'))
    refused('is locked', 'server', 'stop', 'vm')
    refused('is locked', 'server', 'remove', 'volume', 'vm', 'data')
    openstack('server', 'unlock', 'vm')


def server_set_state():
    refused('403', 'server', 'set', '--state', 'error', 'vm')
    for state in ('error', 'active'):
        openstack('server', 'set', '--state', state, IDS['server'], user='admin')
        tap.expect(value('status', 'server', 'show', 'vm'), state.upper())


def server_migrate_finds_no_host():
    refused('No valid host was found', 'server', 'migrate', IDS['server'], user='admin')
    refused('No valid host was found', '--os-compute-api-version', '2.30', 'server', 'migrate',
            '--live-migration', IDS['server'], user='admin')


def server_resize_and_confirm_or_revert():
    openstack('flavor', 'create', '--ram', '128', '--disk', '2', '--vcpus', '2', 'larger',
              user='admin')
    openstack('server', 'resize', '--wait', '--flavor', 'larger', 'vm')
    wait_status('server', 'vm', 'VERIFY_RESIZE')
    openstack('server', 'resize', 'revert', 'vm')
    wait_status('server', 'vm', 'ACTIVE')
    openstack('server', 'resize', '--flavor', 'larger', 'vm')
    wait_status('server', 'vm', 'VERIFY_RESIZE')
    openstack('server', 'resize', 'confirm', 'vm')
    wait_status('server', 'vm', 'ACTIVE')
    assert 'larger' in str(table('server', 'show', 'vm')['flavor'])
    refused('instances must change flavor', 'server', 'resize', '--flavor', 'larger', 'vm')
    openstack('flavor', 'delete', 'larger', user='admin')


def server_image_create_and_rebuild():
    made = table('server', 'image', 'create', '--wait', '--name', 'of vm', 'vm')
    tap.expect(made['name'], 'of vm')
    openstack('server', 'rebuild', '--wait', '--image', 'of vm', 'vm')
    wait_status('server', 'vm', 'ACTIVE')
    assert 'of vm' in str(table('server', 'show', 'vm')['image'])
    row, = table('server', 'volume', 'list', 'vm')
    tap.expect(row['Volume ID'], IDS['volume'])
    openstack('image', 'delete', 'of vm')


def server_rescue_and_unrescue():
    openstack('server', 'rescue', '--image', image(), 'vm')
    wait_status('server', 'vm', 'RESCUE')
    openstack('server', 'unrescue', 'vm')
    wait_status('server', 'vm', 'ACTIVE')


def server_remove_volume():
    openstack('server', 'remove', 'volume', 'vm', 'data')
    wait_status('volume', 'data', 'available', 120)
    tap.expect(table('server', 'volume', 'list', 'vm'), [])


def detached_volume_is_not_detached_again():
    refused('404', 'server', 'remove', 'volume', 'vm', 'data')


def server_event_list():
    actions = [row['Action'] for row in table('server', 'event', 'list', 'vm')]
    assert {'create', 'attach_volume', 'detach_volume'} <= set(actions), actions


def server_event_show():
    request = [row['Request ID'] for row in table('server', 'event', 'list', 'vm')][-1]
    shown = table('--os-compute-api-version', '2.84', 'server', 'event', 'show', 'vm', request)
    tap.expect((shown['action'], shown['events'][0]['result']), ('create', 'Success'))


def servers_by_filter():
    tap.expect(named(table('server', 'list', '--status', 'ACTIVE', '--name', 'v', '--long')),
               ['vm'])
    tap.expect(named(table('server', 'list', '--status', 'SHUTOFF')), [])
    assert 'vm' in named(table('server', 'list', '--all-projects', user='admin'))
    refused('403', 'server', 'list', '--all-projects')


# --- what there is beside servers ----------------------------------------------------------

def server_group_of_a_server():
    at = ('--os-compute-api-version', '2.64')
    made = table(*at, 'server', 'group', 'create', '--policy', 'anti-affinity', 'apart')
    openstack('--os-compute-api-version', '2.37', 'server', 'create', '--image', image(),
              '--flavor', IDS['flavor'], '--nic', 'none', '--hint', 'group=' + made['id'],
              '--wait', 'member')
    tap.expect(named(table(*at, 'server', 'group', 'list')), ['apart'])
    member = value('id', 'server', 'show', 'member')
    assert member in str(table(*at, 'server', 'group', 'show', 'apart')['members'])
    openstack('server', 'delete', '--wait', 'member')
    openstack('server', 'group', 'delete', 'apart')
    tap.expect(table('server', 'group', 'list'), [])


def flavor_set_and_unset():
    openstack('flavor', 'create', '--ram', '64', '--private', 'own', user='admin')
    openstack('flavor', 'set', '--project', 'demo', '--property', 'a=b', 'own', user='admin')
    tap.expect(value('properties', 'flavor', 'show', 'own'), "{'a': 'b'}")
    openstack('flavor', 'unset', '--project', 'demo', '--property', 'a', 'own', user='admin')
    refused('No Flavor found for own', 'flavor', 'show', 'own')
    openstack('flavor', 'delete', 'own', user='admin')


def host_as_admins_see_it():
    host, = [row['Hypervisor Hostname'] for row in table('hypervisor', 'list', user='admin')]
    tap.expect(value('state', 'hypervisor', 'show', host, user='admin'), 'up')
    tap.expect(value('count', 'hypervisor', 'stats', 'show', user='admin'), '1')
    rows = table('compute', 'service', 'list', '--service', 'nova-compute', user='admin')
    tap.expect([(row['Host'], row['State']) for row in rows], [(host, 'up')])
    assert 'nova' in [row['Zone Name'] for row in table(
        'availability', 'zone', 'list', '--compute', '--long', user='admin')]
    tap.expect(table('aggregate', 'list', user='admin'), [])


def quota_and_usage():
    tap.expect(int(value('instances', 'quota', 'show')), 10)
    openstack('quota', 'set', '--instances', '11', 'demo', user='admin')
    tap.expect(int(value('instances', 'quota', 'show')), 11)
    tap.expect(len(table('usage', 'list', user='admin')), 1)
    assert float(value('CPU Hours', 'usage', 'show')) >= 0


def server_delete_releases_its_volumes():
    openstack('server', 'add', 'volume', 'vm', 'data')
    wait_status('volume', 'data', 'in-use')
    openstack('server', 'delete', '--wait', 'vm')
    tap.expect(table('server', 'list'), [])
    wait_status('volume', 'data', 'available')


def volume_delete():
    openstack('volume', 'delete', 'data')
    tap.wait_for('volume is gone', lambda: table('volume', 'list') == [])
    refused('No volume with a name or ID', 'volume', 'show', IDS['volume'])


def image_delete():
    openstack('image', 'delete', 'e2e')
    assert 'e2e' not in named(table('image', 'list'))


def daemon_ends_well():
    tap.expect(CLEATD.stop(), 0, 'status of cleatd')


# --- both lists ----------------------------------------------------------------------------

def image():
    """On libvirt the tiny guest, made here from its three files; on fake any image."""
    if HYPERVISOR == 'libvirt':
        return IDS['image']
    return 'e2e'


def guest_image_create():
    subprocess.run([os.path.join(lib.ROOT, 'guest', 'build-guest-image'), '-q'], check=True)
    folder = os.path.join(lib.ROOT, '.cache', 'guest')
    parts = {}
    for kind, name in (('aki', 'vmlinux'), ('ari', 'initrd.img')):
        parts[kind] = value('id', 'image', 'create', '--disk-format', kind, '--container-format',
                            kind, '--file', os.path.join(folder, name), 'guest-' + name)
    IDS['image'] = value('id', 'image', 'create', '--disk-format', 'raw', '--container-format',
                         'bare', '--file', os.path.join(folder, 'tiny.raw'), '--property',
                         'kernel_id=' + parts['aki'], '--property', 'ramdisk_id=' + parts['ari'],
                         'guest')


def guest_is_up():
    tap.wait_for('the guest\'s own word', lambda: 'GUEST-READY' in openstack(
        'console', 'log', 'show', 'vm'), 120)


ON_FAKE = [
    token_issue, token_issue_by_clouds_yaml, token_revoke, wrong_password_is_401, catalog_list,
    catalog_show, versions_show, look_ups_by_the_admin, application_credential,
    image_create, image_with_a_backing_file_is_refused, flavor_list, flavor_create_and_delete,
    volume_create, volume_list, volume_set, volume_types, limits_show,
    volume_of_another_project_is_not_found, reader_may_look_but_not_make,
    volume_without_a_size_is_refused,
    server_create, server_create_without_network, server_from_a_volume,
    server_with_block_devices, server_list,
    server_of_another_project_is_not_found, server_with_an_unknown_flavor_is_refused,
    server_set_name, console_log,
    server_add_volume_with_tag, server_volume_list, attached_volume_is_not_attached_again,
    attached_volume_is_not_deleted, server_stop_and_start, server_reboot,
    server_pause_and_suspend, server_shelve_with_a_volume, server_lock, server_set_state,
    server_migrate_finds_no_host, server_resize_and_confirm_or_revert,
    server_image_create_and_rebuild, server_rescue_and_unrescue, server_remove_volume,
    detached_volume_is_not_detached_again,
    server_event_list, server_event_show, servers_by_filter,
    server_group_of_a_server, flavor_set_and_unset, host_as_admins_see_it, quota_and_usage,
    server_delete_releases_its_volumes, volume_delete, image_delete,
    daemon_ends_well,
]

ON_LIBVIRT = [
    guest_image_create, flavor_list, server_create, guest_is_up, volume_create,
    server_add_volume_with_tag, server_volume_list, server_stop_and_start, guest_is_up,
    server_pause_and_suspend, server_shelve_with_a_volume, guest_is_up, server_remove_volume,
    server_event_list, server_delete_releases_its_volumes, volume_delete, daemon_ends_well,
]

def cleatd_serves():
    assert CLEATD.start(), 'cleatd died, see %s' % CLEATD.log.name


with CLEATD:
    tap.run('client on ' + HYPERVISOR,
            [cleatd_serves] + (ON_LIBVIRT if HYPERVISOR == 'libvirt' else ON_FAKE))
