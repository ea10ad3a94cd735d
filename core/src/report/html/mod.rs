//! The HTML form: one file that needs no network, and without its script still says what matters most.
//!
//! Here: the API. Below: what of the trace goes into the page (`options`, `content`), its static part (`page`), the data
//! for its script (`payload`), script and style (`assets`). All stored text in markup goes through one escaping writer
//! (`escape`), the script's data is Base64, and the page's own policy allows nothing but its script and style sheet. The
//! same trace gives the same bytes.
//!
//! The pieces are written in the order of the page. Nothing is ever replaced in what was written: stored text could name what is replaced.

mod assets;
mod content;
mod cut;
pub(super) mod escape;
mod layout;
mod options;
mod page;
mod payload;
mod values;

use std::io::{self, BufWriter, Write as _};

pub use self::options::HtmlOptions;

use self::content::Content;
use super::Trace;
use super::analysis::{Analysis, AnalysisOptions};

/// Writes the trace as an HTML page, with all values that were recorded.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write(trace: &Trace, out: impl io::Write) -> io::Result<()> {
    write_with(&Analysis::of(trace, AnalysisOptions::default()), &HtmlOptions::default(), out)
}

/// Writes an analysed trace as an HTML page that holds what `options` says.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write_with(analysis: &Analysis<'_>, options: &HtmlOptions, out: impl io::Write) -> io::Result<()> {
    if options.values || analysis.trace.has_no_values {
        return write_content(&Content::new(analysis, options), out);
    }
    let without = analysis.trace.clone().without_values();
    write_content(&Content::new(&Analysis::of(&without, analysis.options.clone()), options), out)
}

fn write_content(content: &Content<'_>, out: impl io::Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, out);
    page::write_before_data(content, &mut out)?;
    payload::write(content, &mut out)?;
    page::write_after_data(&mut out)?;
    out.flush()
}

#[cfg(test)]
mod tests;
