//! [`Triggers`]: what begins a trace besides a valid signature.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;

use super::decision::Incoming;
use crate::web::state::Switches;

/// A user's own decision.
pub(super) type When = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

/// What a layer was told; where it was told nothing the process-wide settings count.
#[derive(Clone, Default)]
pub(super) struct Triggers {
    pub(super) always: bool,
    pub(super) sample: Option<f64>,
    pub(super) when: Option<When>,
}

impl Triggers {
    /// Whether a trace is to begin with this request, or, where one is active around it, whether a point of it is.
    pub(super) fn fire(&self, process: &Switches, is_within: bool, request: &impl Incoming) -> bool {
        if self.always || process.always {
            return true;
        }
        let rate = self.sample.unwrap_or(process.sample);
        // What is no number is not above 0, and every throw is below 1. The dice were thrown for the request around this one.
        if rate > 0.0 && (is_within || fastrand::f64() < rate) {
            return true;
        }
        self.when.as_ref().is_some_and(|when| request.satisfies(when.as_ref()))
    }
}

impl fmt::Debug for Triggers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Triggers")
            .field("always", &self.always)
            .field("sample", &self.sample)
            .field("when", &self.when.is_some())
            .finish()
    }
}
