//! SQLite: a file, and no server.

use osprofiler::driver::ListFilter;
use osprofiler::{Id, driver};
use tempfile::TempDir;

use crate::suite::{Store, content, deterministic, fields};

fn store(_: &str) -> Option<(Store, TempDir)> {
    let directory = tempfile::tempdir().expect("a directory");
    Some((Store::new(format!("sqlite:{}", directory.path().join("traces.db").display())), directory))
}

suite!(store);

#[test]
fn reading_makes_no_file_and_writing_makes_it_for_its_owner() {
    let (store, directory) = store("").expect("a directory");
    let driver = store.driver();
    assert_eq!(driver.read(&Id::random()).expect("nothing").messages, []);
    assert!(!driver.delete(&Id::random()).expect("nothing"));
    assert!(!directory.path().join("traces.db").exists());
    driver.write(&deterministic(&Id::random())).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = directory.path().join("traces.db").metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn memory_is_a_store_of_the_drivers_own() {
    let driver = driver::connect("sqlite::memory:").expect("a driver");
    let base_id = Id::random();
    driver.write(&deterministic(&base_id)).expect("written");
    assert_eq!(driver.read(&base_id).expect("read").messages.len(), 6);
}

#[test]
fn what_the_table_cannot_hold_is_lost_alone() {
    let (store, _directory) = store("").expect("a directory");
    let long = Id::from("x".repeat(300).as_str());
    let mut batch = deterministic(&Id::from("a shorter one"));
    let info = "{\"host\": \"h\"}";
    batch.insert(3, fields("x-start", &long, &Id::from("t"), &long, "2026-01-02T03:04:05", info));
    let error = store.driver().write(&batch).expect_err("an id that is too long");
    assert_eq!((error.failed, error.is_retryable()), (1, false));
    let name = format!("{}-start", "n".repeat(400));
    batch.remove(3);
    let named = fields(
        &name,
        &Id::from("a shorter one"),
        &Id::from("n"),
        &Id::from("a shorter one"),
        "2026-01-02T03:04:06",
        info,
    );
    store.driver().write(std::slice::from_ref(&named)).expect("cut");
    let read = store.driver().read(&Id::from("a shorter one")).expect("read").messages;
    assert_eq!(content(&read[..6]), content(&batch));
    assert_eq!((read[6].name().len(), read[6].point().0.len()), (255, 249), "the phase stays");
}

#[test]
fn file_that_cannot_be_reached_is_an_error_and_one_that_is_missing_is_empty() {
    let directory = tempfile::tempdir().expect("a directory");
    let notes = directory.path().join("notes.txt");
    std::fs::write(&notes, "notes").expect("a file");
    let within = driver::connect(&format!("sqlite:{}/traces.db", notes.display())).expect("a driver");
    assert!(!within.list(&ListFilter::default()).expect_err("no directory").is_retryable());
    assert!(within.delete(&Id::random()).is_err());
    let error = within.write(&deterministic(&Id::random())).expect_err("no directory");
    assert_eq!((error.failed, error.is_retryable()), (6, false), "{error:?}");
    let missing = driver::connect(&format!("sqlite:{}/traces.db", directory.path().display())).expect("a driver");
    assert_eq!(missing.list(&ListFilter::default()).expect("nothing"), []);
    assert!(!missing.delete(&Id::random()).expect("nothing"));
    assert!(!directory.path().join("traces.db").exists());
    // More milliseconds than SQLite can count.
    let path = directory.path().join("patient.db");
    let patient = driver::connect(&format!("sqlite:{}?timeout=30d", path.display())).expect("a driver");
    patient.write(&deterministic(&Id::random())).expect("written");
}

#[test]
fn file_that_is_no_database_is_an_error() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("notes.txt");
    std::fs::write(&path, "these are notes, and no database at all".repeat(100)).expect("a file");
    let driver = driver::connect(&format!("sqlite:{}", path.display())).expect("a driver");
    let error = driver.read(&Id::random()).expect_err("no database");
    assert!(!error.is_retryable(), "{error:?}");
    let error = driver.write(&deterministic(&Id::random())).expect_err("no database");
    assert_eq!((error.failed, error.is_retryable()), (6, false), "{error:?}");
    assert!(std::fs::read_to_string(&path).expect("a file").starts_with("these are notes"));
}
