//! [`instrument`]: a [`Recorder`] on every connection, as diesel's default instrumentation.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

use diesel::QueryResult;
use diesel::connection::{
    DynInstrumentation, Instrumentation, InstrumentationEvent, get_default_instrumentation, set_default_instrumentation,
};

use crate::recorder::Recorder;

/// What makes an instrumentation for each connection: the type of [`set_default_instrumentation`]'s argument.
pub type MakeInstrumentation = fn() -> Option<Box<dyn Instrumentation>>;

/// What was the default before, if that is known.
static BEFORE: Mutex<Before> = Mutex::new(Before::Nothing);

enum Before {
    Nothing,
    /// One instance for each connection.
    Made(MakeInstrumentation),
    /// One instance for all of them.
    Shared(Arc<Mutex<Box<dyn Instrumentation>>>),
}

/// Records the queries of all connections that are established from now on, whatever their type, as diesel's default
/// instrumentation.
///
/// See [the crate's page](crate#without-changing-a-type) for what this cannot record. Traced connections are recorded once,
/// by themselves. An instrumentation that was the default before goes on to hear of everything: diesel gives out instances
/// of it and not what makes them, so all connections have one in common, behind a lock; [`instrument_over`] gives each its
/// own.
///
/// # Errors
///
/// As [`set_default_instrumentation`].
///
/// ```
/// use diesel::prelude::*;
///
/// osprofiler_diesel::instrument()?;
/// let connection = SqliteConnection::establish(":memory:")?; // its queries are traced
/// # let _ = connection;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn instrument() -> QueryResult<()> {
    match get_default_instrumentation() {
        Some(default) if default.is::<Recorder>() => return Ok(()),
        Some(default) => set_before(Before::Shared(Arc::new(Mutex::new(default)))),
        None => set_before(Before::Nothing),
    }
    set_default_instrumentation(make)
}

/// As [`instrument`], with what made the default instrumentation until now: each connection has its own instance of that.
///
/// # Errors
///
/// As [`set_default_instrumentation`].
pub fn instrument_over(before: MakeInstrumentation) -> QueryResult<()> {
    set_before(Before::Made(before));
    set_default_instrumentation(make)
}

fn set_before(before: Before) {
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = before;
}

fn make() -> Option<Box<dyn Instrumentation>> {
    // The program's code runs without the lock: it may come here again, when it opens a connection.
    let made = match &*BEFORE.lock().unwrap_or_else(PoisonError::into_inner) {
        Before::Nothing => Ok(DynInstrumentation::none()),
        Before::Made(make) => Err(*make),
        Before::Shared(shared) => Ok(Shared(Arc::clone(shared)).into()),
    };
    let none = DynInstrumentation::none;
    let program = made.unwrap_or_else(|make: MakeInstrumentation| make().map_or_else(none, DynInstrumentation::from));
    Some(Box::new(Recorder::by_default(program)))
}

/// An instrumentation that several connections have in common. While it hears of one event, it hears of no other that it
/// causes itself on the same thread.
struct Shared(Arc<Mutex<Box<dyn Instrumentation>>>);

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

        if !HEARS.replace(true) {
            let _heard = Heard;
            self.0.lock().unwrap_or_else(PoisonError::into_inner).on_connection_event(event);
        }
    }
}
