#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What differs between the rows and the world is named, and nothing else is; by the API and by
`cleat doctor`. On the fake hypervisor, whose domains are files that it reads when it starts."""
import json
import os
import subprocess
import sys
import uuid

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import lib  # noqa: E402
import tap  # noqa: E402

SERVERS = '/compute/v2.1/servers'
VOLUMES = '/volume/v3/volumes'
DIFFERENCES = '/admin/v1/differences'
DIFFERENT = 8

CLEATD = lib.Cleatd(start=False)
MADE = {}


def admin():
    return CLEATD.user('admin')


def differences():
    reply = admin().get(DIFFERENCES)
    tap.expect(reply.status, 200, 'status of %r' % reply.text)
    return reply.body['differences']


def shown():
    return sorted((row['kind'], row['type'], row['id']) for row in differences())


def expect_shown(*wanted):
    """A look at a server, or the end of an operation, may be on its way still."""
    lib.wait_for(lambda: shown() == sorted(wanted), 'differences %r' % (wanted,))


def cleat_doctor(name='admin'):
    env = dict(os.environ, **CLEATD.user(name).rc)
    return subprocess.run([lib.CLEAT, 'doctor', '-f', 'json'], env=env, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding='utf-8', timeout=300)


def domain_file(id):
    return os.path.join(CLEATD.dir, 'fake', id + '.json')


def volume_make():
    id = admin().post(VOLUMES, {'volume': {'size': 1}}).body['volume']['id']
    lib.wait_status(admin(), VOLUMES + '/' + id, 'volume', 'available')
    return id


def volume_files(id):
    return [os.path.join(path, name) for path, _, names in os.walk(CLEATD.dir)
            for name in names if id in name]


def server_make():
    flavor = admin().get('/compute/v2.1/flavors').body['flavors'][0]['id']
    image, = (row['id'] for row in admin().get('/image/v2/images').body['images']
              if row['name'] == 'tiny')
    id = admin().post(SERVERS, {'server': {'name': 'one', 'imageRef': image, 'flavorRef': flavor,
                                           'networks': 'none'}},
                      version='compute 2.37').body['server']['id']
    lib.wait_for(lambda: admin().get(SERVERS + '/' + id).body['server']['status'] == 'ACTIVE',
                 'server')
    return id


# --- tests ---------------------------------------------------------------------------------

def nothing_differs_in_peace():
    MADE.update(server=server_make(), volume=volume_make(), other=volume_make())
    reply = admin().post('%s/%s/os-volume_attachments' % (SERVERS, MADE['server']),
                         {'volumeAttachment': {'volumeId': MADE['volume']}})
    tap.expect(reply.status, 200, 'attach')
    lib.wait_status(admin(), VOLUMES + '/' + MADE['volume'], 'volume', 'in-use')
    expect_shown()
    ran = cleat_doctor()
    tap.expect((ran.returncode, json.loads(ran.stdout or 'null')), (0, []), ran.stderr)


def it_is_for_admins():
    tap.expect(CLEATD.user('demo').get(DIFFERENCES).status, 403, 'status')
    tap.expect(cleat_doctor('demo').returncode, 4, 'exit code')


def missing_bytes_are_named():
    files = volume_files(MADE['other'])
    tap.expect(len(files), 1, 'files of the volume')
    os.rename(files[0], files[0] + '.away')
    expect_shown(('no-bytes', 'volume', MADE['other']))
    ran = cleat_doctor()
    tap.expect(ran.returncode, DIFFERENT, 'exit code ' + ran.stderr)
    row, = json.loads(ran.stdout)
    tap.expect(row['ID'], MADE['other'], 'row of the list')
    os.rename(files[0] + '.away', files[0])
    expect_shown()


def a_row_that_an_admin_made_untrue_is_named():
    """os-resetState writes the row alone, so that it says what is not so."""
    where = '%s/%s/action' % (SERVERS, MADE['server'])
    tap.expect(admin().post(where, {'os-stop': None}).status, 202, 'stop')
    lib.wait_for(lambda: admin().get('%s/%s' % (SERVERS, MADE['server'])).body['server']['status']
                 == 'SHUTOFF', 'server to stop')
    expect_shown()
    tap.expect(admin().post(where, {'os-resetState': {'state': 'active'}}).status, 202, 'reset')
    expect_shown(('power', 'server', MADE['server']))
    row, = differences()
    tap.expect((row['name'], row['text']), ('one', 'the server is active, its domain is off'),
               'row')
    CLEATD.stop()
    assert CLEATD.start()  # where it is looked at, and mended
    expect_shown()


def what_is_of_nobody_is_named():
    CLEATD.stop()
    stranger = str(uuid.uuid4())
    with open(domain_file(MADE['server']), encoding='ascii') as file:
        mine = json.load(file)
    with open(domain_file(stranger), 'w', encoding='ascii') as file:
        json.dump({**mine, 'disks': []}, file)
    mine['disks'].append({'alias': 'ua-' + str(uuid.uuid4()), 'target': 'vdz',
                          'path': '/dev/zero', 'live': False, 'config': True})
    with open(domain_file(MADE['server']), 'w', encoding='ascii') as file:
        json.dump(mine, file)
    assert CLEATD.start()
    expect_shown(('strange-domain', 'domain', stranger),
                 ('strange-disk', 'server', MADE['server']))
    assert all(row['text'] and row['advice'] for row in differences())
    CLEATD.stop()
    os.unlink(domain_file(stranger))
    assert CLEATD.start()
    expect_shown(('strange-disk', 'server', MADE['server']))


def a_domain_that_is_gone_is_named():
    """Of a server in error nothing is mended, so its domain stays away."""
    where = '%s/%s/action' % (SERVERS, MADE['server'])
    tap.expect(admin().post(where, {'os-resetState': {'state': 'error'}}).status, 202, 'reset')
    CLEATD.stop()
    os.unlink(domain_file(MADE['server']))
    assert CLEATD.start()
    expect_shown()
    tap.expect(admin().post(where, {'os-resetState': {'state': 'active'}}).status, 202, 'reset')
    expect_shown(('no-domain', 'server', MADE['server']))


if __name__ == '__main__':
    assert CLEATD.start(), 'cleatd does not start; see ' + CLEATD.log.name
    tap.run('doctor', [
        nothing_differs_in_peace, it_is_for_admins, missing_bytes_are_named,
        a_row_that_an_admin_made_untrue_is_named, what_is_of_nobody_is_named,
        a_domain_that_is_gone_is_named], CLEATD.stop)
