//! What is recorded of values and rows, and what is switched off.

use diesel::prelude::*;
use osprofiler_diesel::{ParamsPolicy, TracedBuilder, TracedSqliteConnection};
use serde_json::{Value, json};

use crate::points::person;
use crate::store::{Store, start, stop};

type Builder = TracedBuilder<TracedSqliteConnection>;

/// What one query with a value says at its start and stop.
fn said(builder: impl FnOnce(Builder) -> Builder) -> (Value, Value) {
    let store = Store::new();
    let mut connection = builder(TracedSqliteConnection::builder()).establish(":memory:").expect("it opens");
    diesel::sql_query("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, photo BLOB)")
        .execute(&mut connection)
        .expect("the table is new");
    diesel::insert_into(person::table)
        .values(vec![
            (person::name.eq("Ann"), person::photo.eq(Some(vec![0_u8, 255]))),
            (person::name.eq("Bob"), person::photo.eq(None)),
        ])
        .execute(&mut connection)
        .expect("it inserts");
    store.record(|| {
        let query = person::table.filter(person::name.ne("secret@example.org"));
        query.load::<(i32, String, Option<Vec<u8>>)>(&mut connection).expect("it loads");
    });
    let point = &store.points()[0];
    (start(point).clone(), stop(point))
}

#[test]
fn types_only_has_no_values() {
    let (start, _) = said(|builder| builder.params(ParamsPolicy::Types));
    assert_eq!((start.get("params"), &start["param_types"]), (None, &json!(["TEXT"])));
    let (start, _) = said(|builder| builder.params(ParamsPolicy::Off));
    assert_eq!((start.get("params"), start.get("param_types")), (None, None));
}

#[test]
fn values_are_replaced_by_pattern_and_by_function() {
    let (start, _) = said(|builder| builder.redact("(?i)name").expect("a pattern"));
    assert_eq!(start["params"], json!(["[redacted]"]));
    let (start, _) = said(|builder| {
        builder.redact_with(|recorded| recorded.value.as_str()?.contains('@').then(|| json!("[address]")))
    });
    assert_eq!(start["params"], json!(["[address]"]));
}

/// Records a statement that fails under each policy that hides values: no value is in what is recorded of the failure,
/// whose text is `message`, and the program gets its error as it is.
macro_rules! hides_errors {
    ($connection:ty, $url:expr, $setup:expr, $statement:expr, $message:expr) => {
        for policy in 0..5 {
            let builder = <$connection>::builder();
            let builder = match policy {
                0 => builder.params(ParamsPolicy::Types),
                1 => builder.params(ParamsPolicy::Off),
                2 => builder.redact("(?i)insert into").expect("a pattern"),
                3 => builder.redact_with(|_| Some(json!("***"))),
                _ => builder.redact("another statement").expect("a pattern"),
            };
            let store = Store::new();
            let mut connection = builder.establish($url).expect("it opens");
            for statement in $setup {
                diesel::sql_query(statement).execute(&mut connection).expect("the statement is right");
            }
            let failing = || {
                let query = diesel::sql_query($statement);
                query.bind::<diesel::sql_types::Text, _>("quigley@example.org").execute(&mut connection)
            };
            let error = store.record(failing).expect_err("it fails").to_string();
            let info = &store.points()[0].stop_info;
            let message = if policy < 4 { $message } else { error.as_str() };
            assert_eq!(info["message"], message, "{error}");
            let members = [&info["db"]["original_exception"], &info["db"]["chained_exception"]];
            assert_eq!(members, [message, message]);
            assert_eq!(info["etype"], "diesel::result::Error::DatabaseError");
        }
    };
}

#[test]
fn errors_repeat_no_value_that_is_not_recorded() {
    let setup = [
        "CREATE TABLE policy_errors (email VARCHAR(99) UNIQUE, n INTEGER)",
        "INSERT INTO policy_errors (email) VALUES ('quigley@example.org')",
        "CREATE TRIGGER policy_raises BEFORE INSERT ON policy_errors WHEN NEW.n = 1 \
         BEGIN SELECT RAISE(ABORT, 'no credit for quigley'); END",
    ];
    let insert = "INSERT INTO policy_errors (email) VALUES (?)";
    let message = "UNIQUE constraint failed: policy_errors.email";
    hides_errors!(TracedSqliteConnection, ":memory:", setup, insert, message);
    let raised = "INSERT INTO policy_errors (email, n) VALUES (? || 'x', 1)";
    hides_errors!(TracedSqliteConnection, ":memory:", setup, raised, "[redacted]");
}

#[cfg(feature = "mysql")]
#[test]
fn errors_of_mysql_repeat_no_value_that_is_not_recorded() {
    let table = "CREATE TABLE policy_errors (email VARCHAR(99) UNIQUE); \
        INSERT INTO policy_errors VALUES ('quigley@example.org');";
    let Some(place) = crate::server::mysql("policy_errors", table) else { return };
    let insert = "INSERT INTO policy_errors (email) VALUES (?)";
    let message = "Duplicate entry '[redacted]' for key 'email'";
    hides_errors!(osprofiler_diesel::TracedMysqlConnection, &place.url, [""; 0], insert, message);
}

#[cfg(feature = "postgres")]
#[test]
fn errors_of_postgresql_repeat_no_value_that_is_not_recorded() {
    let table = "CREATE TABLE policy_errors (email VARCHAR(99) UNIQUE, n INTEGER); \
        INSERT INTO policy_errors VALUES ('quigley@example.org');";
    let Some(place) = crate::server::postgres("policy_errors", table) else { return };
    let insert = "INSERT INTO policy_errors (email) VALUES ($1)";
    let message = "duplicate key value violates unique constraint \"policy_errors_email_key\"";
    hides_errors!(osprofiler_diesel::TracedPgConnection, &place.url, [""; 0], insert, message);
    let cast = "INSERT INTO policy_errors (n) VALUES (($1::text)::int)";
    let message = "invalid input syntax for type integer: [redacted]";
    hides_errors!(osprofiler_diesel::TracedPgConnection, &place.url, [""; 0], cast, message);
}

#[test]
fn rows_are_recorded_where_they_are_asked_for() {
    let (_, stop) = said(|builder| builder.hide_result(false));
    let rows = json!([{"id": 1, "name": "Ann", "photo": "\\x00ff"}, {"id": 2, "name": "Bob", "photo": null}]);
    assert_eq!(stop, json!({"rows": 2, "result": rows}));
    let (_, stop) = said(|builder| builder.hide_result(false).result_rows(1));
    assert_eq!(stop["result"], json!([rows[0]]));
    let (_, stop) = said(|builder| builder.hide_result(false).params(ParamsPolicy::Types));
    assert_eq!(stop, json!({"rows": 2}));
}

#[test]
fn a_connection_is_switched_off_and_on() {
    let (store, mut connection) = (Store::new(), crate::points::people());
    store.record(|| {
        connection.set_trace_sql(false);
        person::table.count().get_result::<i64>(&mut connection).expect("it counts");
        person::table.count().get_result::<i64>(&mut *connection).expect("it counts");
        connection.set_trace_sql(true);
        person::table.count().get_result::<i64>(&mut connection).expect("it counts");
    });
    assert_eq!(store.points().len(), 1);
}

#[test]
fn points_have_the_name_that_they_are_given() {
    let store = Store::new();
    let builder = TracedSqliteConnection::builder().name("orders").system("libsql");
    store.record(|| builder.establish(":memory:").map(drop).expect("it opens"));
    let point = &store.points()[0];
    assert_eq!((point.name.as_str(), point.system()), ("orders", Some("libsql")));
}

#[test]
fn long_values_are_cut_and_marked() {
    let (store, mut connection) = (Store::new(), crate::points::people());
    let long = "é".repeat(100_000);
    store.record(|| {
        for _ in 0..40 {
            let query = person::table.filter(person::name.eq(&long)).filter(person::id.eq(1)).select(person::id);
            query.load::<i32>(&mut connection).expect("it loads");
        }
    });
    let points = store.points();
    assert_eq!(start(&points[0])["params"], json!([format!("{}…(+198976 B)", "é".repeat(512)), 1]));
    for point in &points {
        let said = start(point);
        assert!(said["params"][1] == 1 || said["params_unknown"].is_string(), "{said}");
    }
}

#[cfg(feature = "r2d2")]
#[test]
fn a_builder_gives_the_connections_of_a_pool_its_options() {
    use diesel::r2d2::{ConnectionManager, Pool};

    let store = Store::new();
    let options = TracedSqliteConnection::builder().name("orders").params(ParamsPolicy::Off);
    let manager = ConnectionManager::<TracedSqliteConnection>::new(":memory:");
    let pool = Pool::builder().max_size(1).connection_customizer(Box::new(options)).build(manager).expect("a pool");
    store
        .record(|| {
            let mut connection = pool.get().expect("a connection");
            diesel::sql_query("SELECT ?").bind::<diesel::sql_types::Integer, _>(1).execute(&mut connection)
        })
        .expect("it runs");
    let point = store.points().into_iter().find(|point| point.statement() == Some("SELECT ?")).expect("it ran");
    assert_eq!((point.name.as_str(), start(&point).get("params")), ("orders", None));
    assert_eq!(start(&point)["database"], ":memory:");
}
