//! What was found out: transactions, gaps, findings.

use std::io::Write;

use super::json::{Json, whole};
use crate::report::analysis::TransactionOutcome;
use crate::report::html::content::Content;

/// Writes `txs`, `gap` and `find`.
pub(super) fn write(content: &Content<'_>, json: &mut Json<impl Write>) {
    let analysis = content.analysis;
    // Points that are left out have no place.
    let shown = |place: Option<usize>| place.filter(|place| *place < content.points.len()).map_or(-1, whole);
    json.key("txs");
    json.open('[');
    for transaction in &analysis.transactions {
        json.open('{');
        json.int_of("conn", whole(transaction.connection));
        json.int_of("parent", transaction.parent.map_or(-1, whole));
        json.int_of("begin", shown(transaction.begin));
        json.int_of("end", shown(transaction.end));
        json.int_of("from", whole(transaction.started_us));
        json.int_of("to", whole(transaction.finished_us));
        json.string_of("out", outcome(transaction.outcome));
        json.int_of("n", whole(transaction.points.len()));
        json.int_of("busy", whole(transaction.busy_us));
        json.close('}');
    }
    json.close(']');
    json.key("gap");
    json.open('[');
    for gap in &analysis.gaps {
        json.open('[');
        json.int(whole(gap.started_us));
        json.int(whole(gap.finished_us));
        json.int(shown(gap.within));
        json.close(']');
    }
    json.close(']');
    json.key("find");
    json.open('[');
    for finding in &analysis.findings {
        json.open('{');
        json.string_of("rule", finding.rule.name());
        json.string_of("level", finding.level.name());
        json.string_of("conf", finding.confidence.name());
        json.int_of("group", finding.group.map_or(-1, whole));
        let points = finding.points.iter().filter(|place| **place < content.points.len());
        json.ints_of("points", points.map(|place| whole(*place)));
        json.int_of("source", shown(finding.source));
        json.int_of("tx", finding.transaction.map_or(-1, whole));
        json.int_of("cost", whole(finding.cost_us));
        json.int_of("wasted", whole(finding.wasted_us));
        json.string_of("title", &finding.title);
        json.string_of("text", &finding.text);
        json.close('}');
    }
    json.close(']');
}

fn outcome(outcome: TransactionOutcome) -> &'static str {
    match outcome {
        TransactionOutcome::Committed => "commit",
        TransactionOutcome::RolledBack => "rollback",
        TransactionOutcome::Unknown => "unknown",
        TransactionOutcome::Open => "open",
    }
}
