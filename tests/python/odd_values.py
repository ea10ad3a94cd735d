"""Has Python's OSProfiler write values that JSON does not have, and show what it wrote, one trace for each value.

odd_values.py CONNECTION_STRING [--transport-url URL]

Prints an object: for each value its trace, why it was not written or not shown, and the statements with their parameters as
OSProfiler's own command shows them.
"""
import argparse
import contextlib
import datetime
import decimal
import io
import json
import logging
import uuid

parser = argparse.ArgumentParser()
parser.add_argument("connection_string")
parser.add_argument("--transport-url")
arguments = parser.parse_args()
logging.disable(logging.CRITICAL)

STATEMENT = "SELECT id FROM docs WHERE v = %(v)s"

# Values of a parameter.
VALUES = {
    "nan": float("nan"),
    "infinity": float("inf"),
    "minus_infinity": float("-inf"),
    "float": 0.1,
    "half_of_a_pair": "cut \ud83d",
    "other_half_first": "\ude00\ud83d cut",
    "pair": "whole \U0001f600",
    "beyond_64_bits": 123456789012345678901234567890,
    "below_64_bits": -9223372036854775809,
    "unsigned": 18446744073709551615,
    "beyond_53_bits": 9007199254740993,
    "datetime": datetime.datetime(2026, 1, 2, 3, 4, 5, 678000),
    "date": datetime.date(2026, 1, 2),
    "time": datetime.time(3, 4, 5),
    "decimal": decimal.Decimal("12345678901234567890.10"),
    "uuid": uuid.UUID("7a4b3b7e-0a7e-4f0e-9a53-0123456789ab"),
    "bytes": b"it's text",
    "other_bytes": b"\x00\xff",
    "tuple": (1, (float("nan"), 2)),
    "set": {1},
    "deep": json.loads("[" * 300 + "1" + "]" * 300),
    "nothing": None,
}

# What a failed statement says of its exception.
EXCEPTIONS = {
    "message_nothing": {"etype": "KeyError", "message": None},
    "message_number": {"etype": "KeyError", "message": 7},
    "message_beyond_64_bits": {"etype": "KeyError", "message": 123456789012345678901234567890},
    "message_nan": {"etype": "KeyError", "message": float("nan")},
    "message_list": {"etype": "OSError", "message": [2, "No such file"]},
    "message_object": {"etype": "ApiError", "message": {"code": 7, "detail": "half \ud83d"}},
    "message_half_of_a_pair": {"etype": "ValueError", "message": "cut \ud83d"},
    "message_bytes": {"etype": "ValueError", "message": b"bytes"},
    "message_exception": {"etype": "ValueError", "message": ValueError("inner")},
    "etype_number": {"etype": 5, "message": "five"},
    "etype_nothing": {"etype": None, "message": "no error"},
    "no_message": {"etype": "ValueError"},
}


def write(notify, base_id, params, end):
    """A request with a statement that has the value, and one without. Returns what could not be sent."""
    from osprofiler import profiler

    failed = []

    def careful(info, **kwargs):
        try:
            notify(info, **kwargs)
        except Exception as error:
            failed.append(type(error).__name__)

    from osprofiler import notifier
    notifier.set(careful)
    profiler.clean()
    profiler.init("SECRET_KEY", base_id=base_id, parent_id=base_id)
    profiler.start("wsgi", info={"request": {"path": "/x", "query": "", "method": "GET", "scheme": "http"}})
    profiler.start("db", info={"db": {"statement": STATEMENT, "params": params}})
    profiler.stop(end)
    profiler.start("db", info={"db": {"statement": "SELECT 1", "params": {}}})
    profiler.stop({"db": {"result": "[]"}})
    profiler.stop()
    return failed


def show(base_id):
    """The JSON that the command prints."""
    from osprofiler.cmd import shell

    command = ["trace", "show", "--connection-string", arguments.connection_string, "--json"]
    if arguments.transport_url:
        command += ["--transport-url", arguments.transport_url, "--idle-timeout", "1"]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        shell.OSProfilerShell(command + [base_id])
    return out.getvalue()


def points(node):
    for child in node["children"]:
        info = child["info"]
        start, stop = info.get("meta.raw_payload.db-start"), info.get("meta.raw_payload.db-stop")
        if start:
            ended = (stop or {}).get("info", {})
            yield {
                "statement": start["info"]["db"]["statement"],
                "params": plain(start["info"]["db"]["params"]),
                "exception": plain([ended.get("etype"), ended.get("message")]),
            }
        yield from points(child)


def plain(value, levels=50):
    """As JSON by the standard has it, and Rust's strings: a number is its text as Python writes it."""
    if levels == 0:
        return "too deep"
    if isinstance(value, dict):
        return {plain(key): plain(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, levels - 1) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"number": json.dumps(value)}
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def main():
    from oslo_config import cfg
    from osprofiler import notifier, opts
    import osprofiler.drivers  # noqa: F401

    opts.set_defaults(cfg.CONF)
    more = {"transport_url": arguments.transport_url} if arguments.transport_url else {}
    driver = notifier.create(arguments.connection_string, project="proj", service="svc", host="node-1", **more)
    if driver is notifier._noop_notifier:
        raise SystemExit("OSProfiler has no driver for " + arguments.connection_string)
    if arguments.transport_url:
        # kombu cannot encode these, and oslo.messaging's notifier publishes nothing more in this process after it has tried.
        del VALUES["set"], EXCEPTIONS["message_exception"]
    cases = {name: ({"v": value}, {"db": {"result": "[]"}}) for name, value in VALUES.items()}
    cases.update((name, ({"v": 1}, end)) for name, end in EXCEPTIONS.items())
    found = {}
    for name, (params, end) in cases.items():
        base_id = str(uuid.uuid4())
        case = found[name] = {"base_id": base_id, "failed": write(driver, base_id, params, end)}
        try:
            case["points"] = list(points(json.loads(show(base_id))))
        except Exception as error:
            case["not_shown"] = type(error).__name__ + ": " + str(error)[:200]
    if arguments.transport_url:
        # The command has taken everything out of the queue.
        for name, (params, end) in cases.items():
            write(driver, found[name]["base_id"], params, end)
    print(json.dumps(found, indent=1))


main()
