//! SQLite's own transactions and statements, values without types, and its way to say how many rows there are.

use diesel::connection::{DefaultLoadingMode, SimpleConnection as _};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{self as st, Integer, Text};

use super::{Author, Conn, NewAuthor, authors, names};
use crate::account::{Account, idioms};

idioms!(
    immediate_and_exclusive,
    immediate_and_exclusive_inside_others,
    insert_or,
    loading_modes_are_inferred,
    constraints_that_wait,
    values,
    times,
    pragmas;
    by_url a_locked_database
);

fn insert(conn: &mut Conn, name: &str) -> QueryResult<usize> {
    diesel::insert_into(authors::table).values(authors::name.eq(name)).execute(conn)
}

fn immediate_and_exclusive(conn: &mut Conn, saw: &Account) {
    saw.result(conn.immediate_transaction(|conn| insert(conn, "Dee")));
    saw.result(conn.exclusive_transaction(|conn| insert(conn, "Eve")));
    saw.result(conn.immediate_transaction(|conn| insert(conn, "Ann")));
    saw.result(conn.exclusive_transaction::<(), Error, _>(|conn| {
        insert(conn, "Flo")?;
        saw.result(conn.transaction(|conn| insert(conn, "Gil")));
        saw.result(conn.transaction(|conn| insert(conn, "Ann")));
        Err(Error::RollbackTransaction)
    }));
    saw.result(names(conn));
}

fn immediate_and_exclusive_inside_others(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction(|conn| {
        insert(conn, "Dee")?;
        saw.result(conn.immediate_transaction(|conn| insert(conn, "Eve")));
        saw.result(conn.exclusive_transaction(|conn| insert(conn, "Flo")));
        names(conn)
    }));
    saw.result(names(conn));
}

fn insert_or(conn: &mut Conn, saw: &Account) {
    let again = NewAuthor { name: "Ann", born: Some(1) };
    saw.result(diesel::insert_or_ignore_into(authors::table).values(&again).execute(conn));
    saw.result(diesel::replace_into(authors::table).values(&again).execute(conn));
    saw.result(diesel::replace_into(authors::table).values((authors::id.eq(2), authors::name.eq("Bo"))).execute(conn));
    saw.result(authors::table.order(authors::name).load::<Author>(conn));
}

fn loading_modes_are_inferred(conn: &mut Conn, saw: &Account) {
    let rows = authors::table.order(authors::id).load_iter::<Author, _>(conn).expect("rows");
    saw.result(rows.collect::<QueryResult<Vec<_>>>());
    let rows = authors::table.load_iter::<Author, DefaultLoadingMode>(conn).expect("rows");
    saw.value(rows.size_hint().1);
    drop(rows);
    let inferred: Vec<QueryResult<i32>> =
        authors::table.select(authors::id).order(authors::id).load_iter::<_, _>(conn).expect("rows").collect();
    saw.value(inferred);
}

fn constraints_that_wait(conn: &mut Conn, saw: &Account) {
    saw.result(conn.batch_execute(
        "PRAGMA foreign_keys = ON;
         CREATE TABLE later (author INTEGER REFERENCES authors DEFERRABLE INITIALLY DEFERRED)",
    ));
    saw.result(conn.transaction(|conn| diesel::sql_query("INSERT INTO later VALUES (9)").execute(conn)));
    // The commit failed, and the transaction was taken back.
    saw.result(conn.transaction(|conn| insert(conn, "Dee")));
    saw.result(sql::<Integer>("SELECT count(*) FROM later").get_result::<i32>(conn));
    saw.result(names(conn));
}

fn values(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::select(i64::MIN.into_sql::<st::BigInt>()).get_result::<i64>(conn));
    saw.result(diesel::select(0.1_f32.into_sql::<st::Float>()).get_result::<f32>(conn));
    saw.result(diesel::select(1e300_f64.into_sql::<st::Double>()).get_result::<f64>(conn));
    saw.result(diesel::select(f64::NAN.into_sql::<st::Double>()).get_result::<f64>(conn));
    saw.result(diesel::select(true.into_sql::<st::Bool>()).get_result::<bool>(conn));
    saw.result(diesel::select(vec![0_u8, 255].into_sql::<st::Binary>()).get_result::<Vec<u8>>(conn));
    saw.result(diesel::select("with\0nul".into_sql::<Text>()).get_result::<String>(conn));
    saw.result(diesel::select(None::<i32>.into_sql::<st::Nullable<Integer>>()).get_result::<Option<i32>>(conn));
    let json = serde_json::json!({ "a": [1, null] });
    saw.result(diesel::select(json.clone().into_sql::<st::Json>()).get_result::<serde_json::Value>(conn));
    saw.result(diesel::select(json.into_sql::<st::Jsonb>()).get_result::<serde_json::Value>(conn));
    // A column's value has any type.
    saw.result(sql::<Integer>("SELECT 'seven'").get_result::<i32>(conn));
    saw.result(sql::<Text>("SELECT 7").get_result::<String>(conn));
    saw.result(sql::<Text>("SELECT x'ff'").get_result::<String>(conn));
}

fn times(conn: &mut Conn, saw: &Account) {
    let at = chrono::DateTime::from_timestamp_micros(1_700_000_000_000_001).expect("a time");
    saw.result(diesel::select(at.naive_utc().into_sql::<st::Timestamp>()).get_result::<chrono::NaiveDateTime>(conn));
    saw.result(diesel::select(at.date_naive().into_sql::<st::Date>()).get_result::<chrono::NaiveDate>(conn));
    saw.result(
        diesel::select(at.into_sql::<st::TimestamptzSqlite>()).get_result::<chrono::DateTime<chrono::Utc>>(conn),
    );
    let date = time::macros::date!(2026 - 02 - 28);
    saw.result(diesel::select(date.into_sql::<st::Date>()).get_result::<time::Date>(conn));
    saw.result(sql::<st::Timestamp>("SELECT 'no time'").get_result::<chrono::NaiveDateTime>(conn));
}

fn pragmas(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::sql_query("PRAGMA user_version = 7").execute(conn));
    saw.result(sql::<Integer>("PRAGMA user_version").get_result::<i32>(conn));
    saw.result(conn.batch_execute("PRAGMA query_only = ON"));
    saw.result(insert(conn, "Dee"));
    saw.result(conn.batch_execute("PRAGMA query_only = OFF; VACUUM; ATTACH ':memory:' AS other; DETACH other"));
    saw.result(
        sql::<Integer>("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT i FROM n")
            .load::<i32>(conn)
            .map(|all| all.len()),
    );
}

fn a_locked_database(url: &str, saw: &Account) {
    let mut one = Conn::establish(url).expect("a connection");
    let mut other = Conn::establish(url).expect("a connection");
    saw.result(one.immediate_transaction(|one| {
        insert(one, "Dee")?;
        saw.result(names(&mut other));
        saw.result(insert(&mut other, "Eve"));
        saw.result(other.immediate_transaction(names));
        saw.result(other.transaction(|other| insert(other, "Flo")));
        names(one)
    }));
    saw.result(insert(&mut other, "Gil"));
    saw.result(names(&mut one));
}
