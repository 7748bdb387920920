#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Debian's own cinder and openstack commands, unchanged, against the block storage service.

One story in each of them: volumes, attachments at 3.27, 3.44 and the newest version that the
client knows, reset-state, extend, snapshots, clones, types, quotas, images of volumes, and what an
admin of such a service does.
"""
import json
import os
import re
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'api'), os.path.join(TESTS, 'lib')]
import commands  # noqa: E402
import lib  # noqa: E402
import tap  # noqa: E402

CLEATD = lib.Cleatd(start=False)
IDS = {}
SERVER = '3b3b8a5e-7c1c-4b7e-9d5c-3d7f5f4e9a11'  # of another compute service


def run(program, *words, **how):
    return commands.run(CLEATD, program, *words, **how)


def refused(wanted, program, *words, **how):
    commands.refused(CLEATD, wanted, program, *words, **how)


# --- cinder --------------------------------------------------------------------------------

def cinder_at(version, *words, **how):
    return run('cinder', '--os-volume-api-version', version, *words, **how)


def cinder(*words, **how):
    """At the newest version that client and service know."""
    return cinder_at('3.70', *words, **how)


def rows(output):
    """The table that cinder prints, a dictionary a row."""
    lines = [[cell.strip() for cell in line.strip('|').split('|')]
             for line in output.split('\n') if line.startswith('|')]
    return [dict(zip(lines[0], line)) for line in lines[1:]] if lines else []


def properties(output):
    return {row['Property']: row['Value'] for row in rows(output) if row['Property']}


def status_of(volume):
    return properties(cinder('show', volume))['status']


def becomes(volume, status, seconds=120):
    def look():
        now = status_of(volume)
        if now.startswith('error') and now != status:
            raise AssertionError('%s is %s' % (volume, now))
        return now == status
    tap.wait_for('%s is %s' % (volume, status), look, seconds)


def gone(*words, name):
    tap.wait_for('%s is gone' % name, lambda: name not in cinder(*words))


def cinder_versions():
    versions = rows(cinder('version-list').split('Server supported')[1])
    assert any(row.get('Version') == '3.71' for row in versions), versions


def cinder_volume():
    made = properties(cinder('create', '--name', 'c1', '--metadata', 'k=v', '--description',
                             'text', '1'))
    IDS['c1'] = made['id']
    becomes('c1', 'available')
    shown = properties(cinder('show', 'c1'))
    assert 'k : v' in shown['metadata'] and shown['size'] == '1', shown
    listed = rows(cinder('list'))
    tap.expect([(row['ID'], row['Name'], row['Size']) for row in listed],
               [(IDS['c1'], 'c1', '1')])
    cinder('rename', 'c1', 'c1', '--description', 'other')
    cinder('metadata', 'c1', 'set', 'x=y')
    cinder('metadata', 'c1', 'unset', 'k')
    assert 'y' in cinder('metadata-show', 'c1')
    cinder('summary')
    cinder('list', '--filters', 'name=c1')
    cinder('list', '--all-tenants', user='admin')


def attachment_story(version):
    """Reserve, connect, complete where the version has it, look, delete."""
    volume = IDS['c1']
    made = properties(cinder_at(version, 'attachment-create', volume, SERVER))
    attachment = made['id']
    tap.expect(status_of('c1'), 'reserved')
    updated = cinder_at(version, 'attachment-update', attachment, '--initiator',
                        'iqn.1993-08.org.debian:01:cleat', '--ip', '192.0.2.1', '--host', 'h1')
    assert 'driver_volume_type' in updated, updated
    tap.expect(status_of('c1'), 'attaching')
    if version == '3.27':
        cinder_at('3.44', 'attachment-complete', attachment)
    else:
        cinder_at(version, 'attachment-complete', attachment)
    tap.expect(status_of('c1'), 'in-use')
    listed = rows(cinder_at(version, 'attachment-list', '--volume-id', volume))
    tap.expect([(row['ID'], row['Status'], row['Server ID']) for row in listed],
               [(attachment, 'attached', SERVER)])
    shown = cinder_at(version, 'attachment-show', attachment)
    assert volume in shown and 'attached' in shown, shown
    refused('404', 'cinder', '--os-volume-api-version', version, 'attachment-show', SERVER)
    cinder_at(version, 'attachment-delete', attachment)
    tap.expect(status_of('c1'), 'available')
    tap.expect(rows(cinder_at(version, 'attachment-list')), [])


def cinder_attachments_of_3_27():
    attachment_story('3.27')


def cinder_attachments_of_3_44():
    attachment_story('3.44')


def cinder_attachments_of_the_newest():
    attachment_story('3.70')


def cinder_attachment_in_one_call():
    made = cinder('attachment-create', '--connect', 'True', '--initiator', 'iqn.a:b', '--ip',
                  '192.0.2.1', '--host', 'h1', '--mode', 'ro', IDS['c1'])
    attachment = re.search(r'\|\s*id\s*\|\s*([0-9a-f-]{36})', made).group(1)
    cinder('attachment-complete', attachment)
    tap.expect(status_of('c1'), 'in-use')
    refused('must be available', 'cinder', '--os-volume-api-version', '3.70',
            'attachment-create', IDS['c1'])
    cinder('extend', 'c1', '2')
    becomes('c1', 'in-use')
    cinder('attachment-delete', attachment)
    tap.expect(status_of('c1'), 'available')


def cinder_extend_and_reset():
    cinder('extend', 'c1', '3')
    becomes('c1', 'available')
    tap.expect(properties(cinder('show', 'c1'))['size'], '3')
    refused('greater than current size', 'cinder', 'extend', 'c1', '1')
    cinder('reset-state', '--state', 'error', 'c1', user='admin')
    tap.expect(status_of('c1'), 'error')
    cinder('reset-state', '--state', 'available', 'c1', user='admin')
    cinder('set-bootable', 'c1', 'true')
    cinder('readonly-mode-update', 'c1', 'true')
    tap.expect(properties(cinder('show', 'c1'))['bootable'], 'true')
    cinder('readonly-mode-update', 'c1', 'false')


def cinder_snapshots():
    made = properties(cinder('snapshot-create', '--name', 's1', 'c1'))
    IDS['s1'] = made['id']
    tap.wait_for('snapshot', lambda: 'available' in cinder('snapshot-show', 's1'))
    tap.expect([row['ID'] for row in rows(cinder('snapshot-list'))], [IDS['s1']])
    cinder('snapshot-rename', 's1', 's1', '--description', 'd')
    cinder('snapshot-metadata', 's1', 'set', 'a=b')
    cinder('create', '--snapshot-id', IDS['s1'], '--name', 'c2')
    becomes('c2', 'available')
    cinder('create', '--source-volid', IDS['c1'], '--name', 'c3')
    becomes('c3', 'available')
    tap.expect(properties(cinder('show', 'c3'))['size'], '3')
    refused('snapshots', 'cinder', 'delete', 'c1')
    cinder('revert-to-snapshot', 's1')
    becomes('c1', 'available')
    cinder('snapshot-reset-state', '--state', 'error', 's1', user='admin')
    cinder('snapshot-reset-state', '--state', 'available', 's1', user='admin')
    cinder('snapshot-delete', 's1')
    gone('snapshot-list', name='s1')


def cinder_images():
    made = cinder('upload-to-image', '--disk-format', 'raw', 'c2', 'of-c2')
    image = re.search(r'image_id\s*\|\s*([0-9a-f-]{36})', made).group(1)
    becomes('c2', 'available')
    tap.wait_for('image is active', lambda: run(
        'openstack', 'image', 'show', image, '-f', 'value', '-c', 'status').strip() == 'active')
    cinder('create', '--image-id', image, '--name', 'c4', '3')
    becomes('c4', 'available')
    shown = properties(cinder('show', 'c4'))
    tap.expect(shown['bootable'], 'true')
    assert image in cinder('image-metadata-show', 'c4')
    run('openstack', 'image', 'delete', image)


def cinder_types():
    cinder('type-create', 'shared', '--is-public', 'False', user='admin')
    cinder('type-key', 'shared', 'set', 'multiattach=<is> True', user='admin')
    assert 'shared' not in cinder('type-list')
    project = CLEATD.user('demo').rc.get('OS_PROJECT_ID') or run(
        'openstack', 'project', 'show', 'demo', '-f', 'value', '-c', 'id', user='admin').strip()
    IDS['project'] = project
    cinder('type-access-add', '--volume-type', 'shared', '--project-id', project, user='admin')
    assert 'shared' in cinder('type-list')
    assert project in cinder('type-access-list', '--volume-type', 'shared', user='admin')
    cinder('extra-specs-list', user='admin')
    cinder('create', '--volume-type', 'shared', '--name', 'c5', '1')
    becomes('c5', 'available')
    ids = [re.search(r'\|\s*id\s*\|\s*([0-9a-f-]{36})', cinder(
        'attachment-create', '--connect', 'True', '--initiator', 'iqn.a:b%d' % i, '--ip',
        '192.0.2.%d' % (i + 1), '--host', 'h%d' % i, properties(cinder('show', 'c5'))['id'])
    ).group(1) for i in range(2)]
    for attachment in ids:
        cinder('attachment-complete', attachment)
    tap.expect(status_of('c5'), 'in-use')
    for attachment in ids:
        cinder('attachment-delete', attachment)
    tap.expect(status_of('c5'), 'available')
    cinder('retype', 'c3', 'shared')
    becomes('c3', 'available')
    cinder('type-access-remove', '--volume-type', 'shared', '--project-id', project,
           user='admin')
    cinder('type-default')


def cinder_qos():
    made = properties(cinder('qos-create', 'fast', 'consumer=front-end', 'read_iops_sec=100',
                             user='admin'))
    types = {row['Name']: row['ID'] for row in rows(cinder('type-list', user='admin'))}
    cinder('qos-associate', made['id'], types['shared'], user='admin')
    assert 'shared' in cinder('qos-get-association', made['id'], user='admin')
    cinder('qos-key', made['id'], 'set', 'write_iops_sec=50', user='admin')
    assert '50' in cinder('qos-show', made['id'], user='admin')
    cinder('qos-disassociate-all', made['id'], user='admin')
    cinder('qos-delete', made['id'], user='admin')
    cinder('qos-list', user='admin')


def cinder_encryption_types():
    cinder('type-create', 'secret', user='admin')
    cinder('encryption-type-create', '--cipher', 'aes-xts-plain64', '--key-size', '256',
           '--control-location', 'front-end', 'secret', 'luks', user='admin')
    assert 'luks' in cinder('encryption-type-show', 'secret', user='admin')
    cinder('encryption-type-list', user='admin')
    cinder('encryption-type-delete', 'secret', user='admin')
    cinder('type-delete', 'secret', user='admin')


def cinder_quotas():
    project = IDS['project']
    cinder('quota-update', '--volumes', '20', '--gigabytes', '500', project, user='admin')
    tap.expect(properties(cinder('quota-show', project))['volumes'], '20')
    assert 'gigabytes' in cinder('quota-usage', project)
    cinder('quota-defaults', project)
    cinder('quota-class-show', 'default', user='admin')
    cinder('absolute-limits')
    cinder('quota-update', '--volumes', str(len(rows(cinder('list')))), project, user='admin')
    refused('413', 'cinder', 'create', '--name', 'over', '1')
    cinder('quota-delete', project, user='admin')


def cinder_transfer():
    made = properties(cinder('transfer-create', '--name', 't1', 'c2'))
    tap.expect(status_of('c2'), 'awaiting-transfer')
    cinder('transfer-show', 't1')
    cinder('transfer-list')
    cinder('transfer-accept', made['id'], made['auth_key'], user='alt')
    tap.expect([row['Name'] for row in rows(cinder('list', user='alt'))], ['c2'])
    assert 'c2' not in [row['Name'] for row in rows(cinder('list'))]
    cinder('delete', 'c2', user='alt')


def cinder_of_an_admin():
    services = rows(cinder('service-list', user='admin'))
    assert {'cinder-volume', 'cinder-scheduler'} <= {row['Binary'] for row in services}, services
    host = [row['Host'] for row in services if row['Binary'] == 'cinder-volume'][0]
    cinder('service-disable', '--reason', 'test', host, 'cinder-volume', user='admin')
    assert 'disabled' in cinder('service-list', user='admin')
    cinder('service-enable', host, 'cinder-volume', user='admin')
    assert host in cinder('get-pools', '--detail', user='admin')
    cinder('get-capabilities', host, user='admin')
    cinder('availability-zone-list')
    cinder('list-extensions')
    cinder('list-filters')
    cinder('message-list')
    cinder('manageable-list', host + '#' + host.split('@')[1] if '#' not in host else host,
           user='admin')
    cinder('cluster-list', user='admin')
    cinder('backup-list')


def cinder_deletes():
    cinder('delete', 'c1', 'c3', 'c4', 'c5')
    tap.wait_for('all volumes are gone', lambda: rows(cinder('list')) == [])
    cinder('type-delete', 'shared', user='admin')


# --- openstack -----------------------------------------------------------------------------

def openstack(*words, **how):
    """Above 3.65 this release still sends `force` with snapshots, which the API then refuses."""
    return run('openstack', '--os-volume-api-version', '3.65', *words, **how)


def table(*words, **how):
    return json.loads(openstack(*words, '-f', 'json', **how))


def value(column, *words, **how):
    return openstack(*words, '-f', 'value', '-c', column, **how).strip()


def turns(kind, name, status):
    def look():
        now = value('status', *kind, 'show', name)
        assert not now.startswith('error'), now
        return now == status
    tap.wait_for('%s %s is %s' % (' '.join(kind), name, status), look, 120)


def openstack_volume():
    openstack('volume', 'create', '--size', '1', '--property', 'k=v', 'o1')
    turns(('volume',), 'o1', 'available')
    openstack('volume', 'set', '--size', '2', 'o1')
    turns(('volume',), 'o1', 'available')
    openstack('volume', 'set', '--bootable', '--read-only', '--property', 'x=y', 'o1')
    shown = table('volume', 'show', 'o1')
    tap.expect((shown['size'], shown['bootable'], shown['properties']['x']), (2, 'true', 'y'))
    openstack('volume', 'set', '--non-bootable', '--read-write', 'o1')
    openstack('volume', 'unset', '--property', 'k', 'o1')


def openstack_attachment():
    """The command wants a server that it can find."""
    volume = value('id', 'volume', 'show', 'o1')
    run('openstack', 'server', 'create', '--image', 'tiny', '--flavor', table(
        'flavor', 'list')[0]['Name'], '--wait', 'vm')
    IDS['vm'] = value('id', 'server', 'show', 'vm')
    made = table('volume', 'attachment', 'create', volume, 'vm')
    attachment = made['ID']
    openstack('volume', 'attachment', 'set', '--initiator', 'iqn.a:b', '--ip', '192.0.2.1',
              '--host', 'h1', attachment)
    openstack('volume', 'attachment', 'complete', attachment)
    tap.expect(value('status', 'volume', 'show', 'o1'), 'in-use')
    row, = table('volume', 'attachment', 'list')
    tap.expect((row['ID'], row['Status']), (attachment, 'attached'))
    shown = table('volume', 'attachment', 'show', attachment)
    tap.expect((shown['Volume ID'], shown['Instance ID']), (volume, IDS['vm']))
    openstack('volume', 'attachment', 'delete', attachment)
    tap.expect(value('status', 'volume', 'show', 'o1'), 'available')


def openstack_attachment_in_one_call():
    made = table('volume', 'attachment', 'create', '--connect', '--initiator', 'iqn.a:b', '--ip',
                 '192.0.2.1', '--host', 'h1', '--mode', 'rw', 'o1', 'vm')
    assert 'driver_volume_type' in str(made), made
    openstack('volume', 'attachment', 'complete', made['ID'])
    openstack('volume', 'attachment', 'delete', made['ID'])


def openstack_snapshot_and_clone():
    openstack('volume', 'snapshot', 'create', '--volume', 'o1', '--property', 'a=b', 's1')
    turns(('volume', 'snapshot'), 's1', 'available')
    tap.expect([row['Name'] for row in table('volume', 'snapshot', 'list')], ['s1'])
    openstack('volume', 'snapshot', 'set', '--name', 's2', '--property', 'c=d', 's1')
    openstack('volume', 'create', '--snapshot', 's2', '--size', '3', 'o2')
    openstack('volume', 'create', '--source', 'o1', 'o3')
    turns(('volume',), 'o2', 'available')
    turns(('volume',), 'o3', 'available')
    tap.expect((table('volume', 'show', 'o2')['size'], table('volume', 'show', 'o3')['size']),
               (3, 2))
    openstack('volume', 'snapshot', 'delete', 's2')
    tap.wait_for('snapshot is gone', lambda: table('volume', 'snapshot', 'list') == [])


def openstack_image_of_a_volume():
    openstack('image', 'create', '--volume', 'o3', 'of-o3')
    turns(('volume',), 'o3', 'available')
    turns(('image',), 'of-o3', 'active')
    openstack('volume', 'create', '--image', 'of-o3', '--size', '2', 'o4')
    turns(('volume',), 'o4', 'available')
    openstack('image', 'delete', 'of-o3')


def openstack_type_and_qos():
    openstack('volume', 'type', 'create', '--property', 'multiattach=<is> True', '--description',
              'd', 'both', user='admin')
    shown = table('volume', 'type', 'show', 'both', user='admin')
    tap.expect(shown['properties'], {'multiattach': '<is> True'})
    openstack('volume', 'type', 'set', '--name', 'both2', 'both', user='admin')
    openstack('volume', 'qos', 'create', '--consumer', 'back-end', '--property', 'a=b', 'q1',
              user='admin')
    openstack('volume', 'qos', 'associate', 'q1', 'both2', user='admin')
    openstack('volume', 'qos', 'disassociate', '--all', 'q1', user='admin')
    openstack('volume', 'qos', 'delete', 'q1', user='admin')
    openstack('volume', 'type', 'delete', 'both2', user='admin')


def openstack_quota():
    openstack('quota', 'set', '--volumes', '30', 'demo', user='admin')
    shown = openstack('quota', 'show', 'demo', user='admin')
    assert '30' in shown, shown


def openstack_transfer():
    made = table('volume', 'transfer', 'request', 'create', 'o4')
    openstack('volume', 'transfer', 'request', 'accept', '--auth-key', made['auth_key'],
              made['id'], user='alt')
    openstack('volume', 'delete', 'o4', user='alt')


def openstack_of_an_admin():
    openstack('volume', 'service', 'list', user='admin')
    openstack('volume', 'message', 'list')
    openstack('availability', 'zone', 'list', '--volume')
    openstack('volume', 'list', '--all-projects', '--long', user='admin')


def openstack_deletes():
    run('openstack', 'server', 'delete', '--wait', 'vm')
    openstack('volume', 'delete', 'o1', 'o2', 'o3')
    tap.wait_for('all volumes are gone', lambda: table('volume', 'list') == [])


def daemon_ends_well():
    tap.expect(CLEATD.stop(), 0, 'status of cleatd')


def cleatd_serves():
    assert CLEATD.start(), 'cleatd died, see %s' % CLEATD.log.name


with CLEATD:
    tap.run('block storage clients', [
        cleatd_serves, cinder_versions, cinder_volume, cinder_attachments_of_3_27,
        cinder_attachments_of_3_44, cinder_attachments_of_the_newest,
        cinder_attachment_in_one_call, cinder_extend_and_reset, cinder_snapshots, cinder_images,
        cinder_types, cinder_qos, cinder_encryption_types, cinder_quotas, cinder_transfer,
        cinder_of_an_admin, cinder_deletes, openstack_volume, openstack_attachment,
        openstack_attachment_in_one_call, openstack_snapshot_and_clone,
        openstack_image_of_a_volume, openstack_type_and_qos, openstack_quota, openstack_transfer,
        openstack_of_an_admin, openstack_deletes, daemon_ends_well,
    ])
