//! What points say that PostgreSQL alone has.

use diesel::connection::{DefaultLoadingMode, InstrumentationEvent, SimpleConnection};
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::result::Error;
use osprofiler_diesel::TracedPgConnection;
use serde_json::json;

use crate::server;
use crate::store::{Store, methods, start, stop};

diesel::table! {
    thing (id) { id -> Integer, name -> Text, }
}

const CREATE: &str = "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> ''));
    INSERT INTO thing SELECT n, 'thing ' || n FROM generate_series(1, 3) n";

fn things(name: &str) -> Option<TracedPgConnection> {
    let place = server::postgres(&format!("points_{name}"), CREATE)?;
    Some(TracedPgConnection::establish(&place.url).expect("it was there just now"))
}

#[test]
fn rows_that_lie_ready_are_known_to_be_all() {
    let Some(mut connection) = things("ready") else { return };
    let store = Store::new();
    store.record(|| {
        thing::table.select(thing::id).first::<i32>(&mut connection).expect("there is one");
        let rows = thing::table.select(thing::id).load_iter::<i32, DefaultLoadingMode>(&mut connection);
        rows.expect("it loads").next();
        let rows = thing::table.select(thing::id).load_iter::<i32, PgRowByRowLoadingMode>(&mut connection);
        assert_eq!(rows.expect("it loads").count(), 3);
    });
    store.assert_whole();
    let points = store.points();
    let said: Vec<_> = points.iter().map(stop).collect();
    assert_eq!(said, [json!({"rows": 1}), json!({"rows": 1, "complete": false}), json!({"rows": 3})]);
    assert!(points[0].stop_info["db"]["consumer_us"].is_u64());
}

#[test]
fn two_results_at_once_are_two_points() {
    let Some(mut connection) = things("two") else { return };
    let store = Store::new();
    store.record(|| {
        let mut first =
            thing::table.select(thing::id).load_iter::<i32, DefaultLoadingMode>(&mut connection).expect("it loads");
        let second = thing::table.select(thing::id).load_iter::<i32, DefaultLoadingMode>(&mut connection);
        let mut second = second.expect("it loads");
        let _: Option<QueryResult<i32>> = first.next();
        assert_eq!(second.by_ref().count(), 3);
        assert_eq!(first.count(), 2);
    });
    store.assert_whole();
    let points = store.points();
    assert_eq!(points.iter().map(stop).collect::<Vec<_>>(), [json!({"rows": 3}), json!({"rows": 3})]);
    assert_eq!(points[0].parent_id, points[1].parent_id);
}

#[test]
fn a_failure_names_constraint_table_and_column() {
    let Some(mut connection) = things("failure") else { return };
    let store = Store::new();
    store.record(|| {
        let twice = (thing::id.eq(4), thing::name.eq("thing 1"));
        diesel::insert_into(thing::table).values(twice).execute(&mut connection).expect_err("twice");
        connection.batch_execute("INSERT INTO thing VALUES (5, NULL)").expect_err("not null");
    });
    let points = store.points();
    let said = stop(&points[0]);
    assert_eq!(
        (&said["kind"], &said["constraint"], &said["table"]),
        (&json!("unique_violation"), &json!("thing_name_key"), &json!("thing"))
    );
    let said = stop(&points[1]);
    assert_eq!((&said["kind"], &said["column"]), (&json!("not_null_violation"), &json!("name")));
}

#[test]
fn a_commit_of_what_has_failed_is_a_rollback() {
    let Some(mut connection) = things("commit") else { return };
    let store = Store::new();
    store.record(|| {
        let committed = connection.transaction::<_, Error, _>(|connection| {
            connection.batch_execute("SELECT nonsense").expect_err("no such column");
            Ok(())
        });
        committed.expect("PostgreSQL says nothing");
    });
    let points = store.points();
    assert_eq!(methods(&points), ["begin", "batch_execute", "commit"]);
    assert_eq!(points[2].outcome(), Some(("rolled_back", false)));
}

#[test]
fn an_unseen_failure_is_found_out_or_makes_the_outcome_unknown() {
    let Some(place) = server::postgres("points_unheard", CREATE) else { return };
    let mut inner = PgConnection::establish(&place.url).expect("it was there just now");
    inner.set_instrumentation(|_: InstrumentationEvent<'_>| {});
    let (store, mut connection) = (Store::new(), TracedPgConnection::new(inner));
    store.record(|| {
        for (statement, fails) in [("SELECT 1", false), ("SELECT 1 / 0", true)] {
            // Diesel knows of its own transactions.
            let done = connection.transaction::<_, Error, _>(|connection| {
                assert_eq!((**connection).batch_execute(statement).is_err(), fails);
                Ok(())
            });
            done.expect("PostgreSQL says nothing");
            connection.batch_execute("BEGIN").expect("there is none");
            assert_eq!((*connection).batch_execute(statement).is_err(), fails);
            connection.batch_execute("COMMIT").expect("PostgreSQL says nothing");
        }
        connection.batch_execute("BEGIN").expect("there is none");
        connection.batch_execute("COMMIT").expect("there is one");
    });
    let points = store.points();
    let outcomes: Vec<_> = points.iter().filter_map(|point| stop(point).get("outcome").cloned()).collect();
    assert_eq!(outcomes, ["committed", "unknown", "rolled_back", "unknown", "committed"]);
}

#[test]
fn a_failure_on_the_connection_within_is_heard_even_where_it_is_not_traced() {
    let Some(mut connection) = things("heard") else { return };
    let store = Store::new();
    store.record(|| {
        connection.batch_execute("BEGIN").expect("there is none");
        connection.set_trace_sql(false);
        (*connection).batch_execute("SELECT 1 / 0").expect_err("no number");
        connection.set_trace_sql(true);
        connection.batch_execute("COMMIT").expect("PostgreSQL says nothing");
    });
    assert_eq!(stop(&store.points()[1])["outcome"], "rolled_back");
}

#[test]
fn copy_says_its_statement_and_rows() {
    let Some(mut connection) = things("copy") else { return };
    let store = Store::new();
    store.record(|| {
        let rows = vec![(thing::id.eq(7), thing::name.eq("a")), (thing::id.eq(8), thing::name.eq("b"))];
        let copied = diesel::copy_from(thing::table).from_insertable(rows).execute(&mut connection);
        assert_eq!(copied.expect("it copies"), 2);
        let rows = vec![(thing::id.eq(7), thing::name.eq("a"))];
        diesel::copy_from(thing::table).from_insertable(rows).execute(&mut connection).expect_err("twice");
        let read = diesel::copy_to(thing::table).load_raw(&mut *connection).expect("it copies");
        assert_eq!(std::io::read_to_string(read).expect("text").lines().count(), 5);
    });
    store.assert_whole();
    let points = store.points();
    assert_eq!(methods(&points)[..2], ["copy_from", "copy_from"]);
    assert!(points[0].statement().is_some_and(|statement| statement.starts_with("COPY ")), "{points:?}");
    assert_eq!(stop(&points[0]), json!({"rows_affected": 2}));
    assert!(points[1].error().is_some_and(|error| error.1.contains("duplicate key")), "{:?}", points[1]);
    assert!(points[2].is_bypassed() && points[2].statement().is_some_and(|statement| statement.starts_with("COPY ")));
}

#[test]
fn types_that_a_program_declares_have_their_names_and_look_ups_are_internal() {
    #[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
    #[diesel(postgres_type(name = "mood"))]
    struct Mood;

    #[derive(Debug, diesel::expression::AsExpression)]
    #[diesel(sql_type = Mood)]
    struct Happy;

    impl diesel::serialize::ToSql<Mood, diesel::pg::Pg> for Happy {
        fn to_sql<'b>(
            &'b self,
            out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
        ) -> diesel::serialize::Result {
            std::io::Write::write_all(out, b"happy")?;
            Ok(diesel::serialize::IsNull::No)
        }
    }

    let Some(mut connection) = things("types") else { return };
    connection.batch_execute("CREATE TYPE mood AS ENUM ('sad', 'happy')").expect("it is new");
    let store = Store::new();
    store.record(|| {
        for _ in 0..2 {
            let query = diesel::sql_query("SELECT $1").bind::<Mood, _>(Happy);
            query.execute(&mut connection).expect("it runs");
        }
    });
    store.assert_whole();
    let points = store.points();
    let (internal, program): (Vec<_>, Vec<_>) = points.iter().partition(|point| point.is_internal());
    assert!(
        !internal.is_empty() && internal.iter().all(|point| point.statement().is_some_and(|s| s.contains("pg_type")))
    );
    assert_eq!(program.len(), 2);
    for point in program {
        let said = start(point);
        assert_eq!((&said["params"], &said["param_types"]), (&json!(["happy"]), &json!(["mood"])));
    }
}
