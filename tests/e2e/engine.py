# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The vocabulary of the tests of cleat plugin: a container engine that asks over the plugin's
socket, the plugin as a process, and a played block storage service whose volumes are loop devices
of this machine.
"""
import ast
import http.client
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import threading
import urllib.parse
import uuid

import lib
import tap

GIB = 1 << 30
SECONDS = 120


class OverSocket(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=SECONDS)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self.path)


def state_of(pid):
    """As the kernel names it; 'Z' also when it is gone."""
    try:
        with open('/proc/%d/stat' % pid, encoding='utf-8', errors='replace') as stat:
            return stat.read().rpartition(')')[2].split()[0]
    except OSError:
        return 'Z'


def ended(pid):
    """Gone, or only a name that its parent has not heard of yet."""
    return state_of(pid) == 'Z'


class Plugin:
    """One place with its records and mounts; the process comes and goes."""

    def __init__(self, folder, env):
        self.folder = folder
        self.socket = os.path.join(folder, 'run', 'cleat.sock')
        self.mounts = os.path.join(folder, 'mounts')
        self.records = os.path.join(folder, 'state', 'plugin')
        self.env = {'PATH': os.environ['PATH'], 'HOME': folder, 'LC_ALL': 'C.UTF-8',
                    'CLEAT_LOCAL_STATE': os.path.join(folder, 'state'),
                    'CLEAT_LOCAL_LINKS': os.path.join(folder, 'links'), **env}
        self.process = None

    def words(self, *more):
        return [lib.CLEAT, 'plugin', '--socket', self.socket, '--mounts', self.mounts, *more]

    def start(self, words=None, **how):
        with open(os.path.join(self.folder, 'plugin.log'), 'ab') as log:
            self.process = subprocess.Popen(words or self.words(), env=self.env, stderr=log,
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            text=True, **how)
        line = self.process.stdout.readline()
        if not line.startswith('cleat plugin serves '):
            raise AssertionError('the plugin does not serve:\n' + self.log())

    def log(self):
        with open(os.path.join(self.folder, 'plugin.log'), encoding='utf-8') as log:
            return log.read()

    def end(self, number=signal.SIGTERM):
        """The exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(SECONDS)
        if self.process:
            self.process.stdout.close()
        return self.process.returncode if self.process else None

    def children(self):
        """What it has started and not yet seen the end of."""
        found = []
        for name in os.listdir('/proc'):
            try:
                with open('/proc/%s/stat' % name, encoding='utf-8', errors='replace') as stat:
                    parent = int(stat.read().rpartition(')')[2].split()[1])
            except (OSError, IndexError):
                continue  # no process, or it has ended
            if parent == self.process.pid:
                found.append(int(name))
        return found

    def kill(self):
        """As systemd does: whatever it has started has ended before it is started again."""
        children = []
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)
            tap.wait_for('it to stand still', lambda: state_of(self.process.pid) in 'TZ')
            children = self.children()
        self.end(signal.SIGKILL)
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                continue
            tap.wait_for('the end of a child', lambda pid=child: ended(pid), SECONDS)

    def raw(self, method, path, data=None, headers=None):
        """Status and decoded body."""
        connection = OverSocket(self.socket)
        try:
            connection.request(method, path, data, headers or {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def ask(self, what, **body):
        status, answer = self.raw('POST', what if '.' in what else '/VolumeDriver.' + what,
                                  json.dumps(body))
        if (status == 200) != (answer['Err'] == ''):
            raise AssertionError('%s: %d %r' % (what, status, answer))
        return status, answer

    def does(self, what, **body):
        """The answer of a call that succeeds."""
        status, answer = self.ask(what, **body)
        if status != 200:
            raise AssertionError('%s %r: %d %s' % (what, body, status, answer['Err']))
        return answer

    def refuses(self, wanted, text, what, **body):
        status, answer = self.ask(what, **body)
        if status != wanted or text not in answer['Err']:
            raise AssertionError('%s %r: %d %r instead of %d %r' % (what, body, status, answer,
                                                                   wanted, text))

    def names(self):
        return sorted(volume['Name'] for volume in self.does('List')['Volumes'])

    def mounted(self):
        """What is mounted below its directory."""
        with open('/proc/self/mountinfo', encoding='utf-8') as mounts:
            places = [line.split()[4] for line in mounts]
        return sorted(os.path.relpath(place, self.mounts) for place in places
                      if place.startswith(self.mounts + '/'))

    def held(self):
        return sorted(name for name in os.listdir(self.records) if name.endswith('.json'))


# --- a service --------------------------------------------------------------------------------

class Refusal(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Whoever asked was killed."""


class Service:
    """Block storage as far as the plugin asks: volumes as loop devices, attachments."""

    def __init__(self, folder):
        self.folder = folder
        self.volumes = {}
        self.attachments = {}
        self.loops = {}
        self.lock = threading.Lock()
        self.gates = {}  # name of a volume: an Event for which its attachments wait
        self.waiting = set()
        self.server = Server(('127.0.0.1', 0), Handler)
        self.server.service = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = 'http://127.0.0.1:%d' % self.server.server_port

    def env(self):
        return {'OS_AUTH_URL': self.url, 'OS_USERNAME': 'u', 'OS_PASSWORD': 'p',
                'OS_PROJECT_NAME': 'p1', 'OS_USER_DOMAIN_NAME': 'Default',
                'OS_PROJECT_DOMAIN_NAME': 'Default'}

    def loop_device(self, volume_id):
        path = os.path.join(self.folder, volume_id)
        with open(path, 'wb') as file:
            file.truncate(GIB)
        done = subprocess.run(['losetup', '--find', '--show', path], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            raise tap.Skip('no loop device: ' + done.stderr.strip())
        self.loops[volume_id] = done.stdout.strip()

    def end(self):
        self.server.shutdown()
        self.server.server_close()
        for device in self.loops.values():
            subprocess.run(['losetup', '--detach', device], check=False)

    def make_volume(self, name, metadata=None):
        volume_id = str(uuid.uuid4())
        self.loop_device(volume_id)
        with self.lock:
            self.volumes[volume_id] = {
                'id': volume_id, 'name': name, 'status': 'available', 'size': 1,
                'created_at': '2026-11-21T04:05:06.000000', 'encrypted': False,
                'metadata': metadata or {}, 'attachments': []}
        return volume_id

    def one(self, kind, key):
        if key not in kind:
            raise Refusal(404, '%s is not there' % key)
        return kind[key]

    def named(self, name):
        found, = [volume for volume in self.volumes.values() if volume['name'] == name]
        return found

    def status_of(self, name):
        return self.named(name)['status']

    def gate(self, volume_id):
        """Wait, as a service does that is slow with one volume."""
        name = self.volumes[volume_id]['name']
        event = self.gates.get(name)
        if event:
            self.waiting.add(name)
            event.wait(SECONDS)

    # One function for each request: (match, query, body) -> (status, answer).

    def log_in(self, *_):
        return 201, {'token': {
            'expires_at': '2099-01-01T00:00:00.000000Z', 'user': {'id': 'u'},
            'project': {'id': 'p1'}, 'catalog': [
                {'type': kind, 'endpoints': [{'interface': 'public', 'url': self.url + path}]}
                for kind, path in (('block-storage', '/volume/v3/p1'), ('compute', '/compute'))]}}

    def versions(self, *_):
        return 200, {'versions': [{'id': 'v3.0', 'version': '3.60'}]}

    def list_volumes(self, _, query, __):
        wanted = ast.literal_eval(query.get('metadata', '{}'))
        return 200, {'volumes': [
            volume for volume in self.volumes.values()
            if query.get('name', volume['name']) == volume['name']
            and wanted.items() <= volume['metadata'].items()]}

    def create_volume(self, _, __, body):
        wish = body['volume']
        volume_id = self.make_volume(wish['name'], wish.get('metadata'))
        return 202, {'volume': self.volumes[volume_id]}

    def show_volume(self, match, *_):
        return 200, {'volume': self.one(self.volumes, match[1])}

    def delete_volume(self, match, *_):
        if self.one(self.volumes, match[1])['status'] != 'available':
            raise Refusal(400, 'the volume is in use')
        del self.volumes[match[1]]
        return 202, None

    def set_metadata(self, match, _, body):
        self.one(self.volumes, match[1])['metadata'].update(body['metadata'])
        return 200, body

    def unset_metadata(self, match, *_):
        metadata = self.one(self.volumes, match[1])['metadata']
        del metadata[self.one({key: key for key in metadata}, urllib.parse.unquote(match[2]))]
        return 200, None

    def attach(self, _, __, body):
        wish = body['attachment']
        volume = self.one(self.volumes, wish['volume_uuid'])
        self.gate(volume['id'])
        with self.lock:
            if volume['status'] != 'available':
                raise Refusal(400, 'the volume is in use')
            volume['status'] = 'in-use'
            made = {'id': str(uuid.uuid4()), 'volume_id': volume['id'], 'status': 'attaching',
                    'instance': wish['instance_uuid'],
                    'connection_info': {'driver_volume_type': 'local',
                                        'device_path': self.loops[volume['id']],
                                        'access_mode': wish.get('mode', 'rw')}}
            self.attachments[made['id']] = made
        return 200, {'attachment': made}

    def list_attachments(self, _, query, __):
        fits = {'volume_id': 'volume_id', 'instance_id': 'instance'}
        return 200, {'attachments': [
            attachment for attachment in self.attachments.values()
            if all(attachment[fits[key]] == value for key, value in query.items())]}

    def show_attachment(self, match, *_):
        return 200, {'attachment': self.one(self.attachments, match[1])}

    def complete(self, match, *_):
        self.one(self.attachments, match[1])['status'] = 'attached'
        return 204, None

    def delete_attachment(self, match, *_):
        with self.lock:
            attachment = self.one(self.attachments, match[1])
            del self.attachments[match[1]]
            self.volumes[attachment['volume_id']]['status'] = 'available'
        return 200, {'attachments': []}


ROUTES = [(method, re.compile(path + '$'), run) for method, path, run in (
    ('POST', '/v3/auth/tokens', Service.log_in),
    ('GET', '/volume/v3/', Service.versions),
    ('GET', '/volume/v3/p1/volumes/detail', Service.list_volumes),
    ('POST', '/volume/v3/p1/volumes', Service.create_volume),
    ('GET', '/volume/v3/p1/volumes/([^/]+)', Service.show_volume),
    ('DELETE', '/volume/v3/p1/volumes/([^/]+)', Service.delete_volume),
    ('POST', '/volume/v3/p1/volumes/([^/]+)/metadata', Service.set_metadata),
    ('DELETE', '/volume/v3/p1/volumes/([^/]+)/metadata/([^/]+)', Service.unset_metadata),
    ('POST', '/volume/v3/p1/attachments', Service.attach),
    ('GET', '/volume/v3/p1/attachments/detail', Service.list_attachments),
    ('GET', '/volume/v3/p1/attachments/([^/]+)', Service.show_attachment),
    ('POST', '/volume/v3/p1/attachments/([^/]+)/action', Service.complete),
    ('DELETE', '/volume/v3/p1/attachments/([^/]+)', Service.delete_attachment),
)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self):
        path, _, query = self.path.partition('?')
        data = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        body = json.loads(data) if data else None
        for method, pattern, run in ROUTES:
            match = pattern.match(path)
            if method == self.command and match:
                try:
                    return run(self.server.service, match, dict(urllib.parse.parse_qsl(query)),
                               body)
                except (Refusal, tap.Skip) as why:
                    return getattr(why, 'status', 500), {'error': {'message': str(why)}}
        return 404, {'error': {'message': 'no such path: ' + path}}

    def serve(self):
        status, body = self.answer()
        data = b'' if body is None else json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header('Content-Length', str(len(data)))
            self.send_header('X-Subject-Token', 'secret')
            self.end_headers()
            self.wfile.write(data)
        except OSError:  # whoever asked was killed
            self.close_connection = True

    do_GET = do_POST = do_DELETE = serve

    def log_message(self, *_):
        pass
