//! `cargo xtask lint`.

use crate::browser;
use crate::install;
use crate::steps::{Steps, cargo, run};
use crate::style;

pub(crate) fn run_steps(steps: &mut Steps) {
    steps.step("client libraries of databases", install::client_libraries);
    steps.step("formatting", || run(&mut cargo(&["fmt", "--all", "--check"])));
    steps.step("clippy", || {
        let arguments = ["clippy", "-q", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
        run(&mut cargo(&arguments))
    });
    steps.step("documentation", || {
        let arguments = ["doc", "-q", "--workspace", "--all-features", "--no-deps"];
        run(cargo(&arguments).env("RUSTDOCFLAGS", "-D warnings"))
    });
    steps.step("style", style::check);
    if let Some(packages) = steps.step("Node's packages", browser::node_packages) {
        steps.step("types of the page's script", || browser::types(&packages));
    }
}
