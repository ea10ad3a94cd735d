//! Statements that change rows and return them, and what happens on a conflict.

use diesel::prelude::*;
use diesel::upsert::excluded;

use super::{Author, Conn, NewAuthor, authors, names, raw};
use crate::account::{Account, idioms};

idioms!(insert, insert_many, update, delete, do_nothing, do_update);

fn insert(conn: &mut Conn, saw: &Account) {
    let dee = NewAuthor { name: "Dee", born: Some(1990) };
    saw.result(diesel::insert_into(authors::table).values(&dee).get_result::<Author>(conn));
    saw.result(diesel::insert_into(authors::table).values(&dee).get_result::<Author>(conn));
    let eve = NewAuthor { name: "Eve", born: None };
    saw.result(diesel::insert_into(authors::table).values(&eve).returning(authors::id).get_result::<i32>(conn));
    let flo = diesel::insert_into(authors::table).values(authors::name.eq("Flo"));
    saw.result(flo.returning(Author::as_returning()).get_result(conn));
    saw.result(names(conn));
}

fn insert_many(conn: &mut Conn, saw: &Account) {
    // Diesel has these for its own type only, because SQLite inserts them one by one.
    let rows = [NewAuthor { name: "Dee", born: Some(1990) }, NewAuthor { name: "Eve", born: None }];
    saw.result(diesel::insert_into(authors::table).values(&rows).get_results::<Author>(raw(conn)));
    saw.result(diesel::insert_into(authors::table).values(&rows).get_results::<Author>(raw(conn)));
    let rows = vec![authors::name.eq("Flo"), authors::name.eq("Gil")];
    let insert = diesel::insert_into(authors::table).values(&rows).returning((authors::name, authors::born));
    saw.result(insert.load::<(String, Option<i32>)>(raw(conn)));
    saw.result(conn.transaction(|conn| {
        let rows = vec![authors::name.eq("Hal"), authors::name.eq("Ida")];
        diesel::insert_into(authors::table).values(&rows).get_results::<Author>(raw(conn))
    }));
    saw.result(names(conn));
}

fn update(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::update(authors::table.find(2)).set(authors::born.eq(2000)).get_result::<Author>(conn));
    let none = diesel::update(authors::table.find(9)).set(authors::born.eq(1));
    saw.result(none.get_result::<Author>(conn).optional());
    saw.result(diesel::update(authors::table).set(authors::born.eq(1)).get_results::<Author>(conn));
}

fn delete(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::delete(authors::table.find(2)).get_result::<Author>(conn));
    saw.result(diesel::delete(authors::table.find(2)).get_result::<Author>(conn));
    saw.result(diesel::delete(authors::table).returning(authors::name).get_results::<String>(conn));
}

fn do_nothing(conn: &mut Conn, saw: &Account) {
    let values = || authors::name.eq("Ann");
    saw.result(diesel::insert_into(authors::table).values(values()).on_conflict_do_nothing().execute(conn));
    let by_name = diesel::insert_into(authors::table).values(values()).on_conflict(authors::name).do_nothing();
    saw.result(by_name.get_result::<Author>(conn).optional());
    let by_id = diesel::insert_into(authors::table).values(values()).on_conflict(authors::id).do_nothing();
    saw.result(by_id.execute(conn));
}

fn do_update(conn: &mut Conn, saw: &Account) {
    let upsert = diesel::insert_into(authors::table)
        .values((authors::name.eq("Ann"), authors::born.eq(1)))
        .on_conflict(authors::name)
        .do_update()
        .set(authors::born.eq(excluded(authors::born)));
    saw.result(upsert.get_result::<Author>(conn));
    let rows = vec![(authors::name.eq("Bob"), authors::born.eq(1)), (authors::name.eq("Dee"), authors::born.eq(2))];
    let upsert = diesel::insert_into(authors::table).values(&rows).on_conflict(authors::name);
    saw.result(upsert.do_update().set(authors::born.eq(excluded(authors::born))).execute(conn));
    saw.result(authors::table.order(authors::id).load::<Author>(conn));
}
