//! `osprofiler trace diff`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use osprofiler::report::Trace;
use osprofiler::report::analysis::{Analysis, AnalysisOptions};
use osprofiler::report::diff::{self, Diff, DiffOptions};

use super::source;
use crate::error::CliError;
use crate::output;
use crate::store::StoreArguments;

#[derive(Args)]
#[command(after_help = "\
Statements are the same where they differ in nothing but values and ran for the same service on the same database. The
biggest change comes first; those that did not change are summed up.

Examples:
  osprofiler trace diff 7a4b latest
  osprofiler trace diff before.json after.json
  osprofiler trace diff 7a4b latest --html --out diff.html
  osprofiler trace diff 7a4b latest --json | jq .changes

Exit codes: 0 success, whatever changed; 1 the command failed; 2 wrong usage.")]
pub(crate) struct Arguments {
    /// The first trace: an id, the beginning of one, `latest`, or a file saved with --json
    #[arg(value_name = "BEFORE", value_parser = NonEmptyStringValueParser::new())]
    before: String,

    /// The second trace, in the same forms
    #[arg(value_name = "AFTER", value_parser = NonEmptyStringValueParser::new())]
    after: String,

    /// Show what changed as text (the default)
    #[arg(long, group = "form")]
    text: bool,

    /// Show what changed in JSON
    #[arg(long, group = "form")]
    json: bool,

    /// Show what changed in HTML: one file that needs no network
    #[arg(long, group = "form")]
    html: bool,

    /// Save the output in a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// A statement's time has not changed if it differs by less than so many milliseconds
    #[arg(long, value_name = "MS", default_value_t = DiffOptions::default().noise_us / 1000)]
    noise_ms: u64,

    /// Nor if it differs by less than so many hundredths of what it was
    #[arg(long, value_name = "PERCENT", default_value_t = DiffOptions::default().noise_percent)]
    noise_percent: u64,

    /// Leave out what the program worked with, for reports that others see, as `trace show` does
    #[arg(long)]
    no_params: bool,

    /// How many characters a line of text may have; 0 leaves statements whole [default: the terminal's, else 160]
    #[arg(long, value_name = "N", conflicts_with_all = ["json", "html"])]
    width: Option<usize>,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let [before, after] = [&arguments.before, &arguments.after].map(|wanted| source::read(wanted, &arguments.store));
    let (mut before, mut after) = (before?, after?);
    if arguments.no_params {
        (before, after) = Trace::both_without_values(before, after);
    }
    let [before, after] = [&before, &after].map(|trace| Analysis::of(trace, AnalysisOptions::default()));
    let mut options = DiffOptions::default();
    options.noise_us = arguments.noise_ms.saturating_mul(1000);
    options.noise_percent = arguments.noise_percent;
    let diff = Diff::of(&before, &after, options);
    output::write(arguments.out.as_deref(), |out| {
        if arguments.json {
            diff::json::write(&diff, out)
        } else if arguments.html {
            diff::html::write(&diff, out)
        } else {
            diff::text::write(&diff, &output::style(arguments.out.as_deref(), arguments.width), out)
        }
    })
}
