"""Python's OSProfiler on one of its stores: writes the deterministic trace, or runs its command.

store.py write CONNECTION_STRING BASE_ID [--transport-url URL] [--filter-error]
store.py show CONNECTION_STRING BASE_ID [--transport-url URL]
store.py list CONNECTION_STRING [--error-trace]
"""
import argparse
import datetime
import itertools
import socket
import sys

parser = argparse.ArgumentParser()
parser.add_argument("verb", choices=["write", "show", "list"])
parser.add_argument("connection_string")
parser.add_argument("base_id", nargs="?")
parser.add_argument("--transport-url")
parser.add_argument("--filter-error", action="store_true")
parser.add_argument("--error-trace", action="store_true")
arguments = parser.parse_args()


def run():
    from osprofiler.cmd import shell

    command = ["trace", arguments.verb, "--connection-string", arguments.connection_string]
    if arguments.transport_url:
        command += ["--transport-url", arguments.transport_url]
    if arguments.verb == "show":
        command += ["--json", arguments.base_id]
    elif arguments.error_trace:
        command += ["--error-trace", "1"]
    shell.OSProfilerShell(command)


def write():
    from osprofiler import profiler

    socket.gethostname = lambda: "node-1"
    begin, numbers = datetime.datetime(2026, 1, 2, 3, 4, 5), itertools.count(1)
    micros = iter([1234, 11734, 22234, 32734, 43234, 53734])

    # The profiler's own clock and ids alone: what clients of brokers ask for is not counted.
    class Clock:
        @staticmethod
        def utcnow():
            return begin + datetime.timedelta(microseconds=next(micros))

    class Ids:
        @staticmethod
        def generate_uuid():
            return "%08x-1111-4222-8333-%s" % (next(numbers), arguments.base_id[-12:])

    profiler.timeutils, profiler.uuidutils = Clock, Ids

    from oslo_config import cfg
    from osprofiler import notifier, opts
    import osprofiler.drivers  # noqa: F401

    opts.set_defaults(cfg.CONF)
    more = {}
    if arguments.transport_url:
        more["transport_url"] = arguments.transport_url
    if arguments.filter_error:
        cfg.CONF([], project="test")
        cfg.CONF.set_override("filter_error_trace", True, "profiler")
        more["conf"] = cfg.CONF
    notify = notifier.create(arguments.connection_string, project="proj", service="svc", host="node-1", **more)
    if notify is notifier._noop_notifier:
        sys.exit("OSProfiler has no driver for " + arguments.connection_string)
    notifier.set(notify)
    profiler.init("SECRET_KEY", base_id=arguments.base_id)
    request = {"path": "/v2/servers", "query": "a=1&b=2", "method": "GET", "scheme": "http"}
    profiler.start("wsgi", info={"request": request})
    function = {"name": "nova.compute.api.API.get", "args": "(1, 'x')", "kwargs": "{}"}
    profiler.start("rpc", info={"function": function})
    params = {"id": 1, "name": "\u00e9\"q'\u4e2d", "f": 1.5, "n": None, "b": True}
    profiler.start("db", info={"db": {"statement": "SELECT * FROM t WHERE id = %(id)s", "params": params}})
    profiler.stop({"db": {"result": "[(1,)]"}})
    profiler.stop({"etype": "ValueError", "message": "boom"})
    profiler.stop()


write() if arguments.verb == "write" else run()
