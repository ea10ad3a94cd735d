//! What captures see, and what assertions say.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use futures::executor::block_on;
use futures::future::{self, FutureExt as _};
use serde_json::json;

use super::capture::Capture;
use super::*;
use crate::{CollectorConfig, Id, Notifier, Profiler, TraceExt as _, assert_no_n_plus_one, assert_queries, profiler};

const READ: &str = "SELECT title FROM posts WHERE author_id = ?";

/// What an adapter does for a query, where SQL is traced.
fn query(statement: &str, value: u64, rows: u64) {
    if profiler::sql_active() {
        let db = json!({"statement": statement, "params": [value], "system": "sqlite"});
        profiler::start("db", json!({ "db": db }));
        profiler::stop(json!({"db": {"rows": rows}}));
    }
}

/// One query for the authors, and one for the posts of each.
async fn handler(authors: u64) -> u64 {
    async { query("SELECT id, name FROM authors WHERE id > ?", 0, authors) }.traced("authors", ()).await;
    (1..=authors).for_each(|author| query(READ, author, 1));
    authors
}

fn failure(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("the assertion fails");
    profiler::panic::message_of(payload.as_ref())
}

#[test]
fn a_capture_has_all_queries_in_order_though_sql_is_not_traced() {
    let (authors, trace) = block_on(capture_output(handler(3)));
    assert_eq!(authors, 3);
    let statements: Vec<_> = trace.queries().iter().map(|point| point.rows()).collect();
    assert_eq!(statements, [Some(3), Some(1), Some(1), Some(1)]);
    assert_eq!((trace.points().len(), trace.roots().len()), (5, 4));
    assert_eq!(trace.find("authors").map(|point| point.children.len()), Some(1));
    assert!(trace.find("posts").is_none());
    assert!(trace.to_string().contains("4 statements · 2 distinct"), "{trace}");
    assert_eq!(format!("{trace:?}"), trace.to_string());
}

#[test]
fn captures_at_the_same_time_do_not_see_each_other() {
    thread::scope(|scope| {
        for count in 0..16 {
            scope.spawn(move || {
                let (inner, outer) = block_on(future::join(capture(handler(count)), capture(handler(2 * count))));
                assert_eq!((inner.queries().len() as u64, outer.queries().len() as u64), (count + 1, 2 * count + 1));
            });
        }
    });
}

#[test]
fn sql_is_traced_in_a_capture_and_nowhere_else() {
    let (_, trace) = capture_blocking(|| {
        assert!(profiler::sql_active());
        thread::spawn(profiler::carry(|| query(READ, 1, 1))).join().expect("no panic");
        thread::spawn(|| assert!(!profiler::sql_active())).join().expect("no panic");
        let another = Profiler::with_notifier(&Notifier::default(), "", Some(Id::from("b")), None);
        another.in_scope(|| assert_eq!(profiler::sql_active(), profiler::trace_sql()));
        assert!(profiler::sql_active());
    });
    trace.assert_queries(1);
    assert!(!profiler::sql_active());
}

#[test]
fn spawned_work_that_is_not_finished_is_shown_and_counts() {
    let (go_on, waits) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let (spawned, trace) = capture_blocking(|| {
        let work = profiler::carry(move || {
            profiler::start("db", json!({"db": {"statement": "SELECT 1"}}));
            begun.send(()).expect("the test waits");
            waits.recv().expect("the test goes on");
            profiler::stop(());
        });
        let spawned = thread::spawn(work);
        has_begun.recv().expect("it begins");
        spawned
    });
    go_on.send(()).expect("it waits");
    spawned.join().expect("no panic");
    trace.assert_queries(1);
    assert!(trace.queries()[0].is_unfinished());
    assert!(trace.to_string().contains("db SELECT 1  (unfinished)"), "{trace}");
}

#[test]
fn another_number_of_queries_fails_with_all_statements() {
    let trace = block_on(capture(handler(25)));
    assert_eq!(
        failure(|| trace.assert_queries(..=3)),
        "expected at most 3 queries, and 26 ran:\n   \
         25 × SELECT title FROM posts WHERE author_id = ?   (1) (2) (3) …\n    \
         1 × SELECT id, name FROM authors WHERE id > ?   (0)\n"
    );
    trace.assert_queries(26);
    let nothing = block_on(capture(async {}));
    assert_eq!(failure(|| nothing.assert_queries(1..)), "expected at least 1 query, and 0 ran\n");
}

#[test]
fn reads_one_by_one_fail_with_what_they_may_have_been_made_of() {
    let trace = block_on(capture(handler(25)));
    assert_eq!(
        failure(|| trace.assert_no_n_plus_one()),
        "expected no N+1 queries, and found 1:\n   \
         25 × SELECT title FROM posts WHERE author_id = ?   (1) (2) (3) …\n       \
         after 25 rows of SELECT id, name FROM authors WHERE id > ?\n"
    );
    block_on(capture(handler(4))).assert_no_n_plus_one();
}

#[test]
fn statements_with_values_in_their_text_are_one() {
    let (_, trace) = capture_blocking(|| {
        (1..=6).for_each(|author| query(&format!("SELECT title FROM posts WHERE author_id = {author}"), author, 1));
    });
    let text = failure(|| trace.assert_queries(1));
    assert_eq!(
        text,
        "expected 1 query, and 6 ran:\n   6 × SELECT title FROM posts WHERE author_id = ?   (1) (2) (3) …\n"
    );
    let text = failure(|| trace.assert_no_n_plus_one());
    assert!(text.contains("   6 × SELECT title FROM posts WHERE author_id = ?   (1)"), "{text}");
}

#[test]
fn the_macros_evaluate_to_the_output_and_fail_where_they_stand() {
    block_on(async {
        assert_eq!(assert_queries!(1..=4, handler(3)), 3);
        assert_eq!(assert_no_n_plus_one!(handler(3)), 3);
    });
    thread_local! {
        static PLACE: std::cell::Cell<(String, u32)> = const { std::cell::Cell::new((String::new(), 0)) };
    }
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if let Some(place) = info.location() {
            PLACE.set((place.file().to_owned(), place.line()));
        }
        previous(info);
    }));
    let line = line!() + 1;
    let fails = AssertUnwindSafe(async { assert_queries!(0, handler(1)) });
    assert!(block_on(fails.catch_unwind()).is_err());
    assert_eq!(PLACE.take(), (file!().to_owned(), line));
}

#[test]
fn lost_messages_fail_every_assertion() {
    let capture = Capture::begin(CollectorConfig { queue_messages: 1, ..CollectorConfig::default() });
    capture.profiler.in_scope(|| (0..100).for_each(|value| query(READ, value, 1)));
    let trace = capture.end();
    for text in [failure(|| trace.assert_queries(..)), failure(|| trace.assert_no_n_plus_one())] {
        assert!(text.contains("it is not known what ran: "), "{text}");
        assert!(text.ends_with("lost, since too many came at once"), "{text}");
    }
}
