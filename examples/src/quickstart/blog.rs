//! The service: authors and posts in SQLite, behind axum.
//!
//! Three things make it a traced one: the pool is a [`TracedSqlitePool`], the router has a [`TraceLayer`], and handlers
//! that want a point of their own say `.traced(name, info)`.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use osprofiler::TraceExt;
use osprofiler::web::TraceLayer;
use osprofiler_sqlx::TracedSqlitePool;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqlitePoolOptions;

const SCHEMA: &str = "
    CREATE TABLE authors (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, born INTEGER, portrait BLOB
    );
    CREATE TABLE posts (
        id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES authors, title TEXT NOT NULL, year INTEGER NOT NULL
    );
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25)
        INSERT INTO authors (name, email) SELECT 'Author ' || i, 'author' || i || '@example.org' FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
        INSERT INTO posts (author_id, title, year) SELECT 1 + i % 25, 'Post ' || i, 2023 + i % 4 FROM n;";

pub(super) async fn open() -> Result<TracedSqlitePool, sqlx::Error> {
    // Each connection to `:memory:` is a database of its own, so there must be just one.
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    sqlx::raw_sql(SCHEMA).execute(&pool).await?;
    // Where in this file a statement came from costs a microsecond or two; `TracedSqlitePool::from(pool)` leaves it out.
    Ok(TracedSqlitePool::builder().caller(true).build(pool))
}

pub(super) fn router(pool: TracedSqlitePool) -> Router {
    Router::new()
        .route("/authors-with-posts", get(authors_with_posts))
        .route("/posts", get(posts))
        .route("/authors", post(add_author))
        .layer(TraceLayer::new())
        .with_state(pool)
}

#[derive(Serialize)]
struct AuthorWithPosts {
    name: String,
    posts: Vec<String>,
}

async fn authors_with_posts(State(pool): State<TracedSqlitePool>) -> Result<Json<Vec<AuthorWithPosts>>, Failure> {
    let load = async {
        let authors: Vec<(i64, String)> =
            sqlx::query_as("SELECT id, name FROM authors ORDER BY id").fetch_all(&pool).await?;
        let mut loaded = Vec::new();
        for (id, name) in authors {
            // One query for each author: harmless in a test with two of them, and what a trace shows at once.
            let posts = sqlx::query_scalar("SELECT title FROM posts WHERE author_id = ? AND title LIKE ? ORDER BY id")
                .bind(id)
                .bind("Post%")
                .fetch_all(&pool)
                .await?;
            loaded.push(AuthorWithPosts { name, posts });
        }
        Ok(Json(loaded))
    };
    load.traced("authors_with_posts", ()).await
}

#[derive(Deserialize)]
struct PostFilter {
    year: i64,
}

/// Authors and posts by a JOIN: one query, however many authors there are.
async fn posts(
    State(pool): State<TracedSqlitePool>,
    Query(filter): Query<PostFilter>,
) -> Result<Json<Vec<(String, String)>>, Failure> {
    let load = async {
        let posts = sqlx::query_as(
            "SELECT a.name, p.title FROM authors a JOIN posts p ON p.author_id = a.id WHERE p.year = ? ORDER BY p.id",
        );
        Ok(Json(posts.bind(filter.year).fetch_all(&pool).await?))
    };
    load.traced("posts", ()).await
}

#[derive(Deserialize)]
struct NewAuthor {
    name: String,
    email: String,
    born: Option<i64>,
    portrait: Vec<u8>,
}

/// Fails where the address is taken.
async fn add_author(
    State(pool): State<TracedSqlitePool>,
    Json(author): Json<NewAuthor>,
) -> Result<StatusCode, Failure> {
    let add = async {
        sqlx::query("INSERT INTO authors (name, email, born, portrait) VALUES (?, ?, ?, ?)")
            .bind(author.name)
            .bind(author.email)
            .bind(author.born)
            .bind(author.portrait)
            .execute(&pool)
            .await?;
        Ok(StatusCode::CREATED)
    };
    add.traced("add_author", ()).await
}

/// The pool gives sqlx's own errors, untouched by tracing. A service in earnest would not show them to strangers.
struct Failure(sqlx::Error);

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0.to_string()).into_response()
    }
}
