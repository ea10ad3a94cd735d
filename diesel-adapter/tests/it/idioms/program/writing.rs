//! Inserts, updates and deletes that every database knows, and what they say they changed.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};

use super::{Author, Conn, NewAuthor, NewBook, authors, books, names};
use crate::account::{Account, idioms};

idioms!(
    insert_one,
    insert_many,
    insert_from_a_query,
    insert_with_defaults,
    update,
    update_by_changesets,
    save_changes,
    empty_changesets,
    delete,
    sql_queries,
    statements_in_a_batch
);

fn insert_one(conn: &mut Conn, saw: &Account) {
    let values = (authors::name.eq("Dee"), authors::born.eq(1990));
    saw.result(diesel::insert_into(authors::table).values(values).execute(conn));
    saw.result(diesel::insert_into(authors::table).values(authors::name.eq("Eve")).execute(conn));
    saw.result(diesel::insert_into(authors::table).values(NewAuthor { name: "Flo", born: None }).execute(conn));
    saw.result(NewAuthor { name: "Gil", born: Some(1) }.insert_into(authors::table).execute(conn));
    saw.result(authors::table.order(authors::id).load::<Author>(conn));
}

fn insert_many(conn: &mut Conn, saw: &Account) {
    let rows = [NewAuthor { name: "Dee", born: Some(1990) }, NewAuthor { name: "Eve", born: Some(1991) }];
    saw.result(diesel::insert_into(authors::table).values(&rows).execute(conn));
    let rows = vec![(authors::name.eq("Flo"), authors::born.eq(1)), (authors::name.eq("Gil"), authors::born.eq(2))];
    saw.result(diesel::insert_into(authors::table).values(&rows).execute(conn));
    // What is left out in one row and not in another is a statement for each on SQLite.
    let rows = [NewAuthor { name: "Hal", born: None }, NewAuthor { name: "Ida", born: Some(3) }];
    saw.result(diesel::insert_into(authors::table).values(&rows).execute(conn));
    saw.result(diesel::insert_into(authors::table).values(Vec::<NewAuthor<'_>>::new()).execute(conn));
    let rows = [NewAuthor { name: "Jan", born: None }, NewAuthor { name: "Ann", born: None }];
    saw.result(diesel::insert_into(authors::table).values(&rows).execute(conn));
    saw.result(authors::table.order(authors::id).load::<Author>(conn));
}

fn insert_from_a_query(conn: &mut Conn, saw: &Account) {
    let named = authors::table.filter(authors::born.is_not_null()).select((authors::id, authors::name, authors::id));
    let insert = named.insert_into(books::table).into_columns((books::author_id, books::title, books::pages));
    saw.result(insert.execute(conn));
    saw.result(books::table.select((books::title, books::pages)).order(books::id).load::<(String, i32)>(conn));
}

fn insert_with_defaults(conn: &mut Conn, saw: &Account) {
    let book = |pages| NewBook { author_id: 2, title: "Elm".to_owned(), pages };
    saw.result(diesel::insert_into(books::table).values(book(None)).execute(conn));
    saw.result(diesel::insert_into(books::table).values(&vec![book(None), book(Some(7))]).execute(conn));
    saw.result(diesel::insert_into(books::table).default_values().execute(conn));
    saw.result(books::table.select((books::id, books::pages)).order(books::id).load::<(i32, i32)>(conn));
}

fn update(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::update(books::table).set(books::pages.eq(books::pages + 1)).execute(conn));
    let dear = books::table.filter(books::price.gt(10.0));
    saw.result(diesel::update(dear).set((books::price.eq(10.0), books::title.eq("Dear"))).execute(conn));
    saw.result(diesel::update(authors::table.find(2)).set(authors::born.eq(None::<i32>)).execute(conn));
    saw.result(diesel::update(authors::table.find(9)).set(authors::name.eq("Nobody")).execute(conn));
    let ann = authors::table.find(1).first::<Author>(conn).expect("Ann");
    saw.result(diesel::update(&ann).set(authors::name.eq("Anna")).execute(conn));
    saw.result(diesel::update(authors::table).filter(authors::id.ge(2)).set(authors::born.eq(7)).execute(conn));
    saw.result(authors::table.order(authors::id).load::<Author>(conn));
    saw.result(books::table.order(books::id).select((books::title, books::price)).load::<(String, Option<f64>)>(conn));
}

#[derive(AsChangeset, Identifiable)]
#[diesel(table_name = authors)]
struct Changes<'a> {
    id: i32,
    name: Option<&'a str>,
    born: Option<Option<i32>>,
}

fn update_by_changesets(conn: &mut Conn, saw: &Account) {
    let mut change = |id, name, born| {
        let changes = Changes { id, name, born };
        saw.result(diesel::update(authors::table.find(id)).set(&changes).execute(conn));
    };
    change(1, Some("Anna"), None);
    change(2, None, Some(Some(2000)));
    change(3, Some("Cemal"), Some(None));
    change(9, Some("Nobody"), None);
    saw.result(authors::table.order(authors::id).load::<Author>(conn));
}

fn save_changes(conn: &mut Conn, saw: &Account) {
    let mut ann = authors::table.find(1).first::<Author>(conn).expect("Ann");
    ann.name = "Anna".to_owned();
    ann.born = None;
    saw.result(ann.save_changes::<Author>(conn));
    saw.result(Changes { id: 2, name: Some("Bo"), born: None }.save_changes::<Author>(conn));
    saw.result(Changes { id: 9, name: Some("Nobody"), born: None }.save_changes::<Author>(conn));
    saw.result(Changes { id: 2, name: Some("Cem"), born: None }.save_changes::<Author>(conn));
    saw.result(names(conn));
}

fn empty_changesets(conn: &mut Conn, saw: &Account) {
    let nothing = Changes { id: 1, name: None, born: None };
    saw.result(diesel::update(authors::table.find(1)).set(&nothing).execute(conn));
    saw.result(diesel::update(authors::table.find(1)).set(&nothing).execute(conn).optional_empty_changeset());
    saw.result(nothing.save_changes::<Author>(conn));
    saw.result(names(conn));
}

fn delete(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::delete(books::table.filter(books::pages.lt(100))).execute(conn));
    saw.result(diesel::delete(books::table.find(9)).execute(conn));
    saw.result(diesel::delete(authors::table).filter(authors::name.eq("Bob")).execute(conn));
    let cem = authors::table.find(3).first::<Author>(conn).expect("Cem");
    saw.result(diesel::delete(books::table.filter(books::author_id.eq(cem.id))).execute(conn));
    saw.result(diesel::delete(&cem).execute(conn));
    saw.result(diesel::delete(books::table).execute(conn));
    saw.result(names(conn));
}

fn sql_queries(conn: &mut Conn, saw: &Account) {
    let rename = "UPDATE authors SET name = 'x' WHERE id = 1";
    saw.result(diesel::sql_query(rename).execute(conn));
    let insert = diesel::sql_query(super::INSERT_AUTHOR);
    saw.result(insert.bind::<Text, _>("Dee").bind::<Nullable<Integer>, _>(None::<i32>).execute(conn));
    let insert = diesel::sql_query(super::INSERT_AUTHOR).into_boxed();
    saw.result(insert.bind::<Text, _>("Eve").bind::<Nullable<Integer>, _>(Some(1)).execute(conn));
    saw.result(authors::table.order(authors::id).load::<Author>(conn));
}

fn statements_in_a_batch(conn: &mut Conn, saw: &Account) {
    saw.result(conn.batch_execute(
        "INSERT INTO authors (name) VALUES ('Dee'); SELECT 1; SELECT name FROM authors;
         UPDATE authors SET born = 1 -- all; of them
         ; DELETE FROM books WHERE title = 'a;b'",
    ));
    saw.result(conn.batch_execute("SELECT 1"));
    saw.result(conn.batch_execute("INSERT INTO authors (name) VALUES ('Eve'); SELECT * FROM nowhere; SELECT 1"));
    saw.result(conn.batch_execute("nonsense"));
    saw.result(authors::table.order(authors::id).load::<Author>(conn));
}
