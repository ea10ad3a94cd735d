//! PostgreSQL, a real one, and Python's OSProfiler on the same tables.

use std::sync::{Mutex, OnceLock};

use osprofiler::Id;
use osprofiler_test_servers::{Server, postgres, python};

use crate::odd_values;
use crate::peers::{python_shows, python_writes};
use crate::suite::{self, Store, content, deterministic};

/// One server for all tests that leave it running.
fn shared() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(postgres::start).as_ref()
}

/// A new database `name`.
fn database(server: &Server, name: &str) -> Store {
    postgres::execute(server, "postgres", &format!("CREATE DATABASE {name}"));
    Store::new(format!("postgresql://postgres@127.0.0.1:{}/{name}", server.port()))
}

fn store(check: &str) -> Option<(Store, ())> {
    Some((database(shared()?, check), ()))
}

suite!(store);

/// A server that tests kill, one after the other.
fn mortal() -> Option<&'static Mutex<Server>> {
    static SERVER: OnceLock<Option<Mutex<Server>>> = OnceLock::new();
    SERVER.get_or_init(|| postgres::start().map(Mutex::new)).as_ref()
}

#[test]
fn server_that_dies_hangs_or_is_absent_is_outlived() {
    let Some(server) = mortal() else { return };
    let mut server = server.lock().expect("no panic");
    let store = database(&server, "outlived");
    suite::outlives_a_restart(&store, &mut server);
    suite::survives_a_server_that_hangs(&store, &server);
    suite::waits_for_a_server_that_is_absent(&store, &mut server);
}

#[test]
fn wrong_password_is_refused() {
    let Some(server) = shared() else { return };
    database(server, "secrets");
    let store =
        |password: &str| Store::new(format!("postgresql://secured:{password}@127.0.0.1:{}/secrets", server.port()));
    let encoded = postgres::PASSWORD.replace('&', "%26");
    suite::stores_and_reads(&store(&encoded));
    suite::refuses_a_wrong_password(&store("wr0ng"), "wr0ng");
}

#[test]
fn tls_is_spoken_and_the_certificate_looked_at() {
    let Some((server, certificate)) = postgres::start_with_tls() else { return };
    let store = Store::new(format!("postgresql://postgres@127.0.0.1:{}/postgres", server.port()));
    let asking = store.with("sslmode=verify-full");
    suite::stores_and_reads(&asking.with(&format!("sslrootcert={}", certificate.display())));
    let error = asking.driver().read(&Id::random()).expect_err("nobody knows who has signed it");
    assert!(format!("{error:?}").contains("UnknownIssuer") && !error.is_retryable(), "{error:?}");
}

#[test]
fn python_shows_what_is_written_here() {
    let (Some(server), Some(python)) = (shared(), python()) else { return };
    let (store, base_id) = (database(server, "to_python"), Id::random());
    let driver = store.driver();
    driver.write(&deterministic(&base_id)).expect("written");
    let url = store.connection_string.replace("postgresql:", "postgresql+psycopg2:");
    let theirs = python_shows(&python, &url, &base_id, &[]);
    suite::same_report(&suite::report(driver.as_ref(), &base_id), &theirs);
}

#[test]
fn what_python_writes_is_read_here() {
    let (Some(server), Some(python)) = (shared(), python()) else { return };
    let (store, base_id) = (database(server, "from_python"), Id::random());
    let url = store.connection_string.replace("postgresql:", "postgresql+psycopg2:");
    python_writes(&python, &url, &base_id, &[]);
    let driver = Store::new(&url).driver();
    assert_eq!(content(&driver.read(&base_id).expect("read").messages), content(&deterministic(&base_id)));
    suite::same_report(&suite::report(driver.as_ref(), &base_id), &python_shows(&python, &url, &base_id, &[]));
    // And it goes on in the table that Python has made.
    driver.write(&deterministic(&Id::random())).expect("written");
    assert!(driver.delete(&base_id).expect("deleted"));
}

#[test]
fn odd_values_of_python_are_shown_as_by_python() {
    let (Some(server), Some(python)) = (shared(), python()) else { return };
    let store = database(server, "odd_values");
    let url = store.connection_string.replace("postgresql:", "postgresql+psycopg2:");
    odd_values::are_shown_as_by_python(&python, &store, &[&url], &[], &["time", "other_bytes"]);
}
