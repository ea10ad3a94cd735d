//! Values of SQLite's rows, by their storage class.

use std::borrow::Cow;

use osprofiler::db::DbValue;
use sqlx_core::decode::Decode;
use sqlx_core::row::Row;
use sqlx_core::type_info::TypeInfo;
use sqlx_core::value::{Value, ValueRef};
use sqlx_sqlite::{Sqlite, SqliteRow};

use crate::rows::{Cell, bytes_head, head};

/// A value and its storage class.
#[derive(Debug)]
pub struct SqliteCell {
    class: Cow<'static, str>,
    value: DbValue<'static>,
}

impl SqliteCell {
    pub(super) fn of(row: &SqliteRow, index: usize, cap: usize) -> Option<Self> {
        // A copy: a value remembers what it was decoded as, and would refuse what the program wants.
        let value = ValueRef::to_owned(&row.try_get_raw(index).ok()?);
        if value.is_null() {
            return Some(Self { class: "NULL".into(), value: DbValue::Null });
        }
        let class = value.type_info().name().to_owned();
        let decoded = match class.as_str() {
            "INTEGER" => <i64 as Decode<'_, Sqlite>>::decode(value.as_ref()).map(DbValue::Integer),
            "REAL" => <f64 as Decode<'_, Sqlite>>::decode(value.as_ref()).map(DbValue::Float),
            "TEXT" => <&str as Decode<'_, Sqlite>>::decode(value.as_ref()).map(|text| head(text, cap)),
            _ => <&[u8] as Decode<'_, Sqlite>>::decode(value.as_ref()).map(|bytes| bytes_head(bytes, cap)),
        };
        // A text that is no UTF-8 is bytes.
        let value = decoded.or_else(|_| {
            let copy = Value::as_ref(&value).to_owned();
            <&[u8] as Decode<'_, Sqlite>>::decode(Value::as_ref(&copy)).map(|bytes| bytes_head(bytes, cap))
        });
        Some(Self { class: class.into(), value: value.ok()? })
    }
}

impl Cell for SqliteCell {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.class)
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
