//! The active trace of a thread or future.
//!
//! A `Scope` is the stack of open points of one thread or one future. It lies in a thread local only while its code
//! runs: a future's scope is swapped in for each poll and out after it (`future`), so scopes never leak between tasks
//! that share a thread. User code is never called while the scope is out of it.

mod carry;
mod future;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

pub use carry::carry;
pub use future::{InTrace, TraceExt};

use crate::Id;
use crate::profiler::{Point, Profiler, TraceShared};

thread_local! {
    static CURRENT: Cell<Option<Box<Scope>>> = const { Cell::new(None) };
    /// What `CURRENT` holds: no scope, one, or one whose SQL is traced. Beside it, because a thread local that needs no
    /// destructor is read at once: this is what every untraced query pays.
    static LEVEL: Cell<u8> = const { Cell::new(INACTIVE) };
}

/// No trace is active.
const INACTIVE: u8 = 0;
/// A trace is active.
pub(crate) const ACTIVE: u8 = 1;
/// A trace is active whose SQL is traced whatever the switch says.
const CAPTURED: u8 = 2;

/// A trace, and the points of it that are open here.
pub(crate) struct Scope {
    pub(crate) trace: Arc<TraceShared>,
    root: Profiler,
    frames: Vec<Frame>,
}

/// An open point.
struct Frame {
    id: Id,
    kind: FrameKind,
}

enum FrameKind {
    /// Owned by the scope: begun by `profiler::start`.
    Started(Point),
    /// Owned by a guard, which says when it is closed.
    Guarded(Arc<AtomicBool>),
}

impl Scope {
    pub(crate) fn of(profiler: &Profiler) -> Box<Self> {
        Box::new(Self { trace: Arc::clone(&profiler.trace), root: profiler.clone(), frames: Vec::new() })
    }

    /// The ids of the open points, the innermost first, and then those of the scope itself.
    fn open_ids(&self) -> impl Iterator<Item = &Id> {
        let frames = self.frames.iter().rev().filter(|frame| frame.is_open()).map(|frame| &frame.id);
        frames.chain([self.root.id(), self.root.parent_id()])
    }

    /// Removes the frames of closed guards from the end of the stack.
    fn forget_closed(&mut self) {
        while self.frames.pop_if(|frame| !frame.is_open()).is_some() {}
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
    fn is_open(&self) -> bool {
        match &self.kind {
            FrameKind::Started(_) => true,
            FrameKind::Guarded(closed) => !closed.load(Relaxed),
        }
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
            let result = scope.as_deref_mut().map(f);
            current.set(scope);
            result
        })
        .ok()
        .flatten()
}

/// Reads the active scope, as [`with_scope`].
pub(crate) fn with_current<T>(read: impl FnOnce(&Scope) -> T) -> Option<T> {
    with_scope(|scope| read(scope))
}

/// Makes `scope` the active one and returns the one before. A thread that is ending has none and takes none.
pub(crate) fn replace(scope: Option<Box<Scope>>) -> Option<Box<Scope>> {
    CURRENT
        .try_with(|current| {
            LEVEL.set(match &scope {
                None => INACTIVE,
                Some(scope) if scope.trace.captured.is_none() => ACTIVE,
                Some(_) => CAPTURED,
            });
            current.replace(scope)
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
            scope.frames.push(Frame { id: point.id().clone(), kind: FrameKind::Started(point) });
        }
    });
}

/// Puts a guard's point on the active scope's stack.
pub(crate) fn push_guarded(id: Id, closed: Arc<AtomicBool>) {
    with_scope(|scope| {
        scope.forget_closed();
        scope.frames.push(Frame { id, kind: FrameKind::Guarded(closed) });
    });
}

/// Takes the innermost point that `profiler::start` began off the stack.
pub(crate) fn pop() -> Option<Point> {
    with_scope(|scope| {
        let index = scope.frames.iter().rposition(|frame| matches!(frame.kind, FrameKind::Started(_)))?;
        match scope.frames.remove(index).kind {
            FrameKind::Started(point) => Some(point),
            FrameKind::Guarded(_) => None,
        }
    })
    .flatten()
}

/// Removes the frames of closed guards from the end of the stack.
pub(crate) fn forget_closed() {
    with_scope(Scope::forget_closed);
}

#[cfg(test)]
mod tests;
