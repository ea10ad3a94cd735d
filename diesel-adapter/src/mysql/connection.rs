//! What diesel has for `MysqlConnection` alone.

use std::any::Any;

use diesel::associations::{HasTable, Identifiable};
use diesel::connection::MultiConnectionHelper;
use diesel::dsl::{Find, Update};
use diesel::expression::{MixedAggregates, ValidGrouping, is_aggregate};
use diesel::mysql::MysqlConnection;
use diesel::query_builder::{AsChangeset, IntoUpdateTarget};
use diesel::query_dsl::UpdateAndFetchResults;
use diesel::query_dsl::methods::{ExecuteDsl, FindDsl, LoadQuery};
use diesel::{QueryResult, RunQueryDsl, Table};

use crate::connection::TracedConnection;

impl MultiConnectionHelper for TracedConnection<MysqlConnection> {
    fn to_any<'a>(lookup: &mut ()) -> &mut (dyn Any + 'a) {
        lookup
    }

    fn from_any(lookup: &mut dyn Any) -> Option<&mut ()> {
        lookup.downcast_mut()
    }
}

impl<'b, Changes, Output> UpdateAndFetchResults<Changes, Output> for TracedConnection<MysqlConnection>
where
    Changes: Copy + Identifiable,
    Changes: AsChangeset<Target = <Changes as HasTable>::Table> + IntoUpdateTarget,
    Changes::Table: FindDsl<Changes::Id>,
    Update<Changes, Changes>: ExecuteDsl<Self>,
    Find<Changes::Table, Changes::Id>: LoadQuery<'b, Self, Output>,
    <Changes::Table as Table>::AllColumns: ValidGrouping<()>,
    <<Changes::Table as Table>::AllColumns as ValidGrouping<()>>::IsAggregate:
        MixedAggregates<is_aggregate::No, Output = is_aggregate::No>,
{
    fn update_and_fetch(&mut self, changeset: Changes) -> QueryResult<Output> {
        diesel::update(changeset).set(changeset).execute(self)?;
        Changes::table().find(changeset.id()).get_result(self)
    }
}
