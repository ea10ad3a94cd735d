//! `cargo xtask bench`.

use crate::install;
use crate::steps::{Steps, cargo, run};

pub(crate) fn run_steps(steps: &mut Steps) {
    // `taskset`, which the bench needs too, belongs to util-linux and is everywhere.
    if steps.step("valgrind", install::valgrind).is_some() {
        steps.step("what a traced query costs", || {
            run(&mut cargo(&["run", "-q", "--release", "-p", "osprofiler-bench"]))
        });
    }
}
