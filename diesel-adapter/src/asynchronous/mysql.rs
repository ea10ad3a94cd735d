//! What diesel-async has for `AsyncMysqlConnection` alone.

use diesel::QueryResult;
use diesel::associations::Identifiable;
use diesel::dsl::{Find, Update};
use diesel::query_builder::{AsChangeset, AsQuery, IntoUpdateTarget, UpdateStatement};
use diesel::query_dsl::methods::FindDsl;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::{AsyncMysqlConnection, RunQueryDsl, UpdateAndFetchResults};
use futures_core::future::BoxFuture;

use super::connection::TracedAsyncConnection;

impl<'b, Changes, Output, Tab, V> UpdateAndFetchResults<Changes, Output> for TracedAsyncConnection<AsyncMysqlConnection>
where
    Output: Send + 'static,
    Changes: Copy + AsChangeset<Target = Tab> + Send + Identifiable<Table = Tab>,
    Tab: diesel::Table + FindDsl<Changes::Id> + 'b,
    Find<Tab, Changes::Id>: IntoUpdateTarget<Table = Tab, WhereClause = V>,
    UpdateStatement<Tab, V, Changes::Changeset>: AsQuery,
    Update<Changes, Changes>: ExecuteDsl<Self>,
    V: Send + 'b,
    Changes::Changeset: Send + 'b,
    Changes::Id: 'b,
    Tab::FromClause: Send,
    Find<Changes::Table, Changes::Id>: LoadQuery<'b, Self, Output> + Send,
{
    fn update_and_fetch<'conn, 'changes>(
        &'conn mut self,
        changeset: Changes,
    ) -> BoxFuture<'changes, QueryResult<Output>>
    where
        Changes: 'changes,
        Changes::Changeset: 'changes,
        'conn: 'changes,
        Self: 'changes,
    {
        Box::pin(async move {
            diesel::update(changeset).set(changeset).execute(self).await?;
            Changes::table().find(changeset.id()).get_result(self).await
        })
    }
}
