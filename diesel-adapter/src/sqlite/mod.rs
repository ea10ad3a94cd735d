//! SQLite.

mod connection;
mod rows;
mod values;

use diesel::backend::Backend;
use diesel::query_builder::QueryFragment;
use diesel::row::Row;
use diesel::sqlite::Sqlite;

use crate::backend::{Kept, Room, TracedBackend};
use crate::rows::Rows;
use crate::target::{self, Target};

/// Diesel's collector, whose name is private.
type Collector<'a> = <Sqlite as Backend>::BindCollector<'a>;

impl Kept for Sqlite {
    type Values = values::Values;
    type Rows = Rows<rows::SqliteCell>;

    const KEEPS_COUNT: bool = true;
}

impl TracedBackend for Sqlite {
    const SYSTEM: &'static str = "sqlite";

    fn target(url: &str) -> Target {
        target::sqlite(url)
    }

    fn keep(_: &impl QueryFragment<Self>, collected: &Collector<'_>, room: Room<'_>) -> Self::Values {
        values::of(collected, room.small)
    }

    fn collect_late(query: &impl QueryFragment<Self>, room: Room<'_>) -> Option<Self::Values> {
        let mut collected = Collector::default();
        query.collect_binds(&mut collected, &mut (), &Self).ok()?;
        Some(Self::keep(query, &collected, room))
    }

    fn keep_row<'r>(rows: &mut Self::Rows, row: &impl Row<'r, Self>, cap: usize) {
        rows.keep(row, |value| rows::SqliteCell::of(value, cap));
    }
}
