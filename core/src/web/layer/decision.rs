//! Which requests are traced, whatever framework they come from.
//!
//! Here: [`Incoming`], what a framework tells of a request, and the decision. Not here: what is done about it (`root`).

use super::Settings;
use crate::notifier;
use crate::profiler::{self, Profiler};
use crate::web::{X_TRACE_HMAC, X_TRACE_INFO, state, trace_info};

/// A request, as the decision and its root point need it.
pub(super) trait Incoming {
    /// The value of the header of that name, which is in lower case, where it is there once and is ASCII text.
    fn only(&self, name: &str) -> Option<&str>;
    fn method(&self) -> &str;
    /// The path as it was sent.
    fn path(&self) -> &str;
    /// What follows the question mark, as it was sent.
    fn query(&self) -> &str;
    fn scheme(&self) -> &str;
}

impl Settings {
    /// The trace of a request that is to be traced.
    ///
    /// A request that is not costs what it takes to see that: headers are missed before a length is looked at, and that
    /// before anything is computed.
    pub(super) fn profiler(&self, request: &impl Incoming) -> Option<Profiler> {
        self.signed(request)
    }

    /// The trace that the request's headers name, where they are validly signed. A header that is there twice may mean one
    /// thing here and another to the proxy in front, and counts as none.
    fn signed(&self, request: &impl Incoming) -> Option<Profiler> {
        let info = request.only(X_TRACE_INFO)?;
        let hmac = request.only(X_TRACE_HMAC)?;
        let keys = state::keys_for(self.hmac_keys.as_ref())?;
        let info = trace_info(info, hmac, &keys)?;
        // A layer around this one has begun the trace already; the points of both nest.
        let outer = profiler::get().filter(|outer| outer.base_id() == info.base_id());
        Some(outer.unwrap_or_else(|| info.profiler_with(&self.notifier())))
    }

    fn notifier(&self) -> crate::Notifier {
        self.notifier.clone().unwrap_or_else(notifier::get)
    }
}
