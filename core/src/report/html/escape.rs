//! [`Escaped`]: the only way for stored text into the page's markup.

use std::fmt::{self, Write as _};

use super::cut::{capped, mark};
use crate::report::visible;

/// Text as it may stand in an element or in a double-quoted attribute.
///
/// Line breaks and tabs stay, other characters that cannot be seen are shown as marks. Data never goes into URLs, style
/// or script: there, this escaping would not be enough.
pub(in crate::report) struct Escaped<'a>(pub(in crate::report) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(c)?,
                c if visible::is_hidden(c) => visible::write_mark(f, c)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// The first so many bytes of a text, isolated so that it cannot reorder what stands around it, with a mark of what is left
/// out.
pub(in crate::report) struct Capped<'a>(pub(in crate::report) &'a str, pub(in crate::report) usize);

impl fmt::Display for Capped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, left_out) = capped(self.0, self.1);
        write!(f, "<bdi>{}</bdi>", Escaped(text))?;
        if left_out > 0 {
            write!(f, "<i class=\"quiet\">{}</i>", mark(left_out))?;
        }
        Ok(())
    }
}
