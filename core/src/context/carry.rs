//! Carrying a trace into a closure that runs elsewhere.

use crate::profiler;

/// Wraps a closure so that it runs in the trace that is active now, wherever it is called.
///
/// For threads and `spawn_blocking`: work started there has no trace unless it is carried. Without an active trace the
/// closure runs as it is.
///
/// ```
/// use osprofiler::{Id, profiler};
///
/// profiler::init("SECRET_KEY", Some(Id::from("7a4b3b7e-0a7e-4f0e-9a53-0123456789ab")), None);
/// let id = || profiler::get().map(|profiler| profiler.base_id().to_string());
/// assert_eq!(std::thread::spawn(id).join().unwrap(), None);
/// assert!(std::thread::spawn(profiler::carry(id)).join().unwrap().is_some());
/// # profiler::clean();
/// ```
pub fn carry<T>(f: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let profiler = profiler::get();
    move || match profiler {
        Some(profiler) => profiler.in_scope(f),
        None => f(),
    }
}
