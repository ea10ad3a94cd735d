//! MySQL's own statements, its way to say how many rows there are, and its locks.

use diesel::connection::{DefaultLoadingMode, SimpleConnection as _};
use diesel::dsl::{DuplicatedKeys, sql};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Integer};

use super::{Author, Conn, NewAuthor, authors, names};
use crate::account::{Account, idioms};

idioms!(
    the_number_of_rows,
    loading_modes_are_inferred,
    insert_or,
    on_duplicate_keys,
    ids_of_inserts,
    locks,
    ddl_ends_a_transaction,
    procedures,
    warnings;
    by_url a_deadlock_that_times_out, a_killed_connection
);

fn insert(conn: &mut Conn, name: &str) -> QueryResult<usize> {
    diesel::insert_into(authors::table).values(authors::name.eq(name)).execute(conn)
}

fn the_number_of_rows(conn: &mut Conn, saw: &Account) {
    let rows = authors::table.load_iter::<Author, DefaultLoadingMode>(conn).expect("rows");
    saw.value((rows.len(), rows.size_hint()));
    drop(rows);
    let mut rows = authors::table.order(authors::id).load_iter::<Author, DefaultLoadingMode>(conn).expect("rows");
    saw.value((rows.next(), rows.len(), rows.count()));
    saw.result(authors::table.find(9).load_iter::<Author, DefaultLoadingMode>(conn).map(|rows| rows.len()));
}

fn loading_modes_are_inferred(conn: &mut Conn, saw: &Account) {
    let rows = authors::table.order(authors::id).load_iter::<Author, _>(conn).expect("rows");
    saw.result(rows.collect::<QueryResult<Vec<_>>>());
    let inferred: Vec<QueryResult<i32>> =
        authors::table.select(authors::id).order(authors::id).load_iter::<_, _>(conn).expect("rows").collect();
    saw.value(inferred);
}

fn insert_or(conn: &mut Conn, saw: &Account) {
    let again = NewAuthor { name: "Bob", born: Some(1) };
    saw.result(diesel::insert_or_ignore_into(authors::table).values(&again).execute(conn));
    saw.result(diesel::replace_into(authors::table).values(&again).execute(conn));
    saw.result(diesel::replace_into(authors::table).values((authors::id.eq(9), authors::name.eq("Dee"))).execute(conn));
    saw.result(authors::table.order(authors::name).load::<Author>(conn));
}

fn on_duplicate_keys(conn: &mut Conn, saw: &Account) {
    let values = || (authors::name.eq("Ann"), authors::born.eq(1));
    let upsert = diesel::insert_into(authors::table).values(values()).on_conflict(DuplicatedKeys);
    saw.result(upsert.do_update().set(authors::born.eq(7)).execute(conn));
    let upsert = diesel::insert_into(authors::table).values(values()).on_conflict(DuplicatedKeys);
    saw.result(upsert.do_update().set(authors::born.eq(7)).execute(conn));
    let nothing = diesel::insert_into(authors::table).values(values()).on_conflict_do_nothing();
    saw.result(nothing.execute(conn));
    saw.result(authors::table.order(authors::name).load::<Author>(conn));
}

define_sql_function! {
    /// The key of the row that was inserted last.
    fn last_insert_id() -> Unsigned<BigInt>;
}

fn last_insert_id_of(conn: &mut Conn) -> QueryResult<u64> {
    diesel::select(last_insert_id()).get_result(conn)
}

fn ids_of_inserts(conn: &mut Conn, saw: &Account) {
    saw.result(last_insert_id_of(conn));
    saw.result(insert(conn, "Dee"));
    saw.result(last_insert_id_of(conn));
    let rows = [NewAuthor { name: "Eve", born: None }, NewAuthor { name: "Flo", born: None }];
    saw.result(diesel::insert_into(authors::table).values(&rows).execute(conn));
    saw.result(last_insert_id_of(conn));
}

fn locks(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction(|conn| authors::table.find(1).for_update().first::<Author>(conn)));
    saw.result(
        conn.transaction(|conn| authors::table.for_update().skip_locked().load::<Author>(conn).map(|all| all.len())),
    );
    saw.result(
        conn.transaction(|conn| authors::table.for_update().no_wait().load::<Author>(conn).map(|all| all.len())),
    );
}

fn ddl_ends_a_transaction(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction::<(), Error, _>(|conn| {
        insert(conn, "Dee")?;
        conn.batch_execute("CREATE TABLE other (id INT)")?;
        insert(conn, "Eve")?;
        Err(Error::RollbackTransaction)
    }));
    saw.result(names(conn));
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        let inner = conn.transaction::<_, Error, _>(|conn| conn.batch_execute("DROP TABLE other"));
        // The savepoint went with the transaction.
        saw.result(inner);
        insert(conn, "Flo")
    }));
    saw.result(names(conn));
}

fn procedures(conn: &mut Conn, saw: &Account) {
    saw.result(conn.batch_execute("CREATE PROCEDURE twice(n INT) SELECT 2 * n AS id, 'x' AS name, NULL AS born"));
    saw.result(diesel::sql_query("CALL twice(?)").bind::<Integer, _>(4).load::<Author>(conn));
    saw.result(diesel::sql_query("CALL nothing()").execute(conn));
    saw.result(conn.batch_execute("CALL twice(1); CALL twice(2)"));
    saw.result(names(conn));
}

fn warnings(conn: &mut Conn, saw: &Account) {
    saw.result(sql::<BigInt>("SELECT CAST('x' AS SIGNED)").get_result::<i64>(conn));
    saw.result(
        diesel::sql_query("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'own text', MYSQL_ERRNO = 4711").execute(conn),
    );
    saw.result(insert(conn, "a name that is far too long for a column of forty characters"));
    saw.result(diesel::sql_query("INSERT INTO authors (id, name) VALUES ('x', 'x')").execute(conn));
    saw.result(conn.batch_execute("SET SESSION max_statement_time = 0.03"));
    saw.result(sql::<Integer>("SELECT sleep(5)").get_result::<i32>(conn));
    saw.result(names(conn));
}

fn a_deadlock_that_times_out(url: &str, saw: &Account) {
    let mut one = Conn::establish(url).expect("a connection");
    let mut other = Conn::establish(url).expect("a connection");
    saw.result(other.batch_execute("SET SESSION innodb_lock_wait_timeout = 1"));
    saw.result(one.transaction::<_, Error, _>(|one| {
        diesel::update(authors::table.find(1)).set(authors::born.eq(1)).execute(one)?;
        let change = diesel::update(authors::table.find(1)).set(authors::born.eq(2));
        saw.result(other.transaction(|other| change.execute(other)));
        names(&mut other)
    }));
}

fn a_killed_connection(url: &str, saw: &Account) {
    let mut one = Conn::establish(url).expect("a connection");
    let mut other = Conn::establish(url).expect("a connection");
    let id = sql::<BigInt>("SELECT connection_id()").get_result::<i64>(&mut one).expect("a number");
    saw.result(one.transaction::<_, Error, _>(|one| {
        insert(one, "Dee")?;
        saw.result(other.batch_execute(&format!("KILL {id}")));
        insert(one, "Eve")
    }));
    saw.result(names(&mut one));
    saw.result(one.transaction(names));
    saw.result(names(&mut other));
}
