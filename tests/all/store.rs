//! Where the messages of a test go.

use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use osprofiler::report::{Point, Trace};
use osprofiler::{Message, Notifier, Profiler, profiler};

pub(crate) struct Store {
    notifier: Notifier,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Store {
    pub(crate) fn new() -> Self {
        // The switch is the whole process's, and every test wants it on. The quickstart turns it off when it ends: it has run
        // before.
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // On a thread of its own: it has a runtime of its own, and the test may be in one.
            let ran = std::thread::spawn(|| {
                crate::quickstart::ran();
            });
            ran.join().expect("the quickstart runs");
            profiler::set_trace_sql(true);
        });
        let messages = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&messages);
        let notifier = Notifier::from(move |message: &Message| theirs.lock().expect("no panic").push(message.clone()));
        Self { notifier, messages }
    }

    /// A trace whose messages come here.
    pub(crate) fn profiler(&self) -> Profiler {
        Profiler::with_notifier(&self.notifier, "key", None, None)
    }

    pub(crate) fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        assert!(self.notifier.flush(Duration::from_secs(10)), "a function takes messages at once");
        self.messages.lock().expect("no panic").clone()
    }

    pub(crate) fn trace(&self) -> Trace {
        Trace::build(self.messages())
    }

    pub(crate) fn points(&self) -> Vec<Point> {
        self.trace().points().to_vec()
    }
}
