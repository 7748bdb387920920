#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""cleat plugin, asked as a container engine asks it.

First against cleatd, whose volumes cannot be brought to another machine; then against a played
service whose volumes are loop devices, so that they really are mounted, and the plugin is killed.
"""
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'api'), os.path.join(TESTS, 'lib')]
import engine  # noqa: E402
import lib  # noqa: E402
import tap  # noqa: E402

NONSENSE = 300  # requests
KILLS = 12
WORK = tempfile.mkdtemp(prefix='cleat-test-plugin-')
CLEATD = lib.Cleatd(start=False)
SERVICE = None
DEMO = None
PLUGIN = None


def place(name):
    path = os.path.join(WORK, name)
    os.makedirs(path, exist_ok=True)
    return path


# --- with cleatd ------------------------------------------------------------------------------

def serves():
    global DEMO
    CLEATD.start()
    DEMO = engine.Plugin(place('cleatd'), CLEATD.user('demo').rc)
    DEMO.start()
    tap.expect(DEMO.does('/Plugin.Activate')['Implements'], ['VolumeDriver'])
    tap.expect(DEMO.does('Capabilities')['Capabilities'], {'Scope': 'global'})
    tap.expect(os.stat(DEMO.socket).st_mode & 0o777, 0o600)


def hosts_without_a_name_are_served():
    for name in ('', 'plugin', 'plugin.moby.localhost', '%2Frun%2Fcleat.sock'):
        status, answer = DEMO.raw('POST', '/Plugin.Activate', None, {'Host': name})
        tap.expect((status, answer['Err']), (200, ''), name)


def volumes_come_and_go():
    demo = CLEATD.user('demo')
    DEMO.refuses(404, 'no volume data', 'Get', Name='data')
    for _ in range(2):
        DEMO.does('Create', Name='data', Opts={'size': '2G', 'fs': 'xfs', 'mode': 'ro'})
    found, = demo.get('/volume/v3/volumes/detail').body['volumes']
    tap.expect((found['name'], found['size'], found['status']), ('data', 2, 'available'))
    tap.expect(found['metadata'], {'cleat:plugin': 'data', 'cleat:made': 'true',
                                   'cleat:fs': 'xfs', 'cleat:mode': 'ro',
                                   'cleat:multipath': 'false'})
    shown = DEMO.does('Get', Name='data')['Volume']
    tap.expect((shown['Name'], shown['Mountpoint'], shown['Status']['volume']),
               ('data', '', found['id']))
    assert shown['CreatedAt'].endswith('Z'), shown
    tap.expect(DEMO.names(), ['data'])
    for _ in range(2):
        DEMO.does('Remove', Name='data')
    tap.expect(DEMO.names(), [])
    lib.wait_for(lambda: not demo.get('/volume/v3/volumes').body['volumes'], 'the deletion')


def other_volumes_are_used_only_by_their_ids():
    demo = CLEATD.user('demo')
    made = demo.post('/volume/v3/volumes', {'volume': {'size': 1, 'name': 'mine'}})
    volume = '/volume/v3/volumes/' + made.body['volume']['id']
    lib.wait_for(lambda: demo.get(volume).body['volume']['status'] == 'available', 'the volume')
    DEMO.refuses(409, 'volume=' + made.body['volume']['id'], 'Create', Name='mine')
    DEMO.refuses(404, '', 'Create', Name='x',
                 Opts={'volume': '11111111-2222-4333-8444-555555555555'})
    DEMO.does('Create', Name='mine', Opts={'volume': made.body['volume']['id']})
    DEMO.refuses(409, 'is called mine already', 'Create', Name='x',
                 Opts={'volume': made.body['volume']['id']})
    tap.expect(DEMO.names(), ['mine'])
    DEMO.does('Remove', Name='mine')
    tap.expect(DEMO.names(), [])
    tap.expect(demo.get(volume).body['volume']['metadata'], {})
    tap.expect(demo.delete(volume).status, 202)


def two_of_one_name_are_never_guessed():
    demo = CLEATD.user('demo')
    for _ in range(2):
        made = demo.post('/volume/v3/volumes', {'volume': {
            'size': 1, 'metadata': {'cleat:plugin': 'twin'}}})
        tap.expect(made.status, 202)
    for what in ('Get', 'Create', 'Remove'):
        DEMO.refuses(409, '2 volumes', what, Name='twin')
    DEMO.refuses(409, '2 volumes', 'Mount', Name='twin', ID='x')


def a_mount_that_cannot_be_leaves_nothing():
    DEMO.does('Create', Name='far')
    status, answer = DEMO.ask('Mount', Name='far', ID='one')
    assert status in (409, 500) and answer['Err'], (status, answer)
    tap.expect((DEMO.held(), DEMO.mounted()), ([], []))
    DEMO.refuses(404, 'not mounted', 'Path', Name='far')
    DEMO.does('Unmount', Name='far', ID='one')
    DEMO.does('Unmount', Name='never-heard-of', ID='one')
    kept = CLEATD.user('demo').get('/volume/v3/attachments', version='volume 3.44')
    tap.expect(kept.body['attachments'], [])
    DEMO.does('Remove', Name='far')


def nonsense(dice):
    """A request that no engine sends."""
    method = dice.choice(['Create', 'Mount', 'Unmount', 'Get', 'Path', 'Remove'])
    name = dice.choice(['../x', '/', '.', '..', 'a/../b', '', ' ', 'a\0b', 'x' * 129, 'x' * 40000,
                        "a'b", 'a"b', '-a', '_', 'é', '%2e%2e', None, 5, True, [], {}, ['a'],
                        {'a': 'b'}, 1e300])
    body = {'Name': name}
    if method in ('Mount', 'Unmount'):
        body['ID'] = dice.choice(['x', '', None, 7, 'y' * 256, []])
    if method == 'Create':
        body['Opts'] = dice.choice([None, {}, [], 'x', {'size': 1}, {'size': '-1'}, {'': ''},
                                    {'x' * 3000: 'y'}, {str(i): '' for i in range(200)}])
    data = json.dumps(body)
    if dice.random() < 0.3:
        data = dice.choice([data[:dice.randrange(len(data))], data + '{', data + '\0', '[' + data])
    return '/VolumeDriver.' + method, data


def nonsense_is_refused():
    dice = random.Random(4)
    for _ in range(NONSENSE):
        path, data = nonsense(dice)
        status, answer = DEMO.raw('POST', path, data.encode('utf-8', 'surrogatepass'))
        if status not in (400, 413) or not answer['Err']:
            raise AssertionError('%s %s: %d %r' % (path, data[:300], status, answer))
    tap.expect(DEMO.raw('GET', '/VolumeDriver.List')[0], 405)
    tap.expect(DEMO.raw('POST', '/VolumeDriver.Get', b'{"Name":"\xff"}')[0], 400)
    tap.expect(DEMO.raw('POST', '/', '{}')[0], 404)
    tap.expect(DEMO.raw('POST', '/VolumeDriver.List', ' ' * 70000)[0], 413)
    tap.expect((DEMO.names(), DEMO.held()), (['twin', 'twin'], []))


def one_plugin_for_one_place():
    for words, text in ((DEMO.words(), 'listen'),
                        ([*DEMO.words()[:2], '--socket', DEMO.socket + '2', *DEMO.words()[4:]],
                         'another plugin')):
        done = subprocess.run(words, env=DEMO.env, capture_output=True, text=True, check=False,
                              timeout=engine.SECONDS)
        assert done.returncode == 1 and text in done.stderr, (done.returncode, done.stderr)
    tap.expect(DEMO.names(), ['twin', 'twin'])


def a_socket_that_was_opened_before():
    tap.expect(DEMO.end(), 0)
    assert not os.path.exists(DEMO.socket)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(DEMO.socket)
    listener.listen()
    script = 'exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
    with open(os.path.join(DEMO.folder, 'plugin.log'), 'ab') as log:
        DEMO.process = subprocess.Popen(['sh', '-c', script, 'sh', *DEMO.words()], env=DEMO.env,
                                        stdin=listener, stdout=subprocess.PIPE, stderr=log,
                                        text=True)
    tap.expect(DEMO.does('Capabilities')['Capabilities'], {'Scope': 'global'})
    tap.expect(DEMO.end(), 0)
    assert os.path.exists(DEMO.socket)  # whose it is
    listener.close()


def a_service_that_is_away():
    os.unlink(DEMO.socket)
    DEMO.start()
    tap.expect(CLEATD.stop(), 0)
    DEMO.refuses(503, '', 'Get', Name='data')
    DEMO.does('Capabilities')
    tap.expect(DEMO.end(), 0)


# --- with volumes of this machine ---------------------------------------------------------------

def need_devices():
    if not PLUGIN:
        raise tap.Skip('no loop devices, or no root, on this machine')


def at_rest():
    return (not SERVICE.attachments and not PLUGIN.mounted() and not PLUGIN.held()
            and all(volume['status'] == 'available' for volume in SERVICE.volumes.values()))


def write(name, text):
    with open(os.path.join(PLUGIN.mounts, name, 'file'), 'w', encoding='ascii') as file:
        file.write(text)


def read(name):
    with open(os.path.join(PLUGIN.mounts, name, 'file'), encoding='ascii') as file:
        return file.read()


def a_first_container_makes_the_file_system():
    global SERVICE, PLUGIN
    if os.geteuid():
        raise tap.Skip('needs root')
    SERVICE = engine.Service(place('volumes'))
    probe = SERVICE.make_volume('mine')  # or is skipped
    del SERVICE.volumes[probe]
    PLUGIN = engine.Plugin(place('played'), SERVICE.env())
    PLUGIN.start()
    PLUGIN.does('Create', Name='data')
    where = PLUGIN.does('Mount', Name='data', ID='one')['Mountpoint']
    tap.expect(where, os.path.join(PLUGIN.mounts, 'data'))
    tap.expect((PLUGIN.mounted(), SERVICE.status_of('data')), (['data'], 'in-use'))
    tap.expect(PLUGIN.does('Path', Name='data')['Mountpoint'], where)
    tap.expect(PLUGIN.does('Get', Name='data')['Volume']['Mountpoint'], where)
    write('data', 'written by the first')


def the_last_container_takes_it_away():
    need_devices()
    PLUGIN.does('Mount', Name='data', ID='two')
    PLUGIN.does('Mount', Name='data', ID='two')
    tap.expect(len(SERVICE.attachments), 1)
    PLUGIN.refuses(409, 'mounted for 2', 'Remove', Name='data')
    PLUGIN.does('Unmount', Name='data', ID='one')
    PLUGIN.does('Unmount', Name='data', ID='nobody')
    tap.expect(read('data'), 'written by the first')
    PLUGIN.does('Unmount', Name='data', ID='two')
    assert at_rest()


def what_was_acknowledged_survives_a_kill():
    need_devices()
    PLUGIN.does('Mount', Name='data', ID='one')
    PLUGIN.does('Mount', Name='data', ID='two')
    tap.expect(read('data'), 'written by the first')  # and no second file system
    PLUGIN.does('Unmount', Name='data', ID='one')
    PLUGIN.kill()
    PLUGIN.start()
    tap.expect((PLUGIN.mounted(), PLUGIN.held()), (['data'], ['data.json']))
    PLUGIN.does('Mount', Name='data', ID='two')  # whose answer may have been lost
    PLUGIN.does('Unmount', Name='data', ID='one')
    tap.expect(PLUGIN.mounted(), ['data'])
    PLUGIN.does('Unmount', Name='data', ID='two')
    assert at_rest()


def ask_and_kill(dice, seconds, what):
    """One call, while the plugin is killed at some moment of it; whether it was acknowledged."""
    answers = []

    def ask():
        try:
            answers.append(PLUGIN.does(what, Name='data', ID='me'))
        except (OSError, engine.http.client.HTTPException, ValueError):
            pass  # it died on us

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(dice.random() * seconds)
    PLUGIN.kill()
    thread.join()
    PLUGIN.start()
    return bool(answers)


def a_kill_at_any_moment_leaves_nothing():
    need_devices()
    dice = random.Random(6)
    begin = time.monotonic()
    PLUGIN.does('Mount', Name='data', ID='me')
    middle = time.monotonic()
    PLUGIN.does('Unmount', Name='data', ID='me')
    lengths = {'Mount': middle - begin, 'Unmount': time.monotonic() - middle}
    for turn in range(KILLS):
        what = ('Mount', 'Unmount')[turn % 2]
        if what == 'Unmount':
            PLUGIN.does('Mount', Name='data', ID='me')
        if ask_and_kill(dice, lengths[what] * 1.2, what) and what == 'Mount':
            tap.expect((PLUGIN.mounted(), PLUGIN.held()), (['data'], ['data.json']))
        # Nobody asks again: what was not acknowledged is held as a whole or goes by itself.
        tap.wait_for('rest', lambda: at_rest() or (
            PLUGIN.held() and PLUGIN.mounted() and len(SERVICE.attachments) == 1), 120)
        PLUGIN.does('Mount', Name='data', ID='me')
        tap.expect(read('data'), 'written by the first')
        PLUGIN.does('Unmount', Name='data', ID='me')
        tap.wait_for('the end of round %d' % turn, at_rest, 120)


def one_slow_volume_holds_up_no_other():
    need_devices()
    PLUGIN.does('Create', Name='slow')
    SERVICE.gates['slow'] = threading.Event()
    done = []
    thread = threading.Thread(
        target=lambda: done.append(PLUGIN.ask('Mount', Name='slow', ID='one')))
    thread.start()
    tap.wait_for('the slow one', lambda: 'slow' in SERVICE.waiting)
    PLUGIN.does('Mount', Name='data', ID='one')
    PLUGIN.does('Unmount', Name='data', ID='one')
    tap.expect(done, [])
    SERVICE.gates['slow'].set()
    thread.join()
    tap.expect(done[0][0], 200)
    PLUGIN.does('Unmount', Name='slow', ID='one')
    assert at_rest()


def many_at_once():
    need_devices()
    bad = []

    def container(number):
        name = ('data', 'slow')[number % 2]
        for turn in range(3):
            holder = '%d-%d' % (number, turn)
            for what in ('Mount', 'Unmount'):
                status, answer = PLUGIN.ask(what, Name=name, ID=holder)
                if status != 200:
                    bad.append((what, name, answer))

    threads = [threading.Thread(target=container, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.expect(bad, [])
    assert at_rest()


def record(change=None):
    """Who holds data, and of whom the engine did not hear."""
    path = os.path.join(PLUGIN.records, 'data.json')
    with open(path, encoding='utf-8') as file:
        found = json.load(file)
    if change:
        change(found)
        with open(path, 'w', encoding='utf-8') as file:
            json.dump(found, file)
    return sorted(found['holders']), [row['id'] for row in found['unheard']]


def mount_and_hang_up(holder):
    """As an engine that dies while it waits: it takes no answer from the first moment."""
    body = json.dumps({'Name': 'data', 'ID': holder})
    with socket.socket(socket.AF_UNIX) as engine_socket:
        engine_socket.connect(PLUGIN.socket)
        engine_socket.shutdown(socket.SHUT_RD)
        engine_socket.sendall(('POST /VolumeDriver.Mount HTTP/1.1\r\nHost: x\r\n'
                               'Content-Length: %d\r\n\r\n%s' % (len(body), body)).encode())


def who_never_heard_of_his_mount_holds_nothing_for_long():
    """And what a container uses all the same is not taken from it."""
    need_devices()
    PLUGIN.does('Mount', Name='data', ID='one')
    tap.wait_for('the note that it was heard', lambda: record() == (['one'], []), 60)
    mount_and_hang_up('deaf')
    tap.wait_for('the other holder', lambda: record() == (['deaf', 'one'], ['deaf']), 60)
    PLUGIN.does('Unmount', Name='data', ID='one')
    tap.expect((PLUGIN.mounted(), record()), (['data'], (['deaf'], ['deaf'])))
    tap.expect(PLUGIN.end(), 0)

    def grow_old(found):
        found['unheard'][0]['mounted_ms'] -= 3600 * 1000
    record(grow_old)
    with subprocess.Popen(['unshare', '--mount', '--propagation', 'private', 'sh', '-c',
                           'mount --bind "$0" "$1"; echo inside; read line; cat "$1/file"',
                           os.path.join(PLUGIN.mounts, 'data'), place('container')],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as container:
        tap.expect(container.stdout.readline(), 'inside\n')
        PLUGIN.start()
        tap.wait_for('the keeper', lambda: record() == ([], []) and 'stays for now' in PLUGIN.log(),
                     120)
        tap.expect(len(SERVICE.attachments), 1)
        tap.expect(container.communicate('go on\n', 60)[0], 'written by the first')
    tap.expect(PLUGIN.end(), 0)
    PLUGIN.start()
    tap.wait_for('the end', at_rest, 120)


def what_is_busy_goes_later():
    need_devices()
    PLUGIN.does('Mount', Name='data', ID='one')
    with open(os.path.join(PLUGIN.mounts, 'data', 'file'), encoding='ascii'):
        PLUGIN.refuses(409, 'in use', 'Unmount', Name='data', ID='one')
        tap.expect(PLUGIN.mounted(), ['data'])
    PLUGIN.does('Unmount', Name='data', ID='one')
    assert at_rest()


def what_is_attached_elsewhere_stays_there():
    need_devices()
    SERVICE.named('data')['status'] = 'in-use'
    PLUGIN.refuses(409, 'attached elsewhere', 'Mount', Name='data', ID='one')
    PLUGIN.refuses(409, 'in use', 'Remove', Name='data')
    SERVICE.named('data')['status'] = 'available'
    assert at_rest()


def a_volume_with_something_in_it_is_not_formatted():
    need_devices()
    volume_id = SERVICE.make_volume('full')
    with open(SERVICE.loops[volume_id], 'r+b') as device:
        device.write(b'not a file system')
    PLUGIN.does('Create', Name='full', Opts={'volume': volume_id, 'fs': 'ext4'})
    PLUGIN.refuses(409, '', 'Mount', Name='full', ID='one')
    with open(SERVICE.loops[volume_id], 'rb') as device:
        tap.expect(device.read(17), b'not a file system')
    assert at_rest()
    PLUGIN.does('Remove', Name='full')
    tap.expect(SERVICE.status_of('full'), 'available')


def what_is_adopted_is_formatted_only_on_demand():
    need_devices()
    volume_id = SERVICE.make_volume('lent')
    PLUGIN.does('Create', Name='lent', Opts={'volume': volume_id})
    PLUGIN.refuses(409, '', 'Mount', Name='lent', ID='one')
    with open(SERVICE.loops[volume_id], 'rb') as device:
        tap.expect(device.read(65536), bytes(65536))
    PLUGIN.does('Remove', Name='lent')
    PLUGIN.does('Create', Name='lent', Opts={'volume': volume_id, 'fs': 'xfs'})
    PLUGIN.does('Mount', Name='lent', ID='one')
    PLUGIN.does('Unmount', Name='lent', ID='one')
    assert at_rest()
    PLUGIN.does('Remove', Name='lent')
    del SERVICE.volumes[volume_id]


def what_many_may_attach_is_only_read():
    need_devices()
    SERVICE.named('data')['multiattach'] = True
    PLUGIN.refuses(409, 'several hosts', 'Mount', Name='data', ID='one')
    SERVICE.named('data')['metadata']['cleat:mode'] = 'ro'
    PLUGIN.does('Mount', Name='data', ID='one')
    tap.expect(read('data'), 'written by the first')
    PLUGIN.does('Unmount', Name='data', ID='one')
    SERVICE.named('data')['status'] = 'reserved'
    PLUGIN.refuses(409, 'is reserved', 'Mount', Name='data', ID='one')
    SERVICE.named('data')['status'] = 'available'
    assert at_rest()


def volumes_go_with_their_names():
    need_devices()
    for name in ('data', 'slow'):
        PLUGIN.does('Remove', Name=name)
    tap.expect([volume['name'] for volume in SERVICE.volumes.values()], ['full'])
    tap.expect(PLUGIN.end(), 0)
    assert at_rest()


def clean_up():
    for plugin in (DEMO, PLUGIN):
        if plugin:
            plugin.kill()
    for name in PLUGIN.mounted() if PLUGIN else []:
        subprocess.run(['umount', '--lazy', os.path.join(PLUGIN.mounts, name)], check=False)
    if SERVICE:
        SERVICE.end()
    CLEATD.__exit__()
    shutil.rmtree(WORK)


tap.run('plugin', [
    serves, hosts_without_a_name_are_served, volumes_come_and_go,
    other_volumes_are_used_only_by_their_ids, two_of_one_name_are_never_guessed,
    a_mount_that_cannot_be_leaves_nothing, nonsense_is_refused, one_plugin_for_one_place,
    a_socket_that_was_opened_before, a_service_that_is_away,
    a_first_container_makes_the_file_system, the_last_container_takes_it_away,
    what_was_acknowledged_survives_a_kill, a_kill_at_any_moment_leaves_nothing,
    one_slow_volume_holds_up_no_other, many_at_once,
    who_never_heard_of_his_mount_holds_nothing_for_long, what_is_busy_goes_later,
    what_is_attached_elsewhere_stays_there, a_volume_with_something_in_it_is_not_formatted,
    what_is_adopted_is_formatted_only_on_demand, what_many_may_attach_is_only_read,
    volumes_go_with_their_names,
], clean_up)
