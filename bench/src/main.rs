//! What a traced query costs, beside plain sqlx and diesel and their peers, all in one run.
//!
//! `cargo run --release -p osprofiler-bench` prints the tables. Instructions are counted by callgrind, as the slope between
//! two numbers of queries, so that start-up does not count. Two things make them differ from run to run: whether a thread
//! finds its answer ready or goes to sleep, so all threads share one processor; and where on the heap the runtime's large
//! blocks come to lie, so each program is counted with several heaps, and the least counts. Of sqlx, times are processor times
//! of the whole process, interleaved, the least of several runs. Of diesel, they are those of the calling thread: see `rounds`.

mod beside;
mod diesel_mode;
mod diesel_workload;
mod functions;
mod measure;
mod rounds;
mod workload;

use std::error::Error;
use std::path::{Path, PathBuf};

use workload::{Mode, Workload};

/// Names a build of this program with the feature `statement-fields`.
const STATEMENT_FIELDS: &str = "OSPROFILER_BENCH_STATEMENT_FIELDS";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["run", "function", mode, count, pad] => {
            measure::move_heap(pad.parse()?);
            functions::run(mode.parse()?, count.parse()?)
        }
        ["run", workload, mode, count, pad] if is_diesel(workload) => {
            measure::move_heap(pad.parse()?);
            diesel_mode::run(workload.parse()?, mode.parse()?, count.parse()?)
        }
        ["run", workload, mode, count, pad] => {
            measure::move_heap(pad.parse()?);
            workload::run(workload.parse()?, mode.parse()?, count.parse()?)
        }
        ["beside", other] => beside::table(Path::new(other)),
        ["rounds", workload] => rounds::run(workload.parse()?),
        ["table", "functions"] => functions::table(),
        ["table", workload] if is_diesel(workload) => diesel_table(workload.parse()?),
        ["table", workload] => table(workload.parse()?),
        [] => {
            functions::table()?;
            Workload::ALL.into_iter().try_for_each(table)?;
            diesel_workload::Workload::ALL.into_iter().try_for_each(diesel_table)
        }
        _ => Err(
            "no arguments for all tables, `table WORKLOAD` for one, or `beside PROGRAM` for this build beside another"
                .into(),
        ),
    }
}

fn is_diesel(workload: &str) -> bool {
    workload.parse::<diesel_workload::Workload>().is_ok()
}

fn table(workload: Workload) -> Result<(), Box<dyn Error>> {
    println!("{}", workload.title());
    println!("traced with parameters into the file driver; one connection");
    println!();
    if workload.is_postgres() && !workload::postgres_answers() {
        println!("not measured: no PostgreSQL answers; OSPROFILER_TEST_POSTGRES is its URL");
        println!();
        return Ok(());
    }
    let program = std::env::current_exe()?;
    let (few, many, timed) = workload.counts();
    println!("instructions a query (callgrind, slope between {few} and {many} queries)");
    println!("{:<34} {:>10} {:>8} {:>10} {:>8}", "", "all", "+", "calling", "+");
    let mut plain = None;
    for mode in Mode::ALL {
        let cost = measure::instructions(&program, [workload.name(), mode.name()], few, many)?;
        let base = *plain.get_or_insert(cost);
        println!(
            "{:<34} {:>10} {:>+8} {:>10} {:>+8}",
            mode.title(),
            cost.all_threads,
            cost.all_threads - base.all_threads,
            cost.calling_thread,
            cost.calling_thread - base.calling_thread,
        );
    }
    println!();
    println!("processor time a query ({timed} queries, least of {} runs)", measure::ROUNDS);
    let times = measure::cpu_times(workload)?;
    for (mode, time) in Mode::ALL.into_iter().zip(&times) {
        println!("{:<34} {:>8.2} µs {:>6.2} ×", mode.title(), time * 1e6, time / times[0]);
    }
    println!();
    Ok(())
}

fn diesel_table(workload: diesel_workload::Workload) -> Result<(), Box<dyn Error>> {
    let (few, many, batch) = workload.counts();
    println!("{}", workload.title());
    println!(
        "instructions an operation (callgrind, slope between {few} and {many} operations); processor time of the calling"
    );
    println!(
        "thread (medians of {} rounds of {batch} operations, beside the plain one of each round)",
        rounds::PROCESSES * rounds::ROUNDS,
    );
    println!();
    let (there, missing): (Vec<_>, Vec<_>) =
        diesel_mode::Mode::ALL.into_iter().map(|mode| (mode, program(mode))).partition(|(_, of)| of.is_some());
    let modes: Vec<_> = there.into_iter().filter_map(|(mode, program)| Some((mode, program?))).collect();
    let times = rounds::measure(workload, &modes)?;
    println!("{:<36} {:>12} {:>10} {:>8} {:>12} {:>8}", "", "all threads", "calling", "", "CPU time", "");
    let mut plain = None;
    for ((mode, program), times) in modes.iter().zip(&times) {
        let cost = measure::instructions(program, [workload.name(), mode.name()], few, many)?;
        let base = *plain.get_or_insert(cost.calling_thread);
        let (nanos, ratio) = times.medians();
        println!(
            "{:<36} {:>12} {:>10} {:>6.3} × {:>9.2} µs {:>6.3} ×",
            mode.title(),
            cost.all_threads,
            cost.calling_thread,
            cost.calling_thread as f64 / base as f64,
            nanos / 1e3,
            ratio,
        );
    }
    for (mode, _) in missing {
        println!(
            "{:<36} not measured: `cargo xtask bench` builds the program and names it by {STATEMENT_FIELDS}",
            mode.title()
        );
    }
    println!();
    Ok(())
}

/// The program that has the mode, if it was built.
fn program(mode: diesel_mode::Mode) -> Option<PathBuf> {
    if mode.is_here() { std::env::current_exe().ok() } else { std::env::var_os(STATEMENT_FIELDS).map(PathBuf::from) }
}
