//! Ways to have rows: all at once, one by one, one only, none.

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};

use super::{Author, Book, Conn, NewAuthor, authors, books, names};
use crate::account::{Account, idioms};

idioms!(
    load,
    load_into_structs,
    load_iter,
    one_row,
    no_row,
    an_iterator_dropped_early,
    an_iterator_inside_a_function,
    many_rows,
    a_row_that_cannot_be_read,
    sql_queries,
    sql_fragments,
    the_same_query_again
);

fn load(conn: &mut Conn, saw: &Account) {
    saw.result(authors::table.order(authors::id).load::<(i32, String, Option<i32>)>(conn));
    saw.result(
        authors::table.select((authors::name, authors::born)).order(authors::id).load::<(String, Option<i32>)>(conn),
    );
    saw.result(authors::table.order(authors::id.desc()).limit(2).offset(1).get_results::<Author>(conn));
    saw.result(authors::table.filter(authors::id.gt(100)).load::<Author>(conn));
    saw.result(books::table.select(books::price).order(books::id).load::<Option<f64>>(conn));
    saw.result(books::table.select(books::author_id).distinct().order(books::author_id).load::<i32>(conn));
}

fn load_into_structs(conn: &mut Conn, saw: &Account) {
    saw.result(Author::query().order(authors::id).load(conn));
    saw.result(authors::table.select(Author::as_select()).order(authors::id).load(conn));
    let pairs = books::table.inner_join(authors::table).order(books::id);
    saw.result(pairs.select((Book::as_select(), Author::as_select())).load::<(Book, Author)>(conn));
    saw.result(pairs.load::<(Book, Author)>(conn));
}

fn load_iter(conn: &mut Conn, saw: &Account) {
    let rows = authors::table.order(authors::id).load_iter::<Author, DefaultLoadingMode>(conn).expect("rows");
    saw.result(rows.collect::<QueryResult<Vec<_>>>());
    let inferred: QueryResult<Vec<String>> = authors::table
        .select(authors::name)
        .order(authors::id)
        .load_iter::<_, DefaultLoadingMode>(conn)
        .and_then(Iterator::collect);
    saw.result(inferred);
    let mut rows =
        authors::table.filter(authors::id.eq(9)).load_iter::<Author, DefaultLoadingMode>(conn).expect("no rows");
    saw.value((rows.next(), rows.next()));
    drop(rows);
    let one = Author::query().filter(authors::id.eq(1));
    saw.result(one.load_iter::<Author, DefaultLoadingMode>(conn).map(Iterator::count));
}

fn one_row(conn: &mut Conn, saw: &Account) {
    saw.result(authors::table.find(2).get_result::<Author>(conn));
    saw.result(authors::table.order(authors::name.desc()).first::<Author>(conn));
    saw.result(authors::table.order(authors::id).get_result::<Author>(conn));
    saw.result(authors::table.count().get_result::<i64>(conn));
    saw.result(authors::table.find(1).select(authors::name).first::<String>(conn).optional());
    // What the first has left behind is not the second's.
    saw.result(authors::table.order(authors::id).select(authors::id).get_result::<i32>(conn));
    saw.result(names(conn));
}

fn no_row(conn: &mut Conn, saw: &Account) {
    saw.result(authors::table.find(9).first::<Author>(conn));
    saw.result(authors::table.find(9).first::<Author>(conn).optional());
    saw.result(authors::table.find(9).get_result::<Author>(conn).optional());
    saw.result(authors::table.find(9).select(authors::born).first::<Option<i32>>(conn).optional());
    saw.result(authors::table.filter(authors::name.eq("nobody")).get_results::<Author>(conn));
}

fn an_iterator_dropped_early(conn: &mut Conn, saw: &Account) {
    let mut rows =
        authors::table.order(authors::id).load_iter::<Author, DefaultLoadingMode>(conn).expect("there are rows");
    saw.value(rows.next());
    drop(rows);
    saw.result(names(conn));
    drop(authors::table.load_iter::<Author, DefaultLoadingMode>(conn).expect("there are rows"));
    saw.result(diesel::delete(books::table).execute(conn));
    saw.result(
        authors::table
            .order(authors::id)
            .load_iter::<Author, DefaultLoadingMode>(conn)
            .map(|rows| rows.take(2).count()),
    );
    saw.result(diesel::delete(authors::table.find(2)).execute(conn));
    saw.result(names(conn));
}

fn an_iterator_inside_a_function(conn: &mut Conn, saw: &Account) {
    fn born(conn: &mut Conn) -> QueryResult<impl Iterator<Item = QueryResult<Option<i32>>> + '_> {
        authors::table.select(authors::born).order(authors::id).load_iter::<Option<i32>, DefaultLoadingMode>(conn)
    }
    saw.result(born(conn).and_then(Iterator::collect::<QueryResult<Vec<_>>>));
    for row in born(conn).expect("rows") {
        saw.result(row);
    }
}

fn many_rows(conn: &mut Conn, saw: &Account) {
    let names: Vec<_> = (0..400).map(|number| format!("No. {number}")).collect();
    let rows: Vec<_> = names.iter().map(|name| NewAuthor { name, born: Some(1) }).collect();
    saw.result(diesel::insert_into(authors::table).values(&rows).execute(conn));
    saw.result(authors::table.filter(authors::born.eq(1)).load::<Author>(conn).map(|rows| rows.len()));
    let pairs = authors::table.inner_join(books::table.on(books::pages.gt(authors::id)));
    let ids = pairs.select(authors::id).load_iter::<i32, DefaultLoadingMode>(conn).expect("rows");
    saw.result(ids.sum::<QueryResult<i32>>());
}

fn a_row_that_cannot_be_read(conn: &mut Conn, saw: &Account) {
    let born = sql::<Integer>("SELECT born FROM authors ORDER BY id");
    saw.result(born.clone().load::<i32>(conn));
    let rows = born.clone().load_iter::<i32, DefaultLoadingMode>(conn).expect("it runs");
    for row in rows {
        saw.result(row);
    }
    saw.result(born.get_result::<i32>(conn));
    saw.result(diesel::sql_query("SELECT id, name FROM authors").load::<Named>(conn));
    saw.result(names(conn));
}

#[derive(Debug, QueryableByName)]
#[expect(dead_code, reason = "read by Debug")]
struct Named {
    #[diesel(sql_type = Integer)]
    id: i32,
    #[diesel(sql_type = Nullable<Integer>)]
    born: Option<i32>,
}

fn sql_queries(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::sql_query("SELECT id, born FROM authors ORDER BY id").load::<Named>(conn));
    saw.result(diesel::sql_query("SELECT * FROM authors WHERE id = 2").get_result::<Author>(conn));
    saw.result(diesel::sql_query("SELECT * FROM authors WHERE id = 9").get_result::<Author>(conn).optional());
    let mut rows = diesel::sql_query("SELECT * FROM authors ORDER BY id DESC")
        .load_iter::<Author, DefaultLoadingMode>(conn)
        .expect("rows");
    saw.value(rows.next());
    drop(rows);
    let delete = diesel::sql_query("DELETE FROM books WHERE author_id = 1");
    saw.result(delete.execute(conn));
}

fn sql_fragments(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::select(sql::<Text>("'one'")).get_result::<String>(conn));
    saw.result(diesel::select((1.into_sql::<Integer>(), "x".into_sql::<Text>())).first::<(i32, String)>(conn));
    let longest = authors::table.select(sql::<Integer>("length(name) + ").bind::<Integer, _>(10)).order(authors::id);
    saw.result(longest.load::<i32>(conn));
    let some = authors::table.filter(sql::<diesel::sql_types::Bool>("born > ").bind::<Integer, _>(1980));
    saw.result(some.load::<Author>(conn));
}

fn the_same_query_again(conn: &mut Conn, saw: &Account) {
    for id in [1, 2, 3, 4, 1] {
        saw.result(authors::table.find(id).select(authors::name).first::<String>(conn).optional());
    }
    for name in ["Ann", "it's", "\"\\\n", "ß日本", ""] {
        saw.result(authors::table.filter(authors::name.eq(name)).count().first::<i64>(conn));
        saw.result(diesel::select(name.into_sql::<Text>()).first::<String>(conn));
    }
}
