# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What the hostile probes are made of: bare sockets that send any bytes, and the two targets."""
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'api'), os.path.join(HERE, '..', 'lib')]

import lib  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order

PATIENCE = lib.PATIENCE


class Answer:
    """One reply as it came over the wire."""

    def __init__(self, head, body):
        lines = head.decode('latin-1').split('\r\n')
        self.status = int(lines[0].split()[1])
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(':')
            self.headers[name.strip().lower()] = value.strip()
        self.body = body

    def __repr__(self):
        return '<%d %r>' % (self.status, self.body[:200])


class Talk:
    """A connection that nothing tidies up: send bytes, read answers or the end."""

    def __init__(self, target, tls=None):
        self.socket = socket.create_connection((target.host, target.port), timeout=PATIENCE)
        if tls:
            self.socket = tls.wrap_socket(self.socket)
        self.rest = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Close so that the other end gets an RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        self.socket.close()

    def more(self):
        """Read once; False at the end of the stream, however it ends."""
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return False
        self.rest += data
        return bool(data)

    def answer(self, head_only=False):
        """The next answer, or None when the connection ends without one."""
        while b'\r\n\r\n' not in self.rest:
            if not self.more():
                return None
        head, _, self.rest = self.rest.partition(b'\r\n\r\n')
        answer = Answer(head, b'')
        length = 0 if head_only else int(answer.headers.get('content-length', 0))
        while len(self.rest) < length:
            if not self.more():
                break
        answer.body, self.rest = self.rest[:length], self.rest[length:]
        return answer

    def ended(self):
        """Read to the end; what came is thrown away. Fails when it does not come."""
        while self.more():
            self.rest = b''
        return True


def request(method='GET', path='/', *fields, body=b'', version='HTTP/1.1', host='a'):
    """A request as bytes. Texts may hold \\xNN for any byte."""
    lines = ['%s %s %s' % (method, path, version)]
    if host is not None:
        lines.append('Host: ' + host)
    if body and not any(f.lower().startswith(('content-length', 'transfer-')) for f in fields):
        lines.append('Content-Length: %d' % len(body))
    lines += fields
    return '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n' + body


def ask(target, data):
    """One answer on a connection of its own, or None."""
    with Talk(target) as talk:
        return talk.send(data).answer()


class EchoServer:
    """tests/hostile/echo-server. Its deadline is short where clients are cut off by it, and long
    where they are answered: nobody knows how long this machine lets them wait for their turn."""

    post_path = '/echo'

    def __init__(self, name='echo', request_ms=30000, tls=None):
        self.name, self.request_ms = name, request_ms
        command = [os.path.join(lib.BUILD, 'tests', 'hostile', 'echo-server'),
                   '--request-ms', str(self.request_ms)]
        if tls:
            command += ['--tls', *tls]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        line = self.process.stdout.readline().decode()
        where = re.match(r'listening on (.*):(\d+)$', line)
        if not where:
            raise AssertionError('echo-server does not start: %r' % line)
        self.host, self.port = where.group(1), int(where.group(2))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return status


class CleatdServer:
    """cleatd --dev on the fake hypervisor; its deadlines are those of production."""

    name = 'cleatd'
    post_path = '/identity/v3/auth/tokens'

    def __init__(self):
        self.cleatd = lib.Cleatd()
        if not self.cleatd.process or self.cleatd.process.poll() is not None:
            raise AssertionError('cleatd does not start')
        self.process = self.cleatd.process
        self.host, self.port = self.cleatd.host, self.cleatd.port

    def stop(self):
        status = self.cleatd.stop()
        self.cleatd.__exit__()
        return status


def open_files(process):
    return len(os.listdir('/proc/%d/fd' % process.pid))


def make_certificate():
    """A directory with cert.pem and key.pem for localhost."""
    where = tempfile.TemporaryDirectory(prefix='cleat-hostile-')
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
         '-nodes', '-days', '2', '-subj', '/CN=localhost',
         '-keyout', where.name + '/key.pem', '-out', where.name + '/cert.pem'],
        check=True, capture_output=True)
    return where
