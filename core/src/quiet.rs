//! [`quietly`] and [`discard`]: the program's own code, run or dropped where the program expects none of it.
//!
//! A log subscriber, a store, an instrumentation or what a query holds may panic. That must not unwind into the query or the
//! request which it is about, nor into the worker.
//!
//! Public for the adapters only.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `f`; `None` where it panicked.
pub fn quietly<T>(f: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(f)).map_err(discard).ok()
}

/// Drops `value`, even if its `Drop` panics.
pub fn discard<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // What a panic carries may panic once more when it is dropped. The second payload is leaked: this has to end.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(payload);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::panic_any(Bomb);
        }
    }

    #[test]
    fn panics_end_here_with_what_they_carry() {
        assert_eq!(quietly(|| 1), Some(1));
        assert_eq!(quietly(|| -> () { std::panic::panic_any(Bomb) }), None);
        discard(Bomb);
    }

    #[test]
    fn a_drop_that_panics_ends_here() {
        struct Panics;

        impl Drop for Panics {
            fn drop(&mut self) {
                std::panic::panic_any(PanicsToo);
            }
        }

        struct PanicsToo;

        impl Drop for PanicsToo {
            fn drop(&mut self) {
                panic!("again");
            }
        }

        discard(Panics);
    }
}
