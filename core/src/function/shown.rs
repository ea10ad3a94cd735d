//! Arguments, results and errors as text, each by the best its type has: `Debug`, or the name of the type.
//!
//! Which one that is the compiler finds out where the function is written, by the order in which it looks for methods: those
//! of a type behind more references come first. So a type without `Debug` compiles as well. The methods' names are such that
//! no trait of the program's, which may well be there for every type, has them too.

use std::any::type_name;
use std::fmt::{self, Debug, Display, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Info;

/// So many bytes of all arguments, or of a result, are kept.
const CAP: usize = 4096;

/// A text that grows to [`CAP`] bytes and then ends with `…`.
#[derive(Default)]
pub struct Text {
    text: String,
    is_full: bool,
    /// Whether it says that it is cut.
    is_marked: bool,
}

impl Text {
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Adds what there must be, whatever was cut before.
    pub(super) fn push(&mut self, text: &str) {
        if self.is_full && !self.is_marked {
            self.text.push('…');
            self.is_marked = true;
        }
        self.text.push_str(text);
    }

    pub(super) fn finish(mut self) -> String {
        self.push("");
        self.text
    }

    /// Adds what `write` writes. A `Debug` of the program's that panics or fails shows as its type, and harms nobody.
    fn show<T: ?Sized>(&mut self, write: impl FnOnce(&mut Self) -> fmt::Result) {
        let before = self.text.len();
        let written = catch_unwind(AssertUnwindSafe(|| write(self)));
        if !self.is_full && !matches!(written, Ok(Ok(()))) {
            self.text.truncate(before);
            type_only::<T>(self);
        }
    }
}

impl Write for Text {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.is_full {
            return Err(fmt::Error);
        }
        let room = CAP.saturating_sub(self.text.len());
        if more.len() <= room {
            self.text.push_str(more);
            return Ok(());
        }
        self.text.push_str(&more[..more.floor_char_boundary(room)]);
        self.is_full = true;
        // Whoever formats stops here: the rest of a long list costs nothing.
        Err(fmt::Error)
    }
}

/// Shows a value by its type's name, as `<blog::Store>`.
pub(super) fn type_only<T: ?Sized>(text: &mut Text) {
    // What does not fit is cut.
    let _ = write!(text, "<{}>", type_name::<T>());
}

/// A value to show.
pub struct Shown<'a, T: ?Sized>(pub &'a T);

/// Shows values that have `Debug`.
pub trait ShowDebug {
    /// Writes the value.
    fn osprofiler_show(&self, text: &mut Text);
}

impl<T: Debug + ?Sized> ShowDebug for &Shown<'_, T> {
    fn osprofiler_show(&self, text: &mut Text) {
        text.show::<T>(|text| write!(text, "{:?}", self.0));
    }
}

/// Shows all others.
pub trait ShowType {
    /// Writes the value's type.
    fn osprofiler_show(&self, text: &mut Text);
}

impl<T: ?Sized> ShowType for Shown<'_, T> {
    fn osprofiler_show(&self, text: &mut Text) {
        type_only::<T>(text);
    }
}

/// What a function returned: an error, or not.
pub struct Outcome<'a, T: ?Sized>(pub &'a T);

/// Errors with a text of their own.
pub trait FailsDisplay {
    /// The stop info of an error.
    fn osprofiler_failure(&self) -> Option<Info>;
}

impl<T, E: Display> FailsDisplay for &&&Outcome<'_, Result<T, E>> {
    fn osprofiler_failure(&self) -> Option<Info> {
        self.0.as_ref().err().map(|error| failure::<E>(|text| write!(text, "{error}")))
    }
}

/// Errors that only have `Debug`.
pub trait FailsDebug {
    /// The stop info of an error.
    fn osprofiler_failure(&self) -> Option<Info>;
}

impl<T, E: Debug> FailsDebug for &&Outcome<'_, Result<T, E>> {
    fn osprofiler_failure(&self) -> Option<Info> {
        self.0.as_ref().err().map(|error| failure::<E>(|text| write!(text, "{error:?}")))
    }
}

/// Errors that say nothing.
pub trait FailsSilently {
    /// The stop info of an error.
    fn osprofiler_failure(&self) -> Option<Info>;
}

impl<T, E> FailsSilently for &Outcome<'_, Result<T, E>> {
    fn osprofiler_failure(&self) -> Option<Info> {
        self.0.as_ref().err().map(|_| failure::<E>(|text| write!(text, "<{}>", type_name::<E>())))
    }
}

/// What is no `Result`.
pub trait Succeeds {
    /// None: there is no error.
    fn osprofiler_failure(&self) -> Option<Info>;
}

impl<T: ?Sized> Succeeds for Outcome<'_, T> {
    fn osprofiler_failure(&self) -> Option<Info> {
        None
    }
}

fn failure<E>(write: impl FnOnce(&mut Text) -> fmt::Result) -> Info {
    let mut message = Text::default();
    message.show::<E>(write);
    Info::error(type_name::<E>(), message.finish())
}
