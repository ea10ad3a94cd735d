//! What every driver must do, whatever its store is.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub(crate) use osprofiler::CollectorConfig;
use osprofiler::driver::{self, Driver, DriverOptions, ListFilter};
use osprofiler::report::Trace;
use osprofiler::{CollectorStats, Id, Message, MessageFields, Notifier, Profiler};
use osprofiler_test_servers::Server;
use serde_json::{Value, json};

/// So long may a server take to start or a store to recover.
const LONG: Duration = Duration::from_secs(60);

/// A store of a test's own, empty at first.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) connection_string: String,
    pub(crate) options: DriverOptions,
}

impl Store {
    pub(crate) fn new(connection_string: impl Into<String>) -> Self {
        Self { connection_string: connection_string.into(), options: DriverOptions::default() }
    }

    pub(crate) fn with_options(mut self, change: impl FnOnce(&mut DriverOptions)) -> Self {
        change(&mut self.options);
        self
    }

    /// The store with an option more in the connection string.
    pub(crate) fn with(&self, option: &str) -> Self {
        let join = if self.connection_string.contains('?') { '&' } else { '?' };
        Self { connection_string: format!("{}{join}{option}", self.connection_string), options: self.options.clone() }
    }

    pub(crate) fn driver(&self) -> Arc<dyn Driver> {
        driver::connect_with(&self.connection_string, &self.options).expect("a driver")
    }
}

/// The messages of the trace that `tests/python/store.py` makes, by its base id.
pub(crate) fn deterministic(base_id: &Id) -> Vec<Message> {
    let last = base_id.to_string();
    let last = &last[last.len() - 12..];
    let id = |number: u32| Id::from(format!("{number:08x}-1111-4222-8333-{last}").as_str());
    let params = json!({"id": 1, "name": "é\"q'中", "f": 1.5, "n": null, "b": true});
    [
        (
            "wsgi-start",
            1,
            json!({"request": {"path": "/v2/servers", "query": "a=1&b=2", "method": "GET", "scheme": "http"}}),
        ),
        ("rpc-start", 2, json!({"function": {"name": "nova.compute.api.API.get", "args": "(1, 'x')", "kwargs": "{}"}})),
        ("db-start", 3, json!({"db": {"statement": "SELECT * FROM t WHERE id = %(id)s", "params": params}})),
        ("db-stop", 3, json!({"db": {"result": "[(1,)]"}})),
        ("rpc-stop", 2, json!({"etype": "ValueError", "message": "boom"})),
        ("wsgi-stop", 1, json!({})),
    ]
    .into_iter()
    .enumerate()
    .map(|(index, (name, point, mut info))| {
        info["host"] = json!("node-1");
        let parent_id = if point == 1 { base_id.clone() } else { id(point - 1) };
        let micros = [1_234, 11_734, 22_234, 32_734, 43_234, 53_734][index];
        fields(name, base_id, &id(point), &parent_id, &format!("2026-01-02T03:04:05.{micros:06}"), &info.to_string())
    })
    .collect()
}

/// A message of project `proj` and service `svc`.
pub(crate) fn fields(name: &str, base_id: &Id, trace_id: &Id, parent_id: &Id, timestamp: &str, info: &str) -> Message {
    let timestamp = timestamp.parse().expect("a timestamp");
    let (project, service) = (Some("proj"), Some("svc"));
    Message::new(&MessageFields { name, base_id, trace_id, parent_id, timestamp, info, project, service })
        .expect("JSON")
}

/// A trace of `messages` messages, two of each point, all below one root.
pub(crate) fn big(base_id: &Id, messages: usize) -> Vec<Message> {
    let mut trace = Vec::new();
    for number in 0..messages / 2 {
        let id = Id::from(format!("{number:08x}-2222-4222-8333-000000000000").as_str());
        for (phase, micros) in [("start", 2 * number), ("stop", 2 * number + 1)] {
            let at = format!(
                "2026-01-02T03:{:02}:{:02}.{:06}",
                micros / 60_000_000,
                micros / 1_000_000 % 60,
                micros % 1_000_000
            );
            let info = match phase {
                "start" => json!({"db": {"statement": format!("SELECT {number}")}, "host": "h"}),
                _ => json!({"db": {"rows": number}, "host": "h"}),
            };
            trace.push(fields(&format!("db-{phase}"), base_id, &id, base_id, &at, &info.to_string()));
        }
    }
    trace
}

/// What matters of messages, in an order that does not depend on the store. Equal ones are one.
pub(crate) fn content(messages: &[Message]) -> BTreeSet<String> {
    let one = |message: &Message| {
        let ids = [message.base_id(), message.trace_id(), message.parent_id()].map(ToString::to_string);
        let rest = (message.name(), message.timestamp().to_string(), message.project(), message.service());
        // The order of keys is the store's affair.
        let info: Value = sorted(&Value::Object(message.info()));
        format!("{ids:?} {rest:?} {info}")
    };
    messages.iter().map(one).collect()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(pairs.into_iter().collect())
        }
        Value::Array(values) => values.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// What is written is read, by another driver too, and what was not written is not there.
pub(crate) fn stores_and_reads(store: &Store) {
    let (base_id, other) = (Id::random(), Id::random());
    let (messages, others) = (deterministic(&base_id), deterministic(&other));
    let driver = store.driver();
    assert_eq!(driver.read(&base_id).expect("an empty store").messages, [], "before anything is written");
    let both: Vec<Message> = messages.iter().zip(&others).flat_map(|(one, two)| [one.clone(), two.clone()]).collect();
    driver.write(&both).expect("written");
    for driver in [&driver, &store.driver()] {
        let read = driver.read(&base_id).expect("read");
        assert_eq!(read.skipped, 0);
        assert_eq!(read.messages.len(), messages.len());
        assert_eq!(content(&read.messages), content(&messages));
    }
    assert_eq!(driver.read(&Id::random()).expect("read").messages, [], "an unknown trace");
    driver.write(&[]).expect("an empty batch");
}

/// What a message may hold: ids of all kinds, odd names, texts with everything in them, numbers at their limits.
pub(crate) fn hostile(base_id: &Id) -> Vec<Message> {
    let texts = [
        "'; DROP TABLE data; --",
        "\" \\ \\\\ \\u0041",
        "%_*?[a-z]{}",
        "line\nbreak\r\ttab",
        "é中🦀\u{202e}\u{feff}",
        "</script>",
        "{{x}} ${y} $1 :z %s",
        "",
    ];
    let info = json!({
        "texts": texts, "big": u64::MAX, "small": i64::MIN, "float": 1.5e300, "tiny": 5e-324, "deep": [[[[{"a": [null]}]]]],
        "$key.with.dots": {"$a": 1, "a.b": 2, "": 3}, "host": "h\"'\\",
        "long": "x".repeat(100_000),
    });
    let mut messages = Vec::new();
    for (number, text) in texts.into_iter().enumerate() {
        let trace_id = if text.is_empty() { Id::from("t") } else { Id::from(text) };
        let at = format!("2026-01-02T03:04:05.{number:06}");
        messages.push(fields(&format!("{text}-start"), base_id, &trace_id, base_id, &at, &info.to_string()));
    }
    messages
}

/// Nothing that a message holds changes it, nor anything else.
pub(crate) fn keeps_hostile_content(store: &Store) {
    let driver = store.driver();
    let innocent = deterministic(&Id::random());
    driver.write(&innocent).expect("written");
    for base_id in ["*", "%", "_", "a'b\"c\\d", "[a-z]", "a b:c/d?e#f&g", "é中🦀", "osprofiler", "../x"] {
        let base_id = Id::from(base_id);
        let messages = hostile(&base_id);
        driver.write(&messages).expect("written");
        assert_eq!(content(&driver.read(&base_id).expect("read").messages), content(&messages), "{base_id}");
    }
    assert_eq!(content(&driver.read(innocent[0].base_id()).expect("read").messages), content(&innocent));
}

/// Lists say what the traces were, the newest first, and take filters.
pub(crate) fn lists(store: &Store) {
    let driver = store.driver();
    assert_eq!(driver.list(&ListFilter::default()).expect("an empty store"), []);
    let ids: Vec<Id> = ["0a", "1_", "1%", "2a"]
        .map(|start| Id::from(format!("{start}000000-0000-4000-8000-000000000001").as_str()))
        .to_vec();
    for (day, base_id) in ids.iter().enumerate() {
        let messages: Vec<Message> = deterministic(base_id)
            .into_iter()
            .map(|message| {
                let at = message.timestamp().to_string().replace("2026-01-02", &format!("2026-01-{:02}", 10 + day));
                let info = if day == 2 { "{\"host\": \"h\"}" } else { message.info_json() };
                fields(&message.name(), base_id, message.trace_id(), message.parent_id(), &at, info)
            })
            .collect();
        driver.write(&messages).expect("written");
    }
    let listed = |filter: ListFilter| -> Vec<Id> {
        driver.list(&filter).expect("a list").into_iter().map(|summary| summary.base_id).collect()
    };
    let newest_first: Vec<Id> = ids.iter().rev().cloned().collect();
    assert_eq!(listed(ListFilter::default()), newest_first);
    assert_eq!(listed(ListFilter { limit: Some(2), ..ListFilter::default() }), newest_first[..2]);
    assert_eq!(listed(ListFilter { id_prefix: Some("1".to_owned()), ..ListFilter::default() }), newest_first[1..3]);
    assert_eq!(listed(ListFilter { id_prefix: Some("1_".to_owned()), ..ListFilter::default() }), newest_first[2..3]);
    assert_eq!(listed(ListFilter { id_prefix: Some("zz".to_owned()), ..ListFilter::default() }), []);
    let with_errors = [ids[3].clone(), ids[1].clone(), ids[0].clone()];
    assert_eq!(listed(ListFilter { errors_only: true, ..ListFilter::default() }), with_errors);
    let two = ListFilter { errors_only: true, limit: Some(2), ..ListFilter::default() };
    assert_eq!(listed(two), with_errors[..2]);
    let summary = driver.list(&ListFilter { limit: Some(1), ..ListFilter::default() }).expect("a list").remove(0);
    assert_eq!((summary.name.as_str(), summary.method.as_deref()), ("wsgi", Some("GET")));
    assert_eq!((summary.path.as_deref(), summary.service.as_deref()), (Some("/v2/servers"), Some("svc")));
    assert_eq!((summary.queries, summary.errors, summary.duration_us), (1, 1, 52_500));
    assert_eq!(summary.started.to_string(), "2026-01-13T03:04:05.001234");
}

/// A trace is deleted whole, and no other.
pub(crate) fn deletes(store: &Store) {
    let driver = store.driver();
    let ids = ["a", "a*", "a%", "aa"].map(Id::from);
    for base_id in &ids {
        let messages =
            [fields("x-start", base_id, &Id::from("t"), base_id, "2026-01-02T03:04:05", "{\"host\": \"h\"}")];
        driver.write(&messages).expect("written");
    }
    assert!(driver.delete(&ids[1]).expect("deleted"));
    assert!(driver.delete(&ids[2]).expect("deleted"));
    assert!(!driver.delete(&ids[1]).expect("looked for"), "it was there once");
    assert!(!driver.delete(&Id::random()).expect("looked for"));
    let left: Vec<usize> = ids.iter().map(|id| driver.read(id).expect("read").messages.len()).collect();
    assert_eq!(left, [1, 0, 0, 1]);
}

/// Traces whose last message is old go, and the others stay.
pub(crate) fn prunes(store: &Store) {
    let driver = store.driver();
    let at = |id: &str, time: &str| {
        let base_id = Id::from(id);
        fields("x-start", &base_id, &Id::from("t"), &base_id, time, "{\"host\": \"h\"}")
    };
    let batch = [
        at("old", "2026-01-02T03:04:05.000001"),
        at("older", "2026-01-01T03:04:05.000001"),
        at("long", "2026-01-02T03:04:05.000001"),
        at("long", "2026-01-03T03:04:05.000000"),
        at("new", "2026-01-04T00:00:00.000000"),
    ];
    driver.write(&batch).expect("written");
    assert_eq!(driver.prune("2026-01-03T03:04:05.000000".parse().expect("a time")).expect("pruned"), 2);
    let mut left: Vec<String> =
        driver.list(&ListFilter::default()).expect("a list").iter().map(|trace| trace.base_id.to_string()).collect();
    left.sort();
    assert_eq!(left, ["long", "new"]);
}

/// A trace of 20,000 messages is stored whole, in batches as the collector makes them.
pub(crate) fn stores_big_traces(store: &Store) {
    let base_id = Id::random();
    let messages = big(&base_id, 20_000);
    let driver = store.driver();
    for batch in messages.chunks(1024) {
        driver.write(batch).expect("written");
    }
    let read = driver.read(&base_id).expect("read");
    assert_eq!((read.messages.len(), read.skipped), (20_000, 0));
    assert_eq!(content(&read.messages), content(&messages));
    let mut parts = Vec::new();
    let skipped = driver.read_in_parts(&base_id, &mut |part| parts.extend(part)).expect("read");
    assert_eq!((parts.len(), skipped), (20_000, 0));
    assert_eq!(content(&parts), content(&messages));
}

/// Several processes write to one trace at once.
pub(crate) fn takes_concurrent_writers(store: &Store) {
    let base_id = Id::random();
    let messages = big(&base_id, 2000);
    thread::scope(|scope| {
        for part in messages.chunks(500) {
            scope.spawn(|| {
                let driver = store.driver();
                for batch in part.chunks(50) {
                    driver.write(batch).expect("written");
                }
            });
        }
    });
    let read = store.driver().read(&base_id).expect("read");
    assert_eq!(read.messages.len(), 2000);
    assert_eq!(content(&read.messages), content(&messages));
}

/// A collector in front of the store, and points recorded through it.
pub(crate) struct Recording {
    pub(crate) notifier: Notifier,
    pub(crate) profiler: Profiler,
    names: Vec<String>,
}

impl Recording {
    pub(crate) fn new(store: &Store, config: CollectorConfig) -> Self {
        let notifier =
            Notifier::builder().project("proj").service("svc").host("h").collector(config).build(store.driver());
        let profiler = Profiler::with_notifier(&notifier, "key", None, None);
        Self { notifier, profiler, names: Vec::new() }
    }

    /// Records points, each with a name of its own, as a program does.
    pub(crate) fn points(&mut self, count: usize) {
        for _ in 0..count {
            let name = format!("p{}", self.names.len());
            self.profiler.in_scope(|| drop(osprofiler::Trace::new(name.clone(), ())));
            self.names.push(name);
        }
    }

    /// Waits until everything is stored or lost.
    pub(crate) fn finish(&self) -> CollectorStats {
        assert!(self.notifier.flush(LONG), "stored or counted as lost: {:?}", self.notifier.stats());
        self.notifier.stats()
    }

    /// The names of the recorded messages that are in the store.
    pub(crate) fn stored(&self, store: &Store) -> HashSet<String> {
        let read = store.driver().read(self.profiler.base_id()).expect("read");
        read.messages.iter().map(Message::name).collect()
    }

    /// What was recorded is there, and nothing was lost.
    pub(crate) fn assert_all_stored(&self, store: &Store) {
        let stats = self.finish();
        assert_eq!((stats.failed, stats.dropped), (0, 0), "{stats:?}");
        assert_eq!(stats.stored, 2 * self.names.len() as u64);
        assert_eq!(self.stored(store).len(), 2 * self.names.len());
    }
}

/// A server that is killed and started again takes what came meanwhile. Its data must outlive it.
pub(crate) fn outlives_a_restart(store: &Store, server: &mut Server) {
    let mut recording = Recording::new(store, CollectorConfig::default());
    recording.points(100);
    recording.assert_all_stored(store);
    server.kill();
    recording.points(100);
    assert!(!recording.notifier.flush(Duration::from_millis(300)), "there is no store");
    server.start_again();
    recording.points(100);
    recording.assert_all_stored(store);
}

/// A program may start before its store.
pub(crate) fn waits_for_a_server_that_is_absent(store: &Store, server: &mut Server) {
    server.kill();
    let error = store.driver().read(&Id::random()).expect_err("there is no server");
    assert!(error.is_retryable(), "{error:?}");
    let mut recording = Recording::new(store, CollectorConfig::default());
    recording.points(100);
    assert!(!recording.notifier.flush(Duration::from_millis(300)), "there is no store");
    server.start_again();
    recording.assert_all_stored(store);
}

/// A server that takes connections and says nothing costs the program nothing, and every loss is counted.
pub(crate) fn survives_a_server_that_hangs(store: &Store, server: &Server) {
    let quick = store.with("timeout=2s").with("connect_timeout=2s");
    let mut config = CollectorConfig::default();
    config.retry_for = Duration::ZERO;
    config.queue_messages = 1000;
    let mut recording = Recording::new(&quick, config);
    recording.points(10);
    recording.assert_all_stored(store);
    server.pause();
    let error = quick.driver().read(&Id::random()).expect_err("nobody answers");
    assert!(error.is_retryable(), "{error:?}");
    recording.points(1000);
    let hung = recording.finish();
    server.resume();
    assert_eq!(hung.recorded, hung.stored + hung.failed);
    assert_eq!(hung.recorded + hung.dropped, 2020, "every message is counted once: {hung:?}");
    assert!(hung.failed > 0, "{hung:?}");
    // It goes on as if nothing had been.
    recording.points(10);
    let stats = recording.finish();
    assert_eq!((stats.failed, stats.dropped), (hung.failed, hung.dropped), "{stats:?}");
    assert!(recording.stored(store).len() as u64 >= stats.stored);
}

/// A wrong password is an error that says so, does not show it, and is not tried again.
pub(crate) fn refuses_a_wrong_password(store: &Store, password: &str) {
    let driver = store.driver();
    let error = driver.read(&Id::random()).expect_err("a wrong password");
    let mut text = format!("{error:?} {driver:?}", driver = driver.name());
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = cause {
        text.push_str(&error.to_string());
        cause = error.source();
    }
    assert!(!text.contains(password), "{text}");
    assert!(!error.is_retryable(), "{text}");
    let mut recording = Recording::new(store, CollectorConfig::default());
    recording.points(5);
    let stats = recording.finish();
    assert_eq!((stats.recorded, stats.stored, stats.failed), (10, 0, 10));
}

/// The JSON report of what the driver reads.
pub(crate) fn report(driver: &dyn Driver, base_id: &Id) -> Value {
    let trace = Trace::build(driver.read(base_id).expect("read"));
    let mut json = Vec::new();
    osprofiler::report::json::write(&trace, &mut json).expect("memory");
    serde_json::from_slice(&json).expect("JSON")
}

/// Everything in Python's report is in ours, which has keys of its own. Children in any order, as they start.
pub(crate) fn same_report(ours: &Value, theirs: &Value) {
    contains(ours, theirs, "report");
}

fn contains(ours: &Value, theirs: &Value, place: &str) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (key, theirs) in theirs {
                let place = format!("{place}.{key}");
                contains(ours.get(key).unwrap_or_else(|| panic!("{place} is missing")), theirs, &place);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len(), "length of {place}");
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                contains(ours, theirs, &format!("{place}[{index}]"));
            }
        }
        _ => assert_eq!(ours, theirs, "{place}"),
    }
}
