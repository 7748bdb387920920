#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""Backend cephfs on a cluster of its own, with a metadata server; what the contract suite prints is
passed on.
"""
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'lib'))
import ceph  # noqa: E402

BUILD = os.environ.get('CLEAT_BUILD', os.path.join(ROOT, 'build'))


def main():
    folder = tempfile.mkdtemp(prefix='cleat-ceph-')
    cluster = ceph.Cluster(folder)
    try:
        cluster.start_monitor()
        cluster.start_store()
        cluster.start_files()
        return subprocess.run([os.path.join(BUILD, 'tests', 'contract', 'share-backend-contract'),
                               'cephfs', cluster.conf], check=False, timeout=600).returncode
    finally:
        cluster.stop()
        shutil.rmtree(folder)


sys.exit(main())
