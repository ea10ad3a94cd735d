//! The `osprofiler` command.
//!
//! Here: its arguments and its exit codes. Below: one module for each command. What traces are and how they look is the
//! library's; this crate reads arguments and prints.

mod browser;
mod error;
mod graphviz;
mod output;
mod progress;
mod store;
mod trace;

use std::process::ExitCode;

use clap::{ArgAction, Parser, Subcommand};

/// Shows which code a traced request ran, and above all which SQL.
#[derive(Parser)]
#[command(name = "osprofiler", version, disable_version_flag = true, after_help = EXAMPLES)]
struct Arguments {
    /// Print the version
    #[arg(short = 'v', long, action = ArgAction::Version)]
    version: (),

    #[command(subcommand)]
    command: Command,
}

/// A large trace is millions of small texts.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EXAMPLES: &str = "\
Examples:
  osprofiler trace list
  osprofiler trace show latest
  osprofiler trace show latest --html --open
  osprofiler trace show 7a4b --html --out report.html
  osprofiler trace diff 7a4b latest

Exit codes: 0 success, 1 the command failed, 2 wrong usage.";

#[derive(Subcommand)]
enum Command {
    /// Show, list and delete stored traces
    #[command(subcommand)]
    Trace(trace::Command),
}

fn main() -> ExitCode {
    let Command::Trace(command) = Arguments::parse().command;
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough.
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn arguments_are_sound() {
        super::Arguments::command().debug_assert();
    }
}
