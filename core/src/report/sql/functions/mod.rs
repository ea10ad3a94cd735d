//! What is known of the databases' own functions, and which of them a statement calls.
//!
//! Below: calls (`calls`), functions that change something, lock or wait (`effects`), functions that do none of that
//! (`harmless`), and functions whose result changes while no data does (`volatile`). What a report offers to run, and what it
//! calls a duplicate, rests on these lists; of a function that is in none of them nothing is known.

mod calls;
mod effects;
mod harmless;
mod volatile;

pub use effects::has_effect;

pub(super) use calls::{Call, calls};
pub(super) use harmless::is_harmless;
pub(super) use volatile::volatile_use;
