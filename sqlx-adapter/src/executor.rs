//! The executor methods, once for all executors.

use std::fmt;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use osprofiler::db::{DbSource, DbStop};
use sqlx_core::Either;
use sqlx_core::database::Database;
use sqlx_core::describe::Describe;
use sqlx_core::error::Error;
use sqlx_core::executor::{Execute, Executor};
use sqlx_core::sql_str::SqlStr;

use crate::call::Call;
use crate::database::TracedDatabase;
use crate::observe;
use crate::query::TracedQuery;

/// An executor of sqlx, traced. With tracing off, every call goes straight to it.
pub(crate) struct Via<'s, X> {
    pub(crate) inner: X,
    pub(crate) source: &'s Arc<DbSource>,
    /// Whether `inner` is a pool.
    pub(crate) pooled: bool,
}

impl<X> fmt::Debug for Via<'_, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Via").finish_non_exhaustive()
    }
}

fn count_row<T>(stop: &mut DbStop, _: &T) {
    stop.add_rows(1);
}

#[expect(clippy::ptr_arg, reason = "it counts the method's own result")]
fn count_rows<T>(stop: &mut DbStop, rows: &Vec<T>) {
    stop.add_rows(rows.len() as u64);
}

fn count_maybe_row<T>(stop: &mut DbStop, row: &Option<T>) {
    stop.add_rows(u64::from(row.is_some()));
}

fn count_affected<DB: TracedDatabase>(stop: &mut DbStop, result: &DB::QueryResult) {
    stop.add_affected(DB::rows_affected(result));
}

fn count_either<DB: TracedDatabase>(stop: &mut DbStop, step: &Either<DB::QueryResult, DB::Row>) {
    match step {
        Either::Left(result) => stop.add_affected(DB::rows_affected(result)),
        Either::Right(_) => stop.add_rows(1),
    }
}

/// A call that returned no row returned zero rows.
fn count_nothing<T>(_: &mut DbStop, _: &T) {}

/// A method that runs a query: as it is with tracing off, observed with tracing on.
macro_rules! run_query {
    ($method:ident -> $boxed:ident<$item:ty>, $observe:ident, $count:expr) => {
        fn $method<'e, 'q: 'e, E>(self, query: E) -> $boxed<'e, Result<$item, Error>>
        where
            'c: 'e,
            E: 'q + Execute<'q, DB>,
        {
            match Call::<DB>::new(self.source, stringify!($method), self.pooled) {
                None => self.inner.$method(query),
                Some(call) => {
                    let inner = self.inner.$method(TracedQuery::new(query, Arc::clone(&call)));
                    observe::$observe(inner, call, $count)
                }
            }
        }
    };
}

/// A method that asks the database about a statement without running it.
macro_rules! ask {
    ($self:ident, $method:ident, $sql:ident, ($($argument:expr),*)) => {
        match Call::<DB>::new($self.source, stringify!($method), $self.pooled) {
            None => $self.inner.$method($sql, $($argument),*),
            Some(call) => {
                call.asks($sql.clone());
                let inner = $self.inner.$method($sql, $($argument),*);
                observe::future(inner, call, count_nothing)
            }
        }
    };
}

impl<'c, DB: TracedDatabase, X: Executor<'c, Database = DB>> Executor<'c> for Via<'_, X> {
    type Database = DB;

    run_query!(execute -> BoxFuture<DB::QueryResult>, future, count_affected::<DB>);
    run_query!(execute_many -> BoxStream<DB::QueryResult>, stream, count_affected::<DB>);
    run_query!(fetch -> BoxStream<DB::Row>, stream, count_row);
    run_query!(fetch_many -> BoxStream<Either<DB::QueryResult, DB::Row>>, stream, count_either::<DB>);
    run_query!(fetch_all -> BoxFuture<Vec<DB::Row>>, future, count_rows);
    run_query!(fetch_one -> BoxFuture<DB::Row>, future, count_row);
    run_query!(fetch_optional -> BoxFuture<Option<DB::Row>>, future, count_maybe_row);

    fn prepare<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'c: 'e,
    {
        ask!(self, prepare, sql, ())
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [<DB as Database>::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'c: 'e,
    {
        ask!(self, prepare_with, sql, (parameters))
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<DB>, Error>>
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
