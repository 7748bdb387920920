# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The routes there are and the members that their bodies have, for tests that ask all of them."""
import glob
import os
import re

from lib import ROOT

PREFIXES = {'identity': '/identity/v3', 'image': '/image/v2', 'compute': '/compute/v2.1',
            'volume': '/volume/v3', 'share': '/share/v2', 'admin': '/admin/v1',
            'metadata': '/metadata'}


def routes():
    """(dialect, method, pattern, action or None) of every line."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'routes.txt')) as lines:
        for line in lines:
            words = line.split(':')[0].split()
            yield words[0], words[1], words[2], words[3] if len(words) > 3 else None


def member_names():
    """{dialect: the members that its requests may have, and one that none has}"""
    names = {dialect: {'odd'} for dialect in PREFIXES}
    for dialect, found in names.items():
        for path in glob.glob(os.path.join(ROOT, 'src', 'api', dialect, '*.c')):
            with open(path, encoding='utf-8') as source:
                text = source.read()
            found.update(re.findall(r'\.name = "([a-zA-Z0-9_:-]+)",\s*\.type = JSON_(?!OUT)', text))
            # Rows that a macro makes: its first text is the name.
            found.update(re.findall(r'^\t(?:[A-Z_]+\((?:\w+, )?"([a-zA-Z0-9_:-]+)")', text, re.M))
        assert len(found) > 10 or dialect in ('admin', 'metadata'), (dialect, found)
    return names
