//! Composites and records of the binary format. `record_send` of PostgreSQL's `rowtypes.c`.

use std::borrow::Cow;
use std::sync::Arc;

use super::PgType;
use super::array::element;
use super::decode::Decoder;
use super::reader::Reader;
use crate::db::DbValue;

impl Decoder {
    /// An object of the fields, or a list where as many are not known.
    pub(super) fn record<'a>(&mut self, fields: &[(Arc<str>, PgType)], value: &'a [u8]) -> Option<DbValue<'a>> {
        let mut reader = Reader::new(value);
        // Each field has an OID and a length.
        let count = reader.count(8)?;
        if fields.len() != count || count == 0 {
            let mut values = Vec::with_capacity(count);
            for _ in 0..count {
                values.push(self.field(None, &mut reader)?);
            }
            reader.end()?;
            return Some(DbValue::List(values));
        }
        let mut values = Vec::with_capacity(count);
        for (name, ty) in fields {
            values.push((Cow::Owned(name.to_string()), self.field(Some(ty), &mut reader)?));
        }
        reader.end()?;
        Some(DbValue::Object(values))
    }

    fn field<'a>(&mut self, declared: Option<&PgType>, reader: &mut Reader<'a>) -> Option<DbValue<'a>> {
        let oid = reader.u32()?;
        let ty = element(declared.unwrap_or(&PgType::Oid(oid)), oid);
        Some(reader.nullable()?.map_or(DbValue::Null, |value| self.value(&ty, value)))
    }
}
