#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Every route that writes, asked for what it must refuse: the status and words of its dialect, and
afterwards every row of the store is what it was.

The routes come from routes.txt. What a request is about is there, so that nothing but the body, the
version or the asker is wrong; a body counts as wrong when it is refused for a thing that is not
there as well. What each resource refuses beyond that (states, limits, values): tests/cases.
"""
import json
import os
import re
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from malformedlib import PREFIXES, member_names, routes  # noqa: E402
from volumelib import NOBODY, tap  # noqa: E402
from lib import Cleatd, wait_status  # noqa: E402

AT = {'compute': 'compute 2.%d', 'volume': 'volume 3.%d', 'share': 'shared-file-system 2.%d'}
LEAST = {'compute': 1, 'volume': 0, 'share': 0}
NEWEST = {'compute': 104, 'volume': 71, 'share': 88}
NO_ROUTE = 'The resource could not be found.'
NO_JSON = (None, b'', b'{', b'{}{}', b'{"a":1,"a":2}', b'\xff\xfe{}', b'{"a":"\xff"}', b'[' * 200,
           b'{"a":1e999}')
NO_OBJECT = ((b'null', "None is not of type 'object'"), (b'[]', "[] is not of type 'object'"),
             (b'"t"', "'t' is not of type 'object'"), (b'1', "1 is not of type 'object'"))
MALFORMED = {
    'identity': 'Expecting to find valid JSON in request body. The server could not comply with '
                'the request since it is either malformed or otherwise incorrect. The client is '
                'assumed to be in error.'}
# What a body that lacks its outer member is told, and one that has another one beside it.
LACKS = re.compile(r"'[\w:-]+' is a required property$|Request body and URI mismatch$|"
                   r'Expecting to find \w+ in request body\.|Malformed request body$|'
                   r'Unable to process the contained instructions$|'
                   r"Additional properties are not allowed \('odd' was unexpected\)$|"
                   r"Invalid input for field/attribute odd\. Value: 1\. 1 is not of type ")
# What a member is told that is none, or is of a wrong type; {} is the name of the outer one.
WRONG = '|'.join((
    r'Invalid input for field/attribute \S+\. Value: .+\. .+', "Invalid input for field '{}.*': .+",
    r'Expecting to find \w+ in \w+\.', r'Expecting to find valid JSON in request body\.',
    r'Invalid input received: Bad key\(s\) in quota set: ', 'Please specify a name for QoS specs',
    'Invalid input received: Invalid volume size provided ', 'Specify (volume|share) type name, ',
    'Unable to process the contained instructions$', "Must specify 'status', ",
    'Request body and URI mismatch$', r"'[\w-]+' is a required property$",
    r"Only 'resource_action' and 'lock_reason' can be updated\.", 'Malformed request body$',
    'Additional properties are not allowed '))
TYPES = ([[]], {'odd': [1]}, 'x' * 70000, True, None, -1.5)
# What takes whatever comes with its name, as in the reference; all members of projects and users
# are free.
OPEN = re.compile(
    r'identity PATCH /(projects|users)/\{\w+\} |'
    r'compute .* (os-start|os-stop|pause|unpause|suspend|resume|restore|shelve|shelveOffload|'
    r'unlock|forceDelete|unrescue|confirmResize|revertResize)|'
    r'volume .* (os-(reserve|unreserve|begin_detaching|roll_detaching|force_delete|complete|'
    r'show_image_metadata))|'
    r'share .* ((os-)?force_delete|soft_delete|restore|(os-)?access_list|unmanage|'
    r'migration_\w+|os-reset_status)|'
    r'share POST /os-share-unmanage/\{share_id\}/unmanage |volume POST /workers/cleanup ')
OWNED = {'volume_id', 'snapshot_id', 'attachment_id', 'server_id', 'share_id', 'share_snapshot_id'}
FORBIDDEN = re.compile(r'compute .*(/shares|share_attach|share_detach)')
# The bodies of routes; of actions what comes with their names.
BODIES = (
    (r'compute PUT /(servers|os-volumes_boot)/\{server_id\} ', {'server': {'name': 'n'}}),
    (r'os-getConsoleOutput', {}), (r'reboot', {'type': 'SOFT'}), (r'createImage', {'name': 'n'}),
    (r'rebuild', {'imageRef': NOBODY}), (r'resize', {'flavorRef': '1'}),
    (r'/servers/\{server_id\}/shares', {'share': {'share_id': NOBODY}}),
    (r'share_attach|share_detach', {'share_id': NOBODY}),
    (r'compute PUT .*/tags ', {'tags': ['t']}),
    (r'compute .*/os-volume_attachments', {'volumeAttachment': {'volumeId': NOBODY}}),
    (r'remote-consoles', {'remote_console': {'protocol': 'vnc', 'type': 'novnc'}}),
    (r'os-getVNCConsole', {'type': 'novnc'}), (r'os-getSPICEConsole', {'type': 'spice-html5'}),
    (r'os-getSerialConsole', {'type': 'serial'}),
    (r'volume PUT /volumes/\{volume_id\} ', {'volume': {'name': 'n'}}),
    (r'volume PUT /snapshots/\{snapshot_id\} ', {'snapshot': {'name': 'n'}}),
    (r'volume PUT /attachments/', {'attachment': {'connector': {'host': 'h'}}}),
    (r'volume .* os-extend', {'new_size': 2}), (r'os-retype', {'new_type': 'multiattach'}),
    (r'os-set_bootable', {'bootable': True}), (r'os-update_readonly_flag', {'readonly': True}),
    (r'os-set_image_metadata', {'metadata': {'a': 'b'}}),
    (r'os-unset_image_metadata', {'key': 'a'}),
    (r'os-attach', {'mountpoint': '/dev/vdb', 'instance_uuid': NOBODY}),
    (r'os-(initialize|terminate)_connection', {'connector': {'host': 'h', 'initiator': 'i'}}),
    (r'os-update_snapshot_status', {'status': 'available'}), (r'revert', {'snapshot_id': NOBODY}),
    (r'os-volume_upload_image', {'image_name': 'n'}), (r'os-detach', {}),
    (r'share PUT /shares/\{share_id\} ', {'share': {'display_name': 'n'}}),
    (r'share PUT /snapshots/\{share_snapshot_id\} ', {'snapshot': {'display_name': 'n'}}),
    (r'share .* (os-)?(extend|shrink)', {'new_size': 2}),
    (r'share .* (os-)?allow_access', {'access_type': 'ip', 'access_to': '192.0.2.1'}),
    (r'share .* (os-)?deny_access', {'access_id': NOBODY}),
    (r'(compute|volume) PUT .*/metadata/\{key\}', {'meta': {NOBODY: 'v'}}),
    (r'share .*/metadata/\{key\}', {'metadata': {NOBODY: 'v'}}),
    (r'(POST|PUT) .*/metadata ', {'metadata': {'a': 'b'}}),
)

cleatd = Cleatd()
admin, alt = cleatd.user('admin'), cleatd.user('alt')


def store():
    """Every row."""
    with sqlite3.connect('file:%s?mode=ro' % os.path.join(cleatd.dir, 'cleat.db'), uri=True,
                         timeout=30) as db:
        names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND "
                           "name NOT LIKE 'sqlite_%' ORDER BY name").fetchall()
        return {name: sorted(map(repr, db.execute('SELECT * FROM "%s"' % name)))
                for name, in names}


def made(user, path, key, status='available', **wish):
    reply = user.post(path, {key: wish})
    assert reply.status in (200, 201, 202), reply
    identifier = reply.body[key]['id']
    if status:
        wait_status(user, '%s/%s' % (path, identifier), key, status)
    return identifier


def real_things():
    """One of each kind that has a path, all of the admin's project."""
    image = [i for i in admin.get('/image/v2/images').body['images'] if i['name'] == 'tiny'][0]
    volume = made(admin, '/volume/v3/volumes', 'volume', size=1)
    share = made(admin, '/share/v2/shares', 'share', share_proto='NFS', size=1)
    held = admin.post('/volume/v3/attachments', {'attachment': {'volume_uuid': made(
        admin, '/volume/v3/volumes', 'volume', size=1)}}, version='volume 3.71')
    return {
        'volume_id': volume, 'share_id': share, 'image_id': image['id'], 'flavor_id': '1',
        'attachment_id': held.body['attachment']['id'],
        'snapshot_id': made(admin, '/volume/v3/snapshots', 'snapshot', volume_id=volume),
        'share_snapshot_id': made(admin, '/share/v2/snapshots', 'snapshot', share_id=share),
        'server_id': made(admin, '/compute/v2.1/servers', 'server', 'ACTIVE', name='s',
                          imageRef=image['id'], flavorRef='1'),
        'qos_id': made(admin, '/volume/v3/qos-specs', 'qos_specs', None, name='q'),
        'user_id': alt.user_id, 'project_id': alt.project_id, 'quota_project_id': alt.project_id,
        'default_project_id': alt.project_id}


class Route:
    """One line, and the version at which it is asked: the newest that has it."""

    def __init__(self, dialect, method, pattern, action):
        self.dialect, self.method, self.pattern, self.action = dialect, method, pattern, action
        self.minor = NEWEST.get(dialect)
        if self.minor and self.ask({action: None} if action else None,
                                   {}).message() == NO_ROUTE:
            self.minor = LEAST[dialect]

    def __str__(self):
        return ' '.join([self.dialect, self.method, self.pattern] + [self.action or ''])

    def path(self, things):
        return PREFIXES[self.dialect] + re.sub(
            r'\{(\w+)\}', lambda found: things.get(found.group(1), NOBODY), self.pattern)

    def ask(self, body, things, user=admin, version=None):
        if version is None and self.minor is not None:
            version = AT[self.dialect] % self.minor
        return user.request(self.method, self.path(things), body, version=version)

    def takes_a_body(self):
        return self.ask(b'{', {}).status == 400 and self.ask(b'{', {}).message() == self.malformed()

    def malformed(self):
        return MALFORMED.get(self.dialect, 'Malformed request body')

    def outer_member(self):
        if self.action:
            return self.action
        found = re.search(r"^'([\w:-]+)' is a required|find ([\w:-]+) in request body",
                          self.ask({}, {}).message() or '')
        return found and (found.group(1) or found.group(2))


REAL = {}


def a_world():
    assert alt.token
    REAL.update(real_things())


class Asker:
    """Asks one route, and collects what is not as it should be."""

    def __init__(self, route, real, names):
        self.route, self.real, self.names = route, real, names
        self.problems = []
        self.taken = set()

    def say(self, body, what):
        text = body[:60] if isinstance(body, bytes) else json.dumps(body)[:90]
        self.problems.append('%s: %s: %s' % (self.route, text, what))

    def refused(self, body, is_right):
        """400 (or what the words say) for what is there as for what is not."""
        for things in ({}, self.real):
            reply = self.route.ask(body, things)
            if reply.status not in (400, 422) or not is_right(reply.message() or ''):
                self.say(body, repr(reply)[:300])
                return

    def bodies(self):
        for body in NO_JSON:
            self.refused(body, lambda words: words == self.route.malformed())
        for body, message in NO_OBJECT:
            right = self.route.malformed() if self.route.action else message
            self.refused(body, lambda words, right=right: words == right)
        if self.route.action:
            self.refused({}, lambda words: words == 'Malformed request body')
            self.refused({self.route.action: None, 'odd': 1},
                         lambda words: words == 'Malformed request body')
        elif not OPEN.fullmatch(str(self.route)):
            for body in ({}, {'odd': 1}):
                self.refused(body, LACKS.match)

    def members(self, outer):
        """Of each member a list in a list and an object are wrong, and a member that none is."""
        wrong = re.compile(WRONG.replace('{}', re.escape(outer or '')))
        for value in TYPES if outer else ():
            self.unless_taken({outer: value}, outer, wrong)
        for name in sorted(self.names[self.route.dialect]):
            for value in ([[]], {'odd': [1]}):
                self.unless_taken({outer: {name: value}} if outer else {name: value}, name, wrong)

    def unless_taken(self, body, name, wrong):
        if self.route.ask(body, {}).status in (400, 422):
            self.refused(body, wrong.match)
        else:
            self.taken.add(name)


def writing_routes():
    found = {}
    for row in routes():
        if row[1] in ('POST', 'PUT', 'PATCH', 'DELETE') and row[0] != 'metadata':
            found[row] = Route(*row)
    return list(found.values())


def unchanged(before, route):
    after = store()
    return ['%s changed %s' % (route, [name for name in after if after[name] != before[name]])] \
        if after != before else []


def what_is_wrong_with_a_body_is_said():
    problems, names, before = [], member_names(), store()
    for route in writing_routes():
        asker = Asker(route, REAL, names)
        if route.takes_a_body():
            asker.bodies()
            asker.members(route.outer_member())
            if not OPEN.fullmatch(str(route)) and asker.taken - {route.action, 'connector'}:
                asker.problems.append('%s took %s' % (route, sorted(asker.taken)))
        problems += asker.problems + unchanged(before, route)
    tap.expect(problems[:20], [], '%d answers' % len(problems))


def a_version_that_is_none_is_no_version():
    problems, before = [], store()
    for route in writing_routes():
        if route.minor is None:
            continue
        at = AT[route.dialect]
        service, major = at.split()[0], at.split()[1][0]
        for version, status, words in (
                ('%s %s.999' % (service, major), 406, 'Version %s.999 is not supported by the API. '
                 'Minimum is %s.%d and maximum is %s.%d.' % (
                     major, major, LEAST[route.dialect], major, NEWEST[route.dialect])),
                (service + ' x', 400, 'API Version String x is of invalid format. Must be of '
                 'format MajorNum.MinorNum.')):
            reply = route.ask({route.action: None} if route.action else None, REAL, version=version)
            if (reply.status, reply.message()) != (status, words):
                problems.append('%s at %s: %r' % (route, version, reply))
        problems += unchanged(before, route)
    tap.expect(problems[:20], [], '%d answers' % len(problems))


def body_for(route):
    """What is right for a route, but for what it is about."""
    for pattern, body in BODIES:
        if re.search(pattern, str(route)):
            return {route.action: body} if route.action else body
    return {route.action: None} if route.action else None


def others_things_are_not_there():
    """Asked by another project, what is there is told like what is not; the shares of a server are
    forbidden instead, as in the reference."""
    problems, before, asked = [], store(), 0
    ids = re.compile('|'.join(REAL[name] for name in OWNED))
    for route in writing_routes():
        nobodys = route.ask(body_for(route), {}, user=alt)
        if not set(re.findall(r'\{(\w+)\}', route.pattern)) & OWNED or \
                nobodys.status == 403 or nobodys.message() == NO_ROUTE:
            continue  # nobody's, only for admins, or of a version that is past
        asked += 1
        reply = route.ask(body_for(route), REAL, user=alt)
        wanted = (403, None) if FORBIDDEN.match(str(route)) else (404, nobodys.message())
        told = reply.status, wanted[1] and ids.sub(NOBODY, reply.message())
        if told != wanted or nobodys.status != 404 or NOBODY not in nobodys.message():
            problems.append('%s: %r, but %r' % (route, reply, nobodys))
        problems += unchanged(before, route)
    tap.expect(problems[:20], [], '%d answers' % len(problems))
    tap.expect(asked > 90, True, 'many routes: %d' % asked)


tap.run('refusals', [
    a_world, what_is_wrong_with_a_body_is_said, a_version_that_is_none_is_no_version,
    others_things_are_not_there,
], cleanup=cleatd.__exit__)
