#!/usr/bin/env bash
# OSProfiler 4.4.0: `osprofiler trace show --json` fails with "Circular reference detected" where a point's info holds bytes, a
# decimal or a UUID, as a driver gives them back that keeps Python's types (MongoDB keeps bytes, RabbitMQ all three). Nothing in
# the trace refers to itself: the function that the JSON writer asks about other types returns what it was given. One such
# value hides the whole trace.
#
# Output seen:
#     str is shown
#     datetime is shown
#     date is shown
#     bytes fails: Circular reference detected
#     Decimal fails: Circular reference detected
#     UUID fails: Circular reference detected
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check osprofiler==4.4.0
cat > show.py <<'PYTHON'
import argparse, datetime, decimal, uuid
from osprofiler.cmd import commands
from osprofiler.drivers import base


class Memory(base.Driver):
    """A store that gives back one point with one value."""

    def __init__(self, connection_str, **kwargs):
        super().__init__(connection_str)

    @classmethod
    def get_name(cls):
        return "memory"

    def get_report(self, base_id):
        for phase, at in (("start", "2026-01-02T03:04:05.000000"), ("stop", "2026-01-02T03:04:05.001000")):
            payload = {"name": f"db-{phase}", "info": {"db": {"params": value}}}
            self._append_results("t", base_id, f"db-{phase}", "p", "s", "h", at, payload)
        return self._parse_results()


for value in ("text", datetime.datetime(2026, 1, 2), datetime.date(2026, 1, 2), b"bytes", decimal.Decimal("1.5"), uuid.UUID(int=1)):
    arguments = argparse.Namespace(trace=str(uuid.UUID(int=7)), conn_str="memory://", use_json=True, use_html=False,
                                   use_dot=False, file_name="/dev/null")
    try:
        commands.TraceCommands().show(arguments)
        print(type(value).__name__, "is shown")
    except Exception as error:
        print(type(value).__name__, "fails:", error)
PYTHON
seen=$(venv/bin/python show.py)
echo "$seen"
circular='fails: Circular reference detected'
[ "$seen" = $'str is shown\ndatetime is shown\ndate is shown\n'"bytes $circular"$'\n'"Decimal $circular"$'\n'"UUID $circular" ]
