"""What others do to OSProfiler's queue in RabbitMQ.

notifications.py quorum URL                   makes the exchange and the queue durable, and the queue a quorum queue
notifications.py notify URL BASE_ID           publishes a message in the envelope of messagingv2, by oslo.messaging
notifications.py publish URL BODY...          publishes bodies as they are
notifications.py consume URL                  consumes from the queue until its input ends; prints a line when it does
"""
import sys

import kombu

verb, url, rest = sys.argv[1], sys.argv[2], sys.argv[3:]


def notify(base_id):
    from oslo_config import cfg
    import oslo_messaging

    transport = oslo_messaging.get_notification_transport(cfg.CONF, url=url)
    notifier = oslo_messaging.Notifier(transport, "host", driver="messagingv2", topics=["profiler"])
    notifier.info({}, "profiler.svc", {
        "name": "wsgi-start", "base_id": base_id, "trace_id": base_id, "parent_id": base_id,
        "timestamp": "2026-01-02T03:04:05.001234", "info": {"host": "node-2"}, "project": "p", "service": "svc",
    })
    transport.cleanup()


if verb == "notify":
    notify(rest[0])
    sys.exit()

with kombu.Connection(url.replace("rabbit:", "amqp:")) as connection:
    channel = connection.channel()
    if verb == "quorum":
        exchange = kombu.Exchange("openstack", "topic", durable=True)
        arguments = {"x-queue-type": "quorum"}
        kombu.Queue("profiler.info", exchange, "profiler.info", durable=True, queue_arguments=arguments)(channel).declare()
    elif verb == "publish":
        for body in rest:
            kombu.Producer(channel).publish(
                body.encode("utf-8", "surrogateescape"), routing_key="profiler.info", content_type="application/json")
    elif verb == "consume":
        channel.basic_consume("profiler.info", callback=lambda message: None)
        print("consuming", flush=True)
        sys.stdin.read()
