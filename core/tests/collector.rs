//! The collector before drivers that are slow, full, broken or gone: nothing waits, and every loss is counted.

use std::fmt::Debug;
use std::panic::panic_any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use osprofiler::driver::{Driver, DriverError, WriteError};
use osprofiler::{CollectorConfig, Info, InfoWriter, Message, Notifier, Profiler, RenderInfo, Trace};
use serde_json::json;

const LONG: Duration = Duration::from_secs(20);

/// A driver whose `write` is a closure.
struct Writes<F>(F);

impl<F: Fn(&[Message]) -> Result<(), WriteError> + Send + Sync> Driver for Writes<F> {
    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        (self.0)(batch)
    }
}

fn notifier(
    config: CollectorConfig,
    write: impl Fn(&[Message]) -> Result<(), WriteError> + Send + Sync + 'static,
) -> Notifier {
    logged();
    Notifier::builder().host("h").collector(config).build(Arc::new(Writes(write)))
}

fn points(notifier: &Notifier, count: usize) -> Profiler {
    let profiler = Profiler::with_notifier(notifier, "key", None, None);
    profiler.in_scope(|| (0..count).for_each(|_| drop(Trace::new("x", ()))));
    profiler
}

fn failure(reason: &str) -> DriverError {
    DriverError::BadConnectionString { connection_string: "test:".to_owned(), reason: reason.to_owned() }
}

/// The warnings logged in this process whose text contains `text`.
fn warnings(text: &str) -> usize {
    logged().lock().expect("no panic while logging").iter().filter(|line| line.contains(text)).count()
}

fn logged() -> &'static Mutex<Vec<String>> {
    static LOGGED: OnceLock<Mutex<Vec<String>>> = OnceLock::new();
    LOGGED.get_or_init(|| {
        let _ = tracing::subscriber::set_global_default(Log);
        Mutex::default()
    })
}

/// The trace in which the log makes points of its own, where a test wants that.
fn traces_while_logging() -> &'static Mutex<Option<Profiler>> {
    static TRACE: Mutex<Option<Profiler>> = Mutex::new(None);
    &TRACE
}

/// Keeps warnings as text.
struct Log;

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
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
                self.0.push_str(&format!("{field}={value:?} "));
            }
        }
        let profiler = traces_while_logging().lock().expect("no panic").clone();
        if let Some(profiler) = profiler {
            profiler.in_scope(|| drop(Trace::new("log", ())));
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        logged().lock().expect("no panic while logging").push(text.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn messages_arrive_in_batches_and_in_order() {
    let batches = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&batches);
    let notifier = notifier(CollectorConfig::default(), move |batch| {
        theirs.lock().expect("no panic").push(batch.to_vec());
        Ok(())
    });
    points(&notifier, 3000);
    assert!(notifier.flush(LONG));
    let batches = batches.lock().expect("no panic");
    assert!(batches.len() < 60, "{} batches", batches.len());
    assert!(batches.iter().all(|batch| batch.len() <= 1024));
    let messages: Vec<&Message> = batches.iter().flatten().collect();
    assert_eq!(messages.len(), 6000);
    assert!(messages.is_sorted_by_key(|message| message.timestamp()));
    let stats = notifier.stats();
    assert_eq!((stats.recorded, stats.stored, stats.dropped, stats.failed), (6000, 6000, 0, 0));
}

#[test]
fn a_hanging_store_stops_nobody_and_what_does_not_fit_is_counted() {
    let (release, hang) = mpsc::channel::<()>();
    let hang = Mutex::new(hang);
    let mut config = CollectorConfig::default();
    config.queue_messages = 100;
    config.batch = 10;
    let notifier = notifier(config, move |_| {
        let _ = hang.lock().expect("no panic").recv();
        Ok(())
    });
    let before = Instant::now();
    let profiler = points(&notifier, 10_000);
    assert!(before.elapsed() < LONG, "the program waited for the store");
    assert!(!notifier.flush(Duration::from_millis(10)), "a flush says when it gives up");
    let stats = notifier.stats();
    assert_eq!((stats.recorded, stats.dropped), (100, 19_900));
    drop(release);
    assert!(notifier.flush(LONG));
    // What was lost is told by the next message of that trace.
    profiler.in_scope(|| drop(Trace::new("after", ())));
    assert!(notifier.flush(LONG));
    assert_eq!(notifier.stats().stored, 102);
    assert_eq!(warnings("dropped=19900"), 1);
}

#[test]
fn a_trace_tells_what_it_lost() {
    let (release, hang) = mpsc::channel::<()>();
    let hang = Mutex::new(hang);
    let infos = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&infos);
    let mut config = CollectorConfig::default();
    config.queue_messages = 4;
    let notifier = notifier(config, move |batch| {
        let _ = hang.lock().expect("no panic").recv();
        theirs.lock().expect("no panic").extend(batch.iter().map(Message::info));
        Ok(())
    });
    let profiler = points(&notifier, 5);
    drop(release);
    assert!(notifier.flush(LONG));
    profiler.in_scope(|| drop(Trace::new("after", ())));
    assert!(notifier.flush(LONG));
    let infos = infos.lock().expect("no panic");
    assert_eq!(infos.len(), 6);
    assert_eq!(infos[5]["lost_messages"], 6);
}

#[test]
fn the_queue_is_bounded_in_bytes_too() {
    let (release, hang) = mpsc::channel::<()>();
    let hang = Mutex::new(hang);
    let mut config = CollectorConfig::default();
    config.queue_bytes = 100_000;
    let notifier = notifier(config, move |_| {
        let _ = hang.lock().expect("no panic").recv();
        Ok(())
    });
    let profiler = Profiler::with_notifier(&notifier, "key", None, None);
    profiler.in_scope(|| {
        for _ in 0..100 {
            drop(Trace::new("x", json!({"text": "x".repeat(10_000)})));
        }
    });
    let stats = notifier.stats();
    assert!(stats.recorded < 40, "{stats:?}");
    assert_eq!(stats.recorded + stats.dropped, 200);
    drop(release);
}

#[test]
fn a_failing_store_is_counted_and_logged_once() {
    let notifier = notifier(CollectorConfig::default(), |batch| {
        Err(WriteError::lost(batch.len() - 1, failure("the test says so")))
    });
    for _ in 0..5 {
        points(&notifier, 5);
        assert!(notifier.flush(LONG));
    }
    let stats = notifier.stats();
    assert_eq!((stats.recorded, stats.stored + stats.failed, stats.dropped), (50, 50, 0));
    assert_eq!(stats.stored, 5);
    assert_eq!(warnings("the test says so"), 1);
}

#[test]
fn a_panicking_driver_and_function_reach_nobody() {
    let driver = notifier(CollectorConfig::default(), |_| panic!("the driver is broken"));
    points(&driver, 5);
    assert!(driver.flush(LONG));
    assert_eq!((driver.stats().recorded, driver.stats().failed), (10, 10));

    let seen = Arc::new(AtomicUsize::new(0));
    let theirs = Arc::clone(&seen);
    let function = Notifier::from(move |message: &Message| {
        assert!(
            theirs.fetch_add(1, Ordering::Relaxed).is_multiple_of(2),
            "every second message fails: {}",
            message.name()
        );
    });
    points(&function, 5);
    assert!(function.flush(LONG));
    assert_eq!((function.stats().stored, function.stats().failed), (5, 5));
    assert_eq!(seen.load(Ordering::Relaxed), 10);
}

#[test]
fn info_that_panics_costs_nothing_but_itself() {
    struct Panics;
    impl RenderInfo for Panics {
        fn render(&mut self, info: &mut InfoWriter) {
            info.string("half", "way");
            panic!("no")
        }

        fn weight(&self) -> usize {
            0
        }
    }

    let infos = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&infos);
    let notifier = Notifier::from(move |message: &Message| theirs.lock().expect("no panic").push(message.info()));
    Profiler::with_notifier(&notifier, "key", None, None).in_scope(|| {
        drop(Trace::new("x", Info::rendered_later(Panics)));
    });
    assert!(notifier.flush(LONG));
    let infos = infos.lock().expect("no panic");
    assert_eq!((infos.len(), &infos[0]["etype"]), (2, &json!("panic")));
}

/// A panic whose payload panics when it is dropped gets through every `catch_unwind` and ends the worker.
#[test]
fn a_dead_worker_stops_nobody_and_is_counted() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the payload panics too");
        }
    }

    let notifier = notifier(CollectorConfig::default(), |_| panic_any(Bomb));
    points(&notifier, 5);
    // The flush ends since nobody is left to wait for.
    notifier.flush(LONG);
    points(&notifier, 5);
    assert!(notifier.flush(LONG), "nothing is left to be stored");
    let stats = notifier.stats();
    assert_eq!((stats.recorded, stats.failed, stats.dropped, stats.stored), (10, 10, 10, 0));
    assert_eq!(warnings("worker is gone"), 1);
}

#[test]
fn the_last_messages_are_stored_when_the_notifier_goes() {
    let seen = Arc::new(AtomicUsize::new(0));
    let theirs = Arc::clone(&seen);
    let notifier = notifier(CollectorConfig::default(), move |batch| {
        theirs.fetch_add(batch.len(), Ordering::Relaxed);
        Ok(())
    });
    let profiler = points(&notifier, 50);
    let clone = notifier.clone();
    drop(notifier);
    points(&clone, 50);
    drop(clone);
    assert_eq!(seen.load(Ordering::Relaxed), 200);
    // A trace that outlives its notifier records nothing and harms nobody.
    profiler.in_scope(|| drop(Trace::new("late", ())));
}

/// A program whose log goes through code that is traced itself must not lock up when the last notifier goes.
#[test]
fn a_subscriber_may_trace_while_the_collector_logs() {
    logged();
    let (release, hang) = mpsc::channel::<()>();
    let hang = Mutex::new(hang);
    let notifier = notifier(CollectorConfig::default(), move |_| {
        let _ = hang.lock().expect("no panic").recv();
        Ok(())
    });
    let profiler = points(&notifier, 1);
    *traces_while_logging().lock().expect("no panic") = Some(profiler);
    let (done, closed) = mpsc::channel();
    thread::spawn(move || {
        drop(notifier);
        let _ = done.send(());
    });
    let result = closed.recv_timeout(LONG);
    *traces_while_logging().lock().expect("no panic") = None;
    drop(release);
    assert!(result.is_ok(), "it waits for itself");
}

/// A function that flushes or replaces its own notifier cannot be waited for.
#[test]
fn a_function_may_flush_its_own_notifier() {
    let own: Arc<Mutex<Option<Notifier>>> = Arc::default();
    let theirs = Arc::clone(&own);
    let notifier = Notifier::from(move |_: &Message| {
        if let Some(notifier) = theirs.lock().expect("no panic").take() {
            assert!(!notifier.flush(LONG), "it is not done before it returns");
        }
    });
    *own.lock().expect("no panic") = Some(notifier.clone());
    let before = Instant::now();
    points(&notifier, 2);
    assert!(notifier.flush(LONG));
    assert!(before.elapsed() < LONG);
    assert_eq!(notifier.stats().stored, 4);
}

#[test]
fn many_threads_lose_nothing() {
    let seen = Arc::new(AtomicUsize::new(0));
    let theirs = Arc::clone(&seen);
    let notifier = notifier(CollectorConfig::default(), move |batch| {
        theirs.fetch_add(batch.len(), Ordering::Relaxed);
        Ok(())
    });
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    points(&notifier, 50);
                    assert!(notifier.flush(LONG));
                }
            });
        }
    });
    assert_eq!(seen.load(Ordering::Relaxed), 8 * 20 * 50 * 2);
    assert_eq!(notifier.stats().dropped, 0);
}
