//! What scopes guarantee: siblings, no mixing, cancellation, and nothing carried that was not asked for.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use futures::executor::block_on;
use futures::future::{self, FutureExt as _};
use futures::stream::{self, StreamExt as _};
use serde_json::json;

use super::*;
use crate::test_store::Store;
use crate::{Info, Trace, profiler};

/// Gives the others a turn.
fn pause() -> impl Future<Output = ()> {
    let mut paused = false;
    future::poll_fn(move |cx| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn work() {
    pause().await;
    async { pause().await }.traced("inner", ()).await;
    pause().await;
}

#[test]
fn joined_futures_are_siblings() {
    let store = Store::new();
    let request = async { future::join(work().traced("left", ()), work().traced("right", ())).await };
    block_on(request.in_trace(&store.profiler("b")));
    assert_eq!(store.tree("b"), "left\n  inner\nright\n  inner");
}

#[test]
fn requests_that_share_a_thread_never_mix() {
    let store = Store::new();
    let request = |base_id: &'static str| {
        work().traced(base_id, ()).in_trace(&store.profiler(base_id)).map(|()| assert!(profiler::get().is_none()))
    };
    block_on(future::join3(request("a"), request("b"), request("c")));
    for base_id in ["a", "b", "c"] {
        assert_eq!(store.tree(base_id), format!("{base_id}\n  inner"));
    }
}

#[test]
fn a_future_dropped_half_way_is_cancelled_with_all_that_is_open_in_it() {
    let store = Store::new();
    let request = async {
        let _guard = Trace::new("guard", ());
        profiler::start("started", ());
        future::pending::<()>().traced("waiting", ()).await;
    };
    let mut request = Box::pin(request.traced("request", ()).in_trace(&store.profiler("b")));
    assert!(poll_once(request.as_mut()).is_pending());
    assert!(profiler::get().is_none(), "between two polls no trace is active");
    drop(request);
    // The guard stops well: its block is left in the way that blocks of dropped futures are.
    assert_eq!(store.tree("b"), "request cancelled\n  guard\n    started cancelled\n      waiting cancelled");
}

#[test]
fn traced_takes_its_parent_when_it_is_called() {
    let store = Store::new();
    let profiler = store.profiler("b");
    let (outer, waiting) = profiler.in_scope(|| {
        let outer = Trace::new("outer", ());
        (outer, work().traced("later", ()))
    });
    block_on(waiting);
    drop(outer);
    assert_eq!(store.tree("b"), "outer\n  later\n    inner");
}

#[test]
fn a_future_that_is_never_polled_sends_nothing() {
    let store = Store::new();
    store.profiler("b").in_scope(|| drop(work().traced("never", ())));
    assert_eq!(store.messages().len(), 0);
}

#[test]
fn a_panic_stops_the_point_and_restores_the_scope() {
    let store = Store::new();
    let request = async {
        pause().await;
        let fails = async { panic!("no {}", "luck") }.traced("fails", ());
        assert!(AssertUnwindSafe(fails).catch_unwind().await.is_err());
        work().await;
    };
    block_on(request.traced("request", ()).in_trace(&store.profiler("b")));
    assert_eq!(store.tree("b"), "request\n  fails ✕ panic: no luck\n  inner");
    assert!(profiler::get().is_none());
}

#[test]
fn spawned_work_is_carried_only_when_asked() {
    let store = Store::new();
    let traced = |name: &'static str| move || drop(Trace::new(name, ()));
    store.profiler("b").in_scope(|| {
        let _request = Trace::new("request", ());
        thread::spawn(traced("not carried")).join().expect("no panic");
        thread::spawn(profiler::carry(traced("carried"))).join().expect("no panic");
        let alone = async { work().await };
        let carried = async { work().await }.in_current_trace();
        thread::spawn(|| block_on(future::join(alone, carried))).join().expect("no panic");
    });
    assert_eq!(store.tree("b"), "request\n  carried\n  inner");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_have_a_trace_only_when_it_is_carried() {
    let store = Store::new();
    let request = async {
        tokio::spawn(work().traced("on purpose", ())).await.expect("no panic");
        tokio::spawn(async { assert!(profiler::get().is_none()) }).await.expect("no panic");
        tokio::spawn(work().in_current_trace()).await.expect("no panic");
        tokio::task::spawn_blocking(profiler::carry(|| drop(Trace::new("blocking", ())))).await.expect("no panic");
    };
    request.traced("request", ()).in_trace(&store.profiler("b")).await;
    assert_eq!(store.tree("b"), "request\n  on purpose\n    inner\n  inner\n  blocking");
}

#[test]
fn streams_last_until_their_end_or_their_drop() {
    let store = Store::new();
    let numbers = || stream::iter(0..3).then(|n| async move { async { n }.traced("item", ()).await });
    block_on(
        async {
            assert_eq!(numbers().traced("whole", ()).collect::<Vec<_>>().await, [0, 1, 2]);
            let mut part = Box::pin(numbers().traced("part", ()));
            assert_eq!(part.next().await, Some(0));
        }
        .in_trace(&store.profiler("b")),
    );
    assert_eq!(store.tree("b"), "whole\n  item\n  item\n  item\npart cancelled\n  item");
}

#[test]
fn what_a_future_holds_is_dropped_inside_its_trace() {
    struct Traces;
    impl Drop for Traces {
        fn drop(&mut self) {
            drop(Trace::new("dropped", ()));
        }
    }

    let store = Store::new();
    let holds = Traces;
    let mut request = Box::pin(
        async move {
            future::pending::<()>().await;
            drop(holds);
        }
        .traced("request", ())
        .in_trace(&store.profiler("b")),
    );
    assert!(poll_once(request.as_mut()).is_pending());
    drop(request);
    assert_eq!(store.tree("b"), "request cancelled\n  dropped");
}

#[test]
fn a_guard_closed_elsewhere_is_no_parent_any_more() {
    let store = Store::new();
    let profiler = store.profiler("b");
    let mut slot = Some(Scope::of(&profiler));
    let guard = install(&mut slot, || Trace::new("guard", ()));
    thread::spawn(move || drop(guard)).join().expect("no panic");
    install(&mut slot, || drop(Trace::new("next", ())));
    assert_eq!(store.tree("b"), "guard\nnext");
}

#[test]
fn traces_nest_and_the_outer_one_comes_back() {
    let store = Store::new();
    store.profiler("a").in_scope(|| {
        store.profiler("b").in_scope(|| drop(Trace::new("inside", ())));
        drop(Trace::new("outside", ()));
    });
    assert_eq!((store.tree("a"), store.tree("b")), ("outside".to_owned(), "inside".to_owned()));
}

#[test]
fn infos_that_trace_while_they_are_dropped_do_no_harm() {
    struct Traces;
    impl Drop for Traces {
        fn drop(&mut self) {
            drop(Trace::new("from a drop", ()));
        }
    }

    let store = Store::new();
    let held = Traces;
    store.profiler("b").in_scope(|| {
        let info = Info::lazy(move || {
            let _held = &held;
            json!({})
        });
        drop(work().traced("never polled", info));
    });
    assert_eq!(store.tree("b"), "from a drop");
}

#[test]
fn ten_thousand_levels_are_no_trouble() {
    let store = Store::new();
    store.profiler("b").in_scope(|| {
        let mut guards: Vec<Trace> = (0..10_000).map(|_| Trace::new("level", ())).collect();
        while guards.pop().is_some() {}
        assert_eq!(profiler::get().map(|profiler| profiler.id().to_string()), Some("b".to_owned()));
    });
    assert_eq!(store.messages().len(), 20_000);
}

#[test]
fn guards_that_take_turns_leave_nothing_behind() {
    let store = Store::new();
    store.profiler("b").in_scope(|| {
        let mut step = Trace::new("step", ());
        for _ in 0..1000 {
            let next = Trace::new("step", ());
            drop(std::mem::replace(&mut step, next));
        }
        assert!(with_current(|scope| scope.frames.len()).is_some_and(|frames| frames < 10));
    });
}

#[cfg(feature = "tracing-subscriber")]
#[test]
fn spans_that_take_turns_leave_nothing_behind() {
    let store = Store::new();
    let enter = || enter_span(&store.profiler("b"), &Arc::default());
    let mut entered = enter();
    for _ in 0..1000 {
        let next = enter();
        drop(std::mem::replace(&mut entered, next));
    }
    fn depth(scope: &Scope) -> usize {
        1 + scope.overlay.as_ref().and_then(|overlay| overlay.below.as_deref()).map_or(0, depth)
    }
    assert!(with_current(depth).is_some_and(|depth| depth < 10));
    drop(entered);
    assert!(!is_active());

    store.profiler("c").in_scope(|| {
        let profiler = profiler::get().expect("a trace is active");
        let enter = || enter_span(&profiler, &Arc::default());
        let mut entered = enter();
        for _ in 0..1000 {
            let next = enter();
            drop(std::mem::replace(&mut entered, next));
        }
        assert!(with_current(|scope| scope.frames.len()).is_some_and(|frames| frames < 10));
    });
}

#[cfg(feature = "tracing-subscriber")]
#[test]
fn a_span_that_is_left_is_kept_while_a_guard_waits_for_it() {
    let store = Store::new();
    store.profiler("b").in_scope(|| {
        let (profiler, state) = (profiler::get().expect("a trace is active"), Arc::default());
        let entry = enter_span(&profiler, &state);
        let waits = Trace::new("waits", ());
        drop(entry);
        let many: Vec<Trace> = (0..100).map(|_| Trace::new("many", ())).collect();
        let entry = enter_span(&profiler, &state);
        drop(Trace::new("inner", ()));
        drop((waits, entry, many));
    });
    assert!(store.tree("b").contains("waits\n  inner"), "{}", store.tree("b"));
}
