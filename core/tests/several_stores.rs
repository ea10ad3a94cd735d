//! The collector before stores that are away for a while, and before several at once: what waits, what is lost, what is counted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use osprofiler::driver::{Driver, DriverError, WriteError};
use osprofiler::{CollectorConfig, Message, Notifier, Profiler, Trace};

const LONG: Duration = Duration::from_secs(20);

/// A driver whose `write` is a closure.
struct Writes<F>(&'static str, F);

impl<F: Fn(&[Message]) -> Result<(), WriteError> + Send + Sync> Driver for Writes<F> {
    fn name(&self) -> &'static str {
        self.0
    }

    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        (self.1)(batch)
    }
}

/// A store in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<String>>>);

impl Memory {
    fn take(&self, batch: &[Message]) {
        self.0.lock().expect("no panic").extend(batch.iter().map(Message::name));
    }

    fn driver(&self, name: &'static str) -> Arc<dyn Driver> {
        let store = self.clone();
        Arc::new(Writes(name, move |batch: &[Message]| {
            store.take(batch);
            Ok(())
        }))
    }

    fn names(&self) -> Vec<String> {
        self.0.lock().expect("no panic").clone()
    }
}

fn away(failed: usize) -> WriteError {
    let source = DriverError::Server {
        action: "write to",
        store: "test:".to_owned(),
        retryable: true,
        source: "it is away".into(),
    };
    WriteError::unwritten(failed, source)
}

fn points(notifier: &Notifier, count: usize) {
    let profiler = Profiler::with_notifier(notifier, "key", None, None);
    profiler.in_scope(|| (0..count).for_each(|number| drop(Trace::new(format!("x{number}"), ()))));
}

fn names(count: usize) -> Vec<String> {
    (0..count).flat_map(|number| [format!("x{number}-start"), format!("x{number}-stop")]).collect()
}

#[test]
fn what_a_store_could_not_take_is_written_again_and_nothing_else() {
    let store = Memory::default();
    let (theirs, calls) = (store.clone(), AtomicUsize::new(0));
    let driver = Writes("test", move |batch: &[Message]| {
        // Three of ten, then none, then the rest.
        match calls.fetch_add(1, Ordering::Relaxed) {
            0 => {
                theirs.take(&batch[..3]);
                Err(away(batch.len() - 3))
            }
            1 => Err(away(batch.len())),
            _ => {
                theirs.take(batch);
                Ok(())
            }
        }
    });
    let notifier = Notifier::builder().build(Arc::new(driver));
    points(&notifier, 5);
    assert!(notifier.flush(LONG));
    let stats = notifier.stats();
    assert_eq!((stats.recorded, stats.stored, stats.failed), (10, 10, 0));
    assert_eq!(store.names(), names(5));
}

#[test]
fn store_that_stays_away_costs_what_is_counted() {
    let mut config = CollectorConfig::default();
    config.retry_for = Duration::from_millis(150);
    let calls = Arc::new(AtomicUsize::new(0));
    let theirs = Arc::clone(&calls);
    let driver = Writes("test", move |batch: &[Message]| {
        theirs.fetch_add(1, Ordering::Relaxed);
        Err(away(batch.len()))
    });
    let notifier = Notifier::builder().collector(config).build(Arc::new(driver));
    points(&notifier, 5);
    assert!(notifier.flush(LONG));
    let stats = notifier.stats();
    assert_eq!((stats.recorded, stats.stored, stats.failed), (10, 0, 10));
    assert!(calls.load(Ordering::Relaxed) > 1, "it was tried again");
}

#[test]
fn refused_messages_are_not_written_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let theirs = Arc::clone(&calls);
    let driver = Writes("test", move |batch: &[Message]| {
        theirs.fetch_add(1, Ordering::Relaxed);
        Err(WriteError { retry_last: 0, ..away(batch.len()) })
    });
    let notifier = Notifier::builder().build(Arc::new(driver));
    points(&notifier, 5);
    assert!(notifier.flush(LONG));
    assert_eq!((notifier.stats().failed, calls.load(Ordering::Relaxed)), (10, 1));
}

#[test]
fn dropping_the_last_handle_gives_up_on_a_store_that_is_away() {
    let (sender, called) = mpsc::channel();
    let driver = Writes("test", move |batch: &[Message]| {
        let _ = sender.send(batch.len());
        Err(away(batch.len()))
    });
    let notifier = Notifier::builder().build(Arc::new(driver));
    points(&notifier, 1);
    drop(notifier);
    // The driver, and with it the sender, is gone when the worker has ended.
    assert!(called.iter().count() > 1, "it was tried until the end");
}

#[test]
fn several_stores_get_everything() {
    let stores = [Memory::default(), Memory::default(), Memory::default()];
    let notifier = Notifier::builder().build_for_all(stores.iter().map(|store| store.driver("memory")));
    points(&notifier, 2000);
    assert!(notifier.flush(LONG));
    for store in &stores {
        assert_eq!(store.names(), names(2000));
    }
    let stats = notifier.stats();
    assert_eq!((stats.recorded, stats.stored, stats.failed, stats.dropped), (4000, 4000, 0, 0));
    assert!(notifier.store_stats().iter().all(|store| (store.name, store.stored, store.failed) == ("memory", 4000, 0)));
}

#[test]
fn store_that_hangs_does_not_keep_the_others_waiting() {
    let store = Memory::default();
    let (release, hang) = mpsc::channel::<()>();
    let hang = Mutex::new(hang);
    let hangs = Writes("hangs", move |_: &[Message]| {
        // Until the sender is dropped.
        let _ = hang.lock().expect("no panic").recv();
        Ok(())
    });
    let mut config = CollectorConfig::default();
    config.queue_messages = 1000;
    config.batch = 100;
    let drivers: [Arc<dyn Driver>; 2] = [Arc::new(hangs), store.driver("memory")];
    let notifier = Notifier::builder().collector(config).build_for_all(drivers);
    let mut expected = 0;
    for _ in 0..20 {
        // As much as fits beside what the other store holds.
        points(&notifier, 50);
        expected += 100;
        let deadline = std::time::Instant::now() + LONG;
        while store.names().len() < expected {
            assert!(std::time::Instant::now() < deadline, "{:?}", notifier.stats());
            std::thread::yield_now();
        }
    }
    drop(release);
    assert!(notifier.flush(LONG));
    let stats = notifier.stats();
    assert_eq!((stats.recorded, stats.dropped), (2000, 0));
    assert_eq!(stats.recorded, stats.stored + stats.failed);
    let [hung, other] = &notifier.store_stats()[..] else { panic!("two stores") };
    assert_eq!((hung.stored + hung.failed, hung.failed), (2000, stats.failed));
    assert!(hung.failed > 0, "{hung:?}");
    assert_eq!((other.stored, other.failed), (2000, 0));
}

#[test]
fn flush_waits_for_what_came_before_it_and_not_for_as_many() {
    let (hang, hung) = mpsc::channel::<()>();
    let (hung, fast) = (Mutex::new(hung), Memory::default());
    let hangs = Writes("hangs", move |_: &[Message]| {
        // Until the test is over.
        let _ = hung.lock().expect("no panic").recv();
        Ok(())
    });
    let mut config = CollectorConfig::default();
    config.queue_messages = 64;
    config.linger = Duration::from_millis(1);
    let drivers: [Arc<dyn Driver>; 2] = [Arc::new(hangs), fast.driver("fast")];
    let notifier = Notifier::builder().collector(config).build_for_all(drivers);
    let record = |until: usize| {
        points(&notifier, 4);
        while fast.names().len() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    // The part of the store that hangs is full after 32, and what comes later is lost there and done with.
    (1..=6).for_each(|step| record(step * 8));
    let flushed = std::thread::scope(|scope| {
        let flush = scope.spawn(|| notifier.flush(Duration::from_millis(500)));
        std::thread::sleep(Duration::from_millis(100));
        (7..=12).for_each(|step| record(step * 8));
        flush.join().expect("no panic")
    });
    assert!(!flushed, "the first messages are not stored yet");
    drop(hang);
    assert!(notifier.flush(LONG));
    let stats = notifier.stats();
    assert_eq!((stats.recorded, stats.stored + stats.failed, stats.dropped), (96, 96, 0));
}

#[test]
fn without_a_store_everything_counts_as_lost() {
    let notifier = Notifier::builder().build_for_all([]);
    points(&notifier, 5);
    assert!(notifier.flush(LONG));
    assert_eq!((notifier.stats().stored, notifier.stats().failed), (0, 10));
}

#[test]
fn store_that_panics_or_refuses_is_counted_for_itself() {
    let store = Memory::default();
    let drivers: [Arc<dyn Driver>; 3] = [
        Arc::new(Writes("panics", |_: &[Message]| panic!("the test says so"))),
        store.driver("memory"),
        Arc::new(Writes("refuses", |batch: &[Message]| Err(WriteError { retry_last: 0, ..away(batch.len().min(1)) }))),
    ];
    let notifier = Notifier::builder().build_for_all(drivers);
    points(&notifier, 5);
    assert!(notifier.flush(LONG));
    let stats = notifier.stats();
    assert_eq!((stats.recorded, stats.stored, stats.failed), (10, 0, 10));
    let stores: Vec<_> = notifier
        .store_stats()
        .into_iter()
        .map(|store| (store.name, store.stored + store.failed, store.stored))
        .collect();
    assert_eq!((stores[0], stores[1]), (("panics", 10, 0), ("memory", 10, 10)));
    assert!(stores[2].1 == 10 && stores[2].2 < 10, "{stores:?}");
    assert_eq!(store.names(), names(5));
}
