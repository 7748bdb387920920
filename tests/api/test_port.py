#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What all services share: the port's own answers, the road of a request, operations."""
import os
import re
import sys
import tempfile
import threading

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

REQUEST_ID = re.compile(r'^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')

cleatd = Cleatd()
demo, alt, admin, reader = (cleatd.user(name) for name in ('demo', 'alt', 'admin', 'reader'))


def the_port_names_its_services():
    services = {s['name']: s['href'] for s in cleatd.request('GET', '/').body['services']}
    tap.expect(sorted(services), ['admin', 'compute', 'identity', 'image', 'metadata',
                                  'share', 'volume'])
    for href in services.values():
        assert href.startswith('http://%s:%d/' % (cleatd.host, cleatd.port)), href


def roots_list_versions():
    for path, status, member in (('/compute', 200, 'versions'), ('/volume', 300, 'versions'),
                                 ('/image', 300, 'versions'), ('/identity', 300, 'versions'),
                                 ('/share', 300, 'versions')):
        for form in (path, path + '/'):
            reply = cleatd.request('GET', form)
            tap.expect(reply.status, status, form)
            assert member in reply.body, form
            assert 'openstack-api-version' not in reply.headers, form


def paths_without_a_version():
    reply = cleatd.request('GET', '/image/versions')
    tap.expect(reply.status, 200)
    tap.expect(reply.body, cleatd.request('GET', '/image').body)
    reply = cleatd.request('GET', '/compute/v9/servers')
    tap.expect(reply.status, 300)
    choice, = reply.body['choices']
    tap.expect(sorted(choice), ['id', 'links', 'media-types', 'status'])
    tap.expect(choice['links'][0]['href'],
               'http://%s:%d/compute/v2.1/v9/servers' % (cleatd.host, cleatd.port))
    assert 'openstack-api-version' not in reply.headers
    tap.expect(cleatd.request('POST', '/compute/v9', {}).status, 404)


def errors_of_compute_name_their_charset():
    plain, named = 'application/json', 'application/json; charset=UTF-8'
    for path, kind in (('/compute/v2.1/servers', plain), ('/compute/v2.1/servers/none', named),
                       ('/compute/v2.1/none', named), ('/volume/v3/volumes/none', plain)):
        tap.expect(demo.get(path).headers['content-type'], kind, path)
    tap.expect(cleatd.request('GET', '/compute/v2.1/servers').headers['content-type'], plain,
               'the form of the token filter')


def health_says_that_nothing_is_real():
    reply = cleatd.request('GET', '/healthz')
    tap.expect(reply.status, 200)
    assert reply.headers['content-type'].startswith('text/plain')
    assert 'hypervisor: fake\n' in reply.text, reply.text


def metrics_count_answers():
    def count(status):
        text = cleatd.request('GET', '/metrics').text
        found = re.search(r'cleat_http_requests_total\{service="volume",method="GET",'
                          r'route="/volume/v3/volumes",action="",status="%d"\} (\d+)'
                          % status, text)
        return int(found.group(1)) if found else 0
    before = count(401)
    tap.expect(cleatd.request('GET', '/volume/v3/volumes').status, 401)
    tap.expect(count(401), before + 1)


def unknown_paths_are_404_in_each_dialect():
    for path, name in (('/nonsense', 'error'), ('/compute/v2.1/nonsense', 'itemNotFound'),
                       ('/volume/v3/nonsense', 'itemNotFound'), ('/image/v9', 'error'),
                       ('/identity/v3/nonsense', 'error'), ('/admin', 'error')):
        reply = cleatd.request('GET', path)
        tap.expect((reply.status, list(reply.body)), (404, [name]), path)
        assert REQUEST_ID.match(reply.headers['x-openstack-request-id']), path
    for path in ('/computer', '/volumes', '/%2fcompute', '//'):
        tap.expect(cleatd.request('GET', path).status, 404, path)


def a_path_may_name_the_project_of_the_token():
    assert demo.token
    for base, collection in (('/compute/v2.1', 'servers'), ('/volume/v3', 'volumes')):
        tap.expect(demo.get('%s/%s/%s' % (base, demo.project_id, collection)).status, 200)
        reply = demo.get('%s/%s/%s' % (base, 'f' * 32, collection))
        tap.expect(reply.status, 400)
        assert reply.message().lower().startswith('malformed request url'), reply
        tap.expect(demo.get('%s/not-hex/%s' % (base, collection)).status, 404)


def below_a_project_nothing_is_open():
    assert demo.token
    for form in ('/compute/v2.1/%s', '/compute/v2.1/%s/', '/volume/v3/%s', '/volume/v3/%s/'):
        path = form % demo.project_id
        tap.expect(cleatd.request('GET', path).status, 401, path)
        tap.expect(demo.get(path).status, 200 if path.startswith('/compute') else 404, path)
        tap.expect(demo.get(form % ('f' * 32)).status, 400, path)
    tap.expect(demo.get('/compute/v2.1/' + demo.project_id).body,
               cleatd.request('GET', '/compute/v2.1').body)


def a_token_comes_before_everything_else():
    for path in ('/compute/v2.1/servers', '/volume/v3/volumes', '/admin/v1/operations',
                 '/image/v2/images', '/identity/v3/users'):
        reply = cleatd.request('GET', path, headers={'OpenStack-API-Version': 'compute 9.9'})
        tap.expect(reply.status, 401, path)
        tap.expect(reply.body['error']['title'], 'Unauthorized', path)
        assert reply.headers['www-authenticate'].startswith('Keystone uri='), path
        assert 'openstack-api-version' not in reply.headers, path


def the_host_of_the_client_is_in_links():
    reply = cleatd.request('GET', '/compute', headers={'Host': 'cloud.example.org:99'})
    assert 'http://cloud.example.org:99/compute/v2.1/' in reply.text, reply
    for host in ('"><script>', 'a/b', 'a b'):
        reply = cleatd.request('GET', '/compute', headers={'Host': host})
        assert host not in reply.text and 'script' not in reply.text, reply


def actions_have_one_key():
    server = '/compute/v2.1/servers/%s/action' % ('0' * 8 + '-0000' * 3 + '-' + '0' * 12)
    for body in (b'', b'[]', b'{}', b'{"a":1,"b":2}', b'1', b'{'):
        reply = demo.post(server, body)
        tap.expect((reply.status, reply.message()), (400, 'Malformed request body'), repr(body))
    reply = demo.post(server, {'dance': None})
    tap.expect((reply.status, reply.message()), (400, 'There is no such action: dance'))
    tap.expect(demo.request('POST', server, b'{"reboot":{}}',
                            headers={'Content-Type': 'text/xml'}).status, 415)
    tap.expect(reader.post(server, {'os-start': None}).status, 403)


def operations_are_for_their_project():
    reply = demo.post('/volume/v3/volumes', {'volume': {'size': 1}})
    volume = reply.body['volume']['id']
    request_id = reply.headers['x-openstack-request-id']
    path = '/admin/v1/operations?volume_id=' + volume

    def done():
        found = demo.get(path).body['operations']
        return found and found[0]['state'] == 'done' and found
    found = wait_for(done, 'the operation to end')
    tap.expect(len(found), 1)
    operation = found[0]
    tap.expect((operation['kind'], operation['request_id'], operation['volume_id']),
               ('create-volume', request_id, volume))
    shown = demo.get('/admin/v1/operations/' + operation['id']).body['operation']
    tap.expect([step['state'] for step in shown['steps']], ['done'] * len(shown['steps']))
    tap.expect(operation['step'], shown['steps'][-1]['kind'])
    tap.expect(reader.get(path).body['operations'], found)
    tap.expect(alt.get(path).body['operations'], [])
    tap.expect(alt.get('/admin/v1/operations/' + operation['id']).status, 404)
    tap.expect(admin.get(path).body['operations'], found)
    tap.expect(demo.get(path + '&state=broken').body['operations'], [])
    for bad in ('state=odd', 'limit=x', 'limit=-1', 'marker=nothing'):
        tap.expect(demo.get('/admin/v1/operations?' + bad).status, 400, bad)
    tap.expect(demo.delete('/volume/v3/volumes/' + volume).status, 202)
    wait_for(lambda: len(demo.get(path).body['operations']) == 2, 'two operations')
    first = demo.get(path + '&limit=1').body
    tap.expect(len(first['operations']), 1)
    link = first['operations_links'][0]['href'].split(str(cleatd.port), 1)[1]
    second = demo.get(link).body
    tap.expect(second['operations'][0]['id'], operation['id'])
    tap.expect(demo.get(path + '&limit=0').body, {'operations': []})


def many_at_once():
    """Logins, reads and writes together: nothing but good answers."""
    bad = []

    def work(n):
        for _ in range(5):
            for reply in (cleatd.request('POST', '/identity/v3/auth/tokens', demo.login()),
                          demo.get('/volume/v3/volumes'),
                          admin.post('/identity/v3/projects',
                                     {'project': {'name': 'p-%d-%s' % (n, os.urandom(4).hex())}}),
                          admin.get('/identity/v3/projects')):
                if reply.status not in (200, 201):
                    bad.append(reply)
    assert demo.token and admin.token
    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.expect(bad, [])


def a_damaged_store_is_named():
    """It ends with 1 and says which file is no store; the file is left as it is."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'cleat.db')
        with open(path, 'wb') as store:
            store.write(b'this was a store' * 4096)
        other = Cleatd(dir=folder, start=False)
        tap.expect(other.start(), False, 'serves')
        tap.expect(other.stop(), 1, 'exit status')
        with open(other.log.name) as log:
            assert path in log.read()
        with open(path, 'rb') as store:
            tap.expect(store.read(16), b'this was a store')


def it_ends_cleanly():
    tap.expect(cleatd.stop(), 0, 'exit status')


def what_hangs_does_not_hold_up_the_end():
    """A call that takes for ever is left behind; the journal knows of it."""
    with Cleatd(env={'CLEAT_FAKE_DELAY_MS': '600000'}) as other:
        user = other.user('demo')
        image = user.get('/image/v2/images').body['images'][0]['id']
        reply = user.post('/compute/v2.1/servers', {'server': {
            'name': 'x', 'imageRef': image, 'flavorRef': '1'}})
        tap.expect(reply.status, 202, 'status of %r' % reply)
        server = '/compute/v2.1/servers/' + reply.body['server']['id']
        tap.expect(other.stop(), 0, 'exit status')
        assert other.start(env={'CLEAT_FAKE_DELAY_MS': '0'})
        wait_status(user, server, 'server', 'ACTIVE')


def end():
    cleatd.stop()
    cleatd.__exit__()


tap.run('port', [
    the_port_names_its_services, roots_list_versions, paths_without_a_version,
    errors_of_compute_name_their_charset, health_says_that_nothing_is_real,
    metrics_count_answers, unknown_paths_are_404_in_each_dialect,
    a_path_may_name_the_project_of_the_token, below_a_project_nothing_is_open,
    a_token_comes_before_everything_else,
    the_host_of_the_client_is_in_links, actions_have_one_key, operations_are_for_their_project,
    many_at_once, a_damaged_store_is_named, it_ends_cleanly,
    what_hangs_does_not_hold_up_the_end,
], cleanup=end)
