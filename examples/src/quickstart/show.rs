//! What is printed: the queries of each request, and where there is more to see.

use std::io::{self, Write};
use std::path::{self, Path};

use osprofiler::report::text::{duration, one_line};
use osprofiler::report::{self, Point, StatementGroup, Trace};

use super::Answer;

/// The file of the HTML report, beside the traces.
const REPORT: &str = "quickstart.html";

pub(super) fn requests(traced: &[(Answer, Trace)], out: &mut impl Write) -> io::Result<()> {
    for (answer, trace) in traced {
        let totals = trace.totals();
        writeln!(
            out,
            "{} {} → {}, {} took {} of {}",
            answer.method,
            answer.path,
            answer.status,
            if totals.statements == 1 { "1 statement".to_owned() } else { format!("{} statements", totals.statements) },
            duration(totals.database_us),
            duration(trace.duration_us()),
        )?;
        writeln!(out, "\n{:>8} {:>10} {:>6}  statement", "count", "total", "rows")?;
        for group in trace.statements() {
            statement(&group, trace.points(), out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn statement(group: &StatementGroup<'_>, points: &[Point], out: &mut impl Write) -> io::Result<()> {
    let rows = group.rows.or(group.rows_affected).map_or_else(|| "-".to_owned(), |rows| rows.to_string());
    let (total, statement) = (duration(group.total_us), one_line(group.statement));
    writeln!(out, "{:>8} {total:>10} {rows:>6}  {statement}", group.count)?;
    let executions = || group.points.iter().map(|place| &points[*place]);
    let mut values: Vec<String> = executions().map(values).filter(|values| !values.is_empty()).take(3).collect();
    if !values.is_empty() {
        if group.points.len() > values.len() {
            values.push("…".to_owned());
        }
        writeln!(out, "{:28}{}", "", values.join(" "))?;
    }
    for point in executions() {
        if let Some((_, message)) = point.error() {
            writeln!(out, "{:28}✕ {}", "", one_line(message))?;
        }
    }
    Ok(())
}

/// A statement's bound values, as literals.
fn values(point: &Point) -> String {
    let values: Vec<String> = point.parameters().iter().map(|value| one_line(&value.to_string())).collect();
    if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) }
}

/// Writes the first request's report, and says where it is and how the traces are seen again.
pub(super) fn where_to_go_on(traced: &[(Answer, Trace)], directory: &Path, out: &mut impl Write) -> io::Result<()> {
    let Some((first, trace)) = traced.first() else { return Ok(()) };
    let file = path::absolute(directory.join(REPORT))?;
    report::write_file(&file, |out| report::html::write(trace, out))?;
    writeln!(out, "{} {} as an HTML report:\n\n  file://{}\n", first.method, first.path, file.display())?;
    writeln!(out, "The traces again, in a terminal:\n")?;
    for (answer, _) in traced {
        writeln!(out, "  cargo run -q -p osprofiler-cli --no-default-features -- trace show {}", answer.base_id)?;
    }
    Ok(())
}
