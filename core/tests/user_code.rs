//! The program's own code where this crate runs or drops it: redactors, notifier functions, drivers, `Display`, `Debug` and
//! `Drop`. Each of them makes trace points, logs, flushes, waits and panics; every thread goes on meanwhile, and what the
//! program computes is the same.
#![cfg(all(feature = "tracing-subscriber", feature = "macros"))]

use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex, Once, OnceLock};
use std::thread;
use std::time::Duration;

use osprofiler::db::{BoundValues, DbOptions, DbSource, DbStart, DbStop, DbValue, ParamsWriter};
use osprofiler::driver::{Driver, WriteError};
use osprofiler::profiler::Point;
use osprofiler::{CollectorConfig, CollectorStats, Info, Message, Notifier, Profiler, ProfilerLayer, Trace};
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt as _;

/// No thread may take so long; one that hangs for ever does.
const LONG: Duration = Duration::from_secs(60);

const THREADS: usize = 4;
const POINTS: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Trace,
    Log,
    Flush,
    Wait,
    Panic,
}

const ACTIONS: [Action; 5] = [Action::Trace, Action::Log, Action::Flush, Action::Wait, Action::Panic];

/// What the program's code does when it is called.
struct Actor {
    action: Action,
    notifier: OnceLock<Notifier>,
    calls: AtomicUsize,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Actor {
    fn new(action: Action) -> Arc<Self> {
        quiet();
        let (notifier, calls) = (OnceLock::new(), AtomicUsize::new(0));
        Arc::new(Self { action, notifier, calls, open: Mutex::new(false), opened: Condvar::new() })
    }

    fn act(&self) {
        /// A notifier's function that makes points is called for them, too.
        const MAX_POINTS: usize = 50;
        let call = self.calls.fetch_add(1, Relaxed);
        match self.action {
            Action::Trace if call < MAX_POINTS => {
                if let Some(notifier) = self.notifier.get() {
                    let profiler = Profiler::with_notifier(notifier, "key", None, None);
                    profiler.in_scope(|| drop(Trace::new("the program's own", json!({"call": call}))));
                }
            }
            Action::Trace => {}
            Action::Log => tracing::warn!(call, "the program's own"),
            Action::Flush => {
                if let Some(notifier) = self.notifier.get() {
                    // On the worker this returns at once; elsewhere it may take as long as the worker has work.
                    notifier.flush(Duration::from_millis(1));
                    let _ = notifier.stats();
                }
            }
            Action::Wait => {
                let open = self.open.lock().expect("no panic under this lock");
                drop(self.opened.wait_while(open, |open| !*open).expect("no panic under this lock"));
            }
            Action::Panic => panic!("by design"),
        }
    }

    /// Lets through all that wait.
    fn release(&self) {
        *self.open.lock().expect("no panic under this lock") = true;
        self.opened.notify_all();
    }
}

/// Panics are what these tests are about: none is printed. Spans of `tracing` become points.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<&str>().is_none_or(|text| *text != "by design") {
                print(info);
            }
        }));
        let subscriber = tracing_subscriber::registry().with(ProfilerLayer::new());
        tracing::subscriber::set_global_default(subscriber).expect("the first subscriber");
    });
}

/// Acts when it is shown.
struct Shows(Arc<Actor>);

impl fmt::Display for Shows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.act();
        f.write_str("shown")
    }
}

impl fmt::Debug for Shows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.act();
        f.write_str("shown")
    }
}

impl std::error::Error for Shows {}

/// Acts when it is dropped.
struct Drops(Arc<Actor>);

impl Drop for Drops {
    fn drop(&mut self) {
        self.0.act();
    }
}

struct Seven;

impl BoundValues for Seven {
    fn weight(&self) -> usize {
        8
    }

    fn decode(&mut self, params: &mut ParamsWriter<'_>) {
        params.value(&DbValue::Integer(7), "INTEGER");
    }
}

/// A statement as an adapter records it.
fn statement(source: &Arc<DbSource>) {
    let Some(mut point) = Point::new(source.name()) else { return };
    let start = DbStart {
        source: Arc::clone(source),
        method: "fetch_one",
        internal: false,
        acquire: None,
        lease: None,
        prepared: None,
        caller: None,
        statement: "SELECT ?",
        values: Some(Seven),
    };
    point.start_statement(std::time::Instant::now(), start);
    point.stop(DbStop::default());
}

fn source(options: DbOptions) -> Arc<DbSource> {
    DbSource::new("sqlite", "", None, options)
}

/// A notifier with a small queue whose function counts.
fn counting() -> Notifier {
    quiet();
    Notifier::from(|_: &Message| {})
}

/// Has several threads record, each in a trace of its own, and returns when all of them have ended.
fn record(notifier: &Notifier, work: impl Fn(usize) -> usize + Send + Sync + 'static) {
    let (done, ended) = mpsc::channel();
    let work = Arc::new(work);
    for _ in 0..THREADS {
        let (done, work, notifier) = (done.clone(), Arc::clone(&work), notifier.clone());
        thread::spawn(move || {
            let profiler = Profiler::with_notifier(&notifier, "key", None, None);
            let sum = profiler.in_scope(|| (0..POINTS).map(|number| work(number)).sum::<usize>());
            // The test that waited may have failed.
            let _ = done.send(sum);
        });
    }
    for _ in 0..THREADS {
        let sum = ended.recv_timeout(LONG).expect("no thread hangs, and none panics");
        assert_eq!(sum, POINTS * (POINTS - 1) / 2, "the program computes what it computes untraced");
    }
}

/// Checks that everything goes on: another thread reads the numbers and flushes.
fn assert_alive(notifier: &Notifier, actor: &Actor) {
    let (theirs, (done, ended)) = (notifier.clone(), mpsc::channel());
    thread::spawn(move || {
        let stats = theirs.stats();
        // With an actor that waits on the worker, this takes its time and says no.
        theirs.flush(Duration::from_millis(50));
        done.send(stats).expect("the test waits");
    });
    ended.recv_timeout(LONG).expect("neither `stats` nor `flush` hangs");
    actor.release();
    assert_all_counted(notifier);
}

/// Flushes until nothing is left: what the worker runs may record more meanwhile, and not without end.
fn assert_all_counted(notifier: &Notifier) {
    let is_done = |stats: &CollectorStats| stats.recorded == stats.stored + stats.failed;
    for _ in 0..1000 {
        assert!(notifier.flush(LONG), "the worker goes on");
        if is_done(&notifier.stats()) {
            break;
        }
    }
    assert!(is_done(&notifier.stats()), "{:?}", notifier.stats());
}

#[test]
fn redactors_may_trace_log_flush_wait_and_panic() {
    for action in ACTIONS {
        let (actor, notifier) = (Actor::new(action), counting());
        let _ = actor.notifier.set(notifier.clone());
        let theirs = Arc::clone(&actor);
        let source = source(DbOptions::default().redact_with(move |_| {
            theirs.act();
            None
        }));
        record(&notifier, move |number| {
            statement(&source);
            number
        });
        assert_alive(&notifier, &actor);
        assert!(actor.calls.load(Relaxed) > 0, "{action:?}");
    }
}

#[test]
fn notifier_functions_may_trace_log_flush_wait_and_panic() {
    for action in ACTIONS {
        let actor = Actor::new(action);
        let theirs = Arc::clone(&actor);
        let notifier = Notifier::from(move |_: &Message| theirs.act());
        let _ = actor.notifier.set(notifier.clone());
        let source = source(DbOptions::default());
        record(&notifier, move |number| {
            statement(&source);
            number
        });
        assert_alive(&notifier, &actor);
        assert!(actor.calls.load(Relaxed) > 0, "{action:?}");
    }
}

#[test]
fn drivers_may_trace_log_flush_wait_and_panic() {
    struct Acts(Arc<Actor>);

    impl Driver for Acts {
        fn write(&self, _: &[Message]) -> Result<(), WriteError> {
            self.0.act();
            Ok(())
        }

        fn finish(&self) -> Result<(), WriteError> {
            self.0.act();
            Ok(())
        }
    }

    impl Drop for Acts {
        fn drop(&mut self) {
            self.0.act();
        }
    }

    for (action, several) in ACTIONS.into_iter().flat_map(|action| [(action, false), (action, true)]) {
        let actor = Actor::new(action);
        let drivers = (0..=usize::from(several)).map(|_| Arc::new(Acts(Arc::clone(&actor))) as Arc<dyn Driver>);
        let notifier = Notifier::builder().build_for_all(drivers);
        let _ = actor.notifier.set(notifier.clone());
        record(&notifier, |number| {
            drop(Trace::new("x", ()));
            number
        });
        assert_alive(&notifier, &actor);
        assert!(actor.calls.load(Relaxed) > 0, "{action:?}");
    }
}

#[test]
fn display_and_debug_may_trace_log_flush_wait_and_panic() {
    #[osprofiler::trace("arguments")]
    fn traced(number: usize, shows: &Shows) -> usize {
        let _ = shows;
        number
    }

    for action in ACTIONS {
        let (actor, notifier) = (Actor::new(action), counting());
        let _ = actor.notifier.set(notifier.clone());
        // Where it shows itself on the program's own thread, that waits for what the program waits for.
        actor.release();
        let theirs = Arc::clone(&actor);
        record(&notifier, move |number| {
            let shows = Shows(Arc::clone(&theirs));
            let number = traced(number, &shows);
            Trace::new("fails", ()).set_error(&shows);
            // A `Debug` that panics is the program's panic without this crate as well.
            if theirs.action != Action::Panic {
                let _span = tracing::info_span!("span", ?shows).entered();
            }
            number
        });
        assert_alive(&notifier, &actor);
        assert!(actor.calls.load(Relaxed) > 0, "{action:?}");
    }
}

#[test]
fn drop_of_a_redactors_values_may_trace_log_flush_wait_and_panic() {
    for action in ACTIONS {
        let (actor, notifier, hold) = (Actor::new(action), counting(), Actor::new(Action::Wait));
        let _ = actor.notifier.set(notifier.clone());
        // The worker waits at the first message, so that it has the last handle of each pool.
        let theirs = Arc::clone(&hold);
        let first = Info::lazy(move || {
            theirs.act();
            json!({})
        });
        Profiler::with_notifier(&notifier, "key", None, None).in_scope(|| drop(Trace::new("first", first)));
        let theirs = Arc::clone(&actor);
        record(&notifier, move |number| {
            let drops = Drops(Arc::clone(&theirs));
            let pool = source(DbOptions::default().redact_with(move |_| {
                let _ = &drops;
                None
            }));
            statement(&pool);
            number
        });
        assert_eq!(actor.calls.load(Relaxed), 0, "all of them are with the worker");
        hold.release();
        assert_alive(&notifier, &actor);
        assert_eq!(actor.calls.load(Relaxed), THREADS * POINTS, "{action:?}");
    }
}

#[test]
fn drop_of_an_infos_values_may_trace_log_flush_wait_and_panic() {
    for action in ACTIONS {
        let (actor, config) = (Actor::new(action), CollectorConfig::default());
        let notifier = Notifier::builder().collector(config).build(Arc::new(Takes));
        let _ = actor.notifier.set(notifier.clone());
        let theirs = Arc::clone(&actor);
        record(&notifier, move |number| {
            let drops = Drops(Arc::clone(&theirs));
            let info = Info::lazy(move || {
                let _ = &drops;
                json!({"number": number})
            });
            drop(Trace::new("x", info));
            number
        });
        assert_alive(&notifier, &actor);
        assert!(actor.calls.load(Relaxed) > 0, "{action:?}");
    }
}

struct Takes;

impl Driver for Takes {
    fn write(&self, _: &[Message]) -> Result<(), WriteError> {
        Ok(())
    }
}

/// With the queue full, infos are refused on the threads that record.
#[test]
fn refused_infos_are_dropped_without_a_lock_and_their_panic_ends_there() {
    for action in [Action::Trace, Action::Log, Action::Flush, Action::Panic] {
        let actor = Actor::new(action);
        let mut config = CollectorConfig::default();
        config.queue_messages = 8;
        let hold = Actor::new(Action::Wait);
        let theirs = Arc::clone(&hold);
        let notifier = Notifier::builder().collector(config).build(Arc::new(Holds(theirs)));
        let _ = actor.notifier.set(notifier.clone());
        let theirs = Arc::clone(&actor);
        record(&notifier, move |number| {
            let drops = Drops(Arc::clone(&theirs));
            drop(Trace::new(
                "x",
                Info::lazy(move || {
                    let _ = &drops;
                    json!({})
                }),
            ));
            number
        });
        assert!(notifier.stats().dropped > 0);
        hold.release();
        assert_alive(&notifier, &actor);
    }
}

struct Holds(Arc<Actor>);

impl Driver for Holds {
    fn write(&self, _: &[Message]) -> Result<(), WriteError> {
        self.0.act();
        Ok(())
    }
}

/// A redactor owns a span of `tracing`: when the last of its pool is gone, the span is closed, which is a point, too.
#[test]
fn a_redactor_that_owns_a_span_hangs_nothing() {
    let notifier = counting();
    let theirs = notifier.clone();
    record(&notifier, move |number| {
        let span = tracing::info_span!("owned by a redactor");
        let pool = source(DbOptions::default().redact_with(move |_| {
            let _ = &span;
            None
        }));
        statement(&pool);
        drop(pool);
        let _ = theirs.stats();
        number
    });
    assert_all_counted(&notifier);
    let stats = notifier.stats();
    assert_eq!(stats.dropped, 0);
    // Each a span and a statement, of two messages.
    assert_eq!(stats.recorded, (THREADS * POINTS * 4) as u64);
}
