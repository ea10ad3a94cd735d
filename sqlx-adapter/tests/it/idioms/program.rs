//! The idioms of all three databases, written as for sqlx's own types.
//!
//! The module is there twice for each database: its parent says what `Pool` and the other types are. What is only in the
//! traced types is not here.

use std::collections::HashMap;
use std::future::ready;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use osprofiler::TraceExt as _;
use sqlx::{Connection as _, Either, Executor, FromRow, QueryBuilder, Row as _, SqlStr, Statement as _};
use tower::ServiceExt as _;

use super::{BEGIN_WITH, INSERT, NAME_OF};
use super::{Db, OwnConnection, Pool, PoolConnection, PoolOptions, SqlxConnection, SqlxPool, Transaction};

type Result<T, E = sqlx::Error> = std::result::Result<T, E>;

const NAMES: &str = "SELECT name FROM person ORDER BY id";
const COUNT: &str = "SELECT count(*) FROM person";

#[derive(Debug, FromRow)]
struct Person {
    id: i64,
    name: String,
}

async fn names(pool: &Pool) -> Result<String> {
    Ok(sqlx::query_scalar::<_, String>(NAMES).fetch_all(pool).await?.join(" "))
}

async fn insert<'e, E: Executor<'e, Database = Db>>(executor: E, id: i64, name: &str) -> Result<u64> {
    Ok(sqlx::query(INSERT).bind(id).bind(name).execute(executor).await?.rows_affected())
}

/// Tries until there is something: a connection goes back to its pool in a task of its own.
async fn at_last<T>(attempt: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
    loop {
        if let Some(found) = attempt().await? {
            return Ok(found);
        }
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn reference_to_a_pool(pool: &Pool) -> Result<String> {
    let row = sqlx::query(NAME_OF).bind(2_i64).fetch_one(pool).await?;
    let owned: Pool = pool.clone();
    let again = sqlx::query(NAME_OF).bind(3_i64).fetch_one(&owned).await?;
    Ok(row.get::<String, _>(0) + &again.get::<String, _>("name"))
}

pub(crate) async fn query_as_and_query_scalar(pool: &Pool) -> Result<String> {
    let people: Vec<Person> = sqlx::query_as("SELECT id, name FROM person ORDER BY id").fetch_all(pool).await?;
    let tuple: (i64, String) = sqlx::query_as("SELECT id, name FROM person ORDER BY id DESC").fetch_one(pool).await?;
    let none: Option<String> = sqlx::query_scalar(NAME_OF).bind(9_i64).fetch_optional(pool).await?;
    let by_id: HashMap<i64, String> = people.iter().map(|person| (person.id, person.name.clone())).collect();
    Ok(format!("{people:?} {tuple:?} {none:?} {}", by_id.len()))
}

pub(crate) async fn mapped_rows(pool: &Pool) -> Result<String> {
    let lengths = sqlx::query(NAMES).map(|row: <Db as sqlx::Database>::Row| row.get::<String, _>(0).len());
    let lengths: Vec<usize> = lengths.fetch_all(pool).await?;
    let names = sqlx::query(NAMES).try_map(|row: <Db as sqlx::Database>::Row| row.try_get::<String, _>("name"));
    let names: Vec<String> = names.fetch(pool).try_collect().await?;
    Ok(format!("{lengths:?} {names:?}"))
}

pub(crate) async fn query_builder(pool: &Pool) -> Result<String> {
    let mut builder: QueryBuilder<Db> = QueryBuilder::new("INSERT INTO person (id, name) ");
    builder.push_values([(4_i64, "Dee"), (5, "Eve")], |mut row, (id, name)| {
        row.push_bind(id).push_bind(name);
    });
    let inserted = builder.build().execute(pool).await?.rows_affected();
    let mut builder: QueryBuilder<Db> = QueryBuilder::new("SELECT id, name FROM person WHERE id IN (");
    let mut ids = builder.separated(", ");
    ids.push_bind(1_i64);
    ids.push_bind(4_i64);
    let people: Vec<Person> = builder.push(") ORDER BY id").build_query_as().fetch_all(pool).await?;
    Ok(format!("{inserted} {people:?}"))
}

pub(crate) async fn raw_sql(pool: &Pool) -> Result<String> {
    sqlx::raw_sql("DELETE FROM person WHERE id = 1; DELETE FROM person WHERE id = 2").execute(pool).await?;
    let rows = sqlx::raw_sql(NAMES).fetch_all(pool).await?;
    let one = sqlx::raw_sql(COUNT).fetch_one(&mut *pool.acquire().await?).await?;
    Ok(format!("{rows:?} {one:?}"))
}

pub(crate) async fn query_macros(pool: &Pool) -> Result<String> {
    let record = find_person!(2_i64).fetch_one(pool).await?;
    let person: Person = find_person_as!(Person, 3_i64).fetch_one(pool).await?;
    let count: i64 = count_people!().fetch_one(pool).await?;
    let mut transaction = pool.begin().await?;
    let inserted = insert_person!(4_i64, "Dee").execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    let names = names_from_file!().fetch_all(pool).await?;
    let unchecked = find_person_unchecked!(1_i64).fetch_one(pool).await?;
    let names: Vec<_> = names.into_iter().map(|row| row.name).collect();
    Ok(format!("{} {} {person:?} {count} {inserted} {names:?} {}", record.id, record.name, unchecked.name))
}

pub(crate) async fn executor_methods_called_directly(pool: &Pool) -> Result<String> {
    let deleted = pool.execute("DELETE FROM person WHERE id = 3").await?.rows_affected();
    let row = pool.fetch_one(sqlx::query(NAME_OF).bind(1_i64)).await?;
    let none = pool.fetch_optional("SELECT 1 FROM person WHERE id = 9").await?;
    let all = pool.fetch_all(NAMES).await?.len();
    let streamed: Vec<_> = pool.fetch(NAMES).try_collect().await?;
    let mut connection = pool.acquire().await?;
    connection.execute("DELETE FROM person WHERE id = 2").await?;
    let many: Vec<_> =
        connection.fetch_many(NAMES).try_filter_map(|step| ready(Ok(step.right()))).try_collect().await?;
    drop(connection);
    let mut transaction = pool.begin().await?;
    let one = transaction.fetch_one(COUNT).await?.get::<i64, _>(0);
    let results: Vec<_> = transaction.execute_many("DELETE FROM person").try_collect().await?;
    transaction.rollback().await?;
    Ok(format!("{deleted} {row:?} {} {all} {} {} {one} {}", none.is_none(), streamed.len(), many.len(), results.len()))
}

pub(crate) async fn prepared_statements(pool: &Pool) -> Result<String> {
    let mut connection = pool.acquire().await?;
    let statement = (&mut *connection).prepare(SqlStr::from_static(NAME_OF)).await?;
    let one = statement.query().bind(1_i64).fetch_one(&mut *connection).await?;
    let two: String = statement.query_scalar().bind(2_i64).fetch_one(&mut *connection).await?;
    let typed = [<i64 as sqlx::Type<Db>>::type_info()];
    let with_types = connection.prepare_with(SqlStr::from_static(NAME_OF), &typed).await?;
    drop(connection);
    let columns = pool.prepare(SqlStr::from_static(NAMES)).await?.columns().len();
    let described = pool.describe(SqlStr::from_static(NAMES)).await?.columns.len();
    Ok(format!("{one:?} {two} {columns} {described} {}", with_types.columns().len()))
}

pub(crate) async fn queries_that_do_not_stay_prepared(pool: &Pool) -> Result<String> {
    let row = sqlx::query(NAME_OF).bind(1_i64).persistent(false).fetch_one(pool).await?;
    Ok(format!("{row:?}"))
}

pub(crate) async fn an_acquired_connection(pool: &Pool) -> Result<String> {
    let mut connection: PoolConnection = pool.acquire().await?;
    let one: String = sqlx::query_scalar(NAME_OF).bind(1_i64).fetch_one(&mut *connection).await?;
    let two: String = sqlx::query_scalar(NAME_OF).bind(2_i64).fetch_one(&mut *connection).await?;
    drop(connection);
    let mut connection = at_last(async || Ok(pool.try_acquire())).await?;
    let three: String = sqlx::query_scalar(NAME_OF).bind(3_i64).fetch_one(&mut *connection).await?;
    Ok(one + &two + &three)
}

async fn borrows(connection: &mut PoolConnection) -> Result<String> {
    use sqlx::Acquire as _;

    insert(&mut **connection, 4, "Dee").await?;
    let mut transaction = connection.begin().await?;
    insert(&mut *transaction, 5, "Eve").await?;
    transaction.commit().await?;
    sqlx::query_scalar(NAME_OF).bind(5_i64).fetch_one(&mut **connection).await
}

pub(crate) async fn a_borrowed_connection(pool: &Pool) -> Result<String> {
    let mut connection = pool.acquire().await?;
    borrows(&mut connection).await
}

pub(crate) async fn two_statements_on_one_transaction(pool: &Pool) -> Result<String> {
    let mut transaction = pool.begin().await?;
    insert(&mut *transaction, 4, "Dee").await?;
    insert(&mut *transaction, 5, "Eve").await?;
    transaction.commit().await?;
    names(pool).await
}

async fn borrows_a_transaction(transaction: &mut Transaction<'_>) -> Result<u64> {
    for id in [4, 5] {
        insert(&mut **transaction, id, &format!("No. {id}")).await?;
    }
    insert(transaction.as_mut(), 6, "No. 6").await
}

pub(crate) async fn a_borrowed_transaction(pool: &Pool) -> Result<String> {
    let mut transaction: Transaction<'_> = pool.begin().await?;
    borrows_a_transaction(&mut transaction).await?;
    transaction.commit().await?;
    names(pool).await
}

pub(crate) async fn rollback(pool: &Pool) -> Result<String> {
    let mut transaction = pool.begin().await?;
    insert(&mut *transaction, 4, "Dee").await?;
    transaction.rollback().await?;
    names(pool).await
}

async fn fails_half_way(pool: &Pool) -> Result<()> {
    let mut transaction = pool.begin().await?;
    insert(&mut *transaction, 4, "Dee").await?;
    insert(&mut *transaction, 4, "Dee").await?;
    transaction.commit().await
}

pub(crate) async fn rollback_by_an_early_return(pool: &Pool) -> Result<String> {
    let error = fails_half_way(pool).await.expect_err("there is a Dee");
    let violation = error.as_database_error().is_some_and(|error| error.is_unique_violation());
    Ok(format!("{error} {violation} {}", names(pool).await?))
}

pub(crate) async fn savepoints(pool: &Pool) -> Result<String> {
    use sqlx::Acquire as _;

    let mut transaction = pool.begin().await?;
    insert(&mut *transaction, 4, "Dee").await?;
    let mut nested = transaction.begin().await?;
    insert(&mut *nested, 5, "Eve").await?;
    let mut innermost = nested.begin().await?;
    insert(&mut *innermost, 6, "Flo").await?;
    innermost.commit().await?;
    nested.rollback().await?;
    let mut nested = transaction.begin().await?;
    insert(&mut *nested, 7, "Gil").await?;
    nested.commit().await?;
    transaction.commit().await?;
    names(pool).await
}

pub(crate) async fn begin_with_and_try_begin(pool: &Pool) -> Result<String> {
    let mut transaction = pool.begin_with(BEGIN_WITH).await?;
    let one: String = sqlx::query_scalar(NAME_OF).bind(1_i64).fetch_one(&mut *transaction).await?;
    transaction.commit().await?;
    let mut transaction = at_last(async || pool.try_begin().await).await?;
    let two: String = sqlx::query_scalar(NAME_OF).bind(2_i64).fetch_one(&mut *transaction).await?;
    transaction.rollback().await?;
    let transaction = at_last(async || pool.try_begin_with(BEGIN_WITH).await).await?;
    transaction.rollback().await?;
    let mut connection = pool.acquire().await?;
    let transaction = connection.begin_with(BEGIN_WITH).await?;
    transaction.rollback().await?;
    Ok(one + &two)
}

/// As services keep it between their steps.
struct UnitOfWork {
    transaction: Transaction<'static>,
    done: u64,
}

impl UnitOfWork {
    async fn begin(pool: &Pool) -> Result<Self> {
        Ok(Self { transaction: pool.begin().await?, done: 0 })
    }

    async fn insert(&mut self, id: i64, name: &str) -> Result<&mut Self> {
        self.done += insert(&mut *self.transaction, id, name).await?;
        Ok(self)
    }

    async fn commit(self) -> Result<u64> {
        self.transaction.commit().await?;
        Ok(self.done)
    }
}

pub(crate) async fn transactions_in_structs(pool: &Pool) -> Result<String> {
    let mut unit = UnitOfWork::begin(pool).await?;
    unit.insert(4, "Dee").await?.insert(5, "Eve").await?;
    // It is `'static` and `Send`.
    let done = tokio::spawn(async move { unit.commit().await }.in_current_trace()).await.expect("no panic")?;
    Ok(format!("{done} {}", names(pool).await?))
}

async fn twice_by_acquire<'a, A: sqlx::Acquire<'a, Database = Db> + Send>(from: A) -> Result<String> {
    let mut connection = from.acquire().await?;
    let one: String = sqlx::query_scalar(NAME_OF).bind(1_i64).fetch_one(&mut *connection).await?;
    let two: String = sqlx::query_scalar(NAME_OF).bind(2_i64).fetch_one(&mut *connection).await?;
    Ok(one + &two)
}

async fn insert_by_acquire<'a, A: sqlx::Acquire<'a, Database = Db> + Send>(from: A, id: i64) -> Result<u64> {
    let mut transaction = from.begin().await?;
    let inserted = insert(&mut *transaction, id, "by acquire").await?;
    transaction.rollback().await?;
    Ok(inserted)
}

pub(crate) async fn functions_generic_over_executors(pool: &Pool) -> Result<String> {
    insert(pool, 4, "Dee").await?;
    let mut connection = pool.acquire().await?;
    insert(&mut *connection, 5, "Eve").await?;
    let mut transaction = connection.begin().await?;
    insert(&mut *transaction, 6, "Flo").await?;
    transaction.commit().await?;
    let mut own = OwnConnection::connect_with(&pool.connect_options()).await?;
    insert(&mut own, 7, "Gil").await?;
    own.close().await?;
    names(pool).await
}

pub(crate) async fn functions_generic_over_acquire(pool: &Pool) -> Result<String> {
    let mut all = twice_by_acquire(pool).await?;
    insert_by_acquire(pool, 4).await?;
    let mut connection = pool.acquire().await?;
    all += &twice_by_acquire(&mut *connection).await?;
    insert_by_acquire(&mut connection, 4).await?;
    drop(connection);
    let mut transaction = pool.begin().await?;
    all += &twice_by_acquire(&mut transaction).await?;
    insert_by_acquire(&mut *transaction, 4).await?;
    transaction.rollback().await?;
    Ok(all)
}

async fn typed_for_a_pool(pool: &SqlxPool) -> Result<i64> {
    sqlx::query_scalar(COUNT).fetch_one(pool).await
}

async fn typed_for_a_connection(connection: &mut SqlxConnection) -> Result<i64> {
    sqlx::query_scalar(COUNT).fetch_one(connection).await
}

async fn typed_for_any_pool<DB: sqlx::Database>(pool: &sqlx::Pool<DB>) -> bool {
    pool.acquire().await.is_ok()
}

pub(crate) async fn functions_typed_for_sqlx(pool: &Pool) -> Result<String> {
    let mut sum = typed_for_a_pool(pool).await?;
    let mut connection = pool.acquire().await?;
    sum += typed_for_a_connection(&mut connection).await?;
    sum += typed_for_a_connection(&mut *connection).await?;
    drop(connection);
    let mut transaction = pool.begin().await?;
    sum += typed_for_a_connection(&mut transaction).await?;
    sum += typed_for_a_connection(&mut *transaction).await?;
    transaction.rollback().await?;
    Ok(format!("{sum} {}", typed_for_any_pool(pool).await))
}

pub(crate) async fn the_transaction_closure(pool: &Pool) -> Result<String> {
    let mut connection = pool.acquire().await?;
    let inserted = connection.transaction(|transaction| insert(&mut **transaction, 4, "Dee").boxed()).await?;
    let failed = connection
        .transaction(|transaction| {
            async move {
                insert(&mut **transaction, 5, "Eve").await?;
                insert(&mut **transaction, 4, "Dee").await
            }
            .boxed()
        })
        .await;
    Ok(format!("{inserted} {} {}", failed.expect_err("there is a Dee"), names(pool).await?))
}

pub(crate) async fn streams_in_spawned_tasks(pool: &Pool) -> Result<String> {
    let mine = pool.clone();
    let work = async move {
        let mut seen = Vec::new();
        let mut rows = sqlx::query_as::<_, Person>("SELECT id, name FROM person ORDER BY id").fetch(&mine);
        while let Some(person) = rows.try_next().await? {
            // Held across an await that has nothing to do with it, while another connection works.
            tokio::task::yield_now().await;
            seen.push(sqlx::query_scalar::<_, String>(NAME_OF).bind(person.id).fetch_one(&mine).await?);
        }
        drop(rows);
        let mut transaction = mine.begin().await?;
        let mut rows = sqlx::query(NAMES).fetch(&mut *transaction);
        while let Some(row) = rows.next().await {
            tokio::task::yield_now().await;
            seen.push(row?.get(0));
        }
        drop(rows);
        transaction.commit().await?;
        Ok::<_, sqlx::Error>(seen)
    };
    Ok(tokio::spawn(work.in_current_trace()).await.expect("no panic")?.join(" "))
}

pub(crate) async fn queries_at_once(pool: &Pool) -> Result<String> {
    let find = |id: i64| sqlx::query_scalar::<_, String>(NAME_OF).bind(id).fetch_one(pool);
    let (one, two) = futures::future::try_join(find(2), find(2)).await?;
    let shared: Arc<Pool> = Arc::new(pool.clone());
    let three: String = sqlx::query_scalar(NAME_OF).bind(3_i64).fetch_one(&*shared).await?;
    Ok(one + &two + &three)
}

pub(crate) async fn a_query_with_a_timeout(pool: &Pool) -> Result<String> {
    let query = sqlx::query_scalar::<_, i64>(COUNT).fetch_one(pool);
    let count = tokio::time::timeout(Duration::from_secs(10), query).await.expect("in time")?;
    let other = tokio::select! {
        count = sqlx::query_scalar::<_, i64>(COUNT).fetch_one(pool) => count?,
        () = std::future::pending() => 0,
    };
    Ok(format!("{count} {other}"))
}

/// A repository that others see as a trait object.
trait People: Send + Sync {
    fn name(&self, id: i64) -> BoxFuture<'_, Result<String>>;
}

struct Repository {
    pool: Pool,
}

impl People for Repository {
    fn name(&self, id: i64) -> BoxFuture<'_, Result<String>> {
        Box::pin(async move { sqlx::query_scalar(NAME_OF).bind(id).fetch_one(&self.pool).await })
    }
}

pub(crate) async fn repositories_as_trait_objects(pool: &Pool) -> Result<String> {
    let people: Arc<dyn People> = Arc::new(Repository { pool: pool.clone() });
    let name = people.name(2).await?;
    Ok(name + &people.name(3).await?)
}

/// A repository that borrows whatever runs its statements.
struct Borrowing<'c> {
    connection: &'c mut SqlxConnection,
}

impl Borrowing<'_> {
    async fn name(&mut self, id: i64) -> Result<String> {
        sqlx::query_scalar(NAME_OF).bind(id).fetch_one(&mut *self.connection).await
    }
}

pub(crate) async fn repositories_that_borrow_a_connection(pool: &Pool) -> Result<String> {
    let mut connection = pool.acquire().await?;
    let one = Borrowing { connection: &mut connection }.name(1).await?;
    let mut transaction = connection.begin().await?;
    let two = Borrowing { connection: &mut transaction }.name(2).await?;
    transaction.rollback().await?;
    Ok(one + &two)
}

pub(crate) async fn axum_state(pool: &Pool) -> Result<String> {
    #[derive(Clone)]
    struct App {
        pool: Pool,
    }

    impl axum::extract::FromRef<App> for Pool {
        fn from_ref(app: &App) -> Self {
            app.pool.clone()
        }
    }

    async fn name(State(pool): State<Pool>, Path(id): Path<i64>) -> std::result::Result<String, StatusCode> {
        let name = sqlx::query_scalar(NAME_OF).bind(id).fetch_optional(&pool).await;
        name.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?.ok_or(StatusCode::NOT_FOUND)
    }

    async fn add(State(app): State<App>, Path(id): Path<i64>) -> std::result::Result<String, StatusCode> {
        let added = async {
            let mut transaction = app.pool.begin().await?;
            insert(&mut *transaction, id, "Dee").await?;
            let mut nested = transaction.begin().await?;
            let count: i64 = sqlx::query_scalar(COUNT).fetch_one(&mut *nested).await?;
            nested.commit().await?;
            transaction.commit().await?;
            Ok::<_, sqlx::Error>(count.to_string())
        };
        added.await.map_err(|_| StatusCode::CONFLICT)
    }

    let router = Router::new().route("/{id}", get(name).post(add)).with_state(App { pool: pool.clone() });
    let mut seen = Vec::new();
    for (method, path) in [("GET", "/2"), ("GET", "/9"), ("POST", "/4"), ("POST", "/4")] {
        let request = Request::builder().method(method).uri(path).body(axum::body::Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("a response");
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1000).await.expect("a body");
        seen.push(format!("{status} {}", String::from_utf8_lossy(&body)));
    }
    Ok(seen.join(", "))
}

pub(crate) async fn migrations(pool: &Pool) -> Result<String> {
    sqlx::migrate!("tests/migrations").run(pool).await?;
    let mut connection = pool.acquire().await?;
    sqlx::migrate!("tests/migrations").run(&mut *connection).await?;
    sqlx::query_scalar("SELECT text FROM note").fetch_one(&mut *connection).await
}

pub(crate) async fn a_connection_of_its_own(pool: &Pool) -> Result<String> {
    let mut connection = OwnConnection::connect_with(&pool.connect_options()).await?;
    connection.ping().await?;
    let name: String = sqlx::query_scalar(NAME_OF).bind(1_i64).fetch_one(&mut connection).await?;
    let mut transaction = connection.begin().await?;
    insert(&mut *transaction, 4, "Dee").await?;
    transaction.commit().await?;
    let cached = connection.cached_statements_size();
    connection.clear_cached_statements().await?;
    connection.shrink_buffers();
    let state = format!("{name} {cached} {}", connection.is_in_transaction());
    connection.close().await?;
    Ok(state)
}

pub(crate) async fn connections_taken_from_the_pool(pool: &Pool) -> Result<String> {
    let mut connection = pool.acquire().await?;
    connection.ping().await?;
    connection.fetch_all(NAMES).await?;
    let mut detached = connection.detach();
    detached.fetch_all(NAMES).await?;
    detached.close().await?;
    let after_detach = pool.size();
    let mut leaked = pool.acquire().await?.leak();
    leaked.fetch_all(NAMES).await?;
    leaked.close().await?;
    let after_leak = pool.size();
    let mut connection = pool.acquire().await?;
    connection.close_on_drop();
    let connection: PoolConnection = connection;
    connection.close().await?;
    Ok(format!("{after_detach} {after_leak} {}", pool.size()))
}

pub(crate) async fn questions_to_the_pool(pool: &Pool) -> Result<String> {
    let connection = pool.acquire().await?;
    let sizes = format!("{} {} {}", pool.size(), pool.num_idle(), pool.options().get_max_connections());
    pool.set_connect_options((*pool.connect_options()).clone());
    drop(connection);
    let mut closing = pool.close_event();
    let count = closing.do_until(sqlx::query_scalar::<_, i64>(COUNT).fetch_one(pool)).await??;
    pool.close().await;
    let closed = closing.do_until(std::future::pending::<()>()).await.expect_err("it is closed");
    pool.close_event().await;
    let refused = sqlx::query(COUNT).fetch_one(pool).await.expect_err("it is closed");
    let no_transaction = pool.begin().await.map(drop).expect_err("it is closed");
    let no_connection = pool.acquire().await.map(drop).expect_err("it is closed");
    Ok(format!("{sizes} {count} {} {closed:?} {refused} {no_transaction} {no_connection}", pool.is_closed()))
}

pub(crate) async fn pools_that_connect_later(pool: &Pool) -> Result<String> {
    static POOL: OnceLock<Pool> = OnceLock::new();
    let options = (*pool.connect_options()).clone();
    // Wherever the test's database is this time.
    let lazy = POOL.get_or_init(|| Pool::connect_lazy_with(options.clone()));
    let name: String = sqlx::query_scalar(NAME_OF).bind(1_i64).fetch_one(lazy).await?;
    lazy.close().await;
    let eager: Pool = Pool::connect_with(options.clone()).await?;
    let other: String = sqlx::query_scalar(NAME_OF).bind(2_i64).fetch_one(&eager).await?;
    eager.close().await;
    let with_hooks = PoolOptions::new()
        .max_connections(1)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute("SELECT 'after connect'").await.map(drop) })
        })
        .before_acquire(|connection, _| Box::pin(async move { connection.ping().await.map(|()| true) }));
    let pool: Pool = with_hooks.connect_with(options).await?.into();
    let third: String = sqlx::query_scalar(NAME_OF).bind(3_i64).fetch_one(&pool).await?;
    pool.close().await;
    Ok(name + &other + &third)
}

pub(crate) async fn steps_of_a_stream(pool: &Pool) -> Result<String> {
    let mut seen = Vec::new();
    let mut steps = pool.fetch_many("DELETE FROM person WHERE id = 3; SELECT name FROM person ORDER BY id");
    while let Some(step) = steps.try_next().await? {
        seen.push(match step {
            Either::Left(result) => format!("{result:?}"),
            Either::Right(row) => format!("{row:?}"),
        });
    }
    Ok(seen.join(" "))
}

pub(crate) async fn a_stream_that_is_not_read_to_its_end(pool: &Pool) -> Result<String> {
    let mut connection = pool.acquire().await?;
    let first = sqlx::query(NAMES).fetch(&mut *connection).next().await.transpose()?;
    let name: String = sqlx::query_scalar(NAME_OF).bind(2_i64).fetch_one(&mut *connection).await?;
    Ok(format!("{first:?} {name}"))
}
