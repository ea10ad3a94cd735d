//! Where the messages of a test go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use osprofiler::{Id, Message, Notifier, Profiler, profiler};

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
