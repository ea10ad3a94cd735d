//! What diesel has for `PgConnection` alone.

use std::any::Any;
use std::sync::Arc;

use diesel::associations::HasTable;
use diesel::connection::MultiConnectionHelper;
use diesel::dsl::Update;
use diesel::expression::{MixedAggregates, ValidGrouping, is_aggregate};
use diesel::pg::{CopyFromQuery, GetPgMetadataCache, Pg, PgConnection, PgMetadataCache, TransactionBuilder};
use diesel::query_builder::{AsChangeset, IntoUpdateTarget};
use diesel::query_dsl::UpdateAndFetchResults;
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::TypeMetadata;
use diesel::{ExecuteCopyFromDsl, QueryResult, RunQueryDsl, Table};

use super::names::NameLookup;
use crate::backend::Kept;
use crate::call::Call;
use crate::connection::TracedConnection;
use crate::failure;
use crate::link::Runner;
use crate::recorder::Recorder;

/// What types are looked up by.
type Lookup = <Pg as TypeMetadata>::MetadataLookup;

impl TracedConnection<PgConnection> {
    /// As [`PgConnection::build_transaction`].
    pub fn build_transaction(&mut self) -> TransactionBuilder<'_, Self> {
        TransactionBuilder::new(self)
    }
}

impl GetPgMetadataCache for TracedConnection<PgConnection> {
    fn get_metadata_cache(&mut self) -> &mut PgMetadataCache {
        self.inner.get_metadata_cache()
    }
}

/// Diesel hands out the connection within, whatever goes around it.
impl MultiConnectionHelper for TracedConnection<PgConnection> {
    fn to_any<'a>(lookup: &mut Lookup) -> &mut (dyn Any + 'a) {
        lookup.as_any()
    }

    fn from_any(lookup: &mut dyn Any) -> Option<&mut Lookup> {
        if lookup.is::<Self>() {
            return lookup.downcast_mut::<Self>().map(|connection| connection as _);
        }
        if lookup.is::<NameLookup>() {
            return lookup.downcast_mut::<NameLookup>().map(|lookup| lookup as _);
        }
        lookup.downcast_mut::<PgConnection>().map(|connection| connection as _)
    }
}

impl<'b, Changes, Output> UpdateAndFetchResults<Changes, Output> for TracedConnection<PgConnection>
where
    Changes: Copy + AsChangeset<Target = <Changes as HasTable>::Table> + IntoUpdateTarget,
    Update<Changes, Changes>: LoadQuery<'b, Self, Output>,
    <Changes::Table as Table>::AllColumns: ValidGrouping<()>,
    <<Changes::Table as Table>::AllColumns as ValidGrouping<()>>::IsAggregate:
        MixedAggregates<is_aggregate::No, Output = is_aggregate::No>,
{
    fn update_and_fetch(&mut self, changeset: Changes) -> QueryResult<Output> {
        diesel::update(changeset).set(changeset).get_result(self)
    }
}

/// Only the instrumentation learns the statement, and only the caller how many rows were copied. Where the program has its
/// own instrumentation on the connection within, nobody learns the statement.
impl<T, A> ExecuteCopyFromDsl<TracedConnection<PgConnection>> for CopyFromQuery<T, A>
where
    Self: ExecuteCopyFromDsl<PgConnection>,
{
    type Error = <Self as ExecuteCopyFromDsl<PgConnection>>::Error;

    fn execute(self, connection: &mut TracedConnection<PgConnection>) -> Result<usize, Self::Error> {
        let link = Arc::clone(connection.link());
        let mut unheard = if connection.is_heard() { None } else { connection.call("copy_from") };
        if let Some(call) = &mut unheard {
            call.bind("COPY".into(), None);
            call.begin();
            call.start();
        }
        let runs = link.runs(Runner::Copy);
        let copied = ExecuteCopyFromDsl::execute(self, &mut connection.inner);
        drop(runs);
        if let Some(call) = unheard {
            end(call, &copied);
        }
        let instrumentation = diesel::Connection::instrumentation(&mut connection.inner);
        if let Some(call) = instrumentation.downcast_mut::<Recorder>().and_then(Recorder::take_copied) {
            end(call, &copied);
        }
        copied
    }
}

fn end<K: Kept, E: std::error::Error>(mut call: Call<K>, copied: &Result<usize, E>) {
    match copied {
        Ok(rows) => {
            call.affected(*rows);
            call.finish();
        }
        Err(error) => call.fail_otherwise(failure::of_other(error)),
    }
}
