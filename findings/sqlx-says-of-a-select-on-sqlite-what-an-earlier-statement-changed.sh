#!/usr/bin/env bash
# sqlx 0.9.0 with SQLite: `rows_affected()` of a SELECT, a CREATE TABLE or a PRAGMA that is run by `execute` is the number of rows
# that an earlier INSERT, UPDATE or DELETE on the same connection changed, and not 0. A program that adds up what its statements
# changed counts the last change again for every statement that changes nothing.
#
# Output seen:
#     UPDATE 3
#     SELECT 3
#     CREATE 3
#     PRAGMA 3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name finding .
cat >> Cargo.toml <<'TOML'
sqlx = { version = "=0.9.0", default-features = false, features = ["runtime-tokio", "sqlite"] }
tokio = { version = "=1.54.1", default-features = false, features = ["rt"] }
TOML
cat > src/main.rs <<'RUST'
use sqlx::{Connection, Executor, SqliteConnection};

async fn run() -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    connection.execute("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2), (3)").await?;
    for sql in ["UPDATE t SET a = a", "SELECT 1 FROM t WHERE a = 1", "CREATE TABLE u (a INTEGER)", "PRAGMA user_version"] {
        let done = connection.execute(sql).await?;
        println!("{} {}", sql.split(' ').next().unwrap_or_default(), done.rows_affected());
    }
    Ok(())
}

fn main() -> Result<(), sqlx::Error> {
    tokio::runtime::Builder::new_current_thread().build()?.block_on(run())
}
RUST
seen=$(cargo run --quiet)
echo "$seen"
[ "$seen" = $'UPDATE 3\nSELECT 3\nCREATE 3\nPRAGMA 3' ]
