//! What a report of a large trace takes: memory, processor time and time.
//!
//! `beside COMMAND OTHER` shows a file of a million messages with two builds of the command, such as this one and the last
//! release's, in turns. `redis COMMAND OSPROFILER` does so with 20,000 messages in a Redis of its own and the script of
//! Python's OSProfiler. `cargo xtask bench` runs both where it is told of the other programs.

mod input;
mod measure;

use std::error::Error;
use std::path::Path;

use measure::{Cost, ROUNDS};

/// So many messages a file has, and a list in Redis.
const IN_FILE: usize = 1_000_000;
const IN_REDIS: usize = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["beside", command, other] => beside(command, other),
        ["redis", command, osprofiler] => redis(command, osprofiler),
        // One run of a program, whose costs are those of all children of this process.
        ["run", program, ref arguments @ ..] => measure::run(program, arguments),
        _ => Err("usage: beside COMMAND OTHER, or redis COMMAND OSPROFILER".into()),
    }
}

fn beside(command: &str, other: &str) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("trace.jsonl");
    let bytes = input::write_file(&file, IN_FILE)?;
    println!("a report of {IN_FILE} messages ({} MB); of {ROUNDS} rounds the least", bytes / 1_000_000);
    println!("memory: the most that was resident; processor: of all threads, in the system too");
    println!();
    println!("{:<16} {:>20} {:>20} {:>20}", "", "memory", "processor", "time");
    let file = shown(&file);
    for (title, form) in [
        ("--text", &["--text"][..]),
        ("--json", &["--json"]),
        ("--fail-on n+1", &["--text", "--fail-on", "n+1"]),
        ("--html", &["--html"]),
    ] {
        let arguments = [&["trace", "show", &file], form].concat();
        let [this, that] = measure::in_turns([command, other], |_| arguments.clone())?;
        row(title, this, that);
    }
    Ok(())
}

fn redis(command: &str, osprofiler: &str) -> Result<(), Box<dyn Error>> {
    let Some(server) = osprofiler_test_servers::redis::start() else {
        return Err("Redis is not installed".into());
    };
    let store = format!("redis://127.0.0.1:{}", server.port());
    let id = input::write_store(&store, IN_REDIS)?;
    println!(
        "trace show --json of {IN_REDIS} messages in Redis, beside Python's OSProfiler; of {ROUNDS} rounds the least"
    );
    println!();
    println!("{:<16} {:>20} {:>20} {:>20}", "", "memory", "processor", "time");
    let arguments = ["trace", "show", "--json", "--connection-string", &store, &id];
    let [this, that] = measure::in_turns([command, osprofiler], |_| arguments.to_vec())?;
    row("--json", this, that);
    Ok(())
}

/// What the two took, and how they relate.
fn row(title: &str, this: Cost, that: Cost) {
    let column = |this: f64, that: f64, unit: &str| format!("{this:.2} / {that:.2} {unit} {:.3}", this / that);
    let mib = |cost: Cost| cost.kib as f64 / 1024.0;
    println!(
        "{title:<16} {:>24} {:>24} {:>24}",
        column(mib(this), mib(that), "MiB"),
        column(this.processor_s, that.processor_s, "s"),
        column(this.time_s, that.time_s, "s"),
    );
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
