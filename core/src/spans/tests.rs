//! How spans nest with everything else, what they say, and that nothing they meet brings them down.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use futures::executor::block_on;
use futures::future::{self, FutureExt as _};
use serde_json::{Value, json};
use tracing::{Dispatch, Instrument as _, Span, debug_span, info, info_span, warn};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use super::*;
use crate::test_store::Store;
use crate::{Profiler, Trace, TraceExt as _};

/// The target of a program: those of this crate are left out.
const APP: &str = "app";

/// Runs in a trace with the layer, and returns the tree.
fn tree(f: impl FnOnce()) -> String {
    let store = Store::new();
    with_layer(|| store.profiler("b").in_scope(f));
    store.tree("b")
}

fn with_layer<T>(f: impl FnOnce() -> T) -> T {
    tracing::subscriber::with_default(registry().with(ProfilerLayer::new()), f)
}

/// The start and stop info of the only point.
fn infos(layer: ProfilerLayer, f: impl FnOnce()) -> (Value, Value) {
    let store = Store::new();
    tracing::subscriber::with_default(registry().with(layer), || store.profiler("b").in_scope(f));
    let messages = store.messages();
    assert_eq!(messages.len(), 2, "{messages:?}");
    let info = |place: usize| {
        let mut info: serde_json::Map<String, Value> = messages[place].info();
        info.remove("host");
        Value::Object(info)
    };
    (info(0), info(1))
}

/// Gives the others a turn.
fn pause() -> impl Future<Output = ()> {
    let mut paused = false;
    future::poll_fn(move |cx| {
        if std::mem::replace(&mut paused, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
}

fn point(name: &'static str) {
    drop(Trace::new(name, ()));
}

#[test]
fn spans_nest_with_guards_points_and_traced_futures_whichever_opened_first() {
    let tree = tree(|| {
        let _outer = info_span!(target: APP, "outer").entered();
        {
            let _guard = Trace::new("guard", ());
            let inner = info_span!(target: APP, "inner").entered();
            profiler::start("started", ());
            info_span!(target: APP, "innermost").in_scope(|| block_on(async { point("leaf") }.traced("future", ())));
            profiler::stop(());
            point("in inner");
            drop(inner);
            point("in guard");
        }
        point("in outer");
    });
    assert_eq!(
        tree,
        "outer\n  guard\n    inner\n      started\n        innermost\n          future\n            leaf\n      in inner\n    \
         in guard\n  in outer"
    );
}

#[test]
fn instrumented_futures_that_are_joined_are_siblings_across_awaits() {
    async fn work() {
        point("before");
        let _guard = Trace::new("guard", ());
        pause().await;
        point("in guard");
        async { pause().await }.instrument(info_span!(target: APP, "nested")).await;
    }
    let store = Store::new();
    let request = async {
        future::join(work().instrument(info_span!(target: APP, "a")), work().instrument(info_span!(target: APP, "b")))
            .await
    };
    with_layer(|| block_on(request.in_trace(&store.profiler("b"))));
    let one = "  before\n  guard\n    in guard\n    nested";
    assert_eq!(store.tree("b"), format!("a\n{one}\nb\n{one}"));
}

#[test]
fn explicit_parents_are_respected() {
    let tree = tree(|| {
        let a = info_span!(target: APP, "a");
        let b = info_span!(target: APP, "b").entered();
        drop(info_span!(target: APP, parent: &a, "under a"));
        drop(info_span!(target: APP, parent: None, "at the top"));
        drop(info_span!(target: APP, "under b"));
        drop(b);
        thread::scope(|scope| {
            let dispatch = tracing::dispatcher::get_default(Dispatch::clone);
            let a = &a;
            scope.spawn(move || {
                let _default = tracing::dispatcher::set_default(&dispatch);
                drop(info_span!(target: APP, parent: a, "from a thread"));
            });
        });
    });
    assert_eq!(tree, "a\n  under a\n  from a thread\nb\n  under b\nat the top");
}

#[test]
fn spans_are_left_in_any_order() {
    let tree = tree(|| {
        let a = info_span!(target: APP, "a").entered();
        let b = info_span!(target: APP, "b").entered();
        drop(a);
        point("in b");
        let c = info_span!(target: APP, "c").entered();
        drop(b);
        point("in c");
        drop(c);
        point("outside");
    });
    assert_eq!(tree, "a\n  b\n    in b\n    c\n      in c\noutside");
}

#[test]
fn a_span_that_is_entered_where_no_trace_is_active_brings_its_trace() {
    let store = Store::new();
    with_layer(|| {
        let dispatch = tracing::dispatcher::get_default(Dispatch::clone);
        let span = store.profiler("b").in_scope(|| info_span!(target: APP, "request"));
        thread::scope(|scope| {
            let span = span.clone();
            scope.spawn(move || {
                let _default = tracing::dispatcher::set_default(&dispatch);
                assert!(profiler::get().is_none());
                span.in_scope(|| {
                    point("on a thread");
                    info_span!(target: APP, "inner").in_scope(|| point("deep"));
                });
                assert!(profiler::get().is_none());
                point("nowhere");
            });
        });
    });
    assert_eq!(store.tree("b"), "request\n  on a thread\n  inner\n    deep");
}

#[test]
fn a_span_of_another_trace_takes_over_until_it_is_left_in_any_order() {
    let store = Store::new();
    with_layer(|| {
        let spans = ["x", "y"].map(|base_id| store.profiler(base_id).in_scope(|| info_span!(target: APP, "span")));
        store.profiler("b").in_scope(|| {
            let [x, y] = spans.map(Span::entered);
            point("in y");
            drop(x);
            point("still in y");
            drop(y);
            point("in b");
        });
        assert!(profiler::get().is_none());
    });
    assert_eq!(store.tree("x"), "span");
    assert_eq!(store.tree("y"), "span\n  in y\n  still in y");
    assert_eq!(store.tree("b"), "in b");
}

#[test]
fn what_was_there_comes_back_though_a_span_is_left_within_a_poll() {
    let store = Store::new();
    with_layer(|| {
        let entered = store.profiler("x").in_scope(|| info_span!(target: APP, "span")).entered();
        let future = async move {
            point("polled");
            drop(entered);
            point("polled on");
        };
        block_on(future.in_trace(&store.profiler("b")));
        assert!(profiler::get().is_none(), "the span's trace is over with the span");
        point("nowhere");
    });
    assert_eq!((store.tree("x"), store.tree("b")), ("span".to_owned(), "polled\npolled on".to_owned()));
}

#[test]
fn a_guard_that_leaves_its_span_is_free_when_the_span_is_closed() {
    let tree = tree(|| {
        let span = info_span!(target: APP, "span");
        let guard = span.in_scope(|| Trace::new("guard", ()));
        point("beside");
        drop(span);
        point("in guard");
        drop(guard);
    });
    assert_eq!(tree, "span\n  guard\n    in guard\nbeside");
}

#[test]
fn a_cloned_span_ends_with_its_last_clone_on_whatever_thread() {
    let store = Store::new();
    with_layer(|| {
        let span = store.profiler("b").in_scope(|| info_span!(target: APP, "span"));
        let entered = span.clone().entered();
        thread::scope(|scope| {
            let dispatch = tracing::dispatcher::get_default(Dispatch::clone);
            scope.spawn(move || {
                let _default = tracing::dispatcher::set_default(&dispatch);
                span.in_scope(|| point("elsewhere"));
                drop(span);
            });
        });
        assert_eq!(store.tree("b"), "span unfinished\n  elsewhere");
        point("here");
        drop(entered);
        assert!(profiler::get().is_none());
    });
    assert_eq!(store.tree("b"), "span\n  elsewhere\n  here");
}

#[test]
fn fields_keep_their_types_and_long_texts_are_cut() {
    let error = std::io::Error::other(fmt::Error);
    let (start, stop) = infos(ProfilerLayer::new(), || {
        let span = info_span!(
            target: APP, "span", n = -7, u = u64::MAX, f = 1.5, nan = f64::NAN, ok = true, text = "it's", debug = ?Some(1),
            shown = %"x", error = &error as &(dyn std::error::Error + 'static), long = "é".repeat(600), later = tracing::field::Empty
        );
        span.record("later", 1);
        span.record("later", 2);
        span.record("ok", false);
    });
    let target = APP;
    assert_eq!(
        start,
        json!({"span": {"target": target, "level": "INFO", "fields": {
            "n": -7, "u": u64::MAX, "f": 1.5, "nan": "NaN", "ok": true, "text": "it's", "debug": "Some(1)", "shown": "x",
            "error": format!("{}", crate::error::Chain(&error)), "long": format!("{}…", "é".repeat(512)),
        }}})
    );
    assert_eq!(stop, json!({"span": {"fields": {"later": 2, "ok": false}}}));
}

#[test]
fn layers_more_than_one_make_nothing_double() {
    let store = Store::new();
    let layer = ProfilerLayer::new();
    let subscriber = registry().with(layer.clone()).with(layer).with(ProfilerLayer::new());
    tracing::subscriber::with_default(subscriber, || {
        store.profiler("b").in_scope(|| {
            let span = info_span!(target: APP, "span", later = tracing::field::Empty);
            span.in_scope(|| info!(target: APP, "once"));
            point("outside");
            span.record("later", 1);
        });
    });
    assert_eq!(store.tree("b"), "span\noutside");
    let stop = store.messages().last().expect("a stop").info();
    assert_eq!(stop["span"]["events"].as_array().map(Vec::len), Some(1), "{stop:?}");
    assert_eq!(stop["span"]["fields"], json!({"later": 1}));
}

#[test]
fn events_are_entries_of_their_span_up_to_a_cap() {
    let (start, stop) = infos(ProfilerLayer::new().with_max_events(2), || {
        info!(target: APP, "before the span");
        let _span = info_span!(target: APP, "span").entered();
        warn!(target: APP, id = 7, "slow {}", "query");
        info!(target: APP, "second");
        (0..3).for_each(|_| info!(target: APP, "one too many"));
    });
    assert_eq!(start["span"].get("fields"), None);
    let mut span = stop["span"].clone();
    for event in span["events"].as_array_mut().expect("a list") {
        assert!(event.as_object_mut().and_then(|event| event.remove("at_us")).is_some_and(|at_us| at_us.is_u64()));
    }
    let target = APP;
    assert_eq!(
        span,
        json!({"events": [
            {"level": "WARN", "target": target, "message": "slow query", "fields": {"id": 7}},
            {"level": "INFO", "target": target, "message": "second"},
        ], "events_dropped": 3})
    );
    assert_eq!(infos(ProfilerLayer::new(), || drop(info_span!(target: APP, "span"))).1, json!({}));
}

#[test]
fn filters_say_which_spans_are_points_and_those_within_move_up() {
    let store = Store::new();
    let wanted = Targets::new().with_target("blog", LevelFilter::DEBUG).with_default(LevelFilter::WARN);
    let subscriber = registry().with(ProfilerLayer::new().with_filter(wanted));
    tracing::subscriber::with_default(subscriber, || {
        store.profiler("b").in_scope(|| {
            let _outer = debug_span!(target: "blog", "outer").entered();
            let _hidden = info_span!(target: APP, "hidden").entered();
            info_span!(target: "blog::posts", "inner").in_scope(|| point("leaf"));
            tracing::info!(target: "blog", "kept with outer");
        });
    });
    assert_eq!(store.tree("b"), "outer\n  inner\n    leaf");
    let stop = store.messages().into_iter().next_back().expect("a message").info();
    assert_eq!(stop["span"]["events"][0]["message"], "kept with outer");
}

#[test]
fn own_spans_and_statements_of_sqlx_are_not_recorded() {
    let tree = tree(|| {
        info_span!(target: "osprofiler::collector", "own").in_scope(|| point("a"));
        info_span!(target: "sqlx::query", "osprofiler").in_scope(|| point("b"));
        info_span!(target: "osprofiler_examples", "theirs").in_scope(|| point("c"));
    });
    assert_eq!(tree, "a\nb\ntheirs\n  c");
}

#[test]
fn fields_that_panic_or_trace_do_no_harm() {
    struct Panics;
    impl fmt::Debug for Panics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("no text");
        }
    }

    struct Traces;
    impl fmt::Debug for Traces {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!(target: APP, "from a field");
            info_span!(target: APP, "from a field").in_scope(|| point("deep"));
            f.write_str("traced")
        }
    }

    let store = Store::new();
    with_layer(|| {
        store.profiler("b").in_scope(|| {
            let span =
                info_span!(target: APP, "span", panics = ?Panics, traces = ?Traces, later = tracing::field::Empty);
            span.record("later", tracing::field::debug(Traces));
            span.in_scope(|| warn!(target: APP, traces = ?Traces, "event"));
        });
    });
    let messages = store.messages();
    let span = messages.iter().find(|message| message.name() == "span-start").expect("it starts").info();
    assert_eq!(span["span"]["fields"], json!({"panics": "[its text panicked]", "traces": "traced"}));
    assert_eq!(messages.iter().filter(|message| message.name() == "span-stop").count(), 1);
}

#[test]
fn a_panic_in_a_span_is_told_and_the_scope_comes_back() {
    profiler::install_panic_hook();
    let tree = tree(|| {
        let fails = AssertUnwindSafe(|| info_span!(target: APP, "fails").in_scope(|| panic!("no {}", "luck")));
        assert!(catch_unwind(fails).is_err());
        block_on(
            AssertUnwindSafe(async { panic!("again") }.instrument(info_span!(target: APP, "future"))).catch_unwind(),
        )
        .expect_err("it panics");
        point("after");
    });
    assert_eq!(tree, "fails ✕ panic: no luck\nfuture\nafter");
}

#[test]
fn without_a_trace_spans_are_no_points() {
    with_layer(|| {
        let span = info_span!(target: APP, "span");
        let store = Store::new();
        store.profiler("b").in_scope(|| span.in_scope(|| point("leaf")));
        assert_eq!(store.tree("b"), "leaf");
        drop(Profiler::new("key", None, None));
    });
}
