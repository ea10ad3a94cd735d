//! When reads are one for each of many, and when not.

use serde_json::{Value, json};

use super::*;
use crate::Message;
use crate::report::samples::{self, BASE};

const READ: &str = "SELECT title FROM posts WHERE author_id = ?";

/// A statement that starts at `at_us`, below `parent`.
fn statement(messages: &mut Vec<Message>, parent: &str, at_us: i64, db: Value, rows: u64) {
    let id = format!("q{at_us}");
    messages.push(samples::message("db-start", &id, parent, at_us, json!({"db": db, "host": "h"})));
    messages.push(samples::message("db-stop", &id, parent, at_us + 5, json!({"db": {"rows": rows}, "host": "h"})));
}

fn read(params: Value) -> Value {
    json!({"statement": READ, "params": params, "system": "sqlite", "database": "blog.db"})
}

/// `count` statements, one after the other, below one point.
fn trace(count: i64, db: impl Fn(i64) -> Value) -> Trace {
    let mut messages = samples::point("handler", "h", BASE, 0, 10_000).to_vec();
    for number in 1..=count {
        statement(&mut messages, "h", 100 * number, db(number), 1);
    }
    Trace::build(messages)
}

#[test]
fn five_reads_with_other_values_are_found_and_four_are_not() {
    let five = trace(5, |number| read(json!([number])));
    let found = n_plus_one(&five);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].statement, found[0].system), (READ, Some("sqlite")));
    assert_eq!((found[0].points.as_slice(), found[0].total_us), (&[1, 2, 3, 4, 5][..], 25));
    assert_eq!((found[0].distinct_values, found[0].source), (Some(5), None));
    assert!(n_plus_one(&trace(4, |number| read(json!([number])))).is_empty());
}

#[test]
fn the_same_values_again_and_again_are_something_else() {
    assert!(n_plus_one(&trace(20, |_| read(json!([7])))).is_empty());
    assert!(n_plus_one(&trace(20, |_| json!({"statement": "SELECT 1"}))).is_empty());
}

#[test]
fn writes_other_texts_and_other_databases_do_not_count() {
    assert!(n_plus_one(&trace(9, |n| json!({"statement": "DELETE FROM t WHERE id = ?", "params": [n]}))).is_empty());
    assert!(n_plus_one(&trace(9, |n| json!({"statement": format!("SELECT {n}"), "params": [n]}))).is_empty());
    let elsewhere = |n: i64| json!({"statement": READ, "params": [n], "database": format!("{}", n % 2)});
    assert!(n_plus_one(&trace(8, elsewhere)).is_empty());
    assert_eq!(n_plus_one(&trace(10, elsewhere)).len(), 2);
}

#[test]
fn values_that_were_not_recorded_need_more_evidence() {
    let unseen = |_| json!({"statement": READ, "param_types": ["INTEGER"]});
    assert!(n_plus_one(&trace(14, unseen)).is_empty());
    assert_eq!(n_plus_one(&trace(15, unseen))[0].distinct_values, None);
    assert!(n_plus_one(&trace(14, |_| read(json!([DbOptions::REDACTED])))).is_empty());

    let mut messages = samples::point("handler", "h", BASE, 0, 10_000).to_vec();
    statement(&mut messages, "h", 10, json!({"statement": "SELECT id FROM authors"}), 7);
    for number in 1..=6 {
        statement(&mut messages, "h", 100 * number, unseen(number), 1);
    }
    let made_of_rows = Trace::build(messages);
    let found = n_plus_one(&made_of_rows);
    assert_eq!((found.len(), found[0].source, found[0].points.len()), (1, Some(1), 6));
}

#[test]
fn one_read_below_each_of_many_points_of_one_name_is_found() {
    let build = |name: fn(i64) -> String| {
        let mut messages = Vec::new();
        for number in 1..=6 {
            let id = format!("p{number}");
            messages.extend(samples::point(&name(number), &id, BASE, 100 * number, 100 * number + 50));
            statement(&mut messages, &id, 100 * number + 10, read(json!([number])), 1);
        }
        Trace::build(messages)
    };
    assert_eq!(n_plus_one(&build(|_| "post".to_owned())).len(), 1);
    assert!(n_plus_one(&build(|number| format!("post {number}"))).is_empty());
}
