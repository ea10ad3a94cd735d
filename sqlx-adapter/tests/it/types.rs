//! Types that programs declare, and what is known of them.

use std::sync::{Arc, Mutex};

use osprofiler::TraceExt as _;
use osprofiler_sqlx::TracedPgPool;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _};

use crate::server;
use crate::store::{Store, db};

#[derive(Debug, PartialEq, sqlx::Type)]
#[sqlx(type_name = "mood", rename_all = "lowercase")]
enum Mood {
    Good,
    Bad,
}

#[derive(Debug, PartialEq, sqlx::Type)]
#[sqlx(type_name = "place")]
struct Place {
    id: i32,
    mood: Mood,
    note: Option<String>,
}

#[derive(Debug, PartialEq, sqlx::Type)]
#[sqlx(transparent)]
struct Price(i32);

#[tokio::test]
async fn postgres_types_of_the_program_are_known_once_a_statement_has_run() {
    let Some(pool) = server::postgres("types_known").await else { return };
    pool.execute(
        "CREATE TYPE mood AS ENUM ('good', 'bad');
         CREATE TYPE place AS (id int, mood mood, note text);
         CREATE DOMAIN price AS int CHECK (value > 0);
         CREATE TABLE visit (place place, moods mood[], price price)",
    )
    .await
    .expect("types and a table");
    let pool = TracedPgPool::builder().hide_result(false).build(pool);
    // What the names stand for is known when a statement has run; a slow one may be recorded before.
    let first = sqlx::query("SELECT $1::place, $2::mood[]").bind(None::<Place>).bind(None::<Vec<Mood>>);
    let (known, _) = Store::new().record(async { first.execute(&pool).await }).await;
    known.expect("the statement is right");
    let store = Store::new();
    let request = async {
        sqlx::query("INSERT INTO visit VALUES ($1, $2, $3)")
            .bind(Place { id: 7, mood: Mood::Good, note: None })
            .bind(vec![Mood::Bad, Mood::Good])
            .bind(Price(1_633_837_924))
            .execute(&pool)
            .await?;
        sqlx::query("SELECT * FROM visit WHERE price = $1").bind(Price(1_633_837_924)).fetch_all(&pool).await
    };
    let (rows, points) = store.record(request).await;
    assert_eq!(rows.expect("the statements are right").len(), 1);
    let start = &points[0].start_info["db"];
    assert_eq!(start["params"], json!([{"id": 7, "mood": "good", "note": null}, ["bad", "good"], 1_633_837_924]));
    assert_eq!(start["param_types"], json!(["place", "mood[]", "int4"]));
    // Rows have the same form.
    assert_eq!(
        db(&points[1])["result"],
        json!([{"place": {"id": 7, "mood": "good", "note": null}, "moods": ["bad", "good"], "price": 1_633_837_924}])
    );
}

/// The same program always shows the same values, however fast the worker is.
#[tokio::test]
async fn values_of_declared_types_do_not_depend_on_a_race() {
    #[derive(Debug, sqlx::Type)]
    enum Stage {
        Pending,
    }

    let Some(pool) = server::postgres("race").await else { return };
    for number in 0..50 {
        // A type of its own each time: what is known of a name stays known.
        let name = format!("race_stage_{number}");
        let domain = format!("race_amount_{number}");
        let sql = format!("CREATE TYPE {name} AS ENUM ('pending'); CREATE DOMAIN {domain} AS int4");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await.expect("a type");
        let traced = TracedPgPool::from(pool.clone());
        let store = Store::new();
        let request = async {
            let sql = AssertSqlSafe(format!("SELECT $1::text, $2::int4 /* {number} */"));
            let query = sqlx::query(sql).bind(Declared(name.clone(), Stage::Pending)).bind(Amount(domain.clone(), 7));
            query.fetch_one(&traced).await.map(drop)
        };
        // The worker has nothing else to do.
        assert!(store.notifier.flush(std::time::Duration::from_secs(10)));
        let (done, points) = store.record(request).await;
        done.expect("done");
        assert_eq!(points[0].params().map(|params| params.to_string()).as_deref(), Some("[\"pending\",7]"), "{number}");
    }

    /// A value whose type has a name that is made at run time.
    struct Declared(String, Stage);

    impl sqlx::Type<sqlx::Postgres> for Declared {
        fn type_info() -> sqlx::postgres::PgTypeInfo {
            sqlx::postgres::PgTypeInfo::with_name("race_stage_0")
        }
    }

    impl sqlx::Encode<'_, sqlx::Postgres> for Declared {
        fn encode_by_ref(
            &self,
            buffer: &mut sqlx::postgres::PgArgumentBuffer,
        ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
            let Stage::Pending = self.1;
            buffer.extend_from_slice(b"pending");
            Ok(sqlx::encode::IsNull::No)
        }

        fn produces(&self) -> Option<sqlx::postgres::PgTypeInfo> {
            Some(sqlx::postgres::PgTypeInfo::with_name(self.0.clone().leak()))
        }
    }

    struct Amount(String, i32);

    impl sqlx::Type<sqlx::Postgres> for Amount {
        fn type_info() -> sqlx::postgres::PgTypeInfo {
            sqlx::postgres::PgTypeInfo::with_name("race_amount_0")
        }
    }

    impl sqlx::Encode<'_, sqlx::Postgres> for Amount {
        fn encode_by_ref(
            &self,
            buffer: &mut sqlx::postgres::PgArgumentBuffer,
        ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
            buffer.extend_from_slice(&self.1.to_be_bytes());
            Ok(sqlx::encode::IsNull::No)
        }

        fn produces(&self) -> Option<sqlx::postgres::PgTypeInfo> {
            Some(sqlx::postgres::PgTypeInfo::with_name(self.0.clone().leak()))
        }
    }
}

#[tokio::test]
async fn a_first_statement_that_fails_shows_the_same_however_late_it_is_decoded() {
    #[derive(Debug, sqlx::Type)]
    #[sqlx(type_name = "late_stage", rename_all = "snake_case")]
    enum LateStage {
        Pending,
    }

    let Some(own) = server::postgres("late").await else { return };
    let sql = "CREATE TYPE late_stage AS ENUM ('pending'); CREATE TABLE late (stage late_stage UNIQUE);
        INSERT INTO late VALUES ('pending')";
    sqlx::raw_sql(sql).execute(&own).await.expect("a table");
    let pool = TracedPgPool::from(own);
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (released, seen) = (Mutex::new(Some(released)), Arc::new(Mutex::new(Vec::new())));
    let theirs = Arc::clone(&seen);
    let notifier = osprofiler::Notifier::from(move |message: &osprofiler::Message| {
        if let Some(released) = released.lock().expect("no panic").take() {
            // The worker is busy until both statements have run.
            let _ = released.recv();
        }
        if let Some(params) = message.info().get("db").and_then(|db| db.get("params")) {
            theirs.lock().expect("no panic").push(params.to_string());
        }
    });
    drop(Store::new());
    let profiler = osprofiler::Profiler::with_notifier(&notifier, "key", None, None);
    profiler.in_scope(|| drop(osprofiler::Trace::new("first", ())));
    // It is rendered before the others come.
    while notifier.stats().recorded < 2 {
        tokio::task::yield_now().await;
    }
    let request = async {
        let insert = sqlx::query("INSERT INTO late VALUES ($1)").bind(LateStage::Pending).execute(&pool).await;
        insert.expect_err("it is there already");
        sqlx::query("SELECT stage FROM late WHERE stage = $1").bind(LateStage::Pending).fetch_one(&pool).await
    };
    request.in_trace(&profiler).await.expect("a row");
    release.send(()).expect("the worker waits");
    assert!(notifier.flush(std::time::Duration::from_secs(30)));
    assert_eq!(*seen.lock().expect("no panic"), [r#"["\\x70656e64696e67"]"#, r#"["pending"]"#]);
}
