//! [`Decoder`]: which decoder a value of a type gets, in the binary format.

use std::borrow::Cow;
use std::str;

use uuid::Uuid;

use super::builtin::{self, Form};
use super::name::{self, Meaning};
use super::reader::Reader;
use super::{PgType, bits, datetime, geometry, hstore, interval, network, numeric};
use crate::db::DbValue;

/// Decodes one value, with all that is in it.
#[derive(Debug)]
pub(super) struct Decoder {
    /// How many types deep it is.
    depth: u32,
    /// How many digits may still be written for which no bytes were sent: a numeric of ten bytes may have 100,000.
    padding: usize,
    /// Whether a value of an unknown type is shown as what it looks like.
    guesses: bool,
}

impl Decoder {
    /// Values nest no deeper. Types may be recursive by their names, and bytes say what they like.
    const MAX_DEPTH: u32 = 32;

    /// One numeric as long as PostgreSQL allows takes 150,000.
    const MAX_PADDING: usize = 1 << 20;

    pub(super) fn new() -> Self {
        Self { depth: 0, padding: Self::MAX_PADDING, guesses: false }
    }

    /// Takes values of unknown types for what they look like.
    pub(super) fn guessing() -> Self {
        Self { guesses: true, ..Self::new() }
    }

    /// A value of the binary format; where it is unknown or malformed its bytes.
    pub(super) fn value<'a>(&mut self, ty: &PgType, value: &'a [u8]) -> DbValue<'a> {
        self.deeper(|decoder| decoder.typed(ty, value)).unwrap_or(DbValue::Bytes(Cow::Borrowed(value)))
    }

    /// Does what goes one type deeper, unless that is too deep.
    pub(super) fn deeper<T>(&mut self, decode: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= Self::MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let decoded = decode(self);
        self.depth -= 1;
        decoded
    }

    fn typed<'a>(&mut self, ty: &PgType, value: &'a [u8]) -> Option<DbValue<'a>> {
        match ty {
            PgType::Oid(oid) => match builtin::form(*oid) {
                Some(form) => self.form(form, value),
                None => self.unknown(value),
            },
            PgType::Named(name) => match name::meaning(name) {
                Some(Meaning::Form(form)) => self.form(form, value),
                Some(Meaning::Type(ty)) => Some(self.value(&ty, value)),
                None => self.unknown(value),
            },
            PgType::Enum { .. } => text(value),
            PgType::Domain { base, .. } => Some(self.value(base, value)),
            PgType::Composite { fields, .. } => self.record(fields, value),
            PgType::Array(element) => self.array(element, value),
            PgType::Range { element, .. } => self.range(element, value).map(DbValue::from),
            PgType::Multirange { element, .. } => self.multirange(element, value).map(DbValue::from),
        }
    }

    /// An enumeration's label or a domain's text are text, and a composite says of what types its fields are.
    fn unknown<'a>(&mut self, value: &'a [u8]) -> Option<DbValue<'a>> {
        if !self.guesses {
            return None;
        }
        match text(value) {
            Some(DbValue::Text(text)) if text.chars().all(is_legible) => Some(DbValue::Text(text)),
            // A composite without fields would look like the number zero.
            _ if value.starts_with(&[0; 4]) => None,
            _ => self.record(&[], value),
        }
    }

    fn form<'a>(&mut self, form: Form, value: &'a [u8]) -> Option<DbValue<'a>> {
        let mut reader = Reader::new(value);
        let decoded = match form {
            Form::Bool => match reader.u8()? {
                0 => DbValue::Bool(false),
                1 => DbValue::Bool(true),
                _ => return None,
            },
            Form::Int2 => DbValue::Integer(reader.i16()?.into()),
            Form::Int4 => DbValue::Integer(reader.i32()?.into()),
            Form::Int8 => DbValue::Integer(reader.i64()?),
            Form::Money => money(reader.i64()?).into(),
            Form::Oid => DbValue::Integer(reader.u32()?.into()),
            Form::Xid8 => DbValue::Unsigned(reader.u64()?),
            Form::Float4 => DbValue::Single(reader.f32()?),
            Form::Float8 => DbValue::Float(reader.f64()?),
            Form::Date => datetime::date(&mut reader)?.into(),
            Form::Time => datetime::time(&mut reader)?.into(),
            Form::Timetz => datetime::timetz(&mut reader)?.into(),
            Form::Timestamp => datetime::timestamp(&mut reader, "")?.into(),
            Form::Timestamptz => datetime::timestamp(&mut reader, "+00")?.into(),
            Form::Interval => interval::interval(&mut reader)?.into(),
            Form::Bit => bits::bits(&mut reader)?.into(),
            Form::Macaddr => network::mac::<6>(&mut reader)?.into(),
            Form::Macaddr8 => network::mac::<8>(&mut reader)?.into(),
            Form::Inet => network::address(&mut reader, false)?.into(),
            Form::Cidr => network::address(&mut reader, true)?.into(),
            Form::Point => geometry::point(&mut reader)?.into(),
            Form::Lseg => geometry::lseg(&mut reader)?.into(),
            Form::Path => geometry::path(&mut reader)?.into(),
            Form::Box => geometry::rectangle(&mut reader)?.into(),
            Form::Polygon => geometry::polygon(&mut reader)?.into(),
            Form::Line => geometry::line(&mut reader)?.into(),
            Form::Circle => geometry::circle(&mut reader)?.into(),
            Form::Cube => geometry::cube(&mut reader)?.into(),
            Form::Lsn => {
                let position = reader.u64()?;
                format!("{:X}/{:X}", position >> 32, position & 0xffff_ffff).into()
            }
            Form::Tid => format!("({},{})", reader.u32()?, reader.u16()?).into(),
            Form::Void => "".into(),
            Form::Hstore => hstore::hstore(&mut reader)?,
            // The rest takes the whole value.
            Form::Numeric => return numeric::numeric(reader, &mut self.padding).map(DbValue::from),
            Form::Text => return text(value),
            Form::Char => return text(if value == [0] { &[] } else { value }),
            Form::Bytea => return Some(value.into()),
            Form::Uuid => return Some(Uuid::from_slice(value).ok()?.to_string().into()),
            Form::Json | Form::Jsonb => return json(value, form),
            Form::Versioned => return text(value.strip_prefix(&[1])?),
            Form::Record => return self.record(&[], value),
            Form::Range(element) => return self.range(&PgType::Oid(element), value).map(DbValue::from),
            Form::Multirange(element) => return self.multirange(&PgType::Oid(element), value).map(DbValue::from),
            Form::Array(element) | Form::Vector(element) => return self.array(&PgType::Oid(element), value),
        };
        reader.end()?;
        Some(decoded)
    }
}

/// Numbers, dates and other values in the binary format have control characters nearly always.
fn is_legible(c: char) -> bool {
    !c.is_control() || matches!(c, '\t' | '\n' | '\r')
}

/// Text, where it is UTF-8.
pub(super) fn text(value: &[u8]) -> Option<DbValue<'_>> {
    str::from_utf8(value).ok().map(DbValue::from)
}

/// JSON. A jsonb begins with its version, which is 1. As long as it does not know which of the two the server wants,
/// sqlx 0.9 writes a version for both, and for json makes it a space later.
fn json(value: &[u8], form: Form) -> Option<DbValue<'_>> {
    let text = match (value.split_first()?, form) {
        ((1 | b' ', text), _) => text,
        (_, Form::Json) => value,
        _ => return None,
    };
    str::from_utf8(text).ok().map(|text| DbValue::Json(text.into()))
}

/// As `cash_out` of PostgreSQL 15 prints it with `lc_monetary` C or en_US. The server sends no more than the number, and does
/// not say which locale it has.
fn money(cents: i64) -> String {
    let (digits, cents_only) = ((cents.unsigned_abs() / 100).to_string(), cents.unsigned_abs() % 100);
    let mut grouped = String::with_capacity(digits.len() * 4 / 3 + 5);
    grouped.push_str(if cents < 0 { "-$" } else { "$" });
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped.push_str(&format!(".{cents_only:02}"));
    grouped
}
