//! `ProfilerLayer` beside `SqlxEventLayer`: spans are points, and every statement is recorded once.

use osprofiler::{ProfilerLayer, testing};
use osprofiler_sqlx::{SqlxEventLayer, TracedSqlitePool};
use sqlx::sqlite::SqlitePoolOptions;
use tracing::{Instrument, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

#[tokio::test]
async fn statements_are_recorded_once_under_their_span_whether_they_went_through_the_traced_pool_or_around() {
    let subscriber = tracing_subscriber::registry()
        .with(ProfilerLayer::new().with_filter(LevelFilter::INFO))
        .with(SqlxEventLayer::filtered());
    tracing::subscriber::set_global_default(subscriber).expect("it is the first");

    let plain = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.expect("a database");
    let traced = TracedSqlitePool::from(plain.clone());
    let trace = testing::capture(async {
        async {
            sqlx::query("SELECT 'traced'").execute(&traced).await.expect("it runs");
            sqlx::query("SELECT 'around'").execute(&plain).await.expect("it runs");
        }
        .instrument(info_span!("handler"))
        .await;
    })
    .await;
    let handler = trace.points().iter().position(|point| point.name == "handler");
    let queries: Vec<_> =
        trace.queries().iter().map(|query| (query.statement(), query.is_bypassed(), query.parent)).collect();
    assert_eq!(
        queries,
        [(Some("SELECT 'traced'"), false, handler), (Some("SELECT 'around'"), true, handler)],
        "{trace}"
    );
    assert!(trace.find("osprofiler").is_none(), "{trace}");
    let handler = trace.find("handler").expect("a span");
    assert_eq!(handler.stop_info.get("span"), None, "sqlx's events are no events of the span");
}
