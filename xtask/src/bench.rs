//! `cargo xtask bench` and `cargo xtask outage`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::install;
use crate::peers::{self, PEERS};
use crate::servers;
use crate::steps::{Outcome, Steps, cargo, run, scratch};

/// Names another build of the command, such as the last release's.
const COMMAND: &str = "OSPROFILER_BENCH_COMMAND";

pub(crate) fn run_steps(steps: &mut Steps) {
    stores(steps, "what the stores take", &["throughput"]);
    reports(steps);
    // `taskset`, which the bench needs too, belongs to util-linux and is everywhere.
    let postgres = steps.step("PostgreSQL", servers::postgres);
    let other = steps.step("the bench with diesel-tracing's statement-fields", statement_fields);
    if steps.step("valgrind", install::valgrind).is_some() {
        steps.step("what a traced query costs", || {
            let mut bench = cargo(&["run", "-q", "--release", "-p", "osprofiler-bench"]);
            if let Some(server) = postgres {
                bench.env(server.variable, server.url);
            }
            if let Some(program) = other {
                bench.env("OSPROFILER_BENCH_STATEMENT_FIELDS", program);
            }
            run(&mut bench)
        });
    }
}

/// Reports of large traces, beside Python's and beside another build of the command where the environment names one.
fn reports(steps: &mut Steps) {
    let python = steps.step("Python's OSProfiler", install::python);
    let command = steps.step("the command", || {
        run(&mut cargo(&["build", "-q", "--release", "-p", "osprofiler-cli"]))?;
        Ok(scratch()?.with_file_name("release").join("osprofiler"))
    });
    let Some(command) = command else { return };
    let bench = |verb: &str, other: &Path| {
        let mut bench = cargo(&["run", "-q", "--release", "-p", "osprofiler-bench-reports", "--", verb]);
        run(bench.arg(&command).arg(other))
    };
    if let Some(python) = python {
        steps.step("reports from Redis", || bench("redis", &python.with_file_name("osprofiler")));
    }
    match env::var_os(COMMAND) {
        Some(other) => {
            steps.step("large reports", || bench("beside", Path::new(&other)));
        }
        None => println!("large reports are not measured: {COMMAND} names no other build of the command"),
    }
}

/// Ten minutes of load on stores whose servers die again and again.
pub(crate) fn outage(steps: &mut Steps, minutes: &str) {
    stores(steps, "what becomes of messages when stores die", &["outage", minutes]);
}

/// Runs the bench of stores, with the servers that can be had.
fn stores(steps: &mut Steps, title: &str, arguments: &[&str]) {
    steps.step("programs of servers", peers::server_programs);
    let peers: Vec<_> =
        PEERS.iter().filter_map(|peer| Some((peer, steps.step(peer.name, || peer.install())?))).collect();
    steps.step(title, || {
        let mut bench = cargo(&["run", "-q", "--release", "-p", "osprofiler-bench-stores", "--"]);
        bench.args(arguments);
        for (peer, program) in &peers {
            bench.env(peer.variable, program);
        }
        run(&mut bench)
    });
}

/// The bench as another program. Cargo puts it where the bench itself will be, so it is copied away.
fn statement_fields() -> Outcome<PathBuf> {
    run(&mut cargo(&["build", "-q", "--release", "-p", "osprofiler-bench", "--features", "statement-fields"]))?;
    let folder = scratch()?;
    fs::create_dir_all(&folder)?;
    let program = folder.join("osprofiler-bench-statement-fields");
    fs::copy(folder.with_file_name("release").join("osprofiler-bench"), &program)?;
    Ok(program)
}
