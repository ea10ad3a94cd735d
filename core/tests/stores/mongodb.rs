//! MongoDB, a real one, and Python's OSProfiler on the same collections.

use std::sync::{Mutex, OnceLock};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use osprofiler::Id;
use osprofiler::driver::ListFilter;
use osprofiler_test_servers::{Server, mongodb as servers, python};

use crate::odd_values;
use crate::peers::{python_shows, python_writes};
use crate::suite::{self, Store, content, deterministic, fields};

fn of(server: &Server) -> Store {
    Store::new(format!("mongodb://127.0.0.1:{}/", server.port()))
}

/// OSProfiler's database has one name: each test has a server.
fn store(_: &str) -> Option<(Store, Server)> {
    let server = servers::start()?;
    Some((of(&server), server))
}

suite!(store);

#[test]
fn server_that_dies_hangs_or_is_absent_is_outlived() {
    let Some(mut server) = servers::start() else { return };
    // A write is acknowledged when it is in the journal.
    let store = of(&server).with("journal=true");
    suite::outlives_a_restart(&store, &mut server);
    suite::survives_a_server_that_hangs(&store, &server);
    suite::waits_for_a_server_that_is_absent(&store, &mut server);
}

/// Runs a command of the driver's own client.
fn with_client<T>(server: &Server, run: impl AsyncFnOnce(Client) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let url = format!("mongodb://127.0.0.1:{}/", server.port());
    runtime.block_on(async { run(Client::with_uri_str(url).await.expect("a client")).await })
}

#[test]
fn tls_is_spoken_and_the_certificate_looked_at() {
    let Some((server, certificate)) = servers::start_with_tls() else { return };
    let store = of(&server).with("tls=true&serverSelectionTimeoutMS=3000");
    suite::stores_and_reads(&store.with(&format!("tlsCAFile={}", certificate.display())));
    let error = store.driver().read(&Id::random()).expect_err("nobody knows who has signed it");
    assert!(format!("{error:?}").contains("UnknownIssuer"), "{error:?}");
}

#[test]
fn wrong_password_is_refused() {
    // The first user may be made by whoever comes from this machine.
    static SERVER: OnceLock<Option<Mutex<Server>>> = OnceLock::new();
    let server = SERVER.get_or_init(|| servers::start_with(&["--auth"]).map(Mutex::new));
    let Some(server) = server.as_ref().and_then(|server| server.lock().ok()) else { return };
    with_client(&server, async |client| {
        let user = doc! {"createUser": "secured", "pwd": "s3cret&pass", "roles": ["root"]};
        client.database("admin").run_command(user).await.expect("a user");
    });
    let store = |password: &str| Store::new(format!("mongodb://secured:{password}@127.0.0.1:{}/admin", server.port()));
    suite::stores_and_reads(&store("s3cret%26pass"));
    suite::refuses_a_wrong_password(&store("wr0ng"), "wr0ng");
}

#[test]
fn traces_with_errors_are_noted_where_that_is_asked_for() {
    let Some((store, server)) = store("") else { return };
    let (failing, fine) = (Id::random(), Id::random());
    let driver = store.with("filter_error_trace=true").driver();
    driver.write(&deterministic(&failing)).expect("written");
    driver.write(&deterministic(&failing)).expect("written again");
    driver.write(&deterministic(&fine)[..2]).expect("written");
    let notes = |server: &Server| -> Vec<(String, String)> {
        with_client(server, async |client| {
            let mut cursor = client
                .database("osprofiler")
                .collection::<Document>("profiler_error")
                .find(doc! {})
                .await
                .expect("found");
            let mut notes = Vec::new();
            while cursor.advance().await.expect("found") {
                let note = cursor.deserialize_current().expect("a note");
                let text = |key: &str| note.get_str(key).expect("text").to_owned();
                notes.push((text("base_id"), text("timestamp")));
            }
            notes
        })
    };
    assert_eq!(notes(&server), [(failing.to_string(), "2026-01-02T03:04:05.043234".to_owned())]);
    let listed = driver.list(&ListFilter { errors_only: true, ..ListFilter::default() }).expect("a list");
    assert_eq!(listed.into_iter().map(|trace| trace.base_id).collect::<Vec<_>>(), std::slice::from_ref(&failing));
    assert!(driver.delete(&failing).expect("deleted"));
    assert_eq!(notes(&server), []);
}

#[test]
fn there_is_an_index_on_the_base_id() {
    let Some((store, server)) = store("") else { return };
    store.driver().write(&deterministic(&Id::random())).expect("written");
    let names = with_client(&server, async |client| {
        client.database("osprofiler").collection::<Document>("profiler").list_index_names().await.expect("indexes")
    });
    assert_eq!(names, ["_id_", "base_id_1"]);
}

#[test]
fn message_that_is_too_large_is_lost_alone() {
    let Some((store, _server)) = store("") else { return };
    let base_id = Id::random();
    let mut batch = deterministic(&base_id);
    let info = format!("{{\"text\": \"{}\"}}", "x".repeat(17 << 20));
    batch.insert(3, fields("x-start", &base_id, &Id::from("t"), &base_id, "2026-01-02T03:04:05", &info));
    let error = store.driver().write(&batch).expect_err("too large");
    assert_eq!((error.failed, error.is_retryable()), (1, false), "{error:?}");
    assert_eq!(content(&store.driver().read(&base_id).expect("read").messages), content(&deterministic(&base_id)));
}

#[test]
fn python_shows_what_is_written_here() {
    let (Some((store, _server)), Some(python)) = (store(""), python()) else { return };
    let base_id = Id::random();
    let driver = store.driver();
    driver.write(&deterministic(&base_id)).expect("written");
    let theirs = python_shows(&python, &store.connection_string, &base_id, &[]);
    suite::same_report(&suite::report(driver.as_ref(), &base_id), &theirs);
}

#[test]
fn what_python_writes_is_read_here() {
    let (Some((store, _server)), Some(python)) = (store(""), python()) else { return };
    let base_id = Id::random();
    python_writes(&python, &store.connection_string, &base_id, &[]);
    let driver = store.driver();
    assert_eq!(content(&driver.read(&base_id).expect("read").messages), content(&deterministic(&base_id)));
    let theirs = python_shows(&python, &store.connection_string, &base_id, &[]);
    suite::same_report(&suite::report(driver.as_ref(), &base_id), &theirs);
}

#[test]
fn odd_values_of_python_are_shown_as_by_python() {
    let (Some((store, _server)), Some(python)) = (store(""), python()) else { return };
    // pymongo 4 refuses what BSON cannot hold, UUIDs and decimals. What it reads of bytes, the command cannot print.
    let not_written = [
        "half_of_a_pair",
        "other_half_first",
        "beyond_64_bits",
        "below_64_bits",
        "unsigned",
        "date",
        "time",
        "decimal",
        "uuid",
        "set",
        "deep",
    ];
    let fails_on =
        [("bytes", "'\\x697427732074657874'"), ("other_bytes", "'\\x00ff'"), ("message_bytes", "\\x6279746573")];
    odd_values::are_shown_as_by_python(&python, &store, &[&store.connection_string], &fails_on, &not_written);
}
