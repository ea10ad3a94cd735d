//! The statements: equal texts together, each with a table of its executions.

use std::io;

use super::Shown;
use super::bar::Bar;
use super::escape::{Capped, Escaped};
use crate::report::visible::one_line;
use crate::report::{Parameter, Point, StatementGroup, Trace, label};

/// How many statements are shown, how many executions of each, and how many executions in all: browsers slow down with
/// tables of many thousand rows.
const MOST_GROUPS: usize = 1000;
const MOST_OF_EACH: usize = 1000;
const MOST_EXECUTIONS: usize = 5000;
/// How many parameters have a column of their own.
const MOST_COLUMNS: usize = 12;
/// How many bytes of a statement and of a value are shown.
const STATEMENT_BYTES: usize = 64 << 10;
const VALUE_BYTES: usize = 1 << 10;

pub(super) fn write(trace: &Trace, out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(b"<section>\n<h2>Statements</h2>\n")?;
    let groups = trace.statements();
    if groups.is_empty() {
        out.write_all(b"<p class=\"quiet\">This trace ran no SQL.</p>\n")?;
    } else {
        out.write_all(
            b"<div class=\"group head\"><span>count</span><span>total</span><span>longest</span><span>rows</span>\
              <span>statement</span></div>\n",
        )?;
    }
    let mut left = MOST_EXECUTIONS;
    for (place, group) in groups.iter().enumerate().take(MOST_GROUPS) {
        let shown = group.points.len().min(MOST_OF_EACH).min(left);
        left -= shown;
        // The statement that took longest is what most readers came for.
        write_group(trace, group, shown, place == 0, out)?;
    }
    more(groups.len().saturating_sub(MOST_GROUPS), "more statement", "more statements", out)?;
    out.write_all(b"</section>\n")
}

fn write_group(
    trace: &Trace,
    group: &StatementGroup<'_>,
    shown: usize,
    open: bool,
    out: &mut impl io::Write,
) -> io::Result<()> {
    let rows = group.rows.or(group.rows_affected).map_or_else(|| "-".to_owned(), |rows| rows.to_string());
    let open = if open || group.errors > 0 { " open" } else { "" };
    write!(
        out,
        "<details{open}>\n<summary class=\"group\"><span>{}×</span><span>{}</span><span>{}</span><span>{rows}</span>\
         <code>{}</code>",
        group.count,
        Shown(group.total_us),
        Shown(group.max_us),
        Capped(&one_line(group.statement), 300),
    )?;
    out.write_all(b"<span>")?;
    if let Some(system) = group.system {
        write!(out, "<small>{}</small>", Escaped(system))?;
    }
    if group.errors > 0 {
        write!(out, " <b class=\"bad\">✕ {}</b>", label::count(group.errors, "error", "errors"))?;
    }
    write!(out, "</span></summary>\n<pre>{}</pre>\n", Capped(group.statement, STATEMENT_BYTES))?;
    executions(trace, group, shown, out)?;
    out.write_all(b"</details>\n")
}

fn executions(trace: &Trace, group: &StatementGroup<'_>, shown: usize, out: &mut impl io::Write) -> io::Result<()> {
    let points: Vec<(usize, &Point)> =
        group.points.iter().take(shown).map(|place| (*place, &trace.points()[*place])).collect();
    let columns = columns(&points);
    out.write_all(b"<div class=\"scroll\"><table>\n<thead><tr><th>start<th>duration<th><th>rows")?;
    for (name, type_name) in &columns {
        write!(out, "<th class=\"value\"><bdi>{}</bdi>", Capped(name, VALUE_BYTES))?;
        if let Some(type_name) = type_name {
            write!(out, " <small>{}</small>", Escaped(type_name))?;
        }
    }
    out.write_all(b"</tr></thead>\n<tbody>\n")?;
    for (place, point) in &points {
        execution(*place, point, group, &columns, out)?;
    }
    out.write_all(b"</tbody></table></div>\n")?;
    more(group.points.len() - points.len(), "more execution", "more executions", out)
}

/// The parameters' names in the order in which they first appear, each with its first type.
fn columns<'a>(points: &[(usize, &'a Point)]) -> Vec<(String, Option<&'a str>)> {
    let mut columns: Vec<(String, Option<&str>)> = Vec::new();
    for (_, point) in points {
        for parameter in point.parameters().into_iter().take(MOST_COLUMNS) {
            if columns.len() < MOST_COLUMNS && !columns.iter().any(|(name, _)| *name == parameter.name) {
                columns.push((parameter.name, parameter.type_name));
            }
        }
    }
    columns
}

fn execution(
    place: usize,
    point: &Point,
    group: &StatementGroup<'_>,
    columns: &[(String, Option<&str>)],
    out: &mut impl io::Write,
) -> io::Result<()> {
    let class = if point.error().is_some() { " class=\"bad\"" } else { "" };
    let duration = point.duration_us().map_or_else(|| "?".to_owned(), |us| Shown(us).to_string());
    write!(
        out,
        "<tr{class}><td><a href=\"#p{place}\">{}</a><td>{duration}<td>{}<td>",
        Shown(point.appeared_us()),
        Bar { from: 0, length: point.duration_us().unwrap_or(0), whole: group.max_us },
    )?;
    write!(out, "{}", label::rows(point).unwrap_or_default())?;
    let parameters = point.parameters();
    for (name, type_name) in columns {
        out.write_all(b"<td class=\"value\">")?;
        if let Some(parameter) = parameters.iter().find(|parameter| parameter.name == *name) {
            value(parameter, *type_name, out)?;
        }
    }
    let more = parameters.len().saturating_sub(columns.len());
    if more > 0 {
        write!(out, "<td class=\"quiet\">… and {}", label::count(more as u64, "more parameter", "more parameters"))?;
    }
    out.write_all(b"</tr>\n")?;
    let notes: Vec<String> = label::error(point)
        .map(|error| format!("✕ {error}"))
        .into_iter()
        .chain(label::marks(point).into_iter().map(str::to_owned))
        .collect();
    if !notes.is_empty() {
        writeln!(
            out,
            "<tr class=\"bad note\"><td><td colspan=\"{}\">{}</tr>",
            columns.len() + 3,
            Capped(&notes.join(" · "), STATEMENT_BYTES)
        )?;
    }
    Ok(())
}

fn value(parameter: &Parameter<'_>, column_type: Option<&str>, out: &mut impl io::Write) -> io::Result<()> {
    let kind = if parameter.value.is_null() { " class=\"quiet\"" } else { "" };
    write!(out, "<code{kind}>{}</code>", Capped(&parameter.to_string(), VALUE_BYTES))?;
    match parameter.type_name.filter(|_| parameter.type_name != column_type) {
        Some(type_name) => write!(out, " <small>{}</small>", Escaped(type_name)),
        None => Ok(()),
    }
}

fn more(left_out: usize, singular: &str, plural: &str, out: &mut impl io::Write) -> io::Result<()> {
    match left_out as u64 {
        0 => Ok(()),
        left_out => writeln!(out, "<p class=\"quiet\">… and {}</p>", label::count(left_out, singular, plural)),
    }
}
