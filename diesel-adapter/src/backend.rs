//! [`TracedBackend`]: what the adapter needs to know of each backend.
//!
//! Everything else is written once for all of them. The implementations have a module each.

use diesel::backend::{Backend, DieselReserveSpecialization};
use diesel::query_builder::{QueryBuilder, QueryFragment};
use diesel::row::Row;
use osprofiler::db::{BoundValues, ReturnedRows};

use crate::link::Link;
use crate::target::Target;

/// What is kept of a call until the collector's worker decodes it.
pub trait Kept: 'static {
    /// Bound values.
    #[doc(hidden)]
    type Values: BoundValues;

    /// Returned rows.
    #[doc(hidden)]
    type Rows: ReturnedRows + Default;

    /// Whether a statement that fails aborts its transaction, so that `COMMIT` rolls back.
    #[doc(hidden)]
    const ABORTS_TRANSACTIONS: bool = false;

    /// Whether the count of changed rows stays that of an earlier statement where one changes none.
    #[doc(hidden)]
    const KEEPS_COUNT: bool = false;

    /// The types that diesel-async asks the database for, unless it knows them.
    #[doc(hidden)]
    #[cfg(all(feature = "async", feature = "postgres-backend"))]
    fn asked_types(_: &mut Self::Values) -> Vec<crate::postgres::names::TypeName> {
        Vec::new()
    }
}

/// How much of bound values is kept, and what is known of the connection.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Room<'a> {
    /// How many bytes of a value.
    pub(crate) value: usize,
    /// How many bytes of all values together.
    pub(crate) all: usize,
    /// Whether the collector is behind, so that little is kept.
    pub(crate) small: bool,
    /// What types the connection has met; `None` where OIDs are not yet those of the database.
    pub(crate) link: Option<&'a Link>,
}

impl Room<'_> {
    /// As much room as there is for these values: short ones are kept whole, all together.
    #[cfg(any(feature = "mysql-backend", feature = "postgres-backend"))]
    pub(crate) fn for_values(self, values: &[Option<Vec<u8>>]) -> Self {
        /// The same as of sqlx.
        const SHORT: usize = 32 << 10;
        let length: usize = values.iter().flatten().map(Vec::len).sum();
        if self.small || length > SHORT {
            return self;
        }
        Self { value: usize::MAX, all: usize::MAX, ..self }
    }
}

/// A backend whose queries can be traced: `diesel::pg::Pg`, `diesel::mysql::Mysql` and `diesel::sqlite::Sqlite`, each with
/// the feature of its name.
pub trait TracedBackend:
    Kept + Backend<QueryBuilder: QueryBuilder<Self> + Default> + DieselReserveSpecialization + Default
{
    /// `info.db.system`, where nobody says otherwise.
    #[doc(hidden)]
    const SYSTEM: &'static str;

    /// What a connection URL says of database and server.
    #[doc(hidden)]
    fn target(url: &str) -> Target;

    /// Keeps a copy of what was collected for a query.
    #[doc(hidden)]
    fn keep(query: &impl QueryFragment<Self>, collected: &Self::BindCollector<'_>, room: Room<'_>) -> Self::Values;

    /// As [`keep`](Self::keep), of a query that failed before diesel came to its values; `None` where that cannot be.
    #[doc(hidden)]
    fn collect_late(query: &impl QueryFragment<Self>, room: Room<'_>) -> Option<Self::Values>;

    /// Keeps a row, of each value not much more than `cap` bytes.
    #[doc(hidden)]
    fn keep_row<'r>(rows: &mut Self::Rows, row: &impl Row<'r, Self>, cap: usize);
}
