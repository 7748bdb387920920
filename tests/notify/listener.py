#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Cleat authors
"""listener.py URL durable|transient: print each notification as a line of JSON, until killed."""
import json
import logging
import sys
import tempfile

import oslo_messaging
from oslo_config import cfg

TARGETS = (('nova', 'versioned_notifications'), ('nova', 'notifications'),
           ('cinder', 'notifications'), ('manila', 'notifications'))


class Endpoint:
    """What a dispatcher calls, by priority."""

    def info(self, ctxt, publisher_id, event_type, payload, metadata):
        self.tell('INFO', ctxt, publisher_id, event_type, payload, metadata)

    def error(self, ctxt, publisher_id, event_type, payload, metadata):
        self.tell('ERROR', ctxt, publisher_id, event_type, payload, metadata)

    @staticmethod
    def tell(priority, ctxt, publisher_id, event_type, payload, metadata):
        sys.stdout.write(json.dumps({
            'priority': priority, 'publisher_id': publisher_id, 'event_type': event_type,
            'payload': payload, 'message_id': metadata['message_id'],
            'timestamp': metadata['timestamp'], 'request_id': ctxt.get('request_id')}) + '\n')
        sys.stdout.flush()


def main():
    url, kind = sys.argv[1:]
    logging.basicConfig(level=logging.WARNING)
    with tempfile.NamedTemporaryFile('w', suffix='.conf') as file:
        # One thread: what comes first is told first.
        file.write('[DEFAULT]\nexecutor_thread_pool_size = 1\n'
                   '[oslo_messaging_rabbit]\namqp_durable_queues = %s\n'
                   'rabbit_retry_interval = 1\nrabbit_retry_backoff = 1\n'
                   'rabbit_interval_max = 2\n' % ('true' if kind == 'durable' else 'false'))
        file.flush()
        conf = cfg.ConfigOpts()
        conf(['--config-file', file.name], project='listener')
        transport = oslo_messaging.get_notification_transport(conf, url=url)
        listener = oslo_messaging.get_notification_listener(
            transport, [oslo_messaging.Target(exchange=exchange, topic=topic)
                        for exchange, topic in TARGETS], [Endpoint()], executor='threading')
        listener.start()
        listener.wait()


main()
