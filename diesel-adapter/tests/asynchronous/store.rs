//! Where the messages of a test go, and what they say.

use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use osprofiler::report::{Point, Trace};
use osprofiler::{Id, Message, Notifier, Profiler, TraceExt, profiler};
use serde_json::Value;

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

    /// What was given away, as the last message says that does.
    pub(crate) fn handed_out(&self) -> Value {
        assert!(self.notifier.flush(Duration::from_secs(10)), "a function takes messages at once");
        let messages = self.messages.lock().expect("no panic");
        messages.iter().rev().find_map(|message| message.info().get("handed_out").cloned()).unwrap_or_default()
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

    /// The points; every one has ended.
    pub(crate) fn points(&self) -> Vec<Point> {
        self.assert_whole();
        Trace::build(self.messages.lock().expect("no panic").clone()).points().to_vec()
    }
}

/// Records `request`, which goes well.
pub(crate) async fn record<T, E: std::fmt::Debug>(request: impl Future<Output = Result<T, E>>) -> (T, Vec<Point>) {
    let (result, points) = Store::new().record(request).await;
    (result.expect("the request is right"), points)
}

/// What a point says in its start info.
pub(crate) fn start<'a>(point: &'a Point, key: &str) -> &'a Value {
    point.start_info["db"].get(key).unwrap_or(&Value::Null)
}

/// What a point says in its stop info under `db`, but for times.
pub(crate) fn db(point: &Point) -> Value {
    let mut db = point.stop_info.get("db").cloned().unwrap_or_default();
    if let Some(db) = db.as_object_mut() {
        db.retain(|key, _| !matches!(key.as_str(), "first_row_us" | "consumer_us"));
    }
    db
}

/// What points say, a line each: the transaction by number, method, statement and values, then what came of it.
pub(crate) fn records(points: &[Point]) -> Vec<String> {
    let mut transactions = Vec::new();
    let mut number = |id: &Value| {
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
        if point.is_internal() {
            words.push("internal".to_owned());
        }
        words.extend(start.get("method").map(|method| method.as_str().unwrap_or_default().to_owned()));
        words.extend(point.statement().unwrap_or_default().split_whitespace().map(|word| word.replace(['"', '`'], "")));
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
    words.extend(number("rows", "rows").or_else(|| number("rows_affected", "affected")));
    if db.get("complete").is_some_and(|complete| complete == false) {
        words.push("of more".to_owned());
    }
    words.extend(db.get("outcome").map(|outcome| outcome.as_str().unwrap_or_default().replace('_', " ")));
    if db.get("dropped").is_some() {
        words.push("by drop".to_owned());
    }
    if point.is_cancelled() {
        words.push("cancelled".to_owned());
    }
    if let Some((etype, _)) = point.error() {
        words.push(etype.replace("diesel::result::Error::", "error "));
    }
    words.extend(db.get("kind").map(|kind| kind.as_str().unwrap_or_default().to_owned()));
    if words.is_empty() { "done".to_owned() } else { words.join(" ") }
}
