#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Every route that takes a body, asked with bodies that are wrong in every way a field can be:
no answer may be a 5xx, none may be without a body that says what is wrong, and the daemon lives.

The routes come from routes.txt; the names of members from the tables in src/api; the name of the
outermost member from the route's own complaint that it is missing. What exactly the answers are,
and that nothing changes: test_refusals.py.
"""
import concurrent.futures
import json
import os
import re
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_status  # noqa: E402
from malformedlib import PREFIXES, member_names, routes  # noqa: E402

NEWEST = {'compute': 'compute 2.104', 'share': 'shared-file-system 2.88'}
RAW = (None, b'', b'{', b'null', b'[]', b'"text"', b'1', b'{}', b'{"a":1,"a":2}', b'\xff\xfe{}',
       b'{"a":"\xff"}', b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'[' * 200, b'{"a":' * 200,
       b'{"a":1e999}', b'{"a":9223372036854775808}', b'{}{}', b'{"\xc3\xa4":"\xf0\x9f\x98\x80"}')
ODD = (None, True, 0, -1, 9223372036854775807, 1.5, '', ' ', 'x' * 70000, '\u0001', '%s%n', '../..',
       "' OR 1=1", [], [None], [[]], {}, {'a': None}, {'x' * 300: 'y'}, 'ö' * 300)
IDS = ('x', '00000000-0000-0000-0000-000000000000', '%2e%2e', "'", 'ü'.encode().hex())

cleatd = Cleatd()
admin, alt = cleatd.user('admin'), cleatd.user('alt')


def paths(dialect, pattern, real):
    """The pattern with odd ids, and with the ids of things that are there."""
    for value in IDS + (None,):
        path = re.sub(r'\{(\w+)\}', lambda m: value or real.get(m.group(1), 'x'), pattern)
        yield PREFIXES[dialect] + path
        if '{' not in pattern:
            return


def judge(problems, what, reply):
    if reply.status >= 500:
        problems.append('%s: %r' % (what, reply))
    elif reply.status >= 400 and not reply.message() and what[0] != 'HEAD':
        problems.append('%s: no words: %r' % (what, reply))


def real_things():
    """One volume, one share and one server, so that bodies meet things that are there."""
    image = [i for i in admin.get('/image/v2/images').body['images'] if i['name'] == 'tiny'][0]
    volume = admin.post('/volume/v3/volumes', {'volume': {'size': 1}}).body['volume']
    wait_status(admin, '/volume/v3/volumes/' + volume['id'], 'volume', 'available')
    server = admin.post('/compute/v2.1/servers', {'server': {
        'name': 's', 'imageRef': image['id'], 'flavorRef': '1'}}).body['server']
    wait_status(admin, '/compute/v2.1/servers/' + server['id'], 'server', 'ACTIVE')
    share = admin.post('/share/v2/shares', {'share': {'share_proto': 'NFS', 'size': 1}})
    share = wait_status(admin, '/share/v2/shares/' + share.body['share']['id'], 'share',
                        'available')
    return {'volume_id': volume['id'], 'share_id': share['id'], 'server_id': server['id'],
            'image_id': image['id'], 'flavor_id': '1', 'user_id': alt.user_id,
            'project_id': alt.project_id, 'quota_project_id': alt.project_id}


def ask(method, path, body, version):
    return admin.request(method, path, body, version=version)


def outer_member(method, path, action, version):
    """What the body must be wrapped in, by the route's own words; None when it takes none."""
    if action:
        return action
    found = re.search(r"'([\w:-]+)' is a required|find ([\w:-]+) in request body",
                      ask(method, path, {}, version).message() or '')
    return found and (found.group(1) or found.group(2))


def attack(route, real, names):
    dialect, method, pattern, action = route
    version = NEWEST.get(dialect)
    problems = []

    def send(path, body):
        what = (method, path, (body if isinstance(body, bytes) else json.dumps(body))[:120]
                if body is not None else None)
        judge(problems, what, ask(method, path, body, version))

    everywhere = list(paths(dialect, pattern, real))
    for path in everywhere:
        for body in RAW:
            send(path, body)
    member = outer_member(method, everywhere[-1], action, version)
    for name in sorted(names[dialect]):
        for value in ODD:
            send(everywhere[-1], {member: {name: value}} if member else {name: value})
    if member:
        for value in ODD:
            send(everywhere[-1], {member: value})
    return problems


def whatever_a_body_says_the_answer_is_no_fault():
    assert admin.token and alt.token
    real = real_things()
    names = member_names()
    # Deletions of what is there would spoil the rest.
    wanted = [route for route in routes() if route[1] in ('POST', 'PUT', 'PATCH')]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda route: attack(route, real, names), wanted))
    problems = [problem for result in results for problem in result]
    tap.expect(admin.get('/compute/v2.1/servers').status, 200, 'the token that asked')
    tap.expect(problems[:20], [], '%d answers' % len(problems))


def queries_are_no_fault_either():
    problems = []
    for dialect, method, pattern, _ in routes():
        if method != 'GET':
            continue
        for path in paths(dialect, pattern, {}):
            for query in ('?limit=-1', '?limit=' + '9' * 40, '?limit=0', '?limit', '?marker=%27',
                          '?marker=' + 'x' * 3000, '?offset=-1', '?sort=;:,', '?sort_key=\'',
                          '?name=%ff', '?name=%00', '?name=~(', '?a=1&a=2', '?=', '?&&&',
                          '?status=%F0%9F%98%80', '?changes-since=never', '?all_tenants=maybe'):
                judge(problems, (method, path + query),
                      admin.get(path + query, version=NEWEST.get(dialect)))
    tap.expect(problems[:20], [], '%d answers' % len(problems))


def it_still_lives():
    tap.expect(cleatd.request('GET', '/healthz').status, 200)
    tap.expect(cleatd.stop(), 0, 'exit status')


def end():
    cleatd.stop()
    cleatd.__exit__()


tap.run('malformed', [
    whatever_a_body_says_the_answer_is_no_fault, queries_are_no_fault_either, it_still_lives,
], cleanup=end)
