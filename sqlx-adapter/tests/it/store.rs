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

    /// Checks that every start has exactly one stop.
    pub(crate) fn assert_whole(&self) {
        assert!(self.notifier.flush(Duration::from_secs(10)), "a function takes messages at once");
        let mut seen = std::collections::HashMap::new();
        for message in &*self.messages.lock().expect("no panic") {
            seen.entry(message.trace_id().clone()).or_insert_with(Vec::new).push(message.name().to_owned());
        }
        for (id, names) in seen {
            assert!(
                matches!(&*names, [start, stop] if start.ends_with("-start") && stop.ends_with("-stop")),
                "{id}: {names:?}"
            );
        }
    }

    /// All that was told.
    pub(crate) fn trace(&self) -> Trace {
        assert!(self.notifier.flush(Duration::from_secs(10)), "a function takes messages at once");
        Trace::build(self.messages.lock().expect("no panic").clone())
    }

    pub(crate) fn points(&self) -> Vec<Point> {
        self.trace().points().to_vec()
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

/// What points say, a line each: the transaction by number, method, statement and values, then what came of it.
pub(crate) fn records(points: &[Point]) -> Vec<String> {
    let mut transactions = Vec::new();
    let mut number = |id: &serde_json::Value| {
        let known = transactions.iter().position(|known| known == id);
        let number = known.unwrap_or_else(|| {
            transactions.push(id.clone());
            transactions.len() - 1
        });
        format!("t{}", number + 1)
    };
    let line = |point: &Point| {
        let start = &point.start_info["db"];
        let mut words = Vec::new();
        if let Some(transaction) = start.get("transaction") {
            // An outer transaction was numbered before.
            let of = start.get("savepoint_of").map(&mut number);
            words.push(number(transaction));
            words.extend(of.map(|of| format!("in {of}")));
        }
        match start.get("method") {
            Some(method) => words.push(method.as_str().unwrap_or_default().to_owned()),
            None => words.push("bypassed".to_owned()),
        }
        words.extend(point.statement().unwrap_or_default().split_whitespace().map(str::to_owned));
        if let Some(params) = point.params().filter(|params| **params != serde_json::json!([])) {
            words.push(params.to_string());
        }
        words.push(format!("→ {}", outcome(point)));
        words.join(" ")
    };
    points.iter().map(line).collect()
}

fn outcome(point: &Point) -> String {
    let db = db(point);
    let mut words = Vec::new();
    let number = |key, label| db.get(key).map(|number| format!("{label} {number}"));
    // How many rows a statement changes that returns some is each database's own idea.
    words.extend(number("rows", "rows").or_else(|| number("rows_affected", "affected")));
    words.extend(number("bytes", "bytes"));
    words.extend(db.get("outcome").map(|outcome| outcome.as_str().unwrap_or_default().replace('_', " ")));
    if db.get("dropped").is_some() {
        words.push("by drop".to_owned());
    }
    if point.is_cancelled() {
        words.push("cancelled".to_owned());
    }
    if point.is_unfinished() {
        words.push("unfinished".to_owned());
    }
    if let Some((etype, _)) = point.error() {
        words.push(etype.replace("sqlx::Error::", "error "));
    }
    if words.is_empty() { "done".to_owned() } else { words.join(" ") }
}
