#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The numbers of what is under way, of what is broken, and of how requests and operations end."""
import os
import re
import sqlite3
import sys
import tempfile
import threading

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import lib  # noqa: E402
import tap  # noqa: E402

VOLUMES = '/volume/v3/volumes'
CONNECTOR = {'host': 'h', 'initiator': 'iqn.1993-08.org.debian:01:h'}

config = tempfile.NamedTemporaryFile('w', suffix='.conf')
config.write('[volume]\nbackend = fake\n')
config.flush()
cleatd = lib.Cleatd(args=['--config', config.name], env={'CLEAT_FAKE_EXPORT_DELAY_MS': '4000'})
demo = cleatd.user('demo')
assert demo.token


def metric(name, **labels):
    """The value of the one sample with these labels, or None."""
    found = []
    for line in cleatd.request('GET', '/metrics').text.split('\n'):
        sample = re.fullmatch(r'(\w+)(?:\{(.*)\})? (\S+)', line)
        if sample and sample.group(1) == name:
            has = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', sample.group(2) or ''))
            if all(has.get(key) == value for key, value in labels.items()):
                found.append(float(sample.group(3)))
    assert len(found) < 2, (name, labels, found)
    return found[0] if found else None


def a_volume():
    made = demo.post(VOLUMES, {'volume': {'size': 1}})
    tap.expect(made.status, 202, repr(made))
    volume = made.body['volume']['id']
    lib.wait_status(demo, VOLUMES + '/' + volume, 'volume', 'available')
    return volume


def what_is_under_way_is_counted_with_its_age():
    volume = a_volume()
    export = threading.Thread(target=demo.post, args=('/volume/v3/attachments', {'attachment': {
        'volume_uuid': volume, 'connector': CONNECTOR}}), kwargs={'version': 'volume 3.44'})
    tap.expect(metric('cleat_operations', kind='create-attachment'), None)
    export.start()
    lib.wait_for(lambda: metric('cleat_operations', kind='create-attachment', state='doing') == 1,
                 'an operation under way')
    lib.wait_for(lambda: (metric('cleat_operations_oldest_seconds', kind='create-attachment',
                                 state='doing') or 0) > 0.2, 'its age')
    export.join()
    lib.wait_for(lambda: metric('cleat_operations', kind='create-attachment') is None, 'its end')
    # Its row says so before it is counted.
    lib.wait_for(lambda: (metric('cleat_operations_ended_total', kind='create-attachment',
                                 outcome='done'),
                          metric('cleat_operation_seconds_count', kind='create-attachment'))
                 == (1, 1), 'it to be counted')
    tap.expect(metric('cleat_operations_ended_total', kind='create-attachment', outcome='failed'),
               0)


def what_is_broken_stays_in_sight():
    a_volume()
    cleatd.stop()
    with sqlite3.connect(os.path.join(cleatd.dir, 'cleat.db')) as store:
        store.execute("UPDATE operations SET state = 'broken' WHERE kind = 'create-volume'")
        broken = store.execute("SELECT changes()").fetchone()[0]
    store.close()
    assert broken > 0
    assert cleatd.start()
    tap.expect(metric('cleat_operations', kind='create-volume', state='broken'), broken)


def bad_input_is_no_fault_of_ours():
    before = metric('cleat_http_requests_total', status='422') or 0
    tap.expect(demo.post('/share/v2/shares', {'shares': {}}).status, 422)
    tap.expect(metric('cleat_http_requests_total', status='422'), before + 1)
    tap.expect(metric('cleat_http_requests_total', status='504'), None)


def room_is_shown():
    assert metric('cleat_backend_bytes', service='volume') > 0
    assert metric('cleat_backend_free_bytes', service='share') > 0


tap.run('metrics', [
    what_is_under_way_is_counted_with_its_age, what_is_broken_stays_in_sight,
    bad_input_is_no_fault_of_ours, room_is_shown], cleanup=lambda: cleatd.__exit__())
