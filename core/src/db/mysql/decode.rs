//! Which decoder a value of a type gets, and how long it is.

use std::borrow::Cow;
use std::str;

use serde::de::IgnoredAny;

use super::MysqlType;
use super::column::*;
use super::temporal;
use crate::db::DbValue;

pub(super) fn param<'a>(ty: &MysqlType, values: &mut &'a [u8]) -> Option<DbValue<'a>> {
    let length = match ty.column_type {
        NULL => return Some(DbValue::Null),
        TINY => 1,
        SHORT | YEAR => 2,
        LONG | INT24 | FLOAT => 4,
        LONGLONG | DOUBLE => 8,
        // The decoder of rows wants their length, too.
        DATE | TIME | DATETIME | TIMESTAMP => usize::from(*values.first()?) + 1,
        DECIMAL | VARCHAR | BIT | JSON..=GEOMETRY => length_encoded(values)?,
        _ => return None,
    };
    let (value, rest) = values.split_at_checked(length)?;
    *values = rest;
    // sqlx 0.9 sends JSON as a binary STRING, and bytes as a BLOB.
    if ty.column_type == STRING && ty.binary && !ty.enumeration && !ty.set && is_json(value) {
        return Some(json(value));
    }
    Some(binary(ty, value))
}

pub(super) fn binary<'a>(ty: &MysqlType, value: &'a [u8]) -> DbValue<'a> {
    let decoded = match ty.column_type {
        TINY | SHORT | LONG | INT24 | LONGLONG | YEAR => integer(ty, value),
        FLOAT => value.try_into().ok().map(|bytes| DbValue::Single(f32::from_le_bytes(bytes))),
        DOUBLE => value.try_into().ok().map(|bytes| DbValue::Float(f64::from_le_bytes(bytes))),
        DATE => temporal::date(value).map(DbValue::from),
        DATETIME | TIMESTAMP => temporal::datetime(value).map(DbValue::from),
        TIME => temporal::time(value).map(DbValue::from),
        _ => return either(ty, value),
    };
    decoded.unwrap_or(DbValue::Bytes(Cow::Borrowed(value)))
}

pub(super) fn text<'a>(ty: &MysqlType, value: &'a [u8]) -> DbValue<'a> {
    let Ok(text) = str::from_utf8(value) else { return either(ty, value) };
    let decoded = match ty.column_type {
        TINY | SHORT | LONG | INT24 | LONGLONG | YEAR => match text.parse() {
            Ok(number) => Some(boolean(ty, number)),
            Err(_) => text.parse().ok().map(DbValue::Unsigned),
        },
        FLOAT => text.parse().ok().filter(|value: &f32| value.is_finite()).map(DbValue::Single),
        DOUBLE => text.parse().ok().filter(|value: &f64| value.is_finite()).map(DbValue::Float),
        _ => return either(ty, value),
    };
    decoded.unwrap_or(DbValue::Text(text.into()))
}

/// Values that are the same in both formats.
fn either<'a>(ty: &MysqlType, value: &'a [u8]) -> DbValue<'a> {
    match ty.column_type {
        NULL if value.is_empty() => DbValue::Null,
        BIT => bits(ty, value).unwrap_or(DbValue::Bytes(value.into())),
        JSON => json(value),
        // A SET or ENUM of bytes has labels of bytes, which may be text and mostly is.
        DECIMAL | NEWDECIMAL | ENUM | SET | DATE | TIME | DATETIME | TIMESTAMP => string(value),
        STRING if ty.enumeration || ty.set => string(value),
        VARCHAR | VAR_STRING | STRING | TINY_BLOB | BLOB | MEDIUM_BLOB | LONG_BLOB if !ty.binary => string(value),
        _ => DbValue::Bytes(value.into()),
    }
}

/// Text, where it is UTF-8, and else bytes.
fn string(value: &[u8]) -> DbValue<'_> {
    str::from_utf8(value).map_or(DbValue::Bytes(value.into()), DbValue::from)
}

fn json(value: &[u8]) -> DbValue<'_> {
    str::from_utf8(value).map_or(DbValue::Bytes(value.into()), |text| DbValue::Json(text.into()))
}

fn is_json(value: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(value).is_ok()
}

/// A whole number of the length that its type has.
fn integer<'a>(ty: &MysqlType, value: &[u8]) -> Option<DbValue<'a>> {
    let number = match (ty.column_type, ty.unsigned) {
        (TINY, false) => i8::from_le_bytes(value.try_into().ok()?).into(),
        (TINY, true) => u8::from_le_bytes(value.try_into().ok()?).into(),
        (SHORT, false) => i16::from_le_bytes(value.try_into().ok()?).into(),
        (SHORT, true) | (YEAR, _) => u16::from_le_bytes(value.try_into().ok()?).into(),
        (LONG | INT24, false) => i32::from_le_bytes(value.try_into().ok()?).into(),
        (LONG | INT24, true) => u32::from_le_bytes(value.try_into().ok()?).into(),
        (_, false) => i64::from_le_bytes(value.try_into().ok()?),
        (_, true) => return Some(DbValue::Unsigned(u64::from_le_bytes(value.try_into().ok()?))),
    };
    Some(boolean(ty, number))
}

/// A boolean, where the type says so and the number is none but a boolean.
fn boolean<'a>(ty: &MysqlType, number: i64) -> DbValue<'a> {
    match number {
        0 | 1 if ty.is_boolean() => DbValue::Bool(number == 1),
        _ => DbValue::Integer(number),
    }
}

/// Bits in network order: as many digits as the type has, or a number.
fn bits<'a>(ty: &MysqlType, value: &[u8]) -> Option<DbValue<'a>> {
    if value.len() > 8 {
        return None;
    }
    let number = value.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    match ty.max_size.and_then(|size| usize::try_from(size).ok()) {
        // Digits that do not fit say that this is no size.
        Some(size @ 1..=64) if size == 64 || number >> size == 0 => Some(format!("{number:0size$b}").into()),
        _ => Some(DbValue::Unsigned(number)),
    }
}

/// A length of the protocol, taken off the front: one byte, or one that says how many follow.
fn length_encoded(values: &mut &[u8]) -> Option<usize> {
    let (first, rest) = values.split_first()?;
    let bytes = match first {
        0..=250 => 0,
        0xfc => 2,
        0xfd => 3,
        0xfe => 8,
        _ => return None,
    };
    let (length, rest) = rest.split_at_checked(bytes)?;
    *values = rest;
    if bytes == 0 {
        return Some(usize::from(*first));
    }
    usize::try_from(length.iter().rev().fold(0_u64, |length, byte| length << 8 | u64::from(*byte))).ok()
}
