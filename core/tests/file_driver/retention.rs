//! How large traces may become, and which are listed and deleted whatever is in them.

use std::fs::{self, File};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use osprofiler::driver::{self, Driver, DriverError, ListFilter};
use osprofiler::{Id, Message, Notifier, Timestamp};

use crate::{LONG, TestResult, open, record};

fn messages(base_id: &str, count: usize) -> Result<Vec<Message>, Box<dyn std::error::Error>> {
    let text = format!(
        r#"{{"name":"x-start","base_id":"{base_id}","trace_id":"t","parent_id":"b","timestamp":"2026-01-02T03:04:05.000000","info":{{}}}}"#
    );
    (0..count).map(|_| Ok(Message::from_json(text.as_bytes())?)).collect()
}

#[test]
fn a_trace_takes_no_more_than_its_limit_and_says_what_to_change() -> TestResult {
    let directory = tempfile::tempdir()?;
    let line = messages("a", 1)?[0].json().len() + 1;
    // Ten lines and a half.
    let limit = line * 10 + line / 2;
    let store = driver::connect(&format!("file:{}?max_trace_size={limit}B", directory.path().display()))?;
    store.write(&messages("a", 4)?)?;
    let error = store.write(&messages("a", 9)?).expect_err("3 do not fit");
    assert_eq!((error.failed, error.is_retryable()), (3, false));
    assert!(matches!(error.source, DriverError::TraceTooLarge { .. }));
    assert!(error.source.to_string().contains("Set max_trace_size"), "{}", error.source);
    assert_eq!(store.write(&messages("a", 1)?).expect_err("it is full").failed, 1);
    let stored = open(directory.path()).read(&Id::from("a"))?;
    assert_eq!((stored.messages.len(), stored.skipped), (10, 0), "whole lines");
    // Others go on.
    store.write(&messages("b", 10)?)?;
    Ok(())
}

#[test]
fn messages_beyond_the_limit_are_counted_as_failed() -> TestResult {
    let directory = tempfile::tempdir()?;
    let store = driver::connect(&format!("file:{}?max_trace_size=2KiB", directory.path().display()))?;
    let notifier = Notifier::builder().service("svc").build(store);
    record(&notifier, "a", 100);
    assert!(notifier.flush(LONG));
    let stats = notifier.stats();
    let stored = open(directory.path()).read(&Id::from("a"))?;
    assert_eq!((stats.stored, stats.stored + stats.failed), (stored.messages.len() as u64, 200));
    assert!(fs::metadata(directory.path().join("trace-a.jsonl"))?.len() <= 2048);
    Ok(())
}

/// One busy trace must not cost all the others, which would not help.
#[test]
fn a_busy_trace_evicts_no_other() -> TestResult {
    let directory = tempfile::tempdir()?;
    let old = directory.path().join("trace-old.jsonl");
    fs::write(&old, "{}\n")?;
    File::options().append(true).open(&old)?.set_modified(SystemTime::now() - Duration::from_secs(3600))?;
    let store = driver::connect(&format!("file:{}?max_size=1KiB&max_trace_size=none", directory.path().display()))?;
    store.write(&messages("busy", 100)?)?;
    assert!(old.exists() && fs::metadata(directory.path().join("trace-busy.jsonl"))?.len() > 1024);
    Ok(())
}

#[test]
fn a_file_without_any_message_is_listed_as_unreadable_and_pruned_by_its_age() -> TestResult {
    let directory = tempfile::tempdir()?;
    let store = Arc::new(open(directory.path()));
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    for (name, text) in [("empty", ""), ("torn", "{\"name\":"), ("others", "a\nb\n"), ("new", "x")] {
        let path = directory.path().join(format!("trace-{name}.jsonl"));
        fs::write(&path, text)?;
        if name != "new" {
            File::options().append(true).open(&path)?.set_modified(hour_ago)?;
        }
    }
    let mut listed: Vec<(String, String)> = Vec::new();
    for trace in store.list(&ListFilter::default())? {
        assert!(trace.is_unreadable);
        listed.push((trace.base_id.to_string(), trace.name.rsplit(": ").next().unwrap_or_default().to_owned()));
    }
    listed.sort();
    let says = |id: &str, why: &str| (id.to_owned(), why.to_owned());
    assert_eq!(
        listed,
        [
            says("empty", "the file is empty"),
            says("new", "its only line is not a message"),
            says("others", "none of its 2 lines is a message"),
            says("torn", "its only line is not a message"),
        ]
    );
    assert_eq!(store.prune(Timestamp::from(SystemTime::now() - Duration::from_secs(60)))?, 3);
    assert_eq!(store.list(&ListFilter::default())?.len(), 1);
    Ok(())
}
