//! Bound values of SQLite, from diesel's own collector, which shows them only by `Debug`.

use diesel::query_builder::MoveableBindCollector;
use diesel::sqlite::Sqlite;
use osprofiler::db::debug::{DebugForm, DebugValues, LongValues};

use super::Collector;

/// Kept values.
pub(super) type Values = DebugValues<DieselForm>;

/// What a collector hands out that can be moved.
type Data = <Collector<'static> as MoveableBindCollector<Sqlite>>::BindData;

/// `[(I32(1), Integer), (String("x"), Text)]`, of diesel 2.3.
pub struct DieselForm;

static LONG_VALUES: LongValues = LongValues::new();

impl DebugForm for DieselForm {
    type Kept = Data;

    const INTEGERS: &'static [&'static str] = &["I32", "I64"];
    const REALS: &'static [&'static str] = &["F64"];
    const TEXTS: &'static [&'static str] = &["String", "BorrowedString"];
    const BLOBS: &'static [&'static str] = &["Binary", "BorrowedBinary"];
    const NULLS: &'static [&'static str] = &["Null"];
    const PAIRS: bool = true;

    fn long_values() -> &'static LongValues {
        &LONG_VALUES
    }

    /// How many there are is not to be seen.
    fn weight(_: &Data) -> usize {
        const ABOUT: usize = 256;
        ABOUT
    }
}

pub(super) fn of(collected: &Collector<'_>, small: bool) -> Values {
    DebugValues::of(collected, None, || collected.moveable(), small)
}
