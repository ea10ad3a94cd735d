//! What a program adds to SQLite: functions, aggregates and collations; and databases as bytes.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::SqliteAggregateFunction;

use super::{Author, Conn, authors, names};
use crate::account::{Account, idioms};

idioms!(functions, functions_that_panic, aggregates, collations, databases_as_bytes, bytes_that_are_no_database);

define_sql_function! {
    /// The text with another one around it.
    fn around(text: Text, other: Text) -> Text;
}

define_sql_function! {
    /// One more, each time.
    fn counted() -> Integer;
}

#[declare_sql_function]
extern "SQL" {
    /// The number, or nothing where it is odd.
    fn even(number: Integer) -> Nullable<Integer>;

    /// The longest of texts.
    #[aggregate]
    fn longest(text: Text) -> Nullable<Text>;
}

fn functions(conn: &mut Conn, saw: &Account) {
    saw.result(authors::table.select(around(authors::name, "*")).load::<String>(conn));
    saw.result(around_utils::register_impl(conn, |text: String, other: String| format!("{other}{text}{other}")));
    saw.result(authors::table.select(around(authors::name, "*")).order(authors::id).load::<String>(conn));
    saw.result(even_utils::register_impl(conn, |number: i32| (number % 2 == 0).then_some(number)));
    saw.result(authors::table.select(even(authors::id)).order(authors::id).load::<Option<i32>>(conn));
    let mut count = 0;
    saw.result(counted_utils::register_nondeterministic_impl(conn, move || {
        count += 1;
        count
    }));
    saw.result(diesel::select((counted(), counted())).get_result::<(i32, i32)>(conn));
    let delete = diesel::delete(authors::table.filter(around(authors::name, "-").eq("-Bob-")));
    saw.result(delete.execute(conn));
}

fn functions_that_panic(conn: &mut Conn, saw: &Account) {
    saw.result(even_utils::register_impl(conn, |_: i32| -> Option<i32> {
        std::panic::resume_unwind(Box::new("on purpose"))
    }));
    saw.result(diesel::select(even(1)).get_result::<Option<i32>>(conn));
    saw.result(names(conn));
}

#[derive(Default)]
struct Longest(Option<String>);

impl SqliteAggregateFunction<String> for Longest {
    type Output = Option<String>;

    fn step(&mut self, text: String) {
        if self.0.as_ref().is_none_or(|longest| longest.len() < text.len()) {
            self.0 = Some(text);
        }
    }

    fn finalize(aggregator: Option<Self>) -> Self::Output {
        aggregator.and_then(|longest| longest.0)
    }
}

fn aggregates(conn: &mut Conn, saw: &Account) {
    saw.result(longest_utils::register_impl::<Longest, _>(conn));
    saw.result(diesel::update(authors::table.find(2)).set(authors::name.eq("Robert")).execute(conn));
    saw.result(authors::table.select(longest(authors::name)).get_result::<Option<String>>(conn));
    saw.result(
        authors::table.filter(authors::id.eq(9)).select(longest(authors::name)).get_result::<Option<String>>(conn),
    );
}

fn collations(conn: &mut Conn, saw: &Account) {
    let by_end = "SELECT * FROM authors ORDER BY name COLLATE by_end";
    saw.result(diesel::sql_query(by_end).load::<Author>(conn));
    saw.result(conn.register_collation("by_end", |one, other| one.chars().rev().cmp(other.chars().rev())));
    saw.result(diesel::sql_query(by_end).load::<Author>(conn));
    saw.result(conn.batch_execute("CREATE INDEX by_end ON authors (name COLLATE by_end)"));
}

fn databases_as_bytes(conn: &mut Conn, saw: &Account) {
    let bytes = conn.serialize_database_to_buffer();
    saw.value(bytes.try_as_slice().is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0")));
    let mut copy = Conn::establish(":memory:").expect("a database in memory");
    saw.result(copy.deserialize_readonly_database_from_buffer(bytes.try_as_slice().expect("bytes")));
    saw.result(names(&mut copy));
    saw.result(diesel::delete(authors::table).execute(&mut copy));
    saw.result(names(conn));
}

fn bytes_that_are_no_database(conn: &mut Conn, saw: &Account) {
    saw.result(conn.deserialize_readonly_database_from_buffer(b"no database at all"));
    saw.result(names(conn));
}
