//! Types that programs declare, and what is known of them.

use osprofiler_sqlx::TracedPgPool;
use serde_json::json;
use sqlx::Executor as _;

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
