//! Programs whose queries run on threads for blocking work: the pools of deadpool-diesel and r2d2.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use deadpool::managed::Hook;
use deadpool_diesel::{Connection, Manager, Runtime};
use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::ConnectionManager;
use osprofiler::web::TraceLayer;
use osprofiler::{TraceExt, profiler};
use osprofiler_diesel::TracedSqliteConnection as Traced;
use tower::ServiceExt;

use crate::store::Store;

diesel::table! {
    users (id) { id -> Integer, name -> Text, }
}

type Pool = deadpool_diesel::Pool<Manager<Traced>>;
type Answer<T> = Result<T, (StatusCode, String)>;

fn failed(error: impl std::fmt::Display) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

/// Tells a connection of what its pool does with it.
fn hook(tell: fn(&mut Traced)) -> Hook<Manager<Traced>> {
    Hook::sync_fn(move |connection: &mut Connection<Traced>, _| {
        if let Ok(mut connection) = connection.try_lock() {
            tell(&mut connection);
        }
        Ok(())
    })
}

fn deadpool(file: &str) -> Pool {
    Pool::builder(Manager::new(file, Runtime::Tokio1))
        .post_create(hook(Traced::remember_trace))
        .pre_recycle(hook(Traced::begin_check))
        .post_recycle(hook(Traced::remember_trace))
        .max_size(1)
        .build()
        .expect("a pool")
}

/// As axum's example `diesel-postgres` has it.
async fn create(State(pool): State<Pool>) -> Answer<String> {
    let connection = pool.get().await.map_err(failed)?;
    let created = connection
        .interact(|connection| {
            connection.transaction(|connection| {
                diesel::insert_into(users::table).values(users::name.eq("Ann")).execute(connection)
            })
        })
        .await
        .map_err(failed)?
        .map_err(failed)?;
    Ok(created.to_string())
}

async fn list(State(pool): State<Pool>) -> Answer<String> {
    let connection = pool.get().await.map_err(failed)?;
    let names = connection.interact(|connection| users::table.select(users::name).load::<String>(connection)).await;
    Ok(names.map_err(failed)?.map_err(failed)?.join(","))
}

fn file() -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("users.db").display().to_string();
    let mut connection = SqliteConnection::establish(&file).expect("a file");
    connection.batch_execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)").expect("it is new");
    (directory, file)
}

/// The methods of what ran in the store's trace, and how many points were a pool's.
fn ran(store: &Store) -> (Vec<String>, usize) {
    let points = store.points();
    let (internal, program): (Vec<_>, Vec<_>) =
        points.iter().filter(|point| point.is_database()).partition(|point| point.is_internal());
    let method = |point: &&osprofiler::report::Point| point.start_info["db"]["method"].as_str().map(str::to_owned);
    (program.iter().filter_map(method).collect(), internal.len())
}

async fn ask(router: &Router, path: &str, store: Option<&Store>) -> StatusCode {
    let request = axum::http::Request::get(path).body(axum::body::Body::empty()).expect("a request");
    let asked = router.clone().oneshot(request);
    let response = match store {
        Some(store) => asked.in_trace(&store.profiler()).await,
        None => asked.await,
    };
    response.expect("it answers").status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_deadpool_interacts_with_is_in_the_requests_trace() {
    let (_directory, file) = file();
    let router = Router::new().route("/create", get(create)).route("/list", get(list)).layer(TraceLayer::new());
    let router = router.with_state(deadpool(&file));
    let (first, second, third) = (Store::new(), Store::new(), Store::new());
    assert_eq!(ask(&router, "/create", Some(&first)).await, StatusCode::OK);
    assert_eq!(ask(&router, "/list", Some(&second)).await, StatusCode::OK);
    assert_eq!(ask(&router, "/create", None).await, StatusCode::OK);
    assert_eq!(ask(&router, "/list", Some(&third)).await, StatusCode::OK);
    assert_eq!(ran(&first), (["begin", "execute", "commit"].map(str::to_owned).to_vec(), 0));
    let listed = (vec!["load".to_owned()], 1);
    assert_eq!((ran(&second), ran(&third)), (listed.clone(), listed), "each with the pool's own question");
}

/// As actix-web's example `diesel` has it: `web::block` runs a closure on a thread for blocking work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_carried_closure_runs_is_in_the_requests_trace() {
    let (_directory, file) = file();
    let pool = diesel::r2d2::Pool::builder().max_size(1).build(ConnectionManager::<Traced>::new(file));
    let pool = Arc::new(pool.expect("a pool"));
    let store = Store::new();
    let request = async {
        let theirs = Arc::clone(&pool);
        let names = actix_web::web::block(profiler::carry(move || {
            let mut connection = theirs.get().expect("a connection");
            users::table.select(users::name).load::<String>(&mut connection)
        }));
        names.await.expect("no panic").expect("the table is there");
        // Where the connection is taken in the request, it remembers.
        let mut connection = pool.get().expect("a connection");
        let names =
            tokio::task::spawn_blocking(move || users::table.select(users::name).load::<String>(&mut connection));
        names.await.expect("no panic").expect("the table is there");
    };
    request.in_trace(&store.profiler()).await;
    assert_eq!(ran(&store), (vec!["load".to_owned(); 2], 2), "each with the pool's own question");
}
