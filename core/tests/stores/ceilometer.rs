//! Ceilometer's events in a real Panko, beside the reader that OSProfiler 1.15.2 had.

use std::process::Command;
use std::sync::OnceLock;

use osprofiler::driver::ListFilter;
use osprofiler::{Id, Message};
use osprofiler_test_servers::{Server, panko, program_named_by};
use serde_json::{Value, json};

use crate::listener::Listener;
use crate::suite::{self, Store, content, deterministic};

fn shared() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(panko::start).as_ref()
}

fn of(server: &Server) -> Store {
    let token = |options: &mut osprofiler::driver::DriverOptions| options.os_auth_token = Some("tok".to_owned());
    Store::new(format!("ceilometer://127.0.0.1:{}", server.port())).with_options(token)
}

/// The event that Ceilometer makes of a notification, by its definition of `profiler.*`.
fn event(message: &Message, with_raw: bool) -> Value {
    let payload: Value = serde_json::from_str(message.json()).expect("JSON");
    let info = message.info();
    let mut traits = Vec::new();
    for key in ["base_id", "trace_id", "parent_id", "name", "project", "service"] {
        traits.push(json!([key, 1, payload[key]]));
    }
    traits.push(json!(["host", 1, info["host"]]));
    traits.push(json!(["timestamp", 4, payload["timestamp"]]));
    let request = info.get("request").and_then(Value::as_object);
    traits.extend(request.into_iter().flatten().map(|(key, value)| json!([key, 1, value])));
    if let Some(db) = info.get("db").filter(|db| db.get("statement").is_some()) {
        traits.push(json!(["db.statement", 1, db["statement"]]));
        traits.push(json!(["db.params", 1, "{'id': 1}"]));
    }
    let raw = match with_raw {
        true => {
            json!({"publisher_id": "node-1", "event_type": "profiler.svc", "payload": payload, "ctxt": {}, "metadata": {}})
        }
        false => json!({}),
    };
    let message_id = format!("{}-{}-{}", payload["base_id"], payload["trace_id"], payload["name"]).replace('"', "");
    json!({"message_id": message_id, "event_type": "profiler.svc", "generated": payload["timestamp"], "traits": traits, "raw": raw})
}

fn record(server: &Server, messages: &[Message], with_raw: bool) {
    let events: Vec<Value> = messages.iter().map(|message| event(message, with_raw)).collect();
    panko::record(server, &Value::from(events).to_string());
}

#[test]
fn events_with_their_notifications_are_the_whole_trace() {
    let Some(server) = shared() else { return };
    let base_id = Id::random();
    record(server, &deterministic(&base_id), true);
    let read = of(server).driver().read(&base_id).expect("read");
    assert_eq!((content(&read.messages), read.skipped), (content(&deterministic(&base_id)), 0));
    assert_eq!(of(server).driver().read(&Id::random()).expect("read").messages, []);
}

#[test]
fn without_their_notifications_the_traits_say_what_they_can() {
    let Some(server) = shared() else { return };
    let base_id = Id::random();
    record(server, &deterministic(&base_id), false);
    let read = of(server).driver().read(&base_id).expect("read").messages;
    let expected = deterministic(&base_id);
    let names =
        |messages: &[Message]| messages.iter().map(|message| (message.name(), message.timestamp())).collect::<Vec<_>>();
    assert_eq!(names(&read), names(&expected));
    assert_eq!(read[0].info(), expected[0].info());
    let db = &read[2].info()["db"];
    assert_eq!(db, &json!({"statement": "SELECT * FROM t WHERE id = %(id)s", "params": "{'id': 1}"}));
}

#[test]
fn reports_are_those_of_osprofilers_old_reader() {
    let variable = "OSPROFILER_TEST_CEILOMETER";
    let (Some(server), Some(python)) = (shared(), program_named_by(variable, "a Python with osprofiler 1.15.2")) else {
        return;
    };
    for with_raw in [true, false] {
        let base_id = Id::random();
        record(server, &deterministic(&base_id), with_raw);
        let mut command = Command::new(python.with_file_name("osprofiler"));
        command.args(["--os-auth-token", "tok", "--ceilometer-url", &format!("http://127.0.0.1:{}", server.port())]);
        command.args(["trace", "show", "--connection-string", "ceilometer://", "--json", &base_id.to_string()]);
        let output = command.output().expect("Python starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut theirs: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        if !with_raw {
            // It has nothing in the place of the notification, and cannot know of errors; ours has what the traits say.
            without_payloads(&mut theirs);
        }
        suite::same_report(&suite::report(of(server).driver().as_ref(), &base_id), &theirs);
    }
}

fn without_payloads(report: &mut Value) {
    match report {
        Value::Object(map) => {
            map.retain(|key, _| !key.starts_with("meta.raw_payload."));
            map.values_mut().for_each(without_payloads);
        }
        Value::Array(values) => values.iter_mut().for_each(without_payloads),
        _ => {}
    }
}

#[test]
fn lists_and_their_filters() {
    let Some(server) = panko::start() else { return };
    let (first, second) =
        (Id::from("0a000000-0000-4000-8000-000000000001"), Id::from("1a000000-0000-4000-8000-000000000001"));
    record(&server, &deterministic(&first), true);
    record(&server, &deterministic(&second), false);
    let listed = |filter: ListFilter| -> Vec<Id> {
        of(&server).driver().list(&filter).expect("a list").into_iter().map(|trace| trace.base_id).collect()
    };
    assert_eq!(listed(ListFilter::default()).len(), 2);
    assert_eq!(listed(ListFilter { id_prefix: Some("1a".to_owned()), ..ListFilter::default() }), [second]);
    // Without notifications nobody knows of errors.
    assert_eq!(listed(ListFilter { errors_only: true, ..ListFilter::default() }), std::slice::from_ref(&first));
    assert_eq!(listed(ListFilter { limit: Some(1), ..ListFilter::default() }).len(), 1);
    let in_pages = of(&server).with("limit=2").driver();
    assert_eq!(content(&in_pages.read(&first).expect("read").messages), content(&deterministic(&first)));
    assert_eq!(in_pages.list(&ListFilter::default()).expect("a list").len(), 2);
}

#[test]
fn server_without_pages_that_has_more_is_an_error() {
    let events: Vec<Value> = deterministic(&Id::random())
        .iter()
        .map(|message| {
            let event = event(message, true);
            json!({"message_id": event["message_id"], "traits": [], "raw": {}})
        })
        .collect();
    for status in [200, 400] {
        let events = events.clone();
        let listener = Listener::start(move |number, _| match number {
            0 => (200, json!(events[..3]).to_string().into_bytes()),
            _ => (status, json!(events[..3]).to_string().into_bytes()),
        });
        let driver = Store::new(format!("ceilometer://127.0.0.1:{}?limit=3", listener.port)).driver();
        let error = driver.list(&ListFilter::default()).expect_err("there may be more");
        assert!(format!("{error:?}").contains("set a higher limit"), "{error:?}");
        assert!(listener.requests()[1].line.contains("&marker="), "{:?}", listener.requests()[1].line);
    }
}

#[test]
fn big_traces_are_read() {
    let Some(server) = shared() else { return };
    let base_id = Id::random();
    let messages = suite::big(&base_id, 2000);
    record(server, &messages, true);
    assert_eq!(content(&of(server).driver().read(&base_id).expect("read").messages), content(&messages));
}

#[test]
fn wrong_token_absence_and_silence_are_errors_that_say_so() {
    let Some(mut server) = panko::start() else { return };
    let store = of(&server);
    let error = Store::new(&store.connection_string)
        .with("token=wr0ng")
        .driver()
        .read(&Id::random())
        .expect_err("a wrong token");
    let text = format!("{error:?}");
    assert!(text.contains("401") && !text.contains("wr0ng") && !error.is_retryable(), "{text}");
    let error = store.driver().write(&deterministic(&Id::random())).expect_err("it is not written to");
    assert_eq!((error.failed, error.is_retryable()), (6, false));
    server.pause();
    let error = store.with("timeout=300ms").driver().read(&Id::random()).expect_err("it hangs");
    assert!(error.is_retryable() && format!("{error:?}").contains("300ms"), "{error:?}");
    server.resume();
    server.kill();
    assert!(store.driver().read(&Id::random()).expect_err("it is absent").is_retryable());
    server.start_again();
    assert_eq!(store.driver().read(&Id::random()).expect("it is back").messages, []);
}
