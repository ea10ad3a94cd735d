//! Parents and their children: `belonging_to` and `grouped_by`.

use diesel::prelude::*;

use super::{Author, Book, Conn, authors, books};
use crate::account::{Account, idioms};

idioms!(children_of_one, children_of_many, children_of_a_list_of_none, changes_to_children, join_to_parents);

fn everybody(conn: &mut Conn) -> Vec<Author> {
    authors::table.order(authors::id).load(conn).expect("authors")
}

fn children_of_one(conn: &mut Conn, saw: &Account) {
    for author in everybody(conn) {
        saw.result(Book::belonging_to(&author).order(books::id).load::<Book>(conn));
        saw.result(Book::belonging_to(&author).select(books::title).first::<String>(conn).optional());
    }
}

fn children_of_many(conn: &mut Conn, saw: &Account) {
    let authors = everybody(conn);
    let books = Book::belonging_to(&authors).select(Book::as_select()).order(books::id).load(conn).expect("books");
    let grouped = books.grouped_by(&authors);
    saw.value(authors.into_iter().zip(grouped).collect::<Vec<(Author, Vec<Book>)>>());
}

fn children_of_a_list_of_none(conn: &mut Conn, saw: &Account) {
    let none: Vec<Author> = Vec::new();
    saw.result(Book::belonging_to(&none).load::<Book>(conn).map(|books| books.grouped_by(&none)));
}

fn changes_to_children(conn: &mut Conn, saw: &Account) {
    let authors = everybody(conn);
    saw.result(diesel::update(Book::belonging_to(&authors[0])).set(books::pages.eq(1)).execute(conn));
    saw.result(diesel::delete(Book::belonging_to(&authors[2])).execute(conn));
    saw.result(Book::belonging_to(&authors).count().get_result::<i64>(conn));
}

fn join_to_parents(conn: &mut Conn, saw: &Account) {
    let authors = everybody(conn);
    let joined = Book::belonging_to(&authors).inner_join(authors::table).order(books::id);
    saw.result(joined.select((books::title, authors::name)).load::<(String, String)>(conn));
}
