//! The page's static part: what is there with the script blocked, on paper, and for a search or a screen reader.
//!
//! Here: the frame. Below: its sections. Elements that the script fills are empty: `#tools` and `#app`.

mod errors;
mod findings;
mod header;
mod statements;
mod verdict;

use std::io::{self, Write};

use super::assets::{SCRIPT, SCRIPT_SHA256, STYLE, STYLE_SHA256};
use super::content::Content;
use super::escape::Escaped;
use crate::report::label;

/// Writes all that stands before the script's data.
pub(super) fn write_before_data(content: &Content<'_>, out: &mut impl Write) -> io::Result<()> {
    let trace = content.analysis.trace;
    let title = label::title(trace);
    // The policy comes first: it holds for what follows it.
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         script-src 'sha256-{SCRIPT_SHA256}'; style-src 'sha256-{STYLE_SHA256}'; img-src data:; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{} – {} SQL – {}</title>\n<style>{}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the report</a>\n",
        Escaped(&title),
        content.analysis.totals.statements,
        trace.took(),
        *STYLE,
    )?;
    header::write(content, &title, out)?;
    out.write_all(b"<main id=\"main\">\n")?;
    verdict::write(content, out)?;
    findings::write(content, out)?;
    statements::write(content, out)?;
    errors::write(content, out)?;
    out.write_all(
        b"<div id=\"app\" hidden></div>\n</main>\n<script type=\"application/octet-stream\" id=\"trace-data\">",
    )
}

/// Writes all that stands behind it.
pub(super) fn write_after_data(out: &mut impl Write) -> io::Result<()> {
    write!(out, "</script>\n<script>{}</script>\n</body>\n</html>\n", *SCRIPT)
}

/// What a table does not show.
fn more(left_out: usize, singular: &str, plural: &str, out: &mut impl Write) -> io::Result<()> {
    match left_out as u64 {
        0 => Ok(()),
        left_out => writeln!(out, "<p class=\"quiet\">… and {}</p>", label::count(left_out, singular, plural)),
    }
}
