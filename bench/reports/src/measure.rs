//! What one run of a program takes.

use std::error::Error;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// Each program runs so often, in turns with the other.
pub(crate) const ROUNDS: usize = 5;

/// What a run took.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) kib: i64,
    pub(crate) processor_s: f64,
    pub(crate) time_s: f64,
}

/// The least that each of two programs takes, which run in turns.
pub(crate) fn in_turns<'a>(
    programs: [&str; 2],
    arguments: impl Fn(&str) -> Vec<&'a str>,
) -> Result<[Cost; 2], Box<dyn Error>> {
    let mut least: [Option<Cost>; 2] = [None, None];
    for _ in 0..ROUNDS {
        for (program, least) in programs.iter().zip(&mut least) {
            let cost = cost(program, &arguments(program))?;
            *least = Some(match *least {
                None => cost,
                Some(before) => Cost {
                    kib: before.kib.min(cost.kib),
                    processor_s: before.processor_s.min(cost.processor_s),
                    time_s: before.time_s.min(cost.time_s),
                },
            });
        }
    }
    let [Some(this), Some(that)] = least else { return Err("nothing was measured".into()) };
    Ok([this, that])
}

/// Runs a program below a process of its own, which knows then what its children took.
fn cost(program: &str, arguments: &[&str]) -> Result<Cost, Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?).arg("run").arg(program).args(arguments).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Option<Vec<f64>> = said.split_whitespace().map(|number| number.parse().ok()).collect();
    match numbers.as_deref() {
        Some([kib, processor_s, time_s]) if output.status.success() => {
            Ok(Cost { kib: *kib as i64, processor_s: *processor_s, time_s: *time_s })
        }
        _ => Err(format!("{program} was not measured: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// Runs a program and prints what it took: KiB, and seconds of the processor and of the clock.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
    let time_s = begun.elapsed().as_secs_f64();
    // 1 is what --fail-on makes of a finding; whatever else went wrong has said so without a word of findings.
    let said = String::from_utf8_lossy(&status.stderr);
    if !status.status.success() && !said.contains("--fail-on") {
        return Err(format!("it failed: {said}").into());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let processor_us = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    println!("{} {} {time_s}", usage.max_rss(), processor_us as f64 / 1e6);
    Ok(())
}
