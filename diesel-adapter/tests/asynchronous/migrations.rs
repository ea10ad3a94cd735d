//! Migrations, and code that blocks, by diesel-async's wrappers around traced connections.

use diesel::prelude::*;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncMigrationHarness};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use osprofiler::profiler;

use crate::schema::{Person, person};
use crate::server::{self, TracedPg, people};
use crate::store::{Store, records};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("tests/asynchronous/migration_files");

const CREATE: &str = "CREATE TABLE pet (id INTEGER PRIMARY KEY, name VARCHAR(100) NOT NULL); → done";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_are_internal_and_recorded_in_their_transactions() {
    let store = Store::new();
    let conn = people().await;
    let request = async {
        let mut harness = AsyncMigrationHarness::new(conn);
        harness.run_pending_migrations(MIGRATIONS).expect("they are right");
        let mut conn = harness.into_inner();
        own(&mut conn).await;
        let mut harness = AsyncMigrationHarness::new(conn);
        harness.revert_all_migrations(MIGRATIONS).expect("they are right");
    };
    let ((), points) = store.record(request).await;
    let lines = records(&points);
    assert!(lines.contains(&format!("t1 internal batch_execute {CREATE}")), "{lines:#?}");
    assert!(lines.contains(&"t1 internal commit COMMIT → committed".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"t3 internal batch_execute DROP TABLE pet; → done".to_owned()), "{lines:#?}");
    assert_eq!(of_program(&lines), OWN.map(|line| line.replace("t1", "t2")));

    let Some(url) = server::postgres("migrations").await else { return };
    let conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        let mut harness = AsyncMigrationHarness::new(conn);
        harness.run_pending_migrations(MIGRATIONS).expect("they are right");
        own(&mut harness.into_inner()).await;
    };
    let ((), points) = Store::new().record(request).await;
    let lines = records(&points);
    assert!(lines.iter().any(|line| line.ends_with(CREATE)), "{lines:#?}");
    assert_eq!(of_program(&lines), OWN.map(|line| line.replace("t1", "t2")));
}

const OWN: [&str; 3] = [
    "t1 begin BEGIN → done",
    "t1 batch_execute INSERT INTO pet VALUES (1, 'Rex') → done",
    "t1 commit COMMIT → committed",
];

/// What the program runs itself, directly after migrations.
async fn own<C: AsyncConnection>(conn: &mut C) {
    let own = conn.transaction(async |conn| conn.batch_execute("INSERT INTO pet VALUES (1, 'Rex')").await);
    own.await.expect("there is the table");
}

fn of_program(lines: &[String]) -> Vec<String> {
    lines.iter().filter(|line| !line.contains("internal")).cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn code_that_blocks_is_recorded_where_the_trace_is_carried() {
    let conn = people().await;
    let request = async {
        let blocking = profiler::carry(move || {
            let mut conn: AsyncConnectionWrapper<_> = conn.into();
            diesel::Connection::transaction(&mut conn, |conn| {
                diesel::RunQueryDsl::first::<Person>(person::table.find(1), conn)
            })
        });
        tokio::task::spawn_blocking(blocking).await.expect("no panic")
    };
    let (ann, points) = Store::new().record(request).await;
    assert_eq!(ann.expect("she is there").name, "Ann");
    let lines = records(&points);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[1].starts_with("t1 load SELECT"), "{lines:#?}");
}
