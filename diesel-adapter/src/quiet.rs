//! The program's own code, run or dropped where the program expects none of it: it must not panic into its queries.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `f`; `None` where it panicked.
pub(crate) fn quietly<T>(f: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(f)).map_err(discard).ok()
}

/// Drops `value`, even if its `Drop` panics.
pub(crate) fn discard<T>(value: T) {
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
}
