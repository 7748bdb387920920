#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What a volume shows at each microversion and to whom, and how it is updated."""
import os
import re
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from volumelib import V3, at, drop, make, refused, tap  # noqa: E402
from lib import Cleatd  # noqa: E402

UUID = re.compile(r'^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')
# Clients check with closed lists: these members and no others.
ALWAYS = {
    'attachments', 'availability_zone', 'bootable', 'consistencygroup_id', 'created_at',
    'description', 'encrypted', 'id', 'links', 'metadata', 'multiattach', 'name',
    'replication_status', 'size', 'snapshot_id', 'source_volid', 'status', 'updated_at',
    'user_id', 'volume_type'}
ADDED = {13: {'group_id'}, 48: {'service_uuid', 'shared_targets'}, 63: {'volume_type_id'},
         65: {'consumes_quota'}}
ADMIN_ADDED = {0: {'migration_status'}, 21: {'provider_id'}, 61: {'cluster_name'}}
FULL = {'os-vol-tenant-attr:tenant_id'}
ADMIN_FULL = {'os-vol-host-attr:host', 'os-vol-mig-status-attr:migstat',
              'os-vol-mig-status-attr:name_id'}

cleatd = Cleatd()
demo, admin = cleatd.user('demo'), cleatd.user('admin')


def members(minor, is_admin, full):
    """What a volume has at 3.MINOR."""
    wanted = set(ALWAYS)
    for table in [ADDED] + ([ADMIN_ADDED] if is_admin else []):
        for since, names in table.items():
            wanted |= names if minor >= since else set()
    if full:
        wanted |= FULL | (ADMIN_FULL if is_admin else set())
    return wanted


def set_column(volume, column, value):
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db'), timeout=10) as db:
        db.execute('UPDATE volumes SET %s = ? WHERE id = ?' % column, (value, volume['id']))
    # Readers look anew at the file only after a commit of the daemon's own.
    tap.expect(admin.put('%s/os-quota-sets/%s' % (V3, demo.user_id),
                         {'quota_set': {'volumes': 10}}).status, 200)


def each_version_has_its_members():
    for user in (demo, admin):
        is_admin = user is admin
        volume = make(user, name='v')
        path = '%s/volumes/%s' % (V3, volume['id'])
        for minor in (0, 12, 13, 20, 21, 47, 48, 60, 61, 62, 63, 64, 65, 68, 69, 71):
            what = '3.%d %s' % (minor, 'admin' if is_admin else 'member')
            shown = user.get(path, version=at(minor)).body['volume']
            tap.expect(set(shown), members(minor, is_admin, True), what)
            listed = user.get(V3 + '/volumes/detail', version=at(minor)).body['volumes']
            tap.expect(listed, [shown], what + ' in a list')
            changed = user.put(path, {'volume': {'name': what}}, version=at(minor))
            tap.expect(set(changed.body['volume']), members(minor, is_admin, False), what)
        for minor in (0, 71):
            made = user.post(V3 + '/volumes', {'volume': {'size': 1}}, version=at(minor))
            tap.expect(set(made.body['volume']), members(minor, is_admin, False), 'create')
            wait_and_drop(user, made.body['volume'])
        drop(user, volume)


def wait_and_drop(user, volume):
    path = '%s/volumes/%s' % (V3, volume['id'])
    tap.wait_for('an available volume',
                 lambda: user.get(path).body['volume']['status'] == 'available')
    drop(user, volume)


def values_of_new_members():
    volume = make(admin)
    path = '%s/volumes/%s' % (V3, volume['id'])
    shown = admin.get(path, version=at(71)).body['volume']
    assert UUID.match(shown['service_uuid']), shown
    assert UUID.match(shown['volume_type_id']), shown
    assert re.match(r'.+@.+#.+', shown['os-vol-host-attr:host']), shown
    tap.expect((shown['consumes_quota'], shown['group_id'], shown['cluster_name'],
                shown['provider_id'], shown['encrypted'], shown['bootable']),
               (True, None, None, None, False, 'false'))
    assert shown['shared_targets'] in (True, False, None), shown
    assert admin.get(path, version=at(48)).body['volume']['shared_targets'] in (True, False)
    types = admin.get(V3 + '/types').body['volume_types']
    tap.expect([one['name'] for one in types if one['id'] == shown['volume_type_id']],
               [shown['volume_type']])
    drop(admin, volume)


def what_the_service_notes_is_shown():
    volume = make(demo, metadata={'mine': 'x'})
    path = '%s/volumes/%s' % (V3, volume['id'])
    set_column(volume, 'admin_metadata', '{"readonly":"True","attached_mode":"ro"}')
    set_column(volume, 'image_metadata', '{"os_type":"linux"}')
    shown = demo.get(path).body['volume']
    tap.expect(shown['metadata'], {'mine': 'x', 'readonly': 'True', 'attached_mode': 'ro'})
    tap.expect(shown['volume_image_metadata'], {'os_type': 'linux'})
    tap.expect(demo.get(path + '/metadata').body, {'metadata': {'mine': 'x'}}, 'the user\'s own')
    changed = demo.put(path, {'volume': {'name': 'n'}}).body['volume']
    assert 'volume_image_metadata' not in changed, changed
    tap.expect(len(demo.get(V3 + '/volumes?glance_metadata={"os_type":"linux"}',
                            version=at(4)).body['volumes']), 1)
    for stored, status in (('managing', 'creating'), ('error_managing', 'error')):
        set_column(volume, 'status', stored)
        tap.expect(demo.get(path).body['volume']['status'], status, stored)
    drop(demo, volume)


def updates_by_version():
    volume = make(demo, name='before', metadata={'a': '1', 'b': '2'})
    path = '%s/volumes/%s' % (V3, volume['id'])
    for body in ({'display_name': ' name '}, {'display_description': 'text'},
                 {'metadata': {'c': '3'}}):
        tap.expect(demo.put(path, {'volume': body}, version=at(53)).status, 200, body)
    shown = demo.get(path).body['volume']
    tap.expect((shown['name'], shown['description'], shown['metadata']),
               ('name', 'text', {'c': '3'}))
    for minor in (0, 71):
        refused(demo.put(path, {'volume': {'bootable': True}}, version=at(minor)), 400,
                'Invalid input for field/attribute volume. Value: {"bootable":true}. Additional '
                "properties are not allowed ('bootable' was unexpected)")
    refused(demo.put(path, {'volume': {}, 'x': 1}), 400,
            "Additional properties are not allowed ('x' was unexpected)")
    set_column(volume, 'status', 'maintenance')
    refused(demo.put(path, {'volume': {'name': 'n'}}), 400,
            'Invalid volume: The volume cannot be updated during maintenance.')
    set_column(volume, 'status', 'available')
    drop(demo, volume)


def end():
    cleatd.__exit__()


tap.run('volume views', [
    each_version_has_its_members, values_of_new_members, what_the_service_notes_is_shown,
    updates_by_version,
], cleanup=end)
