//! [`Overlay`]: a scope that a `tracing` span has installed over another, and how that comes back.
//!
//! Spans are left in any order, and a future's scope may lie over theirs in the meantime. So a span that is left only says so,
//! and whoever comes upon its scope puts the one below in its place.

use std::sync::Arc;

use super::Scope;
use super::span::Entered;

pub(super) struct Overlay {
    pub(super) entered: Arc<Entered>,
    pub(super) below: Option<Box<Scope>>,
}

/// Whether the span that has installed the scope was left.
pub(super) fn is_left(scope: &Scope) -> bool {
    scope.overlay.as_ref().is_some_and(|overlay| !overlay.entered.is_entered())
}

/// The scope itself or, where its span was left, the one below. Those left go to `left`: whoever drops them runs what is
/// open in them to its end.
pub(super) fn below(mut scope: Option<Box<Scope>>, left: &mut Vec<Scope>) -> Option<Box<Scope>> {
    while let Some(mut over) = scope.take_if(|scope| is_left(scope)) {
        scope = over.overlay.take().and_then(|overlay| overlay.below);
        left.push(*over);
    }
    scope
}

/// The scope without one right below it whose span was left: spans that take turns, each entered before the last one is left,
/// would pile up scopes for ever.
#[cfg(feature = "tracing-subscriber")]
pub(super) fn without_left(mut scope: Option<Box<Scope>>, left: &mut Vec<Scope>) -> Option<Box<Scope>> {
    if let Some(overlay) = scope.as_mut().and_then(|scope| scope.overlay.as_mut()) {
        overlay.below = below(overlay.below.take(), left);
    }
    scope
}
