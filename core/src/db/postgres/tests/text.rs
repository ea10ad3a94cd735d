//! The text format.

use std::sync::Arc;

use super::{named, written};
use crate::db::postgres::{PgType, learn};

#[test]
fn text_of_numbers_json_bytes_and_arrays_is_told_apart() {
    for (name, text, json) in [
        ("bool", "t", "true"),
        ("bool", "f", "false"),
        ("int8", "-9223372036854775808", "-9223372036854775808"),
        ("oid", "4294967295", "4294967295"),
        ("xid8", "18446744073709551615", "18446744073709551615"),
        ("float4", "0.1", "0.1"),
        ("float8", "1e+300", "1e+300"),
        ("float8", "NaN", "\"NaN\""),
        ("float8", "-Infinity", "\"-Infinity\""),
        ("numeric", "1.50", "\"1.50\""),
        ("money", "$1.00", "\"$1.00\""),
        ("jsonb", r#"{"a": 1}"#, r#"{"a":1}"#),
        ("bytea", r"\x00fF", r#""\\x00ff""#),
        ("timestamptz", "2026-11-24 12:34:56.789+00", "\"2026-11-24 12:34:56.789+00\""),
        ("int4[]", "{1,NULL,-3}", "[1,null,-3]"),
        ("int4[]", "{}", "[]"),
        ("int4[]", "[0:1][2:3]={{1,2},{3,4}}", "[[1,2],[3,4]]"),
        ("text[]", r#"{a,"NULL","b c","d\"e\\",NULL,""}"#, r#"["a","NULL","b c","d\"e\\",null,""]"#),
        ("box[]", "{(1,1),(0,0);(2,2),(1,1)}", r#"["(1,1),(0,0)","(2,2),(1,1)"]"#),
        ("json[]", r#"{"{\"a\": [1]}"}"#, r#"[{"a":[1]}]"#),
        ("bytea[]", r#"{"\\x00ff"}"#, r#"["\\x00ff"]"#),
        ("oidvector", "23 25", "[23,25]"),
        ("no_such_type", "(1,2)", "\"(1,2)\""),
    ] {
        assert_eq!(written(&named(name).decode_text(text)), json, "{name} {text}");
    }
    assert_eq!(written(&PgType::Oid(1007).decode_text("{1}")), "[1]");
}

#[test]
fn elements_that_are_arrays_by_their_domain_are_lists() {
    learn(PgType::Domain { name: "learned_list".into(), base: Arc::new(named("text[]")) });
    let text = r#"{"{1,2}","{\"a \\\"b\\\"\",NULL}"}"#;
    assert_eq!(written(&named("learned_list[]").decode_text(text)), r#"[["1","2"],["a \"b\"",null]]"#);
}

#[test]
fn what_is_malformed_stays_text() {
    for (name, text) in [
        ("bool", "true"),
        ("int4", "1.5"),
        ("int8", "9223372036854775808"),
        ("float8", "1e999"),
        ("bytea", "\\000"),
        ("bytea", "\\x0"),
        ("bytea", "\\x+1"),
        ("int4[]", "{1"),
        ("int4[]", "{1}}"),
        ("int4[]", "{1,}"),
        ("int4[]", "[0:1]"),
        ("int4[]", "1"),
        ("text[]", r#"{"a}"#),
        ("text[]", r#"{a"b"}"#),
        ("text[]", "{\"a\\"),
        ("text[]", "{{{{{{{1}}}}}}}"),
    ] {
        assert_eq!(named(name).decode_text(text), text.into(), "{name}");
    }
}
