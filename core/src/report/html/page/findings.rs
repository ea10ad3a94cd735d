//! What stands out, and what is missing.

use std::io::{self, Write};

use crate::report::findings::{Finding, Level};
use crate::report::html::content::Content;
use crate::report::html::escape::{Capped, Escaped};
use crate::report::label;

/// How many are shown at once; the rest can be unfolded.
const MOST: usize = 50;

pub(super) fn write(content: &Content<'_>, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"<section id=\"findings\">\n<h2>Findings</h2>\n")?;
    let findings = &content.analysis.findings;
    if findings.is_empty() {
        out.write_all(b"<p class=\"quiet\">Nothing stands out.</p>\n")?;
    }
    let (first, rest) = findings.split_at(findings.len().min(MOST));
    list(content, first, 0, out)?;
    if !rest.is_empty() {
        writeln!(
            out,
            "<details>\n<summary>{}</summary>",
            label::count(rest.len() as u64, "more finding", "more findings")
        )?;
        list(content, rest, first.len(), out)?;
        out.write_all(b"</details>\n")?;
    }
    for loss in label::losses(content.analysis.trace) {
        writeln!(out, "<p class=\"loss\">{}</p>", Escaped(&loss))?;
    }
    out.write_all(b"</section>\n")
}

fn list(content: &Content<'_>, findings: &[Finding], first: usize, out: &mut impl Write) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    out.write_all(b"<ul class=\"findings\">\n")?;
    for (place, finding) in findings.iter().enumerate() {
        let (class, icon, level) = match finding.level {
            Level::High => ("high", "✕", "High"),
            Level::Warn => ("warn", "⚠", "Warning"),
            Level::Info => ("info", "ℹ", "Info"),
        };
        write!(
            out,
            "<li class=\"finding {class}\" id=\"f{}\"><span class=\"level\"><span aria-hidden=\"true\">{icon}</span> {level}</span> \
             <strong>{}</strong> <span class=\"sentence\">{}</span>",
            first + place,
            Capped(&finding.title, 400),
            Capped(&finding.text, 1000),
        )?;
        if let Some(group) = finding.group.map(|group| &content.analysis.groups[group]) {
            // The id is hex digits, so that it may stand in a URL.
            write!(out, " <a href=\"#g={}\">show the statement</a>", Escaped(&group.id))?;
        }
        out.write_all(b"</li>\n")?;
    }
    out.write_all(b"</ul>\n")
}
