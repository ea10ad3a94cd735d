//! Migrations of `diesel_migrations`: embedded, from files and written in Rust; up, down and pending.

use diesel::connection::BoxableConnection;
use diesel::migration::{self, Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel_migrations::{FileBasedMigrations, HarnessWithOutput, MigrationHarness};

use super::{Conn, Db, MIGRATIONS, authors, names};
use crate::account::{Account, idioms};

idioms!(up_and_down, one_by_one, from_files, with_output, written_in_rust, a_failing_one);

diesel::table! {
    notes (id) {
        id -> Integer,
        text -> Text,
    }
}

fn versions<'v>(versions: Vec<MigrationVersion<'v>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

fn texts(conn: &mut Conn) -> QueryResult<Vec<String>> {
    notes::table.select(notes::text).order(notes::id).load(conn)
}

fn up_and_down(conn: &mut Conn, saw: &Account) {
    saw.boxed(conn.has_pending_migration(MIGRATIONS));
    saw.boxed(conn.pending_migrations(MIGRATIONS).map(|pending| pending.len()));
    saw.boxed(conn.run_pending_migrations(MIGRATIONS).map(versions));
    saw.result(texts(conn));
    saw.boxed(conn.has_pending_migration(MIGRATIONS));
    saw.boxed(conn.run_pending_migrations(MIGRATIONS).map(versions));
    saw.boxed(conn.applied_migrations().map(versions));
    saw.boxed(conn.revert_all_migrations(MIGRATIONS).map(versions));
    saw.boxed(conn.applied_migrations().map(versions));
    saw.result(texts(conn));
    saw.boxed(conn.revert_last_migration(MIGRATIONS).map(|version| version.to_string()));
}

fn one_by_one(conn: &mut Conn, saw: &Account) {
    saw.boxed(conn.run_next_migration(MIGRATIONS).map(|version| version.to_string()));
    saw.result(texts(conn));
    saw.boxed(conn.run_next_migration(MIGRATIONS).map(|version| version.to_string()));
    saw.result(texts(conn));
    saw.boxed(conn.revert_last_migration(MIGRATIONS).map(|version| version.to_string()));
    saw.result(texts(conn));
    let all: Vec<Box<dyn Migration<Db>>> = MIGRATIONS.migrations().expect("they are embedded");
    saw.boxed(conn.run_migrations(&all[1..]).map(versions));
    saw.boxed(conn.revert_migration(&all[1]).map(|version| version.to_string()));
    saw.boxed(conn.run_migration(&all[1]).map(|version| version.to_string()));
}

fn from_files(conn: &mut Conn, saw: &Account) {
    let files = || FileBasedMigrations::from_path(super::MIGRATIONS_PATH).expect("the folder is there");
    saw.boxed(conn.run_pending_migrations(files()).map(versions));
    saw.result(texts(conn));
    saw.boxed(conn.has_pending_migration(MIGRATIONS));
    saw.boxed(conn.revert_all_migrations(files()).map(versions));
}

fn with_output(conn: &mut Conn, saw: &Account) {
    let mut output = Vec::new();
    let mut harness = HarnessWithOutput::new(conn, &mut output);
    saw.boxed(harness.run_pending_migrations(MIGRATIONS).map(versions));
    saw.boxed(harness.revert_last_migration(MIGRATIONS).map(|version| version.to_string()));
    saw.value(String::from_utf8(output));
}

/// A migration that is code; the second one fails after it has changed something.
struct Coded {
    version: &'static str,
    fails: bool,
}

impl std::fmt::Display for Coded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.version)
    }
}

impl MigrationName for Coded {
    fn version(&self) -> MigrationVersion<'_> {
        self.version.into()
    }
}

impl MigrationMetadata for Coded {}

impl Migration<Db> for Coded {
    fn run(&self, conn: &mut dyn BoxableConnection<Db>) -> migration::Result<()> {
        conn.batch_execute(&format!("INSERT INTO authors (name) VALUES ('{self}')"))?;
        // One that wants more than batches finds the connection's own type.
        let conn = conn.downcast_mut::<Conn>().ok_or("a connection of another type")?;
        diesel::update(authors::table).set(authors::born.eq(7)).execute(conn)?;
        if self.fails {
            diesel::sql_query("SELECT * FROM nowhere").execute(conn)?;
        }
        Ok(())
    }

    fn revert(&self, conn: &mut dyn BoxableConnection<Db>) -> migration::Result<()> {
        Ok(conn.batch_execute(&format!("DELETE FROM authors WHERE name = '{self}'"))?)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

struct Both;

impl MigrationSource<Db> for Both {
    fn migrations(&self) -> migration::Result<Vec<Box<dyn Migration<Db>>>> {
        Ok(vec![Box::new(Coded { version: "1", fails: false }), Box::new(Coded { version: "2", fails: true })])
    }
}

fn written_in_rust(conn: &mut Conn, saw: &Account) {
    saw.boxed(conn.run_migration(&Coded { version: "1", fails: false }).map(|version| version.to_string()));
    saw.result(names(conn));
    saw.boxed(conn.revert_migration(&Coded { version: "1", fails: false }).map(|version| version.to_string()));
    saw.result(names(conn));
}

fn a_failing_one(conn: &mut Conn, saw: &Account) {
    saw.boxed(conn.run_pending_migrations(Both).map(versions));
    saw.result(names(conn));
    saw.boxed(conn.applied_migrations().map(versions));
    saw.result(conn.transaction(names));
}
