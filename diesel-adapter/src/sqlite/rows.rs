//! Values of SQLite's rows, by their storage class.

use std::borrow::Cow;

use diesel::sqlite::{SqliteType, SqliteValue};
use osprofiler::db::DbValue;

use crate::rows::Cell;

/// A value and its storage class.
#[derive(Debug)]
pub struct SqliteCell {
    class: &'static str,
    value: DbValue<'static>,
}

impl SqliteCell {
    pub(super) fn of(mut value: SqliteValue<'_, '_, '_>, cap: usize) -> Self {
        let head = |bytes: &[u8]| bytes[..bytes.len().min(cap)].to_owned();
        let (class, value) = match value.value_type() {
            None => ("NULL", DbValue::Null),
            Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
                ("INTEGER", DbValue::Integer(value.read_long()))
            }
            Some(SqliteType::Float | SqliteType::Double) => ("REAL", DbValue::Float(value.read_double())),
            Some(SqliteType::Text) => {
                let bytes = value.read_blob();
                // A text that is no UTF-8 is bytes.
                let value = match std::str::from_utf8(bytes) {
                    Ok(text) => DbValue::TextHead(text[..text.floor_char_boundary(cap)].to_owned().into(), text.len()),
                    Err(_) => DbValue::BytesHead(head(bytes).into(), bytes.len()),
                };
                ("TEXT", value)
            }
            Some(SqliteType::Binary) => {
                let bytes = value.read_blob();
                ("BLOB", DbValue::BytesHead(head(bytes).into(), bytes.len()))
            }
        };
        Self { class, value }
    }
}

impl Cell for SqliteCell {
    fn type_name(&self) -> Cow<'_, str> {
        self.class.into()
    }

    fn decode(&self) -> DbValue<'_> {
        self.value.clone()
    }

    fn weight(&self) -> usize {
        size_of::<Self>()
            + match &self.value {
                DbValue::TextHead(head, _) => head.len(),
                DbValue::BytesHead(head, _) => head.len(),
                _ => 0,
            }
    }
}
