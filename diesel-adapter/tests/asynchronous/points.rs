//! What points say of a statement: text, values, place, rows.

use std::io::Write as _;
use std::time::Duration;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::{Array, Integer, Nullable};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::TryStreamExt as _;
use osprofiler::TraceExt as _;
use serde_json::{Value, json};

use crate::schema::{Person, person};
use crate::server::{self, TracedMysql, TracedPg, TracedSqlite, people};
use crate::store::{Store, db, record, records, start};

#[tokio::test]
async fn statement_values_and_place_are_recorded_of_postgresql() {
    let Some(url) = server::postgres("points").await else { return };
    let request = async {
        let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
        person::table.filter(person::id.gt(1)).order(person::id).load::<Person>(&mut conn).await
    };
    let (people, points) = record(request).await;
    assert_eq!(people.len(), 2);
    assert_eq!(
        records(&points),
        [
            "connect CONNECT → done",
            "load SELECT person.id, person.name, person.age FROM person WHERE (person.id > $1) ORDER BY person.id [1] \
             → rows 2",
        ]
    );
    let point = &points[1];
    assert_eq!(point.name, "db");
    assert_eq!(start(point, "param_types"), &json!(["int4"]));
    assert_eq!(start(point, "system"), "postgresql");
    assert_eq!(start(point, "connection"), start(&points[0], "connection"));
    assert!(start(point, "connection").is_u64() && start(point, "server").is_string());
    assert!(start(point, "database").is_string() && start(point, "transaction").is_null());
    assert!(point.stop_info["db"]["first_row_us"].is_u64() && point.stop_info["db"]["consumer_us"].is_u64());
}

#[tokio::test]
async fn statement_values_and_place_are_recorded_of_mysql() {
    let Some(url) = server::mysql("points").await else { return };
    let mut conn = TracedMysql::establish(&url).await.expect("it was there just now");
    let request = async {
        diesel::insert_into(person::table).values(Person::new(4, "Dee")).execute(&mut conn).await?;
        person::table.count().get_result::<i64>(&mut conn).await
    };
    let (count, points) = record(request).await;
    assert_eq!(count, 4);
    assert_eq!(
        records(&points),
        [
            "execute INSERT INTO person (id, name, age) VALUES (?, ?, DEFAULT) [4,\"Dee\"] → affected 1",
            "load SELECT COUNT(*) FROM person → rows 1 of more",
        ]
    );
    assert_eq!(
        (start(&points[0], "system"), start(&points[0], "database")),
        (&json!("mysql"), &json!("osprofiler_async_points"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statement_values_and_place_are_recorded_of_sqlite() {
    let url = server::sqlite("points").await.expect("there is always one");
    let mut conn = TracedSqlite::establish(&url).await.expect("it was there just now");
    let request = async {
        diesel::update(person::table.find(2))
            .set((person::age.eq(5), person::name.eq("Bo")))
            .execute(&mut conn)
            .await?;
        conn.batch_execute("DELETE FROM person; VACUUM").await
    };
    let ((), points) = record(request).await;
    assert_eq!(
        records(&points),
        [
            "execute UPDATE person SET age = ?, name = ? WHERE (person.id = ?) [5,\"Bo\",2] → affected 1",
            "batch_execute DELETE FROM person; VACUUM → done",
        ]
    );
    assert_eq!((start(&points[0], "system"), start(&points[0], "server")), (&json!("sqlite"), &Value::Null));
    assert_eq!(start(&points[0], "database"), &json!(url));
}

#[tokio::test]
async fn types_of_the_programs_own_have_their_names() {
    let Some(url) = server::postgres("points_types").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    conn.batch_execute("CREATE TYPE mood AS ENUM ('fine', 'bad')").await.expect("it is new");
    let request = async {
        for _ in 0..2 {
            let query = diesel::sql_query("SELECT $1, $2, $3, $4").bind::<MoodType, _>(Mood("fine"));
            let query = query.bind::<Array<MoodType>, _>(vec![Mood("fine"), Mood("bad")]);
            let query = query
                .bind::<Nullable<MoodType>, _>(None::<Mood>)
                .bind::<Array<Nullable<Integer>>, _>(vec![Some(1), None]);
            query.execute(&mut conn).await?;
        }
        diesel::select(1.into_sql::<Integer>()).get_result::<i32>(&mut conn).await
    };
    let (_, points) = record(request).await;
    let lookups: Vec<_> = points.iter().filter(|point| point.is_internal()).collect();
    assert_eq!(lookups.len(), 1, "diesel-async asks once, and keeps what it learns");
    assert_eq!(start(lookups[0], "params"), &json!(["mood"]));
    assert!(
        lookups[0]
            .statement()
            .is_some_and(|text| text.starts_with("SELECT pg_type.oid, pg_type.typarray FROM pg_type"))
    );
    for point in points.iter().filter(|point| !point.is_internal()).take(2) {
        assert_eq!(start(point, "param_types"), &json!(["mood", "mood[]", "mood", "int4[]"]));
        assert_eq!(start(point, "params"), &json!(["fine", ["fine", "bad"], null, [1, null]]));
    }
}

#[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(name = "mood"))]
struct MoodType;

#[derive(Debug, diesel::expression::AsExpression)]
#[diesel(sql_type = MoodType)]
struct Mood(&'static str);

impl ToSql<MoodType, Pg> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> diesel::serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

#[tokio::test]
async fn queries_in_a_pipeline_are_siblings() {
    let Some(url) = server::postgres("points_pipeline").await else { return };
    let conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        let slow = diesel::sql_query("SELECT pg_sleep(0.05)").execute(&mut &conn);
        let people = person::table.load::<Person>(&mut &conn);
        let count = person::table.count().get_result::<i64>(&mut &conn);
        futures::try_join!(slow, people, count)
    };
    let (_, points) = record(request.traced("request", ())).await;
    let request = points.iter().find(|point| point.name == "request").expect("the root");
    let queries: Vec<_> = points.iter().filter(|point| point.is_database()).collect();
    assert_eq!(queries.len(), 3);
    for query in &queries {
        assert_eq!(query.parent_id, request.trace_id);
        assert_eq!(start(query, "connection"), start(queries[0], "connection"));
        // They wait for the first, and not one after the other.
        assert!(query.duration_us().expect("both ends") >= 50_000, "{query:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_side_by_side_are_siblings_and_count_their_own_rows() {
    let request = async {
        let (mut one, mut other) = (people().await, people().await);
        let first = async { person::table.load_stream::<Person>(&mut one).await?.try_collect::<Vec<_>>().await };
        let second =
            async { person::table.limit(2).load_stream::<Person>(&mut other).await?.try_collect::<Vec<_>>().await };
        futures::try_join!(first, second)
    };
    let (_, points) = record(request).await;
    let loads: Vec<_> = points.iter().filter(|point| start(point, "method") == "load").collect();
    assert_eq!((db(loads[0]), db(loads[1])), (json!({"rows": 3}), json!({"rows": 2})));
    assert_eq!(loads[0].parent_id, loads[1].parent_id);
    assert_ne!(start(loads[0], "connection"), start(loads[1], "connection"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_is_a_child_of_the_point_around_it() {
    let mut conn = people().await;
    let request = async { async { person::table.load::<Person>(&mut conn).await }.traced("handler", ()).await };
    let (_, points) = record(request).await;
    assert_eq!(points[1].parent_id, points[0].trace_id);
    assert_eq!(points[0].name, "handler");
}

#[tokio::test]
async fn waiting_for_the_database_is_not_the_programs_time() {
    let Some(url) = server::postgres("points_waiting").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let query = "SELECT i AS id, pg_sleep(0.1)::text AS name, 1 AS age FROM generate_series(1, 2) i";
    let request = async { diesel::sql_query(query).load::<Person>(&mut conn).await };
    let (_, points) = record(request).await;
    let whole = points[0].duration_us().expect("both ends");
    let consumer = points[0].stop_info["db"]["consumer_us"].as_u64().expect("a number");
    assert!(whole >= 200_000 && consumer < whole / 2, "{consumer} of {whole}");
}

#[tokio::test]
async fn a_stream_says_how_long_the_program_took_for_its_rows() {
    let Some(url) = server::postgres("points_consumer").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        let mut stream = person::table.load_stream::<Person>(&mut conn).await?;
        while stream.try_next().await?.is_some() {
            // Work that blocks, and work that waits.
            std::thread::sleep(Duration::from_millis(10));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        QueryResult::Ok(())
    };
    let ((), points) = record(request).await;
    let whole = points[0].duration_us().expect("both ends");
    let consumer = points[0].stop_info["db"]["consumer_us"].as_u64().expect("a number");
    assert!((60_000..=whole).contains(&consumer), "{consumer} of {whole}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_trace_nothing_is_recorded() {
    let mut conn = people().await;
    let (store, other) = (Store::new(), Store::new());
    person::table.load::<Person>(&mut conn).await.expect("rows");
    async {}.in_trace(&store.profiler()).await;
    assert!(store.points().is_empty());
    let (_, points) = other.record(person::table.load::<Person>(&mut conn)).await;
    assert_eq!(points.len(), 0, "it was made outside");
    let (_, points) = other.record(async { person::table.load::<Person>(&mut conn).await }).await;
    assert_eq!(points.len(), 1);
}
