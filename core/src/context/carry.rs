//! Carrying a trace into a closure that runs elsewhere.

use crate::profiler::{self, Profiler};

/// Wraps a closure so that it runs in the trace that is active now, wherever it is called.
///
/// For threads, `spawn_blocking`, actix-web's `web::block`, and `interact` of deadpool: work started there has no trace
/// unless it is carried. Without an active trace the closure runs as it is. It may have one argument that is a `&mut`, whose
/// type must be written out: `carry(|connection: &mut TracedPgConnection| ..)`.
///
/// ```
/// use osprofiler::{Id, profiler};
///
/// profiler::init("SECRET_KEY", Some(Id::from("7a4b3b7e-0a7e-4f0e-9a53-0123456789ab")), None);
/// let id = || profiler::get().map(|profiler| profiler.base_id().to_string());
/// assert_eq!(std::thread::spawn(id).join().unwrap(), None);
/// assert!(std::thread::spawn(profiler::carry(id)).join().unwrap().is_some());
///
/// let push = profiler::carry(move |ids: &mut Vec<_>| ids.extend(id()));
/// let ids = std::thread::spawn(|| {
///     let mut ids = Vec::new();
///     push(&mut ids);
///     ids
/// });
/// assert_eq!(ids.join().unwrap().len(), 1);
/// # profiler::clean();
/// ```
pub fn carry<'f, Arguments, F: Carry<'f, Arguments>>(f: F) -> F::Carried {
    f.carried_in(profiler::get())
}

/// Closures that [`carry`] takes: without an argument, or with one that is a `&mut`.
pub trait Carry<'f, Arguments> {
    /// A closure of the same kind.
    type Carried;

    #[doc(hidden)]
    fn carried_in(self, profiler: Option<Profiler>) -> Self::Carried;
}

/// Says that a closure has an argument that is a `&mut A`.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByMut<A: ?Sized>(std::marker::PhantomData<fn(&mut A)>);

impl<'f, T, F: FnOnce() -> T + Send + 'f> Carry<'f, ()> for F {
    type Carried = Box<dyn FnOnce() -> T + Send + 'f>;

    fn carried_in(self, profiler: Option<Profiler>) -> Self::Carried {
        Box::new(move || run(profiler, self))
    }
}

impl<'f, A: ?Sized + 'f, T: 'f, F: FnOnce(&mut A) -> T + Send + 'f> Carry<'f, ByMut<A>> for F {
    type Carried = Box<dyn FnOnce(&mut A) -> T + Send + 'f>;

    fn carried_in(self, profiler: Option<Profiler>) -> Self::Carried {
        Box::new(move |argument| run(profiler, || self(argument)))
    }
}

fn run<T>(profiler: Option<Profiler>, f: impl FnOnce() -> T) -> T {
    match profiler {
        Some(profiler) => profiler.in_scope(f),
        None => f(),
    }
}
