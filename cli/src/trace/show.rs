//! `osprofiler trace show`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use osprofiler::report::text::Style;
use osprofiler::report::{self, Trace};

use crate::error::CliError;
use crate::output;
use crate::store::StoreArguments;

#[derive(Args)]
#[command(after_help = "\
Examples:
  osprofiler trace show latest
  osprofiler trace show 7a4b --html --out report.html
  osprofiler trace show 7a4b --json > saved.json
  osprofiler trace show saved.json")]
pub(crate) struct Arguments {
    /// A trace's id, the beginning of one, `latest`, or a file saved with --json
    #[arg(value_name = "TRACE", value_parser = NonEmptyStringValueParser::new())]
    trace: String,

    /// Show the trace as text (the default)
    #[arg(long, group = "form")]
    text: bool,

    /// Show the trace in JSON, as OSProfiler does
    #[arg(long, group = "form")]
    json: bool,

    /// Show the trace in HTML: one file that needs no network
    #[arg(long, group = "form")]
    html: bool,

    /// Save the output in a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// How many characters a line of text may have; 0 leaves statements whole [default: the terminal's, else 160]
    #[arg(long, value_name = "N")]
    width: Option<usize>,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let trace = match saved_file(&arguments.trace) {
        Some(path) => open(path)?,
        None => Trace::build(arguments.store.open()?.find(&arguments.trace)?),
    };
    output::write(arguments.out.as_deref(), |out| {
        if arguments.json {
            report::json::write(&trace, out)
        } else if arguments.html {
            report::html::write(&trace, out)
        } else {
            report::text::write(&trace, &style(arguments), out)
        }
    })
}

/// The file that is meant: what has a path or ends as saved traces do. A bare word is an id, whatever files lie about.
fn saved_file(wanted: &str) -> Option<&Path> {
    let path = Path::new(wanted);
    let looks_saved = path.extension().is_some_and(|extension| extension == "json" || extension == "jsonl");
    (looks_saved || path.components().count() > 1).then_some(path)
}

fn open(path: &Path) -> Result<Trace, CliError> {
    let text = fs::read(path).map_err(|source| CliError::Read { path: path.to_owned(), source })?;
    let trace = report::read_json(&String::from_utf8_lossy(&text))
        .map_err(|source| CliError::Report { path: path.to_owned(), source })?;
    if trace.is_empty() {
        let hint = "The file is a saved trace without any point.".to_owned();
        return Err(CliError::NotFound { id: path.display().to_string(), hint });
    }
    Ok(trace)
}

fn style(arguments: &Arguments) -> Style {
    let mut style = Style::default();
    if arguments.out.is_none() {
        style.color = output::wants_color();
        style.width = output::terminal_width().or(style.width);
    }
    match arguments.width {
        Some(0) => style.width = None,
        Some(width) => style.width = Some(width),
        None => {}
    }
    style
}
