//! The idioms of SQLite alone.

use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};

use super::Conn;
use crate::schema::{Person, person};

type Seen = Result<String, Box<dyn std::error::Error + Send + Sync>>;

async fn count(conn: &mut Conn) -> QueryResult<i64> {
    person::table.count().get_result(conn).await
}

pub(crate) async fn immediate_transactions(conn: &mut Conn, _: &str) -> Seen {
    let committed = conn
        .immediate_transaction(async |conn| {
            diesel::delete(person::table.find(1)).execute(conn).await?;
            conn.transaction(async |conn| count(conn).await).await
        })
        .await;
    Ok(format!("{committed:?} {}", count(conn).await?))
}

pub(crate) async fn exclusive_transactions(conn: &mut Conn, _: &str) -> Seen {
    let rolled_back: QueryResult<()> = conn
        .exclusive_transaction(async |conn| {
            diesel::delete(person::table).execute(conn).await?;
            Err(Error::RollbackTransaction)
        })
        .await;
    Ok(format!("{rolled_back:?} {}", count(conn).await?))
}

pub(crate) async fn transaction_within_a_transaction(conn: &mut Conn, _: &str) -> Seen {
    let outer = conn
        .transaction(async |conn| {
            let inner = conn.immediate_transaction(async |conn| count(conn).await).await;
            diesel::delete(person::table.find(1)).execute(conn).await?;
            QueryResult::Ok(format!("{inner:?}"))
        })
        .await;
    Ok(format!("{outer:?} {}", count(conn).await?))
}

pub(crate) async fn returning(conn: &mut Conn, _: &str) -> Seen {
    let insert = diesel::insert_into(person::table).values(Person::new(4, "Dee"));
    let id: i32 = insert.returning(person::id).get_result(conn).await?;
    let gone: Vec<Person> = diesel::delete(person::table.filter(person::id.gt(2))).get_results(conn).await?;
    Ok(format!("{id} {gone:?}"))
}

pub(crate) async fn deferred_constraint_at_commit(conn: &mut Conn, _: &str) -> Seen {
    conn.batch_execute("PRAGMA foreign_keys = ON").await?;
    conn.batch_execute("CREATE TABLE pet (owner INTEGER REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED)").await?;
    let failed = conn.transaction(async |conn| conn.batch_execute("INSERT INTO pet VALUES (99)").await).await;
    let next = conn.transaction(async |conn| count(conn).await).await;
    Ok(format!("{failed:?} {next:?}"))
}

#[diesel::declare_sql_function]
extern "SQL" {
    fn twice(x: diesel::sql_types::Integer) -> diesel::sql_types::Integer;
}

pub(crate) async fn functions_of_ones_own(conn: &mut Conn, _: &str) -> Seen {
    register(conn).await?;
    let four: i32 = diesel::select(twice(2)).get_result(conn).await?;
    Ok(four.to_string())
}

/// What only the wrapper within can do needs the way to it, where there is one.
async fn register(conn: &mut impl std::any::Any) -> QueryResult<()> {
    let conn: &mut dyn std::any::Any = conn;
    let wrapper = match conn.downcast_mut::<crate::server::TracedSqlite>() {
        Some(traced) => Some(traced.inner_mut()),
        None => conn.downcast_mut::<crate::server::Sqlite>(),
    };
    let wrapper = wrapper.expect("one of both");
    wrapper.spawn_blocking(|conn| twice_utils::register_impl(conn, |x: i32| 2 * x)).await
}
