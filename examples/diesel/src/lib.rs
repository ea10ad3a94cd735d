//! The blog of diesel's guide "Getting Started", with traced connections.
//!
//! Here: the connection. Below: `schema`, `models`, and `posts` with what the guide's programs do.

pub mod models;
pub mod posts;
pub mod schema;

use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use osprofiler_diesel::TracedSqliteConnection;

/// The guide writes `SqliteConnection` and `PgConnection` here. Nothing else is different.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// A PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgresql(osprofiler_diesel::TracedPgConnection),
    /// A file of SQLite.
    Sqlite(TracedSqliteConnection),
}

#[cfg(feature = "postgres")]
const POSTGRESQL: EmbeddedMigrations = embed_migrations!("migrations/postgresql");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Connects to what `DATABASE_URL` names, or else to a database in memory, and makes the tables.
///
/// # Errors
///
/// Where the database cannot be reached, and where a migration fails.
pub fn connect() -> Result<AnyConnection, Box<dyn std::error::Error>> {
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| ":memory:".to_owned());
    let mut connection = AnyConnection::establish(&url)?;
    let migrated = match &mut connection {
        #[cfg(feature = "postgres")]
        AnyConnection::Postgresql(connection) => connection.run_pending_migrations(POSTGRESQL).map(drop),
        AnyConnection::Sqlite(connection) => connection.run_pending_migrations(SQLITE).map(drop),
    };
    migrated.map_err(|error| error.to_string())?;
    Ok(connection)
}
