//! Facts on literals. Whether databases read them back is tested with the real ones, in the suite `literals`.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::report::sql::Dialect::{Generic, Mysql, Postgres, Sqlite};
use crate::report::sql::lexer::{TokenKind, tokens};

fn of(dialect: Dialect, value: Value, type_name: &str) -> String {
    literal(dialect, &value, Some(type_name).filter(|name| !name.is_empty()))
        .unwrap_or_else(|error| format!("{error:?}"))
}

#[test]
fn postgres_literals_have_their_types() {
    for (value, ty, expected) in [
        (json!(null), "INT8", "NULL::int8"),
        (json!(null), "", "NULL"),
        (json!(true), "BOOL", "true"),
        (json!(5), "INT4", "5"),
        (json!(5), "INT8", "5::int8"),
        (json!(i64::MIN), "INT8", "(-9223372036854775808)::int8"),
        (json!(-5), "", "-5"),
        (json!(-0.0), "FLOAT8", "'-0.0'::float8"),
        (json!("NaN"), "FLOAT4", "'NaN'::float4"),
        (json!("1.50"), "NUMERIC", "'1.50'::numeric"),
        (json!("it's"), "TEXT", "'it''s'::text"),
        (json!("a\\'b"), "", "E'a\\\\''b'"),
        (json!("\\x00ff"), "BYTEA", "'\\x00ff'::bytea"),
        (json!("\\x0g"), "BYTEA", "Unknown"),
        (json!("\\x00"), "mood", "Unknown"),
        (json!("\\x00"), "TEXT", "E'\\\\x00'::text"),
        (json!("101"), "BIT", "B'101'"),
        (json!("10:00"), "timestamp with time zone", "'10:00'::timestamp with time zone"),
        (json!({"a": "it's"}), "JSONB", "'{\"a\":\"it''s\"}'::jsonb"),
        (json!("a"), "JSON", "'\"a\"'::json"),
        (json!({"a": "\0"}), "JSONB", "Nul"),
        (json!([1, null, [2]]), "INT4[]", "'{1,NULL,{2}}'::int4[]"),
        (json!(["a\"b\\", "", "NULL"]), "TEXT[]", "E'{\"a\\\\\"b\\\\\\\\\",\"\",\"NULL\"}'::text[]"),
        (json!([1]), "", "Unknown"),
        (json!({"a": 1}), "pair", "Unknown"),
        (json!("x"), "int); DROP TABLE a; --", "'x'"),
    ] {
        assert_eq!(of(Postgres, value, ty), expected);
    }
}

#[test]
fn mysql_literals_escape_backslashes() {
    for (value, ty, expected) in [
        (json!("a\\'b"), "VARCHAR", "'a\\\\''b'"),
        (json!("\\x00ff"), "BLOB", "X'00ff'"),
        (json!("\\x"), "VARBINARY", "X''"),
        (json!("\\x00ff"), "VARCHAR", "'\\\\x00ff'"),
        (json!(0.1), "DOUBLE", "1e-1"),
        (json!(1.0), "DOUBLE", "1e0"),
        (json!("-1.50"), "DECIMAL", "-1.50"),
        (json!("1; DROP"), "DECIMAL", "Unknown"),
        (json!("2026-01-02"), "DATE", "DATE'2026-01-02'"),
        (json!("0000-00-00"), "DATE", "'0000-00-00'"),
        (json!("-100:00:00"), "TIME", "TIME'-100:00:00'"),
        (json!("2026-01-02 03:04:05.5"), "DATETIME", "TIMESTAMP'2026-01-02 03:04:05.5'"),
        (json!("x'; DROP"), "DATE", "'x''; DROP'"),
        (json!(["a"]), "JSON", "JSON_EXTRACT('[\"a\"]', '$')"),
        (json!(true), "BOOLEAN", "TRUE"),
        (json!(u64::MAX), "BIGINT UNSIGNED", "18446744073709551615"),
        (json!([1]), "", "Unknown"),
    ] {
        assert_eq!(of(Mysql, value, ty), expected);
    }
}

#[test]
fn sqlite_literals_have_their_storage_classes() {
    for (value, ty, expected) in [
        (json!(true), "", "1"),
        (json!(1.0), "REAL", "1.0"),
        (json!(1), "REAL", "1.0"),
        (json!("-Infinity"), "REAL", "-9e999"),
        (json!("NaN"), "REAL", "NULL"),
        (json!("NaN"), "TEXT", "'NaN'"),
        (json!("\\x00ff"), "BLOB", "x'00ff'"),
        (json!("a\\'b"), "TEXT", "'a\\''b'"),
        (json!(u64::MAX), "", "Unknown"),
    ] {
        assert_eq!(of(Sqlite, value, ty), expected);
    }
}

#[test]
fn values_that_are_not_there_have_no_literal() {
    for dialect in [Postgres, Mysql, Sqlite, Generic] {
        assert_eq!(of(dialect, json!("abc…(+12 B)"), "TEXT"), "Cut");
        assert_eq!(of(dialect, json!("\\x00…(+12 B)"), "BYTEA"), "Cut");
        assert_eq!(of(dialect, json!("[redacted]"), "INT8"), "Redacted");
        assert_eq!(of(dialect, json!("[redactor failed]"), ""), "Redacted");
        assert_eq!(of(dialect, json!("a\0b"), ""), "Nul");
    }
    assert_eq!(of(Generic, json!("\\' OR 1=1 --"), ""), "Backslash");
    assert_eq!(of(Generic, json!([1]), ""), "Unknown");
}

proptest! {
    #[test]
    fn no_text_breaks_out(text in any::<String>(), hostile in "['\"\\\\;a$*/\n-]{0,12}", ty in "(TEXT|JSONB|BYTEA|a; b|VARCHAR|)") {
        for dialect in [Postgres, Mysql, Sqlite, Generic] {
            for text in [&text, &hostile] {
                let Ok(literal) = literal(dialect, &json!(text), Some(&*ty).filter(|ty| !ty.is_empty())) else { continue };
                let kinds: Vec<_> = tokens(&literal, dialect).map(|token| token.kind).collect();
                prop_assert_eq!(kinds.iter().filter(|kind| **kind == TokenKind::Text).count(), 1, "{}", literal);
                prop_assert!(kinds.len() <= 3, "{}", literal);
            }
        }
    }
}

#[test]
fn numbers_beyond_64_bits_keep_all_digits() {
    let of = |dialect, json: &str, ty| of(dialect, crate::python_json::value(json).expect("JSON"), ty);
    const BIG: &str = "123456789012345678901234567890";
    for (json, ty, expected) in [
        (BIG, "NUMERIC", "123456789012345678901234567890::numeric"),
        (BIG, "", BIG),
        ("-123456789012345678901234567890", "NUMERIC", "(-123456789012345678901234567890)::numeric"),
        (BIG, "FLOAT8", "'123456789012345678901234567890'::float8"),
        ("1e400", "NUMERIC", "'1e400'::numeric"),
        (BIG, "JSONB", "'123456789012345678901234567890'::jsonb"),
        ("{\"a\":[123456789012345678901234567890]}", "JSON", "'{\"a\":[123456789012345678901234567890]}'::json"),
        (
            "[1,123456789012345678901234567890,null]",
            "NUMERIC[]",
            "'{1,123456789012345678901234567890,NULL}'::numeric[]",
        ),
        ("[[123456789012345678901234567890]]", "JSONB[]", "Unknown"),
        (
            "[{\"a\":123456789012345678901234567890}]",
            "JSONB[]",
            "E'{\"{\\\\\"a\\\\\":123456789012345678901234567890}\"}'::jsonb[]",
        ),
    ] {
        assert_eq!(of(Postgres, json, ty), expected, "{json} {ty}");
    }
    for (json, ty, expected) in [
        (BIG, "", BIG),
        (BIG, "DECIMAL", BIG),
        ("0.10000000000000000000000001", "", "0.10000000000000000000000001"),
        ("1e400", "DOUBLE", "Unknown"),
        (BIG, "JSON", "JSON_EXTRACT('123456789012345678901234567890', '$')"),
    ] {
        assert_eq!(of(Mysql, json, ty), expected, "{json} {ty}");
    }
    assert_eq!(of(Mysql, &"7".repeat(66), ""), "Unknown", "DECIMAL has 65 digits");
    // It would be read as a floating-point number.
    assert_eq!(of(Sqlite, BIG, ""), "Unknown");
    assert_eq!(of(Generic, BIG, ""), BIG);
}
