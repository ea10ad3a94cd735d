//! `cargo xtask bench` and `cargo xtask outage`.

use std::fs;
use std::path::PathBuf;

use crate::install;
use crate::peers::{self, PEERS};
use crate::servers;
use crate::steps::{Outcome, Steps, cargo, run, scratch};

pub(crate) fn run_steps(steps: &mut Steps) {
    stores(steps, "what the stores take", &["throughput"]);
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
