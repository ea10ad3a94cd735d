//! Bound values of PostgreSQL, from diesel's own collector: OIDs and the bytes that are sent.

use std::sync::Arc;

use diesel::pg::Pg;
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use osprofiler::db::postgres::PgType;
use osprofiler::db::{BoundValues, DbValue, ParamsWriter};

use super::names::Types;
use crate::backend::Room;

/// Kept values, one after the other: OID, length, how much of it is kept, and that.
#[derive(Debug)]
pub struct Values {
    bytes: Vec<u8>,
    /// The names of types that the program declares by them, by their OIDs.
    names: Vec<(u32, Arc<str>)>,
}

/// The length of NULL.
const NULL: u32 = u32::MAX;

const HEADER: usize = 12;

impl Values {
    pub(super) fn of(collected: &RawBytesBindCollector<Pg>, types: Types, room: Room<'_>) -> Self {
        let room = room.for_values(&collected.binds);
        let head = |bind: &Option<Vec<u8>>| bind.as_ref().map_or(0, |bytes| bytes.len().min(room.value));
        let all: usize = collected.binds.iter().map(head).sum();
        let mut left = room.all;
        let mut bytes = Vec::with_capacity(collected.binds.len() * HEADER + all.min(left));
        for (index, (metadata, bind)) in collected.metadata.iter().zip(&collected.binds).enumerate() {
            let length = bind.as_ref().map_or(NULL, |bind| u32::try_from(bind.len()).unwrap_or(NULL - 1));
            let kept = head(bind).min(left);
            left -= kept;
            for number in [types.oid(index, metadata), length, u32::try_from(kept).unwrap_or(0)] {
                bytes.extend_from_slice(&number.to_ne_bytes());
            }
            bytes.extend_from_slice(&bind.as_deref().unwrap_or_default()[..kept]);
        }
        Self { bytes, names: types.names }
    }

    fn ty(&self, oid: u32) -> PgType {
        let named = self.names.iter().find(|(known, _)| *known == oid);
        named.map_or(PgType::Oid(oid), |(_, name)| PgType::Named(Arc::clone(name)))
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
            let ty = self.ty(oid);
            let value = match length {
                NULL => DbValue::Null,
                length => ty.guess_head(head, length as usize),
            };
            params.value(&value, &ty.name());
        }
    }
}
