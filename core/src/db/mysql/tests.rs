//! Values of every type, with their exact bytes.

use proptest::prelude::*;

use super::MysqlType;
use super::column::*;
use crate::db::DbValue;

const UTF8MB4: u16 = 45;

fn ty(column_type: u8, flags: u16) -> MysqlType {
    MysqlType::new(column_type, flags, None, None)
}

fn sized(column_type: u8, flags: u16, size: u32) -> MysqlType {
    MysqlType::new(column_type, flags, None, Some(size))
}

#[test]
fn names_are_those_of_sqlx() {
    for (ty, name) in [
        (sized(TINY, UNSIGNED_FLAG, 1), "BOOLEAN"),
        (sized(TINY, 0, 4), "TINYINT"),
        (ty(TINY, UNSIGNED_FLAG), "TINYINT UNSIGNED"),
        (ty(LONGLONG, UNSIGNED_FLAG), "BIGINT UNSIGNED"),
        (ty(INT24, 0), "MEDIUMINT"),
        (ty(VAR_STRING, 0), "VARCHAR"),
        (ty(VAR_STRING, BINARY_FLAG), "VARBINARY"),
        (ty(STRING, BINARY_FLAG), "BINARY"),
        (ty(STRING, ENUM_FLAG), "ENUM"),
        (ty(STRING, SET_FLAG), "SET"),
        (ty(BLOB, BINARY_FLAG), "BLOB"),
        (ty(BLOB, 0), "TEXT"),
        (ty(NEWDECIMAL, 0), "DECIMAL"),
        (ty(242, 0), "UNKNOWN"),
        // The collation knows better than the flag, which texts have, too.
        (MysqlType::new(LONG_BLOB, BINARY_FLAG, Some(UTF8MB4), None), "LONGTEXT"),
        (MysqlType::new(LONG_BLOB, BINARY_FLAG, Some(BINARY_CHARSET), None), "LONGBLOB"),
    ] {
        assert_eq!(ty.name(), name);
    }
}

#[test]
fn numbers_have_the_sign_of_their_type() {
    for (ty, bytes, value) in [
        (ty(TINY, 0), &b"\xff"[..], DbValue::Integer(-1)),
        (ty(TINY, UNSIGNED_FLAG), b"\xff", DbValue::Integer(255)),
        (ty(SHORT, 0), b"\x00\x80", DbValue::Integer(-32768)),
        (ty(YEAR, UNSIGNED_FLAG), b"\xea\x07", DbValue::Integer(2026)),
        (ty(INT24, 0), b"\xfe\xff\xff\xff", DbValue::Integer(-2)),
        (ty(LONG, UNSIGNED_FLAG), b"\xff\xff\xff\xff", DbValue::Integer(4_294_967_295)),
        (ty(LONGLONG, 0), &[0xff; 8], DbValue::Integer(-1)),
        (ty(LONGLONG, UNSIGNED_FLAG), &[0xff; 8], DbValue::Unsigned(u64::MAX)),
        (ty(FLOAT, 0), b"\xcd\xcc\xcc\x3d", DbValue::Single(0.1)),
        (ty(DOUBLE, 0), b"\x9a\x99\x99\x99\x99\x99\xb9\x3f", DbValue::Float(0.1)),
        (sized(TINY, 0, 1), b"\x01", DbValue::Bool(true)),
        (sized(TINY, 0, 1), b"\x02", DbValue::Integer(2)),
        (ty(TINY, 0), b"\x01", DbValue::Integer(1)),
        (ty(LONG, 0), b"\x01", (&b"\x01"[..]).into()),
    ] {
        assert_eq!(ty.decode_binary(bytes), value, "{ty:?}");
    }
}

#[test]
fn dates_and_times_are_what_the_database_prints() {
    for (column_type, bytes, text) in [
        (DATE, &b"\x04\xea\x07\x0b\x18"[..], "2026-11-24"),
        (DATE, b"\0", "0000-00-00"),
        (DATE, b"\x04\xe8\x07\0\0", "2024-00-00"),
        (DATETIME, b"\0", "0000-00-00 00:00:00"),
        (DATETIME, b"\x04\xea\x07\x0b\x18", "2026-11-24 00:00:00"),
        (TIMESTAMP, b"\x07\xea\x07\x0b\x18\x0c\x22\x38", "2026-11-24 12:34:56"),
        (DATETIME, b"\x0b\xea\x07\x0b\x18\x0c\x22\x38\x08\x0a\x0c\0", "2026-11-24 12:34:56.789000"),
        (TIME, b"\0", "00:00:00"),
        (TIME, b"\x08\0\0\0\0\0\x01\x02\x03", "01:02:03"),
        (TIME, b"\x08\x01\x22\0\0\0\x16\x3b\x3b", "-838:59:59"),
        (TIME, b"\x0c\0\0\0\0\0\0\0\0\x01\0\0\0", "00:00:00.000001"),
    ] {
        assert_eq!(ty(column_type, BINARY_FLAG).decode_binary(bytes), text.into());
    }
}

#[test]
fn malformed_dates_and_times_are_bytes() {
    for (column_type, bytes) in [
        (DATE, &b""[..]),
        (DATE, b"\x04\xea\x07\x0b"),
        (DATE, b"\x04\xea\x07\x0d\x18"),
        (DATE, b"\x02\xea\x07"),
        (DATETIME, b"\x07\xea\x07\x0b\x18\x18\x22\x38"),
        (DATETIME, b"\x0b\xea\x07\x0b\x18\x0c\x22\x38\x40\x42\x0f\0"),
        (TIME, b"\x08\x02\0\0\0\0\x01\x02\x03"),
        (TIME, b"\x09\0\0\0\0\0\x01\x02\x03\0"),
    ] {
        assert_eq!(ty(column_type, BINARY_FLAG).decode_binary(bytes), bytes.into());
    }
}

#[test]
fn strings_are_text_or_bytes_by_their_type() {
    let text = MysqlType::new(BLOB, BINARY_FLAG, Some(UTF8MB4), None);
    assert_eq!(text.decode_binary("é".as_bytes()), "é".into());
    assert_eq!(text.decode_binary(b"\xff"), (&b"\xff"[..]).into());
    assert_eq!(ty(BLOB, BINARY_FLAG).decode_binary(b"a"), (&b"a"[..]).into());
    assert_eq!(ty(GEOMETRY, BINARY_FLAG).decode_text(b"a"), (&b"a"[..]).into());
    assert_eq!(ty(STRING, SET_FLAG | BINARY_FLAG).decode_text(b"a,b"), "a,b".into());
    assert_eq!(ty(NEWDECIMAL, BINARY_FLAG).decode_text(b"1.50"), "1.50".into());
    assert_eq!(ty(JSON, BINARY_FLAG).decode_binary(b"[1]"), DbValue::Json("[1]".into()));
}

#[test]
fn bits_are_digits_where_their_number_is_known() {
    assert_eq!(sized(BIT, UNSIGNED_FLAG, 9).decode_binary(b"\x01\x02"), "100000010".into());
    assert_eq!(sized(BIT, UNSIGNED_FLAG, 64).decode_text(&[0xff; 8]), "1".repeat(64).into());
    assert_eq!(sized(BIT, UNSIGNED_FLAG, 1).decode_binary(b"\x02"), DbValue::Unsigned(2));
    assert_eq!(ty(BIT, UNSIGNED_FLAG).decode_binary(&[0xff; 8]), DbValue::Unsigned(u64::MAX));
    assert_eq!(ty(BIT, UNSIGNED_FLAG).decode_binary(&[1; 9]), (&[1; 9][..]).into());
}

#[test]
fn text_of_numbers_is_told_apart() {
    for (ty, text, value) in [
        (ty(LONG, 0), "-7", DbValue::Integer(-7)),
        (ty(LONG, UNSIGNED_FLAG), "00000007", DbValue::Integer(7)),
        (ty(LONGLONG, UNSIGNED_FLAG), "18446744073709551615", DbValue::Unsigned(u64::MAX)),
        (sized(TINY, 0, 1), "1", DbValue::Bool(true)),
        (ty(YEAR, UNSIGNED_FLAG), "0000", DbValue::Integer(0)),
        (ty(FLOAT, 0), "0.1", DbValue::Single(0.1)),
        (ty(DOUBLE, 0), "1e300", DbValue::Float(1e300)),
        (ty(DATETIME, BINARY_FLAG), "2026-11-24 12:34:56.789", "2026-11-24 12:34:56.789".into()),
        (ty(LONG, 0), "seven", "seven".into()),
        (ty(DOUBLE, 0), "1e999", "1e999".into()),
    ] {
        assert_eq!(ty.decode_text(text.as_bytes()), value, "{ty:?}");
    }
}

#[test]
fn parameters_are_taken_one_after_the_other() {
    let mut values = &b"\x01\x07\0\0\0\x02\xc3\xa9\xfe\x07\0\0\0\0\0\0\0{\"a\":1}\x04\xea\x07\x0b\x18\x04a"[..];
    assert_eq!(sized(TINY, BINARY_FLAG | UNSIGNED_FLAG, 1).decode_param(&mut values), Some(DbValue::Bool(true)));
    assert_eq!(ty(NULL, BINARY_FLAG).decode_param(&mut values), Some(DbValue::Null));
    assert_eq!(ty(LONG, BINARY_FLAG).decode_param(&mut values), Some(DbValue::Integer(7)));
    assert_eq!(ty(VAR_STRING, 0).decode_param(&mut values), Some("é".into()));
    // sqlx's JSON.
    assert_eq!(ty(STRING, BINARY_FLAG).decode_param(&mut values), Some(DbValue::Json("{\"a\":1}".into())));
    assert_eq!(ty(DATE, BINARY_FLAG).decode_param(&mut values), Some("2026-11-24".into()));
    // The last is cut off.
    assert_eq!(ty(BLOB, BINARY_FLAG).decode_param(&mut values), None);
}

#[test]
fn long_parameters_have_long_lengths() {
    for (length, size) in [(&b"\xfa"[..], 250), (b"\xfc\xfb\0", 251), (b"\xfd\0\0\x01", 65536)] {
        let mut values = length.to_vec();
        values.extend(vec![b'x'; size]);
        values.push(7);
        let mut rest = values.as_slice();
        assert_eq!(ty(VAR_STRING, 0).decode_param(&mut rest), Some("x".repeat(size).into()));
        assert_eq!(rest, [7]);
    }
    for mut values in [&b"\xfb"[..], b"\xff", b"\xfc\x01", b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff1", b""] {
        assert_eq!(ty(VAR_STRING, 0).decode_param(&mut values), None);
    }
}

#[test]
fn a_malformed_parameter_of_known_length_leaves_the_next_one_whole() {
    let mut values = &b"\x04\xea\x07\x0d\x18\x07\0\0\0"[..];
    assert_eq!(ty(DATE, BINARY_FLAG).decode_param(&mut values), Some((&b"\x04\xea\x07\x0d\x18"[..]).into()));
    assert_eq!(ty(LONG, BINARY_FLAG).decode_param(&mut values), Some(DbValue::Integer(7)));
    let mut values = &b"\x01"[..];
    assert_eq!(ty(242, 0).decode_param(&mut values), None);
}

proptest! {
    #[test]
    fn any_bytes_are_some_value(bytes: Vec<u8>, flags: u16, size: Option<u32>, text: String) {
        for column_type in 0..=255 {
            for size in [size, Some(1), Some(64)] {
                let ty = MysqlType::new(column_type, flags, None, size);
                let mut out = String::new();
                ty.decode_binary(&bytes).write(&mut out, 100);
                ty.decode_text(&bytes).write(&mut out, 100);
                ty.decode_text(text.as_bytes()).write(&mut out, 100);
                let mut values = bytes.as_slice();
                while ty.decode_param(&mut values).is_some() && !values.is_empty() && ty.column_type != NULL {}
            }
        }
    }
}
