//! When a read that ran again is a duplicate, and when it was needed.

use super::*;

/// Statements of one database, one after the other, each with how many rows came back.
fn rules(system: &str, statements: &[(&str, u64)]) -> Vec<Rule> {
    let mut messages = samples::point("handler", "h", BASE, 0, 900_000).to_vec();
    for (number, (sql, rows)) in statements.iter().enumerate() {
        let db = json!({"statement": sql, "system": system, "database": "shop", "params": []});
        statement(&mut messages, "h", 100 * (number as i64 + 1), db, *rows);
    }
    rules_of(messages)
}

fn rules_of(messages: Vec<Message>) -> Vec<Rule> {
    let rules = |trace: &Trace| -> Vec<Rule> {
        Analysis::of(trace, AnalysisOptions::default()).findings.iter().map(|found| found.rule).collect()
    };
    let trace = Trace::build(messages);
    let found = rules(&trace);
    assert_eq!(rules(&trace.without_values()), found, "without values they say the same");
    found
}

fn twice(system: &str, sql: &str) -> Vec<Rule> {
    rules(system, &[(sql, 1), (sql, 1)])
}

#[test]
fn reads_that_give_the_same_again_are_duplicates() {
    assert_eq!(twice("postgresql", "SELECT name FROM users WHERE id = 7"), [Rule::Duplicate]);
    assert_eq!(twice("mysql", "SELECT count(*) FROM users WHERE date_add(a, INTERVAL 1 DAY) > b"), [Rule::Duplicate]);
    assert_eq!(twice("sqlite", "SELECT json_extract(a, '$.b') FROM c"), [Rule::Duplicate]);
}

#[test]
fn each_run_of_what_moves_locks_or_counts_on_is_needed() {
    for (system, sql) in [
        ("postgresql", "SELECT nextval('order_number')"),
        ("postgresql", "SELECT pg_try_advisory_lock(7)"),
        ("postgresql", "FETCH 50 FROM readings"),
        ("postgresql", "SELECT pg_notify('a', 'b')"),
        ("mysql", "SELECT GET_LOCK('import', 5)"),
        ("mysql", "SELECT FOUND_ROWS()"),
        ("mysql", "SELECT NEXT VALUE FOR order_number"),
        ("sqlite", "SELECT load_extension('x')"),
    ] {
        assert_eq!(twice(system, sql), [], "{sql}");
        let loops: Vec<String> = (0..20).map(|number| sql.replace(['7', '5'], &number.to_string())).collect();
        let loops: Vec<(&str, u64)> = loops.iter().map(|sql| (sql.as_str(), 1)).collect();
        assert_eq!(rules(system, &loops), [], "{sql}");
    }
}

#[test]
fn what_reads_a_clock_or_locks_rows_may_be_meant() {
    for (system, sql) in [
        ("postgresql", "SELECT id FROM jobs WHERE due < now()"),
        ("postgresql", "SELECT id FROM jobs ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"),
        ("postgresql", "SELECT app.next_job()"),
        ("mysql", "SELECT id FROM jobs WHERE due < UTC_TIMESTAMP()"),
        ("mysql", "SELECT id FROM jobs LOCK IN SHARE MODE"),
        ("sqlite", "SELECT id FROM jobs WHERE due < datetime('now')"),
        ("sqlite", "SELECT last_insert_rowid()"),
    ] {
        assert_eq!(twice(system, sql), [Rule::Repeat], "{sql}");
    }
}

#[test]
fn other_rows_are_another_answer() {
    let sql = "SELECT id FROM queue";
    assert_eq!(rules("postgresql", &[(sql, 3), (sql, 5)]), [Rule::Repeat]);
    assert_eq!(rules("postgresql", &[(sql, 3), (sql, 3), (sql, 5)]), [Rule::Duplicate, Rule::Repeat]);
}

#[test]
fn a_change_in_between_makes_a_repeat() {
    let read = "SELECT id, total FROM invoices WHERE open";
    for (system, change) in [
        ("postgresql", "SELECT set_config('app.tenant', '8', true)"),
        ("postgresql", "SET LOCAL app.tenant = '8'"),
        ("postgresql", "CREATE TEMP TABLE invoices (id int, total int, open bool)"),
        ("postgresql", "SELECT billing.close_month(7)"),
        ("mysql", "USE archive"),
        ("mysql", "SET @@session.sql_mode = ''"),
        ("mysql", "UPDATE shop.invoices SET total = 0"),
        ("sqlite", "ATTACH 'archive.db' AS archive"),
    ] {
        assert_eq!(rules(system, &[(read, 1), (change, 1), (read, 1)]), [Rule::Repeat], "{change}");
    }
}

#[test]
fn a_write_through_another_server_or_service_counts() {
    let on = |sql: &str, server: &str, database: Option<&str>| json!({"statement": sql, "system": "postgresql", "server": server, "database": database, "params": []});
    let read = || on("SELECT stock FROM items WHERE id = 7", "replica:5432", Some("shop"));
    let between = |write: Value| {
        let mut messages = samples::point("handler", "h", BASE, 0, 900_000).to_vec();
        statement(&mut messages, "h", 100, read(), 1);
        statement(&mut messages, "h", 200, write, 0);
        statement(&mut messages, "h", 300, read(), 1);
        rules_of(messages)
    };
    let update = "UPDATE items SET stock = stock - 1";
    assert_eq!(between(on(update, "primary:5432", Some("shop"))), [Rule::Repeat]);
    assert_eq!(between(on(update, "primary:5432", None)), [Rule::Repeat]);
    assert_eq!(between(on(update, "primary:5432", Some("mail"))), [Rule::Duplicate]);
}

#[test]
fn the_text_says_why_a_repeat_may_be_meant() {
    let said = |statements: &[&str]| {
        let mut messages = samples::point("handler", "h", BASE, 0, 900_000).to_vec();
        for (number, sql) in statements.iter().enumerate() {
            let db = json!({"statement": sql, "system": "postgresql", "database": "shop"});
            statement(&mut messages, "h", 100 * (number as i64 + 1), db, 1);
        }
        let mut text = String::new();
        with_findings(messages, |findings| text = findings[0].text.clone());
        text
    };
    let (read, clock) = ("SELECT a FROM b", "SELECT a FROM b WHERE c < now()");
    assert_eq!(
        said(&[read, "UPDATE b SET a = 1", read]),
        "`SELECT a FROM b` ran 2 times with the same values, after something that may have changed what it reads; this may be \
         intended."
    );
    assert!(said(&[clock, clock]).ends_with(", and `now` may give something else each time; this may be intended."));
    let lock = "SELECT a FROM b FOR UPDATE";
    assert!(said(&[lock, lock]).ends_with(", and locks rows (`FOR UPDATE`); this may be intended."));
    assert!(said(&["SELECT f(1)", "SELECT f(1)"]).ends_with(", and what `f` does is not known; this may be intended."));
}
