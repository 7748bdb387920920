# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A private cleatd for a test: started on a free port, asked over HTTP, ended by process id.

    daemon = cleat.Daemon()
    daemon.start()
    demo = daemon.session('demo')
    volume = demo.ask('POST', '/volume/v3/volumes', {'volume': {'size': 1}}).json['volume']
"""
import glob
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get('CLEAT_BUILD', 'build'))
SERVES = re.compile(r'http://([0-9.]+):(\d+)')
START_SECONDS = 60


def program(name):
    """The path of a program in the build directory that is under test."""
    for path in glob.glob(os.path.join(BUILD, 'src', name)) + \
            glob.glob(os.path.join(BUILD, 'src', '*', name)):
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise AssertionError('%s holds no %s' % (BUILD, name))


class Reply:
    """One HTTP answer."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body) if self.body else None


class Session:
    """Requests as one user, with the token got at the beginning."""

    def __init__(self, daemon, user=None):
        self.daemon = daemon
        self.token = None
        self.project = None
        if user:
            self.log_in(daemon.environment(user))

    def log_in(self, env):
        names = ('OS_USERNAME', 'OS_PASSWORD', 'OS_PROJECT_NAME')
        user, password, project = (env[name] for name in names)
        domain = {'id': 'default'}
        body = {'auth': {
            'identity': {'methods': ['password'], 'password': {
                'user': {'name': user, 'password': password, 'domain': domain}}},
            'scope': {'project': {'name': project, 'domain': domain}}}}
        reply = self.raw('POST', '/identity/v3/auth/tokens', body)
        tap.expect(reply.status, 201, 'log-in of %s' % user)
        self.token = reply.headers['X-Subject-Token']
        self.project = reply.json['token']['project']['id']

    def raw(self, method, path, body=None, headers=None):
        """A request as it is; body is bytes, something for JSON, or nothing."""
        sent = dict(headers or {})
        if self.token:
            sent.setdefault('X-Auth-Token', self.token)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault('Content-Type', 'application/json')
        connection = http.client.HTTPConnection(self.daemon.host, self.daemon.port, timeout=60)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def ask(self, method, path, body=None, microversion=None, status=None):
        """A request that works (2xx), or ends with the status that is wanted."""
        headers = {}
        if microversion:
            headers['OpenStack-API-Version'] = 'compute ' + microversion
        reply = self.raw(method, path, body, headers)
        if (reply.status != status) if status else not 200 <= reply.status < 300:
            raise AssertionError('%s %s: status %d, wanted %s: %s' % (
                method, path, reply.status, status or '2xx', reply.body.decode(errors='replace')))
        return reply


class Daemon:
    """cleatd --dev in a directory; a temporary one unless it is given."""

    def __init__(self, folder=None, hypervisor='fake', wrap=()):
        self.owned = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix='cleat-test-')
        self.hypervisor = hypervisor
        self.wrap = list(wrap)
        self.process = None
        self.host = None
        self.port = None

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def log(self):
        """What the daemon has said on stdout and stderr."""
        text = ''
        for name in ('cleatd.out', 'cleatd.err'):
            if os.path.exists(self.path(name)):
                with open(self.path(name), encoding='utf-8', errors='replace') as f:
                    text += f.read()
        return text

    def start(self, *options, env=None):
        command = self.wrap + [program('cleatd'), '--dev', self.folder, '--listen', '127.0.0.1:0',
                               '--hypervisor', self.hypervisor, *options]
        out_path = self.path('cleatd.out')
        with open(out_path, 'wb') as out, open(self.path('cleatd.err'), 'ab') as err:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, env={**os.environ, **(env or {})})
        self.host, port = tap.wait_for('cleatd serves', self.served_address, START_SECONDS)
        self.port = int(port)

    def served_address(self):
        with open(self.path('cleatd.out'), encoding='utf-8', errors='replace') as f:
            said = SERVES.search(f.read())
        if said:
            return said.groups()
        if self.process.poll() is not None:
            raise AssertionError('cleatd ended with %d:\n%s' % (self.process.returncode,
                                                                self.log()))
        return None

    def environment(self, user):
        """The OS_* variables of DIR/openrc-USER."""
        env = {}
        with open(self.path('openrc-' + user), encoding='utf-8') as f:
            for line in f:
                words = shlex.split(line, comments=True)
                if words[:1] == ['export']:
                    env.update(word.split('=', 1) for word in words[1:] if '=' in word)
        return env

    def session(self, user=None):
        return Session(self, user)

    def kill(self):
        """End it without warning, as a crash does."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """End it with SIGTERM; the status says whether it ended well."""
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def remove(self):
        """Stop, and forget the directory."""
        self.stop()
        if self.owned:
            shutil.rmtree(self.folder, ignore_errors=True)
