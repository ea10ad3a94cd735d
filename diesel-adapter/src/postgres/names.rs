//! The names of types that a program declares by them, such as enumerations.
//!
//! Diesel asks the database for their OIDs and keeps only these. A query says the names again when its values are collected
//! once more, for a look-up of ours: that happens once for each type and connection.

use std::any::Any;
use std::sync::Arc;

use diesel::pg::{Pg, PgMetadataLookup, PgTypeMetadata};
use diesel::query_builder::QueryFragment;
use diesel::query_builder::bind_collector::RawBytesBindCollector;

use crate::session::Link;

/// The first OID that a database gives to what its users make: `FirstNormalObjectId` of PostgreSQL 15.
const FIRST_OF_USERS: u32 = 16_384;

/// The names of the values' types, as far as they are not the server's own, by their OIDs. `link` knows those that were met
/// before; without it, the OIDs are diesel-async's stand-ins, which mean something else in each query.
pub(super) fn of_types(
    query: &impl QueryFragment<Pg>,
    collected: &RawBytesBindCollector<Pg>,
    link: Option<&Link>,
) -> Vec<(u32, Arc<str>)> {
    let mut names = Vec::new();
    let mut all_known = true;
    for metadata in &collected.metadata {
        let Ok(oid @ FIRST_OF_USERS..) = metadata.oid() else { continue };
        if names.iter().any(|(known, _)| *known == oid) {
            continue;
        }
        match link.and_then(|link| link.type_names().iter().find(|(known, _)| *known == oid).cloned()) {
            Some(known) => names.push(known),
            None => all_known = false,
        }
    }
    if all_known {
        return names;
    }
    let named = collect(query, collected);
    if let Some(link) = link {
        let mut known = link.type_names();
        for name in &named {
            if !known.contains(name) {
                known.push(name.clone());
            }
        }
    }
    named
}

#[cold]
fn collect(query: &impl QueryFragment<Pg>, collected: &RawBytesBindCollector<Pg>) -> Vec<(u32, Arc<str>)> {
    let mut again = RawBytesBindCollector::<Pg>::new();
    let mut lookup = NameLookup::default();
    if query.collect_binds(&mut again, &mut lookup, &Pg).is_err() || again.metadata.len() != collected.metadata.len() {
        return Vec::new();
    }
    let mut names: Vec<(u32, Arc<str>)> = Vec::new();
    for (metadata, named) in collected.metadata.iter().zip(&again.metadata) {
        if let (Ok(oid), Some(name)) = (metadata.oid(), named.oid().ok().and_then(|oid| lookup.name(oid)))
            && !names.iter().any(|(known, _)| *known == oid)
        {
            names.push((oid, name));
        }
    }
    names
}

/// Gives each name OIDs of its own, and keeps it.
#[derive(Debug, Default)]
pub(crate) struct NameLookup {
    names: Vec<Arc<str>>,
}

/// Such OIDs no database will have given for long.
const FIRST: u32 = u32::MAX - 0xffff;

impl NameLookup {
    /// The name behind an OID of ours, or its array's.
    fn name(&self, oid: u32) -> Option<Arc<str>> {
        let index = oid.checked_sub(FIRST)?;
        let name = self.names.get(usize::try_from(index / 2).ok()?)?;
        Some(if index % 2 == 0 { Arc::clone(name) } else { format!("{name}[]").into() })
    }
}

impl PgMetadataLookup for NameLookup {
    fn lookup_type(&mut self, type_name: &str, schema: Option<&str>) -> PgTypeMetadata {
        let name: Arc<str> = match schema {
            Some(schema) => format!("{schema}.{type_name}").into(),
            None => type_name.into(),
        };
        let index = self.names.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        });
        let oid = FIRST + 2 * u32::try_from(index).unwrap_or(0);
        PgTypeMetadata::new(oid, oid + 1)
    }

    fn as_any<'a>(&mut self) -> &mut (dyn Any + 'a)
    where
        Self: 'a,
    {
        self
    }
}
