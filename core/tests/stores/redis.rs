//! Redis, a real one, by TLS and with Sentinel, and Python's OSProfiler on the same keys.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use osprofiler::Id;
use osprofiler::driver::ListFilter;
use osprofiler_test_servers::{Server, python, redis as servers};

use crate::odd_values;
use crate::peers::{python_shows, python_writes, store_py};
use crate::suite::{self, CollectorConfig, Recording, Store, content, deterministic};

/// One server for all tests that leave it running; each has a database.
fn shared() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(|| servers::start_with(&["--databases", "100"])).as_ref()
}

fn store(_: &str) -> Option<(Store, ())> {
    static DATABASE: AtomicU32 = AtomicU32::new(0);
    let (server, database) = (shared()?, DATABASE.fetch_add(1, Ordering::Relaxed));
    Some((Store::new(format!("redis://127.0.0.1:{}/{database}", server.port())), ()))
}

suite!(store);

/// Asks the store by another client's means.
fn ask<T: redis::FromRedisValue>(store: &Store, words: &[&str]) -> T {
    let url = store.connection_string.split('?').next().expect("a URL");
    let mut connection = redis::Client::open(url).expect("a URL").get_connection().expect("a server");
    redis::cmd(words[0]).arg(&words[1..]).query(&mut connection).expect("an answer")
}

#[test]
fn server_that_dies_hangs_or_is_absent_is_outlived() {
    let Some(mut server) = servers::start() else { return };
    let store = Store::new(format!("redis://127.0.0.1:{}", server.port()));
    suite::outlives_a_restart(&store, &mut server);
    suite::survives_a_server_that_hangs(&store, &server);
    suite::waits_for_a_server_that_is_absent(&store, &mut server);
}

#[test]
fn wrong_password_is_refused() {
    let Some(server) = servers::start_with(&["--requirepass", "s3cret&pass"]) else { return };
    let store = |password: &str| Store::new(format!("redis://:{password}@127.0.0.1:{}", server.port()));
    suite::stores_and_reads(&store("s3cret%26pass"));
    suite::refuses_a_wrong_password(&store("wr0ng"), "wr0ng");
    suite::refuses_a_wrong_password(&Store::new(format!("redis://127.0.0.1:{}", server.port())), "s3cret");
}

#[test]
fn tls_is_spoken_and_the_certificate_looked_at() {
    let Some((server, certificate)) = servers::start_with_tls() else { return };
    let store = Store::new(format!("rediss://localhost:{}", server.port()));
    let trusting = store.with(&format!("ca_cert={}", certificate.display()));
    suite::stores_and_reads(&trusting);
    let error = store.driver().read(&Id::random()).expect_err("nobody knows who has signed it");
    assert!(format!("{error:?}").contains("UnknownIssuer") && !error.is_retryable(), "{error:?}");
}

#[test]
fn sentinel_names_the_master_and_after_a_failover_another() {
    let Some(mut master) = servers::start() else { return };
    let replica =
        servers::start_with(&["--replicaof", &format!("127.0.0.1 {}", master.port())]).expect("as the master");
    let sentinel = servers::start_sentinel(&master).expect("as the master");
    let store = Store::new(format!("redissentinel://127.0.0.1:{}", sentinel.port()));
    let there = Store::new(format!("redis://127.0.0.1:{}", replica.port()));
    let mut recording = Recording::new(&store, CollectorConfig::default());
    recording.points(50);
    recording.assert_all_stored(&store);
    wait_until(|| recording.stored(&there).len() == 100, "the replica has everything");
    let watched = Store::new(format!("redis://127.0.0.1:{}", sentinel.port()));
    wait_until(
        || !ask::<redis::Value>(&watched, &["SENTINEL", "replicas", "mymaster"]).eq(&redis::Value::Array(Vec::new())),
        "Sentinel knows the replica",
    );
    master.kill();
    recording.points(50);
    let stats = recording.finish();
    assert_eq!((stats.stored, stats.failed, stats.dropped), (200, 0, 0));
    assert_eq!(recording.stored(&there).len(), 200, "the replica is the master now");
    let error = store.with("sentinel_service_name=other").driver().read(&Id::random()).expect_err("no such service");
    assert!(error.is_retryable(), "{error:?}");
}

fn wait_until(done: impl Fn() -> bool, what: &str) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn keys_and_order_are_osprofilers_and_last_as_long_as_asked_for() {
    let Some((store, ())) = store("") else { return };
    let base_id = Id::random();
    let messages = deterministic(&base_id);
    store.with("filter_error_trace=1").driver().write(&messages).expect("written");
    let key = format!("osprofiler_opt:{base_id}");
    let note = format!("osprofiler_error:{base_id}");
    let list: Vec<String> = ask(&store, &["LRANGE", &key, "0", "-1"]);
    assert_eq!(list, messages.iter().rev().map(|message| message.json().to_owned()).collect::<Vec<_>>());
    let noted: String = ask(&store, &["GET", &note]);
    assert_eq!(noted, format!("{{\"base_id\":\"{base_id}\",\"timestamp\":\"2026-01-02T03:04:05.043234\"}}"));
    assert_eq!(ask::<i64>(&store, &["TTL", &key]), -1, "it lasts for ever");
    store.with("filter_error_trace=1").with("ttl=7d").driver().write(&messages).expect("written");
    for key in [&key, &note] {
        let left: i64 = ask(&store, &["TTL", key]);
        assert!((604_000..=604_800).contains(&left), "{left}");
    }
    assert!(store.driver().delete(&base_id).expect("deleted"));
    assert_eq!(ask::<i64>(&store, &["DBSIZE"]), 0);
}

#[test]
fn traces_noted_for_errors_are_listed() {
    let Some((store, ())) = store("") else { return };
    let (noted, fine) = (Id::random(), Id::random());
    for base_id in [&noted, &fine] {
        store.driver().write(&deterministic(base_id)[..2]).expect("written");
    }
    let note = format!("{{\"base_id\": \"{noted}\", \"timestamp\": \"2026-01-02T03:04:05.043234\"}}");
    let _: () = ask(&store, &["SET", &format!("osprofiler_error:{noted}"), &note]);
    let listed = store.driver().list(&ListFilter { errors_only: true, ..ListFilter::default() }).expect("a list");
    assert_eq!(listed.into_iter().map(|trace| trace.base_id).collect::<Vec<_>>(), [noted]);
}

#[test]
fn what_old_versions_stored_is_read_listed_and_deleted() {
    let Some((store, ())) = store("") else { return };
    let (base_id, longer) = (Id::from("7a4b3b7e-0a7e_x"), Id::from("7a4b3b7e-0a7e_x_y-123456789"));
    for id in [&base_id, &longer] {
        for message in deterministic(id) {
            let key = format!("osprofiler:{id}_{}_{}", message.trace_id(), message.timestamp());
            let _: () = ask(&store, &["SET", &key, message.json()]);
        }
    }
    let _: () = ask(&store, &["SET", "osprofiler:7a4b3b7e-0a7e_x_junk", "no JSON"]);
    let _: i64 = ask(&store, &["LPUSH", "osprofiler:7a4b3b7e-0a7e_x_list", "no text"]);
    let driver = store.driver();
    let read = driver.read(&base_id).expect("read");
    assert_eq!((content(&read.messages), read.skipped), (content(&deterministic(&base_id)), 1));
    let listed: Vec<Id> =
        driver.list(&ListFilter::default()).expect("a list").into_iter().map(|trace| trace.base_id).collect();
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(driver.delete(&base_id).expect("deleted"));
    assert_eq!(content(&driver.read(&longer).expect("read").messages), content(&deterministic(&longer)));
}

#[test]
fn legacy_keys_are_not_looked_for_where_that_is_said() {
    let Some((store, ())) = store("") else { return };
    let base_id = Id::random();
    for message in deterministic(&base_id) {
        let key = format!("osprofiler:{base_id}_{}_{}", message.trace_id(), message.timestamp());
        let _: () = ask(&store, &["SET", &key, message.json()]);
    }
    let driver = store.with("legacy=false").driver();
    assert_eq!(driver.read(&base_id).expect("read").messages, []);
    assert_eq!(driver.list(&ListFilter::default()).expect("a list"), []);
    assert!(!driver.delete(&base_id).expect("looked for"));
    assert_eq!(store.driver().list(&ListFilter::default()).expect("a list").len(), 1);
}

#[test]
fn refused_reading_is_an_error_and_a_refused_time_to_live_costs_no_message() {
    let Some(server) = servers::start() else { return };
    let store = Store::new(format!("redis://127.0.0.1:{}", server.port()));
    let base_id = Id::random();
    let _: () = ask(&store, &["ACL", "SETUSER", "u", "on", ">p", "~*", "+@all", "-lrange", "-lindex", "-expire"]);
    let limited = Store::new(format!("redis://u:p@127.0.0.1:{}", server.port()));
    limited.with("ttl=1d").driver().write(&deterministic(&base_id)).expect("stored");
    for refused in [limited.driver().read(&base_id).map(drop), limited.driver().list(&ListFilter::default()).map(drop)]
    {
        let error = refused.expect_err("it may not");
        assert!(format!("{error:?}").contains("NoPerm") && !error.is_retryable(), "{error:?}");
    }
    assert_eq!(store.driver().read(&base_id).expect("read").messages.len(), 6);
}

#[test]
fn full_server_takes_the_rest_when_there_is_room_again() {
    let Some(server) = servers::start() else { return };
    let store = Store::new(format!("redis://127.0.0.1:{}", server.port()));
    let _: () = ask(&store, &["CONFIG", "SET", "maxmemory", "1"]);
    let error = store.driver().write(&deterministic(&Id::random())).expect_err("there is no room");
    assert_eq!((error.failed, error.is_retryable()), (6, true), "{error:?}");
    let mut recording = Recording::new(&store, CollectorConfig::default());
    recording.points(10);
    assert!(!recording.notifier.flush(Duration::from_millis(300)), "there is no room");
    let _: () = ask(&store, &["CONFIG", "SET", "maxmemory", "0"]);
    recording.assert_all_stored(&store);
}

#[test]
fn connection_that_the_server_closed_is_made_again() {
    let Some(server) = servers::start() else { return };
    let store = Store::new(format!("redis://127.0.0.1:{}", server.port()));
    let (driver, base_id) = (store.driver(), Id::random());
    driver.write(&deterministic(&base_id)).expect("written");
    let _: i64 = ask(&store, &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    driver.write(&deterministic(&base_id)).expect("written again");
    assert_eq!(driver.read(&base_id).expect("read").messages.len(), 12);
}

#[test]
fn key_of_another_type_costs_its_own_messages_alone() {
    let Some((store, ())) = store("") else { return };
    let (taken, free) = (Id::random(), Id::random());
    let _: () = ask(&store, &["SET", &format!("osprofiler_opt:{taken}"), "a text"]);
    let batch = [deterministic(&taken), deterministic(&free)].concat();
    let error = store.driver().write(&batch).expect_err("no list");
    assert_eq!((error.failed, error.is_retryable()), (6, false), "{error:?}");
    let driver = store.driver();
    assert_eq!(driver.read(&free).expect("read").messages.len(), 6);
    assert_eq!(driver.read(&taken).expect("read").messages, []);
}

#[test]
fn python_shows_what_is_written_here() {
    let (Some((store, ())), Some(python)) = (store(""), python()) else { return };
    let base_id = Id::random();
    let driver = store.with("filter_error_trace=1").driver();
    driver.write(&deterministic(&base_id)).expect("written");
    let theirs = python_shows(&python, &store.connection_string, &base_id, &[]);
    suite::same_report(&suite::report(driver.as_ref(), &base_id), &theirs);
    for list in [&["list", &store.connection_string][..], &["list", &store.connection_string, "--error-trace"]] {
        let listed = store_py(&python, list);
        assert!(listed.contains(&base_id.to_string()), "{listed}");
    }
}

#[test]
fn what_python_writes_is_read_here() {
    let (Some((store, ())), Some(python)) = (store(""), python()) else { return };
    let base_id = Id::random();
    python_writes(&python, &store.connection_string, &base_id, &["--filter-error"]);
    let driver = store.driver();
    assert_eq!(content(&driver.read(&base_id).expect("read").messages), content(&deterministic(&base_id)));
    let theirs = python_shows(&python, &store.connection_string, &base_id, &[]);
    suite::same_report(&suite::report(driver.as_ref(), &base_id), &theirs);
    let listed = driver.list(&ListFilter { errors_only: true, ..ListFilter::default() }).expect("a list");
    assert_eq!(listed.into_iter().map(|trace| trace.base_id).collect::<Vec<_>>(), [base_id]);
}

#[test]
fn odd_values_of_python_are_shown_as_by_python() {
    let (Some((store, ())), Some(python)) = (store(""), python()) else { return };
    // oslo.serialization makes text of dates, decimals, UUIDs and UTF-8, and refuses the others.
    odd_values::are_shown_as_by_python(&python, &store, &[&store.connection_string], &[], &["time", "other_bytes"]);
}

#[test]
fn odd_texts_are_read_and_what_is_none_is_counted() {
    let Some((store, ())) = store("") else { return };
    let base_id = Id::random();
    let key = format!("osprofiler_opt:{base_id}");
    let json: Vec<String> = deterministic(&base_id).iter().map(|message| message.json().to_owned()).collect();
    let marked = format!("\u{feff}{}\r\n", json[0]);
    let late = json[1].replace("T03:04:05.011734", "T05:04:05.011734+02:00");
    for text in [&marked, &late, &json[2], "{", "", "{\"name\": NaN}"] {
        let _: i64 = ask(&store, &["LPUSH", &key, text]);
    }
    let read = store.driver().read(&base_id).expect("read");
    assert_eq!((content(&read.messages), read.skipped), (content(&deterministic(&base_id)[..3]), 3));
}
