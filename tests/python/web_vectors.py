"""Writes core/src/web/fixtures/vectors.json: what OSProfiler makes of packed, signed and broken trace headers.

    python tests/python/web_vectors.py > core/src/web/fixtures/vectors.json

Needs a Python with `osprofiler` (4.4.0) installed. The output is the same in every run.
With `--check FILE` it unpacks `{"info": ..., "hmac": ..., "data": ...}` lines that another implementation packed.
"""

import base64
import json
import random
import sys

from osprofiler import _utils, profiler, web

BASE = "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab"
PARENT = "5bf0a1c2-1111-4222-8333-00000000a001"
KEY = "SECRET_KEY"


def headers(parent):
    profiler.clean()
    profiler.init(KEY, base_id=BASE, parent_id=parent)
    made = web.get_trace_id_headers()
    profiler.clean()
    return {"info": made[web.X_TRACE_INFO], "hmac": made[web.X_TRACE_HMAC]}


def pack(data, key):
    packed, hmac = _utils.signed_pack(data, key)
    return {"data": data, "key": key, "packed": packed.decode(), "hmac": hmac}


def unpack(name, data, hmac, keys):
    try:
        unpacked = _utils.signed_unpack(data, hmac, keys)
    except Exception:
        unpacked = None
    return {"name": name, "data": data, "hmac": hmac, "keys": None if keys is None else list(keys), "unpacked": unpacked}


def signed(name, data):
    return unpack(name + ", validly signed", data, _utils.generate_hmac(data, KEY), [KEY])


def b64(data):
    return base64.urlsafe_b64encode(data).decode()


def unpack_cases():
    packed, hmac = _utils.signed_pack({"base_id": BASE, "parent_id": PARENT}, KEY)
    data = packed.decode()
    slashes = json.dumps({"a": "??>>~~\u00ff??"}, ensure_ascii=False).encode()
    return [
        unpack("good", data, hmac, [KEY]),
        unpack("good, second key matches", data, hmac, ["a", KEY]),
        unpack("good, keys tuple", data, hmac, (KEY,)),
        unpack("keys is plain str", data, hmac, KEY),
        unpack("wrong key", data, hmac, ["other"]),
        unpack("empty keys", data, hmac, []),
        unpack("keys None", data, hmac, None),
        unpack("hmac None", data, None, [KEY]),
        unpack("hmac empty", data, "", [KEY]),
        unpack("hmac blank", data, "   ", [KEY]),
        unpack("hmac with surrounding whitespace", data, "  " + hmac + " \n", [KEY]),
        unpack("hmac with surrounding control characters", data, "\x1c" + hmac + "\x1f", [KEY]),
        unpack("hmac upper-case hex", data, hmac.upper(), [KEY]),
        unpack("hmac truncated", data, hmac[:-1], [KEY]),
        unpack("hmac non-ascii", data, "\u00e9" * 40, [KEY]),
        unpack("hmac non-ascii of 40 bytes", data, "\u00e9" * 20, [KEY]),
        unpack("data None", None, hmac, [KEY]),
        unpack("data empty", "", hmac, [KEY]),
        unpack("data tampered", "A" + data[1:], hmac, [KEY]),
        signed("not base64", "!!!not-base64!!!"),
        signed("bad padding", data.rstrip("=") + "A"),
        signed("padding removed", data.rstrip("=")),
        signed("base64 of non-JSON", b64(b"nope")),
        signed("base64 of JSON list", b64(b"[1]")),
        signed("base64 of JSON string", b64(b'"x"')),
        signed("base64 of JSON null", b64(b"null")),
        signed("base64 of invalid utf-8", b64(b"\xff\xfe")),
        signed("byte order mark", b64(b"\xef\xbb\xbf{}")),
        signed("STANDARD base64 alphabet", base64.b64encode(slashes).decode()),
        signed("data with embedded newlines and space", data[:10] + "\n " + data[10:]),
        signed("data non-ascii", data + "\u00e9"),
        signed("extra hmac_key in data is overwritten", b64(json.dumps({"base_id": "b", "hmac_key": "evil"}).encode())),
        signed("duplicate keys", b64(b'{"base_id":"1","base_id":"2"}')),
    ]


def base64_cases():
    rng = random.Random(4)
    texts = ["", "=", "==", "====", "A", "A=", "A==", "A===", "AA", "AA=", "AA==", "AA===", "AA=A=", "AA==AAAA", "AAA", "AAA=",
             "AAA==", "AAA=A", "=AAAA", "A=AAA", "AA=AA", "AB==", "AAB=", "-_+/", "\u00e9AAAA"]
    texts += ["".join(rng.choice("AZaz09+/-_=== \n*") for _ in range(rng.randrange(18))) for _ in range(300)]
    for text in texts:
        try:
            yield [text, base64.urlsafe_b64decode(text).hex()]
        except ValueError:
            yield [text, None]


def check(path):
    count = 0
    for line in open(path, encoding="utf-8"):
        case = json.loads(line)
        expected = dict(case["data"], hmac_key=KEY)
        assert _utils.signed_unpack(case["info"], case["hmac"], [KEY]) == expected, case
        repacked = _utils.signed_pack(case["data"], KEY)
        assert (repacked[0].decode(), repacked[1]) == (case["info"], case["hmac"]), case
        count += 1
    print(f"{count} headers are those of OSProfiler")


def main():
    if sys.argv[1:2] == ["--check"]:
        return check(sys.argv[2])
    vectors = {
        "headers": headers(PARENT),
        "headers_without_parent": headers(None),
        "pack": [
            pack(data, key)
            for data, key in [
                ({"base_id": BASE, "parent_id": PARENT}, KEY),
                ({"a": "1"}, "k"),
                ({}, "k"),
                ({"a": "\u00e9\u4e2d\"\\/"}, "\u00e9key"),
                ({"a": "??>>~~"}, "k"),
                ({"a": "\U0001f600\x7f\x00\b\f\n\r\t"}, "k"),
                ({"a": "1"}, "k" * 200),
                ({"a": "1"}, None),
                ({"a": "1"}, ""),
            ]
        ],
        "unpack": unpack_cases(),
        "base64": list(base64_cases()),
    }
    sections = [f'"{name}": {json.dumps(value)}' for name, value in vectors.items() if not isinstance(value, list)]
    for name, cases in vectors.items():
        if isinstance(cases, list):
            lines = ",\n".join(json.dumps(case) for case in cases)
            sections.append(f'"{name}": [\n{lines}\n]')
    print("{" + ",\n".join(sections) + "}")


main()
