//! Statements that change rows and return them, and what happens on a conflict.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl;
use diesel::upsert::{excluded, on_constraint};

use super::{Author, Conn, NewAuthor, authors, books, names};
use crate::account::{Account, idioms};

idioms!(
    insert,
    insert_many,
    insert_row_by_row,
    update,
    delete,
    do_nothing,
    do_update,
    by_constraint,
    nothing_in_return
);

fn insert(conn: &mut Conn, saw: &Account) {
    let dee = NewAuthor { name: "Dee", born: Some(1990) };
    saw.result(diesel::insert_into(authors::table).values(&dee).get_result::<Author>(conn));
    saw.result(diesel::insert_into(authors::table).values(&dee).get_result::<Author>(conn));
    let eve = NewAuthor { name: "Eve", born: None };
    saw.result(diesel::insert_into(authors::table).values(&eve).returning(authors::id).get_result::<i32>(conn));
    let flo = diesel::insert_into(authors::table).values(authors::name.eq("Flo"));
    saw.result(flo.returning(Author::as_returning()).get_result(conn).map(|author| author.name));
    saw.result(names(conn));
}

fn insert_many(conn: &mut Conn, saw: &Account) {
    let rows = [NewAuthor { name: "Dee", born: Some(1990) }, NewAuthor { name: "Eve", born: None }];
    saw.result(diesel::insert_into(authors::table).values(&rows).get_results::<Author>(conn));
    saw.result(diesel::insert_into(authors::table).values(&rows).get_results::<Author>(conn));
    let rows = vec![authors::name.eq("Flo"), authors::name.eq("Gil")];
    let insert = diesel::insert_into(authors::table).values(&rows).returning((authors::name, authors::born));
    saw.result(insert.load::<(String, Option<i32>)>(conn));
    let none: Vec<NewAuthor<'_>> = Vec::new();
    saw.result(diesel::insert_into(authors::table).values(&none).get_results::<Author>(conn));
    let from_books = books::table.select(books::title).order(books::id).insert_into(authors::table);
    saw.result(from_books.into_columns(authors::name).returning(authors::name).get_results::<String>(conn));
}

fn insert_row_by_row(conn: &mut Conn, saw: &Account) {
    let rows = [authors::name.eq("Dee"), authors::name.eq("Eve"), authors::name.eq("Flo")];
    let insert = diesel::insert_into(authors::table).values(&rows).returning(authors::name);
    let mut inserted = insert.load_iter::<String, DefaultLoadingMode>(conn).expect("rows");
    saw.value(inserted.next());
    drop(inserted);
    saw.result(names(conn));
}

fn update(conn: &mut Conn, saw: &Account) {
    let set = diesel::update(authors::table.find(2)).set(authors::born.eq(2000));
    saw.result(set.get_result::<Author>(conn));
    saw.result(diesel::update(authors::table.find(9)).set(authors::born.eq(1)).get_result::<Author>(conn).optional());
    let all = diesel::update(books::table).set(books::pages.eq(books::pages + 1)).returning(books::pages);
    saw.result(all.get_results::<i32>(conn).map(|pages| pages.into_iter().sum::<i32>()));
}

fn delete(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::delete(authors::table.find(2)).get_result::<Author>(conn));
    saw.result(diesel::delete(authors::table.find(2)).get_result::<Author>(conn));
    saw.result(diesel::delete(authors::table.find(1)).returning(authors::name).get_result::<String>(conn));
    saw.result(diesel::delete(books::table).returning(books::title).get_results::<String>(conn));
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
    let rows = [NewAuthor { name: "Ann", born: Some(1) }, NewAuthor { name: "Dee", born: Some(2) }];
    let upsert = diesel::insert_into(authors::table)
        .values(&rows)
        .on_conflict(authors::name)
        .do_update()
        .set(authors::born.eq(excluded(authors::born)));
    saw.result(upsert.execute(conn));
    let upsert = diesel::insert_into(authors::table)
        .values((authors::name.eq("Bob"), authors::born.eq(5)))
        .on_conflict(authors::name)
        .do_update()
        .set(authors::born.eq(7));
    let upsert = FilterDsl::filter(upsert, authors::born.is_null()).returning((authors::name, authors::born));
    saw.result(upsert.get_result::<(String, Option<i32>)>(conn));
    saw.result(
        authors::table.order(authors::name).select((authors::name, authors::born)).load::<(String, Option<i32>)>(conn),
    );
}

fn by_constraint(conn: &mut Conn, saw: &Account) {
    let values = (authors::name.eq("Ann"), authors::born.eq(3));
    let upsert = diesel::insert_into(authors::table).values(values).on_conflict(on_constraint("authors_name_key"));
    saw.result(upsert.do_update().set(authors::born.eq(excluded(authors::born))).get_result::<Author>(conn));
    let upsert = diesel::insert_into(authors::table).values(values).on_conflict(on_constraint("no_such_thing"));
    saw.result(upsert.do_nothing().execute(conn));
}

fn nothing_in_return(conn: &mut Conn, saw: &Account) {
    // `execute` of a statement that returns rows counts them.
    let insert = diesel::insert_into(authors::table).values(authors::name.eq("Dee")).returning(authors::id);
    saw.result(insert.execute(conn));
    saw.result(authors::table.execute(conn));
    saw.result(diesel::sql_query("UPDATE authors SET born = 1 RETURNING *").load::<Author>(conn).map(|all| all.len()));
}
