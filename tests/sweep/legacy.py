# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What the sweeps do as a client that knows no attachments: it holds a volume, connects its host by
itself, and says when it has the volume and when it has let go of it.

LegacySteps is a part of a Journey, beside ShareSteps.
"""
from shares import asked

VOLUMES = '/volume/v3/volumes'
CONNECTOR = {'host': 'elsewhere', 'initiator': 'iqn.1993-08.org.debian:01:elsewhere'}


class LegacySteps:
    """Needs self.user, self.volume() and self.wait()."""

    def act_on_volume(self, action, value=None, user=None):
        self.step = action
        return asked((user or self.user).post(
            '%s/%s/action' % (VOLUMES, self.volume()['id']), {action: value}))

    def act_as_admin(self, action, value):
        self.act_on_volume(action, value, self.user.cleatd.user('admin'))

    def connect_of_old(self):
        """Twice, with one answer."""
        first, second = [self.act_on_volume('os-initialize_connection', {'connector': CONNECTOR})
                         for _ in range(2)]
        assert first == second, (first, second)

    def attach_of_old(self):
        self.connect_of_old()
        self.act_on_volume('os-attach', {'mountpoint': '/dev/vdc', 'host_name': 'elsewhere'})
        self.wait(self.volume, ('in-use',))

    def live_the_old_way(self):
        """The whole of it; and then what an admin does about one that is stuck."""
        self.act_on_volume('os-reserve')
        self.attach_of_old()
        self.act_on_volume('os-begin_detaching')
        self.act_on_volume('os-terminate_connection', {'connector': CONNECTOR})
        self.act_on_volume('os-detach', {})
        self.wait(self.volume, ('available',))
        self.act_on_volume('os-reserve')
        self.act_as_admin('os-reset_status', {'status': 'available'})
        self.attach_of_old()
        self.act_on_volume('os-begin_detaching')
        self.act_as_admin('os-reset_status', {'status': 'in-use'})
        self.act_as_admin('os-force_detach', {'connector': CONNECTOR})
        self.wait(self.volume, ('available',))
        self.step = 'end'

    def release_hold(self):
        """What a client of old has announced, and will not do."""
        if self.volume()['status'] == 'attaching':
            self.act_on_volume('os-unreserve')
            self.wait(self.volume, ('available',))
