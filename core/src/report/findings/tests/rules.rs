//! Duplicates, slow statements, errors, idle transactions, rows, and what is not seen.

use super::*;
use crate::driver::StoredTrace;
use crate::report::samples::HOSTILE;

const SETTING: &str = "SELECT value FROM settings WHERE name = ?";
const UPDATE: &str = "UPDATE settings SET value = ? WHERE name = ?";

/// Statements of a request of one second, each from when to when, with what they end with.
fn request(statements: &[(i64, i64, Value, Value)]) -> Vec<Message> {
    let start = json!({"request": {"path": "/", "method": "GET", "query": "", "scheme": "http"}});
    let mut messages = vec![
        samples::message("wsgi-start", "r", BASE, 0, start),
        samples::message("wsgi-stop", "r", BASE, 1_000_000, json!({})),
    ];
    for (number, (from_us, to_us, db, stop)) in statements.iter().enumerate() {
        messages.extend(execution(&format!("q{number}"), "r", *from_us, *to_us, db.clone(), stop.clone()));
    }
    messages
}

fn asks(name: &str) -> Value {
    json!({"statement": SETTING, "params": [name], "param_types": ["TEXT"]})
}

/// Statements one after the other, each of 1 ms.
fn series(statements: impl IntoIterator<Item = Value>) -> Vec<Message> {
    let statements: Vec<_> = statements
        .into_iter()
        .enumerate()
        .map(|(number, db)| (2_000 * number as i64, 2_000 * number as i64 + 1_000, db, json!({})))
        .collect();
    request(&statements)
}

fn rules(messages: Vec<Message>) -> Vec<Rule> {
    let trace = Trace::build(messages);
    Analysis::of(&trace, AnalysisOptions::default()).findings.iter().map(|found| found.rule).collect()
}

#[test]
fn the_same_read_with_the_same_values_is_a_duplicate() {
    with_findings(series([asks("a"), asks("b"), asks("a"), asks("b")]), |findings| {
        let [found] = findings else { panic!("one: {findings:?}") };
        assert_eq!((found.rule, found.level, found.confidence), (Rule::Duplicate, Level::Warn, Confidence::Likely));
        assert_eq!((found.points.as_slice(), found.redundant.as_slice()), (&[1, 2, 3, 4][..], &[3, 4][..]));
        assert_eq!((found.wasted_us, found.distinct_values), (2_000, Some(2)));
        assert_eq!(found.title, "Duplicate: 4 × SELECT settings, 2 redundant, 2.000 ms");
        assert_eq!(
            found.text,
            format!(
                "`{SETTING}` ran 4 times with 2 sets of values, each more than once, and the trace shows no change in between; \
                 2 runs that were most likely not needed took 2.000 ms."
            )
        );
    });
}

#[test]
fn values_of_another_type_are_others() {
    let typed = |value: Value, name: &str| json!({"statement": SETTING, "params": [value], "param_types": [name]});
    assert_eq!(rules(series([typed(json!(1), "INTEGER"), typed(json!("1"), "TEXT"), typed(json!(1), "TEXT")])), []);
}

#[test]
fn a_write_between_makes_a_repeat_of_a_duplicate() {
    let write = || json!({"statement": UPDATE, "params": [1, "a"]});
    assert_eq!(rules(series([asks("a"), write(), asks("a")])), [Rule::Repeat]);
    assert_eq!(rules(series([asks("a"), asks("a"), write(), asks("a")])), [Rule::Duplicate, Rule::Repeat]);
    assert_eq!(rules(series([write(), write()])), [Rule::Repeat]);
    let commit = || json!({"statement": "COMMIT", "method": "commit", "transaction": "x", "connection": 1});
    assert_eq!(rules(series([asks("a"), commit(), asks("a")])), [Rule::Repeat]);
}

#[test]
fn what_is_not_known_is_no_duplicate() {
    for unknown in [
        json!({"statement": SETTING}),
        json!({"statement": SETTING, "params": ["[redacted]"]}),
        json!({"statement": SETTING, "params": ["aaa…(+100 B)"]}),
        json!({"statement": SETTING, "params": ["a"], "params_omitted": 3}),
        json!({"statement": "SELECT 1", "params_unknown": "not seen"}),
    ] {
        assert_eq!(rules(series([unknown.clone(), unknown])), []);
    }
    // Without places for values there are none.
    assert_eq!(rules(series([json!({"statement": "SELECT 1"}), json!({"statement": "SELECT 1"})])), [Rule::Duplicate]);
}

#[test]
fn what_failed_may_be_tried_again() {
    let failed = json!({"etype": "Database", "message": "locked"});
    let messages = request(&[(0, 1_000, asks("a"), failed), (2_000, 3_000, asks("a"), json!({}))]);
    assert_eq!(rules(messages), [Rule::Error]);
}

#[test]
fn other_databases_have_other_duplicates() {
    let on = |database: &str| json!({"statement": SETTING, "params": ["a"], "database": database});
    assert_eq!(rules(series([on("a"), on("b")])), []);
}

#[test]
fn slow_statements_are_told_once_for_each_group() {
    let (a, b) = (json!({"statement": "SELECT a FROM t"}), json!({"statement": "SELECT b FROM u"}));
    let messages = request(&[
        (0, 99_999, json!({"statement": "SELECT c FROM v"}), json!({})),
        (100_000, 200_000, asks("a"), json!({})),
        (200_000, 320_000, asks("b"), json!({})),
        (320_000, 320_100, asks("c"), json!({})),
        (400_000, 900_000, b, json!({})),
        (900_000, 900_100, a, json!({})),
    ]);
    with_findings(messages, |findings| {
        let shown: Vec<_> = findings.iter().map(|found| (found.rule, found.level, found.title.as_str())).collect();
        assert_eq!(
            shown,
            [
                (Rule::Slow, Level::High, "Very slow: SELECT u, 500.0 ms"),
                (Rule::Slow, Level::Warn, "Slow: 2 × SELECT settings, up to 120.0 ms"),
            ]
        );
        assert_eq!(findings[0].text, "`SELECT b FROM u` took 500.0 ms of 1.00 s; 500.0 ms and more is very slow.");
        let text = "took 100.0 ms or longer in 2 of 3 runs, at most 120.0 ms; together 220.0 ms of 1.00 s.";
        assert!(findings[1].text.ends_with(text), "{}", findings[1].text);
    });
}

#[test]
fn very_slow_names_its_own_limit() {
    let messages = request(&[
        (0, 120_000, asks("a"), json!({})),
        (200_000, 800_000, asks("b"), json!({})),
        (900_000, 900_100, asks("c"), json!({})),
    ]);
    with_findings(messages, |findings| {
        assert_eq!(findings[0].title, "Very slow: 2 × SELECT settings, up to 600.0 ms");
        let text = " took 100.0 ms or longer in 2 of 3 runs, and 500.0 ms or longer in 1, at most 600.0 ms; together 720.0 ms of 1.00 s.";
        assert!(findings[0].text.ends_with(text), "{}", findings[0].text);
    });
}

#[test]
fn limits_are_those_of_the_options() {
    let trace = Trace::build(series([asks("a")]));
    let options = AnalysisOptions { slow_us: 1_000, very_slow_us: 2_000, ..AnalysisOptions::default() };
    assert_eq!(Analysis::of(&trace, options).findings[0].rule, Rule::Slow);
}

#[test]
fn a_quarter_of_the_request_is_dominant_and_a_lone_statement_is_not() {
    let messages = [
        samples::point("work", "r", BASE, 0, 40_000).to_vec(),
        execution("q", "r", 0, 10_000, asks("a"), json!({})).to_vec(),
    ];
    with_findings(messages.concat(), |findings| {
        assert_eq!((findings[0].rule, findings[0].level), (Rule::Dominant, Level::Info));
        assert_eq!(findings[0].title, "Dominant: SELECT settings, 25 % of the request");
    });
    assert_eq!(rules(execution("q", BASE, 0, 10_000, asks("a"), json!({})).to_vec()), []);
}

#[test]
fn errors_and_cancelled_statements_are_told_with_their_code() {
    let insert = || json!({"statement": "INSERT INTO t VALUES (?)", "params": [1]});
    let unique = || json!({"etype": "Database", "message": "duplicate key.", "db": {"sqlstate": "23505"}});
    let commit = json!({"statement": "COMMIT", "method": "commit"});
    let messages = request(&[
        (0, 1_000, insert(), unique()),
        (2_000, 3_000, insert(), unique()),
        (4_000, 5_000, insert(), json!({})),
        (6_000, 6_500, commit, json!({"etype": "Io", "message": ""})),
        (7_000, 8_000, asks("a"), json!({"cancelled": true})),
    ]);
    with_findings(messages, |findings| {
        let shown: Vec<_> = findings.iter().map(|found| (found.rule, found.title.as_str())).collect();
        assert_eq!(
            shown,
            [
                (Rule::Error, "Error 23505: 2 × INSERT t"),
                (Rule::Error, "Error Io: COMMIT"),
                (Rule::Cancelled, "Cancelled: SELECT settings"),
            ]
        );
        let text = "`INSERT INTO t VALUES (?+)` failed in 2 of 3 runs: Database: duplicate key. [23505].";
        assert_eq!(findings[0].text, text);
        assert_eq!(findings[1].text, "COMMIT failed: Io.");
    });
}

#[test]
fn a_transaction_that_waits_is_idle() {
    let of =
        |sql: &str, method: &str| json!({"statement": sql, "method": method, "transaction": "q0", "connection": 1});
    let messages = |until_us: i64| {
        let outcome = json!({"db": {"outcome": "committed"}});
        request(&[
            (0, 1_000, of("BEGIN", "begin"), json!({})),
            (2_000, 3_000, of("SELECT a FROM t", "fetch_all"), json!({})),
            (until_us, until_us + 1_000, of("COMMIT", "commit"), outcome),
        ])
    };
    with_findings(messages(103_000), |findings| {
        let [found] = findings else { panic!("one: {findings:?}") };
        assert_eq!((found.rule, found.level, found.cost_us), (Rule::IdleInTransaction, Level::Warn, 100_000));
        assert_eq!((found.transaction, found.points.as_slice()), (Some(0), &[1, 3][..]));
        assert!(found.text.starts_with("A transaction of 1 statement was open for 104.0 ms, and for 100.0 ms of it"));
    });
    assert_eq!(rules(messages(102_999)), []);
}

#[test]
fn many_rows_and_changes_of_none_are_good_to_know() {
    let rows = |key: &str, number: u64| json!({"db": {key: number}});
    let messages = request(&[
        (0, 1_000, asks("a"), rows("rows", 1_000)),
        (2_000, 3_000, asks("b"), rows("rows", 999)),
        (4_000, 5_000, json!({"statement": UPDATE, "params": [1, "x"]}), rows("rows_affected", 0)),
        (6_000, 7_000, json!({"statement": "INSERT INTO t SELECT 1"}), rows("rows_affected", 0)),
    ]);
    with_findings(messages, |findings| {
        let shown: Vec<_> = findings.iter().map(|found| (found.level, found.title.as_str())).collect();
        let many = (Level::Info, "Many rows: 1000 from SELECT settings");
        assert_eq!(shown, [many, (Level::Info, "No rows changed: UPDATE settings")]);
        assert!(findings[0].text.ends_with("returned up to 1000 rows in 1 of 2 runs."), "{}", findings[0].text);
    });
}

#[test]
fn what_is_not_seen_is_said() {
    let trace = Trace::build(StoredTrace { messages: samples::around(), skipped: 2 });
    with_findings_of(&trace, |findings| {
        let shown: Vec<_> = findings.iter().map(|found| (found.rule, found.points.len())).collect();
        assert_eq!(shown, [(Rule::Lost, 0), (Rule::Bypassed, 1)]);
        assert_eq!(findings[0].title, "Incomplete: 2 entries unreadable");
    });
}

#[test]
fn words_are_bounded_and_hide_nothing() {
    for hostile in HOSTILE.iter().copied().chain([&*"long text ".repeat(1_000), &*"x".repeat(5_000)]) {
        let caller = json!({"function": hostile, "file": hostile, "line": 1});
        let db = |number: i64| json!({"statement": format!("SELECT {hostile} FROM t"), "params": [number], "caller": caller});
        let stop = json!({"etype": hostile, "message": hostile, "db": {"sqlstate": hostile, "rows": 5_000}});
        let statements: Vec<_> =
            (0..6).map(|number| (200_000 * number, 200_000 * number + 150_000, db(number), stop.clone())).collect();
        with_findings(request(&statements), |findings| {
            assert!(!findings.is_empty());
            for found in findings {
                assert!(found.title.chars().count() <= 100 && found.text.chars().count() <= 500, "{found:?}");
                assert!(!found.text.chars().chain(found.title.chars()).any(crate::report::visible::is_hidden));
            }
        });
    }
}

#[test]
fn of_very_many_the_rest_is_counted() {
    let select = |number: usize| {
        let name: String = number.to_string().chars().map(|digit| (b'a' + digit as u8 - b'0') as char).collect();
        (json!({"statement": format!("SELECT {name} FROM t")}), json!({"db": {"rows": 1_000 + number}}))
    };
    let statements: Vec<_> = (0..203)
        .map(select)
        .enumerate()
        .map(|(number, (db, stop))| (2_000 * number as i64, 2_000 * number as i64 + 1_000, db, stop))
        .collect();
    with_findings(request(&statements), |findings| {
        assert_eq!(findings.len(), 201);
        assert_eq!((findings[200].rule, findings[200].title.as_str()), (Rule::ManyRows, "3 more of many-rows"));
        assert_eq!(findings[200].cost_us, 3_000);
    });
}

#[test]
fn names_of_rules_differ() {
    let mut names: Vec<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Rule::ALL.len());
}

#[test]
fn comments_make_no_other_statement() {
    let tagged = |tag: &str| json!({"statement": format!("{SETTING} /* {tag} */"), "params": ["a"]});
    assert_eq!(rules(series([tagged("one"), tagged("two")])), [Rule::Duplicate]);
}
