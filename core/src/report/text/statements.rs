//! The statements, equal texts together.

use std::io;

use super::line::{Color, Line};
use super::{Shown, Style};
use crate::report::visible::one_line;
use crate::report::{Trace, label};

pub(super) fn write(trace: &Trace, style: &Style, out: &mut impl io::Write) -> io::Result<()> {
    let groups = trace.statements();
    if groups.is_empty() {
        return writeln!(out, "This trace ran no SQL.");
    }
    let mut line = Line::new(style);
    line.push(&format!("{:>6} {:>10} {:>10} {:>8}  statement", "count", "total", "max", "rows"), Color::Bold);
    line.write(out)?;
    for group in groups.iter().take(style.max_lines) {
        let mut line = Line::new(style);
        // A statement that changes rows usually returns none, so one column serves both.
        let rows = group.rows.or(group.rows_affected).map_or_else(|| "-".to_owned(), |rows| rows.to_string());
        let numbers =
            format!("{:>6} {:>10} {:>10} {rows:>8}  ", group.count, Shown(group.total_us), Shown(group.max_us));
        line.push(&numbers, Color::Plain);
        let errors = match group.errors {
            0 => String::new(),
            errors => format!("  ✕ {}", label::count(errors, "error", "errors")),
        };
        line.push_shortened(&one_line(group.statement), errors.chars().count(), Color::Plain);
        line.push(&errors, Color::Bad);
        line.write(out)?;
    }
    let more = groups.len().saturating_sub(style.max_lines);
    if more > 0 {
        writeln!(out, "… and {}", label::count(more as u64, "more statement", "more statements"))?;
    }
    Ok(())
}
