//! `osprofiler trace`: the commands on stored traces.

mod delete;
mod diff;
mod export;
mod gate;
mod list;
mod prune;
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
    /// Delete traces that are older than some time
    Prune(prune::Arguments),
    /// Copy traces from one store to another
    Export(export::Arguments),
}

impl Command {
    pub(crate) fn run(&self) -> Result<(), CliError> {
        match self {
            Self::Show(arguments) => show::run(arguments),
            Self::Diff(arguments) => diff::run(arguments),
            Self::List(arguments) => list::run(arguments),
            Self::Delete(arguments) => delete::run(arguments),
            Self::Prune(arguments) => prune::run(arguments),
            Self::Export(arguments) => export::run(arguments),
        }
    }
}
