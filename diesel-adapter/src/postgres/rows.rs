//! Values of PostgreSQL's rows, in the binary format.

use std::borrow::Cow;

use diesel::pg::PgValue;
use osprofiler::db::DbValue;
use osprofiler::db::postgres::PgType;

use crate::rows::{Cell, head_of};

/// The first bytes of a value, how many there were, and its type's OID.
#[derive(Debug)]
pub struct PgCell {
    head: Box<[u8]>,
    length: usize,
    ty: PgType,
}

impl PgCell {
    pub(super) fn of(value: PgValue<'_>, cap: usize) -> Self {
        let bytes = value.as_bytes();
        Self { head: head_of(bytes, cap), length: bytes.len(), ty: PgType::Oid(value.get_oid().get()) }
    }
}

impl Cell for PgCell {
    fn type_name(&self) -> Cow<'_, str> {
        self.ty.name()
    }

    fn decode(&self) -> DbValue<'_> {
        self.ty.guess_head(&self.head, self.length)
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.head.len()
    }
}
