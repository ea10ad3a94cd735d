//! What the trace does not show, or not whole: statements around the traced types, and lost messages.

use super::evidence::Evidence;
use super::{Finding, Level, Rule};
use crate::report::analysis::{Transaction, TransactionOutcome};
use crate::report::label::{self, count};
use crate::report::{Point, handed_out};

pub(super) fn find(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = bypassed(evidence);
    // Where both are found, they have one cause.
    findings.extend(given_away(evidence).or_else(|| empty_transactions(evidence)));
    findings.extend(lost(evidence));
    findings
}

/// Statements that ran around the traced types and were noticed otherwise.
fn bypassed(evidence: &Evidence<'_>) -> Vec<Finding> {
    let trace = evidence.analysis.trace;
    let of = |system: Option<&str>| -> Vec<usize> {
        let is_it = |place: &usize| {
            let point = &trace.points()[*place];
            point.is_bypassed() && !point.is_internal() && point.system() == system
        };
        let mut places: Vec<usize> = (0..trace.points().len()).filter(is_it).collect();
        places.sort_by_key(|place| (evidence.point(*place).appeared_us(), *place));
        places
    };
    // sqlx's events do not say which database it is; diesel's connections do.
    let mut systems: Vec<Option<&str>> =
        trace.points().iter().filter(|point| point.is_bypassed() && !point.is_internal()).map(Point::system).collect();
    systems.sort_unstable();
    systems.dedup();
    let tell = |system: Option<&str>| {
        let places = of(system);
        let statements = count(places.len() as u64, "statement", "statements");
        let text = match system {
            None => format!(
                "{statements} ran on sqlx's own connections, and only sqlx's events tell of them: values and errors are \
                 not recorded. Functions that take `&PgPool`, `&mut PgConnection` or `impl Acquire` do that; let them take \
                 the traced type."
            ),
            Some(system) => {
                let inner = match system {
                    "postgresql" => "PgConnection",
                    "mysql" | "mariadb" => "MysqlConnection",
                    "sqlite" => "SqliteConnection",
                    _ => "Connection",
                };
                format!(
                    "{statements} ran on the connection within the traced one: rows and types of values are not recorded. A \
                     function that takes `&mut {inner}` does that, because the traced connection derefs to it; let it take \
                     `&mut Traced{inner}`."
                )
            }
        };
        let finding = evidence.finding(Rule::Bypassed, Level::Info, None, places);
        finding.said(&format!("Bypassed: {statements} around the traced connection"), &text)
    };
    systems.into_iter().map(tell).collect()
}

/// The host's own connections that left the traced types, where nothing tells what ran on them.
fn given_away(evidence: &Evidence<'_>) -> Option<Finding> {
    let trace = evidence.analysis.trace;
    let missing = trace.handed_out().iter().filter(|one| !one.seen);
    let sentences = handed_out::sentences(missing);
    if sentences.is_empty() {
        return None;
    }
    let first = &sentences[0];
    let title = first.split(" (").next().unwrap_or(first).replace(" was handed out ", " handed out ");
    let more = if sentences.len() > 1 { ", and more" } else { "" };
    let text = format!(
        "{}; statements that ran on it are not in this trace. Let the functions that are called there \
         take the traced type (`&mut TracedPgConnection<'_>`, `&TracedPgPool` or the like).",
        sentences.join("; ")
    );
    let finding = evidence.finding(Rule::Bypassed, Level::Warn, None, Vec::new());
    Some(finding.said(&format!("Statements may be missing: {title}{more}"), &text))
}

/// Transactions that ended well and in which nothing was recorded: what ran in them most likely ran around.
fn empty_transactions(evidence: &Evidence<'_>) -> Option<Finding> {
    let analysis = evidence.analysis;
    let trace = analysis.trace;
    let ran_around = |transaction: &Transaction| {
        let within = |point: &Point| {
            point.is_bypassed()
                && !point.is_internal()
                && (transaction.started_us..=transaction.finished_us).contains(&point.appeared_us())
        };
        trace.points().iter().any(within)
    };
    let is_empty = |transaction: &&Transaction| {
        let ended = matches!(transaction.outcome, TransactionOutcome::Committed | TransactionOutcome::Unknown);
        ended
            && transaction.parent.is_none()
            && transaction.begin.is_some()
            && !transaction.is_implicit
            && !transaction.is_chained
            && !transaction.points.iter().any(|place| trace.points()[*place].runs_statement())
            && !ran_around(transaction)
    };
    let empty: Vec<&Transaction> = analysis.transactions.iter().filter(is_empty).collect();
    let number = empty.len() as u64;
    let mut places: Vec<usize> =
        empty.iter().flat_map(|transaction| [transaction.begin, transaction.end]).flatten().collect();
    places.sort_by_key(|place| (evidence.point(*place).appeared_us(), *place));
    let transactions = count(number, "transaction", "transactions");
    let text = format!(
        "{transactions} ended well, and no statement in it was recorded. Statements on sqlx's or diesel's own \
         connection, which `&mut PgConnection` and the like name, are not in this trace."
    );
    let finding = evidence.finding(Rule::Bypassed, Level::Warn, None, places);
    (number > 0).then(|| finding.said(&format!("No statement recorded in {transactions}"), &text))
}

fn lost(evidence: &Evidence<'_>) -> Option<Finding> {
    let trace = evidence.analysis.trace;
    let losses = label::losses(trace);
    let title = match (trace.lost_messages(), trace.skipped_lines()) {
        (0, entries) => format!("Incomplete: {} unreadable", count(entries, "entry", "entries")),
        (messages, _) => format!("Incomplete: {} lost", count(messages, "message", "messages")),
    };
    let finding = evidence.finding(Rule::Lost, Level::Warn, None, Vec::new());
    (!losses.is_empty()).then(|| finding.said(&title, &format!("{}.", losses.join("; "))))
}
