//! [`Analyzed::of`]: all that is known of one text.
//!
//! Here: labels, and how the parts come together. Below: what a statement does (`kind`), its tables (`tables`), and the
//! text on one line (`compact`). Not here: fingerprints (`fingerprint`).

mod compact;
mod kind;
mod tables;

#[cfg(test)]
mod tests;

use super::fingerprint::{beginning, hash, of_tokens};
use super::significant::Significant;
use super::{Analyzed, Dialect, Kind};
use crate::report::label::shortened;
use crate::report::visible::one_line;

/// So many tables are named in a label.
const LABELLED: usize = 2;
/// So many characters of a fingerprint stand for a statement without tables.
const ROOM: usize = 40;

impl Analyzed {
    /// Analyses a text: of one that is longer than 64 KiB, its beginning.
    ///
    /// ```
    /// use osprofiler::report::sql::{Analyzed, Dialect, Kind};
    ///
    /// let analyzed = Analyzed::of("SELECT id, name FROM users WHERE id = $1", Dialect::Postgres);
    /// assert_eq!(analyzed.kind, Kind::Read);
    /// assert_eq!(analyzed.label, "SELECT users");
    /// assert_eq!(analyzed.compact, "SELECT ••• FROM users WHERE id = $1");
    /// ```
    #[must_use]
    pub fn of(text: &str, dialect: Dialect) -> Self {
        let (head, truncated) = beginning(text);
        let parts = Significant::of(head, dialect);
        let fingerprint = of_tokens(&parts, dialect, truncated);
        let statement = kind::of(&parts, dialect);
        let tables = tables::of(&parts);
        let label = label(&statement, &tables, &fingerprint);
        Self {
            hash: hash(&fingerprint),
            truncated,
            kind: statement.kind,
            compact: compact::of(&parts, truncated),
            verb: statement.verb,
            fingerprint,
            tables,
            label,
        }
    }
}

fn label(statement: &kind::Statement, tables: &[String], fingerprint: &str) -> String {
    let transaction = statement.kind == Kind::Transaction;
    if tables.is_empty() || transaction {
        let short = matches!(statement.kind, Kind::Read | Kind::Write) && !statement.verb.is_empty();
        let shown = if short { statement.verb.clone() } else { shortened(fingerprint, Some(ROOM)) };
        return one_line(&shown);
    }
    let mut label = statement.verb.clone();
    if let Some(object) = &statement.object {
        label.push(' ');
        label.push_str(object);
    }
    label.push(' ');
    label.push_str(&tables[..tables.len().min(LABELLED)].join(", "));
    if tables.len() > LABELLED {
        label.push_str(", …");
    }
    shortened(&one_line(&label), Some(3 * ROOM))
}
