# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The part of cli.py about volumes on the machine itself.

The volumes of this service are files of its own machine, which no other machine may be offered:
what connectors do for real is tried in guests that have targets.
"""
import http.client
import http.server
import json
import os
import threading

import tap
from cleat import CLEATD, FAILED, NOT_FOUND, UNREACHABLE, USAGE, cleat, refused, table, value


def state():
    return {'CLEAT_LOCAL_STATE': os.path.join(CLEATD.dir, 'local'),
            'CLEAT_LOCAL_LINKS': os.path.join(CLEATD.dir, 'links')}


def get_connector():
    shown = table('get-connector', '--hostname', 'node1', env=state())
    tap.expect((shown['host'], shown['os_type'], shown['multipath'], shown['ip']),
               ('node1', 'linux', False, '127.0.0.1'))
    for spelling in (['--multipath'], ['--multipath', 'True'], ['--multipath=true']):
        tap.expect(table('get-connector', *spelling, env=state())['multipath'], True)
    shown = table('get-connector', '--multipath', 'False', '--enforce_multipath=no', env=state())
    tap.expect((shown['multipath'], shown['enforce_multipath']), (False, False))
    refused(USAGE, 'nosuchnic', 'get-connector', '--nic', 'nosuchnic0', env=state())


def what_cannot_be_connected_leaves_nothing():
    cleat('volume', 'create', 'far', '--size', '1', '--wait', '-q')
    refused(FAILED, 'local-attach: ', 'local-attach', 'far', env=state())
    volume = table('volume', 'show', 'far')
    tap.expect((volume['status'], volume['attachments']), ('available', []))
    tap.expect(table('attachment', 'list'), [])
    tap.expect(table('local-list', env=state()), [])
    tap.expect(cleat('local-recover', env=state()), '')
    cleat('volume', 'delete', 'far', '--wait')


class Swallow(http.server.BaseHTTPRequestHandler):
    """Passes everything on to cleatd; the answer to the first new attachment never comes."""
    swallowed = []

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        server = http.client.HTTPConnection('127.0.0.1', CLEATD.port, timeout=60)
        kept = {name: text for name, text in self.headers.items()
                if name.lower() not in ('host', 'connection')}
        server.request(self.command, self.path, body, kept)
        answer = server.getresponse()
        data = answer.read()
        server.close()
        if self.command == 'POST' and self.path.endswith('/attachments') and not self.swallowed:
            self.swallowed.append(json.loads(data)['attachment'])
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, text in answer.getheaders():
            if name.lower() not in ('connection', 'content-length', 'date', 'transfer-encoding'):
                self.send_header(name, text)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = pass_on

    def log_message(self, *_):
        pass


def a_lost_answer_leaves_no_reservation():
    """With a token and an endpoint alone there is no catalog, so the attachment has no name."""
    cleat('volume', 'create', 'lost', '--size', '1', '--wait', '-q')
    volume = value('ID', 'volume', 'show', 'lost')
    demo = CLEATD.user('demo')
    proxy = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Swallow)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    url = 'http://127.0.0.1:%d/volume/v3' % proxy.server_address[1]
    env = {'OS_TOKEN': demo.token, 'OS_VOLUME_ENDPOINT_OVERRIDE': url, **state()}
    try:
        refused(UNREACHABLE, 'local-attach: ', 'local-attach', volume, user=None, env=env)
    finally:
        proxy.shutdown()
        proxy.server_close()
    made = Swallow.swallowed[0]
    tap.expect((made['status'], made['instance']), ('reserved', None))
    shown = table('volume', 'show', 'lost')
    tap.expect((shown['status'], table('attachment', 'list')), ('available', []))
    tap.expect(table('local-list', env=state()), [])
    cleat('volume', 'delete', 'lost', '--wait')


def wrong_use_of_local():
    refused(NOT_FOUND, "'none'", 'local-attach', 'none', env=state())
    refused(NOT_FOUND, 'not attached to this host', 'local-detach', 'none', env=state())
    refused(USAGE, 'mode is rw or ro', 'local-attach', '--mode', 'wr', 'none', env=state())
    refused(USAGE, 'only made to be mounted', 'local-attach', '--fs-type', 'ext4', 'none',
            env=state())
    refused(USAGE, 'not JSON', 'local-detach', '--device_info', '{', 'none', env=state())
    refused(USAGE, 'absolute', 'local-list', env={**state(), 'CLEAT_LOCAL_STATE': 'here'})
    nowhere = {'OS_AUTH_URL': 'http://127.0.0.1:1', **state()}
    refused(UNREACHABLE, '127.0.0.1:1', 'local-recover', env=nowhere)
    tap.expect(cleat('local-recover', '--offline', env=nowhere), '')


def wrong_use_of_the_plugin():
    """What it does is in plugin.py."""
    refused(USAGE, 'absolute paths', 'plugin', '--mounts', 'here')
    refused(FAILED, 'absolute path', 'plugin', '--socket', 'here')
    refused(USAGE, "'0'", 'plugin', '--size', '0')


TESTS = [get_connector, what_cannot_be_connected_leaves_nothing,
         a_lost_answer_leaves_no_reservation, wrong_use_of_local,
         wrong_use_of_the_plugin]
