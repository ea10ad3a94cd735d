//! Traced types made of sqlx's own, and sqlx's own of traced types.

use std::collections::BTreeSet;

use osprofiler::TraceExt as _;
use osprofiler_sqlx::{TracedConnection, TracedSqlitePool, TracedTransaction};
use sqlx::Pool;

use crate::missing::prepare;
use crate::server;
use crate::store::Store;

#[tokio::test]
async fn traced_types_are_made_of_sqlxs_own_and_go_back() {
    let Some(pool) = server::sqlite("conversions").await else { return };
    let own = pool.clone();
    let traced: TracedSqlitePool = pool.into();
    assert_eq!(traced.options().get_max_connections(), own.options().get_max_connections());
    prepare(&traced).await;
    let store = Store::new();
    let request = async {
        let mut connection: osprofiler_sqlx::TracedSqlitePoolConnection = own.acquire().await?.into();
        sqlx::query("UPDATE account SET balance = 1").execute(connection.as_mut()).await?;
        connection.ping().await?;
        drop(connection);
        let mut single: TracedConnection<'_, sqlx::Sqlite> = own.acquire().await?.detach().into();
        sqlx::query("UPDATE account SET balance = 2").execute(&mut single).await?;
        TracedConnection::close(single).await?;
        let mut transaction: TracedTransaction<'_, sqlx::Sqlite> = own.begin().await?.into();
        sqlx::query("UPDATE account SET balance = 3").execute(&mut *transaction).await?;
        transaction.commit().await?;
        let own: Pool<sqlx::Sqlite> = traced.clone().into();
        sqlx::query("UPDATE account SET balance = 4").execute(&own).await
    };
    let (result, points) = store.record(request).await;
    result.expect("it runs");
    let statements: Vec<&str> =
        crate::store::statements(&points).into_iter().filter(|sql| sql.starts_with("UPDATE")).collect();
    assert_eq!(statements.len(), 3, "{statements:?}");
}

#[tokio::test]
async fn connections_around_which_a_traced_type_was_made_have_numbers_of_their_own() {
    let Some(pool) = server::sqlite("numbers").await else { return };
    let store = Store::new();
    let request = async {
        for _ in 0..2 {
            let mut connection = osprofiler_sqlx::TracedSqlitePoolConnection::from(pool.acquire().await?);
            sqlx::query("SELECT 1").execute(&mut connection).await?;
        }
        Ok::<_, sqlx::Error>(())
    };
    request.in_trace(&store.profiler()).await.expect("it runs");
    let numbers: BTreeSet<_> =
        store.points().iter().map(|point| point.start_info["db"]["connection"].as_u64()).collect();
    assert_eq!(numbers.len(), 2);
}
