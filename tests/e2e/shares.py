#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Debian's own manila and openstack commands, unchanged, against the shared file systems service.

It asks for nothing before it sends 2.72, and looks names up in lists of everything. The story:
types, shares, who may mount them, where from, sizes, metadata, snapshots, shares put away and
deleted, quotas, and what an admin of such a service looks at.
"""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'api'), os.path.join(TESTS, 'lib')]
import commands  # noqa: E402
import lib  # noqa: E402
import tap  # noqa: E402

CLEATD = lib.Cleatd(start=False)
IDS = {}


def manila(*words, **how):
    return commands.run(CLEATD, 'manila', *words, **how)


def refused(wanted, *words, **how):
    commands.refused(CLEATD, wanted, 'manila', *words, **how)


def rows(output):
    """The table that manila prints, a dictionary a row."""
    lines = [[cell.strip() for cell in line.strip('|').split('|')]
             for line in output.split('\n') if line.startswith('|')]
    return [dict(zip(lines[0], line)) for line in lines[1:]] if lines else []


def properties(output):
    return {row['Property']: row['Value'] for row in rows(output) if row['Property']}


def share(name, **how):
    return properties(manila('show', name, **how))


def becomes(name, status, seconds=60):
    def look():
        now = share(name)['status']
        if now.endswith('error') and now != status:
            raise AssertionError('%s is %s' % (name, now))
        return now == status
    tap.wait_for('%s is %s' % (name, status), look, seconds)


def gone(name, *words):
    tap.wait_for('%s is gone' % name, lambda: name not in manila(*words))


def types():
    default, = [row for row in rows(manila('type-list')) if row['Name'] == 'default']
    tap.expect((default['visibility'], default['is_default']), ('public', 'YES'))
    assert 'driver_handles_share_servers : False' in default['required_extra_specs'], default
    manila('type-create', 'gold', 'False', '--description', 'the best', '--snapshot_support',
           'True', '--is_public', 'False', user='admin')
    assert 'gold' not in manila('type-list')
    assert 'gold' in manila('type-list', '--all', user='admin')
    manila('type-key', 'gold', 'set', 'a=b', user='admin')
    assert 'a : b' in manila('extra-specs-list', user='admin')
    manila('type-access-add', 'gold', CLEATD.user('demo').project_id, user='admin')
    assert CLEATD.user('demo').project_id in manila('type-access-list', 'gold', user='admin')
    assert 'gold' in manila('type-list')
    manila('type-access-remove', 'gold', CLEATD.user('demo').project_id, user='admin')
    manila('type-update', 'gold', '--name', 'silver', '--description', 'next', user='admin')
    shown = properties(manila('type-show', 'silver', user='admin'))
    tap.expect((shown['description'], shown['visibility']), ('next', 'private'))
    manila('type-update', 'silver', '--name', 'gold', user='admin')
    manila('type-delete', 'gold', user='admin')
    assert 'gold' not in manila('type-list', '--all', user='admin')


def create():
    made = properties(manila('create', 'NFS', '1', '--name', 's1', '--description', 'text',
                             '--metadata', 'k=v'))
    tap.expect((made['status'], made['share_proto'], made['size'], made['name']),
               ('creating', 'NFS', '1', 's1'))
    IDS['s1'] = made['id']
    becomes('s1', 'available')
    shown = share('s1')
    tap.expect((shown['id'], shown['metadata'], shown['is_public'], shown['share_type_name']),
               (IDS['s1'], "{'k': 'v'}", 'False', 'default'))
    refused('CIFS', 'create', 'CIFS', '1')
    refused('Share size', 'create', 'NFS', '0')


def lists():
    listed, = rows(manila('list'))
    tap.expect((listed['ID'], listed['Name'], listed['Size'], listed['Share Proto'],
                listed['Status'], listed['Share Type Name']),
               (IDS['s1'], 's1', '1', 'NFS', 'available', 'default'))
    for words, count in ((('--name', 's1'), 1), (('--name', 's2'), 0), (('--name~', 's'), 1),
                         (('--metadata', 'k=v'), 1), (('--metadata', 'k=w'), 0),
                         (('--status', 'error'), 0), (('--share-type', 'default'), 1),
                         (('--limit', '1'), 1), (('--limit', '1', '--offset', '1'), 0),
                         (('--sort-key', 'size', '--sort-dir', 'asc'), 1), (('--public',), 1)):
        tap.expect(len(rows(manila('list', *words))), count, words)
    tap.expect(rows(manila('list', user='alt')), [])
    tap.expect(rows(manila('list', user='admin')), [])
    listed, = rows(manila('list', '--all-tenants', user='admin'))
    tap.expect(listed['ID'], IDS['s1'])
    assert '@' in listed['Host'], listed


def export_locations():
    place, = rows(manila('share-export-location-list', 's1'))
    shown = properties(manila('share-export-location-show', 's1', place['ID']))
    tap.expect((shown['id'], shown['path']), (place['ID'], place['Path']))
    assert place['Path'] in manila('show', 's1')
    listed, = rows(manila('list', '--export_location', place['Path']))
    tap.expect(listed['ID'], IDS['s1'])


def access():
    made = properties(manila('access-allow', 's1', 'ip', '192.0.2.0/24', '--access-level', 'ro',
                             '--metadata', 'who=us'))
    tap.expect((made['access_type'], made['access_to'], made['access_level'], made['share_id']),
               ('ip', '192.0.2.0/24', 'ro', IDS['s1']))
    tap.wait_for('the rule', lambda: rows(manila('access-list', 's1'))[0]['state'] == 'active')
    listed, = rows(manila('access-list', 's1'))
    tap.expect((listed['id'], listed['access_to'], listed['access_level']),
               (made['id'], '192.0.2.0/24', 'ro'))
    shown = properties(manila('access-show', made['id']))
    tap.expect((shown['access_to'], shown['metadata']), ('192.0.2.0/24', "{'who': 'us'}"))
    manila('access-metadata', made['id'], 'set', 'a=b')
    manila('access-metadata', made['id'], 'unset', 'who')
    tap.expect(properties(manila('access-show', made['id']))['metadata'], "{'a': 'b'}")
    tap.expect(len(rows(manila('access-list', 's1', '--metadata', 'a=b'))), 1)
    tap.expect(rows(manila('access-list', 's1', '--metadata', 'a=c')), [])
    refused('Share access ip:192.0.2.0/24 exists.', 'access-allow', 's1', 'ip', '192.0.2.0/24')
    refused('does not appear to be an IPv4 or IPv6 network', 'access-allow', 's1', 'ip', 'x')
    manila('access-deny', 's1', made['id'])
    gone(made['id'], 'access-list', 's1')
    refused('404', 'access-show', made['id'])


def updates():
    manila('update', 's1', '--name', 's2', '--description', 'other')
    manila('update', 's2', '--name', 's1')
    tap.expect(share('s1')['description'], 'other')
    manila('metadata', 's1', 'set', 'x=y')
    manila('metadata', 's1', 'unset', 'k')
    tap.expect(share('s1')['metadata'], "{'x': 'y'}")
    assert 'y' in manila('metadata-show', 's1')
    manila('metadata-update-all', 's1', 'z=1')
    tap.expect(share('s1')['metadata'], "{'z': '1'}")
    refused('Access was denied', 'update', 's1', '--name', 's3', user='reader')


def sizes():
    manila('extend', 's1', '2')
    becomes('s1', 'available')
    tap.expect(share('s1')['size'], '2')
    manila('shrink', 's1', '1')
    becomes('s1', 'available')
    tap.expect(share('s1')['size'], '1')
    refused('New size for extend must be greater than current size', 'extend', 's1', '1')


def an_admin_resets():
    refused('Access was denied', 'reset-state', 's1', '--state', 'error')
    manila('reset-state', IDS['s1'], '--state', 'error', user='admin')
    tap.expect(share('s1')['status'], 'error')
    manila('reset-state', IDS['s1'], '--state', 'available', user='admin')
    tap.expect(share('s1')['status'], 'available')
    manila('reset-task-state', IDS['s1'], user='admin')
    refused('404', 'migration-cancel', IDS['s1'], user='admin')


def its_one_instance():
    listed, = rows(manila('share-instance-list', '--share-id', IDS['s1'], user='admin'))
    tap.expect((listed['Share ID'], listed['Status']), (IDS['s1'], 'available'))
    tap.expect(len(rows(manila('share-instance-list', user='admin'))), 1)
    shown = properties(manila('share-instance-show', listed['ID'], user='admin'))
    tap.expect((shown['share_id'], shown['host']), (IDS['s1'], listed['Host']))
    place, = rows(manila('share-instance-export-location-list', listed['ID'], user='admin'))
    assert place['Path'] in manila('show', 's1')
    manila('share-instance-reset-state', listed['ID'], '--state', 'error', user='admin')
    tap.expect(share('s1')['status'], 'error')
    manila('reset-state', IDS['s1'], '--state', 'available', user='admin')
    refused('Access was denied', 'share-instance-list')


def a_message_tells_why():
    manila('access-allow', 's1', 'user', 'alice')
    tap.wait_for('the rule', lambda: rows(manila('access-list', 's1'))[0]['state'] == 'error')
    told, = rows(manila('message-list', '--resource_id', IDS['s1']))
    tap.expect((told['Resource Type'], told['Action ID']), ('SHARE', '010'))
    shown = properties(manila('message-show', told['ID']))
    tap.expect(shown['user_message'], told['User Message'])
    manila('message-delete', told['ID'])
    tap.expect(rows(manila('message-list')), [])
    rule, = rows(manila('access-list', 's1'))
    manila('access-deny', 's1', rule['id'])
    gone(rule['id'], 'access-list', 's1')


def given_up_and_taken_back():
    host = share(IDS['s1'], user='admin')['host']
    place, = rows(manila('share-export-location-list', 's1'))
    refused('Access was denied', 'unmanage', 's1')
    manila('unmanage', IDS['s1'], user='admin')
    gone(IDS['s1'], 'list')
    manila('manage', host, 'NFS', place['Path'], '--name', 's1', '--driver_options', 'size=1',
           user='admin')
    tap.wait_for('it is back', lambda: properties(
        manila('show', 's1', user='admin'))['status'] == 'available')
    tap.expect(properties(manila('show', 's1', user='admin'))['id'], IDS['s1'])
    manila('force-delete', IDS['s1'], user='admin')
    tap.wait_for('it is gone', lambda: IDS['s1'] not in manila('list', user='admin'))
    create()


def snapshots():
    made = properties(manila('snapshot-create', 's1', '--name', 'n1', '--description', 'text'))
    tap.expect((made['share_id'], made['name'], made['share_size']), (IDS['s1'], 'n1', '1'))
    tap.wait_for('the snapshot', lambda: properties(
        manila('snapshot-show', 'n1'))['status'] == 'available')
    listed, = rows(manila('snapshot-list'))
    tap.expect((listed['ID'], listed['Share ID'], listed['Name']),
               (made['id'], IDS['s1'], 'n1'))
    manila('snapshot-rename', 'n1', 'n2')
    tap.expect(rows(manila('snapshot-access-list', 'n2')), [])
    tap.expect(rows(manila('snapshot-export-location-list', 'n2')), [])
    manila('snapshot-reset-state', made['id'], '--state', 'error', user='admin')
    tap.expect(properties(manila('snapshot-show', 'n2'))['status'], 'error')
    manila('snapshot-reset-state', made['id'], '--state', 'available', user='admin')
    manila('revert-to-snapshot', 'n2')
    becomes('s1', 'available')
    manila('create', 'NFS', '1', '--name', 'copy', '--snapshot-id', made['id'])
    becomes('copy', 'available')
    tap.expect(share('copy')['snapshot_id'], made['id'])
    manila('delete', 'copy')
    gone('copy', 'list')
    refused('dependent snapshots', 'delete', 's1')
    manila('snapshot-delete', 'n2')
    gone('n2', 'snapshot-list')


def put_away():
    manila('soft-delete', 's1')
    tap.expect(rows(manila('list')), [])
    listed, = rows(manila('list', '--soft-deleted'))
    tap.expect(listed['ID'], IDS['s1'])
    manila('restore', 's1')
    tap.expect(len(rows(manila('list'))), 1)


def quotas():
    project = CLEATD.user('demo').project_id
    before = properties(manila('quota-show'))
    tap.expect((before['shares'], before['gigabytes'], before['per_share_gigabytes']),
               ('50', '1000', '-1'))
    manila('quota-update', project, '--shares', '1', user='admin')
    refused('ShareLimitExceeded', 'create', 'NFS', '1')
    assert 'in_use = 1' in manila('quota-show', '--detail')
    manila('quota-delete', '--tenant', project, user='admin')
    tap.expect(properties(manila('quota-show')), before)
    tap.expect(properties(manila('quota-defaults'))['shares'], '50')
    manila('quota-class-show', 'default', user='admin')
    manila('quota-class-update', 'default', '--shares', '60', user='admin')
    tap.expect(properties(manila('quota-show'))['shares'], '60')
    manila('quota-class-update', 'default', '--shares', '50', user='admin')
    used = {row['Name']: row['Value'] for row in rows(manila('absolute-limits'))}
    tap.expect((used['totalSharesUsed'], used['totalShareGigabytesUsed']), ('1', '1'))


def what_admins_look_at():
    services = {row['Binary']: row for row in rows(manila('service-list', user='admin'))}
    tap.expect(services['manila-share']['State'], 'up')
    pool, = rows(manila('pool-list', user='admin'))
    assert pool['Name'].startswith(services['manila-share']['Host'] + '#'), pool
    assert 'free_capacity_gb' in manila('pool-list', '--detail', user='admin')
    tap.expect([row['Name'] for row in rows(manila('availability-zone-list'))], ['nova'])


def lists_of_what_there_is_none_of():
    for words in (('share-network-list',), ('security-service-list',), ('share-replica-list',),
                  ('share-group-list',), ('share-group-type-list',),
                  ('share-group-snapshot-list',), ('message-list',)):
        tap.expect(rows(manila(*words)), [], words)
    tap.expect(rows(manila('share-server-list', user='admin')), [])


def delete():
    manila('delete', 's1')
    gone(IDS['s1'], 'list')
    refused("No share with a name or ID of 's1' exists.", 'show', 's1')
    manila('create', 'NFS', '1', '--name', 'forced')
    becomes('forced', 'available')
    manila('force-delete', share('forced')['id'], user='admin')
    gone('forced', 'list')
    used = {row['Name']: row['Value'] for row in rows(manila('absolute-limits'))}
    tap.expect((used['totalSharesUsed'], used['totalShareGigabytesUsed']), ('0', '0'))


def openstack(*words, **how):
    return commands.run(CLEATD, 'openstack', 'share', *words, **how)


def openstack_share():
    openstack('create', 'NFS', '1', '--name', 'o1', '--wait')
    assert 'o1' in openstack('list')
    openstack('set', 'o1', '--property', 'a=b', '--name', 'o2')
    assert "a='b'" in openstack('show', 'o2')
    openstack('resize', 'o2', '2', '--wait')
    rule = openstack('access', 'create', 'o2', 'ip', '192.0.2.7', '-f', 'value', '-c', 'id')
    assert rule.strip() in openstack('access', 'list', 'o2')
    openstack('access', 'delete', 'o2', rule.strip())
    assert ':' in openstack('export', 'location', 'list', 'o2', '-f', 'value', '-c', 'Path')
    openstack('quota', 'show', 'demo', user='admin')
    openstack('limits', 'show', '--absolute')
    openstack('pool', 'list', user='admin')
    openstack('type', 'list')
    openstack('unset', 'o2', '--property', 'a')
    assert "a='b'" not in openstack('show', 'o2')
    tap.expect(openstack('availability', 'zone', 'list', '-f', 'value', '-c', 'Name').strip(),
               'nova')
    assert 'manila-share' in openstack('service', 'list', user='admin')
    assert 'available' in openstack('instance', 'list', user='admin')
    tap.expect(openstack('message', 'list', '-f', 'value').strip(), '')


def openstack_share_access():
    rule = openstack('access', 'create', 'o2', 'ip', '192.0.2.0/24', '--access-level', 'ro',
                     '--properties', 'a=b', '--wait', '-f', 'value', '-c', 'id').strip()
    shown = openstack('access', 'show', rule)
    assert '192.0.2.0/24' in shown and 'active' in shown, shown
    openstack('access', 'set', rule, '--property', 'c=d')
    openstack('access', 'unset', rule, '--property', 'a')
    assert 'c' in openstack('access', 'list', 'o2', '--properties', 'c=d')
    place, = openstack('export', 'location', 'list', 'o2', '-f', 'value', '-c', 'ID').split()
    assert place in openstack('export', 'location', 'show', 'o2', place)
    openstack('access', 'delete', 'o2', rule, '--wait')
    tap.expect(openstack('access', 'list', 'o2', '-f', 'value').strip(), '')


def openstack_share_types():
    openstack('type', 'create', 'gold', 'False', '--public', 'False', '--extra-specs',
              'snapshot_support=True', user='admin')
    openstack('type', 'set', 'gold', '--description', 'the best', '--extra-specs', 'a=b',
              user='admin')
    shown = openstack('type', 'show', 'gold', user='admin')
    assert 'the best' in shown and 'a : b' in shown, shown
    openstack('type', 'unset', 'gold', 'a', user='admin')
    assert 'a : b' not in openstack('type', 'show', 'gold', user='admin')
    project = CLEATD.user('demo').project_id
    openstack('type', 'access', 'create', 'gold', project, user='admin')
    assert project in openstack('type', 'access', 'list', 'gold', user='admin')
    assert 'gold' in openstack('type', 'list')
    openstack('type', 'access', 'delete', 'gold', project, user='admin')
    assert 'gold' not in openstack('type', 'list')
    openstack('type', 'delete', 'gold', user='admin')


def openstack_share_snapshots():
    openstack('snapshot', 'create', 'o2', '--name', 'n1', '--wait')
    openstack('snapshot', 'set', 'n1', '--name', 'n2', '--description', 'text')
    assert 'text' in openstack('snapshot', 'show', 'n2')
    assert 'n2' in openstack('snapshot', 'list', '--share', 'o2')
    openstack('revert', 'n2', '--wait')
    openstack('snapshot', 'delete', 'n2', '--wait')
    tap.expect(openstack('snapshot', 'list', '-f', 'value').strip(), '')


def openstack_share_quotas():
    openstack('quota', 'set', 'demo', '--shares', '1', user='admin')
    complaint = commands.run(CLEATD, 'openstack', 'share', 'create', 'NFS', '1', fails=True)
    assert 'ShareLimitExceeded' in complaint, complaint
    openstack('quota', 'delete', 'demo', user='admin')
    assert '50' in openstack('quota', 'show', 'demo', user='admin')


def openstack_share_ends():
    identifier = openstack('show', 'o2', '-f', 'value', '-c', 'id').strip()
    openstack('delete', 'o2', '--soft')
    tap.expect(openstack('list', '-f', 'value').strip(), '')
    openstack('restore', identifier)  # it looks for no names there
    assert 'o2' in openstack('list')
    openstack('delete', 'o2', '--wait')
    tap.expect(openstack('list', '-f', 'value').strip(), '')


def daemon_ends_well():
    tap.expect(CLEATD.stop(), 0, 'status of cleatd')


def cleatd_serves():
    assert CLEATD.start(), 'cleatd died, see %s' % CLEATD.log.name
    assert CLEATD.user('demo').token


with CLEATD:
    tap.run('manila', [
        cleatd_serves, types, create, lists, export_locations, access, updates, sizes,
        an_admin_resets, its_one_instance, a_message_tells_why, given_up_and_taken_back, snapshots,
        put_away, quotas, what_admins_look_at, lists_of_what_there_is_none_of, delete,
        openstack_share, openstack_share_access, openstack_share_types, openstack_share_snapshots,
        openstack_share_quotas, openstack_share_ends, daemon_ends_well])
