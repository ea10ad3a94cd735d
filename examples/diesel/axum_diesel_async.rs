//! A service of axum with a bb8 pool of traced diesel-async connections on PostgreSQL.
//!
//! ```console
//! $ export DATABASE_URL=postgres://localhost/blog
//! $ cargo run -p osprofiler-examples-diesel --features axum --example axum_diesel_async
//! ```
//!
//! It prints a command that asks for a traced request, and serves until it is stopped.

use std::error::Error;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use diesel::prelude::*;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use osprofiler::web::{self, TraceLayer};
use osprofiler::{Config, Profiler, initializer};
use osprofiler_diesel::TracedAsyncConnection;
use osprofiler_examples_diesel::schema::posts;

/// Who knows this key may have requests traced. A service keeps it in its configuration.
const HMAC_KEY: &str = "SECRET_KEY";

/// This was `AsyncPgConnection`.
type Connection = TracedAsyncConnection<AsyncPgConnection>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::default().with_enabled(true).with_trace_sql(true).with_hmac_keys([HMAC_KEY]).with_env()?;
    let _guard = initializer::init_from_conf(&config, "examples", "blog", None)?;

    let url = std::env::var("DATABASE_URL")?;
    let pool = Pool::builder().build(AsyncDieselConnectionManager::<Connection>::new(url)).await?;
    pool.get()
        .await?
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS posts (
               id SERIAL PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL, published BOOLEAN NOT NULL DEFAULT FALSE
             )",
        )
        .await?;
    let router = Router::new()
        .route("/posts", get(show))
        .route("/posts/{title}", post(publish))
        .layer(TraceLayer::new())
        .with_state(pool);

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let request = Profiler::new(HMAC_KEY, None, None);
    let headers: Vec<String> =
        request.in_scope(web::headers).iter().map(|(name, value)| format!("-H '{name}: {value}'")).collect();
    println!("curl -X POST {} http://{}/posts/Hello", headers.join(" "), listener.local_addr()?);
    println!("osprofiler trace show {} --html --out report.html", request.base_id());
    axum::serve(listener, router).await?;
    Ok(())
}

type Answer<T> = Result<T, (StatusCode, String)>;

/// The titles of the posts that are published.
async fn show(State(pool): State<Pool<Connection>>) -> Answer<Json<Vec<String>>> {
    let mut connection = pool.get().await.map_err(failed)?;
    let titles = posts::table.filter(posts::published.eq(true)).select(posts::title);
    titles.load(&mut connection).await.map(Json).map_err(failed)
}

/// Writes a post and publishes it, in one transaction; returns its id.
async fn publish(State(pool): State<Pool<Connection>>, Path(title): Path<String>) -> Answer<String> {
    let mut connection = pool.get().await.map_err(failed)?;
    let published = connection.transaction(async |connection| {
        let written = diesel::insert_into(posts::table)
            .values((posts::title.eq(&title), posts::body.eq("...")))
            .returning(posts::id)
            .get_result::<i32>(connection)
            .await?;
        diesel::update(posts::table.find(written)).set(posts::published.eq(true)).execute(connection).await?;
        QueryResult::Ok(written)
    });
    published.await.map(|id| id.to_string()).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}
