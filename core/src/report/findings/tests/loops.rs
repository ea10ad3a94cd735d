//! When statements are one for each of many, and when not.

use super::*;
use crate::db::DbOptions;

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
    assert!(n_plus_one(&trace(9, |n| json!({"statement": format!("SELECT a{n}"), "params": [n]}))).is_empty());
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

#[test]
fn literals_are_values_too() {
    let literal =
        trace(6, |number| json!({"statement": format!("SELECT title FROM posts WHERE author_id = {number}")}));
    let found = n_plus_one(&literal);
    assert_eq!((found.len(), found[0].points.len(), found[0].distinct_values), (1, 6, Some(6)));
    let same = trace(6, |_| json!({"statement": "SELECT title FROM posts WHERE author_id = 7"}));
    assert!(n_plus_one(&same).is_empty());
}

#[test]
fn points_of_the_database_between_break_no_loop() {
    let mut messages = samples::point("handler", "h", BASE, 0, 10_000).to_vec();
    for number in 1..=6 {
        let id = format!("w{number}");
        let acquire = json!({"db": {"method": "acquire", "system": "sqlite"}});
        messages.push(samples::message("db-start", &id, "h", 100 * number, acquire));
        messages.push(samples::message("db-stop", &id, "h", 100 * number + 50, json!({})));
        statement(&mut messages, if number % 2 == 0 { &id } else { "h" }, 100 * number + 10, read(json!([number])), 1);
    }
    assert_eq!(n_plus_one(&Trace::build(messages)).len(), 1);
}

#[test]
fn two_statements_that_take_turns_are_two_loops() {
    let turns = trace(12, |number| {
        let sql = if number % 2 == 0 { READ } else { "SELECT name FROM tags WHERE post_id = ?" };
        json!({"statement": sql, "params": [number]})
    });
    assert_eq!(n_plus_one(&turns).len(), 2);
}

#[test]
fn calls_from_two_places_are_not_one_loop() {
    let from = |number: i64, line: i64| {
        let mut db = read(json!([number]));
        db["caller"] = json!({"function": "f", "file": "src/f.rs", "line": line});
        db
    };
    assert!(n_plus_one(&trace(8, |number| from(number, number % 2))).is_empty());
    assert_eq!(n_plus_one(&trace(8, |number| from(number, 3))).len(), 1);
}

#[test]
fn a_loop_says_its_numbers_and_what_it_was_made_of() {
    let mut messages = samples::point("handler", "h", BASE, 0, 10_000).to_vec();
    statement(
        &mut messages,
        "h",
        10,
        json!({"statement": "SELECT id FROM authors", "system": "sqlite", "database": "blog.db"}),
        6,
    );
    for number in 1..=6 {
        let mut db = read(json!([number]));
        db["caller"] = json!({"function": "f", "file": "src/f.rs", "line": 42});
        statement(&mut messages, "h", 100 * number, db, 1);
    }
    with_findings(messages, |findings| {
        let [found] = findings else { panic!("one: {findings:?}") };
        assert_eq!((found.rule, found.level, found.confidence), (Rule::NPlusOne, Level::Warn, Confidence::Certain));
        assert_eq!((found.source, found.points.len(), found.distinct_values), (Some(1), 6, Some(6)));
        assert_eq!((found.cost_us, found.at_once), (30, 1));
        assert_eq!(found.title, "N+1: 6 × SELECT posts, 0.030 ms");
        assert_eq!(
            found.text,
            "`SELECT title FROM posts WHERE author_id = ?` ran 6 times, as often as `SELECT ••• FROM authors` (statement #1) \
             returned rows, from src/f.rs:42; together 0.030 ms of 10.0 ms; a join or a list of values reads them \
             at once."
        );
    });
}

#[test]
fn loops_at_once_cost_what_they_take_together() {
    let mut messages = samples::point("handler", "h", BASE, 0, 10_000).to_vec();
    for number in 1..=8 {
        messages.extend(execution(&format!("q{number}"), "h", 100 + number, 2_100, read(json!([number])), json!({})));
    }
    with_findings(messages, |findings| {
        assert_eq!((findings[0].rule, findings[0].level), (Rule::NPlusOne, Level::High));
        assert_eq!((findings[0].at_once, findings[0].cost_us), (8, 1_999));
        assert!(findings[0].text.contains("; up to 8 at once, together 1.999 ms of 10.0 ms;"), "{}", findings[0].text);
    });
}

#[test]
fn writes_one_by_one_are_a_write_loop() {
    let insert = |number| json!({"statement": "INSERT INTO tags (name) VALUES (?)", "params": [number]});
    with_findings_of(&trace(6, insert), |findings| {
        let [found] = findings else { panic!("one: {findings:?}") };
        assert_eq!((found.rule, found.level), (Rule::WriteLoop, Level::Warn));
        assert!(found.title.starts_with("Write loop: 6 × INSERT"), "{}", found.title);
    });
}

#[test]
fn what_is_in_a_loop_is_no_duplicate() {
    with_findings_of(&trace(20, |number| read(json!([number % 10]))), |findings| {
        assert_eq!(findings.iter().map(|found| found.rule).collect::<Vec<_>>(), [Rule::NPlusOne]);
    });
}
