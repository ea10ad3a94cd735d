//! Messages per second into each store, and the memory that the collector and the driver hold meanwhile.

use std::error::Error;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use osprofiler::{Notifier, Profiler, Trace, driver};
use serde_json::json;

use crate::targets;

/// So many messages are stored while the clock runs, after some that warm up.
const MESSAGES: u64 = 200_000;
const WARM_UP: u64 = 4_000;

/// A trace has so many messages.
const TRACE: u64 = 200;

/// Whoever records waits when so many wait for the store: nothing is dropped.
const WAITING: u64 = 30_000;

/// A store is slow if it does not take that in so long.
const LONG: Duration = Duration::from_secs(300);

pub(crate) fn table() -> Result<(), Box<dyn Error>> {
    println!("messages of traced statements with parameters, as fast as the store takes them ({MESSAGES} of them)");
    println!("memory: the most that the process held beyond what it held before its first message");
    println!();
    println!("{:<22} {:>12} {:>12} {:>10}", "", "messages/s", "processor", "memory");
    for start in targets::all() {
        let Some(target) = start() else { continue };
        let program = std::env::current_exe()?;
        let mut measured = Command::new(program);
        measured.args(["throughput", target.name, &target.connection_string]);
        measured.arg(target.transport_url.as_deref().unwrap_or_default());
        if !measured.status()?.success() {
            return Err(format!("{} was not measured", target.name).into());
        }
    }
    Ok(())
}

pub(crate) fn measure(name: &str, connection_string: &str, transport_url: &str) -> Result<(), Box<dyn Error>> {
    let options = targets::options(Some(transport_url).filter(|url| !url.is_empty()));
    let driver = driver::connect_with(connection_string, &options)?;
    let before = status("VmRSS:")?;
    let notifier = Notifier::builder().project("bench").service("load").build(driver);
    record(&notifier, WARM_UP)?;
    let (begun, cpu) = (Instant::now(), processor_s()?);
    record(&notifier, MESSAGES)?;
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), processor_s()? - cpu);
    let stats = notifier.stats();
    if (stats.stored, stats.failed, stats.dropped) != (MESSAGES + WARM_UP, 0, 0) {
        return Err(format!("{name} did not take everything: {stats:?}").into());
    }
    println!(
        "{name:<22} {:>12.0} {:>9.2} µs {:>6.1} MiB",
        MESSAGES as f64 / wall,
        cpu * 1e6 / MESSAGES as f64,
        status("VmHWM:")?.saturating_sub(before) as f64 / 1024.0,
    );
    Ok(())
}

/// Records messages and waits until they are stored.
fn record(notifier: &Notifier, messages: u64) -> Result<(), Box<dyn Error>> {
    let db = json!({"db": {"statement": "SELECT title FROM posts WHERE author_id = ? AND title LIKE ? ORDER BY id",
        "params": [7, "Post%"], "param_types": ["INTEGER", "TEXT"], "system": "sqlite"}});
    for _ in 0..messages / TRACE {
        let profiler = Profiler::with_notifier(notifier, "key", None, None);
        profiler.in_scope(|| {
            for _ in 0..TRACE / 2 {
                drop(Trace::new("db", db.clone()));
            }
        });
        loop {
            let stats = notifier.stats();
            if stats.recorded - stats.stored - stats.failed < WAITING {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
    if notifier.flush(LONG) { Ok(()) } else { Err("the store is too slow".into()) }
}

/// A figure of this process, in KiB.
fn status(key: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)).ok_or("the system does not say")?;
    Ok(line.split_whitespace().next().ok_or("the system does not say")?.parse()?)
}

/// Processor time of this process, in seconds.
fn processor_s() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, rest) = stat.rsplit_once(')').ok_or("the system does not say")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // User and system time, in ticks of which Linux shows 100 a second.
    let ticks = fields.get(11..13).ok_or("the system does not say")?;
    Ok(ticks.iter().map(|ticks| ticks.parse::<f64>()).sum::<Result<f64, _>>()? / 100.0)
}
