"""Prints the report that OSProfiler makes of a file with one message to a line.

    python report.py FILE

Feeds the messages to the code that all of OSProfiler's drivers share, as its Redis driver does. That one reads the newest
message first, which turns around siblings that start in the same millisecond; here the oldest comes first, as with its
other drivers. Needs a Python with `osprofiler` (4.4.0) installed.
"""

import json
import sys

from osprofiler.drivers import base

driver = base.Driver("report://")
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        message = json.loads(line)
        driver._append_results(
            message["trace_id"],
            message["parent_id"],
            message["name"],
            message["project"],
            message["service"],
            message["info"]["host"],
            message["timestamp"],
            message,
        )
print(json.dumps(driver._parse_results()))
