//! Ways in which PostgreSQL gives rows: all of them kept, so that two results can be open at once, or one by one.

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{OnlyDsl as _, sql};
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::{Author, Conn, authors, books, names};
use crate::account::{Account, idioms};

idioms!(
    the_number_of_rows,
    two_results_at_once,
    a_query_while_a_result_is_open,
    row_by_row,
    row_by_row_dropped_early,
    row_by_row_with_errors,
    locks,
    own_expressions
);

fn the_number_of_rows(conn: &mut Conn, saw: &Account) {
    let rows = authors::table.load_iter::<Author, DefaultLoadingMode>(conn).expect("rows");
    saw.value((rows.len(), rows.size_hint()));
    let mut rows = authors::table.order(authors::id).load_iter::<Author, DefaultLoadingMode>(conn).expect("rows");
    saw.value((rows.next(), rows.len(), rows.count()));
    saw.result(authors::table.find(9).load_iter::<Author, DefaultLoadingMode>(conn).map(|rows| rows.len()));
    let rows = authors::table.order(authors::id).load_iter::<Author, DefaultLoadingMode>(conn).expect("rows");
    saw.value(rows.last());
}

fn two_results_at_once(conn: &mut Conn, saw: &Account) {
    let mut people = authors::table.order(authors::id).load_iter::<Author, DefaultLoadingMode>(conn).expect("rows");
    saw.value(people.next());
    let mut titles =
        books::table.select(books::title).order(books::id).load_iter::<String, DefaultLoadingMode>(conn).expect("rows");
    saw.value((titles.next(), people.next()));
    drop(people);
    saw.value(titles.collect::<Vec<_>>());
    let people = authors::table.select(authors::id).load_iter::<i32, DefaultLoadingMode>(conn).expect("rows");
    let titles = books::table.select(books::id).load_iter::<i32, DefaultLoadingMode>(conn).expect("rows");
    saw.value(people.zip(titles).count());
}

fn a_query_while_a_result_is_open(conn: &mut Conn, saw: &Account) {
    let ids = authors::table.select(authors::id).order(authors::id).load_iter::<i32, DefaultLoadingMode>(conn);
    for id in ids.expect("rows") {
        let id = id.expect("a number");
        saw.result(books::table.filter(books::author_id.eq(id)).count().get_result::<i64>(conn));
        saw.result(diesel::delete(books::table.filter(books::author_id.eq(id))).execute(conn));
    }
}

fn row_by_row(conn: &mut Conn, saw: &Account) {
    let rows = authors::table.order(authors::id).load_iter::<Author, PgRowByRowLoadingMode>(conn).expect("rows");
    saw.result(rows.collect::<QueryResult<Vec<_>>>());
    saw.result(authors::table.find(9).load_iter::<Author, PgRowByRowLoadingMode>(conn).map(Iterator::count));
    let numbers = sql::<Integer>("SELECT generate_series(1, 3000)");
    let sum = numbers.load_iter::<i32, PgRowByRowLoadingMode>(conn).expect("rows").sum::<QueryResult<i32>>();
    saw.result(sum);
    let by_name = diesel::sql_query("SELECT * FROM authors ORDER BY id");
    saw.result(
        by_name.load_iter::<Author, PgRowByRowLoadingMode>(conn).and_then(Iterator::collect::<QueryResult<Vec<_>>>),
    );
}

fn row_by_row_dropped_early(conn: &mut Conn, saw: &Account) {
    let numbers = || sql::<Integer>("SELECT generate_series(1, 3000)");
    let mut rows = numbers().load_iter::<i32, PgRowByRowLoadingMode>(conn).expect("rows");
    saw.value((rows.next(), rows.next()));
    drop(rows);
    saw.result(names(conn));
    drop(numbers().load_iter::<i32, PgRowByRowLoadingMode>(conn));
    saw.result(conn.transaction(|conn| {
        let first = numbers().load_iter::<i32, PgRowByRowLoadingMode>(conn)?.next();
        saw.value(first);
        names(conn)
    }));
}

fn row_by_row_with_errors(conn: &mut Conn, saw: &Account) {
    let failing = || sql::<Integer>("SELECT 1 / (3 - n) FROM generate_series(1, 5) AS n");
    match failing().load_iter::<i32, PgRowByRowLoadingMode>(conn) {
        Ok(rows) => rows.take(5).for_each(|row| saw.result(row)),
        Err(error) => saw.result::<(), _>(Err(error)),
    }
    saw.result(names(conn));
    saw.result(sql::<Integer>("SELEC").load_iter::<i32, PgRowByRowLoadingMode>(conn).map(Iterator::count));
    saw.result(names(conn));
    let null = sql::<Integer>("SELECT born FROM authors ORDER BY id");
    null.load_iter::<i32, PgRowByRowLoadingMode>(conn).expect("rows").for_each(|row| saw.result(row));
    saw.result(names(conn));
}

fn locks(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction(|conn| authors::table.find(1).for_update().first::<Author>(conn)));
    saw.result(
        conn.transaction(|conn| {
            authors::table.order(authors::id).for_no_key_update().skip_locked().load::<Author>(conn)
        }),
    );
    saw.result(conn.transaction(|conn| authors::table.for_share().no_wait().load::<Author>(conn).map(|all| all.len())));
}

fn own_expressions(conn: &mut Conn, saw: &Account) {
    let first = books::table.distinct_on(books::author_id).order((books::author_id, books::id.desc()));
    saw.result(first.select(books::title).load::<String>(conn));
    saw.result(authors::table.filter(authors::name.ilike("a%")).select(authors::id).load::<i32>(conn));
    saw.result(authors::table.filter(authors::born.is_not_distinct_from(None::<i32>)).load::<Author>(conn));
    saw.result(authors::table.filter(authors::name.similar_to("(A|B)%")).count().first::<i64>(conn));
    saw.result(authors::table.order(authors::born.desc().nulls_last()).select(authors::name).load::<String>(conn));
    saw.result(authors::table.only().order(authors::id).load::<Author>(conn));
}
