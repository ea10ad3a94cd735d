//! What a traced query costs, beside plain sqlx and its peers, all in one run.
//!
//! `cargo run --release -p osprofiler-bench` prints the table. Instructions are counted by callgrind, as the slope between
//! two numbers of queries, so that start-up does not count. Two things make them differ from run to run: whether a thread
//! finds its answer ready or goes to sleep, so all threads share one processor; and where on the heap the runtime's large
//! blocks come to lie, so each program is counted with several heaps, and the least counts. Times are processor times of the
//! whole process, interleaved, the least of several runs.

mod measure;
mod workload;

use std::error::Error;

use workload::{Mode, Workload};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["run", workload, mode, count, pad] => {
            workload::run(workload.parse()?, mode.parse()?, count.parse()?, pad.parse()?)
        }
        ["table", workload] => table(workload.parse()?),
        [] => Workload::ALL.into_iter().try_for_each(table),
        _ => Err("no arguments for all tables, or `table WORKLOAD` for one".into()),
    }
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
    let (few, many, timed) = workload.counts();
    println!("instructions a query (callgrind, slope between {few} and {many} queries)");
    println!("{:<34} {:>10} {:>8} {:>10} {:>8}", "", "all", "+", "calling", "+");
    let mut plain = None;
    for mode in Mode::ALL {
        let cost = measure::instructions(workload, mode)?;
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
