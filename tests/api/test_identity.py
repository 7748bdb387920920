#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The identity API over HTTP: who gets a token, what it says, and when it dies."""
import datetime
import http.client
import json
import os
import re
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, Reply  # noqa: E402

V3 = '/identity/v3'
TOKENS = V3 + '/auth/tokens'
GENERAL_401 = 'The request you have made requires authentication.'
CLIENT_ERROR = ('The server could not comply with the request since it is either malformed or '
                'otherwise incorrect. The client is assumed to be in error.')
ZDATE = re.compile(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z$')
HEX = re.compile(r'^[0-9a-f]{32}$')

cleatd = Cleatd()
demo, reader, alt, admin, service = (
    cleatd.user(name) for name in ('demo', 'reader', 'alt', 'admin', 'service'))
names = iter('thing-%d' % n for n in range(10000))


def login(identity, scope=None, query=''):
    auth = {'identity': identity}
    if scope is not None:
        auth['scope'] = scope
    return cleatd.request('POST', TOKENS + query, {'auth': auth})


def login_from(address, identity):
    connection = http.client.HTTPConnection(cleatd.host, cleatd.port, timeout=60,
                                            source_address=(address, 0))
    connection.request('POST', TOKENS, json.dumps({'auth': {'identity': identity}}),
                       {'Content-Type': 'application/json'})
    answer = connection.getresponse()
    reply = Reply(answer.status, answer.getheaders(), answer.read())
    connection.close()
    return reply


def password(name, secret, **user):
    return {'methods': ['password'], 'password': {'user': dict(
        {'name': name, 'domain': {'id': 'default'}, 'password': secret}, **user)}}


def project(name):
    return {'project': {'name': name, 'domain': {'name': 'Default'}}}


def by_token(token):
    return {'methods': ['token'], 'token': {'id': token}}


def token_of(reply, status=201):
    tap.expect(reply.status, status, 'status of %r' % reply)
    return reply.headers['x-subject-token'], reply.body['token']


def get(token, path, method='GET', subject=None, body=None):
    headers = {'X-Auth-Token': token}
    if subject:
        headers['X-Subject-Token'] = subject
    return cleatd.request(method, path, body, headers)


def refused(reply, status, message, title=None):
    tap.expect(reply.status, status, 'status of %r' % reply)
    tap.expect(reply.message(), message, 'message')
    tap.expect(reply.body['error']['code'], status, 'code')
    if title:
        tap.expect(reply.body['error']['title'], title, 'title')


def unauthorized(reply, message=GENERAL_401):
    refused(reply, 401, message, 'Unauthorized')
    tap.expect(reply.headers['www-authenticate'],
               'Keystone uri="http://%s:%d/identity/v3"' % (cleatd.host, cleatd.port))


def lives(token):
    return get(token, V3 + '/auth/projects').status == 200


def new_user(**more):
    """A user of its own, member of project demo: name and a way to log in."""
    name = next(names)
    reply = admin.post(V3 + '/users', {'user': dict({'name': name, 'password': 'first'}, **more)})
    tap.expect(reply.status, 201, 'status of %r' % reply)
    user = reply.body['user']
    grant(user['id'], demo_project(), 'member')
    return user


def demo_project():
    assert demo.token
    return demo.project_id


def role_id(name):
    roles = admin.get(V3 + '/roles?name=' + name).body['roles']
    tap.expect(len(roles), 1, 'roles of that name')
    return roles[0]['id']


def grant(user_id, project_id, role, method='PUT'):
    reply = admin.request(method, '%s/projects/%s/users/%s/roles/%s' % (
        V3, project_id, user_id, role_id(role)))
    tap.expect(reply.status, 204, 'status of %r' % reply)


def the_versions_need_no_token():
    reply = cleatd.request('GET', '/identity')
    tap.expect(reply.status, 300)
    version = reply.body['versions']['values'][0]
    tap.expect((version['id'], version['status']), ('v3.14', 'stable'))
    href = 'http://%s:%d/identity/v3/' % (cleatd.host, cleatd.port)
    tap.expect(version['links'], [{'rel': 'self', 'href': href}])
    tap.expect(reply.headers['location'], href)
    for path in (V3, V3 + '/'):
        reply = cleatd.request('GET', path)
        tap.expect((reply.status, reply.body), (200, {'version': version}))
        tap.expect(reply.headers['vary'], 'X-Auth-Token')
        assert re.match(r'^req-[0-9a-f-]{36}$', reply.headers['x-openstack-request-id'])


def a_token_says_who_and_where():
    token, body = token_of(login(password('demo', demo.rc['OS_PASSWORD']), project('demo')))
    assert token.startswith('cleat_') and len(token) == 49, token
    tap.expect(body['methods'], ['password'])
    domain = {'id': 'default', 'name': 'Default'}
    tap.expect((body['user']['name'], body['user']['domain'], body['user']['password_expires_at']),
               ('demo', domain, None))
    tap.expect((body['project']['name'], body['project']['domain'], body['is_domain']),
               ('demo', domain, False))
    assert HEX.match(body['user']['id']) and HEX.match(body['project']['id'])
    tap.expect([role['name'] for role in body['roles']], ['reader', 'member'])
    assert ZDATE.match(body['expires_at']) and ZDATE.match(body['issued_at'])
    tap.expect(len(body['audit_ids']), 1)
    assert re.match(r'^[\w-]{22}$', body['audit_ids'][0])
    types = [entry['type'] for entry in body['catalog']]
    for wanted in ('compute', 'block-storage', 'volumev3', 'identity', 'image', 'cleat-admin',
                   'sharev2', 'shared-file-system'):
        assert wanted in types, types
    for entry in body['catalog']:
        tap.expect([e['interface'] for e in entry['endpoints']], ['public', 'internal', 'admin'])
        tap.expect(len({e['url'] for e in entry['endpoints']}), 1, 'addresses of ' + entry['type'])
        tap.expect(len({e['id'] for e in entry['endpoints']}), 3, 'ids of ' + entry['type'])
    volumes = [e for e in body['catalog'] if e['type'] == 'volumev3'][0]['endpoints'][0]['url']
    assert volumes.endswith('/volume/v3/' + body['project']['id']), volumes


def scopes():
    pw = password('demo', demo.rc['OS_PASSWORD'])
    by_id = {'project': {'id': demo_project()}}
    tap.expect(token_of(login(pw, by_id))[1]['project']['id'], demo_project())
    # Without a scope: the user's default project.
    tap.expect(token_of(login(pw))[1]['project']['id'], demo_project())
    for nothing in ('unscoped', {'unscoped': {}}):
        token, body = token_of(login(pw, nothing))
        for member in ('project', 'roles', 'catalog', 'system'):
            assert member not in body, member
        refused(get(token, V3 + '/auth/catalog'), 403,
                'You are not authorized to perform the requested action: '
                'identity:get_auth_catalog.', 'Forbidden')
        tap.expect(len(get(token, V3 + '/auth/projects').body['projects']), 1)
        tap.expect(get(token, '/volume/v3/volumes').status, 403)
    unauthorized(login(pw, project('alt')))
    unauthorized(login(pw, project('nowhere')))
    unauthorized(login(pw, {'project': {'name': 'demo', 'domain': {'name': 'Other'}}}))
    unauthorized(login(pw, {'system': {'all': True}}))
    unauthorized(login(pw, {'domain': {'id': 'default'}}))
    root = password('admin', admin.rc['OS_PASSWORD'])
    token, body = token_of(login(root, {'system': {'all': True}}))
    tap.expect(body['system'], {'all': True})
    assert 'project' not in body and 'catalog' in body
    tap.expect(get(token, V3 + '/users').status, 200)
    tap.expect(get(token, '/volume/v3/volumes').status, 403)
    assert 'catalog' not in token_of(login(pw, by_id, '?nocatalog'))[1]


def wrong_logins_look_alike():
    pw = demo.rc['OS_PASSWORD']
    for identity in (password('demo', 'wrong'), password('nobody', 'wrong'),
                     password('demo', pw, domain={'id': 'elsewhere'}),
                     password('demo', pw, domain={'name': 'default'}),
                     by_token('cleat_' + 'x' * 43), by_token('gAAAA'),
                     {'methods': ['application_credential'],
                      'application_credential': {'id': 'f' * 32, 'secret': 'x'}},
                     {'methods': ['application_credential'], 'application_credential': {
                         'name': 'x', 'secret': 'x',
                         'user': {'name': 'demo', 'domain': {'id': 'default'}}}}):
        reply = login(identity)
        unauthorized(reply)
        assert 'cleat_' not in reply.text and 'gAAAA' not in reply.text
    reply = login({'methods': ['totp'], 'totp': {}})
    unauthorized(reply, 'Attempted to authenticate with an unsupported method.')
    tap.expect(reply.body['error']['identity'],
               {'methods': ['password', 'token', 'application_credential']})
    token_of(login(password('demo', pw)))  # a success: the row of failures is over


def malformed_logins_are_told_so():
    def post(body, **headers):
        return cleatd.request('POST', TOKENS, body, headers)

    def expecting(part, where):
        return 'Expecting to find %s in %s. %s' % (part, where, CLIENT_ERROR)

    refused(post(b'{'), 400, expecting('valid JSON', 'request body'), 'Bad Request')
    refused(post(b'{"auth":{},"auth":{}}'), 400, expecting('valid JSON', 'request body'))
    refused(post(b''), 400, expecting('valid JSON', 'request body'))
    refused(post(b'auth', **{'Content-Type': 'application/xml'}), 400,
            expecting('application/json', 'Content-Type header'))
    refused(post({}), 400, expecting('auth', 'request body'))
    refused(post({'auth': {}}), 400, expecting('identity', 'auth'))
    refused(login({'methods': ['password']}), 400, expecting('password', 'identity'))
    refused(login({'methods': ['token']}), 400, expecting('token', 'identity'))
    refused(login({'methods': ['password'], 'password': {}}), 400,
            expecting('user', 'password'))
    refused(login({'methods': ['password'], 'password': {'user': {
        'name': 'demo', 'password': 'x'}}}), 400, expecting('domain', 'user'))
    refused(login({'methods': ['password'], 'password': {'user': {
        'name': 'demo', 'domain': {'id': 'default'}}}}), 400, expecting('password', 'user'))
    for bad in ({'methods': []}, {'methods': 'password'}, {'methods': [1]},
                {'methods': ['password', 'token']}, {'methods': ['password'], 'password': 1},
                password(1, 'x'), password('x' * 256, 'x'), password('demo', 'x' * 5000),
                password('demo', None)):
        tap.expect(login(bad).status, 400, repr(bad))
    pw = password('demo', demo.rc['OS_PASSWORD'])
    for bad in ({}, 'scoped', 1, [], {'project': 1}, {'project': {}}, {'system': {'all': False}},
                {'project': {'name': 'demo'}}, {'what': {}},
                {'project': {'id': 'x'}, 'system': {'all': True}}):
        tap.expect(login(pw, bad).status, 400, repr(bad))


def a_token_gets_a_token():
    first, old = token_of(login(password('admin', admin.rc['OS_PASSWORD'])))
    second, body = token_of(login(by_token(first), project('admin')))
    assert second != first
    tap.expect(body['methods'], ['token', 'password'])
    tap.expect(body['expires_at'], old['expires_at'])
    tap.expect(body['audit_ids'][1], old['audit_ids'][0])
    third = token_of(login(by_token(second), project('admin')))[1]
    tap.expect((third['methods'], third['audit_ids'][1]),
               (['token', 'password'], old['audit_ids'][0]))
    system = token_of(login(by_token(first), {'system': {'all': True}}))[0]
    tap.expect(login(by_token(system), project('admin')).status, 403)


def tokens_are_validated_and_revoked():
    token, body = token_of(login(password('demo', demo.rc['OS_PASSWORD'])))
    reply = get(token, TOKENS, subject=token)
    tap.expect((reply.status, reply.headers['x-subject-token']), (200, token))
    tap.expect(reply.body['token'], body)
    assert 'catalog' not in get(token, TOKENS + '?nocatalog=1', subject=token).body['token']
    for who, method, status in ((admin, 'GET', 200), (service, 'GET', 200), (reader, 'GET', 403),
                                (admin, 'HEAD', 200), (alt, 'HEAD', 403), (alt, 'DELETE', 403)):
        tap.expect(get(who.token, TOKENS, method, token).status, status, who.rc['OS_USERNAME'])
    refused(get(reader.token, TOKENS, subject=token), 403,
            'You are not authorized to perform the requested action: identity:validate_token.')
    refused(get(token, TOKENS), 404, 'No token in the request', 'Not Found')
    refused(get(token, TOKENS, subject='nonsense'), 404, 'Failed to validate token')
    unauthorized(get('nonsense', TOKENS, subject=token))
    unauthorized(cleatd.request('GET', TOKENS))
    tap.expect(get(token, '/volume/v3/volumes').status, 200)
    tap.expect(get(token, TOKENS, 'DELETE', token).status, 204)
    tap.expect(get(token, '/volume/v3/volumes').status, 401)
    tap.expect(get(admin.token, TOKENS, subject=token).status, 404)


def six_failures_lock_a_user():
    user = new_user()
    token_of(login(password(user['name'], 'first')))
    for _ in range(6):
        unauthorized(login(password(user['name'], 'wrong')))
    locked = login(password(user['name'], 'first'))
    unauthorized(locked)
    assert 0 < int(locked.headers['retry-after']) <= 60, locked.headers
    token_of(login(password('demo', demo.rc['OS_PASSWORD'])))  # others are not touched
    # Nor is the user at another address: strangers cannot keep anybody out.
    token_of(login_from('127.0.0.2', password(user['name'], 'first')))
    # A name that does not exist looks no different.
    for _ in range(6):
        unauthorized(login(password('nobody', 'wrong')))
    assert 'retry-after' in login(password('nobody', 'wrong')).headers


def proxies_say_who_it_was():
    """Behind a proxy of ours a stranger locks out himself only, whatever he says of himself."""
    with Cleatd(start=False) as behind:
        settings = os.path.join(behind.dir, 'proxies.conf')
        with open(settings, 'w') as f:
            f.write('[server]\nproxies = 127.0.0.1\n')
        behind.args = ['--config', settings]
        assert behind.start()
        right = behind.user('demo').login()
        wrong = {'auth': {'identity': password('demo', 'wrong')}}

        def ask(body, *seen_by_proxies):
            return behind.request('POST', TOKENS, body, {
                'X-Forwarded-For': ', '.join(seen_by_proxies)})

        for n in range(6):
            tap.expect(ask(wrong, '198.51.100.%d' % n, '192.0.2.1').status, 401)
        reply = ask(right, '192.0.2.1')
        tap.expect((reply.status, 'retry-after' in reply.headers), (401, True))
        tap.expect(ask(right, '192.0.2.2').status, 201)
        tap.expect(ask(right, '198.51.100.1').status, 201)


def an_address_that_guesses_many_names_waits():
    for n in range(30):
        unauthorized(login_from('127.0.0.3', password('guess-%d' % n, 'wrong')))
    reply = login_from('127.0.0.3', password('demo', demo.rc['OS_PASSWORD']))
    refused(reply, 429, 'Too many failed logins from this address.', 'Too Many Requests')
    assert 0 < int(reply.headers['retry-after']) <= 60, reply.headers
    token_of(login(password('demo', demo.rc['OS_PASSWORD'])))


def rights_that_go_take_their_tokens():
    user = new_user()
    where = project('demo')

    def fresh(secret='first'):
        token = token_of(login(password(user['name'], secret), where))[0]
        assert lives(token)
        return token

    def change(**wish):
        reply = admin.request('PATCH', V3 + '/users/' + user['id'], {'user': wish})
        tap.expect(reply.status, 200, 'status of %r' % reply)
        return reply.body['user']

    token = fresh()
    tap.expect(change(enabled=False)['enabled'], False)
    assert not lives(token)
    unauthorized(login(password(user['name'], 'first'), where))
    change(enabled=True)
    assert not lives(token)
    token = fresh()
    change(description='the same rights')
    assert lives(token)
    change(password='second')
    assert not lives(token)
    unauthorized(login(password(user['name'], 'first'), where))
    token = fresh('second')
    grant(user['id'], demo_project(), 'member', 'DELETE')
    assert not lives(token)
    unauthorized(login(password(user['name'], 'second'), where))
    grant(user['id'], demo_project(), 'reader')
    token = fresh('second')
    tap.expect(admin.delete(V3 + '/users/' + user['id']).status, 204)
    assert not lives(token)
    tap.expect(admin.get(V3 + '/users/' + user['id']).status, 404)


def a_user_changes_its_own_password():
    user = new_user()
    path = '%s/users/%s/password' % (V3, user['id'])
    token = token_of(login(password(user['name'], 'first')))[0]
    wish = {'user': {'original_password': 'first', 'password': 'second'}}
    unauthorized(cleatd.request('POST', path, {'user': dict(
        wish['user'], original_password='wrong')}))
    assert lives(token)
    tap.expect(cleatd.request('POST', path, wish).status, 204)
    assert not lives(token)
    unauthorized(login(password(user['name'], 'first')))
    token_of(login(password(user['name'], 'second')))
    unauthorized(cleatd.request('POST', V3 + '/users/%032x/password' % 1, wish))


def projects_come_and_go():
    name = next(names)
    reply = admin.post(V3 + '/projects', {'project': {
        'name': name, 'description': 'words', 'domain_id': 'default', 'tags': []}})
    tap.expect(reply.status, 201, 'status of %r' % reply)
    made = reply.body['project']
    path = V3 + '/projects/' + made['id']
    tap.expect({key: made[key] for key in ('name', 'description', 'enabled', 'domain_id',
                                           'parent_id', 'is_domain', 'tags', 'options')},
               {'name': name, 'description': 'words', 'enabled': True, 'domain_id': 'default',
                'parent_id': 'default', 'is_domain': False, 'tags': [], 'options': {}})
    assert made['links']['self'].endswith(path)
    tap.expect(admin.get(path).body['project'], made)
    tap.expect([p['id'] for p in admin.get(V3 + '/projects?name=' + name).body['projects']],
               [made['id']])
    refused(admin.post(V3 + '/projects', {'project': {'name': name}}), 409,
            'Conflict occurred attempting to store project - Duplicate entry found with name %s '
            'at domain ID default.' % name, 'Conflict')
    user = new_user()
    grant(user['id'], made['id'], 'member')
    token = token_of(login(password(user['name'], 'first'), project(name)))[0]
    # A project's own users see it, and nothing of others.
    tap.expect(get(token, path).status, 200)
    tap.expect(get(token, V3 + '/projects').status, 403)
    tap.expect(get(token, V3 + '/projects/' + demo_project()).status, 403)
    tap.expect(get(token, V3 + '/projects/nowhere').status, 403)
    refused(admin.get(V3 + '/projects/nowhere'), 404, 'Could not find project: nowhere.')
    reply = admin.request('PATCH', path, {'project': {'enabled': False, 'description': None}})
    tap.expect((reply.status, reply.body['project']['enabled']), (200, False))
    assert not lives(token)
    unauthorized(login(password(user['name'], 'first'), project(name)))
    tap.expect([p['id'] for p in admin.get(V3 + '/projects?enabled=false').body['projects']],
               [made['id']])
    tap.expect(admin.delete(path).status, 204)
    tap.expect(admin.delete(path).status, 404)
    for bad in ({}, {'name': ''}, {'name': 1}, {'name': 'x' * 65}, {'name': 'x', 'enabled': 'no'}):
        tap.expect(admin.post(V3 + '/projects', {'project': bad}).status, 400, repr(bad))
    tap.expect(demo.post(V3 + '/projects', {'project': {'name': 'x'}}).status, 403)


def users_are_looked_up_as_clients_do():
    assert demo.token
    own = V3 + '/users/' + demo.user_id
    tap.expect(demo.get(own).body['user']['name'], 'demo')
    tap.expect(demo.get(own + '/projects').body['projects'][0]['name'], 'demo')
    tap.expect(demo.get(V3 + '/users').status, 403)
    tap.expect(demo.get(V3 + '/users/' + 'f' * 32).status, 403)
    assert alt.token
    tap.expect(demo.get('%s/users/%s/projects' % (V3, alt.user_id)).status, 403)
    refused(admin.get(V3 + '/users/who'), 404, 'Could not find user: who.')
    listed = admin.get(V3 + '/users?name=demo').body
    tap.expect([user['id'] for user in listed['users']], [demo.user_id])
    tap.expect(sorted(listed['links']), ['next', 'previous', 'self'])
    assert 'password' not in repr(listed).replace('password_expires_at', '')
    tap.expect(admin.get(V3 + '/users?domain_id=other').body['users'], [])
    refused(admin.post(V3 + '/users', {'user': {'name': 'demo'}}), 409,
            'Conflict occurred attempting to store user - Duplicate entry found with name demo '
            'at domain ID default.')


def roles_and_assignments():
    assert demo.token
    tap.expect([role['name'] for role in admin.get(V3 + '/roles').body['roles']],
               ['reader', 'member', 'manager', 'admin', 'service'])
    query = '?user.id=%s&scope.project.id=%s' % (demo.user_id, demo.project_id)
    path = V3 + '/role_assignments' + query
    held = admin.get(path).body['role_assignments']
    tap.expect([entry['role']['id'] for entry in held], [role_id('member')])
    named = admin.get(path + '&include_names').body['role_assignments'][0]
    tap.expect((named['user']['name'], named['role']['name'], named['scope']['project']['name']),
               ('demo', 'member', 'demo'))
    tap.expect(len(admin.get(path + '&effective').body['role_assignments']), 2)
    tap.expect(demo.get(path).status, 403)
    of_user = '%s/projects/%s/users/%s/roles' % (V3, demo.project_id, demo.user_id)
    tap.expect([role['name'] for role in admin.get(of_user).body['roles']], ['member'])
    tap.expect(admin.request('HEAD', '%s/%s' % (of_user, role_id('member'))).status, 204)
    tap.expect(admin.request('HEAD', '%s/%s' % (of_user, role_id('admin'))).status, 404)
    tap.expect(admin.put('%s/%s' % (of_user, 'f' * 32)).status, 404)
    tap.expect(admin.delete('%s/%s' % (of_user, role_id('admin'))).status, 404)
    tap.expect(admin.put('%s/projects/nowhere/users/%s/roles/%s' % (
        V3, demo.user_id, role_id('member'))).status, 404)


def the_small_resources():
    tap.expect([d['id'] for d in admin.get(V3 + '/domains').body['domains']], ['default'])
    tap.expect(demo.get(V3 + '/domains/default').body['domain']['name'], 'Default')
    tap.expect(demo.get(V3 + '/auth/domains').body['domains'], [])
    tap.expect(demo.get(V3 + '/auth/system').body['system'], [])
    tap.expect(admin.get(V3 + '/auth/system').body['system'], [{'all': True}])
    compute = admin.get(V3 + '/services?type=compute').body['services']
    tap.expect([entry['name'] for entry in compute], ['compute'])
    one = '%s/services/%s' % (V3, compute[0]['id'])
    tap.expect(admin.get(one).body['service'], compute[0])
    ends = admin.get(V3 + '/endpoints?interface=public&service_id=' + compute[0]['id'])
    tap.expect(len(ends.body['endpoints']), 1)
    end_path = '%s/endpoints/%s' % (V3, ends.body['endpoints'][0]['id'])
    tap.expect(admin.get(end_path).body['endpoint'], ends.body['endpoints'][0])
    tap.expect([r['id'] for r in admin.get(V3 + '/regions').body['regions']], ['RegionOne'])
    tap.expect(demo.get(V3 + '/regions/RegionOne').status, 200)
    tap.expect(admin.get(V3 + '/regions/Elsewhere').status, 404)
    for path in ('/trusts', '/groups', '/credentials', '/policies', '/nonsense'):
        tap.expect(admin.get(V3 + path).status, 404, path)
    refused(admin.request('PUT', V3 + '/users'), 405,
            'The method is not allowed for the requested URL.', 'Method Not Allowed')


def application_credentials():
    user = new_user()
    token = token_of(login(password(user['name'], 'first'), project('demo')))[0]
    path = '%s/users/%s/application_credentials' % (V3, user['id'])

    def make(**wish):
        return get(token, path, 'POST', body={'application_credential': dict(
            {'name': next(names)}, **wish)})

    def enter(made, scope=None, **more):
        return login({'methods': ['application_credential'], 'application_credential': dict(
            {'id': made['id'], 'secret': made['secret']}, **more)}, scope)

    reply = make(description='for a robot')
    tap.expect(reply.status, 201, 'status of %r' % reply)
    made = reply.body['application_credential']
    tap.expect(len(made['secret']), 86)
    tap.expect([role['name'] for role in made['roles']], ['reader', 'member'])
    shown = get(token, path + '/' + made['id']).body['application_credential']
    tap.expect(shown, {key: value for key, value in made.items() if key != 'secret'})
    robot, body = token_of(enter(made))
    tap.expect(body['methods'], ['application_credential'])
    tap.expect(body['application_credential'],
               {'id': made['id'], 'name': made['name'], 'restricted': True})
    tap.expect(body['project']['id'], demo_project())
    by_name = {'methods': ['application_credential'], 'application_credential': {
        'name': made['name'], 'secret': made['secret'],
        'user': {'name': user['name'], 'domain': {'id': 'default'}}}}
    token_of(login(by_name))
    unauthorized(enter(made, project('demo')),
                 'Error authenticating with application credential: Application credentials '
                 'cannot request a scope.')
    unauthorized(enter(made, secret='wrong'))
    # What came from a restricted credential makes and deletes none, and asks for no scope.
    tap.expect(get(robot, path, 'POST', body={'application_credential': {'name': 'x'}}).status,
               403)
    tap.expect(get(robot, path + '/' + made['id'], 'DELETE').status, 403)
    tap.expect(login(by_token(robot), project('demo')).status, 403)
    tap.expect(token_of(login(by_token(robot)))[1]['application_credential']['id'], made['id'])
    refused(make(name=made['name']), 409,
            'Conflict occurred attempting to store application_credential - Duplicate entry '
            'found with name %s at domain ID default.' % made['name'])
    for bad in ({'roles': [{'name': 'admin'}]}, {'expires_at': 'soon'},
                {'expires_at': '2001-01-01T00:00:00'}, {'name': ''}, {'unknown': 1},
                {'secret': ''}):
        tap.expect(make(**bad).status, 400, repr(bad))
    tap.expect(make(roles=[{'name': 'nobody'}]).status, 404)
    less = make(roles=[{'name': 'reader'}], secret='my own').body['application_credential']
    tap.expect(less['secret'], 'my own')
    weak, body = token_of(enter(less))
    tap.expect([role['name'] for role in body['roles']], ['reader'])
    tap.expect(get(weak, '/volume/v3/volumes', 'POST', body={'volume': {'size': 1}}).status, 403)
    soon = (datetime.datetime.utcnow() + datetime.timedelta(minutes=5)).isoformat()
    brief = make(expires_at=soon).body['application_credential']
    tap.expect(brief['expires_at'], soon if '.' in soon else soon + '.000000')
    tap.expect(token_of(enter(brief))[1]['expires_at'][:19], soon[:19])
    # Others see none of it; admins look and delete.
    tap.expect(alt.get(path).status, 403)
    tap.expect(admin.get(path + '/' + made['id']).status, 200)
    tap.expect(admin.post(path, {'application_credential': {'name': 'x'}}).status, 403)
    tap.expect(len(get(token, path).body['application_credentials']), 3)
    tap.expect(get(token, path + '/' + made['id'], 'DELETE').status, 204)
    assert not lives(robot)
    unauthorized(enter(made))
    tap.expect(get(token, path + '/' + made['id']).status, 404)
    grant(user['id'], demo_project(), 'member', 'DELETE')
    unauthorized(enter(less))


def service_tokens_are_checked():
    def ask(token, service_token):
        return cleatd.request('GET', '/volume/v3/volumes', None, {
            'X-Auth-Token': token, 'X-Service-Token': service_token})
    tap.expect(ask(demo.token, service.token).status, 200)
    unauthorized(ask(demo.token, 'nonsense'))
    unauthorized(ask(demo.token, alt.token))  # valid, but not a service's
    unauthorized(ask('nonsense', service.token))


def users_outlive_the_daemon():
    user = new_user()
    token = token_of(login(password(user['name'], 'first'), project('demo')))[0]
    cleatd.stop()
    cleatd.start()
    assert lives(token)
    token_of(login(password(user['name'], 'first'), project('demo')))
    token_of(login(password('demo', demo.rc['OS_PASSWORD'])))


def a_second_daemon_is_told():
    other = Cleatd(dir=cleatd.dir, start=False)
    assert not other.start(), 'it started beside the first'
    tap.expect(other.process.returncode, 1)
    with open(os.path.join(cleatd.dir, 'test.log')) as log:
        assert 'cleat.db' in log.read()


def secrets_stay_private():
    for name in os.listdir(cleatd.dir):
        if name.startswith('openrc-') or name in ('clouds.yaml', 'secret'):
            mode = os.stat(os.path.join(cleatd.dir, name)).st_mode & 0o777
            tap.expect(mode, 0o600, name)
    token = demo.token.encode()
    for name in ('cleat.db', 'cleat.db-wal'):
        path = os.path.join(cleatd.dir, name)
        if os.path.exists(path):
            with open(path, 'rb') as data:
                held = data.read()
            assert token not in held and demo.rc['OS_PASSWORD'].encode() not in held, name


def end():
    cleatd.stop()
    cleatd.__exit__()


tap.run('identity', [
    the_versions_need_no_token, a_token_says_who_and_where, scopes, wrong_logins_look_alike,
    malformed_logins_are_told_so, a_token_gets_a_token, tokens_are_validated_and_revoked,
    six_failures_lock_a_user, an_address_that_guesses_many_names_waits,
    proxies_say_who_it_was, rights_that_go_take_their_tokens, a_user_changes_its_own_password,
    projects_come_and_go, users_are_looked_up_as_clients_do, roles_and_assignments,
    the_small_resources, application_credentials, service_tokens_are_checked,
    users_outlive_the_daemon, a_second_daemon_is_told, secrets_stay_private,
], cleanup=end)
