//! Processor time of the calling thread on diesel: all modes in one process, a round after the other, each in its turn the first.
//!
//! What disturbs a round disturbs its neighbours alike, so a mode is compared with the plain connection of the same round. Where
//! things come to lie in memory stays the same for a whole process, so there are several.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

use crate::diesel_mode::{self, Mode};
use crate::diesel_workload::Workload;
use crate::measure;

/// How many processes there are.
pub(crate) const PROCESSES: usize = 5;

/// How many rounds each of them runs.
pub(crate) const ROUNDS: usize = 60;

/// What was measured of a mode.
#[derive(Default)]
pub(crate) struct Times {
    /// Nanoseconds an operation, round by round.
    nanos: Vec<f64>,
    /// The same, by what the plain connection took in that round.
    ratios: Vec<f64>,
}

impl Times {
    /// The medians of both.
    pub(crate) fn medians(&self) -> (f64, f64) {
        (measure::median(&self.nanos), measure::median(&self.ratios))
    }
}

/// Runs the rounds of one process and prints a line for each mode: its name, and nanoseconds an operation for each round.
pub(crate) fn run(workload: Workload) -> Result<(), Box<dyn Error>> {
    let (_, _, count) = workload.counts();
    let mut modes = Vec::new();
    for mode in Mode::ALL.into_iter().filter(|mode| mode.is_here()) {
        modes.push((mode, diesel_mode::contender(workload, mode)?, Vec::new()));
    }
    for round in 0..ROUNDS {
        for turn in order(modes.len(), round) {
            let (_, contender, nanos) = &mut modes[turn];
            nanos.push(contender(count)?.as_secs_f64() * 1e9 / count as f64);
        }
    }
    for (mode, _, nanos) in modes {
        let nanos: Vec<String> = nanos.iter().map(f64::to_string).collect();
        println!("{} {}", mode.name(), nanos.join(" "));
    }
    Ok(())
}

/// Each is the first in its turn, and then all of it backwards, so that nobody has the same neighbour always before it.
fn order(len: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.rotate_left(round % len);
    if round / len % 2 == 1 {
        order.reverse();
    }
    order
}

/// Runs the processes, and returns what was measured of each mode in the program that has it.
pub(crate) fn measure(workload: Workload, modes: &[(Mode, PathBuf)]) -> Result<Vec<Times>, Box<dyn Error>> {
    let programs: BTreeSet<&PathBuf> = modes.iter().map(|(_, program)| program).collect();
    let mut times: Vec<Times> = modes.iter().map(|_| Times::default()).collect();
    for _ in 0..PROCESSES {
        for program in &programs {
            let run = Command::new(program).args(["rounds", workload.name()]).output()?;
            if !run.status.success() {
                return Err(format!("rounds failed: {}", String::from_utf8_lossy(&run.stderr)).into());
            }
            let rounds = parse(&String::from_utf8(run.stdout)?)?;
            let nanos = |mode: Mode| rounds.get(mode.name()).ok_or_else(|| format!("no rounds of {}", mode.name()));
            let plain = nanos(Mode::Plain)?;
            for ((mode, of), times) in modes.iter().zip(&mut times) {
                if of == *program {
                    let nanos = nanos(*mode)?;
                    times.nanos.extend(nanos);
                    times.ratios.extend(nanos.iter().zip(plain).map(|(nanos, plain)| nanos / plain));
                }
            }
        }
    }
    Ok(times)
}

/// What [`run`] printed.
fn parse(lines: &str) -> Result<HashMap<String, Vec<f64>>, Box<dyn Error>> {
    let mut modes = HashMap::new();
    for line in lines.lines() {
        let (mode, nanos) = line.split_once(' ').ok_or("a line without rounds")?;
        modes.insert(mode.to_owned(), nanos.split(' ').map(str::parse).collect::<Result<_, _>>()?);
    }
    Ok(modes)
}
