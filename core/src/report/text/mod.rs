//! The terminal view: what the trace is, what stands out in it, its tree, and its statements grouped.
//!
//! Stored text is put on one line, and what could drive a terminal or reorder a line is shown as a mark.

mod findings;
pub(super) mod line;
mod statements;
mod tree;

use std::error::Error;
use std::io;

use self::line::{Color, Line};
use super::analysis::{Analysis, AnalysisOptions};
use super::duration::Shown;
use super::{Trace, label};
use crate::error::Chain;

/// How the terminal view looks.
///
/// ```
/// use osprofiler::report::text::Style;
///
/// let mut style = Style::default();
/// style.width = Some(80);
/// style.color = true;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Style {
    /// How many characters a line may have; longer statements are shortened. `None` leaves them whole. Default: 160.
    pub width: Option<usize>,
    /// Whether to colour with ANSI escapes. Default: no.
    pub color: bool,
    /// How many points, statements and findings are shown; a line says how many more there are. Default: 1000.
    pub max_lines: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { width: Some(160), color: false, max_lines: 1000 }
    }
}

/// Writes the terminal view.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write(trace: &Trace, style: &Style, out: impl io::Write) -> io::Result<()> {
    write_with(&Analysis::of(trace, AnalysisOptions::default()), style, out)
}

/// Writes the terminal view of a trace that was analysed.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write_with(analysis: &Analysis<'_>, style: &Style, mut out: impl io::Write) -> io::Result<()> {
    header(analysis, style, &mut out)?;
    findings::write(analysis, style, &mut out)?;
    tree::write(analysis.trace, style, &mut out)?;
    statements::write(analysis, style, &mut out)?;
    out.flush()
}

/// An error with its causes, each once: some libraries' errors repeat their source.
///
/// ```
/// let error = std::io::Error::other("the disk is full");
/// assert_eq!(osprofiler::report::text::with_causes(&error), "the disk is full");
/// ```
#[must_use]
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    Chain(error).to_string()
}

/// Stored text as it may be shown in a terminal: on one line, with marks in place of characters that could drive it.
///
/// ```
/// assert_eq!(osprofiler::report::text::one_line("SELECT\n  '\x1b[31m'"), "SELECT '␛[31m'");
/// ```
#[must_use]
pub fn one_line(text: &str) -> String {
    super::visible::one_line(text)
}

/// Microseconds as a person reads them: `0.087 ms`, `12.4 ms`, `1.20 s`.
///
/// ```
/// assert_eq!(osprofiler::report::text::duration(12_449), "12.4 ms");
/// ```
#[must_use]
pub fn duration(us: u64) -> String {
    Shown(us).to_string()
}

fn header(analysis: &Analysis<'_>, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    let trace = analysis.trace;
    let mut line = Line::new(style);
    line.push_shortened(&label::title(trace), 20, Color::Bold);
    if let Some(status) = trace.request().and_then(|request| request.status_code) {
        let color = if status < 400 { Color::Good } else { Color::Bad };
        line.push(&format!("  {status}"), color);
    }
    line.push(&format!("  {}", trace.took()), Color::Plain);
    line.write(out)?;
    let mut line = Line::new(style);
    if let Some(base_id) = trace.base_id() {
        line.push(&format!("trace {}", one_line(&base_id.to_string())), Color::Dim);
    }
    if let Some(when) = label::when(trace) {
        line.push(&format!("  {when}"), Color::Dim);
    }
    line.write(out)?;
    let mut line = Line::new(style);
    line.push(&label::verdict(trace, &analysis.totals).join(" · "), Color::Plain);
    line.write(out)?;
    for loss in label::losses(trace) {
        let mut line = Line::new(style);
        line.push(&format!("! {loss}"), Color::Bad);
        line.write(out)?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests;
