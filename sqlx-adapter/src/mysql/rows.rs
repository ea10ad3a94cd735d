//! Values of MySQL's rows.

use std::borrow::Cow;

use osprofiler::db::DbValue;
use osprofiler::db::mysql::MysqlType;
use sqlx_core::decode::Decode;
use sqlx_core::row::Row;
use sqlx_core::value::ValueRef;
use sqlx_mysql::{MySql, MySqlRow, MySqlTypeInfo};

use super::types;
use crate::rows::head_of;

/// A value with its type.
#[derive(Debug)]
pub struct MySqlCell {
    info: MySqlTypeInfo,
    /// Whether it has the text format, as in rows of statements that were not prepared.
    text: bool,
    /// `None` for NULL.
    head: Option<Box<[u8]>>,
    length: usize,
}

impl MySqlCell {
    pub(super) fn of(row: &MySqlRow, index: usize, text: bool, cap: usize) -> Option<Self> {
        let value = row.try_get_raw(index).ok()?;
        let info = value.type_info().into_owned();
        let bytes = <&[u8] as Decode<'_, MySql>>::decode(value).ok();
        let length = bytes.map_or(0, <[u8]>::len);
        Some(Self { info, text, head: bytes.map(|bytes| head_of(bytes, cap)), length })
    }

    fn ty(&self) -> Option<MysqlType> {
        let text = format!("{:?}", self.info);
        types::read(text.strip_prefix("MySqlTypeInfo { type: ")?)
    }
}

impl crate::rows::Cell for MySqlCell {
    fn type_name(&self) -> Cow<'_, str> {
        self.ty().map_or("UNKNOWN", |ty| ty.name()).into()
    }

    fn decode(&self) -> DbValue<'_> {
        let Some(head) = &self.head else { return DbValue::Null };
        let value = match self.ty() {
            Some(ty) if self.text => ty.decode_text(head),
            Some(ty) => ty.decode_binary(head),
            None => DbValue::Bytes((&**head).into()),
        };
        if head.len() == self.length {
            return value;
        }
        match value {
            DbValue::Text(text) | DbValue::Json(text) => DbValue::TextHead(text, self.length),
            _ => DbValue::BytesHead((&**head).into(), self.length),
        }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.head.as_ref().map_or(0, |head| head.len())
    }
}
