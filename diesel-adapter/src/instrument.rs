//! [`instrument`]: a [`Recorder`] on every connection, as diesel's default instrumentation.

mod shared;

use std::sync::{Mutex, PoisonError};

use diesel::QueryResult;
use diesel::connection::{
    DynInstrumentation, Instrumentation, get_default_instrumentation, set_default_instrumentation,
};

use self::shared::Shared;
use crate::recorder::Recorder;
use osprofiler::quiet::discard;

/// What makes an instrumentation for each connection: the type of [`set_default_instrumentation`]'s argument.
pub type MakeInstrumentation = fn() -> Option<Box<dyn Instrumentation>>;

/// What was the default before, if that is known.
static BEFORE: Mutex<Before> = Mutex::new(Before::Nothing);

#[derive(Clone)]
enum Before {
    Nothing,
    /// One instance for each connection.
    Made(MakeInstrumentation),
    /// One instance for all of them.
    Shared(Shared),
}

/// Records the queries of all connections that are established from now on, whatever their type, as diesel's default
/// instrumentation.
///
/// See [the crate's page](crate#without-changing-a-type) for what this cannot record. Traced connections are recorded once,
/// by themselves. An instrumentation that was the default before goes on to hear of everything: diesel gives out instances
/// of it and not what makes them, so all connections have one in common, which hears of one event at a time. An event that it
/// causes itself does not reach it, nor one that had to wait for longer than 100 ms until another thread's was heard; the
/// first that is lost so is logged. [`instrument_over`] gives each connection an instance of its own.
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
        Some(default) => set_before(Before::Shared(Shared::new(default))),
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
    let before = std::mem::replace(&mut *BEFORE.lock().unwrap_or_else(PoisonError::into_inner), before);
    // The program's instrumentation may go with it, and may come here again: nothing is locked any more.
    discard(before);
}

fn make() -> Option<Box<dyn Instrumentation>> {
    // The program's code runs without the lock: it may come here again, when it opens a connection.
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let program = match before {
        Before::Nothing => None,
        Before::Made(make) => make().map(DynInstrumentation::from),
        Before::Shared(shared) => Some(shared.into()),
    };
    Some(Box::new(Recorder::by_default(program.unwrap_or_else(DynInstrumentation::none))))
}
