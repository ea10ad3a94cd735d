//! MySQL and MariaDB.

#[cfg(feature = "mysql")]
mod connection;
mod rows;
mod types;
mod values;

use diesel::mysql::Mysql;
use diesel::query_builder::QueryFragment;
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::row::Row;

use crate::backend::{Kept, Room, TracedBackend};
use crate::rows::Rows;
use crate::target::{self, Target};

impl Kept for Mysql {
    type Values = values::Values;
    type Rows = Rows<rows::MysqlCell>;
}

impl TracedBackend for Mysql {
    const SYSTEM: &'static str = "mysql";

    fn target(url: &str) -> Target {
        target::mysql(url)
    }

    fn keep(query: &impl QueryFragment<Self>, collected: &RawBytesBindCollector<Self>, room: Room<'_>) -> Self::Values {
        values::Values::of(query, collected, room)
    }

    fn collect_late(query: &impl QueryFragment<Self>, room: Room<'_>) -> Option<Self::Values> {
        let mut collected = RawBytesBindCollector::new();
        query.collect_binds(&mut collected, &mut (), &Self).ok()?;
        Some(Self::keep(query, &collected, room))
    }

    fn keep_row<'r>(rows: &mut Self::Rows, row: &impl Row<'r, Self>, cap: usize) {
        rows.keep(row, |value| rows::MysqlCell::of(&value, cap));
    }
}
