//! `COPY`: in from rows and from text, out into rows and as text.

use std::io::BufRead as _;

use diesel::pg::{CopyFormat, CopyHeader};
use diesel::prelude::*;
use diesel::result::Error;

use super::{Author, Conn, NewAuthor, authors, books, names, raw};
use crate::account::{Account, idioms};

idioms!(
    rows_in,
    text_in,
    text_in_that_fails,
    in_a_transaction,
    rows_out,
    text_out,
    csv_out,
    rows_out_and_dropped,
    text_out_and_dropped,
    out_of_nowhere
);

#[derive(Insertable)]
#[diesel(table_name = authors)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    name: String,
    born: Option<i32>,
}

fn rows(count: i32) -> Vec<Row> {
    (0..count).map(|born| Row { name: format!("No. {born}"), born: Some(born).filter(|born| *born > 0) }).collect()
}

fn rows_in(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::copy_from(authors::table).from_insertable(rows(3)).execute(conn));
    saw.result(diesel::copy_from(authors::table).from_insertable(&rows(1)).execute(conn));
    saw.result(diesel::copy_from(authors::table).from_insertable(Vec::<Row>::new()).execute(conn));
    saw.result(authors::table.order(authors::id).load::<Author>(conn));
}

fn text_in(conn: &mut Conn, saw: &Account) {
    let csv = diesel::copy_from(authors::table).from_raw_data((authors::name, authors::born), |copy| {
        writeln!(copy, "Dee,1990").map_err(|error| Error::SerializationError(error.into()))?;
        writeln!(copy, "\"Eve, the first\",").map_err(|error| Error::SerializationError(error.into()))?;
        QueryResult::Ok(())
    });
    saw.result(csv.with_format(CopyFormat::Csv).execute(conn));
    let text = diesel::copy_from(authors::table).from_raw_data((authors::name,), |copy| {
        copy.write_all(b"Flo\nGil\n").expect("it is taken");
        QueryResult::Ok(())
    });
    saw.result(text.execute(conn));
    let options = diesel::copy_from(authors::table).from_raw_data((authors::name, authors::born), |copy| {
        copy.write_all(b"name;born\nHal;-\n").expect("it is taken");
        QueryResult::Ok(())
    });
    let options =
        options.with_format(CopyFormat::Csv).with_delimiter(';').with_null("-").with_header(CopyHeader::Set(true));
    saw.result(options.execute(conn));
    saw.result(authors::table.order(authors::id).load::<Author>(conn));
}

fn text_in_that_fails(conn: &mut Conn, saw: &Account) {
    let text = |text: &'static [u8]| {
        diesel::copy_from(authors::table).from_raw_data((authors::name, authors::born), move |copy| {
            copy.write_all(text).expect("it is taken");
            QueryResult::Ok(())
        })
    };
    saw.result(text(b"Dee\t1\nAnn\t2\n").execute(conn));
    saw.result(text(b"Dee\tx\n").execute(conn));
    saw.result(text(b"Dee\n").execute(conn));
    let stopped = diesel::copy_from(authors::table).from_raw_data((authors::name,), |copy| {
        copy.write_all(b"Dee\n").expect("it is taken");
        Err(Error::QueryBuilderError("stopped on purpose".into()))
    });
    saw.result(stopped.execute(conn));
    saw.result(diesel::copy_from(authors::table).from_insertable(NewAuthorRows::twice()).execute(conn));
    saw.result(names(conn));
}

struct NewAuthorRows;

impl NewAuthorRows {
    fn twice() -> Vec<Row> {
        vec![Row { name: "Dee".to_owned(), born: None }, Row { name: "Dee".to_owned(), born: None }]
    }
}

fn in_a_transaction(conn: &mut Conn, saw: &Account) {
    saw.result(conn.transaction::<(), Error, _>(|conn| {
        saw.result(diesel::copy_from(authors::table).from_insertable(rows(2)).execute(conn));
        saw.result(names(conn));
        Err(Error::RollbackTransaction)
    }));
    let dee = NewAuthor { name: "Dee", born: None };
    saw.result(conn.transaction(|conn| {
        diesel::insert_into(authors::table).values(&dee).execute(conn)?;
        diesel::copy_from(authors::table).from_insertable(rows(1)).execute(conn)
    }));
    saw.result(names(conn));
}

fn rows_out(conn: &mut Conn, saw: &Account) {
    let rows = diesel::copy_to(authors::table).load::<Author, _>(raw(conn)).expect("rows");
    saw.result(rows.collect::<QueryResult<Vec<_>>>());
    saw.result(names(conn));
}

fn text_out(conn: &mut Conn, saw: &Account) {
    let text = diesel::copy_to(authors::table).load_raw(raw(conn)).expect("text");
    saw.result(text.lines().collect::<Result<Vec<_>, _>>());
    // Diesel 2.3 leaves the command unfinished, and the connection takes no other.
    saw.result(names(conn));
    saw.result(conn.transaction(names));
}

fn csv_out(conn: &mut Conn, saw: &Account) {
    let csv = diesel::copy_to(books::table).with_format(CopyFormat::Csv).with_header(true).load_raw(raw(conn));
    saw.result(csv.expect("text").lines().collect::<Result<Vec<_>, _>>());
}

fn rows_out_and_dropped(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::copy_from(authors::table).from_insertable(rows(2000)).execute(conn));
    let mut rows = diesel::copy_to(authors::table).load::<Author, _>(raw(conn)).expect("rows");
    saw.value(rows.next());
    drop(rows);
    saw.result(authors::table.count().get_result::<i64>(conn));
}

fn text_out_and_dropped(conn: &mut Conn, saw: &Account) {
    drop(diesel::copy_to(authors::table).load_raw(raw(conn)).expect("text"));
    saw.result(authors::table.count().get_result::<i64>(conn));
}

diesel::table! {
    nowhere (id) {
        id -> Integer,
    }
}

fn out_of_nowhere(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::copy_to(nowhere::table).load_raw(raw(conn)).map(|_| ()));
    let text = diesel::copy_from(nowhere::table).from_raw_data(nowhere::table, |_| QueryResult::Ok(()));
    saw.result(text.execute(conn));
    saw.result(names(conn));
}
