//! The idioms of all databases. Each returns what it saw, or its error.

use diesel::connection::{CacheSize, Instrumentation, InstrumentationEvent};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::{AsyncConnection, RunQueryDsl, SaveChangesDsl, SimpleAsyncConnection, TransactionManager};
use futures::{StreamExt as _, TryStreamExt as _};

use super::{Conn, Db, HOLDER};
use crate::schema::{Person, person};

type Seen = Result<String, Box<dyn std::error::Error + Send + Sync>>;

async fn names(conn: &mut Conn) -> QueryResult<Vec<String>> {
    person::table.select(person::name).order(person::id).load(conn).await
}

pub(crate) async fn load(conn: &mut Conn, _: &str) -> Seen {
    let people = person::table.order(person::id).load::<Person>(conn).await?;
    let selected = person::table.select(Person::as_select()).filter(person::age.is_null()).load(conn).await?;
    Ok(format!("{people:?} {selected:?}"))
}

pub(crate) async fn load_stream(conn: &mut Conn, _: &str) -> Seen {
    let stream = person::table.order(person::id).load_stream::<Person>(conn).await?;
    let people: Vec<_> = stream.try_collect().await?;
    let mut ages = 0;
    let mut stream = person::table.load_stream::<Person>(conn).await?;
    while let Some(one) = stream.try_next().await? {
        ages += one.age.unwrap_or(0);
    }
    drop(stream);
    Ok(format!("{people:?} {ages} {:?}", names(conn).await?))
}

pub(crate) async fn load_stream_in_part(conn: &mut Conn, _: &str) -> Seen {
    let stream = person::table.order(person::id).load_stream::<Person>(conn).await?;
    let two: Vec<_> = stream.take(2).try_collect().await?;
    drop(person::table.load_stream::<Person>(conn).await?);
    Ok(format!("{two:?} {:?}", names(conn).await?))
}

pub(crate) async fn first_and_get_result(conn: &mut Conn, _: &str) -> Seen {
    let first: Person = person::table.order(person::id.desc()).first(conn).await?;
    let count: i64 = person::table.count().get_result(conn).await?;
    let found: Person = person::table.find(2).get_result(conn).await?;
    Ok(format!("{first:?} {count} {found:?}"))
}

pub(crate) async fn get_results(conn: &mut Conn, _: &str) -> Seen {
    let people: Vec<Person> = person::table.filter(person::id.ge(2)).order(person::id).get_results(conn).await?;
    let rows: Vec<(i32, Option<i32>)> = person::table.select((person::id, person::age)).load(conn).await?;
    Ok(format!("{people:?} {rows:?}"))
}

pub(crate) async fn optional(conn: &mut Conn, _: &str) -> Seen {
    let none = person::table.find(9).first::<Person>(conn).await.optional()?;
    let error = person::table.find(9).first::<Person>(conn).await;
    Ok(format!("{none:?} {error:?}"))
}

pub(crate) async fn execute(conn: &mut Conn, _: &str) -> Seen {
    let inserted = diesel::insert_into(person::table).values(Person::new(4, "Dee")).execute(conn).await?;
    let change = diesel::update(person::table.filter(person::id.gt(2))).set(person::age.eq(Some(7)));
    let updated = change.execute(conn).await?;
    let deleted = diesel::delete(person::table.find(1)).execute(conn).await?;
    let none = diesel::delete(person::table.find(99)).execute(conn).await?;
    Ok(format!("{inserted} {updated} {deleted} {none} {:?}", names(conn).await?))
}

pub(crate) async fn boxed(conn: &mut Conn, _: &str) -> Seen {
    let mut query = person::table.into_boxed::<Db>();
    for name in ["Ann", "Cem"] {
        query = query.or_filter(person::name.eq(name));
    }
    let people: Vec<Person> = query.order(person::id).limit(5).load(conn).await?;
    Ok(format!("{people:?}"))
}

pub(crate) async fn sql_query_with_binds(conn: &mut Conn, _: &str) -> Seen {
    let query = diesel::sql_query(format!("SELECT id, name, age FROM person WHERE id > {HOLDER} ORDER BY id"));
    let people: Vec<Person> = query.bind::<diesel::sql_types::Integer, _>(1).load(conn).await?;
    let boxed = diesel::sql_query("UPDATE person SET age = ").into_boxed::<Db>().sql("1 WHERE name = ").sql(HOLDER);
    let updated = boxed.bind::<diesel::sql_types::Text, _>("Bob").execute(conn).await?;
    Ok(format!("{people:?} {updated}"))
}

pub(crate) async fn save_changes(conn: &mut Conn, _: &str) -> Seen {
    let changed = Person { id: 2, name: "Bo".to_owned(), age: Some(1) };
    let saved: Person = (&changed).save_changes(conn).await?;
    let gone = Person::new(99, "nobody");
    let error: QueryResult<Person> = (&gone).save_changes(conn).await;
    Ok(format!("{saved:?} {error:?}"))
}

pub(crate) async fn batch_execute(conn: &mut Conn, _: &str) -> Seen {
    conn.batch_execute("DELETE FROM person WHERE id = 1; DELETE FROM person WHERE id = 2").await?;
    let error = conn.batch_execute("NO SQL").await;
    Ok(format!("{:?} {error:?}", names(conn).await?))
}

pub(crate) async fn transactions(conn: &mut Conn, _: &str) -> Seen {
    let committed = conn
        .transaction(async |conn| {
            diesel::delete(person::table.find(1)).execute(conn).await?;
            QueryResult::Ok(names(conn).await?.len())
        })
        .await;
    let rolled_back: QueryResult<()> = conn
        .transaction(async |conn| {
            diesel::delete(person::table).execute(conn).await?;
            Err(Error::RollbackTransaction)
        })
        .await;
    Ok(format!("{committed:?} {rolled_back:?} {:?}", names(conn).await?))
}

pub(crate) async fn nested_transactions(conn: &mut Conn, _: &str) -> Seen {
    let outcome = conn
        .transaction(async |conn| {
            diesel::delete(person::table.find(1)).execute(conn).await?;
            let inner: QueryResult<()> = conn
                .transaction(async |conn| {
                    diesel::delete(person::table.find(2)).execute(conn).await?;
                    conn.transaction(async |conn| diesel::delete(person::table.find(3)).execute(conn).await).await?;
                    Err(Error::RollbackTransaction)
                })
                .await;
            let released = conn.transaction(async |conn| names(conn).await).await?;
            QueryResult::Ok(format!("{inner:?} {released:?}"))
        })
        .await;
    Ok(format!("{outcome:?} {:?}", names(conn).await?))
}

#[derive(Debug)]
enum Refused {
    Diesel(#[expect(dead_code, reason = "it is shown")] Error),
    Mine(#[expect(dead_code, reason = "it is shown")] &'static str),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Diesel(error)
    }
}

pub(crate) async fn transaction_with_an_error_of_ones_own(conn: &mut Conn, _: &str) -> Seen {
    let mine: Result<(), Refused> = conn.transaction(async |_| Err(Refused::Mine("no"))).await;
    let theirs: Result<Person, Refused> =
        conn.transaction(async |conn| Ok(person::table.find(9).first::<Person>(conn).await?)).await;
    Ok(format!("{mine:?} {theirs:?}"))
}

pub(crate) async fn test_transaction(conn: &mut Conn, _: &str) -> Seen {
    let inside = conn
        .test_transaction(async |conn| {
            diesel::delete(person::table).execute(conn).await?;
            names(conn).await
        })
        .await;
    Ok(format!("{inside:?} {:?}", names(conn).await?))
}

pub(crate) async fn begin_test_transaction(conn: &mut Conn, _: &str) -> Seen {
    conn.begin_test_transaction().await?;
    diesel::delete(person::table).execute(conn).await?;
    let nested = conn.transaction(async |conn| names(conn).await).await;
    Ok(format!("{nested:?}"))
}

pub(crate) async fn manager_by_hand(conn: &mut Conn, _: &str) -> Seen {
    type Manager = <Conn as AsyncConnection>::TransactionManager;
    let nothing = (Manager::commit_transaction(conn).await, Manager::rollback_transaction(conn).await);
    Manager::begin_transaction(conn).await?;
    Manager::begin_transaction(conn).await?;
    let depth = Manager::transaction_manager_status_mut(conn).transaction_depth();
    Manager::rollback_transaction(conn).await?;
    Manager::commit_transaction(conn).await?;
    let after = Manager::transaction_manager_status_mut(conn).transaction_depth();
    Ok(format!("{nothing:?} {depth:?} {after:?} {}", Manager::is_broken_transaction_manager(conn)))
}

pub(crate) async fn unique_violation(conn: &mut Conn, _: &str) -> Seen {
    let error = diesel::insert_into(person::table).values(Person::new(4, "Ann")).execute(conn).await;
    Ok(format!("{error:?} {:?}", names(conn).await?))
}

pub(crate) async fn not_null_violation(conn: &mut Conn, _: &str) -> Seen {
    let error = diesel::sql_query("INSERT INTO person (id, name) VALUES (4, NULL)").execute(conn).await;
    let Err(Error::DatabaseError(kind, information)) = error else { return Ok(format!("{error:?}")) };
    Ok(format!("{kind:?} {:?} {:?}", information.column_name(), information.table_name()))
}

pub(crate) async fn syntax_error(conn: &mut Conn, _: &str) -> Seen {
    let executed = diesel::sql_query("SELECT FROM WHERE").execute(conn).await;
    let loaded = diesel::sql_query("SELECT * FROM nowhere").load::<Person>(conn).await;
    Ok(format!("{executed:?} {loaded:?} {:?}", names(conn).await?))
}

pub(crate) async fn error_in_a_transaction(conn: &mut Conn, _: &str) -> Seen {
    let failed: QueryResult<usize> = conn
        .transaction(async |conn| {
            diesel::delete(person::table.find(1)).execute(conn).await?;
            let _ = diesel::sql_query("SELECT * FROM nowhere").execute(conn).await;
            diesel::insert_into(person::table).values(Person::new(4, "Bob")).execute(conn).await
        })
        .await;
    Ok(format!("{failed:?} {:?}", names(conn).await?))
}

#[derive(AsChangeset, Identifiable)]
#[diesel(table_name = person)]
struct Nothing {
    id: i32,
    name: Option<String>,
}

pub(crate) async fn nothing_to_change(conn: &mut Conn, _: &str) -> Seen {
    let nothing = Nothing { id: 1, name: None };
    let error = diesel::update(&nothing).set(&nothing).execute(conn).await;
    Ok(format!("{error:?}"))
}

#[derive(Default)]
struct Heard(Vec<String>);

impl Instrumentation for Heard {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        self.0.push(format!("{event:?}"));
    }
}

pub(crate) async fn instrumentation(conn: &mut Conn, _: &str) -> Seen {
    conn.set_instrumentation(Heard::default());
    person::table.find(1).load::<Person>(conn).await?;
    conn.transaction(async |conn| names(conn).await).await?;
    let _ = diesel::insert_into(person::table).values(Person::new(4, "Ann")).execute(conn).await;
    let heard = conn.instrumentation().downcast_mut::<Heard>().map(|heard| std::mem::take(&mut heard.0));
    Ok(format!("{heard:?}"))
}

pub(crate) async fn statement_cache_size(conn: &mut Conn, _: &str) -> Seen {
    conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    let mut seen = Vec::new();
    for id in 1..3 {
        seen.push(person::table.find(id).first::<Person>(conn).await?);
    }
    conn.set_prepared_statement_cache_size(CacheSize::Unbounded);
    Ok(format!("{seen:?} {:?}", names(conn).await?))
}

async fn count_by<C: AsyncConnection<Backend = Db>>(conn: &mut C) -> QueryResult<i64> {
    diesel::delete(person::table.find(1)).execute(conn).await?;
    conn.transaction(async |conn| person::table.count().get_result(conn).await).await
}

pub(crate) async fn generic_code(conn: &mut Conn, _: &str) -> Seen {
    // The compiler cannot tell that the future of generic code is `Send`, with diesel-async's own types neither.
    let count = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(count_by(conn)))?;
    Ok(count.to_string())
}

pub(crate) async fn queries_made_in_a_loop(conn: &mut Conn, _: &str) -> Seen {
    for id in 0..40 {
        let one = Person::new(100 + id, &format!("number {id}"));
        diesel::insert_into(person::table).values(&one).execute(conn).await?;
        let ids: Vec<i32> = (0..id % 7).collect();
        person::table.filter(person::id.eq_any(ids)).load::<Person>(conn).await?;
    }
    Ok(person::table.count().get_result::<i64>(conn).await?.to_string())
}

pub(crate) async fn conversion_error(conn: &mut Conn, _: &str) -> Seen {
    let error = person::table.select(person::age.assume_not_null()).order(person::id).load::<i32>(conn).await;
    Ok(format!("{error:?} {:?}", names(conn).await?))
}
