#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Hostile clients against the HTTP room and against cleatd: refused exactly, and none the worse.

    tests/hostile/probes.py [hasty] [steady] [echo] [tls] [cleatd]

After every probe the target must still answer a plain request, and at the end hold no more
descriptors than at the beginning and end cleanly.
"""
import socket
import ssl
import sys
import warnings

import wire
from wire import Talk, ask, request

import tap
from tap import expect, wait_for

MIB = 1 << 20

# Every one of these is answered 400, once, and the connection closed.
ILL_FORMED = {
    'conflicting Content-Length': request('POST', '/', 'Content-Length: 3', 'Content-Length: 4',
                                          body=b'abcd'),
    'the same Content-Length twice': request('POST', '/', 'Content-Length: 3',
                                             'Content-Length: 3', body=b'abc'),
    'a list of Content-Length': request('POST', '/', 'Content-Length: 3, 3', body=b'abc'),
    'Content-Length with a sign': request('POST', '/', 'Content-Length: +3', body=b'abc'),
    'negative Content-Length': request('POST', '/', 'Content-Length: -3', body=b'abc'),
    'hexadecimal Content-Length': request('POST', '/', 'Content-Length: 0x3', body=b'abc'),
    'empty Content-Length': request('POST', '/', 'Content-Length:', body=b'abc'),
    'Content-Length and chunked': request('POST', '/', 'Content-Length: 3',
                                          'Transfer-Encoding: chunked', body=b'0\r\n\r\n'),
    'chunked and Content-Length': request('POST', '/', 'Transfer-Encoding: chunked',
                                          'Content-Length: 3', body=b'0\r\n\r\n'),
    'chunked twice': request('POST', '/', 'Transfer-Encoding: chunked',
                             'Transfer-Encoding: chunked', body=b'0\r\n\r\n'),
    'an encoding besides chunked': request('POST', '/', 'Transfer-Encoding: gzip, chunked',
                                           body=b'0\r\n\r\n'),
    'identity encoding': request('POST', '/', 'Transfer-Encoding: identity', body=b'abc'),
    'chunked with a vertical tab': request('POST', '/', 'Transfer-Encoding: \x0bchunked',
                                           body=b'0\r\n\r\n'),
    'chunked in HTTP/1.0': request('POST', '/', 'Transfer-Encoding: chunked',
                                   body=b'0\r\n\r\n', version='HTTP/1.0'),
    'no Host': request(host=None),
    'two Hosts': request('GET', '/', 'Host: b'),
    'two Hosts in HTTP/1.0': request('GET', '/', 'Host: b', version='HTTP/1.0'),
    'empty Host': request(host=''),
    'a Host with a path': request(host='a/b'),
    'a Host with markup': request(host='a"><script>'),
    'a blank in a header name': request('GET', '/', 'X A: b'),
    'a blank before the colon': request('GET', '/', 'X-A : b'),
    'Content-Length with a blank before the colon': request(
        'POST', '/', 'Content-Length : 3', body=b'abc'),
    'no colon': request('GET', '/', 'X-A'),
    'a folded header': request('GET', '/', 'X-A: b\r\n folded'),
    'a folded header that spells another': request('GET', '/', 'Content-: 5\r\n Length'),
    'a bare LF between headers': request('GET', '/', 'X-A: b\nX-B: c'),
    'a bare CR in a header': request('GET', '/', 'X-A: b\rc'),
    'a control character in a header': request('GET', '/', 'X-A: b\x01'),
    'a header that is not UTF-8': request('GET', '/', 'X-A: \xff'),
    'NUL in a header': request('GET', '/', 'X-A: b\0c'),
    'NUL in a header name': request('GET', '/', 'X\0A: b'),
    'NUL in the path': request('GET', '/a\0b'),
    'NUL in the query': request('GET', '/?a\0b'),
    'an escaped NUL in the path': request('GET', '/a%00b'),
    'a wrong escape in the path': request('GET', '/%zz'),
    'half an escape': request('GET', '/%4'),
    'a path that is not UTF-8': request('GET', '/\xff'),
    'an escaped path that is not UTF-8': request('GET', '/%c0%af'),
    'an escaped surrogate': request('GET', '/%ed%a0%80'),
    'a wrong escape in the query': request('GET', '/?a=%zz'),
    'a query that is not UTF-8': request('GET', '/?a=%ff'),
    'too many parameters': request('GET', '/?' + 'a&' * 65),
    'a path without a slash': request('GET', 'a'),
    'an absolute URI': request('GET', 'http://a/'),
    'the asterisk': request('OPTIONS', '*'),
    'a method that is no token': request('G@T'),
}

BY_THE_LIBRARY = {
    'a target of 40 KiB': (414, request(path='/' + 'a' * 40000)),
    'a header of 40 KiB': (431, request('GET', '/', 'X-A: ' + 'a' * 40000)),
    '3000 headers': (431, request('GET', '/', *('X-%d: a' % n for n in range(3000)))),
    'HTTP/3.0 is told so': (505, request(version='HTTP/3.0')),
}

# Answered with some refusal, or closed without a word; never served.
NOT_SERVED = {
    'HTTP/0.9': b'GET /\r\n\r\n',
    'the HTTP/2 preface': b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + b'\0\0\0\4\0\0\0\0\0',
    'HTTP/3.0': request(version='HTTP/3.0'),
    'a version in small letters': request(version='http/1.1'),
    'no version number': request(version='HTTP/x.y'),
    'blanks in the path': request('GET', '/a b c'),
    'tabs for blanks': b'GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n',
    'a TLS hello in plain text': b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'\0' * 512,
    'nothing but NULs': b'\0' * 1000 + b'\r\n\r\n',
    'nothing but line ends': b'\r\n' * 20000,
    'a path of 40 000 bytes': request('GET', '/' + 'a' * 40000),
    'a header of 40 000 bytes': request('GET', '/', 'X-A: ' + 'a' * 40000),
    'two thousand headers': request('GET', '/', *['X-%d: a' % i for i in range(2000)]),
    'a head that never ends': b'GET / HTTP/1.1\r\nHost: a\r\n' + b'X-A: b\r\n' * 20000,
    'a chunk size that is no number': request('POST', '/', 'Transfer-Encoding: chunked',
                                              body=b'zz\r\nab\r\n0\r\n\r\n'),
    'a chunk size past 64 bits': request('POST', '/', 'Transfer-Encoding: chunked',
                                         body=b'fffffffffffffffff\r\nab\r\n0\r\n\r\n'),
    'a negative chunk size': request('POST', '/', 'Transfer-Encoding: chunked',
                                     body=b'-2\r\nab\r\n0\r\n\r\n'),
    'a chunk longer than it says': request('POST', '/', 'Transfer-Encoding: chunked',
                                           body=b'2\r\nabcd\r\n0\r\n\r\n'),
}

# Bodies for a route that wants JSON: 400 with a JSON error.
BAD_JSON = {
    'nothing': b'',
    'NULs': b'\0' * 100,
    'a NUL inside': b'{"auth": {"a\0b": 1}}',
    'an escaped NUL': b'{"auth": {"a\\u0000b": 1}}',
    'not UTF-8': b'{"auth": {"identity": "\xff\xfe"}}',
    'overlong UTF-8': b'{"auth": {"identity": "\xc0\xaf"}}',
    'a lone surrogate': b'{"auth": {"identity": "\\ud800"}}',
    'a byte order mark': b'\xef\xbb\xbf{"auth": {}}',
    'nesting of lists': b'[' * 50000,
    'nesting of objects': b'{"auth":' * 10000 + b'1' + b'}' * 10000,
    'nesting in a value': b'{"auth": ' + b'[' * 100 + b']' * 100 + b'}',
    'a key twice': b'{"auth": {}, "auth": {}}',
    'a scalar': b'"auth"',
    'NaN': b'{"auth": NaN}',
    'two to the 63rd': b'{"auth": 9223372036854775808}',
    'a number past any double': b'{"auth": 1e999}',
    'text behind it': b'{"auth": {}} x',
    'cut off': b'{"auth": {"identity"',
    'single quotes': b"{'auth': {}}",
    'unknown members': b'{"auth": {"surprise": 1}}',
    'wrong types': b'{"auth": {"identity": {"methods": [1, null, {}]}}}',
    'null for an object': b'{"auth": null}',
}


class Probes:
    """The probes as tests of one target."""

    def __init__(self, target):
        self.target = target

    def alive(self):
        """A plain request on a new connection is answered, by the application; by a hasty one, if
        we are in time."""
        def answer():
            try:
                return ask(self.target, request())
            except ConnectionError:
                return None
        told = wait_for('an answer after this probe', answer)
        assert told.status < 500, told

    def deadline(self):
        """Seconds; only of a target whose deadline is short."""
        return self.target.request_ms / 1000

    def ill_formed(self, data):
        with Talk(self.target) as talk:
            talk.send(data)
            answer = talk.answer()
            assert answer and answer.status == 400, answer
            if answer.headers.get('content-type') == 'application/json':
                assert answer.body.startswith(b'{'), answer
            talk.ended()
            assert b'HTTP/1.1 ' not in talk.rest, 'answered twice: %r' % talk.rest

    def not_served(self, data):
        with Talk(self.target) as talk:
            if not is_hasty(self.target):
                talk.socket.settimeout(1)
            try:
                talk.send(data)
                answer = talk.answer()
            except ConnectionError:
                return
            except socket.timeout:
                assert not is_hasty(self.target), 'neither answered nor cut off'
                return
            assert not answer or 400 <= answer.status < 500 or answer.status == 505, answer

    def bad_json(self, body):
        data = request('POST', self.target.post_path, 'Content-Type: application/json',
                       'Content-Length: %d' % len(body), body=body)
        answer = ask(self.target, data)
        assert answer and answer.status == 400, answer
        assert answer.body.startswith(b'{') and b'"message"' in answer.body, answer

    def by_the_library(self, case):
        """Answered by libmicrohttpd itself: in HTML, but with the right status, and closed."""
        status, data = case
        with Talk(self.target) as talk:
            try:
                talk.send(data)
            except ConnectionError:
                pass  # it need not read all of it before it answers
            answer = talk.answer()
            assert answer and answer.status == status, answer
            talk.ended()

    # What follows are tests of their own.

    def smuggled_request_is_not_served(self):
        inner = request('GET', '/smuggled')
        with Talk(self.target) as talk:
            talk.send(request('POST', '/', 'Content-Length: 5', 'Transfer-Encoding: chunked',
                              body=b'0\r\n\r\n' + inner) + inner)
            expect(talk.answer().status, 400, 'status')
            talk.ended()

    def slow_head_is_cut(self):
        for data in (b'', b'G', b'GET / HT', b'GET / HTTP/1.1\r\nHost: a\r\nX-'):
            with Talk(self.target) as talk:
                talk.send(data).ended()

    def dribbled_head_is_cut(self):
        self.dribble(b'GET / HTTP/1.1\r\nHost: a\r\nX-A: ')

    def dribbled_body_is_cut(self):
        self.dribble(request('POST', '/', 'Content-Length: 10000'))

    def dribbled_chunks_are_cut(self):
        self.dribble(request('POST', '/', 'Transfer-Encoding: chunked'), b'1\r\nx\r\n')

    def dribbled_stream_is_cut(self):
        self.dribble(request('PUT', '/sink', 'Content-Length: 10000'))

    def dribble(self, begin, piece=b'x'):
        """One piece at a time, well inside any idle time-out."""
        seconds = self.deadline()
        with Talk(self.target) as talk:
            talk.send(begin)
            talk.socket.settimeout(seconds / 20)
            for _ in range(400):
                try:
                    talk.send(piece)
                    if not talk.socket.recv(1):
                        return
                except socket.timeout:
                    continue
                except ConnectionError:
                    return
        raise AssertionError('still connected after 20 deadlines')

    def slow_reader_is_cut(self):
        """Asks for much and takes nothing; the server must not wait for it for ever."""
        with Talk(self.target) as talk:
            talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            body = request('POST', '/', body=b'x' * 100000)
            try:
                for _ in range(400):
                    talk.send(body)
            except ConnectionError:
                return
        raise AssertionError('the server took 40 MB without anybody reading its replies')

    def flowing_stream_is_not_cut(self):
        seconds = self.deadline()
        with Talk(self.target) as talk:
            talk.send(request('PUT', '/sink', 'Content-Length: 40960'))
            talk.socket.settimeout(seconds / 8)
            for _ in range(9):
                talk.send(b'x' * 4096)
                try:
                    raise AssertionError('early: %r' % talk.socket.recv(100))
                except socket.timeout:
                    pass
            talk.send(b'x' * 4096)
            talk.socket.settimeout(wire.PATIENCE)
            expect(talk.answer().body, b'40960', 'bytes')

    def declared_413_comes_before_the_body(self):
        for length in (114689, 2**31, 2**63 - 1):
            data = request('POST', self.target.post_path, 'Content-Length: %d' % length)
            expect(ask(self.target, data).status, 413, 'status')

    def declared_413_reaches_who_sends_on(self):
        with Talk(self.target) as talk:
            talk.send(request('POST', self.target.post_path, 'Content-Length: %d' % (2 * MIB)))
            talk.send(b'x' * (2 * MIB))
            expect(talk.answer().status, 413, 'status')

    def declared_413_without_continue(self):
        data = request('POST', self.target.post_path, 'Content-Length: %d' % MIB,
                       'Expect: 100-continue')
        expect(ask(self.target, data).status, 413, 'status')

    def length_past_64_bits(self):
        data = request('POST', self.target.post_path, 'Content-Length: ' + '9' * 30)
        answer = ask(self.target, data)
        assert answer.status in (400, 413), answer

    def chunked_413(self):
        chunk = b'4000\r\n' + b'x' * 0x4000 + b'\r\n'
        data = request('POST', self.target.post_path, 'Transfer-Encoding: chunked',
                       body=chunk * 20 + b'0\r\n\r\n')
        expect(ask(self.target, data).status, 413, 'status')

    def endless_chunks_are_cut(self):
        chunk = b'4000\r\n' + b'x' * 0x4000 + b'\r\n'
        with Talk(self.target) as talk:
            talk.send(request('POST', self.target.post_path, 'Transfer-Encoding: chunked'))
            try:
                for _ in range(64 * MIB // len(chunk)):
                    talk.send(chunk)
            except ConnectionError:
                return
        raise AssertionError('64 MiB were taken')

    def chunk_extension_without_end(self):
        """libmicrohttpd itself answers this one, with a 500 when its buffer is full."""
        data = request('POST', '/', 'Transfer-Encoding: chunked', body=b'2;' + b'x' * 100000)
        with Talk(self.target) as talk:
            try:
                talk.send(data).ended()
            except ConnectionError:
                pass

    def header_without_a_name(self):
        """libmicrohttpd drops such a line before anybody can look at it."""
        answer = ask(self.target, request('GET', '/', ': b'))
        assert answer and answer.status < 500, answer

    def tiny_chunks(self):
        data = request('POST', self.target.post_path, 'Transfer-Encoding: chunked',
                       body=b'1\r\nx\r\n' * 20000 + b'0\r\n\r\n')
        answer = ask(self.target, data)
        assert answer and answer.status < 500, answer

    def expect_continue(self):
        with Talk(self.target) as talk:
            talk.send(request('POST', self.target.post_path, 'Content-Length: 2',
                              'Expect: 100-continue'))
            first = talk.answer(head_only=True)
            if first.status == 100:
                talk.send(b'{}')
                first = talk.answer()
            assert first.status < 500, first

    def pipelined_hundred(self):
        with Talk(self.target) as talk:
            talk.send(request() * 100)
            for _ in range(100):
                answer = talk.answer()
                assert answer and answer.status < 500, answer

    def pipelined_byte_by_byte(self):
        with Talk(self.target) as talk:
            talk.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in request() + request('POST', self.target.post_path, body=b'{}'):
                talk.send(bytes([byte]))
            for _ in range(2):
                answer = talk.answer()
                assert answer and answer.status < 500, answer

    def unknown_methods(self):
        for method in ('BREW', 'CONNECT', 'TRACE', 'get', 'A' * 1000, "!#$%&'*+-.^_`|~"):
            answer = ask(self.target, request(method))
            assert answer and answer.status < 500, answer

    def upgrade_is_ignored(self):
        answer = ask(self.target, request('GET', '/', 'Connection: Upgrade, HTTP2-Settings',
                                          'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQ'))
        assert answer and answer.status < 500 and answer.status != 101, answer

    def half_closed_after_the_request(self):
        """The answer comes all the same. When the end follows is not asked: libmicrohttpd reads the
        request and the end in one go or, on a busy machine, sees the end at the idle deadline."""
        with Talk(self.target) as talk:
            talk.send(request())
            talk.half_close()
            answer = talk.answer()
            assert answer and answer.status < 500, answer

    def half_closed_inside_the_body(self):
        with Talk(self.target) as talk:
            talk.send(request('POST', self.target.post_path, 'Content-Length: 10') + b'{')
            talk.half_close()
            answer = talk.answer()
            assert not answer or answer.status == 400, answer

    def aborted_uploads(self):
        for i in range(100):
            talk = Talk(self.target)
            talk.send(request('POST', self.target.post_path, 'Content-Length: 1000'))
            talk.send(b'{' * (i * 10))
            talk.reset()

    def aborted_heads(self):
        for i in range(100):
            talk = Talk(self.target)
            talk.send(request()[:i])
            talk.reset()

    def asked_and_gone(self):
        for path in ('/', '/wait'):
            for _ in range(100):
                talk = Talk(self.target)
                talk.send(request('GET', path) * 3)
                talk.reset()

    def connections_127(self):
        self.crowd(127)

    def connections_128(self):
        self.crowd(128)

    def connections_129(self):
        self.crowd(129)

    def connections_256(self):
        self.crowd(256)

    def connections_500(self):
        self.crowd(500)

    def crowd(self, count):
        """All connected, then all ask, then all are answered; nobody hangs up before."""
        talks = [Talk(self.target) for _ in range(count)]
        try:
            for talk in talks:
                talk.send(request())
            for talk in talks:
                answer = talk.answer()
                assert answer and answer.status < 500, answer
        finally:
            for talk in talks:
                talk.socket.close()

    def hoard_of_silent_connections(self):
        """More than the server takes; it must throw them out and serve again."""
        talks = [Talk(self.target) for _ in range(400)]
        try:
            self.alive()
        finally:
            for talk in talks:
                talk.socket.close()

    def keeps_no_descriptors(self):
        """The last probe: what the others left behind is gone."""
        wait_for('as many descriptors as at first',
                 lambda: wire.open_files(self.target.process) <= self.target.files_at_first + 2)


# Cut off at the deadline: too long to wait for with that of production.
SLOW = (
    'slow_head_is_cut', 'dribbled_head_is_cut', 'dribbled_body_is_cut', 'dribbled_chunks_are_cut',
    'dribbled_stream_is_cut', 'slow_reader_is_cut', 'hoard_of_silent_connections',
    'keeps_no_descriptors',
)
# Longer than the deadline, which has to leave time for a client that is held up.
STEADY = ('flowing_stream_is_not_cut', 'keeps_no_descriptors')
# The crowd comes last, the count of descriptors after all.
PLAIN = (
    'smuggled_request_is_not_served', 'declared_413_comes_before_the_body',
    'declared_413_reaches_who_sends_on', 'declared_413_without_continue', 'length_past_64_bits',
    'chunked_413', 'endless_chunks_are_cut', 'tiny_chunks', 'expect_continue',
    'chunk_extension_without_end', 'header_without_a_name', 'pipelined_hundred',
    'pipelined_byte_by_byte', 'unknown_methods', 'upgrade_is_ignored',
    'half_closed_after_the_request', 'half_closed_inside_the_body', 'aborted_uploads',
    'aborted_heads', 'asked_and_gone', 'connections_127', 'connections_128', 'connections_129',
    'connections_256', 'connections_500', 'keeps_no_descriptors',
)


def named(target, title, function, *arguments):
    """A test with a name of its own; the target must live on after it."""
    probes = Probes(target)

    def test():
        getattr(probes, function)(*arguments)
        probes.alive()
    test.__name__ = '%s: %s' % (target.name, title.replace('_', ' '))
    return test


def is_hasty(target):
    return target.name == 'hasty'


def probes_that_are_cut(target):
    return [named(target, name, 'not_served', data) for name, data in NOT_SERVED.items()] + \
        [named(target, name, name) for name in SLOW]


def probes_that_flow(target):
    return [named(target, name, name) for name in STEADY]


def probes_that_are_answered(target):
    tests = [named(target, name, 'ill_formed', data) for name, data in ILL_FORMED.items()]
    tests += [named(target, name, 'by_the_library', case)
              for name, case in BY_THE_LIBRARY.items()]
    if target.name == 'cleatd':
        tests += [named(target, name, 'not_served', data) for name, data in NOT_SERVED.items()]
        tests += [named(target, 'JSON: ' + name, 'bad_json', body)
                  for name, body in BAD_JSON.items()]
    return tests + [named(target, name, name) for name in PLAIN]


def end_of(target):
    def ends_cleanly():
        expect(target.stop(), 0, 'exit status')
    ends_cleanly.__name__ = target.name + ': ends cleanly'
    return ends_cleanly


class Tls:
    """The same server behind TLS: that it speaks it, and bears who does not."""

    def __init__(self):
        self.files = wire.make_certificate()
        cert, key = self.files.name + '/cert.pem', self.files.name + '/key.pem'
        self.target = wire.EchoServer('tls', 3000, (cert, key))
        self.context = ssl.create_default_context(cafile=cert)
        self.context.check_hostname = False

    def tests(self):
        return [self.tls_serves, self.tls_413_reaches_who_sends_on, self.tls_plain_is_refused,
                self.tls_silent_handshake_is_cut, self.tls_old_versions_are_refused,
                self.tls_ends_cleanly]

    def tls_serves(self):
        with Talk(self.target, self.context) as talk:
            for _ in range(3):
                talk.send(request('POST', '/echo', body=b'hello'))
                expect(talk.answer().body, b'hello', 'body')

    def tls_413_reaches_who_sends_on(self):
        with Talk(self.target, self.context) as talk:
            talk.send(request('POST', '/echo', 'Content-Length: %d' % MIB))
            talk.send(b'x' * 100000)
            expect(talk.answer().status, 413, 'status')

    def tls_plain_is_refused(self):
        with Talk(self.target) as talk:
            assert not talk.send(request()).answer()

    def tls_silent_handshake_is_cut(self):
        for data in (b'', b'\x16\x03\x01'):
            with Talk(self.target) as talk:
                talk.send(data).ended()
        self.tls_serves()

    def tls_old_versions_are_refused(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers('ALL:@SECLEVEL=0')
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        try:
            Talk(self.target, context)
        except (ssl.SSLError, ConnectionError):
            return
        raise AssertionError('TLS 1.1 was accepted')

    def tls_ends_cleanly(self):
        expect(self.target.stop(), 0, 'exit status')
        self.files.cleanup()


# Each target and what it is tried with.
TARGETS = {
    'hasty': (lambda: wire.EchoServer('hasty', 400), probes_that_are_cut),
    'steady': (lambda: wire.EchoServer('steady', 4000), probes_that_flow),
    'echo': (wire.EchoServer, probes_that_are_answered),
    'cleatd': (wire.CleatdServer, probes_that_are_answered),
}


def main():
    wanted = sys.argv[1:] or ['hasty', 'steady', 'echo', 'tls', 'cleatd']
    tests, targets = [], []
    for name in wanted:
        if name == 'tls':
            tls = Tls()
            targets.append(tls.target)
            tests += tls.tests()
            continue
        make, probes_of = TARGETS[name]
        target = make()
        target.files_at_first = wire.open_files(target.process)
        targets.append(target)
        tests += probes_of(target) + [end_of(target)]

    def cleanup():
        for target in targets:
            if target.process.poll() is None:
                target.process.kill()
    tap.run('hostile', tests, cleanup)


if __name__ == '__main__':
    main()
