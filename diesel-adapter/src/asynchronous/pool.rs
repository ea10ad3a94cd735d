//! Traced connections in diesel-async's pools: what these run in their own interest is internal.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use diesel::dsl::{AsExprOf, select};
use diesel::query_builder::SqlQuery;
use diesel::sql_types::Integer;
use diesel::{IntoSql, QueryResult};
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use diesel_async::pooled_connection::{PoolableConnection, RecyclingMethod};

use super::connection::{AsyncTraceable, TracedAsyncConnection};

impl<C: AsyncTraceable + PoolableConnection + 'static> PoolableConnection for TracedAsyncConnection<C> {
    /// As any connection's, and recorded as internal.
    async fn ping(&mut self, config: &RecyclingMethod<Self>) -> QueryResult<()>
    where
        for<'a> Self: 'a,
        for<'a> select<AsExprOf<i32, Integer>>: LoadQuery<'a, Self, i32>,
        SqlQuery: ExecuteDsl<Self>,
    {
        use diesel_async::RunQueryDsl;

        // A pool asks in the task that takes the connection.
        self.tracing.take();
        let _pings = Pings::begin(&self.tracing.pings);
        match config {
            RecyclingMethod::Fast => Ok(()),
            RecyclingMethod::Verified => {
                diesel::select(1_i32.into_sql::<Integer>()).get_result::<i32>(self).await.map(|_| ())
            }
            RecyclingMethod::CustomQuery(query) => diesel::sql_query(query.as_ref()).execute(self).await.map(|_| ()),
            RecyclingMethod::CustomFunction(check) => check(self).await,
        }
    }

    fn is_broken(&mut self) -> bool {
        self.inner.is_broken()
    }
}

/// While it is there, what runs is a pool's business. A pool that waits for an answer may give up.
struct Pings(Arc<AtomicBool>);

impl Pings {
    fn begin(pings: &Arc<AtomicBool>) -> Self {
        pings.store(true, Relaxed);
        Self(Arc::clone(pings))
    }
}

impl Drop for Pings {
    fn drop(&mut self) {
        self.0.store(false, Relaxed);
    }
}
