//! Migrations on a traced connection, by `Migrator::run_direct`. They are no statements of the program's requests: what they
//! run is internal.

use std::time::Duration;

use futures_core::future::BoxFuture;
use sqlx_core::migrate::{AppliedMigration, Migrate, MigrateError, Migration};

use crate::connection::TracedConnection;
use crate::database::TracedDatabase;
use crate::mark::Marked;

/// A method that runs on sqlx's own connection.
macro_rules! forward {
    ($method:ident($($argument:ident: $argument_type:ty),*) -> $result:ty) => {
        fn $method<'e>(&'e mut self $(, $argument: &'e $argument_type)*) -> BoxFuture<'e, Result<$result, MigrateError>> {
            Box::pin(Marked::internal(self.host_mut().$method($($argument),*), DB::EVENTS_ELSEWHERE))
        }
    };
}

impl<DB: TracedDatabase<Connection: Migrate>> Migrate for TracedConnection<'_, DB> {
    forward!(create_schema_if_not_exists(schema_name: str) -> ());
    forward!(ensure_migrations_table(table_name: str) -> ());
    forward!(dirty_version(table_name: str) -> Option<i64>);
    forward!(list_applied_migrations(table_name: str) -> Vec<AppliedMigration>);
    forward!(apply(table_name: str, migration: Migration) -> Duration);
    forward!(revert(table_name: str, migration: Migration) -> Duration);
    forward!(skip(table_name: str, migration: Migration) -> ());

    fn lock(&mut self) -> BoxFuture<'_, Result<(), MigrateError>> {
        Box::pin(Marked::internal(self.host_mut().lock(), DB::EVENTS_ELSEWHERE))
    }

    fn unlock(&mut self) -> BoxFuture<'_, Result<(), MigrateError>> {
        Box::pin(Marked::internal(self.host_mut().unlock(), DB::EVENTS_ELSEWHERE))
    }
}
