"""A client and a service that OSProfiler traces, for traces that go through services of both kinds.

    python services.py client DIRECTORY URL  asks URL within a traced point; prints the base id and what came back
    python services.py requests URL          asks URL by the library requests, with OSProfiler's adapter; prints its messages
    python services.py serve DIRECTORY       serves behind OSProfiler's WSGI middleware: prints its port, and ends when its
                                             standard input does

What they record goes to DIRECTORY, as the file driver stores it. Needs a Python with `osprofiler` (4.4.0) installed,
and `requests` for that verb.
"""

import json
import os
import sys
import threading
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

from osprofiler import notifier, profiler, web

KEY = "SECRET_KEY"


def record(directory, service):
    """Lets messages be appended to their trace's file, each as a line that is written at once."""

    def append(message):
        line = json.dumps(dict(message, project="python", service=service)) + "\n"
        path = os.path.join(directory, "trace-%s.jsonl" % message["base_id"])
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(descriptor, line.encode())
        os.close(descriptor)

    notifier.set(append)


def client(directory, url):
    record(directory, "python-client")
    trace = profiler.init(KEY)
    with profiler.Trace("client"):
        request = urllib.request.Request(url, headers=web.get_trace_id_headers())
        with urllib.request.urlopen(request) as response:
            body = response.read().decode()
            headers = {name.lower(): value for name, value in response.headers.items()}
    print(json.dumps({"base_id": trace.get_base_id(), "body": body, "headers": headers}))


def ask_by_requests(url):
    import requests

    from osprofiler import requests as adapter

    sent = []
    notifier.set(lambda message: sent.append(json.loads(json.dumps(message))))
    adapter.enable()
    profiler.init(KEY)
    requests.get(url)
    print(json.dumps(sent))


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


def application(environ, start_response):
    with profiler.Trace("render"):
        is_traced = profiler.get() is not None
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"traced" if is_traced else b"not traced"]


def serve(directory):
    record(directory, "python-service")
    middleware = web.WsgiMiddleware(application, hmac_keys=KEY, enabled=True)
    server = make_server("127.0.0.1", 0, middleware, handler_class=Quiet)
    print(server.server_port, flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    server.serve_forever()


if sys.argv[1] == "client":
    client(*sys.argv[2:])
elif sys.argv[1] == "requests":
    ask_by_requests(*sys.argv[2:])
else:
    serve(*sys.argv[2:])
