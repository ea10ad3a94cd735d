//! The idioms of PostgreSQL alone.

use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{Array, Integer, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::{StreamExt as _, TryStreamExt as _};

use super::Conn;
use crate::schema::{Person, person};

type Seen = Result<String, Box<dyn std::error::Error + Send + Sync>>;

async fn count(conn: &mut Conn) -> QueryResult<i64> {
    person::table.count().get_result(conn).await
}

pub(crate) async fn pipelines(conn: &mut Conn, _: &str) -> Seen {
    let conn = &*conn;
    let first = person::table.order(person::id).load::<Person>(&mut &*conn);
    let second = person::table.count().get_result::<i64>(&mut &*conn);
    let change = diesel::update(person::table.find(1)).set(person::age.eq(1));
    let third = change.execute(&mut &*conn);
    let fourth = person::table.load_stream::<Person>(&mut &*conn);
    let (first, second, third, fourth) = futures::join!(first, second, third, fourth);
    let fourth: Vec<_> = fourth?.map_ok(|one| one.name.len()).try_collect().await?;
    let many = (0..20).map(|x| diesel::select(x.into_sql::<Integer>()).get_result::<i32>(&mut &*conn));
    let many = futures::future::try_join_all(many).await?;
    Ok(format!("{first:?} {second:?} {third:?} {} {many:?}", fourth.len()))
}

async fn both(mut conn: &Conn) -> QueryResult<(i32, i64)> {
    let one = diesel::select(1.into_sql::<Integer>()).get_result::<i32>(&mut conn);
    let count = person::table.count().get_result::<i64>(&mut conn);
    futures::try_join!(one, count)
}

pub(crate) async fn pipelines_by_function(conn: &mut Conn, _: &str) -> Seen {
    Ok(format!("{:?}", futures::try_join!(both(conn), both(conn))?))
}

pub(crate) async fn pipelines_with_an_error(conn: &mut Conn, _: &str) -> Seen {
    let good = person::table.count().get_result::<i64>(&mut &*conn);
    let bad = diesel::sql_query("SELECT * FROM nowhere").load::<Person>(&mut &*conn);
    let other = diesel::select(3.into_sql::<Integer>()).get_result::<i32>(&mut &*conn);
    let seen = futures::join!(good, bad, other);
    Ok(format!("{seen:?}"))
}

pub(crate) async fn read_only_transactions(conn: &mut Conn, _: &str) -> Seen {
    let error =
        conn.build_transaction().read_only().run(async |conn| diesel::delete(person::table).execute(conn).await).await;
    Ok(format!("{error:?} {}", count(conn).await?))
}

#[derive(Debug, QueryableByName)]
struct Settings {
    #[diesel(sql_type = Text)]
    #[expect(dead_code, reason = "it is shown")]
    settings: String,
}

const SETTINGS: &str = "SELECT concat_ws(' ', current_setting('transaction_isolation'), \
    current_setting('transaction_read_only'), current_setting('transaction_deferrable')) AS settings";

pub(crate) async fn all_kinds_of_transactions(conn: &mut Conn, _: &str) -> Seen {
    let mut seen = Vec::new();
    macro_rules! kind {
        ($($option:ident)*) => {
            let inside = conn
                .build_transaction()
                $(.$option())*
                .run(async |conn| diesel::sql_query(SETTINGS).get_result::<Settings>(conn).await)
                .await?;
            seen.push(format!("{inside:?}"));
        };
    }
    kind!();
    kind!(read_only);
    kind!(read_write);
    kind!(read_committed);
    kind!(repeatable_read);
    kind!(serializable);
    kind!(deferrable);
    kind!(not_deferrable);
    kind!(serializable read_only deferrable);
    kind!(deferrable read_write repeatable_read not_deferrable);
    Ok(seen.join(", "))
}

pub(crate) async fn transaction_within_a_transaction(conn: &mut Conn, _: &str) -> Seen {
    let outer = conn
        .transaction(async |conn| {
            let inner = conn.build_transaction().serializable().run(async |conn| count(conn).await).await;
            diesel::delete(person::table.find(1)).execute(conn).await?;
            QueryResult::Ok(format!("{inner:?}"))
        })
        .await;
    Ok(format!("{outer:?} {}", count(conn).await?))
}

pub(crate) async fn returning(conn: &mut Conn, _: &str) -> Seen {
    let insert = diesel::insert_into(person::table).values([Person::new(4, "Dee"), Person::new(5, "Eve")]);
    let ids: Vec<i32> = insert.returning(person::id).get_results(conn).await?;
    let gone: Vec<Person> = diesel::delete(person::table.filter(person::id.gt(2))).get_results(conn).await?;
    Ok(format!("{ids:?} {gone:?}"))
}

pub(crate) async fn upsert(conn: &mut Conn, _: &str) -> Seen {
    let insert = diesel::insert_into(person::table).values(Person::new(1, "Ada"));
    let insert = insert.on_conflict(person::id).do_update().set(person::name.eq("Ada"));
    let ada: Person = insert.get_result(conn).await?;
    Ok(format!("{ada:?}"))
}

pub(crate) async fn notifications(conn: &mut Conn, _: &str) -> Seen {
    conn.batch_execute("LISTEN osprofiler_async_idiom").await?;
    diesel::sql_query("NOTIFY osprofiler_async_idiom, 'news'").execute(conn).await?;
    let mut notifications = std::pin::pin!(conn.notifications_stream());
    let news = notifications.next().await.expect("it does not end")?;
    Ok(format!("{} {}", news.channel, news.payload))
}

pub(crate) async fn serialization_failure_at_commit(conn: &mut Conn, url: &str) -> Seen {
    let mut other = AsyncPgConnection::establish(url).await?;
    let failed = conn
        .build_transaction()
        .serializable()
        .run(async |conn| {
            count(conn).await?;
            other.batch_execute("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
            other.batch_execute("SELECT count(*) FROM person").await?;
            other.batch_execute("INSERT INTO person VALUES (10, 'Ivo', 1)").await?;
            diesel::insert_into(person::table).values(Person::new(11, "Jan")).execute(conn).await?;
            other.batch_execute("COMMIT").await
        })
        .await;
    Ok(format!("{failed:?} {}", count(conn).await?))
}

pub(crate) async fn deferred_constraint_at_commit(conn: &mut Conn, _: &str) -> Seen {
    conn.batch_execute("CREATE TABLE place (number INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED)").await?;
    let failed = conn.transaction(async |conn| conn.batch_execute("INSERT INTO place VALUES (1), (1)").await).await;
    let next = conn.transaction(async |conn| count(conn).await).await;
    Ok(format!("{failed:?} {next:?}"))
}

pub(crate) async fn commit_of_an_aborted_transaction(conn: &mut Conn, _: &str) -> Seen {
    let committed = conn
        .transaction(async |conn| {
            diesel::delete(person::table).execute(conn).await?;
            let _ = conn.batch_execute("NO SQL").await;
            QueryResult::Ok(())
        })
        .await;
    Ok(format!("{committed:?} {}", count(conn).await?))
}

pub(crate) async fn savepoint_of_an_aborted_transaction(conn: &mut Conn, _: &str) -> Seen {
    let outer: QueryResult<i64> = conn
        .transaction(async |conn| {
            let inner: QueryResult<()> = conn
                .transaction(async |conn| {
                    let _ = conn.batch_execute("NO SQL").await;
                    Ok(())
                })
                .await;
            assert!(inner.is_err());
            let inner: QueryResult<()> = conn.transaction(async |_| Err(Error::RollbackTransaction)).await;
            assert!(inner.is_err());
            count(conn).await
        })
        .await;
    Ok(format!("{outer:?} {:?}", count(conn).await))
}

#[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(name = "mood"))]
struct MoodType;

#[derive(Debug, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = MoodType)]
struct Mood(String);

impl diesel::serialize::ToSql<MoodType, diesel::pg::Pg> for Mood {
    fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
        std::io::Write::write_all(out, self.0.as_bytes())?;
        Ok(diesel::serialize::IsNull::No)
    }
}

impl diesel::deserialize::FromSql<MoodType, diesel::pg::Pg> for Mood {
    fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        Ok(Self(String::from_utf8(value.as_bytes().to_vec())?))
    }
}

pub(crate) async fn enums_and_arrays(conn: &mut Conn, _: &str) -> Seen {
    conn.batch_execute("CREATE TYPE mood AS ENUM ('fine', 'bad')").await?;
    let fine: Mood = diesel::select(Mood("fine".to_owned()).into_sql::<MoodType>()).get_result(conn).await?;
    let moods = vec![Mood("bad".to_owned()), Mood("fine".to_owned())];
    let moods: Vec<Mood> = diesel::select(moods.into_sql::<Array<MoodType>>()).get_result(conn).await?;
    let error = diesel::select(Mood("worse".to_owned()).into_sql::<MoodType>()).get_result::<Mood>(conn).await;
    let numbers: Vec<i32> = diesel::select(vec![1, 2].into_sql::<Array<Integer>>()).get_result(conn).await?;
    Ok(format!("{fine:?} {moods:?} {error:?} {numbers:?}"))
}

pub(crate) async fn large_result(conn: &mut Conn, _: &str) -> Seen {
    let query = "SELECT i AS id, repeat('x', 100) AS name, NULL::int AS age FROM generate_series(1, 20000) i";
    let people: Vec<Person> = diesel::sql_query(query).load(conn).await?;
    Ok(people.iter().map(|one| one.name.len()).sum::<usize>().to_string())
}

pub(crate) async fn batch_by_reference(conn: &mut Conn, _: &str) -> Seen {
    let mut first = &*conn;
    let mut second = &*conn;
    let both = futures::join!(first.batch_execute("SELECT 1"), second.batch_execute("NO SQL"));
    Ok(format!("{both:?} {}", count(conn).await?))
}
