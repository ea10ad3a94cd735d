//! [`Permit`]: few calls with long values are kept whole at a time.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// Stands in the place of values that are not kept.
pub(crate) const NOT_KEPT: &str = "…(not kept: too many long values at once)";

/// How many calls with long values may be kept.
const CAP: usize = 16;

static KEPT: AtomicUsize = AtomicUsize::new(0);

/// Leave to keep the long values of one call.
#[derive(Debug)]
pub struct Permit(());

impl Permit {
    /// `None` where enough are kept.
    pub(crate) fn take() -> Option<Self> {
        if KEPT.fetch_add(1, Relaxed) < CAP {
            return Some(Self(()));
        }
        KEPT.fetch_sub(1, Relaxed);
        None
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        KEPT.fetch_sub(1, Relaxed);
    }
}
