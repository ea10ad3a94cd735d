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

/// Names of types, by their OIDs.
pub(super) type Names = Vec<(u32, Arc<str>)>;

/// The first OID that a database gives to what its users make: `FirstNormalObjectId` of PostgreSQL 15.
const FIRST_OF_USERS: u32 = 16_384;

/// The names of the values' types, as far as they are not the server's own, by their OIDs. `link` knows those that were met
/// before; without it, the connection is diesel-async's, and where there are such types [`collect`] is asked for all.
pub(super) fn of_types(
    query: &impl QueryFragment<Pg>,
    collected: &RawBytesBindCollector<Pg>,
    link: Option<&Link>,
) -> Names {
    let Some(link) = link else { return Vec::new() };
    let mut names = Vec::new();
    let mut all_known = true;
    for metadata in &collected.metadata {
        let Ok(oid @ FIRST_OF_USERS..) = metadata.oid() else { continue };
        if names.iter().any(|(known, _)| *known == oid) {
            continue;
        }
        match link.type_names().iter().find(|(known, _)| *known == oid).cloned() {
            Some(known) => names.push(known),
            None => all_known = false,
        }
    }
    if all_known {
        return names;
    }
    let named = match_names(query, collected);
    let mut known = link.type_names();
    for name in &named {
        if !known.contains(name) {
            known.push(name.clone());
        }
    }
    named
}

/// The names that the query has for the OIDs that were collected.
#[cold]
fn match_names(query: &impl QueryFragment<Pg>, collected: &RawBytesBindCollector<Pg>) -> Names {
    let Some((again, ours)) = collect(query) else { return Vec::new() };
    if again.metadata.len() != collected.metadata.len() {
        return Vec::new();
    }
    let mut names: Names = Vec::new();
    for (metadata, named) in collected.metadata.iter().zip(&again.metadata) {
        let (Ok(oid), Ok(our)) = (metadata.oid(), named.oid()) else { continue };
        if let Some((_, name)) = ours.iter().find(|(known, _)| *known == our)
            && !names.iter().any(|(known, _)| *known == oid)
        {
            names.push((oid, Arc::clone(name)));
        }
    }
    names
}

/// What a query collects, with OIDs of ours where the program declares types by names, and these names.
#[cold]
pub(super) fn collect(query: &impl QueryFragment<Pg>) -> Option<(RawBytesBindCollector<Pg>, Names)> {
    let mut collected = RawBytesBindCollector::<Pg>::new();
    let mut lookup = NameLookup::default();
    query.collect_binds(&mut collected, &mut lookup, &Pg).ok()?;
    Some((collected, lookup.into_names()))
}

/// Gives each name OIDs of its own, and keeps it.
#[derive(Debug, Default)]
pub(crate) struct NameLookup {
    names: Vec<Arc<str>>,
}

/// Such OIDs no database will have given for long.
const FIRST: u32 = u32::MAX - 0xffff;

impl NameLookup {
    /// The names of types and of their arrays, by the OIDs that they were given.
    fn into_names(self) -> Names {
        let pairs = (FIRST..).step_by(2).zip(self.names);
        pairs.flat_map(|(oid, name)| [(oid, Arc::clone(&name)), (oid + 1, format!("{name}[]").into())]).collect()
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
