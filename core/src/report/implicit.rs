//! `ROLLBACK` and `COMMIT` that had nothing left to end, because MySQL or MariaDB had committed before a change of the schema.
//!
//! An adapter records what the program said. What became of the transaction is the database's word: points of statements
//! that end it say [`committed`](Point::outcome) then.

use std::collections::HashMap;

use super::Point;
use super::sql::{Dialect, TransactionVerb, transaction_verbs};

/// Looks for transactions that were over before their end, and tells those who ended them.
pub(super) fn tell(points: &mut [Point]) {
    let is_mysql = |point: &Point| Dialect::of_system(point.system()) == Dialect::Mysql;
    let ends = |point: &Point| point.outcome().is_some() && is_mysql(point);
    if !points.iter().any(ends) {
        return;
    }
    let mut around: HashMap<&str, &str> = HashMap::new();
    let mut over: HashMap<&str, u64> = HashMap::new();
    for point in points.iter().filter(|point| is_mysql(point)) {
        let Some(id) = point.transaction() else { continue };
        around.extend(point.savepoint_of().map(|outer| (id, outer)));
        if commits(point) {
            let since = over.entry(id).or_insert(u64::MAX);
            *since = point.appeared_us().min(*since);
        }
    }
    // What commits within a savepoint commits what is around it.
    let inner: Vec<(&str, u64)> = over.iter().map(|(id, since)| (*id, *since)).collect();
    for (mut id, since) in inner {
        for _ in 0..DEEPEST {
            let Some(outer) = around.get(id) else { break };
            let known = over.entry(outer).or_insert(u64::MAX);
            *known = since.min(*known);
            id = outer;
        }
    }
    let is_late =
        |point: &Point| point.transaction().and_then(|id| over.get(id)).is_some_and(|at| *at < point.appeared_us());
    let late: Vec<usize> =
        (0..points.len()).filter(|place| ends(&points[*place]) && is_late(&points[*place])).collect();
    for place in late {
        points[place].facts.committed_before = true;
    }
}

/// So many savepoints around a statement are looked at.
const DEEPEST: usize = 32;

/// Whether the database surely committed before this statement.
fn commits(point: &Point) -> bool {
    let ran = point.error().is_none() && !point.is_cancelled() && !point.prepares() && !point.is_unsent();
    let surely = |verb: &TransactionVerb<'_>| matches!(verb, TransactionVerb::CommitsBefore { certain: true });
    ran && point.statement().is_some_and(|sql| transaction_verbs(sql, Dialect::Mysql).iter().any(surely))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::report::samples::{BASE, message};
    use crate::report::{Trace, label};

    /// The statements of one transaction as an adapter records them, and what it says of the last.
    fn last(system: &str, statements: &[&str], outcome: &str) -> (Option<String>, Vec<&'static str>) {
        let mut messages = Vec::new();
        for (number, sql) in statements.iter().enumerate() {
            let (id, at) = (format!("s{number}"), 1_000 * number as i64);
            let is_end = number + 1 == statements.len();
            let method = if number == 0 {
                "begin"
            } else if is_end {
                "rollback"
            } else {
                "execute"
            };
            let start =
                json!({"statement": sql, "system": system, "method": method, "connection": 1, "transaction": "s0"});
            let stop = if is_end { json!({"outcome": outcome}) } else { Value::Object(Default::default()) };
            messages.push(message("db-start", &id, BASE, at, json!({"db": start})));
            messages.push(message("db-stop", &id, BASE, at + 100, json!({"db": stop})));
        }
        let trace = Trace::build(messages);
        let point = trace.points().last().expect("the last");
        (point.outcome().map(|(outcome, _)| outcome.to_owned()), label::marks(point))
    }

    #[test]
    fn what_mysql_had_committed_was_not_rolled_back() {
        let committed = (Some("committed".to_owned()), vec!["committed before, by a statement in it"]);
        let rolled_back = (Some("rolled_back".to_owned()), vec!["rolled back"]);
        let altered = ["BEGIN", "INSERT INTO t VALUES (1)", "ALTER TABLE t ADD a INT", "ROLLBACK"];
        assert_eq!(last("mysql", &altered, "rolled_back"), committed);
        assert_eq!(last("postgresql", &altered, "rolled_back"), rolled_back);
        let temporary = ["BEGIN", "INSERT INTO t VALUES (1)", "CREATE TEMPORARY TABLE u (a INT)", "ROLLBACK"];
        assert_eq!(last("mysql", &temporary, "rolled_back"), rolled_back);
    }
}
