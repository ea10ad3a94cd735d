//! Bytes that nobody sends: they are decoded to something, in little memory.

use std::sync::Arc;

use proptest::prelude::*;

use super::{bytes, decoded, named, written};
use crate::db::postgres::PgType;

/// Every type with a decoder of its own, and what they are made of.
fn types() -> Vec<PgType> {
    let names = [
        "bool",
        "bytea",
        "char",
        "int8",
        "int2vector",
        "int4",
        "text",
        "oid",
        "tid",
        "json",
        "jsonb",
        "point",
        "lseg",
        "path",
        "box",
        "polygon",
        "line",
        "circle",
        "cidr",
        "inet",
        "float4",
        "float8",
        "macaddr",
        "macaddr8",
        "money",
        "date",
        "time",
        "timetz",
        "timestamp",
        "timestamptz",
        "interval",
        "varbit",
        "numeric",
        "record",
        "uuid",
        "pg_lsn",
        "int4range",
        "numrange",
        "tstzmultirange",
        "jsonpath",
        "xid8",
        "void",
        "hstore",
        "cube",
        "ltree",
        "text[]",
        "numeric[]",
        "box[]",
        "record[]",
        "no_such_type",
    ];
    let mut types: Vec<PgType> = names.map(named).into();
    let fields = [("a".into(), named("record[]")), ("b".into(), named("text"))];
    let composite = PgType::Composite { name: "own".into(), fields: fields.into() };
    types.push(PgType::Array(Arc::new(composite.clone())));
    types.push(composite);
    types.push(PgType::Range { name: "own".into(), element: Arc::new(named("text")) });
    types.push(PgType::Multirange { name: "own".into(), element: Arc::new(named("float4")) });
    types
}

/// Bytes with many that are small, as counts and lengths are.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => Just(0_u8), 2 => 0_u8..9, 1 => Just(0x19), 1 => Just(0xff), 1 => any::<u8>()];
    prop::collection::vec(byte, 0..80)
}

proptest! {
    #[test]
    fn any_bytes_are_some_value(random: Vec<u8>, plausible in plausible()) {
        for ty in types() {
            written(&ty.decode(&random));
            written(&ty.decode(&plausible));
        }
    }

    #[test]
    fn any_text_is_some_value(random: String, plausible in r#"[\[\]{}()",;\\=:0-9aNUL x-]{0,24}"#) {
        for ty in types() {
            written(&ty.decode_text(&random));
            written(&ty.decode_text(&plausible));
        }
    }

    #[test]
    fn any_name_is_some_type(name in r#"[a-cA-C_."\[\]]{0,12}"#, random: String) {
        written(&named(&name).decode(b"1234"));
        written(&named(&random).decode(b"1234"));
    }

    #[test]
    fn text_of_floating_point_numbers_reads_back(double: f64, single: f32) {
        use crate::db::postgres::float::{float4, float8};
        prop_assert_eq!(float8(double).parse::<f64>().expect("a number").to_bits(), double.to_bits());
        prop_assert_eq!(float4(single).parse::<f32>().expect("a number").to_bits(), single.to_bits());
    }
}

#[test]
fn counts_are_not_believed() {
    for (name, hex) in [
        ("int4[]", "0000000100000000000000177fffffff00000001"),
        (
            "int4[]",
            "00000006000000000000001700010000000000010001000000000001000100000000000100010000000000010001000000000001\
                    0001000000000001",
        ),
        ("int4[]", "7fffffff0000000000000017"),
        ("int4[]", "000000010000000000000017ffffffff00000001"),
        ("record", "7fffffff"),
        ("hstore", "7fffffff"),
        ("int4multirange", "7fffffff"),
        ("path", "017fffffff"),
        ("polygon", "7fffffff"),
        ("varbit", "7fffffff"),
        ("text[]", "0000000100000000000000190000000100000001 7fffffff"),
    ] {
        let hex = hex.replace(' ', "");
        assert_eq!(decoded(name, &hex), format!("\"\\\\x{hex}\""), "{name}");
    }
}

#[test]
fn numerics_are_as_long_as_the_database_allows_and_many_of_them_are_not() {
    let longest = bytes("00017fff000000000001");
    let text = written(&named("numeric").decode(&longest));
    assert_eq!(text, format!("\"1{}\"", "0".repeat(4 * 0x7fff)));
    let mut array = bytes("0000000100000000000006a4000003e800000001");
    for _ in 0..1000 {
        array.extend([0, 0, 0, 10]);
        array.extend(&longest);
    }
    let text = written(&named("numeric[]").decode(&array));
    assert!(text.len() < 1_200_000, "{}", text.len());
    assert!(text.ends_with(r#""\\x00017fff000000000001"]"#));
}

#[test]
fn nested_records_have_an_end() {
    let mut value = bytes("00000000");
    for _ in 0..1000 {
        let length = u32::try_from(value.len()).expect("a length");
        let mut outer = bytes("00000001000008c9");
        outer.extend(length.to_be_bytes());
        outer.append(&mut value);
        value = outer;
    }
    let text = written(&named("record").decode(&value));
    assert!(text.starts_with(&format!("{}\"\\\\x", "[".repeat(32))), "{}", &text[..80]);
}
