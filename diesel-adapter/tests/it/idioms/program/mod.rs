//! What runs on every database: the tables, and a file for each topic.

pub(crate) mod associations;
pub(crate) mod connections;
pub(crate) mod errors;
pub(crate) mod loading;
pub(crate) mod migrations;
#[cfg(feature = "r2d2")]
pub(crate) mod pools;
pub(crate) mod queries;
pub(crate) mod transactions;
pub(crate) mod writing;

use diesel::prelude::*;

use super::{
    Conn, Db, EMPTY, FAILS_AT_TWO, INSERT_AUTHOR, MIGRATIONS, MIGRATIONS_PATH, RawConn, SESSION, WRONG_URLS, raw,
};

diesel::table! {
    authors (id) {
        id -> Integer,
        name -> Text,
        born -> Nullable<Integer>,
    }
}

diesel::table! {
    books (id) {
        id -> Integer,
        author_id -> Integer,
        title -> Text,
        pages -> Integer,
        price -> Nullable<Double>,
    }
}

diesel::joinable!(books -> authors (author_id));
diesel::allow_tables_to_appear_in_same_query!(authors, books);

#[derive(Clone, Debug, PartialEq, HasQuery, Identifiable, AsChangeset, QueryableByName)]
#[diesel(treat_none_as_null = true)]
pub(crate) struct Author {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) born: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Associations, HasQuery, Identifiable)]
#[diesel(belongs_to(Author))]
struct Book {
    id: i32,
    author_id: i32,
    title: String,
    pages: i32,
    price: Option<f64>,
}

#[derive(Insertable)]
#[diesel(table_name = authors)]
pub(crate) struct NewAuthor<'a> {
    pub(crate) name: &'a str,
    pub(crate) born: Option<i32>,
}

#[derive(Insertable)]
#[diesel(table_name = books)]
struct NewBook {
    author_id: i32,
    title: String,
    pages: Option<i32>,
}

/// The authors' names, in the order of their ids.
pub(crate) fn names(conn: &mut Conn) -> QueryResult<Vec<String>> {
    authors::table.select(authors::name).order(authors::id).load(conn)
}
