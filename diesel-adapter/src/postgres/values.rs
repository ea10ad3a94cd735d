//! Bound values of PostgreSQL, from diesel's own collector: OIDs and the bytes that are sent.

use std::sync::Arc;

use diesel::pg::Pg;
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use osprofiler::db::postgres::PgType;
use osprofiler::db::{BoundValues, DbValue, ParamsWriter};

use super::names::{TypeName, Types};
use crate::backend::Room;
use crate::packed::Packed;

/// Kept values.
#[derive(Debug)]
pub struct Values {
    oids: Box<[u32]>,
    values: Packed,
    /// The names of types that the program declares by them, by their OIDs.
    names: Vec<(u32, Arc<str>)>,
    /// The types that diesel-async looks up, unless it knows them.
    pub(super) asked: Vec<TypeName>,
}

impl Values {
    pub(super) fn of(collected: &RawBytesBindCollector<Pg>, types: Types, room: Room<'_>) -> Self {
        let oids = collected.metadata.iter().enumerate().map(|(index, metadata)| types.oid(index, metadata)).collect();
        Self { oids, values: Packed::of(&collected.binds, room), names: types.names, asked: types.asked }
    }

    fn ty(&self, oid: u32) -> PgType {
        let named = self.names.iter().find(|(known, _)| *known == oid);
        named.map_or(PgType::Oid(oid), |(_, name)| PgType::Named(Arc::clone(name)))
    }
}

impl BoundValues for Values {
    fn weight(&self) -> usize {
        let names = self.names.len() * size_of::<(u32, Arc<str>)>();
        self.values.weight() + self.oids.len() * size_of::<u32>() + names
    }

    fn decode(&mut self, params: &mut ParamsWriter<'_>) {
        for (oid, value) in self.oids.iter().zip(self.values.iter()) {
            let ty = self.ty(*oid);
            let value = value.map_or(DbValue::Null, |(head, length)| ty.guess_head(head, length));
            params.value(&value, &ty.name());
        }
    }
}
