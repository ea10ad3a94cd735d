//! What is recorded of statements that fail.

use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use serde_json::json;

use crate::schema::{Person, person};
use crate::server::{self, TracedMysql, TracedPg, people};
use crate::store::{Store, records};

#[tokio::test]
async fn constraints_are_named_by_postgresql() {
    let Some(url) = server::postgres("failures").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        let insert = diesel::insert_into(person::table).values(Person::new(4, "Ann"));
        insert.execute(&mut conn).await.expect_err("she is there");
        let insert = diesel::sql_query("INSERT INTO person (id, name) VALUES (4, NULL)");
        insert.execute(&mut conn).await.expect_err("nobody is without a name");
    };
    let ((), points) = Store::new().record(request).await;
    let twice = &points[0].stop_info["db"];
    assert_eq!((&twice["kind"], &twice["constraint"]), (&json!("unique_violation"), &json!("person_name_key")));
    assert_eq!(twice["table"], "person");
    assert_eq!(points[0].error().map(|(etype, _)| etype), Some("diesel::result::Error::DatabaseError"));
    let null = &points[1].stop_info["db"];
    assert_eq!((&null["kind"], &null["column"]), (&json!("not_null_violation"), &json!("name")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kinds_of_errors_have_the_same_names_everywhere() {
    let mut sqlite = people().await;
    let twice = || diesel::insert_into(person::table).values(Person::new(4, "Ann"));
    let (_, points) = Store::new().record(async { twice().execute(&mut sqlite).await }).await;
    assert_eq!(points[0].stop_info["db"]["kind"], "unique_violation");
    let Some(url) = server::mysql("failures").await else { return };
    let mut mysql = TracedMysql::establish(&url).await.expect("it was there just now");
    let (_, points) = Store::new().record(async { twice().execute(&mut mysql).await }).await;
    assert_eq!(points[0].stop_info["db"]["kind"], "unique_violation");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_that_are_wrong_are_recorded_as_failed() {
    let mut conn = people().await;
    let request = async {
        diesel::sql_query("SELECT FROM").execute(&mut conn).await.expect_err("no SQL");
        diesel::sql_query("SELECT * FROM nowhere").load::<Person>(&mut conn).await.expect_err("no table");
        conn.batch_execute("NO SQL").await.expect_err("no SQL");
    };
    let ((), points) = Store::new().record(request).await;
    assert_eq!(
        records(&points),
        [
            "execute SELECT FROM → error DatabaseError",
            "load SELECT * FROM nowhere → error DatabaseError",
            "batch_execute NO SQL → error DatabaseError",
        ]
    );
}

#[tokio::test]
async fn values_are_recorded_where_no_statement_could_be_built() {
    #[derive(AsChangeset, Identifiable)]
    #[diesel(table_name = person)]
    struct Nothing {
        id: i32,
        name: Option<String>,
    }

    let Some(url) = server::postgres("failures_build").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let nothing = Nothing { id: 1, name: None };
    let request = async { diesel::update(&nothing).set(&nothing).execute(&mut conn).await };
    let (result, points) = Store::new().record(request).await;
    result.expect_err("nothing to change");
    assert_eq!(records(&points), ["execute → error QueryBuilderError"]);
}

#[tokio::test]
async fn a_commit_that_fails_ends_its_transaction() {
    let Some(url) = server::postgres("failures_commit").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    conn.batch_execute("CREATE TABLE place (number INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED)").await.expect("new");
    let request = async {
        let failed = conn.transaction(async |conn| conn.batch_execute("INSERT INTO place VALUES (1), (1)").await);
        failed.await.expect_err("one place twice");
        person::table.count().get_result::<i64>(&mut conn).await.expect("no transaction is open");
        drop(conn);
    };
    let ((), points) = Store::new().record(request).await;
    assert_eq!(
        records(&points),
        [
            "t1 begin BEGIN → done",
            "t1 batch_execute INSERT INTO place VALUES (1), (1) → done",
            "t1 commit COMMIT → error DatabaseError unique_violation",
            "load SELECT COUNT(*) FROM person → rows 1 of more",
        ]
    );
}

#[tokio::test]
async fn serialization_failures_at_commit_are_recorded() {
    let Some(url) = server::postgres("failures_serialization").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let mut other = AsyncPgConnection::establish(&url).await.expect("it was there just now");
    let request = async {
        let mut builder = conn.build_transaction().serializable();
        let failed = builder.run(async |conn| {
            person::table.count().get_result::<i64>(conn).await?;
            for statement in ["BEGIN ISOLATION LEVEL SERIALIZABLE", "SELECT count(*) FROM person"] {
                other.batch_execute(statement).await?;
            }
            other.batch_execute("INSERT INTO person VALUES (10, 'Ivo', 1)").await?;
            diesel::insert_into(person::table).values(Person::new(11, "Jan")).execute(conn).await?;
            other.batch_execute("COMMIT").await
        });
        failed.await.map_err(|_| ())
    };
    let (failed, points) = Store::new().record(request).await;
    assert_eq!(failed, Err(()));
    let last = records(&points).pop().expect("a commit");
    assert_eq!(last, "t1 commit COMMIT → error DatabaseError serialization_failure");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_recorded_without_secrets() {
    let url = "postgres://ada:secret@127.0.0.1:1/nothing";
    let (result, points) = Store::new().record(TracedPg::establish(url)).await;
    assert!(result.is_err());
    assert_eq!(records(&points), ["connect CONNECT → diesel::ConnectionError::CouldntSetupConfiguration"]);
    assert!(!format!("{points:?}").contains("secret"));
}
