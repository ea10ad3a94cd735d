//! What a failed assertion says: the statements with their counts, and the first values of each.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;

use crate::report::findings::NPlusOne;
use crate::report::sql::{Analyzed, Dialect};
use crate::report::text::one_line;
use crate::report::{Point, label};

/// How many characters of a statement are shown, and of the values of one execution.
const STATEMENT: usize = 300;
const VALUES: usize = 60;
/// How many executions are shown with their values.
const EXECUTIONS: usize = 3;

/// The statements of these points, one a line, those that ran most often first. What differs in nothing but values is one.
pub(super) fn statements(points: &[&Point]) -> String {
    let mut groups: Vec<(String, Vec<&Point>)> = Vec::new();
    let mut places: HashMap<(String, Option<&str>), usize> = HashMap::new();
    for point in points {
        let fingerprint = fingerprint(point);
        let place = *places.entry((fingerprint.clone(), point.system())).or_insert_with(|| {
            groups.push((fingerprint, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(point);
    }
    // The sort is stable: what ran equally often stays in the order of the first execution.
    groups.sort_by_key(|(_, group)| Reverse(group.len()));
    let widest = groups.first().map_or(0, |(_, group)| group.len().to_string().len());
    groups.iter().map(|(fingerprint, group)| line(fingerprint, group, widest)).collect()
}

fn fingerprint(point: &Point) -> String {
    let statement = point.statement().unwrap_or_default();
    Analyzed::of(statement, Dialect::of_system(point.system())).fingerprint
}

/// What the rule found: the statement, and where its values may have come from.
pub(super) fn n_plus_one(points: &[Point], found: &NPlusOne<'_>) -> String {
    let executions: Vec<&Point> = found.points.iter().map(|place| &points[*place]).collect();
    let mut text = line(&found.fingerprint, &executions, 0);
    let source = found.source.and_then(|place| Some((&points[place], label::rows(&points[place])?)));
    if let Some((source, rows)) = source {
        let statement = label::shortened(&one_line(source.statement().unwrap_or_default()), Some(STATEMENT));
        let _ = writeln!(text, "       after {rows} of {statement}");
    }
    text
}

/// The statement as it ran, or its fingerprint where its texts differ.
fn line(fingerprint: &str, executions: &[&Point], widest: usize) -> String {
    let first = executions.first().and_then(|point| point.statement()).unwrap_or_default();
    let are_alike = executions.iter().all(|point| point.statement() == Some(first));
    let statement = if are_alike { first } else { fingerprint };
    let statement = label::shortened(&one_line(statement), Some(STATEMENT));
    let mut line = format!("   {:>widest$} × {statement}", executions.len());
    let values: Vec<String> = executions.iter().take(EXECUTIONS).filter_map(|point| values(point)).collect();
    if !values.is_empty() {
        let more = if executions.len() > EXECUTIONS { " …" } else { "" };
        let _ = write!(line, "   {}{more}", values.join(" "));
    }
    line.push('\n');
    line
}

fn values(point: &Point) -> Option<String> {
    let values = label::parameters(point, Some(VALUES))?;
    Some(format!("({})", values.strip_prefix('[')?.strip_suffix(']')?))
}
