//! [`hand_out`]: sqlx's own connection, pool or transaction leaves the traced type.

use std::panic::Location;

use osprofiler::db::CheckoutTrace;

/// Counts it in the trace that is active, or in that in which the connection was taken: reports say then that statements may
/// be missing.
#[inline]
pub(crate) fn hand_out(what: &'static str, checkout: &CheckoutTrace, at: &'static Location<'static>) {
    if checkout.handed_out(what, at) {
        #[cfg(feature = "net")]
        crate::net::warn_if_starved();
    }
}
