//! Facts on statements with their values.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::report::sql::Dialect::{Generic, Mysql, Postgres, Sqlite};
use crate::report::sql::lexer::Token;

fn listed<'a>(values: &'a [Value], types: &[&'a str]) -> Vec<Parameter<'a>> {
    let named = |(index, value): (usize, &'a Value)| Parameter {
        name: (index + 1).to_string(),
        value,
        type_name: types.get(index).copied(),
    };
    values.iter().enumerate().map(named).collect()
}

fn run(text: &str, dialect: Dialect, values: Value) -> String {
    let values = match values {
        Value::Array(values) => values,
        other => vec![other],
    };
    runnable(text, dialect, &listed(&values, &[])).unwrap_or_else(|error| error.to_string())
}

fn named(text: &str, dialect: Dialect, values: &Value) -> String {
    let params = crate::report::parameter::list(Some(values), None);
    runnable(text, dialect, &params).unwrap_or_else(|error| error.to_string())
}

#[test]
fn values_go_where_they_belong() {
    assert_eq!(run("SELECT $2, $1, $2 -- $3", Postgres, json!([1, "it's"])), "SELECT 'it''s', 1, 'it''s' -- $3");
    assert_eq!(run("SELECT '?', ?", Mysql, json!(["a"])), "SELECT '?', 'a'");
    assert_eq!(run("a ? 'b' AND c = $1", Postgres, json!([null])), "a ? 'b' AND c = NULL");
    assert_eq!(run("?2 = ?1", Sqlite, json!([true, 2])), "2 = 1");
    assert_eq!(run(":b = :a AND :b", Sqlite, json!([1, 2])), "1 = 2 AND 1");
    assert_eq!(run("a LIKE 'x%%' AND b = %s", Generic, json!(["c"])), "a LIKE 'x%' AND b = 'c'");
    assert_eq!(named("%(a b)s = %(c)s", Generic, &json!({"c": 1, "a b": "x", "d": 2})), "'x' = 1");
    assert_eq!(named(":id = 1", Sqlite, &json!({":id": 7})), "7 = 1");
    assert_eq!(run("SELECT 1", Postgres, json!([])), "SELECT 1");
}

#[test]
fn literals_stay_apart_from_what_is_around_them() {
    assert_eq!(run("a-$1", Postgres, json!([-5])), "a- (-5)");
    assert_eq!(run("a=$1and b", Postgres, json!([5])), "a=5 and b");
    assert_eq!(run("x?", Mysql, json!(["00"])), "x '00'");
    assert_eq!(run("SELECT ? 'alias'", Mysql, json!(["a"])), "SELECT ('a') 'alias'");
    assert_eq!(run("SELECT ? ?", Mysql, json!(["a", "b"])), "SELECT ('a') ('b')");
    assert_eq!(run("$1[1]", Postgres, json!(["{1}"])), "('{1}')[1]");
    assert_eq!(run("$1::int", Postgres, json!(["1"])), "'1'::int");
}

#[test]
fn what_cannot_be_run_says_why() {
    assert_eq!(run("SELECT $1", Postgres, json!([])), "the statement has places for 1 values, and 0 were recorded");
    assert_eq!(run("SELECT 1", Postgres, json!([1])), "the statement has places for 0 values, and 1 were recorded");
    assert_eq!(
        run("SELECT $0", Postgres, json!([1])),
        format!("the statement has places for {} values, and 1 were recorded", usize::MAX)
    );
    assert_eq!(run("SELECT $1…(+9 B)", Postgres, json!([1])), "only the statement's beginning was recorded");
    assert_eq!(
        run("SELECT $1", Postgres, json!(["[redacted]"])),
        "value 1 cannot be written: it was hidden when it was recorded"
    );
    assert_eq!(run("?, ?1", Sqlite, json!([1])), "places with and without numbers are mixed");
    assert_eq!(named("%(a)s", Generic, &json!({"b": 1})), "no value is recorded for a");
    assert_eq!(run("SELECT ?", Generic, json!({"b": 1})), "value 1 cannot be written: its type has no literal");
}

#[test]
fn no_value_ends_a_comment() {
    let values = [json!("*/ DROP\nTABLE a\r; /*\u{2028}\0'"), json!(-1)];
    assert_eq!(
        with_comment("SELECT 'a", &listed(&values, &["TEXT\nx", "INT8"])),
        "-- 1 (TEXT\\nx): '*\\/ DROP\\nTABLE a\\r; /\\*⟦U+2028⟧␀'''\n-- 2 (INT8): -1\nSELECT 'a"
    );
}

#[test]
fn long_statements_take_linear_time() {
    let ids = vec![json!("67e55044-10b1-426f-9247-bb680e5fe0c8"); 10_000];
    let text = format!(
        "SELECT * FROM t WHERE id IN ({})",
        (1..=10_000).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
    );
    let types = vec!["UUID"; ids.len()];
    let run = runnable(&text, Postgres, &listed(&ids, &types)).expect("runnable");
    assert_eq!(run.matches("'::uuid").count(), 10_000);
}

/// Tokens without white space, with their texts.
fn significant(text: &str, dialect: Dialect) -> Vec<&str> {
    let is_space = |token: &Token| token.kind == TokenKind::Space;
    tokens(text, dialect).filter(|token| !is_space(token)).map(|token| token.of(text)).collect()
}

proptest! {
    #[test]
    fn a_value_changes_nothing_around_it(
        one in "['\"\\\\;a$*/\n\u{e9}-]{0,12}",
        two in any::<String>(),
        number in any::<i64>(),
        template in "(SELECT a-P, P FROM b WHERE c=P|P[1] aP P 'x'|x P--c)",
    ) {
        for (dialect, place) in [(Postgres, "$N"), (Mysql, "?"), (Sqlite, "?N"), (Generic, "%s")] {
            let mut text = String::new();
            let mut count = 0;
            for piece in template.split_inclusive('P') {
                count += usize::from(piece.ends_with('P'));
                text.push_str(&piece.replace('P', &format!(" {}", place.replace('N', &count.to_string()))));
            }
            let values: Vec<Value> = [json!(one), json!(two), json!(number)].into_iter().cycle().take(count).collect();
            let Ok(run) = runnable(&text, dialect, &listed(&values, &[])) else { continue };
            // The same statement with harmless values has as many tokens, and the same ones around them.
            let mut expected = Vec::new();
            let mut index = 0;
            for token in tokens(&text, dialect).filter(|token| token.kind != TokenKind::Space) {
                if token.kind == TokenKind::Placeholder {
                    let made = literal(dialect, &values[index], None).expect("a literal");
                    expected.extend(significant(&made, dialect).into_iter().map(str::to_owned));
                    index += 1;
                } else {
                    expected.push(token.of(&text).to_owned());
                }
            }
            let found: Vec<&str> = significant(&run, dialect);
            let bare = |words: Vec<String>| words.into_iter().filter(|word| word != "(" && word != ")").collect::<Vec<_>>();
            prop_assert_eq!(bare(found.into_iter().map(str::to_owned).collect()), bare(expected), "{:?} {}", dialect, run);
        }
    }

    #[test]
    fn comments_hold_any_value(text in any::<String>(), hostile in "[*/\n\r'-]{0,12}") {
        for value in [text, hostile] {
            let values = [json!(value)];
            let shown = with_comment("SELECT 1", &listed(&values, &[]));
            for dialect in [Postgres, Mysql, Sqlite, Generic] {
                let mut kinds = tokens(&shown, dialect).map(|token| token.kind);
                prop_assert_eq!(kinds.next(), Some(TokenKind::Comment));
                prop_assert_eq!(kinds.count(), 4, "{}", shown);
            }
        }
    }
}
