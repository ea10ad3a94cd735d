//! The names of types that a program declares by them, such as enumerations.
//!
//! Diesel asks the database for their OIDs and keeps only these. A query says the names again when its values are collected
//! once more, for a look-up of ours: that happens once for each type and connection. diesel-async asks later: there it
//! happens for every query with such types.

use std::any::Any;
use std::sync::Arc;

use diesel::pg::{Pg, PgMetadataLookup, PgTypeMetadata};
use diesel::query_builder::QueryFragment;
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use osprofiler::db::postgres::PgType;

use crate::link::Link;

/// The OID of a type that diesel-async 0.9 has not looked up: it stands for all of them.
const NOT_LOOKED_UP: u32 = 0;

/// What is known of the types of values.
#[derive(Debug, Default)]
pub(super) struct Types {
    /// The OIDs of the values' types, where they are other ones than were collected.
    oids: Vec<u32>,
    /// The names of those that are not known by their OIDs.
    pub(super) names: Vec<(u32, Arc<str>)>,
    /// The types that diesel-async looks up, unless it knows them.
    pub(super) asked: Vec<TypeName>,
}

/// A type as a program declares it.
#[cfg_attr(not(feature = "async"), expect(unreachable_pub, reason = "a public trait names it, with diesel-async"))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    schema: Option<Box<str>>,
    name: Box<str>,
}

#[cfg(feature = "async")]
impl TypeName {
    /// How diesel-async 0.9 asks for its OIDs, and with which values. It does so by its client, without an event.
    pub(crate) fn lookup(&self) -> (&'static str, Vec<&str>) {
        match &self.schema {
            Some(schema) => (
                "SELECT pg_type.oid, pg_type.typarray FROM pg_type \
                 INNER JOIN pg_namespace ON pg_type.typnamespace = pg_namespace.oid \
                 WHERE pg_type.typname = $1 AND pg_namespace.nspname = $2 LIMIT 1",
                vec![&self.name, schema],
            ),
            None => (
                "SELECT pg_type.oid, pg_type.typarray FROM pg_type \
                 WHERE pg_type.oid = quote_ident($1)::regtype::oid LIMIT 1",
                vec![&self.name],
            ),
        }
    }
}

fn oid_of(ty: &PgTypeMetadata) -> u32 {
    ty.oid().unwrap_or(NOT_LOOKED_UP)
}

impl Types {
    /// The types of collected values. `link` knows the names that its connection has met before; without it, OIDs are
    /// those of diesel-async.
    pub(super) fn of(
        query: &impl QueryFragment<Pg>,
        collected: &RawBytesBindCollector<Pg>,
        link: Option<&Link>,
    ) -> Self {
        let collected = &*collected.metadata;
        let mut types = Self::default();
        match link {
            Some(link) => types.learn(query, collected, link),
            None if collected.iter().any(|ty| oid_of(ty) == NOT_LOOKED_UP) => types.replace(query, collected),
            None => {}
        }
        types
    }

    /// The OID of a value's type.
    pub(super) fn oid(&self, index: usize, collected: &PgTypeMetadata) -> u32 {
        self.oids.get(index).copied().unwrap_or_else(|| oid_of(collected))
    }

    fn knows(&self, oid: u32) -> bool {
        PgType::is_server_oid(oid) || self.names.iter().any(|(known, _)| *known == oid)
    }

    /// Finds the names of OIDs.
    fn learn(&mut self, query: &impl QueryFragment<Pg>, collected: &[PgTypeMetadata], link: &Link) {
        let mut all_met = true;
        for oid in collected.iter().map(oid_of) {
            if self.knows(oid) {
                continue;
            }
            match link.type_name(oid) {
                Some(name) => self.names.push((oid, name)),
                None => all_met = false,
            }
        }
        if all_met {
            return;
        }
        let named = Named::of(query, collected.len());
        for (index, oid) in collected.iter().map(oid_of).enumerate() {
            if !self.knows(oid) {
                // A type that is declared by its OID has no other name.
                let name = named.name(index).unwrap_or_else(|| PgType::Oid(oid).name().into());
                self.names.push((oid, Arc::clone(&name)));
                link.meet_type(oid, name);
            }
        }
    }

    /// Gives each type that was not looked up an OID of ours.
    fn replace(&mut self, query: &impl QueryFragment<Pg>, collected: &[PgTypeMetadata]) {
        let named = Named::of(query, collected.len());
        for (index, collected) in collected.iter().enumerate() {
            let mut oid = oid_of(collected);
            if let Some(name) = named.name(index) {
                oid = named.oids[index];
                if !self.knows(oid) {
                    self.names.push((oid, name));
                }
            }
            self.oids.push(oid);
        }
        self.asked = named.lookup.asked;
    }
}

/// Values' types by OIDs of ours.
#[derive(Default)]
struct Named {
    oids: Vec<u32>,
    lookup: NameLookup,
}

impl Named {
    /// What a look-up of ours hears of the values' types.
    #[cold]
    fn of(query: &impl QueryFragment<Pg>, count: usize) -> Self {
        let mut again = RawBytesBindCollector::<Pg>::new();
        let mut lookup = NameLookup::default();
        let collected = query.collect_binds(&mut again, &mut lookup, &Pg);
        if collected.is_err() || again.metadata.len() != count {
            return Self::default();
        }
        Self { oids: again.metadata.iter().map(oid_of).collect(), lookup }
    }

    /// The name of a value's type, where it is declared by it.
    fn name(&self, index: usize) -> Option<Arc<str>> {
        self.lookup.name(*self.oids.get(index)?)
    }
}

/// Gives each name OIDs of its own, and keeps it.
#[derive(Debug, Default)]
pub(crate) struct NameLookup {
    names: Vec<Arc<str>>,
    asked: Vec<TypeName>,
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
            self.asked.push(TypeName { schema: schema.map(Box::from), name: type_name.into() });
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

#[cfg(test)]
mod tests {
    use diesel::sql_types::{Array, Integer, Text};

    use super::*;

    #[derive(diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "mood"))]
    struct Mood;

    #[derive(diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "label", schema = "app"))]
    struct Label;

    #[derive(Debug)]
    struct Word(&'static str);

    impl<ST> diesel::serialize::ToSql<ST, Pg> for Word {
        fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, Pg>) -> diesel::serialize::Result {
            std::io::Write::write_all(out, self.0.as_bytes())?;
            Ok(diesel::serialize::IsNull::No)
        }
    }

    /// Gives every type the same OID, as diesel-async does at first.
    struct NoLookup;

    impl PgMetadataLookup for NoLookup {
        fn lookup_type(&mut self, _: &str, _: Option<&str>) -> PgTypeMetadata {
            PgTypeMetadata::new(NOT_LOOKED_UP, NOT_LOOKED_UP)
        }

        fn as_any<'a>(&mut self) -> &mut (dyn Any + 'a)
        where
            Self: 'a,
        {
            self
        }
    }

    #[test]
    fn types_that_were_not_looked_up_are_told_apart_by_their_names() {
        let query = diesel::sql_query("SELECT $1, $2, $3, $4, $5, $6")
            .bind::<Mood, _>(Word("well"))
            .bind::<Integer, _>(7)
            .bind::<Label, _>(Word("x"))
            .bind::<Array<Mood>, _>(vec![Word("well")])
            .bind::<Text, _>("text")
            .bind::<Mood, _>(Word("ill"));
        let mut collected = RawBytesBindCollector::<Pg>::new();
        query.collect_binds(&mut collected, &mut NoLookup, &Pg).expect("they can be collected");
        let types = Types::of(&query, &collected, None);
        let name = |oid: u32| types.names.iter().find(|(known, _)| *known == oid).map(|(_, name)| &**name);
        let oids: Vec<u32> = collected.metadata.iter().enumerate().map(|(index, ty)| types.oid(index, ty)).collect();
        let names: Vec<Option<&str>> = oids.iter().map(|oid| name(*oid)).collect();
        assert_eq!(names, [Some("mood"), None, Some("app.label"), Some("mood[]"), None, Some("mood")]);
        assert_eq!((oids[1], oids[4]), (23, 25));
        let (mood, label) = (types.asked[0].lookup(), types.asked[1].lookup());
        assert_eq!((mood.1, label.1, types.asked.len()), (vec!["mood"], vec!["label", "app"], 2));
    }
}
