//! [`Analyzed::of`]: all that is known of one text.
//!
//! Here: labels, and how the parts come together. Below: what a statement does (`kind`), its tables (`tables`, `table_name`), and the
//! text on one line (`compact`). Not here: fingerprints (`fingerprint`).

mod compact;
mod kind;
mod table_name;
mod tables;

#[cfg(test)]
mod tests;

use super::fingerprint::{beginning, hash, of_tokens};
use super::repeat::Repeat;
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
        let found = tables::of(&parts);
        let label = label(&statement, &found, &fingerprint);
        let tables = tables::names(found);
        Self {
            hash: hash(&fingerprint),
            truncated,
            kind: statement.kind,
            repeat: repeat(&parts, dialect, &statement, &tables, truncated),
            compact: compact::of(&parts, truncated),
            verb: statement.verb,
            fingerprint,
            tables,
            label,
        }
    }
}

/// What is not looked at may call anything.
fn repeat(
    parts: &Significant<'_>,
    dialect: Dialect,
    statement: &kind::Statement,
    tables: &[String],
    truncated: bool,
) -> Repeat {
    match Repeat::of(parts, dialect, statement.kind, &statement.verb, tables) {
        Repeat::Same if truncated => Repeat::Unknown("the rest of the text".to_owned()),
        Repeat::Same if statement.named.is_one_of_several => Repeat::Unknown("several statements".to_owned()),
        repeat => repeat,
    }
}

/// Verb and tables: of a statement that changes something, those that it changes.
fn label(statement: &kind::Statement, found: &[tables::Found], fingerprint: &str) -> String {
    let named = &statement.named;
    let mut inside: Vec<&tables::Found> = found.iter().filter(|table| named.range.contains(&table.at)).collect();
    let mut verb = named.verb.as_str();
    let own = || inside.iter().filter_map(|table| table.changed_by).find(|change| *change == verb);
    let change = own().or_else(|| inside.iter().find_map(|table| table.changed_by));
    if matches!(statement.kind, Kind::Write | Kind::Ddl)
        && let Some(change) = change
    {
        inside.retain(|table| table.changed_by == Some(change));
        // `WITH gone AS (DELETE FROM a) SELECT ...` deletes.
        let reads = matches!(verb, "SELECT" | "WITH" | "VALUES" | "TABLE");
        if reads && matches!(change, "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "REPLACE") {
            verb = change;
        }
    }
    let mut names: Vec<&str> = Vec::new();
    for table in inside {
        if names.len() <= LABELLED && !names.contains(&&*table.name) {
            names.push(&table.name);
        }
    }
    if names.is_empty() || statement.kind == Kind::Transaction {
        let short = matches!(statement.kind, Kind::Read | Kind::Write) && !verb.is_empty();
        return one_line(&if short { verb.to_owned() } else { shortened(fingerprint, Some(ROOM)) });
    }
    let mut label = verb.to_owned();
    if let Some(object) = &named.object {
        label.push(' ');
        label.push_str(object);
    }
    label.push(' ');
    label.push_str(&names[..names.len().min(LABELLED)].join(", "));
    if names.len() > LABELLED {
        label.push_str(", …");
    }
    if named.is_one_of_several {
        label.push_str("; …");
    }
    shortened(&one_line(&label), Some(3 * ROOM))
}
