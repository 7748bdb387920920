# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""The frame of every test program in Python: runs functions in order and prints TAP.

    tap.run('group', [boots, attaches_a_disk, ...])

A test passes when it returns, fails when it raises, and is skipped by `raise tap.Skip(why)`.
Its name is that of the function. `wait_for` is the one place that waits: for a condition, with
a deadline.
"""
import re
import subprocess
import sys
import time
import traceback

# For what takes a moment, also on a machine that has much else to do.
PATIENCE = 120


class Skip(Exception):
    """This machine cannot run the test; the text says why."""


def wait_for(what, condition, seconds=PATIENCE, every=0.05):
    """The first true value of condition(); fails, naming `what`, when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError('%s: not within %g s' % (what, seconds))
        time.sleep(every)


def expect(got, wanted, what='value'):
    """Compare, and show both when they differ."""
    if got != wanted:
        raise AssertionError('%s: got %r, wanted %r' % (what, got, wanted))


def comment(text):
    for line in text.rstrip('\n').split('\n'):
        print('#   ' + line, flush=True)


def tell_failure(error, program):
    """An assertion speaks for itself, with the lines of the test that led to it; anything else is
    told in full."""
    if not isinstance(error, AssertionError) or not str(error):
        comment(traceback.format_exc())
        return
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == program:
            comment('%s:%d: %s' % (frame.filename, frame.lineno, frame.line))
    comment(str(error))


def run_one(number, title, test):
    """Print the result of one test; True unless it failed."""
    try:
        test()
    except Skip as why:
        print('ok %d - %s # SKIP %s' % (number, title, why), flush=True)
    except Exception as error:  # pylint: disable=broad-except
        print('not ok %d - %s' % (number, title), flush=True)
        tell_failure(error, test.__code__.co_filename)
        return False
    else:
        print('ok %d - %s' % (number, title), flush=True)
    return True


def pass_on(title, words, seconds):
    """The tests of another program before our own; one that ends badly without having said so has
    failed."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds)
    told = re.sub(r'^((?:not )?ok \d+ - )', r'\1%s: ' % title, done.stdout, flags=re.M)
    print(re.sub(r'^1\.\.\d+\n', '', told, flags=re.M), end='', flush=True)
    if done.returncode and not re.search(r'^not ok', told, re.M):
        print('not ok 0 - %s: ends well' % title)
        comment('status %d\n%s' % (done.returncode, done.stderr))


def run(group, tests, cleanup=None):
    """Run all, whatever fails, and end the program with 0 or 1."""
    failed = 0
    try:
        for number, test in enumerate(tests, 1):
            title = '%s: %s' % (group, test.__name__.replace('_', ' '))
            failed += not run_one(number, title, test)
    finally:
        if cleanup:
            cleanup()
    print('1..%d' % len(tests), flush=True)
    sys.exit(1 if failed else 0)
