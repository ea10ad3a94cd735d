//! `osprofiler trace prune`.

use std::time::{Duration, SystemTime};

use clap::Args;
use osprofiler::driver::parse_duration;

use crate::error::CliError;
use crate::output;
use crate::store::StoreArguments;

#[derive(Args)]
#[command(after_help = "\
A trace is as old as its last message; in a directory of files, as its file, which is deleted whatever is in it. A trace that
cannot be deleted does not keep the others; it is told of at the end, and the exit status is 1 then.

Examples:
  osprofiler trace prune --older-than 30d
  osprofiler trace prune --older-than 12h --connection-string redis://127.0.0.1/0")]
pub(crate) struct Arguments {
    /// How old a trace must be: a number and s, m, h, d or w
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Duration,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let store = arguments.store.open()?;
    // Before the beginning of the epoch there are no traces.
    let before = SystemTime::now().checked_sub(arguments.older_than).unwrap_or(SystemTime::UNIX_EPOCH);
    let deleted = store.prune(before.into())?;
    let plural = if deleted == 1 { "" } else { "s" };
    output::write(None, |out| writeln!(out, "deleted {deleted} trace{plural}"))
}

fn age(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "a number and s, m, h, d or w is needed, such as 30d".to_owned())
}
