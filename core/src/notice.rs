//! [`Notice`]: something to log that may come up with every request, said once a minute at most.
//!
//! Public for the adapters only.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::quiet::quietly;

/// How long a notice that was logged is not logged again.
const PERIOD: Duration = Duration::from_secs(60);

/// Where the time of notices begins. `Instant` has no constant to begin at.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Limits one kind of log message to one a minute, across all threads.
///
/// ```
/// use osprofiler::notice::Notice;
///
/// static NO_KEY: Notice = Notice::new();
/// NO_KEY.log(|| tracing::warn!("there is no key: set one"));
/// ```
#[derive(Debug)]
pub struct Notice {
    /// From when on it may be logged, in milliseconds since [`EPOCH`].
    due_ms: AtomicU64,
}

impl Notice {
    /// A notice that is due at once.
    #[must_use]
    pub const fn new() -> Self {
        Self { due_ms: AtomicU64::new(0) }
    }

    /// Whether to log it now. `true` once a minute at most, whatever the number of threads.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.is_due_at(EPOCH.elapsed())
    }

    /// Calls `log` if it is due. A panic of the program's log subscriber ends here.
    pub fn log(&self, log: impl FnOnce()) {
        if self.is_due() {
            quietly(log);
        }
    }

    fn is_due_at(&self, now: Duration) -> bool {
        let due_ms = self.due_ms.load(Relaxed);
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let next_ms = now_ms.saturating_add(PERIOD.as_millis() as u64);
        now_ms >= due_ms && self.due_ms.compare_exchange(due_ms, next_ms, Relaxed, Relaxed).is_ok()
    }
}

impl Default for Notice {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notice_is_due_once_a_minute() {
        let notice = Notice::new();
        let due: Vec<u64> = (0..200).filter(|second| notice.is_due_at(Duration::from_secs(*second))).collect();
        assert_eq!(due, [0, 60, 120, 180]);
        // A thread that took the time before another one logged.
        assert!(!notice.is_due_at(Duration::from_secs(179)));
    }

    #[test]
    fn one_of_many_threads_logs() {
        static NOTICE: Notice = Notice::new();
        let logged = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    NOTICE.log(|| {
                        logged.fetch_add(1, Relaxed);
                    })
                });
            }
        });
        assert_eq!(logged.into_inner(), 1);
    }

    #[test]
    fn panic_of_a_subscriber_ends_here() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("the payload panics too");
            }
        }
        quietly(|| panic!("the subscriber panics"));
        quietly(|| std::panic::panic_any(Bomb));
        Notice::new().log(|| panic!("the subscriber panics"));
    }
}
