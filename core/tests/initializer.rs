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
fn several_stores_all_get_the_messages() {
    let (place, other) = (Place::new(), tempfile::tempdir().expect("a directory"));
    let elsewhere = format!("file:{}", other.path().join("with a space").display());
    let both = format!("{}\n  {elsewhere}", place.connection_string());
    let guard = init(&place.config().with_connection_string(&both));
    let base_id = record();
    assert!(guard.shutdown(Duration::from_secs(10)));
    let there = driver::connect(&elsewhere).expect("the file driver").read(&base_id).expect("readable").messages;
    assert_eq!((there.len(), place.stored(&base_id)), (2, there));
    // A command reads from the first, and deletes from both.
    let both = driver::connect(&both).expect("the file driver");
    assert_eq!(both.read(&base_id).expect("readable").messages.len(), 2);
    assert!(both.delete(&base_id).expect("deleted"));
    assert_eq!(place.stored(&base_id), []);
    let error =
        init_from_conf(&place.config().with_connection_string("file:a gopher://u:s3cret@h"), "blog", "web", None)
            .expect_err("one of them is unknown");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
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
    assert!(source.to_string().contains("gopher://***;") && !format!("{source:?}").contains("s3cret"));
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

/// Whether a layer traces a request, which is signed or not.
#[cfg(feature = "tower")]
fn is_traced(layer: &web::TraceLayer, is_signed: bool) -> bool {
    use tower::{Layer, ServiceExt, service_fn};

    let handler = service_fn(async |_| {
        let body = http_body_util::Empty::<bytes::Bytes>::new();
        Ok::<_, std::convert::Infallible>(http::Response::new(body))
    });
    let mut request = http::Request::get("/");
    for (name, value) in
        Profiler::new("SECRET_KEY", None, None).in_scope(web::headers).into_iter().filter(|_| is_signed)
    {
        request = request.header(name, value);
    }
    let request = request.body(()).expect("a valid request");
    let response = futures::executor::block_on(layer.layer(handler).oneshot(request)).expect("infallible");
    response.headers().contains_key(web::X_TRACE_ID)
}

#[cfg(feature = "tower")]
#[test]
fn layer_goes_by_the_process_wide_switch() {
    let place = Place::new();
    let (plain, own) = (web::TraceLayer::new(), web::TraceLayer::new().hmac_keys(["SECRET_KEY"]));
    // Another test may have left the switch off.
    drop(init(&place.config()));
    assert!(!is_traced(&plain, true) && is_traced(&own, true));
    let guard = init(&place.config());
    assert!(is_traced(&plain, true) && is_traced(&own, true));
    drop(guard);
    assert!(!is_traced(&plain, true) && is_traced(&own, true));
    let guard = init(&place.config().with_enabled(false));
    assert!(!is_traced(&plain, true) && !is_traced(&own, true));
    drop(guard);
}

#[cfg(feature = "tower")]
#[test]
fn triggers_of_the_configuration_count_for_every_layer_until_tracing_ends() {
    let place = Place::new();
    let plain = web::TraceLayer::new();
    for variable in ["OSPROFILER_ALWAYS", "OSPROFILER_SAMPLE"] {
        let config = place.config().with_hmac_keys([""; 0]).with_variables([(variable, "1")]).expect("a good setting");
        let guard = init(&config);
        assert!(is_traced(&plain, false), "{variable}");
        // New keys change nothing about triggers.
        web::enable(["new_key"]);
        assert!(is_traced(&plain, false), "{variable}");
        // In a configuration's place a layer may say otherwise about chance.
        assert_eq!(is_traced(&plain.clone().sample(0.0), false), variable == "OSPROFILER_ALWAYS");
        web::disable();
        assert!(!is_traced(&plain, false) && !is_traced(&plain.clone().always(), false), "{variable}");
        drop(guard);
        assert!(!is_traced(&plain, false), "{variable}");
    }
    let guard = init(&place.config().with_sample(f64::NAN));
    assert!(!is_traced(&plain, false));
    drop(guard);
}

/// What is warned of while a configuration is put into effect.
fn warnings(config: &Config) -> usize {
    use std::sync::atomic::AtomicUsize;

    struct Warnings(Arc<AtomicUsize>);

    impl tracing::Subscriber for Warnings {
        fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
            *metadata.level() == tracing::Level::WARN
        }

        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }

        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

        fn event(&self, _: &tracing::Event<'_>) {
            self.0.fetch_add(1, Relaxed);
        }

        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }

    let count = Arc::new(AtomicUsize::new(0));
    tracing::subscriber::with_default(Warnings(Arc::clone(&count)), || drop(init(config)));
    count.load(Relaxed)
}

#[test]
fn warned_is_where_no_request_can_be_traced() {
    let place = Place::new();
    let without_keys = place.config().with_hmac_keys([""; 0]);
    assert_eq!(warnings(&without_keys), 1);
    assert_eq!(warnings(&place.config().with_hmac_keys([""])), 1);
    assert_eq!(warnings(&place.config()), 0);
    assert_eq!(warnings(&without_keys.clone().with_always(true)), 0);
    assert_eq!(warnings(&without_keys.clone().with_sample(0.01)), 0);
    assert_eq!(warnings(&without_keys.with_sample(-0.01)), 1);
}

#[test]
fn always_without_enabled_is_warned_of_once_a_minute() {
    let place = Place::new();
    let off = place.config().with_enabled(false);
    assert_eq!(warnings(&off), 0);
    assert_eq!(warnings(&off.clone().with_sample(f64::NAN)), 0);
    assert_eq!(warnings(&off.clone().with_always(true)), 1);
    // The same minute.
    assert_eq!(warnings(&off.with_sample(0.5)), 0);
}
