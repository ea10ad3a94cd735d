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

use workload::Mode;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["run", mode, count, pad] => workload::run(mode.parse()?, count.parse()?, pad.parse()?),
        [] => table(),
        _ => Err("no arguments, please: the table is all there is".into()),
    }
}

fn table() -> Result<(), Box<dyn Error>> {
    println!(
        "SELECT name FROM t WHERE id = ?, in-memory SQLite, one connection; traced with parameters into the file driver"
    );
    println!();
    println!("instructions a query (callgrind, slope between {} and {} queries)", measure::FEW, measure::MANY);
    println!("{:<34} {:>10} {:>8} {:>10} {:>8}", "", "all", "+", "calling", "+");
    let mut plain = None;
    for mode in Mode::ALL {
        let cost = measure::instructions(mode)?;
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
    println!("processor time a query ({} queries, least of {} runs)", measure::TIMED, measure::ROUNDS);
    let times = measure::cpu_times()?;
    for (mode, time) in Mode::ALL.into_iter().zip(&times) {
        println!("{:<34} {:>8.2} µs {:>6.2} ×", mode.title(), time * 1e6, time / times[0]);
    }
    Ok(())
}
