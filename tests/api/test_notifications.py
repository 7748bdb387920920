#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Notifications in the log: which come in which order, and what is in them; and that nothing is
written where nobody is to be told. With a real broker and listener: tests/notify."""
import json
import os
import re
import sqlite3
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'notify'), os.path.join(TESTS, 'lib'),
                os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from lib import Cleatd, wait_for  # noqa: E402
from notices import (  # noqa: E402
    DEATH, LIFE, OFF, SERVERS, SHARE_STORY, VOLUME_STORY, VOLUMES, Story, check_versioned,
    events_of, volume_events_of)

LINE = re.compile(r'notification=(\S+) exchange=(\S+) message=(\{.*\})$')
OPERATIONS = '/admin/v1/operations'
REBOOT = ['reboot.start', 'reboot.end']
WHEN = re.compile(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$')


def config(shares='directory', **settings):
    file = tempfile.NamedTemporaryFile('w', suffix='.conf', delete=False)
    with file:
        # They were asked for: the log's level is not theirs.
        file.write('[log]\nlevel = error\n[share]\nbackend = %s\n[notifications]\n' % shares)
        file.writelines('%s = %s\n' % pair for pair in settings.items())
    return file.name


CONFIG = config(driver='log', notification_format='both', bdms_in_notifications='true',
                include_share_mapping='true')
cleatd = Cleatd(args=['--config', CONFIG])


def outbox(folder):
    store = sqlite3.connect('file:%s/cleat.db?mode=ro' % folder, uri=True)
    try:
        return store.execute('SELECT COUNT(*) FROM outbox').fetchone()[0]
    finally:
        store.close()


def told(of=None):
    """All that was told so far: once the outbox is empty, it is in the log."""
    of = of or cleatd
    wait_for(lambda: outbox(of.dir) == 0, 'the outbox to be empty')
    with open(of.log.name, encoding='utf-8') as log:
        found = [LINE.search(line.rstrip('\n')) for line in log]
    return [dict(json.loads(line.group(3)), key=line.group(1), exchange=line.group(2))
            for line in found if line]


def of_type(notices, *types):
    return [notice for notice in notices if notice['event_type'] in types]


def whole_story_is_told_in_order():
    story = Story(cleatd).create()
    story.act('reboot', 'ACTIVE', {'type': 'HARD'})
    volume = story.volumes()
    old, new = story.volume(), story.volume()
    story.attach(old)
    story.swap(old, new)
    story.wait_volume(new, 'in-use')
    story.wait_volume(old, 'available')
    story.detach(new)
    story.act('os-stop', 'SHUTOFF')
    share = story.shares()
    story.delete()
    notices = told()
    tap.expect(events_of(notices, story.id),
               LIFE + REBOOT + VOLUME_STORY + VOLUME_STORY[:2] +
               ['volume_swap.start', 'volume_swap.end'] + VOLUME_STORY[2:] + OFF + SHARE_STORY +
               DEATH, 'events of the server')
    tap.expect(volume_events_of(notices, volume),
               ['volume.create.start', 'volume.create.end', 'volume.attach.start',
                'volume.attach.end', 'volume.detach.start', 'volume.detach.end'], 'of a volume')
    tap.expect([notice['event_type'] for notice in notices
                if notice['payload'].get('share_id') == share],
               ['share.create.start', 'share.create.end'], 'of a share')


def payloads_are_those_of_the_samples():
    versioned = [notice for notice in told() if notice['event_type'].startswith('instance.')]
    checked = {notice['event_type'] for notice in versioned if check_versioned(notice)}
    tap.expect(checked, {'instance.' + event for event in
                         LIFE + REBOOT + VOLUME_STORY + OFF + SHARE_STORY + DEATH +
                         ['volume_swap.start', 'volume_swap.end']}, 'events with a sample')


def shares_follow_the_power():
    seen = [(notice['event_type'].split('.', 1)[1],
             [share['nova_object.data']['status']
              for share in notice['payload']['nova_object.data']['shares']])
            for notice in told() if notice['event_type'].split('.')[1] in
            ('share_attach', 'share_detach', 'power_on')]
    tap.expect(seen, [('share_attach.start', ['attaching']), ('share_attach.end', ['inactive']),
                      ('power_on.start', ['inactive']), ('power_on.end', ['active']),
                      ('share_detach.start', ['detaching']), ('share_detach.end', [])], 'shares')


def each_is_whole_and_one_of_a_kind():
    notices = told()
    for key in ('message_id', '_unique_id'):
        tap.expect(len({notice[key] for notice in notices}), len(notices), key)
    for notice in notices:
        assert WHEN.match(notice['timestamp']), notice['timestamp']
        assert re.fullmatch('[0-9a-f]{32}', notice['_unique_id']), notice['_unique_id']
        assert re.match('req-', notice['_context_request_id']), notice
        assert notice['_context_is_admin'] is False, notice
        versioned = notice['event_type'].startswith('instance.')
        tap.expect(notice['key'], '%snotifications.%s' % (
            'versioned_' if versioned else '', notice['priority'].lower()), 'key')
        service = notice['event_type'].split('.')[0]
        tap.expect(notice['exchange'], {'instance': 'nova', 'compute': 'nova', 'share': 'manila'}
                   .get(service, 'cinder'), 'exchange of ' + notice['event_type'])


def unversioned_ones_of_servers():
    notices = told()
    attached, = {notice['payload']['volume_id'] for notice in notices
                 if notice['event_type'] == 'compute.instance.volume.attach'} & {
                     notice['payload']['nova_object.data']['volume_id'] for notice in
                     of_type(notices, 'instance.volume_detach.end')} & {
                         notice['payload']['volume_id'] for notice in
                         of_type(notices, 'compute.instance.volume.detach')}
    assert attached
    created, = of_type(notices, 'compute.instance.create.end')
    payload = created['payload']
    tap.expect((payload['state'], payload['deleted_at'], payload['display_name']),
               ('active', '', 'story'), 'usage')
    assert created['publisher_id'].startswith('compute.'), created['publisher_id']
    assert not of_type(notices, 'compute.instance.share_attach.start')


def how_a_volume_is_connected_is_not_told():
    for notice in told():
        text = json.dumps(notice)
        for word in ('connection_info', 'connector', 'auth_password', 'export_location'):
            assert word not in text, (word, text)


def attachments_of_others_are_told():
    story = Story(cleatd)
    volume = story.volume()
    user = story.user
    made = user.post('/volume/v3/attachments', {'attachment': {
        'volume_uuid': volume, 'instance_uuid': '11111111-2222-3333-4444-555555555555'}},
        version='volume 3.44')
    tap.expect(made.status, 200, 'status of %r' % made)
    path = '/volume/v3/attachments/%s' % made.body['attachment']['id']
    connector = {'connector': {'host': 'elsewhere', 'initiator': 'iqn.1993-08.org.debian:01:a'}}
    reply = user.put(path, {'attachment': connector}, version='volume 3.44')
    tap.expect(reply.status, 200, 'status of %r' % reply)
    tap.expect(user.post(path + '/action', {'os-complete': {}}, version='volume 3.44').status, 204,
               'complete')
    tap.expect(user.delete(path, version='volume 3.44').status, 200, 'delete')
    tap.expect(volume_events_of(told(), volume)[2:],
               ['volume.attach.start', 'volume.attach.end', 'volume.detach.start',
                'volume.detach.end'], 'events')


def changes_at_once_are_told():
    story = Story(cleatd)
    volume = story.volume()
    path = '%s/%s' % (VOLUMES, volume)
    tap.expect(story.user.put(path, {'volume': {'name': 'new'}}).status, 200, 'rename')
    tap.expect(story.user.delete(path).status, 202, 'delete')
    wait_for(lambda: story.user.get(path).status == 404, 'the volume to be gone')
    notices = told()
    tap.expect(volume_events_of(notices, volume)[2:],
               ['volume.update.start', 'volume.update.end', 'volume.delete.start',
                'volume.delete.end'], 'events')
    end, = [notice for notice in of_type(notices, 'volume.delete.end')
            if notice['payload']['volume_id'] == volume]
    tap.expect((end['payload']['display_name'], end['payload']['metadata']),
               ('new', [{'key': 'k', 'value': 'v'}]), 'what was deleted')


def who_asks_as_an_administrator_is_told_as_one():
    story = Story(cleatd)
    volume = story.volume()
    admin = cleatd.user('admin')
    path = '%s/%s' % (VOLUMES, volume)
    reset = admin.post(path + '/action', {'os-reset_status': {'status': 'error'}})
    tap.expect(reset.status, 202, 'status of %r' % reset)
    tap.expect(admin.delete(path).status, 202, 'delete')
    wait_for(lambda: story.user.get(path).status == 404, 'its end')
    seen = [(notice['event_type'], notice['_context_is_admin']) for notice in told()
            if notice['payload'].get('volume_id') == volume]
    tap.expect(seen, [('volume.create.start', False), ('volume.create.end', False),
                      ('volume.reset_status.start', True), ('volume.reset_status.end', True),
                      ('volume.delete.start', True), ('volume.delete.end', True)], 'of whom')


def failure_says_why():
    with Cleatd(args=['--config', CONFIG], env={'CLEAT_FAKE_MIRROR': '3600000'}) as slow:
        story = Story(slow).create()
        old, new = story.volume(), story.volume()
        story.attach(old)
        story.swap(old, new)
        rows = story.user.get('%s?server_id=%s' % (OPERATIONS, story.id)).body['operations']
        swap = next(row['id'] for row in rows if row['kind'] == 'swap-volume')
        reply = story.user.post('%s/%s/cancel' % (OPERATIONS, swap))
        assert reply.status < 300, reply
        story.wait_volume(old, 'in-use')
        story.wait_volume(new, 'available')
        failed, = of_type(told(slow), 'instance.volume_swap.error')
        assert check_versioned(failed)
        tap.expect(failed['payload']['nova_object.data']['fault']['nova_object.data']
                   ['exception_message'], 'cancelled', 'reason')
        tap.expect(failed['payload']['nova_object.data']['old_volume_id'], old, 'old volume')


def failures_are_as_in_the_samples():
    """Of a volume and of an image that have lost their bytes."""
    with Cleatd(args=['--config', CONFIG]) as poor:
        story = Story(poor).create()
        volume = story.volume()
        os.unlink(os.path.join(poor.dir, 'volumes', volume + '.raw'))
        reply = story.user.post(story.path + '/os-volume_attachments',
                                {'volumeAttachment': {'volumeId': volume}})
        tap.expect(reply.status, 200, 'status of %r' % reply)
        wait_for(lambda: of_type(told(poor), 'instance.volume_attach.error'), 'the failure')
        image = story.user.get(story.path).body['server']['image']['id']
        os.unlink(os.path.join(poor.dir, 'depot', 'images', image))
        reply = story.user.post(SERVERS, {'server': {
            'name': 'poor', 'imageRef': image, 'flavorRef': '1', 'networks': 'none'}},
            version='compute 2.52')
        tap.expect(reply.status, 202, 'status of %r' % reply)
        wait_for(lambda: of_type(told(poor), 'instance.create.error'), 'the other failure')
        failed = [notice for notice in told(poor) if notice['event_type'].startswith('instance.')
                  and notice['priority'] == 'ERROR']
        tap.expect([notice['event_type'] for notice in failed],
                   ['instance.volume_attach.error', 'instance.create.error'], 'failures')
        assert all(check_versioned(notice) for notice in failed)


def failure_of_a_share_says_why():
    path = config('fake', driver='log', notification_format='versioned')
    with Cleatd(args=['--config', path], env={'CLEAT_FAKE_SHARE_FAIL': '2:broken'}) as broken:
        os.unlink(path)
        story = Story(broken).create()
        story.act('os-stop', 'SHUTOFF')
        share = story.share()
        reply = story.user.post(story.shares_path(), {'share': {'share_id': share}},
                                version='compute 2.97')
        tap.expect(reply.status, 201, 'status of %r' % reply)
        wait_for(lambda: story.user.get(story.shares_path(share), version='compute 2.97')
                 .body['share']['status'] == 'error', 'the failure', 120)
        notices = told(broken)
        tap.expect(events_of(notices, story.id),
                   LIFE + OFF + ['share_attach.start', 'share_attach.error'], 'events')
        assert check_versioned(notices[-1])


def away():
    """One whose broker is never there: all that is told waits."""
    path = config(url='amqp://u:p@127.0.0.1:1/', notification_format='both')
    return Cleatd(args=['--config', path])


def what_cannot_be_read_is_put_aside():
    with away() as one:
        volume = Story(one).volume()
        one.stop()
        with sqlite3.connect(os.path.join(one.dir, 'cleat.db')) as store:
            count = store.execute('SELECT COUNT(*) FROM outbox').fetchone()[0]
            store.execute("UPDATE outbox SET body = '{\"torn' WHERE seq = 1")
            store.execute("INSERT INTO outbox VALUES (?, 'nobody', 0, 'info', '{}')", (count + 1,))
        store.close()
        os.unlink(one.args[-1])
        one.args[-1] = CONFIG
        assert one.start()
        tap.expect(volume_events_of(told(one), volume), ['volume.create.end'], 'what can be read')
        assert 'cleat_outbox_unreadable_total 2\n' in one.request('GET', '/metrics').text
        with open(one.log.name, encoding='utf-8') as log:
            aside = [line for line in log if 'cannot be read and is put aside' in line]
        tap.expect(len(aside), 2, 'lines of the log')


def what_waits_when_nobody_is_to_be_told_any_more_goes():
    with away() as one:
        Story(one).volume()
        count = outbox(one.dir)
        assert count > 0
        one.stop()
        os.unlink(one.args[-1])
        one.args.clear()
        assert one.start()
        tap.expect(outbox(one.dir), 0, 'outbox')
        with open(one.log.name, encoding='utf-8') as log:
            told_so = [line for line in log if 'discarded=%d ' % count in line]
        tap.expect(len(told_so), 1, 'lines of the log')


def nothing_is_written_where_nobody_is_told():
    with Cleatd() as quiet:
        story = Story(quiet)
        story.volume()
        tap.expect(outbox(quiet.dir), 0, 'outbox')
        with open(quiet.log.name, encoding='utf-8') as log:
            assert 'notification' not in log.read()


def cleanup():
    cleatd.__exit__()
    os.unlink(CONFIG)


tap.run('notifications', [
    whole_story_is_told_in_order, payloads_are_those_of_the_samples, shares_follow_the_power,
    each_is_whole_and_one_of_a_kind, unversioned_ones_of_servers,
    how_a_volume_is_connected_is_not_told, attachments_of_others_are_told,
    changes_at_once_are_told, who_asks_as_an_administrator_is_told_as_one, failure_says_why,
    failures_are_as_in_the_samples, failure_of_a_share_says_why, what_cannot_be_read_is_put_aside,
    what_waits_when_nobody_is_to_be_told_any_more_goes, nothing_is_written_where_nobody_is_told],
    cleanup)
