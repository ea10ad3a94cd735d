//! [`Store`]: where this crate's own tests look for what was recorded.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::report::{Point, Trace};
use crate::{Id, Message, Notifier, Profiler};

/// Keeps the messages of one test.
pub(crate) struct Store {
    pub(crate) notifier: Notifier,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Store {
    pub(crate) fn new() -> Self {
        let messages = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&messages);
        let notifier =
            Notifier::from(move |message: &Message| theirs.lock().expect("no test panics here").push(message.clone()));
        Self { notifier, messages }
    }

    /// A trace of its own whose messages come here.
    pub(crate) fn profiler(&self, base_id: &str) -> Profiler {
        Profiler::with_notifier(&self.notifier, "key", Some(Id::from(base_id)), None)
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        assert!(self.notifier.flush(Duration::from_secs(10)), "a function takes messages at once");
        self.messages.lock().expect("no test panics here").clone()
    }

    /// The trace's points, one a line, indented: the name, and how it ended where that was not well.
    pub(crate) fn tree(&self, base_id: &str) -> String {
        let messages: Vec<Message> =
            self.messages().into_iter().filter(|message| *message.base_id() == Id::from(base_id)).collect();
        let arrived = |point: &Point| messages.iter().position(|message| *message.trace_id() == point.trace_id);
        let trace = Trace::build(messages.clone());
        let mut lines = Vec::new();
        // Points may start in the same microsecond; the order in which their messages came tells them apart.
        let mut waiting: Vec<&Point> = trace.points().iter().filter(|point| point.parent.is_none()).collect();
        waiting.sort_by_key(|point| Reverse(arrived(point)));
        while let Some(point) = waiting.pop() {
            let end = match point.error() {
                Some((etype, message)) => format!(" ✕ {etype}: {message}"),
                None if point.is_cancelled() => " cancelled".to_owned(),
                None if point.is_unfinished() => " unfinished".to_owned(),
                None => String::new(),
            };
            let orphan = if point.orphan { " orphan" } else { "" };
            lines.push(format!("{}{}{end}{orphan}", "  ".repeat(point.depth), point.name));
            let mut children: Vec<&Point> = point.children.iter().map(|child| &trace.points()[*child]).collect();
            children.sort_by_key(|point| Reverse(arrived(point)));
            waiting.extend(children);
        }
        lines.join("\n")
    }
}
