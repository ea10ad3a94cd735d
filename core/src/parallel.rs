//! Work on several threads, for traces so large that it tells. Results are the same whatever the number of threads.

use std::thread;

/// How many threads to use where there is work for `most`: at least one.
pub(crate) fn threads(most: usize) -> usize {
    let cores = if most > 1 { thread::available_parallelism().map_or(1, usize::from) } else { 1 };
    cores.min(most).max(1)
}

/// Calls `work` with each part, on a thread each, and returns what it returned in the order of the parts.
pub(crate) fn map<P: Send, R: Send>(parts: Vec<P>, work: impl Fn(P) -> R + Sync) -> Vec<R> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Vec::new() };
    thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(|| work(part))).collect();
        // The first is this thread's own.
        let first = work(first);
        let others = others.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(first).chain(others).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_parts() {
        assert_eq!(map(vec![3, 1, 2], |part| part * 10), [30, 10, 20]);
        assert!(map(Vec::<i32>::new(), |part| part).is_empty());
        assert_eq!((threads(0), threads(1)), (1, 1));
    }
}
