//! What responses say of the time that a request and its database took.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use tower::util::BoxService;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use super::*;
use crate::db::{BoundValues, DbOptions, DbSource, DbStart, DbStop, ParamsWriter};
use crate::profiler::Point;

type Boxed = BoxService<Request<()>, Response<Full<Bytes>>, Infallible>;

struct NoValues;

impl BoundValues for NoValues {
    fn weight(&self) -> usize {
        0
    }

    fn decode(&mut self, _: &mut ParamsWriter<'_>) {}
}

/// A database point that started at `at`.
fn started(at: Instant, method: &'static str, statement: &'static str) -> Point {
    let source = DbSource::new("sqlite", "", None, DbOptions::default());
    let mut point = Point::new("db").expect("a trace");
    point.start_statement(
        at,
        DbStart::<_, NoValues> {
            source,
            method,
            internal: false,
            acquire: None,
            lease: None,
            prepared: None,
            caller: None,
            statement,
            values: None,
        },
    );
    point
}

/// The values of `Server-Timing` in the response to a request for which `work` ran.
fn timing<L, B>(layer: &L, work: impl Fn() + Send + 'static) -> Vec<String>
where
    L: Layer<Boxed>,
    L::Service: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    let service = BoxService::new(service_fn(move |_: Request<()>| {
        work();
        let response = Response::builder().header("server-timing", "own;dur=1").body(Full::<Bytes>::default());
        async { Ok::<_, Infallible>(response.expect("a valid response")) }
    }));
    let response = block_on(layer.layer(service).oneshot(signed("base"))).expect("infallible");
    response
        .headers()
        .get_all(web::SERVER_TIMING)
        .iter()
        .map(|value| value.to_str().expect("text").to_owned())
        .collect()
}

/// The milliseconds of `total` and `db`, and what is said of the number of queries.
fn parts(value: &str) -> (f64, f64, String) {
    let (total, db) = value.split_once(", ").expect("two metrics");
    let (db, desc) = db.split_once(";desc=").expect("a description");
    let milliseconds = |metric: &str, name: &str| -> f64 {
        let text = metric.strip_prefix(name).and_then(|rest| rest.strip_prefix(";dur=")).expect("a duration");
        assert_eq!(text.split_once('.').expect("decimals").1.len(), 3);
        text.parse().expect("a number")
    };
    (milliseconds(total, "total"), milliseconds(db, "db"), desc.to_owned())
}

#[test]
fn response_tells_the_time_and_the_number_of_queries() {
    let store = Store::new();
    let values = timing(&store.layer(), || {
        let now = Instant::now();
        for (method, statement) in [("begin", "BEGIN"), ("fetch_all", "SELECT 1"), ("", "SELECT 2"), ("execute", "")] {
            started(now, method, statement).stop(DbStop::default());
        }
        // One that fails or is dropped ends as well.
        drop(started(now, "execute", "SELECT 3"));
        while now.elapsed() < Duration::from_millis(2) {}
    });
    let [own, ours] = &values[..] else { panic!("{values:?}") };
    assert_eq!(own, "own;dur=1");
    let (total, db, desc) = parts(ours);
    assert_eq!(desc, "\"3 queries\"");
    assert!(total >= 2.0 && db < total, "{ours}");
}

#[test]
fn queries_at_the_same_time_count_once() {
    let store = Store::new();
    let values = timing(&store.layer(), || {
        let now = Instant::now();
        let points = [started(now, "fetch_all", "SELECT 1"), started(now, "fetch_all", "SELECT 2")];
        while now.elapsed() < Duration::from_millis(3) {}
        drop(points);
    });
    let (total, db, _) = parts(&values[1]);
    assert!(db >= 3.0 && db <= total, "{values:?}");
}

#[test]
fn one_query_is_no_plural_and_one_that_still_runs_counts() {
    let store = Store::new();
    let running = Arc::new(std::sync::Mutex::new(None));
    let kept = Arc::clone(&running);
    let values = timing(&store.layer(), move || {
        let now = Instant::now();
        *kept.lock().expect("no panic") = Some(started(now, "fetch", "SELECT 1"));
        while now.elapsed() < Duration::from_millis(2) {}
    });
    let (_, db, desc) = parts(&values[1]);
    assert_eq!(desc, "\"1 query\"");
    assert!(db >= 2.0, "{values:?}");
    drop(running);
}

#[test]
fn a_call_that_got_no_connection_is_no_query_and_no_time_of_the_database() {
    let store = Store::new();
    let values = timing(&store.layer(), || {
        let now = Instant::now();
        let later = now + Duration::from_millis(500);
        let source = DbSource::new("sqlite", "", None, DbOptions::default());
        let (lease, prepared, values) = (None, None, None::<NoValues>);
        let (method, internal, acquire, statement) = ("execute", false, Some(now..later), "SELECT 1");
        let mut point = Point::new("db").expect("a trace");
        point.start_statement(
            now,
            DbStart { source, method, internal, acquire, lease, prepared, caller: None, statement, values },
        );
        point.stop(());
    });
    assert!(values[1].starts_with("total;dur=") && !values[1].contains("db;"), "{values:?}");
}

#[test]
fn the_programs_work_between_rows_is_no_time_of_the_database() {
    let store = Store::new();
    let values = timing(&store.layer(), || {
        let (since, long) = (Instant::now(), Duration::from_millis(20));
        let mut point = started(since, "fetch", "SELECT 1");
        point.pause_database_time();
        while since.elapsed() < long {
            std::hint::spin_loop();
        }
        point.add_database_time(Duration::from_millis(3));
        point.stop(());
    });
    let (total, db, desc) = parts(&values[1]);
    assert!(total >= 20.0 && (3.0..20.0).contains(&db), "{values:?}");
    assert_eq!(desc, "\"1 query\"");
}

#[test]
fn header_is_there_once_and_only_where_it_is_wanted() {
    let store = Store::new();
    let nested = ServiceBuilder::new().layer(store.layer()).layer(store.layer()).into_inner();
    assert_eq!(timing(&nested, || ()).len(), 2);
    assert_eq!(timing(&store.layer().server_timing(false), || ()), ["own;dur=1"]);
    // Not traced, as no key is known.
    assert_eq!(timing(&store.layer().hmac_keys([""; 0]), || ()), ["own;dur=1"]);
}
