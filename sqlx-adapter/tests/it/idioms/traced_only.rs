//! What only the traced types accept.
//!
//! sqlx's executors are `&mut *transaction` and `&mut *connection`, and here also `&mut transaction` and `&mut connection`.

use osprofiler_sqlx::{TracedConnection, TracedPool};
use sqlx::{Executor, Sqlite};

use crate::store::{Store, people, records};

const NAME_OF: &str = "SELECT name FROM person WHERE id = ?";

async fn name<'e, E: Executor<'e, Database = Sqlite>>(executor: E, id: i64) -> String {
    sqlx::query_scalar(NAME_OF).bind(id).fetch_one(executor).await.expect("somebody")
}

#[tokio::test]
async fn transactions_and_connections_without_a_star() {
    let pool: TracedPool<Sqlite> = people().await;
    let request = async {
        let mut connection = pool.acquire().await.expect("a connection");
        name(&mut connection, 1).await;
        let mut transaction = connection.begin().await.expect("begin");
        name(&mut transaction, 2).await;
        let mut nested = transaction.begin().await.expect("a savepoint");
        name(&mut nested, 3).await;
        nested.commit().await.expect("released");
        transaction.commit().await.expect("committed");
        let mut own = TracedConnection::<Sqlite>::connect("sqlite::memory:").await.expect("a connection");
        sqlx::query("SELECT 1").fetch_one(&mut own).await.expect("1");
    };
    let ((), points) = Store::new().record(request).await;
    assert_eq!(
        records(&points),
        [
            "fetch_optional SELECT name FROM person WHERE id = ? [1] → rows 1",
            "t1 begin BEGIN → done",
            "t1 fetch_optional SELECT name FROM person WHERE id = ? [2] → rows 1",
            "t2 in t1 begin SAVEPOINT _sqlx_savepoint_1 → done",
            "t2 in t1 fetch_optional SELECT name FROM person WHERE id = ? [3] → rows 1",
            "t2 in t1 commit RELEASE SAVEPOINT _sqlx_savepoint_1 → committed",
            "t1 commit COMMIT → committed",
            "fetch_one SELECT 1 → rows 1",
        ]
    );
}

#[tokio::test]
async fn the_nearest_begin_is_the_traced_one_whatever_traits_are_in_scope() {
    #[expect(unused_imports, reason = "the traits offer a `begin` of their own")]
    use sqlx::{Acquire as _, Connection as _};

    let pool: TracedPool<Sqlite> = people().await;
    let request = async {
        let mut connection = pool.acquire().await.expect("a connection");
        let mut transaction = connection.begin().await.expect("begin");
        transaction.begin().await.expect("a savepoint").commit().await.expect("released");
        transaction.commit().await.expect("committed");
        connection.begin_with("BEGIN IMMEDIATE").await.expect("begin").rollback().await.expect("rolled back");
        drop(connection);
        pool.begin().await.expect("begin").rollback().await.expect("rolled back");
    };
    let ((), points) = Store::new().record(request).await;
    assert_eq!(points.len(), 8);
}
