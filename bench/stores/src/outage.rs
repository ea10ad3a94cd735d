//! Load on stores whose servers die again and again: in the end every message is stored or counted as lost.

use std::collections::HashSet;
use std::error::Error;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use osprofiler::driver::{self, Driver};
use osprofiler::{CollectorStats, Id, Notifier, Profiler, Trace};

use crate::targets::{self, Target};

/// So many points are recorded, and then there is a pause: some 400 messages a second.
const POINTS: usize = 50;
const PAUSE: Duration = Duration::from_millis(250);

/// How long what is left may take in the end.
const LONG: Duration = Duration::from_secs(120);

/// What became of one store's load.
struct Outcome {
    name: &'static str,
    kills: usize,
    recorded_points: usize,
    stats: CollectorStats,
    /// Different messages that are in the store.
    found: u64,
    /// Messages that are there more than once.
    again: u64,
}

pub(crate) fn run(minutes: f64) -> Result<(), Box<dyn Error>> {
    let length = Duration::from_secs_f64(minutes * 60.0);
    let targets: Vec<Target> = targets::all()
        .into_iter()
        .filter_map(|start| start())
        .filter(|target| target.server.is_some() && target.lasts)
        .collect();
    let running: Vec<_> = targets
        .into_iter()
        .map(|target| thread::spawn(move || load(target, length).map_err(|error| error.to_string())))
        .collect();
    println!("{minutes} minutes of load, {POINTS} points every {} ms, servers killed at random", PAUSE.as_millis());
    println!();
    println!(
        "{:<22} {:>6} {:>9} {:>9} {:>9} {:>8} {:>8} {:>9} {:>7}",
        "", "kills", "messages", "recorded", "stored", "failed", "dropped", "found", "twice"
    );
    let mut wrong = Vec::new();
    for thread in running {
        let outcome = thread.join().map_err(|_| "a store's thread panicked")??;
        let stats = outcome.stats;
        println!(
            "{:<22} {:>6} {:>9} {:>9} {:>9} {:>8} {:>8} {:>9} {:>7}",
            outcome.name,
            outcome.kills,
            2 * outcome.recorded_points,
            stats.recorded,
            stats.stored,
            stats.failed,
            stats.dropped,
            outcome.found,
            outcome.again,
        );
        wrong.extend(outcome.judge());
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("; ").into()),
    }
}

impl Outcome {
    /// What is wrong: a message that is neither stored nor counted, or counted as stored and not there.
    fn judge(&self) -> Option<String> {
        let stats = self.stats;
        let messages = 2 * self.recorded_points as u64;
        let reason = if stats.recorded + stats.dropped != messages {
            "messages are neither recorded nor dropped"
        } else if stats.recorded != stats.stored + stats.failed {
            "messages are neither stored nor failed"
        } else if self.found < stats.stored {
            "messages that count as stored are not there"
        } else if self.found > stats.recorded {
            "there is more than was recorded"
        } else {
            return None;
        };
        Some(format!("{}: {reason}", self.name))
    }
}

fn load(mut target: Target, length: Duration) -> Result<Outcome, Box<dyn Error>> {
    let driver = driver::connect_with(&target.connection_string, &target.options())?;
    let notifier = Notifier::builder().project("bench").service("load").build(driver);
    let mut server = target.server.take().ok_or("no server")?;
    let recording = {
        let notifier = notifier.clone();
        thread::spawn(move || record(&notifier, length))
    };
    let mut kills = 0;
    let begun = Instant::now();
    loop {
        // On the average it is up for six seconds, and down for three.
        thread::sleep(Duration::from_millis(fastrand::u64(2_000..10_000)));
        if begun.elapsed() >= length {
            break;
        }
        server.kill();
        kills += 1;
        thread::sleep(Duration::from_millis(fastrand::u64(100..6_000)));
        server.start_again();
    }
    let (base_id, recorded_points) = recording.join().map_err(|_| "the load panicked")?;
    if !notifier.flush(LONG) {
        return Err(format!("{} takes nothing more: {:?}", target.name, notifier.stats()).into());
    }
    let stats = notifier.stats();
    let reader = driver::connect_with(&target.connection_string, &target.options())?;
    let (found, again) = count(&reader, &base_id)?;
    Ok(Outcome { name: target.name, kills, recorded_points, stats, found, again })
}

/// Records a trace for so long, and returns its id and the number of its points.
fn record(notifier: &Notifier, length: Duration) -> (Id, usize) {
    let begun = Instant::now();
    let profiler = Profiler::with_notifier(notifier, "key", None, None);
    let mut points = 0;
    while begun.elapsed() < length {
        profiler.in_scope(|| (0..POINTS).for_each(|_| drop(Trace::new("point", ()))));
        points += POINTS;
        thread::sleep(PAUSE);
    }
    (profiler.base_id().clone(), points)
}

/// Different messages of the trace in the store, and how many are there again.
fn count(driver: &Arc<dyn Driver>, base_id: &Id) -> Result<(u64, u64), Box<dyn Error>> {
    let (mut seen, mut again) = (HashSet::new(), 0);
    for message in driver.read(base_id)?.messages {
        if !seen.insert((message.name(), message.trace_id().clone())) {
            again += 1;
        }
    }
    Ok((seen.len() as u64, again))
}
