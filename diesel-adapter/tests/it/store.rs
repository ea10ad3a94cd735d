//! Where the messages of a test go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use osprofiler::report::{Point, Trace};
use osprofiler::{Id, Message, Notifier, Profiler, profiler};
use serde_json::Value;

pub(crate) struct Store {
    notifier: Notifier,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Store {
    pub(crate) fn new() -> Self {
        // The switch is the whole process's, and every test wants it on; a trace of one's own is what turns tracing off.
        profiler::set_trace_sql(true);
        let messages = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&messages);
        let notifier = Notifier::from(move |message: &Message| theirs.lock().expect("no panic").push(message.clone()));
        Self { notifier, messages }
    }

    /// Runs `request` in a trace.
    pub(crate) fn record<T>(&self, request: impl FnOnce() -> T) -> T {
        Profiler::with_notifier(&self.notifier, "key", Some(Id::from("b")), None).in_scope(request)
    }

    /// What was recorded so far.
    pub(crate) fn points(&self) -> Vec<Point> {
        assert!(self.notifier.flush(Duration::from_secs(10)), "a function takes messages at once");
        Trace::build(self.messages.lock().expect("no panic").clone()).points().to_vec()
    }

    /// How many statements were in no trace.
    #[cfg(feature = "sqlite")]
    pub(crate) fn outside_traces(&self) -> u64 {
        self.notifier.stats().outside_traces
    }

    /// What was given away, as the last message says that does.
    #[cfg(feature = "sqlite")]
    pub(crate) fn handed_out(&self) -> Value {
        assert!(self.notifier.flush(Duration::from_secs(10)), "a function takes messages at once");
        let messages = self.messages.lock().expect("no panic");
        messages.iter().rev().find_map(|message| message.info().get("handed_out").cloned()).unwrap_or_default()
    }

    /// Checks that every start has exactly one stop, and that there are some.
    pub(crate) fn assert_whole(&self) {
        assert!(self.notifier.flush(Duration::from_secs(10)), "a function takes messages at once");
        let mut seen = HashMap::new();
        for message in &*self.messages.lock().expect("no panic") {
            seen.entry(message.trace_id().clone()).or_insert_with(Vec::new).push(message.name().to_owned());
        }
        assert!(!seen.is_empty(), "nothing was recorded");
        for (id, names) in seen {
            assert!(
                matches!(&*names, [start, stop] if start.ends_with("-start") && stop.ends_with("-stop")),
                "{id}: {names:?}"
            );
        }
    }
}

/// What a point says in its start info under `db`.
pub(crate) fn start(point: &Point) -> &Value {
    &point.start_info["db"]
}

/// What a point says in its stop info under `db`, but for times.
pub(crate) fn stop(point: &Point) -> Value {
    let mut db = point.stop_info["db"].clone();
    if let Some(db) = db.as_object_mut() {
        db.retain(|key, _| !matches!(key.as_str(), "first_row_us" | "consumer_us"));
    }
    db
}

/// The methods of points, in the order of their starts.
pub(crate) fn methods(points: &[Point]) -> Vec<&str> {
    points.iter().map(|point| start(point)["method"].as_str().unwrap_or("-")).collect()
}
