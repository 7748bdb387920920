#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Crash cleatd at every commit, and fail every call to the hypervisor, one after the other.

    sweep.py crash|fault|twice [--short] [--jobs N] [--at N] [--way TEXT]

crash: for n = 1, 2, 3 ... cleatd kills itself just before, then just after, its n-th commit
(CLEAT_CRASH) somewhere on a way (journey.py). Even at that moment no volume may be free that a
guest still has. cleatd is started again, and once it has settled nothing may be stuck, leaked or
lost (world.py), and the journey can be taken to its end. The sweep is over when a journey ends
without having reached n.

fault: the same with the n-th call to the fake hypervisor, of the fake backend's exports or of its
shares failing, being busy, without room, timing out, staying broken for a while, or doing its work
and losing the reply, without a restart.

twice: after each crash, a second one or a failing call at every point of the recovery.

Each way begins from a prepared store, so that n counts what happens on it. --short takes only the
ways round attaching and leaves out what is alike; --at tries one n only and keeps its directory.
"""
import argparse
import collections
import concurrent.futures
import http.client
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'api'), os.path.join(TESTS, 'lib'),
                os.path.dirname(os.path.abspath(__file__))]
import lib  # noqa: E402
import tap  # noqa: E402
import mappings  # noqa: E402
import shares  # noqa: E402
import world  # noqa: E402
from journey import FOREIGN, FOREIGN_ID, Journey  # noqa: E402

SETTLE_SECONDS = 180
LIMIT = 500
CONFIG = 'cleatd.conf'
MISCHIEF_WORDS = b'made to'
# variable: what spoils a call; kinds: how, of which the short sweep takes the first so many. The
# engine treats the first and the last of the hypervisor's alike, and a share's fault and time-out.
Calls = collections.namedtuple('Calls', 'of variable kinds short')
HYPERVISOR = Calls('the hypervisor', 'CLEAT_FAKE_FAIL', ('fault', 'lost-reply', 'busy'), 2)
EXPORTS = Calls('exports', 'CLEAT_FAKE_EXPORT_FAIL', ('fault', 'lost-reply'), 2)
SHARES = Calls('shares', 'CLEAT_FAKE_SHARE_FAIL',
               ('fault', 'lost-reply', 'full', 'timeout', 'broken'), 3)
BOTH = (HYPERVISOR, SHARES)

# furnished: a server and a volume are there when it begins; short: also in the short sweep;
# backend: of volumes; fails: calls that are spoilt; short_fails: how many of these, from the first,
# the short sweep takes
Way = collections.namedtuple('Way', 'name go furnished short env backend fails short_fails',
                             defaults=('file', (HYPERVISOR,), 1))

WAYS = (
    Way('attach and detach', Journey.attach_and_detach, True, True, {}),
    Way('attach, delete at once', Journey.attach_in_haste, True, True,
        {'CLEAT_FAKE_DELAY_MS': '50'}),
    Way('grow', Journey.grow, True, True, {}),
    Way('swap', Journey.swap_volumes, True, True, {}),
    Way('swap, delete at once', Journey.swap_in_haste, True, False,
        {'CLEAT_FAKE_MIRROR': '300'}),
    Way('shared', Journey.share, True, True, {}),
    Way('deleted with five volumes', Journey.delete_with_five, True, True, {}),
    Way('attached while away', Journey.attach_while_away, True, False, {}),
    Way('a consumer', Journey.consume, True, True, {}, fails=()),
    Way('a consumer elsewhere', Journey.consume, True, True, {}, 'fake',
        (EXPORTS,)),
    Way('a client of old elsewhere', Journey.live_the_old_way, True, True, {}, 'fake',
        (EXPORTS,)),
    Way('copies under a guest', Journey.copy_under_a_guest, True, True, {}),
    Way('copies, and back', Journey.copy_and_go_back, True, False, {}),
    Way('an image of it', Journey.become_an_image, True, False, {}),
    Way('standing still', Journey.stand_still, True, False, {}),
    Way('shelved', Journey.shelve_and_back, True, False, {}),
    Way('deleted on the shelf', Journey.delete_while_away, True, False, {}),
    Way('resized', Journey.resize_both_ways, True, False, {}),
    Way('deleted as resized', Journey.delete_resized, True, False, {}),
    Way('rebuilt', Journey.rebuild, True, False, {}),
    Way('rebuilt on a volume', Journey.rebuild_on_a_volume, False, False, {}),
    Way('rescued', Journey.rescue, True, False, {}),
    Way('images of a server', Journey.become_images, True, False, {}),
    Way('born with volumes', Journey.born_with_volumes, False, True, {}),
    Way('adopted', Journey.adopt_and_release, False, False, {}),
    Way('a share', Journey.live_as_a_share, False, True, {}, fails=(SHARES,)),
    Way('let in to a share', Journey.let_in_to_a_share, False, True, {}, fails=(SHARES,)),
    Way('a share of a server', Journey.use_a_share, True, True, {}, fails=BOTH, short_fails=2),
    Way('a share to read', Journey.read_a_share, True, True, {}, fails=BOTH),
    Way('deleted with a share', Journey.delete_with_a_share, True, True, {}, fails=BOTH),
    Way('two readers deleted', Journey.delete_two_readers, True, True,
        {'CLEAT_FAKE_DELAY_MS': '20'}, fails=()),
    Way('rescued with a share', Journey.rescue_with_a_share, True, False, {}),
    Way('a share plugged', Journey.plug_a_share, True, True, {}, fails=BOTH),
    Way('a share plugged, slow guest', Journey.plug_a_share, True, False,
        {'CLEAT_FAKE_DETACH': 'pending:2000'}),
    Way('a share, detached at once', Journey.detach_in_haste, True, False, {}),
    Way('a share put away', Journey.put_a_share_away, False, False, {}, fails=(SHARES,)),
    Way('a share managed', Journey.manage_a_share, False, False, {}, fails=(SHARES,)),
    Way('a whole life', Journey.whole_life, False, False, {}),
    Way('slow guest', Journey.attach_and_detach, True, False,
        {'CLEAT_FAKE_DETACH': 'pending:2000'}),
)


MOUNTING = (Journey.read_a_share, Journey.delete_two_readers)


def house(folder):
    """A cleatd that is not started yet."""
    return lib.Cleatd(dir=folder, start=False, args=['--config', os.path.join(folder, CONFIG)])


class Bases:
    """Prepared directories, made once and copied for each run."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='cleat-sweep-')
        self.made = {}

    def make(self, furnished, backend):
        folder = os.path.join(self.folder, '%s %s' % ('furnished' if furnished else 'bare',
                                                      backend))
        os.mkdir(folder)
        with open(os.path.join(folder, CONFIG), 'w', encoding='utf-8') as file:
            file.write('[volume]\nbackend = %s\n[share]\nbackend = fake\nlimit = none\n'
                       '[compute]\nshare_hotplug = yes\n'
                       '[network]\nbridge = lo\nsubnet = 127.20.0.0/24\n'
                       'gateway = 127.20.0.1\n' % backend)
        make_foreign_domain(folder)
        shares.make_foreign_share(folder)
        with house(folder) as cleatd:
            cleatd.start()
            journey = Journey(cleatd.user('demo'))
            if furnished:
                journey.make_server()
                journey.make_volume()
            settle(cleatd)
        self.made[furnished, backend] = folder

    def copy(self, way, name):
        folder = os.path.join(self.folder, name)
        shutil.copytree(self.made[way.furnished, way.backend], folder, ignore=sockets,
                        copy_function=copy_sparse)
        return folder

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def make_foreign_domain(folder):
    """Others made it, with the memory of the smallest flavor; it is left alone until adopted."""
    os.mkdir(os.path.join(folder, 'fake'), 0o700)
    path = os.path.join(folder, 'fake', FOREIGN_ID + '.json')
    with open(path, 'w', encoding='ascii') as file:
        json.dump({'name': FOREIGN, 'owner': 'foreign', 'state': 'running',
                   'ram_mib': 256, 'vcpus': 1, 'disks': [
                       {'alias': 'disk0', 'target': 'vda', 'path': '/dev/zero', 'serial': None,
                        'live': True, 'config': True}]}, file)


def copy_sparse(source, target):
    """Data where the source has data: volumes are large, and empty."""
    with open(source, 'rb') as old, open(target, 'wb') as new:
        size = os.fstat(old.fileno()).st_size
        new.truncate(size)
        end = 0
        while end < size:
            try:
                begin = os.lseek(old.fileno(), end, os.SEEK_DATA)
            except OSError:  # nothing but a hole up to the end
                break
            end = os.lseek(old.fileno(), begin, os.SEEK_HOLE)
            new.seek(begin)
            old.seek(begin)
            new.write(old.read(end - begin))
    shutil.copystat(source, target)


def sockets(top, names):
    return [name for name in names
            if not os.path.isfile(os.path.join(top, name)) and
            not os.path.isdir(os.path.join(top, name))]


def settle(cleatd, broken_is_fine=False):
    """Wait until nothing is to be complained about; fail with what is left."""
    told = []

    def quiet():
        seen = world.look(cleatd)
        told[:] = world.complaints(seen, broken_is_fine)
        store = world.find_store(cleatd.dir, seen.files)
        told.extend(shares.complaints(cleatd.dir, store, broken_is_fine))
        told.extend(mappings.complaints(store, cleatd.dir, seen.servers, broken_is_fine))
        return not told
    try:
        lib.wait_for(quiet, 'peace', SETTLE_SECONDS)
    except AssertionError:
        raise AssertionError('not settled:\n' + '\n'.join(told)) from None


def finish(cleatd):
    """Take the journey to its end, and cleatd as well."""
    Journey(cleatd.user('demo'), SETTLE_SECONDS).finish()
    settle(cleatd)
    tap.expect(cleatd.stop(), 0, 'status of cleatd')


def travel(cleatd, go):
    """Go on a journey; returns the step in which cleatd died, or None when it lives."""
    journey = Journey(cleatd.user('demo'))
    try:
        go(journey)
        settle(cleatd)
    except (OSError, http.client.HTTPException):
        cleatd.process.wait(SETTLE_SECONDS)
        return journey.step
    return None


def crash(cleatd, way, point, go):
    """Start it with a crash point and go; returns where it died, or None when it lives."""
    where = 'start'
    if cleatd.start(env={**way.env, 'CLEAT_CRASH': point}):
        where = travel(cleatd, go)
        if where is None:
            return None
    tap.expect(cleatd.process.returncode, -signal.SIGKILL, 'end of cleatd')
    cleatd.close()
    tap.expect(world.look_at_crash(cleatd.dir), [], 'dangers at the moment of the crash')
    return where


def recover(cleatd, way):
    """Start it without a crash point: it must find peace, and the journey its end."""
    assert cleatd.start(env=way.env), 'does not start any more'
    settle(cleatd)
    finish(cleatd)


def crash_once(folder, way, point):
    with house(folder) as cleatd:
        where = crash(cleatd, way, point, way.go)
        if where:
            recover(cleatd, way)
        return where


def crash_again(folder, way, first, second):
    """Crash, and while it recovers from that, once more."""
    with house(folder) as cleatd:
        if not crash(cleatd, way, first, way.go):
            return None
        where = crash(cleatd, way, second, lambda journey: None)
        if where:
            recover(cleatd, way)
        return where


def crash_and_fault(folder, way, point, calls, failure):
    """Crash, and while it recovers from that, a call fails."""
    with house(folder) as cleatd:
        where = crash(cleatd, way, point, way.go)
        if not where:
            return None
        recover(cleatd, way._replace(env={**way.env, calls.variable: failure}))
        return where if log_holds(folder, MISCHIEF_WORDS) else None


def log_holds(folder, words):
    with open(os.path.join(folder, 'test.log'), 'rb') as log:
        return words in log.read()


def fault_once(folder, way, calls, failure):
    """Returns the last step that was taken, or None when the call was not reached."""
    with house(folder) as cleatd:
        if not cleatd.start(env={**way.env, calls.variable: failure}):
            return 'start' if log_holds(folder, MISCHIEF_WORDS) else None
        journey = Journey(cleatd.user('demo'), SETTLE_SECONDS)
        told = None
        try:
            way.go(journey)
        except AssertionError as refused:
            told = str(refused)  # a step that failed may make the next one impossible
        where = journey.step
        settle(cleatd, broken_is_fine=True)
        finish(cleatd)
        if log_holds(folder, MISCHIEF_WORDS):
            return where
        assert told is None, 'nothing was made to fail, but: ' + told
        return None


class Sweep:
    """Runs one attempt for n = 1, 2, 3 ..., some at once, until one does not reach n."""

    def __init__(self, bases, jobs, only):
        self.bases = bases
        self.jobs = jobs
        self.only = only
        self.runs = itertools.count()
        self.count = 0
        self.failed = 0

    def tell(self, good, title, text=''):
        self.count += 1
        self.failed += not good
        print('%s %d - %s' % ('ok' if good else 'not ok', self.count, title), flush=True)
        if text:
            tap.comment(text)

    def attempt(self, way, once, n):
        """(where, problem): one run in a directory of its own, kept when there is a problem."""
        folder = self.bases.copy(way, str(next(self.runs)))  # sockets have short paths
        try:
            where, problem = once(folder, n), None
        except Exception as why:  # pylint: disable=broad-except
            where, problem = 'failed', '%s: %s' % (type(why).__name__, why)
            kept = tempfile.mkdtemp(prefix='cleat-sweep-kept-')
            shutil.copytree(folder, os.path.join(kept, 'dir'), ignore=sockets,
                            copy_function=copy_sparse)
            problem += '\nkept in ' + kept
        mappings.unmount(folder)  # of guests that still run, as a cleatd that is killed leaves them
        if not self.only:
            shutil.rmtree(folder)
        return where, problem

    def run(self, title, way, once):
        """Returns how many numbers were reached."""
        numbers = iter([self.only] if self.only else range(1, LIMIT))
        reached, over = 0, False
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            def begin(count):
                return [(n, pool.submit(self.attempt, way, once, n))
                        for n in itertools.islice(numbers, count)]
            going = collections.deque(begin(self.jobs))
            while going:
                n, attempt = going.popleft()
                where, problem = attempt.result()
                over = over or not where
                if not over:
                    going.extend(begin(1))
                if where:
                    self.tell(not problem, '%s: %d, %s' % (title, n, where), problem or '')
                    reached += 1
        return reached

    def run_way(self, title, way, once):
        reached = self.run('%s, %s' % (title, way.name), way, once)
        if not self.only:
            self.tell(0 < reached < LIMIT - 1, '%s, %s: came to an end' % (title, way.name))


def sweep_crash(sweep, ways, _short):
    for way in ways:
        for side in ('before', 'after'):
            sweep.run_way('crash %s a commit' % side, way, lambda folder, n, way=way, side=side:
                          crash_once(folder, way, '%s:%d' % (side, n)))


def sweep_fault(sweep, ways, short):
    for way in ways:
        for calls in way.fails[:way.short_fails] if short else way.fails:
            for kind in calls.kinds[:calls.short] if short else calls.kinds:
                sweep.run_way('%s of %s' % (kind, calls.of), way,
                              lambda folder, n, way=way, calls=calls, kind=kind:
                              fault_once(folder, way, calls, '%d:%s' % (n, kind)))


def sweep_twice(sweep, ways, _short):
    for way in ways:
        title = 'crash after commit %%d, %s, and' % way.name
        first = reached = 1
        while reached and first < LIMIT:
            point = 'after:%d' % first
            reached = sweep.run(title % first + ' again', way,
                                lambda folder, n, way=way, point=point:
                                crash_again(folder, way, point, 'after:%d' % n))
            for calls in way.fails:
                reached += sweep.run(title % first + ' a fault of ' + calls.of, way,
                                     lambda folder, n, way=way, point=point, calls=calls:
                                     crash_and_fault(folder, way, point, calls,
                                                     '%d:fault' % n))
            first += 1


def main():
    parser = argparse.ArgumentParser(description='Crash and fault sweeps over cleatd.')
    parser.add_argument('what', choices=('crash', 'fault', 'twice'))
    parser.add_argument('--short', action='store_true')
    # Most of an attempt is waiting: for the disk, for a pause before the next try.
    parser.add_argument('--jobs', type=int, default=2 * max(2, os.cpu_count() or 2))
    parser.add_argument('--at', type=int, default=0)
    parser.add_argument('--way', default='', help='only those with this in their names')
    options = parser.parse_args()
    bases = Bases()
    sweep = Sweep(bases, options.jobs, options.at)
    try:
        ways = [way for way in WAYS if (way.short or not options.short) and
                options.way in way.name and
                (way.go not in MOUNTING or mappings.can_mount())]
        for furnished, backend in sorted({(way.furnished, way.backend) for way in ways}):
            bases.make(furnished, backend)
        {'crash': sweep_crash, 'fault': sweep_fault, 'twice': sweep_twice}[options.what](
            sweep, ways, options.short)
    finally:
        if options.at:
            tap.comment('kept: ' + bases.folder)
        else:
            bases.remove()
    print('1..%d' % sweep.count)
    sys.exit(1 if sweep.failed else 0)


main()
