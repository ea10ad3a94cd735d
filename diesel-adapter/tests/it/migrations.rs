//! What migrations run is internal, and what the program runs after them is not.

use diesel::connection::BoxableConnection;
use diesel::migration::{self, Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sqlite::Sqlite;
use diesel_migrations::MigrationHarness;
use osprofiler_diesel::TracedSqliteConnection;

use crate::store::Store;

struct Step(&'static str, &'static str, bool);

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl MigrationName for Step {
    fn version(&self) -> MigrationVersion<'_> {
        self.0.into()
    }
}

impl MigrationMetadata for Step {
    fn run_in_transaction(&self) -> bool {
        self.2
    }
}

impl Migration<Sqlite> for Step {
    fn run(&self, conn: &mut dyn BoxableConnection<Sqlite>) -> migration::Result<()> {
        Ok(conn.batch_execute(self.1)?)
    }

    fn revert(&self, _: &mut dyn BoxableConnection<Sqlite>) -> migration::Result<()> {
        Ok(())
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

struct Steps(fn() -> Vec<Step>);

impl MigrationSource<Sqlite> for Steps {
    fn migrations(&self) -> migration::Result<Vec<Box<dyn Migration<Sqlite>>>> {
        Ok((self.0)().into_iter().map(|step| Box::new(step) as _).collect())
    }
}

fn steps() -> Vec<Step> {
    vec![
        Step("1", "CREATE TABLE note (id INTEGER); INSERT INTO note VALUES (1)", true),
        Step("2", "INSERT INTO note VALUES (2)", false),
        Step("3", "INSERT INTO note VALUES (3)", true),
    ]
}

/// What the program asked for.
fn of_program(store: &Store) -> Vec<String> {
    let points = store.points();
    let program = points.iter().filter(|point| !point.is_internal());
    program.filter_map(|point| point.statement()).filter(|text| *text != "CONNECT").map(str::to_owned).collect()
}

const PROGRAM: [&str; 3] = ["BEGIN", "INSERT INTO note VALUES (4)", "COMMIT"];

fn program<C: Connection<Backend = Sqlite>>(connection: &mut C) {
    let inserted = connection.transaction(|connection| connection.batch_execute(PROGRAM[1]));
    inserted.expect("there is the table");
}

#[test]
fn migrations_are_internal_and_what_follows_is_not() {
    let store = Store::new();
    store.record(|| {
        let mut connection = TracedSqliteConnection::establish(":memory:").expect("SQLite opens in memory");
        connection.run_pending_migrations(Steps(steps)).expect("they are right");
        program(&mut connection);
        assert!(!connection.has_pending_migration(Steps(steps)).expect("it looks"));
        program(&mut connection);
    });
    store.assert_whole();
    assert_eq!(of_program(&store), [PROGRAM, PROGRAM].concat());
    assert!(store.points().iter().any(|point| point.statement().is_some_and(|text| text.contains("TABLE note"))));
}

#[test]
fn migrations_of_a_pooled_connection_are_internal_and_what_follows_is_not() {
    let store = Store::new();
    let pool = Pool::builder().max_size(1).build(ConnectionManager::<TracedSqliteConnection>::new(":memory:"));
    let pool = pool.expect("a pool");
    store.record(|| {
        let mut connection = pool.get().expect("a connection");
        connection.run_pending_migrations(Steps(steps)).expect("they are right");
        program(&mut connection);
    });
    assert_eq!(of_program(&store), PROGRAM);
}

#[test]
fn a_migration_that_fails_ends_there() {
    let failing = || vec![Step("1", "CREATE TABLE note (id INTEGER)", true), Step("2", "nonsense", true)];
    let store = Store::new();
    store.record(|| {
        let mut connection = TracedSqliteConnection::establish(":memory:").expect("SQLite opens in memory");
        connection.run_pending_migrations(Steps(failing)).expect_err("nonsense");
        program(&mut connection);
    });
    assert_eq!(of_program(&store), PROGRAM);
}

#[test]
fn migrations_on_the_connection_within_are_internal() {
    let store = Store::new();
    store.record(|| {
        let mut connection = TracedSqliteConnection::establish(":memory:").expect("SQLite opens in memory");
        (*connection).run_pending_migrations(Steps(steps)).expect("they are right");
        program(&mut connection);
    });
    assert_eq!(of_program(&store), PROGRAM);
}
