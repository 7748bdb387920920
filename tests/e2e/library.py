#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""libcleat as its users have it: the header alone, the examples, and Python's package."""
import ctypes
import os
import re
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'api'), os.path.join(TESTS, 'lib')]
import lib  # noqa: E402
import tap  # noqa: E402

HEADER = os.path.join(lib.ROOT, 'include', 'cleat', 'cleat.h')
EXAMPLES = os.path.join(lib.ROOT, 'examples', 'libcleat')
FOLDER = os.path.join(os.environ.get('CLEAT_BUILD', os.path.join(lib.ROOT, 'build')), 'src', 'lib')
LIBRARY = os.path.join(FOLDER, 'libcleat.so.0')
STRICT = ['-Wall', '-Wextra', '-Werror', '-pedantic', '-I' + os.path.join(lib.ROOT, 'include')]

os.environ['CLEAT_LIBRARY'] = LIBRARY
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(lib.ROOT, 'python'))
import cleat  # noqa: E402
from cleat import _library  # noqa: E402

work = tempfile.TemporaryDirectory(prefix='cleat-test-')
CLEATD = lib.Cleatd(start=False)


def compile_with(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    tap.expect((done.returncode, done.stderr), (0, ''), ' '.join(words))


def place(name):
    return os.path.join(work.name, name)


def header_text():
    with open(HEADER, encoding='utf-8') as file:
        return file.read()


def the_header_stands_alone():
    for compiler, language in (('cc', 'c99'), ('cc', 'c11'), ('c++', 'c++11')):
        compile_with(compiler, '-std=' + language, *STRICT, '-fsyntax-only', '-x',
                     'c' if compiler == 'cc' else 'c++', HEADER)


def examples_compile_and_run():
    for name in sorted(os.listdir(EXAMPLES)):
        program = place(name[:-2])
        compile_with('cc', '-std=c99', *STRICT, os.path.join(EXAMPLES, name), '-o', program,
                     LIBRARY, '-Wl,-rpath,' + FOLDER)
        done = subprocess.run([program], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        tap.expect(done.returncode, 2, name)
        assert done.stderr.startswith('usage: '), done.stderr


def every_function_is_exported_and_nothing_else():
    declared = set(re.findall(r'^CLEAT_API [^;(]*?\b(cleat_\w+)\(', header_text(), re.M))
    said = subprocess.run(['nm', '-D', '--defined-only', LIBRARY], capture_output=True, text=True,
                          check=True).stdout
    tap.expect({line.split()[-1] for line in said.splitlines()}, declared)


def the_manual_names_every_function():
    with open(os.path.join(lib.ROOT, 'docs', 'man', 'cleat.3.scd'), encoding='utf-8') as file:
        page = file.read()
    small = {'cleat_free', 'cleat_disk_free', 'cleat_disks_free'}  # the header says when
    declared = set(re.findall(r'^CLEAT_API [^;(]*?\b(cleat_\w+)\(', header_text(), re.M))
    tap.expect({name for name in declared - small if name + '*()' not in page}, set())


# --- Python --------------------------------------------------------------------------------

STRUCTS = {
    'cleat_error': _library.Error, 'cleat_host_options': _library.HostOptions,
    'cleat_connector_options': _library.ConnectorOptions, 'cleat_disk': _library.Disk,
    'cleat_connect_options': _library.ConnectOptions,
    'cleat_cloud_options': _library.CloudOptions, 'cleat_attach_options': _library.AttachOptions,
}


def structures_are_those_of_the_header():
    lines, expected = [], []
    for name, kind in STRUCTS.items():
        lines.append('printf("%%zu\\n", sizeof(struct %s));' % name)
        expected.append(ctypes.sizeof(kind))
        for member, _ in kind._fields_:
            lines.append('printf("%%zu\\n", offsetof(struct %s, %s));' % (name, member))
            expected.append(getattr(kind, member).offset)
    with open(place('sizes.c'), 'w', encoding='ascii') as file:
        file.write('#include <stdio.h>\n#include <cleat/cleat.h>\nint main(void){%s return 0;}'
                   % '\n'.join(lines))
    compile_with('cc', '-std=c11', *STRICT, place('sizes.c'), '-o', place('sizes'))
    said = subprocess.run([place('sizes')], capture_output=True, text=True, check=True).stdout
    tap.expect([int(line) for line in said.split()], expected)


def statuses_are_those_of_the_header():
    declared = dict(re.findall(r'^\tCLEAT_(\w+) = (\d+),', header_text(), re.M))
    declared.pop('OK')
    declared = {name: int(number) for name, number in declared.items()
                if not name.startswith('DISK_')}
    tap.expect({status.name: status.value for status in cleat.Status}, declared)


def functions_are_those_of_the_header():
    declared = set(re.findall(r'^CLEAT_API [^;(]*?\b(cleat_\w+)\(', header_text(), re.M))
    tap.expect(set(_library.CALLS) | set(_library.OTHERS), declared)


def host():
    return cleat.Host(state_dir=place('state'), link_dir=place('links'))


def cloud():
    rc = CLEATD.user('demo').rc
    return cleat.Cloud(auth_url=rc['OS_AUTH_URL'], username=rc['OS_USERNAME'],
                       password=rc['OS_PASSWORD'], project=rc['OS_PROJECT_NAME'])


def fails(status, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except cleat.Error as error:
        tap.expect(error.status, status, str(error))
        assert str(error), 'no words'
        return
    raise AssertionError('it worked')


def python_without_a_service():
    with host() as here:
        said = here.connector(host='node1', multipath=True)
        tap.expect((said['host'], said['multipath']), ('node1', True))
        tap.expect((here.disks(), here.recover()), ([], []))
        fails(cleat.Status.NOT_FOUND, here.verify, 'none')
        fails(cleat.Status.BAD_INFO, here.connect, {}, 'volume')
        here.disconnect('none')
        tap.expect(here.disks(), [])
    try:
        cleat.Host(state='x')
    except TypeError:
        pass
    else:
        raise AssertionError('an unknown option was taken')
    tap.expect(cleat.version().count('.'), 2)


def python_with_a_service():
    with host() as here, cloud() as service:
        demo = CLEATD.user('demo')
        made = demo.post('/volume/v3/volumes', {'volume': {'size': 1, 'name': 'data'}})
        volume = made.body['volume']['id']
        lib.wait_for(lambda: service.volume('data')['status'] == 'available', 'a volume')
        tap.expect(service.volume(volume)['name'], 'data')
        attachment = service.create_attachment(volume, connector=here.connector(host='node1'))
        tap.expect([row['id'] for row in service.attachments(volume)], [attachment['id']])
        service.complete_attachment(attachment['id'])
        tap.expect(service.attachment(attachment['id'])['status'], 'attached')
        service.delete_attachment(attachment['id'])
        fails(cleat.Status.NOT_FOUND, service.attachment, attachment['id'])
        fails(cleat.Status.BAD_INFO, here.attach, service, 'data')  # a file of another machine
        tap.expect((service.attachments(volume), service.volume(volume)['status']),
                   ([], 'available'))
        fails(cleat.Status.NOT_FOUND, here.detach, service, 'data')
        tap.expect(here.recover(service), [])


def finish():
    CLEATD.__exit__()
    work.cleanup()


CLEATD.start()
tap.run('library', [
    the_header_stands_alone, examples_compile_and_run,
    every_function_is_exported_and_nothing_else, the_manual_names_every_function,
    structures_are_those_of_the_header, statuses_are_those_of_the_header,
    functions_are_those_of_the_header, python_without_a_service, python_with_a_service], finish)
