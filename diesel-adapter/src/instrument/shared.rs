//! [`Shared`]: one instrumentation of the program's for several connections, which may be on several threads.

use std::cell::Cell;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::{Instrumentation, InstrumentationEvent};

use osprofiler::quiet::quietly;

/// So long an event waits for another thread's to be heard. The instrumentation may wait for that very query.
const PATIENCE: Duration = Duration::from_millis(100);

/// An instrumentation that several connections have in common. It hears of one event at a time, and not of those that it
/// causes itself. Nothing is locked while it is called.
#[derive(Clone)]
pub(super) struct Shared(Arc<Instance>);

struct Instance {
    state: Mutex<State>,
    is_back: Condvar,
}

struct State {
    /// `None` while it hears of an event.
    instrumentation: Option<Box<dyn Instrumentation>>,
    /// Whether an event has waited in vain for what it hears of now: no other does.
    is_stuck: bool,
}

impl Shared {
    pub(super) fn new(instrumentation: Box<dyn Instrumentation>) -> Self {
        let state = State { instrumentation: Some(instrumentation), is_stuck: false };
        Self(Arc::new(Instance { state: Mutex::new(state), is_back: Condvar::new() }))
    }
}

impl Instance {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The instrumentation, when no other thread has it; `None` where that takes too long.
    fn borrow(&self) -> Option<Borrowed<'_>> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.state();
        loop {
            if let Some(instrumentation) = state.instrumentation.take() {
                return Some(Borrowed { instance: self, instrumentation: Some(instrumentation) });
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.is_stuck || left.is_zero() {
                state.is_stuck = true;
                return None;
            }
            state = self.is_back.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

struct Borrowed<'i> {
    instance: &'i Instance,
    instrumentation: Option<Box<dyn Instrumentation>>,
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let mut state = self.instance.state();
        state.instrumentation = self.instrumentation.take();
        state.is_stuck = false;
        drop(state);
        self.instance.is_back.notify_one();
    }
}

thread_local! {
    static HEARS: Cell<bool> = const { Cell::new(false) };
}

impl Instrumentation for Shared {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        struct Heard;

        impl Drop for Heard {
            fn drop(&mut self) {
                HEARS.set(false);
            }
        }

        if HEARS.replace(true) {
            return;
        }
        let _heard = Heard;
        match self.0.borrow() {
            Some(mut borrowed) => {
                if let Some(instrumentation) = &mut borrowed.instrumentation {
                    instrumentation.on_connection_event(event);
                }
            }
            None => lose(),
        }
    }
}

/// An event does not reach the instrumentation. This is said once.
#[cold]
fn lose() {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Relaxed) {
        // The program's subscriber runs in the program's query.
        quietly(|| {
            tracing::warn!(
                "diesel's default instrumentation took longer than {PATIENCE:?} for an event, and does not hear of others \
                 meanwhile: all connections share one instance of it; `instrument_over` gives each its own"
            );
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;

    use super::*;

    fn event() -> InstrumentationEvent<'static> {
        InstrumentationEvent::start_establish_connection("x")
    }

    #[test]
    fn an_event_that_it_causes_itself_does_not_reach_it() {
        static HEARD: AtomicUsize = AtomicUsize::new(0);
        static AGAIN: Mutex<Option<Shared>> = Mutex::new(None);
        let mut shared = Shared::new(Box::new(|_: InstrumentationEvent<'_>| {
            HEARD.fetch_add(1, Relaxed);
            let again = AGAIN.lock().expect("no panic").clone();
            again.expect("it is set").on_connection_event(event());
        }));
        *AGAIN.lock().expect("no panic") = Some(shared.clone());
        shared.on_connection_event(event());
        shared.on_connection_event(event());
        assert_eq!(HEARD.load(Relaxed), 2);
    }

    #[test]
    fn another_threads_event_is_lost_where_it_takes_too_long_and_heard_afterwards() {
        static HEARD: AtomicUsize = AtomicUsize::new(0);
        let (begins, begun) = mpsc::channel();
        let (goes_on, wait) = mpsc::channel::<()>();
        let mut shared = Shared::new(Box::new(move |_: InstrumentationEvent<'_>| {
            if HEARD.fetch_add(1, Relaxed) == 0 {
                begins.send(()).expect("it is waited for");
                wait.recv().expect("it is told");
            }
        }));
        let mut theirs = shared.clone();
        let stuck = std::thread::spawn(move || theirs.on_connection_event(event()));
        begun.recv().expect("it begins");
        for _ in 0..1000 {
            shared.on_connection_event(event());
        }
        assert_eq!(HEARD.load(Relaxed), 1, "the first waits for the second, in vain");
        goes_on.send(()).expect("it waits");
        stuck.join().expect("no panic");
        shared.on_connection_event(event());
        assert_eq!(HEARD.load(Relaxed), 2);
    }

    #[test]
    fn one_that_panics_hears_of_the_next_event() {
        static HEARD: AtomicUsize = AtomicUsize::new(0);
        let mut shared = Shared::new(Box::new(|_: InstrumentationEvent<'_>| {
            assert!(HEARD.fetch_add(1, Relaxed) > 0, "the first time");
        }));
        assert_eq!(quietly(|| shared.on_connection_event(event())), None);
        shared.on_connection_event(event());
        assert_eq!(HEARD.load(Relaxed), 2);
    }
}
