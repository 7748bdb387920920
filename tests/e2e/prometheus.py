#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""A real Prometheus watches cleatd while clients hammer it; promtool has nothing to complain of."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, 'api'), os.path.join(TESTS, 'lib')]
import lib  # noqa: E402
import ports  # noqa: E402
import tap  # noqa: E402

RULES = os.path.join(os.path.dirname(TESTS), 'contrib', 'prometheus', 'cleat-rules.yml')
DASHBOARD = os.path.join(os.path.dirname(TESTS), 'contrib', 'prometheus', 'cleat-dashboard.json')
VOLUMES = '/volume/v3/volumes'
SERVERS = '/compute/v2.1/servers'
CLIENTS, ROUNDS = 8, 5

cleatd = lib.Cleatd()
directory = tempfile.mkdtemp(prefix='cleat-prometheus-')
demo = cleatd.user('demo')
assert demo.token
prometheus = None


PORT = ports.free_port()


def promtool(*words, text=None):
    done = subprocess.run(['promtool', *words], input=text, text=True, capture_output=True,
                          check=False)
    assert done.returncode == 0 and not done.stderr.strip(), (done.stdout, done.stderr)


def ask(query):
    url = 'http://127.0.0.1:%d/api/v1/query?query=%s' % (PORT, urllib.parse.quote(query))
    try:
        with urllib.request.urlopen(url, timeout=lib.PATIENCE) as answer:
            return json.load(answer)['data']['result']
    except OSError:
        return []


def number(query):
    result = ask(query)
    return float(result[0]['value'][1]) if result else None


def becomes(query, wanted):
    """What is counted is seen with the scrape that follows."""
    seen = []
    try:
        lib.wait_for(lambda: seen.append(number(query)) or seen[-1] == wanted, query)
    except AssertionError:
        tap.expect(seen[-1], wanted, query)


def start():
    global prometheus
    config = os.path.join(directory, 'prometheus.yml')
    with open(config, 'w', encoding='utf-8') as out:
        out.write('global: {scrape_interval: 1s, evaluation_interval: 1s}\n'
                  'rule_files: [%s]\n'
                  'scrape_configs:\n'
                  '  - job_name: cleat\n'
                  '    static_configs: [{targets: ["127.0.0.1:%d"]}]\n' % (RULES, cleatd.port))
    promtool('check', 'config', config)
    log = open(os.path.join(directory, 'log'), 'wb')
    prometheus = subprocess.Popen(
        ['prometheus', '--config.file=' + config, '--storage.tsdb.path=%s/data' % directory,
         '--web.listen-address=127.0.0.1:%d' % PORT], stdout=log, stderr=log)


def end():
    if prometheus:
        prometheus.send_signal(signal.SIGTERM)
        prometheus.wait()
    cleatd.__exit__()
    shutil.rmtree(directory, ignore_errors=True)


def cycle(server):
    made = demo.post(VOLUMES, {'volume': {'size': 1}})
    tap.expect(made.status, 202, repr(made))
    volume = VOLUMES + '/' + made.body['volume']['id']
    lib.wait_status(demo, volume, 'volume', 'available', 120)
    attachments = server + '/os-volume_attachments'
    done = demo.post(attachments, {'volumeAttachment': {'volumeId': made.body['volume']['id']}})
    tap.expect(done.status, 200, repr(done))
    lib.wait_status(demo, volume, 'volume', 'in-use', 120)
    tap.expect(demo.delete(attachments + '/' + made.body['volume']['id']).status, 202)
    lib.wait_status(demo, volume, 'volume', 'available', 120)
    tap.expect(demo.delete(volume).status, 202)
    lib.wait_for(lambda: demo.get(volume).status == 404, 'the end of a volume', 120)


def hammer():
    image = demo.get('/image/v2/images').body['images'][0]['id']
    problems = []

    def client():
        try:
            born = demo.post(SERVERS, {'server': {
                'name': 'x', 'imageRef': image, 'flavorRef': '1'}})
            tap.expect(born.status, 202, repr(born))
            server = SERVERS + '/' + born.body['server']['id']
            lib.wait_status(demo, server, 'server', 'ACTIVE', 120)
            for _ in range(ROUNDS):
                cycle(server)
        except Exception as problem:  # pylint: disable=broad-except
            problems.append(problem)
    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def numbers_are_seen_while_clients_hammer():
    start()
    becomes('up{job="cleat"}', 1)
    hammer()
    cycles = CLIENTS * ROUNDS
    for kind in ('create-volume', 'attach-volume', 'detach-volume', 'delete-volume'):
        becomes('cleat_operations_ended_total{kind="%s",outcome="done"}' % kind, cycles)
        becomes('cleat_operation_seconds_count{kind="%s"}' % kind, cycles)
    route = 'method="DELETE",route="/volume/v3/volumes/{volume_id}"'
    becomes('cleat_http_requests_total{%s,status="202"}' % route, cycles)
    becomes('cleat_http_request_seconds_count{%s}' % route, cycles)
    becomes('cleat_hypervisor_call_seconds_count{call="attach_disk"}', cycles)
    assert number('cleat_store_commit_seconds_count') > 0
    assert number('cleat_store_batch_size_sum') >= number('cleat_store_batch_size_count')
    assert number('cleat_backend_free_bytes{service="volume"}') > 0
    lib.wait_for(lambda: ask('cleat_operations') == [], 'peace')


def promtool_has_nothing_to_complain_of():
    promtool('check', 'metrics', text=cleatd.request('GET', '/metrics').text)


def rules_are_sound_and_quiet():
    promtool('check', 'rules', RULES)
    tap.expect(ask('ALERTS{alertstate="firing"}'), [])


def what_is_broken_stuck_or_lost_rings():
    case = os.path.join(directory, 'rules-test.yml')
    with open(case, 'w', encoding='utf-8') as out:
        json.dump({'rule_files': [RULES], 'evaluation_interval': '1m', 'tests': [{
            'interval': '1m',
            'input_series': [
                {'series': 'cleat_operations{instance="a",kind="attach-volume",state="broken"}',
                 'values': '1x10'},
                {'series': 'cleat_outbox_messages{instance="a"}', 'values': '101x20'},
                {'series': 'cleat_outbox_unreadable_total{instance="a"}', 'values': '0x5 1x15'},
                {'series': 'cleat_operations_oldest_seconds{instance="a",kind="detach-volume",'
                           'state="doing"}', 'values': '0+600x20'},
            ],
            'alert_rule_test': [
                {'eval_time': '2m', 'alertname': name, 'exp_alerts': alerts} for name, alerts in (
                    ('CleatOperationStuck', []), ('CleatDown', []))],
            'promql_expr_test': [
                {'expr': 'count(ALERTS{alertname="%s",alertstate="firing"})' % name,
                 'eval_time': when, 'exp_samples': [{'labels': '{}', 'value': 1}]}
                for name, when in (('CleatOperationBroken', '5m'),
                                   ('CleatNotificationsUnreadable', '8m'),
                                   ('CleatNotificationsWait', '12m'),
                                   ('CleatOperationStuck', '15m'))]}]}, out)
    promtool('test', 'rules', case)


def the_dashboard_asks_for_what_there_is():
    with open(DASHBOARD, encoding='utf-8') as text:
        dashboard = json.load(text)
    places = [(panel['gridPos']['x'], panel['gridPos']['y']) for panel in dashboard['panels']]
    tap.expect(len(set(places)), len(places), 'panels with a place of their own')
    asked = ' '.join(target['expr'] for panel in dashboard['panels'] for target in panel['targets'])
    for name in ('cleat_outbox_messages', 'cleat_outbox_dropped_total',
                 'cleat_outbox_unreadable_total'):
        assert name in asked, name
    for panel in dashboard['panels']:
        for target in panel['targets']:
            query = target['expr'].replace('$instance', '.*')
            url = 'http://127.0.0.1:%d/api/v1/query?query=%s' % (PORT, urllib.parse.quote(query))
            with urllib.request.urlopen(url, timeout=lib.PATIENCE) as answer:
                tap.expect(json.load(answer)['status'], 'success', query)
            # A rate needs two scrapes of a series, the second of which may be still to come.
            if 'cleat_operations' not in query and 'faults' not in query:
                lib.wait_for(lambda q=query: ask(q), 'an answer to ' + query)


tap.run('prometheus', [
    numbers_are_seen_while_clients_hammer, promtool_has_nothing_to_complain_of,
    rules_are_sound_and_quiet, what_is_broken_stuck_or_lost_rings,
    the_dashboard_asks_for_what_there_is],
    cleanup=end)
