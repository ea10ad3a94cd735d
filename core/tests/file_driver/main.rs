//! The embedded driver: several writers, torn lines, full disks, directories that cannot be written.

mod foreign;
mod retention;
#[cfg(unix)]
mod rights;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use osprofiler::driver::file::{FileConfig, FileDriver};
use osprofiler::driver::{self, Driver, ListFilter};
use osprofiler::{Id, Notifier, Profiler, Trace};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(20);

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn notifier(directory: &Path) -> Notifier {
    Notifier::builder().service("svc").build(Arc::new(FileDriver::new(FileConfig::new(directory))))
}

fn record(notifier: &Notifier, base_id: &str, points: usize) {
    let profiler = Profiler::with_notifier(notifier, "key", Some(Id::from(base_id)), None);
    profiler.in_scope(|| (0..points).for_each(|n| drop(Trace::new("x", json!({"n": n})))));
}

fn open(directory: &Path) -> FileDriver {
    FileDriver::new(FileConfig::new(directory))
}

#[test]
fn a_trace_is_one_file_of_json_lines() -> TestResult {
    let directory = tempfile::tempdir()?;
    let notifier = notifier(&directory.path().join("made/when/needed"));
    record(&notifier, "a", 3);
    assert!(notifier.flush(LONG));
    let text = fs::read_to_string(directory.path().join("made/when/needed/trace-a.jsonl"))?;
    let names = text.lines().map(|line| Ok(serde_json::from_str::<Value>(line)?["name"].clone()));
    assert_eq!(names.collect::<Result<Vec<_>, serde_json::Error>>()?, ["x-start", "x-stop"].repeat(3));
    Ok(())
}

#[test]
fn several_writers_add_to_one_trace_in_whole_lines() -> TestResult {
    let directory = tempfile::tempdir()?;
    thread::scope(|scope| {
        for _ in 0..4 {
            // Each has a driver of its own, as another process would.
            scope.spawn(|| {
                let notifier = notifier(directory.path());
                for _ in 0..50 {
                    record(&notifier, "shared", 20);
                    assert!(notifier.flush(LONG));
                }
            });
        }
    });
    let stored = open(directory.path()).read(&Id::from("shared"))?;
    assert_eq!((stored.messages.len(), stored.skipped), (4 * 50 * 20 * 2, 0));
    Ok(())
}

#[test]
fn a_torn_line_is_skipped_and_counted_and_takes_no_other_with_it() -> TestResult {
    let directory = tempfile::tempdir()?;
    let notifier = notifier(directory.path());
    record(&notifier, "a", 2);
    assert!(notifier.flush(LONG));
    let path = directory.path().join("trace-a.jsonl");
    let text = fs::read(&path)?;
    fs::write(&path, &text[..text.len() - 40])?;
    let stored = open(directory.path()).read(&Id::from("a"))?;
    assert_eq!((stored.messages.len(), stored.skipped), (3, 1));
    record(&notifier, "a", 1);
    assert!(notifier.flush(LONG));
    let stored = open(directory.path()).read(&Id::from("a"))?;
    assert_eq!((stored.messages.len(), stored.skipped), (5, 1));
    Ok(())
}

#[test]
fn lines_of_others_are_skipped_and_unknown_keys_stay() -> TestResult {
    let directory = tempfile::tempdir()?;
    let notifier = notifier(directory.path());
    record(&notifier, "a", 1);
    assert!(notifier.flush(LONG));
    let path = directory.path().join("trace-a.jsonl");
    let mut file = OpenOptions::new().append(true).open(&path)?;
    file.write_all(b"\n\xff\xfe\nnot json\n{\"name\": 1}\n\n")?;
    let line = fs::read(&path)?;
    let first =
        String::from_utf8_lossy(&line).lines().next().unwrap_or_default().replace("\"info\"", "\"later\":[1],\"info\"");
    writeln!(file, "{first}")?;
    let stored = open(directory.path()).read(&Id::from("a"))?;
    assert_eq!((stored.messages.len(), stored.skipped), (3, 3));
    assert_eq!(serde_json::from_str::<Value>(stored.messages[2].json())?["later"][0], 1);
    Ok(())
}

#[test]
fn list_tells_the_newest_first_and_delete_deletes() -> TestResult {
    let directory = tempfile::tempdir()?;
    let store = open(directory.path());
    assert_eq!(store.list(&ListFilter::default())?, []);
    let notifier = notifier(directory.path());
    for base_id in ["first", "second", "third"] {
        let profiler = Profiler::with_notifier(&notifier, "key", Some(Id::from(base_id)), None);
        profiler.in_scope(|| {
            let request = json!({"request": {"method": "GET", "path": "/x", "query": "", "scheme": "http"}});
            let _request = Trace::new("wsgi", request);
            drop(Trace::new("db", json!({"db": {"statement": "SELECT 1"}})));
            Trace::new("db", json!({"db": {"statement": "SELECT"}})).set_error(&std::fmt::Error);
        });
        assert!(notifier.flush(LONG));
    }
    let list = store.list(&ListFilter::default())?;
    assert_eq!(list.iter().map(|trace| trace.base_id.to_string()).collect::<Vec<_>>(), ["third", "second", "first"]);
    let third = &list[0];
    assert_eq!(
        (third.name.as_str(), third.method.as_deref(), third.path.as_deref()),
        ("wsgi", Some("GET"), Some("/x"))
    );
    assert_eq!((third.queries, third.errors, third.service.as_deref()), (2, 1, Some("svc")));

    let filter = ListFilter { id_prefix: Some("f".to_owned()), limit: Some(5), ..ListFilter::default() };
    assert_eq!(store.list(&filter)?.len(), 1);
    let filter = ListFilter { limit: Some(2), ..ListFilter::default() };
    assert_eq!(store.list(&filter)?.len(), 2);

    assert!(store.delete(&Id::from("second"))?);
    assert!(!store.delete(&Id::from("second"))?);
    assert_eq!(store.list(&ListFilter::default())?.len(), 2);
    assert_eq!(store.read(&Id::from("second"))?.messages, []);
    Ok(())
}

/// Another user's trace, where the test does not run as root, who may read everything.
#[cfg(unix)]
#[test]
fn a_trace_that_cannot_be_read_hides_no_other() -> TestResult {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir()?;
    let notifier = notifier(directory.path());
    for base_id in ["fine", "closed"] {
        record(&notifier, base_id, 1);
    }
    assert!(notifier.flush(LONG));
    let closed = directory.path().join("trace-closed.jsonl");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000))?;
    let is_root = fs::read(&closed).is_ok();
    let list = open(directory.path()).list(&ListFilter::default())?;
    assert_eq!(list.len(), 2);
    let name =
        |base_id: &str| list.iter().find(|trace| trace.base_id == Id::from(base_id)).map(|trace| trace.name.as_str());
    assert_eq!(name("fine"), Some("x"));
    assert!(is_root || name("closed").is_some_and(|name| name.contains("ermission denied")));
    Ok(())
}

/// A file in the directory's place cannot be written to by anybody, root included.
#[test]
fn a_directory_that_cannot_be_written_is_counted() -> TestResult {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("file");
    fs::write(&file, "")?;
    let notifier = notifier(&file.join("store"));
    record(&notifier, "a", 10);
    assert!(notifier.flush(LONG));
    assert_eq!((notifier.stats().stored, notifier.stats().failed), (0, 20));
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_read_only_directory_is_counted() -> TestResult {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir()?;
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o500))?;
    let probe = fs::write(directory.path().join("probe"), "");
    let notifier = notifier(directory.path());
    record(&notifier, "a", 10);
    assert!(notifier.flush(LONG));
    // Root may write everywhere; everybody else sees every message counted as failed.
    let failed = if probe.is_ok() { 0 } else { 20 };
    assert_eq!((notifier.stats().stored, notifier.stats().failed), (20 - failed, failed));
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700))?;
    Ok(())
}

#[test]
fn ids_of_any_text_have_a_file_of_their_own() -> TestResult {
    let directory = tempfile::tempdir()?;
    let store = driver::connect(&format!("file:{}", directory.path().display()))?;
    let notifier = notifier(directory.path());
    for base_id in ["../../etc/passwd", "", "a b", "é"] {
        record(&notifier, base_id, 1);
        assert!(notifier.flush(LONG));
        assert_eq!(store.read(&Id::from(base_id))?.messages.len(), 2, "{base_id}");
    }
    assert_eq!(fs::read_dir(directory.path())?.count(), 4);
    Ok(())
}
