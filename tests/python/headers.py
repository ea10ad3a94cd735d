"""Trace headers through OSProfiler's own front and back end.

    python headers.py make             prints the headers of a traced request, and which trace it is
    python headers.py check INFO HMAC  sends a request with these headers through OSProfiler's WSGI middleware and prints
                                       which trace it made of it, or null

Needs a Python with `osprofiler` (4.4.0) installed.
"""

import json
import sys

import webob
from osprofiler import notifier, profiler, web

KEY = "SECRET_KEY"


def make():
    point = profiler.init(KEY)
    point.start("call")
    headers = web.get_trace_id_headers()
    return {
        "info": headers[web.X_TRACE_INFO],
        "hmac": headers[web.X_TRACE_HMAC],
        "base_id": point.get_base_id(),
        "parent_id": point.get_id(),
    }


def check(info, hmac):
    messages = []
    notifier.set(messages.append)
    application = web.WsgiMiddleware(webob.Response(), hmac_keys="other," + KEY, enabled=True)
    request = webob.Request.blank("/", headers={web.X_TRACE_INFO: info, web.X_TRACE_HMAC: hmac})
    assert request.get_response(application).status_code == 200
    if not messages:
        return None
    start, stop = messages
    assert (start["name"], stop["name"]) == ("wsgi-start", "wsgi-stop")
    return {"base_id": start["base_id"], "parent_id": start["parent_id"]}


if sys.argv[1] == "make":
    print(json.dumps(make()))
else:
    print(json.dumps(check(sys.argv[2], sys.argv[3])))
