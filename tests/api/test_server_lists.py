#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Lists of servers: what they may be asked for, by whom, from which version on, in which order."""
import os
import sqlite3
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd  # noqa: E402

COMPUTE = '/compute/v2.1'

cleatd = Cleatd()
demo, admin, alt = cleatd.user('demo'), cleatd.user('admin'), cleatd.user('alt')


def path_of(server):
    return COMPUTE + '/servers/' + server


def made(user, name, **more):
    image = user.get('/image/v2/images').body['images'][0]['id']
    reply = user.post(COMPUTE + '/servers', {'server': dict(
        more, name=name, imageRef=image, flavorRef='1', networks='none')}, version='compute 2.52')
    assert reply.status == 202, reply
    server = reply.body['server']['id']
    tap.wait_for(name, lambda: user.get(path_of(server)).body['server']['status'] == 'ACTIVE')
    return server


def act(user, server, action, status):
    assert user.post(path_of(server) + '/action', {action: None}).status == 202
    tap.wait_for(status, lambda: user.get(path_of(server)).body['server']['status'] == status)


ONE = made(demo, 'web-1', tags=['a', 'b'], description='first')
TWO = made(demo, 'web-2', tags=['a'])
THREE = made(demo, 'db', tags=['c'])
FOREIGN = made(alt, 'foreign')
act(demo, THREE, 'os-stop', 'SHUTOFF')
OTHER = made(demo, 'old')
assert demo.delete(path_of(OTHER)).status == 204
tap.wait_for('the deletion', lambda: demo.get(path_of(OTHER)).status == 404)

NAMES = {ONE: 'web-1', TWO: 'web-2', THREE: 'db', FOREIGN: 'foreign', OTHER: 'old'}


def asked(query, user=demo, minor=104, detail=False):
    path = COMPUTE + '/servers' + ('/detail' if detail else '')
    return user.get(path + '?' + query, version='compute 2.%d' % minor)


def names(query, user=demo, minor=104):
    """Of a list in both its forms, which agree."""
    found = []
    for detail in (False, True):
        reply = asked(query, user, minor, detail)
        assert reply.status == 200, (query, reply)
        found.append([NAMES[row['id']] for row in reply.body['servers']])
    tap.expect(found[0], found[1], 'short and detailed')
    return found[0]


def refused(query, status, message=None, user=demo, minor=104):
    reply = asked(query, user, minor)
    tap.expect(reply.status, status, query)
    if message:
        tap.expect(reply.message(), message)


def newest_first():
    tap.expect(names(''), ['db', 'web-2', 'web-1'])


def by_name_and_status():
    tap.expect(names('name=web'), ['web-2', 'web-1'])
    tap.expect(names('name=^web-1$'), ['web-1'])
    tap.expect(names('status=SHUTOFF'), ['db'])
    tap.expect(names('status=shutoff&status=active'), ['db', 'web-2', 'web-1'])
    tap.expect(names('status=SUSPENDED'), [])
    tap.expect(names('status=nonsense', minor=37), [])
    refused('status=nonsense', 400, 'Invalid status value', minor=38)
    refused('status=deleted', 403, 'Only administrators may list deleted instances')
    refused('name=(', 400)


def by_tags():
    tap.expect(names('tags=a'), ['web-2', 'web-1'])
    tap.expect(names('tags=a,b'), ['web-1'])
    tap.expect(names('tags-any=b,c'), ['db', 'web-1'])
    tap.expect(names('not-tags=a'), ['db'])
    tap.expect(names('not-tags-any=b,c'), ['web-2'])
    tap.expect(len(names('tags=b', minor=25)), 3)  # ignored


def by_what_is_theirs():
    tap.expect(names('flavor=1&image=' + demo.get(path_of(ONE)).body['server']['image']['id']),
               ['db', 'web-2', 'web-1'])
    tap.expect(names('flavor=no'), [])
    tap.expect(names('uuid=' + TWO), ['web-2'])
    tap.expect(names('ip=10'), [])
    tap.expect(names('ip6=fe80'), [])


def locked_ones():
    act(demo, ONE, 'lock', 'ACTIVE')
    tap.expect(names('locked=true', minor=73), ['web-1'])
    tap.expect(names('locked=False', minor=73), ['db', 'web-2'])
    refused('locked=maybe', 400, "Unrecognized value 'maybe', acceptable values are: '0', '1', "
            "'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'", minor=73)
    tap.expect(len(names('locked=true', minor=72)), 3)  # ignored
    tap.expect(names('sort_key=locked&sort_key=display_name&sort_dir=desc&sort_dir=asc', minor=73),
               ['web-1', 'db', 'web-2'])
    refused('sort_key=locked', 400, minor=72)
    act(demo, ONE, 'unlock', 'ACTIVE')


def what_members_may_ask_later():
    for query, wanted in (('vm_state=stopped', ['db']), ('power_state=4', ['db']),
                          ('power_state=1', ['web-2', 'web-1']), ('config_drive=true', []),
                          ('progress=5', []), ('key_name=x', [])):
        tap.expect(len(names(query, minor=82)), 3, query)
        tap.expect(names(query, minor=83), wanted, query)
    tap.expect(len(names('hostname=db', minor=89)), 3)
    tap.expect(names('hostname=db', minor=90), ['db'])


def what_admins_ask():
    mine = names('all_tenants=1', admin)
    tap.expect(sorted(mine), ['db', 'foreign', 'web-1', 'web-2'])
    tap.expect(names('', admin), [])
    tap.expect(names('all_tenants', admin), mine)
    tap.expect(names('all_tenants=0', admin), [])
    tap.expect(names('all_tenants=1&project_id=' + alt.project_id, admin), ['foreign'])
    tap.expect(names('all_tenants=1&host=elsewhere', admin), [])
    tap.expect(names('all_tenants=1&description=fir', admin), ['web-1'])
    tap.expect(names('all_tenants=1&deleted=true', admin), ['old'])
    tap.expect(names('all_tenants=1&status=deleted', admin), ['old'])
    tap.expect(len(names('all_tenants=1&sort_key=host&sort_key=node', admin)), 4)
    refused('all_tenants=1', 403,
            "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.")
    refused('all_tenants=perhaps', 400, user=admin)
    refused('sort_key=host', 403, 'Only administrators can sort servers by host')


def what_admins_alone_may_ask_is_ignored():
    for query in ('host=elsewhere', 'deleted=true', 'project_id=x', 'description=no', 'node=x'):
        tap.expect(names(query), ['db', 'web-2', 'web-1'], query)


def what_has_changed():
    now = demo.get(path_of(TWO)).body['server']['updated']
    tap.expect('old' in names('changes-since=2000-01-01T00:00:00Z'), True)
    tap.expect(names('changes-since=2999-01-01T00:00:00Z'), [])
    tap.expect(names('changes-before=2000-01-01T00:00:00Z', minor=66), [])
    tap.expect(len(names('changes-before=2000-01-01T00:00:00Z', minor=65)), 3)  # ignored
    assert 'web-2' in names('changes-since=%s' % now)
    refused('changes-since=yesterday', 400)
    refused('changes-since=2020-01-02T00:00:00Z&changes-before=2020-01-01T00:00:00Z', 400,
            'The value of changes-since must be less than or equal to changes-before.')


def sorted_by_several():
    tap.expect(names('sort_key=vm_state&sort_dir=desc&sort_key=display_name&sort_dir=asc'),
               ['db', 'web-1', 'web-2'])
    tap.expect(names('sort_key=display_name&sort_dir=asc'), ['db', 'web-1', 'web-2'])
    refused('sort_key=colour', 400)
    refused('sort_dir=up', 400)


def page_by_page():
    for order in ('', '&sort_key=display_name&sort_dir=asc', '&sort_key=task_state'):
        whole, pages, query = names(order), [], 'limit=1' + order
        while query:
            body = asked(query).body
            pages += [NAMES[row['id']] for row in body['servers']]
            query = body['servers_links'][0]['href'].split('?')[1] if 'servers_links' in body \
                else None
        tap.expect(pages, whole, order)
    tap.expect(names('limit=0'), [])
    refused('marker=' + FOREIGN, 400, 'marker [%s] not found' % FOREIGN)
    refused('limit=-1', 400)
    refused('limit=many', 400)


def unknown_parameters():
    tap.expect(len(names('colour=red', minor=74)), 3)
    refused('colour=red', 400, minor=75)


def too_many_filters():
    query = '&'.join(key + '=x' for key in (
        'name display_name hostname description display_description reservation_id '
        'availability_zone key_name root_device_name access_ip_v4 access_ip_v6 flavor image '
        'image_ref kernel_id ramdisk_id uuid host node user_id vm_state task_state tags tags-any '
        'not-tags not-tags-any status ip').split())
    reply = asked('all_tenants=1&project_id=x&limit=0&status=active&'
                  'changes-since=2000-01-01T00:00:00Z&changes-before=2001-01-01T00:00:00Z&'
                  'power_state=1&launch_index=0&config_drive=1&locked=1&' + query, admin)
    tap.expect((reply.status, reply.message()), (400, 'Too many filters.'))
    tap.expect(cleatd.process.poll(), None)


def no_parameter_is_unknown_from_2_102_on():
    for path in ('/servers/' + ONE, '/os-availability-zone', '/flavors/1'):
        tap.expect(demo.get(COMPUTE + path + '?colour=red', version='compute 2.101').status, 200)
        tap.expect(demo.get(COMPUTE + path + '?colour=red', version='compute 2.102').status, 400)


def plans_use_indexes():
    """The page of a project or of all is walked in its order, however many servers there are."""
    store = sqlite3.connect('file:%s?mode=ro' % os.path.join(cleatd.dir, 'cleat.db'), uri=True)
    for where, index in (("project_id = 'x' AND vm_state <> 'deleted'", 'servers_project'),
                         ("vm_state <> 'deleted'", 'servers_created')):
        plan = ' '.join(row[3] for row in store.execute(
            'EXPLAIN QUERY PLAN SELECT * FROM servers WHERE %s ORDER BY created_us DESC, id DESC '
            'LIMIT 1000' % where))
        assert index in plan and 'TEMP B-TREE' not in plan, plan
    store.close()


tap.run('server lists', [
    newest_first, by_name_and_status, by_tags, by_what_is_theirs, locked_ones,
    what_members_may_ask_later, what_admins_ask, what_admins_alone_may_ask_is_ignored,
    what_has_changed, sorted_by_several, page_by_page, unknown_parameters, too_many_filters,
    no_parameter_is_unknown_from_2_102_on, plans_use_indexes,
], cleanup=lambda: cleatd.__exit__())
