//! Statements and bound values, from the text that diesel's queries print by `Debug`.
//!
//! `diesel::connection::DebugQuery` of diesel 2.3 prints `Query { sql: "SELECT ...", binds: [1, "Sean", None] }`, and for
//! queries that are a text just the text in quotation marks. The statement is unambiguous, because it is escaped. The values
//! print whatever their types print: what is known there, such as numbers and texts, is read, and the rest is shown as it
//! stands.
//!
//! Here: printing up to a cap, and telling statement and values apart, both on the calling thread. Below: `binds` reads the
//! values on the worker, and `quoted` what is in quotation marks.

mod binds;
mod quoted;

use std::fmt::{self, Write};

pub(crate) use binds::DebugBinds;
use osprofiler::db::long::AND_MORE;

use osprofiler::quiet::quietly;

/// The longest text that is made of a query, in bytes.
const CAP: usize = 128 << 10;

/// What a query prints.
pub(crate) struct DebugText {
    text: String,
    /// Whether the text is not the whole.
    cut: bool,
}

/// The parts of what a query prints.
pub(crate) struct DebugParts {
    /// The statement. Where it is not the whole it ends in [`AND_MORE`].
    pub(crate) statement: String,
    /// The bound values; `None` where the query prints none.
    pub(crate) binds: Option<DebugBinds>,
}

impl DebugText {
    /// Prints `query`, most often `format_args!("{query:?}")`, to its end or [`CAP`].
    pub(crate) fn of(query: fmt::Arguments<'_>) -> Self {
        let mut text = CappedText(String::new());
        // An error is the cap's, or that of a query which cannot be printed. The user's code prints values, and must
        // not panic into its query.
        let printed = quietly(|| text.write_fmt(query));
        let cut = !matches!(printed, Some(Ok(())));
        Self { text: text.0, cut }
    }

    /// Tells statement and values apart. A text of any other form is a statement.
    pub(crate) fn split(self) -> DebugParts {
        const QUERY: &str = "Query { sql: ";
        const BINDS: &str = ", binds: [";
        const END: &str = "] }";
        let Self { mut text, cut } = self;
        let is_query = text.starts_with(QUERY);
        let sql = if is_query { &text[QUERY.len()..] } else { &text };
        let Some((mut statement, rest)) = quoted::read(sql) else { return whole(text, cut) };
        let Some(rest) = rest else {
            // A text without its end is none of diesel's, unless it was cut.
            if !cut {
                return whole(text, cut);
            }
            statement.to_mut().push_str(AND_MORE);
            let binds = is_query.then(DebugBinds::unknown);
            return DebugParts { statement: statement.into_owned(), binds };
        };
        match rest.strip_prefix(BINDS) {
            Some(binds) if is_query && (cut || binds.ends_with(END)) => {
                let (statement, start) = (statement.into_owned(), text.len() - binds.len());
                let mut binds = text.split_off(start);
                if !cut {
                    binds.truncate(binds.len() - END.len());
                }
                DebugParts { statement, binds: Some(DebugBinds::new(binds, cut)) }
            }
            None if is_query && cut && BINDS.starts_with(rest) => {
                DebugParts { statement: statement.into_owned(), binds: Some(DebugBinds::unknown()) }
            }
            None if !is_query && rest.is_empty() => DebugParts { statement: statement.into_owned(), binds: None },
            _ => whole(text, cut),
        }
    }
}

/// A text of no known form.
fn whole(mut statement: String, cut: bool) -> DebugParts {
    if cut {
        statement.push_str(AND_MORE);
    }
    DebugParts { statement, binds: None }
}

/// Text that ends where it gets too long.
struct CappedText(String);

impl Write for CappedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > CAP {
            self.0.push_str(&text[..text.floor_char_boundary(CAP - self.0.len())]);
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
