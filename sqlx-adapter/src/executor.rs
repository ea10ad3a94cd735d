//! The executor methods, once for all executors.
//!
//! With tracing off a call goes straight to sqlx's own executor. With tracing on the query is taken apart, the call gets its
//! connection, and on that connection runs what sqlx's methods come down to: `fetch_many`, or `fetch_optional`.

use std::cell::Cell;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use osprofiler::db::{CheckoutTrace, DbLease, DbSource, Gate};
use osprofiler::profiler;
use sqlx_core::Either;
use sqlx_core::database::Database;
use sqlx_core::describe::Describe;
use sqlx_core::error::Error;
use sqlx_core::executor::{Execute, Executor};
use sqlx_core::pool::{MaybePoolConnection, Pool, PoolConnection};
use sqlx_core::sql_str::SqlStr;

use crate::call::{self, Call};
use crate::database::TracedDatabase;
use crate::mark::Marked;
use crate::parts::Parts;

/// What runs a call: a pool, which must first give a connection, or a connection.
pub(crate) enum Host<'c, 's, DB: TracedDatabase> {
    Pool(&'s Pool<DB>),
    Connection(&'c mut DB::Connection),
}

/// A traced executor.
pub(crate) struct Via<'c, 's, DB: TracedDatabase> {
    pub(crate) host: Host<'c, 's, DB>,
    pub(crate) source: &'s Arc<DbSource>,
    /// The connection's number and transaction; `None` where the call gets its connection for itself.
    pub(crate) lease: Option<&'s mut Option<Arc<DbLease>>>,
    /// From when to when the connection was waited for, where this is the first call on it.
    pub(crate) acquire: Option<&'s mut Option<(Instant, Instant)>>,
    /// The trace in which the connection was taken.
    pub(crate) checkout: Option<&'s CheckoutTrace>,
    /// Whether statements ran on the connection that were not seen.
    pub(crate) unseen: Option<&'s mut Unseen>,
}

/// Whether statements ran on a connection that were not seen, since the last that was.
#[derive(Debug, Default)]
pub(crate) struct Unseen(Cell<bool>);

impl Unseen {
    pub(crate) fn set(&self, unseen: bool) {
        self.0.set(unseen);
    }
}

impl<DB: TracedDatabase> fmt::Debug for Via<'_, '_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Via").finish_non_exhaustive()
    }
}

impl<'c, DB: TracedDatabase> Via<'c, '_, DB> {
    #[inline]
    fn gate(&self) -> Gate {
        self.source.gate(self.checkout)
    }

    /// A call to trace; `None` where it is not traced.
    #[inline]
    pub(crate) fn call(&mut self, method: &'static str) -> Option<Box<Call<DB>>> {
        if self.gate() == Gate::Traced { self.new_call(method) } else { None }
    }

    #[inline(never)]
    fn new_call(&mut self, method: &'static str) -> Option<Box<Call<DB>>> {
        let source = self.source;
        let lease = self.lease.as_mut().map(|lease| &*lease.get_or_insert_with(|| source.lease()));
        if let (Some(unseen), Some(lease)) = (&self.unseen, lease)
            && unseen.0.take()
        {
            lease.lose_sight();
        }
        let mut call = Call::new(source, method, lease, self.checkout)?;
        call.was_acquired(self.acquire.as_mut().and_then(|acquire| acquire.take()));
        Some(call)
    }

    fn held(self) -> Held<'c, DB> {
        match self.host {
            Host::Pool(pool) => Held::Pool(pool.clone()),
            Host::Connection(connection) => Held::Connection(connection),
        }
    }
}

/// A [`Host`] that a future can keep.
enum Held<'c, DB: TracedDatabase> {
    Pool(Pool<DB>),
    Connection(&'c mut DB::Connection),
}

impl<'c, DB: TracedDatabase> Held<'c, DB> {
    /// Gives the call its connection, and starts it.
    async fn start(self, call: &mut Call<DB>) -> Result<MaybePoolConnection<'c, DB>, Error> {
        let connection = match self {
            Self::Connection(connection) => MaybePoolConnection::Connection(connection),
            Self::Pool(pool) => MaybePoolConnection::PoolConnection(acquire(&pool, call).await?),
        };
        call.start();
        Ok(connection)
    }
}

/// Takes a connection from the pool, where that is not traced; what is sent to set up a new one is nobody's statement.
pub(crate) fn acquire_unseen<DB: TracedDatabase>(
    pool: &Pool<DB>,
) -> impl Future<Output = Result<PoolConnection<DB>, Error>> + Send + use<DB> {
    // Without a trace the net records nothing.
    Marked::new(pool.acquire(), DB::EVENTS_ELSEWHERE && profiler::sql_active())
}

/// Takes a connection from the pool; what is sent to set up a new one belongs to the wait.
pub(crate) async fn acquire<DB: TracedDatabase>(
    pool: &Pool<DB>,
    call: &mut Call<DB>,
) -> Result<PoolConnection<DB>, Error> {
    call.begin();
    match Marked::internal(pool.acquire(), DB::EVENTS_ELSEWHERE).await {
        Ok(connection) => {
            call.acquired();
            Ok(connection)
        }
        Err(error) => {
            if matches!(error, Error::PoolTimedOut) {
                call.found_no_connection(pool.size(), pool.options().get_max_connections());
            }
            Err(call.fail(error))
        }
    }
}

type Steps<'e, DB> = Marked<BoxStream<'e, Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>>>;

/// The steps of a statement on a connection.
fn steps<'e, DB: TracedDatabase>(connection: &'e mut DB::Connection, call: &mut Call<DB>) -> Steps<'e, DB> {
    Marked::new(DB::connection_executor(connection).fetch_many(call.take_query()), DB::EVENTS_ELSEWHERE)
}

/// Looks at the types of the values that were bound, where there may be something to learn. The connection has that in its
/// memory: nothing is sent.
async fn learn<DB: TracedDatabase>(connection: &mut DB::Connection, sql: Option<SqlStr>) {
    if let Some(sql) = sql {
        DB::learn(connection, sql).await;
    }
}

/// Runs a statement to its end and gathers what it returns.
async fn gather<DB: TracedDatabase, T>(
    held: Held<'_, DB>,
    mut call: Box<Call<DB>>,
    mut gathered: T,
    mut gather: impl FnMut(&mut T, &mut Call<DB>, Either<DB::QueryResult, DB::Row>),
) -> Result<T, Error> {
    let mut connection = held.start(&mut call).await?;
    let sql = call.learns();
    let mut steps = steps::<DB>(&mut connection, &mut call);
    loop {
        match next(&mut steps).await {
            Some(Ok(step)) => gather(&mut gathered, &mut call, step),
            Some(Err(error)) => {
                drop(steps);
                return Err(call.fail(error));
            }
            None => break,
        }
    }
    drop(steps);
    learn::<DB>(&mut connection, sql).await;
    call.finish();
    Ok(gathered)
}

async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

/// As [`next`], where the call is to know how long it waits.
async fn next_timed<DB: TracedDatabase, S: Stream + Unpin>(stream: &mut S, call: &mut Call<DB>) -> Option<S::Item> {
    poll_fn(|cx| {
        call.is_polled();
        let poll = Pin::new(&mut *stream).poll_next(cx);
        if poll.is_pending() {
            call.waits();
        }
        poll
    })
    .await
}

/// Runs a statement of which one row is wanted.
async fn optional<DB: TracedDatabase>(held: Held<'_, DB>, mut call: Box<Call<DB>>) -> Result<Option<DB::Row>, Error> {
    let mut connection = held.start(&mut call).await?;
    let sql = call.learns();
    let inner = DB::connection_executor(&mut connection).fetch_optional(call.take_query());
    let row = match Marked::new(inner, DB::EVENTS_ELSEWHERE).await {
        Ok(row) => row,
        Err(error) => return Err(call.fail(error)),
    };
    call.expects_rows();
    if let Some(row) = &row {
        call.only_row(row);
    }
    learn::<DB>(&mut connection, sql).await;
    call.finish();
    Ok(row)
}

/// Runs a statement as a stream of what `pick` takes of its steps.
fn stream<'e, DB: TracedDatabase, T: Send + 'e>(
    held: Held<'e, DB>,
    mut call: Box<Call<DB>>,
    mut pick: impl FnMut(&mut Call<DB>, Either<DB::QueryResult, DB::Row>) -> Option<T> + Send + 'e,
) -> BoxStream<'e, Result<T, Error>> {
    Box::pin(sqlx_core::try_stream! {
        let mut connection = held.start(&mut call).await?;
        let sql = call.learns();
        let mut steps = steps::<DB>(&mut connection, &mut call);
        call.streams();
        loop {
            match next_timed(&mut steps, &mut call).await {
                Some(Ok(step)) => {
                    if let Some(picked) = pick(&mut call, step) {
                        call.yields();
                        r#yield!(picked);
                    }
                }
                Some(Err(error)) => {
                    drop(steps);
                    return Err(call.fail(error));
                }
                None => break,
            }
        }
        drop(steps);
        learn::<DB>(&mut connection, sql).await;
        call.finish();
        Ok(())
    })
}

/// A method that runs a query: as it is with tracing off, otherwise as `$traced` says.
macro_rules! run_query {
    ($method:ident -> $boxed:ident<$item:ty>, |$held:ident, $call:ident| $traced:expr) => {
        fn $method<'e, 'q: 'e, E>(mut self, query: E) -> $boxed<'e, Result<$item, Error>>
        where
            'c: 'e,
            E: 'q + Execute<'q, DB>,
        {
            let call = match self.gate() {
                Gate::Off => None,
                Gate::Traced => self.new_call(stringify!($method)),
                Gate::Outside => {
                    let query = Parts::of(query);
                    self.source.note_outside(query.sql.as_str());
                    return straight!(self, $method(query));
                }
            };
            match call {
                None => straight!(self, $method(query)),
                Some(mut $call) => {
                    $call.runs(query);
                    let $held = self.held();
                    $traced
                }
            }
        }
    };
}

/// Hands a call to sqlx's own executor.
macro_rules! straight {
    ($self:ident, $method:ident($($argument:expr),* $(,)?)) => {
        {
            let source = $self.source;
            if DB::ABORTS_TRANSACTIONS && let Some(unseen) = &$self.unseen {
                unseen.set(true);
            }
            let inner = match $self.host {
                Host::Pool(pool) => DB::pool_executor(pool).$method($($argument),*),
                Host::Connection(connection) => DB::connection_executor(connection).$method($($argument),*),
            };
            // The net is not to record what was switched off.
            if call::is_hidden(source) { Box::pin(Marked::new(inner, DB::EVENTS_ELSEWHERE)) } else { inner }
        }
    };
}

/// A method that asks the database about a statement without running it.
macro_rules! ask {
    ($self:ident, $method:ident, $sql:ident, ($($argument:expr),*)) => {
        match $self.call(stringify!($method)) {
            None => straight!($self, $method($sql, $($argument),*)),
            Some(mut call) => {
                call.is_about($sql.clone());
                let held = $self.held();
                Box::pin(async move {
                    let mut connection = held.start(&mut call).await?;
                    let inner = DB::connection_executor(&mut connection).$method($sql, $($argument),*);
                    let result = Marked::new(inner, DB::EVENTS_ELSEWHERE).await;
                    call.end(result)
                })
            }
        }
    };
}

impl<'c, DB: TracedDatabase> Executor<'c> for Via<'c, '_, DB> {
    type Database = DB;

    run_query!(execute -> BoxFuture<DB::QueryResult>, |held, call| {
        Box::pin(gather(held, call, DB::QueryResult::default(), |done, call, step| {
            if let Either::Left(result) = step {
                call.affected(&result);
                done.extend([result]);
            }
        }))
    });

    run_query!(execute_many -> BoxStream<DB::QueryResult>, |held, call| {
        stream(held, call, |call, step| {
            let result = step.left()?;
            call.affected(&result);
            Some(result)
        })
    });

    run_query!(fetch -> BoxStream<DB::Row>, |held, call| {
        let mut call = call;
        call.expects_rows();
        stream(held, call, |call, step| {
            let row = step.right()?;
            call.row(&row);
            Some(row)
        })
    });

    run_query!(fetch_many -> BoxStream<Either<DB::QueryResult, DB::Row>>, |held, call| {
        stream(held, call, |call, step| {
            call.step(&step);
            Some(step)
        })
    });

    run_query!(fetch_all -> BoxFuture<Vec<DB::Row>>, |held, call| {
        let mut call = call;
        call.expects_rows();
        Box::pin(gather(held, call, Vec::new(), |rows, call, step| {
            if let Either::Right(row) = step {
                call.row(&row);
                rows.push(row);
            }
        }))
    });

    run_query!(fetch_one -> BoxFuture<DB::Row>, |held, call| {
        let optional = optional(held, call);
        // That the program wanted a row is no failure of the statement.
        Box::pin(async move { optional.await?.ok_or(Error::RowNotFound) })
    });

    run_query!(fetch_optional -> BoxFuture<Option<DB::Row>>, |held, call| {
        Box::pin(optional(held, call))
    });

    fn prepare<'e>(mut self, sql: SqlStr) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'c: 'e,
    {
        ask!(self, prepare, sql, ())
    }

    fn prepare_with<'e>(
        mut self,
        sql: SqlStr,
        parameters: &'e [<DB as Database>::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'c: 'e,
    {
        ask!(self, prepare_with, sql, (parameters))
    }

    fn describe<'e>(mut self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<DB>, Error>>
    where
        'c: 'e,
    {
        ask!(self, describe, sql, ())
    }
}

/// Implements `Executor` for a reference to a traced type, by the [`Via`] that its method `via` gives.
macro_rules! impl_executor {
    ($self_type:ty) => {
        impl<'c, DB: $crate::TracedDatabase> sqlx_core::executor::Executor<'c> for $self_type {
            type Database = DB;

            $crate::executor::forward!(execute -> futures_core::future::BoxFuture<DB::QueryResult>);
            $crate::executor::forward!(execute_many -> futures_core::stream::BoxStream<DB::QueryResult>);
            $crate::executor::forward!(fetch -> futures_core::stream::BoxStream<DB::Row>);
            $crate::executor::forward!(fetch_many -> futures_core::stream::BoxStream<sqlx_core::Either<DB::QueryResult, DB::Row>>);
            $crate::executor::forward!(fetch_all -> futures_core::future::BoxFuture<Vec<DB::Row>>);
            $crate::executor::forward!(fetch_one -> futures_core::future::BoxFuture<DB::Row>);
            $crate::executor::forward!(fetch_optional -> futures_core::future::BoxFuture<Option<DB::Row>>);

            fn prepare<'e>(
                self,
                sql: sqlx_core::sql_str::SqlStr,
            ) -> futures_core::future::BoxFuture<'e, Result<DB::Statement, sqlx_core::error::Error>>
            where
                'c: 'e,
            {
                self.via().prepare(sql)
            }

            fn prepare_with<'e>(
                self,
                sql: sqlx_core::sql_str::SqlStr,
                parameters: &'e [DB::TypeInfo],
            ) -> futures_core::future::BoxFuture<'e, Result<DB::Statement, sqlx_core::error::Error>>
            where
                'c: 'e,
            {
                self.via().prepare_with(sql, parameters)
            }

            fn describe<'e>(
                self,
                sql: sqlx_core::sql_str::SqlStr,
            ) -> futures_core::future::BoxFuture<'e, Result<sqlx_core::describe::Describe<DB>, sqlx_core::error::Error>>
            where
                'c: 'e,
            {
                self.via().describe(sql)
            }
        }
    };
}

macro_rules! forward {
    ($method:ident -> $($boxed:ident)::+<$item:ty>) => {
        fn $method<'e, 'q: 'e, E>(self, query: E) -> $($boxed)::+<'e, Result<$item, sqlx_core::error::Error>>
        where
            'c: 'e,
            E: 'q + sqlx_core::executor::Execute<'q, DB>,
        {
            self.via().$method(query)
        }
    };
}

pub(crate) use {forward, impl_executor};
