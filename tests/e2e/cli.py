#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Every command of cleat against cleatd: results, refusals, exit codes.

The last test holds the list of commands that were run against `cleat help`.
"""
import json
import os
import re
import shutil
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'api'), os.path.join(TESTS, 'lib')]
import cli_local  # noqa: E402
import cli_shares  # noqa: E402
import lib  # noqa: E402
import tap  # noqa: E402
from cleat import (  # noqa: E402
    CLEATD, DENIED, FAILED, IDS, NOT_FOUND, RUN, TIMED_OUT, UNREACHABLE, USAGE, cleat, names,
    refused, run, table, value)


# --- the login -----------------------------------------------------------------------------

def token_issue():
    token = table('token', 'issue')
    assert all(token[key] for key in ('id', 'expires', 'project_id', 'user_id')), token


def token_instead_of_a_password():
    token = value('id', 'token', 'issue')
    login = {'OS_AUTH_URL': CLEATD.user('demo').rc['OS_AUTH_URL'], 'OS_TOKEN': token}
    tap.expect(value('id', 'token', 'issue', user=None, env=login), token)
    tap.expect(table('volume', 'list', user=None, env=login), [])
    refused(DENIED, '401', 'volume', 'list', user=None, env={**login, 'OS_TOKEN': 'wrong'})


def clouds_yaml():
    env = {'OS_CLIENT_CONFIG_FILE': os.path.join(CLEATD.dir, 'clouds.yaml')}
    cleat('token', 'issue', '--os-cloud', 'demo', user=None, env=env)
    cleat('token', 'issue', user=None, env={'OS_CLOUD': 'demo'})  # ./clouds.yaml
    refused(USAGE, "no clouds.yaml names a cloud 'none'", 'token', 'issue', '--os-cloud', 'none')


def application_credential():
    demo = CLEATD.user('demo')
    assert demo.token  # logs in, which tells the ids
    made = demo.post('/identity/v3/users/%s/application_credentials' % demo.user_id,
                     {'application_credential': {'name': 'cli'}})
    tap.expect(made.status, 201)
    login = {'OS_AUTH_URL': demo.rc['OS_AUTH_URL'],
             'OS_APPLICATION_CREDENTIAL_ID': made.body['application_credential']['id'],
             'OS_APPLICATION_CREDENTIAL_SECRET': made.body['application_credential']['secret']}
    tap.expect(value('project_id', 'token', 'issue', user=None, env=login), demo.project_id)


def wrong_logins():
    refused(DENIED, 'check the login', 'volume', 'list', env={'OS_PASSWORD': 'wrong'})
    refused(USAGE, 'set OS_AUTH_URL', 'volume', 'list', user=None)
    refused(UNREACHABLE, 'is OS_AUTH_URL right?', 'volume', 'list',
            env={'OS_AUTH_URL': 'http://127.0.0.1:1/identity'})
    refused(NOT_FOUND, 'in region elsewhere', 'volume', 'list', '--os-region-name', 'elsewhere')


def catalog_list():
    types = [row['Type'] for row in table('catalog', 'list')]
    assert {'identity', 'compute', 'image', 'block-storage'} <= set(types), types


def projects_and_users():
    assert {'demo', 'alt', 'admin'} <= set(names(table('project', 'list', user='admin')))
    assert {'demo', 'reader', 'service'} <= set(names(table('user', 'list', user='admin')))
    refused(DENIED, 'needs another role', 'project', 'list')
    refused(DENIED, 'needs another role', 'user', 'list')


# --- images and flavors --------------------------------------------------------------------

def image_create():
    disk = os.path.join(CLEATD.dir, 'cli.raw')
    with open(disk, 'wb') as f:
        f.write(b'root')
        f.truncate(1 << 20)
    made = table('image', 'create', 'cli', '--file', disk, '--property', 'purpose=test')
    tap.expect((made['status'], made['size'], made['disk_format'], made['purpose']),
               ('active', 1 << 20, 'raw', 'test'))
    IDS['image'] = made['id']
    assert 'cli' in names(table('image', 'list'))
    tap.expect(value('id', 'image', 'show', 'cli'), made['id'])


def image_that_is_not_what_it_says():
    refused(FAILED, 'upload of', 'image', 'create', 'bad', '--disk-format', 'qcow2', '--file',
            os.path.join(CLEATD.dir, 'cli.raw'))
    assert 'bad' not in names(table('image', 'list'))


def image_boot_files():
    kernel = value('id', 'image', 'create', 'k', '--disk-format', 'aki')
    made = table('image', 'create', 'boots', '--kernel', 'k')
    tap.expect((made['kernel_id'], made['status']), (kernel, 'queued'))
    cleat('image', 'delete', 'boots', 'k')


def flavors():
    made = table('flavor', 'create', 'cli', '--ram', '64', '--disk', '0', '--property',
                 'hw:mem_page_size=small', user='admin')
    tap.expect((made['ram'], made['vcpus'], made['properties']),
               (64, 1, {'hw:mem_page_size': 'small'}))
    assert 'cli' in names(table('flavor', 'list'))
    tap.expect(value('id', 'flavor', 'show', 'cli'), made['id'])
    refused(DENIED, '403', 'flavor', 'create', 'nope')
    refused(DENIED, '403', 'flavor', 'delete', 'cli')


# --- volumes -------------------------------------------------------------------------------

def volume_types():
    types = names(table('type', 'list'))
    assert 'multiattach' in types, types
    tap.expect(table('type', 'show', 'multiattach')['properties'],
               {'multiattach': '<is> True'})


def volume_create():
    made = table('volume', 'create', 'data', '--size', '1', '--property', 'k=v', '--wait')
    tap.expect((made['status'], made['size'], made['metadata']), ('available', 1, {'k': 'v'}))
    IDS['volume'] = made['id']
    refused(NOT_FOUND, 'nope', 'volume', 'create', '--size', '1', '--type', 'nope')
    refused(DENIED, '403', 'volume', 'create', '--size', '1', user='reader')


def volume_list():
    row, = table('volume', 'list')
    tap.expect((row['ID'], row['Name'], row['Size']), (IDS['volume'], 'data', 1))
    tap.expect(table('volume', 'list', '--status', 'in-use'), [])
    tap.expect(table('volume', 'list', '--name', 'nope'), [])
    tap.expect(table('volume', 'list', user='alt'), [])
    tap.expect(names(table('volume', 'list', '--all-projects', user='admin')), ['data'])
    tap.expect(cleat('volume', 'list', '-f', 'value', '-c', 'Status', '-c', 'name'),
               'data available\n')
    lines = cleat('volume', 'list').split('\n')
    assert lines[0].startswith('ID ') and lines[1].startswith(IDS['volume'] + ' data'), lines


def volume_set():
    cleat('volume', 'set', 'data', '--name', 'renamed', '--description', 'text',
          '--property', 'x=y')
    shown = table('volume', 'show', 'renamed')
    tap.expect((shown['description'], shown['metadata']), ('text', {'k': 'v', 'x': 'y'}))
    cleat('volume', 'set', IDS['volume'], '--name', 'data')


def names_that_are_missing_or_not_enough():
    refused(NOT_FOUND, "no volume with the name or id 'nope'", 'volume', 'show', 'nope')
    refused(NOT_FOUND, 'no volume', 'volume', 'show', IDS['volume'], user='alt')
    cleat('volume', 'create', 'twin', '--size', '1', '--wait')
    twin = value('id', 'volume', 'create', 'twin', '--size', '1', '--wait')
    refused(FAILED, "2 volumes have the name 'twin'", 'volume', 'delete', 'twin')
    cleat('volume', 'delete', twin, '--wait')
    code, out, err = run('volume', 'delete', 'nope', 'twin', '--wait')
    tap.expect((code, out), (NOT_FOUND, ''))
    assert "'nope'" in err and 'twin' not in err, err
    tap.expect(names(table('volume', 'list')), ['data'])


def limits():
    rows = {row['Name']: row['Value'] for row in table('limits')}
    tap.expect((rows['totalVolumesUsed'], rows['maxTotalInstances'], rows['maxTotalShares']),
               (1, 10, 50))


def quotas():
    def shown():
        return {(row['Service'], row['Name']): row['Limit']
                for row in table('quota', 'show', 'demo', user='admin')}
    before = shown()
    tap.expect((before['compute', 'instances'], before['share', 'shares']), (10, 50))
    cleat('quota', 'set', 'demo', '--compute', 'cores=-1', '--compute', 'instances=11',
          '--volume', 'gigabytes=2000', '--share', 'shares=51', user='admin')
    wanted = {('compute', 'cores'): -1, ('compute', 'instances'): 11,
              ('volume', 'gigabytes'): 2000, ('share', 'shares'): 51}
    tap.expect(shown(), {**before, **wanted})
    cleat('quota', 'reset', 'demo', user='admin')
    tap.expect(shown(), before)
    refused(USAGE, 'nothing to set', 'quota', 'set', 'demo', user='admin')
    refused(USAGE, 'nonsense', 'quota', 'set', 'demo', '--share', 'nonsense', user='admin')
    refused(FAILED, 'Bad key', 'quota', 'set', 'demo', '--share', 'nonsense=1', user='admin')


def host():
    shown = table('host', 'show', user='admin')
    tap.expect((shown['driver'], shown['hypervisor']), ('fake', 'fake, no guest is real'))
    tap.expect([(row['name'], row['present'], row['reason']) for row in shown['traits']],
               [('COMPUTE_STORAGE_VIRTIO_FS', True, None),
                ('COMPUTE_MEM_BACKING_FILE', True, None)])
    assert 'COMPUTE_STORAGE_VIRTIO_FS' in cleat('host', 'show', user='admin')
    refused(DENIED, '', 'host', 'show')
    tap.expect(table('doctor', user='admin'), [])
    refused(DENIED, '', 'doctor')


# --- servers -------------------------------------------------------------------------------

def server_create():
    user_data = os.path.join(CLEATD.dir, 'user-data')
    with open(user_data, 'wb') as f:
        f.write(bytes(range(256)))
    made = table('server', 'create', 'vm', '--image', 'cli', '--flavor', 'cli', '--network',
                 'none', '--property', 'role=test', '--tag', 't1', '--tag', 't2', '--description',
                 'text', '--user-data', user_data, '--wait')
    IDS['server'] = made['id']
    tap.expect((made['status'], made['flavor'], made['metadata'], sorted(made['tags']),
                made['description']), ('ACTIVE', 'cli', {'role': 'test'}, ['t1', 't2'], 'text'))
    refused(NOT_FOUND, 'image', 'server', 'create', 'x', '--image', 'nope', '--flavor', 'cli')
    refused(DENIED, '403', 'server', 'create', 'x', '--image', IDS['image'], '--flavor', 'cli',
            user='reader')


def server_list():
    row, = table('server', 'list')
    tap.expect((row['Name'], row['Status'], row['Image'], row['Flavor']),
               ('vm', 'ACTIVE', 'cli', 'cli'))
    tap.expect(table('server', 'list', '--status', 'SHUTOFF'), [])
    tap.expect(table('server', 'list', user='alt'), [])
    tap.expect(names(table('server', 'list', '--all-projects', user='admin')), ['vm'])
    refused(DENIED, '403', 'server', 'list', '--all-projects')


def server_set():
    cleat('server', 'set', 'vm', '--name', 'vm2', '--description', 'new', '--property', 'a=b')
    shown = table('server', 'show', 'vm2')
    tap.expect((shown['description'], shown['metadata']), ('new', {'role': 'test', 'a': 'b'}))
    cleat('server', 'set', 'vm2', '--name', 'vm')


def server_console():
    tap.expect(list(table('server', 'console', 'vm')), ['output'])
    cleat('server', 'console', 'vm', '--lines', '5')


# --- attachment ----------------------------------------------------------------------------

def attach():
    made = table('attach', 'vm', 'data', '--tag', 'scratch', '--wait')
    tap.expect((made['volumeId'], made['serverId']), (IDS['volume'], IDS['server']))
    assert made['device'].startswith('/dev/'), made
    row, = table('attachment', 'list', 'vm')
    tap.expect((row['Volume ID'], row['Device']), (IDS['volume'], made['device']))
    tap.expect(value('Attached to', 'volume', 'list'),
               '%s on %s' % (IDS['server'], made['device']))


def attached_volume_is_refused():
    refused(FAILED, 'already attached', 'attach', 'vm', 'data')
    refused(FAILED, 'Invalid volume', 'volume', 'delete', 'data')
    refused(FAILED, 'does not match', 'attach', 'vm', 'data', '--device', 'vdb')


def server_power():
    cleat('server', 'stop', 'vm', '--wait')
    tap.expect(value('status', 'server', 'show', 'vm'), 'SHUTOFF')
    refused(FAILED, "Cannot 'stop'", 'server', 'stop', 'vm')
    cleat('server', 'start', 'vm', '--wait')
    cleat('server', 'reboot', 'vm', '--wait')
    cleat('server', 'reboot', '--hard', 'vm', '--wait')
    tap.expect(value('status', 'server', 'show', 'vm'), 'ACTIVE')
    tap.expect(len(table('attachment', 'list', 'vm')), 1)


def server_life():
    """Each way there and back; the volume stays attached."""
    for there, status, back in (('pause', 'PAUSED', 'unpause'),
                                ('suspend', 'SUSPENDED', 'resume'),
                                ('shelve', 'SHELVED_OFFLOADED', 'unshelve'),
                                ('rescue', 'RESCUE', 'unrescue')):
        cleat('server', there, 'vm', '--wait')
        tap.expect(value('status', 'server', 'show', 'vm'), status)
        cleat('server', back, 'vm', '--wait')
        tap.expect(value('status', 'server', 'show', 'vm'), 'ACTIVE')
    tap.expect(len(table('attachment', 'list', 'vm')), 1)
    cleat('server', 'lock', 'vm', '--reason', 'audit')
    tap.expect(value('locked_reason', 'server', 'show', 'vm'), 'audit')
    cleat('server', 'unlock', 'vm')
    cleat('server', 'reset', IDS['server'], user='admin')
    tap.expect(value('status', 'server', 'show', 'vm'), 'ERROR')
    cleat('server', 'reset', '--active', IDS['server'], user='admin')


def server_shape():
    cleat('flavor', 'create', 'cli2', '--ram', '128', '--vcpus', '2', '--disk', '1', user='admin')
    cleat('server', 'resize', 'vm', '--flavor', 'cli2', '--wait')
    tap.expect(value('status', 'server', 'show', 'vm'), 'VERIFY_RESIZE')
    cleat('server', 'resize', 'vm', '--revert', '--wait')
    cleat('server', 'resize', 'vm', '--flavor', 'cli2', '--wait')
    cleat('server', 'resize', 'vm', '--confirm', '--wait')
    tap.expect(value('status', 'server', 'show', 'vm'), 'ACTIVE')
    cleat('server', 'rebuild', 'vm', '--wait')
    cleat('server', 'snapshot', 'vm', 'of-vm', '--wait')
    tap.expect(value('status', 'image', 'show', 'of-vm'), 'active')
    cleat('image', 'delete', 'of-vm')


def keypairs():
    key = os.path.join(CLEATD.dir, 'key.pub')
    with open(key, 'w', encoding='ascii') as file:
        file.write('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJlN8GlGCJ8CtXfMcOoD5Q8Yv0o7m2mbvEgwzXWSYy'
                   'vH cli\n')
    made = table('keypair', 'create', 'mine', '--public-key', key)
    tap.expect(made['name'], 'mine')
    tap.expect([row['Name'] for row in table('keypair', 'list')], ['mine'])
    tap.expect(value('type', 'keypair', 'show', 'mine'), 'ssh')
    cleat('keypair', 'delete', 'mine')
    tap.expect(table('keypair', 'list'), [])


def servers_from_volumes():
    cleat('server', 'create', 'bfv', '--image', 'cli', '--boot-from-volume', '1', '--flavor', 'cli',
          '--block-device', 'source_type=blank,volume_size=1,delete_on_termination=true,tag=more',
          '--network', 'none', '--wait')
    rows = table('attachment', 'list', 'bfv')
    tap.expect(len(rows), 2)
    cleat('server', 'delete', 'bfv', '--wait')
    root, = [row for row in table('volume', 'list') if not row['Name']]
    tap.expect(root['Size'], 1)
    cleat('server', 'create', 'again', '--volume', root['ID'], '--flavor', 'cli', '--network',
          'none', '--wait')
    cleat('server', 'delete', 'again', '--wait')
    cleat('volume', 'delete', root['ID'], '--wait')


def detach():
    cleat('detach', 'vm', 'data', '--wait')
    tap.expect(table('attachment', 'list', 'vm'), [])
    tap.expect(value('status', 'volume', 'show', 'data'), 'available')
    refused(NOT_FOUND, '404', 'detach', 'vm', 'data')


def server_events():
    rows = table('server', 'events', 'vm')
    actions = [row['Action'] for row in rows]
    assert {'create', 'attach_volume', 'detach_volume'} <= set(actions), actions
    request = [row for row in rows if row['Action'] == 'attach_volume'][0]['Request ID']
    event, = table('server', 'events', 'vm', request)
    tap.expect((event['Event'], event['Result']), ('compute_attach_volume', 'Success'))
    refused(NOT_FOUND, 'not found', 'server', 'events', 'vm', 'req-' + IDS['server'])


# --- operations ----------------------------------------------------------------------------

def operations():
    rows = table('op', 'list', '--server', 'vm', '--volume', 'data', '--state', 'done')
    tap.expect([row['Kind'] for row in rows], ['detach-volume', 'attach-volume'])
    tap.expect(rows[1]['Subject'], 'volume %s, server %s' % (IDS['volume'], IDS['server']))
    shown = table('op', 'show', rows[1]['ID'])
    tap.expect((shown['id'], shown['state']), (rows[1]['ID'], 'done'))
    assert shown['steps'] and shown['steps'][0]['kind'], shown
    lines = cleat('op', 'show', rows[1]['ID']).split('\n')
    assert any(re.match('Seq +Step', line) for line in lines), lines
    assert len(table('op', 'list', user='admin')) > len(rows)
    tap.expect(table('op', 'list', user='alt'), [])
    refused(NOT_FOUND, "'nope'", 'op', 'show', 'nope')
    watched = cleat('op', 'watch', rows[1]['ID'])
    assert watched.startswith('done'), watched
    refused(FAILED, "no operation state 'paused'", 'op', 'list', '--state', 'paused')


# --- the end of everything -----------------------------------------------------------------

def deletes():
    cleat('attach', 'vm', 'data', '--wait')
    cleat('server', 'delete', 'vm', '--wait')
    tap.expect(table('server', 'list'), [])
    actions = [row['Action'] for row in table('server', 'events', IDS['server'])]
    assert 'delete' in actions, actions
    tap.wait_for('volume is released',
                 lambda: value('status', 'volume', 'show', 'data') == 'available')
    cleat('volume', 'delete', 'data', '--wait')
    cleat('image', 'delete', 'cli')
    cleat('flavor', 'delete', 'cli', user='admin')
    tap.expect(table('volume', 'list'), [])


# --- guests that do not do as they are told ------------------------------------------------

def mischief(**env):
    """A cleatd whose guests misbehave, with an attached volume `d` on a server `s`."""
    cleatd = lib.Cleatd(env=env)
    for words in (('volume', 'create', 'd', '--size', '1', '--wait'),
                  ('server', 'create', 's', '--image', 'tiny', '--flavor', 'm1.tiny', '--wait'),
                  ('attach', 's', 'd', '--wait')):
        cleat(*words, cleatd=cleatd)
    return cleatd


def slow_guest_is_waited_for():
    with mischief(CLEAT_FAKE_DETACH='pending:500') as cleatd:
        cleat('detach', 's', 'd', '--wait', cleatd=cleatd)
        tap.expect(value('status', 'volume', 'show', 'd', cleatd=cleatd), 'available')


def stubborn_guest_is_told_about():
    with mischief(CLEAT_FAKE_DETACH='refuse') as cleatd:
        refused(FAILED, 'the guest refused to release the disk', 'detach', 's', 'd', '--wait',
                cleatd=cleatd)
        tap.expect(value('status', 'volume', 'show', 'd', cleatd=cleatd), 'in-use')
        failed = table('op', 'list', '--state', 'failed', cleatd=cleatd)[0]
        tap.expect(failed['Kind'], 'detach-volume')
        code, out, _ = run('op', 'watch', failed['ID'], cleatd=cleatd)
        tap.expect(code, FAILED)
        assert out.startswith('failed') and 'refused' in out, out


def a_volume_takes_anothers_place():
    with mischief(CLEAT_FAKE_MIRROR='600') as cleatd:
        cleat('volume', 'create', 'e', '--size', '2', '--wait', cleatd=cleatd)
        cleat('volume', 'swap', 's', 'd', 'e', '--wait', cleatd=cleatd)
        tap.expect(value('status', 'volume', 'show', 'd', cleatd=cleatd), 'available')
        tap.expect(value('status', 'volume', 'show', 'e', cleatd=cleatd), 'in-use')
        row = table('op', 'list', '--server', 's', cleatd=cleatd)[0]
        tap.expect((row['Kind'], row['%']), ('swap-volume', 100))
        refused(FAILED, 'is over: done', 'op', 'cancel', row['ID'], cleatd=cleatd)
        refused(FAILED, 'same size or larger', 'volume', 'swap', 's', 'e', 'd', cleatd=cleatd)


def a_swap_is_cancelled():
    with mischief(CLEAT_FAKE_MIRROR='3600000') as cleatd:
        cleat('volume', 'create', 'e', '--size', '1', '--wait', cleatd=cleatd)
        refused(TIMED_OUT, 'it goes on without us', 'volume', 'swap', 's', 'd', 'e', '--wait',
                '--timeout', '1', cleatd=cleatd)
        row = table('op', 'list', '--state', 'doing', cleatd=cleatd)[0]
        cleat('op', 'cancel', row['ID'], '--wait', cleatd=cleatd)
        tap.expect(value('status', 'volume', 'show', 'd', cleatd=cleatd), 'in-use')
        tap.expect(value('status', 'volume', 'show', 'e', cleatd=cleatd), 'available')
        refused(NOT_FOUND, "could not be found", 'op', 'cancel', 'nope', cleatd=cleatd)


def waiting_ends_in_time():
    with mischief() as cleatd:
        tap.expect(cleatd.stop(), 0)
        assert cleatd.start(env={'CLEAT_FAKE_DELAY_MS': '3000'})
        cleatd.users.clear()  # it is at another port
        refused(TIMED_OUT, 'it goes on without us', 'server', 'reboot', '--hard', 's', '--wait',
                '--timeout', '1', cleatd=cleatd)
        tap.wait_for('the reboot ends all the same', lambda: value(
            'status', 'server', 'show', 's', cleatd=cleatd) == 'ACTIVE')


# --- domains that others have made ---------------------------------------------------------

def adopted_domains():
    cleatd, id = lib.Cleatd(start=False), '5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11'
    folder = os.path.join(cleatd.dir, 'fake')
    os.mkdir(folder, 0o700)
    with open(os.path.join(folder, id + '.json'), 'w', encoding='ascii') as file:
        json.dump({'name': 'old', 'owner': 'foreign', 'state': 'off', 'ram_mib': 320, 'vcpus': 1,
                   'disks': [{'alias': 'disk0', 'target': 'vda', 'path': '/dev/zero',
                              'live': False, 'config': True}]}, file)
    with cleatd:
        cleatd.start()
        how = {'user': 'admin', 'cleatd': cleatd}
        refused(FAILED, 'No flavor has 320 MiB', 'server', 'adopt', 'old', **how)
        refused(NOT_FOUND, 'There is no domain new.', 'server', 'adopt', 'new', **how)
        refused(DENIED, '403', 'server', 'adopt', 'old', cleatd=cleatd)
        made = table('server', 'adopt', 'old', '--name', 'web', '--flavor', 'm1.tiny', '--wait',
                     **how)
        tap.expect((made['id'], made['domain'], made['owner']), (id, 'old', 'adopted'))
        tap.expect(value('status', 'server', 'show', 'web', **how), 'SHUTOFF')
        disk, = table('server', 'disks', 'web', **how)
        tap.expect((disk['Target'], disk['Source'], disk['Volume ID']),
                   ('vda', '/dev/zero', None))
        refused(FAILED, 'cleat server release', 'server', 'delete', 'web', **how)
        cleat('server', 'release', 'web', '--wait', **how)
        refused(NOT_FOUND, 'no server', 'server', 'show', 'web', **how)


# --- block storage in full -----------------------------------------------------------------

def volume_from_elsewhere():
    IDS['volume'] = value('id', 'volume', 'create', 'data', '--size', '1', '--wait')
    cleat('snapshot', 'create', 'data', 'monday', '--property', 'a=b', '--wait')
    row, = table('snapshot', 'list', '--volume', 'data')
    tap.expect((row['Name'], row['Status'], row['Volume ID']),
               ('monday', 'available', IDS['volume']))
    cleat('snapshot', 'set', 'monday', '--name', 'tuesday', '--property', 'c=d')
    tap.expect(table('snapshot', 'show', 'tuesday')['metadata'], {'a': 'b', 'c': 'd'})
    refused(USAGE, 'nothing to set', 'snapshot', 'set', 'tuesday')
    made = table('volume', 'create', 'copy', '--snapshot', 'tuesday', '--wait')
    tap.expect((made['size'], made['status']), (1, 'available'))
    cleat('volume', 'create', 'clone', '--source', 'data', '--wait')
    refused(USAGE, 'only one of', 'volume', 'create', '--source', 'data', '--snapshot', 'tuesday')
    refused(FAILED, 'snapshots', 'volume', 'delete', 'data')
    cleat('volume', 'revert', 'data', 'tuesday', '--wait')
    cleat('snapshot', 'delete', 'tuesday', '--wait')
    tap.expect(table('snapshot', 'list', '--status', 'available'), [])
    cleat('snapshot', 'create', 'clone')
    cleat('volume', 'delete', 'clone', '--cascade', '--wait')


def volume_changes():
    cleat('volume', 'extend', 'copy', '--size', '2', '--wait')
    tap.expect(table('volume', 'show', 'copy')['size'], 2)
    refused(USAGE, 'needs --size', 'volume', 'extend', 'copy')
    refused(FAILED, 'greater than current size', 'volume', 'extend', 'copy', '--size', '1')
    cleat('volume', 'set', 'copy', '--bootable', '--read-only')
    shown = table('volume', 'show', 'copy')
    tap.expect((shown['bootable'], shown['metadata']['readonly']), ('true', 'True'))
    refused(USAGE, 'exclude each other', 'volume', 'set', 'copy', '--bootable',
            '--not-bootable')
    made = table('volume', 'upload', 'copy', 'picture', '--disk-format', 'qcow2', '--wait')
    tap.expect((made['status'], made['disk_format']), ('active', 'qcow2'))
    made = table('volume', 'create', 'booted', '--image', 'picture', '--size', '2', '--wait')
    tap.expect(made['bootable'], 'true')
    cleat('image', 'delete', 'picture')
    refused(DENIED, '403', 'volume', 'reset', 'copy', 'error')
    copy = value('id', 'volume', 'show', 'copy')
    cleat('volume', 'reset', copy, 'error', user='admin')
    tap.expect(value('status', 'volume', 'show', 'copy'), 'error')
    cleat('volume', 'delete', 'copy', '--wait')
    booted = value('id', 'volume', 'show', 'booted')
    cleat('volume', 'reset', booted, 'maintenance', user='admin')
    cleat('volume', 'delete', booted, '--force', '--wait', user='admin')


def types():
    made = table('type', 'create', 'gold', '--private', '--property', 'multiattach=<is> True',
                 '--description', 'text', user='admin')
    tap.expect((made['is_public'], made['properties']), (False, {'multiattach': '<is> True'}))
    assert 'gold' not in names(table('type', 'list'))
    assert 'gold' in names(table('type', 'list', '--all', user='admin'))
    cleat('type', 'set', 'gold', '--project', 'demo', '--name', 'silver', user='admin')
    assert 'silver' in names(table('type', 'list'))
    cleat('volume', 'create', 'shared', '--size', '1', '--wait')
    cleat('volume', 'retype', 'shared', 'silver', '--wait')
    tap.expect(table('volume', 'show', 'shared')['multiattach'], True)
    cleat('volume', 'delete', 'shared', '--wait')
    cleat('type', 'unset', 'silver', '--property', 'multiattach', '--project', 'demo',
          user='admin')
    refused(USAGE, 'nothing to unset', 'type', 'unset', 'silver', user='admin')
    refused(DENIED, '403', 'type', 'create', 'mine')
    cleat('type', 'delete', 'silver', user='admin')


def attachments():
    connector = json.dumps({'host': 'db1', 'ip': '192.0.2.7', 'initiator': 'iqn.a:b'})
    made = table('attachment', 'create', 'data')
    tap.expect((made['status'], made['volume_id']), ('reserved', IDS['volume']))
    refused(USAGE, 'not a JSON object', 'attachment', 'update', made['id'], '--connector', '[]')
    path = os.path.join(CLEATD.dir, 'connector')
    with open(path, 'w', encoding='ascii') as out:
        out.write(connector)
    updated = table('attachment', 'update', made['id'], '--connector', '@' + path)
    tap.expect(updated['connection_info']['access_mode'], 'rw')
    cleat('attachment', 'complete', made['id'])
    tap.expect(value('status', 'volume', 'show', 'data'), 'in-use')
    row, = table('attachment', 'list', '--volume', 'data', '--status', 'attached')
    tap.expect(row['ID'], made['id'])
    tap.expect(table('attachment', 'show', made['id'])['shared_connections_by_attachment'], [])
    cleat('attachment', 'delete', made['id'])
    refused(NOT_FOUND, 'could not be found', 'attachment', 'delete', made['id'])
    made = table('attachment', 'create', 'data', '--connector', connector, '--mode', 'ro')
    tap.expect((made['status'], made['attach_mode']), ('attaching', 'ro'))
    cleat('attachment', 'delete', made['id'])


def transfers():
    volume = value('id', 'volume', 'create', 'gift', '--size', '1', '--wait')
    offer = table('transfer', 'create', 'gift', '--name', 'to-alt')
    tap.expect(names(table('transfer', 'list')), ['to-alt'])
    tap.expect(table('transfer', 'show', 'to-alt')['volume_id'], volume)
    cleat('transfer', 'delete', 'to-alt')
    offer = table('transfer', 'create', 'gift')
    refused(FAILED, 'auth', 'transfer', 'accept', offer['id'], 'wrong', user='alt')
    cleat('transfer', 'accept', offer['id'], offer['auth_key'], user='alt')
    cleat('volume', 'delete', 'gift', '--wait', user='alt')


def messages():
    with lib.Cleatd() as cleatd:
        shutil.rmtree(os.path.join(cleatd.dir, 'volumes'))
        refused(FAILED, 'went to error: ', 'volume', 'create', 'v', '--size', '1', '--wait',
                '--timeout', '60', cleatd=cleatd)
        row, = table('message', 'list', cleatd=cleatd)
        tap.expect(table('message', 'show', row['ID'], cleatd=cleatd)['message'],
                   row['Message'])
        cleat('message', 'delete', row['ID'], cleatd=cleatd)
        tap.expect(table('message', 'list', cleatd=cleatd), [])


def completion_knows_every_command():
    script = cleat('completion', 'bash', user=None)
    cleat('completion', 'zsh', user=None)
    ask = script + '\nCOMP_WORDS=(%s ""); COMP_CWORD=%d; _cleat; echo "${COMPREPLY[@]}"\n'

    def offered(*words):
        done = subprocess.run(['bash', '-c', ask % (' '.join(words), len(words))],
                              capture_output=True, text=True, timeout=lib.PATIENCE,
                              check=True)
        return done.stdout.split()

    assert {'server', 'volume', 'attach'} <= set(offered('cleat')), offered('cleat')
    tap.expect(offered('cleat', 'volume'), ['create', 'list', 'show', 'set', 'delete',
                                            'extend', 'retype', 'upload', 'revert', 'reset',
                                            'swap'])
    assert '--size' in offered('cleat', '-q', 'volume', 'create'), offered('cleat', 'volume',
                                                                           'create')
    assert {'access', 'list'} <= set(offered('cleat', 'share')), offered('cleat', 'share')
    tap.expect(offered('cleat', 'share', 'access'), ['allow', 'deny', 'list',
                                                     'show', 'set', 'unset'])
    assert '--level' in offered('cleat', 'share', 'access', 'allow', '-q')
    assert '--tag' in offered('cleat', 'attach') and '--tag' not in offered('cleat', 'detach')


def every_command_was_run():
    listed = cleat('help', user=None).split('Commands:')[1].split('Options of every')[0]
    commands = re.findall(r'^  (\w\S*(?: \S+){0,2})(?=  |$)', listed, re.M)
    assert len(commands) > 30, commands
    missing = [command for command in commands if command not in RUN]
    tap.expect(missing, [])


def daemon_ends_well():
    tap.expect(CLEATD.stop(), 0, 'status of cleatd')


CLEATD.start()
tap.run('cli', [
    token_issue, token_instead_of_a_password, clouds_yaml, application_credential, wrong_logins,
    catalog_list, projects_and_users, image_create, image_that_is_not_what_it_says,
    image_boot_files, flavors, volume_types, volume_create, volume_list, volume_set,
    names_that_are_missing_or_not_enough, limits, quotas, host, server_create, server_list,
    server_set, server_console, attach, attached_volume_is_refused, server_power, server_life,
    server_shape, detach, keypairs, servers_from_volumes, server_events,
    operations, deletes, volume_from_elsewhere, volume_changes, types, attachments, transfers,
    *cli_shares.TESTS, *cli_local.TESTS,
    messages, slow_guest_is_waited_for, a_volume_takes_anothers_place,
    a_swap_is_cancelled, stubborn_guest_is_told_about,
    waiting_ends_in_time, adopted_domains, completion_knows_every_command,
    every_command_was_run, daemon_ends_well,
], lambda: CLEATD.__exit__())
