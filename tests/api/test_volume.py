#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The block storage API over HTTP: what it shows, and the exact words of each refusal."""
import os
import re
import sys
import uuid

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

V3 = '/volume/v3'
NOBODY = str(uuid.uuid4())
DATE = re.compile(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$')
GENERIC = ('The server could not comply with the request since it is either malformed or '
           'otherwise incorrect.')
NOT_DELETABLE = (
    'Invalid volume: Volume status must be available or error or error_restoring or '
    'error_extending or error_managing and must not be migrating, attached, belong to a group, '
    'have snapshots, awaiting a transfer, or be disassociated from snapshots after volume '
    'transfer.')
REMOVED = (
    'multiattach parameter has been removed. The default behavior is to use multiattach enabled '
    'volume types. Contact your administrator to create a multiattach enabled volume type and use '
    'it to create multiattach volumes.')

# Everybody sees these, admins the others as well.
SHOWN = {
    'attachments', 'availability_zone', 'bootable', 'consistencygroup_id', 'created_at',
    'description', 'encrypted', 'id', 'links', 'metadata', 'multiattach', 'name',
    'replication_status', 'size', 'snapshot_id', 'source_volid', 'status', 'updated_at',
    'user_id', 'volume_type'}
ADMIN_SHOWN = {'migration_status'}
FULL_SHOWN = {'os-vol-tenant-attr:tenant_id'}
ADMIN_FULL_SHOWN = {'os-vol-host-attr:host', 'os-vol-mig-status-attr:migstat',
                    'os-vol-mig-status-attr:name_id'}

cleatd = Cleatd()
demo, alt, admin, reader = (cleatd.user(name) for name in ('demo', 'alt', 'admin', 'reader'))


def refused(reply, status, message, name=None):
    """An error in this dialect's form, with exactly these words."""
    tap.expect(reply.status, status, 'status of %r' % reply)
    tap.expect(reply.message(), message, 'message')
    key = name or {400: 'badRequest', 403: 'forbidden', 404: 'itemNotFound', 413: 'overLimit',
                   415: 'badMediaType'}.get(status, 'computeFault')
    tap.expect(list(reply.body), [key], 'name of the error')
    tap.expect(reply.body[key]['code'], status, 'code')


def make(user=demo, **wish):
    """A volume that is available."""
    reply = user.post(V3 + '/volumes', {'volume': dict({'size': 1}, **wish)})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    return wait_status(user, '%s/volumes/%s' % (V3, reply.body['volume']['id']), 'volume',
                       'available')


def drop(*volumes, user=demo):
    """Delete, and wait until they are gone."""
    for volume in volumes:
        tap.expect(user.delete('%s/volumes/%s' % (V3, volume['id'])).status, 202, 'delete')
    for volume in volumes:
        path = '%s/volumes/%s' % (V3, volume['id'])
        wait_for(lambda path=path: user.get(path).status == 404, path + ' to be gone')


def listed(query, user=demo, detail=False):
    reply = user.get('%s/volumes%s?%s' % (V3, '/detail' if detail else '', query))
    tap.expect(reply.status, 200, 'status of %r' % reply)
    return [volume['name'] for volume in reply.body['volumes']]


def the_versions_need_no_token():
    for path, status in (('/volume', 300), ('/volume/', 300), (V3, 200), (V3 + '/', 200)):
        reply = cleatd.request('GET', path)
        tap.expect(reply.status, status, path)
        version, = reply.body['versions']
        tap.expect(set(version), {'id', 'status', 'updated', 'links', 'min_version', 'version',
                                  'media-types'}, path)
        tap.expect((version['id'], version['status']), ('v3.0', 'CURRENT'))
        tap.expect((version['min_version'], version['version']), ('3.0', '3.71'))
        link = [link['href'] for link in version['links'] if link['rel'] == 'self']
        tap.expect(link, ['http://%s:%d/volume/v3/' % (cleatd.host, cleatd.port)])


def a_token_is_needed():
    for token in (None, 'nonsense'):
        reply = cleatd.request('GET', V3 + '/volumes', headers={'X-Auth-Token': token} if token
                               else None)
        tap.expect(reply.status, 401, 'status of %r' % reply)
        tap.expect(reply.body['error']['code'], 401)
        assert 'www-authenticate' in reply.headers, reply.headers


def microversions_are_negotiated():
    for version, settled in ((None, '3.0'), ('volume 3.0', '3.0'), ('volume latest', '3.71'),
                             ('compute 2.1, volume 3.44', '3.44')):
        reply = demo.get(V3 + '/volumes', version=version)
        tap.expect(reply.status, 200, version)
        tap.expect(reply.headers['openstack-api-version'], 'volume ' + settled, version)
        assert 'openstack-api-version' in reply.headers['vary'].lower(), reply.headers
    refused(demo.get(V3 + '/volumes', version='volume 3.999'), 406,
            'Version 3.999 is not supported by the API. Minimum is 3.0 and maximum is 3.71.')
    refused(demo.get(V3 + '/volumes', version='volume x'), 400,
            'API Version String x is of invalid format. Must be of format MajorNum.MinorNum.')
    refused(demo.get(V3 + '/volumes', version='compute 2.1'), 400, GENERIC)
    for bare in ('volume', 'volume 3 0'):
        tap.expect(demo.get(V3 + '/volumes', version=bare).status, 400, bare)


def request_ids_are_told():
    headers = demo.get(V3 + '/volumes').headers
    assert re.match(r'^req-[0-9a-f-]{36}$', headers['x-openstack-request-id']), headers
    tap.expect(headers['x-compute-request-id'], headers['x-openstack-request-id'])


def a_volume_is_made_shown_and_deleted():
    reply = demo.post(V3 + '/volumes', {'volume': {
        'size': '2', 'name': ' data ', 'description': 'for tests', 'metadata': {'a/b': 'c'},
        'volume_type': None, 'user_id': 'old clients send this', 'status': 'creating'}})
    tap.expect(reply.status, 202, 'status of %r' % reply)
    made = reply.body['volume']
    tap.expect(set(made), SHOWN, 'members after create')
    tap.expect(made['status'], 'creating')
    volume = wait_status(demo, '%s/volumes/%s' % (V3, made['id']), 'volume', 'available')
    tap.expect(set(volume), SHOWN | FULL_SHOWN, 'members shown to the owner')
    tap.expect({key: volume[key] for key in (
        'name', 'description', 'size', 'metadata', 'bootable', 'multiattach', 'encrypted',
        'attachments', 'volume_type', 'replication_status', 'availability_zone',
        'os-vol-tenant-attr:tenant_id', 'user_id')},
               {'name': 'data', 'description': 'for tests', 'size': 2, 'metadata': {'a/b': 'c'},
                'bootable': 'false', 'multiattach': False, 'encrypted': False, 'attachments': [],
                'volume_type': '__DEFAULT__', 'replication_status': 'disabled',
                'availability_zone': 'nova', 'os-vol-tenant-attr:tenant_id': demo.project_id,
                'user_id': demo.user_id})
    assert DATE.match(volume['created_at']) and DATE.match(volume['updated_at']), volume
    tap.expect([link['rel'] for link in volume['links']], ['self', 'bookmark'])
    assert volume['links'][0]['href'].endswith('/volume/v3/volumes/' + volume['id'])
    assert volume['links'][1]['href'].endswith('/volume/volumes/' + volume['id'])

    shown = admin.get('%s/volumes/%s' % (V3, made['id'])).body['volume']
    tap.expect(set(shown), SHOWN | FULL_SHOWN | ADMIN_SHOWN | ADMIN_FULL_SHOWN,
               'members shown to admins')
    assert re.match('.+@.+#.+', shown['os-vol-host-attr:host']), shown
    drop(volume)


def both_forms_of_a_path_answer_in_their_form():
    volume = make(name='both')
    path = '%s/%s/volumes/%s' % (V3, demo.project_id, volume['id'])
    shown = demo.get(path).body['volume']
    assert shown['links'][0]['href'].endswith(path), shown
    refused(demo.get('%s/%s/volumes' % (V3, alt.token and alt.project_id)), 400,
            'Malformed request url')
    drop(volume)


def old_names_of_name_and_description_are_taken():
    volume = make(display_name='old', display_description='older')
    tap.expect((volume['name'], volume['description']), ('old', 'older'))
    drop(volume)


SIZE = ('Invalid input received: Invalid volume size provided for create request: %s (size '
        'argument must be an integer (or string representation of an integer) and greater than '
        'zero).')


def bad_volumes_are_refused():
    long_text = 'x' * 256
    wishes = [
        ({'size': 0}, 400, SIZE % 0),
        ({'size': -1}, 400, SIZE % -1),
        ({'size': 'ten'}, 400, SIZE % 'ten'),
        ({'size': 1.5}, 400, SIZE % 1.5),
        ({'size': True}, 400, SIZE % 'true'),
        ({'size': None}, 400, GENERIC),
        ({}, 400, GENERIC),
        ({'size': 1, 'availability_zone': 'mars'}, 400, "Availability zone 'mars' is invalid."),
        ({'size': 1, 'volume_type': 'gold'}, 404,
         'Volume type with name gold could not be found.'),
        ({'size': 1, 'volume_type': NOBODY}, 404,
         'Volume type %s could not be found.' % NOBODY),
        ({'size': 1, 'snapshot_id': NOBODY}, 404, 'Snapshot %s could not be found.' % NOBODY),
        ({'size': 1, 'source_volid': NOBODY}, 404, 'Volume %s could not be found.' % NOBODY),
        ({'size': 1, 'snapshot_id': NOBODY, 'imageRef': NOBODY}, 400,
         'Invalid input received: May specify only one of backup, imageRef, snapshot, source '
         'volume'),
        ({'size': 1, 'multiattach': True}, 400, REMOVED),
        ({'size': 1, 'snapshot_id': 'x'}, 400,
         "Invalid input for field/attribute snapshot_id. Value: x. 'x' is not a 'uuid'"),
        ({'size': 1, 'name': long_text}, 400,
         "Invalid input for field/attribute name. Value: %s. '%s' is too long"),
        ({'size': 1, 'metadata': []}, 400,
         "Invalid input for field/attribute metadata. Value: []. [] is not of type 'object', "
         "'null'"),
    ]
    for wish, status, message in wishes:
        reply = demo.post(V3 + '/volumes', {'volume': wish})
        if '%s' in message:
            tap.expect(reply.status, status, repr(wish))
            assert reply.message().startswith(message.split('%s', maxsplit=1)[0]), reply
            assert reply.message().endswith('is too long'), reply
        else:
            refused(reply, status, message)
    for wish in ({'size': 1, 'name': 5}, {'size': 1, 'metadata': {'a': 1}},
                 {'size': 1, 'metadata': {'a': 'x' * 256}}, {'size': 1, 'metadata': {'a=b': 'c'}},
                 {'size': 1, 'metadata': {'': 'c'}}, {'size': 1, 'multiattach': 'perhaps'},
                 {'size': 2 ** 62}, {'size': [1]}, {'size': 1, 'description': long_text}):
        reply = demo.post(V3 + '/volumes', {'volume': wish})
        tap.expect(reply.status, 400, '%r: %r' % (wish, reply))
    refused(demo.post(V3 + '/volumes', {'volume': {'size': 1, 'status': 'creating'}},
                      version='volume 3.53'), 400,
            'Invalid input for field/attribute volume. Value: {"size":1,"status":"creating"}. '
            "Additional properties are not allowed ('status' was unexpected)")
    tap.expect(listed(''), [], 'volumes afterwards')


def bad_bodies_are_refused():
    url = V3 + '/volumes'
    refused(demo.post(url, {}), 400, "'volume' is a required property")
    refused(demo.post(url, {'volume': {'size': 1}, 'z': 1}), 400,
            "Additional properties are not allowed ('z' was unexpected)")
    refused(demo.post(url, {'volume': 5}), 400,
            "Invalid input for field/attribute volume. Value: 5. 5 is not of type 'object'")
    for body in (b'', b'{', b'[]x', b'{"volume": {"size": 1}, "volume": {}}', b'\xff'):
        refused(demo.post(url, body), 400, 'Malformed request body')
    refused(demo.post(url, b'<a/>', headers={'Content-Type': 'text/xml'}), 415,
            'Unsupported Content-Type')
    reply = demo.post(url, {'volume': {'size': 0}},
                      headers={'Content-Type': 'application/vnd.openstack.volume+json'})
    refused(reply, 400, SIZE % 0)


def paths_that_are_not_there():
    for method, path in (('GET', '/nothing'), ('PATCH', '/volumes'), ('DELETE', '/volumes'),
                         ('GET', '/attachments'), ('GET', '/groups'),
                         ('POST', '/volumes/' + NOBODY)):
        refused(demo.request(method, V3 + path), 404, 'The resource could not be found.')


def others_do_not_see_a_volume():
    volume = make(name='mine')
    path = '%s/volumes/%s' % (V3, volume['id'])
    words = 'Volume %s could not be found.' % volume['id']
    refused(alt.get(path), 404, words)
    refused(alt.put(path, {'volume': {'name': 'theirs'}}), 404, words)
    refused(alt.delete(path), 404, words)
    refused(alt.get(path + '/metadata'), 404, words)
    refused(alt.post(path + '/metadata', {'metadata': {'a': 'b'}}), 404, words)
    tap.expect(listed('', user=alt), [])
    tap.expect(listed('all_tenants=1', user=alt), [])
    tap.expect(listed('all_tenants=1', user=admin), ['mine'])
    tap.expect(listed('', user=admin), [])
    tap.expect(admin.get(path).status, 200, 'an admin sees it')
    drop(volume)


def readers_only_read():
    volume = make(name='read')
    path = '%s/volumes/%s' % (V3, volume['id'])
    tap.expect(reader.get(path).status, 200)
    refused(reader.post(V3 + '/volumes', {'volume': {'size': 1}}), 403,
            "Policy doesn't allow volume:create to be performed.")
    refused(reader.put(path, {'volume': {'name': 'x'}}), 403,
            "Policy doesn't allow volume:update to be performed.")
    refused(reader.delete(path), 403, "Policy doesn't allow volume:delete to be performed.")
    refused(reader.put(path + '/metadata', {'metadata': {}}), 403,
            "Policy doesn't allow volume:update_volume_metadata to be performed.")
    # The rule comes before the body.
    refused(reader.post(V3 + '/volumes', b'{'), 403,
            "Policy doesn't allow volume:create to be performed.")
    drop(volume)


def ids_that_are_none():
    for wrong in ('x', '%20', 'a' * 300, NOBODY):
        reply = demo.get('%s/volumes/%s' % (V3, wrong))
        tap.expect(reply.status, 404, wrong)
    refused(demo.get(V3 + '/volumes/x'), 404, 'Volume x could not be found.')


def a_volume_is_renamed():
    volume = make(name='before', metadata={'old': 'x'})
    path = '%s/volumes/%s' % (V3, volume['id'])
    reply = demo.put(path, {'volume': {'name': 'after', 'description': None,
                                       'metadata': {'new': 'y'}}})
    tap.expect(reply.status, 200, 'status of %r' % reply)
    changed = reply.body['volume']
    tap.expect(set(changed), SHOWN, 'members after update')
    tap.expect((changed['name'], changed['description'], changed['metadata']),
               ('after', None, {'new': 'y'}))
    tap.expect(demo.put(path, {'volume': {}}).body['volume']['name'], 'after', 'nothing changes')
    refused(demo.put(path, {'volume': {}}, version='volume 3.53'), 400,
            'Invalid input for field/attribute volume. Value: {}. {} is not valid under any of the '
            'given schemas')
    reply = demo.put(path, {'volume': {'description': 'd'}}, version='volume 3.53')
    tap.expect((reply.status, reply.body['volume']['description']), (200, 'd'))
    refused(demo.put(path, {'volume': {'size': 5}}), 400,
            "Invalid input for field/attribute volume. Value: {\"size\":5}. Additional properties "
            "are not allowed ('size' was unexpected)")
    tap.expect(demo.put(path, {'volume': {'name': 7}}).status, 400)
    refused(demo.put(path, {'x': {}}), 400, "'volume' is a required property")
    drop(volume)


def metadata_key_by_key():
    volume = make(metadata={'a': '1'})
    path = '%s/volumes/%s/metadata' % (V3, volume['id'])
    tap.expect(demo.get(path).body, {'metadata': {'a': '1'}})
    tap.expect(demo.post(path, {'metadata': {'b': '2', 'a': '0'}}).body,
               {'metadata': {'a': '0', 'b': '2'}})
    tap.expect(demo.get(path + '/b').body, {'meta': {'b': '2'}})
    tap.expect(demo.put(path + '/c', {'meta': {'c': '3'}}).body, {'meta': {'c': '3'}})
    refused(demo.put(path + '/c', {'meta': {'d': '3'}}), 400, 'Request body and URI mismatch')
    refused(demo.put(path + '/c', {'meta': {'c': '3', 'd': '4'}}), 400,
            'Request body and URI mismatch')
    refused(demo.get(path + '/nil'), 404,
            'Volume %s has no metadata with key nil.' % volume['id'])
    refused(demo.delete(path + '/nil'), 404,
            'Volume %s has no metadata with key nil.' % volume['id'])
    reply = demo.delete(path + '/a')
    tap.expect((reply.status, reply.text), (200, ''))
    tap.expect(demo.put(path, {'metadata': {'z': 'ü "quoted"'}}).body,
               {'metadata': {'z': 'ü "quoted"'}})
    tap.expect(demo.put(path, {'metadata': {}}).body, {'metadata': {}})
    many = {'key%d' % i: 'x' for i in range(129)}
    tap.expect(demo.put(path, {'metadata': many}).status, 400, 'too many at once')
    tap.expect(demo.post(path, {'metadata': {k: many[k] for k in list(many)[:100]}}).status, 200)
    reply = demo.post(path, {'metadata': {'more%d' % i: 'x' for i in range(29)}})
    tap.expect(reply.status, 413, 'too many together')
    tap.expect(len(demo.get(path).body['metadata']), 100, 'nothing was added')
    drop(volume)


def lists_are_filtered():
    volumes = [make(name='one', metadata={'k': 'v', 'q': "it's"}), make(name='two', size=2),
               make(name='three', metadata={'k': 'w'})]
    tap.expect(set(listed('')), {'one', 'two', 'three'})
    for query, wanted in (
            ('name=two', {'two'}), ('size=2', {'two'}), ('size=big', set()),
            ('status=available', {'one', 'two', 'three'}), ('status=error', set()),
            ('status=flying', set()), ('bootable=false', {'one', 'two', 'three'}),
            ('bootable=yes', set()), ('availability_zone=nova', {'one', 'two', 'three'}),
            ('migration_status=success', set()),
            ('metadata=%7B%27k%27%3A%20%27v%27%7D', {'one'}),
            ('metadata=%7B%22k%22%3A%22w%22%7D', {'three'}),
            ('metadata=%7B%27q%27%3A%20%22it%27s%22%7D', {'one'}),
            ('metadata=%7B%27v%27%3A%20%27k%27%7D', set()),
            ('metadata=%7B%7D', {'one', 'two', 'three'}),
            ('unknown=1', {'one', 'two', 'three'}), ('all_tenants=1', {'one', 'two', 'three'}),
            ('project_id=' + NOBODY, {'one', 'two', 'three'})):
        tap.expect(set(listed(query)), wanted, query)
    tap.expect(set(listed('all_tenants=1&project_id=' + demo.project_id, user=admin)),
               {'one', 'two', 'three'})
    tap.expect(listed('all_tenants=1&project_id=' + NOBODY, user=admin), [])
    refused(demo.get(V3 + '/volumes?metadata=x'), 400, 'Invalid input received: metadata = x')
    refused(admin.get(V3 + '/volumes?all_tenants=perhaps'), 400,
            "Value 'perhaps' for 'all_tenants' is not a boolean.")
    drop(*volumes)


def lists_are_sorted_and_paged():
    volumes = [make(name=name, size=size) for name, size in
               (('b', 1), ('a', 2), ('d', 1), ('c', 2))]
    tap.expect(listed(''), ['c', 'd', 'a', 'b'], 'newest first')
    tap.expect(listed('sort=name:asc'), ['a', 'b', 'c', 'd'])
    tap.expect(listed('sort=size:asc,name:desc'), ['d', 'b', 'c', 'a'])
    tap.expect(listed('sort_key=name'), ['d', 'c', 'b', 'a'])
    tap.expect(listed('sort_key=name&sort_dir=asc', detail=True), ['a', 'b', 'c', 'd'])
    tap.expect(listed('limit=0'), [])
    tap.expect(listed('sort=name:asc&offset=1&limit=2'), ['b', 'c'])
    refused(demo.get(V3 + '/volumes?sort=colour'), 400,
            'Invalid input received: Invalid sort key')
    refused(demo.get(V3 + '/volumes?sort=name:up'), 400,
            "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'.")
    refused(demo.get(V3 + '/volumes?sort=name&sort_dir=asc'), 400,
            "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the "
            "'sort' parameter.")
    refused(demo.get(V3 + '/volumes?limit=x'), 400, 'limit param must be an integer')
    refused(demo.get(V3 + '/volumes?limit=-1'), 400, 'limit param must be positive')
    refused(demo.get(V3 + '/volumes?offset=-1'), 400, 'offset param must be positive')
    refused(demo.get(V3 + '/volumes?marker=' + NOBODY), 404,
            'Volume %s could not be found.' % NOBODY)
    for kind in ('', '/detail'):
        names, url = [], '%s/volumes%s?limit=3&sort=name:asc' % (V3, kind)
        pages = 0
        while url:
            body = demo.get(url).body
            names += [volume['name'] for volume in body['volumes']]
            link, = body.get('volumes_links') or [{'href': None}]
            url = link['href'] and link['href'].split(str(cleatd.port), 1)[1]
            assert not url or url.startswith('%s/volumes%s?' % (V3, kind)), url
            pages += 1
        tap.expect((names, pages), (['a', 'b', 'c', 'd'], 2), 'pages of ' + kind)
    drop(*volumes)


def quotas_are_kept():
    volumes = [make(name='v%d' % i, size=1) for i in range(9)]
    reply = demo.post(V3 + '/volumes', {'volume': {'size': 992}})
    refused(reply, 413, 'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds '
                        'allowed gigabytes quota. Requested 992G, quota is 1000G and 9G has been '
                        'consumed.')
    tap.expect(reply.headers['retry-after'], '0')
    tap.expect(reply.body['overLimit']['retryAfter'], '0')
    volumes.append(make(name='last'))
    refused(demo.post(V3 + '/volumes', {'volume': {'size': 1}}), 413,
            "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota "
            "'volumes'.")
    limits = demo.get(V3 + '/limits').body['limits']
    tap.expect(limits['rate'], [])
    tap.expect(limits['absolute'], {
        'maxTotalVolumes': 10, 'maxTotalVolumeGigabytes': 1000, 'maxTotalSnapshots': 10,
        'maxTotalBackups': 10, 'maxTotalBackupGigabytes': 1000, 'totalVolumesUsed': 10,
        'totalGigabytesUsed': 10, 'totalSnapshotsUsed': 0, 'totalBackupsUsed': 0,
        'totalBackupGigabytesUsed': 0})
    path = '%s/os-quota-sets/%s' % (V3, demo.project_id)
    quotas = demo.get(path).body['quota_set']
    tap.expect({key: quotas[key] for key in ('id', 'volumes', 'gigabytes', 'per_volume_gigabytes',
                                             'volumes___DEFAULT__')},
               {'id': demo.project_id, 'volumes': 10, 'gigabytes': 1000,
                'per_volume_gigabytes': -1, 'volumes___DEFAULT__': -1})
    used = demo.get(path + '?usage=true').body['quota_set']
    tap.expect(used['volumes'], {'limit': 10, 'in_use': 10, 'reserved': 0})
    tap.expect(used['gigabytes___DEFAULT__'], {'limit': -1, 'in_use': 10, 'reserved': 0})
    tap.expect(demo.get(path + '/defaults').body['quota_set']['volumes'], 10)
    tap.expect(alt.get(path).status, 403, 'quotas of others')
    tap.expect(admin.get(path).status, 200, 'quotas of others, for an admin')
    drop(*volumes)
    tap.expect(demo.get(V3 + '/limits').body['limits']['absolute']['totalGigabytesUsed'], 0)


def quotas_are_set_by_admins():
    alt.token  # pylint: disable=pointless-statement
    path = '%s/os-quota-sets/%s' % (V3, alt.project_id)
    refused(alt.put(path, {'quota_set': {'volumes': 99}}), 403,
            "Policy doesn't allow volume_extension:quotas:update to be performed.")
    volume = make(user=alt, size=3)
    changed = admin.put(path, {'quota_set': {'volumes': 1, 'gigabytes': '5', 'tenant_id': 'x',
                                             'per_volume_gigabytes': 4}})
    tap.expect(changed.status, 200, 'status of %r' % changed)
    quotas = changed.body['quota_set']
    tap.expect('id' in quotas, False)
    tap.expect((quotas['volumes'], quotas['gigabytes']), (1, 5))
    refused(alt.post(V3 + '/volumes', {'volume': {'size': 5}}), 413,
            'VolumeSizeExceedsLimit: Requested volume size 5G is larger than maximum allowed limit '
            '4G.')
    refused(alt.post(V3 + '/volumes', {'volume': {'size': 1}}), 413,
            "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota "
            "'volumes'.")
    for body, message in (
            ({'gold': 1, 'volumes': 5, 'silver': 1},
             'Invalid input received: Bad key(s) in quota set: gold, silver'),
            ({'gigabytes': 2}, 'Quota gigabytes limit must be equal or greater than existing '
                               'resources. Current usage is 3 and the requested limit is 2.'),
            ({'volumes': 'many'}, 'Invalid input received: volumes must be an integer.')):
        refused(admin.put(path, {'quota_set': body}), 400, message)
    tap.expect(admin.put(path, {'quota_set': []}).status, 400)
    tap.expect(admin.put(path, {'quota_set': {'volumes': -2}}).status, 400)
    tap.expect(admin.get(path).body['quota_set']['volumes'], 1, 'refusals change nothing')
    tap.expect(alt.delete(path).status, 403)
    reply = admin.delete(path)
    tap.expect((reply.status, reply.text), (200, ''))
    tap.expect(alt.get(path).body['quota_set']['volumes'], 10)
    drop(volume, user=alt)


def types_are_shown():
    types = demo.get(V3 + '/types').body['volume_types']
    assert {'__DEFAULT__', 'multiattach'} <= {one['name'] for one in types}, types
    default = demo.get(V3 + '/types/default').body['volume_type']
    tap.expect(default['name'], '__DEFAULT__')
    tap.expect(demo.get('%s/types/%s' % (V3, default['id'])).body['volume_type'], default)
    tap.expect('qos_specs_id' in default, False)
    shown = admin.get('%s/types/%s' % (V3, default['id'])).body['volume_type']
    tap.expect(shown['qos_specs_id'], None)
    several, = (one for one in types if one['name'] == 'multiattach')
    tap.expect(several['extra_specs'], {'multiattach': '<is> True'})
    path = '%s/types/%s/extra_specs' % (V3, several['id'])
    tap.expect(demo.get(path).body, {'extra_specs': {'multiattach': '<is> True'}})
    tap.expect(demo.get(path + '/multiattach').body, {'multiattach': '<is> True'})
    tap.expect(demo.get(path + '/nil').status, 404)
    refused(demo.get('%s/types/%s' % (V3, NOBODY)), 404,
            'Volume type %s could not be found.' % NOBODY)
    volume = make(volume_type='multiattach')
    tap.expect((volume['multiattach'], volume['volume_type']), (True, 'multiattach'))
    drop(volume)
    volume = make(volume_type=several['id'])
    tap.expect(volume['volume_type'], 'multiattach')
    drop(volume)


def the_small_resources():
    tap.expect(demo.get(V3 + '/os-availability-zone').body,
               {'availabilityZoneInfo': [{'zoneName': 'nova', 'zoneState': {'available': True}}]})
    extensions = demo.get(V3 + '/extensions').body['extensions']
    assert 'os-quota-sets' in [one['alias'] for one in extensions], extensions
    tap.expect(demo.get(V3 + '/extensions/os-quota-sets').body['extension']['alias'],
               'os-quota-sets')
    tap.expect(demo.get(V3 + '/extensions/nil').status, 404)


def a_volume_is_not_deleted_twice():
    volume = make()
    path = '%s/volumes/%s' % (V3, volume['id'])
    reply = demo.delete(path)
    tap.expect((reply.status, reply.text), (202, ''))
    again = demo.delete(path)
    if again.status != 404:  # it may be gone by now
        refused(again, 400, NOT_DELETABLE)
    wait_for(lambda: demo.get(path).status == 404, 'the volume to be gone')
    refused(demo.delete(path), 404, 'Volume %s could not be found.' % volume['id'])
    refused(demo.delete(path + '?cascade=perhaps'), 400,
            "Value 'perhaps' for 'cascade' is not a boolean.")


def the_file_comes_and_goes():
    volume = make(size=3)
    found = [os.path.join(folder, name) for folder, _, names in os.walk(cleatd.dir)
             for name in names if volume['id'] in name]
    tap.expect(len(found), 1, 'files of the volume in %r' % found)
    tap.expect(os.stat(found[0]).st_size, 3 << 30)
    drop(volume)
    assert not os.path.exists(found[0])


def volumes_outlive_the_daemon():
    volume = make(name='kept', metadata={'a': 'b'})
    cleatd.kill()
    assert cleatd.start()
    shown = demo.get('%s/volumes/%s' % (V3, volume['id'])).body['volume']
    shown['links'] = volume['links']  # another port
    tap.expect(shown, volume)
    drop(volume)


def the_daemon_ends_well():
    tap.expect(cleatd.stop(), 0, 'exit status')


def end():
    cleatd.__exit__()


tap.run('volume', [
    the_versions_need_no_token, a_token_is_needed, microversions_are_negotiated,
    request_ids_are_told, a_volume_is_made_shown_and_deleted,
    both_forms_of_a_path_answer_in_their_form, old_names_of_name_and_description_are_taken,
    bad_volumes_are_refused, bad_bodies_are_refused, paths_that_are_not_there,
    others_do_not_see_a_volume, readers_only_read, ids_that_are_none, a_volume_is_renamed,
    metadata_key_by_key, lists_are_filtered, lists_are_sorted_and_paged, quotas_are_kept,
    quotas_are_set_by_admins, types_are_shown, the_small_resources, a_volume_is_not_deleted_twice,
    the_file_comes_and_goes, volumes_outlive_the_daemon, the_daemon_ends_well,
], cleanup=end)
