# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Block volumes on this machine: libcleat for Python.

    import cleat
    with cleat.Host() as host, cleat.Cloud(cloud='mine') as cloud:
        disk = host.attach(cloud, 'data', mode='ro')
        print(disk.path)
        host.detach(cloud, 'data')

What the calls do is in cleat(3) and cleat-local-attach(1). Everything that fails raises Error,
whose status is one of Status. A Host may be used by many threads, a Cloud by one at a time; calls
let other Python threads run.
"""
import ctypes
import enum
import json

from . import _library as lib

__all__ = ['Cloud', 'Disk', 'Error', 'Host', 'Status', 'version']


class Status(enum.IntEnum):
    """Why a call failed, as enum cleat_status."""
    USAGE = 1
    NOT_FOUND = 2
    AMBIGUOUS = 3
    DENIED = 4
    REFUSED = 5
    UNAVAILABLE = 6
    BAD_INFO = 7
    NO_TRANSPORT = 8
    NO_PATH = 9
    NO_DISK = 10
    WRONG_DISK = 11
    BUSY = 12
    UNFLUSHED = 13
    NOT_GROWN = 14
    TIMEOUT = 15
    NOT_PERMITTED = 16
    SYSTEM = 17
    NO_MOUNT = 18


class Error(Exception):
    """A call that failed: status, errno (0 where the kernel did not say no), and a sentence."""

    def __init__(self, error):
        super().__init__(error.message.decode())
        self.status = Status(error.status)
        self.errno = error.os_errno


class Disk:
    """A volume that is connected here, as it was when the call answered."""

    def __init__(self, disk):
        for name, kind in lib.Disk._fields_:
            value = getattr(disk, name)
            setattr(self, name, value.decode() if kind is ctypes.c_char_p and value is not None
                    else value)
        self.kind = ('block', 'file')[self.kind]

    def __repr__(self):
        return 'Disk(volume_id=%r, path=%r, state=%r)' % (self.volume_id, self.path, self.state)


def version():
    """Of the library that runs."""
    return lib.library().cleat_version().decode()


def _call(name, *arguments):
    error = lib.Error()
    if getattr(lib.library(), name)(*arguments, ctypes.byref(error)):
        raise Error(error)


def _text(name, *arguments):
    """What a call hands out as JSON, read."""
    text = ctypes.c_void_p()
    _call(name, *arguments, ctypes.byref(text))
    try:
        return json.loads(ctypes.cast(text, ctypes.c_char_p).value)
    finally:
        lib.library().cleat_free(text)


def _disk(name, *arguments):
    disk = ctypes.POINTER(lib.Disk)()
    _call(name, *arguments, ctypes.byref(disk))
    try:
        return Disk(disk.contents)
    finally:
        lib.library().cleat_disk_free(disk)


def _bytes(value):
    return value.encode() if isinstance(value, str) else value


def _options(kind, given):
    """A structure of options; an unknown name is a TypeError."""
    known = {name for name, _ in kind._fields_}
    for name in given:
        if name not in known:
            raise TypeError('no option %r' % name)
    return kind(**{name: _bytes(value) for name, value in given.items() if value is not None})


class _Handle:
    def __init__(self, name, options):
        self._close = getattr(lib.library(), 'cleat_%s_close' % name)
        self._handle = ctypes.c_void_p()
        _call('cleat_%s_open' % name, ctypes.byref(options), ctypes.byref(self._handle))

    def close(self):
        """Free it; nothing is detached by that."""
        if self._handle:
            self._close(self._handle)
            self._handle = ctypes.c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, '_handle', None):
            self.close()


class Cloud(_Handle):
    """A block storage service. Options are those of struct cleat_cloud_options; what is not given
    comes from the environment (OS_*) or clouds.yaml."""

    def __init__(self, **options):
        super().__init__('cloud', _options(lib.CloudOptions, options))

    def volume(self, name_or_id):
        return _text('cleat_volume_show', self._handle, _bytes(name_or_id))

    def attachments(self, volume_id):
        return _text('cleat_attachment_list', self._handle, _bytes(volume_id))

    def attachment(self, attachment_id):
        return _text('cleat_attachment_show', self._handle, _bytes(attachment_id))

    def create_attachment(self, volume_id, instance_id=None, connector=None, mode=None):
        connector = None if connector is None else json.dumps(connector)
        return _text('cleat_attachment_create', self._handle, _bytes(volume_id),
                     _bytes(instance_id), _bytes(connector), _bytes(mode))

    def update_attachment(self, attachment_id, connector):
        return _text('cleat_attachment_update', self._handle, _bytes(attachment_id),
                     _bytes(json.dumps(connector)))

    def complete_attachment(self, attachment_id):
        _call('cleat_attachment_complete', self._handle, _bytes(attachment_id))

    def delete_attachment(self, attachment_id):
        _call('cleat_attachment_delete', self._handle, _bytes(attachment_id))


class Host(_Handle):
    """This machine. state_dir and link_dir as in struct cleat_host_options."""

    def __init__(self, **options):
        super().__init__('host', _options(lib.HostOptions, options))

    def connector(self, **options):
        """What this machine says of itself, as a dict."""
        return _text('cleat_host_connector', self._handle,
                     ctypes.byref(_options(lib.ConnectorOptions, options)))

    def connect(self, connection_info, volume_id, **options):
        """Connect what a service offered; times in milliseconds, sizes in bytes."""
        options['volume_id'] = volume_id
        if isinstance(options.get('connector_json'), dict):
            options['connector_json'] = json.dumps(options['connector_json'])
        return _disk('cleat_connect', self._handle, _bytes(json.dumps(connection_info)),
                     ctypes.byref(_options(lib.ConnectOptions, options)))

    def disconnect(self, name, force=False, timeout=0):
        _call('cleat_disconnect', self._handle, _bytes(name), int(force), timeout)

    def extend(self, name, size=0, timeout=0):
        """Returns the size that this machine sees."""
        seen = ctypes.c_int64()
        _call('cleat_extend', self._handle, _bytes(name), size, timeout, ctypes.byref(seen))
        return seen.value

    def verify(self, name):
        return _disk('cleat_verify', self._handle, _bytes(name))

    def disks(self):
        """All that is connected, or unfinished."""
        disks, count = ctypes.POINTER(ctypes.POINTER(lib.Disk))(), ctypes.c_size_t()
        _call('cleat_list', self._handle, ctypes.byref(disks), ctypes.byref(count))
        try:
            return [Disk(disks[i].contents) for i in range(count.value)]
        finally:
            lib.library().cleat_disks_free(disks, count)

    def attach(self, cloud, volume, **options):
        """Options of struct cleat_attach_options, and of the connector."""
        names = {name for name, _ in lib.ConnectorOptions._fields_}
        connector = {name: options.pop(name) for name in list(options) if name in names}
        wish = _options(lib.AttachOptions, options)
        wish.connector = _options(lib.ConnectorOptions, connector)
        return _disk('cleat_local_attach', self._handle, cloud._handle, _bytes(volume),
                     ctypes.byref(wish))

    def detach(self, cloud, volume, attachment_id=None, force=False, timeout=0):
        _call('cleat_local_detach', self._handle, cloud._handle, _bytes(volume),
              _bytes(attachment_id), int(force), timeout)

    def recover(self, cloud=None):
        """Ends what was interrupted; returns [(record, what became of it)]."""
        said = []
        report = lib.REPORT(lambda name, what, _: said.append((name.decode(), what.decode())))
        _call('cleat_local_recover', self._handle, cloud._handle if cloud else None, report, None)
        return said
