//! [`probe`]: a look at the buffer in which sqlx keeps bound values.
//!
//! A value that is added to the arguments is shown their buffer, to encode itself into. A probe looks, and refuses to be
//! encoded: sqlx then takes back what it had done, and the arguments are as they were.

use std::cell::Cell;

use sqlx_core::arguments::Arguments;
use sqlx_core::database::Database;
use sqlx_core::encode::{Encode, IsNull};
use sqlx_core::error::BoxDynError;
use sqlx_core::types::Type;

/// Shows `read` the arguments' buffer, and returns what it made of it.
pub(crate) fn probe<DB: Database, T>(arguments: &mut DB::Arguments, read: fn(&DB::ArgumentBuffer) -> T) -> Option<T>
where
    i32: Type<DB>,
{
    let seen = Cell::new(None);
    let refused = arguments.add(Probe::<DB, T> { read, seen: &seen });
    debug_assert!(refused.is_err(), "a probe is never encoded");
    seen.into_inner()
}

struct Probe<'p, DB: Database, T> {
    read: fn(&DB::ArgumentBuffer) -> T,
    seen: &'p Cell<Option<T>>,
}

/// It takes no memory, and so a probe is cheap.
#[derive(Debug, thiserror::Error)]
#[error("a probe is never encoded")]
struct Refused;

impl<DB: Database, T> Encode<'_, DB> for Probe<'_, DB, T> {
    fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.seen.set(Some((self.read)(buffer)));
        Err(Box::new(Refused))
    }
}

impl<DB: Database, T> Type<DB> for Probe<'_, DB, T>
where
    i32: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <i32 as Type<DB>>::type_info()
    }
}
