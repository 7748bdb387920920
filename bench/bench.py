#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Speed and size, as ratios to bare programs of the same run.

    bench/bench.py [SECONDS]

Each figure is the title of a test that passes; noise fails nothing. Two programs that are compared
take turns, and the medians of their turns are compared.
"""
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'tests', 'api'), os.path.join(HERE, '..', 'tests', 'lib')]

import lib  # noqa: E402  pylint: disable=wrong-import-position,wrong-import-order

CLIENTS = 16
ROUNDS = 5
STARTS = 7
ATTACHES = 20
GUEST = os.path.join(lib.ROOT, '.cache', 'guest')
TICKS = os.sysconf('SC_CLK_TCK')


class Skipped(Exception):
    """The machine cannot measure this; the text says why."""


def program(name):
    return os.path.join(lib.BUILD, 'bench', 'bench-' + name)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError('%s: %s' % (command[0], done.stderr or done.stdout))
    return done.stdout


def cpu_seconds(process):
    with open('/proc/%d/stat' % process.pid, encoding='ascii') as stat:
        fields = stat.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(process):
    with open('/proc/%d/status' % process.pid, encoding='ascii') as status:
        return int(re.search(r'VmRSS:\s+(\d+)', status.read()).group(1)) / 1024


def storm(process, port, path, token, seconds):
    """Requests a second, and microseconds of the server's CPU for each."""
    before = cpu_seconds(process)
    said = run('wrk', '-t2', '-c%d' % CLIENTS, '-d%ds' % seconds, '-H', 'X-Auth-Token: ' + token,
               'http://127.0.0.1:%d%s' % (port, path))
    count = int(re.search(r'(\d+) requests in', said).group(1))
    rate = float(re.search(r'Requests/sec:\s+([\d.]+)', said).group(1))
    if 'Non-2xx' in said:
        raise RuntimeError('not all requests succeeded:\n' + said)
    return rate, (cpu_seconds(process) - before) / count * 1e6


def medians(pairs):
    return [statistics.median(values) for values in zip(*pairs)]


def new_volume(user):
    reply = user.post('/volume/v3/volumes', {'volume': {'size': 1}})
    assert reply.status == 202, reply
    path = '/volume/v3/volumes/' + reply.body['volume']['id']
    lib.wait_status(user, path, 'volume', 'available')
    return path


def get_of_one_volume(cleatd, seconds):
    demo = cleatd.user('demo')
    path = new_volume(demo)
    size = len(demo.get(path).text)
    bare = subprocess.Popen([program('bare-http'), str(size)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)
    try:
        port = int(bare.stdout.readline())
        ours, bares = [], []
        for _ in range(ROUNDS):
            bares.append(storm(bare, port, '/', demo.token, seconds))
            ours.append(storm(cleatd.process, cleatd.port, path, demo.token, seconds))
    finally:
        bare.communicate()
    (rate, cpu), (bare_rate, bare_cpu) = medians(ours), medians(bares)
    return ('GET of a volume of %d bytes at %d clients: %.2f of bare libmicrohttpd '
            '(%.0f/s against %.0f/s; CPU %.1f us against %.1f us), goal 0.50'
            % (size, CLIENTS, rate / bare_rate, rate, bare_rate, cpu, bare_cpu))


def metrics_of_a_request(cleatd, seconds):
    """All clients count the same route, and share its counters: the worst case."""
    demo = cleatd.user('demo')
    path = new_volume(demo)
    cpus, counts = [], []
    for _ in range(ROUNDS):
        cpus.append(storm(cleatd.process, cleatd.port, path, demo.token, seconds)[1])
        counts.append(float(run(program('metrics'), '4', '1000000').split()[0]) / 1000)
    cpu, count = statistics.median(cpus), statistics.median(counts)
    return ('to count a request for /metrics: %.2f %% of the CPU of a GET (%.3f us of %.1f us), '
            'goal 2 %%' % (count / cpu * 100, count, cpu))


def cycles_in(said):
    count, ms = re.search(r'(\d+) cycles in (\d+) ms', said).groups()
    return int(count) / int(ms) * 1000


def create_and_delete(cleatd, seconds):
    """The bare loop writes beside cleatd's store, on the same disk."""
    demo, admin = cleatd.user('demo'), cleatd.user('admin')
    token = demo.token
    reply = admin.put('/volume/v3/os-quota-sets/' + demo.project_id,
                      {'quota_set': {'volumes': -1, 'gigabytes': -1}})
    assert reply.status == 200, reply
    ours, bares = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir=cleatd.dir) as where:
            bares.append(cycles_in(run(program('groupcommit'), 'volume', where,
                                       str(CLIENTS), str(seconds))))
        ours.append(cycles_in(run(program('load'), 'volume', str(cleatd.port), token, str(CLIENTS),
                                  str(seconds))))
    rate, bare_rate = statistics.median(ours), statistics.median(bares)
    return ('durable create + delete at %d clients: %.2f of the bare group commit '
            '(%.0f/s against %.0f/s), goal 0.50' % (CLIENTS, rate / bare_rate, rate, bare_rate))


def start_time(cleatd, _seconds):
    """From exec to the line that says where it serves, on the store of the tests before."""
    cleatd.stop()
    taken = []
    for _ in range(STARTS):
        began = time.monotonic()
        assert cleatd.start(), 'cleatd does not start again'
        taken.append((time.monotonic() - began) * 1000)
        if len(taken) < STARTS:
            cleatd.stop()
    return ('exec to serving on an existing store: %.0f ms (best %.0f, worst %.0f), goal 100 ms'
            % (statistics.median(taken), min(taken), max(taken)))


def idle_memory(cleatd, _seconds):
    return 'resident when idle on fake: %.1f MiB, goal 24 MiB' % resident_mib(cleatd.process)


def idle_memory_libvirt(_cleatd, _seconds):
    with lib.Cleatd(hypervisor='libvirt', start=False) as other:
        if not other.start():
            raise Skipped('cleatd does not start with libvirt')
        return 'resident when idle on libvirt: %.1f MiB, goal 64 MiB' % resident_mib(other.process)


def boot(user):
    """A server that runs; its path."""
    images = user.get('/image/v2/images?name=tiny').body['images']
    flavors = user.get('/compute/v2.1/flavors').body['flavors']
    reply = user.post('/compute/v2.1/servers', {'server': {
        'name': 'bench', 'imageRef': images[0]['id'], 'flavorRef': flavors[0]['id'],
        'networks': 'none'}}, version='compute 2.37')
    assert reply.status == 202, reply
    path = '/compute/v2.1/servers/' + reply.body['server']['id']
    lib.wait_status(user, path, 'server', 'ACTIVE', 120)
    return path


class Watch:
    """Looks at a volume, more often and at less cost than lib's requests could: what is measured
    takes milliseconds, and shares the cores with who looks."""

    def __init__(self, user, path):
        self.request = ('GET %s HTTP/1.1\r\nHost: bench\r\nX-Auth-Token: %s\r\n\r\n'
                        % (path, user.token)).encode()
        self.socket = socket.create_connection((user.cleatd.host, user.cleatd.port))

    def look(self):
        self.socket.sendall(self.request)
        reply, length = b'', None
        while length is None or len(reply) < length:
            reply += self.socket.recv(65536)
            head = reply.find(b'\r\n\r\n') + 4
            if length is None and head > 3:
                length = head + int(re.search(rb'Content-Length: (\d+)', reply).group(1))
        return reply

    def until(self, status):
        while b'"status":"%s"' % status.encode() not in self.look():
            time.sleep(0.0002)
        self.socket.close()


def attach_once(user, server, volume):
    """Milliseconds from the request until the volume is in use; it is detached again."""
    volume_id = volume.rsplit('/', 1)[1]
    watch = Watch(user, volume)
    began = time.monotonic()
    reply = user.post(server + '/os-volume_attachments',
                      {'volumeAttachment': {'volumeId': volume_id}})
    assert reply.status == 200, reply
    watch.until('in-use')
    taken = (time.monotonic() - began) * 1000
    reply = user.delete(server + '/os-volume_attachments/' + volume_id)
    assert reply.status == 202, reply
    lib.wait_status(user, volume, 'volume', 'available', 120)
    return taken


def hot_attach(_cleatd, _seconds):
    """The bare calls go to the same guest, which outlives cleatd for them."""
    if not os.path.exists(os.path.join(GUEST, 'vmlinux')):
        raise Skipped('there is no guest image; guest/build-guest-image makes one')
    with lib.Cleatd(hypervisor='libvirt', start=False, env={'CLEAT_GUEST_IMAGE': GUEST}) as other:
        if not other.start():
            raise Skipped('cleatd does not start with libvirt')
        demo = other.user('demo')
        server, volume = boot(demo), new_volume(demo)
        attach_once(demo, server, volume)  # when this has worked the guest has booted
        ours, bares = [], []
        for _ in range(ROUNDS):
            ours += [attach_once(demo, server, volume) for _ in range(ATTACHES // ROUNDS)]
            other.stop()
            said = run(program('bare-attach'), 'qemu:///embed?root=%s/libvirt' % other.dir,
                       str(ATTACHES // ROUNDS),
                       '%s/volumes/%s.raw' % (other.dir, volume.rsplit('/', 1)[1]))
            bares += [float(line.split()[0]) for line in said.splitlines()]
            assert other.start(), 'cleatd does not start again'
        demo.delete(server)
        lib.wait_for(lambda: demo.get(server).status == 404, 'the server to be gone', 60)
    mine, bare = statistics.median(ours), statistics.median(bares)
    return ('hot attach into a running guest: %.2f of the time of libvirt alone '
            '(%.1f ms against %.1f ms, medians of %d), goal 1.25'
            % (mine / bare, mine, bare, ATTACHES))


FIGURES = (get_of_one_volume, metrics_of_a_request, create_and_delete, start_time, idle_memory,
           idle_memory_libvirt, hot_attach)


def tell(figures, *given):
    """Each figure as a test that says its title; 1 when one could not be had."""
    failed = 0
    for number, figure in enumerate(figures, 1):
        try:
            title = figure(*given)
        except Skipped as why:
            print('ok %d - bench: %s # SKIP %s' % (number, figure.__name__, why))
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print('not ok %d - bench: %s\n#   %s' % (number, figure.__name__, error))
        else:
            print('ok %d - bench: %s\n# say %s' % (number, title, title))
        sys.stdout.flush()
    print('1..%d' % len(figures))
    return 1 if failed else 0


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    if not shutil.which('wrk'):
        sys.exit('bench: wrk is missing')
    with lib.Cleatd() as cleatd:
        sys.exit(tell(FIGURES, cleatd, seconds))


if __name__ == '__main__':
    main()
