#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What the host is able to do, and the flavors that demand it."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd  # noqa: E402

COMPUTE = '/compute/v2.1'
SHARES, MEMORY = 'COMPUTE_STORAGE_VIRTIO_FS', 'COMPUTE_MEM_BACKING_FILE'
NOWHERE = 'No valid host was found. '

able = Cleatd()
unable = Cleatd(env={'CLEAT_FAKE_LACK': SHARES})


def flavor(cleatd, more=None, **traits):
    admin = cleatd.user('admin')
    reply = admin.post(COMPUTE + '/flavors', {'flavor': {
        'name': 'f-%d' % len(admin.get(COMPUTE + '/flavors').body['flavors']),
        'ram': 64, 'vcpus': 1, 'disk': 1}})
    tap.expect(reply.status, 200, repr(reply))
    id = reply.body['flavor']['id']
    specs = {'trait:' + name: wish for name, wish in traits.items()}
    specs.update(more or {})
    reply = admin.post('%s/flavors/%s/os-extra_specs' % (COMPUTE, id), {'extra_specs': specs})
    tap.expect(reply.status, 200, repr(reply))
    return id


def server(cleatd, flavor_id):
    demo = cleatd.user('demo')
    image = demo.get('/image/v2/images').body['images'][0]['id']
    reply = demo.post(COMPUTE + '/servers', {'server': {
        'name': 's', 'imageRef': image, 'flavorRef': flavor_id, 'networks': 'none'}},
        version='compute 2.90')
    tap.expect(reply.status, 202, repr(reply))
    path = COMPUTE + '/servers/' + reply.body['server']['id']

    def rests():
        found = demo.get(path).body['server']
        return found if found['status'] != 'BUILD' else None
    return tap.wait_for('a server', rests)


def hosts_show_what_they_have():
    for cleatd, wanted in ((able, [SHARES, MEMORY]), (unable, [MEMORY])):
        admin = cleatd.user('admin')
        for minor in (1, 53, 88):
            reply = admin.get(COMPUTE + '/os-hypervisors/detail', version='compute 2.%d' % minor)
            tap.expect(reply.body['hypervisors'][0]['traits'], wanted)
        assert 'traits' not in admin.get(COMPUTE + '/os-hypervisors').body['hypervisors'][0]
        shown = admin.get('/admin/v1/host').body['host']
        tap.expect([row['name'] for row in shown['traits'] if row['present']], wanted)
        reasons = [row['reason'] for row in shown['traits'] if not row['present']]
        tap.expect(reasons, [] if cleatd is able else ['the tests want it so'])
    tap.expect(able.user('demo').get('/admin/v1/host').status, 403)


def flavors_demand_them():
    for cleatd, traits, fits in (
            (able, {SHARES: 'required', MEMORY: 'required'}, True),
            (unable, {SHARES: 'required'}, False),
            (unable, {MEMORY: 'required'}, True),
            (unable, {SHARES: 'forbidden'}, True),
            (able, {SHARES: 'forbidden'}, False),
            (able, {'CUSTOM_GOLD': 'required'}, False)):
        made = server(cleatd, flavor(cleatd, **traits))
        if fits:
            tap.expect(made['status'], 'ACTIVE', repr(traits))
            continue
        tap.expect((made['status'], made['fault']['message']),
                   ('ERROR', NOWHERE + 'There are not enough hosts available.'))
        demo = cleatd.user('demo')
        tap.expect(demo.delete(COMPUTE + '/servers/' + made['id']).status, 204)


def flavors_choose_their_pages():
    """The fake host has some of 2 MiB."""
    for size, fits in (('small', True), ('any', True), ('large', True), ('2048', True),
                       ('2MB', True), ('1GB', False), ('3', False)):
        made = server(able, flavor(able, {'hw:mem_page_size': size}))
        tap.expect(made['status'], 'ACTIVE' if fits else 'ERROR', size)
        tap.expect(able.user('demo').delete(COMPUTE + '/servers/' + made['id']).status, 204)


def the_topology_is_what_a_flavor_asked_for():
    def topology(made, user, version='compute 2.78'):
        return able.user(user).get('%s/servers/%s/topology' % (COMPUTE, made['id']),
                                   version=version)
    plain = server(able, flavor(able))
    tap.expect((topology(plain, 'demo').status, topology(plain, 'demo').body),
               (200, {'nodes': [], 'pagesize_kb': None}))
    tap.expect(topology(plain, 'demo', 'compute 2.77').status, 404)
    tap.expect(topology(plain, 'alt').status, 404)
    for size, kib in (('small', 4), ('large', 2048)):
        made = server(able, flavor(able, {'hw:mem_page_size': size}))
        node = {'vcpu_set': [0], 'siblings': [], 'memory_mb': 64}
        tap.expect(topology(made, 'demo').body, {'nodes': [node], 'pagesize_kb': kib})
        tap.expect(topology(made, 'admin').body, {
            'nodes': [{**node, 'host_node': None, 'cpu_pinning': {}}], 'pagesize_kb': kib})
        tap.expect(able.user('demo').delete(COMPUTE + '/servers/' + made['id']).status, 204)


def pages_of_no_size_are_refused():
    admin = able.user('admin')
    path = '%s/flavors/%s/os-extra_specs' % (COMPUTE, flavor(able))
    for size in ('', 'huge', '0', '-1', '2 MB', '2MB\n', "2'/><page", '9' * 30):
        for reply in (admin.post(path, {'extra_specs': {'hw:mem_page_size': size}}),
                      admin.put(path + '/hw:mem_page_size', {'hw:mem_page_size': size})):
            tap.expect((reply.status, reply.message()),
                       (400, "Invalid memory page size '%s'" % size))
    tap.expect(admin.get(path).body, {'extra_specs': {}})


def also_for_a_server_that_grows():
    demo = unable.user('demo')
    made = server(unable, flavor(unable))
    reply = demo.post('%s/servers/%s/action' % (COMPUTE, made['id']), {
        'resize': {'flavorRef': flavor(unable, **{SHARES: 'required'})}})
    tap.expect((reply.status, reply.message()),
               (400, NOWHERE + 'No valid host found for resize'))
    tap.expect(demo.get(COMPUTE + '/servers/' + made['id']).body['server']['status'], 'ACTIVE')


def shares_need_them():
    demo = unable.user('demo')
    made = server(unable, flavor(unable))
    path = COMPUTE + '/servers/' + made['id']
    tap.expect(demo.post(path + '/action', {'os-stop': None}).status, 202)
    tap.wait_for('a server that is off', lambda: demo.get(path).body['server']['status'] ==
                 'SHUTOFF')
    reply = demo.post(path + '/shares', {'share': {'share_id': made['id']}},
                      version='compute 2.97')
    tap.expect((reply.status, reply.message()), (
        409, 'Feature not supported because either compute or instance are not configured '
        'correctly.'))


def end():
    able.__exit__()
    unable.__exit__()


tap.run('host traits', [
    hosts_show_what_they_have, flavors_demand_them, flavors_choose_their_pages,
    the_topology_is_what_a_flavor_asked_for, pages_of_no_size_are_refused,
    also_for_a_server_that_grows, shares_need_them], cleanup=end)
