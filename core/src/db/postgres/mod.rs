//! PostgreSQL's values: from the binary and text forms of its protocol to [`DbValue`](super::DbValue).
//!
//! Pure code: bytes and a [`PgType`] go in, a value comes out. Not here: how an adapter comes by bytes and types.
//!
//! A value has the JSON form of what PostgreSQL 15 itself prints for it, with `TimeZone` UTC, `DateStyle` ISO and
//! `IntervalStyle` postgres, with these exceptions:
//!
//! | type | value |
//! | --- | --- |
//! | bool, int2, int4, int8, oid, xid, xid8, cid, float4, float8 | booleans and numbers |
//! | money | text as with `lc_monetary` C or en_US, `-$1,234.56`: the server does not send its own locale |
//! | bytea | bytes |
//! | json, jsonb | JSON |
//! | arrays | nested lists; their lower bounds are left out |
//! | composites | objects; records whose fields have no names are lists |
//! | hstore | objects |
//! | what is unknown or malformed | the bytes as they are |
//!
//! Bound values are shown as they were sent, before the server brings them into its own form: `[1,5]` stays so, where
//! the server makes `[1,6)` of it.

mod builtin;
mod decode;
mod head;
mod learned;
mod name;
mod reader;
mod types;

mod array;
mod bits;
mod datetime;
mod float;
mod geometry;
mod hstore;
mod interval;
mod network;
mod numeric;
mod range;
mod record;
mod text;

pub use learned::{as_of, learn, lessons};
pub use types::PgType;

#[cfg(test)]
mod tests;
