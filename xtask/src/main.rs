//! The contributor's verbs: `cargo xtask test`, `lint`, `ci`, `bench`, `call-sites` and `outage`.
//!
//! Here: which verbs there are. Below: one module for each, what they install (`install`, `peers`) and which servers they
//! start (`servers`), and how steps are run and
//! counted (`steps`). It has no dependencies, so that a first `cargo xtask` does not wait for any.

mod bench;
mod browser;
mod call_sites;
mod install;
mod lint;
mod peers;
mod servers;
mod steps;
mod style;
mod test;

use std::process::ExitCode;

use steps::Steps;

const USAGE: &str = "\
cargo xtask VERB

  test   installs what the tests need and runs all of them, and the examples
  lint   formatting, clippy, documentation and the rules of style
  ci     lint, then test
  bench  what tracing costs, beside plain sqlx and diesel and their peers, and what the stores take
  call-sites
         where each statement of a program came from, in debug, line-tables-only and release builds
  outage [MINUTES]
         load on stores whose servers are killed and started again, for 10 minutes: what is stored, lost and counted

Exit codes: 0 success, 1 a step failed, 2 wrong usage.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut steps = Steps::default();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => test::run_steps(&mut steps),
        ["lint"] => lint::run_steps(&mut steps),
        ["ci"] => {
            lint::run_steps(&mut steps);
            test::run_steps(&mut steps);
        }
        ["bench"] => bench::run_steps(&mut steps),
        ["call-sites"] => call_sites::run_steps(&mut steps),
        ["outage"] => bench::outage(&mut steps, "10"),
        ["outage", minutes] if minutes.parse::<f64>().is_ok_and(|minutes| minutes > 0.0) => {
            bench::outage(&mut steps, minutes);
        }
        ["-h" | "--help" | "help"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    steps.finish()
}
