# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What must hold once a cleatd has settled, whatever happened to it before.

A World is one look at everything: both APIs, the fake hypervisor's domains, the files, and the
rows that no API shows whole. complaints() compares these with each other; an empty list means
that nothing is stuck, leaked or lost.

dangers() judges the moment of a crash itself, from rows and files: work may be halfway then, but
no volume may ever be free while a guest still has it, or be called attached when it is not.
"""
import collections
import json
import os
import re
import shutil
import sqlite3
import tempfile

UUID = re.compile(r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}')
AT_REST = ('available', 'in-use')
COUNTED = ('volumes', 'gigabytes', 'snapshots', 'instances', 'cores', 'ram', 'promised_gib')
# What the domain of a server that rests is; one that is offloaded has none.
STATES = {'ACTIVE': 'running', 'SHUTOFF': 'off', 'PAUSED': 'paused', 'SUSPENDED': 'saved',
          'SHELVED': 'off', 'SHELVED_OFFLOADED': None, 'VERIFY_RESIZE': 'running',
          'RESCUE': 'running'}
# What a server has beside its root disk while it is in such a status.
MORE_DISKS = {'VERIFY_RESIZE': 'kept', 'RESCUE': 'rescue'}
UP = ('running', 'paused')

Server = collections.namedtuple('Server', 'status task project volumes ram cores image',
                                defaults=(None, 0, False))
Volume = collections.namedtuple('Volume', 'status project size servers shared',
                                defaults=(False,))  # it may have several servers
Disk = collections.namedtuple('Disk', 'live config mirror', defaults=(None,))
Domain = collections.namedtuple('Domain', 'state disks ram', defaults=(None,))
Attachment = collections.namedtuple('Attachment', 'volume status mapping exported')
Snapshot = collections.namedtuple('Snapshot', 'status project size')
FOREIGN_ID = '5f1c9f3e-7d54-4a11-9d5e-0a7d3f2b8c11'  # a domain that others have made
World = collections.namedtuple('World', 'servers volumes images domains files operations usage '
                               'attachments snapshots copied addresses held acting',
                               defaults=({}, (), {}, (), ()))


# --- looking -------------------------------------------------------------------------------

def got(user, path, key, version=None):
    reply = user.get(path, version=version)
    if reply.status != 200:
        raise AssertionError('%s: %r' % (path, reply))
    return reply.body[key]


def look_at_servers(admin):
    servers = {}
    for row in got(admin, '/compute/v2.1/servers/detail?all_tenants=1', 'servers',
                   'compute 2.47'):
        path = '/compute/v2.1/servers/%s/os-volume_attachments' % row['id']
        reply = admin.get(path)
        rows = reply.body['volumeAttachments'] if reply.status == 200 else []
        servers[row['id']] = Server(row['status'], row['OS-EXT-STS:task_state'], row['tenant_id'],
                                    sorted(a['volumeId'] for a in rows),
                                    row['flavor']['ram'], row['flavor']['vcpus'],
                                    bool(row['image']))
    return servers


def look_at_volumes(admin):
    return {row['id']: Volume(row['status'], row['os-vol-tenant-attr:tenant_id'], row['size'],
                              sorted(a['server_id'] for a in row['attachments'] if a['server_id']),
                              row['multiattach'])
            for row in got(admin, '/volume/v3/volumes/detail?all_tenants=1', 'volumes')}


def look_at_snapshots(admin):
    project = 'os-extended-snapshot-attributes:project_id'
    return {row['id']: Snapshot(row['status'], row[project], row['size'])
            for row in got(admin, '/volume/v3/snapshots/detail?all_tenants=1', 'snapshots')}


def look_at_domain(path):
    with open(path, encoding='utf-8') as file:
        domain = json.load(file)
    if domain.get('owner') == 'foreign':
        return None  # none of ours
    disks = {disk['serial']: Disk(disk['live'], disk['config'], disk['mirror'])
             for disk in domain['disks'] if disk['serial']}
    return Domain(domain['state'], disks, domain.get('ram_mib'))


def look_at_files(folder):
    """Relative paths of every file, and the store among them."""
    files = []
    for top, _, names in os.walk(folder):
        files += [os.path.relpath(os.path.join(top, name), folder) for name in names]
    return sorted(files)


def find_store(folder, files):
    for name in files:
        path = os.path.join(folder, name)
        try:
            if os.path.isfile(path):
                with open(path, 'rb') as file:
                    if file.read(15) == b'SQLite format 3':
                        return path
        except FileNotFoundError:
            pass  # gone since
    raise AssertionError('no store in ' + folder)


def look_at_rows(store):
    with sqlite3.connect('file:%s?mode=ro' % store, uri=True) as rows:
        operations = ['%s %s (%s)' % row for row in rows.execute(
            "SELECT kind, state, last_error FROM operations "
            "WHERE state NOT IN ('done', 'failed')")]
        usage = {(project, resource): used for project, resource, used in rows.execute(
            "SELECT project_id, resource, used FROM quotas")}
        attachments = attachment_rows(rows)
        copied = [row[0] for row in rows.execute('SELECT id FROM volumes WHERE copies <> 0')]
        held = [row[0] for row in rows.execute('SELECT id FROM volumes WHERE held_us > 0')]
        addresses = dict(rows.execute('SELECT id, address FROM servers '
                                      'WHERE address IS NOT NULL'))
        acting = ['%s %s' % row for row in rows.execute(
            'SELECT action, event FROM instance_actions '
            'WHERE event IS NOT NULL AND event_finished_us = 0')]
    rows.close()
    return operations, usage, attachments, copied, addresses, held, acting


def attachment_rows(rows):
    return {row[0]: Attachment(*row[1:]) for row in rows.execute(
        'SELECT id, volume_id, status, mapping_id, exported FROM attachments')}


def exports(files):
    """Ids of attachments whose host a backend lets in."""
    return {os.path.basename(name) for name in files
            if os.path.basename(os.path.dirname(name)) == 'exports'}


def look_at_domains(folder, files):
    domains = {}
    for name in files:
        stem, extension = os.path.splitext(os.path.basename(name))
        if extension == '.json' and UUID.fullmatch(stem):
            try:
                domain = look_at_domain(os.path.join(folder, name))
                if domain:
                    domains[stem] = domain
            except FileNotFoundError:
                pass  # just undefined
    return domains


def look(cleatd):
    """A World, as far as it can be seen in one moment."""
    admin = cleatd.user('admin')
    files = look_at_files(cleatd.dir)
    operations, usage, attachments, copied, addresses, held, acting = look_at_rows(
        find_store(cleatd.dir, files))
    images = [row['id'] for row in got(admin, '/image/v2/images', 'images')]
    return World(look_at_servers(admin), look_at_volumes(admin), images,
                 look_at_domains(cleatd.dir, files), files, operations, usage, attachments,
                 look_at_snapshots(admin), copied, addresses, held, acting)


# --- judging -------------------------------------------------------------------------------

def status_of(world, volume_id):
    """What attachments of consumers make of a volume, or None: those wait for their consumers."""
    statuses = {row.status for row in world.attachments.values()
                if row.volume == volume_id and not row.mapping}
    for status, shown in (('attached', 'in-use'), ('attaching', 'attaching'),
                          ('reserved', 'reserved')):
        if status in statuses:
            return shown
    return None


def is_held(world, volume_id, consumed):
    """Whether a client of old has announced what it will do: the volume waits for that."""
    return volume_id in world.held and (world.volumes[volume_id].status, consumed) in (
        ('attaching', None), ('attaching', 'attaching'), ('detaching', 'in-use'))


def is_away(world, server_id, volume_id):
    """Whether a server that is on no host keeps a volume: it is offloaded, or was never built."""
    reserved = any(row.volume == volume_id and row.mapping and row.status == 'reserved'
                   for row in world.attachments.values())
    status = world.servers[server_id].status
    return status == 'SHELVED_OFFLOADED' or status == 'ERROR' and reserved


def got_while_away(world, volume_id, away):
    """A volume that a server got while it was on no host: its own, but nowhere plugged in."""
    return away and all(row.status == 'attached' for row in world.attachments.values()
                        if row.volume == volume_id and row.mapping)


def about_volume(world, volume_id, volume):
    """One volume, as seen from the four places that can know about it."""
    here = [s for s, server in world.servers.items() if volume_id in server.volumes]
    away = [s for s in here if is_away(world, s, volume_id)]
    present = sorted(set(here) - set(away))
    shown = here if got_while_away(world, volume_id, away) else present
    plugged = [d for d, domain in world.domains.items() if volume_id in domain.disks]
    consumed = status_of(world, volume_id) or ('reserved' if away and not shown else None)
    if volume.status != consumed and (consumed or volume.status not in AT_REST) and \
            not is_held(world, volume_id, consumed):
        yield 'volume %s is %s' % (volume_id, volume.status)
    most = 0 if consumed or volume.status != 'in-use' else len(here) if volume.shared else 1
    if len(volume.servers) > most or most and not volume.servers:
        yield '%s volume %s has attachments to %s' % (volume.status, volume_id, volume.servers)
    if sorted(shown) != volume.servers:
        yield 'volume %s: its own API says %s, compute says %s' % (
            volume_id, volume.servers, sorted(here))
    if sorted(plugged) != present:
        yield 'volume %s: attached to %s, plugged into %s' % (
            volume_id, present, sorted(plugged))
    if not any(os.path.basename(name).startswith(volume_id) for name in world.files):
        yield 'volume %s has no file' % volume_id


def about_server(world, server_id, server, broken_is_fine):
    if server.task:
        yield 'server %s is still %s' % (server_id, server.task)
    if server.status == 'ERROR' and broken_is_fine:
        return
    if server.status not in STATES:
        yield 'server %s is %s' % (server_id, server.status)
        return
    domain = world.domains.get(server_id)
    state = domain.state if domain else None
    if state != STATES[server.status]:
        yield '%s server %s: its domain is %s' % (server.status, server_id, state)
    if domain and domain.ram != server.ram:
        yield 'server %s: its domain has %s MiB, not %s' % (server_id, domain.ram, server.ram)
    yield from about_own_disks(world, server_id, server)
    for serial, disk in domain.disks.items() if domain else ():
        if not disk.config or disk.live != (state in UP) or disk.mirror:
            yield 'server %s: disk %s is halfway: %s' % (server_id, serial, disk)


def about_own_disks(world, server_id, server):
    """What a server has of its own on the host, by what it is for."""
    found = re.findall(r'(?m)^.*/disks/%s(?:\.(\w+))?\.(?:raw|qcow2)$' % server_id,
                       '\n'.join(world.files))
    wanted = [''] if server.image else []
    if server.status in MORE_DISKS:
        wanted.append(MORE_DISKS[server.status])
    if server.ram is not None and sorted(found) != sorted(wanted):
        yield '%s server %s has the disks %s' % (server.status, server_id, sorted(found))


def about_exports(world):
    """Hosts are let in where a row says so, and nowhere else."""
    there = exports(world.files)
    for attachment_id, row in world.attachments.items():
        if row.status not in ('reserved', 'attaching', 'attached'):
            yield 'attachment %s is %s' % (attachment_id, row.status)
        if bool(row.exported) != (attachment_id in there):
            yield '%s attachment %s: exported is %s' % (row.status, attachment_id, row.exported)


def about_snapshots(world):
    for snapshot_id, snapshot in world.snapshots.items():
        if snapshot.status != 'available':
            yield 'snapshot %s is %s' % (snapshot_id, snapshot.status)
        if not any(os.path.basename(name).startswith(snapshot_id) for name in world.files):
            yield 'snapshot %s has no file' % snapshot_id
    for volume_id in world.copied:
        yield 'volume %s is said to be copied' % volume_id


def about_addresses(world):
    """Who has one is there, and a DHCP server is told of it as long as there is a domain."""
    for server_id in world.addresses:
        server = world.servers.get(server_id)
        if not server:
            yield 'the address of server %s has outlived it' % server_id
        elif server.status == 'ACTIVE' and 'dhcp-hosts/' + server_id not in world.files:
            yield 'nobody is told the address of server %s' % server_id


def about_leftovers(world):
    known = set(world.servers) | set(world.volumes) | set(world.images) | \
        set(world.attachments) | set(world.snapshots) | {FOREIGN_ID}
    for domain_id in world.domains:
        if domain_id not in world.servers:
            yield 'domain %s has no server' % domain_id
    for name in world.files:
        base = os.path.basename(name)
        if name.startswith('shares/'):
            continue  # see shares.py
        strangers = [i for i in UUID.findall(base) if i not in known]
        if strangers or base.startswith('.') or base.endswith('.new'):
            yield 'file %s is left over' % name
    for operation in world.operations:
        yield 'operation %s' % operation
    for action in world.acting:
        yield 'action %s has no end' % action


def about_usage(world):
    counted = collections.Counter()
    for volume in world.volumes.values():
        counted[volume.project, 'volumes'] += 1
        counted[volume.project, 'gigabytes'] += volume.size
    for snapshot in world.snapshots.values():
        counted[snapshot.project, 'snapshots'] += 1
        counted[snapshot.project, 'gigabytes'] += snapshot.size
    for server in world.servers.values():
        counted[server.project, 'instances'] += 1
        counted[server.project, 'cores'] += server.cores
        counted[server.project, 'ram'] += server.ram or 0
    for (project, resource), used in world.usage.items():
        if project.startswith('@'):  # what a backend has promised to all of them together
            counted[project, resource] = sum(row.size for rows in (world.volumes, world.snapshots)
                                             for row in rows.values())
        if resource in COUNTED and used != counted[project, resource]:
            yield 'quota: %s of %s is %d, there are %d' % (
                resource, project, used, counted[project, resource])


def complaints(world, broken_is_fine=False):
    """Everything that is wrong. Servers in ERROR are wrong unless broken_is_fine."""
    found = []
    for volume_id, volume in world.volumes.items():
        found += about_volume(world, volume_id, volume)
    for server_id, server in world.servers.items():
        found += about_server(world, server_id, server, broken_is_fine)
    found += about_exports(world)
    found += about_snapshots(world)
    found += about_addresses(world)
    found += about_leftovers(world)
    found += about_usage(world)
    return found


# --- the moment of a crash -----------------------------------------------------------------

Rows = collections.namedtuple('Rows', 'volumes attached attachments')


def frozen_rows(store):
    """Status of each volume, and (server, volume) of each attachment that is said to be there.

    Read from a copy, so that what comes after the crash finds what the crash left."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ('', '-wal'):
            if os.path.exists(store + suffix):
                shutil.copy(store + suffix, os.path.join(folder, 'store' + suffix))
        rows = sqlite3.connect(os.path.join(folder, 'store'))
        volumes = dict(rows.execute('SELECT id, status FROM volumes'))
        attached = list(rows.execute("SELECT server_id, volume_id FROM attachments "
                                     "WHERE status = 'attached'"))
        attachments = attachment_rows(rows)
        rows.close()
    return Rows(volumes, attached, attachments)


def dangers(rows, domains, files):
    """What must not be so even for a moment."""
    for domain_id, domain in domains.items():
        for volume_id in domain.disks:
            if rows.volumes.get(volume_id, 'gone') in ('available', 'gone'):
                yield 'domain %s has volume %s, which is %s' % (
                    domain_id, volume_id, rows.volumes.get(volume_id, 'gone'))
        for disk in domain.disks.values():
            for volume_id in UUID.findall(os.path.basename(disk.mirror or '')):
                if rows.volumes.get(volume_id, 'gone') in ('available', 'gone'):
                    yield 'domain %s writes to volume %s, which is %s' % (
                        domain_id, volume_id, rows.volumes.get(volume_id, 'gone'))
    for server_id, volume_id in rows.attached:
        if rows.volumes.get(volume_id) == 'in-use' and server_id in domains and \
                volume_id not in domains[server_id].disks:
            yield 'volume %s is called attached, but domain %s has no such disk' % (
                volume_id, server_id)
    for attachment_id in exports(files):
        row = rows.attachments.get(attachment_id)
        if not row or not row.exported:
            yield 'nobody knows of export %s' % attachment_id
        elif rows.volumes.get(row.volume, 'gone') in ('available', 'gone'):
            yield 'volume %s is exported and free' % row.volume
    for volume_id, status in rows.volumes.items():
        has_file = any(os.path.basename(name).startswith(volume_id) for name in files)
        if status in AT_REST and not has_file:
            yield 'volume %s is %s and has no file' % (volume_id, status)


def look_at_crash(folder):
    """dangers() in a directory whose cleatd is dead."""
    files = look_at_files(folder)
    return list(dangers(frozen_rows(find_store(folder, files)), look_at_domains(folder, files),
                        files))
