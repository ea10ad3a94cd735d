//! The service `posts`: answers out of SQLite, through a traced pool.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use osprofiler::web::TraceLayer;
use osprofiler_sqlx::TracedSqlitePool;
use sqlx::sqlite::SqlitePoolOptions;

const SCHEMA: &str = "
    CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT NOT NULL, year INTEGER NOT NULL);
    INSERT INTO posts (title, year) VALUES ('Old news', 2025), ('Hello', 2026), ('Traces', 2026);";

pub(super) async fn router(layer: TraceLayer) -> Result<Router, sqlx::Error> {
    // Each connection to `:memory:` is a database of its own, so there must be just one.
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    sqlx::raw_sql(SCHEMA).execute(&pool).await?;
    Ok(Router::new().route("/posts", get(posts)).layer(layer).with_state(TracedSqlitePool::from(pool)))
}

async fn posts(
    State(pool): State<TracedSqlitePool>,
    Query(filter): Query<HashMap<String, String>>,
) -> Result<String, StatusCode> {
    let year: i64 = filter.get("year").and_then(|year| year.parse().ok()).ok_or(StatusCode::BAD_REQUEST)?;
    let titles: Vec<String> = sqlx::query_scalar("SELECT title FROM posts WHERE year = ? ORDER BY id")
        .bind(year)
        .fetch_all(&pool)
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(titles.join(", "))
}
