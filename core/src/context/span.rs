//! Spans of `tracing` in a scope: points that are entered and left again and again, in any order.
//!
//! A span that is left, as an instrumented future's is after each poll, leaves behind what was opened in it and is still
//! open: that waits until the span is entered again. So a guard held across an `await` is no parent in another branch of a
//! `join!`. When the span is gone, it waits no longer.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use super::{FrameKind, Scope};
#[cfg(feature = "tracing-subscriber")]
use crate::profiler::Profiler;

/// A span in one scope.
#[derive(Debug)]
pub(super) struct Entered {
    /// How often it is entered there. Spans may be left on another thread.
    count: AtomicUsize,
    state: Arc<SpanState>,
}

/// A span in all scopes.
#[derive(Debug, Default)]
pub(crate) struct SpanState {
    gone: AtomicBool,
}

impl Entered {
    pub(super) fn is_entered(&self) -> bool {
        self.count.load(Relaxed) > 0
    }

    pub(super) fn is_gone(&self) -> bool {
        self.state.gone.load(Relaxed)
    }
}

impl Scope {
    /// The innermost span that is entered here.
    pub(super) fn innermost_span(&self) -> Option<Arc<Entered>> {
        let open = self.frames.iter().rev().find(|frame| frame.is_open())?;
        match &open.kind {
            FrameKind::Span(entered) => Some(Arc::clone(entered)),
            // A point lies in the span in which the point below it lies.
            _ => open.within.clone(),
        }
    }
}

#[cfg(feature = "tracing-subscriber")]
pub(crate) use entering::{Entry, enter_span};

#[cfg(feature = "tracing-subscriber")]
mod entering {
    //! What the layer for spans calls.

    use super::*;
    use crate::context::{self, Frame, Overlay, overlay, replace, with_scope};

    impl SpanState {
        /// The span is closed.
        pub(crate) fn close(&self) {
            self.gone.store(true, Relaxed);
        }
    }

    /// A span that is entered. It is left by the drop, perhaps not as the last that was entered, and perhaps on another thread.
    #[derive(Debug)]
    pub(crate) struct Entry(Arc<Entered>);

    impl Drop for Entry {
        fn drop(&mut self) {
            self.0.count.fetch_sub(1, Relaxed);
            context::forget_closed();
        }
    }

    /// Makes a span's point the parent of what follows. `profiler` is the span's trace, within its point: where another trace
    /// is active, or none, it is installed until the span is left.
    pub(crate) fn enter_span(profiler: &Profiler, state: &Arc<SpanState>) -> Entry {
        let entered =
            with_scope(|scope| Arc::ptr_eq(&scope.trace, &profiler.trace).then(|| scope.enter(profiler, state)));
        Entry(entered.flatten().unwrap_or_else(|| {
            let entered = Arc::new(Entered { count: AtomicUsize::new(1), state: Arc::clone(state) });
            let mut scope = Scope::of(profiler);
            let mut left = Vec::new();
            let below = overlay::without_left(replace(None), &mut left);
            scope.overlay = Some(Overlay { entered: Arc::clone(&entered), below });
            drop(replace(Some(scope)));
            drop(left);
            entered
        }))
    }

    impl Scope {
        fn enter(&mut self, profiler: &Profiler, state: &Arc<SpanState>) -> Arc<Entered> {
            self.forget_closed();
            let known = self.frames.iter().rposition(|frame| match &frame.kind {
                FrameKind::Span(entered) => Arc::ptr_eq(&entered.state, state),
                FrameKind::Started(_) | FrameKind::Guarded(_) => false,
            });
            let Some(place) = known else {
                let entered = Arc::new(Entered { count: AtomicUsize::new(1), state: Arc::clone(state) });
                let kind = FrameKind::Span(Arc::clone(&entered));
                self.make_room();
                self.frames.push(Frame { id: profiler.id().clone(), kind, within: None });
                return entered;
            };
            let FrameKind::Span(entered) = &self.frames[place].kind else { unreachable!("`known` is a span") };
            let entered = Arc::clone(entered);
            if entered.count.fetch_add(1, Relaxed) == 0 {
                self.bring_to_top(place, &entered);
            }
            entered
        }

        /// Puts a span, and what was opened in it, above all else.
        fn bring_to_top(&mut self, place: usize, entered: &Arc<Entered>) {
            let belongs = |frame: &Frame| {
                matches!(&frame.kind, FrameKind::Span(span) if Arc::ptr_eq(span, entered))
                    || frame.within.as_ref().is_some_and(|span| Arc::ptr_eq(span, entered))
            };
            // A stable sort: both parts keep their order.
            self.frames[place..].sort_by_key(belongs);
        }
    }
}
