//! Values of MySQL's rows, as diesel's buffers have them.

use std::borrow::Cow;

use diesel::mysql::{MysqlType, MysqlValue};
use osprofiler::db::DbValue;

use super::types;
use crate::rows::{Cell, head_of};

/// The first bytes of a value, how many there were, and its type.
#[derive(Debug)]
pub struct MysqlCell {
    head: Box<[u8]>,
    length: usize,
    ty: MysqlType,
}

impl MysqlCell {
    pub(super) fn of(value: &MysqlValue<'_>, cap: usize) -> Self {
        let bytes = value.as_bytes();
        Self { head: head_of(bytes, cap), length: bytes.len(), ty: value.value_type() }
    }
}

impl Cell for MysqlCell {
    fn type_name(&self) -> Cow<'_, str> {
        types::wire(self.ty, false, false).name().into()
    }

    fn decode(&self) -> DbValue<'_> {
        types::decode_head(types::wire(self.ty, false, false), self.ty, &self.head, self.length)
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.head.len()
    }
}
