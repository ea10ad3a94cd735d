//! Values of one part.

use super::{bytes, decoded, named};
use crate::db::DbValue;
use crate::db::postgres::float::{float4, float8};

#[test]
fn text_is_what_the_database_prints() {
    for (name, hex, text) in [
        ("numeric", "0000000000000000", "0"),
        ("numeric", "0000000000000003", "0.000"),
        ("numeric", "0003000140000006000109291a85", "-12345.678900"),
        ("numeric", "00010002000000000001", "100000000"),
        ("numeric", "0001fffe000000080001", "0.00000001"),
        ("numeric", "00000000c0000000", "NaN"),
        ("numeric", "00000000d0000020", "Infinity"),
        ("numeric", "00000000f0000020", "-Infinity"),
        ("date", "00002660", "2026-11-24"),
        ("date", "fff49d7b", "0044-03-15 BC"),
        ("date", "0037e062", "12026-01-01"),
        ("date", "7fffffff", "infinity"),
        ("date", "80000000", "-infinity"),
        ("time", "0000000a8be62608", "12:34:56.789"),
        ("time", "000000141dd76000", "24:00:00"),
        ("timetz", "00000000dde878c100004d58", "01:02:03.000001-05:30"),
        ("timetz", "000000000000000000000000", "00:00:00+00"),
        ("timetz", "0000000000000000fffff175", "00:00:00+01:02:03"),
        ("timestamp", "00030403b4de1c00", "2026-11-24 12:34:56"),
        ("timestamp", "ff1fc63d1bb8c120", "0001-01-01 00:00:00.5 BC"),
        ("timestamp", "8000000000000000", "-infinity"),
        ("timestamptz", "00030403b4ea2608", "2026-11-24 12:34:56.789+00"),
        ("timestamptz", "ff1af9deec5b2000", "0044-03-15 00:00:00+00 BC"),
        ("timestamptz", "7fffffffffffffff", "infinity"),
        ("interval", "00000000000000000000000000000000", "00:00:00"),
        ("interval", "000000036c8bc081fffffffd0000000e", "1 year 2 mons -3 days +04:05:06.000001"),
        ("interval", "fffffffffff85ee000000001ffffffff", "-1 mons +1 day -00:00:00.5"),
        ("interval", "0000000000000000000000000000000c", "1 year"),
        ("interval", "000000000000000000000000fffffff2", "-1 years -2 mons"),
        ("interval", "000000a7a35820000000000000000000", "200:00:00"),
        ("uuid", "67e5504410b1426f9247bb680e5fe0c8", "67e55044-10b1-426f-9247-bb680e5fe0c8"),
        ("inet", "02200004c0a80001", "192.168.0.1"),
        ("inet", "02180004c0a80001", "192.168.0.1/24"),
        ("inet", "0380001000000000000000000000000000000001", "::1"),
        ("inet", "0340001020010db8000000000000000000000001", "2001:db8::1/64"),
        ("inet", "0380001000000000000000000000ffff01020304", "::ffff:1.2.3.4"),
        ("inet", "0380001000000000000000000000000001020304", "::1.2.3.4"),
        ("cidr", "020801040a000000", "10.0.0.0/8"),
        ("cidr", "02200104c0a80001", "192.168.0.1/32"),
        ("cidr", "0300011000000000000000000000000000000000", "::/0"),
        ("macaddr", "08002b010203", "08:00:2b:01:02:03"),
        ("macaddr8", "08002b0102030405", "08:00:2b:01:02:03:04:05"),
        ("varbit", "00000005b0", "10110"),
        ("varbit", "00000000", ""),
        ("bit", "0000000180", "1"),
        ("point", "3ff80000000000008000000000000000", "(1.5,-0)"),
        ("lseg", "3ff0000000000000400000000000000040080000000000004010000000000000", "[(1,2),(3,4)]"),
        ("path", "01000000023ff0000000000000400000000000000040080000000000004010000000000000", "((1,2),(3,4))"),
        ("path", "00000000013ff00000000000004000000000000000", "[(1,2)]"),
        ("box", "400800000000000040100000000000003ff00000000000004000000000000000", "(3,4),(1,2)"),
        ("line", "3ff000000000000040000000000000004008000000000000", "{1,2,3}"),
        ("circle", "7e37e43c8800759c7ff80000000000007ff0000000000000", "<(1e+300,NaN),Infinity>"),
        ("pg_lsn", "00000016b374d848", "16/B374D848"),
        (
            "polygon",
            "000000023f1a36e2eb1c432d3ee4f8b588e368f1430c6bf52634000042d6bcc41e900000",
            "((0.0001,1e-05),(1e+15,100000000000000))",
        ),
        ("tid", "000000070003", "(7,3)"),
        ("cube", "000000023ff0000000000000400000000000000040080000000000004010000000000000", "(1, 2),(3, 4)"),
        ("cube", "800000013ff8000000000000", "(1.5)"),
        ("text", "c3a9", "é"),
        ("citext", "4162", "Ab"),
        ("char", "41", "A"),
        ("char", "00", ""),
        ("void", "", ""),
        ("ltree", "01612e62", "a.b"),
        ("jsonpath", "01242e22612223", "$.\"a\"#"),
    ] {
        assert_eq!(named(name).decode(&bytes(hex)), DbValue::from(text), "{name} {hex}");
    }
}

#[test]
fn numbers_are_numbers() {
    for (name, hex, json) in [
        ("bool", "01", "true"),
        ("bool", "00", "false"),
        ("int2", "8000", "-32768"),
        ("int4", "ffffffff", "-1"),
        ("int8", "7fffffffffffffff", "9223372036854775807"),
        ("oid", "ffffffff", "4294967295"),
        ("xid", "80000000", "2147483648"),
        ("xid8", "ffffffffffffffff", "18446744073709551615"),
        ("money", "ffffffffffffff9c", "\"-$1.00\""),
        ("money", "0000000000000005", "\"$0.05\""),
        ("money", "00000000075bcd15", "\"$1,234,567.89\""),
        ("money", "8000000000000000", "\"-$92,233,720,368,547,758.08\""),
        ("float4", "3dcccccd", "0.1"),
        ("float8", "3fb999999999999a", "0.1"),
        ("float8", "7ff8000000000000", "\"NaN\""),
        ("float8", "fff0000000000000", "\"-Infinity\""),
    ] {
        assert_eq!(decoded(name, hex), json, "{name} {hex}");
    }
}

#[test]
fn json_is_json_whatever_sqlx_has_put_before_it() {
    for (name, hex) in [
        ("json", "7b2261223a20317d"),
        ("json", "017b2261223a317d"),
        ("json", "207b2261223a317d"),
        ("jsonb", "017b2261223a20317d"),
        ("jsonb", "207b2261223a317d"),
    ] {
        assert_eq!(decoded(name, hex), r#"{"a":1}"#, "{name} {hex}");
    }
    assert_eq!(decoded("jsonb", "027b7d"), r#""\\x027b7d""#);
}

#[test]
fn what_is_malformed_is_shown_as_bytes() {
    for (name, hex) in [
        ("bool", "02"),
        ("bool", "0100"),
        ("int4", "000001"),
        ("int4", "0000000001"),
        ("text", "ff"),
        ("char", "ff"),
        ("uuid", "00"),
        // Groups are less than 10,000, and there are as many as their count says.
        ("numeric", "00010000000000002710"),
        ("numeric", "00020000000000000001"),
        ("numeric", "0001000000010000"),
        ("numeric", "0000000012340000"),
        // One day too early, and the first that is too late.
        ("date", "ffda97a6"),
        ("date", "7fda97a5"),
        ("time", "000000141dd76001"),
        ("timetz", "00000000000000000000e100"),
        ("timestamp", "8000000000000001"),
        ("inet", "02210004c0a80001"),
        ("inet", "04200004c0a80001"),
        ("inet", "02200005c0a8000100"),
        ("varbit", "00000009b0"),
        ("varbit", "ffffffffb0"),
        ("path", "0100000000"),
        ("path", "02000000013ff00000000000004000000000000000"),
        ("cube", "00000065"),
        ("void", "00"),
        ("ltree", "0261"),
        ("point", "3ff8"),
        // What PostgreSQL knows and nobody here does.
        ("tsvector", "00000000"),
        ("no_such_type", "00"),
    ] {
        assert_eq!(decoded(name, hex), format!("\"\\\\x{hex}\""), "{name}");
    }
}

#[test]
fn digits_of_numerics_are_those_that_the_scale_keeps() {
    // 0.0009 with two digits behind the point: the server cuts it off, and zero has no sign.
    assert_eq!(decoded("numeric", "0001ffff400000020009"), "\"0.00\"");
    assert_eq!(decoded("numeric", "000200004000000200010925"), "\"-1.23\"");
    // Groups before the first that is not zero.
    assert_eq!(decoded("numeric", "00020001000000000000002a"), "\"42\"");
}

#[test]
fn corners_of_a_box_are_sorted() {
    let corners = "3ff0000000000000401000000000000040080000000000004000000000000000";
    assert_eq!(decoded("box", corners), "\"(3,4),(1,2)\"");
}

#[test]
fn floating_point_text_is_nearer_to_its_number_than_to_others() {
    for (number, text) in [
        // Half way between two decimals the even one is taken.
        (-34_970_401_728_913.312_f64, "-34970401728913.312"),
        // Fewer digits would be half way between two numbers.
        (-3.206_386_509_180_52e17, "-3.2063865091805197e+17"),
        (2_f64.powi(-44), "5.684341886080802e-14"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (123_456_789_012_345.0, "123456789012345"),
        (1e-4, "0.0001"),
        (1e-5, "1e-05"),
        (100.5, "100.5"),
    ] {
        assert_eq!(float8(number), text);
    }
    assert_eq!(float4(1e6), "1e+06");
    assert_eq!(float4(-2_962_604.2), "-2.9626042e+06");
    assert_eq!(float4(0.1), "0.1");
}
