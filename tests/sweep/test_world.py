#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The sweep's judge: it accepts a world that is right and finds each thing that is not."""
import os
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'lib'), os.path.dirname(os.path.abspath(__file__))]
import tap  # noqa: E402
from world import (  # noqa: E402
    Attachment, Disk, Domain, Rows, Server, Volume, World, complaints, dangers)

SERVER = '11111111-1111-1111-1111-111111111111'
VOLUME = '22222222-2222-2222-2222-222222222222'
SPARE = '33333333-3333-3333-3333-333333333333'
ATTACHMENT = '44444444-4444-4444-4444-444444444444'
STRANGER = '99999999-9999-9999-9999-999999999999'


def world(**changes):
    """A server with one of two volumes attached, and everything right."""
    right = World(
        servers={SERVER: Server('ACTIVE', None, 'p', [VOLUME])},
        volumes={VOLUME: Volume('in-use', 'p', 2, [SERVER]),
                 SPARE: Volume('available', 'p', 3, [])},
        images=[],
        domains={SERVER: Domain('running', {VOLUME: Disk(True, True)})},
        files=['volumes/%s.raw' % VOLUME, 'volumes/%s.raw' % SPARE, 'openrc-demo',
               'fake/%s.json' % SERVER],
        operations=[],
        usage={('p', 'volumes'): 2, ('p', 'gigabytes'): 5, ('p', 'instances'): 1,
               ('@file', 'promised_gib'): 5},
        attachments={})
    return right._replace(**changes)


def found(text, changed, **how):
    """Exactly this is complained about, perhaps in several ways."""
    told = complaints(changed, **how)
    if not told or not all(text in line for line in told):
        raise AssertionError('wanted only %r, got %r' % (text, told))


def volumes(status, servers):
    return {**world().volumes, VOLUME: Volume(status, 'p', 2, servers)}


def servers(**changes):
    return {SERVER: world().servers[SERVER]._replace(**changes)}


def a_right_world_passes():
    tap.expect(complaints(world()), [])


def an_empty_world_passes():
    tap.expect(complaints(World({}, {}, [], {}, [], [], {('p', 'volumes'): 0}, {})), [])


def two_servers_share_what_is_made_for_it():
    """And nothing else."""
    def two(shared):
        return world(
            servers={**servers(), STRANGER: Server('ACTIVE', None, 'p', [VOLUME])},
            volumes={**world().volumes,
                     VOLUME: Volume('in-use', 'p', 2, [SERVER, STRANGER], shared)},
            domains={server: Domain('running', {VOLUME: Disk(True, True)})
                     for server in (SERVER, STRANGER)},
            files=world().files + ['fake/%s.json' % STRANGER],
            usage={**world().usage, ('p', 'instances'): 2})
    tap.expect(complaints(two(True)), [])
    found('has attachments to', two(False))


def addresses_go_with_their_servers():
    told = world(addresses={SERVER: '10.0.0.5'}, files=world().files + ['dhcp-hosts/' + SERVER])
    tap.expect(complaints(told), [])
    found('nobody is told', told._replace(files=world().files))
    found('has outlived it', world(addresses={STRANGER: '10.0.0.5'}))
    found('is left over', world(files=world().files + ['dhcp-hosts/' + STRANGER]))


def what_a_server_got_while_away_is_plugged_in_nowhere():
    got = {ATTACHMENT: Attachment(VOLUME, 'attached', 'mapping', False)}
    away = world(servers=servers(status='SHELVED_OFFLOADED'), domains={}, attachments=got,
                 files=[name for name in world().files if 'fake' not in name])
    tap.expect(complaints(away), [])
    found(VOLUME, away._replace(volumes=volumes('available', [])))


def a_volume_in_between_is_found():
    for status in ('reserved', 'attaching', 'detaching', 'creating', 'deleting', 'error'):
        assert 'volume %s is %s' % (VOLUME, status) in complaints(
            world(volumes=volumes(status, [SERVER])))


def an_attachment_that_one_side_forgot_is_found():
    found(VOLUME, world(volumes=volumes('available', [])))
    found(VOLUME, world(servers=servers(volumes=[])))
    found(VOLUME, world(domains={SERVER: Domain('running', {})}))


def an_attachment_too_many_is_found():
    found(SPARE, world(servers=servers(volumes=[VOLUME, SPARE])))
    found(SPARE, world(domains={SERVER: Domain('running', {VOLUME: Disk(True, True),
                                                      SPARE: Disk(True, True)})}))


def a_disk_halfway_is_found():
    for disk in (Disk(True, False), Disk(False, True), Disk(True, True, '/v/' + SPARE)):
        found('halfway', world(domains={SERVER: Domain('running', {VOLUME: disk})}))


def a_server_in_between_is_found():
    found('still deleting', world(servers=servers(task='deleting')))
    found('is BUILD', world(servers=servers(status='BUILD')))
    found('is ERROR', world(servers=servers(status='ERROR')))
    tap.expect(complaints(world(servers=servers(status='ERROR')), broken_is_fine=True), [])


def power_that_differs_is_found():
    found('domain is running', world(servers=servers(status='SHUTOFF')))


def a_lost_domain_is_found():
    told = complaints(world(domains={}))
    assert 'ACTIVE server %s: its domain is None' % SERVER in told, told


def a_lost_file_is_found():
    found('no file', world(files=world().files[1:]))


def leftovers_are_found():
    for name in ('volumes/%s.raw' % STRANGER, 'volumes/.new-%s.raw' % SPARE,
                 'fake/%s.json.new' % SERVER, 'images/.upload-12'):
        found('left over', world(files=world().files + [name]))
    found('has no server', world(domains={**world().domains, STRANGER: Domain('off', {})}))
    found('operation', world(operations=['attach-volume doing (None)']))
    found('has no end', world(acting=['resize compute_finish_resize']))


def consumed(status, volume_status, exported, files=()):
    """A world whose spare volume has an attachment of a consumer."""
    right = world()
    return right._replace(
        volumes={**right.volumes, SPARE: Volume(volume_status, 'p', 3, [])},
        files=right.files + list(files),
        attachments={ATTACHMENT: Attachment(SPARE, status, None, exported)})


def what_waits_for_its_consumer_passes():
    export = ['volumes/exports/' + ATTACHMENT]
    tap.expect(complaints(consumed('reserved', 'reserved', 0)), [])
    tap.expect(complaints(consumed('attaching', 'attaching', 1, export)), [])
    tap.expect(complaints(consumed('attached', 'in-use', 1, export)), [])


def a_volume_unlike_its_attachments_is_found():
    found(SPARE, consumed('reserved', 'available', 0))
    found(SPARE, consumed('attaching', 'in-use', 0))
    found('is detaching', consumed('detaching', 'detaching', 0))


def what_waits_for_a_client_of_old_passes():
    export = ['volumes/exports/' + ATTACHMENT]
    reserved = world(volumes={**world().volumes, SPARE: Volume('attaching', 'p', 3, [])})
    tap.expect(complaints(reserved._replace(held=[SPARE])), [])
    found('is attaching', reserved)
    leaving = consumed('attached', 'detaching', 1, export)
    tap.expect(complaints(leaving._replace(held=[SPARE])), [])
    found('is detaching', leaving)
    found('is attaching', consumed('attached', 'attaching', 1, export)._replace(held=[SPARE]))


def an_export_unlike_its_row_is_found():
    found('exported', consumed('attaching', 'attaching', 1))
    found('exported', consumed('reserved', 'reserved', 0, ['volumes/exports/' + ATTACHMENT]))
    found('left over', world(files=world().files + ['volumes/exports/' + STRANGER]))


def wrong_usage_is_found():
    found('quota', world(usage={('p', 'volumes'): 1}))
    found('quota', world(usage={('other', 'instances'): 1}))
    found('quota', world(usage={('@file', 'promised_gib'): 6}))


def rows_of(volumes_there, attached, attachments=None):
    return Rows(volumes_there, attached, attachments or {})


def danger(rows, domains, files=()):
    return list(dangers(rows, domains, ['volumes/%s.raw' % VOLUME, *files]))


def an_export_that_nobody_knows_of_is_a_danger():
    def told(status, *rows):
        there = {ATTACHMENT: Attachment(VOLUME, *row) for row in rows}
        return danger(rows_of({VOLUME: status}, [], there), {},
                      ['volumes/exports/' + ATTACHMENT])
    tap.expect(told('attaching', ('attaching', None, 1)), [])
    assert 'nobody knows' in ''.join(told('reserved', ('reserved', None, 0)))
    assert 'nobody knows' in ''.join(told('attaching'))
    assert 'exported and free' in ''.join(told('available', ('attaching', None, 1)))


def what_is_halfway_is_no_danger():
    disk = {SERVER: Domain('running', {VOLUME: Disk(True, True)})}
    for status in ('attaching', 'in-use', 'detaching'):
        tap.expect(danger(rows_of({VOLUME: status}, []), disk), [])
        tap.expect(danger(rows_of({VOLUME: status}, []), {}), [])
    tap.expect(danger(rows_of({VOLUME: 'in-use'}, [(SERVER, VOLUME)]), disk), [])
    tap.expect(danger(rows_of({VOLUME: 'available'}, []), {}), [])


def a_volume_freed_too_early_is_a_danger():
    disk = {SERVER: Domain('running', {VOLUME: Disk(True, False)})}
    for volumes_there in ({VOLUME: 'available'}, {}):
        told, = danger(rows_of(volumes_there, []), disk)
        assert 'has volume' in told, told


def a_volume_called_attached_too_early_is_a_danger():
    told, = danger(rows_of({VOLUME: 'in-use'}, [(SERVER, VOLUME)]), {SERVER: Domain('running', {})})
    assert 'called attached' in told, told


def a_volume_without_bytes_is_a_danger():
    told, = danger(rows_of({SPARE: 'available'}, []), {})
    assert 'no file' in told, told


tap.run('judge', [
    a_right_world_passes, an_empty_world_passes, two_servers_share_what_is_made_for_it,
    addresses_go_with_their_servers,
    what_a_server_got_while_away_is_plugged_in_nowhere, a_volume_in_between_is_found,
    an_attachment_that_one_side_forgot_is_found, an_attachment_too_many_is_found,
    a_disk_halfway_is_found, a_server_in_between_is_found, power_that_differs_is_found,
    a_lost_domain_is_found, a_lost_file_is_found, leftovers_are_found, wrong_usage_is_found,
    what_waits_for_its_consumer_passes, what_waits_for_a_client_of_old_passes,
    a_volume_unlike_its_attachments_is_found,
    an_export_unlike_its_row_is_found, an_export_that_nobody_knows_of_is_a_danger,
    what_is_halfway_is_no_danger, a_volume_freed_too_early_is_a_danger,
    a_volume_called_attached_too_early_is_a_danger, a_volume_without_bytes_is_a_danger,
])
