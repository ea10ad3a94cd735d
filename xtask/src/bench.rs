//! `cargo xtask bench`.

use std::fs;
use std::path::PathBuf;

use crate::install;
use crate::servers;
use crate::steps::{Outcome, Steps, cargo, run, scratch};

pub(crate) fn run_steps(steps: &mut Steps) {
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

/// The bench as another program. Cargo puts it where the bench itself will be, so it is copied away.
fn statement_fields() -> Outcome<PathBuf> {
    run(&mut cargo(&["build", "-q", "--release", "-p", "osprofiler-bench", "--features", "statement-fields"]))?;
    let folder = scratch()?;
    fs::create_dir_all(&folder)?;
    let program = folder.join("osprofiler-bench-statement-fields");
    fs::copy(folder.with_file_name("release").join("osprofiler-bench"), &program)?;
    Ok(program)
}
