//! [`ListText`]: what values print, kept as far as it is short.

use std::fmt::{self, Write};

/// The longest text that is made of values, in bytes.
pub(super) const CAP: usize = 8192;

/// Text from the first bracket on, which ends where it gets too long.
#[derive(Default)]
pub(super) struct ListText(pub(super) String);

impl Write for ListText {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // `Debug` writes the bracket in a piece of its own.
        if self.0.is_empty() && text != "[" {
            return Ok(());
        }
        if self.0.len() + text.len() > CAP {
            self.0.push_str(&text[..text.floor_char_boundary(CAP - self.0.len())]);
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}
