//! `cargo xtask bench`.

use crate::install;
use crate::servers;
use crate::steps::{Steps, cargo, run};

pub(crate) fn run_steps(steps: &mut Steps) {
    // `taskset`, which the bench needs too, belongs to util-linux and is everywhere.
    let postgres = steps.step("PostgreSQL", servers::postgres);
    if steps.step("valgrind", install::valgrind).is_some() {
        steps.step("what a traced query costs", || {
            let mut bench = cargo(&["run", "-q", "--release", "-p", "osprofiler-bench"]);
            if let Some(server) = postgres {
                bench.env(server.variable, server.url);
            }
            run(&mut bench)
        });
    }
}
