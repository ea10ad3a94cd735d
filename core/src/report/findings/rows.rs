//! Statements that returned many rows, and changes that changed none.

use super::evidence::Evidence;
use super::{Finding, Level, Rule, words};

pub(super) fn find(evidence: &Evidence<'_>) -> Vec<Finding> {
    let analysis = evidence.analysis;
    let mut findings = Vec::new();
    for (group, points) in evidence.groups() {
        let of = points.len();
        let (statement, label) = (|| words::statement(analysis, group), || words::label(analysis, group));
        let rows = |place: &usize| evidence.point(*place).rows().unwrap_or(0);
        let are_many = |place: &&usize| rows(place) >= analysis.options.many_rows;
        let many: Vec<usize> = points.iter().filter(are_many).copied().collect();
        if let Some(most) = many.iter().copied().max_by_key(rows) {
            let (runs, place) = (many.len(), words::place(analysis, most));
            let number = rows(&most);
            let text = match of {
                1 => format!("{} returned {number} rows{place}.", statement()),
                _ => format!("{} returned up to {number} rows in {runs} of {of} runs{place}.", statement()),
            };
            let title = format!("Many rows: {number} from {}", label());
            findings.push(evidence.finding(Rule::ManyRows, Level::Info, Some(group), many).said(&title, &text));
        }
        let verb = &analysis.texts[analysis.groups[group].text].analyzed.verb;
        if !matches!(verb.as_str(), "UPDATE" | "DELETE") {
            continue;
        }
        let is_none = |place: &&usize| evidence.point(**place).rows_affected() == Some(0);
        let none: Vec<usize> = points.iter().filter(is_none).copied().collect();
        if let Some(first) = none.first() {
            let (runs, place) = (none.len(), words::place(analysis, *first));
            let text = match of {
                1 => format!("{} changed no row{place}.", statement()),
                _ => format!("{} changed no row in {runs} of {of} runs{place}.", statement()),
            };
            let times = if runs > 1 { format!("{runs} × ") } else { String::new() };
            let title = format!("No rows changed: {times}{}", label());
            findings.push(evidence.finding(Rule::ZeroRows, Level::Info, Some(group), none).said(&title, &text));
        }
    }
    findings
}
