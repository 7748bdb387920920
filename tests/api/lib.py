#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A cleatd of one's own for a test: started on a free port in a directory of its own, spoken to
over plain HTTP, ended by pid.

    with Cleatd() as cleatd:
        demo = cleatd.user('demo')
        status, body = demo.post('/volume/v3/volumes', {'volume': {'size': 1}})
"""
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

PATIENCE = 120  # for what takes a moment, also on a machine that has much else to do
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('CLEAT_BUILD', os.path.join(ROOT, 'build'))
CLEATD = os.path.join(BUILD, 'src', 'daemon', 'cleatd')
CLEAT = os.path.join(BUILD, 'src', 'cli', 'cleat')


class Reply:
    """status, headers (lower-case names), data, text, and body: the decoded JSON or None."""

    def __init__(self, status, headers, data):
        self.status = status
        self.header_list = headers
        self.headers = {name.lower(): value for name, value in headers}
        self.data = data
        self.text = data.decode('utf-8', 'replace')
        try:
            self.body = json.loads(self.text) if data else None
        except ValueError:
            self.body = None

    def __iter__(self):
        return iter((self.status, self.body))

    def all(self, name):
        """Every value of a header that may come several times."""
        return [value for known, value in self.header_list if known.lower() == name]

    def message(self):
        """The text of an error in any dialect's form."""
        if isinstance(self.body, dict) and len(self.body) == 1:
            inner = next(iter(self.body.values()))
            if isinstance(inner, dict):
                return inner.get('message')
        return self.text

    def __repr__(self):
        return '<%d %s>' % (self.status, self.text[:500])


class User:
    """A user of a project, with a token that is fetched when first needed."""

    def __init__(self, cleatd, name):
        self.cleatd = cleatd
        self.rc = read_openrc(os.path.join(cleatd.dir, 'openrc-' + name))
        self._token = None

    @property
    def token(self):
        if self._token is None:
            reply = self.cleatd.request('POST', '/identity/v3/auth/tokens', self.login())
            assert reply.status == 201, reply
            self._token = reply.headers['x-subject-token']
            self.project_id = reply.body['token']['project']['id']
            self.user_id = reply.body['token']['user']['id']
        return self._token

    def login(self):
        return {'auth': {
            'identity': {'methods': ['password'], 'password': {'user': {
                'name': self.rc['OS_USERNAME'], 'domain': {'id': 'default'},
                'password': self.rc['OS_PASSWORD']}}},
            'scope': {'project': {'name': self.rc['OS_PROJECT_NAME'],
                                  'domain': {'id': 'default'}}}}}

    def request(self, method, path, body=None, version=None, headers=None):
        """`version` is "compute 2.49" or the like."""
        all_headers = {'X-Auth-Token': self.token}
        if version:
            all_headers['OpenStack-API-Version'] = version
        all_headers.update(headers or {})
        return self.cleatd.request(method, path, body, all_headers)

    def get(self, path, **more):
        return self.request('GET', path, **more)

    def post(self, path, body=None, **more):
        return self.request('POST', path, body, **more)

    def put(self, path, body=None, **more):
        return self.request('PUT', path, body, **more)

    def delete(self, path, **more):
        return self.request('DELETE', path, **more)


class Cleatd:
    def __init__(self, dir=None, hypervisor='fake', env=None, args=(), start=True, wrap=()):
        """`wrap` goes before the command line: valgrind with its options, for example."""
        self.dir = dir or tempfile.mkdtemp(prefix='cleat-test-')
        self.own_dir = dir is None
        self.hypervisor = hypervisor
        self.env = dict(os.environ, **(env or {}))
        self.args = list(args)
        self.wrap = list(wrap)
        self.process = None
        self.users = {}
        self.connections = threading.local()
        if start:
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        if self.own_dir:
            self.unmount()
            shutil.rmtree(self.dir, ignore_errors=True)

    def unmount(self):
        """Shares stay mounted as long as their servers are on, whoever ends."""
        with open('/proc/self/mountinfo', encoding='utf-8') as mounts:
            paths = [line.split()[4] for line in mounts]
        for path in reversed(paths):
            if path.startswith(self.dir + '/'):
                subprocess.run(['umount', path], check=False)

    def start(self, env=None, seconds=60):
        """Start, and wait for the one line that says where it serves. False: it died first."""
        self.log = open(self.dir + '.log', 'ab') if self.own_dir else \
            open(os.path.join(self.dir, 'test.log'), 'ab')
        self.connections = threading.local()
        self.process = subprocess.Popen(
            self.wrap + [CLEATD, '--dev', self.dir, '--listen', '127.0.0.1:0', '--hypervisor',
                         self.hypervisor] + self.args,
            env=dict(self.env, **(env or {})), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.log)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            line = self.process.stdout.readline().decode()
            if not line:
                self.process.wait()
                return False
            found = re.search(r'(\d+\.\d+\.\d+\.\d+):(\d+)', line)
            if found:
                self.host, self.port = found.group(1), int(found.group(2))
                return True
        raise AssertionError('cleatd does not say that it serves; see ' + self.log.name)

    def stop(self, seconds=PATIENCE):
        """End it cleanly; returns its exit status."""
        if not self.process:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError('cleatd does not end on SIGTERM')
        self.close()
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.close()

    def close(self):
        if self.process and self.process.stdout:
            self.process.stdout.close()
        self.log.close()
        if self.own_dir and os.path.exists(self.log.name) and self.process.returncode == 0:
            os.unlink(self.log.name)

    def user(self, name):
        if name not in self.users:
            self.users[name] = User(self, name)
        return self.users[name]

    def request(self, method, path, body=None, headers=None):
        """One request on this thread's kept connection; a closed one is opened again."""
        data, headers = body, dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            data = json.dumps(body)
        if data is not None:
            headers.setdefault('Content-Type', 'application/json')
        for last in (False, True):
            connection = getattr(self.connections, 'http', None)
            fresh = connection is None
            if fresh:
                connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
                self.connections.http = connection
            try:
                connection.request(method, path, data, headers)
                answer = connection.getresponse()
                return Reply(answer.status, answer.getheaders(), answer.read())
            except (http.client.HTTPException, OSError):
                connection.close()
                self.connections.http = None
                if last or fresh:
                    raise


def read_openrc(path):
    """The variables that a shell would get from `export NAME=VALUE` lines."""
    variables = {}
    with open(path) as lines:
        for line in lines:
            found = re.match(r"\s*export (\w+)=(.*)$", line)
            if found:
                variables[found.group(1)] = found.group(2).strip().strip("'\"")
    return variables


def wait_for(check, what, seconds=PATIENCE, pause=0.01):
    """Poll until check() is true, and return what it returned."""
    end = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError('waited %d s in vain for %s' % (seconds, what))
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def wait_status(user, path, key, wanted, seconds=PATIENCE):
    """Poll a resource until its status is the wanted one; an error status ends it early."""
    def check():
        reply = user.get(path)
        assert reply.status == 200, reply
        status = reply.body[key]['status']
        assert status == wanted or 'error' not in status.lower(), reply
        return reply.body[key] if status == wanted else None
    return wait_for(check, '%s to be %s' % (path, wanted), seconds)
