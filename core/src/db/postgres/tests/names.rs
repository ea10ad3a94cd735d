//! Names of types, and what was learned by them. Each test has names of its own: what is learned stays.

use std::sync::Arc;

use super::{bytes, decoded, named, written};
use crate::db::postgres::{PgType, learn};

fn domain(name: &str, base: &str) -> PgType {
    PgType::Domain { name: name.into(), base: Arc::new(named(base)) }
}

#[test]
fn types_have_the_names_of_the_catalogue() {
    for (ty, name) in [
        (PgType::Oid(23), "int4"),
        (PgType::Oid(1184), "timestamptz"),
        (PgType::Oid(1007), "int4[]"),
        (PgType::Oid(12345), "oid 12345"),
        (named("public.mood"), "public.mood"),
        (PgType::Array(Arc::new(PgType::Enum { name: "mood".into() })), "mood[]"),
        (domain("positive", "int4"), "positive"),
    ] {
        assert_eq!(ty.name(), name);
    }
}

#[test]
fn own_types_of_the_server_are_known_by_every_name() {
    for name in ["int4", "INT4", "integer", "pg_catalog.int4", "\"int4\"", "PG_CATALOG.Int4"] {
        assert_eq!(decoded(name, "00000007"), "7", "{name}");
    }
    assert_eq!(decoded("character varying", "61"), "\"a\"");
    assert_eq!(decoded("\"char\"", "61"), "\"a\"");
    // Somebody's own type may have the name of one of the server's.
    assert_eq!(decoded("public.int4", "00000007"), r#""\\x00000007""#);
}

#[test]
fn learned_types_are_found_by_whole_names_and_by_their_last_part() {
    assert_eq!(decoded("learned_mood", "6f6b"), r#""\\x6f6b""#);
    learn(PgType::Enum { name: "public.learned_mood".into() });
    learn(PgType::Enum { name: "\"Learned Mood\"".into() });
    for name in
        ["learned_mood", "LEARNED_MOOD", "public.learned_mood", "\"public\".\"learned_mood\"", "other.learned_mood"]
    {
        assert_eq!(decoded(name, "6f6b"), "\"ok\"", "{name}");
    }
    assert_eq!(decoded("\"Learned Mood\"", "6f6b"), "\"ok\"");
    assert_eq!(decoded("\"LEARNED_MOOD\"", "6f6b"), r#""\\x6f6b""#);
    let array = "0000000100000000000000000000000100000001000000026f6b";
    for name in ["learned_mood[]", "_learned_mood", "public._learned_mood", "\"Learned Mood\"[]", "\"_Learned Mood\""] {
        assert_eq!(decoded(name, array), "[\"ok\"]", "{name}");
    }
}

#[test]
fn types_within_a_learned_type_are_learned() {
    learn(PgType::Array(Arc::new(PgType::Composite {
        name: "learned_outer".into(),
        fields: [("a".into(), domain("learned_inner", "int4"))].into(),
    })));
    assert_eq!(decoded("learned_inner", "00000007"), "7");
    assert_eq!(decoded("learned_outer", "000000010000ffff0000000400000007"), r#"{"a":7}"#);
}

#[test]
fn names_that_mean_different_types_mean_nothing() {
    learn(PgType::Enum { name: "learned_twice".into() });
    learn(PgType::Enum { name: "learned_twice".into() });
    assert_eq!(decoded("learned_twice", "00000007"), "\"\\u0000\\u0000\\u0000\\u0007\"");
    learn(domain("learned_twice", "int4"));
    learn(PgType::Enum { name: "learned_twice".into() });
    assert_eq!(decoded("learned_twice", "00000007"), r#""\\x00000007""#);
    assert_eq!(named("learned_twice").decode_text("ok"), "ok".into());

    // The whole names are still clear.
    learn(domain("a.learned_apart", "int4"));
    learn(domain("b.learned_apart", "bytea"));
    assert_eq!(decoded("a.learned_apart", "00000007"), "7");
    assert_eq!(decoded("b.learned_apart", "00000007"), r#""\\x00000007""#);
    assert_eq!(decoded("learned_apart", "00000007"), r#""\\x00000007""#);
    assert_eq!(decoded("c.learned_apart", "00000007"), r#""\\x00000007""#);
}

#[test]
fn composites_differ_by_the_names_and_types_of_their_fields() {
    let pair = |first: &str, ty: PgType| PgType::Composite {
        name: "learned_pair".into(),
        fields: [(first.into(), ty)].into(),
    };
    let value = "00000001000000170000000400000007";
    learn(pair("a", named("int4")));
    learn(pair("a", PgType::Oid(23)));
    assert_eq!(decoded("learned_pair", value), r#"{"a":7}"#);
    learn(pair("b", named("int4")));
    assert_eq!(decoded("learned_pair", value), format!("\"\\\\x{value}\""));
}

#[test]
fn a_type_that_is_made_of_itself_has_an_end() {
    learn(domain("learned_loop", "learned_loop"));
    assert_eq!(decoded("learned_loop", "00000007"), r#""\\x00000007""#);
    assert_eq!(named("learned_loop").decode_text("7"), "7".into());
    let mut ty = named("int4");
    for _ in 0..100 {
        ty = PgType::Domain { name: "deep".into(), base: Arc::new(ty) };
    }
    assert_eq!(written(&ty.decode(&bytes("00000007"))), r#""\\x00000007""#);
}
