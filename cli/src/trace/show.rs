//! `osprofiler trace show`.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use osprofiler::Timestamp;
use osprofiler::report;
use osprofiler::report::analysis::Analysis;
use osprofiler::report::html::HtmlOptions;
use osprofiler::report::text::Style;

use super::gate::GateArguments;
use super::source;
use crate::error::CliError;
use crate::store::StoreArguments;
use crate::{browser, graphviz, output};

#[derive(Args)]
#[command(after_help = "\
Examples:
  osprofiler trace show latest
  osprofiler trace show latest --html --open
  osprofiler trace show 7a4b --html --out report.html
  osprofiler trace show 7a4b --html --no-params --out for-others.html
  osprofiler trace show 7a4b --json > saved.json
  osprofiler trace show saved.json
  osprofiler trace show 7a4b --render-dot graph    draws graph.pdf
  osprofiler trace show latest --fail-on n+1,duplicate,slow --slow-ms 50

Exit codes: 0 success, 1 the command failed or something stands out that --fail-on names, 2 wrong usage.")]
pub(crate) struct Arguments {
    /// A trace's id, the beginning of one, `latest`, or a file saved with --json, by this program or OSProfiler's
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

    /// Show the trace as a graph in the DOT language, as OSProfiler does
    #[arg(long, group = "form")]
    dot: bool,

    /// Show the trace as with --dot, and draw it to FILE.pdf; needs Graphviz
    #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "json", "html"])]
    render_dot: Option<PathBuf>,

    /// Save the output in a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Open the HTML in the browser; without --out it is saved among the temporary files, and stays there
    // An argument that is excluded by another counts as given: without `conflicts_with_all` that would go through.
    #[arg(long, requires = "html", conflicts_with_all = ["text", "json", "dot", "render_dot"])]
    open: bool,

    /// Leave out what the program worked with, for reports that others see: bound values, literals, rows, values in error texts,
    /// queries of requests and values in their paths, arguments. Graphs have no values anyway
    #[arg(long, conflicts_with_all = ["dot", "render_dot"])]
    no_params: bool,

    /// How many points text (1000 without it) and HTML (all) show; 0 shows all. A line says how many are left out
    #[arg(long, value_name = "N", conflicts_with_all = ["json", "dot", "render_dot"])]
    max_points: Option<usize>,

    /// Say in the HTML when it was made; without it the same trace gives the same file
    #[arg(long, requires = "html", conflicts_with_all = ["text", "json", "dot", "render_dot"])]
    stamp: bool,

    /// Accepted for OSProfiler's sake, and without effect: the HTML has nothing to load
    #[arg(long)]
    local_libs: bool,

    /// How many characters a line of text may have; 0 leaves statements whole [default: the terminal's, else 160]
    #[arg(long, value_name = "N", conflicts_with_all = ["json", "html", "dot", "render_dot"])]
    width: Option<usize>,

    #[command(flatten)]
    gate: GateArguments,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let mut trace = source::read(&arguments.trace, &arguments.store)?;
    if arguments.no_params {
        // Before all else: what --fail-on says goes into logs that others read.
        trace = trace.without_values();
    }
    if let Some(file) = &arguments.render_dot {
        graphviz::render(&trace, file)?;
    }
    // The process ends with the report: a large trace is not given back piece by piece before.
    let trace = ManuallyDrop::new(trace);
    let analysis = ManuallyDrop::new(Analysis::of(&trace, arguments.gate.options()));
    let shown =
        if arguments.open { open(&analysis, arguments) } else { write(&analysis, arguments, arguments.out.as_deref()) };
    match shown {
        Err(error) if !error.is_closed_pipe() => Err(error),
        // Whoever reads the exit code may not have read the report.
        shown => arguments.gate.judge(&analysis).and(shown),
    }
}

fn write(analysis: &Analysis<'_>, arguments: &Arguments, file: Option<&Path>) -> Result<(), CliError> {
    output::write(file, |out| {
        if arguments.json {
            report::json::write_with(analysis, out)
        } else if arguments.html {
            report::html::write_with(analysis, &arguments.html_options(), out)
        } else if arguments.dot || arguments.render_dot.is_some() {
            report::dot::write(analysis.trace, out)
        } else {
            report::text::write_with(analysis, &arguments.style(), out)
        }
    })
}

impl Arguments {
    fn html_options(&self) -> HtmlOptions {
        let mut options = HtmlOptions::default();
        options.values = !self.no_params;
        options.max_points = self.max_points.filter(|most| *most > 0);
        options.stamp = self.stamp.then(Timestamp::now);
        options
    }

    fn style(&self) -> Style {
        let mut style = output::style(self.out.as_deref(), self.width);
        style.max_lines = match self.max_points {
            None => style.max_lines,
            Some(0) => usize::MAX,
            Some(most) => most,
        };
        style
    }
}

/// Writes the report to a file and opens it.
fn open(analysis: &Analysis<'_>, arguments: &Arguments) -> Result<(), CliError> {
    let file = match &arguments.out {
        Some(file) => file.clone(),
        None => output::lasting_file("osprofiler-", ".html")?,
    };
    write(analysis, arguments, Some(&file))?;
    if arguments.out.is_none() {
        output::write(None, |out| writeln!(out, "saved {}", file.display()))?;
    }
    browser::open(&file)
}
