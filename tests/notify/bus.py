#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A real RabbitMQ, real listeners of oslo.messaging, and what they hear of a cleatd: each event of
a story once and as in the reference's samples; nothing missing after the broker was away and cleatd
was killed; and brokers that others have set up, or that speak TLS."""
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), 'lib'),
                os.path.join(os.path.dirname(HERE), 'api')]
import tap  # noqa: E402
from broker import Broker, Listener  # noqa: E402
from lib import Cleatd  # noqa: E402
from notices import (  # noqa: E402
    DEATH, LIFE, OFF, SHARE_STORY, VOLUME_STORY, Story, check_versioned, events_of,
    volume_events_of)

home = tempfile.mkdtemp(prefix='cleat-bus-test-')
os.chmod(home, 0o755)  # the broker reads its certificate there
CERTS = {}
broker = None


def make_certificate():
    """One for localhost that vouches for itself."""
    key, cert = os.path.join(home, 'key.pem'), os.path.join(home, 'cert.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
                    '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key,
                    '-out', cert], check=True, capture_output=True)
    os.chmod(key, 0o644)
    CERTS.update(cacertfile=cert, certfile=cert, keyfile=key)


def settings(url=None, **more):
    """The path of a configuration."""
    path = os.path.join(home, 'cleatd%d.conf' % len(os.listdir(home)))
    pairs = {'url': url or broker.url(), 'notification_format': 'both',
             'bdms_in_notifications': 'true', 'include_share_mapping': 'true', **more}
    with open(path, 'w', encoding='utf-8') as file:
        file.write('[notifications]\n')
        file.writelines('%s = %s\n' % pair for pair in pairs.items())
    return path


def cleatd(**more):
    return Cleatd(args=['--config', settings(**more)])


def is_over(server):
    return lambda notices: 'delete.end' in events_of(notices, server) and any(
        notice['event_type'] == 'compute.instance.delete.end' and
        notice['payload']['instance_id'] == server for notice in notices)


def broker_answers():
    global broker  # pylint: disable=global-statement
    make_certificate()
    broker = Broker(tls=CERTS).start()


def each_event_is_heard_once_and_as_in_the_samples():
    listener = Listener(broker.url())
    try:
        with cleatd() as one:
            story = Story(one).create()
            volume = story.volumes()
            story.act('os-stop', 'SHUTOFF')
            story.shares()
            story.delete()
            notices = listener.wait(is_over(story.id), 'the end of the story')
    finally:
        listener.close()
    tap.expect(events_of(notices, story.id), LIFE + VOLUME_STORY + OFF + SHARE_STORY + DEATH,
               'events of the server')
    tap.expect(volume_events_of(notices, volume),
               ['volume.create.start', 'volume.create.end', 'volume.attach.start',
                'volume.attach.end', 'volume.detach.start', 'volume.detach.end'], 'of the volume')
    tap.expect(len({notice['message_id'] for notice in notices}), len(notices), 'of a kind')
    checked = {notice['event_type'] for notice in notices
               if notice['event_type'].startswith('instance.') and check_versioned(notice)}
    tap.expect(checked, {'instance.' + event for event in
                         LIFE + VOLUME_STORY + OFF + SHARE_STORY + DEATH}, 'events with a sample')
    assert all(re.match('req-', notice['request_id']) for notice in notices), notices


def nothing_is_missing_when_broker_and_daemon_go_away():
    broker.stop()  # what was not durable is no more
    broker.start()
    listener = Listener(broker.url(), durable=True)
    try:
        with cleatd(durable='true') as one:
            story = Story(one).create()
            listener.wait(lambda notices: 'create.end' in events_of(notices, story.id),
                          'the creation')
            broker.stop()
            story.volumes()  # requests do not wait for a broker
            one.kill()
            tap.expect(one.start(), True, 'start after a death')
            story.volumes()
            story.act('os-stop', 'SHUTOFF')
            broker.start()
            story.shares()
            story.delete()
            notices = listener.wait(is_over(story.id), 'the end of the story')
    finally:
        listener.close()
    # What was sent twice is one notification.
    one_each = list({notice['message_id']: notice for notice in notices}.values())
    tap.expect(events_of(one_each, story.id),
               LIFE + VOLUME_STORY + VOLUME_STORY + OFF + SHARE_STORY + DEATH,
               'events of the server')


def log_of(one):
    with open(one.log.name, encoding='utf-8') as log:
        return log.read()


def waiting(one):
    """How many notifications are in its outbox."""
    store = sqlite3.connect('file:%s/cleat.db?mode=ro' % one.dir, uri=True)
    try:
        return store.execute('SELECT COUNT(*) FROM outbox').fetchone()[0]
    finally:
        store.close()


def what_is_confirmed_late_is_not_sent_again():
    """The broker stands still for longer than a batch is waited for."""
    queues = 'notifications.info', 'versioned_notifications.info'
    with cleatd(durable='true') as one:
        story = Story(one).create()
        story.volume()  # all that there is to declare is declared
        tap.wait_for('an empty outbox', lambda: waiting(one) == 0, 120)
        broker.drain(*queues)
        broker.pause()
        try:
            volume = story.volumes()
            tap.wait_for('a warning', lambda: 'not known to have arrived' in log_of(one), 120)
        finally:
            broker.resume()
        tap.wait_for('an empty outbox again', lambda: waiting(one) == 0, 120)
        assert 'wait for confirms' not in log_of(one), 'the connection was lost'
    found = broker.drain(*queues)
    tap.expect(sorted({notice['_unique_id'] for notice in found}),
               sorted(notice['_unique_id'] for notice in found), 'each of them once')
    tap.expect(events_of(found, story.id), VOLUME_STORY, 'events of the server')
    tap.expect(volume_events_of(found, volume),
               ['volume.create.start', 'volume.create.end', 'volume.attach.start',
                'volume.attach.end', 'volume.detach.start', 'volume.detach.end'], 'of the volume')


def one_exchange_that_is_refused_holds_up_no_other_one():
    """Names that begin with amq. are the broker's own."""
    listener = Listener(broker.url(), durable=True)
    try:
        with cleatd(durable='true', volume_exchange='amq.not-ours') as one:
            story = Story(one).create()
            volume = story.volumes()
            story.act('os-stop', 'SHUTOFF')
            story.shares()
            story.delete()
            notices = listener.wait(is_over(story.id), 'the end of the story')
            tap.expect(events_of(notices, story.id),
                       LIFE + VOLUME_STORY + OFF + SHARE_STORY + DEATH, 'events of the server')
            tap.expect(volume_events_of(notices, volume), [], 'of the volume')
            assert any('exchange=amq.not-ours' in line and 'ACCESS_REFUSED' in line
                       for line in log_of(one).split('\n')), log_of(one)
            one.stop()
            one.args[-1] = settings(durable='true')
            tap.expect(one.start(), True, 'start with an exchange that may be')
            notices = listener.wait(lambda notices: len(volume_events_of(notices, volume)) >= 6,
                                    'what has waited')
            tap.expect(volume_events_of(notices, volume)[-1], 'volume.detach.end', 'the last')
    finally:
        listener.close()


def what_others_have_declared_is_used():
    """Exchanges and queues are durable since the last test; this daemon would not have them so."""
    listener = Listener(broker.url(), durable=True)
    try:
        with cleatd() as one:
            story = Story(one)
            volume = story.volume()
            notices = listener.wait(
                lambda notices: len(volume_events_of(notices, volume)) >= 2, 'a volume')
    finally:
        listener.close()
    tap.expect(volume_events_of(notices, volume), ['volume.create.start', 'volume.create.end'],
               'events')


def brokers_behind_tls():
    url = 'amqps://guest:guest@localhost:%d/' % broker.tls_port
    listener = Listener(broker.url(), durable=True)
    try:
        with cleatd(url=url, durable='true', ca_file=CERTS['cacertfile']) as one:
            volume = Story(one).volume()
            listener.wait(lambda notices: len(volume_events_of(notices, volume)) == 2, 'a volume')
    finally:
        listener.close()


def broker_that_nobody_vouches_for_is_told_nothing():
    url = 'amqps://guest:secret-word@localhost:%d/' % broker.tls_port
    with cleatd(url=url, durable='true') as one:
        Story(one).volume()

        def log():
            with open(one.log.name, encoding='utf-8') as file:
                return file.read()
        tap.wait_for('a warning', lambda: 'notifications wait' in log())
        assert 'secret-word' not in log()


def cleanup():
    if broker:
        broker.close()
    for name in os.listdir(home):
        os.unlink(os.path.join(home, name))
    os.rmdir(home)


tap.run('notify', [
    broker_answers, each_event_is_heard_once_and_as_in_the_samples,
    nothing_is_missing_when_broker_and_daemon_go_away, what_is_confirmed_late_is_not_sent_again,
    one_exchange_that_is_refused_holds_up_no_other_one, what_others_have_declared_is_used,
    brokers_behind_tls, broker_that_nobody_vouches_for_is_told_nothing], cleanup)
