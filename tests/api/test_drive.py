#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The config drive of a server on the fake hypervisor, whose files are read as a guest would."""
import base64
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

SERVERS = '/compute/v2.1/servers'
VOLUMES = '/volume/v3/volumes'

cleatd = Cleatd()
demo = cleatd.user('demo')
image = demo.get('/image/v2/images').body['images'][0]['id']


def boot(**members):
    made = demo.post(SERVERS, {'server': dict(
        {'name': 'driven', 'imageRef': image, 'flavorRef': '1', 'networks': 'none'}, **members)},
        version='compute 2.37')
    tap.expect(made.status, 202, repr(made))
    path = SERVERS + '/' + made.body['server']['id']
    wait_status(demo, path, 'server', 'ACTIVE')
    return path


def drives(path):
    pattern = os.path.join(cleatd.dir, 'guests', path.rsplit('/', 1)[1] + '.drive-*')
    return sorted(glob.glob(pattern))


def in_drive(path):
    """What the domain has in its drive."""
    with open(os.path.join(cleatd.dir, 'fake', path.rsplit('/', 1)[1] + '.json'),
              encoding='utf-8') as f:
        disks = json.load(f)['disks']
    found, = (disk['path'] for disk in disks if disk['alias'] == 'ua-config')
    return found


def read(path):
    """All files of the one drive that there is: {name: bytes}."""
    drive, = drives(path)
    tap.expect(in_drive(path), drive, 'what the domain reads')
    folder = tempfile.mkdtemp(prefix='cleat-drive-')
    try:
        subprocess.run(['xorriso', '-osirrox', 'on', '-indev', drive, '-extract', '/',
                        folder + '/all'], check=True, capture_output=True)
        files = {}
        for name in glob.glob(folder + '/all/**', recursive=True):
            if os.path.isfile(name):
                with open(name, 'rb') as f:
                    files[name[len(folder) + 5:]] = f.read()
        return files
    finally:
        subprocess.run(['chmod', '-R', 'u+w', folder], check=True)
        shutil.rmtree(folder)


def devices(path):
    return json.loads(read(path)['openstack/latest/meta_data.json'])['devices']


def attach(path, tag):
    volume = demo.post(VOLUMES, {'volume': {'size': 1}}).body['volume']['id']
    wait_status(demo, VOLUMES + '/' + volume, 'volume', 'available')
    tap.expect(demo.post(path + '/os-volume_attachments', {'volumeAttachment': {
        'volumeId': volume, 'tag': tag}}, version='compute 2.49').status, 200)
    wait_status(demo, VOLUMES + '/' + volume, 'volume', 'in-use')
    return volume


def settle(path, action, status):
    tap.expect(demo.post(path + '/action', action).status, 202)
    wait_for(lambda: demo.get(path).body['server']['status'] == status and
             demo.get(path).body['server']['OS-EXT-STS:task_state'] is None, status)


def only_who_asks_has_one():
    path = boot()
    tap.expect(drives(path), [])
    tap.expect(demo.get(path).body['server']['config_drive'], '')
    tap.expect(demo.delete(path).status, 204)


def the_drive_holds_both_trees():
    data = base64.b64encode(b'#!/bin/sh\necho hello\n').decode()
    path = boot(config_drive=True, user_data=data, metadata={'role': 'db'})
    tap.expect(demo.get(path).body['server']['config_drive'], 'True')
    files = read(path)
    tap.expect(files['openstack/latest/user_data'], b'#!/bin/sh\necho hello\n')
    tap.expect(files['ec2/latest/user-data'], b'#!/bin/sh\necho hello\n')
    tap.expect(json.loads(files['ec2/2009-04-04/meta-data.json'])['instance-type'],
               json.loads(files['ec2/latest/meta-data.json'])['instance-type'])
    for version in ('2012-08-10', '2025-04-04', 'latest'):
        tap.expect(json.loads(files['openstack/%s/meta_data.json' % version])['meta'],
                   {'role': 'db'})
    tap.expect(json.loads(files['openstack/latest/vendor_data2.json']), {'static': {}})
    tap.expect('openstack/latest/password' in files, False)
    tap.expect(demo.delete(path).status, 204)
    wait_for(lambda: demo.get(path).status == 404, 'the end of the server')
    tap.expect(drives(path), [])


def it_follows_what_is_attached():
    path = boot(config_drive='true')
    tap.expect(devices(path), [])
    volume = attach(path, 'database')
    found, = devices(path)
    tap.expect({k: found[k] for k in ('type', 'serial', 'bus', 'tags')},
               {'type': 'disk', 'serial': volume, 'bus': 'pci', 'tags': ['database']})
    tap.expect(demo.delete(path + '/os-volume_attachments/' + volume).status, 202)
    wait_status(demo, VOLUMES + '/' + volume, 'volume', 'available')
    tap.expect(devices(path), [])
    # A server that is off is told at its next start.
    settle(path, {'os-stop': None}, 'SHUTOFF')
    other = attach(path, 'log')
    settle(path, {'os-start': None}, 'ACTIVE')
    tap.expect([device['serial'] for device in devices(path)], [other])
    # So is one that is renamed and reset.
    tap.expect(demo.put(path, {'server': {'name': 'renamed'}}).status, 200)
    settle(path, {'reboot': {'type': 'HARD'}}, 'ACTIVE')
    tap.expect(json.loads(read(path)['openstack/latest/meta_data.json'])['name'], 'renamed')


def a_crash_leaves_no_old_drive():
    path = boot(config_drive=True)
    cleatd.kill()
    stale = drives(path)[0] + '0'
    with open(stale, 'wb'):
        pass
    assert cleatd.start()
    volume = attach(path, 'after')
    tap.expect([device['serial'] for device in devices(path)], [volume])


tap.run('drive', [only_who_asks_has_one, the_drive_holds_both_trees, it_follows_what_is_attached,
                  a_crash_leaves_no_old_drive],
        cleanup=lambda: cleatd.__exit__())
