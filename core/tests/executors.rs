//! A trace goes wherever the program's work goes, whoever runs it: nothing here assumes tokio.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{BoxFuture, Either, FutureExt as _};
use futures::stream::{FuturesUnordered, StreamExt as _};
use osprofiler::context::InTrace;
use osprofiler::report::{self, Trace as Report};
use osprofiler::{Message, Notifier, Profiler, Trace, TraceExt, profiler};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

/// Where the messages of one test go.
struct Store {
    notifier: Notifier,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Store {
    fn new() -> Self {
        let messages = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&messages);
        let notifier = Notifier::from(move |message: &Message| theirs.lock().expect("no panic").push(message.clone()));
        Self { notifier, messages }
    }

    fn profiler(&self) -> Profiler {
        Profiler::with_notifier(&self.notifier, "key", None, None)
    }

    fn report(&self) -> Report {
        assert!(self.notifier.flush(Duration::from_secs(30)), "a function takes messages at once");
        Report::build(self.messages.lock().expect("no panic").clone())
    }

    /// The only root, its children's names in alphabetical order, and how many points there are below those.
    fn shape(&self) -> (String, Vec<String>, usize) {
        let report = self.report();
        let [root] = report.roots() else { panic!("one root: {report:?}") };
        let points = report.points();
        assert!(points.iter().all(|point| !point.is_unfinished() && !point.is_cancelled() && !point.orphan));
        let root = &points[*root];
        let mut children: Vec<String> = root.children.iter().map(|child| points[*child].name.clone()).collect();
        children.sort();
        (root.name.clone(), children, points.len() - 1 - root.children.len())
    }
}

#[osprofiler::trace("inner")]
fn inner(text: &str) -> usize {
    text.len()
}

/// Is polled twice.
async fn step() {
    let mut polled = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut polled, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[osprofiler::trace("outer")]
async fn outer(text: String) -> usize {
    step().await;
    inner(&text)
}

/// A request that asks an executor's spawn for its tasks.
async fn request<F: Future<Output = usize>>(spawn: impl Fn(InTrace<BoxFuture<'static, usize>>) -> F) -> usize {
    let task = |text: &str| outer(text.to_owned()).boxed().in_current_trace();
    let (first, second) = (spawn(task("a")), spawn(task("bc")));
    first.await + second.await
}

/// What every executor is to make of [`request`].
fn assert_two_outer_points(store: &Store) {
    assert_eq!(store.shape(), ("request".to_owned(), vec!["outer".to_owned(), "outer".to_owned()], 2));
}

#[test]
fn tasks_of_tokio_have_the_trace_that_is_carried_to_them() {
    let store = Store::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let spawn = |task| async { tokio::spawn(task).await.expect("no panic") };
    let request = request(spawn).traced("request", ()).in_trace(&store.profiler());
    assert_eq!(runtime.block_on(request), 3);
    assert_two_outer_points(&store);
}

#[test]
fn tasks_of_smol_have_the_trace_that_is_carried_to_them() {
    let store = Store::new();
    let request = request(smol::spawn).traced("request", ()).in_trace(&store.profiler());
    assert_eq!(smol::block_on(request), 3);
    assert_two_outer_points(&store);
}

#[test]
fn tasks_of_async_std_have_the_trace_that_is_carried_to_them() {
    let store = Store::new();
    let request = request(async_std::task::spawn).traced("request", ()).in_trace(&store.profiler());
    assert_eq!(async_std::task::block_on(request), 3);
    assert_two_outer_points(&store);
}

#[test]
fn blocking_work_and_threads_have_the_trace_that_is_carried_to_them() {
    let store = Store::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let request = async {
        let blocking = tokio::task::spawn_blocking(profiler::carry(|| inner("a")));
        let thread = std::thread::spawn(profiler::carry(|| inner("b")));
        let lost = std::thread::spawn(|| inner("c"));
        let carried = profiler::carry(|| inner("d"));
        let scoped = std::thread::scope(|scope| scope.spawn(carried).join().expect("no panic"));
        blocking.await.expect("no panic") + thread.join().expect("no panic") + scoped + lost.join().expect("no panic")
    };
    assert_eq!(runtime.block_on(request.traced("request", ()).in_trace(&store.profiler())), 4);
    assert_eq!(store.shape(), ("request".to_owned(), vec!["inner".to_owned(); 3], 0));
}

#[test]
fn work_of_rayon_lies_under_the_point_that_it_is_carried_from() {
    let store = Store::new();
    let sum: usize = store.profiler().in_scope(|| {
        let _request = Trace::new("request", ());
        let here = profiler::get().expect("a trace is active");
        (0..100).into_par_iter().map(|_| here.in_scope(|| inner("a"))).sum()
    });
    assert_eq!(sum, 100);
    assert_eq!(store.shape(), ("request".to_owned(), vec!["inner".to_owned(); 100], 0));
    // The pool's threads are as they were.
    assert!((0..100).into_par_iter().all(|_| profiler::get().is_none()));
}

#[test]
fn branches_of_join_and_of_unordered_futures_are_siblings() {
    let store = Store::new();
    let request = async {
        let (a, b) = futures::join!(outer("a".to_owned()), outer("b".to_owned()));
        let others: FuturesUnordered<_> = (0..20).map(|_| outer("c".to_owned())).collect();
        a + b + others.fold(0, |sum, len| async move { sum + len }).await
    };
    assert_eq!(futures::executor::block_on(request.traced("request", ()).in_trace(&store.profiler())), 22);
    assert_eq!(store.shape(), ("request".to_owned(), vec!["outer".to_owned(); 22], 22));
}

#[test]
fn the_branch_that_loses_a_select_is_cancelled() {
    let store = Store::new();
    let request = async {
        let slow = std::future::pending::<()>().traced("slow", ());
        let fast = outer("a".to_owned());
        futures::pin_mut!(slow, fast);
        match futures::future::select(slow, fast).await {
            Either::Right((len, _)) => len,
            Either::Left(_) => 0,
        }
    };
    assert_eq!(futures::executor::block_on(request.traced("request", ()).in_trace(&store.profiler())), 1);
    let report = store.report();
    let ends: Vec<(&str, bool)> =
        report.points().iter().map(|point| (point.name.as_str(), point.is_cancelled())).collect();
    assert_eq!(ends, [("request", false), ("slow", true), ("outer", false), ("inner", false)]);
}

/// Calls itself.
#[osprofiler::trace("level", hide_args)]
fn descend(levels: usize) -> usize {
    if levels == 0 { 0 } else { 1 + descend(levels - 1) }
}

/// Awaits itself.
#[osprofiler::trace("level", hide_args)]
fn descend_async(levels: usize) -> BoxFuture<'static, usize> {
    Box::pin(async move {
        if levels == 0 {
            return 0;
        }
        1 + descend_async(levels - 1).await
    })
}

/// Runs `test` where the stack is as deep as ten thousand calls of a debug build need.
fn deep(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(256 << 20);
        thread.spawn_scoped(scope, test).expect("a thread").join().expect("no panic");
    });
}

#[test]
fn ten_thousand_calls_within_each_other_nest() {
    for way in [descend as fn(usize) -> usize, |levels| futures::executor::block_on(descend_async(levels))] {
        let store = Store::new();
        deep(|| assert_eq!(store.profiler().in_scope(|| way(9999)), 9999));
        let report = store.report();
        assert_eq!(report.points().len(), 10_000);
        assert_eq!(report.points().iter().map(|point| point.depth).max(), Some(9999));
        // The forms for people are there, and do not grow by the square of the depth.
        let mut text = Vec::new();
        report::text::write(&report, &report::text::Style::default(), &mut text).expect("memory");
        assert!(text.len() < 10 << 20, "{}", text.len());
        #[cfg(feature = "html")]
        {
            let mut html = Vec::new();
            report::html::write(&report, &mut html).expect("memory");
            assert!(html.len() < 10 << 20, "{}", html.len());
        }
    }
}

#[test]
fn a_panic_that_is_caught_ends_its_points_and_no_others() {
    let store = Store::new();
    profiler::install_panic_hook();
    store.profiler().in_scope(|| {
        let _request = Trace::new("request", ());
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _first = Trace::new("first", ());
            profiler::start("second", ());
            panics();
        }));
        assert!(caught.is_err());
        inner("after");
    });
    let report = store.report();
    let shown: Vec<(usize, &str, Option<&str>)> = report
        .points()
        .iter()
        .map(|point| (point.depth, point.name.as_str(), point.error().map(|error| error.1)))
        .collect();
    let boom = Some("boom");
    let ends = [(0, "request", None), (1, "first", boom), (2, "second", boom), (3, "panics", boom), (1, "inner", None)];
    assert_eq!(shown, ends);
}

#[osprofiler::trace("panics")]
fn panics() {
    panic!("boom");
}
