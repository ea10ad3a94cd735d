//! What `init_from_conf` changes for the whole process, and that the guard takes it back.
//!
//! A process of its own, and one test at a time: everything here is process-wide.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use osprofiler::driver::{self, Driver, WriteError};
use osprofiler::initializer::{ShutdownGuard, init_from_conf};
use osprofiler::{Config, ConfigError, Id, Message, Profiler, Trace, profiler, web};

static ALONE: Mutex<()> = Mutex::new(());

/// A place for traces, and the configuration that names it.
struct Place {
    directory: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Place {
    fn new() -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        Self { directory: tempfile::tempdir().expect("a directory"), _alone: alone }
    }

    fn connection_string(&self) -> String {
        format!("file:{}", self.directory.path().join("traces").display())
    }

    fn config(&self) -> Config {
        Config::default()
            .with_enabled(true)
            .with_trace_sql(true)
            .with_hmac_keys(["SECRET_KEY"])
            .with_connection_string(self.connection_string())
    }

    fn stored(&self, base_id: &Id) -> Vec<Message> {
        let driver = driver::connect(&self.connection_string()).expect("the file driver");
        driver.read(base_id).expect("readable").messages
    }
}

fn init(config: &Config) -> ShutdownGuard {
    init_from_conf(config, "blog", "web", Some("n1")).expect("a good configuration")
}

fn record() -> Id {
    let profiler = Profiler::new("SECRET_KEY", None, None);
    profiler.in_scope(|| drop(Trace::new("work", ())));
    profiler.base_id().clone()
}

#[test]
fn messages_are_stored_with_project_service_and_host() {
    let place = Place::new();
    let guard = init(&place.config());
    assert!(profiler::trace_sql());
    assert_eq!(web::hmac_keys().len(), 1);
    let base_id = record();
    assert!(guard.shutdown(Duration::from_secs(10)));
    let messages = place.stored(&base_id);
    assert_eq!(messages.len(), 2);
    assert_eq!((messages[0].project(), messages[0].service()), (Some("blog"), Some("web")));
    assert_eq!(messages[0].info()["host"], "n1");
}

#[test]
fn dropping_the_guard_stores_what_is_left_and_ends_tracing() {
    let place = Place::new();
    let guard = init(&place.config());
    let base_id = record();
    drop(guard);
    assert_eq!(place.stored(&base_id).len(), 2);
    assert!(!profiler::trace_sql() && web::hmac_keys().is_empty());
    assert!(place.stored(&record()).is_empty());
}

#[test]
fn nothing_is_touched_when_disabled() {
    let place = Place::new();
    let guard = init(&place.config().with_enabled(false));
    assert!(!profiler::trace_sql() && web::hmac_keys().is_empty());
    record();
    assert!(guard.shutdown(Duration::from_secs(10)));
    assert!(!place.directory.path().join("traces").exists());
}

#[test]
fn bad_connection_string_changes_nothing_and_shows_no_password() {
    let place = Place::new();
    let bad = place.config().with_connection_string("gopher://u:s3cret@host");
    let error = init_from_conf(&bad, "blog", "web", None).expect_err("no such driver");
    assert_eq!(error.to_string(), "the configured connection_string cannot be used");
    let ConfigError::ConnectionString { source } = error else { panic!("{error:?}") };
    assert!(source.to_string().contains("gopher://***@host") && !format!("{source:?}").contains("s3cret"));
    assert!(!profiler::trace_sql() && web::hmac_keys().is_empty());
}

#[test]
fn enabled_without_keys_traces_what_the_program_begins() {
    let place = Place::new();
    let guard = init(&place.config().with_hmac_keys([""; 0]));
    assert!(web::hmac_keys().is_empty());
    let base_id = record();
    assert!(guard.shutdown(Duration::from_secs(10)));
    assert_eq!(place.stored(&base_id).len(), 2);
}

#[test]
fn guard_leaves_alone_what_a_later_call_has_set() {
    let place = Place::new();
    let first = init(&place.config());
    let second = init(&place.config());
    drop(first);
    assert!(profiler::trace_sql() && web::hmac_keys().len() == 1);
    let base_id = record();
    assert!(second.shutdown(Duration::from_secs(10)));
    assert_eq!(place.stored(&base_id).len(), 2);
}

#[test]
fn stuck_store_holds_up_a_shutdown_no_longer_than_was_allowed() {
    static RELEASED: AtomicBool = AtomicBool::new(false);

    struct Stuck;

    impl Driver for Stuck {
        fn write(&self, _: &[Message]) -> Result<(), WriteError> {
            while !RELEASED.load(Relaxed) {
                std::thread::yield_now();
            }
            Ok(())
        }
    }

    let place = Place::new();
    driver::register("stuck", |_| Ok(Arc::new(Stuck)));
    let guard = init(&place.config().with_connection_string("stuck:"));
    record();
    let begun = Instant::now();
    assert!(!guard.shutdown(Duration::from_millis(20)));
    // Dropping a collector would wait five seconds more.
    assert!(begun.elapsed() < Duration::from_secs(4));
    RELEASED.store(true, Relaxed);
}

#[cfg(feature = "tower")]
#[test]
fn layer_goes_by_the_process_wide_switch() {
    use std::convert::Infallible;

    use http_body_util::Empty;
    use tower::{Layer, ServiceExt, service_fn};

    fn is_traced(layer: &web::TraceLayer) -> bool {
        let handler = service_fn(async |_| Ok::<_, Infallible>(http::Response::new(Empty::<bytes::Bytes>::new())));
        let mut request = http::Request::get("/");
        for (name, value) in Profiler::new("SECRET_KEY", None, None).in_scope(web::headers) {
            request = request.header(name, value);
        }
        let request = request.body(()).expect("a valid request");
        let response = futures::executor::block_on(layer.layer(handler).oneshot(request)).expect("infallible");
        response.headers().contains_key(web::X_TRACE_ID)
    }

    let place = Place::new();
    let (plain, own) = (web::TraceLayer::new(), web::TraceLayer::new().hmac_keys(["SECRET_KEY"]));
    // Another test may have left the switch off.
    drop(init(&place.config()));
    assert!(!is_traced(&plain) && is_traced(&own));
    let guard = init(&place.config());
    assert!(is_traced(&plain) && is_traced(&own));
    drop(guard);
    assert!(!is_traced(&plain) && is_traced(&own));
    let guard = init(&place.config().with_enabled(false));
    assert!(!is_traced(&plain) && !is_traced(&own));
    drop(guard);
}
