//! The program's own code, which traces, logs, blocks and panics wherever this crate runs or drops it: nothing hangs,
//! and queries give what they give. For the whole process: a test binary of its own.
#![cfg(all(feature = "sqlite", feature = "r2d2"))]

use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use diesel::r2d2::CustomizeConnection;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::Sqlite;
use osprofiler::{Message, Notifier, Profiler, profiler};
use osprofiler_diesel::{DbOptions, TracedSqliteConnection, set_default_options};

/// How often the rude code ran.
static RAN: AtomicUsize = AtomicUsize::new(0);

/// Does with this crate what it can, and panics with something that panics.
fn be_rude() {
    thread_local! {
        static DEPTH: std::cell::Cell<u8> = const { std::cell::Cell::new(0) };
    }
    if DEPTH.replace(DEPTH.get() + 1) < 2 {
        RAN.fetch_add(1, Relaxed);
        set_default_options(DbOptions::default());
        osprofiler_diesel::instrument().expect("no panic");
        let mut plain = SqliteConnection::establish(":memory:").expect("SQLite opens in memory");
        one(&mut plain);
        let mut traced = TracedSqliteConnection::establish(":memory:").expect("SQLite opens in memory");
        one(&mut traced);
        one(&mut *traced);
        traced.remember_trace();
    }
    DEPTH.set(DEPTH.get() - 1);
    std::panic::panic_any(Bomb);
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("it was dropped");
        }
    }
}

/// Rude when it is dropped.
struct Rude;

impl Drop for Rude {
    fn drop(&mut self) {
        be_rude();
    }
}

impl Instrumentation for Rude {
    fn on_connection_event(&mut self, _: InstrumentationEvent<'_>) {}
}

/// Rude when it is printed.
#[derive(diesel::expression::AsExpression)]
#[diesel(sql_type = Text)]
struct Printed;

impl fmt::Debug for Printed {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        be_rude();
        Ok(())
    }
}

impl ToSql<Text, Sqlite> for Printed {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value("x");
        Ok(IsNull::No)
    }
}

fn one<C: diesel::connection::LoadConnection<Backend = Sqlite>>(connection: &mut C) {
    assert_eq!(diesel::select(1.into_sql::<Integer>()).get_result::<i32>(connection), Ok(1));
}

fn printed<C: diesel::connection::LoadConnection<Backend = Sqlite>>(connection: &mut C) {
    let text = diesel::select(Printed.into_sql::<Text>()).get_result::<String>(connection);
    assert_eq!(text.as_deref(), Ok("x"));
}

/// Options with something rude in them.
fn rude_options() -> DbOptions {
    let rude = Mutex::new(Rude);
    DbOptions::default().redact_with(move |_| {
        let _ = &rude;
        None
    })
}

fn everything() {
    // Options that others take the place of, and that go with the last connection.
    set_default_options(rude_options());
    set_default_options(DbOptions::default());
    let mut connection =
        TracedSqliteConnection::builder().options(rude_options()).establish(":memory:").expect("it opens");
    one(&mut connection);
    let polite = TracedSqliteConnection::builder();
    CustomizeConnection::on_acquire(&polite, &mut connection).expect("it is as it was");
    one(&mut connection);
    let rude = TracedSqliteConnection::builder().options(rude_options());
    CustomizeConnection::on_acquire(&rude, &mut connection).expect("it is as it was");
    drop(rude);
    let done = connection.transaction(|connection| {
        one(connection);
        QueryResult::Ok(())
    });
    done.expect("it runs");
    diesel::sql_query("BEGIN").execute(&mut connection).expect("there is none");
    drop(connection);

    // Values that are printed, within a traced connection and on one that is not traced.
    let mut connection = TracedSqliteConnection::establish(":memory:").expect("SQLite opens in memory");
    printed(&mut connection);
    printed(&mut *connection);
    let mut plain = SqliteConnection::establish(":memory:").expect("SQLite opens in memory");
    printed(&mut plain);

    // An instrumentation that others take the place of.
    set_default_instrumentation(|| Some(Box::new(Rude))).expect("no panic");
    osprofiler_diesel::instrument().expect("no panic");
    osprofiler_diesel::instrument_over(|| None).expect("no panic");
}

#[test]
fn nothing_hangs_and_no_result_changes() {
    profiler::set_trace_sql(true);
    osprofiler_diesel::instrument().expect("no panic");
    let notifier = Notifier::from(|_: &Message| {});
    let (done, wait) = mpsc::channel();
    let threads = 4;
    for _ in 0..threads {
        let (done, request) = (done.clone(), Profiler::with_notifier(&notifier, "key", None, None));
        std::thread::spawn(move || {
            request.in_scope(everything);
            done.send(()).expect("it is waited for");
        });
    }
    drop(done);
    for _ in 0..threads {
        wait.recv_timeout(Duration::from_secs(60)).expect("no thread waits for ever, or panics");
    }
    assert!(notifier.flush(Duration::from_secs(10)), "a function takes messages at once");
    assert!(RAN.load(Relaxed) >= 4 * threads, "{RAN:?}");
}
