//! Batches and pages, which are what the advice against loops asks for.

use super::*;

/// How many statements `db` tells of, one after the other, and which loops are found.
fn loops(count: i64, db: impl Fn(i64) -> Value) -> Vec<Rule> {
    let mut rules = Vec::new();
    let trace = trace(count, db);
    with_findings_of(&trace, |findings| {
        rules = findings.iter().map(|found| found.rule).filter(|rule| *rule != Rule::ManyRows).collect();
    });
    let in_tests = n_plus_one(&trace).len();
    assert_eq!(in_tests, rules.iter().filter(|rule| **rule == Rule::NPlusOne).count(), "one rule for both");
    with_findings_of(&trace.without_values(), |findings| {
        let hidden: Vec<Rule> =
            findings.iter().map(|found| found.rule).filter(|rule| *rule != Rule::ManyRows).collect();
        assert_eq!(hidden, rules, "without values they say the same");
    });
    rules
}

fn numbers(run: i64, count: i64) -> Vec<i64> {
    (run * count..(run + 1) * count).collect()
}

fn places(count: i64, of: impl Fn(i64) -> String) -> String {
    (1..=count).map(of).collect::<Vec<_>>().join(", ")
}

#[test]
fn long_lists_and_arrays_are_batches() {
    for (of, rules) in [(100, &[][..]), (10, &[]), (2, &[Rule::NPlusOne])] {
        let list = |run| {
            let places = places(of, |at| format!("${at}"));
            json!({"statement": format!("SELECT * FROM c WHERE post_id IN ({places})"), "params": numbers(run, of)})
        };
        assert_eq!(loops(6, list), rules, "{of}");
        let literals = |run| {
            let numbers: Vec<String> = numbers(run, of).iter().map(i64::to_string).collect();
            json!({"statement": format!("SELECT * FROM c WHERE post_id IN ({})", numbers.join(", "))})
        };
        assert_eq!(loops(6, literals), rules, "{of}");
        let array = |run| json!({"statement": "SELECT * FROM c WHERE post_id = ANY($1)", "params": [numbers(run, of)]});
        assert_eq!(loops(6, array), rules, "{of}");
        let text = |run| {
            let text = serde_json::to_string(&numbers(run, of)).expect("JSON");
            json!({"statement": "SELECT c.* FROM c JOIN json_each(?) e ON c.id = e.value", "params": [text]})
        };
        assert_eq!(loops(6, text), rules, "{of}");
    }
}

#[test]
fn a_long_list_that_is_the_same_in_all_runs_is_no_batch() {
    let list = |run| {
        let states = places(12, |at| format!("'s{at}'"));
        json!({"statement": format!("SELECT id FROM o WHERE owner = $1 AND state IN ({states})"), "params": [run]})
    };
    assert_eq!(loops(6, list), [Rule::NPlusOne]);
}

#[test]
fn lists_of_which_nothing_was_recorded_say_nothing() {
    let array = |_| json!({"statement": "SELECT * FROM c WHERE id = ANY($1)", "param_types": ["INT8[]"]});
    assert_eq!(loops(20, array), []);
    let list =
        |_| json!({"statement": format!("SELECT * FROM c WHERE id IN ({})", places(500, |at| format!("${at}")))});
    assert_eq!(loops(20, list), []);
    let one = |_| json!({"statement": "SELECT * FROM c WHERE id IN ($1)", "param_types": ["INT8"]});
    assert_eq!(loops(20, one), [Rule::NPlusOne]);
    // The values of a cut array are more than those that are there.
    let cut = |run: i64| json!({"statement": "SELECT * FROM c WHERE id = ANY($1)", "params": [format!("[{run},2,3…(+900 B)")]});
    assert_eq!(loops(6, cut), []);
}

#[test]
fn rows_of_an_insert_are_batches_too() {
    let insert = |rows: i64| {
        move |run: i64| {
            let values = places(rows, |at| format!("(${}, ${})", 2 * at - 1, 2 * at));
            json!({"statement": format!("INSERT INTO logs (id, note) VALUES {values}"), "params": numbers(run, 2 * rows)})
        }
    };
    assert_eq!(loops(6, insert(300)), []);
    assert_eq!(loops(6, insert(1)), [Rule::WriteLoop]);
    assert_eq!(loops(6, insert(3)), [Rule::WriteLoop]);
    let arrays = |run| {
        let numbers = numbers(run, 50);
        json!({"statement": "INSERT INTO logs SELECT * FROM unnest($1::int[], $2::int[])", "params": [numbers, numbers]})
    };
    assert_eq!(loops(6, arrays), []);
    let copy = |run| json!({"statement": "COPY logs FROM STDIN", "params": [run]});
    assert_eq!(loops(6, copy), []);
    let call = |run| json!({"statement": "CALL close_month(?)", "params": [run]});
    assert_eq!(loops(6, call), []);
}

#[test]
fn pages_are_no_loop() {
    for sql in [
        "SELECT id, body FROM events WHERE id > $1 ORDER BY id LIMIT 500",
        "SELECT id, body FROM events WHERE (at, id) > ($1, 3) ORDER BY at, id LIMIT 500",
        "SELECT id, body FROM events ORDER BY id LIMIT 500 OFFSET $1",
        "SELECT id, body FROM events WHERE id BETWEEN $1 AND 900",
        "SELECT id, body FROM events WHERE owner = 3 AND id < $1 ORDER BY id DESC FETCH FIRST 10 ROWS ONLY",
        "SELECT id, body FROM events WHERE at > $1 OR (at = $1 AND id > 7) ORDER BY at, id LIMIT 500",
        "DELETE FROM events WHERE id <= $1",
    ] {
        assert_eq!(loops(6, |run| json!({"statement": sql, "params": [500 * run]})), [], "{sql}");
        // Written into the text, they are the same.
        let literal = |run: i64| json!({"statement": sql.replace("$1", &(500 * run).to_string())});
        assert_eq!(loops(6, literal), [], "{sql}");
    }
    // One page for each of many owners.
    let first_pages =
        |run| json!({"statement": "SELECT a FROM t WHERE owner = $1 AND id > $2 LIMIT 5", "params": [run, 0]});
    assert_eq!(loops(6, first_pages), [Rule::NPlusOne]);
    let latest =
        |run| json!({"statement": "SELECT a FROM t WHERE owner = $1 ORDER BY id DESC LIMIT 1", "params": [run]});
    assert_eq!(loops(6, latest), [Rule::NPlusOne]);
}

#[test]
fn lists_of_casts_are_one_statement() {
    let cast = |run: i64| {
        let states = places(run, |at| format!("${}::order_status", at + 1));
        let mut params = vec![json!(run)];
        params.extend((0..run).map(|_| json!("new")));
        json!({"statement": format!("SELECT id FROM orders WHERE owner = $1 AND status IN ({states})"), "system": "postgresql", "params": params})
    };
    assert_eq!(loops(7, cast), [Rule::NPlusOne]);
}

#[test]
fn what_was_only_cut_is_not_said_to_be_missing() {
    let cut = |run: i64| json!({"statement": READ, "params": [format!("{run}xxxxxxxx…(+900 B)")]});
    with_findings_of(&trace(6, cut), |findings| {
        let [found] = findings else { panic!("one: {findings:?}") };
        assert_eq!((found.rule, found.distinct_values, found.confidence), (Rule::NPlusOne, None, Confidence::Likely));
        assert!(
            found.text.contains(
                " ran 6 times with at least 6 different sets of values, of which only the beginning was recorded;"
            ),
            "{}",
            found.text
        );
    });
    // All alike as far as they were recorded: nothing is known.
    assert_eq!(loops(14, |_| json!({"statement": READ, "params": ["xxxxxxxx…(+900 B)"]})), []);
}

#[test]
fn only_reads_of_tables_can_be_joined() {
    assert_eq!(loops(20, |run| json!({"statement": "SELECT app.price($1)", "params": [run]})), []);
    assert_eq!(loops(20, |run| json!({"statement": "SELECT $1 + 1", "params": [run]})), []);
    let lock = |run| json!({"statement": "SELECT a FROM t WHERE id = $1 FOR UPDATE", "params": [run]});
    assert_eq!(loops(6, lock), [Rule::NPlusOne]);
}
