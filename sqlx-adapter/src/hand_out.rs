//! [`hand_out`]: sqlx's own connection, pool or transaction leaves the traced type.

use std::panic::Location;

use osprofiler::db::{CheckoutTrace, DbSource};

use crate::database::TracedDatabase;
use crate::net;

/// Counts it in the trace that is active, or in that in which the connection was taken: reports say then that statements may
/// be missing, unless the [net](crate#the-net) listens. `ran_before` says that a traced statement ran on the same connection.
#[inline]
pub(crate) fn hand_out<DB: TracedDatabase>(
    what: &'static str,
    source: &DbSource,
    checkout: Option<&CheckoutTrace>,
    ran_before: bool,
    at: &'static Location<'static>,
) {
    // Of what is switched off nothing is missing.
    if !source.trace_sql() {
        return;
    }
    let listens = net::listens(DB::EVENTS_ELSEWHERE);
    let none = CheckoutTrace::none();
    let counted = checkout.unwrap_or(&none).handed_out(what, at, listens);
    if counted && ran_before {
        net::warn_if_starved();
    }
}
