//! What fails on every database: each kind of error, with all that it says.

use diesel::connection::{DefaultLoadingMode, SimpleConnection as _};
use diesel::dsl::sql;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{Integer, Text};

use super::{Author, Conn, Db, authors, books, names};
use crate::account::{Account, idioms};

idioms!(
    unique,
    foreign_key,
    not_null,
    check,
    syntax,
    what_is_not_there,
    values_that_cannot_be_sent,
    values_that_cannot_be_read,
    errors_while_rows_come,
    errors_of_batches,
    errors_of_sql_queries;
    by_url no_connection
);

fn unique(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::insert_into(authors::table).values(authors::name.eq("Ann")).execute(conn));
    saw.result(diesel::insert_into(authors::table).values((authors::id.eq(1), authors::name.eq("x"))).execute(conn));
    saw.result(diesel::update(authors::table.find(2)).set(authors::name.eq("Ann")).execute(conn));
    saw.result(names(conn));
}

fn foreign_key(conn: &mut Conn, saw: &Account) {
    conn.batch_execute(super::SESSION).expect("a session");
    let values = (books::author_id.eq(9), books::title.eq("Elm"));
    saw.result(diesel::insert_into(books::table).values(values).execute(conn));
    saw.result(diesel::delete(authors::table.find(1)).execute(conn));
    saw.result(diesel::update(books::table.find(1)).set(books::author_id.eq(8)).execute(conn));
}

fn not_null(conn: &mut Conn, saw: &Account) {
    let null = sql::<Text>("NULL");
    saw.result(diesel::insert_into(authors::table).values(authors::name.eq(null.clone())).execute(conn));
    saw.result(diesel::update(authors::table.find(1)).set(authors::name.eq(null)).execute(conn));
    saw.result(diesel::insert_into(books::table).values(books::author_id.eq(1)).execute(conn));
}

fn check(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::insert_into(authors::table).values(authors::name.eq("")).execute(conn));
    saw.result(diesel::update(authors::table.find(1)).set(authors::name.eq("")).execute(conn));
}

fn syntax(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::sql_query("SELEC 1").execute(conn));
    saw.result(diesel::sql_query("SELECT 'open").execute(conn));
    saw.result(diesel::sql_query(super::EMPTY).execute(conn));
    saw.result(diesel::sql_query("SELECT 1; SELECT 2").execute(conn));
    saw.result(sql::<Integer>("SELECT FROM WHERE").load::<i32>(conn));
    saw.result(authors::table.filter(sql::<diesel::sql_types::Bool>("AND")).load::<Author>(conn));
    saw.result(names(conn));
}

diesel::table! {
    nowhere (id) {
        id -> Integer,
    }
}

fn what_is_not_there(conn: &mut Conn, saw: &Account) {
    saw.result(nowhere::table.load::<(i32,)>(conn));
    saw.result(nowhere::table.first::<(i32,)>(conn).optional());
    saw.result(nowhere::table.load_iter::<(i32,), DefaultLoadingMode>(conn).map(Iterator::count));
    saw.result(diesel::insert_into(nowhere::table).values(nowhere::id.eq(1)).execute(conn));
    saw.result(diesel::update(nowhere::table).set(nowhere::id.eq(1)).execute(conn));
    saw.result(diesel::delete(nowhere::table).execute(conn));
    saw.result(authors::table.select(sql::<Integer>("nothing")).load::<i32>(conn));
    saw.result(diesel::select(sql::<Integer>("no_such_function(1)")).load::<i32>(conn));
    saw.result(names(conn));
}

/// A value that says no.
#[derive(Clone, Copy, Debug, AsExpression)]
#[diesel(sql_type = Integer)]
struct Unwilling;

impl ToSql<Integer, Db> for Unwilling {
    fn to_sql<'b>(&'b self, _: &mut Output<'b, '_, Db>) -> serialize::Result {
        Err("it does not want to".into())
    }
}

fn values_that_cannot_be_sent(conn: &mut Conn, saw: &Account) {
    saw.result(authors::table.filter(authors::id.eq(Unwilling)).load::<Author>(conn));
    saw.result(authors::table.filter(authors::id.eq(Unwilling)).first::<Author>(conn).optional());
    saw.result(diesel::delete(authors::table.filter(authors::id.eq(Unwilling))).execute(conn));
    saw.result(
        diesel::sql_query(super::INSERT_AUTHOR).bind::<Text, _>("x").bind::<Integer, _>(Unwilling).execute(conn),
    );
    let later = authors::table.filter(authors::name.eq("Ann").and(authors::id.eq(Unwilling)));
    saw.result(later.load_iter::<Author, DefaultLoadingMode>(conn).map(Iterator::count));
    saw.result(Unwilling.as_expression_of(conn));
    saw.result(names(conn));
}

impl Unwilling {
    fn as_expression_of(self, conn: &mut Conn) -> QueryResult<i32> {
        diesel::select(AsExpression::<Integer>::as_expression(self)).get_result(conn)
    }
}

fn values_that_cannot_be_read(conn: &mut Conn, saw: &Account) {
    saw.result(sql::<Integer>("SELECT NULL").get_result::<i32>(conn));
    saw.result(sql::<Integer>("SELECT NULL").get_result::<i32>(conn).optional());
    saw.result(sql::<Text>("SELECT born FROM authors ORDER BY id").load::<String>(conn));
    #[derive(Debug, QueryableByName)]
    #[expect(dead_code, reason = "read by Debug")]
    struct Other {
        #[diesel(sql_type = Integer)]
        missing: i32,
    }
    saw.result(diesel::sql_query("SELECT id FROM authors").load::<Other>(conn));
    saw.result(diesel::sql_query("SELECT NULL AS missing").get_result::<Other>(conn));
    saw.result(names(conn));
}

fn errors_while_rows_come(conn: &mut Conn, saw: &Account) {
    saw.result(sql::<Integer>(super::FAILS_AT_TWO).load::<i32>(conn));
    saw.result(sql::<Integer>(super::FAILS_AT_TWO).get_result::<i32>(conn));
    match sql::<Integer>(super::FAILS_AT_TWO).load_iter::<i32, DefaultLoadingMode>(conn) {
        Ok(rows) => rows.take(4).for_each(|row| saw.result(row)),
        Err(error) => saw.result::<(), _>(Err(error)),
    }
    saw.result(names(conn));
}

fn errors_of_batches(conn: &mut Conn, saw: &Account) {
    saw.result(conn.batch_execute("SELECT 1; INSERT INTO authors (name) VALUES ('Ann'); SELECT 2"));
    saw.result(conn.batch_execute("INSERT INTO authors (name) VALUES ('Dee'); SELEC"));
    saw.result(conn.batch_execute(super::EMPTY));
    saw.result(conn.batch_execute("-- nothing"));
    saw.result(names(conn));
}

fn errors_of_sql_queries(conn: &mut Conn, saw: &Account) {
    let insert = || diesel::sql_query(super::INSERT_AUTHOR);
    saw.result(insert().bind::<Text, _>("Ann").bind::<Integer, _>(1).execute(conn));
    saw.result(diesel::sql_query("SELECT * FROM nowhere").load::<Author>(conn));
    saw.result(diesel::sql_query("SELECT name FROM authors").bind::<Text, _>("one too many").execute(conn));
    saw.result(names(conn));
}

fn no_connection(_: &str, saw: &Account) {
    for url in super::WRONG_URLS {
        saw.result(Conn::establish(url).map(|_| ()));
    }
}
