# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The part of cli.py about shares."""
import tap
from cleat import DENIED, FAILED, IDS, NOT_FOUND, USAGE, cleat, names, refused, table, value


def share_create():
    made = table('share', 'create', 'home', '--size', '2', '--property', 'k=v', '--wait')
    tap.expect((made['status'], made['size'], made['share_proto'], made['share_type_name'],
                made['metadata']), ('available', 2, 'NFS', 'default', {'k': 'v'}))
    IDS['share'] = made['id']
    tap.expect(cleat('share', 'export', 'list', 'home', '-f', 'value', '-c', 'path').split(),
               made['export_locations'])
    assert made['export_locations'], made
    kind, = table('share', 'type', 'list')
    tap.expect((kind['Name'], kind['Default'], kind['Public']), ('default', True, True))
    refused(NOT_FOUND, 'Share type not found', 'share', 'create', '--size', '1', '--type', 'nope')
    refused(FAILED, 'Invalid share protocol', 'share', 'create', '--size', '1', '--protocol', 'X')
    refused(DENIED, '403', 'share', 'create', '--size', '1', user='reader')
    refused(DENIED, "'is_public' to True", 'share', 'create', '--size', '1', '--public')


def share_list():
    row, = table('share', 'list')
    tap.expect((row['ID'], row['Name'], row['Size'], row['Protocol'], row['Public']),
               (IDS['share'], 'home', 2, 'NFS', False))
    tap.expect(table('share', 'list', '--status', 'error'), [])
    tap.expect(table('share', 'list', '--name', 'nope'), [])
    tap.expect(table('share', 'list', user='alt'), [])
    tap.expect(names(table('share', 'list', '--all-projects', user='admin')), ['home'])
    cleat('share', 'set', IDS['share'], '--public', user='admin')
    tap.expect(names(table('share', 'list', '--public', user='alt')), ['home'])
    cleat('share', 'set', IDS['share'], '--private', user='admin')


def share_set():
    cleat('share', 'set', 'home', '--name', 'other', '--description', 'text', '--property', 'x=y')
    shown = table('share', 'show', 'other')
    tap.expect((shown['description'], shown['metadata']), ('text', {'k': 'v', 'x': 'y'}))
    cleat('share', 'set', 'other', '--name', 'home')
    refused(USAGE, 'nothing to set', 'share', 'set', 'home')
    cleat('share', 'unset', 'home', '--property', 'x')
    tap.expect(table('share', 'show', 'home')['metadata'], {'k': 'v'})
    refused(NOT_FOUND, 'Metadata item is not found', 'share', 'unset', 'home', '--property', 'x')
    refused(USAGE, 'nothing to unset', 'share', 'unset', 'home')
    refused(NOT_FOUND, "no share with the name or id 'nope'", 'share', 'show', 'nope')


def share_changes():
    cleat('share', 'extend', 'home', '--size', '3', '--wait')
    tap.expect(table('share', 'show', 'home')['size'], 3)
    cleat('share', 'shrink', 'home', '--size', '1', '--wait')
    tap.expect(table('share', 'show', 'home')['size'], 1)
    refused(FAILED, 'greater than current size', 'share', 'extend', 'home', '--size', '1')
    refused(FAILED, 'less than current size', 'share', 'shrink', 'home', '--size', '1')
    refused(DENIED, '403', 'share', 'reset', 'home', 'error')
    cleat('share', 'reset', IDS['share'], 'error', user='admin')
    tap.expect(value('status', 'share', 'show', 'home'), 'error')
    cleat('share', 'reset', IDS['share'], 'available', user='admin')


def share_access():
    made = table('share', 'access', 'allow', 'home', 'ip', '192.0.2.0/24', '--level', 'ro',
                 '--property', 'a=b', '--wait')
    tap.expect((made['state'], made['access_to'], made['access_level'], made['metadata']),
               ('active', '192.0.2.0/24', 'ro', {'a': 'b'}))
    refused(FAILED, 'exists.', 'share', 'access', 'allow', 'home', 'ip', '192.0.2.0/24')
    refused(FAILED, 'does not appear to be', 'share', 'access', 'allow', 'home', 'ip', 'x')
    row, = table('share', 'access', 'list', 'home')
    tap.expect((row['ID'], row['State']), (made['id'], 'active'))
    cleat('share', 'access', 'set', made['id'], '--level', 'rw', '--property', 'c=d', '--wait')
    cleat('share', 'access', 'unset', made['id'], '--property', 'a')
    shown = table('share', 'access', 'show', made['id'])
    tap.expect((shown['access_level'], shown['state'], shown['metadata']),
               ('rw', 'active', {'c': 'd'}))
    refused(USAGE, 'nothing to set', 'share', 'access', 'set', made['id'])
    refused(USAGE, 'nothing to unset', 'share', 'access', 'unset', made['id'])
    refused(FAILED, 'Invalid share access level', 'share', 'access', 'set', made['id'],
            '--level', 'x')
    cleat('share', 'access', 'deny', 'home', made['id'], '--wait')
    tap.expect(table('share', 'access', 'list', 'home'), [])
    made = table('share', 'access', 'allow', 'home', 'ip', '192.0.2.7', '--lock-deletion',
                 '--lock-reason', 'audit', '--wait')
    rows = table('share', 'lock', 'list')
    tap.expect(sorted(row['Resource Type'] for row in rows), ['access_rule', 'share'])
    row, = table('share', 'lock', 'list', '--resource', made['id'])
    tap.expect((row['Action'], row['Context'], row['Reason']), ('delete', 'user', 'audit'))
    cleat('share', 'lock', 'set', row['ID'], '--action', 'show')
    tap.expect(value('resource_action', 'share', 'lock', 'show', row['ID']), 'show')
    cleat('share', 'lock', 'set', row['ID'], '--action', 'delete')
    refused(DENIED, 'has been locked', 'share', 'access', 'deny', 'home', made['id'])
    refused(DENIED, 'prevent delete action', 'share', 'delete', 'home')
    cleat('share', 'access', 'deny', 'home', made['id'], '--unrestrict', '--wait')
    tap.wait_for('the locks are gone', lambda: table('share', 'lock', 'list') == [])


def share_locks():
    made = table('share', 'lock', 'create', 'home', '--reason', 'keep')
    tap.expect((made['resource_id'], made['lock_reason']), (IDS['share'], 'keep'))
    refused(DENIED, 'prevent delete action', 'share', 'delete', 'home')
    tap.expect(len(table('share', 'lock', 'list', '--all-projects', user='admin')), 1)
    cleat('share', 'lock', 'set', made['id'], '--reason', 'audit')
    shown = table('share', 'lock', 'show', made['id'])
    tap.expect((shown['resource_action'], shown['lock_reason']), ('delete', 'audit'))
    refused(USAGE, 'nothing to set', 'share', 'lock', 'set', made['id'])
    refused(FAILED, 'not supported for', 'share', 'lock', 'set', made['id'], '--action', 'show')
    cleat('share', 'lock', 'delete', made['id'])
    refused(NOT_FOUND, '404', 'share', 'lock', 'delete', made['id'])


def share_snapshots():
    made = table('share', 'snapshot', 'create', 'home', 'monday', '--wait')
    tap.expect((made['status'], made['share_id'], made['size']), ('available', IDS['share'], 1))
    row, = table('share', 'snapshot', 'list', '--share', 'home')
    tap.expect((row['ID'], row['Name']), (made['id'], 'monday'))
    tap.expect(value('id', 'share', 'snapshot', 'show', 'monday'), made['id'])
    cleat('share', 'snapshot', 'set', 'monday', '--name', 'tuesday', '--description', 'text',
          '--property', 'a=b', '--property', 'c=d')
    cleat('share', 'snapshot', 'unset', 'tuesday', '--property', 'a')
    shown = table('share', 'snapshot', 'show', 'tuesday')
    tap.expect((shown['description'], shown['metadata']), ('text', {'c': 'd'}))
    refused(USAGE, 'nothing to set', 'share', 'snapshot', 'set', 'tuesday')
    cleat('share', 'snapshot', 'set', 'tuesday', '--name', 'monday')
    refused(DENIED, 'dependent snapshots', 'share', 'delete', 'home')
    copy = table('share', 'create', 'copy', '--size', '1', '--snapshot', 'monday', '--wait')
    tap.expect(copy['snapshot_id'], made['id'])
    cleat('share', 'revert', 'home', 'monday', '--wait')
    cleat('share', 'delete', 'copy', '--wait')
    cleat('share', 'snapshot', 'delete', 'monday', '--wait')
    tap.expect(table('share', 'snapshot', 'list'), [])


def share_types():
    made = table('share', 'type', 'create', 'gold', '--private', '--property',
                 'snapshot_support=True', '--description', 'text', user='admin')
    tap.expect((made['is_public'], made['properties'], made['description']), (False, {
        'driver_handles_share_servers': 'False', 'snapshot_support': 'True'}, 'text'))
    assert 'gold' not in names(table('share', 'type', 'list'))
    assert 'gold' in names(table('share', 'type', 'list', '--all', user='admin'))
    cleat('share', 'type', 'set', 'gold', '--project', 'demo', '--name', 'silver', '--property',
          'a=b', user='admin')
    assert 'silver' in names(table('share', 'type', 'list'))
    tap.expect(table('share', 'type', 'show', 'silver', user='admin')['properties']['a'], 'b')
    cleat('share', 'type', 'unset', 'silver', '--property', 'a', '--project', 'demo', user='admin')
    assert 'silver' not in names(table('share', 'type', 'list'))
    assert 'a' not in table('share', 'type', 'show', 'silver', user='admin')['properties']
    cleat('share', 'type', 'set', 'silver', '--public', user='admin')
    assert 'silver' in names(table('share', 'type', 'list'))
    refused(USAGE, 'nothing to set', 'share', 'type', 'set', 'silver', user='admin')
    refused(USAGE, 'nothing to unset', 'share', 'type', 'unset', 'silver', user='admin')
    refused(DENIED, '403', 'share', 'type', 'create', 'mine')
    refused(FAILED, '400', 'share', 'type', 'create', 'odd', '--property',
            'driver_handles_share_servers=maybe', user='admin')
    cleat('share', 'type', 'delete', 'silver', user='admin')
    refused(NOT_FOUND, 'no share type', 'share', 'type', 'show', 'silver', user='admin')


def shares_put_away():
    cleat('share', 'create', 'away', '--size', '1', '--wait')
    refused(USAGE, 'excludes', 'share', 'delete', 'away', '--soft', '--wait')
    cleat('share', 'delete', 'away', '--soft')
    assert 'away' not in names(table('share', 'list'))
    tap.expect(names(table('share', 'list', '--put-away')), ['away'])
    cleat('share', 'restore', 'away')
    assert 'away' in names(table('share', 'list'))
    refused(NOT_FOUND, 'nope', 'share', 'restore', 'nope')
    cleat('share', 'delete', 'away', '--wait')


def shares_change_hands():
    made = table('share', 'create', 'theirs', '--size', '1', '--wait')
    host = value('host', 'share', 'show', made['id'], user='admin')
    place, = made['export_locations']
    refused(DENIED, '403', 'share', 'release', made['id'])
    cleat('share', 'release', made['id'], '--wait', user='admin')
    refused(NOT_FOUND, 'no share', 'share', 'show', made['id'])
    refused(USAGE, 'needs --size', 'share', 'adopt', host, place, user='admin')
    refused(DENIED, '403', 'share', 'adopt', host, place, '--size', '1')
    taken = table('share', 'adopt', host, place, 'ours', '--size', '2', '--description', 'text',
                  '--wait', user='admin')
    tap.expect((taken['id'], taken['name'], taken['status'], taken['size'], taken['host']),
               (made['id'], 'ours', 'available', 2, host))
    cleat('share', 'delete', made['id'], '--wait', user='admin')


def share_messages():
    refused(FAILED, 'error', 'share', 'access', 'allow', 'home', 'user', 'alice', '--wait')
    rule, = table('share', 'access', 'list', 'home')
    row, = table('share', 'message', 'list', '--resource', IDS['share'])
    tap.expect(row['Resource ID'], IDS['share'])
    tap.expect(table('share', 'message', 'show', row['ID'])['message'], row['Message'])
    cleat('share', 'message', 'delete', row['ID'])
    tap.expect(table('share', 'message', 'list'), [])
    cleat('share', 'access', 'deny', 'home', rule['ID'], '--wait')


def server_shares():
    cleat('server', 'create', 'guest', '--image', 'tiny', '--flavor', 'm1.tiny', '--network',
          'none', '--wait')
    refused(FAILED, 'vm_state active', 'attach', '--share', 'home', 'guest')
    cleat('server', 'stop', 'guest', '--wait')
    made = table('attach', '--share', 'home', '--tag', 'home', 'guest', '--wait')
    tap.expect(made, {'Share ID': IDS['share'], 'Status': 'inactive', 'Tag': 'home'})
    row, = table('server', 'share', 'list', 'guest')
    tap.expect(row, made)
    refused(FAILED, 'already associated', 'attach', '--share', 'home', 'guest')
    refused(DENIED, 'prevent delete action', 'share', 'delete', 'home')
    cleat('server', 'start', 'guest', '--wait')
    tap.expect(value('status', 'server', 'share', 'show', 'guest', 'home'), 'active')
    refused(FAILED, 'vm_state active', 'detach', '--share', 'home', 'guest')
    cleat('server', 'stop', 'guest', '--wait')
    cleat('detach', '--share', 'home', 'guest', '--wait')
    tap.expect(table('server', 'share', 'list', 'guest'), [])
    refused(NOT_FOUND, 'could not be found', 'detach', '--share', 'home', 'guest')
    tap.expect(table('share', 'access', 'list', 'home'), [])


def server_share_with_a_mount_point():
    made = table('attach', '--share', 'home', '--mount-point', '/srv', '--mount-options', 'ro',
                 'guest', '--wait')
    tap.expect((made['Status'], made['Tag']), ('inactive', IDS['share']))
    rows = table('op', 'list', '--share', 'home', '--server', 'guest')
    tap.expect([row['Kind'] for row in rows], ['attach-share', 'detach-share', 'attach-share'])
    tap.expect(rows[0]['Subject'], 'share %s, server %s' % (
        IDS['share'], value('id', 'server', 'show', 'guest')))
    cleat('server', 'delete', 'guest', '--wait')
    tap.wait_for('nobody is let in', lambda: table('share', 'access', 'list', 'home') == [])


def share_delete():
    cleat('share', 'delete', 'home', '--wait')
    made = value('id', 'share', 'create', '--size', '1', '--wait')
    cleat('share', 'reset', made, 'deleting', user='admin')
    cleat('share', 'delete', '--force', made, '--wait', user='admin')
    tap.expect(table('share', 'list'), [])
    tap.expect(table('share', 'message', 'list'), [])


TESTS = [share_create, share_list, share_set, share_changes, share_access, share_locks,
         share_snapshots, share_types, shares_put_away, shares_change_hands, share_messages,
         server_shares, server_share_with_a_mount_point, share_delete]
