#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Access rules and resource locks of shares: versions, states, who may, and what is hidden."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import wait_for  # noqa: E402
from sharelib import (DATE, NEWEST, NOBODY, UUID, admin, alt, at, cleatd, demo, gone,  # noqa: E402
                      make, reader, refused)

LOCKED = ("Cannot deny access for share '%s' since it has been locked. Please remove the locks and "
          "retry the operation")
NOT_YOURS = 'Resource lock cannot be manipulated by user. Please contact the administrator.'
HIDDEN = '******'


def act(share, action, user=demo, version=NEWEST, **fields):
    return at(version, user, 'POST', '/shares/%s/action' % share['id'], body={action: fields})


def allow(share, to='10.0.0.0/8', access_type='ip', user=demo, version=NEWEST, **more):
    reply = act(share, 'allow_access', user, version, access_type=access_type, access_to=to, **more)
    tap.expect(reply.status, 200, 'status of %r' % reply)
    return reply.body['access']


def rule_of(rule, user=demo, version=NEWEST):
    return at(version, user, path='/share-access-rules/' + rule['id'])


def active(rule, user=demo):
    def check():
        now = rule_of(rule, user).body['access']
        assert now['state'] != 'error', now
        return now if now['state'] == 'active' else None
    return wait_for(check, 'the rule to be active')


def deny(share, rule, user=demo, **more):
    return act(share, 'deny_access', user, access_id=rule['id'], **more)


def drop_rule(share, rule, user=demo, **more):
    tap.expect(deny(share, rule, user, **more).status, 202)
    gone('/share-access-rules/' + rule['id'], admin)


def drop(share):
    tap.expect(at(NEWEST, method='DELETE', path='/shares/' + share['id']).status, 202)
    gone('/shares/' + share['id'])


def rules(share, user=demo, query=''):
    reply = at(NEWEST, user, path='/share-access-rules?share_id=%s%s' % (share['id'], query))
    tap.expect(reply.status, 200, 'status of %r' % reply)
    return reply.body['access_list']


def lock(resource, user=demo, version=NEWEST, **more):
    return at(version, user, 'POST', '/resource-locks',
              body={'resource_lock': dict({'resource_id': resource['id']}, **more)})


def locks(user=demo, query=''):
    return at(NEWEST, user, path='/resource-locks' + query).body['resource_locks']


def a_rule_lives_and_goes():
    share = make()
    rule = allow(share, metadata={'why': 'tests'})
    tap.expect(sorted(rule), ['access_key', 'access_level', 'access_to', 'access_type',
                              'created_at', 'id', 'metadata', 'share_id', 'state', 'updated_at'])
    tap.expect({k: rule[k] for k in ('access_type', 'access_to', 'access_level', 'state',
                                     'access_key', 'share_id', 'metadata', 'updated_at')},
               {'access_type': 'ip', 'access_to': '10.0.0.0/8', 'access_level': 'rw',
                'state': 'queued_to_apply', 'access_key': None, 'share_id': share['id'],
                'metadata': {'why': 'tests'}, 'updated_at': None})
    assert UUID.match(rule['id']) and DATE.match(rule['created_at']), rule
    active(rule)
    tap.expect(at(NEWEST, path='/shares/' + share['id']).body['share']['access_rules_status'],
               'active')
    listed, = rules(share)
    assert 'share_id' not in listed, listed
    tap.expect(listed['id'], rule['id'])
    refused(act(share, 'allow_access', access_type='ip', access_to='10.0.0.0/8'), 400,
            'Share access ip:10.0.0.0/8 exists.')
    tap.expect(deny(share, rule).status, 202)
    gone('/share-access-rules/' + rule['id'])
    refused(rule_of(rule), 404, 'Share access rule %s not found.' % rule['id'])
    refused(deny(share, rule), 404, 'Resource could not be found.')
    tap.expect(rules(share), [])
    drop(share)


def what_each_version_says():
    share = make()
    rule = allow(share)
    active(rule)
    reply = at('2.6', method='POST', path='/shares/%s/action' % share['id'],
               body={'os-access_list': None})
    tap.expect(reply.body, {'access_list': [
        {'id': rule['id'], 'access_type': 'ip', 'access_to': '10.0.0.0/8', 'access_level': 'rw',
         'state': 'active'}]})
    for version, action, members in (('2.7', 'access_list', 5), ('2.21', 'access_list', 6),
                                     ('2.33', 'access_list', 8)):
        reply = at(version, method='POST', path='/shares/%s/action' % share['id'],
                   body={action: None})
        tap.expect(len(reply.body['access_list'][0]), members, version)
    tap.expect(act(share, 'access_list', version='2.45').status, 404)
    tap.expect(act(share, 'allow_access', version='2.6', access_type='ip',
                   access_to='10.0.0.1').status, 404)
    old = act(share, 'os-allow_access', version='2.6', access_type='ip', access_to='10.0.0.1')
    tap.expect((old.status, old.body['access']['state']), (200, 'new'))
    tap.expect(act(share, 'os-deny_access', version='2.6',
                   access_id=old.body['access']['id']).status, 202)
    gone('/share-access-rules/' + old.body['access']['id'])
    tap.expect(at('2.44', path='/share-access-rules?share_id=' + share['id']).status, 404)
    drop(share)


def whom_a_rule_may_name():
    share = make()
    types = "Only 'ip', 'user', 'cert' or 'cephx' access types are supported."
    for kind, to, version, message in (
            ('name', 'x', NEWEST, types),
            ('cephx', 'alice', '2.12', "Only 'ip', 'user', and 'cert' access types are supported."),
            ('ip', '10.0.0.300', NEWEST,
             "'10.0.0.300' does not appear to be an IPv4 or IPv6 network"),
            ('ip', '::1', '2.37', "'::1' does not appear to be an IPv4 or IPv6 network"),
            ('ip', '10.0.0.1/8', NEWEST, '10.0.0.1/8 has host bits set'),
            ('ip', '10.0.0.1(rw)', NEWEST,
             "'10.0.0.1(rw)' does not appear to be an IPv4 or IPv6 network")):
        refused(act(share, 'allow_access', version=version, access_type=kind, access_to=to), 400,
                message)
    for kind, to in (('user', 'bob'), ('user', 'a/../b'), ('cert', ''), ('cephx', 'client.x'),
                     ('cephx', 'a\nb')):
        tap.expect(act(share, 'allow_access', access_type=kind, access_to=to).status, 400, to)
    refused(act(share, 'allow_access', access_type='ip', access_to='10.0.0.1', access_level='su'),
            400, 'Invalid access rule: Invalid share access level: su.')
    one = allow(share, '10.0.0.1')
    refused(act(share, 'allow_access', access_type='ip', access_to='10.0.0.1/32'), 400,
            'Share access ip:10.0.0.1/32 exists.')
    six = allow(share, '2001:db8::/32', access_level='ro')
    tap.expect(six['access_level'], 'ro')
    for rule in (one, six):
        drop_rule(share, rule)
    drop(share)


def what_the_backend_cannot_do_is_in_error():
    share = make()
    rule = allow(share, 'alice', 'user')
    wait_for(lambda: rule_of(rule).body['access']['state'] == 'error', 'the rule to be in error')
    tap.expect(at(NEWEST, path='/shares/' + share['id']).body['share']['access_rules_status'],
               'error')
    told = at(NEWEST, path='/messages?resource_id=' + share['id']).body['messages']
    tap.expect([(one['action_id'], one['resource_type']) for one in told], [('010', 'SHARE')])
    good = allow(share)
    active(good)
    drop_rule(share, rule)
    tap.expect(at(NEWEST, path='/shares/' + share['id']).body['share']['access_rules_status'],
               'active')
    drop(share)


def whose_shares_they_are():
    share = make()
    rule = allow(share)
    missing = 'Share %s could not be found.' % share['id']
    refused(act(share, 'allow_access', alt, access_type='ip', access_to='10.1.0.0/16'), 404,
            missing)
    refused(deny(share, rule, alt), 404, missing)
    refused(rule_of(rule, alt), 404, 'Share access rule %s not found.' % rule['id'])
    refused(at(NEWEST, alt, path='/share-access-rules?share_id=' + share['id']), 400,
            'Share %s not found.' % share['id'])
    refused(at(NEWEST, path='/share-access-rules'), 400,
            "The field 'share_id' has to be specified.")
    tap.expect(act(share, 'allow_access', reader, access_type='ip', access_to='10.1.0.0/16').status,
               403)
    tap.expect([one['id'] for one in rules(share, admin)], [rule['id']])
    active(rule)
    drop_rule(share, rule)
    drop(share)


def metadata_and_filters():
    share = make()
    one = allow(share, '10.0.0.1', metadata={'a': 'b'})
    two = allow(share, '10.0.0.2', access_level='ro')
    path = '/share-access-rules/%s/metadata' % two['id']
    reply = at(NEWEST, method='PUT', path=path, body={'metadata': {'c': 'd', 'e': 'f'}})
    tap.expect((reply.status, reply.body), (200, {'metadata': {'c': 'd', 'e': 'f'}}))
    tap.expect(at(NEWEST, method='DELETE', path=path + '/c').status, 200)
    refused(at(NEWEST, method='DELETE', path=path + '/c'), 404, 'Metadata item is not found.')
    refused(at(NEWEST, method='PUT', path=path, body={'metadata': {'': 'x'}}), 400,
            'Metadata property key is blank.')
    for query, found in (('&metadata={%27a%27:%27b%27}', [one]), ('&access_level=ro', [two]),
                         ('&access_type=ip&access_to=10.0.0.2', [two]), ('&access_type=user', []),
                         ('&access_key=secret', [])):
        tap.expect([rule['id'] for rule in rules(share, query=query)],
                   [rule['id'] for rule in found], query)
    for rule in (one, two):
        active(rule)
        drop_rule(share, rule)
    drop(share)


def another_level():
    share = make()
    rule = allow(share)
    active(rule)
    path = '/share-access-rules/' + rule['id']
    body = {'update_access': {'access_level': 'ro'}}
    tap.expect(at('2.87', method='PUT', path=path, body=body).status, 404)
    reply = at(NEWEST, method='PUT', path=path, body=body)
    tap.expect((reply.status, reply.body['access']['access_level'], reply.body['access']['state']),
               (200, 'ro', 'queued_to_update'))
    tap.expect(active(rule)['access_level'], 'ro')
    tap.expect(at(NEWEST, method='PUT', path=path,
                  body={'update_access': {'access_level': 'all'}}).status, 400)
    drop_rule(share, rule)
    drop(share)


def locks_come_and_go_with_their_rule():
    share = make()
    refused(act(share, 'allow_access', access_type='ip', access_to='10.0.0.1', lock_reason='why'),
            400, 'Lock reason can only be specified when locking the visibility or the deletion of '
            'an access rule.')
    rule = allow(share, lock_deletion=True, lock_visibility=True, lock_reason='audit')
    tap.expect(rule['access_to'], '10.0.0.0/8', 'the answer to who made it')
    active(rule)
    on_rule = locks(query='?resource_id=' + rule['id'])
    tap.expect(sorted((one['resource_action'], one['resource_type'], one['lock_context'],
                       one['lock_reason']) for one in on_rule),
               [('delete', 'access_rule', 'user', 'audit'),
                ('show', 'access_rule', 'user', 'audit')])
    keeper, = [one for one in on_rule if one['resource_action'] == 'delete']
    on_share, = locks(query='?resource_id=' + share['id'])
    tap.expect((on_share['resource_action'], on_share['lock_reason']),
               ('delete', 'Locked by access lock: ' + keeper['id']))
    refused(at(NEWEST, method='DELETE', path='/shares/' + share['id']), 403,
            'Resource lock/s [%s] prevent delete action.' % on_share['id'])
    refused(deny(share, rule), 403, LOCKED % share['id'])
    refused(deny(share, rule, admin), 403, LOCKED % share['id'])
    drop_rule(share, rule, unrestrict=True)
    tap.expect(locks(), [])
    drop(share)


def what_an_admin_locks():
    share = make()
    rule = allow(share, user=admin, lock_deletion=True, lock_visibility=True)
    active(rule, admin)
    tap.expect(rule_of(rule, admin).body['access']['access_to'], '10.0.0.0/8')
    tap.expect(rule_of(rule).body['access']['access_to'], HIDDEN)
    tap.expect([one['access_to'] for one in rules(share)], [HIDDEN])
    tap.expect(rules(share, query='&access_type=ip&access_to=10.0.0.0/8'), [], 'a filter tells')
    old = at('2.44', method='POST', path='/shares/%s/action' % share['id'],
             body={'access_list': None})
    tap.expect([one['access_to'] for one in old.body['access_list']], [HIDDEN], 'the old list')
    refused(deny(share, rule, unrestrict=True), 403,
            'Unable to drop access rule restrictions that are not placed by you.')
    tap.expect(locks(), [], 'they are of the project of the admin')
    mine = locks(admin, '?all_projects=1&resource_id=' + rule['id'])
    tap.expect({one['lock_context'] for one in mine}, {'admin'})
    tap.expect(at(NEWEST, path='/resource-locks/' + mine[0]['id']).status, 404)
    drop_rule(share, rule, admin, unrestrict=True)
    drop(share)


def locks_by_themselves():
    share = make()
    for version in ('2.80',):
        tap.expect(lock(share, version=version).status, 404)
    made = lock(share, lock_reason='kept')
    tap.expect(made.status, 200)
    one = made.body['resource_lock']
    tap.expect(sorted(one), ['created_at', 'id', 'links', 'lock_context', 'lock_reason',
                             'project_id', 'resource_action', 'resource_id', 'resource_type',
                             'updated_at', 'user_id'])
    tap.expect((one['resource_type'], one['resource_action'], one['lock_context'],
                one['project_id'], one['user_id'], one['updated_at']),
               ('share', 'delete', 'user', demo.project_id, demo.user_id, None))
    path = '/resource-locks/' + one['id']
    tap.expect(at(NEWEST, path=path).body['resource_lock'], one)
    tap.expect(at(NEWEST, alt, path=path).status, 404)
    changed = at(NEWEST, method='PUT', path=path, body={'resource_lock': {'lock_reason': None}})
    tap.expect((changed.status, changed.body['resource_lock']['lock_reason']), (200, None))
    refused(at(NEWEST, method='PUT', path=path, body={'resource_lock': {'resource_id': NOBODY}}),
            400, "Only 'resource_action' and 'lock_reason' can be updated.")
    tap.expect(at(NEWEST, method='PUT', path=path,
                  body={'resource_lock': {'resource_action': 'show'}}).status, 400)
    refused(lock({'id': NOBODY}), 400, 'No such resource found.')
    refused(lock(share, alt), 400, 'No such resource found.')
    for body in ({}, {'resource_lock': {}}, {'resource_lock': {'resource_id': 'x'}},
                 {'resource_lock': {'resource_id': share['id'], 'resource_action': 'eat'}}):
        tap.expect(at(NEWEST, method='POST', path='/resource-locks', body=body).status, 400, body)
    tap.expect(at('2.81', method='POST', path='/resource-locks', body={'resource_lock': {
        'resource_id': NOBODY, 'resource_type': 'access_rule'}}).status, 400)
    counted = at(NEWEST, path='/resource-locks?with_count=true&limit=1').body
    tap.expect((counted['count'], len(counted['resource_locks'])), (1, 1))
    tap.expect(locks(query='?lock_reason=no'), [])
    tap.expect(at(NEWEST, method='DELETE', path=path).status, 204)
    tap.expect(at(NEWEST, method='DELETE', path=path).status, 404)
    many = [lock(share) for _ in range(101)]
    tap.expect([reply.status for reply in many], [200] * 100 + [409])
    for reply in many[:100]:
        at(NEWEST, method='DELETE',
           path='/resource-locks/' + reply.body['resource_lock']['id'])
    drop(share)


def who_may_change_a_lock():
    share = make()
    made = lock(share, admin).body['resource_lock']
    tap.expect(made['lock_context'], 'admin')
    path = '/resource-locks/' + made['id']
    tap.expect(at(NEWEST, alt, 'DELETE', path).status, 404)
    rule = allow(share)
    active(rule)
    first = lock(rule, resource_type='access_rule', resource_action='show')
    tap.expect(first.status, 200)
    refused(lock(rule, admin, resource_type='access_rule', resource_action='show'), 409,
            "Resource's visibility is already locked by other user.")
    second = lock(rule, resource_type='access_rule').body['resource_lock']
    refused(at(NEWEST, method='PUT', path='/resource-locks/' + second['id'],
               body={'resource_lock': {'resource_action': 'show'}}), 400,
            'Invalid input received: The resource already has a visibility lock.')
    tap.expect(at(NEWEST, admin, 'DELETE', path).status, 204)
    drop_rule(share, rule, unrestrict=True)
    tap.expect(locks(), [], 'they went with the rule')
    drop(share)


tap.run('share access', [
    a_rule_lives_and_goes, what_each_version_says, whom_a_rule_may_name,
    what_the_backend_cannot_do_is_in_error, whose_shares_they_are, metadata_and_filters,
    another_level, locks_come_and_go_with_their_rule, what_an_admin_locks, locks_by_themselves,
    who_may_change_a_lock], cleanup=cleatd.stop)
