# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The structures and functions of cleat/cleat.h, as ctypes sees them."""
import ctypes
import functools
import os

TEXT, BOOL, INT64 = ctypes.c_char_p, ctypes.c_bool, ctypes.c_int64
POINTER, INT = ctypes.c_void_p, ctypes.c_int
REPORT = ctypes.CFUNCTYPE(None, TEXT, TEXT, POINTER)


def texts(*names):
    return [(name, TEXT) for name in names]


class Error(ctypes.Structure):
    _fields_ = [('status', INT), ('os_errno', INT), ('message', ctypes.c_char * 512)]


class HostOptions(ctypes.Structure):
    _fields_ = texts('state_dir', 'link_dir')


class ConnectorOptions(ctypes.Structure):
    _fields_ = texts('host', 'interface', 'peer') + [
        ('multipath', BOOL), ('enforce_multipath', BOOL)]


class Disk(ctypes.Structure):
    _fields_ = texts('id', 'attachment_id', 'volume_id', 'path', 'device', 'identity', 'protocol',
                     'state', 'format', 'wwn', 'multipath_id', 'mountpoint', 'last_error') + [
        ('kind', INT), ('size', INT64), ('paths', ctypes.c_uint), ('readonly', BOOL),
        ('degraded', BOOL)]


class ConnectOptions(ctypes.Structure):
    _fields_ = texts('attachment_id', 'volume_id', 'connector_json') + [
        ('size', INT64), ('timeout', INT64), ('multipath', BOOL), ('enforce_multipath', BOOL),
        ('readonly', BOOL)]


class CloudOptions(ctypes.Structure):
    _fields_ = texts('cloud', 'auth_url', 'token', 'username', 'user_id', 'password',
                     'user_domain', 'user_domain_id', 'project', 'project_id', 'project_domain',
                     'project_domain_id', 'application_credential_id',
                     'application_credential_name', 'application_credential_secret', 'region',
                     'interface', 'endpoint', 'cacert') + [('timeout', INT64), ('insecure', BOOL)]


class AttachOptions(ctypes.Structure):
    _fields_ = [('connector', ConnectorOptions)] + texts('mode', 'mountpoint', 'make_fs') + [
        ('timeout', INT64)]


# Arguments of the functions that return a status, without the error at their end.
CALLS = {
    'cleat_host_open': [POINTER, POINTER],
    'cleat_host_connector': [POINTER, POINTER, POINTER],
    'cleat_connect': [POINTER, TEXT, POINTER, POINTER],
    'cleat_disconnect': [POINTER, TEXT, ctypes.c_uint, INT64],
    'cleat_extend': [POINTER, TEXT, INT64, INT64, POINTER],
    'cleat_verify': [POINTER, TEXT, POINTER],
    'cleat_list': [POINTER, POINTER, POINTER],
    'cleat_cloud_open': [POINTER, POINTER],
    'cleat_volume_show': [POINTER, TEXT, POINTER],
    'cleat_attachment_create': [POINTER, TEXT, TEXT, TEXT, TEXT, POINTER],
    'cleat_attachment_update': [POINTER, TEXT, TEXT, POINTER],
    'cleat_attachment_show': [POINTER, TEXT, POINTER],
    'cleat_attachment_list': [POINTER, TEXT, POINTER],
    'cleat_attachment_complete': [POINTER, TEXT],
    'cleat_attachment_delete': [POINTER, TEXT],
    'cleat_local_attach': [POINTER, POINTER, TEXT, POINTER, POINTER],
    'cleat_local_detach': [POINTER, POINTER, TEXT, TEXT, ctypes.c_uint, INT64],
    'cleat_local_recover': [POINTER, POINTER, REPORT, POINTER],
}
# Those that return something else: what, and their arguments.
OTHERS = {
    'cleat_version': (TEXT, []),
    'cleat_status_text': (TEXT, [INT]),
    'cleat_free': (None, [POINTER]),
    'cleat_host_close': (None, [POINTER]),
    'cleat_cloud_close': (None, [POINTER]),
    'cleat_disk_free': (None, [ctypes.POINTER(Disk)]),
    'cleat_disks_free': (None, [ctypes.POINTER(ctypes.POINTER(Disk)), ctypes.c_size_t]),
}


@functools.lru_cache(None)
def library():
    """libcleat.so.0, or the one that CLEAT_LIBRARY names."""
    found = ctypes.CDLL(os.environ.get('CLEAT_LIBRARY', 'libcleat.so.0'))
    for name, arguments in CALLS.items():
        function = getattr(found, name)
        function.restype, function.argtypes = INT, arguments + [POINTER]
    for name, (result, arguments) in OTHERS.items():
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found
