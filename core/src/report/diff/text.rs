//! The terminal view of what changed.
//!
//! Stored text is put on one line, and what could drive a terminal or reorder a line is shown as a mark.

use std::io;

use super::counts::Verdict;
use super::{Change, Diff};
use crate::report::duration::Shown;
use crate::report::findings::Finding;
use crate::report::label;
use crate::report::text::Style;
use crate::report::text::line::{Color, Line};
use crate::report::visible::one_line;

/// Writes the terminal view.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write(diff: &Diff<'_>, style: &Style, mut out: impl io::Write) -> io::Result<()> {
    header(diff, style, &mut out)?;
    counts(diff, style, &mut out)?;
    findings(&diff.solved_findings, "✓ gone: ", Color::Good, style, &mut out)?;
    findings(&diff.new_findings, "✕ new: ", Color::Bad, style, &mut out)?;
    changes(diff, style, &mut out)?;
    out.flush()
}

fn header(diff: &Diff<'_>, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    let mut line = Line::new(style);
    line.push_shortened(&label::title(diff.after.trace), 0, Color::Bold);
    line.write(out)?;
    for (which, analysis) in [("before", diff.before), ("after", diff.after)] {
        let mut line = Line::new(style);
        let id = analysis.trace.base_id().map(ToString::to_string).unwrap_or_default();
        line.push(&format!("{which:6}  trace {}", one_line(&id)), Color::Dim);
        if let Some(when) = label::when(analysis.trace) {
            line.push(&format!("  {when}"), Color::Dim);
        }
        line.write(out)?;
    }
    for note in &diff.notes {
        let mut line = Line::new(style);
        line.push(&format!("! {note}"), Color::Bad);
        line.write(out)?;
    }
    writeln!(out)
}

fn counts(diff: &Diff<'_>, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    let mut line = Line::new(style);
    line.push(&format!("{:19} {:>10} {:>10}  change", "", "before", "after"), Color::Bold);
    line.write(out)?;
    for count in diff.counts() {
        let [before, after] = count.values.map(|value| count.shown(value));
        let mut line = Line::new(style);
        line.push(&format!("{:19} {before:>10} {after:>10}  ", count.name), Color::Plain);
        let color = match diff.verdict(&count) {
            Verdict::Better => Color::Good,
            Verdict::Same => Color::Dim,
            Verdict::Worse => Color::Bad,
        };
        line.push(&count.change(), color);
        line.write(out)?;
    }
    writeln!(out)
}

fn findings(
    findings: &[&Finding],
    mark: &str,
    color: Color,
    style: &Style,
    out: &mut impl io::Write,
) -> io::Result<()> {
    for finding in findings.iter().take(style.max_lines) {
        let mut line = Line::new(style);
        line.push(mark, color);
        line.push_shortened(&one_line(&finding.title), 0, color);
        line.write(out)?;
    }
    match findings.len().saturating_sub(style.max_lines) as u64 {
        _ if findings.is_empty() => Ok(()),
        0 => writeln!(out),
        more => writeln!(out, "… and {}\n", label::count(more, "more finding", "more findings")),
    }
}

fn changes(diff: &Diff<'_>, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    if !diff.changes.is_empty() {
        let mut line = Line::new(style);
        line.push(&format!("{:8}  {:^15}  {:^23}  statement", "change", "count", "total time"), Color::Bold);
        line.write(out)?;
    }
    for change in diff.changes.iter().take(style.max_lines) {
        write_change(change, style, out)?;
    }
    let more = diff.changes.len().saturating_sub(style.max_lines);
    if more > 0 {
        writeln!(out, "… and {}", label::count(more as u64, "more change", "more changes"))?;
    }
    let mut line = Line::new(style);
    line.push(&diff.rest(), Color::Dim);
    line.write(out)
}

fn write_change(change: &Change<'_>, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    let sides = [change.before, change.after];
    let [count_before, count_after] =
        sides.map(|side| side.map_or_else(|| "-".to_owned(), |side| side.count.to_string()));
    let [time_before, time_after] =
        sides.map(|side| side.map_or_else(|| "-".to_owned(), |side| Shown(side.total_us).to_string()));
    let errors = sides.map(|side| side.map_or(0, |side| side.errors));
    let errors = match errors {
        [before, after] if before != after => format!("  ✕ errors {before} → {after}"),
        _ => String::new(),
    };
    let mut line = Line::new(style);
    line.push(&format!("{:8}", change.kind.name()), if change.is_worse() { Color::Bad } else { Color::Good });
    line.push(&format!("  {count_before:>6} → {count_after:<6}  {time_before:>10} → {time_after:<10}  "), Color::Plain);
    line.push_shortened(&one_line(change.text), errors.chars().count(), Color::Plain);
    line.push(&errors, Color::Bad);
    line.write(out)
}
