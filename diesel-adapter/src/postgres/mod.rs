//! PostgreSQL.

#[cfg(feature = "postgres")]
mod connection;
pub(crate) mod names;
mod rows;
mod values;

use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::row::Row;

use crate::backend::{Kept, Room, TracedBackend};
use crate::rows::Rows;
use crate::target::{self, Target};

impl Kept for Pg {
    type Values = values::Values;
    type Rows = Rows<rows::PgCell>;

    const ABORTS_TRANSACTIONS: bool = true;

    #[cfg(feature = "async")]
    fn asked_types(values: &mut Self::Values) -> Vec<names::TypeName> {
        std::mem::take(&mut values.asked)
    }
}

impl TracedBackend for Pg {
    const SYSTEM: &'static str = "postgresql";

    fn target(url: &str) -> Target {
        target::postgres(url)
    }

    fn keep(query: &impl QueryFragment<Self>, collected: &RawBytesBindCollector<Self>, room: Room<'_>) -> Self::Values {
        values::Values::of(collected, names::Types::of(query, collected, room.link), room)
    }

    /// Diesel collects them first.
    fn collect_late(_: &impl QueryFragment<Self>, _: Room<'_>) -> Option<Self::Values> {
        None
    }

    fn keep_row<'r>(rows: &mut Self::Rows, row: &impl Row<'r, Self>, cap: usize) {
        rows.keep(row, |value| rows::PgCell::of(value, cap));
    }
}
