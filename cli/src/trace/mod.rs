//! `osprofiler trace`: the commands on stored traces.

mod delete;
mod diff;
mod gate;
mod list;
mod show;
mod source;

use clap::Subcommand;

use crate::error::CliError;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show a trace: its tree and the SQL that it ran
    Show(show::Arguments),
    /// Compare two traces: which statements appeared, vanished or changed
    Diff(diff::Arguments),
    /// List the stored traces, newest first
    List(list::Arguments),
    /// Delete traces
    Delete(delete::Arguments),
}

impl Command {
    pub(crate) fn run(&self) -> Result<(), CliError> {
        match self {
            Self::Show(arguments) => show::run(arguments),
            Self::Diff(arguments) => diff::run(arguments),
            Self::List(arguments) => list::run(arguments),
            Self::Delete(arguments) => delete::run(arguments),
        }
    }
}
