//! The tables of all tests, and what their rows are.

use diesel::prelude::*;
use diesel_async::SimpleAsyncConnection;

diesel::table! {
    person (id) {
        id -> Integer,
        name -> Text,
        age -> Nullable<Integer>,
    }
}

#[derive(AsChangeset, Clone, Debug, Identifiable, Insertable, PartialEq, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = person)]
pub(crate) struct Person {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) age: Option<i32>,
}

impl Person {
    pub(crate) fn new(id: i32, name: &str) -> Self {
        Self { id, name: name.to_owned(), age: None }
    }
}

/// Three people, and nobody else.
pub(crate) async fn fill(connection: &mut impl SimpleAsyncConnection) {
    for statement in [
        "DROP TABLE IF EXISTS person",
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name VARCHAR(100) NOT NULL UNIQUE, age INTEGER)",
        "INSERT INTO person VALUES (1, 'Ann', 30), (2, 'Bob', NULL), (3, 'Cem', 50)",
    ] {
        connection.batch_execute(statement).await.expect("the tables are new");
    }
}
