//! The statements, those that differ in nothing but values together.

use std::io;

use super::line::{Color, Line};
use super::{Shown, Style};
use crate::report::analysis::{Analysis, Group};
use crate::report::label;
use crate::report::visible::one_line;

pub(super) fn write(analysis: &Analysis<'_>, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    let groups = &analysis.groups;
    if groups.is_empty() {
        return writeln!(out, "No SQL was recorded.");
    }
    let mut line = Line::new(style);
    line.push(&format!("{:>6} {:>10} {:>10} {:>8}  statement", "count", "total", "max", "rows"), Color::Bold);
    line.write(out)?;
    for group in groups.iter().take(style.max_lines) {
        let mut line = Line::new(style);
        // A statement that changes rows usually returns none, so one column serves both.
        let rows = group.rows.or(group.rows_affected).map_or_else(|| "-".to_owned(), |rows| rows.to_string());
        let numbers =
            format!("{:>6} {:>10} {:>10} {rows:>8}  ", group.points.len(), Shown(group.total_us), Shown(group.max_us));
        line.push(&numbers, Color::Plain);
        let errors = match group.errors {
            0 => String::new(),
            errors => format!("  ✕ {}", label::count(errors, "error", "errors")),
        };
        line.push_shortened(&one_line(text(analysis, group)), errors.chars().count(), Color::Plain);
        line.push(&errors, Color::Bad);
        line.write(out)?;
    }
    let more = groups.len().saturating_sub(style.max_lines);
    if more > 0 {
        writeln!(out, "… and {}", label::count(more as u64, "more statement", "more statements"))?;
    }
    Ok(())
}

/// The statement as it ran, or without its values where it ran with several that stand in its text.
fn text<'a>(analysis: &'a Analysis<'_>, group: &Group) -> &'a str {
    let text = &analysis.texts[group.text];
    let statements = group.points.iter().filter_map(|place| analysis.trace.points()[*place].statement());
    if statements.into_iter().all(|statement| statement == text.sql) { text.sql } else { &text.analyzed.fingerprint }
}
