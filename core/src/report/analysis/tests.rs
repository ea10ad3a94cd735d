//! What statements come to.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::Message;
use crate::report::samples::{self, BASE};

/// A database point that starts at `from_us` below `parent`.
pub(super) fn db(id: &str, parent: &str, from_us: i64, to_us: i64, start: Value, stop: Value) -> [Message; 2] {
    [
        samples::message("db-start", id, parent, from_us, json!({"db": start, "host": "h"})),
        samples::message("db-stop", id, parent, to_us, json!({"db": stop, "host": "h"})),
    ]
}

fn request(to_us: i64) -> Vec<Message> {
    let start = json!({"request": {"path": "/", "method": "GET", "query": "", "scheme": "http"}});
    vec![
        samples::message("wsgi-start", "r", BASE, 0, start),
        samples::message("wsgi-stop", "r", BASE, to_us, json!({})),
    ]
}

fn select(id: &str, from_us: i64, to_us: i64, sql: &str) -> [Message; 2] {
    db(id, "r", from_us, to_us, json!({"statement": sql, "system": "sqlite", "database": "d"}), json!({"rows": 2}))
}

fn analysed<T>(messages: Vec<Message>, look: impl FnOnce(&Analysis<'_>) -> T) -> T {
    let trace = Trace::build(messages);
    look(&Analysis::without_findings(&trace, AnalysisOptions::default()))
}

#[test]
fn statements_that_differ_in_a_literal_are_one_group() {
    let mut messages = request(10_000);
    for (number, (from_us, to_us)) in [(100, 200), (150, 350), (1_000, 1_010), (2_000, 2_100)].into_iter().enumerate() {
        messages.extend(select(&format!("q{number}"), from_us, to_us, &format!("SELECT a FROM t WHERE id = {number}")));
    }
    messages.extend(select("x", 4_000, 4_001, "SELECT b FROM t"));
    analysed(messages, |analysis| {
        assert_eq!((analysis.texts.len(), analysis.groups.len()), (5, 2));
        let group = &analysis.groups[0];
        assert_eq!((group.points.as_slice(), group.at_once), (&[1, 2, 3, 4][..], 2));
        assert_eq!((group.total_us, group.union_us, group.max_us), (410, 360, 200));
        assert_eq!((group.p50_us, group.p95_us, group.rows, group.rows_affected), (100, 200, Some(8), None));
        assert_eq!(group.id.len(), 8);
        assert_eq!(analysis.statements.iter().map(|s| s.group).collect::<Vec<_>>(), [0, 0, 0, 0, 1].map(Some));
        assert_eq!(analysis.statement_of, [None, Some(0), Some(1), Some(2), Some(3), Some(4)]);
    });
}

#[test]
fn the_same_statement_on_two_databases_is_two_groups_with_two_ids() {
    let at = |database: &str, from_us: i64| {
        let start = json!({"statement": "SELECT a FROM t", "system": "sqlite", "database": database});
        db(&format!("{database}{from_us}"), "r", from_us, from_us + 10, start, json!({}))
    };
    let ids =
        |messages| analysed(messages, |analysis| analysis.groups.iter().map(|g| g.id.clone()).collect::<Vec<_>>());
    let [a, b] = ["a", "b"].map(|database| at(database, 100));
    let both = ids([request(999), a.to_vec(), b.to_vec(), at("a", 300).to_vec()].concat());
    assert_eq!(both.len(), 2);
    assert_ne!(both[0], both[1]);
    assert_eq!(ids([request(999), a.to_vec()].concat()), ids([request(999), b.to_vec()].concat()));
}

#[test]
fn what_runs_no_statement_of_the_programs_is_in_no_group() {
    let trace = Trace::build(samples::around());
    let analysis = Analysis::of(&trace, AnalysisOptions::default());
    let groups: Vec<bool> = analysis.statements.iter().map(|statement| statement.group.is_some()).collect();
    assert_eq!(groups, [false, false, true, false, true, false]);
}

#[test]
fn parts_of_the_time_sum_to_the_request() {
    let mut messages = request(20_000);
    let acquired = json!({"statement": "SELECT 1", "acquire_us": 1_000});
    messages.extend(db("q1", "r", 2_000, 5_000, acquired, json!({})));
    messages.extend(select("q2", 4_000, 6_000, "SELECT a"));
    let call = json!({"requests": {"method": "GET"}});
    messages.push(samples::message("http-start", "c", "r", 5_500, call));
    messages.push(samples::message("http-stop", "c", "r", 9_000, json!({})));
    messages.extend(select("late", 30_000, 31_000, "SELECT a"));
    analysed(messages, |analysis| {
        assert_eq!(analysis.window, (0, 20_000));
        let parts = &analysis.breakdown;
        assert_eq!(
            (parts.database_us, parts.pool_us, parts.remote_us, parts.program_us),
            (4_000, 1_000, 3_000, 12_000)
        );
        assert_eq!((parts.summed_us, parts.at_once), (6_000, 2));
    });
}

#[test]
fn gaps_are_told_by_what_ran_in_them() {
    let mut messages = request(100_000);
    messages.extend(select("q1", 1_000, 2_000, "SELECT a"));
    messages.extend(samples::point("render", "p", "r", 3_000, 90_000));
    messages.extend(samples::point("part", "pp", "p", 3_000, 20_000));
    messages.extend(db("q2", "p", 40_000, 41_000, json!({"statement": "SELECT a"}), json!({})));
    analysed(messages, |analysis| {
        let shown: Vec<_> = analysis.gaps.iter().map(|gap| (gap.started_us, gap.finished_us, gap.within)).collect();
        assert_eq!(shown, [(2_000, 40_000, Some(2)), (41_000, 100_000, Some(2))]);
    });
    // What never stopped may be running still.
    let mut messages = request(100_000);
    messages.push(select("q", 1_000, 0, "SELECT a")[0].clone());
    analysed(messages, |analysis| assert!(analysis.gaps.is_empty()));
}

#[test]
fn a_trace_without_a_request_is_analysed_as_a_whole() {
    let messages = ["a", "b"].map(|id| db(id, BASE, 100, 300, json!({"statement": "SELECT 1"}), json!({}))).concat();
    analysed(messages, |analysis| {
        assert_eq!((analysis.window, analysis.breakdown.database_us), ((0, 200), 200));
        assert_eq!((analysis.breakdown.program_us, analysis.breakdown.at_once), (0, 2));
    });
    analysed(Vec::new(), |analysis| assert_eq!(analysis.breakdown, Breakdown::default()));
}

#[test]
fn deep_traces_are_analysed() {
    let trace = samples::chain(20_000);
    assert!(Analysis::of(&trace, AnalysisOptions::default()).groups.is_empty());
}

/// Points of few names and ids with all that analysis looks at, in every combination and at odd times.
fn messages() -> impl Strategy<Value = Vec<Message>> {
    let ids = || prop::sample::select(vec!["a", "b", "c", "d", "e", "f", "g", BASE]);
    let texts = vec!["SELECT 1", "SELECT a FROM t WHERE b = ?", "UPDATE t SET a = 1", "BEGIN", "COMMIT", "SAVEPOINT a"];
    let texts = prop::sample::select([texts, vec!["ROLLBACK TO a", "RELEASE a", "ROLLBACK", "", "/*"]].concat());
    let methods = prop::sample::select(vec!["fetch_all", "begin", "commit", "rollback", "drop", "acquire", "prepare"]);
    let one = (prop::bool::ANY, ids(), ids(), 0..400_i64, texts, methods, (ids(), ids()), 0..9_u64, 0..4_u8);
    let one = one.prop_map(|(starts, id, parent, at_ms, sql, method, (own, around), number, more)| {
        let db = json!({"statement": sql, "method": method, "params": [number % 3], "rows": number, "rows_affected": 0,
            "acquire_us": 1_000 * number, "transaction": own, "savepoint_of": around, "connection": number});
        let mut db = db.as_object().cloned().unwrap_or_default();
        db.retain(|key, _| more & 1 == 0 || !["transaction", "savepoint_of", "method"].contains(&key.as_str()));
        db.retain(|key, _| more & 2 == 0 || key != "connection");
        let name = if starts { "db-start" } else { "db-stop" };
        samples::message(name, id, parent, 1_000 * at_ms, json!({"db": db, "cancelled": number == 8}))
    });
    prop::collection::vec(one, 0..40)
}

proptest! {
    #[test]
    fn whatever_was_recorded_is_counted_once_and_told_of_points_that_are_there(messages in messages()) {
        let trace = Trace::build(messages);
        let analysis = Analysis::of(&trace, AnalysisOptions::default());
        let executions: usize = analysis.groups.iter().map(|group| group.points.len()).sum();
        prop_assert_eq!(executions, analysis.statements.iter().filter(|statement| statement.group.is_some()).count());
        let totals = trace.totals();
        prop_assert_eq!((totals.statements, totals.distinct_statements), (executions as u64, analysis.groups.len() as u64));
        let Breakdown { database_us, pool_us, remote_us, program_us, .. } = analysis.breakdown;
        let (from, to) = analysis.window;
        prop_assert_eq!(database_us + pool_us + remote_us + program_us, to - from);
        for (number, group) in analysis.groups.iter().enumerate() {
            for place in &group.points {
                let statement = analysis.statement_of[*place].map(|index| &analysis.statements[index]);
                prop_assert_eq!(statement.and_then(|statement| statement.group), Some(number));
            }
            prop_assert!(group.union_us <= group.total_us && group.p50_us <= group.p95_us && group.p95_us <= group.max_us);
        }
        for (number, transaction) in analysis.transactions.iter().enumerate() {
            let mut around = transaction.parent;
            for _ in 0..analysis.transactions.len() {
                prop_assert!(around != Some(number));
                around = around.and_then(|around| analysis.transactions[around].parent);
            }
            prop_assert!(transaction.started_us <= transaction.finished_us);
        }
        for finding in &analysis.findings {
            let order: Vec<_> = finding.points.iter().map(|place| trace.points()[*place].appeared_us()).collect();
            prop_assert!(order.is_sorted(), "{:?}", finding);
            prop_assert!(!finding.title.is_empty() && finding.text.ends_with(['.', '…']), "{:?}", finding);
        }
    }
}
