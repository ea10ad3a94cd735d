//! How errors are shown.

use std::any::type_name;
use std::error::Error;
use std::fmt::{self, Display, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Shows an error with its causes: `cannot write traces/x: Permission denied`. Some libraries' errors repeat their source, which is
/// said once.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = self.0.to_string();
        f.write_str(&last)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !last.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            (last, source) = (text, cause.source());
        }
        Ok(())
    }
}

/// The text of a program's error, for adapters. One that panics or fails while it shows itself shows as its type: it must not become the
/// program's, which may never show it.
#[must_use]
pub fn text<E: Display + ?Sized>(error: &E) -> String {
    let mut text = String::new();
    match catch_unwind(AssertUnwindSafe(|| write!(text, "{error}"))) {
        Ok(Ok(())) => text,
        _ => format!("<{}>", type_name::<E>()),
    }
}
