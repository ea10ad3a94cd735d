//! This build beside another one, such as that of the last release: instructions and how they relate.

use std::error::Error;
use std::path::Path;

use crate::measure::{self, Cost};
use crate::workload::{self, Mode, Workload};
use crate::{diesel_mode, diesel_workload, functions};

/// Prints a table of what this build and `other`, a program of this bench built from another commit, take in the same run.
pub(crate) fn table(other: &Path) -> Result<(), Box<dyn Error>> {
    println!("instructions an operation on the calling thread, and on all: that build, this build, ratio (callgrind)");
    println!();
    for mode in functions::Mode::ALL {
        row(other, ["function", mode.name()], (1000, 3000))?;
    }
    for workload in Workload::ALL.into_iter().filter(|one| !one.is_postgres() || workload::postgres_answers()) {
        let (few, many, _) = workload.counts();
        for mode in [Mode::Plain, Mode::Off, Mode::NoTrace, Mode::On] {
            row(other, [workload.name(), mode.name()], (few, many))?;
        }
    }
    for workload in diesel_workload::Workload::ALL {
        let (few, many, _) = workload.counts();
        for mode in diesel_mode::Mode::OURS {
            row(other, [workload.name(), mode.name()], (few, many))?;
        }
    }
    Ok(())
}

fn row(other: &Path, run: [&str; 2], (few, many): (i64, i64)) -> Result<(), Box<dyn Error>> {
    let this = std::env::current_exe()?;
    let (that, this): (Cost, Cost) =
        (measure::instructions(other, run, few, many)?, measure::instructions(&this, run, few, many)?);
    let ratio = |this: i64, that: i64| this as f64 / that as f64;
    println!(
        "{:<16} {:<16} {:>9} {:>9} {:>6.3}   {:>9} {:>9} {:>6.3}",
        run[0],
        run[1],
        that.calling_thread,
        this.calling_thread,
        ratio(this.calling_thread, that.calling_thread),
        that.all_threads,
        this.all_threads,
        ratio(this.all_threads, that.all_threads),
    );
    Ok(())
}
