//! Values of which only the beginning is kept.

use std::str;
use std::sync::Arc;

use super::PgType;
use super::decode::Decoder;
use super::reader::Reader;
use crate::db::DbValue;

/// Decodes the first bytes of a value of `length` bytes: of texts, bytes and JSON what is there, of a list its first
/// elements. Of other values that are so long the bytes are shown.
pub(super) fn decode<'a>(ty: &PgType, head: &'a [u8], length: usize, decoder: fn() -> Decoder) -> DbValue<'a> {
    if head.len() >= length {
        return decoder().value(ty, head);
    }
    // A character may have been cut.
    let text = match str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => &head[..error.valid_up_to()],
        _ => head,
    };
    match decoder().value(ty, text) {
        DbValue::Text(text) => DbValue::TextHead(text, length),
        // The version of a jsonb is none of its text.
        DbValue::Json(json) => {
            let version = text.len() - json.len();
            DbValue::TextHead(json, length - version)
        }
        _ => list(ty, head, length, decoder).unwrap_or(DbValue::BytesHead(head.into(), length)),
    }
}

/// The elements of an array with one dimension, as far as they are there, as the beginning of a text.
fn list(ty: &PgType, head: &[u8], length: usize, decoder: fn() -> Decoder) -> Option<DbValue<'static>> {
    const HEADER: usize = 20;
    let mut reader = Reader::new(head);
    if reader.i32()? != 1 {
        return None;
    }
    let _has_nulls = reader.i32()?;
    let _element = reader.u32()?;
    let (mut elements, _lower_bound) = (reader.i32()?, reader.i32()?);
    let (mut count, mut end) = (0, HEADER);
    while elements > 0 && reader.nullable().is_some() {
        elements -= 1;
        count += 1;
        end = head.len() - reader.left();
    }
    // The same array with fewer elements.
    let mut shorter = head[..end].to_vec();
    shorter[12..16].copy_from_slice(&i32::to_be_bytes(count));
    let DbValue::List(values) = decoder().value(ty, &shorter) else { return None };
    if values.is_empty() {
        return None;
    }
    let mut text = String::new();
    DbValue::List(values).write(&mut text, usize::MAX);
    text.pop();
    text.push(',');
    let length = text.len() + (length - end);
    Some(DbValue::TextHead(text.into(), length))
}

impl PgType {
    /// One of the server's own types by its `typname`, such as `int4`; `None` where it has none of that name.
    #[must_use]
    pub fn server(name: &str) -> Option<Self> {
        super::builtin::oid(name).map(Self::Oid)
    }

    /// Whether the server has a type with this OID that is known here.
    #[must_use]
    pub fn is_server_oid(oid: u32) -> bool {
        super::builtin::form(oid).is_some()
    }

    /// An array of this type.
    #[must_use]
    pub fn array(self) -> Self {
        Self::Array(Arc::new(self))
    }

    /// Decodes the first bytes of a value of `length` bytes in the binary format.
    #[must_use]
    pub fn decode_head<'a>(&self, head: &'a [u8], length: usize) -> DbValue<'a> {
        decode(self, head, length, Decoder::new)
    }

    /// As [`decode_head`](Self::decode_head), for adapters that know types by name or OID alone. A value of a type of
    /// which nothing else is known, in whatever it is, is shown as a text where it is a legible one, as an enumeration's
    /// label is, and as a list of its fields where it is a composite.
    #[must_use]
    pub fn guess_head<'a>(&self, head: &'a [u8], length: usize) -> DbValue<'a> {
        decode(self, head, length, Decoder::guessing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &DbValue<'_>) -> String {
        let mut out = String::new();
        value.write(&mut out, 1024);
        out
    }

    #[test]
    fn what_is_there_of_a_long_value_is_shown() {
        let text = PgType::server("text").expect("it exists");
        assert_eq!(json(&text.decode_head("aé".as_bytes(), 9)), r#""aé…(+6 B)""#);
        assert_eq!(json(&text.decode_head(&"aé".as_bytes()[..2], 9)), r#""a…(+8 B)""#);
        assert_eq!(json(&text.decode_head(b"abc", 3)), r#""abc""#);
        assert_eq!(json(&PgType::server("bytea").expect("it exists").decode_head(b"ab", 9)), r#""\\x6162…(+7 B)""#);
        assert_eq!(json(&PgType::server("jsonb").expect("it exists").decode_head(b"\x01{\"a", 9)), r#""{\"a…(+5 B)""#);
        assert_eq!(
            json(&PgType::server("numeric").expect("it exists").decode_head(&[0; 9], 99)),
            r#""\\x000000000000000000…(+90 B)""#
        );
    }

    #[test]
    fn a_long_list_shows_its_first_elements() {
        let array: Vec<u8> =
            [1, 0, 23, 1000, 1, 4, 7, -1, 4, 8, 4].iter().flat_map(|n: &i32| n.to_be_bytes()).collect();
        let ints = PgType::server("int4").expect("it exists").array();
        assert_eq!(json(&ints.decode_head(&array, 8020)), r#""[7,null,8,…(+7980 B)""#);
        assert_eq!(json(&ints.decode_head(&array[..22], 8020)), format!("\"\\\\x{}…(+7998 B)\"", hex(&array[..22])));
    }

    #[test]
    fn values_of_unknown_types_are_guessed_where_that_is_asked_for() {
        let ty = PgType::Named("nobody_learned_this".into());
        let guess = |value: &[u8]| json(&ty.guess_head(value, value.len()));
        assert_eq!(guess(b"label"), r#""label""#);
        assert_eq!(guess(b"two\nlines"), r#""two\nlines""#);
        assert_eq!(guess(b""), r#""""#);
        assert_eq!(guess(&7_i32.to_be_bytes()), r#""\\x00000007""#);
        assert_eq!(guess(&0_i32.to_be_bytes()), r#""\\x00000000""#);
        let field = |oid: i32, value: &[u8]| [&oid.to_be_bytes(), &(value.len() as i32).to_be_bytes(), value].concat();
        // The bytes of a field that is known to be bytes are no text.
        let record = [&3_i32.to_be_bytes()[..], &field(20_000, b"label"), &field(17, b"AB"), &field(20_001, b"\0")];
        assert_eq!(guess(&record.concat()), r#"["label","\\x4142","\\x00"]"#);
        assert_eq!(json(&ty.guess_head(b"lab", 5)), r#""lab…(+2 B)""#);
        assert_eq!(json(&ty.decode_head(b"label", 5)), r#""\\x6c6162656c""#);
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
