//! [`DbValue`]: a value of a database, as its JSON form is made of it.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;

use crate::json::{write_json, write_str};

/// A bound value or a column's value, decoded. Both adapters make the same of the same value.
///
/// | value | JSON |
/// | --- | --- |
/// | null, booleans, whole numbers | as they are |
/// | floating-point numbers | a number, the shortest that reads back equal; NaN and infinities are text |
/// | text, numeric, dates, times, uuid, addresses, ranges, ... | the text that the database itself shows |
/// | bytes | `\x` and hexadecimal digits |
/// | json | as it is |
/// | arrays and anonymous records | a list |
/// | composites | an object |
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DbValue<'a> {
    /// NULL.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number that may be larger.
    Unsigned(u64),
    /// A floating-point number of 64 bits.
    Float(f64),
    /// A floating-point number of 32 bits.
    Single(f32),
    /// Text, and whatever else is shown as text.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// The beginning of a text of so many bytes.
    TextHead(Cow<'a, str>, usize),
    /// The beginning of so many bytes.
    BytesHead(Cow<'a, [u8]>, usize),
    /// JSON text. What is no JSON is shown as text.
    Json(Cow<'a, str>),
    /// Values in order.
    List(Vec<DbValue<'a>>),
    /// Values with names.
    Object(Vec<(Cow<'a, str>, DbValue<'a>)>),
}

impl DbValue<'_> {
    /// The value with all that it borrowed.
    #[must_use]
    pub fn into_owned(self) -> DbValue<'static> {
        match self {
            Self::Null => DbValue::Null,
            Self::Bool(value) => DbValue::Bool(value),
            Self::Integer(value) => DbValue::Integer(value),
            Self::Unsigned(value) => DbValue::Unsigned(value),
            Self::Float(value) => DbValue::Float(value),
            Self::Single(value) => DbValue::Single(value),
            Self::Text(text) => DbValue::Text(text.into_owned().into()),
            Self::Bytes(bytes) => DbValue::Bytes(bytes.into_owned().into()),
            Self::TextHead(head, length) => DbValue::TextHead(head.into_owned().into(), length),
            Self::BytesHead(head, length) => DbValue::BytesHead(head.into_owned().into(), length),
            Self::Json(json) => DbValue::Json(json.into_owned().into()),
            Self::List(values) => DbValue::List(values.into_iter().map(DbValue::into_owned).collect()),
            Self::Object(members) => {
                let owned = |(key, value): (Cow<'_, str>, DbValue<'_>)| (key.into_owned().into(), value.into_owned());
                DbValue::Object(members.into_iter().map(owned).collect())
            }
        }
    }

    /// Whether only the beginning of a text or of bytes is shown.
    pub(super) fn is_cut(&self, cap: usize) -> bool {
        match self {
            Self::Text(text) => text.len() > cap,
            Self::Bytes(bytes) => bytes.len() > cap,
            Self::TextHead(head, length) => head.len().min(cap) < *length,
            Self::BytesHead(head, length) => head.len().min(cap) < *length,
            _ => false,
        }
    }

    /// Appends the value as JSON. What is longer than `cap` bytes is cut, on a character boundary, and marked with how
    /// much is missing. A list or object that is too long becomes a text: its beginning.
    pub(crate) fn write(&self, out: &mut String, cap: usize) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Integer(value) => out.push_str(itoa::Buffer::new().format(*value)),
            Self::Unsigned(value) => out.push_str(itoa::Buffer::new().format(*value)),
            Self::Float(value) => write_float(out, *value, value),
            Self::Single(value) => write_float(out, f64::from(*value), value),
            Self::Text(text) => write_text(out, text, text.len(), cap),
            Self::Bytes(bytes) => write_bytes(out, bytes, bytes.len(), cap),
            Self::TextHead(head, length) => write_text(out, head, *length, cap),
            Self::BytesHead(head, length) => write_bytes(out, head, *length, cap),
            Self::Json(text) => match compact(text) {
                Some(json) => write_nested(out, cap, |out| out.push_str(&json)),
                None => write_text(out, text, text.len(), cap),
            },
            Self::List(values) => write_nested(out, cap, |out| {
                out.push('[');
                for (index, value) in values.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    value.write(out, usize::MAX);
                }
                out.push(']');
            }),
            Self::Object(members) => write_nested(out, cap, |out| {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    write_str(out, key);
                    out.push(':');
                    value.write(out, usize::MAX);
                }
                out.push('}');
            }),
        }
    }
}

/// JSON has no NaN and no infinities: these are text, as PostgreSQL writes them.
fn write_float(out: &mut String, value: f64, shortest: &impl serde::Serialize) {
    match value {
        value if value.is_nan() => out.push_str("\"NaN\""),
        f64::INFINITY => out.push_str("\"Infinity\""),
        f64::NEG_INFINITY => out.push_str("\"-Infinity\""),
        _ => write_json(out, shortest),
    }
}

/// Appends a text of `length` bytes that begins with `head`.
fn write_text(out: &mut String, head: &str, length: usize, cap: usize) {
    let head = &head[..head.floor_char_boundary(cap)];
    if length > head.len() {
        let mut cut = head.to_owned();
        mark_cut(&mut cut, length);
        write_str(out, &cut);
    } else {
        write_str(out, head);
    }
}

/// Appends `length` bytes that begin with `head`.
fn write_bytes(out: &mut String, head: &[u8], length: usize, cap: usize) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let head = &head[..head.len().min(cap)];
    out.push_str("\"\\\\x");
    for byte in head {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    if length > head.len() {
        let _ = write!(out, "…(+{} B)", length - head.len());
    }
    out.push('"');
}

/// Appends what `write` appends, or its beginning as a text where that is too long.
fn write_nested(out: &mut String, cap: usize, write: impl FnOnce(&mut String)) {
    let start = out.len();
    write(out);
    if out.len() - start > cap {
        let whole = out.split_off(start);
        write_text(out, &whole, whole.len(), cap);
    }
}

/// How the mark begins that stands where a value or a statement was cut: `…(+14464 B)`.
pub(crate) const CUT: &str = "…(+";

/// Marks a text that is the beginning of one of `length` bytes.
pub(super) fn mark_cut(head: &mut String, length: usize) {
    let missing = length - head.len();
    let _ = write!(head, "{CUT}{missing} B)");
}

/// JSON without the white space between its tokens; stores keep a message on one line. `None` where it is no JSON, or
/// none that readers of messages take, such as a number out of all range.
fn compact(text: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Value>(text).ok()?;
    if !text.contains([' ', '\n', '\r', '\t']) {
        return Some(Cow::Borrowed(text));
    }
    let mut compact = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        if !in_string && matches!(c, ' ' | '\n' | '\r' | '\t') {
            continue;
        }
        if c == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && c == '\\' && !escaped;
        compact.push(c);
    }
    Some(Cow::Owned(compact))
}

impl<'a> From<&'a str> for DbValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for DbValue<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a [u8]> for DbValue<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn written(value: &DbValue<'_>, cap: usize) -> Value {
        let mut out = String::new();
        value.write(&mut out, cap);
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    #[test]
    fn values_have_their_json_forms() {
        let values = DbValue::List(vec![
            DbValue::Null,
            DbValue::Bool(true),
            DbValue::Integer(i64::MIN),
            DbValue::Unsigned(u64::MAX),
            DbValue::Float(1e300),
            DbValue::Single(0.1),
            DbValue::Float(f64::NAN),
            DbValue::Single(f32::NEG_INFINITY),
            "it's \"é\"".into(),
            (&b"\0\xff"[..]).into(),
            DbValue::Json("{\"a\\\" b\": [1,\n 2.50]}".into()),
            DbValue::Json("no json".into()),
            DbValue::Object(vec![("k\"".into(), DbValue::List(vec![]))]),
        ]);
        assert_eq!(
            written(&values, 1024),
            json!([
                null,
                true,
                i64::MIN,
                u64::MAX,
                1e300,
                0.1,
                "NaN",
                "-Infinity",
                "it's \"é\"",
                "\\x00ff",
                {"a\" b": [1, 2.5]},
                "no json",
                {"k\"": []}
            ])
        );
    }

    #[test]
    fn long_values_are_cut_on_character_boundaries_and_marked() {
        let text = format!("x{}", "é".repeat(600));
        assert_eq!(written(&text.as_str().into(), 1024), format!("x{}…(+178 B)", "é".repeat(511)));
        assert_eq!(written(&(&[7; 2000][..]).into(), 1024), format!("\\x{}…(+976 B)", "07".repeat(1024)));
        assert_eq!(written(&"x".repeat(1024).into(), 1024), "x".repeat(1024));
        let list = DbValue::List(vec![DbValue::Integer(7); 1000]);
        assert_eq!(written(&list, 9), "[7,7,7,7,…(+1992 B)");
        assert_eq!(written(&DbValue::Json("[1, 2, 3]".into()), 4), "[1,2…(+3 B)");
    }

    #[test]
    fn json_numbers_keep_their_digits() {
        let mut out = String::new();
        DbValue::Json("[0.10000000000000000000000001, 1.0]".into()).write(&mut out, 1024);
        assert_eq!(out, "[0.10000000000000000000000001,1.0]");
        assert_eq!(written(&DbValue::Json("1e999999".into()), 1024), "1e999999");
    }

    proptest! {
        #[test]
        fn json_means_the_same_without_white_space(text in r#"[\[\]{},: \n"\\a-c0-9]{0,12}"#) {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                let compact = compact(&text).expect("JSON");
                prop_assert!(!compact.contains('\n'));
                prop_assert_eq!(serde_json::from_str::<Value>(&compact).expect("JSON"), value);
            } else {
                prop_assert_eq!(compact(&text), None);
            }
        }

        #[test]
        fn any_value_is_json(text in any::<String>(), bytes in any::<Vec<u8>>(), float in any::<f64>(), cap in 0_usize..20) {
            let value = DbValue::List(vec![text.as_str().into(), bytes.as_slice().into(), DbValue::Float(float)]);
            written(&value, cap);
            written(&text.into(), cap);
            written(&bytes.as_slice().into(), cap);
        }
    }
}
