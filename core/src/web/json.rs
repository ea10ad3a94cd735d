//! JSON as Python's `json.dumps` writes it: spaces after commas and colons, and nothing but ASCII.
//!
//! The signature is over these bytes, so a header that both implementations are to make must not differ in one.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value};

/// Numbers with an exponent are the one thing that Python may write differently; trace headers hold no numbers.
pub(super) fn to_vec(map: &Map<String, Value>) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    // Neither a vector as writer nor a JSON value as input can fail.
    let _ = map.serialize(&mut Serializer::with_formatter(&mut out, PythonFormatter));
    out
}

struct PythonFormatter;

impl Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        separate(out, first)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        separate(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        for c in fragment.chars() {
            if matches!(c, ' '..='~') {
                out.write_all(&[c as u8])?;
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

fn separate<W: ?Sized + Write>(out: &mut W, first: bool) -> io::Result<()> {
    if first { Ok(()) } else { out.write_all(b", ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_that_of_python() {
        let Value::Object(map) = json!({
            "a": [1, true, null, {}], "é": {"x": "\u{1f600}\u{7f}\u{1}\n\"\\/"}, "": []
        }) else {
            unreachable!("an object was written")
        };
        assert_eq!(
            String::from_utf8(to_vec(&map)).expect("ascii"),
            r#"{"a": [1, true, null, {}], "\u00e9": {"x": "\ud83d\ude00\u007f\u0001\n\"\\/"}, "": []}"#
        );
    }
}
