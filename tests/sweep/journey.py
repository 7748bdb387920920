# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What the sweeps do to a cleatd: the life of a volume on a server, step by step.

Each step names what it waits for. finish() goes on from wherever an interrupted journey left
things, looks instead of remembering, and leaves nothing behind: that it works at all shows that
a crash spoiled nothing.
"""
import lib
from legacy import CONNECTOR, LegacySteps
from mappings import MappingSteps
from shares import ShareSteps
from world import FOREIGN_ID

SERVERS = '/compute/v2.1/servers'
VOLUMES = '/volume/v3/volumes'
SNAPSHOTS = '/volume/v3/snapshots'
ATTACHMENTS = '/volume/v3/attachments'
AT = 'volume 3.44'
SHARING = 'compute 2.79'
NAME = 'sweep'
COPY = 'sweep-copy'
EXTRA = 'sweep-extra'
ADMIN_SERVERS = '/admin/v1/servers'
FOREIGN = 'foreign'  # a domain that others have made, beside every cleatd


def asked(reply):
    if reply.status >= 300:
        raise AssertionError('refused: %r' % reply)
    return reply.body


class Journey(ShareSteps, MappingSteps, LegacySteps):
    def __init__(self, user, seconds=180):
        self.user = user
        self.seconds = seconds
        self.step = 'login'

    # --- looking ---

    def find(self, path, key, name=NAME):
        """The one thing of ours that is there, or None."""
        rows = [row for row in asked(self.user.get(path + '/detail'))[key]
                if row['name'] == name]
        assert len(rows) < 2, 'more than one: %r' % rows
        return rows[0] if rows else None

    def server(self):
        return self.find(SERVERS, 'servers')

    def volume(self):
        return self.find(VOLUMES, 'volumes')

    def wait(self, look, statuses):
        """Until a thing is in one of the statuses; None stands for gone."""
        def check():
            row = look()
            return (row['status'] if row else None) in statuses
        lib.wait_for(check, '%s: %s' % (self.step, statuses), self.seconds)

    # --- steps ---

    def make_server(self, name=NAME):
        self.step = 'make server'
        image = asked(self.user.get('/image/v2/images'))['images'][0]['id']
        flavors = asked(self.user.get('/compute/v2.1/flavors/detail'))['flavors']
        flavor = min(flavors, key=lambda row: (row['disk'], row['ram']))['id']
        asked(self.user.post(SERVERS, {'server': {
            'name': name, 'imageRef': image, 'flavorRef': flavor, 'networks': 'auto'}},
            version='compute 2.37'))
        self.wait(lambda: self.find(SERVERS, 'servers', name), ('ACTIVE', 'ERROR'))

    def make_server_of_volumes(self):
        """It boots from a volume that is made for it, and has the one that is there."""
        self.step = 'make server of volumes'
        image = asked(self.user.get('/image/v2/images'))['images'][0]['id']
        flavors = asked(self.user.get('/compute/v2.1/flavors/detail'))['flavors']
        asked(self.user.post(SERVERS, {'server': {
            'name': NAME, 'networks': 'auto', 'flavorRef': flavors[0]['id'],
            'block_device_mapping_v2': [
                {'source_type': 'image', 'destination_type': 'volume', 'uuid': image,
                 'boot_index': 0, 'volume_size': 1, 'delete_on_termination': True},
                {'source_type': 'volume', 'destination_type': 'volume',
                 'uuid': self.volume()['id']}]}}, version='compute 2.37'))
        self.wait(self.server, ('ACTIVE', 'ERROR'))

    def root_volume(self):
        """One that was made for a server has no name."""
        return self.find(VOLUMES, 'volumes', '')

    def make_volume(self):
        self.step = 'make volume'
        asked(self.user.post(VOLUMES, {'volume': {'name': NAME, 'size': 1}}))
        self.wait(self.volume, ('available', 'error'))

    def attachments(self):
        return '%s/%s/os-volume_attachments' % (SERVERS, self.server()['id'])

    def attach(self):
        self.step = 'attach'
        asked(self.user.post(self.attachments(),
                             {'volumeAttachment': {'volumeId': self.volume()['id']}}))
        self.wait(self.volume, ('in-use', 'available'))

    def detach(self):
        self.step = 'detach'
        asked(self.user.delete('%s/%s' % (self.attachments(), self.volume()['id'])))
        self.wait(self.volume, ('available', 'in-use'))

    # --- as the consumer of an attachment, on a host of its own ---

    def reserve(self, connector=None):
        self.step = 'reserve'
        wish = {'volume_uuid': self.volume()['id'], 'connector': connector}
        return asked(self.user.post(ATTACHMENTS, {'attachment': wish},
                                    version=AT))['attachment']['id']

    def connect(self, attachment):
        self.step = 'connect'
        asked(self.user.put('%s/%s' % (ATTACHMENTS, attachment),
                            {'attachment': {'connector': CONNECTOR}}, version=AT))

    def complete(self, attachment):
        self.step = 'complete'
        asked(self.user.post('%s/%s/action' % (ATTACHMENTS, attachment), {'os-complete': None},
                             version=AT))
        self.wait(self.volume, ('in-use',))

    def disconnect(self, attachment):
        self.step = 'disconnect'
        asked(self.user.delete('%s/%s' % (ATTACHMENTS, attachment), version=AT))
        self.wait(self.volume, ('available',))

    def disconnect_all(self):
        """What a consumer that is gone has left behind; compute's own go with their servers."""
        rows = asked(self.user.get(ATTACHMENTS, version=AT))['attachments']
        for row in rows:
            if row['instance'] is None:
                self.disconnect(row['id'])

    def make_other(self):
        """Another volume, larger than the first."""
        self.step = 'make another volume'
        asked(self.user.post(VOLUMES, {'volume': {'name': COPY, 'size': 2}}))
        self.wait(self.copy, ('available', 'error'))

    def swap(self):
        """The other volume takes the first one's place."""
        self.step = 'swap'
        asked(self.user.put('%s/%s' % (self.attachments(), self.volume()['id']),
                            {'volumeAttachment': {'volumeId': self.copy()['id']}}))
        for look in (self.volume, self.copy):
            self.wait(look, ('available', 'in-use'))

    def detach_other(self):
        self.step = 'detach the other volume'
        asked(self.user.delete('%s/%s' % (self.attachments(), self.copy()['id'])))
        self.wait(self.copy, ('available', 'in-use'))

    def extend(self):
        self.step = 'extend'
        volume = self.volume()
        asked(self.user.post('%s/%s/action' % (VOLUMES, volume['id']),
                             {'os-extend': {'new_size': volume['size'] + 1}},
                             version='volume 3.42'))
        self.wait(self.volume, (volume['status'],))

    def tell(self):
        """The guest that its volume has grown, as another block storage service would."""
        self.step = 'tell'
        server = self.server()['id']
        admin = self.user.cleatd.user('admin')
        reply = asked(admin.post('/compute/v2.1/os-server-external-events', {'events': [{
            'name': 'volume-extended', 'server_uuid': server, 'tag': self.volume()['id']}]},
            version='compute 2.51'))
        assert reply['events'][0]['code'] == 200, reply
        actions = '%s/%s/os-instance-actions' % (SERVERS, server)

        def event():
            newest = asked(self.user.get(actions))['instanceActions'][0]['request_id']
            shown = asked(admin.get('%s/%s' % (actions, newest)))['instanceAction']
            return {'status': shown['events'][0]['result']}
        self.wait(event, ('Success', 'Error'))

    def retype(self, name):
        self.step = 'retype'
        asked(self.user.post('%s/%s/action' % (VOLUMES, self.volume()['id']),
                             {'os-retype': {'new_type': name, 'migration_policy': 'never'}}))
        self.wait(self.volume, ('available',))

    def power(self, action, body, status):
        self.step = action
        asked(self.user.post('%s/%s/action' % (SERVERS, self.server()['id']), {action: body}))
        self.wait(self.server, (status,))

    def shelve_and_back(self):
        """What a server that is away keeps: its volumes, and nobody else gets them."""
        self.attach()
        self.power('shelve', None, 'SHELVED_OFFLOADED')
        self.power('unshelve', None, 'ACTIVE')
        self.detach()
        self.step = 'end'

    def stand_still(self):
        """A guest with a volume that does not run, and goes on where it was."""
        self.attach()
        self.power('pause', None, 'PAUSED')
        self.power('unpause', None, 'ACTIVE')
        self.power('suspend', None, 'SUSPENDED')
        self.power('resume', None, 'ACTIVE')
        self.detach()
        self.step = 'end'

    def delete_while_away(self):
        """Its volume has no host to leave; it is free all the same."""
        self.attach()
        self.power('shelve', None, 'SHELVED_OFFLOADED')
        self.delete_server()
        self.wait(self.volume, ('available',))
        self.step = 'end'

    def wake(self):
        """A server that an interrupted journey has put to rest in some way."""
        way = {'PAUSED': 'unpause', 'SUSPENDED': 'resume', 'SHELVED': 'unshelve',
               'SHELVED_OFFLOADED': 'unshelve', 'SHUTOFF': 'os-start',
               'VERIFY_RESIZE': 'revertResize', 'RESCUE': 'unrescue'}
        status = self.server()['status']
        if status in way:
            self.power(way[status], None, 'ACTIVE')

    # --- another shape ---

    def rest(self):
        server = self.server()
        return server['status'] if server['OS-EXT-STS:task_state'] is None else 'busy'

    def reshape(self, action, body, *statuses, version=None):
        """Any of these may come of it: a call that fails leaves a server as it was."""
        self.step = action
        asked(self.user.post('%s/%s/action' % (SERVERS, self.server()['id']), {action: body},
                             version=version))
        lib.wait_for(lambda: self.rest() in statuses + ('ERROR',), action, self.seconds)

    def resize(self):
        flavors = asked(self.user.get('/compute/v2.1/flavors/detail'))['flavors']
        large = max((row for row in flavors if row['vcpus'] < 8 and row['ram'] < 16384),
                    key=lambda row: (row['disk'], row['ram']))
        self.reshape('resize', {'flavorRef': large['id']}, 'VERIFY_RESIZE', 'ACTIVE')

    def resize_both_ways(self):
        self.resize()
        self.reshape('revertResize', None, 'ACTIVE', 'VERIFY_RESIZE')
        self.resize()
        self.reshape('confirmResize', None, 'ACTIVE')
        self.step = 'end'

    def delete_resized(self):
        self.resize()
        self.delete_server()
        self.step = 'end'

    def rebuild(self):
        """With a volume, which stays."""
        self.attach()
        image = self.server()['image']['id']
        self.reshape('rebuild', {'imageRef': image}, 'ACTIVE')
        self.detach()
        self.step = 'end'

    def rescue(self):
        self.reshape('rescue', None, 'RESCUE', 'ACTIVE')
        self.reshape('unrescue', None, 'ACTIVE', 'RESCUE')
        self.step = 'end'

    def make_image(self):
        self.step = 'make an image'
        asked(self.user.post('%s/%s/action' % (SERVERS, self.server()['id']),
                             {'createImage': {'name': COPY}}))
        self.wait(self.image, ('active', None))
        lib.wait_for(lambda: self.rest() in ('ACTIVE', 'SHUTOFF'), 'rest', self.seconds)

    def become_images(self):
        """Of a guest that runs, and of one that does not."""
        self.make_image()
        self.delete_image()
        self.power('os-stop', None, 'SHUTOFF')
        self.make_image()
        self.delete_image()
        self.step = 'end'

    def delete_server(self):
        self.step = 'delete server'
        asked(self.user.delete('%s/%s' % (SERVERS, self.server()['id'])))
        self.wait(self.server, (None,))

    def delete_volume(self):
        self.step = 'delete volume'
        asked(self.user.delete('%s/%s' % (VOLUMES, self.volume()['id'])))
        self.wait(self.volume, (None,))

    # --- several volumes, several servers ---

    def extras(self):
        """Volumes beside the usual one."""
        return [row for row in asked(self.user.get(VOLUMES + '/detail'))['volumes']
                if row['name'] == EXTRA]

    def make_extra(self, **more):
        self.step = 'make an extra volume'
        made = asked(self.user.post(VOLUMES, {'volume': dict(more, name=EXTRA, size=1)}))['volume']
        self.wait(lambda: asked(self.user.get('%s/%s' % (VOLUMES, made['id'])))['volume'],
                  ('available', 'error'))
        return made['id']

    def second_server(self):
        return self.find(SERVERS, 'servers', COPY)

    def give(self, server, volume, **more):
        asked(self.user.post('%s/%s/os-volume_attachments' % (SERVERS, server['id']),
                             {'volumeAttachment': dict(more, volumeId=volume)}, version=SHARING))

    def take_from_all(self):
        """Each server's volumes, all at once."""
        for server in filter(None, (self.server(), self.second_server())):
            path = '%s/%s/os-volume_attachments' % (SERVERS, server['id'])
            for row in asked(self.user.get(path))['volumeAttachments']:
                asked(self.user.delete('%s/%s' % (path, row['volumeId']), version=SHARING))
        self.attachments_rest()

    def attachments_rest(self):
        def check():
            rows = asked(self.user.get(ATTACHMENTS + '/detail', version=AT))['attachments']
            return {row['status'] for row in rows} <= {'attached', 'reserved'}
        lib.wait_for(check, '%s: attachments at rest' % self.step, self.seconds)

    def delete_second_server(self):
        self.step = 'delete the second server'
        asked(self.user.delete('%s/%s' % (SERVERS, self.second_server()['id'])))
        self.wait(self.second_server, (None,))

    def delete_extras(self):
        """Whatever an interrupted journey has made."""
        if self.second_server():
            self.wait(self.second_server, ('ACTIVE', 'ERROR', None))
        if self.second_server():
            self.delete_second_server()
        if self.extras() and self.server():
            self.delete_server()
        self.step = 'delete extra volumes'
        for row in self.extras():
            self.wait(lambda row=row: next((at for at in self.extras() if at['id'] == row['id']),
                                           None), ('available', 'error', None))
        for row in self.extras():
            asked(self.user.delete('%s/%s' % (VOLUMES, row['id'])))
        lib.wait_for(lambda: not self.extras(), 'extra volumes to be gone', self.seconds)

    # --- copies ---

    def snapshot(self):
        return self.find(SNAPSHOTS, 'snapshots')

    def copy(self):
        return self.find(VOLUMES, 'volumes', COPY)

    def image(self):
        rows = asked(self.user.get('/image/v2/images?name=' + COPY))['images']
        return rows[0] if rows else None

    def take_snapshot(self):
        self.step = 'take a snapshot'
        asked(self.user.post(SNAPSHOTS, {'snapshot': {
            'volume_id': self.volume()['id'], 'name': NAME, 'force': True}}))
        self.wait(self.snapshot, ('available',))

    def make_copy(self, **source):
        self.step = 'make a copy of %s' % ', '.join(source)
        asked(self.user.post(VOLUMES, {'volume': dict(source, name=COPY)}))
        self.wait(self.copy, ('available',))

    def revert(self):
        self.step = 'revert'
        asked(self.user.post('%s/%s/action' % (VOLUMES, self.volume()['id']),
                             {'revert': {'snapshot_id': self.snapshot()['id']}},
                             version='volume 3.40'))
        self.wait(self.volume, ('available',))

    def upload(self):
        self.step = 'upload'
        status = self.volume()['status']
        asked(self.user.post('%s/%s/action' % (VOLUMES, self.volume()['id']), {
            'os-volume_upload_image': {'image_name': COPY, 'force': True}}))
        self.wait(self.image, ('active',))
        self.wait(self.volume, (status,))

    def delete_snapshot(self):
        self.step = 'delete snapshot'
        asked(self.user.delete('%s/%s' % (SNAPSHOTS, self.snapshot()['id'])))
        self.wait(self.snapshot, (None,))

    def delete_copy(self):
        self.step = 'delete copy'
        asked(self.user.delete('%s/%s' % (VOLUMES, self.copy()['id'])))
        self.wait(self.copy, (None,))

    def delete_image(self):
        self.step = 'delete image'
        asked(self.user.delete('/image/v2/images/' + self.image()['id']))

    def delete_copies(self):
        """Whatever an interrupted journey has made."""
        if self.copy():
            self.wait(self.copy, ('available', 'error', 'in-use'))
            if self.copy()['status'] == 'in-use':
                self.detach_other()
            self.delete_copy()
        if self.snapshot():
            self.wait(self.snapshot, ('available', 'error', None))
        if self.snapshot():
            self.delete_snapshot()
        if self.image():
            self.wait(self.image, ('active', None))
        if self.image():
            self.delete_image()

    # --- journeys ---

    def copy_under_a_guest(self):
        """Copies of a volume that a server has."""
        self.attach()
        self.take_snapshot()
        self.delete_snapshot()
        self.make_copy(source_volid=self.volume()['id'])
        self.delete_copy()
        self.detach()
        self.step = 'end'

    def copy_and_go_back(self):
        """Copies of a volume that nobody has; the volume goes with its snapshot."""
        self.take_snapshot()
        self.make_copy(snapshot_id=self.snapshot()['id'])
        self.delete_copy()
        self.make_copy(source_volid=self.volume()['id'])
        self.revert()
        self.step = 'delete with snapshot'
        asked(self.user.delete('%s/%s?cascade=true' % (VOLUMES, self.volume()['id'])))
        self.wait(self.volume, (None,))
        self.delete_copy()
        self.step = 'end'

    def become_an_image(self):
        self.upload()
        self.delete_image()
        self.step = 'end'

    def attach_and_detach(self):
        """On a server and a volume that are there."""
        self.attach()
        self.detach()
        self.step = 'end'

    def grow(self):
        """A volume of its own accord, and one that a server has."""
        self.extend()
        self.attach()
        self.extend()
        self.tell()
        self.detach()
        self.step = 'end'

    def swap_volumes(self):
        """Another volume takes the place of one that a server has, and leaves."""
        self.attach()
        self.make_other()
        self.swap()
        self.detach_other()
        self.delete_copy()
        self.step = 'end'

    def swap_in_haste(self):
        """The server is deleted while volumes are swapped."""
        self.attach()
        self.make_other()
        self.step = 'swap in haste'
        asked(self.user.put('%s/%s' % (self.attachments(), self.volume()['id']),
                            {'volumeAttachment': {'volumeId': self.copy()['id']}}))
        self.delete_server()
        for look in (self.volume, self.copy):
            self.wait(look, ('available',))
        self.delete_copy()
        self.step = 'end'

    def share(self):
        """Two servers get one volume at once, and let it go at once."""
        self.make_server(COPY)
        volume = self.make_extra(volume_type='multiattach')
        self.step = 'share'
        for server in (self.server(), self.second_server()):
            self.give(server, volume)
        self.attachments_rest()
        self.take_from_all()
        self.delete_extras()
        self.step = 'end'

    def delete_with_five(self):
        """A server with five volumes, of which some go along."""
        volumes = [self.make_extra() for _ in range(5)]
        self.step = 'attach five'
        for number, volume in enumerate(volumes):
            self.give(self.server(), volume, delete_on_termination=number % 2 == 0)
        self.attachments_rest()
        had = {row['id'] for row in self.extras() if row['status'] == 'in-use'}
        self.delete_server()
        self.step = 'delete with five'
        stay = {volume for number, volume in enumerate(volumes)
                if number % 2 or volume not in had}
        lib.wait_for(lambda: {row['id'] for row in self.extras()} == stay,
                     'volumes that go along', self.seconds)
        self.delete_extras()
        self.step = 'end'

    def attach_while_away(self):
        """An offloaded server gets two volumes, loses one, and comes back with the other."""
        self.reshape('shelve', None, 'SHELVED_OFFLOADED', 'ACTIVE')
        self.step = 'attach while away'
        for volume in (self.volume()['id'], self.make_extra()):
            self.give(self.server(), volume, delete_on_termination=volume != self.volume()['id'])
        self.attachments_rest()
        path = '%s/%s' % (self.attachments(), self.volume()['id'])
        asked(self.user.delete(path, version=SHARING))
        self.wait(self.volume, ('available', 'in-use'))
        if self.server()['status'] == 'SHELVED_OFFLOADED':
            self.reshape('unshelve', None, 'ACTIVE', 'SHELVED_OFFLOADED')
        self.delete_server()
        lib.wait_for(lambda: not self.extras(), 'the extra volume to go along', self.seconds)
        self.step = 'end'

    def attach_in_haste(self):
        """The server is deleted before the attachment can be there."""
        self.step = 'attach in haste'
        asked(self.user.post(self.attachments(),
                             {'volumeAttachment': {'volumeId': self.volume()['id']}}))
        self.delete_server()
        self.wait(self.volume, ('available',))
        self.step = 'end'

    def consume(self):
        """Step by step, and then all at once."""
        attachment = self.reserve()
        self.connect(attachment)
        self.complete(attachment)
        self.disconnect(attachment)
        self.disconnect(self.reserve(CONNECTOR))
        self.step = 'end'

    def whole_life(self):
        """From nothing to nothing; the server is deleted with the volume still on it."""
        self.make_server()
        self.make_volume()
        self.retype('multiattach')
        self.retype('__DEFAULT__')
        self.attach()
        self.detach()
        self.attach()
        self.extend()
        self.power('os-stop', None, 'SHUTOFF')
        self.power('os-start', None, 'ACTIVE')
        self.power('reboot', {'type': 'HARD'}, 'ACTIVE')
        self.delete_server()
        self.delete_volume()
        self.step = 'end'

    def born_with_volumes(self):
        """The server is deleted with all of them; they are free again."""
        self.make_volume()
        self.make_server_of_volumes()
        self.delete_server()
        self.wait(self.volume, ('available',))
        self.wait(self.root_volume, (None,))
        self.delete_volume()
        self.step = 'end'

    def rebuild_on_a_volume(self):
        """Its root volume is filled anew; and then the server has only been off and on."""
        self.make_volume()
        self.make_server_of_volumes()
        image = asked(self.user.get('/image/v2/images'))['images'][0]['id']
        self.reshape('rebuild', {'imageRef': image}, 'ACTIVE', version='compute 2.93')
        self.reshape('rebuild', {'imageRef': image}, 'ACTIVE')
        self.delete_server()
        self.wait(self.root_volume, (None,))
        self.delete_volume()
        self.step = 'end'

    def adopt(self):
        self.step = 'adopt'
        flavor = min(asked(self.user.get('/compute/v2.1/flavors/detail'))['flavors'],
                     key=lambda row: (row['ram'], row['disk']))['id']
        asked(self.user.cleatd.user('admin').post(ADMIN_SERVERS, {'adopt': {
            'domain': FOREIGN, 'name': NAME, 'flavor': flavor,
            'project_id': self.user.project_id}}))
        self.wait(self.server, ('ACTIVE',))

    def release(self):
        self.step = 'release'
        asked(self.user.cleatd.user('admin').post('%s/%s/release' % (ADMIN_SERVERS, FOREIGN_ID)))
        self.wait(self.server, (None,))

    def adopt_and_release(self):
        """A domain of others becomes a server, has a volume, and is given back."""
        self.make_volume()
        self.adopt()
        self.attach()
        self.detach()
        self.release()
        self.delete_volume()
        self.step = 'end'

    def release_adopted(self):
        server = self.server()
        if not server or server['id'] != FOREIGN_ID:
            return
        if self.volume() and self.volume()['status'] == 'in-use':
            self.detach()
        self.release()

    def finish(self):
        self.detach_shares()
        self.delete_shares()
        self.delete_extras()
        self.delete_copies()
        self.release_adopted()
        server = self.server()
        if server and server['status'] == 'ERROR':
            self.delete_server()
            self.wait(self.root_volume, (None,))
            server = None
        if not server:
            self.make_server()
        self.wake()
        if not self.volume():
            self.make_volume()
        self.disconnect_all()
        self.release_hold()
        if self.volume()['volume_type'] != '__DEFAULT__':
            self.retype('__DEFAULT__')
        if self.volume()['status'] == 'available':
            self.attach()
        assert self.volume()['status'] == 'in-use', self.volume()
        self.detach()
        assert self.volume()['status'] == 'available', self.volume()
        self.delete_server()
        self.wait(self.root_volume, (None,))
        self.delete_volume()
        self.step = 'end'
