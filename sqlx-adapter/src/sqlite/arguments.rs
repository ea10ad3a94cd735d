//! Bound values of SQLite, from sqlx's arguments.
//!
//! sqlx shows them only by `Debug`, as `SqliteArguments { values: SqliteArgumentsBuffer([Int(42), Text("it's"), Null]) }`.
//! Copies of them share their texts and blobs. How they are kept and read is in [`osprofiler::db::debug`].

use osprofiler::db::debug::{DebugForm, DebugValues, LongValues};
use sqlx_core::arguments::Arguments as _;
use sqlx_sqlite::{SqliteArgumentValue, SqliteArguments};

/// Kept arguments.
pub(super) type Values = DebugValues<ArgumentsForm>;

/// How sqlx shows arguments.
#[derive(Debug)]
pub enum ArgumentsForm {}

impl DebugForm for ArgumentsForm {
    type Kept = SqliteArguments;

    const INTEGERS: &'static [&'static str] = &["Int64", "Int"];
    const REALS: &'static [&'static str] = &["Double"];
    const TEXTS: &'static [&'static str] = &["Text", "TextSlice"];
    const BLOBS: &'static [&'static str] = &["Blob"];
    const NULLS: &'static [&'static str] = &["Null"];

    fn long_values() -> &'static LongValues {
        static LONG_VALUES: LongValues = LongValues::new();
        &LONG_VALUES
    }

    fn weight(arguments: &SqliteArguments) -> usize {
        arguments.len() * size_of::<SqliteArgumentValue>()
    }
}

pub(super) fn keep(arguments: &SqliteArguments, small: bool) -> Values {
    Values::of(arguments, Some(arguments.len()), || arguments.clone(), small)
}

#[cfg(test)]
mod tests;
