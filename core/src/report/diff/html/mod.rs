//! What changed, as a static HTML page that needs no script and no network.
//!
//! It is made as the page of a trace is: all stored text goes through one escaping writer, and the page's own policy
//! allows nothing but its style sheet. The same traces give the same bytes.

use std::io;

use super::counts::Verdict;
use super::{Change, Diff, Executions};
use crate::report::duration::Shown;
use crate::report::findings::Finding;
use crate::report::html::escape::{Capped, Escaped};
use crate::report::label;
use crate::report::visible::one_line;

const STYLE: &str = include_str!("diff.css");

/// The SHA-256 of [`STYLE`] in Base64; a test compares them and prints the right one.
const STYLE_SHA256: &str = "EAs2Qjpndtw/l18EmQWx+M0b2MvDEC0AtPfadlglgaM=";

/// How many changes and how many findings are shown: browsers slow down with tables of many thousand rows.
const MOST: usize = 1000;
/// How many bytes of a statement are shown: on one line, and below it.
const LINE_BYTES: usize = 240;
const STATEMENT_BYTES: usize = 64 << 10;

/// Writes what changed as an HTML page.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write(diff: &Diff<'_>, mut out: impl io::Write) -> io::Result<()> {
    let title = label::title(diff.after.trace);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{STYLE_SHA256}'; \
         base-uri 'none'; form-action 'none'\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{} – what changed</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        Escaped(&title),
    )?;
    header(diff, &title, &mut out)?;
    out.write_all(b"<main>\n")?;
    counts(diff, &mut out)?;
    findings("Gone", "good", &diff.solved_findings, &mut out)?;
    findings("New", "bad", &diff.new_findings, &mut out)?;
    changes(diff, &mut out)?;
    out.write_all(b"</main>\n</body>\n</html>\n")?;
    out.flush()
}

fn header(diff: &Diff<'_>, title: &str, out: &mut impl io::Write) -> io::Result<()> {
    writeln!(out, "<header>\n<h1><bdi>{}</bdi></h1>", Escaped(title))?;
    for (which, analysis) in [("before", diff.before), ("after", diff.after)] {
        let id = analysis.trace.base_id().map(ToString::to_string).unwrap_or_default();
        write!(out, "<p class=\"quiet\">{which}: trace <code><bdi>{}</bdi></code>", Escaped(&id))?;
        if let Some(when) = label::when(analysis.trace) {
            write!(out, " · {}", Escaped(&when))?;
        }
        out.write_all(b"</p>\n")?;
    }
    for note in &diff.notes {
        writeln!(out, "<p class=\"note\"><bdi>{}</bdi></p>", Escaped(note))?;
    }
    out.write_all(b"</header>\n")
}

fn counts(diff: &Diff<'_>, out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(
        b"<section>\n<h2>Totals</h2>\n<div class=\"scroll\"><table>\n<caption>Totals of both traces</caption>\n\
          <thead><tr><td></td><th scope=\"col\">before</th><th scope=\"col\">after</th><th scope=\"col\">change</th></tr></thead>\n\
          <tbody>\n",
    )?;
    for count in diff.counts() {
        let [before, after] = count.values;
        let class = match diff.verdict(&count) {
            Verdict::Better => "good",
            Verdict::Same => "quiet",
            Verdict::Worse => "bad",
        };
        writeln!(
            out,
            "<tr><th scope=\"row\" class=\"text\">{}</th><td>{}</td><td>{}</td><td class=\"{class}\">{}</td></tr>",
            count.name,
            count.shown(before),
            count.shown(after),
            count.change(),
        )?;
    }
    out.write_all(b"</tbody></table></div>\n</section>\n")
}

fn findings(heading: &str, class: &str, findings: &[&Finding], out: &mut impl io::Write) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2 class=\"{class}\">{heading}</h2>\n<ul>")?;
    for finding in findings.iter().take(MOST) {
        write!(out, "<li><b><bdi>{}</bdi></b>", Escaped(&finding.title))?;
        writeln!(out, "<br><bdi>{}</bdi></li>", Escaped(&finding.text))?;
    }
    out.write_all(b"</ul>\n")?;
    more(findings.len().saturating_sub(MOST), "more finding", "more findings", out)?;
    out.write_all(b"</section>\n")
}

fn changes(diff: &Diff<'_>, out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(b"<section>\n<h2>Statements</h2>\n")?;
    if !diff.changes.is_empty() {
        out.write_all(
            b"<div class=\"scroll\"><table>\n<caption>Statements that changed, the biggest change first</caption>\n\
              <thead><tr><th scope=\"col\" class=\"text\">change</th><th scope=\"col\">count before</th>\
              <th scope=\"col\">after</th><th scope=\"col\">time before</th><th scope=\"col\">after</th>\
              <th scope=\"col\" class=\"text\">statement</th></tr></thead>\n<tbody>\n",
        )?;
        for change in diff.changes.iter().take(MOST) {
            row(change, out)?;
        }
        out.write_all(b"</tbody></table></div>\n")?;
        more(diff.changes.len().saturating_sub(MOST), "more change", "more changes", out)?;
    }
    writeln!(out, "<p class=\"quiet\">{}</p>\n</section>", Escaped(&diff.rest()))
}

fn row(change: &Change<'_>, out: &mut impl io::Write) -> io::Result<()> {
    let class = if change.is_worse() { "bad" } else { "good" };
    write!(out, "<tr><th scope=\"row\" class=\"text {class}\">{}</th>", change.kind.name())?;
    let sides = [change.before, change.after];
    for value in sides.map(|side| side.map(|side| side.count.to_string())) {
        write!(out, "<td>{}</td>", value.as_deref().unwrap_or("–"))?;
    }
    for value in sides.map(|side| side.map(|side| Shown(side.total_us).to_string())) {
        write!(out, "<td>{}</td>", value.as_deref().unwrap_or("–"))?;
    }
    out.write_all(b"<td class=\"text\">")?;
    statement(change, out)?;
    let [before, after] = sides.map(|side: Option<Executions>| side.map_or(0, |side| side.errors));
    if before != after {
        write!(
            out,
            "<span class=\"{}\">errors {before} → {after}</span>",
            if before < after { "bad" } else { "good" }
        )?;
    }
    out.write_all(b"</td></tr>\n")
}

/// The statement on one line, which opens to the whole and its database.
fn statement(change: &Change<'_>, out: &mut impl io::Write) -> io::Result<()> {
    let line = one_line(change.text);
    write!(out, "<details><summary><code>{}</code></summary>", Capped(&line, LINE_BYTES))?;
    write!(out, "<pre>{}</pre>", Capped(change.text, STATEMENT_BYTES))?;
    let connection = change.connection;
    let database: Vec<&str> =
        [connection.service, connection.system, connection.database].into_iter().flatten().collect();
    write!(out, "<small><bdi>{}</bdi></small></details>", Escaped(&database.join(" · ")))
}

fn more(left_out: usize, singular: &str, plural: &str, out: &mut impl io::Write) -> io::Result<()> {
    match left_out as u64 {
        0 => Ok(()),
        left_out => writeln!(
            out,
            "<p class=\"quiet\">… and {}; the JSON form has them all</p>",
            label::count(left_out, singular, plural)
        ),
    }
}

#[cfg(test)]
mod tests;
