//! Which requests are traced, whatever framework they come from.
//!
//! Here: [`Incoming`], what a framework tells of a request, and the decision. Not here: what is done about it (`root`).

use http::request::Parts;

use super::Settings;
use crate::notice::Notice;
use crate::profiler::{self, Profiler};
use crate::web::{HmacKey, TRACEPARENT, TraceInfo, X_TRACE_HMAC, X_TRACE_INFO, state, trace_info, traceparent};
use crate::{Notifier, notifier};

static WRONG_SIGNATURE: Notice = Notice::new();
static NO_KEYS: Notice = Notice::new();

/// A request, as the decision and its root point need it.
pub(super) trait Incoming {
    /// The value of the header of that name, where it is there once and is ASCII text.
    fn only(&self, name: &str) -> Option<&str>;
    fn method(&self) -> &str;
    /// The path as it was sent.
    fn path(&self) -> &str;
    /// What follows the question mark, as it was sent.
    fn query(&self) -> &str;
    fn scheme(&self) -> &str;
    /// Asks a user's closure.
    fn satisfies(&self, when: &dyn Fn(&Parts) -> bool) -> bool;
}

impl Settings {
    /// The trace of a request that is to be traced.
    ///
    /// A request that is not costs what it takes to see that: headers are missed before a length is looked at, and that
    /// before anything is computed.
    pub(super) fn profiler(&self, request: &impl Incoming) -> Option<Profiler> {
        let process = state::switches()?;
        let keys = self.hmac_keys.as_ref().unwrap_or(&process.hmac_keys);
        if let Some(info) = signed(request, keys) {
            // A layer around this one has begun the trace already; the points of both nest.
            let outer = profiler::get().filter(|outer| outer.base_id() == info.base_id());
            return Some(outer.unwrap_or_else(|| info.profiler_with(&self.notifier())));
        }
        let outer = profiler::get();
        if !self.triggers.fire(&process, outer.is_some(), request) {
            return None;
        }
        outer.or_else(|| self.begun(request, keys))
    }

    /// A trace that a trigger begins; `None` where nobody would take its messages.
    fn begun(&self, request: &impl Incoming, keys: &[HmacKey]) -> Option<Profiler> {
        let notifier = self.notifier();
        notifier.queue()?;
        let key = keys.first().map(HmacKey::as_ref).unwrap_or_default();
        let (base_id, parent_id) = match self.traceparent.then(|| request.only(TRACEPARENT)).flatten() {
            Some(value) => traceparent::parse(value).map(|(trace, parent)| (trace.into(), parent.into())).unzip(),
            None => (None, None),
        };
        Some(Profiler::with_notifier(&notifier, key, base_id, parent_id))
    }

    fn notifier(&self) -> Notifier {
        self.notifier.clone().unwrap_or_else(notifier::get)
    }
}

/// What the request's headers say, where they are validly signed. A header that is there twice may mean one thing here and
/// another to the proxy in front, and counts as none.
fn signed(request: &impl Incoming, keys: &[HmacKey]) -> Option<TraceInfo> {
    let (info, hmac) = (request.only(X_TRACE_INFO)?, request.only(X_TRACE_HMAC)?);
    let trace = trace_info(info, hmac, keys);
    if trace.is_none() {
        log_refused(keys);
    }
    trace
}

/// Logs that headers did not verify, without a word of what they say: they may come from anybody.
#[cold]
fn log_refused(keys: &[HmacKey]) {
    if !keys.is_empty() {
        WRONG_SIGNATURE.log(|| {
            tracing::warn!(
                "a request's X-Trace-Info and X-Trace-HMAC do not verify, so it is not traced by them: the client must sign with one \
                 of this service's hmac_keys (OSPROFILER_HMAC_KEYS)"
            );
        });
    } else if state::is_enabled() {
        // A service that did not switch tracing on may get such headers all the time.
        NO_KEYS.log(|| {
            tracing::warn!(
                "a request has X-Trace-Info and X-Trace-HMAC, but this service has no hmac_keys to verify them with, so it is \
                 not traced by them: set hmac_keys (OSPROFILER_HMAC_KEYS) to the client's key"
            );
        });
    }
}
