//! Counting instructions and processor time of the measured program.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::workload::{Mode, Workload};

/// How many timed runs there are.
pub(crate) const ROUNDS: usize = 5;

/// How many bytes are allocated before all else, in one run after the other.
const PADS: [usize; 6] = [0, 24, 56, 120, 264, 520];

/// Instructions a query.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) all_threads: i64,
    pub(crate) calling_thread: i64,
}

/// Counts what `program` does between `few` and `many` of the workload's queries.
pub(crate) fn instructions(program: &Path, run: [&str; 2], few: i64, many: i64) -> Result<Cost, Box<dyn Error>> {
    let slope = |less: i64, more: i64| (more - less) / (many - few);
    let mut least = Cost { all_threads: i64::MAX, calling_thread: i64::MAX };
    for pad in PADS {
        let less = callgrind(program, run, few, pad)?;
        let more = callgrind(program, run, many, pad)?;
        least.all_threads = least.all_threads.min(slope(less.iter().sum(), more.iter().sum()));
        least.calling_thread = least.calling_thread.min(slope(less[0], more[0]));
    }
    Ok(least)
}

/// Allocates `pad` bytes for good, before all else: they move everything on the heap.
pub(crate) fn move_heap(pad: usize) {
    std::mem::forget(std::hint::black_box(Vec::<u8>::with_capacity(pad)));
}

/// Instructions by thread, the main thread first; it is the one that calls.
fn callgrind(program: &Path, [workload, mode]: [&str; 2], count: i64, pad: usize) -> Result<Vec<i64>, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let out = directory.path().join("out");
    // With one processor the threads meet in the same way each time. Memory is copied by the same instructions wherever it
    // lies: else the futures of PostgreSQL's pool, of 38 KB each, cost 9,000 instructions or hardly any.
    let counted = Command::new("taskset")
        .env("GLIBC_TUNABLES", "glibc.cpu.x86_rep_movsb_threshold=1073741824")
        .args(["--cpu-list", "0", "valgrind"])
        // Before `main`, fastrace's clock compares itself with the system's for as long as that takes.
        .args(["--tool=callgrind", "--separate-threads=yes", "--zero-before=main"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program)
        .args(["run", workload, mode, &count.to_string(), &pad.to_string()])
        .output()
        .map_err(|error| format!("cannot run taskset and valgrind: {error}; they are needed to count instructions"))?;
    if !counted.status.success() {
        return Err(format!("{mode} failed under valgrind: {}", String::from_utf8_lossy(&counted.stderr)).into());
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
pub(crate) fn cpu_times(workload: Workload) -> Result<Vec<f64>, Box<dyn Error>> {
    let (_, _, timed) = workload.counts();
    let mut least = vec![f64::INFINITY; Mode::ALL.len()];
    for _ in 0..ROUNDS {
        for (mode, least) in Mode::ALL.into_iter().zip(&mut least) {
            let run = Command::new(std::env::current_exe()?)
                .args(["run", workload.name(), mode.name(), &timed.to_string(), "0"])
                .output()?;
            let seconds: f64 = String::from_utf8(run.stdout)?.trim().parse()?;
            *least = least.min(seconds / timed as f64);
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

/// The value in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
