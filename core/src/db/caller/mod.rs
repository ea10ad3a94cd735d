//! [`Caller`]: where in the program a statement came from.
//!
//! The calling thread takes the addresses of its frames and nothing else; the collector's worker looks up what stands there
//! (`sites`), and which of it is the program's own (`origin`), and not this project's (`own`).

mod origin;
mod own;
mod sites;

pub use own::register_own_frames;

use crate::InfoWriter;

/// So many frames are looked at, the innermost first. Between a query and its function lie a dozen or two of the libraries'.
const MOST_FRAMES: usize = 64;

/// The return addresses of the calling thread, the innermost first, and no farther than the first that is known to be the
/// program's own.
#[derive(Debug, Hash)]
pub struct Caller(Box<[usize]>);

impl Caller {
    /// The frames of the calling thread.
    #[expect(
        unsafe_code,
        reason = "the safe function waits for a lock that the worker holds while it reads debug information"
    )]
    #[inline(never)]
    pub(super) fn here() -> Self {
        let mut addresses = [0; MOST_FRAMES];
        let mut count = 0;
        let take = |frame: &backtrace::Frame| {
            addresses[count] = frame.ip() as usize;
            count += 1;
            // What lies farther out than the program's own is of no interest.
            count < MOST_FRAMES && !sites::is_known_own(addresses[count - 1])
        };
        #[cfg(not(windows))]
        // SAFETY: the platform's unwinder is made to be called by many threads at once, as panics do; what is not is Windows'
        // `dbghelp` alone, and looking up symbols. The closure does not panic: `count` stays below the array's length.
        unsafe {
            backtrace::trace_unsynchronized(take);
        }
        #[cfg(windows)]
        backtrace::trace(take);
        Self(addresses[..count].into())
    }

    /// About how many bytes this keeps in memory.
    pub(super) fn weight(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// File and line, or the function where there are no line tables.
    pub(super) fn place(&self) -> Option<String> {
        let site = sites::first(&self.0)?;
        Some(site.place.as_ref().map_or_else(|| site.function.clone(), |(file, line)| format!("{file}:{line}")))
    }

    /// Writes the member `caller`, if the program's own code is among the frames.
    pub(super) fn render(&self, db: &mut InfoWriter) {
        let Some(site) = sites::first(&self.0) else { return };
        db.object("caller", |caller| {
            if let Some((file, line)) = &site.place {
                caller.string("file", file);
                caller.number("line", u64::from(*line));
            }
            caller.string("function", &site.function);
        });
    }
}
