//! `instrument()`, which is for the whole process: a test binary of its own.
#![cfg(feature = "sqlite")]

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation};
use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{Integer, Text};
use osprofiler::report::{Point, Trace};
use osprofiler::{Message, Notifier, Profiler, profiler};
use osprofiler_diesel::TracedSqliteConnection;
use serde_json::{Value, json};

/// How many queries the program's own instrumentation has heard of.
static HEARD: AtomicUsize = AtomicUsize::new(0);

struct Own;

impl Instrumentation for Own {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { .. } = event {
            HEARD.fetch_add(1, Relaxed);
        }
    }
}

/// A value that cannot be made.
#[derive(Debug, diesel::expression::AsExpression)]
#[diesel(sql_type = Text)]
struct Unmakable;

impl ToSql<Text, diesel::sqlite::Sqlite> for Unmakable {
    fn to_sql<'b>(&'b self, _: &mut Output<'b, '_, diesel::sqlite::Sqlite>) -> serialize::Result {
        Err("it cannot be made".into())
    }
}

fn record(request: impl FnOnce()) -> Vec<Point> {
    let messages = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&messages);
    let notifier = Notifier::from(move |message: &Message| theirs.lock().expect("no panic").push(message.clone()));
    Profiler::with_notifier(&notifier, "key", None, None).in_scope(request);
    assert!(notifier.flush(Duration::from_secs(10)), "a function takes messages at once");
    Trace::build(messages.lock().expect("no panic").clone()).points().to_vec()
}

fn db(point: &Point) -> &Value {
    &point.start_info["db"]
}

/// One test, since the default is the whole process's.
#[test]
fn queries_of_any_connection_are_recorded() {
    profiler::set_trace_sql(true);
    set_default_instrumentation(|| Some(Box::new(Own))).expect("no panic");
    osprofiler_diesel::instrument().expect("no panic");
    osprofiler_diesel::instrument().expect("once is enough");

    statements_have_values_as_they_print();
    traced_connections_are_recorded_once();
    what_never_ended_was_given_up();
    what_never_ended_is_not_ended_by_a_query_outside_of_the_trace();
    pings_are_internal();
    a_connection_that_failed_tells_no_password();

    osprofiler_diesel::instrument_over(|| Some(Box::new(Own))).expect("no panic");
    let heard = HEARD.load(Relaxed);
    statements_have_values_as_they_print();
    assert!(HEARD.load(Relaxed) > heard);
}

fn statements_have_values_as_they_print() {
    let heard = HEARD.load(Relaxed);
    let points = record(|| {
        let mut connection = SqliteConnection::establish(":memory:").expect("it opens");
        let query = diesel::sql_query("SELECT ?, ?, ', binds: ['").bind::<Text, _>("it's, \"x\"").bind::<Integer, _>(7);
        query.execute(&mut connection).expect("it runs");
        connection.transaction(|connection| connection.batch_execute("SELECT 2")).expect("it commits");
        connection.batch_execute("nonsense").expect_err("nonsense");
    });
    assert_eq!(HEARD.load(Relaxed), heard + 5, "the program's own instrumentation hears of everything");
    let methods: Vec<_> = points.iter().map(|point| db(point)["method"].as_str().unwrap_or("-")).collect();
    assert_eq!(methods, ["connect", "-", "begin", "-", "commit", "-"]);
    assert_eq!(db(&points[1])["statement"], "SELECT ?, ?, ', binds: ['");
    assert_eq!(db(&points[1])["params"], json!(["it's, \"x\"", 7]));
    assert_eq!(db(&points[1])["database"], ":memory:");
    assert!(!points[1].is_bypassed());
    assert_eq!(db(&points[3])["transaction"], json!(points[2].trace_id));
    assert_eq!(points[4].outcome(), Some(("committed", false)));
    assert_eq!(points[5].error().map(|error| error.0), Some("diesel::result::Error::DatabaseError"));
    assert!(points.iter().all(|point| point.stop.is_some()));
}

fn traced_connections_are_recorded_once() {
    let points = record(|| {
        let mut connection = TracedSqliteConnection::establish(":memory:").expect("it opens");
        diesel::sql_query("SELECT 3").execute(&mut connection).expect("it runs");
        diesel::sql_query("SELECT 4").execute(&mut *connection).expect("it runs");
    });
    let statements: Vec<_> = points.iter().map(|point| (point.statement(), point.is_bypassed())).collect();
    assert_eq!(statements, [(Some("CONNECT"), false), (Some("SELECT 3"), false), (Some("SELECT 4"), true)]);
}

fn what_never_ended_was_given_up() {
    let points = record(|| {
        let mut connection = SqliteConnection::establish(":memory:").expect("it opens");
        diesel::sql_query("SELECT ?").bind::<Text, _>(Unmakable).execute(&mut connection).expect_err("no value");
        diesel::sql_query("SELECT 5").execute(&mut connection).expect("it runs");
    });
    assert!(points[1].is_cancelled() && !points[2].is_cancelled(), "{points:#?}");
    assert!(points.iter().all(|point| point.stop.is_some()));
}

fn what_never_ended_is_not_ended_by_a_query_outside_of_the_trace() {
    let mut connection = SqliteConnection::establish(":memory:").expect("it opens");
    let points = record(|| {
        diesel::sql_query("SELECT ?").bind::<Text, _>(Unmakable).execute(&mut connection).expect_err("no value");
        let elsewhere = std::thread::scope(|scope| {
            scope.spawn(|| diesel::sql_query("SELECT 6").execute(&mut connection)).join().expect("no panic")
        });
        elsewhere.expect("it runs");
        drop(connection);
    });
    assert!(points.len() == 1 && points[0].is_cancelled(), "{points:#?}");
}

fn pings_are_internal() {
    use diesel::r2d2::R2D2Connection;

    let points = record(|| {
        let mut connection = SqliteConnection::establish(":memory:").expect("it opens");
        connection.ping().expect("it lives");
    });
    assert!(points[1].is_internal());
}

fn a_connection_that_failed_tells_no_password() {
    let points = record(|| {
        SqliteConnection::establish("postgres://ada:secret@nowhere/db").map(drop).expect_err("no such file");
    });
    let text = format!("{:?}", points[0]);
    assert!(!text.contains("secret") && points[0].error().is_some(), "{text}");
    assert_eq!((points[0].system(), &db(&points[0])["server"]), (Some("postgresql"), &json!("nowhere:5432")));
}
