//! A statement by each way to run one. The statement says which line it is on.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use diesel::sqlite::SqliteConnection;
use diesel::sql_types::Integer;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use futures::TryStreamExt;
use osprofiler::report::Trace;
use osprofiler::{Config, Profiler, TraceExt, driver, initializer};
use osprofiler_diesel::{TracedAsyncConnection, TracedSqliteConnection};
use osprofiler_sqlx::TracedSqlitePool;
use sqlx::Executor;
use sqlx::sqlite::SqlitePoolOptions;

type Wrapped = SyncConnectionWrapper<SqliteConnection>;

/// A statement that says on which line it is.
macro_rules! here {
    () => {
        format!("SELECT {}", line!())
    };
}

pub fn run(directory: &Path) -> Result<Trace, Box<dyn Error>> {
    let store = format!("file:{}", directory.display());
    let config = Config::default().with_enabled(true).with_trace_sql(true).with_connection_string(&store);
    let guard = initializer::init_from_conf(&config, "call-sites", "adapters", None)?;
    let profiler = Profiler::new("", None, None);
    tokio::runtime::Runtime::new()?.block_on(
        async {
            sqlx_statements().await?;
            diesel_async_statements().await
        }
        .in_trace(&profiler),
    )?;
    profiler.in_scope(diesel_statements)?;
    if !guard.shutdown(Duration::from_secs(10)) {
        return Err("the store took too long".into());
    }
    Ok(Trace::build(driver::connect(&store)?.read(profiler.base_id())?))
}

async fn sqlx_statements() -> Result<(), Box<dyn Error>> {
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = TracedSqlitePool::builder().caller(true).pool_options(pool).connect("sqlite::memory:").await?;
    sqlx::query(sqlx::AssertSqlSafe(here!())).execute(&pool).await?;
    sqlx::query(sqlx::AssertSqlSafe(here!())).fetch_one(&pool).await?;
    let _: Vec<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(here!())).fetch_all(&pool).await?;
    pool.execute(sqlx::AssertSqlSafe(here!())).await?;
    let text = here!(); while sqlx::query(sqlx::AssertSqlSafe(text)).fetch(&pool).try_next().await?.is_none() { break }
    let mut transaction = pool.begin().await?;
    sqlx::query(sqlx::AssertSqlSafe(here!())).execute(&mut *transaction).await?;
    generic(&mut *transaction).await?;
    transaction.commit().await?;
    let mut connection = pool.acquire().await?;
    sqlx::query(sqlx::AssertSqlSafe(here!())).execute(&mut *connection).await?;
    let task = async move { sqlx::query(sqlx::AssertSqlSafe(here!())).execute(&mut *connection).await };
    tokio::spawn(task.in_current_trace()).await??;
    Ok(())
}

async fn generic<'c>(executor: impl Executor<'c, Database = sqlx::Sqlite>) -> Result<(), sqlx::Error> {
    executor.execute(sqlx::AssertSqlSafe(here!())).await?;
    Ok(())
}

async fn diesel_async_statements() -> Result<(), Box<dyn Error>> {
    use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};

    let builder = TracedAsyncConnection::<Wrapped>::builder().caller(true);
    let mut connection = builder.establish(":memory:").await?;
    diesel::sql_query(here!()).execute(&mut connection).await?;
    connection.batch_execute(&here!()).await?;
    let _: Vec<i32> = diesel::select(diesel::dsl::sql::<Integer>(&here!()[7..])).load(&mut connection).await?;
    let _: i32 = diesel::select(diesel::dsl::sql::<Integer>(&here!()[7..])).get_result(&mut connection).await?;
    let text = diesel::dsl::sql::<Integer>(&here!()[7..]); diesel::select(text).load_stream::<i32>(&mut connection).await?.try_collect::<Vec<_>>().await?;
    let body = async |connection: &mut TracedAsyncConnection<Wrapped>| {
        diesel::sql_query(here!()).execute(connection).await
    };
    connection.transaction(body).await?;
    Ok(())
}

fn diesel_statements() -> Result<(), Box<dyn Error>> {
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, RunQueryDsl};

    let mut connection = TracedSqliteConnection::builder().caller(true).establish(":memory:")?;
    diesel::sql_query(here!()).execute(&mut connection)?;
    connection.batch_execute(&here!())?;
    let _: Vec<i32> = diesel::select(diesel::dsl::sql::<Integer>(&here!()[7..])).load(&mut connection)?;
    let _: i32 = diesel::select(diesel::dsl::sql::<Integer>(&here!()[7..])).get_result(&mut connection)?;
    connection.transaction(|connection| diesel::sql_query(here!()).execute(connection))?;
    connection.transaction(|connection| {
        connection.transaction(|connection| {
            diesel::sql_query(here!()).execute(connection)
        })
    })?;
    Ok(())
}
