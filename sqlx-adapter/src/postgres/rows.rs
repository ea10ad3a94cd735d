//! Values of PostgreSQL's rows.

use std::borrow::Cow;

use osprofiler::db::DbValue;
use sqlx_core::row::Row;
use sqlx_core::value::ValueRef;
use sqlx_postgres::{PgRow, PgTypeInfo, PgValueFormat};

use super::types;
use crate::rows::head_of;

/// A value with its type.
#[derive(Debug)]
pub struct PgCell {
    info: PgTypeInfo,
    /// Whether it has the text format, as in rows of the simple protocol.
    text: bool,
    /// `None` for NULL.
    head: Option<Box<[u8]>>,
    length: usize,
}

impl PgCell {
    pub(super) fn of(row: &PgRow, index: usize, cap: usize) -> Option<Self> {
        let value = row.try_get_raw(index).ok()?;
        let bytes = value.as_bytes().ok();
        Some(Self {
            info: value.type_info().into_owned(),
            text: value.format() == PgValueFormat::Text,
            head: bytes.map(|bytes| head_of(bytes, cap)),
            length: bytes.map_or(0, <[u8]>::len),
        })
    }
}

impl crate::rows::Cell for PgCell {
    fn type_name(&self) -> Cow<'_, str> {
        types::resolved(&self.info).name().into_owned().into()
    }

    fn decode(&self) -> DbValue<'_> {
        let Some(head) = &self.head else { return DbValue::Null };
        let ty = types::resolved(&self.info);
        if !self.text {
            return ty.decode_head(head, self.length);
        }
        match std::str::from_utf8(head) {
            Ok(text) if head.len() == self.length => ty.decode_text(text),
            Ok(text) => DbValue::TextHead(text.into(), self.length),
            Err(error) => match std::str::from_utf8(&head[..error.valid_up_to()]) {
                // A character was cut.
                Ok(text) if error.error_len().is_none() => DbValue::TextHead(text.into(), self.length),
                _ => DbValue::BytesHead((&**head).into(), self.length),
            },
        }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.head.as_ref().map_or(0, |head| head.len())
    }
}
