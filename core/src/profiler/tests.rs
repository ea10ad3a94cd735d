//! The calls of OSProfiler's API, and the guard.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use serde_json::{Value, json};

use super::*;
use crate::test_store::Store;
use crate::{Message, TraceExt as _};

/// Runs in a thread of its own, whose trace no other test sees.
fn alone(test: impl FnOnce() + Send) {
    thread::scope(|scope| scope.spawn(test).join().expect("the test does not panic"));
}

fn info(message: &Message) -> Value {
    let mut info = message.info();
    info.remove("host");
    Value::Object(info)
}

#[test]
fn without_a_trace_every_call_does_nothing() {
    alone(|| {
        assert!(get().is_none());
        start("a", ());
        stop(());
        drop(Trace::new("b", json!({"x": 1})));
        assert!(Point::new("c").is_none());
        clean();
        assert!(!sql_active());
    });
}

#[test]
fn starts_and_stops_nest() {
    let store = Store::new();
    alone(|| {
        store.profiler("b").in_scope(|| {
            start("outer", json!({"n": 1}));
            let outer = get().expect("a trace").id().clone();
            start("inner", ());
            let inner = get().expect("a trace");
            assert_eq!(inner.parent_id(), &outer);
            stop(json!({"n": 2}));
            stop(());
            stop(json!({"n": "one stop too many"}));
        });
    });
    assert_eq!(store.tree("b"), "outer\n  inner");
    let messages = store.messages();
    assert_eq!(
        messages.iter().map(Message::name).collect::<Vec<_>>(),
        ["outer-start", "inner-start", "inner-stop", "outer-stop"]
    );
    assert_eq!((info(&messages[0]), info(&messages[2])), (json!({"n": 1}), json!({"n": 2})));
}

#[test]
fn the_parent_is_the_base_id_unless_it_is_given() {
    let profiler = Profiler::new("key", Some("base".into()), None);
    assert_eq!((profiler.id(), profiler.parent_id()), (&"base".into(), &"base".into()));
    let profiler = Profiler::new("key", Some("base".into()), Some("parent".into()));
    assert_eq!((profiler.id(), profiler.parent_id()), (&"parent".into(), &"base".into()));
    let profiler = Profiler::new("key", None, None);
    assert!(profiler.base_id().as_uuid().is_some());
}

#[test]
fn init_keeps_the_trace_there_is_and_clean_ends_it() {
    alone(|| {
        let first = init("key", Some("first".into()), None);
        assert_eq!(init("key", Some("second".into()), None).base_id(), first.base_id());
        clean();
        assert!(get().is_none());
        assert_eq!(init("key", Some("second".into()), None).base_id(), &"second".into());
    });
}

#[test]
fn clean_cancels_what_is_open_and_a_trace_needs_no_clean() {
    let store = Store::new();
    alone(|| {
        store.profiler("b").in_scope(|| {
            start("left open", ());
            clean();
            assert!(get().is_none());
        });
    });
    alone(|| store.profiler("c").in_scope(|| start("left open too", ())));
    assert_eq!(
        (store.tree("b"), store.tree("c")),
        ("left open cancelled".to_owned(), "left open too cancelled".to_owned())
    );
}

#[test]
fn guards_stop_in_any_order() {
    let store = Store::new();
    store.profiler("b").in_scope(|| {
        let outer = Trace::new("outer", ());
        let mut inner = Trace::new("inner", ());
        inner.set_stop_info(json!({"n": 1}));
        drop(outer);
        drop(Trace::new("still inside", ()));
        drop(inner);
        drop(Trace::new("outside", ()));
    });
    assert_eq!(store.tree("b"), "outer\n  inner\n    still inside\noutside");
}

#[test]
fn a_guard_says_how_it_failed() {
    let store = Store::new();
    store.profiler("b").in_scope(|| {
        let mut trace = Trace::new("fails", ());
        trace.set_error(&std::fmt::Error);
    });
    assert_eq!(store.tree("b"), format!("fails ✕ core::fmt::Error: {}", std::fmt::Error));
}

#[test]
fn a_panic_stops_guards_with_its_message() {
    install_panic_hook();
    let store = Store::new();
    store.profiler("b").in_scope(|| {
        let result = catch_unwind(AssertUnwindSafe(|| {
            let _outer = Trace::new("outer", ());
            let _inner = Trace::new("inner", ());
            panic!("no {}", "luck");
        }));
        assert!(result.is_err());
        drop(Trace::new("after", ()));
    });
    assert_eq!(store.tree("b"), "outer ✕ panic: no luck\n  inner ✕ panic: no luck\nafter");
}

#[test]
fn a_resumed_panic_is_not_taken_for_an_earlier_one() {
    install_panic_hook();
    let store = Store::new();
    for base_id in ["a", "b"] {
        store.profiler(base_id).in_scope(|| {
            let result = catch_unwind(AssertUnwindSafe(|| {
                let _trace = Trace::new("x", ());
                match base_id {
                    "a" => panic!("secret of a"),
                    _ => std::panic::resume_unwind(Box::new("from elsewhere")),
                }
            }));
            assert!(result.is_err());
        });
    }
    assert_eq!(store.tree("a"), "x ✕ panic: secret of a");
    assert_eq!(store.tree("b"), "x ✕ panic: the thread panicked");
}

#[test]
fn a_guard_made_while_unwinding_stops_well() {
    struct Traces;
    impl Drop for Traces {
        fn drop(&mut self) {
            drop(Trace::new("cleanup", ()));
        }
    }

    let store = Store::new();
    store.profiler("b").in_scope(|| {
        let result = catch_unwind(AssertUnwindSafe(|| {
            let _traces = Traces;
            panic!("x");
        }));
        assert!(result.is_err());
    });
    assert_eq!(store.tree("b"), "cleanup");
}

#[test]
fn points_own_their_ids() {
    let store = Store::new();
    store.profiler("b").in_scope(|| {
        let mut first = Point::new("first").expect("a trace");
        let mut second = Point::new("second").expect("a trace");
        first.start(());
        second.start(());
        drop(Trace::new("beside", ()));
        first.stop(json!({"n": 1}));
        drop(second);
        drop(Point::new("never started"));
    });
    assert_eq!(store.tree("b"), "first\nsecond cancelled\nbeside");
}

#[test]
fn a_trace_that_nobody_takes_still_has_ids_for_others() {
    let profiler = Profiler::with_notifier(&Notifier::default(), "key", Some("b".into()), None);
    profiler.in_scope(|| {
        assert!(Point::new("x").is_none());
        drop(Trace::new("y", ()));
        assert_eq!(get().expect("a trace").id(), &"b".into());
    });
}

#[test]
fn times_within_a_trace_never_step_back() {
    let store = Store::new();
    store.profiler("b").in_scope(|| {
        for _ in 0..1000 {
            drop(Trace::new("x", ()));
        }
    });
    let times: Vec<_> = store.messages().iter().map(Message::timestamp).collect();
    assert!(times.is_sorted());
}

#[test]
fn the_key_is_in_no_debug_output() {
    let profiler = Profiler::new("S3CRET", None, None);
    assert!(!format!("{profiler:?}{:?}", async {}.in_trace(&profiler)).contains("S3CRET"));
}
