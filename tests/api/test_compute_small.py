#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The small resources of the compute API: server groups, access to flavors, hosts, usage."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd  # noqa: E402

COMPUTE = '/compute/v2.1'
GROUPS = COMPUTE + '/os-server-groups'
NOBODY = '00000000-0000-4000-8000-000000000000'

cleatd = Cleatd()
demo, admin, alt = cleatd.user('demo'), cleatd.user('admin'), cleatd.user('alt')
assert demo.token and alt.token


def at(minor):
    return {'version': 'compute 2.%d' % minor}


def answered(reply, status, message=None):
    tap.expect(reply.status, status, repr(reply))
    if message:
        tap.expect(reply.message(), message)
    return reply.body


def group(policy='anti-affinity', user=demo, **more):
    wish = dict(more, name='g', policy=policy)
    return answered(user.post(GROUPS, {'server_group': wish}, **at(64)), 200)['server_group']


def create(hints, **more):
    image = demo.get('/image/v2/images').body['images'][0]['id']
    return demo.post(COMPUTE + '/servers', {
        'server': dict(more, name='s', imageRef=image, flavorRef='1', networks='none'),
        'os:scheduler_hints': hints}, **at(104))


def server_of(reply):
    path = COMPUTE + '/servers/' + answered(reply, 202)['server']['id']

    def rests():
        server = demo.get(path, **at(104)).body['server']
        return server if server['status'] != 'BUILD' else None
    return tap.wait_for('a server', rests)


def delete(server):
    path = COMPUTE + '/servers/' + server['id']
    answered(demo.delete(path), 204)
    tap.wait_for('the end of it', lambda: demo.get(path).status == 404)


def groups_of_each_version():
    old = answered(demo.post(GROUPS, {'server_group': {
        'name': 'g', 'policies': ['affinity']}}), 200)['server_group']
    tap.expect(old, {'id': old['id'], 'name': 'g', 'policies': ['affinity'], 'members': [],
                     'metadata': {}})
    path = GROUPS + '/' + old['id']
    whose = {'project_id': demo.project_id, 'user_id': demo.user_id}
    tap.expect(demo.get(path, **at(13)).body, {'server_group': {**old, **whose}})
    tap.expect(demo.get(path, **at(64)).body, {'server_group': {
        'id': old['id'], 'name': 'g', 'policy': 'affinity', 'rules': {}, 'members': [], **whose}})
    new = group(rules={'max_server_per_host': '3'})
    tap.expect(new['rules'], {'max_server_per_host': 3})
    tap.expect([row['id'] for row in demo.get(GROUPS).body['server_groups']],
               [old['id'], new['id']])
    tap.expect([row['id'] for row in demo.get(GROUPS + '?offset=1&limit=1').body['server_groups']],
               [new['id']])
    for row in (old, new):
        answered(demo.delete(GROUPS + '/' + row['id']), 204)
    answered(demo.get(path), 404, 'Instance group %s could not be found.' % old['id'])


def groups_that_are_refused():
    for minor, wish in ((1, {'name': 'g', 'policies': ['soft-affinity']}),
                        (1, {'name': 'g', 'policies': []}),
                        (15, {'name': 'g', 'policies': ['affinity', 'soft-affinity']}),
                        (15, {'name': 'g', 'policy': 'affinity'}),
                        (64, {'name': 'g', 'policies': ['affinity']}),
                        (64, {'name': 'g', 'policy': 'nearby'}),
                        (64, {'policy': 'affinity'}),
                        (64, {'name': 'g', 'policy': 'anti-affinity',
                              'rules': {'max_server_per_host': 0}})):
        reply = demo.post(GROUPS, {'server_group': wish}, **at(minor))
        tap.expect(reply.status, 400, repr((minor, wish)))
    answered(demo.post(GROUPS, {'server_group': {
        'name': 'g', 'policy': 'affinity', 'rules': {'max_server_per_host': 2}}}, **at(64)), 400,
             'Only anti-affinity policy supports rules.')
    answered(cleatd.user('reader').post(GROUPS, {'server_group': {
        'name': 'g', 'policies': ['affinity']}}), 403)


def groups_belong_to_projects():
    foreign = group(user=alt)
    answered(demo.get(GROUPS + '/' + foreign['id']), 404)
    answered(demo.delete(GROUPS + '/' + foreign['id']), 404)
    tap.expect(demo.get(GROUPS + '?all_projects=1').body['server_groups'], [])
    tap.expect(len(admin.get(GROUPS + '?all_projects=1').body['server_groups']), 1)
    answered(create({'group': foreign['id']}), 400,
             'Instance group %s could not be found.' % foreign['id'])
    answered(alt.delete(GROUPS + '/' + foreign['id']), 204)


def members_share_a_host_or_not():
    apart = group()
    first = server_of(create({'group': apart['id']}))
    tap.expect((first['status'], first['server_groups'], first['scheduler_hints']),
               ('ACTIVE', [apart['id']], {'group': [apart['id']]}))
    second = server_of(create({'group': apart['id']}))
    tap.expect((second['status'], second['fault']['code'], second['fault']['message']),
               ('ERROR', 500, 'No valid host was found. There are not enough hosts available.'))
    path = GROUPS + '/' + apart['id']
    tap.expect(demo.get(path).body['server_group']['members'], [first['id'], second['id']])
    delete(second)
    tap.expect(demo.get(path).body['server_group']['members'], [first['id']])
    assert 'server_groups' not in demo.get(COMPUTE + '/servers/detail',
                                           **at(104)).body['servers'][0]
    answered(demo.delete(path), 204)
    shown = demo.get(COMPUTE + '/servers/' + first['id'], **at(71)).body['server']
    tap.expect(shown['server_groups'], [])
    delete(first)
    for policy, rules in (('soft-anti-affinity', {}), ('affinity', {}),
                          ('anti-affinity', {'rules': {'max_server_per_host': 2}})):
        together = group(policy, **rules)
        made = [server_of(create({'group': together['id']})) for _ in range(2)]
        tap.expect([server['status'] for server in made], ['ACTIVE', 'ACTIVE'], policy)
        for server in made:
            delete(server)
        answered(demo.delete(GROUPS + '/' + together['id']), 204)


def hints_are_checked():
    answered(create({'group': 'x'}), 400)
    answered(create({'group': NOBODY}), 400, 'Instance group %s could not be found.' % NOBODY)
    answered(create([]), 400)
    answered(create(None), 400)
    server = server_of(create({'same_host': ['a', 'b'], 'query': '[">=","$free_ram_mb",1]'}))
    tap.expect(server['scheduler_hints'],
               {'same_host': ['a', 'b'], 'query': ['[">=","$free_ram_mb",1]']})
    delete(server)


def quotas_of_groups():
    quotas = COMPUTE + '/os-quota-sets/' + demo.project_id
    answered(admin.put(quotas, {'quota_set': {'server_groups': 1, 'server_group_members': 1}}), 200)
    only = group('affinity')
    tap.expect(demo.get(COMPUTE + '/limits').body['limits']['absolute']['totalServerGroupsUsed'],
               1)
    answered(demo.post(GROUPS, {'server_group': {'name': 'g', 'policies': ['affinity']}}), 403,
             'Quota exceeded, too many server groups.')
    answered(create({'group': only['id']}, min_count=2), 403,
             'Quota exceeded, too many servers in group')
    answered(demo.delete(GROUPS + '/' + only['id']), 204)
    answered(demo.delete(GROUPS + '/' + group('affinity')['id']), 204)
    answered(admin.delete(quotas), 202)


def private_flavors_are_for_those_let_in():
    flavors = COMPUTE + '/flavors'
    answered(admin.post(flavors, {'flavor': {
        'name': 'own', 'id': 'own', 'ram': 64, 'vcpus': 1, 'disk': 0,
        'os-flavor-access:is_public': False}}), 200)

    def seen():
        listed = 'own' in [row['id'] for row in demo.get(flavors).body['flavors']]
        tap.expect(demo.get(flavors + '/own').status, 200 if listed else 404)
        return listed

    def change(action, tenant=demo.project_id, flavor='own'):
        return admin.post('%s/%s/action' % (flavors, flavor), {action: {'tenant': tenant}})
    tap.expect(seen(), False)
    rows = [{'flavor_id': 'own', 'tenant_id': demo.project_id}]
    tap.expect(answered(change('addTenantAccess'), 200), {'flavor_access': rows})
    tap.expect(seen(), True)
    tap.expect(admin.get(flavors + '/own/os-flavor-access').body, {'flavor_access': rows})
    answered(change('addTenantAccess'), 409, 'Flavor access already exists for flavor own and '
             'project %s combination.' % demo.project_id)
    answered(change('addTenantAccess', flavor='1'), 409,
             'Can not add access to a public flavor.')
    answered(change('addTenantAccess', flavor='nil'), 404, 'Flavor nil could not be found.')
    answered(demo.get(flavors + '/own/os-flavor-access'), 403)
    answered(admin.get(flavors + '/1/os-flavor-access'), 404,
             'Access list not available for public flavors.')
    tap.expect(answered(change('removeTenantAccess'), 200), {'flavor_access': []})
    tap.expect(seen(), False)
    answered(change('removeTenantAccess'), 404,
             'Flavor access not found for own / %s combination.' % demo.project_id)
    answered(change('addTenantAccess'), 200)
    answered(admin.delete(flavors + '/own'), 202)


def flavors_up_to_2_102():
    path = COMPUTE + '/flavors/detail'
    assert 'extra_specs' not in demo.get(path, **at(60)).body['flavors'][0]
    tap.expect(demo.get(path, **at(61)).body['flavors'][0]['extra_specs'], {})
    everything = len(demo.get(path).body['flavors'])
    tap.expect(len(demo.get(path + '?name=^m1.tiny$', **at(74)).body['flavors']), everything)
    answered(demo.get(path + '?name=^m1.tiny$', **at(101)), 400)
    tap.expect([row['name'] for row in
                demo.get(path + '?name=^m1.tiny$', **at(102)).body['flavors']], ['m1.tiny'])
    answered(demo.get(path + '?name=(', **at(102)), 400)
    wish = {'flavor': {'name': 'x', 'ram': 64, 'vcpus': 1, 'disk': 0, 'rxtx_factor': 1.0}}
    answered(admin.post(COMPUTE + '/flavors', wish, **at(102)), 400)


def hypervisors_of_each_version():
    path = COMPUTE + '/os-hypervisors'
    answered(demo.get(path), 403)
    old = admin.get(path + '/detail').body['hypervisors'][0]
    tap.expect(old['id'], 1)
    assert old['vcpus'] > 0 and old['memory_mb'] > 0 and isinstance(old['cpu_info'], str), old
    assert isinstance(admin.get(path + '/1', **at(28)).body['hypervisor']['cpu_info'], dict)
    new = admin.get(path, **at(88)).body['hypervisors'][0]
    tap.expect(sorted(new), ['hypervisor_hostname', 'id', 'state', 'status'])
    shown = admin.get(path + '/' + new['id'], **at(88)).body['hypervisor']
    tap.expect(sorted(shown), ['host_ip', 'hypervisor_hostname', 'hypervisor_type',
                               'hypervisor_version', 'id', 'service', 'state', 'status',
                               'traits', 'uptime'])
    answered(admin.get(path + '/1', **at(53)), 404, "Hypervisor with ID '1' could not be found.")
    tap.expect(admin.get(path + '/statistics').body['hypervisor_statistics']['count'], 1)
    answered(admin.get(path + '/statistics', **at(88)), 404)
    answered(admin.get(path + '/1/uptime'), 200)
    name = new['hypervisor_hostname']
    tap.expect(len(admin.get('%s/%s/search' % (path, name[:2])).body['hypervisors']), 1)
    answered(admin.get('%s/%s/search' % (path, name), **at(53)), 404)
    answered(admin.get(path + '/no-such/search'), 404,
             "No hypervisor matching 'no-such' could be found.")
    answered(admin.get(path + '?hypervisor_hostname_pattern=no-such', **at(53)), 404)
    server = server_of(create({}))
    found = admin.get(path + '?with_servers=true', **at(53)).body['hypervisors'][0]['servers']
    tap.expect(found, [{'uuid': server['id'], 'name': 's'}])
    tap.expect(admin.get(path + '/statistics').body['hypervisor_statistics']['running_vms'], 1)
    delete(server)


def services_and_zones():
    rows = admin.get(COMPUTE + '/os-services').body['services']
    tap.expect([(row['id'], row['binary'], row['zone']) for row in rows],
               [(1, 'nova-compute', 'nova'), (2, 'nova-conductor', 'internal'),
                (3, 'nova-scheduler', 'internal')])
    row, = admin.get(COMPUTE + '/os-services?binary=nova-compute', **at(53)).body['services']
    tap.expect((len(row['id']), row['state'], row['forced_down']), (36, 'up', False))
    tap.expect(admin.get(COMPUTE + '/os-services?host=x').body, {'services': []})
    answered(demo.get(COMPUTE + '/os-services'), 403)
    answered(demo.get(COMPUTE + '/os-availability-zone/detail'), 403)
    tap.expect(admin.get(COMPUTE + '/os-aggregates').body, {'aggregates': []})
    answered(admin.get(COMPUTE + '/os-aggregates/7'), 404, 'Aggregate 7 could not be found.')


def names_and_zones_of_servers():
    server = server_of(create({}, availability_zone='nova'))
    path = COMPUTE + '/servers/' + server['id']
    tap.expect(server['pinned_availability_zone'], 'nova')

    def change(minor, **members):
        return demo.put(path, {'server': members}, **at(minor))
    answered(change(89, hostname='web'), 400)
    tap.expect(answered(change(90, hostname='web'), 200)['server']['OS-EXT-SRV-ATTR:hostname'],
               'web')
    for bad in ('w', 'web-', '-web', 'a b', 'web.example.org', 'x' * 64, None):
        answered(change(93, hostname=bad), 400)
    answered(change(94, hostname='web.example.org'), 200)
    tap.expect(demo.get(path, **at(94)).body['server']['OS-EXT-SRV-ATTR:hostname'],
               'web.example.org')
    answered(change(103, pinned_availability_zone=None), 400)
    shown = answered(change(104, pinned_availability_zone=None), 200)['server']
    tap.expect(shown['pinned_availability_zone'], None)
    answered(change(104, pinned_availability_zone='elsewhere'), 400,
             'The requested availability zone is not available')
    shown = answered(change(104, pinned_availability_zone='nova'), 200)['server']
    tap.expect(shown['pinned_availability_zone'], 'nova')
    delete(server)


def servers_under_their_old_name():
    old = COMPUTE + '/os-volumes_boot'
    image = demo.get('/image/v2/images').body['images'][0]['id']
    wish = {'server': {'name': 's', 'imageRef': image, 'flavorRef': '1', 'networks': 'none'}}
    answered(demo.post(old, wish, **at(103)), 404)
    server = server_of(demo.post(old, wish, **at(102)))
    tap.expect([row['id'] for row in demo.get(old, **at(102)).body['servers']], [server['id']])
    tap.expect(len(demo.get(old + '/detail', **at(102)).body['servers']), 1)
    path = old + '/' + server['id']
    tap.expect(demo.get(path, **at(102)).body['server']['name'], 's')
    answered(demo.put(path, {'server': {'name': 't'}}, **at(102)), 200)
    for way in (old, old + '/detail', path):
        answered(demo.get(way, **at(103)), 404)
    delete(server)


def parameters_of_limits_and_quotas():
    quotas = COMPUTE + '/os-quota-sets/' + demo.project_id
    for path in (COMPUTE + '/limits?reserved=1', quotas + '?user_id=x',
                 quotas + '/detail?user_id=x'):
        answered(demo.get(path, **at(104)), 200)
    for path in (COMPUTE + '/limits', quotas, quotas + '/detail'):
        answered(demo.get(path + '?colour=red', **at(74)), 200)
        answered(demo.get(path + '?colour=red', **at(75)), 400)
    other = admin.get(COMPUTE + '/limits?tenant_id=' + demo.project_id, **at(104)).body['limits']
    mine = demo.get(COMPUTE + '/limits?tenant_id=' + alt.project_id, **at(104)).body['limits']
    tap.expect(other, mine)  # for members it is ignored


def quota_classes():
    path = COMPUTE + '/os-quota-class-sets/default'
    answered(demo.get(path), 403)
    old = admin.get(path).body['quota_class_set']
    tap.expect((old['id'], old['cores'], old['fixed_ips'], 'server_groups' in old),
               ('default', 20, -1, False))
    new = admin.get(path, **at(57)).body['quota_class_set']
    tap.expect(sorted(new), ['cores', 'id', 'instances', 'key_pairs', 'metadata_items', 'ram',
                             'server_group_members', 'server_groups'])
    changed = answered(admin.put(path, {'quota_class_set': {'cores': 21}}, **at(57)), 200)
    tap.expect(changed['quota_class_set']['cores'], 21)
    quotas = COMPUTE + '/os-quota-sets/' + demo.project_id
    for way in ('', '/defaults'):
        tap.expect(demo.get(quotas + way).body['quota_set']['cores'], 21)
    answered(admin.put(path, {'quota_class_set': {'colour': 1}}), 400)
    answered(admin.put(path, {'quota_class_set': {'cores': 20}}), 200)


def usage_of_a_project():
    path = COMPUTE + '/os-simple-tenant-usage'
    server = server_of(create({}))
    mine = demo.get('%s/%s' % (path, demo.project_id)).body['tenant_usage']
    row = [row for row in mine['server_usages'] if row['instance_id'] == server['id']][0]
    tap.expect((row['vcpus'], row['state'], row['flavor'], row['ended_at']),
               (1, 'active', 'm1.tiny', None))
    tap.expect(round(mine['total_memory_mb_usage'] / mine['total_hours']), row['memory_mb'])
    answered(demo.get(path + '/' + alt.project_id), 403)
    answered(demo.get(path), 403)
    everybody = admin.get(path + '?detailed=1').body['tenant_usages']
    tap.expect([usage['tenant_id'] for usage in everybody], [demo.project_id])
    assert 'server_usages' not in admin.get(path).body['tenant_usages'][0]
    answered(admin.get(path + '?start=2020-01-02&end=x'), 400, 'Datetime is in invalid format')
    answered(admin.get(path + '?start=2020-01-02T00:00:00&end=2020-01-01T00:00:00'), 400)
    tap.expect(admin.get(path + '?start=2020-01-01T00:00:00&end=2020-01-02T00:00:00').body,
               {'tenant_usages': []})
    page = admin.get(path + '?limit=1&detailed=1', **at(40)).body
    tap.expect(len(page['tenant_usages'][0]['server_usages']), 1)
    assert 'tenant_usages_links' in page
    delete(server)


def what_there_is_none_of():
    server = server_of(create({}))
    path = COMPUTE + '/servers/' + server['id']
    answered(demo.post(path + '/remote-consoles', {'remote_console': {
        'protocol': 'vnc', 'type': 'novnc'}}, **at(6)), 400, 'Unavailable console type novnc.')
    answered(demo.post(path + '/remote-consoles', {'remote_console': {
        'protocol': 'mks', 'type': 'webmks'}}, **at(7)), 400)
    answered(demo.post(path + '/action', {'os-getVNCConsole': {'type': 'novnc'}}), 400,
             'Unavailable console type novnc.')
    tap.expect(demo.get(path + '/os-interface').body, {'interfaceAttachments': []})
    tap.expect(demo.get(path + '/ips').body, {'addresses': {}})
    tap.expect(admin.get(path + '/migrations', **at(23)).body, {'migrations': []})
    tap.expect(admin.get(COMPUTE + '/os-migrations').body, {'migrations': []})
    tap.expect(admin.get(path + '/diagnostics', **at(48)).body['memory_details']['maximum'], 256)
    answered(demo.get(path + '/diagnostics'), 403)
    for minor in (1, 36, 104):
        for proxy in ('/images', '/os-volumes', '/os-networks', '/os-floating-ips',
                      '/os-snapshots', '/os-assisted-volume-snapshots'):
            tap.expect(demo.get(COMPUTE + proxy, **at(minor)).status, 404, proxy)
    delete(server)


tap.run('small resources', [
    groups_of_each_version, groups_that_are_refused, groups_belong_to_projects,
    members_share_a_host_or_not, hints_are_checked, quotas_of_groups,
    private_flavors_are_for_those_let_in, flavors_up_to_2_102, hypervisors_of_each_version,
    services_and_zones, names_and_zones_of_servers, servers_under_their_old_name,
    parameters_of_limits_and_quotas, quota_classes, usage_of_a_project, what_there_is_none_of,
], cleanup=lambda: cleatd.__exit__())
