//! Facts about what changed between two traces.

use serde_json::{Value, json};

use super::*;
use crate::Message;
use crate::report::analysis::AnalysisOptions;
use crate::report::samples::{self, BASE, HOSTILE, message};
use crate::report::text::Style;
use crate::report::{RecordedMessage, Trace};

/// A statement of a trace: its text, the database, how long it took, whether it failed.
pub(super) type Ran<'a> = (&'a str, &'a str, i64, bool);

pub(super) const USERS: &str = "SELECT name FROM users WHERE id = ?";
pub(super) const POSTS: &str = "SELECT title FROM posts";

pub(super) fn trace(path: &str, ran: &[Ran<'_>]) -> Trace {
    let request = json!({"request": {"path": path, "query": "", "method": "GET", "scheme": "http"}, "host": "h"});
    let mut messages: Vec<Message> = vec![message("wsgi-start", "r", BASE, 0, request)];
    let mut now_us = 1_000;
    for (place, (statement, database, took_us, fails)) in ran.iter().enumerate() {
        let id = format!("q{place}");
        let db = json!({"statement": statement, "database": database, "system": "sqlite", "params": [place],
            "connection": place, "method": "fetch_all"});
        messages.push(message("db-start", &id, "r", now_us, json!({"db": db})));
        now_us += took_us;
        let stop = if *fails { json!({"etype": "E", "message": "m"}) } else { json!({"db": {"rows": 2}}) };
        messages.push(message("db-stop", &id, "r", now_us, stop));
    }
    messages.push(message("wsgi-stop", "r", BASE, now_us, json!({"response": {"status_code": 200}})));
    let mut trace = Trace::build(messages);
    // Otherwise all of them would be one trace.
    trace.base_id = Some(format!("{path} {ran:?}").as_str().into());
    trace
}

pub(super) fn ran<'a>(statement: &'a str, took_us: i64) -> Ran<'a> {
    (statement, "app.db", took_us, false)
}

/// Compares and looks at the result, which borrows from all that goes before it.
pub(super) fn with_diff<T>(before: &Trace, after: &Trace, look: impl FnOnce(&Diff<'_>) -> T) -> T {
    let before = Analysis::of(before, AnalysisOptions::default());
    let after = Analysis::of(after, AnalysisOptions::default());
    look(&Diff::of(&before, &after, DiffOptions::default()))
}

fn kinds(before: &[Ran<'_>], after: &[Ran<'_>]) -> Vec<(ChangeKind, String)> {
    with_diff(&trace("/", before), &trace("/", after), |diff| {
        diff.changes.iter().map(|change| (change.kind, change.text.to_owned())).collect()
    })
}

fn text_of(before: &Trace, after: &Trace) -> String {
    with_diff(before, after, |diff| {
        let mut out = Vec::new();
        text::write(diff, &Style::default(), &mut out).expect("memory takes all");
        String::from_utf8(out).expect("UTF-8")
    })
}

fn json_of(before: &Trace, after: &Trace) -> Value {
    with_diff(before, after, |diff| {
        let mut out = Vec::new();
        json::write(diff, &mut out).expect("memory takes all");
        serde_json::from_slice(&out).expect("JSON")
    })
}

#[test]
fn statements_appear_and_vanish() {
    let found = kinds(&[ran(USERS, 100)], &[ran(POSTS, 100)]);
    assert_eq!(found, [(ChangeKind::Vanished, USERS.to_owned()), (ChangeKind::Appeared, POSTS.to_owned())]);
}

#[test]
fn number_of_executions_counts_however_short_they_are() {
    let many = vec![ran(USERS, 10); 26];
    assert_eq!(kinds(&many, &[ran(USERS, 10)]), [(ChangeKind::Count, USERS.to_owned())]);
}

#[test]
fn errors_count() {
    let failed = (USERS, "app.db", 100, true);
    assert_eq!(kinds(&[ran(USERS, 100)], &[failed]), [(ChangeKind::Errors, USERS.to_owned())]);
}

#[test]
fn times_within_noise_are_the_same() {
    for (before_us, after_us, is_changed) in [
        (100, 1_000, false),       // less than a millisecond
        (100, 1_100, true),        // a millisecond more
        (100_000, 119_999, false), // less than a fifth
        (100_000, 120_000, true),
        (100_000, 80_000, true),
        (0, 1_000, true),
    ] {
        let found = kinds(&[ran(USERS, before_us)], &[ran(USERS, after_us)]);
        assert_eq!(!found.is_empty(), is_changed, "{before_us} {after_us}");
    }
}

#[test]
fn equal_times_are_the_same_without_any_noise() {
    let [before, after] = [trace("/", &[ran(USERS, 100)]), trace("/", &[ran(USERS, 100)])];
    let [before, after] = [&before, &after].map(|trace| Analysis::of(trace, AnalysisOptions::default()));
    let diff = Diff::of(&before, &after, DiffOptions { noise_us: 0, noise_percent: 0 });
    assert_eq!((diff.changes.len(), diff.unchanged, diff.is_empty()), (0, 1, true));
}

#[test]
fn biggest_change_comes_first() {
    let before = [ran("SELECT 1 FROM a", 5_000), ran("SELECT 1 FROM b", 50_000), ran("SELECT 1 FROM c", 1)];
    let after = [ran("SELECT 1 FROM a", 7_000), ran("SELECT 1 FROM b", 2_000), ran("SELECT 1 FROM c", 1)];
    let found: Vec<String> = kinds(&before, &after).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["SELECT 1 FROM b", "SELECT 1 FROM a"]);
}

#[test]
fn same_text_on_another_database_is_another_statement() {
    let both = [(USERS, "a.db", 100, false), (USERS, "b.db", 100, false)];
    assert_eq!(kinds(&both, &both[..1]), [(ChangeKind::Vanished, USERS.to_owned())]);
}

#[test]
fn traces_without_a_database_in_common_are_compared_by_text() {
    let [before, after] = ["run-1.db", "run-2.db"].map(|database| trace("/", &[(USERS, database, 100, false)]));
    with_diff(&before, &after, |diff| {
        assert_eq!((diff.changes.len(), diff.unchanged), (0, 1));
        assert!(diff.notes[0].starts_with("the traces have no database in common"), "{:?}", diff.notes);
    });
}

#[test]
fn connections_are_not_compared() {
    let [before, after] = [&[ran(POSTS, 1), ran(USERS, 1)], &[ran(USERS, 1), ran(POSTS, 1)]].map(|ran| trace("/", ran));
    with_diff(&before, &after, |diff| assert_eq!((diff.changes.len(), diff.unchanged), (0, 2)));
}

#[test]
fn other_requests_and_losses_are_noted() {
    let [before, after] = ["/authors", "/posts"].map(|path| trace(path, &[ran(USERS, 1)]));
    with_diff(&before, &after, |diff| {
        assert_eq!(diff.notes, ["the requests differ: GET /authors, then GET /posts"]);
    });
    let mut torn = before.clone();
    torn.skipped_lines = 1;
    torn.base_id = Some("torn".into());
    with_diff(&before, &torn, |diff| {
        let note = "the second trace is not whole: 1 stored entry could not be read: points may be missing";
        assert_eq!(diff.notes, [note]);
    });
    with_diff(&before, &before, |diff| assert_eq!(diff.notes, ["both are the same trace"]));
}

#[test]
fn text_lines_up() {
    let before = trace("/authors", &[vec![ran(USERS, 100); 26], vec![ran(POSTS, 40_000)]].concat());
    let after = trace("/authors", &[ran(USERS, 100), ran(POSTS, 2_000), ran("SELECT 1", 5)]);
    let text = text_of(&before, &after);
    for line in [
        "statements                  27          3  -24 (-88 %)\n",
        "database time          42.6 ms   2.105 ms  -40.5 ms (-95 %)\n",
        "time           1 → 1          40.0 ms → 2.000 ms    SELECT title FROM posts\n",
        "count         26 → 1         2.600 ms → 0.100 ms    SELECT name FROM users WHERE id = ?\n",
        "appeared       - → 1                - → 0.005 ms    SELECT 1\n",
        "No statement stayed as it was.\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn nothing_changed_is_said() {
    let same = trace("/", &[ran(USERS, 100)]);
    let text = text_of(&same, &same);
    assert!(
        text.ends_with("No statement changed: 1 statement (times within 1.000 ms or 20 % are the same).\n"),
        "{text}"
    );
    let text = text_of(&Trace::default(), &Trace::default());
    assert!(text.ends_with("Neither trace ran SQL.\n"), "{text}");
}

#[test]
fn json_has_both_sides() {
    let diff = json_of(&trace("/", &[ran(USERS, 100)]), &trace("/", &[ran(USERS, 100), ran(USERS, 300)]));
    assert_eq!(diff["before"]["name"], "GET /");
    assert_eq!(diff["totals"]["statements"], json!({"before": 1, "after": 2}));
    let change = &diff["changes"][0];
    assert_eq!(change["text"], USERS);
    assert_eq!(change["fingerprint"].as_str().map(str::len), Some(8));
    assert_eq!((&change["change"], &change["database"]), (&json!("count"), &json!("app.db")));
    assert_eq!(change["after"], json!({"count": 2, "total_us": 400, "errors": 0, "rows": 4}));
    assert_eq!(diff["unchanged"], 0);
}

#[test]
fn stored_text_cannot_drive_a_terminal() {
    for text in HOSTILE {
        let (before, after) = (samples::hostile(text), Trace::build(samples::request()));
        let shown = text_of(&before, &after);
        assert!(!shown.chars().any(|c| c != '\n' && crate::report::visible::is_hidden(c)), "{text:?}");
        json_of(&before, &after);
    }
}
#[test]
fn statements_that_differ_in_values_are_the_same() {
    let [one, two] = ["SELECT 1 FROM users WHERE id = 7", "SELECT 1 FROM users WHERE id = 8"];
    assert_eq!(kinds(&[ran(one, 100)], &[ran(two, 100)]), []);
}

/// An event of sqlx's names no database.
#[test]
fn a_statement_that_bypasses_the_pool_is_the_same_statement() {
    let event = |trace: Trace| {
        let messages = trace.points().iter().flat_map(|point| [&point.start, &point.stop]).flatten();
        let without = |message: &RecordedMessage| {
            let text = message.json().replace("\"database\":\"app.db\",", "").replace(",\"system\":\"sqlite\"", "");
            Message::from_json(text.as_bytes()).expect("a message")
        };
        let mut trace = Trace::build(messages.map(without).collect::<Vec<_>>());
        trace.base_id = Some("other".into());
        trace
    };
    let before = trace("/", &[ran(POSTS, 100), ran(USERS, 100)]);
    let after = event(trace("/", &[ran(POSTS, 100), ran(USERS, 100), ran(USERS, 100)]));
    assert!(after.points().iter().all(|point| point.database().is_none() && point.system().is_none()));
    with_diff(&before, &after, |diff| {
        let changes: Vec<_> = diff.changes.iter().map(|change| (change.kind, change.text)).collect();
        assert_eq!(changes, [(ChangeKind::Count, USERS)]);
    });
}
