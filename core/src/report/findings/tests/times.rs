//! To whom time goes: the database, the program between rows, the pool, and what runs after the response.

use super::*;

/// A request of one second, with statements below it.
fn request(statements: &[(i64, i64, Value, Value)]) -> Vec<Message> {
    let start = json!({"request": {"path": "/", "method": "GET", "query": ""}});
    let mut messages = vec![
        samples::message("wsgi-start", "r", BASE, 0, start),
        samples::message("wsgi-stop", "r", BASE, 1_000_000, json!({})),
    ];
    for (number, (from_us, to_us, db, stop)) in statements.iter().enumerate() {
        let id = format!("q{number}");
        messages.push(samples::message("db-start", &id, "r", *from_us, json!({"db": db})));
        messages.push(samples::message("db-stop", &id, "r", *to_us, stop.clone()));
    }
    messages
}

fn told(messages: Vec<Message>) -> Vec<(Rule, String, String)> {
    let trace = Trace::build(messages);
    let analysis = Analysis::of(&trace, AnalysisOptions::default());
    analysis.findings.iter().map(|found| (found.rule, found.title.clone(), found.text.clone())).collect()
}

fn timed_out(db: Value) -> Value {
    json!({"etype": "sqlx::Error::PoolTimedOut", "message": "pool timed out while waiting for an open connection", "db": db})
}

#[test]
fn a_pool_without_a_connection_is_no_slow_statement_and_no_failed_one() {
    let start = json!({"statement": "SELECT 7", "method": "fetch_one", "acquire_us": 301_797});
    let found = told(request(&[(1_000, 302_909, start, timed_out(json!({"pool_size": 5, "pool_max": 5})))]));
    let [(rule, title, text)] = found.as_slice() else { panic!("one: {found:?}") };
    assert_eq!((*rule, title.as_str()), (Rule::PoolTimeout, "Pool timeout: waiting for a connection 301.8 ms"));
    assert_eq!(
        text,
        "`SELECT 7` was never sent: the pool had no connection for it in 301.8 ms, with 5 of at most 5 connections open."
    );
}

#[test]
fn all_calls_that_got_no_connection_are_one_finding() {
    let start =
        |statement: &str, method: &str| json!({"statement": statement, "method": method, "acquire_us": 200_000});
    let found = told(request(&[
        (0, 200_000, start("", "acquire"), timed_out(json!({}))),
        (0, 200_000, start("BEGIN", "begin"), timed_out(json!({}))),
        (300_000, 500_000, start("SELECT 1", "fetch_all"), timed_out(json!({}))),
    ]));
    let [(rule, title, text)] = found.as_slice() else { panic!("one: {found:?}") };
    assert_eq!(*rule, Rule::PoolTimeout);
    assert_eq!(title, "Pool timeout: 3 × waiting for a connection, up to 200.0 ms");
    assert_eq!(
        text,
        "The pool had no connection for 3 calls, which waited up to 200.0 ms, 600.0 ms in all; the first was for a connection \
         alone."
    );
}

#[test]
fn work_between_the_rows_of_a_stream_makes_no_statement_slow_or_dominant() {
    let stream = |consumer_us: u64| {
        let stop = json!({"db": {"rows": 5, "first_row_us": 900, "consumer_us": consumer_us}});
        told(request(&[(0, 700_000, json!({"statement": "SELECT a FROM t"}), stop)]))
    };
    assert_eq!(stream(698_000), []);
    let found = stream(100_000);
    assert_eq!(found[0].1, "Very slow: SELECT t, 600.0 ms");
}

#[test]
fn a_stream_of_which_the_program_took_what_it_wanted_was_not_given_up() {
    let start = || json!({"statement": "SELECT a FROM t", "method": "fetch"});
    assert_eq!(told(request(&[(0, 700, start(), json!({"db": {"rows": 3, "complete": false}}))])), []);
    let waiting = json!({"cancelled": true, "db": {"rows": 3, "consumer_us": 1, "awaited": true}});
    assert_eq!(told(request(&[(0, 700, start(), waiting)]))[0].1, "Cancelled: SELECT t");
    let unsent = json!({"cancelled": true, "db": {"sent": false}});
    assert_eq!(
        told(request(&[(0, 700, start(), unsent)]))[0].2,
        "SELECT a FROM t was given up while it waited for a connection, and never sent."
    );
}

#[test]
fn what_runs_after_the_response_takes_no_part_of_the_request() {
    let update = || json!({"statement": "UPDATE mails SET sent = true"});
    // 300 ms of a request of one second are dominant, but not where they come after it.
    let slow = |from_us: i64| {
        let trace = Trace::build(request(&[(from_us, from_us + 90_000, update(), json!({}))]));
        let options = AnalysisOptions { slow_us: 80_000, ..AnalysisOptions::default() };
        Analysis::of(&trace, options).findings[0].text.clone()
    };
    assert!(slow(0).contains("took 90.0 ms of 1.00 s;"), "{}", slow(0));
    assert!(slow(2_000_000).contains("took 90.0 ms;"), "{}", slow(2_000_000));
    let mut short = vec![
        samples::message("task-start", "r", BASE, 0, json!({})),
        samples::message("task-stop", "r", BASE, 10_000, json!({})),
    ];
    short.extend(execution("q", "r", 20_000, 23_000, update(), json!({})));
    assert_eq!(told(short), []);
}
