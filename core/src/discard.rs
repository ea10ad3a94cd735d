//! [`discard`]: dropping what may run the program's code.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Drops a value whose `Drop` is the program's. Its panic ends here, and does not become that of a query or of the worker.
pub(crate) fn discard<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // What a panic carries may panic when it is dropped, too.
        std::mem::forget(payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
