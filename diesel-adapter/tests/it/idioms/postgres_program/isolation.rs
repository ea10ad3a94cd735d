//! Transactions that only PostgreSQL has: their options, constraints that wait, commits that fail.

use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::Text;

use super::{Conn, authors, names};
use crate::account::{Account, idioms};

idioms!(
    options,
    a_read_only_transaction,
    inside_another,
    a_commit_that_is_a_rollback,
    a_constraint_that_waits,
    a_failed_savepoint,
    a_transaction_ended_by_hand;
    by_url a_serialization_failure, a_killed_connection
);

diesel::define_sql_function! {
    /// A setting of the session.
    fn current_setting(name: Text) -> Text;
}

fn settings(conn: &mut Conn) -> QueryResult<(String, String, String)> {
    let settings = (
        current_setting("transaction_isolation"),
        current_setting("transaction_read_only"),
        current_setting("transaction_deferrable"),
    );
    diesel::select(settings).get_result(conn)
}

fn insert(conn: &mut Conn, name: &str) -> QueryResult<usize> {
    diesel::insert_into(authors::table).values(authors::name.eq(name)).execute(conn)
}

fn options(conn: &mut Conn, saw: &Account) {
    saw.result(conn.build_transaction().run(settings));
    saw.result(conn.build_transaction().read_only().serializable().run(settings));
    saw.result(conn.build_transaction().read_only().serializable().deferrable().run(settings));
    saw.result(conn.build_transaction().read_write().repeatable_read().not_deferrable().run(settings));
    saw.result(conn.build_transaction().read_committed().run(|conn| insert(conn, "Dee")));
    let mut builder = conn.build_transaction().serializable();
    saw.result(builder.run(|conn| insert(conn, "Eve")));
    saw.result(builder.run(|conn| insert(conn, "Eve")));
    saw.result(names(conn));
}

fn a_read_only_transaction(conn: &mut Conn, saw: &Account) {
    saw.result(conn.build_transaction().read_only().run(|conn| {
        saw.result(names(conn));
        insert(conn, "Dee")
    }));
    saw.result(names(conn));
}

fn inside_another(conn: &mut Conn, saw: &Account) {
    saw.result(conn.build_transaction().serializable().run::<_, Error, _>(|conn| {
        saw.result(conn.transaction(|conn| insert(conn, "Dee")));
        saw.result(conn.transaction(|conn| insert(conn, "Ann")));
        saw.result(conn.build_transaction().read_only().run(|conn| insert(conn, "Eve")));
        names(conn)
    }));
    saw.result(names(conn));
}

fn a_commit_that_is_a_rollback(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        insert(conn, "Dee")?;
        saw.result(insert(conn, "Ann"));
        Ok("the program says that it went well")
    }));
    saw.result(names(conn));
    saw.result(AnsiTransactionManager::begin_transaction(conn));
    saw.result(insert(conn, "Ann"));
    saw.result(AnsiTransactionManager::commit_transaction(conn));
    saw.result(names(conn));
}

fn a_constraint_that_waits(conn: &mut Conn, saw: &Account) {
    let table = "CREATE TABLE later (id INT PRIMARY KEY, author INT REFERENCES authors DEFERRABLE INITIALLY DEFERRED)";
    saw.result(conn.batch_execute(table));
    saw.result(conn.transaction(|conn| diesel::sql_query("INSERT INTO later VALUES (1, 9)").execute(conn)));
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        diesel::sql_query("INSERT INTO later VALUES (1, 9)").execute(conn)?;
        diesel::sql_query("UPDATE later SET author = 1").execute(conn)
    }));
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        // A savepoint does not check.
        saw.result(conn.transaction(|conn| diesel::sql_query("INSERT INTO later VALUES (2, 9)").execute(conn)));
        conn.batch_execute("SET CONSTRAINTS ALL IMMEDIATE")
    }));
    saw.result(diesel::sql_query("SELECT * FROM later").execute(conn));
}

fn a_failed_savepoint(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        saw.result(insert(conn, "Ann"));
        // The transaction has failed already, so there is no savepoint.
        saw.result(conn.transaction(|conn| insert(conn, "Dee")));
        Ok(())
    }));
    saw.result(names(conn));
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        let inner = conn.transaction::<_, Error, _>(|conn| {
            saw.result(insert(conn, "Ann"));
            Ok("the savepoint's release fails")
        });
        saw.result(inner);
        insert(conn, "Eve")
    }));
    saw.result(names(conn));
}

fn a_transaction_ended_by_hand(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        insert(conn, "Dee")?;
        conn.batch_execute("ROLLBACK")?;
        insert(conn, "Eve")
    }));
    saw.result(names(conn));
    saw.result(conn.transaction(|conn| conn.batch_execute("COMMIT; BEGIN")));
    saw.result(names(conn));
}

fn a_serialization_failure(url: &str, saw: &Account) {
    let mut one = Conn::establish(url).expect("a connection");
    let mut other = Conn::establish(url).expect("a connection");
    let change =
        |conn: &mut Conn, born| diesel::update(authors::table.find(1)).set(authors::born.eq(born)).execute(conn);
    saw.result(one.build_transaction().serializable().run(|one| {
        saw.result(names(one));
        saw.result(other.build_transaction().serializable().run(|other| change(other, 1)));
        change(one, 2)
    }));
    saw.result(one.build_transaction().repeatable_read().run(|one| change(one, 3)));
    // One that is found at the end only: each has read what the other writes.
    saw.result(one.build_transaction().serializable().run(|one| {
        saw.result(names(one));
        saw.result(other.build_transaction().serializable().run(|other| {
            saw.result(names(other));
            insert(other, "Dee")
        }));
        insert(one, "Eve")
    }));
    saw.result(names(&mut one));
}

fn a_killed_connection(url: &str, saw: &Account) {
    let mut one = Conn::establish(url).expect("a connection");
    let mut other = Conn::establish(url).expect("a connection");
    let pid = diesel::dsl::sql::<diesel::sql_types::Integer>("SELECT pg_backend_pid()").get_result::<i32>(&mut one);
    let kill = diesel::sql_query("SELECT pg_terminate_backend($1, 5000)");
    saw.result(one.transaction::<_, Error, _>(|one| {
        insert(one, "Dee")?;
        saw.result(kill.bind::<diesel::sql_types::Integer, _>(pid.expect("a number")).execute(&mut other));
        insert(one, "Eve")
    }));
    saw.result(names(&mut one));
    saw.result(one.transaction(names));
    saw.result(names(&mut other));
}
