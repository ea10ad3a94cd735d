//! A database, and where the messages of a test go.

use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use osprofiler::report::{Point, Trace};
use osprofiler::{Id, Message, Notifier, Profiler, TraceExt, profiler};
use osprofiler_sqlx::TracedSqlitePool;
use sqlx::sqlite::SqlitePoolOptions;

pub(crate) struct Store {
    pub(crate) notifier: Notifier,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Store {
    pub(crate) fn new() -> Self {
        // The switch is the whole process's, and every test wants it on; a trace of one's own is what turns tracing off.
        static ONCE: Once = Once::new();
        ONCE.call_once(|| profiler::set_trace_sql(true));
        let messages = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&messages);
        let notifier = Notifier::from(move |message: &Message| theirs.lock().expect("no panic").push(message.clone()));
        Self { notifier, messages }
    }

    pub(crate) fn profiler(&self) -> Profiler {
        Profiler::with_notifier(&self.notifier, "key", Some(Id::from("b")), None)
    }

    /// Runs `request` in a trace and returns its points.
    pub(crate) async fn record<T>(&self, request: impl Future<Output = T>) -> (T, Vec<Point>) {
        let result = request.in_trace(&self.profiler()).await;
        (result, self.points())
    }

    pub(crate) fn points(&self) -> Vec<Point> {
        assert!(self.notifier.flush(Duration::from_secs(10)), "a function takes messages at once");
        Trace::build(self.messages.lock().expect("no panic").clone()).points().to_vec()
    }
}

/// A pool with one connection to a database of its own, with three people in it.
pub(crate) async fn people() -> TracedSqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_millis(200))
        .connect("sqlite::memory:")
        .await
        .expect("SQLite opens in memory");
    sqlx::raw_sql(
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT UNIQUE, photo BLOB);
         INSERT INTO person VALUES (1, 'Ann', x'00ff'), (2, 'Bob', NULL), (3, 'Cem', x'')",
    )
    .execute(&pool)
    .await
    .expect("the tables are new");
    pool.into()
}

/// What a point says in its stop info under `db`, but for times.
pub(crate) fn db(point: &Point) -> serde_json::Value {
    let mut db = point.stop_info.get("db").cloned().unwrap_or_default();
    if let Some(db) = db.as_object_mut() {
        db.retain(|key, _| !matches!(key.as_str(), "first_row_us" | "consumer_us"));
    }
    db
}

/// The statements of the points, in their order.
pub(crate) fn statements(points: &[Point]) -> Vec<&str> {
    points.iter().filter_map(Point::statement).collect()
}
