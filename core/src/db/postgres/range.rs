//! Ranges and multiranges of the binary format, as `range_out` and `multirange_out` print them: PostgreSQL's
//! `rangetypes.c` and `multirangetypes.c`.

use super::PgType;
use super::decode::Decoder;
use super::float;
use super::reader::Reader;
use crate::db::DbValue;

/// The flags of a range.
const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

impl Decoder {
    pub(super) fn range(&mut self, element: &PgType, value: &[u8]) -> Option<String> {
        let mut reader = Reader::new(value);
        let flags = reader.u8()?;
        let is = |flag: u8| flags & flag != 0;
        let mut out = String::new();
        if is(EMPTY) {
            out.push_str("empty");
        } else {
            // What is infinite is not inclusive, whatever a client says.
            out.push(if is(LOWER_INCLUSIVE) && !is(LOWER_INFINITE) { '[' } else { '(' });
            if !is(LOWER_INFINITE) {
                self.bound(&mut out, element, &mut reader)?;
            }
            out.push(',');
            if !is(UPPER_INFINITE) {
                self.bound(&mut out, element, &mut reader)?;
            }
            out.push(if is(UPPER_INCLUSIVE) && !is(UPPER_INFINITE) { ']' } else { ')' });
        }
        reader.end()?;
        Some(out)
    }

    pub(super) fn multirange(&mut self, element: &PgType, value: &[u8]) -> Option<String> {
        let mut reader = Reader::new(value);
        // Each range has a length and flags.
        let count = reader.count(5)?;
        let mut out = String::from("{");
        for index in 0..count {
            out.push_str(if index == 0 { "" } else { "," });
            out.push_str(&self.range(element, reader.nullable()??)?);
        }
        reader.end()?;
        out.push('}');
        Some(out)
    }

    fn bound(&mut self, out: &mut String, element: &PgType, reader: &mut Reader<'_>) -> Option<()> {
        let value = self.value(element, reader.nullable()??);
        let text = match &value {
            DbValue::Bool(value) => if *value { "t" } else { "f" }.into(),
            DbValue::Integer(value) => value.to_string().into(),
            DbValue::Unsigned(value) => value.to_string().into(),
            DbValue::Float(value) => float::float8(*value).into(),
            DbValue::Single(value) => float::float4(*value).into(),
            DbValue::Text(text) | DbValue::Json(text) => text.clone(),
            // Bytes are what is unknown or malformed, and the text of lists and objects has quotes of its own.
            _ => return None,
        };
        if !text.is_empty() && !text.contains(must_be_quoted) {
            out.push_str(&text);
            return Some(());
        }
        out.push('"');
        for c in text.chars() {
            if matches!(c, '"' | '\\') {
                out.push(c);
            }
            out.push(c);
        }
        out.push('"');
        Some(())
    }
}

/// C's white space, and what ranges are written with.
fn must_be_quoted(c: char) -> bool {
    matches!(c, '"' | '\\' | '(' | ')' | '[' | ']' | ',' | ' ' | '\t'..='\r')
}
