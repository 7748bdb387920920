# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""What a host of iSCSI volumes has, for guests: open-iscsi, multipath-tools, udev.

They are downloaded and unpacked, never installed: they would bring services with them.
"""
import os

import inside

PACKAGES = ('open-iscsi', 'libopeniscsiusr', 'libisns0', 'multipath-tools', 'kpartx', 'liburcu8',
            'libaio1', 'libkmod2', 'libreadline8', 'udev', 'dmsetup')
MODULES = ('loop', 'crc32c_intel', 'iscsi_tcp', 'target_core_file', 'iscsi_target_mod',
           'dm_multipath', 'dm_service_time', 'dm_round_robin')
PROGRAMS = {
    '/usr/bin/dd': '/bin/dd',
    '/usr/bin/tee': '/usr/bin/tee',
    '/usr/sbin/blockdev': '/sbin/blockdev',
    '/sbin/dmsetup': '/sbin/dmsetup',
    '/usr/sbin/mkfs.ext4': '/sbin/mkfs.ext4',
    '/usr/bin/mount': '/bin/mount',
    '/usr/bin/umount': '/bin/umount',
    # multipathd opens it when it ends a thread
    '/lib/x86_64-linux-gnu/libgcc_s.so.1': '/lib/x86_64-linux-gnu/libgcc_s.so.1',
}
UNPACKED = ('/sbin/iscsiadm', '/sbin/iscsid', '/sbin/multipath', '/sbin/multipathd',
            '/sbin/kpartx', '/bin/udevadm', '/lib/udev/scsi_id', '/etc/iscsi/iscsid.conf')
FOLDERS = ('/lib/multipath',)
# Of devices of other kinds an emulated machine would look at one after the other.
RULES = ('50-udev-default', '55-dm', '56-dm-mpath', '60-block', '60-kpartx', '60-multipath',
         '60-persistent-storage-dm', '60-persistent-storage', '95-dm-notify')
LIBRARIES = ('usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'lib')


def programs(folder):
    """{name inside: file}, and the folders of their libraries."""
    root = inside.unpack(folder, 'iscsi', PACKAGES)
    found = dict(PROGRAMS)
    found.update((name, root + name) for name in UNPACKED)
    found['/sbin/systemd-udevd'] = root + '/bin/udevadm'  # which looks at its own name
    for name in RULES:
        name = '/lib/udev/rules.d/%s.rules' % name
        found[name] = root + name
    for name in FOLDERS:
        found.update((os.path.join(name, file), os.path.join(root + name, file))
                     for file in os.listdir(root + name))
    return found, [os.path.join(root, name) for name in LIBRARIES]
