//! Bound values that a library shows only by `Debug`, such as `Arguments { values: [Int(42), Text("it's"), Null] }`.
//!
//! The calling thread keeps the library's values themselves, and the worker reads what they print. That keeps large values in
//! memory until the worker has come to them. So, once large values were met, and while the worker is behind, the calling
//! thread prints values itself as far as they are short, and keeps large ones for a few calls at a time only. The worker
//! meets them when it reads them; in case it does not come to that, because its store hangs, each thread has a look at every
//! sixteenth call.
//!
//! Not here: any library's form, which its adapter describes by [`DebugForm`].

mod reader;
mod text;

use std::cell::Cell;
use std::fmt::{self, Write};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use reader::Reader;
use text::ListText;

use super::long::{Permit, Permits};
use super::{BoundValues, ParamsWriter};

/// The form in which a library shows its bound values: a list, after anything without a list, of variants with one field.
///
/// What is in no list of names has a form that is not known, and its call says so under `params_unknown`.
pub trait DebugForm: 'static {
    /// What is kept of a call's values; it prints the same list as what is shown on the calling thread.
    type Kept: fmt::Debug + Send + 'static;

    /// The variants with a whole number that fits into 64 bits, such as `Int(1)`.
    const INTEGERS: &'static [&'static str];
    /// The variants with a floating-point number, such as `Double(1.5)`.
    const REALS: &'static [&'static str];
    /// The variants with a text, such as `Text("x")`.
    const TEXTS: &'static [&'static str];
    /// The variants with bytes, such as `Blob([1, 2])`.
    const BLOBS: &'static [&'static str];
    /// The variants for NULL, which have no field.
    const NULLS: &'static [&'static str];
    /// Whether each value is in a pair with its type, which is a word: `(Int(1), Integer)`.
    const PAIRS: bool = false;

    /// What is known of long values of this form; most often a static of the adapter.
    fn long_values() -> &'static LongValues;

    /// About how many bytes are kept, without those of texts and blobs, whose length nobody knows before they are read.
    fn weight(kept: &Self::Kept) -> usize;
}

/// Whether this program binds long values, and how many calls of them are kept.
#[derive(Debug, Default)]
pub struct LongValues {
    met: AtomicBool,
    permits: Permits,
}

impl LongValues {
    /// None was met.
    #[must_use]
    pub const fn new() -> Self {
        Self { met: AtomicBool::new(false), permits: Permits::new() }
    }

    #[inline]
    fn met(&self) -> bool {
        self.met.load(Relaxed)
    }

    fn meet(&self) {
        self.met.store(true, Relaxed);
    }
}

/// Kept values of the form `F`. Their types are recorded as `INTEGER`, `REAL`, `TEXT`, `BLOB` and `NULL`.
pub struct DebugValues<F: DebugForm> {
    kept: Kept<F::Kept>,
    /// How many values there are.
    count: Option<usize>,
}

enum Kept<K> {
    /// The values themselves.
    Shared(K),
    /// Themselves, known to be long, with leave to keep them.
    Long(K, #[expect(dead_code, reason = "it counts while it is there")] Permit),
    /// What they print, as far as it is short.
    Text(Box<Text>),
}

/// What values print, from the list on.
struct Text {
    text: String,
    /// Whether the text is not the whole.
    cut: bool,
}

impl<F: DebugForm> DebugValues<F> {
    /// Keeps the values of one call.
    ///
    /// `shown` is printed where the calling thread has to look at the values, and `keep` makes what is kept of them
    /// otherwise. `count` says how many there are, as far as the library tells: without it, long values that cannot be
    /// kept are not known at all, since those after the first long one could not be counted. `small` says that little may be
    /// kept, because the collector is behind.
    #[inline]
    pub fn of(shown: &impl fmt::Debug, count: Option<usize>, keep: impl FnOnce() -> F::Kept, small: bool) -> Self {
        if !small && !F::long_values().met() && !is_looked_at() {
            return Self { kept: Kept::Shared(keep()), count };
        }
        let mut text = ListText::default();
        let cut = write!(text, "{shown:?}").is_err();
        if cut {
            F::long_values().meet();
        }
        let kept = match cut.then(|| F::long_values().permits.take()).flatten() {
            Some(permit) => Kept::Long(keep(), permit),
            None => Kept::Text(Box::new(Text { text: text.0, cut })),
        };
        Self { kept, count }
    }
}

/// Whether this is one of the calls that the thread has a look at.
#[inline]
fn is_looked_at() -> bool {
    const EVERY: u8 = 16;
    thread_local! {
        static CALLS: Cell<u8> = const { Cell::new(0) };
    }
    let call = CALLS.get();
    CALLS.set((call + 1) % EVERY);
    call == 0
}

impl<F: DebugForm> BoundValues for DebugValues<F> {
    fn weight(&self) -> usize {
        match &self.kept {
            // How long they are nobody knows before they are read. Those that turn out to be long must not go back to a
            // calling thread, which may not come for them for long.
            Kept::Shared(_) if F::long_values().met() => text::CAP,
            Kept::Shared(kept) => F::weight(kept),
            Kept::Long(..) => text::CAP,
            Kept::Text(text) => text.text.capacity(),
        }
    }

    fn decode(&mut self, params: &mut ParamsWriter<'_>) {
        let mut reader = Reader::<F>::new(params);
        let (read, cut) = match &self.kept {
            Kept::Shared(kept) | Kept::Long(kept, _) => (read_whole(&mut reader, kept), false),
            Kept::Text(text) => (reader.write_str(&text.text), text.cut),
        };
        // Of the number of values nothing is guessed.
        let ended = reader.is_at_end();
        match (read, self.count) {
            (Ok(()), count) if ended && count.is_none_or(|count| reader.count() == count) => {}
            (Ok(()), Some(count)) if cut && !ended && reader.count() <= count => reader.end_of_cut_text(count),
            (Ok(()), None) if cut && !ended => params.unknown("parameters: too many long values at once"),
            (_, Some(count)) => params.unknown(format!("{count} parameters in a form that this version does not know")),
            (_, None) => params.unknown("parameters in a form that this version does not know"),
        }
    }
}

/// Reads what `kept` prints: most often in one go, and piece by piece where it is long.
fn read_whole<F: DebugForm>(reader: &mut Reader<'_, '_, F>, kept: &F::Kept) -> fmt::Result {
    let mut text = ListText(String::with_capacity(64));
    match write!(text, "{kept:?}") {
        Ok(()) => reader.write_str(&text.0),
        Err(fmt::Error) => {
            F::long_values().meet();
            write!(reader, "{kept:?}")
        }
    }
}

impl<F: DebugForm> fmt::Debug for DebugValues<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DebugValues").field("count", &self.count).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
