"""Panko 10.0.0, which has Ceilometer's events, without Keystone: the token is `tok`.

ceilometer_events.py serve DIRECTORY PORT     answers on 127.0.0.1
ceilometer_events.py record DIRECTORY         stores the events on standard input: a JSON list of objects with the keys
                                              message_id, event_type, generated, traits (lists of name, type and value), raw
"""
import datetime
import json
import os
import sys
import wsgiref.simple_server

from panko import service, storage
from panko.storage import models

verb, directory = sys.argv[1:3]

# The package has no paste file, and Panko's own asks Keystone.
PASTE = """
[composite:events]
use = egg:Paste#urlmap
/v2 = v2
[app:v2]
paste.app_factory = panko.api.app:app_factory
root = panko.api.controllers.v2.root.V2Controller
"""
CONFIG = """
[DEFAULT]
api_paste_config = {0}/paste.ini
[database]
connection = sqlite:///{0}/panko.db
"""
for name, text in [("paste.ini", PASTE), ("panko.conf", CONFIG.format(directory))]:
    with open(os.path.join(directory, name), "w") as file:
        file.write(text)
conf = service.prepare_service(argv=["panko", "--config-file", os.path.join(directory, "panko.conf")])


def record():
    def value(kind, value):
        return datetime.datetime.fromisoformat(value) if kind == models.Trait.DATETIME_TYPE else value

    events = [
        models.Event(
            event["message_id"],
            event["event_type"],
            datetime.datetime.fromisoformat(event["generated"]),
            [models.Trait(name, kind, value(kind, text)) for name, kind, text in event["traits"]],
            event["raw"],
        )
        for event in json.load(sys.stdin)
    ]
    storage.get_connection_from_config(conf).record_events(events)


def serve(port):
    from panko.api import app

    storage.get_connection_from_config(conf).upgrade()
    events = app.load_app(conf, appname="events")

    def with_token(environ, start):
        if environ.get("HTTP_X_AUTH_TOKEN") != "tok":
            start("401 Unauthorized", [("Content-Type", "application/json")])
            return [b'{"error": {"message": "The request you have made requires authentication.", "code": 401}}']
        environ.update(HTTP_X_USER_ID="user", HTTP_X_PROJECT_ID="project", HTTP_X_ROLES="admin")
        return events(environ, start)

    wsgiref.simple_server.make_server("127.0.0.1", port, with_token).serve_forever()


record() if verb == "record" else serve(int(sys.argv[3]))
