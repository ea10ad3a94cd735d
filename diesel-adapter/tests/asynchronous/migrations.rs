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
async fn migrations_are_recorded_in_their_transactions() {
    let mut lines = Vec::new();
    let store = Store::new();
    let conn = people().await;
    let request = async {
        let mut harness = AsyncMigrationHarness::new(conn);
        harness.run_pending_migrations(MIGRATIONS).expect("they are right");
        harness.revert_all_migrations(MIGRATIONS).expect("they are right");
    };
    let ((), points) = store.record(request).await;
    lines.extend(records(&points));
    assert!(lines.contains(&format!("t1 batch_execute {CREATE}")), "{lines:#?}");
    assert!(lines.contains(&"t1 commit COMMIT → committed".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"t2 batch_execute DROP TABLE pet; → done".to_owned()), "{lines:#?}");

    let Some(url) = server::postgres("migrations").await else { return };
    let conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        let mut harness = AsyncMigrationHarness::new(conn);
        harness.run_pending_migrations(MIGRATIONS).expect("they are right");
    };
    let ((), points) = Store::new().record(request).await;
    let lines = records(&points);
    assert!(lines.iter().any(|line| line.ends_with(CREATE)), "{lines:#?}");
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
