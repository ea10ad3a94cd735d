//! Bound values of PostgreSQL, from diesel's own collector: OIDs and the bytes that are sent.

use std::sync::Arc;

use diesel::pg::Pg;
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use osprofiler::db::postgres::PgType;
use osprofiler::db::{BoundValues, DbValue, ParamsWriter};

use super::names::Names;
use crate::backend::Room;

/// Kept values, one after the other: OID, length, how much of it is kept, and that.
#[derive(Debug)]
pub struct Values {
    bytes: Vec<u8>,
    /// The names of types that the program declares by them, by their OIDs.
    names: Names,
}

/// The length of NULL.
const NULL: u32 = u32::MAX;

const HEADER: usize = 12;

impl Values {
    pub(super) fn of(collected: &RawBytesBindCollector<Pg>, names: Names, room: Room<'_>) -> Self {
        let head = |bind: &Option<Vec<u8>>| bind.as_ref().map_or(0, |bytes| bytes.len().min(room.value));
        let all: usize = collected.binds.iter().map(head).sum();
        let mut left = room.all;
        let mut bytes = Vec::with_capacity(collected.binds.len() * HEADER + all.min(left));
        for (metadata, bind) in collected.metadata.iter().zip(&collected.binds) {
            let length = bind.as_ref().map_or(NULL, |bind| u32::try_from(bind.len()).unwrap_or(NULL - 1));
            let kept = head(bind).min(left);
            left -= kept;
            for number in [metadata.oid().unwrap_or(0), length, u32::try_from(kept).unwrap_or(0)] {
                bytes.extend_from_slice(&number.to_ne_bytes());
            }
            bytes.extend_from_slice(&bind.as_deref().unwrap_or_default()[..kept]);
        }
        Self { bytes, names }
    }

    fn named(&self, oid: u32) -> Option<PgType> {
        let (_, name) = self.names.iter().find(|(known, _)| *known == oid)?;
        Some(PgType::Named(Arc::clone(name)))
    }
}

/// A number, which is there.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_ne_bytes(*number), rest))
}

impl BoundValues for Values {
    fn weight(&self) -> usize {
        self.bytes.capacity() + self.names.len() * size_of::<(u32, Arc<str>)>()
    }

    fn decode(&mut self, params: &mut ParamsWriter<'_>) {
        let mut rest = self.bytes.as_slice();
        while let Some((oid, after)) = number(rest)
            && let Some((length, after)) = number(after)
            && let Some((kept, after)) = number(after)
            && let Some((head, after)) = after.split_at_checked(kept as usize)
        {
            rest = after;
            let named = self.named(oid);
            let ty = named.clone().unwrap_or(PgType::Oid(oid));
            let value = match length {
                NULL => DbValue::Null,
                length if named.is_some() => legible(ty.decode_head(head, length as usize)),
                length => ty.decode_head(head, length as usize),
            };
            params.value(&value, &ty.name());
        }
    }
}

/// A value of a type of which nothing but the name is known: an enumeration's label or a domain's text are text, and a
/// composite says of what types its fields are.
fn legible(value: DbValue<'_>) -> DbValue<'_> {
    let is_text = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    match value {
        DbValue::List(values) => DbValue::List(values.into_iter().map(legible).collect()),
        DbValue::Bytes(bytes) => {
            if let Ok(text) = std::str::from_utf8(&bytes)
                && is_text(text)
            {
                return text.to_owned().into();
            }
            let record = PgType::server("record").map(|ty| ty.decode(&bytes).into_owned());
            match record {
                Some(DbValue::List(fields)) => DbValue::List(fields.into_iter().map(legible).collect()),
                _ => DbValue::Bytes(bytes),
            }
        }
        other => other,
    }
}
