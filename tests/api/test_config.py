#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""cleatd --config: how it starts in production, and what it refuses to start with."""
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.request

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import CLEATD, PATIENCE, Cleatd  # noqa: E402

home = tempfile.mkdtemp(prefix='cleat-config-')
state = os.path.join(home, 'state')


def write_config(**sections):
    """A file with these sections over what every test needs."""
    settings = {'state': {'directory': state}, 'hypervisor': {'driver': 'fake'},
                'server': {'listen': '127.0.0.1:0'}}
    for section, pairs in sections.items():
        settings.setdefault(section, {}).update(pairs)
    path = os.path.join(home, 'cleatd.conf')
    with open(path, 'w') as file:
        for section, pairs in settings.items():
            file.write('[%s]\n' % section)
            file.writelines('%s = %s\n' % pair for pair in pairs.items())
    return path


class Production(Cleatd):
    """One that is started by a configuration file; .said is what it printed before it served."""

    def __init__(self, *options, env=None, **sections):
        super().__init__(dir=home, start=False)
        words = [CLEATD, '--config', write_config(**sections), *options]
        self.log = open(os.path.join(home, 'test.log'), 'ab')
        environment = {k: v for k, v in os.environ.items() if k != 'JOURNAL_STREAM'}
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=self.log,
                                        env=dict(environment, **(env or {})))
        self.said = ''
        for line in self.process.stdout:
            found = re.search(r'(https?)://(\d+\.\d+\.\d+\.\d+):(\d+)/', line.decode())
            if found:
                self.scheme, self.host, self.port = found[1], found[2], int(found[3])
                return
            self.said += line.decode()
        raise AssertionError('it did not start: %s' % self.process.wait())

    def login(self, password):
        return self.request('POST', '/identity/v3/auth/tokens', {'auth': {
            'identity': {'methods': ['password'], 'password': {'user': {
                'name': 'admin', 'domain': {'id': 'default'}, 'password': password}}},
            'scope': {'project': {'name': 'admin', 'domain': {'id': 'default'}}}}})


def password_in(text):
    return re.search(r'shown this once: (\S+)$', text, re.M).group(1)


def refused(*words, **sections):
    """Start with these options and settings; returns (status, stderr) of a start that fails."""
    done = subprocess.run([CLEATD, '--config', write_config(**sections), *words], timeout=PATIENCE,
                          capture_output=True, text=True, check=False)
    tap.expect(done.stdout, '', 'stdout')
    assert done.stderr.splitlines()[-1].startswith('cleatd: ') or done.returncode == 2, done.stderr
    return done.returncode, done.stderr


def the_first_start_tells_a_password_once():
    with Production() as first:
        password = password_in(first.said)
        reply = first.login(password)
        tap.expect(reply.status, 201)
        tap.expect([r['name'] for r in reply.body['token']['roles']],
                   ['reader', 'member', 'manager', 'admin'])
        token = reply.headers['x-subject-token']
        types = first.request('GET', '/volume/v3/types', headers={'X-Auth-Token': token})
        tap.expect([t['name'] for t in types.body['volume_types']], ['__DEFAULT__'])
        tap.expect(first.stop(), 0)
    with Production() as second:
        tap.expect(second.said, '')
        tap.expect(second.login(password).status, 201)
    with open(os.path.join(home, 'test.log')) as log:
        assert password not in log.read()


def a_lost_password_is_replaced():
    with Production('--new-admin-password') as daemon:
        password = password_in(daemon.said)
        tap.expect(daemon.login(password).status, 201)
    with Production('--new-admin-password', env={'JOURNAL_STREAM': '8:1'}) as daemon:
        tap.expect(daemon.said, '')
        tap.expect(daemon.login(password).status, 401)
        path = os.path.join(state, 'admin-password')
        tap.expect(os.stat(path).st_mode & 0o777, 0o600)
        with open(path) as file:
            tap.expect(daemon.login(file.read().strip()).status, 201)


def tls_is_served():
    cert, key = os.path.join(home, 'cert.pem'), os.path.join(home, 'key.pem')
    made = subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj',
         '/CN=localhost', '-keyout', key, '-out', cert], capture_output=True, check=False)
    if made.returncode:
        raise tap.Skip('openssl makes no certificate here')
    with Production(server={'tls_cert': cert, 'tls_key': key, 'listen': '0.0.0.0:0'}) as daemon:
        tap.expect(daemon.scheme, 'https')
        lax = ssl.create_default_context()
        lax.check_hostname, lax.verify_mode = False, ssl.CERT_NONE
        url = 'https://127.0.0.1:%d/identity/v3' % daemon.port
        with urllib.request.urlopen(url, context=lax, timeout=PATIENCE) as reply:
            text = reply.read().decode()
        assert '"https://127.0.0.1:%d/identity/v3/"' % daemon.port in text, text
    status, text = refused(server={'tls_cert': cert, 'tls_key': '/nonexistent'})
    tap.expect(status, 1)
    assert '/nonexistent' in text, text


def a_public_address_is_told_to_clients():
    with Production(server={'public_url': 'https://cloud.example.org'}) as daemon:
        text = daemon.request('GET', '/compute').text
        assert '"https://cloud.example.org/compute/v2.1/"' in text, text


def plain_http_stays_at_home():
    status, text = refused(server={'listen': '0.0.0.0:0'})
    tap.expect(status, 1)
    assert 'allow_plain_http' in text, text
    with Production(server={'listen': '0.0.0.0:0', 'allow_plain_http': 'true'}) as daemon:
        tap.expect(daemon.request('GET', '/healthz').status, 200)


def wrong_settings_are_told():
    for sections, words in (
            ({'server': {'lisen': 'x'}}, 'no key lisen in [server]'),
            ({'log': {'level': 'loud'}}, 'loud is no value for level in [log]'),
            ({'server': {'tls_cert': '/x'}}, 'tls_cert and tls_key go together'),
            ({'state': {'directory': 'here'}}, 'not an absolute path'),
            ({'server': {'listen': 'nonsense'}}, 'nonsense'),
            ({'server': {'proxies': '10.0.0.0/8'}}, 'not addresses with commas between'),
            ({'server': {'public_url': 'http://x/'}}, 'ends in a slash')):
        status, text = refused(**sections)
        tap.expect(status, 1, text)
        assert words in text, text


def wrong_options_are_told():
    for words in (['--what'], ['more'], ['--dev'], ['--log-level']):
        tap.expect(refused(*words)[0], 2, repr(words))
    for words in (['--hypervisor', 'xen'], ['--log-level', 'loud']):
        status, text = refused(*words)
        tap.expect(status, 1, repr(words))
        assert words[1] + ' is no value for' in text, text
    done = subprocess.run([CLEATD], capture_output=True, text=True, check=False)
    tap.expect((done.returncode, done.stdout), (2, ''))
    done = subprocess.run([CLEATD, '--version'], capture_output=True, text=True, check=False)
    tap.expect(done.returncode, 0)
    assert re.match(r'^cleatd \d+\.\d+\.\d+\n$', done.stdout), done.stdout


tap.run('config', [
    the_first_start_tells_a_password_once, a_lost_password_is_replaced, tls_is_served,
    a_public_address_is_told_to_clients, plain_http_stays_at_home, wrong_settings_are_told,
    wrong_options_are_told,
], cleanup=lambda: shutil.rmtree(home, ignore_errors=True))
