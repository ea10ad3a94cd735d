//! What changed, as JSON for programs.
//!
//! | key | what it holds |
//! | --- | --- |
//! | `before`, `after` | `base_id`, `name`, `timestamp` (`null` where it is not known) |
//! | `notes` | sentences |
//! | `totals` | `statements`, `distinct_statements`, `transactions`, `errors`, `database_us`, `duration_us`, each an object with `before` and `after` |
//! | `solved_findings`, `new_findings` | objects with `rule` and `level` as in the JSON of a trace, `title` and `text` |
//! | `changes` | objects with `change` (`appeared`, `vanished`, `count`, `errors`, `time`), `fingerprint` and `statement` as findings have them, `text` (as it first ran), `service`, `system`, `database`, and `before` and `after`: `null`, or an object with `count`, `total_us`, `errors`, `rows` |
//! | `unchanged` | the number of statements that did not change |

use std::io;

use serde_json::{Value, json};

use super::{Change, Diff, Executions};
use crate::report::analysis::Analysis;
use crate::report::findings::Finding;
use crate::report::json::indent::Indented;
use crate::report::label;

/// Writes what changed as JSON, indented by two, with a line break at the end.
///
/// Control and bidirectional characters are written as escapes, so the text is safe in a terminal.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write(diff: &Diff<'_>, out: impl io::Write) -> io::Result<()> {
    let mut json = Indented::new(out);
    let head = json!({"before": trace(diff.before), "after": trace(diff.after), "notes": diff.notes,
        "totals": totals(diff)})
    .to_string();
    json.push(head.strip_suffix('}').unwrap_or(&head))?;
    array(&mut json, "solved_findings", diff.solved_findings.iter().map(|finding| finding_json(finding)))?;
    array(&mut json, "new_findings", diff.new_findings.iter().map(|finding| finding_json(finding)))?;
    array(&mut json, "changes", diff.changes.iter().map(change_json))?;
    json.push(&format!(r#","unchanged":{}}}"#, diff.unchanged))?;
    json.finish()
}

/// Writes a member that is an array. Each element becomes text by itself: there may be a great many.
fn array(json: &mut Indented<impl io::Write>, key: &str, elements: impl Iterator<Item = Value>) -> io::Result<()> {
    json.push(&format!(r#","{key}":["#))?;
    for (place, element) in elements.enumerate() {
        if place > 0 {
            json.push(",")?;
        }
        json.push(&element.to_string())?;
    }
    json.push("]")
}

fn trace(analysis: &Analysis<'_>) -> Value {
    json!({
        "base_id": analysis.trace.base_id().map(ToString::to_string),
        "name": label::title(analysis.trace),
        "timestamp": analysis.trace.started().map(|started| started.to_string()),
    })
}

fn totals(diff: &Diff<'_>) -> Value {
    let [before, after] = &diff.totals;
    let both = |before: u64, after: u64| json!({"before": before, "after": after});
    json!({
        "statements": both(before.statements, after.statements),
        "distinct_statements": both(before.distinct_statements, after.distinct_statements),
        "transactions": both(before.transactions, after.transactions),
        "errors": both(before.errors, after.errors),
        "database_us": both(before.database_us, after.database_us),
        "duration_us": both(diff.before.trace.request_us().unwrap_or(0), diff.after.trace.request_us().unwrap_or(0)),
    })
}

fn finding_json(finding: &Finding) -> Value {
    json!({"rule": finding.rule.name(), "level": finding.level.name(), "title": finding.title, "text": finding.text})
}

fn change_json(change: &Change<'_>) -> Value {
    json!({
        "change": change.kind.name(),
        "fingerprint": change.id,
        "statement": change.fingerprint,
        "text": change.text,
        "service": change.connection.service,
        "system": change.connection.system,
        "database": change.connection.database,
        "before": change.before.map(executions),
        "after": change.after.map(executions),
    })
}

fn executions(side: Executions) -> Value {
    json!({"count": side.count, "total_us": side.total_us, "errors": side.errors, "rows": side.rows})
}
