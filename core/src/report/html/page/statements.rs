//! The statements: alike ones together, each with its first executions.

use std::io::{self, Write};

use super::more;
use crate::report::analysis::Group;
use crate::report::duration::Shown;
use crate::report::html::content::{self, Content};
use crate::report::html::cut::{STATEMENT_BYTES, VALUE_BYTES};
use crate::report::html::escape::Capped;
use crate::report::html::values::Literal;
use crate::report::{Point, label};

/// How many groups are shown, how many executions of each, and how many executions in all: browsers slow down with
/// tables of many thousand rows. The script's own lists have them all.
const MOST_GROUPS: usize = 200;
const MOST_OF_EACH: usize = 20;
const MOST_EXECUTIONS: usize = 2000;
/// How many bytes of statements are shown in all, before only their beginnings are.
const MOST_BYTES: usize = 1 << 20;

pub(super) fn write(content: &Content<'_>, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"<section id=\"static\">\n<h2>Statements</h2>\n")?;
    let groups = &content.analysis.groups;
    if groups.is_empty() {
        out.write_all(b"<p class=\"quiet\">No SQL was recorded.</p>\n</section>\n")?;
        return Ok(());
    }
    out.write_all(
        b"<div class=\"scroll\"><table>\n<caption>Alike statements together; what took longest comes first</caption>\n<thead><tr>",
    )?;
    for column in ["count", "total", "% of request", "average", "p50", "p95", "longest", "rows", "errors"] {
        write!(out, "<th scope=\"col\">{column}</th>")?;
    }
    out.write_all(b"<th scope=\"col\" class=\"value\">statement</th></tr></thead>\n<tbody>\n")?;
    let (mut executions, mut bytes) = (MOST_EXECUTIONS, MOST_BYTES);
    for group in groups.iter().take(MOST_GROUPS) {
        let shown = group.points.len().min(MOST_OF_EACH).min(executions);
        executions -= shown;
        let length = content.sql(group.text).len().min(STATEMENT_BYTES);
        let cap = if length <= bytes { STATEMENT_BYTES } else { VALUE_BYTES };
        bytes = bytes.saturating_sub(length);
        write_group(content, group, shown, cap, out)?;
    }
    out.write_all(b"</tbody></table></div>\n")?;
    more(groups.len().saturating_sub(MOST_GROUPS), "more statement", "more statements", out)?;
    out.write_all(b"</section>\n")
}

fn write_group(content: &Content<'_>, group: &Group, shown: usize, cap: usize, out: &mut impl Write) -> io::Result<()> {
    let count = group.points.len() as u64;
    let rows = group.rows.or(group.rows_affected).map_or_else(|| "–".to_owned(), |rows| rows.to_string());
    let (from, until) = content.analysis.window;
    write!(
        out,
        "<tr><td>{count}</td><td>{}</td><td>{}</td>",
        Shown(group.total_us),
        label::percent(group.union_us, until - from),
    )?;
    let average_us = group.total_us.checked_div(count).unwrap_or(0);
    for us in [average_us, group.p50_us, group.p95_us, group.max_us] {
        write!(out, "<td>{}</td>", Shown(us))?;
    }
    let class = if group.errors > 0 { " class=\"bad\"" } else { "" };
    write!(
        out,
        "<td>{rows}</td><td{class}>{}</td>\n<td class=\"value\"><details><summary><code>{}</code></summary>\n<pre>{}</pre>\n",
        group.errors,
        Capped(content.compact(group.text), 400),
        Capped(content.sql(group.text), cap),
    )?;
    executions(content, group, shown, out)?;
    out.write_all(b"</details></td></tr>\n")
}

fn executions(content: &Content<'_>, group: &Group, shown: usize, out: &mut impl Write) -> io::Result<()> {
    let places = group.points.iter().filter(|place| **place < content.points.len()).take(shown);
    let points: Vec<&Point> = places.map(|place| &content.points[*place]).collect();
    if !points.is_empty() {
        out.write_all(b"<table>\n<caption>The first executions</caption>\n<thead><tr>")?;
        for column in ["start", "duration", "rows"] {
            write!(out, "<th scope=\"col\">{column}</th>")?;
        }
        for column in ["parameters", "caller", "error"] {
            write!(out, "<th scope=\"col\" class=\"value\">{column}</th>")?;
        }
        out.write_all(b"</tr></thead>\n<tbody>\n")?;
        for point in &points {
            execution(content, group, point, out)?;
        }
        out.write_all(b"</tbody></table>\n")?;
    }
    more(group.points.len() - points.len(), "more execution", "more executions", out)
}

fn execution(content: &Content<'_>, group: &Group, point: &Point, out: &mut impl Write) -> io::Result<()> {
    let duration = point.took_us().map_or_else(|| "?".to_owned(), |us| Shown(us).to_string());
    let rows = label::rows(point).unwrap_or_default();
    write!(out, "<tr><td>{}</td><td>{duration}</td><td>{rows}</td><td class=\"value\">", Shown(point.appeared_us()))?;
    parameters(content, group, point, out)?;
    write!(out, "</td><td class=\"value\">{}</td>", Capped(&label::caller(point).unwrap_or_default(), 400))?;
    let notes = content::error(point).into_iter();
    let notes: Vec<String> = notes.chain(label::marks(point).into_iter().map(str::to_owned)).collect();
    writeln!(out, "<td class=\"value\">{}</td></tr>", Capped(&notes.join(" · "), 2000))
}

fn parameters(content: &Content<'_>, group: &Group, point: &Point, out: &mut impl Write) -> io::Result<()> {
    let dialect = content.dialect(group.text);
    let named = point.params().is_some_and(serde_json::Value::is_object);
    let mut left = 4 * VALUE_BYTES;
    let parameters = point.parameters();
    for (index, parameter) in parameters.iter().enumerate() {
        if index > 0 {
            out.write_all(b", ")?;
        }
        if left == 0 {
            return write!(out, "<i class=\"quiet\">… and {} more</i>", parameters.len() - index);
        }
        if named {
            write!(out, "{}: ", Capped(&parameter.name, 100))?;
        }
        let literal = Literal::of(parameter, dialect);
        left = left.saturating_sub(literal.text.len());
        write!(out, "<code>{}</code>", Capped(&literal.text, 2 * VALUE_BYTES))?;
    }
    Ok(())
}
