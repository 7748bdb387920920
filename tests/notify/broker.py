# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A RabbitMQ of one's own on free ports, with an epmd of its own, and listeners of oslo.messaging.
All are ended by pid."""
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

import kombu

import ports
import tap

HERE = os.path.dirname(os.path.abspath(__file__))
SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'
START_S = 300


def user():
    """Whom servers run as: not root."""
    if os.getuid() != 0:
        return None
    return pwd.getpwnam('rabbitmq')


class Broker:
    def __init__(self, tls=None):
        """`tls` has the paths of a ca, a cert and a key."""
        self.dir = tempfile.mkdtemp(prefix='cleat-bus-')
        self.port, self.tls_port, self.dist_port, self.epmd_port = (
            ports.free_port() for _ in range(4))
        self.tls = tls
        self.epmd = self.process = None
        self.write_config()
        self.own()

    def write_config(self):
        lines = ['listeners.tcp.1 = 127.0.0.1:%d' % self.port, 'loopback_users.guest = true']
        if self.tls:
            lines += ['listeners.ssl.1 = 127.0.0.1:%d' % self.tls_port]
            lines += ['ssl_options.%s = %s' % pair for pair in self.tls.items()]
            lines += ['ssl_options.verify = verify_none']
        with open(os.path.join(self.dir, 'rabbitmq.conf'), 'w', encoding='utf-8') as file:
            file.write('\n'.join(lines) + '\n')
        with open(os.path.join(self.dir, 'plugins'), 'w', encoding='utf-8') as file:
            file.write('[].\n')

    def own(self):
        account = user()
        if not account:
            return
        for folder, _, files in os.walk(self.dir):
            for name in [folder] + [os.path.join(folder, file) for file in files]:
                os.chown(name, account.pw_uid, account.pw_gid)

    def spawn(self, command, log):
        account = user()
        more = {'user': account.pw_uid, 'group': account.pw_gid, 'extra_groups': []} \
            if account else {}
        env = {
            'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': self.dir, 'LC_ALL': 'C.UTF-8',
            'RABBITMQ_NODENAME': 'cleat%d@localhost' % self.port,
            'RABBITMQ_DIST_PORT': str(self.dist_port),
            'RABBITMQ_MNESIA_BASE': os.path.join(self.dir, 'mnesia'),
            'RABBITMQ_LOG_BASE': os.path.join(self.dir, 'log'),
            'RABBITMQ_ENABLED_PLUGINS_FILE': os.path.join(self.dir, 'plugins'),
            'RABBITMQ_CONFIG_FILE': os.path.join(self.dir, 'rabbitmq'),
            'RABBITMQ_CONF_ENV_FILE': os.path.join(self.dir, 'no-env'),
            'RABBITMQ_PID_FILE': os.path.join(self.dir, 'pid'),
            'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': '+S 1:1 +A 4',
            'ERL_EPMD_PORT': str(self.epmd_port), 'ERL_EPMD_ADDRESS': '127.0.0.1',
        }
        with open(os.path.join(self.dir, log), 'ab') as output:
            return subprocess.Popen(command, env=env, cwd=self.dir, stdin=subprocess.DEVNULL,
                                    stdout=output, stderr=output, start_new_session=True, **more)

    def answers(self):
        """Whether AMQP is spoken: a broker begins when it is greeted."""
        assert self.process.poll() is None, 'the broker has ended; see ' + self.dir
        try:
            with socket.create_connection(('127.0.0.1', self.port), 30) as wire:
                wire.sendall(b'AMQP\x00\x00\x09\x01')
                return wire.recv(1) == b'\x01'
        except OSError:
            return False

    def start(self):
        if not self.epmd:
            self.epmd = self.spawn(['epmd', '-port', str(self.epmd_port), '-address', '127.0.0.1'],
                                   'epmd.log')
        self.process = self.spawn([SERVER], 'server.log')
        tap.wait_for('the broker to answer', self.answers, START_S, 0.2)
        return self

    def stop(self):
        """It writes what is durable, and ends."""
        if self.process:
            end_session(self.process)
        self.process = None

    def pause(self):
        """It takes what is sent, for as long as there is room, and answers nothing."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.killpg(self.process.pid, signal.SIGCONT)

    def drain(self, *queues):
        """Take all that waits in queues: bodies, without anybody's memory of what was there."""
        found = []
        with kombu.Connection(self.url().replace('rabbit:', 'amqp:')) as connection:
            channel = connection.channel()
            for queue in queues:
                for message in iter(lambda name=queue: channel.basic_get(name, no_ack=True), None):
                    found.append(json.loads(json.loads(message.body)['oslo.message']))
        return found

    def close(self):
        self.stop()
        if self.epmd:
            end_session(self.epmd)
        shutil.rmtree(self.dir, ignore_errors=True)

    def url(self):
        return 'rabbit://guest:guest@127.0.0.1:%d/' % self.port


def end_session(process):
    """End what we started, with all that it started in its session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(tap.PATIENCE)
        except ProcessLookupError:
            process.wait()
            return
        except subprocess.TimeoutExpired:
            continue


class Listener:
    """A process that listens as consumers of OpenStack's notifications do."""

    def __init__(self, url, durable=False):
        self.file = tempfile.NamedTemporaryFile('w+', prefix='cleat-heard-')
        self.errors = tempfile.NamedTemporaryFile('w+', prefix='cleat-listener-')
        self.process = subprocess.Popen(
            ['/usr/bin/python3', os.path.join(HERE, 'listener.py'), url,
             'durable' if durable else 'transient'],
            stdin=subprocess.DEVNULL, stdout=self.file, stderr=self.errors)

    def heard(self):
        """All notifications so far, in the order in which they came."""
        with open(self.file.name, encoding='utf-8') as file:
            return [json.loads(line) for line in file.read().split('\n')[:-1]]

    def wait(self, condition, what, seconds=120):
        def check():
            if self.process.poll() is not None:
                with open(self.errors.name, encoding='utf-8') as errors:
                    raise AssertionError('the listener has ended: ' + errors.read()[-500:])
            return condition(self.heard())
        tap.wait_for(what, check, seconds, 0.1)
        return self.heard()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.file.close()
        self.errors.close()
