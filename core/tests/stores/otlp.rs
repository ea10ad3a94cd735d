//! OTLP: what a collector gets of a trace. There is nothing to read, so the shared suite does not apply.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use osprofiler::{Id, Message};
use osprofiler_test_servers::{Server, rotel};
use prost::Message as _;

use crate::listener::{Listener, Request};
use crate::suite::{self, CollectorConfig, Recording, Store};

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
fn tls_is_spoken_and_the_certificate_looked_at() {
    let Some((listener, directory)) = Listener::start_with_tls(|_, _| (200, Vec::new())) else { return };
    let store = Store::new(format!("otlps://127.0.0.1:{}", listener.port));
    let trusting = store.with(&format!("ca_cert={}", directory.path().join("ca.pem").display()));
    trusting.driver().write(&trace()).expect("written");
    assert_eq!(taken(&listener.requests()).len(), trace().len() / 2);
    let error = store.driver().write(&trace()).expect_err("nobody knows who has signed it");
    assert!(format!("{error:?}").contains("UnknownIssuer") && !error.is_retryable(), "{error:?}");
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
    let start = r#"{"db":{"statement":"/* x */ select title from posts","system":"postgresql","database":"d","server":"h:5432"}}"#;
    let stop = r#"{"etype":"sqlx::Error::Database","message":"m","db":{"rows":3,"sqlstate":"23505"}}"#;
    let batch = [("db-start", start), ("db-stop", stop)]
        .map(|(name, info)| suite::fields(name, &base_id, &Id::from("no uuid"), &base_id, at, info));
    store.driver().write(&batch).expect("written");
    let spans = taken(&listener.requests());
    for (key, value) in [
        ("db.system.name", "postgresql"),
        ("db.operation.name", "SELECT"),
        ("db.query.summary", "SELECT posts"),
        ("db.collection.name", "posts"),
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
    assert!(error.is_retryable() && error.failed == 3, "{error:?}");
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
    assert_eq!((error.failed, error.is_retryable()), (4, false));
    let error = driver.write(&trace()).expect_err("refused");
    assert_eq!((error.failed, error.is_retryable()), (6, false));
    assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
    assert!(listener.requests()[0].header("authorization").is_some());
    assert!(driver.read(&Id::from(BASE)).expect_err("only sends").to_string().contains("cannot be read"));
}

#[test]
fn points_that_have_not_ended_are_counted_where_they_are_refused_in_the_end() {
    // The store is away at first, and then refuses.
    let listener = Listener::start(|number, _| (if number == 0 { 503 } else { 400 }, Vec::new()));
    let store = Store::new(format!("otlp://127.0.0.1:{}", listener.port));
    let driver = store.driver();
    driver.write(&trace()[..3]).expect("nothing has ended");
    let error = driver.finish().expect_err("busy");
    assert_eq!((error.failed, error.is_retryable()), (3, true), "{error:?}");
    let error = driver.finish().expect_err("refused");
    assert_eq!((error.failed, error.is_retryable()), (3, false), "{error:?}");
    driver.finish().expect("nothing is left");
}

#[test]
fn what_has_not_ended_is_sent_in_parts() {
    let (listener, store) = accepting();
    let driver = store.driver();
    driver
        .write(
            &suite::big(&Id::random(), 6000).into_iter().filter(|m| m.name().ends_with("-start")).collect::<Vec<_>>(),
        )
        .expect("kept");
    driver.finish().expect("sent");
    let spans: Vec<usize> =
        listener.requests().iter().map(|request| taken(std::slice::from_ref(request)).len()).collect();
    assert_eq!(spans, [1024, 1024, 952]);
}

#[test]
fn refused_starts_of_earlier_batches_are_counted_in_the_end() {
    let listener = Listener::start(|_, _| (400, Vec::new()));
    let driver = Store::new(format!("otlp://127.0.0.1:{}", listener.port)).driver();
    let messages = trace();
    driver.write(&messages[..3]).expect("nothing has ended");
    // Two points end, and one stays open.
    let error = driver.write(&messages[3..5]).expect_err("refused");
    assert_eq!((error.failed, error.is_retryable()), (2, false));
    // The two starts that had counted as stored, and the open one.
    assert_eq!(driver.finish().expect_err("refused").failed, 3);
}

/// A span as rotel prints it, by the names that it prints.
type Printed = BTreeMap<String, String>;

fn printed(server: &Server) -> Vec<Printed> {
    let text = rotel::printed(server);
    let spans = text.split("\nSpan #").skip(1);
    let span = |text: &str| {
        let mut span = Printed::new();
        for line in text.lines() {
            let Some((key, value)) = line.trim().trim_start_matches("-> ").split_once(':') else { continue };
            // Events come last, and have names and attributes, too.
            span.entry(key.trim().to_owned()).or_insert_with(|| value.trim().to_owned());
        }
        span
    };
    spans.map(span).collect()
}

/// Waits until the collector has printed so many spans.
fn wait_for(server: &Server, count: usize) -> Vec<Printed> {
    let begun = Instant::now();
    loop {
        let spans = printed(server);
        if spans.len() >= count {
            return spans;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{} of {count}", spans.len());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_real_collector_gets_the_trace_point_for_point() {
    let Some(server) = rotel::start() else { return };
    let driver = Store::new(format!("otlp://127.0.0.1:{}", server.port())).driver();
    let messages = trace();
    driver.write(&messages).expect("written");
    let spans = wait_for(&server, 3);
    assert_eq!(spans.len(), 3);
    let nanos = |message: &Message| {
        let micros = message.timestamp().to_string()[20..].parse::<u64>().expect("a fraction");
        (1_767_323_045_000_000 + micros) * 1000
    };
    let low = |id: &Id| id.to_string()[19..].replace('-', "");
    for start in &messages[..3] {
        let stop = messages[3..].iter().find(|stop| stop.trace_id() == start.trace_id()).expect("its end");
        let span = spans.iter().find(|span| span["ID"] == low(start.trace_id())).expect("its span");
        assert_eq!(span["Trace ID"], BASE.replace('-', ""));
        let parent = if start.parent_id() == start.base_id() { String::new() } else { low(start.parent_id()) };
        assert_eq!(span["Parent ID"], parent);
        let times = (span["Start time"].parse().ok(), span["End time"].parse().ok());
        assert_eq!(times, (Some(nanos(start)), Some(nanos(stop))));
        let (name, kind, attributes): (_, _, [(&str, &str); 2]) = match start.point().0 {
            "wsgi" => ("WSGI_GET_/v2/servers", "SERVER", [("url.path", "/v2/servers"), ("http.query", "a=1&b=2")]),
            "db" => {
                ("SQL_SELECT", "CLIENT", [("db.query.text", "SELECT * FROM t WHERE id = %(id)s"), ("result", "[(1,)]")])
            }
            _ => ("rpc", "INTERNAL", [("args", "(1, 'x')"), ("error.type", "ValueError")]),
        };
        assert_eq!((span["Name"].as_str(), span["Kind"].clone()), (name, format!("SPAN_KIND_{kind}")));
        for (key, value) in attributes {
            assert_eq!(span[key], format!("Str({value})"), "{key}");
        }
        let status = span.get("Status message").map(String::as_str);
        assert_eq!(status, (start.point().0 == "rpc").then_some("boom"));
    }
}

#[test]
fn collector_that_dies_hangs_or_is_absent_is_outlived() {
    let Some(mut server) = rotel::start() else { return };
    let store = Store::new(format!("otlp://127.0.0.1:{}", server.port()));
    server.kill();
    let mut recording = Recording::new(&store, CollectorConfig::default());
    recording.points(100);
    assert!(!recording.notifier.flush(Duration::from_millis(300)), "there is no collector");
    server.start_again();
    let stats = recording.finish();
    assert_eq!((stats.stored, stats.failed, stats.dropped), (200, 0, 0));
    wait_for(&server, 100);
    server.pause();
    let quick = store.with("timeout=300ms");
    let mut config = CollectorConfig::default();
    config.retry_for = Duration::ZERO;
    let mut hung = Recording::new(&quick, config);
    hung.points(50);
    let stats = hung.finish();
    server.resume();
    assert_eq!((stats.recorded, stats.stored + stats.failed, stats.dropped), (100, 100, 0));
    assert!(stats.failed > 0, "{stats:?}");
    recording.points(50);
    let stats = recording.finish();
    assert_eq!((stats.stored, stats.failed, stats.dropped), (300, 0, 0));
    wait_for(&server, 150);
}

#[test]
fn big_traces_and_concurrent_writers_are_all_sent() {
    let Some(server) = rotel::start() else { return };
    let store = Store::new(format!("otlp://127.0.0.1:{}", server.port()));
    let driver = store.driver();
    for batch in suite::big(&Id::random(), 20_000).chunks(1024) {
        driver.write(batch).expect("written");
    }
    wait_for(&server, 10_000);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let driver = store.driver();
                suite::big(&Id::random(), 500).chunks(50).for_each(|batch| driver.write(batch).expect("written"));
            });
        }
    });
    wait_for(&server, 11_000);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
