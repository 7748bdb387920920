# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Ports of loopback for servers that cannot be told to choose one themselves.

They are taken from below those that the kernel gives away by itself: a port that was bound and
closed again could be somebody's a moment later, and be there when the server comes for it. A lock
on a file keeps them from other tests, until this program ends.
"""
import fcntl
import os
import random
import socket
import tempfile

FIRST, END = 20000, 30000
FOLDER = os.path.join(tempfile.gettempdir(), 'cleat-test-ports-%d' % os.getuid())
kept = []


def lock(port):
    """Whether it is ours now."""
    os.makedirs(FOLDER, exist_ok=True)
    file = open(os.path.join(FOLDER, str(port)), 'ab')
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    kept.append(file)
    return True


def is_free(port, host):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host='127.0.0.1'):
    dice = random.SystemRandom()
    while True:
        port = dice.randrange(FIRST, END)
        if is_free(port, host) and lock(port):
            return port
