//! Values of many parts.

use std::sync::Arc;

use super::{bytes, decoded, named, written};
use crate::db::postgres::PgType;

fn composite() -> PgType {
    let fields = [("a", named("int4")), ("b", named("text")), ("c", PgType::Enum { name: "mood".into() })];
    PgType::Composite { name: "pair".into(), fields: fields.map(|(name, ty)| (name.into(), ty)).into() }
}

/// A record of int4, text and a type of which only the server knows.
const PAIR: &str = "000000030000001700000004000000010000001900000001780000ffff000000026f6b";

#[test]
fn arrays_are_lists() {
    let numbers = "00000001000000010000001700000003000000010000000400000001ffffffff0000000400000003";
    for name in ["int4[]", "_int4", "integer[]", "pg_catalog._int4"] {
        assert_eq!(decoded(name, numbers), "[1,null,3]", "{name}");
    }
    assert_eq!(written(&PgType::Oid(1007).decode(&bytes(numbers))), "[1,null,3]");
    assert_eq!(decoded("int4[]", "000000000000000000000017"), "[]");
}

#[test]
fn dimensions_nest_and_lower_bounds_are_left_out() {
    // [0:1][2:3]={{a,b},{c,NULL}}
    let array = "00000002000000010000001900000002000000000000000200000002\
                 000000016100000001620000000163ffffffff";
    assert_eq!(decoded("text[]", array), r#"[["a","b"],["c",null]]"#);
    // A dimension of no elements makes the array empty.
    assert_eq!(decoded("text[]", "000000020000000000000019000000000000000100000fff00000001"), "[]");
}

#[test]
fn elements_are_what_the_bytes_say_where_these_know() {
    let one = |oid: &str| format!("0000000100000000{oid}000000010000000100000004{}", "00000007");
    // A hole that sqlx leaves, and an OID of this server only.
    for oid in ["00000000", "0000ffff"] {
        assert_eq!(decoded("int4[]", &one(oid)), "[7]");
    }
    assert_eq!(decoded("no_such_type[]", &one("00000017")), "[7]");
    assert_eq!(decoded("no_such_type[]", &one("00000000")), r#"["\\x00000007"]"#);
    assert_eq!(decoded("int4[]", &one("00000e1e")), r#"["\\x00000007"]"#);
}

#[test]
fn composites_are_objects_and_records_lists() {
    assert_eq!(written(&composite().decode(&bytes(PAIR))), r#"{"a":1,"b":"x","c":"ok"}"#);
    assert_eq!(decoded("record", PAIR), r#"[1,"x","\\x6f6b"]"#);
    let array = format!("00000001000000000000ffff000000010000000100000023{PAIR}");
    let ty = PgType::Array(Arc::new(composite()));
    assert_eq!(written(&ty.decode(&bytes(&array))), r#"[{"a":1,"b":"x","c":"ok"}]"#);
}

#[test]
fn a_composite_with_other_fields_than_known_has_no_names() {
    assert_eq!(written(&composite().decode(&bytes("000000010000001700000004000000ff"))), "[255]");
}

#[test]
fn domains_are_their_base() {
    let ty = PgType::Domain { name: "positive".into(), base: Arc::new(named("int4")) };
    assert_eq!(written(&ty.decode(&bytes("00000007"))), "7");
}

#[test]
fn ranges_are_quoted_as_the_database_does() {
    for (name, hex, text) in [
        ("int4range", "020000000400000001000000040000000a", "[1,10)"),
        ("numrange", "01", "empty"),
        ("numrange", "18", "(,)"),
        ("numrange", "1e", "(,)"),
        ("tsrange", "12000000080002ea470ae86000", "[\"2026-01-01 00:00:00\",)"),
        ("daterange", "080000000400002519", "(,2026-01-01)"),
        ("numrange", "060000000c0002000000000002000113880000000c000200000000000100021388", "[1.50,2.5]"),
        (
            "int4multirange",
            "00000002000000110200000004000000010000000400000003000000110200000004000000050000000400000008",
            "{[1,3),[5,8)}",
        ),
        ("int4multirange", "00000000", "{}"),
    ] {
        assert_eq!(named(name).decode(&bytes(hex)), text.into(), "{name} {hex}");
    }
    let range = |element: &str| PgType::Range { name: "own".into(), element: Arc::new(named(element)) };
    // a b and c"\d
    let text = bytes("02000000036120620000000463225c64");
    assert_eq!(range("text").decode(&text), r#"["a b","c""\\d")"#.into());
    assert_eq!(range("float8").decode(&bytes("1200000008430c6bf526340000")), "[1e+15,)".into());
    // Bounds that are unknown, that are missing, and something behind them.
    for (element, hex) in [("no_such_type", "100000000461626364"), ("text", "0200000001"), ("text", "0100")] {
        assert_eq!(range(element).decode(&bytes(hex)), bytes(hex).as_slice().into());
    }
}

#[test]
fn hstores_are_objects() {
    let hstore = "00000002000000016100000001310000000162ffffffff";
    assert_eq!(decoded("hstore", hstore), r#"{"a":"1","b":null}"#);
    assert_eq!(decoded("public.hstore", hstore), r#"{"a":"1","b":null}"#);
    assert_eq!(decoded("hstore", "00000000"), "{}");
}
