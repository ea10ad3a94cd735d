//! The HTML form: one static file that needs no script and no network.
//!
//! Verdict, statements with their executions, tree. All stored text goes through one escaping writer, and the
//! page's own policy allows nothing but its style sheet. The same trace gives the same bytes.

mod bar;
pub(super) mod escape;
mod statements;
mod tree;

use std::io;

use self::escape::Escaped;
use super::duration::Shown;
use super::{Trace, label};

const STYLE: &str = include_str!("report.css");

/// The SHA-256 of [`STYLE`] in Base64; a test compares them and prints the right one.
const STYLE_SHA256: &str = "yQUXWLtpZaLkR8X/9kUn8fpAMS8m8cjcmIjXvAXUSZk=";

/// Writes the trace as an HTML page.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write(trace: &Trace, mut out: impl io::Write) -> io::Result<()> {
    let title = label::title(trace);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{STYLE_SHA256}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{} – {} SQL – {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        Escaped(&title),
        trace.totals().statements,
        Shown(trace.duration_us()),
    )?;
    header(trace, &title, &mut out)?;
    out.write_all(b"<main>\n")?;
    statements::write(trace, &mut out)?;
    tree::write(trace, &mut out)?;
    out.write_all(b"</main>\n</body>\n</html>\n")?;
    out.flush()
}

fn header(trace: &Trace, title: &str, out: &mut impl io::Write) -> io::Result<()> {
    write!(out, "<header>\n<h1><bdi>{}</bdi>", Escaped(title))?;
    if let Some(status) = trace.request().and_then(|request| request.status_code) {
        let class = if status < 400 { "good" } else { "bad" };
        write!(out, " <span class=\"status {class}\">{status}</span>")?;
    }
    writeln!(out, " <span class=\"took\">{}</span></h1>", Shown(trace.duration_us()))?;
    if let Some(base_id) = trace.base_id() {
        write!(out, "<p class=\"quiet\">trace <code>{}</code>", Escaped(&base_id.to_string()))?;
        if let Some(when) = label::when(trace) {
            write!(out, " · {}", Escaped(&when))?;
        }
        out.write_all(b"</p>\n")?;
    }
    out.write_all(b"<ul class=\"verdict\">")?;
    for part in label::verdict(trace) {
        let class = if part.contains("error") || part.contains("unfinished") { " class=\"bad\"" } else { "" };
        write!(out, "<li{class}>{}</li>", Escaped(&part))?;
    }
    out.write_all(b"</ul>\n")?;
    for loss in label::losses(trace) {
        writeln!(out, "<p class=\"loss\">{}</p>", Escaped(&loss))?;
    }
    out.write_all(b"</header>\n")
}

#[cfg(test)]
mod tests;
