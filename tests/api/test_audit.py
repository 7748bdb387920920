#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The audit trail: the story of a volume is read back from it, by request ids."""
import json
import os
import stat
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
import lib  # noqa: E402
from lib import Cleatd, wait_for, wait_status  # noqa: E402

SERVERS = '/compute/v2.1/servers'
VOLUMES = '/volume/v3/volumes'
TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
GLOBAL = 'req-0af76519-16cd-43dd-8448-eb211c80319c'

directory = tempfile.TemporaryDirectory(prefix='cleat-audit-')
TRAIL = os.path.join(directory.name, 'trail')
CONFIG = os.path.join(directory.name, 'conf')
with open(CONFIG, 'w', encoding='utf-8') as out:
    out.write('[audit]\ntrail = %s\n' % TRAIL)
cleatd = Cleatd(args=['--config', CONFIG])
demo = cleatd.user('demo')
assert demo.token
image = demo.get('/image/v2/images').body['images'][0]['id']


def trail():
    """The last line may be on its way still."""
    with open(TRAIL, encoding='utf-8') as lines:
        return [json.loads(line) for line in lines if line.endswith('\n')]


def of_request(request_id, count=1):
    """The lines of a request, once there are so many."""
    def look():
        events = [event for event in trail() if event.get('request_id') == request_id]
        return events if len(events) >= count else None
    return wait_for(look, '%d lines of %s' % (count, request_id))


def ended(request_id):
    """Its own line, and that of its operation's end."""
    return of_request(request_id, 2)


def request_id(reply):
    return reply.headers['x-openstack-request-id']


def said(event):
    return event['action'], event['outcome'], event['target'].get('volume_id')


def the_story_of_a_volume_is_read_back():
    made = demo.post(VOLUMES, {'volume': {'name': 'told', 'size': 1}})
    volume = made.body['volume']['id']
    wait_status(demo, VOLUMES + '/' + volume, 'volume', 'available')
    born = demo.post(SERVERS, {'server': {'name': 'told', 'imageRef': image, 'flavorRef': '1'}})
    server = SERVERS + '/' + born.body['server']['id']
    wait_status(demo, server, 'server', 'ACTIVE')
    attached = demo.post(server + '/os-volume_attachments',
                         {'volumeAttachment': {'volumeId': volume}})
    wait_status(demo, VOLUMES + '/' + volume, 'volume', 'in-use')
    detached = demo.delete(server + '/os-volume_attachments/' + volume)
    wait_status(demo, VOLUMES + '/' + volume, 'volume', 'available')
    deleted = demo.delete(VOLUMES + '/' + volume)

    create, create_end = ended(request_id(made))
    tap.expect(said(create), ('create', 'pending', None))
    tap.expect((create['target']['id'], create['target']['typeURI']), (volume, 'volume/volumes'))
    tap.expect(create['reason'], {'reasonType': 'HTTP', 'reasonCode': '202'})
    tap.expect(said(create_end), ('create-volume', 'success', volume))
    attach, attach_end = ended(request_id(attached))
    tap.expect((attach['action'], attach['target']['id']), ('create', volume))
    tap.expect(said(attach_end), ('attach-volume', 'success', volume))
    tap.expect('/compute/v2.1/servers/' + attach_end['target']['server_id'], server)
    detach, detach_end = ended(request_id(detached))
    tap.expect(said(detach), ('delete', 'pending', volume))
    tap.expect(said(detach_end), ('detach-volume', 'success', volume))
    tap.expect([said(event) for event in ended(request_id(deleted))],
               [('delete', 'pending', volume), ('delete-volume', 'success', volume)])
    for event in (create, create_end, attach, attach_end, detach, detach_end):
        tap.expect((event['initiator']['id'], event['initiator']['project_id']),
                   (demo.user_id, demo.project_id))
    tap.expect(create['initiator']['host']['address'], '127.0.0.1')


def refusals_are_told_too():
    refused = demo.delete(VOLUMES + '/' + 'f' * 32)
    tap.expect(refused.status, 404)
    event, = of_request(request_id(refused))
    tap.expect((event['action'], event['outcome'], event['reason']['reasonCode']),
               ('delete', 'failure', '404'))
    nobody = cleatd.request('DELETE', VOLUMES + '/' + 'f' * 32, None, {'X-Auth-Token': 'wrong'})
    event, = of_request(request_id(nobody))
    tap.expect((event['initiator']['id'], event['reason']['reasonCode']), ('unknown', '401'))


def logins_are_told_without_their_secrets():
    login = demo.login()
    login['auth']['identity']['password']['user']['password'] = 'wrong and secret'
    failed = cleatd.request('POST', '/identity/v3/auth/tokens', login)
    tap.expect(failed.status, 401)
    event, = of_request(request_id(failed))
    tap.expect((event['action'], event['outcome']), ('authenticate', 'failure'))
    with open(TRAIL, encoding='utf-8') as text:
        text = text.read()
    for secret in ('wrong and secret', demo.token, demo.rc['OS_PASSWORD']):
        assert secret not in text, secret


def reading_is_not_told():
    quiet = request_id(demo.get(VOLUMES))
    of_request(request_id(demo.post(VOLUMES, {'volume': {}})))  # told after it
    tap.expect([event for event in trail() if event.get('request_id') == quiet], [])


def a_trace_goes_along_unless_it_is_none():
    made = demo.post(VOLUMES, {'volume': {}}, headers={'traceparent': TRACE,
                                                       'X-OpenStack-Request-ID': GLOBAL})
    event, = of_request(request_id(made))
    tap.expect((event['traceparent'], event['global_request_id']), (TRACE, GLOBAL))
    for trace in ('00-' + '0' * 32 + TRACE[35:], TRACE + '-', TRACE.upper(), '', '00'):
        made = demo.post(VOLUMES, {'volume': {}}, headers={
            'traceparent': trace, 'X-OpenStack-Request-ID': 'req-"},'})
        event, = of_request(request_id(made))
        assert 'traceparent' not in event and 'global_request_id' not in event, event


def a_service_is_named_with_the_user():
    service = cleatd.user('service')
    made = demo.post(VOLUMES, {'volume': {}}, headers={'X-Service-Token': service.token})
    event, = of_request(request_id(made))
    tap.expect((event['initiator']['id'], event['on_behalf_of']['id']),
               (service.user_id, demo.user_id))


def others_cannot_read_it():
    tap.expect(stat.S_IMODE(os.stat(TRAIL).st_mode), 0o600)


tap.run('audit', [
    the_story_of_a_volume_is_read_back, refusals_are_told_too,
    logins_are_told_without_their_secrets, reading_is_not_told,
    a_trace_goes_along_unless_it_is_none, a_service_is_named_with_the_user,
    others_cannot_read_it], cleanup=lambda: cleatd.__exit__())
