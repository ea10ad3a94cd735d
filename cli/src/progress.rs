//! A line on standard error while a store takes its time.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a command may take before it says what it is waiting for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs `work` and, when it takes more than a second and a person is watching, says so until it is done.
pub(crate) fn while_working<T>(what: &str, work: impl FnOnce() -> T) -> T {
    // In a pipe or a log, the line would only be in the way.
    if !io::stderr().is_terminal() {
        return work();
    }
    let (done, waiting) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let begun = Instant::now();
            let mut shown = false;
            while waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let _ = write!(io::stderr(), "\r{what} … {} s", begun.elapsed().as_secs());
                shown = true;
            }
            if shown {
                // Wipes the line, so that the output begins on a clean one.
                let _ = write!(io::stderr(), "\r\x1b[2K");
            }
        });
        let result = work();
        drop(done);
        result
    })
}
