//! Types and bytes as diesel has them, and as the protocol and its decoders do.

use std::borrow::Cow;

use diesel::deserialize::FromSql;
use diesel::mysql::data_types::MysqlTime;
use diesel::mysql::{Mysql, MysqlType, MysqlValue};
use diesel::sql_types::Timestamp;
use osprofiler::db::DbValue;
use osprofiler::db::mysql::MysqlType as WireType;

/// The protocol's numbers and flags, from MySQL 8.0's `field_types.h` and `mysql_com.h`.
const TINY: u8 = 0x01;
const SHORT: u8 = 0x02;
const LONG: u8 = 0x03;
const FLOAT: u8 = 0x04;
const DOUBLE: u8 = 0x05;
const TIMESTAMP: u8 = 0x07;
const LONGLONG: u8 = 0x08;
const DATE: u8 = 0x0a;
const TIME: u8 = 0x0b;
const DATETIME: u8 = 0x0c;
const BIT: u8 = 0x10;
const JSON: u8 = 0xf5;
const NEWDECIMAL: u8 = 0xf6;
const ENUM: u8 = 0xf7;
const SET: u8 = 0xf8;
const BLOB: u8 = 0xfc;
const VAR_STRING: u8 = 0xfd;
const UNSIGNED: u16 = 32;

/// The collation of what is no text, and one of what is.
const BINARY: u16 = 63;
const UTF8MB4: u16 = 45;

/// What the protocol calls a type of diesel's. `is_bool` and `is_json` say what diesel's own type does not.
pub(super) fn wire(ty: MysqlType, is_bool: bool, is_json: bool) -> WireType {
    let (column_type, flags, charset, max_size) = match ty {
        MysqlType::Tiny if is_bool => (TINY, 0, BINARY, Some(1)),
        MysqlType::Tiny => (TINY, 0, BINARY, None),
        MysqlType::UnsignedTiny => (TINY, UNSIGNED, BINARY, None),
        MysqlType::Short => (SHORT, 0, BINARY, None),
        MysqlType::UnsignedShort => (SHORT, UNSIGNED, BINARY, None),
        MysqlType::Long => (LONG, 0, BINARY, None),
        MysqlType::UnsignedLong => (LONG, UNSIGNED, BINARY, None),
        MysqlType::LongLong => (LONGLONG, 0, BINARY, None),
        MysqlType::UnsignedLongLong => (LONGLONG, UNSIGNED, BINARY, None),
        MysqlType::Float => (FLOAT, 0, BINARY, None),
        MysqlType::Double => (DOUBLE, 0, BINARY, None),
        MysqlType::Numeric => (NEWDECIMAL, 0, BINARY, None),
        MysqlType::Time => (TIME, 0, BINARY, None),
        MysqlType::Date => (DATE, 0, BINARY, None),
        MysqlType::DateTime => (DATETIME, 0, BINARY, None),
        MysqlType::Timestamp => (TIMESTAMP, 0, BINARY, None),
        MysqlType::String if is_json => (JSON, 0, BINARY, None),
        MysqlType::String => (VAR_STRING, 0, UTF8MB4, None),
        MysqlType::Bit => (BIT, 0, BINARY, None),
        MysqlType::Set => (SET, 0, UTF8MB4, None),
        MysqlType::Enum => (ENUM, 0, UTF8MB4, None),
        _ => (BLOB, 0, BINARY, None),
    };
    WireType::new(column_type, flags, Some(charset), max_size)
}

/// The bytes of diesel's buffer as the protocol has them: numbers begin with the lowest byte, dates and times with their
/// length.
pub(super) fn bytes(ty: MysqlType, bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    match ty {
        MysqlType::Time | MysqlType::Date | MysqlType::DateTime | MysqlType::Timestamp => {
            temporal(ty, bytes).map(Cow::from)
        }
        MysqlType::Tiny | MysqlType::UnsignedTiny => Some(Cow::Borrowed(bytes.get(..1)?)),
        MysqlType::Short | MysqlType::UnsignedShort => number::<2>(bytes),
        MysqlType::Long | MysqlType::UnsignedLong | MysqlType::Float => number::<4>(bytes),
        MysqlType::LongLong | MysqlType::UnsignedLongLong | MysqlType::Double => number::<8>(bytes),
        _ => Some(Cow::Borrowed(bytes)),
    }
}

/// The client library has numbers in the machine's order.
fn number<const LENGTH: usize>(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let number = bytes.first_chunk::<LENGTH>()?;
    if cfg!(target_endian = "little") {
        return Some(Cow::Borrowed(number));
    }
    let mut reversed = number.to_vec();
    reversed.reverse();
    Some(reversed.into())
}

/// A date or time as the protocol has it.
fn temporal(ty: MysqlType, bytes: &[u8]) -> Option<Vec<u8>> {
    // Diesel 2.3 writes negative times and reads none.
    let mut absolute = bytes.to_vec();
    let is_negative = std::mem::take(absolute.get_mut(std::mem::offset_of!(MysqlTime, neg))?);
    let value = MysqlValue::new(&absolute, ty);
    let time = <MysqlTime as FromSql<Timestamp, Mysql>>::from_sql(value).ok()?;
    let byte = |number: u32| u8::try_from(number).ok();
    let micros = u32::try_from(time.second_part).ok()?.to_le_bytes();
    let mut wire = Vec::with_capacity(13);
    if ty == MysqlType::Time {
        let (days, hours) = (time.day.checked_add(time.hour / 24)?, time.hour % 24);
        wire.extend([12, is_negative]);
        wire.extend(days.to_le_bytes());
        wire.extend([byte(hours)?, byte(time.minute)?, byte(time.second)?]);
    } else {
        let year = u16::try_from(time.year).ok()?.to_le_bytes();
        let date = [year[0], year[1], byte(time.month)?, byte(time.day)?];
        if ty == MysqlType::Date {
            wire.push(4);
            wire.extend(date);
            return Some(wire);
        }
        wire.push(11);
        wire.extend(date);
        wire.extend([byte(time.hour)?, byte(time.minute)?, byte(time.second)?]);
    }
    wire.extend(micros);
    Some(wire)
}

/// The value, and where its form is not known its bytes.
pub(super) fn decode(wire_type: WireType, ty: MysqlType, value: &[u8]) -> DbValue<'_> {
    match bytes(ty, value) {
        Some(Cow::Borrowed(bytes)) => wire_type.decode_binary(bytes),
        Some(Cow::Owned(bytes)) => wire_type.decode_binary(&bytes).into_owned(),
        None => DbValue::Bytes(value.into()),
    }
}

/// The value of which only the beginning is kept.
pub(super) fn decode_head(wire_type: WireType, ty: MysqlType, head: &[u8], length: usize) -> DbValue<'_> {
    if head.len() >= length {
        return decode(wire_type, ty, head);
    }
    let is_text = matches!(ty, MysqlType::String | MysqlType::Enum | MysqlType::Set | MysqlType::Numeric);
    let text = match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        // A character may have been cut.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).ok(),
        Err(_) => None,
    };
    match text.filter(|_| is_text) {
        Some(text) => DbValue::TextHead(text.into(), length),
        None => DbValue::BytesHead(head.into(), length),
    }
}

#[cfg(test)]
mod tests {
    use diesel::mysql::data_types::MysqlTimestampType;

    use super::*;

    fn time(day: u32, hour: u32, is_negative: bool) -> Vec<u8> {
        let kind = MysqlTimestampType::MYSQL_TIMESTAMP_TIME;
        MysqlTime::new(0, 0, day, hour, 2, 3, 4, is_negative, kind, 0).serialize().to_vec()
    }

    #[test]
    fn times_are_negative_and_longer_than_a_day() {
        for (bytes, shown) in [
            (time(0, 1, false), "01:02:03.000004"),
            (time(0, 1, true), "-01:02:03.000004"),
            (time(34, 22, true), "-838:02:03.000004"),
            (time(0, 100, false), "100:02:03.000004"),
        ] {
            let ty = wire(MysqlType::Time, false, false);
            assert_eq!(decode_head(ty, MysqlType::Time, &bytes, bytes.len()), shown.into());
        }
        let endless = time(u32::MAX, 24, false);
        let ty = wire(MysqlType::Time, false, false);
        assert_eq!(
            decode_head(ty, MysqlType::Time, &endless, endless.len()),
            DbValue::Bytes(endless.as_slice().into())
        );
    }

    #[test]
    fn the_beginning_of_a_number_is_no_text() {
        let head = |ty, head| decode_head(wire(ty, false, false), ty, head, 8);
        assert_eq!(head(MysqlType::LongLong, b"AB"), DbValue::BytesHead(b"AB".into(), 8));
        assert_eq!(head(MysqlType::String, b"AB"), DbValue::TextHead("AB".into(), 8));
        assert_eq!(head(MysqlType::Blob, b"AB"), DbValue::BytesHead(b"AB".into(), 8));
    }
}
