//! Counting instructions and processor time of the measured program.

use std::error::Error;
use std::fs;
use std::process::Command;

use crate::workload::Mode;

/// The numbers of queries between which the slope is taken.
pub(crate) const FEW: i64 = 1000;
pub(crate) const MANY: i64 = 3000;

/// Queries in a timed run, and how many runs there are.
pub(crate) const TIMED: i64 = 60_000;
pub(crate) const ROUNDS: usize = 5;

/// How often each is counted; the least counts. Threads meet differently from run to run: one that finds its answer ready
/// does not go to sleep, and spares a thousand instructions.
const COUNTS: usize = 3;

/// Instructions a query.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) all_threads: i64,
    pub(crate) calling_thread: i64,
}

pub(crate) fn instructions(mode: Mode) -> Result<Cost, Box<dyn Error>> {
    let (few, many) = (least(mode, FEW)?, least(mode, MANY)?);
    let slope = |few: i64, many: i64| (many - few) / (MANY - FEW);
    Ok(Cost {
        all_threads: slope(few.all_threads, many.all_threads),
        calling_thread: slope(few.calling_thread, many.calling_thread),
    })
}

fn least(mode: Mode, count: i64) -> Result<Cost, Box<dyn Error>> {
    let mut least = Cost { all_threads: i64::MAX, calling_thread: i64::MAX };
    for _ in 0..COUNTS {
        let threads = callgrind(mode, count)?;
        least.all_threads = least.all_threads.min(threads.iter().sum());
        least.calling_thread = least.calling_thread.min(threads[0]);
    }
    Ok(least)
}

/// Instructions by thread, the main thread first; it is the one that calls.
fn callgrind(mode: Mode, count: i64) -> Result<Vec<i64>, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let out = directory.path().join("out");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--separate-threads=yes"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .args(["run", mode.name(), &count.to_string()])
        .output()
        .map_err(|error| format!("cannot run valgrind: {error}; it is needed to count instructions"))?;
    if !run.status.success() {
        return Err(format!("{} failed under valgrind: {}", mode.name(), String::from_utf8_lossy(&run.stderr)).into());
    }
    let mut threads = Vec::new();
    for number in 1.. {
        let Ok(text) = fs::read_to_string(directory.path().join(format!("out-{number:02}"))) else { break };
        let total =
            text.lines().find_map(|line| line.strip_prefix("totals: ")).ok_or("no totals in callgrind's file")?;
        threads.push(total.trim().parse()?);
    }
    if threads.is_empty() {
        return Err("callgrind wrote nothing".into());
    }
    Ok(threads)
}

/// Seconds of processor time a query, for each mode.
pub(crate) fn cpu_times() -> Result<Vec<f64>, Box<dyn Error>> {
    let mut least = vec![f64::INFINITY; Mode::ALL.len()];
    for _ in 0..ROUNDS {
        for (mode, least) in Mode::ALL.into_iter().zip(&mut least) {
            let run = Command::new(std::env::current_exe()?).args(["run", mode.name(), &TIMED.to_string()]).output()?;
            let seconds: f64 = String::from_utf8(run.stdout)?.trim().parse()?;
            *least = least.min(seconds / TIMED as f64);
        }
    }
    Ok(least)
}

/// The processor time of this process so far, user and system, of all threads.
pub(crate) fn process_cpu_seconds() -> Result<f64, Box<dyn Error>> {
    // The fields after the command's name, which may hold anything, begin behind its last parenthesis.
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> =
        stat.rsplit_once(')').ok_or("an unknown form of /proc/self/stat")?.1.split_whitespace().collect();
    let ticks = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    // Linux counts them in hundredths of a second everywhere.
    Ok(ticks / 100.0)
}
