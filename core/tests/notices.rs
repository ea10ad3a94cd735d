//! What is logged of requests that are not traced because something is configured wrongly: once a minute, and no secrets.
//!
//! A process of its own, and one test at a time: what limits the log is process-wide.
#![cfg(all(feature = "tower", feature = "actix-web"))]

use std::convert::Infallible;
use std::fmt::{self, Debug};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use futures::executor::block_on;
use http::{HeaderMap, Request, Response};
use osprofiler::{Config, Notifier, Profiler, TraceExt, initializer, web};
use tower::{Layer, ServiceExt, service_fn};

static ALONE: Mutex<()> = Mutex::new(());
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps what this crate logs, and panics then: logging must not fail a request.
struct Log;

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("osprofiler")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
                let _ = fmt::write(&mut self.0, format_args!("{field}={value:?} "));
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        LOGGED.lock().unwrap_or_else(PoisonError::into_inner).push(text.0);
        panic!("the subscriber panics");
    }

    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

fn alone() -> MutexGuard<'static, ()> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Log).expect("no other subscriber"));
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // What one test switched on or off, the next one finds as at the start of a process.
    let directory = tempfile::tempdir().expect("a directory");
    let store = format!("file:{}", directory.path().display());
    let config = Config::default().with_enabled(true).with_hmac_keys(["SECRET_KEY"]).with_connection_string(store);
    drop(initializer::init_from_conf(&config, "blog", "web", None).expect("a good configuration"));
    alone
}

/// What is logged while `f` runs.
fn logged(f: impl FnOnce()) -> Vec<String> {
    LOGGED.lock().unwrap_or_else(PoisonError::into_inner).clear();
    f();
    std::mem::take(&mut LOGGED.lock().unwrap_or_else(PoisonError::into_inner))
}

fn headers(key: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    Profiler::with_notifier(&Notifier::default(), key, None, None).in_scope(|| web::inject(&mut headers));
    headers
}

/// Sends a request through the layer of tower, which must answer it.
fn ask(layer: &web::TraceLayer, headers: HeaderMap) {
    let service = layer.layer(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new()))));
    let mut request = Request::new(());
    *request.headers_mut() = headers;
    block_on(service.oneshot(request)).expect("infallible");
}

/// The same for actix-web.
fn ask_actix(layer: web::TraceLayer, headers: &HeaderMap) {
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, rt, web as actix};
    rt::System::new().block_on(async {
        let app = App::new().wrap(layer).route("/", actix::get().to(async || HttpResponse::Ok().finish()));
        let service = init_service(app).await;
        let request = headers.iter().fold(TestRequest::with_uri("/"), |request, (name, value)| {
            request.append_header((name.as_str(), value.to_str().expect("text")))
        });
        assert_eq!(call_service(&service, request.to_request()).await.status(), 200);
    });
}

/// The only line, which quotes no header and no key.
fn only<'a>(lines: &'a [String], sent: &HeaderMap) -> &'a str {
    let [line] = lines else { panic!("one line, not {lines:#?}") };
    let values = sent.values().map(|value| value.to_str().expect("text"));
    for secret in values.chain(["SECRET_KEY", "OTHER_KEY"]) {
        assert!(!line.contains(secret), "{line}");
    }
    line
}

#[test]
fn wrong_signature_is_logged_once_a_minute() {
    let _alone = alone();
    let layer = web::TraceLayer::new().hmac_keys(["SECRET_KEY"]);
    let (mut info_only, wrong) = (headers("SECRET_KEY"), headers("OTHER_KEY"));
    info_only.remove(web::X_TRACE_HMAC);
    let lines = logged(|| {
        ask(&layer, HeaderMap::new());
        ask(&layer, info_only);
        ask(&layer, headers("SECRET_KEY"));
    });
    assert!(lines.is_empty(), "{lines:#?}");
    let lines = logged(|| {
        ask_actix(layer.clone(), &wrong);
        ask(&layer, wrong.clone());
        ask(&layer, headers("OTHER_KEY"));
    });
    let line = only(&lines, &wrong);
    assert!(line.contains("do not verify") && line.contains("hmac_keys"), "{line}");
}

#[test]
fn service_without_keys_is_told_where_tracing_is_on() {
    let _alone = alone();
    let sent = headers("OTHER_KEY");
    let lines = logged(|| ask(&web::TraceLayer::new(), sent.clone()));
    assert!(lines.is_empty(), "tracing is not on: {lines:#?}");
    web::enable([""; 0]);
    let lines = logged(|| (0..3).for_each(|_| ask(&web::TraceLayer::new(), sent.clone())));
    let line = only(&lines, &sent);
    assert!(line.contains("this service has no hmac_keys"), "{line}");
    web::disable();
    let lines = logged(|| ask(&web::TraceLayer::new(), sent.clone()));
    assert!(lines.is_empty(), "{lines:#?}");
}

#[test]
fn client_without_a_key_is_told_by_every_way_to_send() {
    let _alone = alone();
    let tower = |layer: web::TraceClientLayer| {
        let client = layer.layer(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(()))));
        client.oneshot(Request::get("http://h/").body(()).expect("a valid request"))
    };
    let send_all = |profiler: &Profiler| {
        profiler.in_scope(|| {
            let _ = web::headers();
            web::inject(&mut HeaderMap::new());
        });
        block_on(tower(web::TraceClientLayer::new()).in_trace(profiler)).expect("infallible");
    };
    // Without a trace there is nothing to sign, and what carries a `traceparent` need not be signed.
    let lines = logged(|| {
        let _ = web::headers();
        web::inject(&mut HeaderMap::new());
        block_on(tower(web::TraceClientLayer::new())).expect("infallible");
        send_all(&Profiler::new("SECRET_KEY", None, None));
        let unsigned = Profiler::new("", None, None);
        block_on(tower(web::TraceClientLayer::new().traceparent(true)).in_trace(&unsigned)).expect("infallible");
    });
    assert!(lines.is_empty(), "{lines:#?}");
    let lines = logged(|| send_all(&Profiler::new("", None, None)));
    let line = only(&lines, &HeaderMap::new());
    assert!(line.contains("is not signed") && line.contains("OSPROFILER_HMAC_KEYS"), "{line}");
}

/// Statements in no trace while others are traced, each place once, by the worker that looks places up.
#[cfg(feature = "caller")]
#[test]
fn statements_outside_of_all_traces_are_logged_once_for_each_place() {
    use osprofiler::db::{DbOptions, DbSource, Gate};
    use osprofiler::{notifier, profiler};

    #[inline(never)]
    fn first(source: &DbSource) {
        source.note_outside("SELECT 1 FROM t");
    }

    #[inline(never)]
    fn second(source: &DbSource) {
        source.note_outside("SELECT 1 FROM t");
    }

    let _alone = alone();
    let source = DbSource::new("sqlite", "", None, DbOptions::default().caller(true));
    let taken = Notifier::from(|_: &osprofiler::Message| {});
    notifier::set(taken.clone());
    profiler::set_trace_sql(true);
    let before = taken.stats().outside_traces;
    let logged = logged(|| {
        let request = Profiler::new("key", None, None);
        request.in_scope(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    assert_eq!(source.gate(None), Gate::Outside);
                    (0..3).for_each(|_| first(&source));
                    second(&source);
                });
            });
            // The worker has something to do then.
            drop(osprofiler::Trace::new("request", ()));
        });
        assert!(taken.flush(std::time::Duration::from_secs(60)));
        // What it is to log comes with the batch, and is done before the next.
        request.in_scope(|| drop(osprofiler::Trace::new("request", ())));
        assert!(taken.flush(std::time::Duration::from_secs(60)));
    });
    profiler::set_trace_sql(false);
    notifier::set(Notifier::default());
    assert_eq!(taken.stats().outside_traces - before, 4);
    assert_eq!(logged.len(), 2, "{logged:?}");
    for line in logged {
        assert!(line.contains("core/tests/notices.rs:") || line.contains("tests/notices.rs:"), "{line}");
    }
}
