//! The extension `hstore`: names and texts.

use std::borrow::Cow;
use std::str;

use super::reader::Reader;
use crate::db::DbValue;

pub(super) fn hstore<'a>(reader: &mut Reader<'a>) -> Option<DbValue<'a>> {
    // Each pair has two lengths.
    let count = reader.count(8)?;
    let mut members = Vec::with_capacity(count);
    for _ in 0..count {
        let key = str::from_utf8(reader.nullable()??).ok()?;
        let value = match reader.nullable()? {
            Some(value) => str::from_utf8(value).ok()?.into(),
            None => DbValue::Null,
        };
        members.push((Cow::Borrowed(key), value));
    }
    Some(DbValue::Object(members))
}
