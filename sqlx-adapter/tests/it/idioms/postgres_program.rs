//! The idioms that only PostgreSQL has, written as for sqlx's own types; see `program.rs`.

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use sqlx::postgres::{PgAdvisoryLock, PgListener, PgPoolCopyExt as _};
use sqlx::{Connection as _, Executor};

use super::{CopyIn, OwnConnection, Pool, PoolConnection, SqlxConnection};

type Result<T, E = sqlx::Error> = std::result::Result<T, E>;

const COPY_IN: &str = "COPY person (id, name) FROM STDIN";
const COPY_OUT: &str = "COPY (SELECT id, name FROM person ORDER BY id) TO STDOUT";

pub(crate) async fn copy_in_by_the_pool(pool: &Pool) -> Result<String> {
    let mut copy = pool.copy_in_raw(COPY_IN).await?;
    copy.send(b"4\tDee\n".as_slice()).await?.send("5\tEve\n".as_bytes().to_vec()).await?;
    let copied = copy.finish().await?;
    let mut copy = pool.copy_in_raw(COPY_IN).await?;
    copy.read_from(b"6\tFlo\n".as_slice()).await?;
    copy.abort("no more").await?;
    let refused = pool.copy_in_raw("SELECT 1").await.map(drop).expect_err("no COPY");
    Ok(format!("{copied} {refused}"))
}

/// Sends from a function of its own.
async fn send<C: std::ops::DerefMut<Target = SqlxConnection>>(copy: &mut CopyIn<C>, line: &str) -> Result<()> {
    copy.send(line.as_bytes()).await.map(drop)
}

pub(crate) async fn copy_in_by_a_connection(pool: &Pool) -> Result<String> {
    let mut connection = pool.acquire().await?;
    let mut copy = connection.copy_in_raw(COPY_IN).await?;
    send(&mut copy, "4\tDee\n").await?;
    let copied = copy.finish().await?;
    let mut copy = connection.copy_in_raw(COPY_IN).await?;
    send(&mut copy, "4\tDee\n").await?;
    let twice = copy.finish().await.expect_err("there is a Dee");
    let mut transaction = connection.begin().await?;
    let mut copy = transaction.copy_in_raw(COPY_IN).await?;
    send(&mut copy, "5\tEve\n").await?;
    let in_transaction = copy.finish().await?;
    transaction.rollback().await?;
    Ok(format!("{copied} {twice} {in_transaction}"))
}

pub(crate) async fn copy_out(pool: &Pool) -> Result<String> {
    let mut chunks = pool.copy_out_raw(COPY_OUT).await?;
    let mut text = Vec::new();
    while let Some(chunk) = chunks.try_next().await? {
        text.extend_from_slice(&chunk);
    }
    drop(chunks);
    let mut connection: PoolConnection = pool.acquire().await?;
    let chunks: Vec<_> = connection.copy_out_raw(COPY_OUT).await?.collect().await;
    let error = pool.copy_out_raw("COPY nowhere TO STDOUT").await.map(drop).expect_err("no such table");
    Ok(format!("{} {} {error}", String::from_utf8_lossy(&text), chunks.len()))
}

pub(crate) async fn listeners(pool: &Pool) -> Result<String> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen("idioms").await?;
    pool.execute("NOTIFY idioms, 'from the pool'").await?;
    let first = listener.recv().await?;
    sqlx::query("SELECT pg_notify('idioms', $1)").bind("with a parameter").execute(pool).await?;
    let second = tokio::time::timeout(Duration::from_secs(10), listener.try_recv()).await.expect("in time")?;
    listener.execute("SELECT 1").await?;
    listener.unlisten_all().await?;
    Ok(format!("{} {:?}", first.payload(), second.map(|second| second.payload().to_owned())))
}

pub(crate) async fn advisory_locks(pool: &Pool) -> Result<String> {
    let lock = PgAdvisoryLock::new(format!("idioms of {:?}", pool.connect_options().get_options()));
    let connection = pool.acquire().await?;
    let mut guard = lock.acquire(connection).await?;
    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&mut *guard).await?;
    let second = lock.try_acquire(pool.acquire().await?).await?.is_left();
    let connection = guard.release_now().await?;
    let mut own = OwnConnection::connect_with(&pool.connect_options()).await?;
    let guard = lock.acquire(&mut own).await?;
    drop(guard);
    own.close().await?;
    drop(connection);
    let mut transaction = pool.begin().await?;
    let guard = lock.acquire(&mut *transaction).await?;
    guard.release_now().await?;
    transaction.commit().await?;
    Ok(format!("{one} {second}"))
}
