//! Idioms of a connection that is one of three.

use std::io::Write as _;

use diesel::backend::Backend;
use diesel::connection::{CacheSize, DefaultLoadingMode, SimpleConnection as _};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::mysql::Mysql;
use diesel::pg::Pg as PgBackend;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, SqlType};
use diesel::sqlite::Sqlite;

use super::{Lite, My, Pg};
use crate::account::{Account, Idiom, Topic};

pub(crate) const IDIOMS: Topic<AnyConnection> = &[
    ("queries", Idiom::Connected(queries)),
    ("changes", Idiom::Connected(changes)),
    ("errors", Idiom::Connected(errors)),
    ("transactions", Idiom::Connected(transactions)),
    ("an_instrumentation", Idiom::Connected(an_instrumentation)),
    ("own_types", Idiom::Connected(own_types)),
    ("one_of_them", Idiom::Connected(one_of_them)),
    ("wrong_urls", Idiom::ByUrl(wrong_urls)),
];

#[derive(diesel::MultiConnection)]
pub(crate) enum AnyConnection {
    Postgres(Pg),
    Mysql(My),
    Sqlite(Lite),
}

diesel::table! {
    authors (id) {
        id -> Integer,
        name -> Text,
        born -> Nullable<Integer>,
    }
}

type Author = (i32, String, Option<i32>);

fn names(conn: &mut AnyConnection) -> QueryResult<Vec<String>> {
    authors::table.select(authors::name).order(authors::id).load(conn)
}

fn insert(conn: &mut AnyConnection, name: &str) -> QueryResult<usize> {
    diesel::insert_into(authors::table).values((authors::name.eq(name), authors::born.eq(7))).execute(conn)
}

fn queries(conn: &mut AnyConnection, saw: &Account) {
    saw.result(names(conn));
    saw.result(authors::table.find(2).first::<Author>(conn));
    saw.result(authors::table.find(9).first::<Author>(conn).optional());
    let rows = authors::table.order(authors::id).load_iter::<Author, DefaultLoadingMode>(conn).expect("rows");
    saw.result(rows.collect::<QueryResult<Vec<_>>>());
    let mut rows = authors::table.order(authors::id).load_iter::<Author, DefaultLoadingMode>(conn).expect("rows");
    saw.value(rows.next());
    drop(rows);
    saw.result(
        authors::table.filter(authors::name.eq("Ann").or(authors::born.gt(1980))).count().get_result::<i64>(conn),
    );
    saw.result(authors::table.into_boxed().filter(authors::id.lt(3)).order(authors::id).load::<Author>(conn));
    conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    saw.result(authors::table.find(2).first::<Author>(conn));
}

fn changes(conn: &mut AnyConnection, saw: &Account) {
    saw.result(insert(conn, "Dee"));
    saw.result(diesel::update(authors::table.find(2)).set(authors::name.eq("Bo")).execute(conn));
    saw.result(diesel::delete(authors::table.filter(authors::id.eq(2))).execute(conn));
    saw.result(conn.batch_execute("DELETE FROM books; UPDATE authors SET born = 1"));
    saw.result(diesel::sql_query("UPDATE authors SET born = 2 WHERE name = 'Ann'").execute(conn));
    saw.result(authors::table.order(authors::id).load::<Author>(conn));
}

fn errors(conn: &mut AnyConnection, saw: &Account) {
    saw.result(insert(conn, "Ann"));
    saw.result(insert(conn, ""));
    saw.result(conn.batch_execute("nonsense"));
    saw.result(diesel::sql_query("SELECT * FROM nowhere").execute(conn));
    saw.result(names(conn));
}

fn transactions(conn: &mut AnyConnection, saw: &Account) {
    saw.result(conn.transaction::<_, Error, _>(|conn| {
        insert(conn, "Dee")?;
        saw.result(conn.transaction(|conn| insert(conn, "Ann")));
        saw.result(conn.transaction(|conn| insert(conn, "Eve")));
        names(conn)
    }));
    saw.result(conn.transaction::<(), Error, _>(|conn| {
        insert(conn, "Flo")?;
        Err(Error::RollbackTransaction)
    }));
    saw.value(conn.test_transaction(|conn| insert(conn, "Gil")));
    saw.result(names(conn));
    saw.result(conn.begin_test_transaction());
    saw.result(insert(conn, "Hal"));
    saw.result(names(conn));
}

fn an_instrumentation(conn: &mut AnyConnection, saw: &Account) {
    let (sender, events) = std::sync::mpsc::channel();
    conn.set_instrumentation(move |event: diesel::connection::InstrumentationEvent<'_>| {
        let kind = format!("{event:?}").split_whitespace().next().unwrap_or_default().to_owned();
        sender.send(kind).expect("it is read");
    });
    saw.result(names(conn));
    saw.result(conn.transaction(|conn| insert(conn, "Ann")));
    saw.value(events.try_iter().collect::<Vec<_>>());
}

#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(name = "mood"), mysql_type(name = "Enum"), sqlite_type(name = "Text"))]
pub struct MoodType;

#[derive(Clone, Copy, Debug, PartialEq, AsExpression, FromSqlRow)]
#[diesel(sql_type = MoodType)]
enum Mood {
    Good,
    Bad,
}

impl Mood {
    fn text(self) -> &'static str {
        if self == Self::Good { "good" } else { "bad" }
    }

    fn read(text: &[u8]) -> deserialize::Result<Self> {
        match text {
            b"good" => Ok(Self::Good),
            b"bad" => Ok(Self::Bad),
            _ => Err("no mood of this program".into()),
        }
    }
}

impl HasSqlType<MoodType> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        MultiBackend::lookup_sql_type::<MoodType>(lookup)
    }
}

impl FromSql<MoodType, MultiBackend> for Mood {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, MoodType>()
    }
}

impl ToSql<MoodType, MultiBackend> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((MoodType, self));
        Ok(IsNull::No)
    }
}

impl ToSql<MoodType, PgBackend> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, PgBackend>) -> serialize::Result {
        out.write_all(self.text().as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<MoodType, PgBackend> for Mood {
    fn from_sql(value: <PgBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Self::read(value.as_bytes())
    }
}

impl ToSql<MoodType, Mysql> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
        out.write_all(self.text().as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<MoodType, Mysql> for Mood {
    fn from_sql(value: <Mysql as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Self::read(value.as_bytes())
    }
}

impl ToSql<MoodType, Sqlite> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.text());
        Ok(IsNull::No)
    }
}

impl FromSql<MoodType, Sqlite> for Mood {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text: String = FromSql::<diesel::sql_types::Text, Sqlite>::from_sql(value)?;
        Self::read(text.as_bytes())
    }
}

diesel::table! {
    use super::MoodType;
    use diesel::sql_types::*;

    moods (id) {
        id -> Integer,
        mood -> MoodType,
    }
}

fn own_types(conn: &mut AnyConnection, saw: &Account) {
    let table = match conn {
        AnyConnection::Postgres(_) => {
            "CREATE TYPE mood AS ENUM ('good', 'bad', 'ugly'); CREATE TABLE moods (id INT PRIMARY KEY, mood MOOD NOT NULL)"
        }
        AnyConnection::Mysql(_) => {
            "CREATE TABLE moods (id INT PRIMARY KEY, mood ENUM ('good', 'bad', 'ugly') NOT NULL)"
        }
        AnyConnection::Sqlite(_) => "CREATE TABLE moods (id INT PRIMARY KEY, mood TEXT NOT NULL)",
    };
    saw.result(conn.batch_execute(table));
    for (id, mood) in [(1, Mood::Good), (2, Mood::Bad), (1, Mood::Bad)] {
        saw.result(diesel::insert_into(moods::table).values((moods::id.eq(id), moods::mood.eq(mood))).execute(conn));
    }
    saw.result(moods::table.order(moods::id).load::<(i32, Mood)>(conn));
    saw.result(moods::table.filter(moods::mood.eq(Mood::Bad)).select(moods::id).load::<i32>(conn));
    saw.result(diesel::update(moods::table).set(moods::mood.eq(Mood::Good)).execute(conn));
    saw.result(conn.batch_execute("UPDATE moods SET mood = 'ugly' WHERE id = 2"));
    saw.result(moods::table.select(moods::mood).order(moods::id).load::<Mood>(conn));
}

fn one_of_them(conn: &mut AnyConnection, saw: &Account) {
    // What all of them have is there for each of them, too.
    let counted = match conn {
        AnyConnection::Postgres(conn) => authors::table.count().get_result::<i64>(conn),
        AnyConnection::Mysql(conn) => authors::table.count().get_result::<i64>(conn),
        AnyConnection::Sqlite(conn) => authors::table.count().get_result::<i64>(conn),
    };
    saw.result(counted);
    if let AnyConnection::Postgres(conn) = conn {
        let dee = diesel::insert_into(authors::table).values(authors::name.eq("Dee"));
        saw.result(dee.get_result::<Author>(conn));
    }
    saw.result(names(conn));
}

fn wrong_urls(_: &str, saw: &Account) {
    saw.result(AnyConnection::establish("/nowhere/at/all").map(|_| ()));
}
