//! OTLP: what a collector gets of a trace. There is nothing to read, so the shared suite does not apply.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use osprofiler::{Id, Message};
use osprofiler_test_servers::rotel;
use prost::Message as _;

use crate::listener::{Listener, Request};
use crate::suite::{self, Store};

const BASE: &str = "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab";

/// The deterministic trace, with points whose ids differ in the bits that spans keep.
fn trace() -> Vec<Message> {
    let messages = suite::deterministic(&Id::from(BASE));
    let id = |id: &Id| {
        let text = id.to_string();
        if text == BASE { id.clone() } else { Id::from(format!("{}{}", &text[..35], &text[7..8]).as_str()) }
    };
    let same = |message: &Message| {
        let at = message.timestamp().to_string();
        let (own, parent) = (id(message.trace_id()), id(message.parent_id()));
        suite::fields(&message.name(), message.base_id(), &own, &parent, &at, message.info_json())
    };
    messages.iter().map(same).collect()
}

fn taken(requests: &[Request]) -> Vec<(String, Span)> {
    let mut spans = Vec::new();
    for request in requests {
        let decoded = ExportTraceServiceRequest::decode(request.body.as_slice()).expect("OTLP");
        for resource in decoded.resource_spans {
            let attributes = resource.resource.expect("a resource").attributes;
            let service = attribute(&attributes, "service.name").expect("a service");
            for scope in resource.scope_spans {
                assert_eq!(scope.scope.expect("a scope").name, "osprofiler");
                spans.extend(scope.spans.into_iter().map(|span| (service.clone(), span)));
            }
        }
    }
    spans
}

fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    Some(match found.value.clone()?.value? {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(value) => value.to_string(),
        other => format!("{other:?}"),
    })
}

fn accepting() -> (Listener, Store) {
    let listener = Listener::start(|_, _| (200, Vec::new()));
    let store = Store::new(format!("otlp://127.0.0.1:{}", listener.port));
    (listener, store)
}

#[test]
fn spans_have_ids_times_parents_and_conventions() {
    let (listener, store) = accepting();
    let driver = store.with("headers=api-key%3Dk").driver();
    let messages = trace();
    // A span comes when its point ends, also when that is in a later batch.
    for batch in messages.chunks(2) {
        driver.write(batch).expect("written");
    }
    let requests = listener.requests();
    assert_eq!(requests.len(), 2, "the first batch ends no point");
    assert_eq!(requests[0].line, "POST /v1/traces");
    assert_eq!(requests[0].header("content-type"), Some("application/x-protobuf"));
    assert_eq!(requests[0].header("api-key"), Some("k"));
    let spans = taken(&requests);
    let names: Vec<&str> = spans.iter().map(|(_, span)| span.name.as_str()).collect();
    assert_eq!(names, ["SQL_SELECT", "rpc", "WSGI_GET_/v2/servers"]);
    assert!(spans.iter().all(|(service, _)| service == "proj-svc"));
    let [db, rpc, wsgi] = [&spans[0].1, &spans[1].1, &spans[2].1];
    assert_eq!((&db.parent_span_id, &rpc.parent_span_id), (&rpc.span_id, &wsgi.span_id));
    assert!(wsgi.parent_span_id.is_empty() && wsgi.trace_id == db.trace_id);
    assert_eq!(hex(&wsgi.trace_id), BASE.replace('-', ""));
    assert_eq!(hex(&wsgi.span_id), "83330123456789a1");
    assert_eq!((wsgi.kind, db.kind, rpc.kind), (2, 3, 1));
    let second = 1_767_323_045_000_000_000;
    assert_eq!((db.start_time_unix_nano, db.end_time_unix_nano), (second + 22_234_000, second + 32_734_000));
    let says = |span: &Span, key: &str| attribute(&span.attributes, key);
    assert_eq!(says(db, "db.query.text").as_deref(), Some("SELECT * FROM t WHERE id = %(id)s"));
    assert_eq!(says(db, "db.statement"), says(db, "db.query.text"));
    assert_eq!(says(db, "db.operation.name").as_deref(), Some("SELECT"));
    assert_eq!(says(db, "result").as_deref(), Some("[(1,)]"));
    assert_eq!(says(wsgi, "url.path"), says(wsgi, "http.path"));
    assert_eq!(says(wsgi, "http.request.method").as_deref(), Some("GET"));
    assert_eq!(says(rpc, "error.type").as_deref(), Some("ValueError"));
    let status = rpc.status.clone().expect("a status");
    assert_eq!((status.code, status.message.as_str(), rpc.events[0].name.as_str()), (2, "boom", "log"));
    assert!(db.status.is_none());
}

#[test]
fn what_our_adapters_say_of_a_statement_has_the_stable_names() {
    let (listener, store) = accepting();
    let base_id = Id::from(BASE);
    let at = "2026-01-02T03:04:05.000001";
    let start = r#"{"db":{"statement":"select 1","system":"postgresql","database":"d","server":"h:5432"}}"#;
    let stop = r#"{"etype":"sqlx::Error::Database","message":"m","db":{"rows":3,"sqlstate":"23505"}}"#;
    let batch = [("db-start", start), ("db-stop", stop)]
        .map(|(name, info)| suite::fields(name, &base_id, &Id::from("no uuid"), &base_id, at, info));
    store.driver().write(&batch).expect("written");
    let spans = taken(&listener.requests());
    for (key, value) in [
        ("db.system.name", "postgresql"),
        ("db.namespace", "d"),
        ("server.address", "h"),
        ("server.port", "5432"),
        ("db.response.status_code", "23505"),
        ("db.response.returned_rows", "3"),
        ("error.type", "sqlx::Error::Database"),
        ("error", "true"),
    ] {
        assert_eq!(attribute(&spans[0].1.attributes, key).as_deref(), Some(value), "{key}");
    }
}

#[test]
fn open_points_are_sent_when_they_are_too_many_and_at_the_end() {
    let (listener, store) = accepting();
    let driver = store.with("open_points=2").driver();
    let messages = trace();
    driver.write(&messages[..3]).expect("written");
    let first = taken(&listener.requests());
    assert_eq!(first.len(), 1, "the oldest of three");
    assert_eq!(attribute(&first[0].1.attributes, "osprofiler.unfinished").as_deref(), Some("true"));
    // Its end comes after all.
    driver.write(&messages[5..]).expect("written");
    let late = taken(&listener.requests()).remove(1).1;
    assert_eq!(
        (attribute(&late.attributes, "osprofiler.start_missing").as_deref(), late.name.as_str()),
        (Some("true"), "wsgi")
    );
    drop(driver);
    let all = taken(&listener.requests());
    let unfinished = all.iter().filter(|(_, span)| attribute(&span.attributes, "osprofiler.unfinished").is_some());
    assert_eq!((all.len(), unfinished.count()), (4, 3));
}

#[test]
fn the_same_spans_are_sent_again_after_an_answer_that_asks_for_it() {
    let listener = Listener::start(|number, _| (if number == 0 { 503 } else { 200 }, b"busy".to_vec()));
    let driver = Store::new(format!("otlp://127.0.0.1:{}", listener.port)).driver();
    let messages = trace();
    driver.write(&messages[..3]).expect("nothing has ended");
    let error = driver.write(&messages[3..]).expect_err("busy");
    assert!(error.retryable && error.failed == 3, "{error:?}");
    driver.write(&messages[3..]).expect("written");
    let requests = listener.requests();
    assert_eq!(requests[0].body, requests[1].body);
    drop(driver);
    assert_eq!(listener.requests().len(), 2, "nothing is open");
}

#[test]
fn rejected_spans_and_refusals_are_counted() {
    let partial = ExportTracePartialSuccess { rejected_spans: 2, error_message: "too old".to_owned() };
    let said = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let listener =
        Listener::start(move |number, _| if number == 0 { (200, said.clone()) } else { (400, b"bad".to_vec()) });
    let driver = Store::new(format!("otlp://u:secret@127.0.0.1:{}", listener.port)).driver();
    let error = driver.write(&trace()).expect_err("rejected");
    assert_eq!((error.failed, error.retryable), (4, false));
    let error = driver.write(&trace()).expect_err("refused");
    assert_eq!((error.failed, error.retryable), (6, false));
    assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
    assert!(listener.requests()[0].header("authorization").is_some());
    assert!(driver.read(&Id::from(BASE)).expect_err("only sends").to_string().contains("cannot be read"));
}

#[test]
fn a_real_collector_gets_the_trace_point_for_point() {
    let Some(server) = rotel::start() else { return };
    let driver = Store::new(format!("otlp://127.0.0.1:{}", server.port())).driver();
    driver.write(&trace()).expect("written");
    let begun = Instant::now();
    let wanted = [
        "WSGI_GET_/v2/servers",
        "SQL_SELECT",
        "rpc",
        "7a4b3b7e0a7e4f0e9a530123456789ab",
        "83330123456789a1",
        "83330123456789a2",
        "83330123456789a3",
        "proj-svc",
        "SELECT * FROM t WHERE id = %(id)s",
        "boom",
    ];
    loop {
        let printed = rotel::printed(&server);
        let missing: Vec<_> = wanted.iter().filter(|text| !printed.contains(**text)).collect();
        if missing.is_empty() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "missing {missing:?} in {printed}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
