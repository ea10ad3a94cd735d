//! The active trace of a thread or future.
//!
//! A `Scope` is the stack of open points of one thread or one future. It lies in a thread local only while its code
//! runs: a future's scope is swapped in for each poll and out after it (`future`), so scopes never leak between tasks
//! that share a thread. User code is never called while the scope is out of it.

mod carry;
mod future;
mod overlay;
mod span;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

pub use carry::{Carry, carry};
pub use future::{InTrace, TraceExt};
#[cfg(feature = "tracing-subscriber")]
pub(crate) use span::{Entry, SpanState, enter_span};

use self::overlay::Overlay;
use self::span::Entered;
use crate::Id;
use crate::profiler::{CountedScope, Point, Profiler, TraceShared};

thread_local! {
    static CURRENT: Cell<Option<Box<Scope>>> = const { Cell::new(None) };
    /// What `CURRENT` holds: no scope, one, or one whose SQL is traced. Beside it, because a thread local that needs no
    /// destructor is read at once: this is what every untraced query pays.
    static LEVEL: Cell<u8> = const { Cell::new(INACTIVE) };
}

/// No trace is active.
pub(crate) const INACTIVE: u8 = 0;
/// A trace is active.
pub(crate) const ACTIVE: u8 = 1;
/// A trace is active whose SQL is traced whatever the switch says.
const CAPTURED: u8 = 2;

/// A trace, and the points of it that are open here.
pub(crate) struct Scope {
    pub(crate) trace: Arc<TraceShared>,
    root: Profiler,
    frames: Vec<Frame>,
    /// The scope that comes back when this one's span is left, where a span has installed it.
    overlay: Option<Overlay>,
    _counted: CountedScope,
}

/// An open point.
struct Frame {
    id: Id,
    kind: FrameKind,
    /// The `tracing` span in which it was opened. It waits while that is not entered.
    within: Option<Arc<Entered>>,
}

enum FrameKind {
    /// Owned by the scope: begun by `profiler::start`.
    Started(Point),
    /// Owned by a guard, which says when it is closed.
    Guarded(Arc<AtomicBool>),
    /// Owned by a `tracing` span, which comes and goes.
    #[cfg_attr(not(feature = "tracing-subscriber"), expect(dead_code, reason = "only the layer for spans makes them"))]
    Span(Arc<Entered>),
}

impl Scope {
    pub(crate) fn of(profiler: &Profiler) -> Box<Self> {
        Box::new(Self {
            trace: Arc::clone(&profiler.trace),
            root: profiler.clone(),
            frames: Vec::new(),
            overlay: None,
            _counted: CountedScope::begin(),
        })
    }

    /// The ids of the open points, the innermost first, and then those of the scope itself.
    fn open_ids(&self) -> impl Iterator<Item = &Id> {
        let frames = self.frames.iter().rev().filter(|frame| frame.is_open()).map(|frame| &frame.id);
        frames.chain([self.root.id(), self.root.parent_id()])
    }

    /// Removes the frames of closed guards and of spans that are left from the end of the stack.
    fn forget_closed(&mut self) {
        while self.frames.pop_if(|frame| frame.is_closed()).is_some() {}
    }

    fn push(&mut self, id: Id, kind: FrameKind) {
        let within = self.innermost_span();
        self.make_room();
        self.frames.push(Frame { id, kind, within });
    }

    /// Before the stack grows, removes what is closed below what is open: guards and spans that take turns, each beginning
    /// before the last one ends, would make it grow for ever.
    fn make_room(&mut self) {
        if self.frames.len() == self.frames.capacity() {
            self.frames.retain(|frame| !frame.is_closed() || frame.is_waited_for());
            // So that this is not asked of the same frames again soon.
            self.frames.reserve(self.frames.len() + 1);
        }
    }

    /// The point under which new points go.
    pub(crate) fn top_id(&self) -> &Id {
        self.open_ids().next().unwrap_or(self.root.id())
    }

    pub(crate) fn profiler(&self) -> Profiler {
        let mut ids = self.open_ids();
        match (ids.next(), ids.next()) {
            (Some(id), Some(parent_id)) => Profiler::from_parts(Arc::clone(&self.trace), id.clone(), parent_id.clone()),
            _ => self.root.clone(),
        }
    }
}

impl Frame {
    /// Whether nothing will open it again.
    fn is_closed(&self) -> bool {
        match &self.kind {
            FrameKind::Started(_) => false,
            FrameKind::Guarded(closed) => closed.load(Relaxed),
            FrameKind::Span(entered) => !entered.is_entered(),
        }
    }

    /// Whether other frames wait for its span.
    fn is_waited_for(&self) -> bool {
        matches!(&self.kind, FrameKind::Span(entered) if Arc::strong_count(entered) > 1)
    }

    /// Whether new points may go under it.
    fn is_open(&self) -> bool {
        !self.is_closed() && self.within.as_ref().is_none_or(|span| span.is_entered() || span.is_gone())
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // Points that nobody stopped stop now, the innermost first.
        while self.frames.pop().is_some() {}
    }
}

/// Whether a trace is active here.
#[inline]
pub(crate) fn is_active() -> bool {
    level() != INACTIVE
}

/// [`INACTIVE`], [`ACTIVE`] or [`CAPTURED`].
#[inline]
pub(crate) fn level() -> u8 {
    LEVEL.get()
}

/// Hands the active scope to `f`, which must not call user code: for that while no scope is active.
fn with_scope<T>(f: impl FnOnce(&mut Scope) -> T) -> Option<T> {
    CURRENT
        .try_with(|current| {
            let mut scope = current.take();
            let mut left = Vec::new();
            if scope.as_ref().is_some_and(|scope| overlay::is_left(scope)) {
                scope = overlay::below(scope, &mut left);
                LEVEL.set(level_of(scope.as_deref()));
            }
            let result = scope.as_deref_mut().map(f);
            current.set(scope);
            // Points that nobody stopped stop now, with the scope in its place.
            drop(left);
            result
        })
        .ok()
        .flatten()
}

fn level_of(scope: Option<&Scope>) -> u8 {
    match scope {
        None => INACTIVE,
        Some(scope) if scope.trace.captured.is_none() => ACTIVE,
        Some(_) => CAPTURED,
    }
}

/// Reads the active scope, as [`with_scope`].
pub(crate) fn with_current<T>(read: impl FnOnce(&Scope) -> T) -> Option<T> {
    with_scope(|scope| read(scope))
}

/// Makes `scope` the active one and returns the one before. A thread that is ending has none and takes none.
pub(crate) fn replace(scope: Option<Box<Scope>>) -> Option<Box<Scope>> {
    CURRENT
        .try_with(|current| {
            let mut left = Vec::new();
            let scope = overlay::below(scope, &mut left);
            LEVEL.set(level_of(scope.as_deref()));
            let before = current.replace(scope);
            drop(left);
            before
        })
        .unwrap_or_default()
}

/// Runs `f` with the scope in `slot` installed, and puts it back there afterwards, also on panic.
pub(crate) fn install<T>(slot: &mut Option<Box<Scope>>, f: impl FnOnce() -> T) -> T {
    struct Restore<'a>(&'a mut Option<Box<Scope>>);

    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            *self.0 = replace(self.0.take());
        }
    }

    *slot = replace(slot.take());
    let _restore = Restore(slot);
    f()
}

/// Puts a started point on the active scope's stack.
pub(crate) fn push(point: Point) {
    let mut point = Some(point);
    with_scope(|scope| {
        if let Some(point) = point.take() {
            scope.push(point.id().clone(), FrameKind::Started(point));
        }
    });
}

/// Puts a guard's point on the active scope's stack.
pub(crate) fn push_guarded(id: Id, closed: Arc<AtomicBool>) {
    with_scope(|scope| {
        scope.forget_closed();
        scope.push(id, FrameKind::Guarded(closed));
    });
}

/// Takes the innermost point that `profiler::start` began off the stack.
pub(crate) fn pop() -> Option<Point> {
    with_scope(|scope| {
        let is_started = |frame: &Frame| matches!(frame.kind, FrameKind::Started(_));
        // One that waits for its span is stopped only where there is no other.
        let open = scope.frames.iter().rposition(|frame| is_started(frame) && frame.is_open());
        let index = open.or_else(|| scope.frames.iter().rposition(is_started))?;
        match scope.frames.remove(index).kind {
            FrameKind::Started(point) => Some(point),
            FrameKind::Guarded(_) | FrameKind::Span(_) => None,
        }
    })
    .flatten()
}

/// Takes the points that `profiler::start` began within the guard of the point `id` off the stack, the innermost first:
/// what was to stop them is unwound.
pub(crate) fn unwind(id: &Id) -> Vec<Point> {
    with_scope(|scope| {
        let Some(guard) = scope.frames.iter().rposition(|frame| frame.id == *id) else { return Vec::new() };
        let started = scope.frames.extract_if(guard + 1.., |frame| matches!(frame.kind, FrameKind::Started(_)));
        let mut started: Vec<Point> = started
            .filter_map(|frame| match frame.kind {
                FrameKind::Started(point) => Some(point),
                _ => None,
            })
            .collect();
        started.reverse();
        started
    })
    .unwrap_or_default()
}

/// Removes the frames of closed guards and of spans that are left from the end of the stack.
pub(crate) fn forget_closed() {
    with_scope(Scope::forget_closed);
}

#[cfg(test)]
mod tests;
